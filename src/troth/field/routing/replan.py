"""Plan again from now: what has begun stays, the known plan changes within a budget, each change has a cause and a gain."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Final

from troth.core.decision import Explanation, Status, Stop
from troth.field.routing import orders
from troth.field.routing._names import known
from troth.field.routing.breach import EPS_S, RouteBreach
from troth.field.routing.causes import causes
from troth.field.routing.day import LASTING, DayEvent, DayState
from troth.field.routing.drag import drag
from troth.field.routing.left import what_is_left
from troth.field.routing.plan import RoutePlan, UnservedVisit
from troth.field.routing.problem import Pin, PublishedVisit, RoutingPrices, RoutingProblem, TimeWindow, VisitRequest
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.sofar import whole_day
from troth.field.routing.solve import RoutingParams, judged, solve
from troth.field.routing.tours import StopKind, Tour

#: What a change costs where the problem names no price: another technician, and a minute beyond a quarter of an hour.
CHANGES: Final = RoutingPrices(other_technician_cents=300.0, moved_cents_per_minute=3.0)
#: Of visits nothing happened to, at most this share may change where no budget is given.
UNTOUCHED_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class VisitChange:
    """A visit that is no longer as published, or new.

    Parameters
    ----------
    from_technician, from_s : as published; "" and None if it was not.
    to_technician, to_s : as planned now; "" and None if it is left out.
    cause : what came up that led to it; None where it only makes the plan better.
    saves : by rule, cents it saves against leaving it where it was in the new plan.
    spares : by rule, how many breaches fewer, hard rules included.
    """

    visit_id: str
    from_technician: str
    to_technician: str
    from_s: float | None
    to_s: float | None
    cause: DayEvent | None
    saves: Mapping[str, float]
    spares: Mapping[str, int]

    @property
    def kind(self) -> str:
        """What became of it: added, left-out, technician or time."""
        if self.from_s is None:
            return "added"
        if self.to_s is None:
            return "left-out"
        return "technician" if self.from_technician != self.to_technician else "time"

    @property
    def explanation(self) -> Explanation:
        """The change as code and parameters, its cause and what it saves as parts; see `explain.sentence`."""
        minutes = 0.0 if self.from_s is None or self.to_s is None else (self.to_s - self.from_s) / 60
        parts = []
        if self.cause is not None:
            about = {
                "technician": self.cause.technician_id,
                "visit": self.cause.visit_id,
                "minutes": self.cause.seconds / 60,
            }
            parts.append(Explanation(f"routing.because-{self.cause.kind}", {**about, "what": self.cause.what}))
        rules = sorted(set(self.saves) | set(self.spares), key=lambda rule: -self.saves.get(rule, 0.0))
        parts += [
            Explanation("routing.saves", {"rule": rule, "cents": self.saves.get(rule, 0.0), "times": self.spares.get(rule, 0)})
            for rule in rules
        ]  # fmt: skip
        return Explanation(
            f"routing.change-{self.kind}",
            {
                "visit": self.visit_id, "from_technician": self.from_technician, "to_technician": self.to_technician,
                "from_s": self.from_s, "to_s": self.to_s, "minutes": minutes,
            },
            tuple(parts),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Replanned:
    """A plan from now on, and what is different in it.

    Parameters
    ----------
    plan : of what is left; its problem's shifts begin now or when running jobs are expected to end.
    left_alone : the plan if nobody did anything: the same orders, later where they are late, without whoever is away.
    changes : visits that are no longer as published, and new ones.
    untouched : how many published visits nothing happened to, and how many of them `moved`.
    seconds : how long it took.
    whole : the plan of the whole day, done and running visits included, with the shifts of the day: to be planned again later, with
        the events so far as `earlier`.
    """

    plan: RoutePlan
    left_alone: RoutePlan
    changes: tuple[VisitChange, ...]
    untouched: int
    moved: int
    seconds: float
    whole: RoutePlan

    @property
    def saves(self) -> dict[str, float]:
        """Cents saved against not changing anything, by rule; what must be served and is not stands in the plans' `broken`."""
        rules = dict.fromkeys([*self.left_alone.objective, *self.plan.objective])
        return {rule: self.left_alone.objective.get(rule, 0.0) - self.plan.objective.get(rule, 0.0) for rule in rules}


