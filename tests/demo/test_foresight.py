"""The company's own planner: what it publishes is early, whole, crude, and leaves every course as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from troth.core import Step
from troth.demo import Dirt, Truth, World, demo_company, small_company, write
from troth.demo.clock import local_day
from troth.demo.foresight import ForesightTruth, expected
from troth.demo.plan import level
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.reference import TABLES

UNTIL = datetime(2026, 3, 29, 12, tzinfo=UTC)
SMALL = small_company(days=28, volume=0.1)
TRUTH = Truth("Planned", SMALL.start, SMALL.sites, wings=(ForesightTruth("plan", SMALL.sites),))


def _rows(table: str, seed: int = 1) -> list[dict[str, object]]:
    wing = TRUTH.wings[0]
    rows = wing.tables(start=TRUTH.start, until=UNTIL, seed=seed)[table]
    return [dict(zip(TABLES[table].schema.names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of four weeks of a small company with a planner."""
    folder: Path = tmp_path_factory.mktemp("planned")
    write(folder / "data", truth=TRUTH, seed=2, until=UNTIL, workers=1, dirt=Dirt.none())
    found = Lake(folder / "lake")
    assert ingest(found, source="troth", paths=[folder / "data"], now=UNTIL).rejects == 0
    return found


@pytest.mark.parametrize("table", ["forecasts", "requirements"])
def test_what_is_published_is_early_and_once(table: str) -> None:
    """Every cell is published a week or more before it begins, once, whatever the seed."""
    rows = _rows(table)
    key = TABLES[table].key
    assert len({tuple(row[k] for k in key) for row in rows}) == len(rows) > 1000
    for row in rows:
        lead = datetime.fromisoformat(str(row["starts_at"])) - datetime.fromisoformat(str(row["issued_at"]))
        assert timedelta(days=7) <= lead <= timedelta(days=17)
    assert rows == _rows(table, seed=2)
    assert max(str(row["starts_at"]) for row in rows) > UNTIL.isoformat()


def test_hours_add_up_to_the_expected_day() -> None:
    """The hours of a queue's day are its mean times weekday, drift and season; closed days of a door have none."""
    site = SMALL.sites[0]
    for queue in site.queues:
        for k in range(7):
            day = local_day(site, day=date(2026, 3, 9) + timedelta(days=k))
            volume = level(site, day=day.day, start=date(2026, 3, 2))
            cells = expected(queue, site=site, day=day, volume=volume)
            if queue.kind == "case" or (not day.spans and not queue.around_the_clock):
                assert cells == []
                continue
            usual = queue.per_day * queue.weekdays[k] * volume * (1.0 if day.spans else 0.35)
            assert sum(mean for _, _, mean in cells) == pytest.approx(usual)
            assert all(ends - starts == 3_600_000 for starts, ends, _ in cells)


def test_forecast_error_is_that_of_the_true_arrivals(lake: Lake) -> None:
    """What `demand.accuracy` finds in the log is what the world's own records say of the published cells."""
    found = query(
        lake, Query(kpis=("demand.accuracy/", "demand.accuracy/expected_over_came", "demand.accuracy/covered"))
    )
    world = World(TRUTH, 2, emit=False)
    world.step(UNTIL)
    came: dict[tuple[str, int], int] = {}
    instants: list[int] = []
    for k, site in enumerate(TRUTH.sites):
        for c in world.ledger(k).contacts:
            if c.previous < 0 and c.direction == 0:
                came[(site.queues[c.queue].queue, c.arrived)] = came.get((site.queues[c.queue].queue, c.arrived), 0) + 1
                instants.append(c.arrived)
    first, last = min(instants), max(instants)
    missed = total = said = 0.0
    by_queue: dict[str, list[int]] = {}
    for (queue, at), number in came.items():
        by_queue.setdefault(queue, []).extend([at] * number)
    for row in _rows("forecasts"):
        a, b = (datetime.fromisoformat(str(row[edge])).timestamp() * 1000 for edge in ("starts_at", "ends_at"))
        if a >= first and b <= last:
            number = sum(a <= at < b for at in by_queue.get(str(row["queue"]), ()))
            missed += abs(float(str(row["mean"])) - number)
            said += float(str(row["mean"]))
            total += number
    figures = {f.variant: f.value for f in found}
    assert figures[""] == pytest.approx(missed / total, rel=1e-6)
    assert figures["expected_over_came"] == pytest.approx(said / total, rel=1e-6)
    covered = figures["covered"]
    assert covered is not None
    assert 0.6 < covered < 0.99


def test_staffing_has_figures_of_every_week(lake: Lake) -> None:
    """Requirements are met by about the people who were there: the company plans its shifts by the same rule."""
    found = query(lake, Query(kpis=("load.staffing/ratio",), every=Step.WEEK, time_zone="UTC"))
    assert len(found) >= 4
    for one in found[:4]:
        assert one.value is not None
        assert 0.6 < one.value < 1.6


def test_wings_can_be_left_out_and_change_no_site() -> None:
    """The demo company has a practice and a planner unless told otherwise; its sites are the same with and without."""
    until = datetime(2026, 3, 4, 9, tzinfo=UTC)
    whole = demo_company(until=until, days=3, size=0.05)
    bare = demo_company(until=until, days=3, size=0.05, projects=False, foresight=False)
    assert {"p", "plan"} <= {wing.code for wing in whole.wings}
    assert not {"p", "plan"} & {wing.code for wing in bare.wings}
    assert whole.sites == bare.sites
    assert small_company(days=7).wings == ()
    assert World(whole, 1).step(until).equals(World(bare, 1).step(until))
