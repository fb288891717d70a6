"""Everything wrong with bookings, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import isfinite

from troth.capacity.projects.portfolio import Consultant, Portfolio, ProjectBooking, RequestState
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

_OVER = (RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED)


def check(portfolio: Portfolio, *, bookings: Sequence[ProjectBooking] | None = None) -> list[Issue]:
    """Return every issue of bookings; errors must be mended, warnings are doubtful and stand in nobody's way.

    Parameters
    ----------
    bookings : which; None for the portfolio's own.

    Examples
    --------
    >>> from datetime import date
    >>> bad = ProjectBooking("b", "p", date(2026, 6, 8), date(2026, 6, 1), -8, "nobody", probability=1.2)
    >>> [one.code for one in check(Portfolio(date(2026, 6, 1), bookings=(bad,)))]
    ['empty-booking', 'bad-hours', 'bad-probability', 'unknown-person', 'unknown-project']
    """
    given = portfolio.bookings if bookings is None else tuple(bookings)
    known = {one.person_id: one for one in portfolio.people}
    projects = {one.project_id for one in portfolio.projects} | {one.deal_id for one in portfolio.deals}
    twice = Counter(one.booking_id for one in given)
    found = [
        _issue("booking-twice", name, count, f"Maybe one of the {count} is to be left out or renamed.")
        for name, count in twice.items()
        if count > 1
    ]
    for one in given:
        found += _alone(one)
        found += _named(portfolio, one, known)
        if one.project_id not in projects:
            advice = "Maybe the project or deal was not read, or is called otherwise."
            found.append(_issue("unknown-project", one.booking_id, one.project_id, advice, Severity.WARNING))
    return found


def refuse(portfolio: Portfolio, *, bookings: Sequence[ProjectBooking]) -> None:
    """Do nothing if bookings can be computed with.

    Raises
    ------
    InputError
        With every error in them that forbids it.
    """
    found = [one for one in check(portfolio, bookings=bookings) if one.severity is Severity.ERROR]
    if found:
        raise InputError(found)


def _issue(code: str, where: str, value: object, advice: str, severity: Severity = Severity.ERROR) -> Issue:
    return Issue(code, severity, where, str(value), advice)


def _alone(one: ProjectBooking) -> Iterator[Issue]:
    if one.until <= one.first:
        span = f"{one.first.isoformat()}/{one.until.isoformat()}"
        yield _issue("empty-booking", one.booking_id, span, "Maybe `until` is the day after the last day.")
    if not (isfinite(one.hours) and one.hours >= 0):
        yield _issue("bad-hours", one.booking_id, one.hours, "Maybe hours of work, at least 0.")
    if not (isfinite(one.probability) and 0 < one.probability <= 1):
        yield _issue("bad-probability", one.booking_id, one.probability, "Maybe a share such as 0.6; 1 is certain.")


def _named(portfolio: Portfolio, one: ProjectBooking, known: dict[str, Consultant]) -> Iterator[Issue]:
    if not one.person_id:
        if not (one.role or one.team or one.skill):
            yield _issue("nobody-named", one.booking_id, "", "Maybe a person, a role, a team or a skill.")
        return
    who = known.get(one.person_id)
    if who is None:
        yield _issue(
            "unknown-person", one.booking_id, one.person_id, "Maybe the person left, or is a placeholder to be added."
        )
        return
    if one.state in _OVER:
        return
    if one.first < portfolio.day and one.state in (RequestState.PLANNED, RequestState.REQUESTED):
        advice = f"Maybe begin on {portfolio.day.isoformat()}: what lies before is past."
        yield _issue("hours-in-the-past", one.booking_id, one.first.isoformat(), advice, Severity.WARNING)
    if one.skill and not who.placeholder:
        ends = {max(day, portfolio.day) for day in (one.first, one.until - timedelta(days=1))}
        least = min(who.level_of(one.skill, day=day) for day in ends)
        if least <= 0 or least < one.level:
            advice = "Maybe the certificate expires on the way, or somebody else holds the skill."
            yield _issue(
                "skill-not-held", one.booking_id, f"{one.person_id} {one.skill} {one.level:g}", advice, Severity.WARNING
            )
