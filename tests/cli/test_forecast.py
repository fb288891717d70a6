"""`troth forecast` says what to expect, by the day for people and by the cell for programs, and all that is wrong at once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.kpi.logs import Event, lake_of
from troth.cli.main import main

MONDAY = date(2026, 1, 5)
WEEK = {"calls": (120, 100, 100, 95, 90, 40, 0), "cards": (30, 25, 22, 20, 28, 10, 0)}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with ten weeks of two queues by the day, closed on Sundays and on two holidays."""
    path = tmp_path_factory.mktemp("forecast") / "calls.csv"
    lines = ["day,queue,calls"]
    for k in range(70):
        day = MONDAY + timedelta(days=k)
        shut = day in {date(2026, 2, 16), date(2026, 3, 11)}
        lines += [
            f"{day},{queue},{0 if shut else usual[day.weekday()] + (k * 7) % 5}"
            if day.weekday() < 6
            else f"{day},{queue},0"
            for queue, usual in WEEK.items()
        ]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


PLAIN = ("--time", "day", "--value", "calls", "--every", "1d", "--time-zone", "Europe/Vilnius", "--holidays", "LT")


def told(capsys: pytest.CaptureFixture[str], words: Sequence[str], *, status: int = 0) -> Any:
    """Return what a command prints as JSON."""
    assert main(["forecast", *words, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def codes(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> set[str]:
    """Return the codes of the issues of a command that is refused."""
    issues = told(capsys, words, status=2)["issues"]
    assert all(issue["advice"].startswith("Maybe") for issue in issues)
    return {issue["code"] for issue in issues}


def test_days_for_people(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a day with its band; Sunday is closed; below, how good it was and what was set aside."""
    assert main(["forecast", file, *PLAIN, "--by", "queue"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"calls +Mon 2026-03-16 +12\d +\d+ +\d+", out)
    assert re.search(r"calls +Sun 2026-03-22 +- +- +- +closed", out)
    assert "in the backtest" in out and "of history set aside" in out


def test_every_cell_for_programs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds cells with bands, scores, repairs with their reasons, versions and seed; CSV the cells."""
    found = told(capsys, [file, *PLAIN, "--seed", "4"])
    (one,) = found["series"]
    assert len(one["cells"]) == 7 and found["seed"] == 4 and found["status"] == "feasible"
    first = one["cells"][0]
    assert first["start"] == "2026-03-16T00:00:00+02:00"
    assert (
        first["low_95"] <= first["low_80"] <= first["low_50"] <= first["point"] <= first["high_50"] <= first["high_95"]
    )
    assert sum(score["weight"] for score in one["scores"]) == pytest.approx(1.0)
    assert {(repair["kind"], repair["why"]) for repair in one["repairs"]} >= {("closed", "holiday")}
    assert "lightgbm" in found["versions"]
    assert main(["forecast", file, *PLAIN, "--seed", "4", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(row["mean"]) for row in rows] == [cell["mean"] for cell in one["cells"]]


def test_levels_add_up(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The total is the sum of the queues."""
    whole, *parts = told(capsys, [file, *PLAIN, "--by", "queue", "--add-up"])["series"]
    assert whole["key"] == {} and len(parts) == 2
    for k, cell in enumerate(whole["cells"]):
        assert cell["mean"] == pytest.approx(sum(part["cells"][k]["mean"] for part in parts), abs=1e-9)


def test_files_of_events_regressors_and_changes(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A closed day is closed, a change is traced, and the page shows both."""
    events, prices, changes, page = (
        tmp_path / name for name in ("events.csv", "prices.csv", "changes.csv", "page.html")
    )
    events.write_text("day,name,closed\n2026-03-18,Move of the office,yes\n")
    prices.write_text("day,price\n" + "".join(f"{MONDAY + timedelta(days=k)},{10 + k % 3}\n" for k in range(77)))
    changes.write_text(
        "id,kind,value,start,end,who,at,why,layer\n"
        "letters,add,30,2026-03-16,2026-03-17,Ana,2026-03-13T09:00,Letters go out,0\n"
        "half,multiply,0.5,2026-03-17,2026-03-18,Ben,2026-03-13T10:00,System down,1\n"
    )
    found = told(
        capsys,
        [
            file,
            *PLAIN,
            "--events",
            str(events),
            "--regressor",
            str(prices),
            "--changes",
            str(changes),
            "--html",
            str(page),
        ],
    )
    cells = found["series"][0]["cells"]
    assert cells[2]["closed"] and not cells[1]["closed"]
    add, half = found["changes"]
    assert (add["id"], half["id"]) == ("letters", "half")
    assert add["after"][0] - add["before"][0] == pytest.approx(30) and half["after"][0] == pytest.approx(
        half["before"][0] / 2
    )
    assert cells[0]["mean"] == pytest.approx(add["after"][0])
    html = page.read_text(encoding="utf-8")
    assert "How many will come?" in html and "Letters go out" in html and "Move of the office" in html
    assert "src=" not in html.split("<script", maxsplit=1)[0] and "http-equiv" in html


def test_as_of_a_past_day_what_came_since_is_not_known(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The forecast begins on that day; the page shows over it what came."""
    page = tmp_path / "page.html"
    found = told(capsys, [file, *PLAIN, "--as-of", "2026-03-09", "--html", str(page)])
    assert found["series"][0]["cells"][0]["start"].startswith("2026-03-09")
    assert "black came since" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "wrong-use"),
        (("--time", "day", "--publish"), "wrong-use"),
        (("--time", "day", "--kind", "no_show"), "wrong-use"),
        (("--time", "dya", "--value", "calls"), "missing-column"),
        (("--time", "queue"), "bad-time"),
        ((*PLAIN, "--value", "queue"), "bad-number"),
        ((*PLAIN, "--by", "quue"), "missing-column"),
        ((*PLAIN, "--days", "0"), "bad-horizon"),
        ((*PLAIN, "--lead", "9"), "bad-lead"),
        ((*PLAIN, "--holidays", "Atlantis"), "unknown-holidays"),
        ((*PLAIN, "--time-zone", "Mars"), "unknown-zone"),
        ((*PLAIN, "--as-of", "yesterday"), "bad-time"),
        ((*PLAIN, "--as-of", "2026-01-12"), "too-short"),
    ],
)
def test_a_bad_question_is_named(
    file: str, words: Sequence[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each way of asking wrongly has its code and advice, and nothing is forecast."""
    assert code in codes(capsys, [file, *words])


def test_options_of_a_file_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of a lake have no names to give."""
    assert codes(capsys, ["--time", "day"]) == {"wrong-use"}


def test_no_lake_is_said_so(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was imported there is nothing to forecast."""
    assert codes(capsys, ["--lake", str(lake)]) == {"no-lake"}


@pytest.mark.parametrize(
    ("option", "text", "wanted"),
    [
        ("--events", "day,name\n2026-13-01,X\n2026-03-18,\n", {"bad-value"}),
        ("--events", "date,name\n2026-03-01,X\n", {"missing-column", "unknown-column"}),
        ("--events", "day,name,closed\n2026-03-18,X,maybe\n", {"bad-value"}),
        ("--events", "", {"bad-table"}),
        ("--regressor", "day,price\n2026-01-05,1\n2026-01-07,2\n", {"missing-day"}),
        ("--regressor", "day,price\n2026-01-05,x\n", {"bad-value"}),
        ("--regressor", "day\n2026-01-05\n", {"missing-column"}),
        ("--regressor", "day,price\n2026-01-05,1\n2026-01-06,2\n", {"short-regressor"}),
        ("--changes", "id,kind,value,start,end,who,at\n", {"missing-column"}),
        (
            "--changes",
            "id,kind,value,start,end,who,at,why\nA,double,x,2026-03-16,monday,,2026-03-13,Letters\n",
            {"bad-value"},
        ),
        (
            "--changes",
            "id,kind,value,start,end,who,at,why\nA,add,5,2026-03-17,2026-03-16,Ana,2026-03-13,Letters\n",
            {"end-before-start"},
        ),
    ],
)
def test_a_bad_file_is_named(
    file: str, option: str, text: str, wanted: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row, column, value and what may mend it, of all faults of a file."""
    path = tmp_path / "given.csv"
    path.write_text(text)
    assert codes(capsys, [file, *PLAIN, option, str(path)]) == wanted


def test_doubt_is_an_exit_status(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three weeks are forecast, with a warning and status 1."""
    short = tmp_path / "short.csv"
    lines = Path(file).read_text().splitlines()
    short.write_text("\n".join(lines[:43]) + "\n")
    found = told(capsys, [str(short), *PLAIN], status=1)
    assert "short-history" in {issue["code"] for issue in found["issues"]}


def test_nothing_ever_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All noughts give noughts, with a warning that says so."""
    path = tmp_path / "nothing.csv"
    path.write_text("day,calls\n" + "".join(f"{MONDAY + timedelta(days=k)},0\n" for k in range(70)))
    found = told(capsys, [str(path), *PLAIN], status=1)
    assert "all-zero" in {issue["code"] for issue in found["issues"]}
    assert all(cell["mean"] == 0 for cell in found["series"][0]["cells"])


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a lake with ten weeks of calls, some every open hour."""
    tz = ZoneInfo("Europe/Vilnius")
    events = []
    for k in range(70 * 24):
        at = datetime(2026, 1, 5, tzinfo=tz) + timedelta(hours=k)
        if at.weekday() < 6 and 9 <= at.hour < 17:
            for n in range(4 + k % 3):
                name = f"{k}-{n}"
                events.append(
                    Event(at + timedelta(minutes=7 * n), "queued", name, contact_id=name, queue="calls", direction="in")
                )
    path = tmp_path_factory.mktemp("calls") / "lake"
    lake_of(path, events, sites=[{"site": "hq", "time_zone": "Europe/Vilnius"}])
    return str(path)


def test_a_published_forecast_is_scored_in_the_next_run(
    calls: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Published once, a second time nothing is written; the next run shows how far it was off, as does the KPI."""
    words = ["--lake", calls, "--by", "queue", "--as-of", "2026-03-09"]
    first = told(capsys, [*words, "--publish"])
    again = told(capsys, [*words, "--publish"])
    assert first["published"]["rows"] == 7 * 24 and first["accuracy"] == []
    assert again["published"] == {"snapshot": first["published"]["snapshot"], "rows": 0}
    assert first["series"][0]["cells"][0]["start"] == "2026-03-09T00:00:00+02:00"
    later = told(capsys, ["--lake", calls, "--by", "queue", "--html", str(tmp_path / "page.html")])
    figures = {figure["variant"]: figure for figure in later["accuracy"]}
    assert 0 < figures[""]["value"] < 0.4 and figures[""]["approximate"] and figures[""]["by"] == {"queue": "calls"}
    assert "Forecasts as they were published" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert main(["kpi", "--lake", calls, "--kpi", "demand.accuracy/", "--by", "queue", "--format", "json"]) == 0
    (kpi,) = json.loads(capsys.readouterr().out)["kpis"]
    assert kpi["value"] == pytest.approx(figures[""]["value"])


def test_the_morning_moves_the_rest_of_the_day(calls: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As of noon the forecast begins at noon, on the wall clock of the sites."""
    found = told(capsys, ["--lake", calls, "--as-of", "2026-03-11T12:00", "--days", "1"])
    assert [cell["start"][:16] for cell in found["series"][0]["cells"]][:2] == ["2026-03-11T12:00", "2026-03-11T13:00"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--by", "quue"), "unknown-dimension"),
        (("--where", "queue"), "bad-filter"),
        (("--where", "queue=mail"), "no-data"),
    ],
)
def test_a_bad_selection_of_a_lake_is_named(
    calls: str, words: Sequence[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dimension or a member that is not there is not a forecast of nothing."""
    assert code in codes(capsys, ["--lake", calls, *words])
