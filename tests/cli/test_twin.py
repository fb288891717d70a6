"""`troth twin` lives through days of a lake again and places a day's staff, and says what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.kpi.logs import lake_of, story
from tests.queueing.twin.recordings import DAY, recorded_days
from troth.cli.main import DONE, ISSUES, WRONG, main

DAYS = ["--from", "2026-03-04", "--to", "2026-03-05", "--fit-from", "2026-03-02", "--fit-to", "2026-03-04"]


def recorded_lake(path: Path) -> Path:
    """Write the made-up floor's calls of three days, and of the same weekday a week later, into a lake."""
    seen, events, origin = recorded_days(3, calls=120), [], datetime(1970, 1, 1, tzinfo=UTC)
    for week in (0, 7):
        for k in range(len(seen)):
            if week and seen.day[k] != seen.day[0]:
                continue
            joined = origin + timedelta(days=week, seconds=float(seen.queued_s[k]))
            until = joined + timedelta(seconds=float(seen.wait_s[k]))
            steps: list[tuple[str, str, dict[str, str]]] = [(joined.isoformat(), "queued", {})]
            if seen.answered[k]:
                who = {"agent_id": str(seen.agent[k])}
                over = until + timedelta(seconds=float(seen.handle_s[k]))
                steps += [(until.isoformat(), "answered", who), (over.isoformat(), "ended", who)]
            else:
                steps += [(until.isoformat(), "abandoned", {})]
            events += story(*steps, contact_id=f"c{week}-{k}", queue=str(seen.queue[k]))
    lake_of(path, events)
    return path


def test_days_are_compared_and_placed(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same question gives the same figures; the page holds them; a plan names every server's stretches."""
    recorded_lake(lake)
    page = tmp_path / "page.html"
    asked = [
        "twin",
        "validate",
        "--lake",
        str(lake),
        *DAYS,
        "--idle-rests",
        "0",
        "--replications",
        "8",
        "--format",
        "json",
    ]
    assert main([*asked, "--html", str(page)]) in {DONE, ISSUES}
    told = json.loads(capsys.readouterr().out)
    volume = next(cell for cell in told["cells"] if cell["figure"] == "volume")
    assert volume["real"] == volume["mean"] == 120 and 0 <= told["held"] <= 1
    assert "90 % interval" in page.read_text(encoding="utf-8")
    assert main(asked) in {DONE, ISSUES} and json.loads(capsys.readouterr().out) == told
    plan = ["twin", "replan", "--lake", str(lake), "--day", str(DAY + timedelta(days=7)), "--known-from", "2026-03-02"]
    assert main([*plan, "--seconds", "1", "--replications", "8", "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert {row["server"] for row in told["stretches"]} == {"s0", "s1", "s2"}
    assert told["mean_wait_s"] > 0 and told["status"] == "feasible"


def test_what_is_wrong_is_told(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A period that ends before it begins, and a folder without a lake, are issues."""
    assert (
        main(
            [
                "twin",
                "validate",
                "--lake",
                str(lake),
                "--from",
                "2026-03-04",
                "--to",
                "2026-03-04",
                "--fit-from",
                "2026-03-02",
                "--fit-to",
                "2026-03-04",
            ]
        )
        == WRONG
    )
    assert "empty-period" in capsys.readouterr().err
    assert main(["twin", "validate", "--lake", str(lake), *DAYS]) == WRONG
    assert "no-lake" in capsys.readouterr().err
