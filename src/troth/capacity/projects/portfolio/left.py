"""What is left of bookings: hours that are still to be worked, and the weeks they lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.supply import paid_hours
from troth.capacity.projects.portfolio.use import ProjectBooking, RequestState

#: States in which there is nothing left to be worked.
GONE: Final = frozenset({RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED})


def remaining_hours(portfolio: Portfolio, *, bookings: Sequence[ProjectBooking]) -> list[float]:
    """Return the hours of each booking that are still to be worked on the portfolio's day.

    Hours logged by its person on its project (and phase, if it names one) on past days of it are taken off; if several are meant, of hard ones
    first, as nobody is bound yet by what is only asked for, and of these of what ends first. What has ended or is over with has none left.

    Returns
    -------
    Hours, in the order given.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import TimeEntry
    >>> booking = ProjectBooking("b1", "mill", date(2026, 5, 25), date(2026, 6, 6), 40.0, "ada")
    >>> plan = Portfolio(date(2026, 6, 1), logged=(TimeEntry("mill", "ada", date(2026, 5, 26), 8.0),))
    >>> remaining_hours(plan, bookings=[booking])
    [32.0]
    """
    left = [0.0 if one.state in GONE or one.until <= portfolio.day else one.hours for one in bookings]
    mine: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k in sorted(
        range(len(bookings)), key=lambda k: (not bookings[k].hard, bookings[k].until, bookings[k].booking_id)
    ):
        one = bookings[k]
        if one.person_id and one.first < portfolio.day and one.state not in GONE:
            mine[one.person_id, one.project_id].append(k)
    spent = [0.0] * len(bookings)
    for entry in portfolio.logged:
        if entry.day >= portfolio.day:
            continue
        hours = entry.hours
        for k in mine.get((entry.person_id, entry.project_id), ()):
            one = bookings[k]
            if one.first <= entry.day < one.until and one.phase_id in ("", entry.phase_id):
                taken = min(hours, one.hours - spent[k])
                spent[k] += taken
                hours -= taken
    return [max(have - done, 0.0) for have, done in zip(left, spent, strict=True)]


def remaining_weeks(portfolio: Portfolio, *, bookings: Sequence[ProjectBooking]) -> list[dict[date, float]]:
    """Return in which weeks the hours lie that are still to be worked: evenly on the days of work that are left.

    Days of work are those with paid hours, net of leave and holidays; for nobody in particular, a placeholder or somebody unknown those
    from Monday to Friday. What is over is past: hours that were booked then and not logged lie in the days that are left.

    Parameters
    ----------
    bookings : all that time sheets may be of, as of `remaining_hours`; the portfolio's own, as a rule.

    Returns
    -------
    Hours by the Monday of the week, for each booking in the order given. They add up to its `remaining_hours`; there are none where
    nothing is left, or no day on which it could be worked.

    Examples
    --------
    >>> from datetime import date
    >>> booking = ProjectBooking("b1", "mill", date(2026, 6, 3), date(2026, 6, 10), 40.0, role="dev")
    >>> [(week.isoformat(), hours) for week, hours in remaining_weeks(Portfolio(date(2026, 6, 1)), bookings=[booking])[0].items()]
    [('2026-06-01', 24.0), ('2026-06-08', 16.0)]
    """
    left = remaining_hours(portfolio, bookings=bookings)
    alive = [one for one, hours in zip(bookings, left, strict=True) if hours > 0]
    first, until = portfolio.day, max((one.until for one in alive), default=portfolio.day)
    named = {one.person_id for one in alive}
    people = tuple(who for who in portfolio.people if who.person_id in named and not who.placeholder)
    worked = paid_hours(replace(portfolio, people=people), first=first, until=until) > 0
    row = {who.person_id: k for k, who in enumerate(people)}
    weekday = (first.weekday() + np.arange(worked.shape[1])) % 7
    out = []
    for one, hours in zip(bookings, left, strict=True):
        open_ = worked[row[one.person_id]] if one.person_id in row else weekday < 5
        a = max((one.first - first).days, 0)
        days = np.flatnonzero(open_[a : max((one.until - first).days, a)]) + a if hours > 0 else np.zeros(0, int)
        weeks, many = np.unique((days + first.weekday()) // 7, return_counts=True)
        monday = first - timedelta(days=first.weekday())
        out.append(
            {
                monday + timedelta(weeks=w): hours * n / len(days)
                for w, n in zip(weeks.tolist(), many.tolist(), strict=True)
            }
        )
    return out
