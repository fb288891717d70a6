"""What the world writes down, and what the KPIs make of its log, are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from troth.demo import Dirt, World, small_company, write
from troth.demo.sums import COUNTS, true_sums
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

START = datetime(2026, 3, 2, tzinfo=UTC)
FROM, TO, UNTIL = (START + timedelta(weeks=w) for w in (1, 4, 6))
RETENTION = timedelta(days=14)
TRUTH = small_company(days=42, volume=0.1)


def test_sums_of_the_ledger_are_consistent() -> None:
    """Parts add up to wholes, shares are shares, and a longer period holds no less."""
    world = World(TRUTH, 2, emit=False)
    world.step(UNTIL)
    sums = true_sums(world, start=FROM, end=TO, retention=RETENTION)
    halves = [
        true_sums(world, start=a, end=b) for a, b in ((FROM, FROM + timedelta(days=9)), (FROM + timedelta(days=9), TO))
    ]
    for name in (
        "flow.volume",
        "flow.volume/cases",
        "speed.answer",
        "load.occupancy",
        "voice.csat",
        "flow.failure_demand",
    ):
        for k in range(2):
            assert sums[name][k] == pytest.approx(sum(h[name][k] for h in halves)) or name in COUNTS
    assert sums["flow.volume"][0] <= sums["flow.volume/parts"][0]
    assert sums["sla.service_level/answered"][0] <= sums["sla.service_level"][0]
    for name in ("flow.abandonment", "load.utilisation", "voice.dsat", "promise.kept", "speed.same_day"):
        assert 0 <= sums[name][0] <= sums[name][1]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float | None, float]]:
    """KPIs of a clean log that are not what the world's own records add up to, each with both values."""
    folder = tmp_path_factory.mktemp("clean")
    write(folder / "data", truth=TRUTH, seed=2, until=UNTIL, workers=1, dirt=Dirt.none())
    lake = Lake(folder / "lake")
    ingest(lake, source="troth", paths=[folder / "data"], now=UNTIL)
    world = World(TRUTH, 2, emit=False)
    world.step(UNTIL)
    sums = true_sums(world, start=FROM, end=TO, retention=RETENTION)
    names = tuple(k for k in catalogue() if k in sums)
    assert len(names) >= 50
    params = Params(retention=RETENTION, line_s=600.0)
    found = query(lake, Query(kpis=names, start=FROM, end=TO, time_zone="UTC", params=params))
    out = {}
    for figure in found:
        name = f"{figure.id}/{figure.variant}" if figure.variant else figure.id
        if name not in sums:  # a canonical name brings its variants
            continue
        num, den = sums[name]
        right = num if name in COUNTS else num / den
        if figure.value is None or figure.value != pytest.approx(right, rel=1e-6):
            out[name] = (figure.value, right)
    return out


def test_kpis_of_a_clean_log_are_the_true_sums(wrong: dict[str, tuple[float | None, float]]) -> None:
    """Without dirt, each KPI with a truth is what the world's own records add up to."""
    assert wrong == {}
