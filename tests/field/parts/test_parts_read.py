"""Stock and cases of a lake are those of its log and reference tables."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from troth.demo.field import FieldWorld, field_service
from troth.demo.field.tables import reference
from troth.field.parts.read import read_history, read_stock
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.references import import_reference


def test_a_lake_gives_stock_and_cases(tmp_path: Path) -> None:
    """What vans hold, what cases took, and nothing after the instant that is asked for."""
    truth, until = field_service("f", start="2026-03-02", days=12, size=0.2), datetime(2026, 3, 13, 15, tzinfo=UTC)
    world = FieldWorld(truth, seed=1)
    lake = Lake(tmp_path / "lake", hot=world.step(until))
    for name in ("locations", "parts", "stock_levels", "sites", "assets"):
        path = tmp_path / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([TABLES[name].schema.names, *reference(truth, until=until)[name]])
        import_reference(lake, path=path, stream=name)
    stock, issues = read_stock(lake)
    assert issues == []
    now = stock.at(until)
    for one in world.known()["technicians"]:
        assert {part: now.on_hand(f"van-{one['technician']}", part=part) for part in one["van"]} == one["van"]
    history = read_history(lake, services=("repair", "emergency"))
    done = {world.case_id(one): set(one.needs) for one in world.ledger.jobs if one.resolved >= 0 and one.service < 2}
    assert {one.case: set(one.used) for one in history.cases if one.resolved_at is not None} == done
    assert len(done) > 5
    assert {one.kind for one in history.cases} <= {kind.kind for kind in truth.kinds}
    assert len(history.starts["af0"]) > 5
    early = datetime(2026, 3, 6, tzinfo=UTC)
    assert {one.at for one in read_stock(lake, until=early)[0].moves} == {
        one.at for one in stock.moves if one.at <= early
    }
