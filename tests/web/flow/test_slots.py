"""Slots: rules laid over a local day, the nights the clocks change, and the last place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.web.flow.day import Day
from troth.web.flow import actions, appointments, slots
from troth.web.flow.models import SlotRule
from troth.web.people.models import CalendarDay

VILNIUS = ZoneInfo("Europe/Vilnius")
DAY = date(2026, 3, 26)


def _rule(**changes: object) -> SlotRule:
    given = {"weekday": 6, "opens": "01:00", "closes": "05:00", "slot_s": 1800, "buffer_s": 0, "capacity": 1}
    return SlotRule(**{**given, **changes})


def rule(bank: Day, **changes: object) -> SlotRule:
    """Make a rule of a Thursday: half an hour each from nine to eleven, two places."""
    given = {"weekday": 3, "opens": "09:00", "closes": "11:00", "capacity": 2, **changes}
    return SlotRule.objects.create(branch=bank.place.branch, service=bank.company.cash, **given)


def test_the_night_the_clocks_go_forward_has_two_slots_less() -> None:
    """From one to five there are three hours; no slot lies in the hour that is left out, and none is short."""
    laid = slots.lay_out([_rule()], day=date(2026, 3, 29), tz=VILNIUS)
    assert len(laid) == 6
    assert all(one.ends_at - one.starts_at == timedelta(minutes=30) for one in laid)
    shown = [one.starts_at.astimezone(VILNIUS).strftime("%H:%M") for one in laid]
    assert shown == ["01:00", "01:30", "02:00", "02:30", "04:00", "04:30"]


def test_the_night_the_clocks_go_back_has_two_slots_more() -> None:
    """From one to five there are five hours; the hour that comes twice has slots twice, as different instants."""
    laid = slots.lay_out([_rule()], day=date(2026, 10, 25), tz=VILNIUS)
    assert len({one.starts_at for one in laid}) == len(laid) == 10
    assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(laid))
    shown = [one.starts_at.astimezone(VILNIUS).strftime("%H:%M") for one in laid]
    assert shown.count("03:00") == 2


def test_an_opening_time_that_does_not_exist_is_when_the_clocks_pass_it() -> None:
    """A rule from 03:30 begins at four on the night without that hour."""
    laid = slots.lay_out([_rule(opens="03:30")], day=date(2026, 3, 29), tz=VILNIUS)
    assert [one.starts_at for one in laid] == [datetime(2026, 3, 29, 1, m, tzinfo=UTC) for m in (0, 30)]


def test_a_buffer_stays_free_after_each_slot() -> None:
    """Slots of 30 minutes with 15 between them: what does not fit whole is not offered."""
    laid = slots.lay_out([_rule(buffer_s=900, opens="09:00", closes="11:00")], day=date(2026, 4, 5), tz=VILNIUS)
    assert [one.starts_at.astimezone(VILNIUS).strftime("%H:%M") for one in laid] == ["09:00", "09:45", "10:30"]


def test_rules_hold_on_their_days_only() -> None:
    """Weekday and validity decide; of two rules with one start the places add up."""
    sunday = date(2026, 4, 5)
    other = _rule(weekday=0)
    over = _rule(valid_to=sunday)
    assert slots.lay_out([other, over], day=sunday, tz=VILNIUS) == []
    twice = slots.lay_out([_rule(), _rule(capacity=2)], day=sunday, tz=VILNIUS)
    assert {one.capacity for one in twice} == {3}


def test_a_closed_day_and_closed_hours_have_no_slots(bank: Day) -> None:
    """The branch's calendar cuts: not before eight, and not on a day that is closed."""
    rule(bank, opens="07:00", closes="09:00")
    found = appointments.free_slots(branch=bank.place.branch, service=bank.company.cash, day=DAY, now=bank.now)
    assert [one.starts_at.astimezone(VILNIUS).strftime("%H:%M") for one in found] == ["08:00", "08:30"]
    CalendarDay.objects.create(calendar=bank.company.hours, day=DAY, title="Holiday")
    assert not appointments.free_slots(branch=bank.place.branch, service=bank.company.cash, day=DAY, now=bank.now)


def test_what_has_begun_is_not_offered(bank: Day) -> None:
    """Today's past slots are gone from the list, and cannot be held by their instant."""
    rule(bank, weekday=2)
    now = datetime(2026, 3, 25, 7, 30, tzinfo=UTC)
    day = now.date()
    found = appointments.free_slots(branch=bank.place.branch, service=bank.company.cash, day=day, now=now)
    assert [one.starts_at for one in found] == [now + timedelta(minutes=30), now + timedelta(minutes=60)]
    for at, code in ((now, "slot-over"), (now + timedelta(minutes=1), "no-such-slot")):
        with pytest.raises(actions.Refused) as refused:
            appointments.hold(branch=bank.place.branch, service=bank.company.cash, starts_at=at, now=now)
        assert refused.value.code == code


def test_fewer_places_by_a_new_rule_take_nothing_away(bank: Day) -> None:
    """Two are booked, the rule now says one: both stay, nobody else gets in."""
    made = rule(bank)
    at = datetime(2026, 3, 26, 7, tzinfo=UTC)
    asked: dict[str, Any] = {
        "branch": bank.place.branch, "service": bank.company.cash, "starts_at": at, "now": bank.now
    }  # fmt: skip
    for _ in range(2):
        appointments.hold(**asked)
    made.capacity = 1
    made.save()
    found = appointments.free_slots(branch=bank.place.branch, service=bank.company.cash, day=DAY, now=bank.now)
    assert at not in {one.starts_at for one in found}
    with pytest.raises(actions.Refused) as refused:
        appointments.hold(**asked)
    assert refused.value.code == "slot-full"
