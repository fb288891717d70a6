"""Business calendars; the figures published by others are in tests of their own name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from troth.core.errors import InputError
from troth.core.time import Calendar, Hours, Span, SpecialDay

OFFICE = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")


def at(day: int, hour: int = 0, minute: int = 0, *, month: int = 3) -> datetime:
    """Return an instant of 2026; 2 March is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_oracle_two_schedules_accumulate_all_against_last_only() -> None:
    """dbt_zendesk DECISIONLOG: 959.46 minutes over both schedules, 689.46 by the last alone."""
    chicago = Calendar.weekly("chicago", time_zone="America/Chicago", hours="Mon-Sun 07:00-21:00")
    francisco = Calendar.weekly("san francisco", time_zone="America/Los_Angeles", hours="Mon-Fri 08:00-17:30")
    sunday = datetime(2020, 9, 27, tzinfo=UTC)
    opened, changed, replied = (sunday + timedelta(minutes=minute) for minute in (3902, 5461.25, 5461.46))
    switching = chicago.then(changed, calendar=francisco)
    assert switching.open_seconds(opened, replied) / 60 == pytest.approx(959.46)
    assert switching.at(replied).open_seconds(opened, replied) / 60 == pytest.approx(689.46)


def test_oracle_friday_half_past_four_plus_an_hour() -> None:
    """Chatwoot PR 13392: due Monday 09:30, not Friday 17:30."""
    assert OFFICE.add(at(6, 16, 30), seconds=3600) == at(9, 9, 30)


def test_oracle_ten_minutes_overnight() -> None:
    """Glpi 1857: opened 17:55, solved 08:05, open 08-18, is ten minutes."""
    desk = Calendar.weekly("desk", time_zone="UTC", hours="Mon-Fri 08:00-18:00")
    assert desk.open_seconds(at(2, 17, 55), at(3, 8, 5)) == 600


def test_oracle_overlapping_holiday_edits_of_one_day() -> None:
    """Of several edits of a day the newest holds whole, in whatever order they come."""
    edits = (
        SpecialDay(date(2026, 3, 3), ((600, 720),), version=2),
        SpecialDay(date(2026, 3, 3), (), version=3),
        SpecialDay(date(2026, 3, 3), ((480, 1080),), version=1),
    )
    for days in (edits, edits[::-1]):
        assert Calendar("c", "UTC", OFFICE.hours, days).open_seconds(at(3), at(4)) == 0
    assert Calendar("c", "UTC", OFFICE.hours, edits[:1]).open_seconds(at(3), at(4)) == 7200


@pytest.mark.parametrize(("day", "month", "hours"), [(29, 3, 23), (25, 10, 25), (28, 3, 24)])
def test_oracle_days_of_23_and_25_hours(day: int, month: int, hours: int) -> None:
    """A calendar that never closes is open for as long as the day lasts."""
    tz = ZoneInfo("Europe/Vilnius")
    start = datetime(2026, month, day, tzinfo=tz)
    end = datetime(2026, month, day, tzinfo=tz) + timedelta(days=1)  # the same wall clock, a day later
    assert Calendar.always(time_zone="Europe/Vilnius").open_seconds(start, end) == hours * 3600


def test_oracle_an_interval_across_midnight() -> None:
    """A night from Friday 22:00 to Saturday 06:00 belongs to Friday: a closed Saturday does not cut it."""
    night = Calendar.weekly("night", time_zone="UTC", hours="Mon-Sun 22:00-06:00", closed=[date(2026, 3, 7)])
    assert night.open_seconds(at(6, 12), at(7, 12)) == 8 * 3600
    assert night.open_seconds(at(7, 12), at(8, 12)) == 0
    assert night.spans(at(4, 23), at(5, 1)) == [Span(at(4, 23), at(5, 1))]


def test_oracle_two_intervals_a_day() -> None:
    """A lunch break does not count."""
    split = Calendar.weekly("split", time_zone="UTC", hours="Mon-Fri 09:00-12:00 13:00-17:00")
    assert split.open_seconds(at(2, 11, 30), at(2, 13, 30)) == 3600
    assert split.add(at(2, 11, 30), seconds=3600) == at(2, 13, 30)


def test_open_spans_touching_at_midnight_are_one() -> None:
    """24:00 is the next day's 00:00."""
    assert Calendar.always().spans(at(2), at(9)) == [Span(at(2), at(9))]


def test_adding_ends_at_closing_time_and_adding_nothing_stays() -> None:
    """The first instant at which the time has passed, even if business is closed then."""
    assert OFFICE.add(at(6, 16, 30), seconds=1800) == at(6, 17)
    assert OFFICE.add(at(7, 3), seconds=0) == at(7, 3)
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add(at(7), seconds=-1)


def test_a_calendar_that_never_opens_gives_none() -> None:
    """Nothing is due, opened or closed where nothing opens."""
    never = Calendar("never")
    assert never.add(at(2), seconds=1) is None
    assert never.next_open(at(2)) is None
    assert never.close_of_business_day(at(2)) is None


