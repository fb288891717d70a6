"""Travel times learned from recorded trips: what is fixed, the pace, the hours, and how sure a prediction is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.field.travel.greatcircle import GreatCircle
from troth.field.travel.places import Marks, pairwise_m, usable
from troth.field.travel.profile import Floats, SpeedProfile
from troth.field.travel.times import TravelPattern

#: With fewer trips nothing is learned; with more than the second every k-th is taken.
_LEAST: Final = 30
_MOST: Final = 40_000
#: Trips worth of trust in an hour being like its neighbours and a day like the others.
_PRIOR: Final = 6.0
#: Groups of days: Monday to Friday, Saturday, Sunday.
_GROUP: Final = np.array([0, 0, 0, 0, 0, 1, 2])
#: Residuals of logarithms beyond this are outliers; steps of the fit at most.
_HUBER: Final = 0.3
_STEPS: Final = 40
#: Below so many seconds of driving, finding a place to park says more than the road.
_SHORT_S: Final = 240.0


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Trips as recorded, arrays of n.

    Parameters
    ----------
    origins, destinations : (n, 2) latitude and longitude in degrees.
    departed_s : (n,) seconds since 1970 UTC.
    took_s : (n,) seconds until arrival.
    road_m : (n,) metres by the odometer, if known; NaN for a trip without.
    issues : what was noticed when they were read.
    """

    origins: Floats
    destinations: Floats
    departed_s: Floats
    took_s: Floats
    road_m: Floats | None = None
    issues: tuple[Issue, ...] = ()

    def __len__(self) -> int:
        return len(self.took_s)


@dataclass(frozen=True, slots=True, eq=False)
class _Clean:
    """Trips that can be learned from."""

    km: Floats
    took: Floats
    hour: NDArray[np.int64]
    group: NDArray[np.int64]
    day: NDArray[np.int64]


def learn(trips: Trips, *, time_zone: str = "UTC", detour: float = 1.3) -> GreatCircle:
    """Return travel times from the straight distance as recorded trips have them.

    A trip takes ``fixed + km * pace * factor(weekday, hour) * noise``. Fixed part, pace and factors are fitted together on
    logarithms with a loss that grows only linearly for outliers (Huber, Robust Estimation of a Location Parameter, Annals of
    Mathematical Statistics 35, 1964, page 73). Factors of hours with few trips are pulled to those beside them, those of
    Saturday and Sunday to the weekdays'. The noise is taken as log-normal; its spread is read off the fifth and
    ninety-fifth percentile and split into what a day's trips share and what is each trip's own (one-way analysis of
    variance: Searle, Casella and McCulloch, Variance Components, 1992, page 59).

    Without odometer readings detour and speed cannot be told apart: then `detour` is taken as given.

    Parameters
    ----------
    time_zone : whose hours and days count.
    detour : road over straight distance where no trip has a reading.
    """
    clean, issues = _usable(trips, time_zone)
    if len(clean.took) < _LEAST:
        advice = f"Maybe wait until {_LEAST} trips are recorded; until then usual figures are taken."
        issues.append(Issue("few-trips", Severity.WARNING, "trips", str(len(clean.took)), advice))
        usual = GreatCircle(detour=detour)
        pattern = TravelPattern(fixed_s=usual.pattern.fixed_s, sigma=0.3)
        return GreatCircle(detour, usual.speed_kmh, pattern, tuple(issues))
    fixed, pace, logs = _fit(clean)
    factors = np.exp(logs)
    drive = clean.km * pace * factors[clean.group, clean.hour]
    long = drive > min(_SHORT_S, float(np.median(drive)))
    noise = np.log(np.maximum(clean.took - fixed, 0.05 * drive) / drive)[long]
    low, middle, high = np.quantile(noise, [0.05, 0.5, 0.95])
    spread = float(high - low) / (2 * 1.6449)
    day_sigma = min(_shared(noise, clean.day[long]), 0.9 * spread)
    sigma = float(np.sqrt(max(spread**2 - day_sigma**2, 0.0)))
    # The table holds means; a log-normal's mean lies above its median.
    pace *= float(np.exp(middle + spread**2 / 2))
    found = _detour(trips, detour)
    speed = float(np.clip(3600.0 * found / pace, 0.1, 400.0))
    profile = SpeedProfile(np.clip(factors[_GROUP], 0.05, 20.0), time_zone)
    return GreatCircle(found, speed, TravelPattern(profile, fixed, sigma, day_sigma), tuple(issues))


