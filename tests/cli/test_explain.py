"""`troth explain` prints the number first, then its time, then its events."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.kpi.logs import hours, lake_of, story
from troth.cli.main import main

AGENT = {"agent_id": "ana"}


@pytest.fixture
def answered(lake: Path) -> str:
    """Return the folder of a lake with one case answered on the second day, and one on the first."""
    slow = story(("2026-03-02 16:00", "opened"), ("2026-03-03 10:00", "message_sent", AGENT), case_id="INC1", site="hq")
    quick = story(
        ("2026-03-02 09:00", "opened"), ("2026-03-02 09:10", "message_sent", AGENT), case_id="INC2", site="hq"
    )
    office = hours("office", ("09:00", "17:00"), time_zone="Europe/Riga")
    sites = [{"site": "hq", "time_zone": "Europe/Riga"}]
    uses = [{"dimension": "site", "member": "hq", "calendar": "office"}]
    lake_of(lake, [*slow, *quick], calendars=office, sites=sites, calendar_use=uses)
    return str(lake)


def test_a_case_is_opened_for_people(answered: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The number, whether it counts, from where to where by which calendar, the open spans and their sum, the events."""
    assert main(["explain", "speed.first_reply/business", "INC1", "--lake", answered]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["speed.first_reply/business  INC1", "3.0 h (3:00:00)"]
    assert "It counts, dated 2026-03-02 18:00:00+02:00." in lines
    assert "  from 2026-03-02 18:00:00+02:00  opened" in lines
    assert "  to   2026-03-03 12:00:00+02:00  message_sent by ana" in lines
    assert any(line.startswith("  calendar office (Europe/Riga), version ") for line in lines)
    assert "  + 2026-03-03 09:00:00+02:00  2026-03-03 12:00:00+02:00       3:00:00  office" in lines
    assert lines[lines.index("Events") + 3].split()[2] == "opened"


def test_a_case_as_json_and_csv(answered: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds everything, CSV the events."""
    assert main(["explain", "TFR", "INC1", "--lake", answered, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kpi"], told["value"], told["unit"]) == ("speed.first_reply", 18 * 3600.0, "s")
    (row,) = told["rows"]
    assert sum(segment["seconds"] for segment in row["segments"]) == told["value"]
    assert row["end"]["activity"] == "message_sent"
    assert main(["explain", "TFR", "INC1", "--lake", answered, "--format", "csv"]) == 0
    events = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [event["what"] for event in events] == ["opened", "message_sent"]
    assert events[1]["utc"] == "2026-03-03T10:00:00+00:00"


def test_a_figure_is_opened_to_its_cases(answered: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The slowest first; what is not shown is counted; CSV has all."""
    assert main(["explain", "speed.first_reply", "--lake", answered, "--limit", "1"]) == 0
    text = capsys.readouterr().out
    assert "INC1" in text
    assert "INC2" not in text
    assert "65,400 / 2" in text
    assert "... and 1 more" in text
    assert main(["explain", "speed.first_reply", "--lake", answered, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["case_id"], float(row["value"])) for row in rows] == [("INC1", 64800.0), ("INC2", 600.0)]
    assert main(["explain", "speed.first_reply", "--lake", answered, "--where", "site=hq", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["value"], told["count"], len(told["rows"])) == (32700.0, 2, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explain", "TFR", "INC9"], "unknown-case"),
        (["explain", "TFX"], "unknown-kpi"),
        (["explain", "TFR", "--every", "day"], "--every splits"),
        (["explain", "TFR", "INC1", "--limit", "2"], "leave the case out"),
        (["explain", "TFR", "--from", "2026-03-05", "--to", "2026-03-01"], "end-before-start"),
    ],
)
def test_what_cannot_be_opened_is_said(
    answered: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Wrong ids, KPIs and options end with status 2 and advice."""
    assert main([*words, "--lake", answered]) == 2
    assert said in capsys.readouterr().err
