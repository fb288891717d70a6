"""A plan goes on to rosters and to the lake."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import numpy as np

from tests.capacity.staffing.centres import centre, poisson, queue
from troth.capacity.roster import SlotNeed
from troth.capacity.staffing import LevelOver, SkillGroup, StaffingParams, requirement_rows, slot_needs, solve
from troth.capacity.staffing.needs import interval_rows
from troth.capacity.staffing.page import render
from troth.log.reference import TABLES

_FORMULA = StaffingParams(twin=False)


def test_slots_of_a_roster_are_those_of_the_wall_clock() -> None:
    """Ten o'clock in Vilnius is slot 40 of its day; floors, planned people and prices come with it, halves of an interval share a price."""
    group = SkillGroup("all", ("calls",), least=2, out_of_office=0.2)
    plan = solve(replace(centre(queue(), groups=(group,)), time_zone="Europe/Vilnius"), params=_FORMULA)
    (need,) = slot_needs(plan, first=date(2026, 3, 2), days=1)
    slots = SlotNeed(**asdict(need))
    assert slots.activity == "all" and len(slots.wanted) == 96
    assert slots.wanted[39] == 0 and slots.wanted[40] == slots.wanted[41] == int(plan.scheduled[0, 0])
    assert slots.wanted[40 + 24] == 0 and sum(w > 0 for w in slots.wanted) == 24
    assert set(slots.floor) == {0, 2}
    assert slots.under[40] == plan.loss_cents[0, 0] / 2


def test_an_hour_that_comes_twice_counts_with_its_larger_need() -> None:
    """On the day the clocks go back the roster still has 96 slots, and nobody is lost."""
    start = datetime(2026, 10, 24, 21, tzinfo=UTC)  # midnight in Vilnius; 25 hours
    arrivals = poisson(20, intervals=50)
    plan = solve(replace(centre(queue(arrivals=arrivals)), start=start, time_zone="Europe/Vilnius"), params=_FORMULA)
    (need,) = slot_needs(plan, first=date(2026, 10, 25), days=1, slot_minutes=30)
    assert len(need.wanted) == 48 and min(need.wanted) > 0
    assert need.wanted[6] == max(plan.staff[0, 6], plan.staff[0, 8])


def test_requirements_are_rows_of_the_reference_table() -> None:
    """Rows have the table's columns, one for each open interval of each group."""
    plan = solve(centre(queue(over=LevelOver.INTERVAL)), params=_FORMULA)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    rows = requirement_rows(plan, snapshot="s", issued_at=now, recorded_at=now, teams={"all": "voice"})
    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted(TABLES["requirements"].schema.names))}
    assert [row["agents"] for row in rows] == plan.staff[0].astype(float).tolist()
    assert {row["team"] for row in rows} == {"voice"}


def test_intervals_and_page_tell_the_plan() -> None:
    """Every interval has its row, and the page its answer."""
    plan = solve(centre(queue(), queue("en", 3), groups=(SkillGroup("all", ("calls", "en")),)), params=_FORMULA)
    assert [row["staff"] for row in interval_rows(plan)] == plan.staff[0].tolist()
    shown = render(plan)
    assert "How many people are needed?" in shown and "en" in shown
    assert np.array_equal(plan.plot().data[-1].y[:-1], plan.staff.sum(axis=0))
