"""`troth roster`: each command, what is written, wrong input, and contradictions named with people and dates."""

from __future__ import annotations

import csv
import io
import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from tests.capacity.roster.problems import shop, week
from troth.capacity.roster import Duty, Employee, RosterProblem, Terms
from troth.cli._roster_files import plan_to_json, problem_to_json, read_plan
from troth.cli._roster_shared import file_names
from troth.cli.main import DONE, ISSUES, WRONG, main

QUICK = ["--steps", "3", "--workers", "1"]
NURSE = """SECTION_HORIZON
7
SECTION_SHIFTS
D,480,
SECTION_STAFF
A,D=7,4320,480,5,1,1,2
B,D=7,4320,480,5,1,1,2
SECTION_DAYS_OFF
A,0
SECTION_SHIFT_ON_REQUESTS
B,1,D,2
SECTION_COVER
0,D,1,100,1
1,D,1,100,1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a problem and a roster: a is early for three days, b may step in."""
    problem = week(Terms(), Terms(), days=3)
    problem = replace(problem, kind_needs=tuple(n for n in problem.kind_needs if n.kind == "early"))
    save(
        tmp_path,
        problem,
        Duty("a", 0, "early", 360, 480),
        Duty("a", 1, "early", 360, 480),
        Duty("a", 2, "early", 360, 480),
    )
    return tmp_path


def save(folder: Path, problem: RosterProblem, *duties: Duty) -> None:
    """Write a problem and a roster."""
    from troth.capacity.roster.plan import judged

    plan = judged(problem, duties, bound=None, whole=False, seed=0, seconds=0.0, versions={})
    (folder / "problem.json").write_text(problem_to_json(problem), encoding="utf-8")
    (folder / "plan.json").write_text(plan_to_json(plan), encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], folder: Path, words: str, *more: str, status: int = DONE) -> str:
    """Return what a command prints; names of files are those of the folder."""
    given = [str(folder / word) if word.endswith((".json", ".txt")) else word for word in words.split()]
    assert main(["roster", *given, *more]) == status
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], folder: Path, words: str, *more: str, status: int = DONE) -> Any:
    """Return what a command prints as JSON."""
    return json.loads(run(capsys, folder, words, *more, "--format", "json", status=status))


def test_a_roster_is_solved_and_written_everywhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files say the same, and the roster can be read again as a start."""
    places = {name: folder / "new" / name for name in ("plan.json", "grid.csv", "grid.xlsx", "page.html", "calendars")}
    words = [
        "--out", str(places["plan.json"]), "--csv", str(places["grid.csv"]), "--excel", str(places["grid.xlsx"]),
        "--html", str(places["page.html"]), "--ical", str(places["calendars"]),
    ]  # fmt: skip
    found = told(capsys, folder, "solve problem.json", *QUICK, *words)
    assert (found["status"], found["value"], found["bound"], found["broken"]) == ("optimal", 0, 0, [])
    from troth.cli._roster_files import read_problem

    plan = read_plan(places["plan.json"], problem=read_problem(folder / "problem.json"))
    assert len(plan.duties) == found["shifts"] == 3
    rows = list(csv.reader(io.StringIO(places["grid.csv"].read_text(encoding="utf-8"))))
    assert sum("early" in cell for row in rows for cell in row) == 3
    sheet = load_workbook(places["grid.xlsx"])["Roster"]
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)] == rows
    files = sorted(places["calendars"].iterdir())
    assert [path.name for path in files] == ["a.ics", "b.ics"]
    assert sum(len(Calendar.from_ical(path.read_bytes()).walk("VEVENT")) for path in files) == 3
    assert "Who works when?" in places["page.html"].read_text(encoding="utf-8")
    again = told(capsys, folder, "solve problem.json", *QUICK, "--start", str(places["plan.json"]))
    assert again["value"] == 0


def test_costs_are_told_by_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table with status and bound, and as CSV."""
    lone = week(Terms(), days=2)
    save(folder, lone)
    shown = run(capsys, folder, "solve problem.json", *QUICK)
    assert "roster.under" in shown
    assert "Optimal: 2 shifts, cost 20, none costs less than 20" in shown
    (row,) = csv.DictReader(io.StringIO(run(capsys, folder, "solve problem.json", *QUICK, "--format", "csv")))
    assert (row["rule"], float(row["cost"]), row["times"]) == ("roster.under", 20.0, "2")


