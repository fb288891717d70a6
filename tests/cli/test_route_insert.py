"""`troth route insert` as a day goes on, by what the log teaches, and with plans that cannot stand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.field.routing.town import BEGINS_AT, HAND, day, town, written_by_hand
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.demo import Dirt, Truth, write
from troth.demo.field import field_service
from troth.field.routing.record import offer_record
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.references import import_reference

NOW = "2026-06-01T11:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a problem of which the plan lacks one visit."""
    return written_by_hand(tmp_path)


def asked(
    capsys: pytest.CaptureFixture[str], folder: Path, *more: str, status: int = DONE, form: str = "json"
) -> tuple[Any, str]:
    """Return what the command prints, as JSON if it is, and what it complains of."""
    found = main([
        "route", "insert", str(folder / "problem.json"), str(folder / "plan.json"), "--visit", "new", *more, "--format", form
    ])  # fmt: skip
    printed = capsys.readouterr()
    assert found == status, printed
    return json.loads(printed.out) if form == "json" else printed.out, printed.err


def test_as_the_day_goes_on_what_began_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From an instant on no window is offered that is over, and the visit goes behind what has begun, counted in the plan of the day."""
    tours = {one.technician_id: one for one in day(town(), ada="v1 store v3 v5", ben="v2 v4 v6")}
    found, _ = asked(capsys, folder, "--now", NOW, "--hours", "1", "--most", "100")
    now = 3 * 3600
    assert found["windows"] and all(one["end_s"] > now for one in found["windows"])
    begun = {who: sum(s.kind.value != "rest" and s.starts_s <= now for s in tour.stops) for who, tour in tours.items()}
    assert begun["ada"] > 0 and begun["ben"] > 0
    seen = {(one["technician_id"], one["position"]) for one in found["windows"]}
    assert all(begun.get(who, 0) <= at <= len(HAND[0]["stops"]) for who, at in seen)
    early, _ = asked(capsys, folder, "--hours", "1", "--most", "100")
    assert any(one["end_s"] <= now for one in early["windows"])
    assert any(one["position"] < begun.get(one["technician_id"], 0) for one in early["windows"])
    words = ["--window", "2026-06-01T09:00/2026-06-01T10:00", "--window", "2026-06-01T12:00/2026-06-01T15:00"]
    found, _ = asked(capsys, folder, "--now", NOW, *words)
    assert [one["start_s"] for one in found["windows"]] == [4 * 3600]
    assert [one["code"] for one in found["refused"]] == ["insert.past"]
    shown, _ = asked(capsys, folder, "--now", NOW, *words, form="table")
    assert "not Mon 09:00 to Mon 10:00: past" in shown and "past: it is over. Maybe a later window." in shown


def test_no_window_of_another_day_or_of_nobody_is_called_a_want_of_skill(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A window outside all shifts is told as such, with advice."""
    found, _ = asked(capsys, folder, "--window", "2026-06-02T01:00/2026-06-02T03:00", status=ISSUES)
    assert [one["code"] for one in found["refused"]] == ["insert.no-shift"]
    assert found["refused"][0]["says"].startswith("nobody works then. Maybe ")


