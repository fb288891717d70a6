"""`troth staff` answers from a file, on paper and as a page, and says what is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.staff_lake import phone
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.log.lake import Lake
from troth.log.references import read_reference

CENTRE: dict[str, Any] = {
    "start": "2026-03-02T08:00+02:00", "time_zone": "Europe/Vilnius", "confidence": 0.8, "paths": 60,
    "queues": [{"queue": "calls", "mean": [30, 38, 52, 60], "day_spread": 0.1, "handle_s": 240, "patience_s": 300}],
    "groups": [{"group": "voice", "queues": ["calls"], "out_of_office": 0.2}],
}  # fmt: skip


def _file(folder: Path, **change: Any) -> str:
    path = folder / "centre.json"
    path.write_text(json.dumps(CENTRE | change), encoding="utf-8")
    return str(path)


def test_a_file_is_staffed_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has every interval and every chance, CSV the same intervals, a table days, and a page is written."""
    page = tmp_path / "out" / "staff.html"
    call = ["staff", "--input", _file(tmp_path), "--futures", "40", "--html", str(page)]
    assert main([*call, "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "feasible" and len(told["intervals"]) == 4
    assert 0.6 < told["chances"][0]["probability"][0] <= 1 and told["chances"][0]["futures"] == 80
    assert main([*call, "--format", "csv"]) == DONE
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["staff"]) for row in rows] == [row["staff"] for row in told["intervals"]]
    assert main(call) == DONE
    assert "Mon 2026-03-02" in capsys.readouterr().out
    assert "How many people are needed?" in page.read_text(encoding="utf-8")


def test_what_cannot_be_met_is_told_with_what_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three people for ten: status 1, and the level that is left."""
    groups = [{"group": "voice", "queues": ["calls"], "most": 3}]
    assert main(["staff", "--input", _file(tmp_path, groups=groups), "--futures", "20"]) == ISSUES
    assert "target-not-met" in capsys.readouterr().err


def test_faults_of_a_file_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown names, missing ones and wrong kinds come at once, with status 2."""
    queues = [{"queue": "calls", "mean": [1, "x"], "handle": 3}, {"queue": "mail", "handle_s": "long"}]
    path = _file(tmp_path, start="today", queues=queues, groups=4)
    assert main(["staff", "--input", path, "--format", "json"]) == WRONG
    codes = {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]}
    assert codes == {"bad-time", "not-a-list", "unknown-name", "missing", "not-a-number"}
    for content, code in ((b"{", "not-json"), (b'{"start": 1, "start": 2}', "key-twice"), (b"\xff", "bad-encoding")):
        Path(path).write_bytes(content)
        assert main(["staff", "--input", path]) == WRONG
        assert code in capsys.readouterr().err


def test_a_lake_that_is_none_and_pairs_that_are_none_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong options are told before anything is computed."""
    assert main(["staff", "--lake", str(tmp_path / "none"), "--due", "mail", "--at-once", "chat=two"]) == WRONG
    assert capsys.readouterr().err.count("bad-pair") == 2
    assert main(["staff", "--lake", str(tmp_path / "none")]) == WRONG
    assert "no-lake" in capsys.readouterr().err


def test_a_lake_is_staffed_from_its_own_past(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Demand, handle times, patience and skills come from the log: only who took English is planned for it, closed days need nobody."""
    phone(lake)
    call = ["staff", "--lake", str(lake), "--days", "7", "--time-zone", "UTC", "--formulas", "--confidence", "80%"]
    main([*call, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert {row["group"] for row in told["intervals"]} == {"calls", "calls+en"}
    assert {one["queue"] for one in told["chances"]} == {"calls", "en"}
    by_day: dict[str, int] = {}
    for row in told["intervals"]:
        by_day[row["starts_at"][:10]] = by_day.get(row["starts_at"][:10], 0) + row["staff"]
    assert by_day["2026-02-28"] == by_day["2026-03-01"] == 0
    assert min(by_day[f"2026-03-0{day}"] for day in range(2, 7)) > 16
    publish = [*call, "--publish", "--as-of", "2026-02-28T00:00", "--format", "json"]
    main(publish)
    told = json.loads(capsys.readouterr().out)
    rows = read_reference(Lake(lake), "requirements")
    assert told["published"]["rows"] == len(rows) > 0
    assert {(row["team"], row["site"]) for row in rows} == {("voice", "hall")}
    assert sum(row["agents"] for row in rows) == sum(row["staff"] for row in told["intervals"])
    main(publish)
    assert json.loads(capsys.readouterr().out)["published"]["rows"] == 0
