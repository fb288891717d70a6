"""Which bookings can be computed with; what is wrong with them is told as a portfolio tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from troth.capacity.projects.portfolio import Portfolio, ProjectBooking, check_bookings
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

#: Errors of what is planned that leave days, hours and people to compute with.
_HARMLESS: Final = frozenset({"unknown-project", "unknown-phase", "too-many-hours"})


def check(portfolio: Portfolio, *, bookings: Sequence[ProjectBooking] | None = None) -> list[Issue]:
    """Return every issue of bookings, with the codes and places of `portfolio.check`.

    Parameters
    ----------
    bookings : which; None for the portfolio's own.

    Examples
    --------
    >>> from datetime import date
    >>> bad = ProjectBooking("b", "p", date(2026, 6, 8), date(2026, 6, 1), -8, "nobody", probability=1.2)
    >>> [one.code for one in check(Portfolio(date(2026, 6, 1), bookings=(bad,)))]
    ['negative-number', 'bad-probability', 'empty-span', 'unknown-project', 'unknown-person']
    """
    return check_bookings(portfolio if bookings is None else replace(portfolio, bookings=tuple(bookings)))


def refuse(portfolio: Portfolio) -> None:
    """Do nothing if the bookings of a portfolio can be computed with.

    Raises
    ------
    InputError
        With every error in them that forbids it.
    """
    if found := _forbidding(portfolio):
        raise InputError(found)


def computable(portfolio: Portfolio) -> Portfolio:
    """Return a portfolio with those bookings only that can be computed with.

    Examples
    --------
    >>> from datetime import date
    >>> june = ProjectBooking("b", "p", date(2026, 6, 1), date(2026, 6, 8), 8.0, role="lead")
    >>> some = (june, replace(june, booking_id="c", hours=-1.0))
    >>> [one.booking_id for one in computable(Portfolio(date(2026, 6, 1), bookings=some)).bookings]
    ['b']
    """
    people = {who.person_id: (who,) for who in portfolio.people}
    many = Counter(one.booking_id for one in portfolio.bookings)

    def fine(one: ProjectBooking) -> bool:
        alone = Portfolio(portfolio.day, people.get(one.person_id, ()), bookings=(one,))
        return many[one.booking_id] == 1 and not _forbidding(alone)

    return replace(portfolio, bookings=tuple(one for one in portfolio.bookings if fine(one)))


def _forbidding(portfolio: Portfolio) -> list[Issue]:
    found = check_bookings(portfolio)
    return [one for one in found if one.severity is Severity.ERROR and one.code not in _HARMLESS]
