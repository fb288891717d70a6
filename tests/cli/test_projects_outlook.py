"""`troth projects plan`: money, budgets, promises and scenarios, printed and written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.capacity.projects.portfolio.house import house
from tests.cli.test_projects_check import MSPSP, written
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.portfolio.from_file import to_json
from troth.cli.main import ISSUES, WRONG, main

_SCENARIOS = {
    "scenarios": [
        {"name": "hire", "changes": [{"hire": {"skills": [{"skill": "law"}], "cost_cents": 4000, "team": "north"}}]},
        {"name": "win", "changes": [{"win": "d1"}]},
    ]
}
_ASKED = ["--weeks", "16", "--likely", "30%"]


def planned(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str, status: int = ISSUES) -> str:
    """Return what the command prints for the house."""
    assert main(["projects", "plan", written(tmp_path, house()), *_ASKED, *words]) == status
    return capsys.readouterr().out


def scenario_file(tmp_path: Path, data: Any = _SCENARIOS) -> str:
    """Return the path of a file with scenarios."""
    path = tmp_path / "what.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_money_is_told_by_month_and_week(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, JSON and CSV, the same figures; what has no rate is a doubt and has a plus."""
    file = tmp_path / "money.csv"
    told = json.loads(planned(tmp_path, capsys, "--format", "json", "--money", str(file)))
    money = told["money"]
    assert (money["currency"], money["day"], money["until"]) == ("EUR", "2026-06-01", "2026-09-21")
    assert money["so_far"]["sold"]["cost_cents"] == 36_100
    ahead, months = money["ahead"], [one for one in money["months"] if one["basis"] == "forecast" and one["first"]]
    assert sum(one["weighted"]["cost_cents"] for one in months) == ahead["weighted"]["cost_cents"] > 0
    assert (
        money["months"][-1] == {**money["months"][-1], "first": None}
        and money["months"][-1]["sold"]["revenue_cents"] == 2_000_000
    )
    (budget,) = money["budgets"]
    assert (budget["project_id"], budget["budget_cents"], budget["spent_cents"], budget["alerts"]) == (
        "p1",
        2_200_000,
        36_100,
        [],
    )
    assert [(one["code"], one["severity"]) for one in told["issues"] if one["severity"] != "info"] == [
        ("deadline-missed", "warning"),
        ("no-rate", "warning"),
    ]
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    by_month = [row for row in rows if row["by"] == "month"]
    assert [
        (row["first"], row["weighted_cost_cents"]) for row in by_month if row["basis"] == "forecast" and row["first"]
    ] == [(one["first"], str(one["weighted"]["cost_cents"])) for one in months]
    assert len(rows) - len(by_month) == len(money["weeks"])
    text = planned(tmp_path, capsys)
    assert "Money in EUR" in text and "0+" in text and "+: and more, of which no rate is known." in text
    assert "p1       22,000    361    5%" in text


