"""`troth sla`: policies checked, clocks listed, what breaks next, other rules tried, holds and loops."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import hours, lake_of, put_reference, special, story
from troth.cli.main import main
from troth.log.lake import Lake

ANA = {"agent_id": "ana"}


@pytest.fixture
def desk(lake: Path) -> str:
    """Return the folder of a lake with an answered case, one that waits, and one that goes to and fro."""
    events = [
        *story(("2026-03-02 09:00", "opened"), ("2026-03-02 10:00", "message_sent", ANA), ("2026-03-02 10:00", "status_changed", {"step": "pending", "attributes": {"reason": "caller"}}), ("2026-03-02 11:00", "resolved", ANA), case_id="done"),
        *story(("2026-03-02 11:00", "opened", {"team": "desk"}), case_id="waits"),
        *story(("2026-03-02 08:00", "opened"), *((f"2026-03-02 {h:02}:00", "assigned", {"team": t}) for h, t in ((8, "a"), (9, "b"), (11, "a"))), case_id="loop"),
    ]  # fmt: skip
    lake_of(
        lake,
        events,
        sla_policies=[{"policy": "p", "position": 1}],
        sla_targets=[{"policy": "p", "metric": "first_reply", "target_s": 7200.0}],
    )
    return str(lake)


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["sla", *words, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_clocks_are_listed_and_narrowed(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """How many stand how, then each; by state, by column, by case, and by the policies of another day."""
    assert main(["sla", "clocks", "--lake", desk]) == 0
    assert capsys.readouterr().out.startswith("1 breached, 1 met, 1 running\n")
    assert [c["case_id"] for c in _json(capsys, "clocks", "--lake", desk, "--state", "met")["clocks"]] == ["done"]
    assert [c["case_id"] for c in _json(capsys, "clocks", "--lake", desk, "--where", "team=desk")["clocks"]] == [
        "waits"
    ]
    assert _json(capsys, "clocks", "--lake", desk, "--case", "loop")["states"] == {"breached": 1}
    put_reference(
        Lake(desk),
        "sla_targets",
        [{"policy": "p", "metric": "first_reply", "target_s": 60.0, "valid_from": date(2026, 4, 1)}],
    )
    assert _json(capsys, "clocks", "--lake", desk, "--as-of", "2026-04-01")["states"] == {"breached": 2, "running": 1}
    assert main(["sla", "rerun", "--lake", desk, "--as-of", "2026-04-01"]) == 0
    assert "1 met to breached, by target" in capsys.readouterr().out


def test_what_breaks_next_comes_first(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Broken ones, then by due instant; with a limit only those due by then."""
    rows = _json(capsys, "forecast", "--lake", desk, "--at", "2026-03-02T12:45")["clocks"]
    assert [(r["case_id"], r["left_s"], r["at_risk"]) for r in rows] == [
        ("loop", -9900.0, True),
        ("waits", 900.0, True),
    ]
    assert (
        len(_json(capsys, "forecast", "--lake", desk, "--at", "2026-03-02T12:45", "--within", "10min")["clocks"]) == 1
    )
    assert main(["sla", "forecast", "--lake", desk, "--at", "2026-03-02T12:45"]) == 0
    assert capsys.readouterr().out.startswith("2 open, 1 broken already, 1 more at risk, as of 2026-03-02 12:45")
    assert main(["sla", "forecast", "--lake", desk, "--at", "now"]) == 0


