"""The demo company for `advise`: its log in a lake, its states copied, and the steps of an advice taken in a copy."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from troth.demo import UNTIL, Controls, Shift, Truth, World, demo_company
from troth.demo.clock import instant, local_day, millis
from troth.demo.draws import Draws
from troth.demo.engine import ON_GOING, ON_PAUSE, ON_SHIFT, Person
from troth.demo.plan import away
from troth.demo.tables import write_schedules, write_tables
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.queueing.read import recorded
from troth.queueing.twin.advise import figures_of
from troth.queueing.twin.read import Moment
from troth.queueing.twin.steps import NextStep, StepKind

#: Eight weeks to learn from before the first of the ten weeks that states are taken from.
LEARN, JUDGED = timedelta(weeks=8), timedelta(weeks=10)
HOUR = timedelta(hours=1)
#: Number of the site and the channel looked at: the centre's calls, and both branches.
SCOPES: tuple[tuple[int, str], ...] = ((0, "phone"), (1, "walk_in"), (2, "walk_in"))
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class State:
    """A state to be copied: its number, which scope, when."""

    number: int
    scope: int
    at: datetime


def company() -> Truth:
    """Return the demo company at three times its usual size, as in `wait`."""
    return demo_company(until=UNTIL, days=(LEARN + JUDGED).days, size=3.0)


def states(truth: Truth, *, count: int, seed: int) -> list[State]:
    """Return the states, fixed by the seed alone: scopes in turn, each a day and a quarter hour in opening hours.

    Drawn is an open day of the judged weeks, then a quarter of an hour on it that lies half an hour or more after opening and an hour
    or more before closing, within one span of opening hours; none twice.
    """
    rng = np.random.default_rng((seed, 2026))
    found: dict[tuple[int, datetime], State] = {}
    while len(found) < count:
        scope = len(found) % len(SCOPES)
        site = truth.sites[SCOPES[scope][0]]
        day = (UNTIL - JUDGED).date() + timedelta(days=int(rng.integers(JUDGED.days - 1)))
        spans = local_day(site, day=day).spans
        if not spans:
            continue
        a, b = (instant(t) for t in spans[int(rng.integers(len(spans)))])
        quarters = int((b - a - timedelta(minutes=90)) / _QUARTER)
        at = a + timedelta(minutes=30) + int(rng.integers(quarters + 1)) * _QUARTER
        found.setdefault((scope, at), State(len(found), scope, at))
    return sorted(found.values(), key=lambda one: (one.scope, one.at))


def lake_of(folder: Path, *, truth: Truth, seed: int) -> Lake:
    """Live the company through once and import its log, its tables and the schedules it published."""
    given = folder / "given"
    write_tables(given / "reference", truth=truth)
    numbers = sorted({site for site, _ in SCOPES})
    with ProcessPoolExecutor(len(numbers), mp_context=get_context("spawn")) as pool:
        planned = list(pool.map(partial(_written, truth=truth, seed=seed, folder=given), numbers))
    write_schedules(given / "reference", truth=truth, planned=dict(zip(numbers, planned, strict=True)))
    lake = Lake(folder / "lake")
    report = ingest(lake, source="troth", paths=[given])
    if report.rejects:
        raise RuntimeError(f"{report.rejects} rows of the demo company were rejected")
    recorded(lake, start=UNTIL - HOUR, end=UNTIL)  # the timeline of contacts is made once, for all who ask
    (folder / "ready").touch()
    return lake


def _written(number: int, *, truth: Truth, seed: int, folder: Path) -> tuple[Shift, ...]:
    """Write the log of a site and return the shifts it planned."""
    world = World(truth, seed, sites=(number,), keep=False)
    pq.write_table(world.step(UNTIL), folder / f"events-{number}.parquet")
    return world.planned(0)


def helpers(truth: Truth, *, scope: int, moment: Moment, on: date) -> tuple[str, ...]:
    """Return whom the back office can send: the first who serves these queues, has no shift that day and is not on leave."""
    site, queues = truth.sites[SCOPES[scope][0]], {queue for queue, _ in moment.joined}
    busy = {one.agent_id for one in moment.plan} | {one.agent_id for one in moment.agents}
    free = [
        a.agent_id for a in site.agents
        if a.kind == "human" and a.agent_id not in busy and not away(a, day=on) and queues & set(a.queues)
    ]  # fmt: skip
    return tuple(sorted(free)[:1])


def take(world: World, step: NextStep) -> Controls:
    """Take a step in a copied world and return the controls it needs."""
    site = world.sites[0]
    if step.kind is StepKind.ORDER:
        return Controls(discipline={step.queue: "fifo"})
    if step.kind is StepKind.NOTHING or step.span is None:
        return Controls()
    a, b = millis(step.span.start), millis(step.span.end)
    person = site.by_id[step.agent]
    if step.kind is StepKind.CALL_IN:
        site._put(a, ON_SHIFT, Shift(step.agent, a, b))  # noqa: SLF001  the heap is how the world is told what comes
    elif step.kind is StepKind.EXTEND:
        person.ends = max(person.ends, b)
        site._put(b, ON_GOING, (person, person.shift))  # noqa: SLF001
    elif step.kind is StepKind.TURN:
        person.lines = [line for line in person.lines if line.truth.queue == step.queue]
    elif step.was is not None:
        _move(world, person, millis(step.was.start), (step.was.end - step.was.start).total_seconds(), a)
    return Controls()


def _move(world: World, person: Person, was: int, seconds: float, to: int) -> None:
    """Let a break that has not begun begin at another time."""
    site = world.sites[0]
    kept = [item for item in site.heap if not (item[2] == ON_PAUSE and item[3][0] is person and item[0] == was)]
    state = "break"
    if len(kept) < len(site.heap):
        state = next(
            item[3][3] for item in site.heap if item[2] == ON_PAUSE and item[3][0] is person and item[0] == was
        )
        site.heap[:] = kept
        heapq.heapify(site.heap)
    else:
        overdue = next(one for one in person.due if one[0] == seconds)
        state = overdue[1]
        person.due.remove(overdue)
    site._put(to, ON_PAUSE, (person, person.shift, seconds, state))  # noqa: SLF001


def reseed(world: World, *, seed: int, copy: int) -> None:
    """Give a copied world another future: lengths of service, patience, who keeps bookings. Who comes when stays, being drawn already."""
    if copy:
        world.sites[0].draws = Draws(seed, world.sites[0].key[1], 90, copy)


def lived(moment: Moment, *, events: pa.Table, queues: Sequence[str], until: datetime) -> tuple[float, ...]:
    """Return the figures of an hour that was lived, in the order of `HourFigures`: the same reading as of the twin."""
    joined = {one.contact_id: one.joined_at for one in moment.contacts if one.agent_id is None}
    over: dict[str, tuple[datetime, str]] = {}
    rows = events.select(["occurred_at", "activity", "contact_id", "queue"]).to_pylist()
    for row in rows:
        what, who, at = row["activity"], row["contact_id"], row["occurred_at"]
        if what == "queued" and row["queue"] in queues:
            joined[who] = at
        elif who in joined and what in _OVER and who not in over:
            over[who] = (at, what)
    ids = sorted(joined)
    waits = np.array([(over.get(one, (until, ""))[0] - joined[one]).total_seconds() for one in ids])
    answered = np.array([over.get(one, (until, ""))[1] == "answered" for one in ids], dtype=bool)
    left = np.array([over.get(one, (until, ""))[1] in {"abandoned", "no_show"} for one in ids], dtype=bool)
    return figures_of(waits, answered=answered, left=left)


_OVER = frozenset({"answered", "abandoned", "no_show", "callback_requested"})
