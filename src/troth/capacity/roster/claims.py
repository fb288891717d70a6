"""A roster as claims of the capacity ledger, where hours of all rooms meet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from troth.capacity.roster.problem import Duty, RosterProblem
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import Span, instant_at, zone
from troth.ledger import CapacityClaim, ClaimKind


def roster_claims(
    problem: RosterProblem, duties: Iterable[Duty], *, holder: str = "roster"
) -> tuple[CapacityClaim, ...]:
    """Return shifts as hard claims of people, with their breaks inside, as `ledger.book` takes them.

    Times are instants: each end of a shift is when the clocks of the problem's zone reach it, so that a shift over the
    night of a clock change is an hour longer or shorter, and shifts that follow each other on the wall do so in time. What
    lies in an hour that the clocks jump over takes no time, and is no claim.

    Parameters
    ----------
    holder : who holds the claims, and the beginning of their ids; person and day make up the rest.

    Raises
    ------
    InputError
        ``no-time-of-day``: kinds without starts, whose shifts claim no certain hours.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import Duty, Employee, RosterProblem, ShiftKind, Terms
    >>> night = ShiftKind("night", (480,), (1320,))
    >>> problem = RosterProblem(date(2026, 3, 28), 1, (night,), (Employee("ada", Terms()),), time_zone="Europe/Vilnius")
    >>> (claim,) = roster_claims(problem, [Duty("ada", 0, "night", 1320, 480)])
    >>> claim.claim_id, claim.span.seconds / 3600
    ('roster:ada:2026-03-28', 7.0)
    """
    kinds = {kind.kind: kind for kind in problem.kinds}
    given = tuple(duties)
    vague = sorted({one.kind for one in given if one.kind not in kinds or not kinds[one.kind].starts})
    if vague:
        advice = "Maybe give the kind its starts: hours can be claimed only of shifts with a time of day."
        raise InputError([Issue("no-time-of-day", Severity.ERROR, f"kinds[{name}]", name, advice) for name in vague])
    tz = zone(problem.time_zone)

    def span(duty: Duty, low: int, high: int) -> Span:
        day, first = problem.date_of(duty.day), problem.begins + duty.start
        return Span(*(instant_at(day, minute=first + minute, tz=tz) for minute in (low, high)))

    found = []
    for duty in given:
        whole = span(duty, 0, duty.length)
        if whole.end - whole.start <= timedelta():
            continue
        kind = ClaimKind.SHIFT if kinds[duty.kind].counted else ClaimKind.ON_CALL
        name = f"{holder}:{duty.agent_id}:{problem.date_of(duty.day).isoformat()}"
        found.append(CapacityClaim(name, duty.agent_id, whole, kind, holder=holder))
        breaks = (span(duty, low, high) for activity, low, high in duty.stretches if not activity)
        found += [
            CapacityClaim(f"{name}:break:{k}", duty.agent_id, one, ClaimKind.BREAK, holder=holder, inside=name)
            for k, one in enumerate(breaks)
            if one.start < one.end
        ]
    return tuple(found)
