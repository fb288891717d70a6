"""What bookings ask of whom: hours still to be worked, by window of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np

from troth.capacity.projects.booking._flow import Job, earliest_deadline
from troth.capacity.projects.portfolio import Portfolio, ProjectBooking, free_hours, remaining_hours
from troth.capacity.projects.portfolio.left import GONE

#: Hours are counted in whole millionths, so that sums are exact; what is less than a thousandth over is rounding.
UNIT: Final = 1_000_000
SLACK: Final = UNIT // 1_000


class CountedBookings(StrEnum):
    """Which bookings count, and how much."""

    HARD = "hard"
    """Hard ones alone."""
    EXPECTED = "expected"
    """Hard ones in full, soft ones times their probability."""
    ALL = "all"
    """Hard and soft ones in full: as if all of them came."""


class Days(NamedTuple):
    """Free hours of some people by day."""

    first: date
    names: list[str]
    row: dict[str, int]
    hours: Any
    """(people, days)"""


class Wanted(NamedTuple):
    """A booking with the hours that count of it and its days, counted from the first of all."""

    booking: ProjectBooking
    hours: float
    a: int
    b: int


def with_proposed(portfolio: Portfolio, *, proposed: Iterable[ProjectBooking]) -> Portfolio:
    """Return the portfolio with bookings added, each in place of one of its id."""
    fresh = {one.booking_id: one for one in proposed}
    kept = tuple(one for one in portfolio.bookings if one.booking_id not in fresh)
    return replace(portfolio, bookings=(*kept, *fresh.values()))


def wanted(portfolio: Portfolio, *, counted: CountedBookings, full: Collection[str] = ()) -> list[Wanted]:
    """Return the bookings that count, with what counts of them from the portfolio's day on.

    Parameters
    ----------
    full : ids of bookings that count in full whatever their state.
    """
    found = []
    left = remaining_hours(portfolio, bookings=portfolio.bookings)
    for one, hours in zip(portfolio.bookings, left, strict=True):
        weight = 1.0 if one.booking_id in full else weight_of(one, counted=counted)
        a, b = max((one.first - portfolio.day).days, 0), (one.until - portfolio.day).days
        if weight * hours > 0 and b > a:
            found.append(Wanted(one, weight * hours, a, b))
    return found


def weight_of(booking: ProjectBooking, *, counted: CountedBookings) -> float:
    """Return how much of a booking's hours count."""
    if booking.hard:
        return 1.0
    if booking.state in GONE or counted is CountedBookings.HARD:
        return 0.0
    return 1.0 if counted is CountedBookings.ALL else booking.probability


def days(portfolio: Portfolio, *, until: date, people: Collection[str] | None = None) -> Days:
    """Return the free hours of people from the portfolio's day on; placeholders have none to give."""
    who = tuple(one for one in portfolio.people if not one.placeholder and (people is None or one.person_id in people))
    hours = free_hours(replace(portfolio, people=who), first=portfolio.day, until=max(until, portfolio.day))
    names = [one.person_id for one in who]
    return Days(portfolio.day, names, {name: k for k, name in enumerate(names)}, hours)


def last_day(bookings: Iterable[Wanted], *, portfolio: Portfolio) -> date:
    """Return the day after the last that any of the bookings may take."""
    return portfolio.day + timedelta(days=max((one.b for one in bookings), default=0))


class Case(NamedTuple):
    """The bookings of one person over the stretches between their begins and ends."""

    edges: list[int]
    room: list[int]
    jobs: list[Job]


def case(hours: Any, *, wants: Sequence[Wanted], edges: Iterable[int] = ()) -> Case:
    """Return days joined to stretches in which the same bookings may be worked; further edges may be asked for."""
    cuts = sorted({edge for one in wants for edge in (one.a, one.b)} | set(edges))
    # Sums are rounded, not days: three days of a third of an hour are one hour.
    total = np.rint(np.concatenate([[0.0], np.cumsum(hours)]) * UNIT).astype(np.int64)
    at = total[cuts]
    place = {edge: k for k, edge in enumerate(cuts)}
    jobs = [Job(place[one.a], place[one.b], round(one.hours * UNIT)) for one in wants]
    return Case(cuts, (at[1:] - at[:-1]).tolist(), jobs)


def placed(some: Case) -> int:
    """Return the most units of work that fit."""
    return sum(sum(parts.values()) for parts in earliest_deadline(some.room, jobs=some.jobs))


def by_person(wants: Iterable[Wanted], *, known: Collection[str]) -> Iterator[tuple[str, list[Wanted]]]:
    """Yield the bookings of each known person, in the order of names."""
    mine: dict[str, list[Wanted]] = defaultdict(list)
    for one in wants:
        if one.booking.person_id in known:
            mine[one.booking.person_id].append(one)
    for name in sorted(mine):
        yield name, sorted(mine[name], key=lambda one: (one.b, one.a, one.booking.booking_id))
