"""`troth staff hire` says whom to employ from a file or a lake, and what is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.staff_lake import phone
from troth.cli.main import DONE, ISSUES, WRONG, main

AHEAD: dict[str, Any] = {
    "first_date": "2026-03-02",
    "needed": [10, 10, 12, 12],
    "terms": {"now": 10, "lead_weeks": 2, "overtime_share": 0, "hire_cents": 0, "ramp": [1.0]},
}


def _file(folder: Path, data: Any) -> str:
    path = folder / "hiring.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_a_file_is_answered_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two are decided on at once and start in two weeks; nothing is missed."""
    call = ["staff", "hire", "--input", _file(tmp_path, AHEAD)]
    assert main([*call, "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert [row["decide"] for row in told["weeks"]] == pytest.approx([2, 0, 0, 0])
    assert [row["starting"] for row in told["weeks"]] == pytest.approx([0, 0, 2, 0])
    assert [row["week"] for row in told["weeks"]] == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    assert main([*call, "--format", "csv"]) == DONE
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 4
    assert main(call) == DONE
    assert "2026-03-16" in capsys.readouterr().out


def test_work_that_nobody_can_be_hired_for_in_time_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hours are weeks of people; what the lead time does not let be done is missed, with status 1."""
    late = {
        "first_date": "2026-03-02",
        "hours": [280, 560],
        "shrinkage": 0.3,
        "terms": {"now": 10, "overtime_share": 0},
    }
    assert main(["staff", "hire", "--input", _file(tmp_path, late), "--format", "json"]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert [row["needed"] for row in told["weeks"]] == [10, 20]
    (issue,) = told["issues"]
    assert (issue["code"], issue["where"]) == ("work-missed", "week 2026-03-09")


def test_faults_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Dates that are none, both kinds of need, terms without who is there now."""
    bad = {
        "first_date": "spring", "needed": [1], "hours": [1], "shrinkage": 1.5, "hours_per_week": 0, "terms": {"lead": 3, "ramp": ["x"]},
    }  # fmt: skip
    assert main(["staff", "hire", "--input", _file(tmp_path, bad), "--format", "json"]) == WRONG
    found = {(one["code"], one["where"]) for one in json.loads(capsys.readouterr().out)["issues"]}
    assert found == {
        ("bad-date", "first_date"), ("missing", "file"), ("not-a-share", "shrinkage"), ("bad-hours", "hours_per_week"),
        ("unknown-name", "terms.lead"), ("missing", "terms"), ("not-a-number", "terms.ramp"),
    }  # fmt: skip


def test_a_lake_says_how_many_its_calls_take(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Contracts say who is employed; a forecast of weeks says how many that should be."""
    contracts = [{"agent_id": who, "hours_per_week": 40.0} for who in ("ada", "ben")]
    phone(lake, contracts=contracts, memberships=[{"agent_id": who, "team": "voice"} for who in ("ada", "ben")])
    call = ["staff", "hire", "--lake", str(lake), "--weeks", "3", "--time-zone", "UTC", "--lead-weeks", "1"]
    main([*call, "--team", "voice", "--attrition", "0", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["now"] == 2.0 and len(told["weeks"]) == 3
    assert all(2 < row["needed"] < 6 for row in told["weeks"])
    assert told["weeks"][-1]["employed"] >= told["weeks"][-1]["needed"] * 0.9
    assert main([*call, "--team", "none"]) == WRONG
    assert "nobody-employed" in capsys.readouterr().err
