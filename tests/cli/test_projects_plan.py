"""`troth projects plan`: bookings proposed for a portfolio, a schedule of a published problem."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.capacity.projects.portfolio.house import house
from tests.cli.test_projects_check import MSPSP, written
from troth.capacity.projects.portfolio import RequestState
from troth.capacity.projects.portfolio.from_file import from_json, to_json
from troth.cli.main import DONE, ISSUES, WRONG, main


def test_work_is_planned_and_what_is_left_undone_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hours by project, a row for each booking, the reason for each hour left, what would help; the portfolio with it."""
    out = tmp_path / "planned.json"
    path = written(tmp_path, house())
    assert main(["projects", "plan", path, "--format", "json", "--out", str(out)]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert told["done_hours"] == 108.0 and told["wanted_hours"] == 110.0 and told["status"] == "optimal"
    # Of what is needed ada is booked for 24 hours already.
    assert sum(one["hours"] for one in told["bookings"]) == told["done_hours"] - 24.0
    assert {one["person_id"] for one in told["bookings"]} == {"ada", "ben"}
    (short,) = told["short"]
    assert (short["parameters"]["project"], short["parts"][0]["parameters"]["reason"]) == ("p1", "away")
    assert told["advice"] and told["advice"][0]["kind"] == "hire"
    planned, _ = from_json(out.read_text(encoding="utf-8"))
    assert len(planned.bookings) == len(house().bookings) + len(told["bookings"])
    assert replace(planned, bookings=()) == replace(house(), bookings=())
    assert main(["projects", "plan", path]) == ISSUES
    table = capsys.readouterr().out
    assert "108 of 110 hours, none is worth more, " in table
    assert "p1: 2 hours of law" in table and "whoever holds it has no hours then" in table


def test_planned_again_a_proposal_takes_the_place_of_the_older(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever plans what was planned gets the same again; what somebody was asked for stays, and no id is there twice."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert main(["projects", "plan", written(tmp_path, house()), "--out", str(first)]) == ISSUES
    assert main(["projects", "plan", str(first), "--out", str(second)]) == ISSUES
    assert second.read_text(encoding="utf-8") == first.read_text(encoding="utf-8")
    planned, _ = from_json(first.read_text(encoding="utf-8"))
    asked = replace(planned.bookings[-1], state=RequestState.REQUESTED)
    first.write_text(to_json(replace(planned, bookings=(*planned.bookings[:-1], asked))), encoding="utf-8")
    assert main(["projects", "plan", str(first), "--out", str(second)]) == ISSUES
    again, _ = from_json(second.read_text(encoding="utf-8"))
    assert asked in again.bookings and len(again.bookings) == len(planned.bookings) + 1
    assert f"{asked.booking_id}/1" in {one.booking_id for one in again.bookings}


def test_deals_are_planned_if_they_are_likely_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A deal of 35 %, wished for in the fourteenth week."""
    path = written(tmp_path, house())
    asked = ["projects", "plan", path, "--weeks", "16", "--format", "json"]
    for likely, known in (("30%", {"p1", "d1"}), ("40%", {"p1"})):
        assert main([*asked, "--likely", likely]) == ISSUES
        assert {one["project_id"] for one in json.loads(capsys.readouterr().out)["bookings"]} == known


def test_errors_of_the_portfolio_are_told_and_nothing_is_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them, with exit status 2."""
    data = json.loads(Path(written(tmp_path, house())).read_text(encoding="utf-8"))
    data["deals"][0]["probability"] = 1.2
    data["bookings"][0]["person_id"] = "zoe"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert main(["projects", "plan", str(path), "--format", "json"]) == WRONG
    assert {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]} == {
        "bad-probability",
        "unknown-person",
    }
    assert (
        main(["projects", "plan", str(path), "--out", str(tmp_path / "house.json" / "x"), "--format", "json"]) == WRONG
    )
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == ["cannot-write"]


def test_a_published_problem_is_scheduled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two activities of one person, one after the other: proved to end at 3."""
    path, out = tmp_path / "case.dzn", tmp_path / "plan.json"
    path.write_text(MSPSP.format("true"), encoding="utf-8")
    asked = ["projects", "plan", str(path), "--input", "mspsp", "--seconds", "20"]
    assert main([*asked, "--out", str(out)]) == DONE
    assert "Optimal: ends at 3, none ends before 3" in capsys.readouterr().out
    told = json.loads(out.read_text(encoding="utf-8"))
    assert [(one["activity_id"], one["start"], one["end"], one["team"]) for one in told["activities"]] == [
        ("1", 0, 1, {"w1": "s1"}), ("2", 1, 3, {"w1": "s1"}),
    ]  # fmt: skip
    assert main([*asked, "--format", "csv"]) == DONE
    assert capsys.readouterr().out.startswith("activity_id,start,end,team\n1,0,1,")
