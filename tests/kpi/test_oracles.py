"""Published figures, each through the real way: events into a lake, a question, a number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kpi.logs import Event, hours, lake_of, put_reference, special, story
from troth.core.time import calendars_from_tables, to_micros
from troth.kpi.calendar_use import CalendarUse, SwitchRule
from troth.kpi.definition import Figure
from troth.kpi.explain import explain
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.references import read_reference

AGENT = {"agent_id": "ana"}
BOT = {"agent_id": "bot", "actor": "bot"}


def figure(lake: Lake, name: str, **asked: Any) -> Figure:
    """Return one KPI in one variant over the whole log."""
    kpi, _, variant = name.partition("/")
    return next(f for f in query(lake, Query(kpis=(kpi,), **asked)) if f.variant == variant)


def test_a_reply_after_a_bot_counts_from_the_reopening(lake: Path) -> None:
    """Chatwoot pull request 12058: bot resolves at 9:05, reopened Friday 14:00, a person replies at 14:10: 10 minutes."""
    events = story(
        ("2026-03-02 09:00", "opened"),
        ("2026-03-02 09:01", "message_sent", BOT),
        ("2026-03-02 09:05", "resolved", BOT),
        ("2026-03-06 14:00", "reopened"),
        ("2026-03-06 14:10", "message_sent", AGENT),
        case_id="c",
    )
    found = lake_of(lake, events)
    assert figure(found, "speed.first_reply").value == 600.0
    assert figure(found, "speed.first_reply/with_bot").value == 60.0
    four_days = timedelta(days=4, hours=5, minutes=10)
    assert (events[-1].at - events[0].at) == four_days, "what a count from the creation would say"


def _calls() -> list[Event]:
    """Return 100 queued calls: 70 answered and 10 abandoned within 20 s, 20 answered later."""
    events: list[Event] = []
    ways = [("answered", 15, 70), ("abandoned", 20, 10), ("answered", 60, 20)]
    number = 0
    for activity, wait, count in ways:
        for _ in range(count):
            queued = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(minutes=number)
            who = AGENT if activity == "answered" else {}
            lines = ((str(queued)[:19], "queued"), (str(queued + timedelta(seconds=wait))[:19], activity, who))
            events += story(*lines, contact_id=f"k{number}")
            number += 1
    return events


def test_service_level_by_three_formulas(lake: Path) -> None:
    """Of 100 queued 70 are answered and 10 abandoned in time: Connect says 80 %, others 70 or 70/90."""
    found = lake_of(lake, _calls())
    assert figure(found, "sla.service_level").value == 0.8
    assert figure(found, "sla.service_level/answered").value == 0.7
    assert figure(found, "sla.service_level/without_short_abandons").value == pytest.approx(70 / 90)
    assert figure(found, "sla.service_level/without_short_abandons").n == 90
    assert figure(found, "flow.abandonment").value == 0.1


def test_business_reply_time_over_two_schedules(lake: Path) -> None:
    """dbt_zendesk DECISIONLOG: 959.46 minutes by the calendar in force at each time, 689.46 by the last alone."""
    start = datetime(2020, 9, 27, tzinfo=UTC)
    # Their minutes of the week are UTC: Chicago 7-21 local is 12:00-26:00, San Francisco 8:00-17:30 is 15:00-24:30.
    opened, changed, replied = (start + timedelta(minutes=m) for m in (3902, 5461.25, 5461.46))
    chicago = hours("chicago", ("07:00", "21:00"), days=range(7), time_zone="America/Chicago")
    francisco = hours("francisco", ("08:00", "17:30"), time_zone="America/Los_Angeles")
    events = [
        Event(opened, "opened", "1", case_id="c", team="t"),
        Event(replied, "message_sent", "2", case_id="c", team="t", agent_id="ana"),
    ]
    found = lake_of(lake, events, calendars=[*chicago, *francisco])
    by_last = figure(found, "speed.first_reply/business", calendar="francisco").value
    assert by_last is not None and by_last / 60 == pytest.approx(689.46)
    by_first = figure(found, "speed.first_reply/business", calendar="chicago").value
    assert by_first is not None and by_first / 60 == pytest.approx(538 + 421.46)
    # Through the table of uses, whose changes are at midnight: Chicago up to the day of the reply.
    uses: list[dict[str, Any]] = [
        {"dimension": "team", "member": "t", "calendar": "chicago"},
        {"dimension": "team", "member": "t", "calendar": "francisco", "valid_from": date(2020, 9, 30)},
    ]
    put_reference(found, "calendar_use", uses)
    split = figure(found, "speed.first_reply/business").value
    assert split is not None and split / 60 == pytest.approx(538 + 241.46)
    # With the change at its second, on the times the KPI runs between and the calendars of the lake.
    (row,) = explain(found, kpi="speed.first_reply", case="c").rows
    assert row.start is not None and row.end is not None
    calendars, _ = calendars_from_tables(read_reference(found, "calendars"))
    uses[1]["valid_from"] = changed
    held = CalendarUse(calendars, uses).apply({"team": [row.members["team"]]}, rows=1)
    since, until = (np.array([to_micros(event.occurred_at)]) for event in (row.start, row.end))
    assert held.elapsed(since, until)[0] / 60 == pytest.approx(959.46)
    assert held.elapsed(since, until, rule=SwitchRule.AT_END)[0] / 60 == pytest.approx(689.46)


def _opened_and(end: str, activity: str, *, opened: str, **common: Any) -> list[Event]:
    return story((opened, "opened"), (end, activity, AGENT), case_id="c", **common)


def test_friday_half_past_four_and_one_hour(lake: Path) -> None:
    """Chatwoot pull request 13392: Monday to Friday 9-17, an hour from Friday 16:30 is over on Monday at 9:30."""
    events = _opened_and("2026-03-09 09:30", "message_sent", opened="2026-03-06 16:30")
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")))
    assert figure(found, "speed.first_reply/business", calendar="office").value == 3600.0
    assert figure(found, "speed.first_reply").value == 65 * 3600.0


def test_five_minutes_before_the_close_and_five_after_the_opening(lake: Path) -> None:
    """GLPI issue 1857: opened 17:55, solved 8:05 the next day, hours 8-18: 10 minutes; nights are not work."""
    events = _opened_and("2026-03-03 08:05", "resolved", opened="2026-03-02 17:55")
    found = lake_of(lake, events, calendars=hours("office", ("08:00", "18:00")))
    assert figure(found, "speed.resolution/business", calendar="office").value == 600.0
    assert figure(found, "speed.resolution").value == (14 * 60 + 10) * 60.0


def test_one_touch_without_any_reply(lake: Path) -> None:
    """Zendesk's formula takes a case solved without a reply as one touch; dbt_zendesk does not."""
    events = _opened_and("2026-03-02 10:00", "resolved", opened="2026-03-02 09:00", team="silent")
    twice = [(f"2026-03-02 09:{minute}", "message_sent", AGENT) for minute in (10, 20)]
    events += story(("2026-03-02 09:00", "opened"), *twice, ("2026-03-02 10:00", "resolved"), case_id="d", team="busy")
    found = lake_of(lake, events)
    # Of the two cases one has no reply and one has two.
    assert figure(found, "outcome.first_contact/touch_zendesk").value == 0.5
    assert figure(found, "outcome.first_contact/touch").value == 0.0


