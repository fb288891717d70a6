"""`troth staff mix` closes a gap from a file or a lake, in every form, and says all that is wrong."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, lake_of
from troth.cli.main import DONE, WRONG, main

GAP: dict[str, Any] = {
    "start": "2026-03-02T08:00+02:00", "minutes": 60, "needed": [4, 8, 2], "rostered": [4, 4, 4], "missing_cents": 5000,
    "prices": {"overtime": 3000, "outsourced": 4000, "time_off_saves": 1500, "overtime_share": 0.5},
}  # fmt: skip


def _file(folder: Path, data: Any) -> str:
    path = folder / "gap.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_a_file_is_answered_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two stay longer, two come from a partner; JSON and CSV have intervals, a table days."""
    call = ["staff", "mix", "--input", _file(tmp_path, GAP)]
    assert main([*call, "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["cost_cents"] == 14000
    assert [(row["overtime"], row["outsourced"], row["missing"]) for row in told["intervals"]] == [
        (0, 0, 0), (2, 2, 0), (0, 0, 0),
    ]  # fmt: skip
    assert main([*call, "--format", "csv"]) == DONE
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["starts_at"][11:16] for row in rows] == ["08:00", "09:00", "10:00"]
    assert main(call) == DONE
    shown = capsys.readouterr().out
    assert "Mon 2026-03-02" in shown and "Cost 140.00" in shown


def test_faults_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that are none, missing and wrong ones; then what the engine refuses."""
    bad = {"start": "now", "needed": ["x"], "rostered": [1], "prices": {"overtime": "dear", "bonus": 1}, "extra": 1}
    assert main(["staff", "mix", "--input", _file(tmp_path, bad), "--format", "json"]) == WRONG
    codes = {(one["code"], one["where"]) for one in json.loads(capsys.readouterr().out)["issues"]}
    assert codes == {
        ("bad-time", "start"), ("not-a-number", "needed"), ("missing", "file"), ("not-a-number", "prices.overtime"),
        ("unknown-name", "prices.bonus"), ("missing", "prices"), ("unknown-name", "file.extra"),
    }  # fmt: skip
    shape = GAP | {"needed": [1, 2], "missing_cents": -1}
    assert main(["staff", "mix", "--input", _file(tmp_path, shape), "--format", "json"]) == WRONG
    assert {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]} == {"shapes-differ", "not-a-number"}


def test_a_lake_sets_its_requirement_against_its_roster(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three are needed, two are rostered: one stays longer where people may, else a partner comes."""
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    end = start + timedelta(hours=4)
    eve = start - timedelta(days=1)
    needed = {
        "snapshot": "s",
        "issued_at": eve,
        "recorded_at": eve,
        "team": "voice",
        "starts_at": start,
        "ends_at": end,
    }
    lake_of(
        lake, [Event(eve, "arrived", "1", contact_id="1")],
        requirements=[needed | {"agents": 3.0}],
        memberships=[{"agent_id": who, "team": "voice"} for who in ("ada", "bob")],
        schedules=[
            {"agent_id": who, "site": "hall", "state": "shift", "starts_at": start, "ends_at": end} for who in ("ada", "bob")
        ],
    )  # fmt: skip
    call = [
        "staff",
        "mix",
        "--lake",
        str(lake),
        "--team",
        "voice",
        "--from",
        "2026-03-02",
        "--days",
        "1",
        "--time-zone",
        "UTC",
    ]
    assert main([*call, "--overtime-share", "50%", "--overtime-hours", "1", "--format", "json"]) == DONE
    rows = json.loads(capsys.readouterr().out)["intervals"]
    assert len(rows) == 8
    assert {(row["needed"], row["rostered"], row["missing"]) for row in rows} == {(3.0, 2.0, 0)}
    assert (sum(row["overtime"] for row in rows), sum(row["outsourced"] for row in rows)) == (2, 6)
    assert main(["staff", "mix", "--lake", str(lake)]) == WRONG
    assert capsys.readouterr().err.count("missing-option") == 2
