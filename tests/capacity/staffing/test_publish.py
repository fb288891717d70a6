"""A requirement that was published is read back as it was, counts in the KPI, and meets the roster's people in the mix."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.capacity.staffing.centres import T0, centre, queue
from tests.kpi.logs import Event, lake_of, story
from troth.capacity.staffing import (
    LevelOver,
    SkillGroup,
    StaffingParams,
    StaffingPlan,
    publish_requirements,
    published_gap,
    solve,
)
from troth.core.errors import InputError
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.references import read_reference

EVE = T0 - timedelta(days=1)


def _plan(**more: Any) -> StaffingPlan:
    """Return a plan of two groups, six hours of half-hours from eight."""
    groups = (SkillGroup("lt", ("calls",)), SkillGroup("both", ("calls", "en")))
    both = (queue(over=LevelOver.INTERVAL), queue("en", 4, over=LevelOver.INTERVAL))
    return solve(centre(*both, groups=groups, **more), params=StaffingParams(twin=False))


def test_people_come_back_by_team_once(lake: Path) -> None:
    """Groups of one team are added up; published twice it is there once; other numbers need another time."""
    plan, teams = _plan(), {"lt": "voice", "both": "voice"}
    given: dict[str, Any] = {"issued_at": EVE, "recorded_at": EVE, "site": "hall", "teams": teams}
    told, doubts = publish_requirements(Lake(lake), plan=plan, **given)
    again, _ = publish_requirements(Lake(lake), plan=plan, **(given | {"recorded_at": EVE + timedelta(hours=1)}))
    rows = sorted(read_reference(Lake(lake), "requirements"), key=lambda row: row["starts_at"])
    assert (told.rows, again.rows, again.snapshot, doubts) == (12, 0, told.snapshot, [])
    assert [row["agents"] for row in rows] == plan.staff.sum(axis=0).tolist()
    assert {(row["team"], row["site"], row["queue"]) for row in rows} == {("voice", "hall", None)}
    assert [row["starts_at"] for row in rows] == plan.problem.instants()[:-1]
    other = replace(plan, staff=plan.staff + 1)
    with pytest.raises(InputError) as caught:
        publish_requirements(Lake(lake), plan=other, **given)
    assert [(one.code, one.where) for one in caught.value.issues] == [("already-published", "team voice")]
    later = given | {"issued_at": EVE + timedelta(hours=2), "recorded_at": EVE + timedelta(hours=2)}
    assert publish_requirements(Lake(lake), plan=other, **later)[0].rows == 12


def test_what_cannot_be_published_is_told_together(lake: Path) -> None:
    """Times that are swapped and groups that are none; intervals that had begun are a doubt."""
    with pytest.raises(InputError) as caught:
        publish_requirements(Lake(lake), plan=_plan(), issued_at=T0, recorded_at=EVE, teams={"x": "voice"})
    assert {one.code for one in caught.value.issues} == {"issued-later", "unknown-group"}
    noon = T0 + timedelta(hours=1)
    _, (doubt,) = publish_requirements(Lake(lake), plan=_plan(), issued_at=noon, recorded_at=noon)
    assert doubt.code == "begun-before" and doubt.count == 4  # two half-hours of two groups


def test_the_kpi_is_of_the_published_requirement(lake: Path) -> None:
    """As many as needed are there in the first hour, one too few in the second."""
    plan = _plan()
    plan = replace(plan, staff=np.where(np.arange(12) < 4, np.array([[1], [1]]), 0))
    closed = np.arange(12) < 4
    groups = tuple(replace(one, open=closed) for one in plan.problem.groups)
    plan = replace(plan, problem=replace(plan.problem, groups=groups))
    events: list[Event] = []
    for name, hours in (("ada", 2), ("bob", 1)):
        who: dict[str, Any] = {"agent_id": name, "team": "voice", "site": "hall"}
        events += [
            Event(T0, "shift_started", f"{name} begins", **who), Event(T0, "state_changed", f"{name} is there", step="available", **who),
            Event(T0 + timedelta(hours=hours), "shift_ended", f"{name} goes", **who),
        ]  # fmt: skip
    events += story(
        (T0.isoformat(), "queued"), ((T0 + timedelta(hours=9)).isoformat(), "ended"), contact_id="k", site="hall"
    )
    made = lake_of(lake, events)
    publish_requirements(
        made, plan=plan, issued_at=EVE, recorded_at=EVE, site="hall", teams={"lt": "voice", "both": "voice"}
    )
    figure, *_ = query(Lake(lake), Query(kpis=("load.staffing",), time_zone="UTC"))
    assert (figure.id, figure.value, figure.n) == ("load.staffing", 0.5, 4)


def _row(**more: Any) -> dict[str, Any]:
    return {"valid_from": None, "valid_to": None, "recorded_at": EVE, "site": "hall"} | more


def test_the_gap_is_what_is_published_against_who_is_rostered() -> None:
    """The newest requirement counts, a break is taken off, other teams are not ours."""
    hour = timedelta(hours=1)
    needs = [
        _row(team=team, starts_at=T0, ends_at=T0 + 2 * hour, agents=count, issued_at=EVE + n * hour)
        for n, (team, count) in enumerate((("voice", 9.0), ("voice", 2.0), ("digital", 7.0)))
    ]
    members = [_row(agent_id="ada", team="voice"), _row(agent_id="bob", team="digital")]
    plans = [_row(agent_id=name, state="shift", starts_at=T0, ends_at=T0 + hour) for name in ("ada", "bob")]
    plans.append(_row(agent_id="ada", state="break", starts_at=T0 + hour / 2, ends_at=T0 + 0.75 * hour))
    tables = {"requirements": needs, "schedules": plans, "memberships": members}
    needed, there = published_gap(tables, team="voice", start=T0, days=1)
    assert needed[:5].tolist() == [2, 2, 2, 2, 0] and there[:3].tolist() == [1.0, 0.5, 0.0]
    with pytest.raises(InputError) as caught:
        published_gap(tables | {"requirements": []}, team="field", start=T0, days=1)
    assert {one.code for one in caught.value.issues} == {"nobody", "no-requirements"}
    with pytest.raises(InputError) as caught:
        published_gap(tables, team="voice", start=datetime(2026, 4, 1, tzinfo=UTC), days=1)
    assert {one.code for one in caught.value.issues} == {"no-roster", "no-requirements"}
