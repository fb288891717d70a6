"""From a staffing problem to a staff: formulas give the order in which people are added, the twin says how many are enough."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from troth.capacity.staffing._chances import by_formula, missed, unknown
from troth.capacity.staffing._deferred import beside
from troth.capacity.staffing._formula import Tables, tables
from troth.capacity.staffing._order import Order, least_total, ordered
from troth.capacity.staffing._search import Search
from troth.capacity.staffing._split import Pool, halves, pools
from troth.capacity.staffing.check import check
from troth.capacity.staffing.impossible import hopeless
from troth.capacity.staffing.plan import QueueChance, StaffingPlan
from troth.capacity.staffing.problem import Counts, Floats, LevelOver, StaffingProblem
from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class StaffingParams:
    """How to go about it.

    Parameters
    ----------
    twin : whether chances of days are lived through in the twin; without, they are by formula, which knows no chance but
        that of the paths and takes a pool of several groups for one crew.
    futures : how many are lived through at each step of the search; the chances told are of others, twice as many.
    paths : how many sample paths the formulas look at.
    repairs, trims : how many rounds people are added where a queue still misses its target, and taken away where they may
        not be needed.
    workers : threads of the twin; the answer is the same with any number.
    """

    twin: bool = True
    futures: int = 100
    paths: int = 100
    repairs: int = 12
    trims: int = 10
    workers: int = 2


def solve(
    problem: StaffingProblem,
    *,
    stop: Stop = Stop(seconds=120),
    seed: int = 0,
    params: StaffingParams = StaffingParams(),
    start: Counts | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> StaffingPlan:
    """Find how many people are needed.

    Queues and groups that share people are a pool. By Erlang's formulas over the sample paths it is found in which order
    people are best added to a day; how many of that order are enough is found by halving in the twin, on all days at once.
    Then people are added for queues that still miss their target, and taken away where they are not missed.

    Parameters
    ----------
    stop : seconds or asked; the best so far is returned, with status stopped.
    start : people by group and interval to begin with at least, shape (groups, intervals).
    on_progress : told the share done and what is being done.

    Returns
    -------
    the plan; status infeasible with issues ``target-not-met`` where the limits do not let a target be met.

    Raises
    ------
    InputError
        With every issue of `check`, if one of them is an error.

    Source
    ------
    Adding people by marginal gain: A. W. Harel and P. Zipkin (1987), Management Science 33, 779-784; from formulas to
    simulation for several skills: T. Cezik and P. L'Ecuyer (2008), Management Science 54, 310-323.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.capacity.staffing import SkillGroup, StaffedQueue, StaffingParams, StaffingProblem, solve
    >>> calls = StaffedQueue("calls", np.full((1, 4), 100.0), handle_s=180)
    >>> problem = StaffingProblem(datetime(2026, 3, 2, 8, tzinfo=UTC), (calls,), (SkillGroup("voice", ("calls",), out_of_office=0.3),))
    >>> plan = solve(problem, params=StaffingParams(twin=False))
    >>> plan.staff.tolist(), plan.scheduled.tolist()
    ([[14, 13, 13, 13]], [[20.0, 19.0, 19.0, 19.0]])
    """
    issues = check(problem)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    began = time.monotonic()

    def stopped() -> bool:
        return stop.reached(seconds=time.monotonic() - began)

    places = {one.group: k for k, one in enumerate(problem.groups)}
    made = _Made(problem)
    parts = pools(problem)
    for k, pool in enumerate(parts):
        rows = [places[one.group] for one in pool.groups]

        def tell(share: float, what: str, k: int = k) -> None:
            if on_progress is not None:
                on_progress((k + share) / len(parts), what)

        floor = None if start is None else np.asarray(start, np.int64)[rows]
        _pool(made, pool, rows, floor, params, seed, stopped, tell)
    broken = [one for one in made.issues if one.code == "target-not-met"]
    if broken:  # told once, with what is met
        issues = [one for one in issues if one.code != "target-impossible"]
    status = Status.INFEASIBLE if broken else Status.STOPPED if made.cut else Status.FEASIBLE
    by_name = {one.queue: one for one in made.chances}
    versions = {name: importlib.metadata.version(name) for name in ("troth", "numba", "highspy")}
    return StaffingPlan(
        problem, made.staff, tuple(by_name[one.queue] for one in problem.queues), made.low, made.high, made.gain, made.loss,
        status, (*issues, *made.issues), seed, time.monotonic() - began, versions,
    )  # fmt: skip


class _Made:
    """The plan as it comes together, pool by pool."""

    def __init__(self, problem: StaffingProblem) -> None:
        shape = (len(problem.groups), problem.intervals)
        self.staff: Counts = np.zeros(shape, np.int64)
        self.gain, self.loss = np.zeros(shape), np.zeros(shape)
        self.low, self.high = np.zeros(problem.intervals), np.zeros(problem.intervals)
        self.chances: list[QueueChance] = []
        self.issues: list[Issue] = []
        self.cut = False


def _pool(
    made: _Made,
    pool: Pool,
    rows: list[int],
    floor: Counts | None,
    params: StaffingParams,
    seed: int,
    stopped: Callable[[], bool],
    tell: Callable[[float, str], None],
) -> None:
    if floor is not None:
        pool = replace(pool, least=np.minimum(np.maximum(pool.least, floor), pool.most))
    # Where a target is out of reach all are there: there is nothing to search.
    full = hopeless(pool)[:, pool.problem.days()[1]]
    pool = replace(pool, least=np.where(full & pool.open, pool.most, pool.least))
    known = tables(pool, paths=params.paths)
    tell(0.1, "formulas")
    least = least_total(pool, tables=known)
    order = ordered(pool, tables=known, floor=least)
    total = order.total(order.enough)
    more = beside(pool, total=total, load=known.load.mean(axis=0))
    if more.any():
        order = Order(pool, order.floor + more, order.added, order.enough, order.share)
    staff = order.staff(order.enough)
    days = [one for one in pool.queues if one.over is LevelOver.DAY]
    if params.twin and days:
        seen, fresh = halves(pool)
        search = Search(
            seen, order, known, params.futures, params.repairs, params.trims, params.workers, seed, stopped, tell
        )
        staff = search.best()
        made.cut |= search.cut
        chances = search.told(staff, futures=2 * params.futures, pool=fresh)
    else:
        chances = [
            by_formula(pool, known=known, staff=staff, queue=one.queue)
            for one in pool.live
            if one.over is LevelOver.DAY
        ]
    chances += [
        by_formula(pool, known=known, staff=staff, queue=one.queue)
        for one in pool.live
        if one.over is LevelOver.INTERVAL
    ]
    if not params.twin:
        chances += [unknown(pool, queue=one.queue) for one in pool.queues if one.deferred]
    made.staff[rows] = staff
    made.chances += chances
    made.issues += missed(pool, chances=chances, staff=staff)
    low, high = _band(pool, known, staff)
    made.low += low
    made.high += high
    made.gain[rows], made.loss[rows] = _worth(pool, known, staff)


def _band(pool: Pool, known: Tables, staff: Counts) -> tuple[Floats, Floats]:
    """Return the people that paths need by themselves: limits of eight in ten."""
    if not pool.live:
        total = staff.sum(axis=0).astype(float)
        return total, total
    wanted = sum(one.level * known.arrivals[k] for k, one in enumerate(pool.live))
    reached = known.in_time.sum(axis=1) >= wanted[None] - 1e-9
    row = np.where(reached.any(axis=0), reached.argmax(axis=0), len(reached) - 1)
    need = np.where(known.arrivals.sum(axis=0) > 0, known.base[None, :] + row, 0)
    return np.quantile(need, 0.1, axis=0), np.quantile(need, 0.9, axis=0)


def _worth(pool: Pool, known: Tables, staff: Counts) -> tuple[Floats, Floats]:
    """Return in cents what one more person of each group brings and one fewer costs, shapes (groups, intervals)."""
    total = staff.sum(axis=0)
    if not pool.live:
        return np.zeros(staff.shape), np.zeros(staff.shape)
    worth = np.array([one.worth_cents for one in pool.live])
    serves = pool.serves()[:, [not one.deferred for one in pool.queues]]
    more = known.gain(total) * worth[:, None]
    fewer = known.gain(np.maximum(total - 1, 0)) * worth[:, None] * (total > 0)
    return serves @ more * pool.open, serves @ fewer * (staff > 0)
