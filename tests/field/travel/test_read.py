"""Trips from a lake: where they began and ended, and what the demo's own town says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kpi.logs import Event, lake_of
from troth.demo import Dirt, Truth, write
from troth.demo.field import field_service
from troth.field.travel import learn
from troth.field.travel.read import trips
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.references import import_reference

_PLACES = {"home": (54.70, 25.20), "x": (54.71, 25.21), "y": (54.72, 25.22), "z1": (54.73, 25.23), "z2": (54.74, 25.24)}
_DAY = date(2026, 3, 1)


def _visit(number: int, at: str, there: str, left: str, customer: str, **more: str) -> list[Event]:
    common: dict[str, Any] = {
        "case_id": f"c{number}", "subject_kind": "visit", "subject_id": f"v{number}", "agent_id": "jo", "customer_id": customer,
        "site": "depot",
    }  # fmt: skip
    steps = (("travel_started", at), ("arrived_on_site", there), ("work_started", there), ("work_ended", left))
    found = [
        Event(datetime.fromisoformat(f"2026-03-02T{clock}+00:00"), activity, f"{number}-{activity}", **common)
        for activity, clock in steps
    ]
    asset = {"asset": more["asset"]} if more else {}
    opened = datetime(2026, 3, 2, 6, tzinfo=UTC)
    return [
        *found,
        Event(opened, "opened", f"{number}-o", case_id=f"c{number}", customer_id=customer, attributes=asset),
    ]


def _location(name: str, kind: str, holder: str) -> dict[str, object]:
    lat, lon = _PLACES[name]
    return {"location": name, "kind": kind, "holder": holder, "latitude": lat, "longitude": lon, "valid_from": _DAY}


def test_a_trip_begins_where_the_last_visit_was_and_the_first_at_home(tmp_path: Path) -> None:
    """From home, then place to place; the equipment says which of a customer's places; without it nobody knows."""
    events = [
        *_visit(1, "08:00", "08:20", "09:00", "ux"), *_visit(2, "09:05", "09:25", "10:00", "uy"),
        *_visit(3, "10:00", "10:30", "11:00", "uz", asset="boiler"), *_visit(4, "11:05", "11:20", "12:00", "uz"),
        *_visit(5, "20:00", "20:10", "20:30", "ux"),
    ]  # fmt: skip
    places = [_location("home", "home", "jo"), _location("x", "customer", "ux"), _location("y", "customer", "uy"),
              _location("z1", "customer", "uz"), _location("z2", "customer", "uz")]  # fmt: skip
    assets = [{"asset": "boiler", "kind": "boiler", "customer_id": "uz", "location": "z2", "valid_from": _DAY}]
    lake = lake_of(tmp_path / "lake", events, locations=places, assets=assets)
    found = trips(lake, start=datetime(2026, 3, 2, tzinfo=UTC), end=datetime(2026, 3, 3, tzinfo=UTC))
    named = {at: name for name, at in _PLACES.items()}
    ends = [
        tuple(named.get(tuple(side[k].tolist()), "?") for side in (found.origins, found.destinations))
        for k in range(len(found))
    ]
    assert ends == [("home", "x"), ("x", "y"), ("y", "z2"), ("z2", "?"), ("home", "x")]
    assert found.took_s.tolist() == [1200.0, 1200.0, 1800.0, 900.0, 600.0]
    assert [(one.code, one.count) for one in found.issues] == [("unplaced-trips", 1)]
    assert len(trips(lake, start=datetime(2026, 3, 3, tzinfo=UTC), end=datetime(2026, 3, 4, tzinfo=UTC))) == 0
    assert (
        len(trips(lake, start=datetime(2026, 3, 2, tzinfo=UTC), end=datetime(2026, 3, 3, tzinfo=UTC), site="no")) == 0
    )


def test_the_demo_towns_roads_are_learned_from_its_log(tmp_path: Path) -> None:
    """Six weeks of visits give back parking, pace, rush hours and spread, which its event loop never tells."""
    truth = field_service("f", start="2026-03-02", days=42, size=0.5)
    until = datetime(2026, 4, 12, 18, tzinfo=UTC)
    write(
        tmp_path,
        truth=Truth("Company", "2026-03-02", (), wings=(truth,)),
        seed=2,
        until=until,
        workers=1,
        dirt=Dirt.none(),
    )
    lake = Lake(tmp_path / "lake")
    ingest(lake, source="troth", paths=sorted(tmp_path.glob("*.parquet")))
    for name in ("locations", "assets"):
        import_reference(lake, path=tmp_path / "reference" / f"{name}.csv", stream=name)
    made = trips(lake, start=datetime(2026, 3, 2, tzinfo=UTC), end=until)
    assert len(made) > 300 and made.issues == ()
    found = learn(made, time_zone=truth.time_zone, detour=truth.detour)
    profile = found.pattern.profile
    assert profile is not None
    assert found.pattern.fixed_s == pytest.approx(truth.parking_s, abs=80.0)
    pace = 3600 * found.detour / found.speed_kmh * profile.factors[0, 9:17]
    assert pace == pytest.approx(3600 * truth.detour / truth.speed_kmh * np.array(truth.rush[9:17]), rel=0.12)
    assert found.pattern.spread == pytest.approx(np.hypot(truth.travel_spread, truth.travel_day_cv), abs=0.06)
