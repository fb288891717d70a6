"""The hours of bookings on days: by the spread of each, hard ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any

import numpy as np

from troth.capacity.projects.booking._flow import Job, earliest_deadline
from troth.capacity.projects.booking._loads import CountedBookings, Wanted, by_person, days, last_day, wanted
from troth.capacity.projects.booking.check import refuse
from troth.capacity.projects.booking.spread import SpreadHours, cents, spread
from troth.capacity.projects.portfolio import HoursSpread, Portfolio, ProjectBooking, paid_hours


@dataclass(frozen=True, slots=True)
class LaidHours:
    """Hours of a booking by day.

    Parameters
    ----------
    first : the day of the first of `hours`.
    hours : of each day, to the hundredth.
    unplaced : what no day has room for.
    over : what is laid beyond free hours, by an even spread alone.
    by_deadline : whether its spread was given up, as all fits only if what must end first goes first.
    """

    booking: ProjectBooking
    first: date
    hours: tuple[float, ...]
    unplaced: float = 0.0
    over: float = 0.0
    by_deadline: bool = False


def lay(portfolio: Portfolio, *, counted: CountedBookings = CountedBookings.ALL) -> tuple[LaidHours, ...]:
    """Return the hours of bookings by day, from the portfolio's day on: hard ones first, of those what must end first.

    Bookings of nobody by name, and of placeholders, are laid evenly over the weekdays, as nothing is known of who does them.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada, monday = Consultant("ada", (ContractTerms(date(2026, 1, 1)),)), date(2026, 6, 1)
    >>> (one,) = lay(Portfolio(monday, (ada,), bookings=(ProjectBooking("b", "p", monday, date(2026, 6, 8), 20, "ada"),)))
    >>> one.hours
    (4.0, 4.0, 4.0, 4.0, 4.0, 0.0, 0.0)
    """
    refuse(portfolio)
    wants = wanted(portfolio, counted=counted)
    until = last_day(wants, portfolio=portfolio)
    have = days(portfolio, until=until)
    paid = paid_hours(portfolio, first=portfolio.day, until=until)
    row = {who.person_id: k for k, who in enumerate(portfolio.people)}
    found: list[LaidHours] = []
    for name, mine in by_person(wants, known=have.row):
        found += lay_person(have.hours[have.row[name]], working=paid[row[name]], wants=mine, first=have.first)
    weekdays = ((portfolio.day.weekday() + np.arange((until - portfolio.day).days)) % 7 < 5) * 8.0
    for one in wants:
        if one.booking.person_id not in have.row:
            part = weekdays[one.a : one.b].tolist()
            laid = spread(one.hours, free=[0.0] * len(part), working=part or [1.0], kind=one.booking.spread.EVEN)
            found.append(_told(one, laid, have.first, 0.0))
    order = {one.booking.booking_id: k for k, one in enumerate(wants)}
    return tuple(sorted(found, key=lambda one: order[one.booking.booking_id]))


def lay_person(
    free: Any, *, working: Any, wants: Sequence[Wanted], first: date, within: bool = False
) -> list[LaidHours]:
    """Return the bookings of one person laid over days, in the order of hard, then of likely ones, then of ends.

    Parameters
    ----------
    free : (days,) hours that can be had.
    working : (days,) hours worked at all.
    within : whether nothing may lie beyond free hours: even spreads that would are as even as there is room.
    """
    order = sorted(wants, key=lambda one: (one.b, one.a, one.booking.booking_id))
    hard = [one for one in order if one.booking.hard]
    soft = sorted((one for one in order if not one.booking.hard), key=lambda one: -one.booking.probability)
    best: list[LaidHours] | None = None
    for way in (_as_asked, _smartly, _by_deadline):
        made = way(np.array(free, float), working, hard, first)
        if within and any(one.over for one in made):
            continue
        # The first way that leaves nothing over; else as asked, or, within free hours, what leaves least.
        if best is None or (_missing(made) < _missing(best) - 0.005 and (within or _missing(made) < 0.005)):
            best = made
        if _missing(best) < 0.005:
            break
    laid = best or []
    left = np.array(free, float)
    for one in laid:
        left[: len(one.hours)] -= one.hours
    rest = (_smartly if within else _as_asked)(left, working, soft, first)
    return [*laid, *rest]


def _missing(some: Sequence[LaidHours]) -> float:
    return sum(one.unplaced + one.over for one in some)


def _as_asked(left: Any, working: Any, wants: Sequence[Wanted], first: date) -> list[LaidHours]:
    """Lay bookings by their spreads, one after the other; what is left becomes less."""
    return [_take(left, working, one, one.booking.spread, first) for one in wants]


def _smartly(left: Any, working: Any, wants: Sequence[Wanted], first: date) -> list[LaidHours]:
    """Lay bookings by their spreads, but even ones only as evenly as there is room."""
    found = []
    for one in wants:
        kind = one.booking.spread
        found.append(_take(left, working, one, HoursSpread.SMART if kind is HoursSpread.EVEN else kind, first))
    return found


def _take(left: Any, working: Any, one: Wanted, kind: HoursSpread, first: date) -> LaidHours:
    room = np.maximum(left[one.a : one.b], 0.0)
    made = spread(one.hours, free=room.tolist(), working=working[one.a : one.b].tolist(), kind=kind)
    left[one.a : one.b] -= made.hours
    return _told(one, made, first, round(sum(made.over, 0.0), 2))


def _told(one: Wanted, made: SpreadHours, first: date, over: float) -> LaidHours:
    return LaidHours(one.booking, first, (*[0.0] * one.a, *made.hours), made.unplaced, over)


def _by_deadline(free: Any, working: Any, wants: Sequence[Wanted], first: date) -> list[LaidHours]:
    """Lay bookings so that as much as can be fits: on each day what must end first; how much is worked at all is of no matter."""
    del working
    room = [max(floor(one * 100 + 1e-6), 0) for one in free]
    jobs = [Job(one.a, one.b, cents(one.hours)) for one in wants]
    found = []
    for one, job, parts in zip(wants, jobs, earliest_deadline(room, jobs=jobs), strict=True):
        hours = tuple(parts.get(t, 0) / 100 for t in range(one.b))
        unplaced = (job.amount - sum(parts.values())) / 100
        found.append(LaidHours(one.booking, first, hours, unplaced, by_deadline=True))
    return found
