"""`troth route`: plans judged and written in every form, wrong use refused before anything is computed."""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.field.routing.test_published import CREW, SOLOMON
from tests.field.routing.test_vroom import instance
from tests.field.routing.town import town
from tests.field.travel.routers import FakeRouter, running
from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.field.routing.from_file import problem_to_json

QUICK = ["--steps", "5", "--chains", "1", "--seconds", "600"]
HAND = [
    {"technician": "ada", "stops": ["v1", {"depot": "store"}, "v3", "v5"]},
    {"technician": "ben", "stops": ["v2", "v4", "v6"]},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a problem and a plan made by hand."""
    (tmp_path / "problem.json").write_text(problem_to_json(town()), encoding="utf-8")
    (tmp_path / "plan.json").write_text(json.dumps({"tours": HAND}), encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], folder: Path, words: str, *more: str, status: int = DONE) -> str:
    """Return what a command prints; names of files are those of the folder."""
    given = [
        str(folder / word) if "." in word and "=" not in word and ":" not in word else word for word in words.split()
    ]
    found = main(["route", *given, *more])
    printed = capsys.readouterr()
    assert found == status, printed
    return printed.out or printed.err


def told(capsys: pytest.CaptureFixture[str], folder: Path, words: str, *more: str, status: int = DONE) -> Any:
    """Return what a command prints as JSON."""
    return json.loads(run(capsys, folder, words, *more, "--format", "json", status=status))


def test_a_plan_by_hand_that_keeps_all_rules_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, costs by rule, as a table, as JSON and as CSV."""
    shown = run(capsys, folder, "check problem.json plan.json")
    assert shown.startswith("0 hard rules broken, cost ") and "routing.work (ada)" in shown
    found = told(capsys, folder, "check problem.json plan.json")
    assert found["broken"] == 0 and found["cost_cents"] == pytest.approx(
        sum(one["cost_cents"] for one in found["breaches"])
    )
    rows = list(csv.DictReader(io.StringIO(run(capsys, folder, "check problem.json plan.json", "--format", "csv"))))
    assert {row["rule"] for row in rows} == {one["rule"] for one in found["breaches"]}


def test_every_broken_rule_is_told_with_its_size(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dragged plan: exit status 1."""
    tours = [{"technician": "ada", "stops": ["v2", "v1", "v4"]}, {"technician": "cem", "stops": ["v5", "v6"]}]
    (folder / "plan.json").write_text(json.dumps(tours), encoding="utf-8")
    found = told(capsys, folder, "check problem.json plan.json", status=ISSUES)
    hard = {(one["rule"], one["technician"], one["visit"]): one for one in found["breaches"] if one["hard"]}
    assert set(hard) >= {
        ("routing.tools", "ada", "v4"), ("routing.excluded", "cem", "v5"), ("routing.territory", "cem", "v6"), ("routing.pin", "cem", "v6"),
        ("routing.shift", "cem", ""),
    }  # fmt: skip
    assert found["broken"] == len(hard) and hard["routing.shift", "cem", ""]["amount"] > 3600
    shown = run(capsys, folder, "check problem.json plan.json", status=ISSUES)
    assert (
        f"{len(hard)} hard rules broken" in shown and "routing.tools (ada, v4, lift): 1. A tool is on the van" in shown
    )


def test_a_judged_plan_is_written_everywhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON that is read again, GeoJSON, rows, a page."""
    places = {name: folder / "new" / f"plan.{name}" for name in ("out", "geojson", "csv", "html")}
    words = [word for name, path in places.items() for word in (f"--{name}", str(path))]
    first = told(capsys, folder, "check problem.json plan.json", *words)
    again = told(capsys, folder, "check problem.json new/plan.out")
    assert again["cost_cents"] == pytest.approx(first["cost_cents"], abs=0.1) and again["broken"] == 0
    rows = list(csv.DictReader(io.StringIO(places["csv"].read_text(encoding="utf-8"))))
    assert [row["name"] for row in rows if row["kind"] != "rest"] == ["v1", "store", "v3", "v5", "v2", "v4", "v6"]
    assert json.loads(places["geojson"].read_text(encoding="utf-8"))["type"] == "FeatureCollection"
    assert "All hard rules are kept" in places["html"].read_text(encoding="utf-8")


def test_vroom_in_and_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A problem of VROOM with steps, judged and answered in its shape; what is not modelled is told."""
    data = instance(jobs=4)
    (folder / "vroom.json").write_text(json.dumps(data), encoding="utf-8")
    steps = [
        {"type": "start", "arrival": 0},
        {"type": "job", "id": 1, "arrival": 2000, "service": 300},
        {"type": "end", "arrival": 9000},
    ]
    (folder / "answer.json").write_text(json.dumps({"routes": [{"vehicle": 2, "steps": steps}]}), encoding="utf-8")
    out = folder / "out.json"
    found = told(capsys, folder, "check vroom.json answer.json --input vroom", "--vroom", str(out))
    assert found["broken"] == 0
    answer = json.loads(out.read_text(encoding="utf-8"))
    assert answer["summary"]["unassigned"] == 3 and answer["routes"][0]["vehicle"] == 2
    assert answer["routes"][0]["steps"][1]["arrival"] == 2000


def test_published_forms_are_judged_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Solomon's with routes as solvers print them, technicians with routes as they are published."""
    (folder / "small.txt").write_text(SOLOMON, encoding="utf-8")
    (folder / "routes.sol").write_text("Route #1: 2 1\nCost 11.3\n", encoding="utf-8")
    found = told(capsys, folder, "check small.txt routes.sol --input solomon")
    assert found["cost_cents"] == pytest.approx(1000 * (1.4 + 3.6 + 5) / 1000)
    (folder / "crew.txt").write_text(CREW, encoding="utf-8")
    (folder / "crew.sol").write_text("<1,4,2,3>", encoding="utf-8")
    assert told(capsys, folder, "check crew.txt crew.sol --input trsp")["cost_cents"] == pytest.approx(5 + 4 + 15 + 3)
    (folder / "crew.sol").write_text("<7,2,3>", encoding="utf-8")
    assert told(capsys, folder, "check crew.txt crew.sol --input trsp", status=WRONG)["issues"][0]["code"] == "bad-line"


def test_travel_comes_from_where_it_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table; nonsense is refused."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    del data["seconds"], data["metres"]
    (folder / "bare.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "table.csv").write_text(
        "\n".join(",".join("0" if i == j else "60" for j in range(7)) for i in range(7)), encoding="utf-8"
    )
    straight = told(capsys, folder, "check bare.json plan.json")
    short = told(capsys, folder, "check bare.json plan.json --travel table.csv")
    assert short["cost_cents"] < straight["cost_cents"]
    for text in ("nothing.csv", "osrm:nowhere", "roads:none.pbf"):
        assert told(capsys, folder, "check bare.json plan.json", "--travel", text, status=WRONG)["issues"]


def _bare(folder: Path) -> None:
    """Write the problem without ways, and one of VROOM's with coordinates."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    del data["seconds"], data["metres"]
    (folder / "bare.json").write_text(json.dumps(data), encoding="utf-8")
    jobs = [{"id": k, "location": [25.28 + k / 100, 54.69], "service": 300} for k in range(1, 4)]
    van = {"id": 1, "start": [25.28, 54.69], "end": [25.28, 54.69]}
    (folder / "bare.vroom.json").write_text(json.dumps({"jobs": jobs, "vehicles": [van]}), encoding="utf-8")


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
@pytest.mark.parametrize("words", ["bare.json", "bare.vroom.json --input vroom"])
def test_a_server_that_answers_says_how_long_ways_take(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str, words: str
) -> None:
    """Its times, not the straight way's: the plan costs something else; nothing is doubted."""
    _bare(folder)
    with running(FakeRouter()) as router:
        found = told(capsys, folder, f"solve {words} --travel {kind}:{router.url}", *QUICK)
    assert router.asked
    assert found["value_cents"] != told(capsys, folder, f"solve {words}", *QUICK)["value_cents"]


@pytest.mark.parametrize("words", ["bare.json", "bare.vroom.json --input vroom"])
def test_a_dead_server_is_told_and_the_straight_way_taken(
    folder: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    """Nobody listens at the port: the plan is the one of the straight way, with code and advice, and the status says that it is doubtful."""
    _bare(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    straight = told(capsys, folder, f"solve {words}", *QUICK)["value_cents"]
    given = [str(folder / word) if word.endswith(".json") else word for word in words.split()]
    assert (
        main(["route", "solve", *given, "--travel", f"osrm:http://127.0.0.1:{port}", *QUICK, "--format", "json"])
        == ISSUES
    )
    printed = capsys.readouterr()
    assert json.loads(printed.out)["value_cents"] == straight
    issues = json.loads(printed.err)["issues"]
    assert [(one["code"], one["severity"]) for one in issues] == [
        ("server-dead", "warning"),
        ("fallback-used", "warning"),
    ]
    assert all(one["advice"].startswith("Maybe ") for one in issues)
    assert str(port) in issues[0]["where"]


def test_wrong_use_is_refused_before_anything_is_computed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places that cannot be written, forms that cannot be made, files that are none."""
    from troth.field import routing

    monkeypatch.setattr(routing, "solve", lambda *_, **__: pytest.fail("computed"))
    (folder / "file").write_text("", encoding="utf-8")
    bad = str(folder / "file" / "plan.json")
    assert (
        told(capsys, folder, "solve problem.json", "--out", bad, "--html", bad, status=WRONG)["issues"][1]["code"]
        == "cannot-write"
    )
    assert told(capsys, folder, "solve problem.json", "--vroom", "x", status=WRONG)["issues"][0]["where"] == "--vroom"
    (folder / "small.txt").write_text(SOLOMON, encoding="utf-8")
    far = told(capsys, folder, "solve small.txt --input solomon", "--geojson", str(folder / "x"), status=WRONG)
    assert far["issues"][0]["code"] == "no-coordinates"
    assert told(capsys, folder, "solve small.txt --input solomon --travel table.csv", status=WRONG)["issues"]
    (folder / "bad.json").write_bytes(b"\xff\xfe")
    assert told(capsys, folder, "check bad.json plan.json", status=WRONG)["issues"][0]["code"] == "cannot-read"
    assert "not-json" in run(capsys, folder, "check small.txt plan.json", status=WRONG)


def test_a_plan_is_solved_and_begun_with_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed gives the same plan; one begun with is never made worse; progress is silent in a pipe."""
    out = folder / "solved.json"
    found = told(capsys, folder, "solve problem.json", *QUICK, "--out", str(out))
    assert (found["status"], found["visits"], found["broken"], found["unserved"]) == ("feasible", 6, [], [])
    text = json.loads(out.read_text(encoding="utf-8"))
    told(capsys, folder, "solve problem.json", *QUICK, "--out", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["tours"] == text["tours"]
    again = told(capsys, folder, "solve problem.json --start solved.json", *QUICK)
    assert again["value_cents"] <= found["value_cents"] + 1e-6
    shown = run(capsys, folder, "solve problem.json", *QUICK)
    assert "Feasible: 6 of 6 visits in" in shown and "no bound is known" in shown


def test_ctrl_c_keeps_the_best(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A search without end stops when asked, and its plan is printed."""
    import threading

    timer = threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    try:
        found = told(capsys, folder, "solve problem.json --seconds 300 --chains 1")
    finally:
        timer.cancel()
    assert found["visits"] == 6 and found["seconds"] < 120


def test_what_is_doubtful_is_told_after_the_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A visit that nobody may make is left out with the reason; exit status 1."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    data["visits"][2] |= {"skills": {"gas": 9}}
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    assert main(["route", "solve", str(folder / "problem.json"), *QUICK]) == ISSUES
    printed = capsys.readouterr()
    assert "v3: no-skill (3)" in printed.out and "nobody-may" in printed.err


def test_missing_parts_are_told_by_name_with_what_may_help(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A visit needs what nobody has: the reason is not that time is short."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    data["visits"][2] |= {"parts": {"valve": 1}}
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    assert main(["route", "solve", str(folder / "problem.json"), *QUICK]) == ISSUES
    printed = capsys.readouterr()
    assert "v3: no-parts (3) valve" in printed.out and "no-parts: without the parts. Maybe order them" in printed.out
    assert "no-such-part" in printed.err


def test_why_a_visit_is_where_it_is_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, when, what other places would cost; as sentences and as JSON; an unknown one is refused before the search."""
    shown = run(capsys, folder, "solve problem.json --explain v2", *QUICK)
    assert "\nv2: " in shown and " would cost " in shown
    found = told(capsys, folder, "solve problem.json --explain v2 --explain v5", *QUICK)["explained"]
    assert [(one["code"], one["parameters"]["visit"]) for one in found] == [
        ("routing.planned", "v2"),
        ("routing.planned", "v5"),
    ]
    (wrong,) = told(capsys, folder, "solve problem.json --explain v22", *QUICK, status=WRONG)["issues"]
    assert (wrong["code"], wrong["where"], wrong["advice"]) == ("unknown-visit", "--explain", "Maybe v2 is meant.")


def test_what_is_only_worth_knowing_leaves_the_status_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Overtime that costs nothing may be meant so: it is told, and the plan is not doubtful; times of nobody's use are."""
    data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    del data["technicians"][1]["overtime_per_hour_cents"]
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    assert main(["route", "solve", str(folder / "problem.json"), *QUICK]) == DONE
    assert "info: no-price at technicians[ben].overtime_per_hour_cents" in capsys.readouterr().err
    (folder / "table.csv").write_text("0,1\n1,0\n", encoding="utf-8")
    table = str(folder / "table.csv")
    assert main(["route", "solve", str(folder / "problem.json"), "--travel", table, *QUICK]) == ISSUES
    assert "warning: no-effect at seconds" in capsys.readouterr().err
