"""`troth kpi --publish` and `troth recheck`: what was said, what it is now, and what made the difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kpi.logs import Event, lake_of, put, story
from troth.cli.main import main
from troth.log.lake import Lake


def _call(number: int, waited: int) -> list[Event]:
    who = {"contact_id": f"k{number}", "queue": "q"}
    answered = f"2026-03-04 0{number}:{waited:02}"
    return story((f"2026-03-04 0{number}:00", "queued"), (answered, "answered", {"agent_id": "ada"}), **who)


@pytest.fixture
def published(lake: Path, capsys: pytest.CaptureFixture[str]) -> Lake:
    """Return a lake with two calls that waited for two minutes and four, published as march."""
    made = lake_of(lake, [*_call(1, 2), *_call(2, 4)])
    asked = ["--kpi", "speed.answer/mean_wait", "--by", "queue"]
    assert main(["kpi", *asked, "--lake", str(lake), "--publish", "march"]) == 0
    capsys.readouterr()
    return made


def test_a_late_call_is_told_as_a_change_of_the_log(published: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    """The figure before, after, and what the log made of it; nothing of causes that were none."""
    put(published, _call(3, 9))
    assert main(["recheck", "march", "--lake", str(published.root), "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["changes"]
    assert (row["kpi"], row["by"], row["before"], row["after"], row["log"]) == (
        "speed.answer/mean_wait", {"queue": "q"}, 180.0, 300.0, 120.0,
    )  # fmt: skip
    assert main(["recheck", "march", "--lake", str(published.root)]) == 0
    head, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["kpi", "queue", "before", "after", "log"]


def test_only_what_changed(published: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing did there is nothing to show; without a name all publications are listed."""
    assert main(["recheck", "march", "--changed", "--lake", str(published.root), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == []
    assert main(["recheck", "--lake", str(published.root), "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["publications"]
    assert (row["publication"], row["figures"]) == ("march", 1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["april"], "Maybe one of: march."),
        (["--changed"], "name it first"),
        (["--calendar", "24x7"], "name it first"),
        (["march", "--calendar", "nope"], "unknown-calendar"),
    ],
)
def test_wrong_use_is_told(published: Lake, capsys: pytest.CaptureFixture[str], asked: list[str], told: str) -> None:
    """An unknown name, an option that would do nothing, a calendar there is not."""
    assert main(["recheck", *asked, "--lake", str(published.root)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("other", [["--role", "agent"], ["--spark"], ["list"]])
def test_what_would_not_be_published_is_refused(
    published: Lake, capsys: pytest.CaptureFixture[str], other: list[str]
) -> None:
    """A scorecard, another engine, a list: nobody is left to think that they were kept."""
    assert main(["kpi", "--lake", str(published.root), "--publish", "april", *other]) == 2
    assert "only one of them" in capsys.readouterr().err