def test_a_plan_that_cannot_stand_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tour and the rule stand in a warning; nothing is offered there."""
    hand = [{"technician": "ada", "stops": ["v1", "v4"]}, {"technician": "ben", "stops": ["v2", "v6"]}]
    (folder / "plan.json").write_text(json.dumps({"tours": hand}), encoding="utf-8")
    found, complaint = asked(capsys, folder)
    (issue,) = json.loads(complaint)["issues"]
    assert (issue["code"], issue["severity"], issue["where"], issue["value"]) == (
        "broken-tour", "warning", "tours[ada, shift 0]", "routing.tools",
    )  # fmt: skip
    assert "ada" not in {one["technician_id"] for one in found["windows"]}


def test_two_tours_of_a_shift_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two tours of one shift one would be lost: neither windows nor a search with --start."""
    twice = [{"technician": "ada", "stops": ["v1"]}, {"technician": "ada", "stops": ["v5"]}]
    (folder / "plan.json").write_text(json.dumps({"tours": twice}), encoding="utf-8")
    found, _ = asked(capsys, folder, status=WRONG)
    assert [(one["code"], one["value"]) for one in found["issues"]] == [("twice", "ada, shift 0")]
    words = ["solve", str(folder / "problem.json"), "--start", str(folder / "plan.json"), "--steps", "1"]
    assert main(["route", *words, "--format", "json"]) == WRONG
    assert "twice" in capsys.readouterr().out


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Three weeks of the demo company's field service."""
    folder = tmp_path_factory.mktemp("insert")
    truth = field_service("f", start="2026-03-02", days=20, size=0.3)
    until = datetime(2026, 3, 20, 4, 30, tzinfo=UTC)
    write(
        folder,
        truth=Truth("Company", "2026-03-02", (), wings=(truth,)),
        seed=2,
        until=until,
        workers=1,
        dirt=Dirt.none(),
    )
    found = Lake(folder / "lake")
    ingest(found, source="troth", paths=sorted(folder.glob("*.parquet")))
    for path in sorted((folder / "reference").glob("*.csv")):
        import_reference(found, path=path, stream=path.stem)
    return found


def test_what_the_log_teaches_is_what_is_stated(
    folder: Path, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a lake the probability is that of the record of windows, and all three counts it rests on are told, in words too."""
    words = ["--window", "2026-06-01T12:00/2026-06-01T14:00", "--now", NOW]
    usual, _ = asked(capsys, folder, *words)
    assert usual["rests_on"]["jobs"] == usual["rests_on"]["trips"] == usual["rests_on"]["windows"] == 0
    assert usual["windows"][0]["probability"] == usual["windows"][0]["plan_probability"]
    found, _ = asked(capsys, folder, *words, "--lake", lake.address)
    record = offer_record(
        lake, start=datetime(2026, 1, 1, tzinfo=UTC), end=BEGINS_AT.replace(hour=11), time_zone="Europe/Vilnius"
    )
    its = found["rests_on"]
    assert (its["jobs"], its["trips"], its["windows"]) == (
        record.jobs,
        record.trips,
        record.kept.n,
    ) and record.jobs > 60
    assert its["work_sigma"] == pytest.approx(record.spread.work_sigma)
    assert its["travel_sigma"] == pytest.approx(record.spread.travel_sigma)
    (one,) = found["windows"]
    said = record.kept.stated(one["plan_probability"], hours=2, same_day=True)
    assert one["probability"] == pytest.approx(said) and one["probability"] != one["plan_probability"]
    shown, _ = asked(capsys, folder, *words, "--lake", lake.address, form="table")
    assert (
        f"rests on {record.jobs:,} jobs, {record.trips:,} trips and {record.kept.n:,} windows promised before." in shown
    )
    shown, _ = asked(capsys, folder, *words, form="table")
    assert "rests on the usual spread of work, the usual spread of travel and the plan alone." in shown


def test_a_lake_needs_an_instant_and_must_be_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --now nobody knows what was known; a folder without a lake, and an instant that is none, are refused."""
    found, _ = asked(capsys, folder, "--lake", str(tmp_path / "none"), status=WRONG)
    assert [(one["code"], one["where"]) for one in found["issues"]] == [("missing-key", "--now")]
    found, _ = asked(capsys, folder, "--lake", str(tmp_path / "none"), "--now", NOW, status=WRONG)
    assert found["issues"][0]["code"] == "no-lake"
    found, _ = asked(capsys, folder, "--now", "noon", "--window", "9", status=WRONG)
    assert [(one["code"], one["value"]) for one in found["issues"]] == [("bad-time", "9"), ("bad-time", "noon")]
