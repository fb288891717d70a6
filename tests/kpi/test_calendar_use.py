"""Which calendar holds for which row, and what happens when it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from troth.core.errors import InputError
from troth.core.time import Calendar, from_micros
from troth.kpi.calendar_use import CalendarUse, Coded, SwitchRule, days_apart
from troth.kpi.clocks import Pauses

OFFICE = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")
LATE = Calendar.weekly("late", time_zone="UTC", hours="Mon-Sun 12:00-24:00")
RIGA = Calendar.weekly("riga", time_zone="Europe/Riga", hours="Mon-Sun 00:00-24:00")
CALENDARS = {"office": OFFICE, "late": LATE, "riga": RIGA}


def use(dimension: str, member: str, calendar: str, since: Any = None, until: Any = None) -> dict[str, Any]:
    """Return a row of `calendar_use`."""
    return {"dimension": dimension, "member": member, "calendar": calendar, "valid_from": since, "valid_to": until}


def times(*texts: str) -> np.ndarray:
    """Return instants written in UTC."""
    return np.array(texts, dtype="datetime64[us]")


def test_oracle_two_schedules_accumulate_all_against_last_only() -> None:
    """dbt_zendesk DECISIONLOG: 959.46 minutes over both schedules, 689.46 by the last alone."""
    chicago = Calendar.weekly("chicago", time_zone="America/Chicago", hours="Mon-Sun 07:00-21:00")
    francisco = Calendar.weekly("francisco", time_zone="America/Los_Angeles", hours="Mon-Fri 08:00-17:30")
    opened, changed, replied = (
        datetime(2020, 9, 27, tzinfo=UTC) + timedelta(minutes=minute) for minute in (3902, 5461.25, 5461.46)
    )
    rows = [use("team", "t", "chicago", None, changed), use("team", "t", "francisco", changed)]
    found = CalendarUse({"chicago": chicago, "francisco": francisco}, rows).apply({"team": ["t"]}, rows=1)
    start, end = (np.array([np.datetime64(one.replace(tzinfo=None), "us")]) for one in (opened, replied))
    assert found.elapsed(start, end)[0] / 60 == pytest.approx(959.46)
    assert found.elapsed(start, end, rule=SwitchRule.AT_END)[0] / 60 == pytest.approx(689.46)
    assert found.elapsed(start, end, rule=SwitchRule.AT_START)[0] / 60 == pytest.approx(538 + 421.46)
    assert (found.names(start), found.names(end)) == (["chicago"], ["francisco"])


def test_the_strongest_dimension_that_says_something_counts() -> None:
    """A customer's calendar goes before the queue's, and the default holds where none is named."""
    rows = [use("queue", "q", "office"), use("customer", "c", "late")]
    found = CalendarUse(CALENDARS, rows).apply(
        {"queue": ["q", "q", "x", None], "customer": ["c", None, "c", "y"]}, rows=4
    )
    assert found.names(times(*["2026-03-02"] * 4)) == ["late", "office", "late", "24x7"]


def test_dates_are_those_of_the_named_calendar() -> None:
    """A change on 3 March in Riga happens at 22:00 UTC of 2 March."""
    rows = [use("site", "s", "office"), use("site", "s", "riga", date(2026, 3, 3))]
    found = CalendarUse(CALENDARS, rows).apply({"site": ["s", "s"]}, rows=2)
    assert found.names(times("2026-03-02T21:59:59", "2026-03-02T22:00")) == ["office", "riga"]


def test_the_row_that_began_last_holds_and_gives_way_when_it_ends() -> None:
    """A month of late hours, then as before; a missing instant has no calendar."""
    rows = [use("site", "s", "late", date(2026, 3, 1), "2026-04-01"), use("site", "s", "office", date(2026, 1, 1))]
    found = CalendarUse(CALENDARS, rows).apply({"site": ["s"] * 5}, rows=5)
    names = found.names(times("2025-12-31", "2026-02-28", "2026-03-01", "2026-04-01", "NaT"))
    assert names == ["24x7", "office", "late", "office", None]


def test_rows_of_many_members_equal_their_own_calendars() -> None:
    """Random members, dates and pauses: every row is as if it were alone."""
    rng = np.random.default_rng(5)
    rows = [use("queue", f"q{i}", ["office", "late"][i % 2], date(2026, 3, 1 + i)) for i in range(8)]
    rows += [use("team", "t1", "riga", date(2026, 3, 4), date(2026, 3, 9))]
    queues, teams = rng.integers(-1, 10, 200), rng.integers(-1, 3, 200)
    start = rng.integers(1_772_000_000, 1_773_500_000, 200) * 1_000_000
    end = start + rng.integers(0, 10**6, 200) * 1_000_000
    calendars = CalendarUse(CALENDARS, rows, default="office")
    members: dict[str, Coded | list[str | None]] = {
        "queue": Coded(queues, [f"q{i}" for i in range(10)]),
        "team": [None if team < 0 else f"t{team}" for team in teams.tolist()],
    }
    found = calendars.apply(members, rows=200)
    pauses = Pauses(np.arange(200), start + 10**9, start + 2 * 10**9)
    together = found.elapsed(start, end)
    paused = found.elapsed(start, end, pauses=pauses)
    for place in range(200):
        calendar = _plain(queues[place], teams[place])
        low, high = from_micros(int(start[place])), from_micros(int(end[place]))
        assert together[place] == pytest.approx(calendar.open_seconds(low, high))
        begin, finish = (min(high, low + timedelta(seconds=pause)) for pause in (1000, 2000))
        assert paused[place] == pytest.approx(together[place] - calendar.open_seconds(begin, finish))


def _plain(queue: int, team: int) -> Calendar:
    """Return the calendar of a queue and team, put together by hand."""
    own = OFFICE
    if 0 <= queue < 8:
        own = OFFICE.then(datetime(2026, 3, 1 + queue, tzinfo=UTC), calendar=[OFFICE, LATE][queue % 2])
    if team == 1 and not 0 <= queue < 8:
        since, until = datetime(2026, 3, 3, 22, tzinfo=UTC), datetime(2026, 3, 8, 22, tzinfo=UTC)
        return OFFICE.then(since, calendar=RIGA).then(until, calendar=OFFICE)
    if team == 1:
        # The queue goes before the team, from the day it has a calendar of its own.
        begins = datetime(2026, 3, 1 + queue, tzinfo=UTC)
        since, until = datetime(2026, 3, 3, 22, tzinfo=UTC), datetime(2026, 3, 8, 22, tzinfo=UTC)
        if begins > since:
            return OFFICE.then(since, calendar=RIGA).then(min(begins, until), calendar=own)
    return own


def test_due_and_same_business_day_follow_the_change() -> None:
    """An hour promised just before the change goes on by the new calendar."""
    rows = [use("team", "t", "office"), use("team", "t", "late", datetime(2026, 3, 2, 16, 30, tzinfo=UTC))]
    found = CalendarUse(CALENDARS, rows).apply({"team": ["t"]}, rows=1)
    assert found.due(times("2026-03-02T16:00"), seconds=7200).tolist() == times("2026-03-02T18:00").tolist()
    assert found.same_business_day(times("2026-03-02T16:00"), times("2026-03-02T23:00")).tolist() == [True]


def test_every_bad_row_is_named_and_left_out() -> None:
    """All of them, with advice."""
    rows = [
        use("mood", "m", "office"),
        use("team", "", "x"),
        use("team", "t", "office", "soon"),
        use("team", "u", "late"),
    ]
    calendars = CalendarUse(CALENDARS, rows)
    assert [issue.code for issue in calendars.issues] == ["bad-dimension", "no-name", "unknown-calendar", "bad-date"]
    assert all(issue.advice.startswith("Maybe") for issue in calendars.issues)
    assert calendars.apply({"team": ["t", "u"]}, rows=2).names(times("2026-03-02", "2026-03-02")) == ["24x7", "late"]
    with pytest.raises(InputError, match="unknown-calendar"):
        CalendarUse(CALENDARS, default="missing")


def test_days_apart_are_special_days_and_what_follows_up_to_the_next_usual_one() -> None:
    """A closed Friday makes the Monday after it apart as well; a day open as usual ends it."""
    days = [date(2026, 4, 3), date(2026, 4, 8), date(2026, 4, 9)]
    office = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00", closed=days)
    found = {date(1970, 1, 1) + timedelta(days=day) for day in days_apart(office)}
    assert sorted(day.day for day in found) == [3, 4, 5, 6, 8, 9, 10]
    assert days_apart(OFFICE) == frozenset()
