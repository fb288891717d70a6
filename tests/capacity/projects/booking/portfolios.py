"""Small portfolios for tests of bookings, and drawn ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    HeldSkill,
    HoursSpread,
    LeaveSpan,
    Portfolio,
    Project,
    ProjectBooking,
    RequestState,
)

MONDAY = date(2026, 6, 1)
TERMS = (ContractTerms(date(2026, 1, 1)),)
#: Half-days and odd parts, so that roundings would be seen.
HOURS = st.sampled_from([0.0, 0.5, 1.0, 2.25, 4.0, 7.5, 8.0])


def day(k: int) -> date:
    """Return the day that many after the first Monday."""
    return MONDAY + timedelta(days=k)


def booking(name: str, first: int, until: int, hours: float, person: str = "ada", **more: Any) -> ProjectBooking:
    """Return a booking of days counted from the Monday."""
    return ProjectBooking(name, "p", day(first), day(until), hours, person, **more)


def person(name: str, **more: Any) -> Consultant:
    """Return somebody of forty hours."""
    return replace(Consultant(name, TERMS), **more)


def portfolio(*bookings: ProjectBooking, people: tuple[Consultant, ...] = (), **more: Any) -> Portfolio:
    """Return a portfolio of bookings; of ada alone if nobody is named."""
    return Portfolio(MONDAY, people or (person("ada"),), (Project("p", ()),), bookings=bookings, **more)


@st.composite
def odd_people(draw: st.DrawFn, name: str) -> Consultant:
    """Draw somebody with odd hours, leave and a skill that may begin or end on the way."""
    terms = ContractTerms(date(2026, 1, 1), hours=tuple(draw(st.lists(HOURS, min_size=7, max_size=7))))
    away = draw(st.integers(0, 9))
    leave = (LeaveSpan(day(away), day(away + 1)),) if draw(st.booleans()) else ()
    since = draw(st.sampled_from([None, 2, 5]))
    ends = draw(st.sampled_from([None, 4, 8]))
    held = HeldSkill("sap", draw(st.integers(1, 2)), *(None if k is None else day(k) for k in (since, ends)))
    return Consultant(name, (terms,), (held,) if draw(st.booleans()) else (), leave, role=draw(st.sampled_from("xy")))


@st.composite
def some_bookings(draw: st.DrawFn, people: tuple[str, ...], most: int = 5) -> tuple[ProjectBooking, ...]:
    """Draw bookings, some of which began before the Monday, hard and soft."""
    made = []
    for k in range(draw(st.integers(1, most))):
        first = draw(st.integers(-2, 9))
        hours = draw(st.sampled_from([0.0, 1.0, 3.3, 8.0, 12.34, 20.0]))
        one = booking(f"b{k}", first, first + draw(st.integers(1, 6)), hours, draw(st.sampled_from(people)))
        one = replace(
            one, spread=draw(st.sampled_from(HoursSpread)), probability=draw(st.sampled_from([1.0, 1.0, 0.6]))
        )
        made.append(
            replace(
                one,
                state=draw(st.sampled_from([RequestState.CONFIRMED, RequestState.CONFIRMED, RequestState.REQUESTED])),
            )
        )
    return tuple(made)