def test_two_intervals_a_day(lake: Path) -> None:
    """From 12:50 to 13:40 with a break from 13:00 to 13:30 there are 20 open minutes."""
    events = _opened_and("2026-03-02 13:40", "message_sent", opened="2026-03-02 12:50")
    found = lake_of(lake, events, calendars=hours("shop", ("09:00", "13:00"), ("13:30", "18:00")))
    assert figure(found, "speed.first_reply/business", calendar="shop").value == 1200.0


@pytest.mark.parametrize(
    ("opened", "replied", "wall", "business"),
    [
        # Spring: 2 to 5 on the clock are two hours, an hour of them the night shift's last, and noon to noon is 23.
        ("2026-03-29 02:00", "2026-03-29 05:00", 2, 2),
        ("2026-03-28 12:00", "2026-03-29 12:00", 23, 7),
        # Autumn: the clock shows 3 to 4 twice.
        ("2026-10-25 02:00", "2026-10-25 05:00", 4, 4),
        ("2026-10-24 12:00", "2026-10-25 12:00", 25, 9),
    ],
)
def test_days_of_23_and_25_hours(lake: Path, opened: str, replied: str, wall: float, business: float) -> None:
    """Time is what passed, not what the clock shows: nights from 22 to 6 have seven or nine hours then."""
    from tests.kpi.logs import VILNIUS

    events = story((opened, "opened"), (replied, "message_sent", AGENT), tz=VILNIUS, case_id="c")
    found = lake_of(
        lake, events, calendars=hours("night", ("22:00", "30:00"), days=range(7), time_zone="Europe/Vilnius")
    )
    assert figure(found, "speed.first_reply").value == wall * 3600
    assert figure(found, "speed.first_reply/business", calendar="night").value == business * 3600


