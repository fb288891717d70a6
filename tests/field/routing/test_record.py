"""What the log of the demo company teaches of windows to offer, beside its truth."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from troth.demo import Dirt, Truth, write
from troth.demo.field import FieldWorld, field_service
from troth.field.routing import FieldSpread
from troth.field.routing.learn import learn_kept
from troth.field.routing.read import recorded_work
from troth.field.routing.record import offer_record, recorded_windows
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.references import import_reference

START, SIZE = "2026-03-02", 0.3
BEGINS, NOW = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 20, 4, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The log of three weeks."""
    folder = tmp_path_factory.mktemp("record")
    truth = field_service("f", start=START, days=20, size=SIZE)
    write(folder, truth=Truth("Company", START, (), wings=(truth,)), seed=2, until=NOW, workers=1, dirt=Dirt.none())
    found = Lake(folder / "lake")
    ingest(found, source="troth", paths=sorted(folder.glob("*.parquet")))
    for path in sorted((folder / "reference").glob("*.csv")):
        import_reference(found, path=path, stream=path.stem)
    return found


def test_the_record_of_windows_is_that_of_the_world(lake: Lake) -> None:
    """The line learned is that of the world's own records: windows as first promised that neither the customer gave up nor moved."""
    world = FieldWorld(field_service("f", start=START, days=20, size=SIZE), 2)
    world.step(NOW)
    zone, now = ZoneInfo(world.truth.time_zone), NOW.timestamp() * 1000
    rows = []
    for one in world.ledger.visits:
        if one.first[1] < 0 or one.first[1] >= now or one.outcome == "cancelled" or one.asked < 0:
            continue
        day = [datetime.fromtimestamp(x / 1000, zone).date() for x in (one.asked, one.first[0])]
        length = (one.first[1] - one.first[0]) / 3_600_000
        rows.append(
            (0 <= one.arrived <= one.first[1], one.stated, length, day[0] == day[1], (now - one.first[1]) / 86_400_000)
        )
    found = recorded_windows(lake, start=BEGINS, end=NOW, time_zone=world.truth.time_zone)
    # Visits that a customer moved have another window in the truth, too, and no promise of it.
    assert 0.85 * len(rows) <= found.n <= len(rows) and found.n > 60
    kept, stated, hours, same, ages = zip(*rows, strict=True)
    true = learn_kept(kept, probability=stated, hours=hours, same_day=same, ages_days=ages)
    for p in (0.7, 0.9):
        assert found.stated(p, hours=4, same_day=False) == pytest.approx(
            true.stated(p, hours=4, same_day=False), abs=0.05
        )
    # What became of windows after the last event is not known.
    later = recorded_windows(lake, start=BEGINS, end=NOW + timedelta(days=2), time_zone=world.truth.time_zone)
    assert later.n == found.n


def test_spreads_are_learned_of_the_log(lake: Lake) -> None:
    """Work is spread as the service of each visit, others as all, travel as trips are; how many each stands on is told."""
    world = FieldWorld(field_service("f", start=START, days=20, size=SIZE), 2)
    world.step(NOW)
    service = {row["visit"]: row["service"] for row in world.known()["visits"]}
    found = offer_record(lake, start=BEGINS, end=NOW, visits=sorted(service), time_zone="Europe/Vilnius")
    work = recorded_work(lake, start=BEGINS, end=NOW)
    assert found.jobs == work.jobs > 60 and found.trips > 60 and found.kept.n > 60
    assert service and all(
        found.spread.of(name) == work.sigma.get(its, found.spread.work_sigma) for name, its in service.items()
    )
    assert (
        found.spread.of("unknown")
        == found.spread.work_sigma
        == pytest.approx(float(np.exp(np.mean(np.log(list(work.sigma.values()))))))
    )
    usual = FieldSpread()
    assert (found.spread.travel_sigma, found.spread.travel_day_sigma) != (usual.travel_sigma, usual.travel_day_sigma)


def test_where_little_is_known_usual_spreads_are_taken_and_told(lake: Lake) -> None:
    """A morning has too few jobs and trips: the usual spreads, with a warning for each."""
    day = date(2026, 3, 2)
    start = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    found = offer_record(lake, start=start, end=start + timedelta(hours=2))
    assert found.spread == FieldSpread() and (found.jobs, found.trips) == (0, 0)
    assert {"few-jobs", "few-trips"} <= {one.code for one in found.issues}
    assert all(one.advice.startswith("Maybe ") for one in found.issues)
