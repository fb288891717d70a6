"""Calendars built from rows, and what is said about bad rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from troth.core.time import calendars_from_tables


def week(name: str = "c", **more: Any) -> dict[str, Any]:
    """Return a good row of `calendars`, a Monday, with some fields changed."""
    row = {"calendar": name, "time_zone": "UTC", "weekday": 0, "opens": "09:00", "closes": "17:00"}
    return {**row, "valid_from": None, "valid_to": None, "version": 0, **more}


def day(**more: Any) -> dict[str, Any]:
    """Return a good row of `calendar_days`, closed on Monday 2 March 2026."""
    row = {"calendar": "c", "day": date(2026, 3, 2), "opens": None, "closes": None, "title": "Holiday"}
    return {**row, "valid_from": None, "valid_to": None, "version": 0, **more}


def monday(rows: list[dict[str, Any]], days: list[dict[str, Any]]) -> tuple[float, list[str]]:
    """Return the open hours of Monday 2 March 2026 and the codes of the issues."""
    built, issues = calendars_from_tables(rows, calendar_days=days)
    start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    return built["c"].open_seconds(start, end) / 3600, [issue.code for issue in issues]


def test_good_rows_make_calendars_without_issues() -> None:
    """Two spans a day, 24:00, a night written 30:00 and a closed day are all good."""
    rows = [week(closes="12:00"), week(opens="13:00", closes="24:00"), week(weekday=4, opens="22:00", closes="30:00")]
    assert monday(rows, []) == (14.0, [])
    assert monday(rows, [day()]) == (0.0, [])


def test_a_calendar_that_never_closes_is_always_there() -> None:
    """The name 24x7 can be used without a row."""
    built, issues = calendars_from_tables([])
    assert (list(built), issues) == (["24x7"], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"opens": "9 am"}, "bad-time"),
        ({"closes": None}, "bad-time"),
        ({"closes": "49:00"}, "bad-time"),
        ({"opens": "09:00", "closes": "09:00"}, "bad-span"),
        ({"opens": "24:00", "closes": "25:00"}, "bad-span"),
        ({"time_zone": "Mars/Olympus"}, "unknown-zone"),
        ({"time_zone": None}, "unknown-zone"),
        ({"time_zone": "Europe/Riga"}, "two-zones"),
        ({"weekday": 7}, "bad-weekday"),
        ({"weekday": None}, "bad-weekday"),
        ({"calendar": ""}, "no-name"),
        ({"valid_from": "soon"}, "bad-date"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "ends-before-start"),
    ],
)
def test_a_bad_row_is_named_and_left_out(change: dict[str, Any], code: str) -> None:
    """The good row beside it still counts."""
    bad = {**week(opens="18:00", closes="19:00"), **change}
    assert monday([week(), bad], []) == (8.0, [code])


def test_hours_changed_on_the_day_they_began_never_held() -> None:
    """Equal dates are no mistake: somebody corrected the hours on the same day."""
    same = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 1, 1)}
    assert monday([week(), {**week(opens="18:00", closes="22:00"), **same}], []) == (8.0, [])


def test_every_problem_of_every_row_is_listed() -> None:
    """Not the first one only; each says where and what may help."""
    rows = [week(), week(opens="x", weekday=9, time_zone="Y"), week(closes="z")]
    _, issues = calendars_from_tables(rows, calendar_days=[day(calendar="d"), day(day="noday")])
    assert [issue.code for issue in issues] == [
        "unknown-zone", "bad-weekday", "bad-time", "bad-time", "unknown-calendar", "bad-date",
    ]  # fmt: skip
    assert issues[0].where == "calendars row 2"
    assert all(issue.advice.startswith("Maybe") for issue in issues)


def test_closing_before_opening_is_taken_as_a_night_and_named() -> None:
    """It may be a swap, so it is said."""
    assert monday([week(opens="22:00", closes="06:00")], []) == (2.0, ["closes-before-opens"])


def test_overlapping_rows_are_joined_and_named_only_while_both_hold() -> None:
    """Hours that follow each other in time do not overlap."""
    late = week(opens="12:00", closes="20:00")
    assert monday([week(), late], []) == (11.0, ["overlapping-hours"])
    split = date(2026, 2, 1)
    assert monday([week(valid_to=split), {**late, "valid_from": split}], []) == (8.0, [])


def test_the_newest_version_of_a_day_holds_whole() -> None:
    """Older spans of the day are gone, in any order of the rows."""
    old = [day(opens="08:00", closes="09:00", version=1), day(opens="10:00", closes="11:00", version=1)]
    new = [day(opens="12:00", closes="12:30", version=2)]
    assert monday([week()], old) == (2.0, [])
    assert monday([week()], old + new) == monday([week()], new + old) == (0.5, [])


def test_a_holiday_given_twice_counts_once_and_is_named() -> None:
    """Two lists of holidays were imported."""
    assert monday([week()], [day(), day()]) == (0.0, ["day-twice"])


def test_a_day_both_closed_and_open_is_named_and_open() -> None:
    """One version says two things."""
    assert monday([week()], [day(), day(opens="10:00", closes="11:00")]) == (1.0, ["closed-and-open"])


def test_a_special_day_outside_its_validity_does_not_hold() -> None:
    """Validity is about the day itself."""
    assert monday([week()], [day(valid_from=date(2026, 3, 3))]) == (8.0, [])