def test_overlapping_edits_of_one_holiday(lake: Path) -> None:
    """A day closed by one version and opened for two hours by the next is open for those two hours, counted once."""
    days = [
        *special("office", "2026-03-03", version=1),
        *special("office", "2026-03-03", ("10:00", "12:00"), version=2),
    ]
    days += special("office", "2026-03-03", ("10:00", "12:00"), version=2)
    events = _opened_and("2026-03-04 10:00", "message_sent", opened="2026-03-02 16:00")
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")), calendar_days=days)
    assert figure(found, "speed.first_reply/business", calendar="office").value == (1 + 2 + 1) * 3600.0


def test_nights_are_no_work_and_the_same_day_ends_at_its_close(lake: Path) -> None:
    """What comes after hours belongs to the next business day, and is answered the same day until that one's close."""
    events = [
        *story(("2026-03-02 20:00", "opened"), ("2026-03-03 16:59", "message_sent", AGENT), case_id="late"),
        *story(("2026-03-02 16:00", "opened"), ("2026-03-03 09:01", "message_sent", AGENT), case_id="next"),
        *story(("2026-03-06 18:00", "opened"), ("2026-03-09 09:30", "message_sent", AGENT), case_id="weekend"),
        *story(("2026-03-03 10:00", "opened"), case_id="never"),
    ]
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")))
    same_day = figure(found, "speed.same_day", calendar="office")
    assert (same_day.value, same_day.n) == (0.5, 4)
    reply = figure(found, "speed.first_reply/business", calendar="office")
    assert reply.value == pytest.approx((7 * 3600 + 59 * 60 + 3600 + 60 + 1800) / 3)


def test_bots_are_no_people(lake: Path) -> None:
    """What a bot answers is neither answered by a person nor handled, and takes no part in times of people."""
    events = [
        *story(
            ("2026-03-02 09:00", "arrived"),
            ("2026-03-02 09:00:01", "answered", BOT),
            ("2026-03-02 09:01", "message_sent", BOT),
            ("2026-03-02 09:05", "ended", BOT),
            contact_id="k1",
            case_id="c1",
        ),
        *story(
            ("2026-03-02 09:00", "queued"),
            ("2026-03-02 09:02", "answered", AGENT),
            ("2026-03-02 09:06", "ended"),
            contact_id="k2",
            case_id="c2",
        ),
    ]
    found = lake_of(lake, events)
    answer = figure(found, "speed.answer")
    assert (answer.value, answer.n) == (120.0, 1)
    assert (figure(found, "speed.handle").value, figure(found, "speed.handle").n) == (240.0, 1)
    assert figure(found, "speed.first_reply").n == 1
    assert figure(found, "speed.first_reply/with_bot").n == 2
    assert figure(found, "flow.abandonment").n == 1


def test_going_back_to_the_queue_is_no_service(lake: Path) -> None:
    """Called and sent back, then served, set aside and served again: only the two stretches of service count."""
    events = story(
        ("2026-03-02 09:00", "queued"),
        ("2026-03-02 09:10", "called", AGENT),
        ("2026-03-02 09:11", "returned"),
        ("2026-03-02 09:20", "answered", AGENT),
        ("2026-03-02 09:25", "parked", AGENT),
        ("2026-03-02 10:00", "answered", AGENT),
        ("2026-03-02 10:03", "ended", AGENT),
        ("2026-03-02 10:04", "wrapped", AGENT),
        contact_id="k",
    )
    found = lake_of(lake, events)
    assert figure(found, "speed.handle/service").value == 8 * 60.0
    assert figure(found, "speed.handle").value == 9 * 60.0
    assert not figure(found, "speed.handle").approximate
