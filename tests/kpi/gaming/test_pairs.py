"""Figures that can be traded against each other: one table for all, and nothing is said that chance could have done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from tests.kpi.logs import Event, lake_of
from troth.cli import kpi as cli
from troth.core.terms import Direction, Unit
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure
from troth.kpi.gaming import PAIRS, PATTERNS, pairs_of, partners, together, told
from troth.kpi.query import Query
from troth.kpi.report import gather, render
from troth.log.lake import Lake

#: Handle time of 300 s, a minute less than before; and 70 % solved at the first contact, from 75 %.
QUICK = Figure(
    "speed.handle",
    "",
    "speed.handle@1",
    {},
    "2026-06-01",
    "2026-07-01",
    300.0,
    Unit.SECONDS,
    900,
    290.0,
    310.0,
    previous=360.0,
)
AGAIN = Figure("outcome.first_contact", "repeat", "x@1", {}, "2026-06-01", "2026-07-01", 0.70, Unit.SHARE, 900, 0.68, 0.72, previous=0.75)  # fmt: skip


def test_every_pair_is_of_figures_there_are() -> None:
    """Names are those of the catalogue, and a way that looks good is never the one that is worse by declaration."""
    kpis = catalogue()
    for key, pair in PAIRS.items():
        assert key == pair.id and pair.first != pair.second
        for name, way in zip((pair.first, pair.second), pair.ways, strict=True):
            assert kpis[name].direction in (way, Direction.NEITHER), f"{key} {name}"
    assert len({(pair.first, pair.second) for pair in PAIRS.values()}) == len(PAIRS)


def test_patterns_take_their_figures_from_the_pairs() -> None:
    """What a pattern flatters and what stands beside it are the two sides of its pairs."""
    for pattern in PATTERNS.values():
        assert pattern.pairs and set(pattern.pairs) <= set(PAIRS)
        assert not set(pattern.flatters) & set(pattern.beside)
    assert PATTERNS["cut-short"].flatters == ("speed.handle", "load.throughput")


def test_one_got_better_and_the_other_worse() -> None:
    """Both changes are beyond chance: the pair is traded and said so in words."""
    (one,) = together([QUICK, AGAIN])
    assert one.traded and one.changes == (1, -1)
    assert one.beside("speed.handle") == (AGAIN, -1)
    said = told(one)
    assert "better than 6.0 min before" in said and "worse than 75.0 % before" in said and ", but " in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"previous": 0.70}, "it stayed"),
        ({"previous": 0.65}, "both got better"),
        ({"previous": 0.725}, "beyond its interval, and within that of a difference of two periods"),
        ({"mature": False}, "it can still change"),
        ({"low": None, "high": None}, "nobody knows how sure it is"),
        ({"previous": None}, "there was nothing before"),
    ],
)
def test_nothing_is_said_that_is_not_known(change: dict[str, Any], why: str) -> None:
    """A change within chance, or of a figure that is not firm, is no trade."""
    (one,) = together([QUICK, replace(AGAIN, **change)])
    assert not one.traded, why


def test_members_and_periods_are_not_mixed() -> None:
    """A figure of one team stands beside the other of that team alone."""
    ours, theirs = ({"team": name} for name in ("a", "b"))
    assert together([replace(QUICK, by=ours), replace(AGAIN, by=theirs)]) == []
    assert together([QUICK, replace(AGAIN, start="2026-05-01")]) == []
    assert together([replace(QUICK, value=None), AGAIN]) == []
    mixed = [replace(QUICK, by=ours), replace(AGAIN, by=ours), replace(QUICK, by=theirs), replace(AGAIN, by=theirs)]
    assert len(together(mixed)) == 2


def test_partners_are_those_not_asked_for() -> None:
    """What is to be read beside a figure, without the figure."""
    assert "outcome.first_contact/repeat" in partners(["speed.handle"])
    assert "speed.handle" not in partners(["speed.handle"])
    assert pairs_of(["flow.volume"]) == [] and partners(["flow.volume"]) == []


def _calls() -> list[Event]:
    """Return eight weeks of calls: from the fifth week on they are short, and half of the callers call again next day."""
    found: list[Event] = []
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for day in range(66):
        short = day >= 28
        for number in range(6):
            name = f"{day}-{number}"
            at = start + timedelta(days=day, minutes=20 * number)
            found += _call(name, at, 120 + number if short else 400 + number)
            if short and number < 3:
                found += _call(name, at + timedelta(days=1, minutes=200), 100 + number, again="-again")
    return found


def _call(name: str, at: datetime, length_s: int, again: str = "") -> list[Event]:
    common: dict[str, Any] = {
        "contact_id": f"c{name}{again}",
        "customer_id": f"u{name}",
        "service": "cards",
        "queue": "calls",
    }
    steps = ((0, "queued", None), (20, "answered", "ada"), (20 + length_s, "ended", "ada"))
    return [
        Event(at=at + timedelta(seconds=s), activity=what, source_id=f"{name}{again}/{what}", agent_id=who, **common)
        for s, what, who in steps
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake of calls that were cut short."""
    return lake_of(tmp_path_factory.mktemp("pairs") / "lake", _calls())


def test_the_scorecard_tells_a_trade(lake: Lake) -> None:
    """A role sees the partner of each figure, also one that is not on its own scorecard, and the trade in words."""
    asked = ["--lake", str(lake.root), "--role", "team-lead", "--from", "2026-03-30", "--to", "2026-04-27"]
    shown = CliRunner().invoke(cli.command, asked)
    assert shown.exit_code == 0, shown.output
    assert "One got better while the other got worse. Average handle time" in shown.output
    rows = json.loads(CliRunner().invoke(cli.command, [*asked, "--format", "json"]).output)["kpis"]
    handle = next(row for row in rows if row["id"] == "speed.handle")
    beside = {one["kpi"]: one for one in handle["beside"]}
    assert (
        beside["outcome.first_contact/repeat"]["traded"] and beside["outcome.first_contact/repeat"]["change"] == "worse"
    )
    assert beside["flow.failure_demand"]["change"] == "worse"
    assert "flow.failure_demand" not in {row["id"] for row in rows}


def test_the_report_tells_a_trade(lake: Lake) -> None:
    """The report has the pairs side by side, and says it at the figure's own place."""
    report = gather(lake, query=Query(start=datetime(2026, 3, 30, tzinfo=UTC), end=datetime(2026, 4, 27, tzinfo=UTC)))
    assert {one.pair.id for one in report.pairs if one.traded} >= {"handle-first-contact", "handle-failure-demand"}
    page = render(report, now=datetime(2026, 5, 10, tzinfo=UTC), version="1")
    assert "one got better while the other got worse" in page
    assert "This figure and that one moved apart." in page
    assert page.index('id="scorecard"') < page.index('id="pairs"') < page.index('id="definitions"')
