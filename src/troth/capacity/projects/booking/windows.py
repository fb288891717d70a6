"""Whether people can do what they are booked for: judged over windows of days, not day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.booking._flow import Job, earliest_deadline, tight
from troth.capacity.projects.booking._loads import (
    SLACK,
    UNIT,
    CountedBookings,
    Wanted,
    by_person,
    case,
    days,
    last_day,
    placed,
    wanted,
    with_proposed,
)
from troth.capacity.projects.booking.check import refuse
from troth.capacity.projects.portfolio import Portfolio, ProjectBooking
from troth.core.decision import Issue, Severity


@dataclass(frozen=True, slots=True)
class OverbookedRange:
    """Days into which more work is forced than there are hours.

    Parameters
    ----------
    first, until : the first day, and the day after the last.
    booking_ids : whose work must be done in these days and competes for their hours.
    forced : hours of them that count.
    available : hours there are.
    over : hours that fit nowhere: `forced` less `available`. The ranges of a person have no day in common, and together are over by what
        cannot be placed however the work is laid.
    short : what is left undone of which booking if always what must end first is worked first.
    """

    person_id: str
    first: date
    until: date
    booking_ids: tuple[str, ...]
    forced: float
    available: float
    over: float
    short: tuple[tuple[str, float], ...] = ()

    def as_issue(self) -> Issue:
        """Return it as a warning that says its size; nothing is ever blocked by it."""
        span = f"{self.first.isoformat()}/{(self.until - timedelta(days=1)).isoformat()}"
        value = (
            f"{self.over:.2f} h over: {self.forced:.2f} h of {', '.join(self.booking_ids)} in {self.available:.2f} h"
        )
        advice = "Maybe move or shorten one of them, or ask somebody else."
        return Issue("over-booked", Severity.WARNING, f"{self.person_id} {span}", value, advice)


@dataclass(frozen=True, slots=True)
class BookingEffect:
    """What bookings would change: over-booked ranges without and with them.

    Parameters
    ----------
    hard, hard_before : as if they were hard, beside hard bookings alone; and without them.
    expected, expected_before : beside soft bookings too, which count by their probability.
    """

    hard: tuple[OverbookedRange, ...]
    hard_before: tuple[OverbookedRange, ...]
    expected: tuple[OverbookedRange, ...]
    expected_before: tuple[OverbookedRange, ...]

    @property
    def over(self) -> float:
        """Hours that fit no more, beside hard bookings."""
        return _over(self.hard) - _over(self.hard_before)

    @property
    def expected_over(self) -> float:
        """Hours that are expected to fit no more, beside all bookings."""
        return _over(self.expected) - _over(self.expected_before)

    @property
    def fits(self) -> bool:
        """Whether there is room beside hard bookings."""
        return self.over < 0.005

    def warnings(self) -> list[Issue]:
        """Return a warning for each over-booked range that the bookings bring or make worse, with its size."""
        old, soft = {*self.hard_before}, {*self.expected_before, *self.hard}
        return [
            *(one.as_issue() for one in self.hard if one not in old),
            *(_softer(one.as_issue()) for one in self.expected if one not in soft and not _inside(one, self.hard)),
        ]


def overbooked(
    portfolio: Portfolio,
    *,
    counted: CountedBookings = CountedBookings.HARD,
    proposed: Iterable[ProjectBooking] = (),
    people: Collection[str] | None = None,
) -> tuple[OverbookedRange, ...]:
    """Return the ranges of days into which bookings of people force more work than there are hours, from the portfolio's day on.

    The hours of a booking may be worked on any of its days. All fit if and only if for any days the bookings that lie
    wholly in them ask no more than their hours (P. Hall, 1935); working always on what must end first then does it all (W. A. Horn, 1974).

    Parameters
    ----------
    counted : hard bookings alone, soft ones by their probability, or all in full.
    proposed : bookings that are thought of, which count in full; one of a known id stands in its place.
    people : whose; None for everybody.

    Returns
    -------
    In the order of people and days; empty if all fits.

    Raises
    ------
    InputError
        With every error in the bookings that leaves nothing to compute with.

    Examples
    --------
    Two bookings of 30 hours in a week of 40, the second of which could also be worked in the next week:

    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),))
    >>> monday, friday, later = date(2026, 6, 1), date(2026, 6, 6), date(2026, 6, 13)
    >>> survey = ProjectBooking("survey", "p", monday, friday, 30, "ada")
    >>> report = ProjectBooking("report", "p", monday, later, 30, "ada")
    >>> plan = Portfolio(monday, (ada,), bookings=(survey, report))
    >>> overbooked(plan)
    ()
    >>> (found,) = overbooked(plan, proposed=[ProjectBooking("visit", "q", monday, friday, 16, "ada")])
    >>> found.until.isoformat(), found.booking_ids, found.over
    ('2026-06-06', ('survey', 'visit'), 6.0)
    """
    added = tuple(proposed)
    every = with_proposed(portfolio, proposed=added)
    refuse(every)
    wants = [
        one
        for one in wanted(every, counted=counted, full={one.booking_id for one in added})
        if people is None or one.booking.person_id in people
    ]
    have = days(
        every,
        until=last_day(wants, portfolio=every),
        people={one.booking.person_id for one in wants if one.booking.person_id},
    )
    found: list[OverbookedRange] = []
    for name, mine in by_person(wants, known=have.row):
        found += _of_person(name, have.hours[have.row[name]], mine, every.day)
    return tuple(found)


def what_if(portfolio: Portfolio, *, proposed: Iterable[ProjectBooking]) -> BookingEffect:
    """Return what bookings would change for their people, before they are made.

    Raises
    ------
    InputError
        With every error in the bookings that leaves nothing to compute with.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada, monday = Consultant("ada", (ContractTerms(date(2026, 1, 1)),)), date(2026, 6, 1)
    >>> effect = what_if(Portfolio(monday, (ada,)), proposed=[ProjectBooking("b", "p", monday, date(2026, 6, 6), 50, "ada")])
    >>> effect.fits, effect.over
    (False, 10.0)
    """
    added = tuple(proposed)
    ids = {one.booking_id for one in added}
    people = {one.person_id for one in added if one.person_id}
    people |= {one.person_id for one in portfolio.bookings if one.booking_id in ids and one.person_id}
    hard, soft = CountedBookings.HARD, CountedBookings.EXPECTED
    return BookingEffect(
        overbooked(portfolio, counted=hard, proposed=added, people=people),
        overbooked(portfolio, counted=hard, people=people),
        overbooked(portfolio, counted=soft, proposed=added, people=people),
        overbooked(portfolio, counted=soft, people=people),
    )


def available_hours(
    portfolio: Portfolio,
    *,
    first: date,
    until: date,
    people: Collection[str] | None = None,
    counted: CountedBookings = CountedBookings.HARD,
    without: Collection[str] = (),
) -> dict[str, float]:
    """Return the hours each person could still be booked for from `first` to the day before `until`.

    Bookings that count keep all the hours they can have, on whichever of their days: a booking of a month leaves a week free if
    the other weeks have room for it.

    Parameters
    ----------
    without : ids of bookings left out of the account, such as the one that is to be moved.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),))
    >>> june = ProjectBooking("b", "p", date(2026, 6, 1), date(2026, 6, 15), 50, "ada")
    >>> plan = Portfolio(date(2026, 6, 1), (ada,), bookings=(june,))
    >>> available_hours(plan, first=date(2026, 6, 1), until=date(2026, 6, 8))
    {'ada': 30.0}
    """
    refuse(portfolio)
    low, high = max((first - portfolio.day).days, 0), (until - portfolio.day).days
    wants = [
        one
        for one in wanted(portfolio, counted=counted)
        if one.booking.booking_id not in without and (people is None or one.booking.person_id in people)
    ]
    have = days(portfolio, until=max(last_day(wants, portfolio=portfolio), until), people=people)
    if high <= low:
        return dict.fromkeys(have.names, 0.0)
    booked = dict(by_person(wants, known=have.row))
    out = {}
    for name in have.names:
        hours = have.hours[have.row[name]]
        mine = booked.get(name, [])
        # Only what is booked for days that hang together with the window matters; the rest costs little.
        some = case(hours, wants=mine, edges=(low, high))
        a, b = some.edges.index(low), some.edges.index(high)
        extra = Job(a, b, sum(some.room[a:b]))
        more = placed(some._replace(jobs=[*some.jobs, extra])) - placed(some) if mine else extra.amount
        out[name] = more / UNIT
    return out


def _of_person(name: str, hours: np.ndarray, mine: list[Wanted], day: date) -> list[OverbookedRange]:
    some = case(hours, wants=mine)
    laid = earliest_deadline(some.room, jobs=some.jobs)
    left = [job.amount - sum(parts.values()) for job, parts in zip(some.jobs, laid, strict=True)]
    if not any(left):
        return []
    found = []
    for a, b, jobs in tight(some.room, jobs=some.jobs, laid=laid):
        forced, available = sum(some.jobs[k].amount for k in jobs), sum(some.room[a:b])
        if forced - available < SLACK:
            continue
        names = tuple(mine[k].booking.booking_id for k in jobs)
        short = tuple((mine[k].booking.booking_id, left[k] / UNIT) for k in jobs if left[k])
        begin, end = (day + timedelta(days=some.edges[at]) for at in (a, b))
        sizes = (forced / UNIT, available / UNIT, (forced - available) / UNIT)
        found.append(OverbookedRange(name, begin, end, names, *sizes, short))
    return found


def _over(ranges: Iterable[OverbookedRange]) -> float:
    return sum(one.over for one in ranges)


def _inside(one: OverbookedRange, ranges: Iterable[OverbookedRange]) -> bool:
    """Tell whether a range is over by what hard bookings alone do there."""
    return any(
        one.person_id == other.person_id
        and other.first < one.until
        and one.first < other.until
        and one.over <= other.over + 1e-9
        for other in ranges
    )


def _softer(issue: Issue) -> Issue:
    return Issue(
        "expected-over", issue.severity, issue.where, issue.value, "Maybe find somebody in case all of them come."
    )
