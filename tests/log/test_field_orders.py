"""The readers of field orders, Salesforce appointments and VROOM plans, on files made from published definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.log.exports import SALESFORCE, appointment, noted, write
from tests.log.lakes import settled
from tests.log.reading import codes, failing, file, load
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

PLAN: dict[str, Any] = {
    "code": 0,
    "summary": {"cost": 1},
    "unassigned": [{"id": 9, "type": "job", "location": [1, 2]}],
    "routes": [
        {
            "vehicle": 1,
            "steps": [
                {"type": "start", "arrival": 28800},
                {"type": "job", "id": 1, "arrival": 30000, "setup": 60, "service": 600, "waiting_time": 120},
                {"type": "break", "id": 1, "arrival": 31000, "service": 900},
                {"type": "job", "id": 2, "arrival": 33000, "service": 600, "violations": [{"cause": "delay", "duration": 120}]},
                {"type": "end", "arrival": 36000},
            ],
        }
    ],
}  # fmt: skip


def said(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event["attributes"])
    return found


def test_appointments_become_visits(tmp_path: Path) -> None:
    """Booked, promised, dispatched, begun and ended; a promise is kept inside the promised window and not the planned one."""
    report = ingest(Lake(tmp_path / "lake"), source="salesforce-field", paths=write(tmp_path, SALESFORCE))
    assert (report.rejects, report.issues) == (0, [])
    lake = Lake(tmp_path / "lake")
    events = settled(lake)
    first = {e["activity"]: e for e in events if e["case_id"] == "W-S1"}
    assert set(first) == {
        "booked", "promised", "assigned", "dispatched", "rescheduled", "arrived_on_site", "work_started", "work_ended",
        "promise_broken", "stepped",
    }  # fmt: skip
    assert (said(first["booked"])["window_start"], first["booked"]["origin"]) == ("2026-03-02T09:30:00Z", "aggregate")
    assert said(first["promised"])["due_at"] == "2026-03-02T11:00:00Z"
    assert (first["assigned"]["agent_id"], first["assigned"]["site"]) == ("P1", "north")
    assert [e["activity"] for e in events if e["case_id"] == "W-S2" and e["subject_kind"] == "promise"] == [
        "promise_kept", "promised",
    ]  # fmt: skip
    kept = next(f for f in query(lake, Query(kpis=("promise.kept",))) if f.variant == "")
    assert (kept.value, kept.n) == (0.5, 2)
    figures = query(lake, Query(kpis=("field.on_time", "field.first_time_fix/case")))
    found = {f"{f.id}/{f.variant}": (f.value, f.n) for f in figures}
    assert (found["field.on_time/"], found["field.first_time_fix/case"]) == ((0.5, 2), (1.0, 2))


def test_what_could_not_be_completed_was_not_settled(tmp_path: Path) -> None:
    """A visit that ended without completing the work says so, as its category does."""
    for status in ("CannotComplete", "Completed"):
        rows = [appointment("S1", StatusCategory=status)]
        drafts = load(file(tmp_path, json.dumps(rows), "a.json"), "salesforce-field")[0]
        (ended,) = [d for d in drafts if d["activity"] == "work_ended"]
        reason = json.loads(ended["attributes"] or "{}").get("reason")
        assert reason == ("cannot_complete" if status == "CannotComplete" else None)


def test_a_duration_that_was_filled_once_is_only_kept(tmp_path: Path) -> None:
    """ActualDuration is not refreshed with later edits: times count, it stays a figure of theirs."""
    drafts = load(file(tmp_path, json.dumps([appointment("S1", ActualDuration=7)]), "a.json"), "salesforce-field")[0]
    by = {d["activity"]: d for d in drafts}
    assert (by["work_ended"]["occurred_at"] - by["work_started"]["occurred_at"]).total_seconds() == 50 * 60
    assert said(by["booked"])["figures"] == {"ActualDuration": 420.0, "Duration": 3600.0}


def test_a_cancellation_is_one_event(tmp_path: Path) -> None:
    """The history knows when; without it the last change is taken, marked approximate."""
    ingest(Lake(tmp_path / "lake"), source="salesforce-field", paths=write(tmp_path / "all", SALESFORCE))
    (told,) = [e for e in settled(Lake(tmp_path / "lake")) if e["activity"] == "cancelled"]
    assert (told["occurred_at"].hour, told["origin"]) == (8, "exact")
    drafts = load(file(tmp_path, json.dumps(SALESFORCE["appointments"]), "a.json"), "salesforce-field")[0]
    (guessed,) = [d for d in drafts if d["activity"] == "cancelled"]
    assert (guessed["occurred_at"].hour, guessed["origin"]) == (12, "aggregate")


def test_words_of_another_language_and_records_alone(tmp_path: Path) -> None:
    """The category is the same in every language; a label of the history is not, and is told. So is a lone record."""
    rows = [
        appointment("S1", Status="Terminé"),
        noted(1, "S1", "Status", None, "Geplant"),
        noted(2, "S9", "Status", None, "Scheduled"),
    ]
    drafts, rejects, issues, _ = load(file(tmp_path, json.dumps(rows), "a.json"), "salesforce-field")
    assert rejects == []
    assert [(i.code, i.value) for i in issues] == [("record-without-appointment", "S9"), ("unknown-status", "Geplant")]
    assert ("stepped", "Geplant") in [(d["activity"], d["step"]) for d in drafts]
    bad = load(
        file(tmp_path, json.dumps([appointment("S1", ActualEndTime="2026-03-02T08:00:00Z")]), "b.json"),
        "salesforce-field",
    )
    assert codes(bad[1]) == [(1, "end-before-start")]


def test_a_plan_becomes_bookings(tmp_path: Path) -> None:
    """Each job of a route is a booked visit at its planned time, breaks are none; a late job is planned, not unassigned."""
    drafts, rejects, issues, rows = load(
        file(tmp_path, json.dumps(PLAN), "routes-2026-03-02.json"), "vroom", time_zone="Europe/Vilnius"
    )
    assert (rejects, issues, rows) == ([], [], 3)
    booked = [d for d in drafts if d["activity"] == "booked"]
    assert [(d["case_id"], d["agent_id"], d["origin"]) for d in booked] == [
        ("1", "1", "aggregate"),
        ("2", "1", "aggregate"),
    ]
    assert (said(booked[0])["window_start"], said(booked[0])["window_end"]) == (
        "2026-03-02T06:22:00Z",
        "2026-03-02T06:33:00Z",
    )
    assert json.loads(said(booked[1])["foreign"]["violations"]) == {"delay": 120}
    assert [(d["case_id"], d["step"]) for d in drafts if d["activity"] == "stepped"] == [("9", "unassigned")]


def test_time_windows_of_a_problem_are_promises(tmp_path: Path) -> None:
    """One window is what was promised; of several the whole is taken, and told."""
    jobs = [
        {"id": 1, "time_windows": [[1772438400, 1772442000]]},
        {"id": 2, "time_windows": [[1772438400, 1772442000], [1772450000, 1772453600]]},
        {"id": 3},
    ]
    drafts, _, issues, _ = load(file(tmp_path, json.dumps({"jobs": jobs, "vehicles": []}), "p.json"), "vroom")
    assert [(d["case_id"], said(d)["due_at"]) for d in drafts] == [
        ("1", "2026-03-02T09:00:00Z"),
        ("2", "2026-03-02T12:13:20Z"),
    ]
    assert [(i.code, i.value) for i in issues] == [("several-windows", "2")]


def test_times_from_nowhere_are_rejected(tmp_path: Path) -> None:
    """Seconds that count neither from 1970 nor from a day in the file's name mean no instant."""
    drafts, rejects, _, _ = load(file(tmp_path, json.dumps(PLAN), "routes.json"), "vroom")
    assert drafts == []
    assert {r["code"] for r in rejects} == {"relative-time"}
    assert all("routes-2026-03-02.json" in r["advice"] for r in rejects)


@pytest.mark.parametrize("source", ["vroom", "salesforce-field"])
@pytest.mark.parametrize("content", ["{}", "[1, 2]", '{"code": 1, "error": "bad"}', "not json"])
def test_another_format_is_refused(tmp_path: Path, source: str, content: str) -> None:
    """Nothing of such a file can be used, and the error says so."""
    assert failing(file(tmp_path, content, "a.json"), source=source)[0].code == "other-format"
