"""`troth erlang` answers for one interval and for a file of them, on paper and as a page, and says what is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from troth.cli.main import DONE, ISSUES, WRONG, main

CALLS = ["erlang", "--contacts", "100", "--handle", "3min"]


def test_the_answer_comes_with_its_alternatives(capsys: pytest.CaptureFixture[str]) -> None:
    """Fourteen at work and twenty planned, the sizes around it, and which of them meet the goal."""
    assert main([*CALLS, "--shrinkage", "30%", "--format", "json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == {"erlangs": 10.0, "staff": 14.0, "scheduled": 20.0}
    by_staff = {row["staff"]: row for row in told["staff"]}
    assert by_staff[13]["level"] == pytest.approx(0.7956, abs=5e-5) and not by_staff[13]["met"]
    assert by_staff[14]["level"] == pytest.approx(0.8884, abs=5e-5) and by_staff[14]["least"]
    assert main(CALLS) == DONE
    shown = capsys.readouterr().out
    assert shown.startswith("14 agents at work, 14 planned, for 10 erlangs")
    assert [line.split()[-1] for line in shown.splitlines() if line.strip().startswith(("13 ", "14 ", "15 "))][-3:] == [
        "missed",
        "least",
        "met",
    ]


def test_how_a_given_staff_fares(capsys: pytest.CaptureFixture[str]) -> None:
    """Overload is told with the answer of Erlang A, with exit status 1; under impatience there is nothing to tell."""
    assert main([*CALLS, "--staff", "9"]) == ISSUES
    printed = capsys.readouterr()
    assert "endless" in printed.out and "overloaded" in printed.err and "Erlang A" in printed.err
    assert main([*CALLS, "--staff", "9", "--patience", "2min", "--format", "csv"]) == DONE
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert float(row["abandoned"]) == pytest.approx(0.18, abs=0.02)


def test_a_file_of_intervals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row keeps its own columns and gets its staff; an empty cell takes the option's value."""
    day = tmp_path / "day.csv"
    day.write_text("time,contacts,handle_s\n08:00,100,180\n08:30,0,\n09:00,50,360\n", encoding="utf-8")
    page = tmp_path / "pages" / "day.html"
    assert main(["erlang", "--input", str(day), "--handle", "200", "--format", "json", "--html", str(page)]) == DONE
    rows = json.loads(capsys.readouterr().out)["intervals"]
    assert [(row["time"], row["staff"]) for row in rows] == [("08:00", 14), ("08:30", 0), ("09:00", 14)]
    assert rows[1]["level"] is None
    text = page.read_text("utf-8")
    assert "At most 14 agents at once" in text and "08:30" in text
    assert main(["erlang", "--input", str(day), "--handle", "200"]) == DONE
    assert "09:00" in capsys.readouterr().out


def test_a_page_of_one_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page says the answer, draws what each agent buys, and is safe and whole by itself."""
    page = tmp_path / "one.html"
    assert main([*CALLS, "--patience", "2min", "--level", "90%", "--html", str(page)]) == DONE
    text = page.read_text("utf-8")
    assert "How many agents for 90 % in 20 s?" in text and "14 agents at work" in text
    assert text.count('class="plot"') == 2 and "Content-Security-Policy" in text


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["erlang"], ["wrong-use", "wrong-use"]),
        ([*CALLS, "--level", "80"], ["wrong-use"]),
        ([*CALLS, "--handle", "3 parsecs"], ["wrong-use"]),
        ([*CALLS, "--level", "100%"], ["target-impossible"]),
        ([*CALLS, "--abandoned", "5%"], ["patience-needed"]),
        (["erlang", "--contacts", "-3", "--handle", "0"], ["negative-contacts", "handle-time-not-positive"]),
    ],
)
def test_wrong_questions(words: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, mistyped and impossible options: status 2 and all issues."""
    assert main([*words, "--format", "json"]) == WRONG
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["no-rows"]),
        ("contacts,handle_s\n", ["no-rows"]),
        ("time,calls\n8,3\n", ["column-missing", "column-missing"]),
        ("contacts,handle_s\nten,180\n5,\n", ["not-a-number", "not-a-number"]),
        ("contacts,handle_s\n-1,180\n", ["negative-contacts"]),
    ],
)
def test_wrong_files(text: str, codes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Empty, of other columns, with words for numbers: each fault by row and column."""
    path = tmp_path / "day.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["erlang", "--input", str(path), "--format", "json"]) == WRONG
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["issues"]] == codes


def test_a_file_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workbook given for a CSV file is told so."""
    path = tmp_path / "day.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    assert main(["erlang", "--input", str(path), "--format", "json"]) == WRONG
    assert json.loads(capsys.readouterr().out)["issues"][0]["code"] == "not-a-table"
