"""What to tell a caller: the best windows to offer for a visit, what each costs, and how likely it is to be kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from troth.core.decision import Explanation
from troth.field.routing._compile import LAST, NEVER, STARTS, WHO, Fields, compiled
from troth.field.routing._hunt import state_of
from troth.field.routing._offer import chances, fits
from troth.field.routing._state import State
from troth.field.routing._walk import INF
from troth.field.routing.learn import FieldSpread
from troth.field.routing.problem import PromisedWindow, RoutingProblem, TimeWindow
from troth.field.routing.tours import Tour

#: Technicians whose tours are lived through for each window: those where the visit costs least.
_LOOKED = 3


@dataclass(frozen=True, slots=True)
class WindowAdvice:
    """A window to offer.

    Parameters
    ----------
    start_s, end_s : the window, in seconds of the problem.
    technician_id, shift, position : the tour it was reckoned with, and before which of its stops the visit goes.
    cost_cents : what the plan costs more.
    probability : of arriving by the window's end.
    risk_cents : what broken promises are expected to cost more, of this visit and of others in the tour, beyond what is planned.
    wait_cents : what a later day costs.
    """

    start_s: float
    end_s: float
    technician_id: str
    shift: int
    position: int
    cost_cents: float
    probability: float
    risk_cents: float
    wait_cents: float = 0.0

    @property
    def value_cents(self) -> float:
        """What the window is expected to cost in all; windows are ranked by it."""
        return self.cost_cents + self.risk_cents + self.wait_cents

    def as_dict(self, problem: RoutingProblem) -> dict[str, Any]:
        """Return the window as plain data, with instants."""
        ends = {"start_at": problem.at(self.start_s).isoformat(), "end_at": problem.at(self.end_s).isoformat()}
        return ends | asdict(self) | {"value_cents": self.value_cents}


@dataclass(frozen=True, slots=True)
class InsertAdvice:
    """Windows to offer, best first; and why earlier ones than the first to come are not among them.

    Parameters
    ----------
    windows : at most so many as asked for.
    refused : of windows before the soonest of `windows`, by code: ``insert.no-skill`` nobody on that day may do it,
        ``insert.no-room`` nobody has room, ``insert.too-risky`` it would be kept too seldom, ``insert.dearer`` others cost less;
        parameters: `start_s`, `end_s`, and `technicians`, `probability` or `more_cents`.
    seconds : how long it took.
    """

    visit_id: str
    windows: tuple[WindowAdvice, ...]
    refused: tuple[Explanation, ...]
    seconds: float


def windows_between(
    opens: Sequence[TimeWindow], *, hours: Sequence[float] = (1, 2, 4), step_s: float = 3600.0
) -> tuple[TimeWindow, ...]:
    """Return the windows of given lengths within opening hours, one beginning every `step_s`.

    Examples
    --------
    >>> [(one.start_s, one.end_s) for one in windows_between([TimeWindow(0, 10800)], hours=[2])]
    [(0.0, 7200.0), (3600.0, 10800.0)]
    """
    found = []
    for span in opens:
        for length in hours:
            many = int((span.end_s - span.start_s - length * 3600) // step_s) + 1
            found += [TimeWindow(s := float(span.start_s + k * step_s), s + length * 3600) for k in range(max(many, 0))]
    return tuple(found)


def insert(
    problem: RoutingProblem, *, tours: Sequence[Tour], visit_id: str, windows: Sequence[TimeWindow],
    spread: FieldSpread | None = None, draws: int = 300, seed: int = 0, most: int = 10, least_probability: float = 0.0,
    later_cents_per_day: float = 0.0, broken: PromisedWindow | None = None, kept: Callable[[float, TimeWindow], float] | None = None,
) -> InsertAdvice:  # fmt: skip
    """Return the best windows to offer for a visit, over all technicians, days and windows given.

    For each window the visit goes where the plan costs least more. The tours in question are then lived through with work and
    travel as they are spread: common chance for all windows, so that they differ by what they are (common random numbers).
    Technicians go on as soon as they may and wait where a window is not open.

    Parameters
    ----------
    problem : with the visit among its visits; windows it has itself are replaced by those offered.
    tours : the plan without it.
    windows : candidates, as from `windows_between`.
    spread : how work and travel are spread; as usual in the trade if None.
    draws : days lived through.
    most : windows returned at most; overlapping ones may be among them.
    least_probability : windows less likely to be kept are refused.
    later_cents_per_day : what a day's wait costs.
    broken : price of breaking the promise; that of the visit if None, or a usual one.
    kept : from the probability in the plan as it stands and the window, the one to state: what is known of plans that change
        after the promise; see `learn.KeptRecord`.

    Raises
    ------
    KeyError : no such visit.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.field.routing import FieldTechnician, TechnicianShift, VisitRequest
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),), cost_per_hour_cents=3600)
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), (VisitRequest("v", 1, 600),), (ada,), np.full((2, 2), 600.0))
    >>> found = insert(problem, tours=(), visit_id="v", windows=[TimeWindow(0, 7200), TimeWindow(30000, 33600)])
    >>> [(one.start_s, one.cost_cents, one.probability) for one in found.windows]
    [(0.0, 1800.0, 1.0)]
    """
    began = time.perf_counter()
    i = _row(problem, visit_id)
    f, s = _prepared(_Board(problem, tuple(tours)))
    spans = np.array([[one.start_s, one.end_s] for one in windows], float).reshape(-1, 2)
    cost, at, depot, depot_at = fits(f, s, i, spans)
    rows = [
        (w, int(t), int(at[w, t]), int(depot[w, t]), int(depot_at[w, t]))
        for w in range(len(spans))
        for t in np.argsort(cost[w], kind="stable")[:_LOOKED]
        if cost[w, t] < INF
    ]
    # When somebody arrives depends on where the visit goes and not on how long its window is.
    place: dict[tuple[float, ...], int] = {}
    which = [place.setdefault((float(spans[row[0], 0]), *row[1:]), len(place)) for row in rows]
    table = np.array(list(place), float).reshape(-1, 5)
    work, travel = _drawn(problem, f, spread or FieldSpread(), draws=draws, seed=seed)
    arrivals, more = chances(f, s, i, table[:, 0].copy(), table[:, 1:].astype(np.int64), work, travel)
    price = broken or problem.visits[i].promised or PromisedWindow(0.0, 0.0)
    best: dict[int, WindowAdvice] = {}
    shifts = [(one.technician_id, k) for one in problem.technicians for k in range(len(one.shifts))]
    first_day = float(spans[:, 0].min(initial=INF)) if len(spans) else 0.0
    for (w, t, p, _, _), r in zip(rows, which, strict=True):
        late = np.maximum(arrivals[r] - spans[w, 1], 0.0)
        chance = float(np.mean(late <= 0))
        stated = chance if kept is None else kept(chance, windows[w])
        risk = (
            float(more[r]) + (1 - stated) * price.broken_cents + float(late.mean()) / 60 * price.late_cents_per_minute
        )
        wait = later_cents_per_day * float((spans[w, 0] - first_day) // 86_400)
        start, end, (who, shift) = float(spans[w, 0]), float(spans[w, 1]), shifts[t]
        found = WindowAdvice(start, end, who, shift, p, float(cost[w, t]), stated, risk, wait)
        if w not in best or found.value_cents < best[w].value_cents:
            best[w] = found
    good = sorted(
        (one for one in best.values() if one.probability >= least_probability), key=lambda one: one.value_cents
    )
    chosen = tuple(good[:most])
    able = f.work[i, f.tour[:, WHO].astype(np.int64), 1] < NEVER
    refused = _refused(f, spans, able, best, chosen, least_probability)
    return InsertAdvice(visit_id, chosen, refused, time.perf_counter() - began)


def _row(problem: RoutingProblem, visit_id: str) -> int:
    for i, one in enumerate(problem.visits):
        if one.visit_id == visit_id:
            return i
    raise KeyError(visit_id)


class _Board:
    """A problem and its tours by what they are."""

    __slots__ = ("problem", "tours")

    def __init__(self, problem: RoutingProblem, tours: tuple[Tour, ...]) -> None:
        self.problem, self.tours = problem, tours

    def __hash__(self) -> int:
        return hash((id(self.problem), *map(id, self.tours)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Board)
            and other.problem is self.problem
            and len(other.tours) == len(self.tours)
            and all(a is b for a, b in zip(self.tours, other.tours, strict=True))
        )


@lru_cache(maxsize=2)
def _prepared(board: _Board) -> tuple[Fields, State]:
    """Return a plan ready for questions; the last two are kept, as callers come one after the other."""
    problem = replace(board.problem, prices=replace(board.problem.prices, most_changes=None))
    f = compiled(problem, near=1)
    return f, state_of(problem, f=f, tours=board.tours)


def _drawn(problem: RoutingProblem, f: Fields, spread: FieldSpread, *, draws: int, seed: int) -> tuple[Any, Any]:
    """Return by how much work and travel take longer, (draws + 1, N + D); nothing does in the first."""
    rng = np.random.default_rng(seed)
    n = len(f.stop)
    sigma = np.zeros(n)
    sigma[: len(problem.visits)] = [spread.of(one.visit_id) for one in problem.visits]
    work = np.ones((draws + 1, n))
    day = rng.standard_normal((draws, 1)) * spread.day_sigma
    alone = rng.standard_normal((draws, n)) * sigma
    work[1:] = np.exp(day + alone - (sigma**2 + spread.day_sigma**2) / 2)
    travel = np.ones((draws + 1, n))
    whole = (
        rng.standard_normal((draws, 1)) * spread.travel_day_sigma
        + rng.standard_normal((draws, n)) * spread.travel_sigma
    )
    travel[1:] = np.exp(whole - (spread.travel_sigma**2 + spread.travel_day_sigma**2) / 2)
    return work, travel


def _refused(
    f: Fields, spans: Any, able: Any, best: dict[int, WindowAdvice], chosen: Sequence[WindowAdvice], least: float
) -> tuple[Explanation, ...]:
    """Return why windows that begin before the soonest chosen one are not offered."""
    soonest = min((one.start_s for one in chosen), default=INF)
    cheapest = min((one.value_cents for one in chosen), default=0.0)
    found = []
    for w, (start, end) in enumerate(spans):
        if start >= soonest:
            continue
        about: dict[str, Any] = {"start_s": float(start), "end_s": float(end)}
        there = (f.tour[:, STARTS] <= end) & (f.tour[:, LAST] >= start)
        one = best.get(w)
        if one is None:
            fit = int((there & able).sum())
            found.append(Explanation("insert.no-room" if fit else "insert.no-skill", about | {"technicians": fit}))
        elif one.probability < least:
            found.append(Explanation("insert.too-risky", about | {"probability": one.probability}))
        else:
            found.append(Explanation("insert.dearer", about | {"more_cents": one.value_cents - cheapest}))
    return tuple(found)


def refusals(advice: InsertAdvice) -> dict[str, int]:
    """Return how many windows were refused by each code."""
    return dict(Counter(one.code for one in advice.refused))
