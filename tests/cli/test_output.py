"""Rows, issues and progress come out as asked for."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from troth.cli import output
from troth.cli.output import Form
from troth.core.decision import Issue, Severity

ROWS: list[dict[str, Any]] = [
    {"id": "speed.answer", "n": 12345, "value": 96.24, "by": {"queue": "A"}},
    {"id": "flow.volume", "n": 0, "value": None, "by": {}},
]


def test_a_table_sets_figures_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Words start together, figures end together, nothing is a dash."""
    output.show(ROWS, form=Form.TABLE, key="kpis", columns=["id", "n", "value"])
    assert capsys.readouterr().out.splitlines() == [
        "id                 n  value",
        "------------  ------  -----",
        "speed.answer  12,345   96.2",
        "flow.volume        0      -",
    ]


def test_a_table_can_have_columns_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A title may stand over anything made from a row."""
    output.show(ROWS, form=Form.TABLE, key="kpis", columns={"figure": lambda row: f"{row['id']} ({row['n']})"})
    assert "speed.answer (12345)" in capsys.readouterr().out


def test_what_would_steer_a_terminal_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    """An id from a hostile file neither clears the screen nor breaks the line; JSON keeps it as it is."""
    rows = [{"id": "a\x1b[2Jb\nc", "n": 1}]
    output.show(rows, form=Form.TABLE, key="rows")
    output.show_one(rows[0], form=Form.TABLE)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and shown.count("a\\x1b[2Jb\\nc") == 2
    output.show(rows, form=Form.JSON, key="rows")
    assert json.loads(capsys.readouterr().out)["rows"][0]["id"] == "a\x1b[2Jb\nc"


def test_no_rows_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty result is a sentence for people and an empty list for programs."""
    output.show([], form=Form.TABLE, key="kpis")
    output.show([], form=Form.JSON, key="kpis")
    assert capsys.readouterr().out == 'Nothing found.\n{\n  "kpis": []\n}\n'


def test_json_holds_every_key_and_the_extra_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON loses nothing a table leaves out."""
    output.show(ROWS, form=Form.JSON, key="kpis", columns=["id"], extra={"issues": []})
    assert json.loads(capsys.readouterr().out) == {"kpis": ROWS, "issues": []}


def test_csv_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    """One header, one line a row, nested values as JSON."""
    output.show(ROWS, form=Form.CSV, key="kpis")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["n"] for row in rows] == ["12345", "0"]
    assert json.loads(rows[0]["by"]) == {"queue": "A"}


@pytest.mark.parametrize("form", list(Form))
def test_one_mapping_is_shown_in_every_form(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    """A summary has no rows; it is shown as what it is."""
    output.show_one({"events": 3, "source": "csv"}, form=form)
    shown = capsys.readouterr().out
    assert "events" in shown
    assert "csv" in shown


def test_values_json_does_not_know_are_written_plainly() -> None:
    """Times in ISO 8601, durations in seconds, what is no number as null, words of an enum as words."""
    value = {"at": datetime(2026, 3, 29, 1, tzinfo=UTC), "day": date(2026, 3, 29), "long": timedelta(minutes=2)}
    value |= {"none": float("nan"), "form": Form.CSV, "set": (1, 2)}
    assert json.loads(output.to_json(value)) == {
        "at": "2026-03-29T01:00:00+00:00",
        "day": "2026-03-29",
        "long": 120.0,
        "none": None,
        "form": "csv",
        "set": [1, 2],
    }


def test_people_see_the_first_issues_and_how_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand issues do not scroll the screen away nor hide another kind, and none is lost from JSON."""
    issues = [Issue("bad-row", Severity.WARNING, f"a:{row}") for row in range(24)]
    issues.append(Issue("bad-head", Severity.ERROR, "a:1"))
    output.show_issues(issues, form=Form.TABLE)
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == output.EACH + 3
    assert shown[output.EACH].strip() == "... and 21 more bad-row"
    assert shown[-2].startswith("error: bad-head")
    assert "json" in shown[-1]
    many = [Issue(f"kind-{one}", Severity.ERROR, "a") for one in range(output.SHOWN + 2)]
    output.show_issues(many, form=Form.TABLE)
    assert "... and 2 issues of 2 more kinds" in capsys.readouterr().err
    output.show_issues(issues, form=Form.JSON, err=False)
    assert len(json.loads(capsys.readouterr().out)["issues"]) == 25


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (["kpi", "--format", "json"], Form.JSON),
        (["kpi", "--format=CSV"], Form.CSV),
        (["kpi", "--format", "xml"], Form.TABLE),
        (["kpi", "json"], Form.TABLE),
        ([], Form.TABLE),
    ],
)
def test_the_form_is_known_even_when_the_words_are_wrong(words: list[str], form: Form) -> None:
    """An error is told in the form asked for."""
    assert output.wanted(words) is form


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe or a log file there is no progress line."""
    with output.progress("Importing") as tell:
        tell(0.5, "a.csv")
    assert capsys.readouterr().err == ""


def test_progress_is_drawn_on_a_terminal_and_wiped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal one line says how far it is, and leaves nothing behind."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with output.progress("Importing") as tell:
        tell(0.5, "a.csv")
    shown = capsys.readouterr().err
    assert "Importing  50% a.csv" in shown
    assert shown.endswith("\r\x1b[K")