def test_holds_and_loops(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Time on hold by reason, and cases that came back to a team."""
    (hold,) = _json(capsys, "holds", "--lake", desk)["holds"]
    assert (hold["reason"], hold["total_s"], hold["open"]) == ("caller", 3600.0, 0)
    found = _json(capsys, "loops", "--lake", desk)
    assert (found["returned"], found["returns"], found["back_at_once"]) == (1, 1, 1)
    assert found["pairs"] == [{"team": "a", "other": "b", "times": 1, "cases": 1, "p50_s": 7200.0}]
    assert main(["sla", "loops", "--lake", desk, "--format", "csv"]) == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 1
    assert main(["sla", "holds", "--lake", desk]) == 0
    assert main(["sla", "loops", "--lake", desk]) == 0


def test_policies_are_checked(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing wrong is said; what cannot be used makes the status 1, policies and calendars all at once."""
    assert main(["sla", "check", "--lake", desk]) == 0
    assert capsys.readouterr().out == "Nothing is wrong.\n"
    put_reference(Lake(desk), "calendars", hours("nights", ("22:00", "06:00"), ("09:00", "09:00")))
    put_reference(
        Lake(desk),
        "calendar_days",
        [*special("nights", "2026-03-03"), *special("nights", "2026-03-03", ("10:00", "12:00"))],
    )
    bad = {"policy": "p", "metric": "resolution", "target_s": -1.0, "calendar": "ofice"}
    put_reference(Lake(desk), "sla_targets", [bad])
    assert main(["sla", "check", "--lake", desk, "--format", "json"]) == 1
    told = {one["code"] for one in json.loads(capsys.readouterr().out)["issues"]}
    assert told == {"bad-target", "unknown-calendar", "closes-before-opens", "bad-span", "closed-and-open"}


def test_wrong_use_is_told(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad instant, day or filter is an issue with advice, and status 2."""
    for words in (["forecast", "--at", "noon"], ["rerun", "--as-of", "May"], ["clocks", "--where", "colour=red"]):
        assert main(["sla", *words, "--lake", desk]) == 2
        assert "Maybe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["rerun", "--as-of", ""], "bad-date"),
        (["clocks", "--as-of", ""], "bad-date"),
        (["clocks", "--at", ""], "bad-time"),
        (["clocks", "--at", "0001-01-01"], "bad-time"),
        (["clocks", "--at", "9999-12-31T23:59-05:00"], "bad-time"),
        (["forecast", "--within", "99999999999d"], "bad-time"),
        (["forecast", "--within", "9" * 400], "bad-time"),
        (["clocks", "--case", "wait"], "unknown-case"),
    ],
)
def test_what_was_left_empty_or_is_out_of_all_bounds_is_told(
    desk: str, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty option, a time beyond all calendars and a case that is not there are issues as well."""
    assert main(["sla", *words, "--lake", desk, "--format", "json"]) == 2
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert issue["code"] == code
    assert "waits" in issue["advice"] or code != "unknown-case"


def test_a_length_beyond_the_last_year_is_all_of_the_future(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of what is looked at need not be a day."""
    at = ["forecast", "--lake", desk, "--at", "2026-03-02T12:45"]
    assert len(_json(capsys, *at, "--within", "9999999d")["clocks"]) == 2


def test_all_faults_of_a_question_are_told_at_once(desk: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two filters, a day and an instant; two cases."""
    bad = ["--where", "colour=red", "--where", "team", "--as-of", "May", "--at", "noon"]
    assert main(["sla", "clocks", *bad, "--lake", desk, "--format", "json"]) == 2
    told = [(one["code"], one["value"]) for one in json.loads(capsys.readouterr().out)["issues"]]
    assert told == [("bad-filter", "colour=red"), ("bad-filter", "team"), ("bad-date", "May"), ("bad-time", "noon")]
    cases = ["--case", "done", "--case", "x", "--case", "y"]
    assert main(["sla", "clocks", *cases, "--lake", desk, "--format", "json"]) == 2
    assert [one["value"] for one in json.loads(capsys.readouterr().out)["issues"]] == ["x", "y"]


def test_a_clock_is_drawn(desk: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`troth explain` says how the clock stands and writes its page; without a case there is nothing to draw."""
    page = tmp_path / "page" / "clock.html"
    assert main(["explain", "sla.met", "done", "--lake", desk, "--html", str(page)]) == 0
    assert "first_reply 1 of policy p: met, 1:00:00 of 2:00:00 used" in capsys.readouterr().out
    assert "Agreements kept: done" in page.read_text(encoding="utf-8")
    assert main(["explain", "sla.met", "--lake", desk, "--html", str(page)]) == 2
