"""`troth roster read`: a problem from a lake, which the other commands take."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.capacity.roster.tables import MONDAY, SITE, leave, site
from troth.cli._roster_files import read_problem
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.log.lake import Lake
from troth.log.references import import_reference

ASK = ["--site", SITE, "--from", str(MONDAY), "--days", "7"]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Return a lake of a site of three people, one of whom has leave on Monday."""
    tables = site()
    tables["leave"] = [leave("ada", MONDAY, "00:00", MONDAY, "24:00")]
    for name, rows in tables.items():
        if rows:
            path = tmp_path / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                out = csv.DictWriter(file, rows[0].keys())
                out.writeheader()
                out.writerows(rows)
            import_reference(Lake(tmp_path / "lake"), path=path, stream=name)
    return tmp_path / "lake"


def test_a_problem_is_read_and_solved(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is needed stands beside who is there; the file can be solved as it is, with rules as asked."""
    out = tmp_path / "problem.json"
    asked = ["roster", "read", "--lake", str(lake), *ASK, "--rest", "12h", "--longest-run", "5", "--out", str(out)]
    assert main([*asked, "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["people"], told["days"], told["issues"]) == (3, 7, [])
    assert told["activities"] == [
        {"activity": "voice", "hours needed": 50.0, "at once": 1, "people able": 3, "their hours": 112.0}
    ]
    problem = read_problem(out)
    assert (problem.staff[0].terms.rest, problem.staff[0].terms.longest_run, problem.staff[0].away) == (
        720,
        5,
        frozenset({0}),
    )
    plan = tmp_path / "plan.json"
    assert main(["roster", "solve", str(out), "--steps", "2", "--workers", "1", "--out", str(plan)]) == DONE
    duties = json.loads(plan.read_text(encoding="utf-8"))["duties"]
    assert duties and not any(one["agent_id"] == "ada" and one["day"] == 0 for one in duties)
    assert main(asked) == DONE
    assert "3 people over 7 days." in capsys.readouterr().out


def test_doubts_and_wrong_input(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A doubt is status 1 and the problem stands; wrong input is status 2, all at once, and nothing is written."""
    out = tmp_path / "problem.json"
    asked = ["roster", "read", "--lake", str(lake), "--site", SITE, "--out", str(out)]
    assert main([*asked, "--from", str(MONDAY), "--days", "9"]) == ISSUES
    assert "no-requirement" in capsys.readouterr().err
    out.unlink()
    assert main([*asked, "--from", str(MONDAY), "--absence", "1", "--days", "0"]) == WRONG
    told = capsys.readouterr().err
    assert "bad-house" in told and "bad-days" in told and not out.exists()
    assert main(["roster", "read", "--lake", str(tmp_path / "none"), *ASK, "--out", str(out)]) == WRONG
    assert "no-lake" in capsys.readouterr().err
