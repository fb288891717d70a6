"""What does not lie in the weeks of a plan or before its deadline, and the grain that a house's hours are planned in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from troth.capacity.projects.allocation._wanted import PlanWeeks, WantedHours
from troth.capacity.projects.portfolio import Consultant, Portfolio, Project
from troth.core.decision import Issue, Severity

_TINY = 1e-6
#: Hours are planned in one of these, the longest first.
_GRAINS = (1.0, 0.5, 0.25)


def grain_of(people: Sequence[Consultant], *, first: date, until: date) -> float:
    """Return the longest grain that divides the contract hours of a week of everybody there between two days; else the shortest."""
    weekly = {
        sum(terms.hours)
        for who in people
        for terms in who.contracts
        if terms.first < until and (terms.until is None or terms.until > first)
    }
    whole = (one for one in _GRAINS if all(abs(hours / one - round(hours / one)) < _TINY for hours in weekly))
    return next(whole, _GRAINS[-1])


def notes(
    portfolio: Portfolio, chosen: Sequence[Project], wants: Sequence[WantedHours], after: Sequence[float], span: PlanWeeks
) -> tuple[Issue, ...]:  # fmt: skip
    """Return what is to be known of a problem before it is solved.

    Parameters
    ----------
    after : of each want, the hours nobody is booked for that lie after the weeks.
    """
    deals = {one.deal_id for one in portfolio.deals}
    where = [f"{'deals' if one.project_id in deals else 'projects'}[{one.project_id}]" for one in chosen]
    return (*_nothing(portfolio, wants), *_late(wants, where), *_beyond(wants, where, after, span))


def _nothing(portfolio: Portfolio, wants: Sequence[WantedHours]) -> Iterator[Issue]:
    if not portfolio.people:
        advice = "Maybe people are missing: nobody is there to work."
        yield Issue("nothing-to-plan", Severity.WARNING, "people", "", advice)
    if not any(one.hours > 0 for one in wants):
        advice = "Maybe projects are missing, done, or less probable than those that are planned: no hours are wanted."
        yield Issue("nothing-to-plan", Severity.WARNING, "projects", "", advice)


def _late(wants: Sequence[WantedHours], where: Sequence[str]) -> Iterator[Issue]:
    """Yield phases that cannot begin before their deadline."""
    found = defaultdict[tuple[int, str, date], float](float)
    for one in wants:
        if one.late is not None and one.left > _TINY:
            found[one.project, one.phase, one.late] += one.left
    for (j, phase, day), hours in found.items():
        advice = "Maybe a later deadline: it cannot begin before it, for its first day or for what comes before it."
        yield Issue(
            "deadline-missed", Severity.WARNING, f"{where[j]}.phases[{phase}]",
            f"{_number(hours)} hours after {day.isoformat()}", advice,
        )  # fmt: skip


def _beyond(wants: Sequence[WantedHours], where: Sequence[str], after: Sequence[float], span: PlanWeeks) -> Iterator[Issue]:  # fmt: skip
    """Yield projects of which hours lie after the last week."""
    found, ends = defaultdict[int, float](float), defaultdict[int, int](int)
    wanted = defaultdict[int, float](float)
    for one, hours in zip(wants, after, strict=True):
        wanted[one.project] += one.hours
        if hours > _TINY:
            found[one.project] += hours
            ends[one.project] = max(ends[one.project], one.end)
    for j, hours in found.items():
        yield Issue(
            "beyond-the-weeks", Severity.INFO, where[j], f"{_number(hours)} of {_number(wanted[j])} hours",
            f"Maybe plan more weeks, or more hours a week: {_until(ends[j], span)}.",
        )  # fmt: skip


def _until(end: int, span: PlanWeeks) -> str:
    try:
        return f"it lasts until the week of {span.mondays[0] + timedelta(weeks=end - 1)}"
    except OverflowError:
        return "it does not end in any year there is"


def _number(hours: float) -> str:
    return f"{hours:,.2f}".rstrip("0").rstrip(".")
