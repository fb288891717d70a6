"""Hours that are planned, by week: one by one, from an array, or from the bookings of a portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike

from troth.capacity.projects.money._issues import gathered, info, warning
from troth.capacity.projects.money.works import works_of
from troth.capacity.projects.portfolio import (
    HoursSpread,
    Portfolio,
    ProjectBooking,
    RequestState,
    paid_hours,
)
from troth.core.decision import Issue

_GONE = (RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED)


@dataclass(frozen=True, slots=True)
class WorkHours:
    """Hours of somebody for a phase of a project or deal in a week.

    Parameters
    ----------
    work_id : a project or deal.
    week : any day of it.
    person_id : empty while nobody is named.
    role : as which they are charged; empty for what the phase asks for, else the person's own.
    skill : what they are for; whose cost is taken where nobody and no role is named.
    billable : whether the customer pays for them.
    probability : that they are worked if the project happens; the project's own comes on top.
    """

    work_id: str
    week: date
    hours: float
    person_id: str = ""
    phase_id: str = ""
    role: str = ""
    skill: str = ""
    billable: bool = True
    probability: float = 1.0


def hours_of(rows: Sequence[WorkHours], *, hours: ArrayLike, weeks: Sequence[date]) -> list[WorkHours]:
    """Return the entries of an array as hours.

    Parameters
    ----------
    rows : shape (L,): what each row of the array is; week and hours of them are not read.
    hours : shape (L, W).
    weeks : shape (W,): a day of each week.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> from datetime import date
    >>> week = date(2026, 6, 1)
    >>> hours_of([WorkHours("apollo", week, 0, "ada")], hours=[[0, 16.0]], weeks=[week, date(2026, 6, 8)])[0].hours
    16.0
    """
    array = np.asarray(hours, dtype=np.float64)
    if array.shape != (len(rows), len(weeks)):
        raise ValueError(f"Hours must be of shape {(len(rows), len(weeks))}, not {array.shape}.")
    lines, places = np.nonzero(array)
    return [
        replace(rows[line], week=weeks[place], hours=float(array[line, place]))
        for line, place in zip(lines.tolist(), places.tolist(), strict=True)
    ]


def booked_hours(portfolio: Portfolio) -> tuple[list[WorkHours], tuple[Issue, ...]]:
    """Return the bookings' hours by week from the portfolio's day on, and what was taken for granted.

    A booking lies evenly on the days of its span on which the person has paid hours (net of leave and holidays), for one
    without a person or of a placeholder from Monday to Friday; what lies in the past is left out. Bookings that are rejected, cancelled or
    completed are left out. The hours' probability is such that with the project's it is the booking's, or the project's
    if that is less: a booking is only worked if its project happens.

    Returns
    -------
    hours, issues : for another spread, give the hours that spread them (`booking/`) to `phased`; an issue says so.

    Examples
    --------
    >>> from datetime import date
    >>> booking = ProjectBooking("b1", "apollo", date(2026, 6, 3), date(2026, 6, 10), 40.0, role="dev")
    >>> [(one.week.isoformat(), one.hours) for one in booked_hours(Portfolio(date(2026, 6, 1), bookings=(booking,)))[0]]
    [('2026-06-01', 24.0), ('2026-06-08', 16.0)]
    """
    out, issues = [], []
    works = works_of(portfolio)
    index = {who.person_id: k for k, who in enumerate(portfolio.people) if not who.placeholder}
    alive = [one for one in portfolio.bookings if one.state not in _GONE and one.until > portfolio.day]
    if not alive:
        return [], ()
    first, last = min(one.first for one in alive), max(one.until for one in alive)
    paid = paid_hours(portfolio, first=first, until=last)
    for one in alive:
        days = [first + timedelta(days=k) for k in range((one.first - first).days, (one.until - first).days)]
        row = index.get(one.person_id)
        open_days = [
            day for day in days if (paid[row, (day - first).days] > 0 if row is not None else day.weekday() < 5)
        ]
        if not open_days:
            advice = "Maybe the person is away or has no contract then: move it, or name somebody else."
            issues.append(warning("booking-without-days", f"bookings[{one.booking_id}]", one.hours, advice))
            continue
        if one.spread is not HoursSpread.EVEN:
            advice = "Maybe give the hours by week as the room of bookings spreads them; here they lie evenly."
            issues.append(info("spread-taken-even", "bookings", one.booking_id, advice))
        work = works.get(one.project_id)
        out.extend(_weekly(one, open_days, portfolio.day, 1.0 if work is None else work.probability))
    return out, gathered(issues)


def _weekly(one: ProjectBooking, days: Sequence[date], today: date, chance: float) -> list[WorkHours]:
    many: dict[date, int] = {}
    for day in days:
        if day >= today:
            week = day - timedelta(days=day.weekday())
            many[week] = many.get(week, 0) + 1
    given = min(one.probability / chance, 1.0) if chance > 0 else one.probability
    return [
        WorkHours(
            one.project_id, week, one.hours * count / len(days), one.person_id, one.phase_id, one.role, one.skill,
            probability=given,
        )
        for week, count in many.items()
    ]  # fmt: skip
