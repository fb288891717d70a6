"""What a prospect is made of: who comes, who is at work, and what is left to chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from troth.capacity.month.crew import CrewMember
from troth.capacity.month.facts import CallbackHabit
from troth.capacity.staffing import StaffingProblem
from troth.core.decision import Issue, Severity


@dataclass(frozen=True, slots=True, eq=False)
class ProspectProblem:
    """A month to be lived through.

    Parameters
    ----------
    needs : queues with their possible futures, as staffing has them; its groups are not looked at.
    crew : who is at work when.
    absent : share of shifts to which nobody comes, told too late to find anybody else.
    aside : share of time at work in meetings and the like that the roster does not show.
    callbacks : by queue, who asks to be called back; the calls out are among the arrivals of `needs`.
    """

    needs: StaffingProblem
    crew: tuple[CrewMember, ...]
    absent: float = 0.0
    aside: float = 0.0
    callbacks: Mapping[str, CallbackHabit] = field(default_factory=dict)


def check(problem: ProspectProblem) -> list[Issue]:
    """Return everything wrong with a problem.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> [one.code for one in check(ProspectProblem(StaffingProblem(datetime(2026, 3, 2, tzinfo=UTC), (), ()), ()))]
    ['no-queues', 'nobody-at-work']
    """
    return list(_found(problem))


def _found(problem: ProspectProblem) -> Iterator[Issue]:
    if not problem.needs.queues:
        yield Issue("no-queues", Severity.ERROR, "needs", "", "Maybe the forecast has no series for them.")
    if not problem.crew:
        yield Issue(
            "nobody-at-work", Severity.ERROR, "crew", "", "Maybe the roster is empty, or nobody may serve these queues."
        )
    known = {one.queue for one in problem.needs.queues}
    for member in problem.crew:
        for name in sorted(member.queues - known):
            yield Issue(
                "unknown-queue", Severity.ERROR, f"crew[{member.agent_id}]", name, "Maybe the queue was renamed."
            )
    served = {name for member in problem.crew for name in member.queues}
    for name in sorted(known - served if problem.crew else ()):
        yield Issue(
            "nobody-serves", Severity.WARNING, f"queues[{name}]", "", "Maybe nobody who may serve it is on the roster."
        )
    for what in ("absent", "aside"):
        if not 0 <= getattr(problem, what) < 1:
            yield Issue(
                "bad-shrinkage", Severity.ERROR, what, str(getattr(problem, what)), "Maybe a share such as 5 %."
            )
