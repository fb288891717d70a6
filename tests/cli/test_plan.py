"""`troth plan` on a small demo lake: every file of a few days, everything wrong at once, Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from troth.capacity.month import MonthQuestion, plan_month
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.core.decision import Status
from troth.demo import small_company, write
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions

#: The log ends on a Sunday evening; the Monday after is planned.
FIRST = date(2026, 4, 13)
DAYS = 3


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six weeks of a small contact centre in a lake."""
    folder = tmp_path_factory.mktemp("plan")
    truth = small_company(days=60, volume=0.3)
    truth = replace(truth, sites=truth.sites[:1])
    write(folder / "data", truth=truth, seed=3, until=datetime(2026, 4, 12, 20, 59, 59, tzinfo=UTC), workers=1)
    ingest(
        Lake(folder / "lake"),
        source="troth",
        paths=[folder / "data"],
        options=ReadOptions(),
        now=datetime(2026, 4, 12, 21, tzinfo=UTC),
    )
    return folder / "lake"


def _call(lake: Path, out: Path, **change: str) -> list[str]:
    options = {
        "lake": str(lake), "site": "care-v", "from": FIRST.isoformat(), "days": str(DAYS), "out": str(out), "futures": "20", "seconds": "4",
        "confidence": "60%",
    } | change  # fmt: skip
    return ["plan", *(part for name, value in options.items() for part in (f"--{name}", value))]


def test_every_file_of_a_few_days(past: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Roster, calendars, requirement, figures, the whole as JSON, and one page that needs nothing else."""
    out = tmp_path / "deep" / "april"
    assert main([*_call(past, out, **{"out-of-office": "3%"}), "--format", "json"]) in {DONE, ISSUES}
    told = json.loads(capsys.readouterr().out)
    there = sorted(str(one.relative_to(out)) for one in out.rglob("*") if one.is_file())
    assert there == told["files"] and not list(out.parent.glob(".april-*"))
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert plan["site"] == "care-v" and plan["prospect"]["futures"] == 20
    shifts = _rows(out / "shifts.csv")
    people = {row["agent_id"] for row in shifts}
    days = {row["day"] for row in shifts}
    assert people and days <= {(FIRST + timedelta(days=k)).isoformat() for k in range(DAYS)}
    # Everybody of the roster has a calendar; it holds as many shifts as the grid.
    grid = _rows(out / "roster.csv")
    events = 0
    for path in (out / "calendars").glob("*.ics"):
        events += len(Calendar.from_ical(path.read_bytes()).walk("VEVENT"))
    assert (
        events
        == sum(bool(cell) and cell != "(away)" for row in grid for name, cell in row.items() if name != "person")
        == plan["roster"]["shifts"]
    )
    sheet = load_workbook(out / "roster.xlsx")["Roster"]
    assert [cell.value for cell in sheet[1]][1] == FIRST.isoformat() and sheet.max_row == len(grid) + 1
    figures = {
        (row["kpi"], row["of"]): row
        for row in _rows(out / "figures.csv")
        if row["from"] == FIRST.isoformat() and row["reached"] is not None
    }
    level = figures["sla.service_level", "calls"]
    assert 0 < float(level["low"]) <= float(level["median"]) <= float(level["high"]) <= 1
    assert {"done_in_time", "load.occupancy", "speed.answer", "flow.abandonment"} <= {kpi for kpi, _ in figures}
    assert {row["group"] for row in _rows(out / "requirement.csv")} == {
        one["group"] for one in plan["staffing"]["groups"]
    }
    assert (
        {row["queue"] for row in _rows(out / "forecast.csv")}
        == {one["queue"] for one in plan["queues"]}
        == {"calls", "calls-en", "chat", "mail"}
    )
    page = (out / "plan.html").read_text("utf-8")
    assert "How will it go under this roster?" in page and "http" not in page.split("<script>")[0].replace(
        "http-equiv", ""
    )
    assert all(name in page for name in ("Who comes?", "Who is needed?", "Who works when?", "Day by day"))
    # The roster can be judged again from its files.
    assert main(
        ["roster", "check", str(out / "roster-problem.json"), str(out / "roster.json"), "--format", "json"]
    ) in {DONE, ISSUES}


def _rows(path: Path) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_everything_wrong_is_told_at_once(past: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Site, days, folder, pairs: before anything is computed, and nothing is written."""
    out = tmp_path / "full"
    out.mkdir()
    (out / "mine.txt").write_text("keep", encoding="utf-8")
    assert main([*_call(past, out, site="care-x", days="0", due="mail", level="100%"), "--format", "json"]) == WRONG
    codes = {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]}
    assert codes == {"unknown-site", "bad-days", "folder-in-use", "bad-pair", "bad-level"}
    assert [one.name for one in out.iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main([*_call(tmp_path / "none", tmp_path / "file" / "deep", seconds="0"), "--format", "json"]) == WRONG
    codes = {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]}
    assert codes == {"no-lake", "cannot-write", "bad-seconds"}


def test_a_past_that_tells_too_little_is_refused(
    past: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too short before the first day, before the log, long after it, and a site without people."""
    for first, code in (("2026-03-16", "short-past"), ("2026-02-02", "no-past"), ("2026-09-07", "too-far-ahead")):
        assert main([*_call(past, tmp_path / "out", **{"from": first}), "--format", "json"]) == WRONG
        assert code in {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]}
    assert not (tmp_path / "out").exists()


def test_stopped_at_once_there_is_something_of_everything(past: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wishes to stop gets the best so far, with status stopped."""
    monkeypatch.setattr("troth.capacity.month._watch.SHORT_S", 1.0)
    question = MonthQuestion("care-v", FIRST, 1, futures=20, seconds=3)
    plan = plan_month(Lake(past), question=question, asked_to_stop=lambda: True)
    assert plan.status is Status.STOPPED and plan.roster.duties and plan.prospect.futures > 0
