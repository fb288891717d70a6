"""Spans, and wall clocks on the days of a clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from troth.core.errors import InputError
from troth.core.time import Span, clock_changes, from_micros, instant_at, merge, start_of_day, to_micros, zone

VILNIUS = ZoneInfo("Europe/Vilnius")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_span_across_a_clock_change_has_its_true_length() -> None:
    """A local day in March is 23 hours long, though its wall clock shows 24."""
    day = Span(datetime(2026, 3, 29, tzinfo=VILNIUS), datetime(2026, 3, 30, tzinfo=VILNIUS))
    assert day.seconds == 23 * 3600


def test_a_span_holds_its_start_and_not_its_end() -> None:
    """Spans are half-open, so neighbours share no instant."""
    span = Span(NOON, NOON + HOUR)
    assert NOON in span
    assert NOON + HOUR not in span


def test_naive_or_reversed_spans_are_refused() -> None:
    """A time without a zone, or an end before the start, is no span."""
    with pytest.raises(ValueError, match="no time zone"):
        Span(datetime(2026, 3, 2), NOON)  # noqa: DTZ001
    with pytest.raises(ValueError, match="cannot end"):
        Span(NOON, NOON - HOUR)


def test_merging_joins_what_touches_and_drops_what_is_empty() -> None:
    """Merged spans are sorted and disjoint."""
    spans = [Span(NOON + HOUR, NOON + 2 * HOUR), Span(NOON, NOON + HOUR), Span(NOON + 5 * HOUR, NOON + 5 * HOUR)]
    assert merge(spans) == [Span(NOON, NOON + 2 * HOUR)]
    assert Span(NOON, NOON + HOUR).clip(Span(NOON + HOUR, NOON + 2 * HOUR)) is None


def test_microseconds_are_exact_both_ways() -> None:
    """No float lies between an instant and its microseconds, before 1970 either."""
    for at in (datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC), datetime(1901, 1, 1, tzinfo=UTC)):
        assert from_micros(to_micros(at)) == at


def test_a_jumped_over_time_is_the_instant_of_the_jump() -> None:
    """03:30 does not exist in Vilnius on 29 March 2026; the clocks reach it at 01:00 UTC."""
    assert instant_at(date(2026, 3, 29), minute=210, tz=VILNIUS) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    """03:30 comes twice in Vilnius on 25 October 2026, first at 00:30 UTC."""
    assert instant_at(date(2026, 10, 25), minute=210, tz=VILNIUS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_whose_midnight_does_not_exist_starts_at_the_jump() -> None:
    """Beirut jumps from 00:00 to 01:00."""
    start = start_of_day(date(2026, 3, 29), tz=ZoneInfo("Asia/Beirut"))
    assert start.astimezone(ZoneInfo("Asia/Beirut")).hour == 1


def test_clock_changes_of_a_year_are_found_to_the_second() -> None:
    """Lord Howe moves its clocks by half an hour in April and October."""
    changes = clock_changes(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), tz=ZoneInfo("Australia/Lord_Howe")
    )
    assert changes == [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)]


@pytest.mark.parametrize("name", ["", "Europe/Rigga", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_an_issue_with_advice(name: str) -> None:
    """A wrong zone says so in words."""
    with pytest.raises(InputError, match="Maybe an IANA name"):
        zone(name)
