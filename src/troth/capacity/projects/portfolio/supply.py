"""Hours people have: contracts less holidays, leave, standing reservations and what other plans claim."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.use import OperationalReservation


def paid_hours(portfolio: Portfolio, *, first: date, until: date) -> Any:
    """Return the paid hours of each person on each day, net of holidays and planned leave.

    Returns
    -------
    (P, D) hours: people in the portfolio's order, days from `first` to the day before `until`; 0 for placeholders.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, LeaveSpan
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), leave=(LeaveSpan(date(2026, 6, 3), date(2026, 6, 4)),))
    >>> paid_hours(Portfolio(date(2026, 6, 1), (ada,)), first=date(2026, 6, 1), until=date(2026, 6, 8)).tolist()
    [[8.0, 8.0, 0.0, 8.0, 8.0, 0.0, 0.0]]
    """
    many = max((until - first).days, 0)
    out = np.zeros((len(portfolio.people), many))
    weekday = (first.weekday() + np.arange(many)) % 7
    closed = {
        country: [(day - first).days for day in days if first <= day < until]
        for country, days in portfolio.holidays.items()
    }
    for row, who in zip(out, portfolio.people, strict=True):
        if who.placeholder:
            continue
        for terms in who.contracts:
            a, b = _range(terms.first, terms.until, first, many)
            row[a:b] = np.asarray(terms.hours, float)[weekday[a:b]]
            row[[k for k in closed.get(terms.country, ()) if a <= k < b]] = 0.0
        for away in who.leave:
            a, b = _range(away.first, away.until, first, many)
            row[a:b] = 0.0
    return out


def free_hours(portfolio: Portfolio, *, first: date, until: date, reserved: bool = True) -> Any:
    """Return the hours of each person and day that projects and reactive work can have, before any booking.

    Parameters
    ----------
    reserved : whether standing reservations are taken off; claims of other plans always are.

    Returns
    -------
    (P, D) hours, at least 0.
    """
    out = paid_hours(portfolio, first=first, until=until)
    many = out.shape[1]
    index = {who.person_id: k for k, who in enumerate(portfolio.people)}
    for claim in portfolio.claims:
        k = (claim.day - first).days
        if claim.person_id in index and 0 <= k < many:
            out[index[claim.person_id], k] -= claim.hours
    weekday = (first.weekday() + np.arange(many)) % 7
    for one in portfolio.reservations if reserved else ():
        a, b = _range(one.first or first, one.until, first, many)
        taken = np.asarray(one.hours, float)[weekday[a:b]]
        for row, who in zip(out, portfolio.people, strict=True):
            if concerns(one, who=who):
                row[a:b] -= taken
    return np.maximum(out, 0.0)


def concerns(one: OperationalReservation, *, who: Consultant) -> bool:
    """Tell whether a reservation is for somebody."""
    return one.person_id in ("", who.person_id) and one.role in ("", who.role) and one.team in ("", who.team)


def weeks(first: date, *, until: date) -> list[date]:
    """Return the Mondays of the weeks that days from `first` to the day before `until` lie in.

    Examples
    --------
    >>> from datetime import date
    >>> [day.isoformat() for day in weeks(date(2026, 6, 3), until=date(2026, 6, 9))]
    ['2026-06-01', '2026-06-08']
    """
    day = first - timedelta(days=first.weekday())
    out = []
    while day < until:
        out.append(day)
        day += timedelta(days=7)
    return out


def _range(first: date, until: date | None, origin: date, many: int) -> tuple[int, int]:
    """Return which days of `many` from `origin` on lie in a span."""
    a = min(max((first - origin).days, 0), many)
    b = many if until is None else min(max((until - origin).days, a), many)
    return a, b