def test_scenarios_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In text, JSON and, in the place of bookings, CSV; the page has them, too; the plan is that of the house as it is."""
    path, page = scenario_file(tmp_path), tmp_path / "plan.html"
    text = planned(tmp_path, capsys, "--scenario", path, "--html", str(page))
    assert "Scenarios, money in EUR:" in text and "152 of 154 hours" in text
    assert 'data-label="scenario">hire</th>' in page.read_text(encoding="utf-8")
    told = json.loads(planned(tmp_path, capsys, "--scenario", path, "--format", "json"))
    assert [(one["scenario"], one["undone_hours"]) for one in told["scenarios"]] == [
        ("as it is", 2.0),
        ("hire", 0.0),
        ("win", 2.0),
    ]
    assert told["done_hours"] == 152.0 and "scenarios" not in json.loads(planned(tmp_path, capsys, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(planned(tmp_path, capsys, "--scenario", path, "--format", "csv"))))
    assert [(row["scenario"], row["undone_hours"], row["missed"]) for row in rows] == [
        ("as it is", "2.0", "0"), ("hire", "0.0", "0"), ("win", "2.0", "0"),
    ]  # fmt: skip
    assert "utilisation north" in rows[0]


def test_futures_are_told_as_ranges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """P10, P50 and P90 by month, week and in all; the same for a seed; the plan beside them is as without."""
    page = tmp_path / "plan.html"
    priced = replace(house(), rates=(*house().rates, replace(house().rates[0], role="")))
    path = tmp_path / "priced.json"
    path.write_text(to_json(priced), encoding="utf-8")
    asked = ["projects", "plan", str(path), *_ASKED, "--futures", "40"]
    assert main([*asked, "--format", "json", "--html", str(page)]) == ISSUES
    told = json.loads(capsys.readouterr().out)
    low, mid, high = told["futures"]["total"]["revenue"]
    assert low <= mid <= high and high > 0 and told["futures"]["futures"] == 40
    assert len(told["futures"]["weeks"]) == 16 and told["futures"]["left_out"] == []
    assert 'id="futures"' in page.read_text(encoding="utf-8")
    assert main([*asked[:-2], "--format", "json"]) == ISSUES
    assert json.loads(capsys.readouterr().out)["money"] == told["money"]
    assert main(asked) == ISSUES
    assert "In 40 sampled futures, P10, P50 and P90 in EUR:" in capsys.readouterr().out


def test_mistakes_of_scenarios_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With file and place, and nothing is planned."""
    data = {"name": "x", "changes": [{"win": "d2"}, {"hire": {}}, {"trian": {"person_id": "ada"}}]}
    told = json.loads(
        planned(tmp_path, capsys, "--scenario", scenario_file(tmp_path, data), "--format", "json", status=WRONG)
    )
    assert [(one["code"], one["where"]) for one in told["issues"]] == [
        ("missing-key", "what.json.changes[1].hire.skills"), ("unknown-change", "what.json.changes[2].trian"),
        ("unknown-project", "what.json.changes[0].win"),
    ]  # fmt: skip


def test_a_house_without_rates_and_costs_is_told_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No rates at all are on purpose: one word, no warning for each hour; without any money there is no table of it."""
    without = replace(house(), rates=(), deals=())
    told = _json(without, tmp_path, capsys)
    assert [one["code"] for one in told["issues"] if one["where"] == "rates"] == []  # the project has a fixed price
    people = tuple(
        replace(who, contracts=tuple(replace(terms, cost_cents=0, currency="") for terms in who.contracts))
        for who in without.people
    )
    project = replace(
        without.projects[0],
        price_cents=None,
        budget_cents=None,
        kind=type(without.projects[0].kind)("time_and_materials"),
    )
    bare = replace(without, people=people, projects=(project,), exchange=())
    assert _json(bare, tmp_path, capsys)["money"] is None
    budget = replace(bare, projects=(replace(project, price_cents=5),))
    issues = _json(budget, tmp_path, capsys)["issues"]
    assert {(one["code"], one["where"], one["severity"]) for one in issues if one["code"].startswith("no-")} == {
        ("no-rate", "rates", "info"), ("no-cost", "people", "info"),
    }  # fmt: skip


def _json(portfolio: Portfolio, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    path = tmp_path / "bare.json"
    path.write_text(to_json(replace(portfolio, bookings=())), encoding="utf-8")
    main(["projects", "plan", str(path), "--format", "json"])
    return json.loads(capsys.readouterr().out)


def test_a_scheduling_problem_has_no_money(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only a portfolio has is refused, all at once."""
    path = tmp_path / "case.dzn"
    path.write_text(MSPSP.format("true"), encoding="utf-8")
    words = [
        "--html",
        str(tmp_path / "x.html"),
        "--money",
        str(tmp_path / "x.csv"),
        "--scenario",
        scenario_file(tmp_path),
    ]
    assert main(["projects", "plan", str(path), "--input", "mspsp", *words, "--format", "json"]) == WRONG
    assert [one["where"] for one in json.loads(capsys.readouterr().out)["issues"]] == [
        "--scenario",
        "--html",
        "--money",
    ]


def test_a_single_week_is_one_week(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not "1 weeks" and not "1 hours"."""
    for weeks in ("1", "2", "16"):
        main(["projects", "plan", written(tmp_path, house()), "--weeks", weeks])
        text = capsys.readouterr().out
        assert "1 weeks" not in text.replace("16 weeks", "") and " 1 hours" not in text
