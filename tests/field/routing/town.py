"""A small town for tests of files and pictures: a day of three technicians, with one of everything."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    Pin,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
)
from troth.field.routing.from_file import problem_to_json
from troth.field.routing.orders import timed_together
from troth.field.routing.tours import StopKind
from troth.field.travel import GreatCircle
from troth.field.travel.profile import TimeWarp

BEGINS_AT = datetime(2026, 6, 1, 8, tzinfo=ZoneInfo("Europe/Vilnius"))
_POINTS = [
    (54.687, 25.280),
    (54.700, 25.250),
    (54.710, 25.300),
    (54.675, 25.220),
    (54.690, 25.310),
    (54.720, 25.270),
    (54.668, 25.290),
]


def town(*, warp: bool = False) -> RoutingProblem:
    """Return the problem: places 0 home and depot, 1 to 6 customers."""
    times = GreatCircle().matrix(_POINTS)
    shift = TechnicianShift(0, 8 * 3600, 0, 0, 1800.0, (RestBreak(1800, 3 * 3600, 5 * 3600),))
    visits = (
        VisitRequest("v1", 1, 2700, promised=PromisedWindow(3600, 7200), skills={"gas": 2}),
        VisitRequest("v2", 2, 3600, windows=(TimeWindow(0, 3600), TimeWindow(10800, 14400)), service_by={"ada": 1800}),
        VisitRequest("v3", 3, 1800, parts={"pump": 2}, unserved_cents=9000.0),
        VisitRequest("v4", 4, 1200, soft=SoftWindow(7200, 9000, 5, 10), after=(After("v1", 600),), tools=frozenset({"lift"})),
        VisitRequest("v5", 5, 2400, preferred=frozenset({"ada"}), other_cents=500, excluded=frozenset({"cem"}), together="t"),
        VisitRequest("v6", 6, 900, pin=Pin("ben", 18000.0), territory="south", unserved_cents=100.0, equipment=frozenset({"crane"})),
    )  # fmt: skip
    people = (
        FieldTechnician("ada", (shift,), {"gas": 3}, cost_per_hour_cents=3000, cost_per_km_cents=40),
        FieldTechnician("ben", (shift,), {"gas": 1}, frozenset({"lift"}), {"pump": 2}, vehicle="van 2", overtime_per_hour_cents=1500),
        FieldTechnician("cem", (TechnicianShift(3600, 14400, 0, None, day=0),), territories=frozenset({"north"}), pace=1.2,
                        max_travel_s=7200, drive_limit_s=5400),
    )  # fmt: skip
    line = TimeWarp(BEGINS_AT, np.array([0.0, 3600.0, 36000.0]), np.array([0.0, 1800.0, 34200.0])) if warp else None
    return RoutingProblem(
        BEGINS_AT, visits, people, np.asarray(times.seconds, np.float64), np.asarray(times.metres, np.float64),
        (PartsDepot("store", 0, None, {"pump": 4}, 600, TimeWindow(0, 28800)),), line, {"crane": 1},
        (PublishedVisit("v1", "ada", 3600.0), PublishedVisit("v5", "ada", 9000.0)),
        RoutingPrices(1.0, 700, 5, 600, 4), tuple((f"place {k}", *at) for k, at in enumerate(_POINTS)),
    )  # fmt: skip


def day(problem: RoutingProblem, **orders: str) -> tuple[Tour, ...]:
    """Return tours with instants: by technician the names of visits, or of the depot, in order."""
    depots = {one.depot_id for one in problem.depots}
    return timed_together(
        problem,
        orders=[
            (who, 0, [(StopKind.DEPOT if name in depots else StopKind.VISIT, name) for name in line.split()])
            for who, line in orders.items()
        ],
    )


#: Tours written by hand, without instants.
HAND: list[dict[str, Any]] = [
    {"technician": "ada", "stops": ["v1", {"depot": "store"}, "v3", "v5"]},
    {"technician": "ben", "stops": ["v2", "v4", "v6"]},
]


def written_by_hand(folder: Path) -> Path:
    """Write the problem with a visit more, and a plan that lacks it, as files; return where."""
    data = json.loads(problem_to_json(town()))
    data["visits"].append({"visit": "new", "place": "place 4", "service": "40min", "unserved_cents": 20000})
    (folder / "problem.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"tours": HAND}), encoding="utf-8")
    return folder


def same(one: RoutingProblem, other: RoutingProblem) -> bool:
    """Tell whether two problems are equal, arrays and all."""
    return all(_equal(getattr(one, name), getattr(other, name)) for name in RoutingProblem.__slots__)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, TimeWarp) and isinstance(other, TimeWarp):
        return one.start == other.start and _equal(one.knots_s, other.knots_s) and _equal(one.driven_s, other.driven_s)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one, np.float64), np.asarray(other, np.float64))
    return one == other
