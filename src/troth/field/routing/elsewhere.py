"""Why a planned visit is where it is: what it would cost anywhere else, and what keeps the others from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from troth.core.decision import Explanation
from troth.field.routing._barriers import Case, case_of, why
from troth.field.routing._search import best_place, may_take, tidy
from troth.field.routing._walk import INF
from troth.field.routing.check import known_visits
from troth.field.routing.clock import Order
from troth.field.routing.orders import timed_together
from troth.field.routing.plan import RoutePlan
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import StopKind, Tour

#: So many other places are judged, those first that the search takes for the cheapest.
_MOST: Final = 5
_Orders = dict[tuple[str, int], Order]


def elsewhere(plan: RoutePlan, *, visit_id: str) -> Explanation:
    """Return who makes a visit when, what that costs, and what it would cost anywhere else.

    The code is ``routing.planned`` (parameters: ``visit``, ``technician``, ``shift``, ``starts_s``, ``ends_s``) or ``routing.left-out``.
    Its parts are the costs of the visit by rule, as of `RoutePlan.explain`; then ``routing.would-go`` for each other place, the cheapest
    first (``technician``, ``shift``, ``starts_s``, ``more_cents`` than now, ``breaks``: hard rules it would break; parts: what is more or
    less by rule), ``routing.would-be-left-out`` (``more_cents``, ``breaks``) where it may be; last what keeps the others from it, as of `reasons`.
    Other visits stay with whom they are, in their order; at most five other places are told.

    Raises
    ------
    InputError : the problem has no such visit.
    """
    known_visits(plan.problem, asked=[visit_id], where="visit_id")
    problem = plan.problem
    visit = next(one for one in problem.visits if one.visit_id == visit_id)
    here = next((tour for tour in plan.tours if visit_id in tour.visits()), None)
    now = _costs(problem, plan.tours)
    # Whether others could wait for it elsewhere is judged at the end; until then nobody does.
    others = tuple(replace(v, after=tuple(a for a in v.after if a.visit_id != visit_id)) for v in problem.visits)
    orders = _orders(plan.tours, but=visit_id)
    case = case_of(replace(problem, visits=others), tours=_timed(problem, orders))
    if here is not None:
        orders |= _tidied(case, (here.technician_id, here.shift))
    parts = list(plan.explain(visit_id).parts)
    places = _places(case, case.place[visit_id], orders, None if here is None else (here.technician_id, here.shift))
    parts += sorted((_would_go(problem, visit_id, one, now) for one in places), key=_dearer)
    if here is not None and visit.unserved_cents is not None:
        more, breaks = _more(_costs(problem, _timed(problem, orders)), now)
        about = {"more_cents": sum(more.values()), "breaks": breaks}
        parts.append(Explanation("routing.would-be-left-out", about, _by_rule(more)))
    parts += [one for one in why(case, i=case.place[visit_id]) if one.code != "routing.too-dear"]
    if here is None:
        return Explanation("routing.left-out", {"visit": visit_id}, tuple(parts))
    stop = next(one for one in here.stops if one.kind is StopKind.VISIT and one.name == visit_id)
    where = {"technician": here.technician_id, "shift": here.shift, "starts_s": stop.starts_s, "ends_s": stop.ends_s}
    return Explanation("routing.planned", {"visit": visit_id} | where, tuple(parts))


def _orders(tours: Sequence[Tour], *, but: str) -> _Orders:
    """Return the stops of tours in order, by technician and shift, without a visit."""
    return {
        (tour.technician_id, tour.shift): [
            (one.kind, one.name)
            for one in tour.stops
            if one.kind is not StopKind.REST and (one.kind, one.name) != (StopKind.VISIT, but)
        ]
        for tour in tours
    }


def _timed(problem: RoutingProblem, orders: _Orders) -> tuple[Tour, ...]:
    return timed_together(problem, orders=[(*key, order) for key, order in orders.items()])


def _keys(problem: RoutingProblem) -> list[tuple[str, int]]:
    """Return technician and shift of each tour, in the order of the search."""
    return [(one.technician_id, k) for one in problem.technicians for k in range(len(one.shifts))]


def _order(case: Case, t: int) -> list[tuple[StopKind, str]]:
    names = [(StopKind.VISIT, one.visit_id) for one in case.problem.visits]
    names += [(StopKind.DEPOT, one.depot_id) for one in case.problem.depots]
    return [names[v] for v in case.planned.seq[t][: case.planned.size[t]]]


def _tidied(case: Case, key: tuple[str, int]) -> _Orders:
    """Return the order of a tour that a visit was taken out of: to a depot that only this visit needed nobody goes."""
    t = _keys(case.problem).index(key)
    tidy(case.f, case.planned, t)
    return {key: _order(case, t)}


def _places(case: Case, i: int, orders: _Orders, here: tuple[str, int] | None) -> list[tuple[tuple[str, int], _Orders]]:
    """Return the tours that a visit could be in besides its own, the cheapest first: which, and all orders then."""
    problem, f, s = case.problem, case.f, case.planned
    found = []
    for t, key in enumerate(_keys(problem)):
        if key == here or not may_take(f, s, i, t):
            continue
        cost, at, depot, depot_at = best_place(f, s, i, t, INF, 0.0)
        if cost < INF:
            order = _order(case, t)
            order.insert(at, (StopKind.VISIT, problem.visits[i].visit_id))
            if depot >= 0:
                order.insert(depot_at, (StopKind.DEPOT, problem.depots[depot - len(problem.visits)].depot_id))
            found.append((cost, key, orders | {key: order}))
    return [(key, its) for _, key, its in sorted(found, key=lambda one: one[0])[:_MOST]]


def _would_go(
    problem: RoutingProblem, visit_id: str, place: tuple[tuple[str, int], _Orders], now: Mapping[str, float]
) -> Explanation:
    (who, shift), orders = place
    tours = _timed(problem, orders)
    starts = next(s.starts_s for tour in tours for s in tour.stops if (s.kind, s.name) == (StopKind.VISIT, visit_id))
    more, breaks = _more(_costs(problem, tours), now)
    about = {"technician": who, "shift": shift, "starts_s": starts, "more_cents": sum(more.values()), "breaks": breaks}
    return Explanation("routing.would-go", about, _by_rule(more))


def _dearer(one: Explanation) -> tuple[bool, float]:
    return bool(one.parameters["breaks"]), float(one.parameters["more_cents"])


def _costs(problem: RoutingProblem, tours: Sequence[Tour]) -> dict[str, float]:
    """Return cost by soft rule in cents, and how often each hard rule is broken."""
    found = defaultdict[str, float](float)
    for one in breaches(problem, tours=tours):
        found[one.rule] += 1 if ROUTING_RULES[one.rule].hard else one.cost_cents
    return found


def _more(then: Mapping[str, float], now: Mapping[str, float]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return what is more or less by soft rule, in cents, and the hard rules that are broken more often."""
    rules = {rule: then.get(rule, 0.0) - now.get(rule, 0.0) for rule in dict.fromkeys((*then, *now))}
    more = {rule: n for rule, n in rules.items() if not ROUTING_RULES[rule].hard and abs(n) > 0.005}
    return more, tuple(rule for rule, n in rules.items() if ROUTING_RULES[rule].hard and n > 0)


def _by_rule(more: Mapping[str, float]) -> tuple[Explanation, ...]:
    rows = sorted(more.items(), key=lambda row: -abs(row[1]))
    return tuple(Explanation(rule, {"more_cents": cents}) for rule, cents in rows)