def replan(
    plan: RoutePlan, *, state: DayState, stop: Stop, events: Sequence[DayEvent] = (), new: Sequence[VisitRequest] = (),
    prices: RoutingPrices | None = None, seed: int = 0, params: RoutingParams | None = None, earlier: Sequence[DayEvent] = (),
) -> Replanned:  # fmt: skip
    """Plan again from an instant on, beginning with the plan there is.

    Visits that began, and those somebody is on the way to, stay with their technician. Of the others the plan is the one people
    know: changing it costs, and at most so many change as `prices.most_changes` says; if it says nothing, those that something
    happened to and one in twenty of the rest.

    Parameters
    ----------
    plan : of the day (`Replanned.whole`), or of what was left of it at the last time (`Replanned.plan`).
    state : what is known now.
    events : what came up since the last plan.
    new : visits that came up; their places are rows of the problem's matrix.
    prices : of changes; those of the problem, or `CHANGES` if it has none.
    earlier : with a plan of the day, events before its last plan; of them what lasts counts: who is away, what is cancelled, what a van lacks.
        Only so has a technician who is back a shift to come back to.
    stop : when the search stops; computing instants and explanations comes on top, and, for a plan beyond its budget of changes,
        a quarter of the seconds (of the steps: as many) once or twice more.

    Raises
    ------
    InputError : all that is wrong with the problem of what is left.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest
    >>> from troth.field.routing.day import EventKind
    >>> crew = tuple(FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0),)) for name in ("ada", "ben"))
    >>> visits = tuple(VisitRequest(name, 1, 3600, unserved_cents=90000) for name in ("v", "w"))
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, crew, np.full((2, 2), 600.0))
    >>> plan = solve(problem, stop=Stop(steps=20))
    >>> ill = plan.tours[0].technician_id
    >>> found = replan(plan, state=DayState(0), events=[DayEvent(EventKind.ILL, 0, technician_id=ill)], stop=Stop(steps=20))
    >>> {one.cause.kind.value for one in found.changes}, len(found.plan.unserved)
    ({'ill'}, 0)
    """
    began = time.perf_counter()
    given = prices or (plan.problem.prices if _priced(plan.problem.prices) else replace(CHANGES, balance_cents=plan.problem.prices.balance_cents))  # fmt: skip
    every = (*(one for one in earlier if one.kind in LASTING), *events)
    rest = what_is_left(plan.problem, tours=plan.tours, state=state, events=every, new=new, prices=given)
    problem = rest.problem
    alone = orders.left_alone(problem, tours=plan.tours, shifts=rest.shifts)
    left_alone = _told(problem, alone)
    stood = _stood(problem, left_alone)
    calm = {one.visit_id for one in problem.published} - stood
    search = problem if given.most_changes is not None else _budgeted(problem, stood=stood, calm=calm)
    found = solve(search, stop=stop, seed=seed, params=params or RoutingParams(), start=left_alone)
    if _over(found):
        found = _kept(
            search, found=found, left_alone=left_alone, stop=stop, seed=seed, params=params or RoutingParams()
        )
    told = _told(problem, found.tours, unserved=found.unserved)
    made = replace(found, problem=problem, objective=told.objective, broken=told.broken, status=told.status)
    changes = explained(problem, tours=found.tours, events=events, before=plan.tours)
    moved = sum(one.visit_id in calm for one in changes)
    whole = whole_day(plan, left=rest, found=made, state=state, events=every, new=new)
    return Replanned(made, left_alone, changes, len(calm), moved, time.perf_counter() - began, whole)


def _budgeted(problem: RoutingProblem, *, stood: set[str], calm: set[str]) -> RoutingProblem:
    """Return the problem in which at most one in twenty of the visits change that nothing happened to.

    Of those that something happened to only another technician costs: they change in any case.
    """
    was = {one.visit_id: one.technician_id for one in problem.published if one.visit_id in stood}
    here = {one.technician_id for one in problem.technicians if one.shifts}
    price = problem.prices.other_technician_cents
    visits = tuple(
        replace(one, preferred=frozenset({was[one.visit_id]}), other_cents=price)
        if was.get(one.visit_id) in here and not one.preferred
        else one
        for one in problem.visits
    )
    most = floor(UNTOUCHED_SHARE * len(calm)) if calm else None
    return replace(
        problem, visits=visits, published=tuple(one for one in problem.published if one.visit_id in calm),
        prices=replace(problem.prices, most_changes=most),
    )  # fmt: skip


