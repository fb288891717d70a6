"""The counter at a branch's door: near what came, not exactly, and the same however it is fed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from troth.demo import Dirt, World, demo_company, small_company, write
from troth.demo.clock import millis
from troth.demo.doors import COMPANIONS, MISSED, QUARTER, DoorCounter
from troth.log.schema import STORED

START = datetime(2026, 3, 2, tzinfo=UTC)
TRUTH = small_company(days=35)
UNTIL = START + timedelta(days=33, hours=12, minutes=7)  # over the change of clocks


@pytest.fixture(scope="module")
def clean() -> pa.Table:
    """What happened in a branch in nearly five weeks."""
    return World(TRUTH, 4, sites=(1,), keep=False).step(UNTIL)


def test_counts_are_near_what_came_and_not_equal(clean: pa.Table) -> None:
    """Companions and others make it more than the customers who came, people missed and silent hours less."""
    counted = DoorCounter(TRUTH.sites[1], seed=4, number=1).count(clean, until=millis(UNTIL))
    assert counted.schema.equals(STORED)
    came = pc.sum(pc.is_in(clean["activity"], pa.array(["arrived", "checked_in"]))).as_py()
    total = pc.sum(counted["value"]).as_py()
    assert total != came
    assert total / (came * (1 + COMPANIONS) * (1 - MISSED)) == pytest.approx(1.1, abs=0.15)
    ticks = counted["occurred_at"].cast("int64").to_numpy() // 1000
    assert len(set(ticks.tolist())) == len(ticks) and (ticks % QUARTER == 0).all() and ticks.max() <= millis(UNTIL)


def test_counts_do_not_depend_on_the_blocks(clean: pa.Table) -> None:
    """Fed in pieces of any length the counter says the same."""
    whole = DoorCounter(TRUTH.sites[1], seed=4, number=1).count(clean, until=millis(UNTIL))
    counter, parts = DoorCounter(TRUTH.sites[1], seed=4, number=1), []
    at = clean["occurred_at"]
    last = START - timedelta(days=1)
    for hours in (9.37, 10.0, 55.2, 168.0, 400.01, 700.0):
        until = START + timedelta(hours=hours)
        block = clean.filter(pc.and_(pc.greater(at, pa.scalar(last)), pc.less_equal(at, pa.scalar(until))))
        parts.append(counter.count(block, until=millis(until)))
        last = until
    parts.append(counter.count(clean.filter(pc.greater(at, pa.scalar(last))), until=millis(UNTIL)))
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())


def test_doors_are_written_beside_and_change_nothing_else(tmp_path: Path) -> None:
    """With a counter at its door a site's own files are what they were without; the demo company's branches have one."""
    until = START + timedelta(days=5, hours=9)
    sites = tuple(replace(site, door=site.site.startswith("branch")) for site in TRUTH.sites)
    for name, truth in (("bare", TRUTH), ("doors", replace(TRUTH, sites=sites))):
        write(tmp_path / name, truth=truth, seed=3, until=until, workers=1, dirt=Dirt.none())
    for path in sorted((tmp_path / "bare").glob("*.parquet")):
        assert pq.read_table(path).equals(pq.read_table(tmp_path / "doors" / path.name))
    more = sorted((tmp_path / "doors").glob("*-door-*.parquet"))
    assert len(more) == 1 and set(pq.read_table(more[0])["activity"].to_pylist()) == {"counted"}
    assert [s.site for s in demo_company(days=7, size=0.1).sites if s.door] == ["branch-s", "branch-z"]
