"""A month lived through many times in the twin, and measured as the KPI engine measures reality."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.capacity.month._twin import twin_of
from troth.capacity.month.problem import ProspectProblem, check
from troth.capacity.month.prospect import SITE, Floats, ForeseenFigure, Prospect
from troth.core.decision import Severity, Status, Stop
from troth.core.errors import InputError
from troth.core.terms import Direction, Unit
from troth.core.time import Step, to_micros
from troth.kpi.batch import RunFigures, batch, prepare
from troth.kpi.definition import Params
from troth.kpi.query import Query
from troth.queueing.twin import TwinProblem, run, tables
from troth.queueing.twin.trace import Trace

#: Figures of contacts, and of people's time.
CONTACTS: Final = ("sla.service_level/", "speed.answer/", "flow.abandonment/")
TIME: Final = ("load.occupancy/",)
#: The share of work that can wait which is done by when it is due: of this room, not of the catalogue.
DONE: Final = "done_in_time"
#: So many contacts are measured at a time, and at most such a part of all lots.
_AT_ONCE, _PARTS = 400_000, 6


@dataclass(frozen=True, slots=True)
class ProspectParams:
    """How to go about it.

    Parameters
    ----------
    futures : how many are lived through.
    lots : in how many lots: of each, who is absent and how long services truly take is drawn anew.
    workers : threads; the answer is the same with any number.
    least : so many are lived through even if it is to stop: of fewer no range is known.
    """

    futures: int = 200
    lots: int = 40
    workers: int = 2
    least: int = 20


def solve(
    problem: ProspectProblem,
    *,
    stop: Stop = Stop(),
    seed: int = 0,
    params: ProspectParams = ProspectParams(),
    on_progress: Callable[[float], None] | None = None,
) -> Prospect:
    """Foresee the figures of a month under a roster.

    Every future takes a sample path of the forecast; the people of the roster serve it, each at their pace. Figures are those of
    the catalogue, computed by its own engine. Futures differ by how many come (level and day), by when, by how long services
    take, by how sure that is known, by who is absent.

    Parameters
    ----------
    stop : looked at now and then; what was lived through is kept.
    on_progress : told the share done.

    Raises
    ------
    InputError
        With every issue of `check`, if one of them is an error.
    """
    issues = check(problem)
    if any(one.severity is Severity.ERROR for one in issues):
        raise InputError(issues)
    began = time.monotonic()
    asked = _Asked(problem)
    lots = [part for part in np.array_split(np.arange(params.futures), min(params.lots, params.futures)) if len(part)]
    found: list[_Measured] = []
    done, size = 0, 1  # the first alone: it compiles the loop for all threads, and tells how large a lot is
    while done < len(lots):
        if sum(one.futures for one in found) >= params.least and stop.reached(
            seconds=time.monotonic() - began, steps=done
        ):
            break
        numbers = range(done, min(done + size, len(lots)))
        with ThreadPoolExecutor(params.workers) as threads:
            lived = list(threads.map(lambda k: asked.lived(lots[k], seed=seed, lot=k), numbers))
        found.append(asked.measured(lived))
        done = numbers.stop
        size = max(1, min(_AT_ONCE * len(lived) // max(sum(one.contacts for one in lived), 1), -(-len(lots) // _PARTS)))
        if on_progress is not None:
            on_progress(done / len(lots))
    versions = {name: importlib.metadata.version(name) for name in ("troth", "numba", "duckdb")}
    status = Status.FEASIBLE if done == len(lots) else Status.STOPPED
    return Prospect(
        tuple(asked.figures(found)), tuple(problem.needs.days()[0]), on_duty(problem), sum(one.futures for one in found), status,
        seed, time.monotonic() - began, versions,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Lived:
    """Futures of a lot: their problem and courses, and work that can wait done in time and due by queue, future and day."""

    twin: TwinProblem
    traces: Sequence[Trace]
    deferred: Floats

    @property
    def contacts(self) -> int:
        return sum(len(trace.contacts) for trace in self.traces)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Figures of some futures by question, and of work that can wait, shape (2, queues, futures, days)."""

    futures: int
    asked: Mapping[str, RunFigures]
    deferred: Floats