def test_next_open_is_now_when_open() -> None:
    """Closing time itself is closed."""
    assert OFFICE.next_open(at(6, 16)) == at(6, 16)
    assert OFFICE.next_open(at(6, 17)) == at(9, 9)
    assert OFFICE.is_open(at(6, 9))
    assert not OFFICE.is_open(at(6, 17))


def test_business_day_of_arrivals_in_and_out_of_hours() -> None:
    """In hours, before them and at lunch: that day's close. After hours and on closed days: the next one's."""
    split = Calendar.weekly(
        "split", time_zone="UTC", hours="Mon-Fri 09:00-12:00 13:00-17:00", closed=[date(2026, 3, 9)]
    )
    close = split.close_of_business_day
    assert close(at(5, 10)) == close(at(5, 6)) == close(at(5, 12, 30)) == at(5, 17)
    assert close(at(6, 17)) == close(at(7, 11)) == close(at(9, 10)) == at(10, 17)


def test_business_day_of_a_calendar_that_never_closes_ends_at_local_midnight() -> None:
    """The zone of the calendar says which midnight."""
    riga = Calendar.always(time_zone="Europe/Riga")
    assert riga.close_of_business_day(at(2, 21, 59)) == at(2, 22)
    assert riga.close_of_business_day(at(2, 22)) == at(3, 22)


def test_business_day_of_a_night_ends_in_the_morning() -> None:
    """The day it opened on ends when it closes."""
    night = Calendar.weekly("night", time_zone="UTC", hours="Mon-Fri 22:00-06:00")
    assert night.close_of_business_day(at(3, 1)) == at(3, 6)
    assert night.close_of_business_day(at(3, 7)) == at(4, 6)


def test_hours_hold_only_between_their_dates() -> None:
    """New hours from a date on leave the time before as it was."""
    hours = (Hours(0, 540, 1020, None, date(2026, 3, 9)), Hours(0, 600, 1020, date(2026, 3, 9), None))
    calendar = Calendar("c", "UTC", hours)
    assert calendar.open_seconds(at(2), at(3)) == 8 * 3600
    assert calendar.open_seconds(at(9), at(10)) == 7 * 3600


def test_a_change_of_calendar_cuts_what_is_open() -> None:
    """From the instant on only the new calendar counts; a change within a change does too."""
    late = Calendar.weekly("late", time_zone="UTC", hours="Mon-Fri 12:00-20:00")
    both = OFFICE.then(at(3, 14), calendar=late).then(at(5), calendar=Calendar("never"))
    assert both.open_seconds(at(2), at(3)) == 8 * 3600
    assert both.spans(at(3), at(4)) == [Span(at(3, 9), at(3, 20))]
    assert both.open_seconds(at(5), at(7)) == 0
    assert [both.at(when).name for when in (at(2), at(3, 14), at(6))] == ["office", "late", "never"]
    assert both.open_seconds(at(3, 13), at(3, 13, 30)) == 1800


def test_a_calendar_that_takes_over_opens_then_and_not_before() -> None:
    """What would have been open under it earlier that day does not count."""
    late = Calendar.weekly("late", time_zone="UTC", hours="Mon-Fri 12:00-20:00")
    assert Calendar("shut").then(at(3, 14), calendar=late).spans(at(3), at(4)) == [Span(at(3, 14), at(3, 20))]


def test_overlapping_hours_count_once() -> None:
    """Joined, not added."""
    assert Calendar("c", "UTC", (Hours(0, 540, 720), Hours(0, 600, 780))).open_seconds(at(2), at(3)) == 4 * 3600


def test_closing_during_the_hour_that_comes_twice_is_at_its_first_time() -> None:
    """00:00-03:30 is 3.5 hours in Vilnius in October, and what opens at 03:30 takes the hour that comes again."""
    day = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Vilnius"))
    end = datetime(2026, 10, 26, tzinfo=ZoneInfo("Europe/Vilnius"))
    early = Calendar.weekly("early", time_zone="Europe/Vilnius", hours="Sun 00:00-03:30")
    rest = Calendar.weekly("rest", time_zone="Europe/Vilnius", hours="Sun 03:30-24:00")
    assert early.open_seconds(day, end) == 3.5 * 3600
    assert rest.open_seconds(day, end) == 21.5 * 3600


@pytest.mark.parametrize(
    "text", ["Mon 9-17", "Montag 09:00-17:00 x", "Mon 25:99-26:00", "Foo 09:00-10:00", "Mon 49:00-50:00"]
)
def test_unreadable_hours_are_refused(text: str) -> None:
    """A text that cannot be read is not guessed."""
    with pytest.raises(ValueError, match=r"form HH:MM|weekday|unpack"):
        Calendar.weekly("c", time_zone="UTC", hours=text)


def test_unknown_zones_and_impossible_hours_are_refused() -> None:
    """A calendar that exists can be asked."""
    with pytest.raises(InputError, match="unknown-zone"):
        Calendar("c", "Mars/Olympus")
    with pytest.raises(ValueError, match="no opening hours"):
        Hours(0, 600, 600)


def test_fingerprints_tell_versions_apart() -> None:
    """Equal calendars have equal fingerprints, changed ones other ones."""
    same = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")
    other = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:30")
    assert same.fingerprint == OFFICE.fingerprint != other.fingerprint