def _kept(
    search: RoutingProblem, *, found: RoutePlan, left_alone: RoutePlan, stop: Stop, seed: int, params: RoutingParams
) -> RoutePlan:
    """Return a plan within the budget of changes in place of one that is not, unless that serves more that must be served.

    Search and judge may differ by a hair in when a break is taken, and what must be served weighs more than changes. The search
    goes on for a quarter of the time with a budget that is smaller by what was beyond it; if that is no help either, known
    visits stay with their technician, near their time, and the rest is searched once more.
    """
    short = stop if stop.seconds is None else replace(stop, seconds=stop.seconds / 4)
    less = max((search.prices.most_changes or 0) - ceil(_over(found)), 0)
    plans = [found]
    for tried, start in (
        (replace(search, prices=replace(search.prices, most_changes=less)), found), (_pinned(search), left_alone),
    ):  # fmt: skip
        again = solve(tried, stop=short, seed=seed, params=params, start=start)
        plans.append(judged(search, tours=again.tours, seed=seed, seconds=found.seconds))
        if not _over(plans[-1]):
            break
    else:
        plans.append(judged(search, tours=left_alone.tours, seed=seed, seconds=found.seconds))
    return min(plans, key=_worth)


def _pinned(search: RoutingProblem) -> RoutingProblem:
    """Return the problem in which known visits stay with their technician, near their time."""
    was, free = {one.visit_id: one for one in search.published}, search.prices.free_move_s
    visits = tuple(
        one
        if (old := was.get(one.visit_id)) is None or one.pin is not None
        else replace(
            one, pin=Pin(old.technician_id),
            windows=tuple(
                TimeWindow(max(w.start_s, old.start_s - free), min(w.end_s, old.start_s + free))
                for w in one.windows or (TimeWindow(old.start_s - free, old.start_s + free),)
                if w.start_s <= old.start_s + free and w.end_s >= old.start_s - free
            ),
        )
        for one in search.visits
    )  # fmt: skip
    return replace(search, visits=visits)


def _over(plan: RoutePlan) -> float:
    """Return by how many changes a plan is beyond its budget."""
    return sum(one.amount for one in plan.broken if one.rule == "routing.changes")


def _worth(plan: RoutePlan) -> tuple[int, float, float]:
    """Return what counts of a plan, in this order: hard rules other than the budget, changes beyond it, cents."""
    return sum(one.rule != "routing.changes" for one in plan.broken), _over(plan), plan.value


def _told(
    problem: RoutingProblem, tours: tuple[Tour, ...], *, unserved: tuple[UnservedVisit, ...] | None = None
) -> RoutePlan:
    """Return tours as a plan with its figures; without reasons for what is left out if none are given."""
    objective: dict[str, float] = defaultdict(float)
    broken = []
    for one in breaches(problem, tours=tours):
        if ROUTING_RULES[one.rule].hard:
            broken.append(one)
        else:
            objective[one.rule] += one.cost_cents
    made = {name for tour in tours for name in tour.visits()}
    left = tuple(UnservedVisit(one.visit_id, ()) for one in problem.visits if one.visit_id not in made)
    status = Status.STOPPED if broken else Status.FEASIBLE
    return RoutePlan(
        problem, tours, left if unserved is None else unserved, status, dict(objective), None, tuple(broken)
    )


def _priced(prices: RoutingPrices) -> bool:
    return prices.other_technician_cents > 0 or prices.moved_cents_per_minute > 0 or prices.most_changes is not None


def _stood(problem: RoutingProblem, alone: RoutePlan) -> set[str]:
    """Return the published visits something happened to: they change though nobody changes the plan, or their tour cannot be."""
    made = {s.name: (t.technician_id, s.starts_s) for t in alone.tours for s in t.stops if s.kind is StopKind.VISIT}
    found = {one.visit_id for one in problem.published if _differs(problem, one, made.get(one.visit_id))}
    cannot = {(one.technician_id, one.shift) for one in alone.broken}
    return found | {name for t in alone.tours if (t.technician_id, t.shift) in cannot for name in t.visits()}


