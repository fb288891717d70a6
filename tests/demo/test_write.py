"""The demo's folder: what is written, how dirty it is, how fast it is used again."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from troth.demo import Dirt, World, demo_company, small_company, write
from troth.demo.dirt import CORRECTED, ENDS, Soiler
from troth.log.reference import TABLES
from troth.log.schema import STORED

UNTIL = datetime(2026, 3, 16, 8, 40, tzinfo=UTC)
TRUTH = small_company(days=14, volume=0.1)


@pytest.fixture(scope="module")
def clean() -> pa.Table:
    """Two weeks of clean events."""
    return World(small_company(days=28), 4, sites=(0,)).step(datetime(2026, 3, 20, tzinfo=UTC))


def test_written_folder_is_complete_and_repeatable(tmp_path: Path) -> None:
    """The folder holds events, the company's reference tables and the truth; the same again, with one process or two."""
    told: list[float] = []
    one = write(tmp_path / "one", truth=TRUTH, seed=3, until=UNTIL, workers=1, progress=told.append)
    two = write(tmp_path / "two", truth=TRUTH, seed=3, until=UNTIL, workers=2)
    assert told[-1] == 1.0
    assert (one.rows, one.files) == (two.rows, two.files)
    for name in sorted(p.name for p in (tmp_path / "one").glob("*.parquet")):
        table = pq.read_table(tmp_path / "one" / name)
        assert table.schema.equals(STORED)
        assert table.equals(pq.read_table(tmp_path / "two" / name))
        assert pc.max(table["occurred_at"]).as_py() <= UNTIL
    written = {path.stem for path in (tmp_path / "one" / "reference").glob("*.csv")}
    assert written > {"sites", "queues", "people", "skills", "calendars", "targets", "schedules"}
    for name in sorted(written):
        table = TABLES[name]
        with (tmp_path / "one" / "reference" / f"{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows or name == "leave"
        assert not rows or list(rows[0]) == table.schema.names
        keys = [tuple(r[k] for k in (*table.key, "valid_from")) for r in rows]
        assert len(set(keys)) == len(keys), name
    said = json.loads((tmp_path / "one" / "truth.json").read_text(encoding="utf-8"))
    assert said["seed"] == 3
    assert said["truth"] == json.loads(TRUTH.to_json())


def test_a_site_that_goes_on_by_itself_ends_earlier(tmp_path: Path) -> None:
    """The log of one site ends where it is told to; the others are as they were."""
    earlier = UNTIL - timedelta(days=1)
    write(tmp_path / "one", truth=TRUTH, seed=3, until=UNTIL, workers=1, dirt=Dirt.none())
    write(tmp_path / "two", truth=TRUTH, seed=3, until=UNTIL, workers=1, dirt=Dirt.none(), ends={1: earlier})
    whole, cut = (
        pa.concat_tables(pq.read_table(f) for f in sorted((tmp_path / n).glob("*.parquet"))) for n in ("one", "two")
    )
    branch = TRUTH.sites[1].site
    kept = pc.or_(pc.not_equal(whole["site"], branch), pc.less_equal(whole["occurred_at"], pa.scalar(earlier)))
    assert 0 < len(cut) < len(whole)
    assert cut.equals(whole.filter(kept))


def test_without_dirt_the_files_hold_the_clean_log(tmp_path: Path) -> None:
    """Switching the dirt off leaves exactly what the world did."""
    write(tmp_path, truth=TRUTH, seed=3, until=UNTIL, workers=1, dirt=Dirt.none())
    files = sorted(tmp_path.glob("*.parquet"))
    written = pa.concat_tables([pq.read_table(f) for f in files])
    world = World(TRUTH, 3)
    lived = world.step(UNTIL)
    order = [("source_id", "ascending")]
    assert written.sort_by(order).combine_chunks().equals(lived.sort_by(order).combine_chunks())


def test_dirt_has_the_stated_rates(clean: pa.Table) -> None:
    """Missing ends, doubles, corrections and late rows are as frequent as stated."""
    dirt = Dirt(missing_ends=0.02, duplicates=0.015, corrections=0.02, late=0.01)
    soiled = Soiler(dirt, 1, 0).soil(clean, until_us=2**60, last=True)
    ends = pc.sum(pc.is_in(clean["activity"], pa.array(ENDS))).as_py()
    fixable = pc.sum(pc.is_in(clean["activity"], pa.array(CORRECTED))).as_py()
    lost = len(set(clean["source_id"].to_pylist()) - set(soiled["source_id"].to_pylist()))
    newer = pc.sum(soiled["version"]).as_py()
    assert lost == pytest.approx(ends * 0.02, rel=0.35)
    assert newer == pytest.approx(fixable * 0.02, rel=0.35)
    assert soiled.num_rows - clean.num_rows + lost - newer == pytest.approx(clean.num_rows * 0.015, rel=0.25)
    delay = (
        soiled["recorded_at"].cast(pa.int64()).to_numpy() - soiled["occurred_at"].cast(pa.int64()).to_numpy()
    ) / 1e6
    first = soiled["version"].to_numpy() == 0
    assert np.mean(delay[first] > 600) == pytest.approx(0.01, rel=0.4)


def test_newest_versions_of_the_dirty_log_are_the_clean_log(clean: pa.Table) -> None:
    """Apart from missing ends, dirt can be undone: the newest version of each row is the truth."""
    soiled = Soiler(Dirt(missing_ends=0.0), 1, 0).soil(clean, until_us=2**60, last=True)
    newest: dict[str, tuple[int, datetime, float | None]] = {}
    columns = (soiled[c].to_pylist() for c in ("source_id", "version", "occurred_at", "value"))
    for key, version, at, value in zip(*columns, strict=True):
        if key not in newest or version > newest[key][0]:
            newest[key] = (version, at, value)
    for key, at, value in zip(*(clean[c].to_pylist() for c in ("source_id", "occurred_at", "value")), strict=True):
        assert newest[key][1:] == (at, value)


def test_blocks_of_dirt_lose_nothing(clean: pa.Table) -> None:
    """Rows that come late leave the soiler with a later block, in order of delivery."""
    soiler, times = Soiler(Dirt(missing_ends=0.0), 1, 0), clean["occurred_at"].cast(pa.int64()).to_numpy()
    half = len(times) // 2
    first = soiler.soil(clean.slice(0, half), until_us=int(times[half - 1]))
    rest = soiler.soil(clean.slice(half), until_us=int(times[-1]), last=True)
    assert set(first["source_id"].to_pylist()) | set(rest["source_id"].to_pylist()) == set(
        clean["source_id"].to_pylist()
    )
    assert rest["recorded_at"].cast(pa.int64()).to_numpy().max() <= times[-1]


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_one_branch_is_always_in_its_mid_morning(hour: int) -> None:
    """Whenever the log ends, one branch has its doors open and the morning behind it half."""
    until = datetime(2026, 5, 17, hour, 20, tzinfo=UTC)
    truth = demo_company(until=until, days=2)
    branch = next(s for s in truth.sites if s.site == "branch-s")
    world = World(truth, 1, sites=(truth.sites.index(branch),))
    world.step(until)
    site = world.sites[0]
    assert site.today.is_open(int(until.timestamp() * 1000))
    assert timedelta(minutes=0) <= until - datetime.fromtimestamp(site.today.opens / 1000, UTC) <= timedelta(hours=3)
