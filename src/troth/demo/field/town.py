"""Where customers live, what stands there, and how long the way is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, exp, hypot, pi
from typing import Final

import numpy as np

from troth.demo.field.truth import FieldParams
from troth.demo.truth import Shared

#: Kilometres of a degree of latitude (mean radius of the earth, 6371 km).
_KM: Final = 6371.0 * pi / 180.0
#: What the company itself reckons with, at any hour: detour, km/h, seconds to park.
RULE: Final = (1.3, 32.0, 180.0)


@dataclass(frozen=True, slots=True)
class Place(Shared):
    """A customer's place and the equipment in it; the number is also that of customer, place and equipment.

    Parameters
    ----------
    kind : number of the kind of equipment.
    weak : how often it fails, relative.
    due : day of the cycle on which it is inspected; -1 without a contract.
    connected : whether it counts its starts and hours.
    """

    number: int
    latitude: float
    longitude: float
    kind: int
    installed_date: str
    weak: float
    due: int
    connected: bool


@lru_cache(maxsize=8)
def places(truth: FieldParams) -> tuple[Place, ...]:
    """Return every customer's place, the same for the same truth."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((truth.map_seed, 31))))
    size = truth.customers
    shares = np.array([area.share for area in truth.areas])
    kinds = np.array([kind.share for kind in truth.kinds])
    area = rng.choice(len(shares), size=size, p=shares / shares.sum())
    north, east = rng.standard_normal((2, size))
    kind = rng.choice(len(kinds), size=size, p=kinds / kinds.sum())
    year, month = rng.integers(2008, 2025, size), rng.integers(1, 13, size)
    weak, contract = rng.gamma(2.5, 1 / 2.5, size), rng.random(size) < truth.contract_share
    due = np.where(contract, rng.integers(truth.contract_days, size=size), -1)
    found = []
    for k in range(size):
        one = truth.areas[int(area[k])]
        latitude = one.latitude + one.spread_km * float(north[k]) / _KM
        longitude = one.longitude + one.spread_km * float(east[k]) / (_KM * cos(one.latitude * pi / 180))
        installed = f"{int(year[k])}-{int(month[k]):02d}-01"
        found.append(
            Place(k, round(latitude, 5), round(longitude, 5), int(kind[k]), installed, round(float(weak[k]), 3),
                  int(due[k]), k < truth.connected)
        )  # fmt: skip
    return tuple(found)


def kilometres(a: tuple[float, float], *, b: tuple[float, float]) -> float:
    """Return the straight distance of two points (latitude, longitude) of a town, in kilometres.

    Longitude is scaled by the cosine of the latitude (equirectangular projection: J. P. Snyder, Map Projections,
    1987, page 90), which is good to a thousandth at this size.
    """
    return _KM * hypot(a[0] - b[0], (a[1] - b[1]) * cos(a[0] * pi / 180.0))


def drive_s(
    truth: FieldParams, *, a: tuple[float, float], b: tuple[float, float], hour: int, factor: float, z: float
) -> float:
    """Return the true seconds of a trip.

    Parameters
    ----------
    hour : local hour of leaving.
    factor : what all trips of the day share.
    z : standard normal number of this trip.
    """
    way = kilometres(a, b=b) * truth.detour / truth.speed_kmh * 3600.0
    return way * truth.rush[hour] * factor * exp(truth.travel_spread * z - truth.travel_spread**2 / 2) + truth.parking_s


def rule_s(a: tuple[float, float], *, b: tuple[float, float]) -> float:
    """Return the seconds the company reckons a trip to take, at any hour."""
    detour, speed, parking = RULE
    return kilometres(a, b=b) * detour / speed * 3600.0 + parking