def _usable(trips: Trips, time_zone: str) -> tuple[_Clean, list[Issue]]:
    """Return the trips that can be believed, and what is wrong with the others."""
    took, left = np.asarray(trips.took_s, dtype=np.float64), np.asarray(trips.departed_s, dtype=np.float64)
    placed = usable(trips.origins) & usable(trips.destinations)
    with np.errstate(invalid="ignore"):
        km = np.where(placed, pairwise_m(trips.origins, trips.destinations), np.nan) / 1000.0
        known = np.isfinite(left) & np.isfinite(took)
        faults = (
            ("trip-without-place", ~placed, "Maybe a customer's place has no coordinates."),
            ("trip-without-time", placed & ~known, "Maybe leaving or arriving was not recorded."),
            ("trip-too-long", placed & known & ((took <= 0) | (took > 43_200)), "Maybe arriving was recorded late or twice."),
            ("trip-too-fast", placed & known & (took > 0) & (km * 3600 > 200 * took), "Maybe leaving was recorded on arrival."),
        )  # fmt: skip
    good, issues = np.ones(len(took), dtype=np.bool_), list(trips.issues)
    for code, wrong, advice in faults:
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            issues.append(
                Issue(code, Severity.WARNING, f"trip {first}", f"{took[first]:g} s", advice, int(wrong.sum()))
            )
        good &= ~wrong
    # On the spot there is nothing to learn about roads.
    rows = np.flatnonzero(good & (km > 0.05))
    rows = rows[:: max(1, -(-len(rows) // _MOST))]
    zone = ZoneInfo(time_zone)
    local = [datetime.fromtimestamp(one, UTC).astimezone(zone) for one in left[rows].tolist()]
    hour = np.array([one.hour for one in local], dtype=np.int64)
    group = _GROUP[np.array([one.weekday() for one in local], dtype=np.int64)]
    day = np.array([one.toordinal() for one in local], dtype=np.int64)
    return _Clean(km[rows], took[rows], hour, group, day), issues


def _fit(trips: _Clean) -> tuple[float, float, Floats]:
    """Return the fixed seconds, the seconds for a kilometre, and the logarithms of the factors, shape (3, 24).

    Gauss and Newton's steps with Huber's weights, and half a step where a whole one makes it worse. The unknowns are the logarithms
    of all 74 numbers; the equations of the cells fall apart, so a step costs as much as reading the trips once.
    """
    cell, said = trips.group * 24 + trips.hour, np.log(trips.took)
    prior, x = _prior(np.bincount(cell, minlength=72)), np.zeros(74)
    x[0], x[1] = np.log(120.0), np.log(max(0.7 * float(np.median(trips.took / np.maximum(trips.km, 0.2))), 5.0))
    usual = np.zeros(74)
    usual[0] = x[0]

    def loss(at: Floats) -> float:
        off = np.abs(said - np.log(np.exp(at[0]) + trips.km * np.exp(at[1] + at[2:][cell])))
        gone = at - usual
        return float(np.where(off <= _HUBER, off**2, _HUBER * (2 * off - _HUBER)).sum() + gone @ prior @ gone)

    now = loss(x)
    for _ in range(_STEPS):
        fixed, drive = float(np.exp(x[0])), trips.km * np.exp(x[1] + x[2:][cell])
        off = said - np.log(fixed + drive)
        weight = np.minimum(1.0, _HUBER / np.maximum(np.abs(off), 1e-12))
        a, b = fixed / (fixed + drive), drive / (fixed + drive)
        equations, side = prior.copy(), prior @ (usual - x)
        of_cell = [np.bincount(cell, weight * one, minlength=72) for one in (a * b, b * b, b * off)]
        equations[0, 0] += weight @ (a * a)
        equations[0, 1] += weight @ (a * b)
        equations[1, 0] += weight @ (a * b)
        equations[1, 1] += weight @ (b * b)
        for row, with_cells in ((0, of_cell[0]), (1, of_cell[1])):
            equations[row, 2:] += with_cells
            equations[2:, row] += with_cells
        equations[np.arange(2, 74), np.arange(2, 74)] += of_cell[1]
        side[0] += weight @ (a * off)
        side[1] += weight @ (b * off)
        side[2:] += of_cell[2]
        step, before = np.linalg.solve(equations, side), now
        for _ in range(8):
            now = loss(x + step)
            if now <= before:
                x = x + step
                break
            step /= 2
        if before - now <= 1e-9 * before:
            break
    return float(np.exp(x[0])), float(np.exp(x[1])), x[2:].reshape(3, 24)


def _prior(counts: NDArray[np.int64]) -> Floats:
    """Return what is believed beforehand as a quadratic form: hours like those beside them, days alike, two minutes to park."""
    hour, first = np.arange(24), np.eye(74)
    rows = [first[2 + hour] - first[2 + (hour - 1) % 24]]
    rows += [first[2 + 24 * k + hour] - first[2 + hour] for k in (1, 2)]
    held = np.vstack(rows) * np.sqrt(_PRIOR) * _HUBER
    level = np.concatenate([[0.0, 0.0], counts / counts.sum()]) * np.sqrt(counts.sum())
    parking = _HUBER * first[0]
    found: Floats = held.T @ held + np.outer(level, level) + np.outer(parking, parking)
    return found


def _shared(noise: Floats, day: NDArray[np.int64]) -> float:
    """Return the standard deviation of what trips of one day share, by analysis of variance."""
    _, place, counts = np.unique(day, return_inverse=True, return_counts=True)
    groups, n = len(counts), len(noise)
    if groups < 2 or n <= groups:
        return 0.0
    means = np.bincount(place, noise) / counts
    within = float(((noise - means[place]) ** 2).sum()) / (n - groups)
    between = float((counts * (means - noise.mean()) ** 2).sum()) / (groups - 1)
    size = (n - float((counts**2).sum()) / n) / (groups - 1)
    return float(np.sqrt(max((between - within) / size, 0.0)))


def _detour(trips: Trips, usual: float) -> float:
    """Return road over straight distance from readings of odometers; the usual one where there are too few."""
    if trips.road_m is None:
        return usual
    straight = pairwise_m(trips.origins, trips.destinations)
    fine: Marks = np.isfinite(trips.road_m) & (straight > 500.0)
    if fine.sum() < _LEAST:
        return usual
    return float(np.clip(np.median(trips.road_m[fine] / straight[fine]), 1.0, 10.0))
