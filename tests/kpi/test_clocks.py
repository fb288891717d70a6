"""Business time over arrays, against published figures and the calendars themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.core.time import Calendar, from_micros, to_micros
from troth.kpi.clocks import NAT, Clock, Clocks, Pauses, count_negative, micros

OFFICE = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")
SPLIT = Calendar.weekly("split", time_zone="Europe/Riga", hours="Mon-Sat 08:00-12:00 13:00-17:00; Sun 22:00-04:00")
CALENDARS = {
    "office": OFFICE,
    "split": SPLIT,
    "switch": OFFICE.then(datetime(2026, 3, 4, 11, tzinfo=UTC), calendar=SPLIT),
    "24x7": Calendar.always(),
    "never": Calendar("never"),
}
INSTANTS = st.integers(to_micros(datetime(2026, 2, 1, tzinfo=UTC)), to_micros(datetime(2026, 5, 1, tzinfo=UTC)))


def times(*texts: str) -> np.ndarray:
    """Return instants written in UTC."""
    return np.array(texts, dtype="datetime64[us]")


def test_oracle_friday_half_past_four_plus_an_hour() -> None:
    """Chatwoot PR 13392: due Monday 09:30."""
    due = Clocks({"office": OFFICE}).due(times("2026-03-06T16:30"), seconds=3600.0)
    assert due.tolist() == times("2026-03-09T09:30").tolist()


def test_oracle_ten_minutes_overnight() -> None:
    """Glpi 1857: 17:55 to 08:05, open 08-18."""
    desk = Clocks({"desk": Calendar.weekly("desk", time_zone="UTC", hours="Mon-Fri 08:00-18:00")})
    assert desk.elapsed(times("2026-03-02T17:55"), times("2026-03-03T08:05")).tolist() == [600.0]


@pytest.mark.parametrize(
    ("start", "end", "hours"), [("2026-03-28T22", "2026-03-29T21", 23), ("2026-10-24T21", "2026-10-25T22", 25)]
)
def test_oracle_days_of_23_and_25_hours(start: str, end: str, hours: int) -> None:
    """A day open from 00:00 to 24:00 in Vilnius is as long as it is."""
    day = Clocks({"sunday": Calendar.weekly("sunday", time_zone="Europe/Vilnius", hours="Sun 00:00-24:00")})
    hours_around = np.timedelta64(5, "h")
    low, high = micros(times(start) - hours_around), micros(times(end) + hours_around)
    assert day.elapsed(low, high).tolist() == [hours * 3600.0]


@settings(max_examples=40)
@given(st.lists(st.tuples(INSTANTS, INSTANTS, st.integers(-1, 4)), min_size=1, max_size=20), st.integers(0, 10**6))
def test_arrays_say_what_the_calendar_says(rows: list[tuple[int, int, int]], seconds: int) -> None:
    """Elapsed time, due times and business days equal the calendar's own, row by row and calendar by calendar."""
    clocks = Clocks(CALENDARS)
    start, end, codes = (np.array(column) for column in zip(*rows, strict=True))
    elapsed = clocks.elapsed(start, end, codes=codes)
    due = micros(clocks.due(start, seconds=float(seconds), codes=codes))
    same = clocks.same_business_day(start, end, codes=codes)
    for place, (low, high, code) in enumerate(rows):
        if code < 0 or high < low:
            assert np.isnan(elapsed[place])
            assert not same[place]
        else:
            calendar, since, until = CALENDARS[clocks.names[code]], from_micros(low), from_micros(high)
            assert elapsed[place] == pytest.approx(calendar.open_seconds(since, until), abs=1e-6)
            close = calendar.close_of_business_day(since)
            assert same[place] == (close is not None and until <= close)
        if code < 0:
            assert due[place] == NAT
        else:
            expected = CALENDARS[clocks.names[code]].add(from_micros(low), seconds=seconds)
            assert due[place] == (NAT if expected is None else to_micros(expected))


