"""A problem by names, kept for the last few problems."""

from __future__ import annotations

from functools import lru_cache

from troth.field.routing.problem import RoutingProblem


class Known:
    """The problem by names."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.visits = {one.visit_id: one for one in problem.visits}
        self.technicians = {one.technician_id: one for one in problem.technicians}
        self.depots = {one.depot_id: one for one in problem.depots}
        self.published = {one.visit_id: one for one in problem.published}
        self.awaited = awaited(problem)


def awaited(problem: RoutingProblem) -> frozenset[str]:
    """Return the visits that work of another tour may have to wait for: their start is not put off to leave later."""
    labels = {one.visit_id: one.together for one in problem.visits}
    return frozenset(
        link.visit_id
        for one in problem.visits
        for link in one.after
        if one.together is None or labels.get(link.visit_id) != one.together
    )


@lru_cache(maxsize=4)
def _known(holder: _Holder) -> Known:
    return Known(holder.problem)


class _Holder:
    """Holds a problem, which cannot be hashed, by what it is rather than by what it says."""

    __slots__ = ("problem",)

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem

    def __hash__(self) -> int:
        return id(self.problem)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.problem is self.problem


def known(problem: RoutingProblem) -> Known:
    """Return the problem by names; kept for the last few problems, as a dragged visit is judged many times a second."""
    return _known(_Holder(problem))
