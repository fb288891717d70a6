"""What to tell a caller: the best windows to offer for a visit, what each costs, and how likely it is to be kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from troth.core.decision import Explanation, Issue, Severity
from troth.field.routing._compile import LAST, NEVER, STARTS, WHO, Fields, compiled
from troth.field.routing._hunt import state_of
from troth.field.routing._offer import chances, fits
from troth.field.routing._state import State
from troth.field.routing._walk import INF
from troth.field.routing.learn import FieldSpread
from troth.field.routing.orders import sequences
from troth.field.routing.problem import PromisedWindow, RoutingProblem, TimeWindow, VisitRequest
from troth.field.routing.rules import breaches, hard
from troth.field.routing.tours import StopKind, Tour

#: Technicians whose tours are lived through for each window: those where the visit costs least.
_LOOKED = 3
#: Why a window is not offered, in words, and what may help.
REFUSED: Final = {
    "insert.past": ("it is over", "Maybe a later window."),
    "insert.no-shift": ("nobody works then", "Maybe a window within shifts, or a shift more."),
    "insert.no-skill": ("nobody who works then may make the visit", "Maybe another day, or somebody else's skills."),
    "insert.broken-tour": (
        "whoever may make the visit then has a tour that cannot stand",
        "Maybe mend the plan first.",
    ),
    "insert.no-room": ("nobody has room", "Maybe a longer window, another day, or overtime."),
    "insert.too-risky": ("it would be kept too seldom", "Maybe a longer window, or be content with less."),
    "insert.dearer": ("others cost less", "Maybe ask for more windows to see it."),
}


@dataclass(frozen=True, slots=True)
class WindowAdvice:
    """A window to offer.

    Parameters
    ----------
    start_s, end_s : the window, in seconds of the problem.
    technician_id, shift, position : the tour it was reckoned with, and before which of its stops the visit goes.
    cost_cents : what the plan costs more.
    probability : of arriving by the window's end, as it is to be stated.
    risk_cents : what broken promises are expected to cost more, of this visit and of others in the tour, beyond what is planned.
    wait_cents : what a later day costs.
    plan_probability : of arriving by the window's end in the plan as it stands, whatever is known of plans that change.
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
    plan_probability: float = 0.0

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
    refused : of windows before the soonest of `windows`, by code, with words and advice in `REFUSED`: ``insert.past`` it is over,
        ``insert.no-shift`` nobody works then, ``insert.no-skill`` nobody who works then may do it, ``insert.broken-tour`` only people
        may whose tours cannot stand, ``insert.no-room`` nobody has room, ``insert.too-risky`` it would be kept too seldom,
        ``insert.dearer`` others cost less; parameters: `start_s`, `end_s`, and `technicians`, `probability` or `more_cents`.
    seconds : how long it took.
    doubts : warnings ``broken-tour``, one for each tour that cannot stand as it is, with the hard rules it breaks: nothing is
        offered in it.
    """

    visit_id: str
    windows: tuple[WindowAdvice, ...]
    refused: tuple[Explanation, ...]
    seconds: float
    doubts: tuple[Issue, ...] = ()


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
    now_s: float | None = None,
) -> InsertAdvice:  # fmt: skip
    """Return the best windows to offer for a visit, over all technicians, days and windows given.

    For each window the visit goes where the plan costs least more. The tours in question are then lived through with work and
    travel as they are spread: common chance for all windows, so that they differ by what they are (common random numbers).
    Technicians go on as soon as they may and wait where a window is not open.

    Parameters
    ----------
    problem : with the visit among its visits; windows it has itself, the promise it was given and the start it is pinned to are
        replaced by those offered. Whom it is pinned to and what it wishes (`soft`) still count.
    tours : the plan without it; of a day under way what is left of it, with the problem of what is left (`from_now`).
    windows : candidates, as from `windows_between`.
    spread : how work and travel are spread; as usual in the trade if None.
    draws : days lived through.
    most : windows returned at most; overlapping ones may be among them.
    least_probability : windows less likely to be kept are refused.
    later_cents_per_day : what a day's wait costs.
    broken : price of breaking the promise; that of the visit if None, or a usual one.
    kept : from the probability in the plan as it stands and the window, the one to state: what is known of plans that change
        after the promise; see `learn.KeptRecord`.
    now_s : windows that are over by then are refused; none is if None.

    Raises
    ------
    KeyError : no such visit.
    InputError : two tours of one shift.

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
    own = problem.visits[i]
    f, s, astray, doubts = _prepared(_Board(problem, tuple(tours), None if _asked(own) == own else i))
    spans = np.array([[one.start_s, one.end_s] for one in windows], float).reshape(-1, 2)
    over = np.full(len(spans), False) if now_s is None else spans[:, 1] <= now_s
    cost, at, depot, depot_at = fits(f, s, i, spans)
    cost[over] = INF
    cost[:, astray] = INF
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
    price = broken or own.promised or PromisedWindow(0.0, 0.0)
    best: dict[int, WindowAdvice] = {}
    shifts = _shifts(problem)
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
        found = WindowAdvice(start, end, who, shift, p, float(cost[w, t]), stated, risk, wait, chance)
        if w not in best or found.value_cents < best[w].value_cents:
            best[w] = found
    good = sorted(
        (one for one in best.values() if one.probability >= least_probability), key=lambda one: one.value_cents
    )
    chosen = tuple(good[:most])
    able = f.work[i, f.tour[:, WHO].astype(np.int64), 1] < NEVER
    refused = _refused(f, spans, over, (able, ~astray), best, chosen, least_probability)
    return InsertAdvice(visit_id, chosen, refused, time.perf_counter() - began, doubts)


