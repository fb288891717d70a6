"""Hours that are planned, by week: one by one, from an array, or from the bookings of a portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from troth.capacity.projects.money._issues import gathered, info, warning
from troth.capacity.projects.money.works import works_of
from troth.capacity.projects.portfolio import HoursSpread, Portfolio, remaining_hours, remaining_weeks
from troth.core.decision import Issue


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

    What is left of a booking (`remaining_weeks`: hours logged are taken off, what is over with has none) lies evenly on the days of
    work that are left of its span, net of leave and holidays. The hours' probability is such that with the project's it is the booking's,
    or the project's if that is less: a booking is only worked if its project happens.

    Returns
    -------
    hours, issues : for another spread, give the hours that spread them (`booking/`) to `phased`; an issue says so.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import ProjectBooking
    >>> booking = ProjectBooking("b1", "apollo", date(2026, 6, 3), date(2026, 6, 10), 40.0, role="dev")
    >>> [(one.week.isoformat(), one.hours) for one in booked_hours(Portfolio(date(2026, 6, 1), bookings=(booking,)))[0]]
    [('2026-06-01', 24.0), ('2026-06-08', 16.0)]
    """
    out, issues = list[WorkHours](), list[Issue]()
    works = works_of(portfolio)
    hours = remaining_hours(portfolio, bookings=portfolio.bookings)
    weeks = remaining_weeks(portfolio, bookings=portfolio.bookings)
    for one, left, by_week in zip(portfolio.bookings, hours, weeks, strict=True):
        if left > 0 and not by_week:
            advice = "Maybe the person is away or has no contract then: move it, or name somebody else."
            issues.append(warning("booking-without-days", f"bookings[{one.booking_id}]", left, advice))
        elif left > 0 and one.spread is not HoursSpread.EVEN:
            advice = "Maybe give the hours by week as the room of bookings spreads them; here they lie evenly."
            issues.append(info("spread-taken-even", "bookings", one.booking_id, advice))
        work = works.get(one.project_id)
        chance = 1.0 if work is None else work.probability
        given = min(one.probability / chance, 1.0) if chance > 0 else one.probability
        out += [
            WorkHours(one.project_id, week, part, one.person_id, one.phase_id, one.role, one.skill, probability=given)
            for week, part in by_week.items()
        ]
    return out, gathered(issues)
