"""Billable hours, calibration, errors and ideas, and paid time of those who serve: cases reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, lake_of, story
from troth.core.time import Step
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.stats import Scale, krippendorff_alpha

#: From a Monday.
_START = datetime(2026, 3, 2, tzinfo=UTC)


def _at(hour: float, *, day: int = 2) -> datetime:
    return _START + timedelta(days=day - 2, hours=hour)


def _figure(lake: Lake, name: str, **asked: Any) -> Figure:
    return query(lake, Query(kpis=(name,), **asked))[0]


def _booked(day: int, hours: float, *, agent: str = "ada", billable: Any = True) -> Event:
    note = {} if billable is None else {"billable": billable}
    return Event(
        _at(17, day=day), "time_logged", f"{agent}{day}{billable}", agent_id=agent, site="firm", subject_kind="project",
        subject_id="p", value=hours, attributes=note,
    )  # fmt: skip


def _shift(day: int, *, agent: str, site: str, hours: float = 8) -> list[Event]:
    who: dict[str, Any] = {"agent_id": agent, "site": site}
    return [
        Event(_at(8, day=day), "shift_started", f"{agent}{day}s", **who),
        Event(_at(8 + hours, day=day), "shift_ended", f"{agent}{day}e", **who),
    ]


# ---- billable hours -------------------------------------------------------------------------------------------------


def _firm(folder: Path, **tables: Any) -> Lake:
    """Two weeks of Ada at 40 hours, who logs 30 billable ones a week, and of Bob, who logs none and is nobody's."""
    events = [_booked(day, 6.0) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    events += [_booked(2, 1.0, billable=False), _booked(3, 0.5, billable=None)]
    contracts = [{"agent_id": "ada", "hours_per_week": 40.0}, {"agent_id": "bob", "hours_per_week": 40.0}]
    members = [{"agent_id": "ada", "team": "north", "site": "firm"}]
    known: dict[str, Any] = {"contracts": contracts, "memberships": members}
    return lake_of(folder, events, **known | tables)


def test_thirty_of_forty_hours_are_billable(tmp_path: Path) -> None:
    """Gross 60 of 80 hours; a leave of two days and a closed day make it 60 of 56; who never logs time is aside."""
    leave = [{"agent_id": "ada", "starts_at": _at(0, day=9), "ends_at": _at(0, day=11)}]
    tables = {
        "leave": leave,
        "calendar_use": [{"dimension": "site", "member": "firm", "calendar": "hours"}],
        "calendar_days": [
            {"calendar": "hours", "day": date(2026, 3, 13)},
            {"calendar": "hours", "day": date(2026, 3, 12), "opens": "09:00", "closes": "12:00"},
            {"calendar": "other", "day": date(2026, 3, 4)},
        ],
    }
    lake = _firm(tmp_path / "lake", **tables)
    assert _figure(lake, "load.billable/gross").value == pytest.approx(60 / 80)
    assert _figure(lake, "load.billable/").value == pytest.approx(60 / 56)
    weeks = query(lake, Query(kpis=("load.billable/gross",), every=Step.WEEK, by=("team",)))
    assert [f.by["team"] for f in weeks] == ["north"] * 2
    assert [f.value for f in weeks] == pytest.approx([30 / 40] * 2)
    by_agent = query(lake, Query(kpis=("load.billable/",), every=Step.WEEK, by=("agent",)))
    assert {f.by["agent"] for f in by_agent} == {"ada"}
    assert [f.value for f in by_agent] == pytest.approx([30 / 40, 30 / 16])


def test_a_contract_holds_from_day_to_day(tmp_path: Path) -> None:
    """Forty hours a week until Wednesday, twenty from then on: 3 days of 8 and 7 of 4 hours."""
    contracts = [
        {"agent_id": "ada", "hours_per_week": 40.0},
        {"agent_id": "ada", "hours_per_week": 20.0, "valid_from": date(2026, 3, 5)},
    ]
    found = _figure(_firm(tmp_path / "lake", contracts=contracts), "load.billable/")
    assert found.value == pytest.approx(60 / (3 * 8 + 7 * 4))
    assert found.n == 10


def test_without_contracts_there_is_no_billable_utilisation(tmp_path: Path) -> None:
    """Hours that were logged, over nothing that is known, are no figure."""
    lake = _firm(tmp_path / "lake", contracts=[])
    assert _figure(lake, "load.billable/").value is None


# ---- paid time of those who serve -----------------------------------------------------------------------------------


def _company(folder: Path) -> Lake:
    """A clerk who serves four and settles two, a fitter who does neither, and a consultant who answers one between projects."""
    events = _shift(2, agent="clerk", site="hall") + _shift(2, agent="fitter", site="road")
    events += _shift(2, agent="guru", site="firm", hours=10)
    for k in range(4):
        events += story(
            (f"2026-03-02 {9 + k:02}:00", "queued"), (f"2026-03-02 {9 + k:02}:05", "answered", {"agent_id": "clerk"}),
            (f"2026-03-02 {9 + k:02}:30", "ended", {"agent_id": "clerk"}), contact_id=f"k{k}", site="hall", service="loan",
        )  # fmt: skip
    for k in range(2):
        events += story(
            ("2026-03-02 09:00", "opened"),
            ("2026-03-02 12:00", "resolved", {"agent_id": "clerk"}),
            case_id=f"c{k}",
            site="hall",
        )
    events += story(
        ("2026-03-02 10:00", "message_received", {"direction": "in"}),
        ("2026-03-02 10:30", "message_sent", {"agent_id": "guru", "direction": "out"}), contact_id="mail", site="firm",
    )  # fmt: skip
    events += [_booked(2, 6.0, agent="guru"), _booked(2, 2.0, agent="guru", billable=False)]
    rates = [{"cents_per_hour": 2000, "currency": "EUR"}]
    return lake_of(folder, events, rates=rates, services=[{"service": "loan", "standard_s": 1800.0}])


@pytest.mark.parametrize(
    ("name", "now", "before"),
    [
        # Five contacts in the clerk's eight hours and a quarter of the consultant's ten; before, in all 26.
        ("load.throughput/contacts", 5 / 10.5, 5 / 26),
        ("cost.per_unit", 2000 * 10.5 / 5, 2000 * 26 / 5),
        ("load.throughput", 2 / 8, 2 / 26),
        ("load.throughput/person_day", 2 / 1, 2 / 3),
        ("cost.per_unit/case", 2000 * 8 / 2, 2000 * 26 / 2),
        ("load.throughput/standard_time", 2 / 10.5, 2 / 26),
        ("flow.served_per_hour/staffed", 4 / 8, 4 / 26),
    ],
)
def test_only_the_time_of_those_who_serve_counts(tmp_path: Path, name: str, now: float, before: float) -> None:
    """The second version of figures over paid time, and the first, which is kept and can be asked for by its day."""
    lake = _company(tmp_path / "lake")
    found = query(lake, Query(kpis=(name if "/" in name else f"{name}/",)))[0]
    assert found.value == pytest.approx(now)
    assert found.definition == f"{name}@2"
    old = Query(kpis=(name if "/" in name else f"{name}/",), as_of=date(2026, 11, 26))
    (first,) = query(lake, old)
    assert first.value == pytest.approx(before)
    assert first.definition == f"{name}@1"
    assert [one.version for one in catalogue()[name].earlier] == [1]


# ---- calibration ----------------------------------------------------------------------------------------------------


def _session(scores: dict[str, dict[str, float]], agreed: dict[str, float]) -> list[Event]:
    """Return a session an hour: blind scores by work and grader, then what was agreed."""
    found = []
    for hour, (work, given) in enumerate(scores.items()):
        about: dict[str, Any] = {
            "subject_kind": "review",
            "subject_id": work,
            "agent_id": "writer",
            "site": "firm",
            "step": "total",
        }
        for grader, value in given.items():
            note = {"reviewer_id": grader, "scale": 100}
            found.append(
                Event(_at(9 + hour), "quality_calibrated", f"{work}{grader}", value=value, attributes=note, **about)
            )
        if work in agreed:
            found.append(Event(_at(9.5 + hour), "quality_calibrated", work, value=agreed[work], **about))
    return found


_SCORES = {
    "a": {"g1": 60.0, "g2": 80.0}, "b": {"g1": 75.0, "g2": 70.0}, "c": {"g1": 40.0, "g2": 65.0}, "d": {"g1": 90.0},
}  # fmt: skip


def test_a_grader_within_ten_points_is_calibrated(tmp_path: Path) -> None:
    """Ten points off just counts; the severe grader's mean says so; work nobody agreed about is aside."""
    lake = lake_of(tmp_path / "lake", _session(_SCORES, {"a": 70.0, "b": 71.0, "c": 60.0}))
    found = query(lake, Query(kpis=("quality.calibration",), by=("agent",)))
    known = {(f.variant, f.by["agent"]): f for f in found}
    assert known["", "g1"].value == pytest.approx(2 / 3)
    assert known["", "g2"].value == 1.0
    assert known["bias", "g1"].value == pytest.approx((-10 + 4 - 20) / 3)
    assert known["deviation", "g1"].value == pytest.approx((10 + 4 + 20) / 3)
    assert ("agreement", "g1") not in known or known["agreement", "g1"].value is None


def test_agreement_is_krippendorffs_alpha(tmp_path: Path) -> None:
    """As `troth.stats` computes it; of one site as of all, and work one grader scored is aside."""
    lake = lake_of(tmp_path / "lake", _session(_SCORES, {}))
    rows = [[given.get(g, float("nan")) for given in _SCORES.values()] for g in ("g1", "g2")]
    expected = krippendorff_alpha(rows, scale=Scale.INTERVAL)
    assert expected < 0.5
    assert _figure(lake, "quality.calibration/agreement").value == pytest.approx(expected)
    one = _figure(lake, "quality.calibration/agreement", where={"site": ["firm"]})
    assert one.value == pytest.approx(expected)
    assert one.n == 6
    assert _figure(lake, "quality.calibration/agreement", where={"site": ["other"]}).value is None


def test_a_severe_graders_interval_lies_below_nought(tmp_path: Path) -> None:
    """A mean difference can be negative, and so can its limits."""
    events = [
        replace(event, at=event.at + timedelta(days=day))
        for day in range(8)
        for event in _session({f"w{day}": {"g1": 60.0 + day % 3}}, {f"w{day}": 70.0})
    ]
    found = _figure(lake_of(tmp_path / "lake", events), "quality.calibration/bias")
    assert found.low is not None
    assert found.high is not None
    assert found.low < (found.value or 0) < found.high < 0


# ---- errors and ideas -----------------------------------------------------------------------------------------------


def test_errors_whose_cause_is_training(tmp_path: Path) -> None:
    """Of two failed critical criteria and two bad answers three have a cause, and of these two are training."""
    review: dict[str, Any] = {"subject_kind": "review", "subject_id": "r", "agent_id": "writer"}
    events = [
        Event(
            _at(9),
            "quality_reviewed",
            "1",
            step="facts",
            value=0.0,
            attributes={"critical": True, "cause": "training"},
            **review,
        ),
        Event(_at(9), "quality_reviewed", "2", step="law", value=0.0, attributes={"critical": True}, **review),
        Event(_at(9), "quality_reviewed", "3", step="tone", value=0.0, attributes={"cause": "training"}, **review),
        Event(
            _at(9),
            "quality_reviewed",
            "4",
            step="form",
            value=9.0,
            attributes={"critical": True, "cause": "training"},
            **review,
        ),
    ]
    for number, (value, cause) in enumerate([(1.0, "training"), (2.0, "product"), (3.0, "training")]):
        survey: dict[str, Any] = {
            "subject_kind": "survey",
            "subject_id": f"s{number}",
            "step": "satisfaction",
            "value": value,
        }
        events.append(Event(_at(10), "survey_answered", f"s{number}", attributes={"cause": cause}, **survey))
    lake = lake_of(tmp_path / "lake", events)
    known = {f.variant: (f.value, f.n) for f in query(lake, Query(kpis=("quality.training_errors",)))}
    assert known == {"": (pytest.approx(2 / 3), 3), "no_cause": (pytest.approx(1 / 4), 4), "per_review": (1.0, 1)}


def test_ideas_done_in_time_and_with_an_effect(tmp_path: Path) -> None:
    """One done with an effect, one without, one too late for its window, one never; a trial that made nothing better counts."""
    lines: list[tuple[str, str, int, int | None, float | None]] = [
        ("a", "action", 2, 20, 0.1), ("b", "action", 2, 40, None), ("c", "action", 2, 120, 0.2), ("d", "action", 2, None, None),
        ("t", "trial", 2, 30, 0.0),
    ]  # fmt: skip
    events = []
    for name, kind, opened, closed, effect in lines:
        begins, ends = ("action_agreed", "action_done") if kind == "action" else ("trial_started", "trial_ended")
        about: dict[str, Any] = {"subject_kind": kind, "subject_id": name, "agent_id": "lead"}
        note = {"due_at": _at(12, day=30).isoformat(), "owner_id": "ada"} if kind == "action" else {}
        events.append(Event(_at(9, day=opened), begins, f"{name}1", attributes=note, **about))
        if closed is not None:
            events.append(Event(_at(9, day=closed), ends, f"{name}2", value=effect, **about))
    lake = lake_of(tmp_path / "lake", events)
    known = {f.variant: (f.value, f.n) for f in query(lake, Query(kpis=("improve.ideas_done",)))}
    assert known == {"": (2 / 5, 5), "done": (3 / 5, 5), "on_time": (1 / 4, 4)}
    owners = query(lake, Query(kpis=("improve.ideas_done/done",), by=("agent",)))
    assert [(f.by["agent"], f.n) for f in owners] == [("ada", 4), ("lead", 1)]