def _row(problem: RoutingProblem, visit_id: str) -> int:
    for i, one in enumerate(problem.visits):
        if one.visit_id == visit_id:
            return i
    raise KeyError(visit_id)


def _asked(visit: VisitRequest) -> VisitRequest:
    """Return a visit as if it were asked for just now: with no window of its own, nothing promised, no start settled."""
    pin = visit.pin if visit.pin is None else replace(visit.pin, start_s=None)
    return replace(visit, windows=(), promised=None, pin=pin)


class _Board:
    """A problem and its tours by what they are, and which visit is asked for if it has windows of its own."""

    __slots__ = ("asked", "problem", "tours")

    def __init__(self, problem: RoutingProblem, tours: tuple[Tour, ...], asked: int | None) -> None:
        self.problem, self.tours, self.asked = problem, tours, asked

    def __hash__(self) -> int:
        return hash((id(self.problem), self.asked, *map(id, self.tours)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Board)
            and other.problem is self.problem
            and other.asked == self.asked
            and len(other.tours) == len(self.tours)
            and all(a is b for a, b in zip(self.tours, other.tours, strict=True))
        )


@lru_cache(maxsize=2)
def _prepared(board: _Board) -> tuple[Fields, State, Any, tuple[Issue, ...]]:
    """Return a plan ready for questions, which tours (T,) it does not have as given, and what to tell of them.

    The last two are kept, as callers come one after the other.
    """
    problem = replace(board.problem, prices=replace(board.problem.prices, most_changes=None))
    if board.asked is not None:
        visits = list(problem.visits)
        visits[board.asked] = _asked(visits[board.asked])
        problem = replace(problem, visits=tuple(visits))
    f = compiled(problem, near=1)
    s = state_of(problem, f=f, tours=board.tours)
    astray = _astray(problem, s, board.tours)
    return f, s, astray, _doubts(board, astray)


def _shifts(problem: RoutingProblem) -> list[tuple[str, int]]:
    """Return whose shift, and its number, by row of the search."""
    return [(one.technician_id, k) for one in problem.technicians for k in range(len(one.shifts))]


def _astray(problem: RoutingProblem, s: State, tours: Sequence[Tour]) -> Any:
    """Return which tours the search could not take as they are: it cleared them, and put back what fits. (T,)."""
    seq, size = sequences(problem, tours=tours)
    given = {(one.technician_id, one.shift): sum(x.kind is not StopKind.REST for x in one.stops) for one in tours}
    return np.array([
        given.get(key, 0) != size[t] or s.size[t] != size[t] or bool((s.seq[t, : size[t]] != seq[t, : size[t]]).any())
        for t, key in enumerate(_shifts(problem))
    ], bool)  # fmt: skip


def _doubts(board: _Board, astray: Any) -> tuple[Issue, ...]:
    """Return an issue for each tour that cannot stand, with the hard rules it breaks, or, if none by itself, those the plan breaks."""
    keys = _shifts(board.problem)
    lost = [key for key, gone in zip(keys, astray, strict=True) if gone]
    lost += sorted({(one.technician_id, one.shift) for one in board.tours} - set(keys))
    if not lost:
        return ()
    rules: dict[tuple[str, int], set[str]] = {}
    for one in hard(breaches(board.problem, tours=board.tours)):
        if one.rule not in ("routing.must", "routing.changes"):
            rules.setdefault((one.technician_id, one.shift), set()).add(one.rule)
    advice = "Maybe mend it first, as with replan: it cannot stand as it is, and no window is offered in it."
    return tuple(
        Issue(
            "broken-tour", Severity.WARNING, f"tours[{who}, shift {shift}]",
            ", ".join(sorted(rules.get((who, shift)) or rules.get(("", -1), set()))), advice,
        )
        for who, shift in lost
    )  # fmt: skip


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
    f: Fields, spans: Any, over: Any, fit: tuple[Any, Any], best: dict[int, WindowAdvice], chosen: Sequence[WindowAdvice], least: float
) -> tuple[Explanation, ...]:  # fmt: skip
    """Return why windows that begin before the soonest chosen one are not offered; `fit` is who may, and whose tour stands."""
    able, stands = fit
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
            many = int((there & able & stands).sum())
            code = (
                "past" if over[w]
                else "no-shift" if not there.any()
                else "no-skill" if not (there & able).any()
                else "no-room" if many
                else "broken-tour"
            )  # fmt: skip
            found.append(Explanation(f"insert.{code}", about | {"technicians": many}))
        elif one.probability < least:
            found.append(Explanation("insert.too-risky", about | {"probability": one.probability}))
        else:
            found.append(Explanation("insert.dearer", about | {"more_cents": one.value_cents - cheapest}))
    return tuple(found)


def refusals(advice: InsertAdvice) -> dict[str, int]:
    """Return how many windows were refused by each code."""
    return dict(Counter(one.code for one in advice.refused))
