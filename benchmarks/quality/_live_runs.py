"""The three parts of the live benchmark, each on a site of its own."""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks.quality._live_http import Http
from benchmarks.quality._live_judge import judge
from benchmarks.quality._live_load import Api, Told, closed_loop, open_loop
from benchmarks.quality._live_site import Site, Usage, Web
from benchmarks.quality._live_streams import Call, Commits, Seen, Stream, connect, seen

BRANCHES, COUNTERS = 4, 10
CLIENTS = 16
SERVICES = ("cash", "cards", "loans")
#: Customers who wait at each branch when the load begins.
WAITING = 10
CHANGES_PER_S = 10.0
#: Screens have so long to show what was committed last.
_LATER_S = 3.0


@dataclass(slots=True)
class Acted:
    """What came of the part actions."""

    told: Told
    faults: dict[str, int]
    memory_mb: list[float]
    cpu_s: float


@dataclass(slots=True)
class Rates:
    """Actions and customers a second, pair of turns by pair of turns."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    through: list[float] = field(default_factory=list)
    bare_through: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Shown:
    """What came of the part streams."""

    seen: Seen
    changes: int
    connect_s: float
    memory_mb: list[float]
    cpu_s: float


def actions(here: Site, *, rate: float, seconds: float, seed: int, branches: int = BRANCHES) -> Acted:
    """Load a site with actions at a rate; look at the database afterwards."""
    made, web = here.tell("seed", branches, COUNTERS), here.serve()
    here.work()
    told = Told()
    memory, cpu_s = asyncio.run(_actions(made, web, told=told, rate=rate, seconds=seconds, seed=seed))
    here.rest()
    return Acted(told, judge(here.url, told), memory, cpu_s)


async def _actions(
    made: Any, web: Web, *, told: Told, rate: float, seconds: float, seed: int
) -> tuple[list[float], float]:
    async with Http(web.port, _key(made)) as http:
        desks = await _open(http, made["branches"], told=told)
        for desk in desks[:: COUNTERS // 2]:
            for _ in range(WAITING // 2):
                await desk.join()
        async with _watched(web, every_s=seconds / 40) as usage:
            await open_loop(desks, rate=rate, seconds=seconds, seed=seed, told=told)
        return [one.memory_mb for one in usage], usage[-1].cpu_s - usage[0].cpu_s


def rates(here: Site, *, turns: int, seconds: float, seed: int) -> Rates:
    """Saturate the site and the bare application in pairs of turns: ours first, then the bare one first, and so on.

    One pair goes ahead and is not counted: in it each opens its connections and has its statements planned.
    """
    made, web, bare = here.tell("seed", BRANCHES, COUNTERS), here.serve(), here.serve_bare()
    found, told = Rates(), Told()
    for turn in range(-1, turns):
        for own in (True, False) if turn % 2 == 0 else (False, True):
            rate, through = asyncio.run(
                _saturate(made, web if own else bare, told=told if own else None, seconds=seconds, seed=seed + turn)
            )
            if turn < 0:
                continue
            (found.ours if own else found.bare).append(rate)
            (found.through if own else found.bare_through).append(through)
    found.faults = judge(here.url, told)
    found.faults["bare: called twice"] = _bare_doubles(here.url)
    return found


async def _saturate(made: Any, web: Web, *, told: Told | None, seconds: float, seed: int) -> tuple[float, float]:
    async with Http(web.port, _key(made) if told else {}) as http:
        if told is None:
            desks: Sequence[Any] = [Bare(http, branch=k % BRANCHES, clerk=f"clerk-{k}") for k in range(CLIENTS)]
        else:
            each = CLIENTS // BRANCHES
            some = [{**one, "clerks": one["clerks"][:each]} for one in made["branches"]]
            desks = await _open(http, some, told=told)
        return await closed_loop(desks, seconds=seconds, warm_s=2.0, seed=seed)


class Bare:
    """A client of the bare application."""

    def __init__(self, http: Http, *, branch: int, clerk: str) -> None:
        self._http, self._branch, self._clerk = http, branch, clerk

    async def join(self) -> str | None:
        """Let a customer join."""
        return await self._post(f"/join/{self._branch}")

    async def call(self) -> str | None:
        """Call the next customer."""
        return await self._post(f"/call/{self._branch}/{self._clerk}")

    async def answer(self, ticket: str) -> bool:
        """Begin to serve."""
        return await self._post(f"/answer/{self._branch}/{ticket}") is not None

    async def finish(self, ticket: str) -> bool:
        """End the service."""
        return await self._post(f"/finish/{self._branch}/{ticket}") is not None

    async def transfer(self, ticket: str) -> str | None:
        """Hand the customer on."""
        return await self._post(f"/transfer/{self._branch}/{ticket}")

    async def _post(self, path: str) -> str | None:
        answer = await self._http.send("POST", path)
        return str(answer.json()["token"]) if answer.status in {200, 201} else None


def _bare_doubles(url: str) -> int:
    query = (
        b"SELECT count(*) FROM (SELECT FROM bare_fact WHERE activity = 'called' "
        b"GROUP BY event ->> 'contact_id' HAVING count(*) > 1) d"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def streams(here: Site, *, seconds: float, phones: int, displays: int) -> Shown:
    """Open many screens at one branch and change it ten times a second."""
    made = here.tell("seed", 1, COUNTERS)
    tokens = here.tell("fill", made["large"]["token"], phones)
    web = here.serve()
    here.work()
    return asyncio.run(_streams(made, web, url=here.url, tokens=tokens, displays=displays, seconds=seconds))


async def _streams(made: Any, web: Web, *, url: str, tokens: list[str], displays: int, seconds: float) -> Shown:
    loop, told, commits, heard = asyncio.get_running_loop(), Told(), Commits(url, unit=made["unit"]), asyncio.Event()
    async with Http(web.port, _key(made)) as http:
        desks = await _open(http, [made["large"]], told=told, services=["cash"])
        began = loop.time()
        on = dict(zip(tokens, await connect([f"/live/ticket/{one}.en" for one in tokens], port=web.port), strict=True))
        key = f"Authorization: Bearer {made['display']}\r\n"
        walls = await connect([f"/live/wall/{made['large']['token']}"] * displays, port=web.port, headers=key)
        connect_s = loop.time() - began
        listening = asyncio.create_task(commits.listen(heard))
        await heard.wait()
        async with _watched(web, every_s=seconds / 40) as usage:
            since = loop.time()
            sent = await _changes(desks, seconds=seconds)
            until = loop.time()
        await asyncio.sleep(_LATER_S)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        calls = await _labelled(http, sent, commits.times)
        found = seen(on, walls, calls=calls, since=since, until=until)
        _hang_up([*on.values(), *walls])
    memory = [one.memory_mb for one in usage]
    return Shown(found, sum(since <= at < until for at in commits.times), connect_s, memory,
                 usage[-1].cpu_s - usage[0].cpu_s)  # fmt: skip


async def _changes(desks: Sequence[Api], *, seconds: float) -> list[tuple[float, str]]:
    """Change the branch again and again: one joins, one is called, answered, served; return calls and when they were asked for.

    One change after the other, so that a notice belongs to one of them.
    """
    loop = asyncio.get_running_loop()
    begun, sent, front, k = loop.time(), list[tuple[float, str]](), list[tuple[Api, str]](), 0
    while (due := begun + k / CHANGES_PER_S) < begun + seconds:
        await asyncio.sleep(due - loop.time())
        step, desk = k % 4, desks[k // 4 % len(desks)]
        asked = loop.time()
        if step == 0:
            await desk.join()
        elif step == 1 and (ticket := await desk.call()) is not None:
            sent.append((asked, ticket))
            front.append((desk, ticket))
        # Those called six seconds ago are answered and finished, so that the wall is busy.
        elif step == 2 and front:
            await front[0][0].answer(front[0][1])
        elif step == 3 and len(front) >= len(desks) - 1:
            other, ticket = front.pop(0)
            await other.answer(ticket)
            await other.finish(ticket)
        k += 1
    return sent


async def _labelled(http: Http, sent: list[tuple[float, str]], times: list[float]) -> list[Call]:
    calls = []
    for asked, token in sent:
        label = (await http.send("GET", f"/api/v1/tickets/{token}")).json()["label"]
        calls.append(Call(token, label, times[bisect.bisect_left(times, asked)]))
    return calls


def _hang_up(opened: Sequence[Stream]) -> None:
    for one in opened:
        if one.transport is not None:
            one.transport.abort()


def _key(made: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['key']}"}


async def _open(http: Http, branches: Any, *, told: Told, services: Sequence[str] = SERVICES) -> list[Api]:
    """Let the clerks of branches take their counters."""
    desks = [
        Api(http, branch=one["token"], clerk=clerk, told=told, services=services, seed=k)
        for k, (one, clerk) in enumerate((one, clerk) for one in branches for clerk in one["clerks"])
    ]
    if not all([await desk.open() for desk in desks]):
        raise RuntimeError("a clerk got no counter")
    return desks


@asynccontextmanager
async def _watched(web: Web, *, every_s: float) -> AsyncIterator[list[Usage]]:
    """Take the memory and CPU time of the web processes again and again."""
    taken = [web.usage()]

    async def take() -> None:
        while True:
            await asyncio.sleep(every_s)
            taken.append(web.usage())

    task = asyncio.create_task(take())
    try:
        yield taken
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        taken.append(web.usage())
