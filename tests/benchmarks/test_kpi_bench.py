"""The KPI benchmark on a tiny company: its sides give the same figures, and a wrong one is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.quality import _kpi_lake, _kpi_ours, _kpi_pandas, _kpi_sides, _kpi_sql, kpi
from troth.kpi.catalogue import canonical
from troth.log.ingest import ingest
from troth.log.lake import Lake


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, _kpi_sides.Plan, Path]:
    work = tmp_path_factory.mktemp("kpi")
    lake = _kpi_lake.ready(work, events=3000, seed=1, paths=[], days=14, workers=1)
    return lake, _kpi_lake.plan(lake, work, memory="1GB", threads=1), work


@pytest.fixture(scope="module")
def ours(prepared: tuple[Lake, _kpi_sides.Plan, Path]) -> pa.Table:
    return _kpi_ours.figures(prepared[1])


def test_hand_written_sql_gives_our_figures(prepared: tuple[Lake, _kpi_sides.Plan, Path], ours: pa.Table) -> None:
    """Every figure of the canonical catalogue by day and queue is the same in SQL written by hand."""
    assert _kpi_sides.differences(ours, _kpi_sql.figures(prepared[1])) == []
    wanted = {k.name for k in canonical() if k.id not in _kpi_sides.TABLED and not k.id.startswith("field.")}
    missing = wanted - set(ours["kpi"].to_pylist())
    # Few agents are reviewed often enough in a sample; the company has no wings: no forecasts, visits, projects, graders.
    wings = {"demand.accuracy", "load.billable", "quality.calibration", "quality.training_errors", "improve.ideas_done"}
    assert missing <= {"quality.agents_passing", *wings}, "the sample must have something to count for each KPI"


def test_pandas_gives_our_figures(prepared: tuple[Lake, _kpi_sides.Plan, Path], ours: pa.Table) -> None:
    """The six KPIs written in pandas are the same as ours."""
    few = {name.rstrip("/") for name in _kpi_sides.FEW}
    mine = ours.filter(pa.array([k in few for k in ours["kpi"].to_pylist()]))
    assert len(set(mine["kpi"].to_pylist())) == len(few)
    assert _kpi_sides.differences(mine, _kpi_pandas.figures(prepared[1])) == []


def test_wrong_figures_are_seen(ours: pa.Table) -> None:
    """A value a little off, an n off by one and a figure too few are all differences."""
    rows = ours.slice(0, 5).to_pylist()
    for name, change in (("value", 1 + 1e-8), ("n", 2)):
        off = [dict(r) for r in rows]
        place = next(i for i, r in enumerate(off) if r[name])
        off[place][name] *= change
        assert len(_kpi_sides.differences(ours.slice(0, 5), pa.Table.from_pylist(off, ours.schema))) == 1
    assert len(_kpi_sides.differences(ours.slice(0, 5), ours.slice(0, 4))) == 1


def test_news_touch_the_last_days_and_their_figures(
    prepared: tuple[Lake, _kpi_sides.Plan, Path], tmp_path: Path
) -> None:
    """The new events bring new contacts and newer versions; a linked lake takes them and its original keeps still."""
    lake, _, _ = prepared
    before = lake.count()
    first = _kpi_lake.news(lake, tmp_path / "news", events=100)
    copy = _kpi_lake.linked(lake, tmp_path / "copy")
    report = ingest(copy, source="troth", paths=[tmp_path / "news"], now=datetime(2026, 7, 1, tzinfo=UTC))
    assert report.rejects == 0
    assert report.duplicates == 20
    assert before + 50 <= copy.count() <= before + 80
    assert lake.count() == before
    with lake.session() as con:
        found = con.sql(f"SELECT max(occurred_at) FROM ({lake.settled()})").fetchone()
    assert found
    assert (found[0].date() - first).days <= 3


def test_lines_and_rows_say_what_was_found() -> None:
    """A case's JSON line has value, reference and gap; a disagreement is shown in both forms."""
    fast, slow = kpi.Runs(), kpi.Runs()
    fast.add(seconds=3.0, cpu=2.0, peak=2**30)
    slow.add(seconds=2.0, cpu=2.0, peak=2**30)
    result = kpi.Result("catalogue", fast, "1.5 x SQL", met=True, peer=slow, against="SQL by hand")
    assert '"value": 3.0, "reference": 2.0, "gap": 0.5, "feasible": true' in kpi._json(result, seed=1, events=10)
    assert "1.50" in kpi._row(result, judged=True)
    wrong = replace(result, wrong=("a against b",))
    assert '"feasible": false' in kpi._json(wrong, seed=1, events=10)
    assert "DISAGREES" in kpi._row(wrong, judged=True)
