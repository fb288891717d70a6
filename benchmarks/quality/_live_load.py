"""Load on a site: actions that come when they come (open), and clients who act as fast as they are answered (closed)."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.quality._live_http import Http

#: Of the services that end, so many are handed on.
TRANSFERS = 0.1
#: In the long run as many customers are called as come or are handed on.
_DECK = ("join",) * 9 + ("call-next",) * 10 + ("answer",) * 10 + ("end",) * 10


class Desk(Protocol):
    """Where a client acts: the site's API, or another system that can do the same."""

    async def join(self) -> str | None:
        """Let a customer join; return the ticket, None when it failed."""

    async def call(self) -> str | None:
        """Call the next customer; None when nobody waits or it failed."""

    async def answer(self, ticket: str) -> bool:
        """Begin to serve."""

    async def finish(self, ticket: str) -> bool:
        """End the service."""

    async def transfer(self, ticket: str) -> str | None:
        """Hand the customer on; return the new ticket."""


@dataclass(slots=True)
class Told:
    """What the load did and was told."""

    waits_s: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    joined: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    unready: int = 0

    @property
    def actions(self) -> int:
        """How many actions were answered."""
        return sum(len(one) for one in self.waits_s.values())

    @property
    def failed(self) -> int:
        """How many had another answer than the one they should have."""
        return sum(n for status, n in self.statuses.items() if status.split()[-1] not in {"200", "201", "204"})


class Api:
    """A clerk of the site, or its entrance, through the API."""

    def __init__(self, http: Http, *, branch: str, clerk: str, told: Told, services: Sequence[str], seed: int) -> None:
        self._http, self._told, self._services = http, told, services
        self._branch = f"/api/v1/branches/{branch}"
        self._desk = f"{self._branch}/clerks/{clerk}"
        self._clerk = clerk
        self._draw = random.Random(seed)

    async def open(self) -> bool:
        """Take a counter."""
        return await self._post("open", f"{self._branch}/clerks", clerk=self._clerk) is not None

    async def join(self) -> str | None:
        """Let a customer join for some service."""
        found = await self._post("join", f"{self._branch}/tickets", service=self._draw.choice(self._services))
        return self._came(found)

    async def call(self) -> str | None:
        """Call the next customer."""
        found = await self._post("call-next", f"{self._desk}/call-next")
        if found is None:
            return None
        self._told.called.append(found["token"])
        return self._now(found)

    async def answer(self, ticket: str) -> bool:
        """Begin to serve."""
        return self._now(await self._post("answer", f"{self._desk}/answer/{ticket}")) is not None

    async def finish(self, ticket: str) -> bool:
        """End the service."""
        return self._now(await self._post("finish", f"{self._desk}/finish/{ticket}")) is not None

    async def transfer(self, ticket: str) -> str | None:
        """Hand the customer on to the line of another service."""
        service = self._draw.choice(self._services)
        new = await self._post("transfer", f"{self._desk}/transfer/{ticket}", service=service)
        if new is not None:
            self._told.state[ticket] = "transferred"
        return self._came(new)

    def _came(self, found: Any) -> str | None:
        if found is not None:
            self._told.joined.append(found["token"])
            # Somebody may have called it before this answer was read.
            self._told.state.setdefault(found["token"], "waiting")
        return found["token"] if found is not None else None

    def _now(self, found: Any) -> str | None:
        if found is None:
            return None
        self._told.state[found["token"]] = found["state"]
        token: str = found["token"]
        return token

    async def _post(self, name: str, path: str, **body: Any) -> Any:
        answer = await self._http.send("POST", path, json.dumps(body).encode() if body else b"")
        self._told.statuses[f"{name} {answer.status}"] += 1
        return answer.json() if answer.status in {200, 201} else None


@dataclass(slots=True)
class _Clerks:
    """Desks by what stands in front of them; whoever acts is in none of the lists."""

    free: list[Desk]
    called: list[tuple[Desk, str]] = field(default_factory=list)
    serving: list[tuple[Desk, str]] = field(default_factory=list)


async def open_loop(desks: Sequence[Desk], *, rate: float, seconds: float, seed: int, told: Told) -> None:
    """Begin actions at random moments, `rate` a second, however long earlier ones take.

    A wait counts from the moment an action was due, so that a slow server is not asked less.
    """
    draw, loop, clerks = random.Random(seed), asyncio.get_running_loop(), _Clerks(list(desks))
    running: set[asyncio.Task[None]] = set()
    deck: list[str] = []
    due = begun = loop.time()
    while (due := due + draw.expovariate(rate)) < begun + seconds:
        await asyncio.sleep(due - loop.time())
        if not deck:
            deck = draw.sample(_DECK, len(_DECK))
        task = asyncio.create_task(_act(deck.pop(), clerks, draw=draw, due=due, told=told, desks=desks))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def _act(
    kind: str, clerks: _Clerks, *, draw: random.Random, due: float, told: Told, desks: Sequence[Desk]
) -> None:
    """Do one action, by a clerk who can; if none can, another kind of action in its place."""
    ready = {"call-next": clerks.free, "answer": clerks.called, "end": clerks.serving}
    if not ready.get(kind, True):
        told.unready += 1
        kind = next((other for other in ("end", "answer", "call-next") if ready[other]), "join")
    if kind == "end":
        kind = "transfer" if draw.random() < TRANSFERS else "finish"
    if kind == "join":
        await draw.choice(desks).join()
    elif kind == "call-next":
        desk = _any(clerks.free, draw)
        ticket = await desk.call()
        if ticket is None:
            clerks.free.append(desk)
        else:
            clerks.called.append((desk, ticket))
    elif kind == "answer":
        desk, ticket = _any(clerks.called, draw)
        (clerks.serving if await desk.answer(ticket) else clerks.called).append((desk, ticket))
    else:
        desk, ticket = _any(clerks.serving, draw)
        done = await desk.finish(ticket) if kind == "finish" else await desk.transfer(ticket) is not None
        if done:
            clerks.free.append(desk)
        else:
            clerks.serving.append((desk, ticket))
    told.waits_s.setdefault(kind, []).append(asyncio.get_running_loop().time() - due)


def _any(ready: list[Any], draw: random.Random) -> Any:
    return ready.pop(draw.randrange(len(ready)))


async def closed_loop(desks: Sequence[Desk], *, seconds: float, warm_s: float, seed: int) -> tuple[float, float]:
    """Let every client carry customers through as fast as it is answered.

    A client lets a customer join, calls the next one, begins and ends the service; every tenth is handed on and the
    next round has no newcomer.

    Returns
    -------
    actions a second and customers carried through a second, after `warm_s`.
    """
    loop, done = asyncio.get_running_loop(), [0, 0]
    start = loop.time() + warm_s
    end = start + seconds

    def count(*, through: bool = False) -> None:
        if start <= loop.time() < end:
            done[0] += 1
            done[1] += through

    async def client(desk: Desk, draw: random.Random) -> None:
        owed = False
        while loop.time() < end:
            if not owed:
                await desk.join()
                count()
            owed = False
            ticket = await desk.call()
            count()
            if ticket is None:
                continue
            await desk.answer(ticket)
            count()
            owed = draw.random() < TRANSFERS
            if owed:
                await desk.transfer(ticket)
            else:
                await desk.finish(ticket)
            count(through=not owed)

    await asyncio.gather(*(client(desk, random.Random(seed * 1000 + k)) for k, desk in enumerate(desks)))
    return done[0] / seconds, done[1] / seconds
