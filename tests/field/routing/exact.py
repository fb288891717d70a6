"""The least of all plans of a small problem: every assignment in every order, timed by the clock, judged by the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product

import numpy as np

from tests.field.routing.worlds import world
from troth.field.routing import RouteBreach, RoutingProblem, StopKind, Tour, breaches
from troth.field.routing._judge import across, of_tour
from troth.field.routing.orders import timed_together
from troth.field.routing.rules import hard

Order = tuple[tuple[StopKind, str], ...]
#: Visits left out that must be served, changes beyond the budget, cents: compared in this order.
Worth = tuple[int, float, float]
#: What a plan may break; all else that is hard makes it none.
_MAY = frozenset({"routing.must", "routing.changes"})


def small(seed: int, *, visits: int = 4) -> RoutingProblem:
    """Return a problem of two technicians with every feature whose instants by the clock are the best of their order.

    The clock begins work as early as may be and leaves as late as may be. Three prices make that dearer than need be in some orders: of
    starts before a wish that waiting would cost more than, of starts moved against what is published, and of balance where hours cost
    nothing. They are not here.
    """
    found = world(seed, visits=visits, technicians=2)
    wishes = [one.soft for one in found.visits]
    early = [
        None if one is None else replace(one, early_cents_per_minute=3 * one.early_cents_per_minute) for one in wishes
    ]
    free = replace(found.prices, moved_cents_per_minute=0.0, free_move_s=1e9, balance_cents=0.0)
    asked = tuple(replace(one, soft=soft) for one, soft in zip(found.visits, early, strict=True))
    return replace(found, visits=asked, prices=free)


def worth(found: Sequence[RouteBreach]) -> Worth | None:
    """Return what the judge finds as a number to compare; None if the plan cannot be."""
    broken = list(hard(found))
    if any(one.rule not in _MAY for one in broken):
        return None
    must = sum(one.rule == "routing.must" for one in broken)
    over = sum(one.amount for one in broken if one.rule == "routing.changes")
    return must, over, sum(one.cost_cents for one in found)


def _orders(problem: RoutingProblem, who: str, names: Sequence[str]) -> Iterator[Order]:
    """Yield the stops in every order; where the van lacks something also with each depot at every place."""
    van = next(one for one in problem.technicians if one.technician_id == who)
    asked = [one for one in problem.visits if one.visit_id in names]
    lacks = any(one.tools - van.tools for one in asked) or any(
        sum(one.parts.get(part, 0) for one in asked) > van.parts.get(part, 0) for x in asked for part in x.parts
    )
    for line in permutations(names):
        stops = tuple((StopKind.VISIT, name) for name in line)
        yield stops
        for depot in problem.depots if lacks else ():
            for at in range(len(stops)):
                yield (*stops[:at], (StopKind.DEPOT, depot.depot_id), *stops[at:])


def optimum(problem: RoutingProblem) -> Worth:
    """Return the least worth of all plans of technicians with one shift each.

    Tours whose work waits for none of others are judged once each; the judge's two halves are then put together.
    """
    people = [one.technician_id for one in problem.technicians]
    names = [one.visit_id for one in problem.visits]
    linked = any(one.after for one in problem.visits)
    lists: dict[tuple[str, frozenset[str]], list[tuple[Order, tuple[Tour, ...], list[RouteBreach]]]] = {}
    best: Worth = (len(names) + 1, np.inf, np.inf)
    for shares in product([*people, ""], repeat=len(names)):
        mine = [frozenset(n for n, to in zip(names, shares, strict=True) if to == who) for who in people]
        for key in zip(people, mine, strict=True):
            if key not in lists:
                lists[key] = list(_tours(problem, *key, linked=linked))
        for rows in product(*(lists[key] for key in zip(people, mine, strict=True))):
            if linked:
                orders = [(who, 0, order) for who, (order, _, _) in zip(people, rows, strict=True)]
                found = worth(breaches(problem, tours=timed_together(problem, orders=orders)))
            else:
                tours = tuple(tour for _, its, _ in rows for tour in its)
                found = worth([*(one for _, _, own in rows for one in own), *across(problem, tours=tours)])
            best = best if found is None else min(best, found)
    return best


def _tours(
    problem: RoutingProblem, who: str, names: frozenset[str], *, linked: bool
) -> Iterator[tuple[Order, tuple[Tour, ...], list[RouteBreach]]]:
    """Yield what one technician may do with some visits: order, tour, what it breaks by itself (nothing that it must not)."""
    for order in _orders(problem, who, sorted(names)):
        tours = timed_together(problem, orders=[(who, 0, order)])
        own = [one for tour in tours for one in of_tour(problem, tour=tour)]
        if linked or worth(own) is not None:
            yield order, tours, own
