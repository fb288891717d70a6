"""`troth reconcile`: figures, causes and cases as a table, JSON, CSV and a page; wrong use told."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.log.exports import ZENDESK, write
from troth.cli.main import main


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a lake with a small export of tickets, metrics and all."""
    folder = tmp_path_factory.mktemp("shop")
    write(folder / "export", ZENDESK)
    assert main(["import", "zendesk", str(folder / "export"), "--lake", str(folder / "lake")]) == 0
    return str(folder / "lake")


def test_a_table_a_list_and_a_page(shop: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What differs and why, for people, for programs, and drawn."""
    page = tmp_path / "beside.html"
    assert main(["reconcile", "--lake", shop, "--html", str(page)]) == 0
    told = capsys.readouterr()
    assert "zendesk reply_time_calendar" in told.out
    assert "opens ours." in told.out
    assert "no-counterpart" in told.err
    assert "no-calendar" in told.err
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "zendesk: full resolution time calendar" in text
    assert main(["reconcile", "--lake", shop, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["figure"]: row["equal"] for row in found["figures"]}["reply_time_calendar"] == 1
    (case,) = (row for row in found["cases"] if row["figure"] == "full_resolution_time_calendar")
    # Solved at eleven for the second time; opened at nine, taken up again within the window in between.
    assert (case["case"], case["theirs"], case["ours"], case["cause"]) == ("1", 7200.0, 7200.0, "equal")
    assert {issue["code"] for issue in found["issues"]} >= {"no-counterpart", "no-calendar"}
    assert all(row["meaning"] for row in found["causes"])


def test_cases_are_narrowed(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By product, figure and cause; CSV lists cases."""
    asked = ["reconcile", "--lake", shop, "--vendor", "zendesk", "--figure", "reply_time_business"]
    assert main([*asked, "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["theirs"], row["ours"], row["difference"], row["cause"]) == (
        "1500.0",
        "1800.0",
        "-300.0",
        "from_assignment",
    )
    assert main([*asked, "--cause", "from_assignment", "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main([*asked, "--cause", "bot_reply", "--format", "csv"]) == 0
    assert capsys.readouterr().out.count("from_assignment") == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--vendor", "zendisk"], "Maybe zendesk"),
        (["--figure", "reply_time"], "reply_time_calendar"),
        (["--cause", "weather"], "unknown-cause"),
        (["--calendar", "never"], "unknown-calendar"),
        (["--vendor", "chatwoot"], "no-vendor-figures"),
        (["--html", "/proc/none/page.html"], "cannot-write"),
    ],
)
def test_wrong_use_is_told(shop: str, capsys: pytest.CaptureFixture[str], asked: list[str], told: str) -> None:
    """Exit status 2 and advice."""
    assert main(["reconcile", "--lake", shop, *asked]) == 2
    assert told in capsys.readouterr().err


def test_no_lake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was imported there."""
    assert main(["reconcile", "--lake", str(tmp_path / "none")]) == 2
    assert "no-lake" in capsys.readouterr().err