def _differs(problem: RoutingProblem, was: PublishedVisit, now: tuple[str, float] | None) -> bool:
    free = problem.prices.free_move_s + EPS_S
    return now is None or now[0] != was.technician_id or abs(now[1] - was.start_s) > free


def explained(
    problem: RoutingProblem, *, tours: Sequence[Tour], events: Sequence[DayEvent] = (), before: Sequence[Tour] = ()
) -> tuple[VisitChange, ...]:
    """Return each visit that a plan changes against what is published, with its cause and what that saves.

    What a change saves is the price of putting the visit back where it was, all else as planned now: by rule, in cents and in
    breaches. Where its technician is away it is compared with leaving it out.

    Parameters
    ----------
    problem : of what is left, with the plan so far as `published`.
    tours : the new plan.
    before : the plan so far, to see whose tours events touched.
    """
    made = {s.name: (tour, s.starts_s) for tour in tours for s in tour.stops if s.kind is StopKind.VISIT}
    was = {one.visit_id: one for one in problem.published}
    rows: list[tuple[str, str, str, float | None, float | None]] = []
    for visit in problem.visits:
        name = visit.visit_id
        now, old = made.get(name), was.get(name)
        if old is None and now is not None:
            rows.append((name, "", now[0].technician_id, None, now[1]))
        elif old is not None and _differs(problem, old, None if now is None else (now[0].technician_id, now[1])):
            rows.append((name, old.technician_id, "" if now is None else now[0].technician_id, old.start_s, None if now is None else now[1]))  # fmt: skip
    why = causes([(name, a, b) for name, a, b, _, _ in rows], events=events, before=before, after=tours)
    found = []
    for name, a, b, start, to in rows:
        saves, spares = _gain(problem, tours, name, who=a, start=start, made=name in made)
        found.append(VisitChange(name, a, b, start, to, why.get(name), saves, spares))
    return tuple(found)


def _gain(
    problem: RoutingProblem, tours: Sequence[Tour], name: str, *, who: str, start: float | None, made: bool
) -> tuple[dict[str, float], dict[str, int]]:  # fmt: skip
    """Return what putting a visit back would cost, and break, by rule; churn is left out: it is what the rest pays for."""
    back = known(problem).technicians.get(who)
    held = [tour for tour in tours if tour.technician_id == who]
    shift: int | None = None
    if back is not None and start is not None:
        fits = [k for k, s in enumerate(back.shifts) if s.start_s <= start + EPS_S <= s.end_s + s.overtime_s]
        late = [k for k, s in enumerate(back.shifts) if start <= s.end_s + s.overtime_s]
        shift = next(iter(fits or late), None)
    if shift is None:
        if not made:
            return {}, {}
        check = drag(problem, tours=tours, visit_id=name, technician_id="")
    else:
        stops = [
            s
            for tour in held
            if tour.shift == shift
            for s in tour.stops
            if s.kind is not StopKind.REST and s.name != name
        ]
        at = sum(s.starts_s < (start or 0.0) for s in stops)
        check = drag(problem, tours=tours, visit_id=name, technician_id=who, shift=shift, position=at)
    return _by_rule(check.appeared, check.gone)


def _by_rule(more: Sequence[RouteBreach], less: Sequence[RouteBreach]) -> tuple[dict[str, float], dict[str, int]]:
    cents: dict[str, float] = defaultdict(float)
    times: Counter[str] = Counter()
    for sign, found in ((1, more), (-1, less)):
        for one in found:
            if one.rule in ("routing.churn", "routing.changes"):
                continue
            cents[one.rule] += sign * one.cost_cents
            if ROUTING_RULES[one.rule].hard or one.rule in ("routing.promise", "routing.unserved"):
                times[one.rule] += sign
    return (
        {rule: value for rule, value in cents.items() if abs(value) >= 0.5},
        {rule: n for rule, n in times.items() if n},
    )
