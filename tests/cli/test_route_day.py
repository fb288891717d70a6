"""`troth route insert` and `replan`: windows to offer, and a day planned again from now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.field.routing.town import HAND, town, written_by_hand
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.core.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a problem of which the plan lacks one visit."""
    return written_by_hand(tmp_path)


def told(capsys: pytest.CaptureFixture[str], folder: Path, word: str, *more: str, status: int = DONE) -> Any:
    """Return what a command prints as JSON."""
    found = main(["route", word, str(folder / "problem.json"), str(folder / "plan.json"), *more, "--format", "json"])
    printed = capsys.readouterr()
    assert found == status, printed
    return json.loads(printed.out)


def test_windows_are_offered_with_price_and_chance(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those asked for, or all within shifts; the best first; as a table too."""
    found = told(capsys, folder, "insert", "--visit", "new", "--hours", "2")
    assert 0 < len(found["windows"]) <= 10
    values = [one["value_cents"] for one in found["windows"]]
    assert values == sorted(values) and all(0 <= one["probability"] <= 1 for one in found["windows"])
    (one,) = told(capsys, folder, "insert", "--visit", "new", "--window", "2026-06-01T12:00/2026-06-01T14:00")[
        "windows"
    ]
    assert (one["start_s"], one["end_s"]) == (4 * 3600, 6 * 3600)
    assert main(["route", "insert", str(folder / "problem.json"), str(folder / "plan.json"), "--visit", "new"]) == DONE
    assert "technician" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--visit", "newt"], "unknown-visit"), (["--visit", "v1"], "planned-already"), (["--visit", "new", "--window", "now/then"], "bad-time"),
        (["--visit", "new", "--window", "2026-06-01T14:00/2026-06-01T12:00"], "empty-span"),
    ],
)  # fmt: skip
def test_wrong_visits_and_windows_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: str
) -> None:
    """Unknown, planned already, no times, the wrong way round."""
    assert told(capsys, folder, "insert", *more, status=WRONG)["issues"][0]["code"] == code


def test_all_that_is_wrong_with_windows_is_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each window, each end of one, and the visit."""
    words = ["--visit", "newt"]
    for text in (
        "now/then",
        "2026-06-01T14:00/2026-06-01T12:00",
        "2026-06-01T14:00",
        "2026-06-01T09:00/2026-06-01T11:00",
        "9/2026-06-01",
    ):
        words += ["--window", text]
    issues = told(capsys, folder, "insert", *words, status=WRONG)["issues"]
    assert [(one["code"], one["value"]) for one in issues] == [
        ("unknown-visit", "newt"), ("bad-time", "now"), ("bad-time", "then"), ("empty-span", "2026-06-01T14:00/2026-06-01T12:00"),
        ("bad-time", "2026-06-01T14:00"), ("bad-time", "9"),
    ]  # fmt: skip
    assert all(one["advice"].startswith("Maybe") for one in issues)


def test_a_missing_part_that_nobody_has_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless a technician, a visit or a depot names it, or a depot has whatever is asked for: it may be a slip."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    data["technicians"][0]["parts"] = {"pump": 1}
    data["depots"] = [{"depot": "store", "place": "place 4", "parts": {"valve": 2}}]
    data["visits"][1]["parts"] = {"fan": 1}
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"tours": HAND[1:]}), encoding="utf-8")
    at = ["--now", "2026-06-01T07:00", "--steps", "1"]
    typo = ["--event", "part-missing=v4:pmup", "--event", "part-missing=v9:moon"]
    issues = told(capsys, folder, "replan", *at, *typo, status=WRONG)["issues"]
    assert [(one["code"], one["value"]) for one in issues] == [
        ("unknown-part", "pmup"), ("unknown-visit", "v9"), ("unknown-part", "moon"),
    ]  # fmt: skip
    assert issues[0]["advice"] == "Maybe pump is meant." and issues[2]["advice"].startswith("Maybe add it")
    known = [word for part in ("pump", "fan", "valve") for word in ("--event", f"part-missing=v4:{part}")]
    assert "issues" not in told(capsys, folder, "replan", *at, *known, status=ISSUES)
    del data["depots"][0]["parts"]
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    assert "issues" not in told(capsys, folder, "replan", *at, *typo[:2])


