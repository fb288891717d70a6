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
    # Its hours are not proposed again under another id.
    assert asked in again.bookings
    assert {one.booking_id for one in again.bookings} == {one.booking_id for one in planned.bookings}


def test_a_house_with_nothing_in_it_gets_a_plan_with_nothing_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said so, as a doubt with advice."""
    path = tmp_path / "empty.json"
    path.write_text('{"day": "2026-06-01"}', encoding="utf-8")
    assert main(["projects", "plan", str(path), "--format", "json"]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert (told["bookings"], told["wanted_hours"], told["short"]) == ([], 0.0, [])
    assert [(one["code"], one["where"]) for one in told["issues"]] == [
        ("nothing-to-plan", "people"), ("nothing-to-plan", "projects")
    ]  # fmt: skip


def _small(folder: Path, hours: float, *, day: float = 8.0, weight: float = 1.0, **more: str) -> str:
    """Return the path of a file of ada and a project of some hours."""
    skill, week = {"skill": "data", "level": 1}, [day] * 5 + [0, 0]
    ada = {"person_id": "ada", "skills": [skill], "contracts": [{"first": "2024-01-01", "hours": week}]}
    phase = {"phase_id": "a", "needs": [{"skill": "data", "hours": hours}], **more}
    mill = {"project_id": "mill", "phases": [phase], "weight": weight}
    path = folder / "small.json"
    path.write_text(json.dumps({"day": "2026-06-01", "people": [ada], "projects": [mill]}), encoding="utf-8")
    return str(path)


def test_a_week_of_37_and_a_half_hours_leaves_none_undone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is planned in half hours; less than one that is left is said, and is no reason for an exit status."""
    for hours, done in ((37.5, 37.5), (37.7, 37.5)):
        path = _small(tmp_path, hours, day=7.5, deadline="2026-06-05")
        assert main(["projects", "plan", path, "--weeks", "1", "--format", "json"]) == DONE
        told = json.loads(capsys.readouterr().out)
        assert told["done_hours"] == done and bool(told["short"]) is (hours > done)
    assert main(["projects", "plan", _small(tmp_path, 38.0, day=7.5, deadline="2026-06-05"), "--weeks", "1"]) == ISSUES


def test_what_lies_after_the_weeks_and_what_help_is_worth_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how many hours, until when; worth is in hours of work, by weight if there are weights."""
    assert main(["projects", "plan", _small(tmp_path, 100.0), "--weeks", "1"]) == DONE
    assert "After these weeks:\n  projects[mill]: 67 of 100 hours. Maybe" in capsys.readouterr().out
    for weight, words in ((1.0, "worth up to 36 hours of work."), (2.0, "worth up to 72 hours of work by weight")):
        path = _small(tmp_path, 100.0, weight=weight, deadline="2026-06-05")
        assert main(["projects", "plan", path, "--weeks", "1"]) == ISSUES
        shown = capsys.readouterr()
        assert words in shown.out and "60 hours undone by 2026-06-05" in shown.out + shown.err


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
