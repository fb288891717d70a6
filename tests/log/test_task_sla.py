"""ServiceNow's table `task_sla`; fixtures are made from the published definitions of its fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from troth.core.decision import Issue
from troth.core.terms import ACTIVITIES
from troth.log.readers import Batch, ReadOptions, reader

FIELDS = (
    "task,sla,stage,start_time,end_time,planned_end_time,has_breached,duration,business_duration,business_percentage"
)
LABELS = "Task,SLA definition,Stage,Start time,Stop time,Breach time,Has breached,Actual elapsed time,Business elapsed time,Business elapsed percentage"
INCIDENTS = (
    "number,state,opened_at,sys_updated_on\n"
    "INC1,Closed,2026-03-02 09:00:00,2026-03-02 15:00:00\n"
    "INC2,Resolved,2026-03-02 09:00:00,2026-03-02 15:00:00\n"
)
KEPT = "INC1,P3 resolution,Completed,2026-03-02 09:00:00,2026-03-02 12:00:00,2026-03-02 17:00:00,false,10800,9000,31.25"
BROKEN = (
    "INC2,P3 resolution,Completed,2026-03-02 09:00:00,2026-03-02 18:00:00,2026-03-02 17:00:00,true,32400,32400,112.5"
)


def take(folder: Path, *rows: str, head: str = FIELDS, incidents: str = INCIDENTS) -> Batch:
    """Read an export of `task_sla` that lies beside incidents."""
    (folder / "task_sla.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    if incidents:
        (folder / "incident.csv").write_text(incidents, encoding="utf-8")
    (batch,) = reader("servicenow").read(folder / "task_sla.csv", ReadOptions(time_zone="UTC"))
    return batch


def events(batch: Batch) -> list[dict[str, Any]]:
    """Return the events, each with its attributes read."""
    rows = batch.drafts.to_pylist()
    assert {row["activity"] for row in rows} <= set(ACTIVITIES)
    return [{**row, "attributes": json.loads(row["attributes"] or "{}")} for row in rows]


def figures(batch: Batch) -> dict[str, Any]:
    """Return the only figures of a batch."""
    (one,) = [row for row in events(batch) if row["activity"] == "stepped"]
    return {"step": one["step"], **one["attributes"]}


def issue(batch: Batch) -> Issue:
    """Return the only issue of a batch."""
    (one,) = batch.issues
    assert one.advice.startswith("Maybe")
    assert one.where.startswith("task_sla.csv row ")
    return one


@pytest.mark.parametrize("head", [FIELDS, LABELS])
def test_a_row_is_a_promise_with_its_figures(tmp_path: Path, head: str) -> None:
    """By field names or by labels a row gives a promise, how it ended, and what its clock counted."""
    batch = take(tmp_path, KEPT, BROKEN, head=head)
    assert (batch.issues, batch.rejects.num_rows) == ((), 0)
    found = {(row["case_id"], row["activity"]): row for row in events(batch)}
    assert sorted(found) == [
        (case, word) for case, end in (("INC1", "promise_kept"), ("INC2", "promise_broken")) for word in sorted([end, "promised", "stepped"])
    ]  # fmt: skip
    promised = found["INC1", "promised"]
    assert promised["attributes"] == {
        "kind": "P3 resolution",
        "label": "P3 resolution",
        "due_at": "2026-03-02T17:00:00Z",
    }
    assert promised["occurred_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert found["INC1", "promise_kept"]["occurred_at"] == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert found["INC2", "promise_broken"]["occurred_at"] == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert len({row["subject_id"] for row in found.values() if row["case_id"] == "INC1"} - {None}) == 1
    said = found["INC2", "stepped"]
    assert (said["step"], said["origin"]) == ("task_sla", "aggregate")
    assert said["attributes"]["figures"] == {"actual_elapsed": 32400.0, "business_elapsed": 32400.0, "made_sla": 0.0}
    assert said["attributes"]["foreign"]["business_percentage"] == "112.5"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("9000", 9000.0),
        ("1970-01-01 02:30:00", 9000.0),
        ("1970-01-03 00:00:01", 172801.0),
        ("2 Hours 30 Minutes", 9000.0),
        ("1 Day 1 Minute 5 Seconds", 86465.0),
        ("0 Seconds", 0.0),
    ],
)
def test_a_duration_is_read_in_each_of_its_forms(tmp_path: Path, said: str, seconds: float) -> None:
    """Durations come as seconds, as a time since 1970, and in words."""
    batch = take(tmp_path, KEPT.replace("9000", said))
    assert batch.issues == ()
    assert figures(batch)["figures"]["business_elapsed"] == seconds


@pytest.mark.parametrize("stage", ["In progress", "Paused", "Cancelled", "in_progress"])
def test_a_clock_that_was_not_completed_is_not_compared(tmp_path: Path, stage: str) -> None:
    """What a running or cancelled clock says is kept apart, and it has kept no promise."""
    batch = take(tmp_path, KEPT.replace("Completed", stage))
    assert batch.issues == ()
    assert figures(batch)["step"] == "task_sla unfinished"
    assert "promise_kept" not in {row["activity"] for row in events(batch)}


def test_breached_of_older_instances_is_a_breach(tmp_path: Path) -> None:
    """The old stage says that the promise was broken, whatever else is not told."""
    batch = take(tmp_path, BROKEN.replace("Completed", "Breached").replace("true", ""))
    assert batch.issues == ()
    assert "promise_broken" in {row["activity"] for row in events(batch)}


@pytest.mark.parametrize("stage", ["Abgeschlossen", "In Bearbeitung"])
def test_a_stage_in_another_language_is_kept_and_told(tmp_path: Path, stage: str) -> None:
    """A foreign stage loses nothing: its word stays, its figures too, and an issue says what to export."""
    batch = take(tmp_path, KEPT.replace("Completed", stage), BROKEN)
    one = issue(batch)
    assert (one.code, one.value, one.where) == ("unknown-stage", stage, "task_sla.csv row 2")
    assert "in_progress" in one.advice
    (said,) = [r for r in events(batch) if r["case_id"] == "INC1" and r["activity"] == "stepped"]
    assert said["attributes"]["foreign"]["stage"] == stage
    assert said["attributes"]["figures"]["business_elapsed"] == 9000.0


@pytest.mark.parametrize(
    ("old", "new", "code", "value"),
    [
        ("false", "falsch", "unknown-verdict", "falsch"),
        ("false", "", "sla-without-verdict", "Completed"),
        ("9000", "2 Stunden", "unknown-duration", "2 Stunden"),
        ("INC1", "INC9", "sla-without-incident", "INC9"),
    ],
)
def test_what_is_doubtful_is_kept_and_told(tmp_path: Path, old: str, new: str, code: str, value: str) -> None:
    """A verdict, a duration or an incident nobody knows: the row stays, with what it says."""
    batch = take(tmp_path, KEPT.replace(old, new))
    one = issue(batch)
    assert (one.code, one.value) == (code, value)
    assert batch.rejects.num_rows == 0
    assert figures(batch)["figures"]["actual_elapsed"] == 10800.0
    assert not new or new in json.dumps([figures(batch), events(batch)[0]["case_id"]])


def test_half_the_tables_are_told(tmp_path: Path) -> None:
    """Without the incidents every row stays, and one issue says what is lacking."""
    batch = take(tmp_path, KEPT, BROKEN, incidents="")
    (one,) = batch.issues
    assert (one.code, one.where, one.value) == ("half-export", "task_sla.csv", "task SLA without incident")
    assert {row["case_id"] for row in events(batch)} == {"INC1", "INC2"}


def test_an_id_in_place_of_the_number_finds_its_incident(tmp_path: Path) -> None:
    """A raw export names its task by id; the incidents beside say which number that is."""
    name = "5" * 32
    batch = take(
        tmp_path, KEPT.replace("INC1", name), incidents=f"sys_id,number,opened_at\n{name},INC1,2026-03-02 09:00:00\n"
    )
    assert batch.issues == ()
    assert {row["case_id"] for row in events(batch)} == {"INC1"}


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("INC1", "", "missing-value", "task"),
        ("2026-03-02 09:00:00", "", "missing-value", "start_time"),
        ("2026-03-02 12:00:00", "soon", "bad-time", "end_time"),
        ("2026-03-02 12:00:00", "2026-03-01 12:00:00", "end-before-start", "end_time"),
    ],
)
def test_a_row_that_cannot_be_used_is_told(tmp_path: Path, old: str, new: str, code: str, column: str) -> None:
    """A bad row is a reject with row, column, value and advice; the others land."""
    batch = take(tmp_path, KEPT.replace(old, new, 1), BROKEN)
    (bad,) = batch.rejects.to_pylist()
    assert (bad["row"], bad["code"], bad["column"]) == (2, code, column)
    assert bad["advice"].startswith("Maybe")
    assert {row["case_id"] for row in events(batch)} == {"INC2"}