def test_a_day_is_planned_again_with_reasons(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ben is ill at twenty past nine and a visit is new: what is done stays, each change has its cause."""
    out = folder / "mended.json"
    words = [
        "--now",
        "2026-06-01T09:20",
        "--event",
        "ill=ben",
        "--event",
        "new=new",
        "--steps",
        "5",
        "--seconds",
        "600",
        "--out",
        str(out),
    ]
    found = told(capsys, folder, "replan", *words, status=ISSUES)
    causes = {one["visit"]: one["cause"] for one in found["changes"]}
    assert causes["v4"] == "ill" and causes["new"] == "new" and "v1" not in causes
    assert all(one["says"].endswith(".") for one in found["changes"])
    mended = json.loads(out.read_text(encoding="utf-8"))
    assert [tour["stops"] for tour in mended["tours"] if tour["technician"] == "ben"] in (
        [],
        [mended["tours"][1]["stops"][:1]],
    )  # v2, done
    starts = [stop["starts"] for tour in mended["tours"] for stop in tour["stops"] if tour["technician"] != "ben"]
    assert [one for one in starts if one < "2026-06-01T09:20"] == [
        mended["tours"][0]["stops"][0]["starts"]
    ]  # v1, under way


@pytest.mark.parametrize("event", ["ill", "ill=", "late=ada", "late=ada:soon", "sick=ada", "part-missing=v1"])
def test_events_that_are_none_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], event: str) -> None:
    """Without whom, without how long, of no kind."""
    found = told(capsys, folder, "replan", "--now", "2026-06-01T09:20", "--event", event, status=WRONG)
    assert found["issues"][0]["code"] == "wrong-use"


def test_events_about_strangers_and_instants_that_are_none_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All at once."""
    words = ["--event", "ill=zoe", "--event", "cancelled=v99"]
    found = told(capsys, folder, "replan", "--now", "2026-06-01T09:20", *words, status=WRONG)
    assert [one["code"] for one in found["issues"]] == ["unknown-technician", "unknown-visit"]
    assert told(capsys, folder, "replan", "--now", "noon", *words[:2], status=WRONG)["issues"][0]["code"] == "bad-time"


def test_a_clock_without_a_zone_is_the_problems() -> None:
    """And what is no time is refused."""
    from troth.cli._route_day import second_of

    assert (
        second_of(town(), "2026-06-01T09:00", where="x")
        == 3600
        == second_of(town(), "2026-06-01T06:00+00:00", where="x")
    )
    with pytest.raises(InputError, match="bad-time"):
        second_of(town(), "nine", where="x")


def test_a_day_is_planned_again_and_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is of the whole day: what is done stays in it and is not new; who is ill stays so until they are back."""
    mended = folder / "mended.json"
    steps = ["--steps", "5", "--seconds", "600", "--out", str(mended)]
    told(capsys, folder, "replan", "--now", "2026-06-01T10:30", "--event", "ill=ben", *steps, status=ISSUES)
    first = json.loads(mended.read_text(encoding="utf-8"))
    begun = {tour["technician"]: tour["stops"][0] for tour in first["tours"]}
    assert begun["ada"]["visit"] == "v1" and begun["ben"]["visit"] == "v2"
    assert [(one["kind"], one["technician"]) for one in first["events"]] == [("ill", "ben")]
    (folder / "plan.json").write_text(mended.read_text(encoding="utf-8"), encoding="utf-8")
    assert told(capsys, folder, "check")["broken"] == 0
    assert [one["visit"] for one in first["unserved"]] == ["v6"]
    assert told(capsys, folder, "insert", "--visit", "v6", "--window", "2026-06-01T13:00/2026-06-01T13:00")["windows"]
    again = told(capsys, folder, "replan", "--now", "2026-06-01T11:10", *steps, status=ISSUES)
    second = json.loads(mended.read_text(encoding="utf-8"))
    assert not {"v1", "v2"} & {one["visit"] for one in again["changes"]}
    assert [tour["stops"][0] for tour in second["tours"]] == [tour["stops"][0] for tour in first["tours"]]
    names = [stop["visit"] for tour in second["tours"] for stop in tour["stops"] if "visit" in stop]
    assert len(names) == len(set(names))
    bens = [[tour["stops"] for tour in plan["tours"] if tour["technician"] == "ben"] for plan in (first, second)]
    assert bens[0] == bens[1] and all(stop["ends"] <= "2026-06-01T10:30" for stop in bens[0][0])
    back = told(capsys, folder, "replan", "--now", "2026-06-01T11:20", "--event", "back=ben", *steps)
    assert any("ben is back" in one["says"] for one in back["changes"])


@pytest.mark.parametrize("now", ["2026-06-01T08:10", "2026-06-01T09:30"])
def test_a_missing_part_is_missing_on_the_van_of_whoever_has_the_visit(
    folder: Path, capsys: pytest.CaptureFixture[str], now: str
) -> None:
    """Before the visit and while somebody is at it: they fetch it or somebody else goes, and it is told why."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    data["depots"], data["visits"][0]["parts"] = [], {"pump": 1}
    data["visits"][0].update(skills={}, unserved_cents=9000)
    data["technicians"][0]["parts"] = {"pump": 3}
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "plan.json").write_text(
        json.dumps({"tours": [{"technician": "ada", "stops": ["v1", "v5"]}, HAND[1]]}), encoding="utf-8"
    )
    words = [
        "--now",
        now,
        "--event",
        "part-missing=v1:pump",
        "--steps",
        "5",
        "--seconds",
        "600",
        "--out",
        str(folder / "mended.json"),
    ]
    found = told(capsys, folder, "replan", *words, status=ISSUES)
    (change,) = [one for one in found["changes"] if one["visit"] == "v1"]
    assert change["to_technician"] in ("ben", "cem", "") and "pump is missing" in change["says"]
    mended = json.loads((folder / "mended.json").read_text(encoding="utf-8"))
    assert "v1" not in [
        s.get("visit") for tour in mended["tours"] if tour["technician"] == "ada" for s in tour["stops"]
    ]


def test_events_of_a_plan_that_are_none_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With their place in the file."""
    plan = {"tours": HAND[1:], "events": [{"kind": "sick", "at": 0}]}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    issues = told(capsys, folder, "replan", "--now", "2026-06-01T09:20", status=WRONG)["issues"]
    assert [(one["code"], one["where"]) for one in issues] == [("unknown-event", "events[0].kind")]
