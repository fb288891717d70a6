"""What breaks if a visit is dragged somewhere else: new instants for the tours touched, every rule of the whole plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from troth.field.routing import _judge
from troth.field.routing._names import known
from troth.field.routing.breach import RouteBreach
from troth.field.routing.orders import timed_together
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, hard
from troth.field.routing.tours import StopKind, Tour

#: Amounts and costs that differ by less are the same breach: what floats lose on the way.
_SAME = 3


@dataclass(frozen=True, slots=True)
class DragCheck:
    """A plan after a visit was dragged, and what that breaks.

    Parameters
    ----------
    tours : the whole plan afterwards.
    touched : the tours that changed.
    breaches : every breach of every rule in the whole plan.
    appeared, gone : those that were not there before, and those that were.
    cost_cents : what the soft rules cost more than before.
    """

    tours: tuple[Tour, ...]
    touched: tuple[Tour, ...]
    breaches: tuple[RouteBreach, ...]
    appeared: tuple[RouteBreach, ...]
    gone: tuple[RouteBreach, ...]
    cost_cents: float

    @property
    def allowed(self) -> bool:
        """Whether no hard rule is broken that was not broken before."""
        return next(hard(self.appeared), None) is None

    def as_dict(self) -> dict[str, Any]:
        """Return what breaks as plain data, without the tours."""
        return {
            "allowed": self.allowed,
            "cost_cents": self.cost_cents,
            "appeared": [one.as_dict() for one in self.appeared],
            "gone": [one.as_dict() for one in self.gone],
            "breaches": [one.as_dict() for one in self.breaches],
        }


def drag(
    problem: RoutingProblem, *, tours: Sequence[Tour], visit_id: str, technician_id: str, shift: int = 0,
    position: int | None = None,
) -> DragCheck:  # fmt: skip
    """Return what a plan becomes, and breaks, if a visit is dragged to a place in somebody's tour.

    The order stays as dragged, whatever it breaks. Only the tours it leaves and enters get new instants, and wait for each other
    where links say so: work elsewhere that must come after it is told as broken rather than moved.

    Parameters
    ----------
    tours : the plan; may have rules broken already.
    visit_id : a visit of the problem; it need not be in the plan yet.
    technician_id, shift : where to; "" takes the visit out of the plan.
    position : before which stop of that tour without the visit, rests not counted; None for the end.

    Raises
    ------
    KeyError : a visit or technician that is not in the problem.
    IndexError : a shift the technician does not have.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, PromisedWindow, RoutingProblem, TechnicianShift, VisitRequest
    >>> from troth.field.routing.clock import timed
    >>> from troth.field.routing.tours import StopKind
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),))
    >>> visits = (VisitRequest("a", 1, 3600, promised=PromisedWindow(0, 1800)), VisitRequest("b", 2, 3600))
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), np.full((3, 3), 600.0))
    >>> tour = timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")])
    >>> found = drag(problem, tours=[tour], visit_id="a", technician_id="ada")
    >>> [(one.rule, one.visit_id, one.amount) for one in found.appeared], found.cost_cents
    ([('routing.promise', 'a', 3000.0)], 7500.0)
    """
    names = known(problem)
    _ = names.visits[visit_id]
    if technician_id:
        _ = names.technicians[technician_id].shifts[shift]
    left = [one for one in tours if any(s.kind is StopKind.VISIT and s.name == visit_id for s in one.stops)]
    touched = {(one.technician_id, one.shift) for one in left}
    if technician_id:
        touched.add((technician_id, shift))
    old = [one for one in tours if (one.technician_id, one.shift) in touched]
    kept = [one for one in tours if (one.technician_id, one.shift) not in touched]
    orders = {key: _order(old, key, without=visit_id) for key in sorted(touched)}
    if technician_id:
        order = orders[technician_id, shift]
        at = len(order) if position is None else min(max(position, 0), len(order))
        order.insert(at, (StopKind.VISIT, visit_id))
    ends = {s.name: s.ends_s for one in kept for s in one.stops if s.kind is StopKind.VISIT}
    # The two tours may wait for each other.
    new = timed_together(problem, orders=[(*key, order) for key, order in orders.items()], ends=ends)
    after = _in_order(kept, new, tours=tours)
    same = [breach for tour in kept for breach in _of_tour(_Same(problem, tour))]
    were = [*(b for tour in old for b in _of_tour(_Same(problem, tour))), *_across(_Same(problem, *tours))]
    are = [*(b for tour in new for b in _of_tour(_Same(problem, tour))), *_across(_Same(problem, *after))]
    more, cost = _cost(are), _cost(were)
    return DragCheck(
        after, new, (*same, *are), _without(are, were), _without(were, are), more - cost
    )  # fmt: skip


class _Same:
    """Tours of a problem by what they are rather than by what they say, which takes long to compare."""

    __slots__ = ("problem", "tours")

    def __init__(self, problem: RoutingProblem, *tours: Tour) -> None:
        self.problem, self.tours = problem, tours

    def __hash__(self) -> int:
        return hash((id(self.problem), *map(id, self.tours)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Same)
            and other.problem is self.problem
            and len(other.tours) == len(self.tours)
            and all(a is b for a, b in zip(self.tours, other.tours, strict=True))
        )


# While a visit is dragged about the same tours are judged many times a second.
@lru_cache(maxsize=1024)
def _of_tour(what: _Same) -> tuple[RouteBreach, ...]:
    return tuple(_judge.of_tour(what.problem, tour=what.tours[0]))


@lru_cache(maxsize=4)
def _across(what: _Same) -> tuple[RouteBreach, ...]:
    return tuple(_judge.across(what.problem, tours=what.tours))


def _order(tours: Sequence[Tour], key: tuple[str, int], *, without: str) -> list[tuple[StopKind, str]]:
    return [
        (s.kind, s.name)
        for tour in tours
        if (tour.technician_id, tour.shift) == key
        for s in tour.stops
        if s.kind is not StopKind.REST and not (s.kind is StopKind.VISIT and s.name == without)
    ]


def _in_order(kept: Sequence[Tour], new: Sequence[Tour], *, tours: Sequence[Tour]) -> tuple[Tour, ...]:
    """Return the plan with new tours in the place of the old ones, those that begin at the end."""
    fresh = {(one.technician_id, one.shift): one for one in new}
    stay = {id(one) for one in kept}
    found: list[Tour] = []
    for one in tours:
        if id(one) in stay:
            found.append(one)
        elif (new_one := fresh.pop((one.technician_id, one.shift), None)) is not None:
            found.append(new_one)
    return (*found, *fresh.values())


def _cost(found: Iterable[RouteBreach]) -> float:
    return sum(one.cost_cents for one in found if not ROUTING_RULES[one.rule].hard)


def _key(one: RouteBreach) -> tuple[Any, ...]:
    return (
        one.rule, one.technician_id, one.shift, one.visit_id, one.what, round(one.amount, _SAME), round(one.cost_cents, _SAME),
    )  # fmt: skip


def _without(found: Sequence[RouteBreach], others: Sequence[RouteBreach]) -> tuple[RouteBreach, ...]:
    """Return the breaches that are not among others, as often as they are more."""
    spare = Counter(map(_key, others))
    out = []
    for one in found:
        if spare[_key(one)] > 0:
            spare[_key(one)] -= 1
        else:
            out.append(one)
    return tuple(out)
