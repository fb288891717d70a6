"""Small random routing problems for the tests of routing."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.travel import TimeWarp

BEGINS = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)


def world(
    seed: int, *, visits: int = 12, technicians: int = 3, rich: bool = True, warp: bool = False
) -> RoutingProblem:
    """Return a random problem with every feature a little of the time; plain travel and windows only if not `rich`."""
    rng = np.random.default_rng(seed)
    places = visits + technicians + 1
    at = rng.uniform(0, 3000, (places, 2))
    seconds = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1)).round(1)
    people = tuple(_technician(rng, k, rich=rich) for k in range(technicians))
    asked = tuple(_visit(rng, k, technicians, visits, rich=rich) for k in range(visits))
    depots = (PartsDepot("store", 0, parts={"pump": 4, "valve": 2}, service_s=300.0),) if rich else ()
    published: tuple[PublishedVisit, ...] = ()
    prices = RoutingPrices()
    if rich and rng.random() < 0.6:
        chosen = rng.permutation(visits)[: visits // 2]
        published = tuple(
            PublishedVisit(f"v{k}", f"t{rng.integers(technicians)}", float(rng.uniform(0, 20000))) for k in chosen
        )
        prices = RoutingPrices(
            balance_cents=10.0, other_technician_cents=500.0, moved_cents_per_minute=3.0,
            most_changes=int(rng.integers(2, visits)) if rng.random() < 0.5 else None,
        )  # fmt: skip
    bent = None
    if warp:
        knots = np.array([0.0, 7200.0, 14400.0, 28800.0, 90000.0])
        driven = np.concatenate([[0.0], np.cumsum(np.diff(knots) / np.array([1.0, 1.5, 0.9, 1.2]))])
        bent = TimeWarp(BEGINS, knots, driven)
    return RoutingProblem(
        BEGINS,
        asked,
        people,
        seconds,
        depots=depots,
        warp=bent,
        equipment={"lift": 1},
        published=published,
        prices=prices,
    )


def _technician(rng: np.random.Generator, k: int, *, rich: bool) -> FieldTechnician:
    breaks = (RestBreak(1800.0, 12000.0, 18000.0),) if rich and rng.random() < 0.5 else ()
    start = float(rng.integers(0, 3)) * 1800
    home = 1 + k
    shift = TechnicianShift(start, start + 28800, home, home if rng.random() < 0.8 else None, 3600.0, breaks)
    return FieldTechnician(
        f"t{k}", (shift,), {"gas": 2.0} if not rich or rng.random() < 0.8 else {}, frozenset({"drill"}) if rng.random() < 0.5 else frozenset(),
        {"pump": int(rng.integers(0, 3))}, cost_per_hour_cents=float(rng.integers(0, 2)) * 2400, cost_per_km_cents=30.0,
        used_cents=float(rng.integers(0, 2)) * 500, overtime_per_hour_cents=1200.0, pace=float(rng.uniform(0.8, 1.2)),
        drive_limit_s=6000.0 if rich and rng.random() < 0.3 else None, drive_rest_s=900.0,
        max_travel_s=20000.0 if rich else None,
    )  # fmt: skip


def _visit(rng: np.random.Generator, k: int, technicians: int, visits: int, *, rich: bool) -> VisitRequest:
    opens = float(rng.uniform(0, 20000))
    windows = (TimeWindow(opens, opens + float(rng.uniform(3600, 14400))),) if rng.random() < 0.6 else ()
    if not rich:
        return VisitRequest(f"v{k}", 1 + technicians + k, 1200.0, windows=windows, unserved_cents=20000.0)

    def some(share: float) -> bool:
        return bool(rng.random() < share)

    return VisitRequest(
        f"v{k}", 1 + technicians + k, float(rng.uniform(600, 3000)), windows=windows if some(0.5) else (),
        soft=SoftWindow(opens, opens + 3600, 20.0 * some(0.5), 10.0) if some(0.3) else None,
        promised=PromisedWindow(opens, opens + 7200, 3000.0, 30.0) if some(0.4) and not windows else None,
        unserved_cents=float(rng.uniform(3000, 20000)) if some(0.9) else None,
        skills={"gas": 1.0} if some(0.4) else {}, tools=frozenset({"drill"}) if some(0.3) else frozenset(),
        parts={"pump": int(rng.integers(1, 3))} if some(0.3) else {}, equipment=frozenset({"lift"}) if some(0.15) else frozenset(),
        after=(After(f"v{k - 1}", 600.0),) if k and some(0.15) else (), together=f"g{k % 2}" if some(0.2) else None,
        preferred=frozenset({f"t{rng.integers(technicians)}"}) if some(0.2) else frozenset(), other_cents=400.0,
        excluded=frozenset({f"t{rng.integers(technicians)}"}) if some(0.1) else frozenset(),
    )  # fmt: skip
