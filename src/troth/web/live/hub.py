"""Who watches what in this process, and one connection that hears of every change.

A change in a unit is worked out once for all who watch it there, at most every half second, in a thread, and goes only
to those for whom it shows something new. Of every watcher the newest message is kept and no other, so that slow ones
take no memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from django.db import close_old_connections, connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from troth.web.live.notify import CHANNEL
from troth.web.live.topics import LiveTopic, Shown

#: Changes of a unit within so many seconds are shown together.
PAUSE_S: Final = 0.5
#: So often the connection that listens is asked whether it still lives.
_PULSE_S: Final = 15.0
#: Options of Django's connections that are no part of an address.
_DJANGOS: Final = {"pool", "prepare_threshold"}
#: How long to wait before trying again, at first and at most.
_PATIENCE_S: Final = (0.2, 5.0)
#: Threads that work out what is shown, and as many that look at rights; each holds a connection while it does.
_THREADS: Final = 2

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Watcher:
    """One open stream: what it watches, what it was told last, and what it is to be told next."""

    topic: LiveTopic
    key: str
    told: str = ""
    next: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: str) -> None:
        """Leave a message unless it says nothing new; one that was not fetched yet is replaced."""
        if message != (self.next or self.told):
            self.next = message
            self.news.set()

    def take(self) -> str:
        """Return the message left, or nothing; it counts as told."""
        message, self.next = self.next, ""
        self.news.clear()
        self.told = message or self.told
        return message


@dataclass(eq=False, slots=True)
class _Unit:
    """The watchers of a unit, and whether something changed there that they have not seen."""

    watchers: set[Watcher] = field(default_factory=set)
    fresh: set[Watcher] = field(default_factory=set)
    dirty: bool = False
    shown_at: float = float("-inf")
    task: asyncio.Task[None] | None = None


class Hub:
    """All watchers of one process. Belongs to one event loop."""

    def __init__(self) -> None:
        self._units: dict[int, _Unit] = {}
        self._listener: asyncio.Task[None] | None = None
        # Two pools, so that many who come at once do not hold up those who are here.
        self._workers = ThreadPoolExecutor(_THREADS, "troth-live")
        self._gate = ThreadPoolExecutor(_THREADS, "troth-live-gate")

    def __len__(self) -> int:
        return sum(len(unit.watchers) for unit in self._units.values())

    def watching(self, unit_id: int, key: str) -> int:
        """Return how many watch one key of a unit."""
        unit = self._units.get(unit_id)
        return sum(watcher.key == key for watcher in unit.watchers) if unit is not None else 0

    def watch(self, topic: LiveTopic, *, unit_id: int, key: str) -> Watcher:
        """Begin to watch; what is shown now is the first message."""
        if self._listener is None:
            self._listener = asyncio.create_task(_forever(self._listen))
        unit = self._units.setdefault(unit_id, _Unit())
        watcher = Watcher(topic, key)
        unit.watchers.add(watcher)
        unit.fresh.add(watcher)
        self._wake(unit_id, unit)
        return watcher

    def leave(self, watcher: Watcher, *, unit_id: int) -> None:
        """Stop watching."""
        unit = self._units[unit_id]
        unit.watchers.discard(watcher)
        unit.fresh.discard(watcher)
        if not unit.watchers:
            del self._units[unit_id]

    def changed(self, unit_id: int) -> None:
        """Hear that something changed in a unit."""
        unit = self._units.get(unit_id)
        if unit is not None:
            unit.dirty = True
            self._wake(unit_id, unit)

    async def close(self) -> None:
        """Stop everything; nobody watches any more."""
        tasks = [unit.task for unit in self._units.values()] + [self._listener]
        self._units.clear()
        self._listener = None
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        self._workers.shutdown(wait=False)
        self._gate.shutdown(wait=False)

    async def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function that may use the database, in a thread for those who come."""
        return await asyncio.get_running_loop().run_in_executor(self._gate, _with_database, function, arguments)

    # Showing ---------------------------------------------------------------------------------------------------------

    def _wake(self, unit_id: int, unit: _Unit) -> None:
        if unit.task is None or unit.task.done():
            unit.task = asyncio.create_task(self._show(unit_id, unit))

    async def _show(self, unit_id: int, unit: _Unit) -> None:
        """Show a unit to its watchers until nothing changes there any more."""
        loop = asyncio.get_running_loop()
        clock, patience = loop.time, _PATIENCE_S[0]
        while unit.watchers and (unit.dirty or unit.fresh):
            await asyncio.sleep(unit.shown_at + PAUSE_S - clock())
            watchers = unit.watchers if unit.dirty else unit.fresh
            unit.dirty, unit.fresh = False, set()
            by_topic: dict[str, dict[str, list[Watcher]]] = {}
            topics = {watcher.topic.name: watcher.topic for watcher in watchers}
            for watcher in watchers:
                by_topic.setdefault(watcher.topic.name, {}).setdefault(watcher.key, []).append(watcher)
            asked = [(topics[name], unit_id, sorted(keys)) for name, keys in by_topic.items()]
            try:
                found = await loop.run_in_executor(self._workers, _with_database, _shown, (asked,))
            except Exception:
                log.exception("What is shown of unit %s could not be worked out", unit_id)
                unit.dirty = True
                await asyncio.sleep(patience)
                patience = min(2 * patience, _PATIENCE_S[1])
                continue
            patience = _PATIENCE_S[0]
            for name, messages in found.items():
                for key, message in messages.items():
                    for watcher in by_topic[name].get(key, ()):
                        watcher.tell(message)
            # From here on: how long it took to work out must not bring two messages closer together.
            unit.shown_at = clock()

    # Hearing ---------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Hear of changes until the connection breaks."""
        async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            # Whatever changed while nobody listened.
            for unit_id in list(self._units):
                self.changed(unit_id)
            while True:
                async for notice in connection.notifies(timeout=_PULSE_S):
                    if notice.payload.isdigit():
                        self.changed(int(notice.payload))
                await connection.execute("SELECT 1")


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    """Do work that ends only by failing, again and again."""
    patience = _PATIENCE_S[0]
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        try:
            await work()
        except (psycopg.Error, OSError) as error:
            if clock() - began > _PATIENCE_S[1]:
                patience = _PATIENCE_S[0]
            log.warning("The database does not answer, trying again: %s", str(error).strip().split("\n")[0])
        await asyncio.sleep(patience)
        patience = min(2 * patience, _PATIENCE_S[1])


def _address() -> str:
    told = connections["default"].settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    words = {names[k]: told[k] for k in names if told.get(k)}
    return make_conninfo("", **words, **{k: v for k, v in told["OPTIONS"].items() if k not in _DJANGOS})


def _with_database(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        close_old_connections()


def _shown(asked: Sequence[tuple[LiveTopic, int, list[str]]]) -> Mapping[str, Mapping[str, str]]:
    """Return messages by topic and key."""
    return {
        topic.name: {key: message(shown) for key, shown in topic.shown(unit_id, keys).items()}
        for topic, unit_id, keys in asked
    }


def message(shown: Shown) -> str:
    """Return what is shown as one line of JSON, equal for equal contents."""
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