class _Asked:
    """The questions asked of futures."""

    def __init__(self, problem: ProspectProblem) -> None:
        self.problem = problem
        needs = problem.needs
        self.queues = needs.queues
        self.live = tuple(one.queue for one in self.queues if not one.deferred)
        within = {one.within_s for one in self.queues if not one.deferred}
        params = Params(service_level_s=max(within)) if within else Params()
        at = needs.instants()
        wanted = partial(Query, start=at[0], end=at[-1], time_zone=needs.time_zone, params=params)
        self.questions = {
            f"time {'by team' if by else 'whole'} {every or ''}": prepare(wanted(TIME, by, every=every))
            for every in (None, Step.DAY)
            for by in ((), ("team",))
        }
        if self.live:
            self.questions["contacts"] = prepare(
                wanted(CONTACTS, ("queue",), every=Step.DAY, where={"queue": self.live})
            )

    def lived(self, runs: np.ndarray, *, seed: int, lot: int) -> _Lived:
        """Live through a lot of futures."""
        twin = twin_of(self.problem, seed=seed, lot=lot)
        traces = run(twin, replications=len(runs), first=int(runs[0]), seed=seed).traces
        return _Lived(twin, traces, np.stack([self._deferred(trace, twin) for trace in traces], axis=2))

    def measured(self, lived: Sequence[_Lived]) -> _Measured:
        """Measure some lots at once."""
        import duckdb

        asked_s = {name: habit.asked_s for name, habit in self.problem.callbacks.items()}
        given: dict[str, Any] = {
            name: partial(_all, make, lived, asked_s)
            for name, make in (("contacts", tables.contacts), ("paid", tables.paid))
        }
        numbers = [trace.replication for one in lived for trace in one.traces]
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute("SET TimeZone = 'UTC'")
            found = {name: batch(con, tables=given, runs=numbers, question=one) for name, one in self.questions.items()}
        return _Measured(len(numbers), found, np.concatenate([one.deferred for one in lived], axis=2))

    def _deferred(self, trace: Trace, twin: TwinProblem) -> Floats:
        """Return work that can wait, done in time and due within the time, shape (2, queues, days)."""
        needs = self.problem.needs
        days, day_of = needs.days()
        found = np.zeros((2, len(self.queues), len(days)))
        rows = trace.contacts
        start, end, step = to_micros(twin.start), to_micros(twin.end), int(needs.interval_s * 1e6)
        for k, one in enumerate(self.queues):
            if one.deferred:
                within = int(one.within_s * 1e6)
                mine = rows[(rows["queue"] == k) & (rows["joined"] >= start) & (rows["joined"] + within <= end)]
                day = day_of[(mine["joined"] - start) // step]
                found[1, k] = np.bincount(day, minlength=len(days))
                found[0, k] = np.bincount(day[mine["ended"] - mine["joined"] <= within], minlength=len(days))
        return found

    def figures(self, parts: Sequence[_Measured]) -> list[ForeseenFigure]:
        """Return all figures, the site's first."""
        found = [*self._contacts(parts), *self._time(parts)]
        for k, one in enumerate(self.queues):
            if one.deferred:
                good, due = np.concatenate([part.deferred for part in parts], axis=2)[:, k]
                whole, each = _share(good.sum(axis=1), due.sum(axis=1)), _share(good, due)
                found.append(
                    ForeseenFigure(
                        DONE, "Done in time", Unit.SHARE, Direction.HIGHER, one.queue, whole, each, one.level
                    )
                )
        return found

    def _contacts(self, parts: Sequence[_Measured]) -> list[ForeseenFigure]:
        """Return figures of contacts: by queue as measured, of the site and the whole time as means over whom they count."""
        if not self.live:
            return []
        levels = {one.queue: one.level for one in self.queues if not one.deferred}
        if len(set(levels.values())) == 1:
            levels[SITE] = next(iter(levels.values()))
        found = []
        for kpi in self.questions["contacts"].kpis:
            values, n = (
                np.stack([_values(parts, "contacts", kpi.name, (name,), what) for name in self.live])
                for what in ("values", "n")
            )
            n = np.nan_to_num(n)
            sums = np.where(n > 0, np.nan_to_num(values) * n, 0.0)
            for place, member in ((slice(None), SITE), *((slice(k, k + 1), name) for k, name in enumerate(self.live))):
                total, count = sums[place].sum(axis=0), n[place].sum(axis=0)
                aim = levels.get(member) if kpi.id == "sla.service_level" else None
                found.append(
                    ForeseenFigure(
                        kpi.id, kpi.title, kpi.unit, kpi.direction, member, _share(total.sum(axis=1), count.sum(axis=1)),
                        _share(total, count), aim,
                    )
                )  # fmt: skip
        return found

    def _time(self, parts: Sequence[_Measured]) -> list[ForeseenFigure]:
        """Return how busy people were, of the site and by team."""
        found = []
        for side, split in (("whole", False), ("by team", True)):
            for kpi in self.questions[f"time {side} "].kpis:
                members = sorted({m for part in parts for m in part.asked[f"time {side} "].members}, key=str)
                for member in members:
                    if not split or member[0] is not None:
                        whole, each = (
                            _values(parts, f"time {side} {every}", kpi.name, member) for every in ("", Step.DAY)
                        )
                        name = str(member[0]) if split else SITE
                        found.append(
                            ForeseenFigure(kpi.id, kpi.title, kpi.unit, kpi.direction, name, whole[:, 0], each)
                        )
        return found


def _share(part: Floats, whole: Floats) -> Floats:
    """Return a ratio; NaN where there is nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _all(
    make: Callable[..., pa.Table], lived: Sequence[_Lived], asked_s: Mapping[str, float], columns: Any
) -> pa.Table:
    made = [make(trace, problem=one.twin, columns=columns) for one in lived for trace in one.traces]
    return pa.concat_tables([_waited(_plain(table), asked_s) for table in made])


def _waited(table: pa.Table, asked_s: Mapping[str, float]) -> pa.Table:
    """Return contacts with the time those waited who asked to be called back; in the twin they ask as they come."""
    if not asked_s or not {"outcome", "wait_s", "queue"} <= set(table.schema.names):
        return table
    wait = table["wait_s"]
    for queue, seconds in asked_s.items():
        asks = pc.and_(pc.equal(table["outcome"], "callback"), pc.equal(table["queue"], queue))
        wait = pc.if_else(pc.fill_null(asks, False), seconds, wait)
    return table.set_column(table.schema.get_field_index("wait_s"), "wait_s", wait)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries: those of lots differ in who is there."""
    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(zip(table.schema.names, kinds, strict=True)))


def _values(
    parts: Sequence[_Measured], question: str, kpi: str, member: tuple[Any, ...], what: str = "values"
) -> Floats:
    """Return a figure in all futures, shape (futures, periods); NaN where a part does not know the member."""
    made = []
    for part in parts:
        one = part.asked[question]
        values = getattr(one, what)[kpi]
        known = member in one.members
        made.append(values[:, one.members.index(member)] if known else np.full((len(values), values.shape[2]), np.nan))
    return np.concatenate(made)


def on_duty(problem: ProspectProblem) -> Floats:
    """Return how many are there and not on a break by interval, before absence by chance, shape (intervals,)."""
    needs = problem.needs
    start, step = to_micros(needs.start), needs.interval_s * 1e6
    edges = start + np.arange(needs.intervals + 1) * step
    total = np.zeros(needs.intervals)
    for member in problem.crew:
        for spans, sign in ((member.shifts, 1.0), (member.breaks, -1.0)):
            for span in spans:
                a, b = to_micros(span.start), to_micros(span.end)
                total += sign * np.clip(np.minimum(edges[1:], b) - np.maximum(edges[:-1], a), 0, None) / step
    return np.asarray(total * (1 - problem.absent) * (1 - problem.aside))
