"""The demo company: five people game five figures; they are found, and in the clean log nobody is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from troth.cli import gaming
from troth.core.errors import InputError
from troth.demo import demo_company
from troth.demo.gaming import gamers, plant
from troth.demo.tables import write_tables
from troth.demo.truth import Truth
from troth.demo.world import World
from troth.kpi.gaming import PATTERNS, suspicions
from troth.log.ingest import ingest
from troth.log.lake import Lake

UNTIL = datetime(2026, 6, 30, 7, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> tuple[Truth, pa.Table]:
    """Return a company of a contact centre and a help desk, and what happened there in four months."""
    truth = demo_company(until=UNTIL, days=120, size=1.0)
    return truth, World(truth, 3, sites=(0, 3), keep=False).step(UNTIL)


def _lake(folder: Path, truth: Truth, events: pa.Table) -> Lake:
    write_tables(folder / "demo" / "reference", truth=truth)
    (folder / "demo" / "truth.json").write_text("{}", encoding="utf-8")
    pq.write_table(events, folder / "demo" / "events-0000.parquet")
    lake = Lake(folder / "lake")
    ingest(lake, paths=[folder / "demo"], source="troth")
    return lake


def _named(lake: Lake) -> dict[str, list[str]]:
    return {one.pattern.id: [f.agent for f in one.findings if f.suspicious] for one in suspicions(lake)}


@pytest.mark.slow
def test_who_games_is_found_and_nobody_else(world: tuple[Truth, pa.Table], tmp_path: Path) -> None:
    """Each of the five patterns names exactly the person it was planted on, with cases to look at."""
    truth, events = world
    who = gamers(truth)
    assert set(who) == set(PATTERNS)
    lake = _lake(tmp_path, truth, plant(events, who=who, seed=3))
    assert _named(lake) == {pattern: list(people) for pattern, people in who.items()}
    for one in suspicions(lake, kinds=("cut-short",)):
        assert one.cases[who["cut-short"][0]]


@pytest.mark.slow
def test_in_the_clean_log_nobody_is_named(world: tuple[Truth, pa.Table], tmp_path: Path) -> None:
    """People differ, have hard days and hard cases, and none of it looks like gaming."""
    truth, events = world
    assert _named(_lake(tmp_path, truth, events)) == {pattern: [] for pattern in PATTERNS}


def test_bad_questions_are_told_at_once(tmp_path: Path) -> None:
    """A pattern nobody knows and a period that ends before it begins; the command offers the patterns there are."""
    with pytest.raises(InputError) as refused:
        suspicions(Lake(tmp_path / "lake"), kinds=("x",), start=date(2026, 3, 2), end=date(2026, 3, 1))
    assert [one.code for one in refused.value.issues] == ["unknown-pattern", "end-before-start"]
    assert tuple(PATTERNS) == gaming._KINDS


def test_planting_changes_nobody_elses_rows(world: tuple[Truth, pa.Table]) -> None:
    """Cases the five never touched are as they were, and nothing happens after the log's end."""
    truth, events = world
    planted = plant(events, who=gamers(truth), seed=3)
    mine = pa.array(sorted({agent for people in gamers(truth).values() for agent in people}))
    touched = pc.unique(events.filter(pc.is_in(events["agent_id"], mine))["case_id"].drop_null())

    def others(table: pa.Table) -> pa.Table:
        new = pc.fill_null(pc.ends_with(table["case_id"], "-again"), False)
        named = pc.or_(new, pc.fill_null(pc.is_in(table["case_id"], touched), False))
        return table.filter(pc.invert(named)).sort_by("source_id").combine_chunks()

    assert others(planted).equals(others(events))
    assert pc.max(planted["occurred_at"]).as_py() <= pc.max(events["occurred_at"]).as_py()
    assert pc.count_distinct(planted["source_id"]).as_py() == len(planted)