def test_the_same_seed_gives_the_same_roster(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With one worker and a stop by steps."""
    save(folder, week(Terms(longest_run=3), Terms(longest_run=4), Terms(), days=7))
    found = []
    for _ in range(2):
        run(capsys, folder, "solve problem.json", *QUICK, "--seed", "7", "--out", str(folder / "out.json"))
        found.append(json.loads((folder / "out.json").read_text(encoding="utf-8"))["duties"])
    assert found[0] == found[1]


def test_published_instances_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A nurse instance gives a roster; the same file is no JSON."""
    (folder / "nurse.txt").write_text(NURSE, encoding="utf-8")
    assert told(capsys, folder, "solve nurse.txt --input nurse", *QUICK)["value"] == 0
    issues = told(capsys, folder, "solve nurse.txt", *QUICK, status=WRONG)["issues"]
    assert {issue["code"] for issue in issues} == {"not-json"}
    issues = told(capsys, folder, "solve nurse.txt --input multi-activity", *QUICK, status=WRONG)["issues"]
    assert issues


def test_a_contradiction_is_named_with_people_and_dates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table and as JSON; the status is that of doubt, not of wrong use."""
    ada = Employee("ada", Terms(minutes=(1440, None)), away=frozenset({1}))
    save(folder, replace(week(Terms(), days=3), staff=(ada,)))
    shown = run(capsys, folder, "solve problem.json", *QUICK, status=ISSUES)
    assert "Infeasible: no roster keeps all rules" in shown
    assert "ada: roster.away on 2026-06-02" in shown
    assert "ada: roster.least-minutes" in shown
    found = told(capsys, folder, "solve problem.json", *QUICK, status=ISSUES)
    assert (found["status"], len(found["conflicts"])) == ("infeasible", 2)
    assert found["broken"]


def test_a_roster_is_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule broken with size and price; status 1 only for hard rules."""
    assert told(capsys, folder, "check problem.json plan.json") == {"violations": [], "broken": 0, "cost": 0}
    problem = replace(week(Terms(most_days=1), days=2))
    save(folder, problem, Duty("a", 0, "early", 360, 480), Duty("a", 1, "early", 360, 480))
    found = told(capsys, folder, "check problem.json plan.json", status=ISSUES)
    assert (found["broken"], found["cost"]) == (1, 20)
    assert [(row["rule"], row["day"], row["amount"]) for row in found["violations"]] == [
        ("roster.most-days", None, 1), ("roster.under", "2026-06-01", 1), ("roster.under", "2026-06-02", 1),
    ]  # fmt: skip
    shown = run(capsys, folder, "check problem.json plan.json", status=ISSUES)
    assert "1 hard rules broken, cost 20" in shown
    assert "roster.under (cover, 2026-06-01, late): 1, costs 10." in shown


def test_an_absence_is_mended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is asked, for what, at what price; the roster written is mended."""
    out = folder / "mended.json"
    found = told(capsys, folder, "repair problem.json plan.json --absent a --from 2026-06-02", "--out", str(out))
    assert found["changes"] == [
        {"person": "b", "day": "2026-06-02", "before": "free", "after": "early 06:00-14:00", "price": 0, "cost": 10, "why": "under early 1"}
    ]  # fmt: skip
    assert (found["touched"], found["left"], found["unrepaired"], found["value"], found["before"]) == (
        ["b"],
        [],
        10,
        0,
        0,
    )
    written = {(d["agent_id"], d["day"]) for d in json.loads(out.read_text(encoding="utf-8"))["duties"]}
    assert written == {("a", 0), ("b", 1), ("a", 2)}
    shown = run(capsys, folder, "repair problem.json plan.json --absent a --from 2026-06-01 --to 2026-06-03")
    assert shown.count("under early 1") == 2
    assert "1 people touched" in shown


def test_nothing_helps_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With status 1 and what is missing."""
    words = "repair problem.json plan.json --absent a --from 2026-06-02 --most 0"
    shown = run(capsys, folder, words, status=ISSUES)
    assert "Nothing helps" in shown
    assert "roster.under (cover, 2026-06-02, early): 1, costs 10." in shown


def test_requests_are_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A swap and a leave: yes with its price, no with the rule."""
    assert "Yes" in run(capsys, folder, "swap problem.json plan.json a 2026-06-01 b 2026-06-02")
    shown = run(capsys, folder, "leave problem.json plan.json a --from 2026-06-01 --to 2026-06-03")
    assert "Yes: no rule is broken; it costs +20." in shown
    assert "roster.under (cover, 2026-06-02, early): 1" in shown
    save(folder, week(Terms(minutes=(480, None)), Terms(), days=3), Duty("a", 0, "early", 360, 480))
    found = told(capsys, folder, "leave problem.json plan.json a --from 2026-06-01", status=ISSUES)
    assert (found["allowed"], found["violations"][0]["rule"]) == (False, "roster.least-minutes")
    found = told(capsys, folder, "swap problem.json plan.json a 2026-06-01 b 2026-06-01", status=ISSUES)
    assert [row["rule"] for row in found["violations"]] == ["roster.least-minutes"]


@pytest.mark.parametrize(
    ("words", "code", "where"),
    [
        ("repair problem.json plan.json --absent z --from 2026-06-02", "unknown-person", "absent"),
        ("repair problem.json plan.json --absent a --from 2026-07-02", "outside", "--from"),
        ("repair problem.json plan.json --absent a --from 2026-06-02 --to 2026-06-02", "empty-period", "last_day"),
        ("leave problem.json plan.json z --from 2026-06-02", "unknown-person", "who"),
        ("swap problem.json plan.json a 2026-06-02 a 2026-06-01", "nothing-to-swap", "second"),
        ("swap problem.json plan.json a 2026-06-02 b 2025-06-01", "outside", "DAY"),
        ("check plan.json problem.json", "missing-key", "plan.json, first_date"),
        ("solve problem.json --csv /proc/none/grid.csv", "cannot-write", "--csv"),
        ("solve problem.json --seconds 0", "wrong-use", "troth roster solve"),
    ],
)
def test_wrong_use_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: str, code: str, where: str
) -> None:
    """Each by its own issue and place."""
    issues = told(capsys, folder, words, status=WRONG)["issues"]
    assert (code, where) in {(issue["code"], issue["where"]) for issue in issues}


def test_a_wrong_problem_is_refused_by_every_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person twice is no roster to be judged."""
    problem = week(Terms(), days=3)
    save(folder, replace(problem, staff=problem.staff * 2))
    for words in (
        "solve problem.json",
        "check problem.json plan.json",
        "repair problem.json plan.json --absent a --from 2026-06-01",
    ):
        issues = told(capsys, folder, words, status=WRONG)["issues"]
        assert {issue["code"] for issue in issues} == {"person-twice"}


def test_shifts_that_cannot_be_are_no_ground_for_a_verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A roster of another month is judged as such, and no request about it is granted."""
    save(folder, week(Terms(), Terms(), days=3), Duty("a", 0, "noon", 360, 480))
    both = "problem.json plan.json"
    assert told(capsys, folder, f"check {both}", status=ISSUES)["violations"][0]["rule"] == "roster.known"
    for words in (
        f"leave {both} a --from 2026-06-01",
        f"repair {both} --absent a --from 2026-06-01",
        f"swap {both} a 2026-06-01 b 2026-06-01",
    ):
        issues = told(capsys, folder, words, status=WRONG)["issues"]
        assert {issue["code"] for issue in issues} == {"roster.known"}


def test_ctrl_c_keeps_the_best_so_far(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search of a problem that has no bound ends at once, with a roster that is written."""
    from troth.capacity import roster

    save(folder, shop(6, floor=0))
    real = roster.solve

    def interrupted(*given: Any, **more: Any) -> roster.RosterPlan:
        signal.raise_signal(signal.SIGINT)
        return real(*given, **more)

    monkeypatch.setattr(roster, "solve", interrupted)
    found = told(capsys, folder, "solve problem.json --seconds 600", "--out", str(folder / "kept.json"))
    assert found["seconds"] < 60
    assert len(json.loads((folder / "kept.json").read_text(encoding="utf-8"))["duties"]) == found["shifts"] > 0


def test_calendars_have_harmless_names() -> None:
    """Whatever people are called, a file lies in its folder and is its own."""
    names = file_names(["../../etc/x", "A b", "a/B", "...", "", "ė" * 300])
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all("/" not in name and not name.startswith(".") and len(name) < 70 for name in names.values())
