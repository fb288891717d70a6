"""Every KPI can be split and filtered by every dimension, also by one its rows know nothing of."""

from __future__ import annotations

import pytest

from troth.core.terms import Dimension
from troth.demo import small_company, write
from troth.demo.dirt import Dirt
from troth.kpi.query import Engine, Query
from troth.log.ingest import ingest
from troth.log.lake import Lake

#: One of each timeline.
KPIS = (
    "speed.answer/", "speed.resolution/", "speed.turnaround/", "flow.backlog/", "voice.csat/", "quality.score/",
    "promise.kept/", "load.occupancy/", "load.throughput/", "flow.served_per_hour/",
)  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A week of a small company."""
    folder = tmp_path_factory.mktemp("week")
    write(folder / "data", truth=small_company(days=7, volume=0.1), seed=1, dirt=Dirt.none(), workers=1)
    made = Lake(folder / "lake")
    ingest(made, source="troth", paths=[folder / "data"])
    return made


def test_every_kpi_splits_by_every_dimension(lake: Lake) -> None:
    """A person's paid time has no customer: it is then nobody's, not an error."""
    with lake.session() as con:
        engine = Engine(lake, con)
        whole = {(f.id, f.variant): f.n for f in engine.figures(Query(kpis=KPIS))}
        for dim in Dimension:
            found = engine.figures(Query(kpis=KPIS, by=(str(dim),)))
            assert {f.id for f in found} <= {kpi for kpi, _ in whole}, dim
            assert any(f.n for f in found), dim


def test_a_filter_on_what_rows_do_not_know_leaves_none(lake: Lake) -> None:
    """The paid time of one customer is no time at all, with the reason."""
    with lake.session() as con:
        (found,) = Engine(lake, con).figures(Query(kpis=("load.occupancy/",), where={"customer": ["uv1"]}))
    assert (found.n, found.value) == (0, None)
    assert found.reason
