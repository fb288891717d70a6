"""What the field service writes down, and what the KPIs make of its log, are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from troth.demo import Dirt, Truth, write
from troth.demo.field import FieldWorld, field_service
from troth.demo.field.sums import field_sums
from troth.kpi.catalogue import catalogue
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

FROM, TO, UNTIL = (datetime(2026, 1, 19, tzinfo=UTC) + timedelta(weeks=w) for w in (0, 5, 11))
WING = field_service("f", start="2026-01-12", days=90, size=0.6)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float | None, int]]:
    """Figures of the clean log of a field service, with their n, by KPI."""
    folder = tmp_path_factory.mktemp("field")
    truth = Truth("Field service", WING.start, (), wings=(WING,))
    write(folder / "data", truth=truth, seed=2, until=UNTIL, workers=1, dirt=Dirt.none())
    lake = Lake(folder / "lake")
    done = ingest(lake, source="troth", paths=[folder / "data"], now=UNTIL)
    assert done.rejects == 0
    names = tuple(name for name in catalogue() if name.startswith(("field.", "promise.", "flow.volume")))
    found = query(lake, Query(kpis=names, start=FROM, end=TO, time_zone="UTC"))
    return {f"{f.id}/{f.variant}" if f.variant else f.id: (f.value, f.n) for f in found}


def test_figures_of_visits_are_the_true_sums(figures: dict[str, tuple[float | None, int]]) -> None:
    """Without dirt, each figure about visits and promises is what the world's own records add up to."""
    world = FieldWorld(WING, 2)
    world.step(UNTIL)
    sums = field_sums(world, start=FROM, end=TO)
    assert {name for name in catalogue() if name.startswith("field.")} <= set(sums)
    wrong = {
        name: (figures[name], num / den)
        for name, (num, den) in sums.items()
        if figures[name][0] != pytest.approx(num / den, rel=1e-6)
    }
    assert wrong == {}
    assert all(0 < num < den for name, (num, den) in sums.items() if name != "field.visits_per_day")
    assert figures["field.first_time_fix"][1] > 300
    assert sums["field.first_time_fix"][0] < sums["field.first_time_fix/case"][0]
    assert sums["field.on_time"][0] < sums["field.on_time/last"][0]


def test_visits_are_no_contacts(figures: dict[str, tuple[float | None, int]]) -> None:
    """A field service adds matters to the volume, and no contacts."""
    assert figures["flow.volume"][0] in (0, None)
    assert (figures["flow.volume/cases"][0] or 0) > 300
