"""Phones and displays on streams: when did each show a change, counted from the commit?

One line, first come first served, many phones in it. A call shortens the line by one for everybody behind, so from a
phone's place at the start and the number it shows follows which calls it has seen. The commit is timed by a connection
that listens as the site itself does: PostgreSQL delivers a notice when the transaction has committed.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import psycopg

from troth.web.live.notify import CHANNEL

_NUMBER = re.compile(r"\d+")


class Stream(asyncio.Protocol):
    """One client of one stream; keeps when which message came.

    Parameters
    ----------
    path : ``/live/TOPIC/KEY``.
    """

    def __init__(self, path: str, *, port: int, headers: str = "") -> None:
        self._ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n{headers}\r\n"
        self._rest = b""
        self._clock = asyncio.get_running_loop().time
        self.messages: list[tuple[float, bytes]] = []
        self.status = b""
        self.lost = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._ask.encode())

    def data_received(self, data: bytes) -> None:
        """Keep the messages that are whole; chunk sizes stand on lines of their own and are passed over."""
        now = self._clock()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for one in lines:
            if one.startswith(b"data: "):
                self.messages.append((now, one[6:]))
            elif not self.status:
                self.status = one.split(b" ")[1]

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that the stream ended."""
        self.lost = True


async def connect(paths: Sequence[str], *, port: int, headers: str = "") -> list[Stream]:
    """Open streams, a few at a time, and wait until each has its first message."""
    loop, made = asyncio.get_running_loop(), list[Stream]()
    for path in paths:
        _, stream = await loop.create_connection(lambda path=path: Stream(path, port=port, headers=headers), "127.0.0.1", port)  # type: ignore[misc]  # fmt: skip
        made.append(stream)
        if len(made) % 20 == 0:
            await asyncio.sleep(0.1)
    limit = loop.time() + 60
    while not all(one.messages for one in made):
        if loop.time() > limit or any(one.lost for one in made):
            statuses = {one.status for one in made if not one.messages}
            raise RuntimeError(f"{sum(not one.messages for one in made)} streams have no message: {statuses}")
        await asyncio.sleep(0.1)
    return made


class Commits:
    """Listens like the site: the times at which changes of a unit were committed."""

    def __init__(self, url: str, *, unit: int) -> None:
        self._url, self._unit = url, str(unit)
        self.times: list[float] = []

    async def listen(self, ready: asyncio.Event) -> None:
        """Listen until cancelled."""
        clock = asyncio.get_running_loop().time
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            ready.set()
            async for notice in connection.notifies():
                if notice.payload == self._unit:
                    self.times.append(clock())


@dataclass(slots=True)
class Seen:
    """How long after the commits the screens showed them, and how often they were written to."""

    phones_s: list[float] = field(default_factory=list)
    own_s: list[float] = field(default_factory=list)
    displays_s: list[float] = field(default_factory=list)
    messages: int = 0
    most: int = 0
    shortest_s: float = float("inf")
    close: int = 0
    same: int = 0
    unseen: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a ticket, and when it was committed."""

    token: str
    label: str
    at: float


def seen(
    phones: dict[str, Stream], displays: Sequence[Stream], *, calls: Sequence[Call], since: float, until: float
) -> Seen:
    """Return what the screens showed of the calls.

    Parameters
    ----------
    phones : by ticket, in the order of the line.
    calls : in the order of the commits.
    since, until : calls of this time are judged; screens have a few seconds more.
    """
    found = Seen()
    judged = [(k, one) for k, one in enumerate(calls, 1) if since <= one.at < until]
    called = {one.token: k for k, one in enumerate(calls, 1)}
    for place, (token, phone) in enumerate(phones.items()):
        _rhythm(found, phone, since=since, until=until)
        shown = [(at, json.loads(text)) for at, text in phone.messages]
        _own(found, token, shown, judged)
        # Who is called already has seen all calls before.
        ahead = [(at, place - _ahead(one) if one["waiting"] else len(calls)) for at, one in shown]
        for k, call in judged:
            # Only while it waits itself, and a call before it shortens its line.
            if k < called.get(token, len(calls) + 1) and k <= place:
                _late(found, found.phones_s, [at for at, passed in ahead if passed >= k], call.at)
    for display in displays:
        _rhythm(found, display, since=since, until=until)
        walls = [(at, json.loads(text)) for at, text in display.messages]
        for _, call in judged:
            there = [at for at, one in walls if call.label in {one[f"n{n}"] for n in range(4)}]
            _late(found, found.displays_s, there, call.at)
    return found


def _own(found: Seen, token: str, shown: list[tuple[float, Any]], judged: list[tuple[int, Call]]) -> None:
    """Look when the phone of the called customer said so."""
    for _, call in judged:
        if call.token == token:
            # It may be served already when it is shown.
            _late(found, found.own_s, [at for at, one in shown if one["calls"]], call.at)


def _late(found: Seen, waits: list[float], times: list[float], committed: float) -> None:
    if times:
        waits.append(times[0] - committed)
    else:
        found.unseen += 1


def _rhythm(found: Seen, stream: Stream, *, since: float, until: float) -> None:
    """Count messages, those that say nothing new, and how close they came."""
    at = [one for one, _ in stream.messages]
    inside = at[bisect.bisect_left(at, since) : bisect.bisect_left(at, until)]
    gaps = [later - earlier for earlier, later in pairwise(inside)]
    found.messages += len(inside)
    found.most = max(found.most, len(inside))
    found.shortest_s = min([found.shortest_s, *gaps])
    found.close += sum(gap < 0.45 for gap in gaps)
    texts = [text for _, text in stream.messages]
    found.same += sum(a == b for a, b in pairwise(texts))
    found.lost += stream.lost


def _ahead(shown: Any) -> int:
    """Return how many a phone says are before it."""
    number = _NUMBER.match(shown["ahead"])
    return int(number.group()) if number else 0
