"""What is left of bookings: one rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    LeaveSpan,
    Portfolio,
    ProjectBooking,
    RequestState,
    TimeEntry,
    remaining_hours,
    remaining_weeks,
)

DAY = date(2026, 6, 3)
"""A Wednesday."""
ADA = Consultant("ada", (ContractTerms(date(2020, 1, 1), country="LT"),))
MILL = ProjectBooking("b", "mill", date(2026, 5, 18), date(2026, 6, 13), 80.0, "ada")


def _day(k: int) -> date:
    return DAY + timedelta(days=k)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-20, 20), st.integers(1, 25), st.sampled_from([0.0, 7.5, 40.0]), st.sampled_from(["ada", "nobody", "", "zoe"]),
    st.sets(st.integers(-15, 25), max_size=12), st.sets(st.integers(-15, 25), max_size=4),
    st.dictionaries(st.integers(-20, 3), st.sampled_from([1.0, 4.0, 8.0]), max_size=8), st.sampled_from(list(RequestState)),
    st.integers(0, 20),
)  # fmt: skip
def test_what_is_left_lies_evenly_on_the_days_of_work_that_are_left(
    a: int, many: int, hours: float, who: str, away: set[int], closed: set[int], sheet: dict[int, float], state: RequestState, ends: int
) -> None:  # fmt: skip
    """Equal, week by week, to going through the days one by one: hours less those logged, on days of work net of leave and holidays."""
    ada = replace(
        ADA,
        contracts=(replace(ADA.contracts[0], until=_day(ends)),),
        leave=tuple(LeaveSpan(_day(k), _day(k + 1)) for k in away),
    )
    logged = tuple(TimeEntry("mill", "ada", _day(k), part) for k, part in sheet.items())
    one = ProjectBooking("b", "mill", _day(a), _day(a + many), hours, who, state=state)
    plan = Portfolio(
        DAY,
        (ada, Consultant("nobody", placeholder=True)),
        holidays={"LT": frozenset(_day(k) for k in closed)},
        logged=logged,
    )
    worked = sum(part for k, part in sheet.items() if a <= k < a + many and k < 0) if who == "ada" else 0.0
    over = state in (RequestState.COMPLETED, RequestState.REJECTED, RequestState.CANCELLED) or a + many <= 0
    left = 0.0 if over else max(hours - worked, 0.0)
    days = [_day(k) for k in range(max(a, 0), a + many) if _day(k).weekday() < 5]
    if who == "ada":
        days = [day for day in days if (day - DAY).days not in away | closed and (day - DAY).days < ends]
    expected: dict[date, float] = {}
    for day in days if left else ():
        monday = day - timedelta(days=day.weekday())
        expected[monday] = expected.get(monday, 0.0) + left / len(days)
    (found,) = remaining_weeks(plan, bookings=[one])
    assert found == pytest.approx(expected)
    assert remaining_hours(plan, bookings=[one]) == [pytest.approx(left)]


def test_a_time_sheet_is_taken_off_once() -> None:
    """Of two bookings of one person on one project the weeks of both make up what is left of both."""
    two = [MILL, replace(MILL, booking_id="c", until=date(2026, 6, 20))]
    logged = tuple(TimeEntry("mill", "ada", _day(-k), 10.0) for k in range(1, 11))
    found = remaining_weeks(Portfolio(DAY, (ADA,), logged=logged), bookings=two)
    assert [sum(one.values()) for one in found] == [0.0, pytest.approx(60.0)]


def test_nobody_works_what_has_no_day_left() -> None:
    """Hours stay to be worked that no day is left for: no week has them."""
    away = replace(ADA, leave=(LeaveSpan(DAY, date(2026, 6, 13)),))
    plan = Portfolio(DAY, (away,))
    assert remaining_hours(plan, bookings=[MILL]) == [80.0] and remaining_weeks(plan, bookings=[MILL]) == [{}]
    assert remaining_weeks(plan, bookings=[]) == []
