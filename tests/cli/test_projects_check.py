"""`troth projects check`: issues and over-booked days of a file, of a lake, of a published problem."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.capacity.projects.portfolio.house import DAY, house
from tests.capacity.projects.portfolio.practice_lake import lake_of_world, lived
from troth.capacity.projects.portfolio import ContractTerms, Portfolio, ProjectBooking
from troth.capacity.projects.portfolio.from_file import to_json
from troth.cli.main import DONE, ISSUES, WRONG, main

MSPSP = "nActs=2; dur=[1,2]; nSkills=1; sreq=[|1|1|]; nResources=1; mastery=[|{}|]; nPrecs=1; pred=[1]; succ=[2];"


def written(folder: Path, portfolio: Portfolio) -> str:
    """Return the path of a file of a portfolio."""
    path = folder / "house.json"
    path.write_text(to_json(portfolio), encoding="utf-8")
    return str(path)


def with_more(hours: float, **more: object) -> Portfolio:
    """Return the house with ben booked for so many hours in its first week, of which he has 36."""
    booked = ProjectBooking("b7", "p1", DAY, date(2026, 6, 8), hours, "ben")
    return replace(house(), bookings=(*house().bookings, booked), **more)  # type: ignore[arg-type]


def test_a_sound_house_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong: exit status 0, and how much there is."""
    assert main(["projects", "check", written(tmp_path, house())]) == DONE
    assert capsys.readouterr().out == (
        "2026-06-01, 3 people, 1 project, 1 deal, 3 bookings, 2 time sheets: nothing is wrong.\n"
    )


def test_over_booked_days_are_told_with_their_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whose, from when until when, hours that are forced into it and that there are, as a table, JSON and CSV."""
    path = written(tmp_path, with_more(40.0))
    assert main(["projects", "check", path, "--format", "json"]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert told["over_booked"] == [{
        "person_id": "ben", "first": "2026-06-01", "until": "2026-06-08", "forced_hours": 40.0, "available_hours": 36.0, "over_hours": 4.0,
        "booking_ids": ["b7"],
    }]  # fmt: skip
    assert [(one["code"], one["severity"]) for one in told["issues"]] == [("over-booked", "warning")]
    assert main(["projects", "check", path]) == ISSUES
    out = capsys.readouterr().out
    assert "ben  2026-06-01  2026-06-08   40.0       36.0   4.0  b7" in out and "1 warning." in out
    assert main(["projects", "check", path, "--format", "csv"]) == ISSUES
    assert [row["code"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["over-booked"]
    assert main(["projects", "check", written(tmp_path, with_more(36.0)), "--format", "csv"]) == DONE


def test_soft_bookings_count_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By their probability."""
    soft = ProjectBooking("b8", "p1", DAY, date(2026, 6, 8), 20.0, "ben", probability=0.5)
    path = written(tmp_path, replace(with_more(30.0), bookings=(*with_more(30.0).bookings, soft)))
    assert main(["projects", "check", path]) == DONE
    capsys.readouterr()
    assert main(["projects", "check", path, "--soft", "--format", "json"]) == ISSUES
    assert json.loads(capsys.readouterr().out)["over_booked"][0]["over_hours"] == 4.0


def test_errors_do_not_hide_over_booked_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong deal, a booking of nobody and a row that cannot be read stand beside them; wrong hours of people forbid to look."""
    data = json.loads(to_json(with_more(40.0)))
    data["deals"][0]["probability"] = 1.2
    data["bookings"][0]["person_id"] = "zoe"
    data["bookings"].append({"booking_id": "b9"})
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert main(["projects", "check", str(path), "--format", "json"]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    assert {one["code"] for one in told["issues"]} == {
        "bad-probability",
        "unknown-person",
        "missing-key",
        "over-booked",
    }
    assert len(told["over_booked"]) == 1
    ada, ben, new = house().people
    bad = replace(ben, contracts=(ContractTerms(date(2025, 3, 1), hours=(8.0,) * 5),))
    assert (
        main(["projects", "check", written(tmp_path, with_more(40.0, people=(ada, bad, new))), "--format", "json"])
        == ISSUES
    )
    told = json.loads(capsys.readouterr().out)
    assert {one["code"] for one in told["issues"]} == {"bad-week", "not-looked-at"} and told["over_booked"] == []


def test_what_cannot_be_read_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No JSON, no day, no lake, options of a lake with a file, a published problem without a file."""
    path = tmp_path / "bad.json"
    for text, code in (("{", "not-json"), ("{}", "missing-key")):
        path.write_text(text, encoding="utf-8")
        assert main(["projects", "check", str(path), "--format", "json"]) == WRONG
        assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == [code]
    for words, code in (
        (["--lake", str(tmp_path / "none")], "no-lake"), ([written(tmp_path, house()), "--day", "2026-06-01"], "wrong-use"),
        (["--input", "mspsp"], "wrong-use"), ([str(tmp_path / "none.json")], "wrong-use"),
    ):  # fmt: skip
        assert main(["projects", "check", *words, "--format", "json"]) == WRONG
        assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == [code]


def test_a_lake_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo's practice after six weeks, as of its last day and as of an earlier one."""
    world, until = lived(weeks=6)
    lake = lake_of_world(tmp_path / "lake", world, until=until)
    assert main(["projects", "check", "--lake", lake.address, "--format", "json"]) in (DONE, ISSUES)
    told = json.loads(capsys.readouterr().out)
    known = world.known()
    assert (told["day"], told["people"], told["deals"]) == (known.day, len(known.people), len(known.deals))
    assert not [one for one in told["issues"] if one["severity"] == "error"]
    asked = [
        "projects",
        "check",
        "--lake",
        lake.address,
        "--day",
        "2026-03-16",
        "--site",
        "practice-p",
        "--format",
        "json",
    ]
    assert main(asked) in (DONE, ISSUES)
    assert json.loads(capsys.readouterr().out)["day"] == "2026-03-16"


def test_a_published_problem_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MiniZinc data: whether anybody has the skills."""
    path = tmp_path / "case.dzn"
    for flag, status, codes in (("true", DONE, []), ("false", ISSUES, ["no-skill-in-need", "skill-nobody-holds"])):
        path.write_text(MSPSP.format(flag), encoding="utf-8")
        assert main(["projects", "check", str(path), "--input", "mspsp", "--format", "json"]) == status
        told = json.loads(capsys.readouterr().out)
        assert (told["activities"], told["people"]) == (2, 1)
        assert sorted({one["code"] for one in told["issues"]}) == codes
