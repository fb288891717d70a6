"""Business time equals a slow count of minutes by a clock on the wall, across daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.time import Calendar, Hours, SpecialDay
from troth.kpi.clocks import Clocks

MINUTE = timedelta(minutes=1)

#: Days on which the clocks change, around which the examples lie.
CHANGES = {
    "Europe/Vilnius": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/Chicago": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Asia/Beirut": [date(2026, 3, 29), date(2026, 10, 25)],
}

SPANS = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: (pair[0], min(pair[0] + pair[1], 2880))),
    max_size=2,
)


@st.composite
def examples(draw: st.DrawFn) -> tuple[Calendar, datetime, datetime]:
    """Draw a calendar and a stretch of up to three days around a clock change of its zone."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[name]))
    hours = [Hours(weekday, *span) for weekday in (4, 5, 6, 0) for span in draw(SPANS)]
    days = [SpecialDay(change, tuple(draw(SPANS)))] if draw(st.booleans()) else []
    base = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=1)
    start = base + draw(st.integers(0, 2880)) * MINUTE
    return Calendar("c", name, tuple(hours), tuple(days)), start, start + draw(st.integers(0, 2880)) * MINUTE


def slow_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Count the open minutes one by one.

    A clock on the wall is read every minute of UTC; while it shows again what it has shown before, it is
    taken to stand still. A minute is open when what the clock shows lies in a span of its day.
    """
    tz, shown, count = ZoneInfo(calendar.time_zone), datetime.min, 0  # noqa: DTZ901
    special = {item.day: item.spans for item in calendar.days}
    at = start - timedelta(days=1)
    while at < end:
        shown = max(shown, at.astimezone(tz).replace(tzinfo=None))
        count += at >= start and is_open(calendar, special, shown)
        at += MINUTE
    return count


def is_open(calendar: Calendar, special: dict[date, tuple[tuple[int, int], ...]], shown: datetime) -> bool:
    """Tell whether a wall-clock time lies in a span of its day or in what is left of the day before."""
    for back in (0, 1):
        day = shown.date() - timedelta(days=back)
        minute = shown.hour * 60 + shown.minute + back * 1440
        weekly = [(rule.opens, rule.closes) for rule in calendar.hours if rule.weekday == day.weekday()]
        if any(opens <= minute < closes for opens, closes in special.get(day, weekly)):
            return True
    return False


@given(examples())
def test_business_time_equals_a_count_of_minutes(example: tuple[Calendar, datetime, datetime]) -> None:
    """In zones that change by an hour, by half an hour, and at midnight."""
    calendar, start, end = example
    expected = slow_minutes(calendar, start, end) * 60
    assert calendar.open_seconds(start, end) == expected
    low, high = (np.array([np.datetime64(one.replace(tzinfo=None), "us")]) for one in (start, end))
    assert Clocks({"c": calendar}).elapsed(low, high).tolist() == [expected]


@given(examples(), st.integers(0, 100_000))
def test_adding_open_time_and_measuring_it_agree(example: tuple[Calendar, datetime, datetime], seconds: int) -> None:
    """From a start to its due time exactly the added open seconds pass, and a microsecond sooner fewer."""
    calendar, start, _ = example
    due = calendar.add(start, seconds=seconds)
    if due is None:
        assert not any(rule for rule in calendar.hours)
    else:
        assert calendar.open_seconds(start, due) == pytest.approx(seconds)
        if seconds:
            assert calendar.open_seconds(start, due - timedelta(microseconds=1)) < seconds


def test_the_slow_count_sees_the_change() -> None:
    """The judge itself knows that the day has 23 hours."""
    day = Calendar.weekly("day", time_zone="Europe/Vilnius", hours="Sun 00:00-24:00")
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert slow_minutes(day, start, start + timedelta(days=2)) == 23 * 60
