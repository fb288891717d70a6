"""A made-up day of a dispatcher: technicians around a town, promised visits, skills, parts in depots."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from troth.field.routing import (
    FieldTechnician,
    PartsDepot,
    PromisedWindow,
    RestBreak,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)

HOUR = 3600.0
BEGINS = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SKILLS = ("boiler", "heat pump", "ventilation", "water heater")


def dispatch_day(*, technicians: int, visits: int, seed: int, days: int = 1, dtype: Any = np.float64) -> RoutingProblem:
    """Return a problem: about ten visits a technician and day, each promised for a window of two to four hours.

    Places lie in clusters over 60 x 60 km; travel is straight distance times 1.3 at 40 km/h plus three minutes.
    """
    rng = np.random.default_rng(seed)
    clusters = rng.uniform(0, 60, (max(3, technicians // 6), 2))
    size = 2 + technicians + visits
    at = clusters[rng.integers(len(clusters), size=size)] + rng.normal(0, 4, (size, 2))
    at[:2] = 30 + rng.normal(0, 3, (2, 2))
    km = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1)).astype(dtype) * 1.3
    seconds = (km / 40 * HOUR + 180).astype(dtype)
    np.fill_diagonal(seconds, 0)
    crew = []
    for k in range(technicians):
        level = {
            SKILLS[0]: 2.0,
            SKILLS[1 + k % 3]: float(rng.integers(1, 4)),
            SKILLS[1 + (k + 1) % 3]: float(rng.integers(1, 4)),
        }
        early = 1.5 if k % 2 else 0.5
        shifts = tuple(
            TechnicianShift(
                day * 24 * HOUR + early * HOUR, day * 24 * HOUR + (early + 9) * HOUR, 2 + k, 2 + k, HOUR,
                (RestBreak(1800, day * 24 * HOUR + (early + 3.5) * HOUR, day * 24 * HOUR + (early + 5.5) * HOUR),), day,
            )
            for day in range(days)
        )  # fmt: skip
        parts = {"sensor": int(rng.integers(0, 4)), "valve": int(rng.integers(0, 2))}
        crew.append(FieldTechnician(
            f"t{k:03d}", shifts, level, parts=parts, cost_per_hour_cents=2500, cost_per_km_cents=30,
            overtime_per_hour_cents=1500, pace=float(np.exp(rng.normal(0, 0.1))),
        ))  # fmt: skip
    asked = []
    for v in range(visits):
        day = int(rng.integers(days)) * 24 * HOUR
        start = day + float(rng.integers(2, 14)) / 2 * HOUR
        length = float(rng.choice([2, 4])) * HOUR
        parts = {"sensor": 1} if rng.random() < 0.1 else {"valve": 1} if rng.random() < 0.03 else {}
        skill = SKILLS[int(rng.choice(4, p=(0.46, 0.2, 0.19, 0.15)))]
        promised = PromisedWindow(start, start + length, 4000, 40)
        asked.append(VisitRequest(
            f"v{v:04d}", 2 + technicians + v, float(np.exp(rng.normal(np.log(1500), 0.4))), promised=promised,
            windows=(TimeWindow(day, day + 14 * HOUR),), unserved_cents=30_000, skills={skill: 1.0 if rng.random() < 0.8 else 2.0},
            parts=parts, soft=SoftWindow(start, start + length / 2, 0.0, 1.0) if rng.random() < 0.2 else None,
        ))  # fmt: skip
    depots = tuple(PartsDepot(f"d{k}", k, service_s=600) for k in range(2))
    return RoutingProblem(
        BEGINS, tuple(asked), tuple(crew), seconds, km * 1000, depots, prices=RoutingPrices(balance_cents=20)
    )