@given(
    st.lists(st.tuples(INSTANTS, INSTANTS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), INSTANTS, INSTANTS), max_size=30),
)
def test_pauses_count_once_and_only_within_their_row(
    rows: list[tuple[int, int]], pauses: list[tuple[int, int, int]]
) -> None:
    """Pauses equal a set of paused quarter hours, however they overlap or stick out."""
    quarter = 900_000_000
    rows = [(low // quarter * quarter, high // quarter * quarter) for low, high in rows]
    pauses = [
        (row, low // quarter * quarter, high // quarter * quarter) for row, low, high in pauses if row < len(rows)
    ]
    start, end = (np.array(column) for column in zip(*rows, strict=True))
    columns = [np.array(column, dtype=np.int64) for column in zip(*pauses, strict=True)] or [np.zeros(0, np.int64)] * 3
    clocks = Clocks(CALENDARS)
    codes = np.arange(len(rows)) % 3
    found = clocks.elapsed(start, end, codes=codes, pauses=Pauses(*columns))
    for place, (low, high) in enumerate(rows):
        if high < low:
            assert np.isnan(found[place])
            continue
        cells = np.arange(low, high, quarter)
        paused = np.zeros(len(cells), dtype=bool)
        for row, since, until in pauses:
            paused |= (row == place) & (cells >= since) & (cells < until)
        left = cells[~paused]
        each = clocks.elapsed(left, left + quarter, codes=np.full(len(left), codes[place]))
        assert found[place] == pytest.approx(each.sum(), abs=1e-3)


def test_a_pause_without_an_end_lasts_to_the_end_of_its_row() -> None:
    """It is still going on."""
    pause = Pauses(np.array([0]), times("2026-03-02T10:00"), times("NaT"))
    clocks = Clocks({"office": OFFICE})
    assert clocks.elapsed(times("2026-03-02T09:30"), times("2026-03-03T12:00"), pauses=pause).tolist() == [1800.0]
    clock = Clock(OFFICE, start=datetime(2026, 3, 1, tzinfo=UTC), end=datetime(2026, 3, 5, tzinfo=UTC))
    assert clock.elapsed(times("2026-03-02T09:30"), times("2026-03-03T12:00"), pauses=pause).tolist() == [1800.0]


def test_missing_and_reversed_rows_are_nan_and_counted() -> None:
    """They never stop the rest."""
    start = times("2026-03-02T10", "NaT", "2026-03-02T12", "2026-03-02T10")
    end = times("2026-03-02T11", "2026-03-02T11", "2026-03-02T11", "NaT")
    clocks = Clocks({"office": OFFICE})
    assert np.isnan(clocks.elapsed(start, end)).tolist() == [False, True, True, True]
    assert clocks.same_business_day(start, end).tolist() == [True, False, False, False]
    assert np.isnat(clocks.due(start, seconds=np.array([1.0, 1.0, np.nan, -1.0]))).tolist() == [False, True, True, True]
    assert count_negative(start, end) == 1


def test_same_business_day_in_the_zone_of_the_calendar() -> None:
    """Friday 17:00 in New York is Friday 22:00 UTC; what arrives after hours belongs to Monday."""
    clocks = Clocks({"ny": Calendar.weekly("ny", time_zone="America/New_York", hours="Mon-Fri 09:00-17:00")})
    start = times("2026-03-06T21:00", "2026-03-06T21:00", "2026-03-06T22:00", "2026-03-07T12:00", "2026-03-07T12:00")
    end = times("2026-03-06T22:00", "2026-03-06T22:01", "2026-03-09T21:00", "2026-03-07T13:00", "2026-03-10T01:00")
    assert clocks.same_business_day(start, end).tolist() == [True, False, True, True, False]


def test_a_close_far_ahead_does_not_depend_on_what_else_is_asked() -> None:
    """A place shut for months closes its next business day months later, whichever rows are asked together."""
    season = Calendar("season", "UTC", OFFICE.hours).then(datetime(2026, 1, 1, tzinfo=UTC), calendar=Calendar("shut"))
    season = season.then(datetime(2026, 6, 1, tzinfo=UTC), calendar=OFFICE)
    start, end = times("2026-01-10", "2026-06-10"), times("2026-01-20", "2026-06-10")
    assert Clocks({"s": season}).same_business_day(start[:1], end[:1]).tolist() == [True]
    assert Clocks({"s": season}).same_business_day(start, end).tolist() == [True, True]


def test_a_business_day_at_the_edge_of_the_stretch_is_seen_whole() -> None:
    """Thursday closes at 17:00, also for a clock that ends on Tuesday at half past twelve."""
    thursday = Calendar.weekly("thursday", time_zone="UTC", hours="Thu 09:00-12:00 13:00-17:00")
    clock = Clock(thursday, start=datetime(2026, 3, 3, tzinfo=UTC), end=datetime(2026, 3, 3, 12, 30, tzinfo=UTC))
    assert clock.close_of_business_day(times("2026-03-03T10")).tolist() == times("2026-03-05T17").tolist()


def test_a_due_time_far_ahead_is_found_and_one_beyond_ten_years_is_not() -> None:
    """Open hours may be rare."""
    yearly = Calendar.weekly("rare", time_zone="UTC", hours="Sun 10:00-10:01")
    clocks = Clocks({"rare": yearly, "never": Calendar("never")})
    start = times("2026-03-02", "2026-03-02", "2026-03-02")
    found = clocks.due(start, seconds=np.array([6000.0, 1e9, 1.0]), codes=np.array([0, 0, 1]))
    assert found[0] == np.datetime64(datetime(2026, 3, 8, 10, 1) + timedelta(weeks=99))  # noqa: DTZ001
    assert np.isnat(found[1:]).all()


def test_a_clock_refuses_instants_outside_its_stretch() -> None:
    """A silent zero would be a wrong figure."""
    clock = Clock(OFFICE, start=datetime(2026, 3, 1, tzinfo=UTC), end=datetime(2026, 3, 5, tzinfo=UTC))
    with pytest.raises(ValueError, match="outside"):
        clock.elapsed(times("2026-03-02"), times("2026-03-06"))
    with pytest.raises(TypeError, match="datetime64"):
        clock.elapsed(np.array([0.5]), np.array([1.5]))


def test_days_before_1970_and_no_rows_at_all_work() -> None:
    """Nothing is special about the epoch or about emptiness."""
    clocks = Clocks({"office": OFFICE})
    assert clocks.elapsed(times("1969-12-30T08"), times("1969-12-31T08")).tolist() == [8 * 3600.0]
    assert clocks.elapsed(times(), times()).shape == (0,)
    assert clocks.due(times(), seconds=1.0, codes=np.zeros(0, np.int64)).shape == (0,)


def test_impossible_years_are_missing() -> None:
    """A sentinel such as 9999-12-31 neither fails nor takes a minute."""
    clocks = Clocks({"office": OFFICE})
    start, end = (
        times("2026-03-02T10", "1753-01-01", "2026-03-02T10"),
        times("9999-12-31", "2026-03-02", "2026-03-02T11"),
    )
    assert np.isnan(clocks.elapsed(start, end)).tolist() == [True, True, False]
    assert clocks.same_business_day(start, end).tolist() == [False, False, True]
    assert np.isnat(clocks.due(end, seconds=1.0)).tolist() == [True, False, False]


def test_codes_follow_names() -> None:
    """Unknown and missing names have no clock."""
    assert Clocks(CALENDARS).codes(["split", None, "other", "office"]).tolist() == [1, -1, -1, 0]
