"""Learned travel times: the truth behind made trips is found again, with drift, day effects and wrong records in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import numpy as np
import pytest

from troth.field.travel import GreatCircle, TravelPattern, Trips, learn
from troth.field.travel.places import pairwise_m

RUSH = np.array([0.9] * 6 + [1.1, 1.45, 1.5, 1.2, 1.05, 1.05, 1.1, 1.1, 1.15, 1.3, 1.5, 1.55, 1.25, 1.05] + [0.95] * 4)
FIRST = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def _trips(n: int, *, seed: int, days: int = 120, wrong: float = 0.02, odometer: bool = False) -> Trips:
    """Return trips with heavy tails, days that are all slow and records that are nonsense: none of it log-normal."""
    rng = np.random.default_rng(seed)
    origins, ends = (np.array([54.7, 25.28]) + rng.standard_normal((n, 2)) * (0.05, 0.08) for _ in range(2))
    day, hour = rng.integers(0, days, n), rng.integers(7, 18, n)
    slow = rng.gamma(200, 1 / 200, days) * np.where(rng.random(days) < 0.06, 1.3, 1.0)
    km = pairwise_m(origins, ends) / 1000
    weekend = np.where(day % 7 >= 5, 0.8, 1.0)
    took = km * 134.0 * RUSH[hour] * weekend * slow[day] * np.exp(0.2 * rng.standard_t(6, n)) + 200.0
    bad = rng.random(n) < wrong
    took[bad] *= rng.uniform(3, 6, int(bad.sum()))
    left = FIRST + day * 86_400 + hour * 3600 + rng.integers(0, 3600, n)
    return Trips(origins, ends, left.astype(np.float64), took, km * 1000 * 1.4 if odometer else None)


def _share_within(found: GreatCircle, trips: Trips, p: float) -> float:
    """Return the share of trips that took no longer than the quantile of p at their hour."""
    profile = found.pattern.profile
    assert profile is not None
    factors = np.array([profile.factor(datetime.fromtimestamp(one, UTC)) for one in trips.departed_s])
    drive = pairwise_m(trips.origins, trips.destinations) * found.detour * 3.6 / found.speed_kmh * factors
    spread = found.pattern.spread
    limit = found.pattern.fixed_s + drive * np.exp(spread * NormalDist().inv_cdf(p) - spread**2 / 2)
    return float((trips.took_s <= limit).mean())


def test_what_made_the_trips_is_found_again() -> None:
    """Fixed part, pace, rush hours and weekends, although one trip in fifty is nonsense."""
    found = learn(_trips(6000, seed=3))
    profile = found.pattern.profile
    assert profile is not None
    assert found.pattern.fixed_s == pytest.approx(200.0, abs=40.0)
    pace = 3600 * found.detour / found.speed_kmh
    hours = profile.factors[0, 7:18] * pace / (134.0 * RUSH[7:18])
    assert hours == pytest.approx(np.full(11, hours.mean()), rel=0.06)
    # Means, of log-normal noise and of slow days, lie above what is usual.
    assert 0.98 < hours.mean() < 1.12
    assert (profile.factors[5:, 8:17] / profile.factors[0, 8:17]) == pytest.approx(np.full((2, 9), 0.8), abs=0.07)
    assert 0.18 < found.pattern.sigma < 0.32 and 0.05 < found.pattern.day_sigma < 0.14


def test_stated_quantiles_hold_for_trips_that_were_not_learned_from() -> None:
    """On other days, right records only: 90 and 95 % stated, kept within four points; the middle moves with how many days are slow."""
    found = learn(_trips(6000, seed=3))
    fresh = _trips(6000, seed=4, wrong=0.0)
    for p, within in ((0.5, 0.08), (0.9, 0.04), (0.95, 0.04)):
        assert _share_within(found, fresh, p) == pytest.approx(p, abs=within)


def test_odometers_tell_detour_from_speed() -> None:
    """With readings the detour is theirs; without them the one given; the time of a trip is the same."""
    with_, without = learn(_trips(2000, seed=5, odometer=True)), learn(_trips(2000, seed=5))
    assert with_.detour == pytest.approx(1.4, abs=0.01) and without.detour == 1.3
    assert with_.speed_kmh / with_.detour == pytest.approx(without.speed_kmh / without.detour)


def test_few_trips_teach_nothing_and_say_so() -> None:
    """Usual figures with a wide spread, and an issue; the same for none at all."""
    for n in (0, 10):
        found = learn(_trips(n, seed=1))
        assert [one.code for one in found.issues] == ["few-trips"]
        assert found.pattern.sigma > 0 and found.pattern.profile is None


def test_trips_that_cannot_be_are_left_out_and_counted() -> None:
    """No place, no time, longer than half a day, faster than a train: four issues, and the result as without them."""
    good = _trips(500, seed=6, wrong=0.0)
    odd = Trips(
        np.vstack([good.origins, [[np.nan, 25.0], [54.7, 25.2], [54.7, 25.2], [54.7, 25.2], [54.7, 25.2]]]),
        np.vstack([good.destinations, [[54.7, 25.2]] * 4, [[55.7, 25.2]]]),
        np.r_[good.departed_s, [FIRST] * 5], np.r_[good.took_s, [600.0, np.nan, -5.0, 90_000.0, 60.0]],
    )  # fmt: skip
    found, clean = learn(odd), learn(good)
    assert [(one.code, one.count) for one in found.issues] == [
        ("trip-without-place", 1), ("trip-without-time", 1), ("trip-too-long", 2), ("trip-too-fast", 1),
    ]  # fmt: skip
    assert found.speed_kmh == pytest.approx(clean.speed_kmh) and clean.issues == ()


def test_hours_are_those_of_the_place() -> None:
    """Two hours east the rush is two columns later; and equal trips give equal answers."""
    trips = _trips(3000, seed=8, wrong=0.0)
    here, east = learn(trips).pattern.profile, learn(trips, time_zone="Etc/GMT-2").pattern.profile
    assert here is not None and east is not None
    assert east.factors[0, 9:20] == pytest.approx(here.factors[0, 7:18], rel=0.05)
    assert np.array_equal(learn(trips).pattern.profile.factors, here.factors)  # type: ignore[union-attr]


def test_a_learned_town_predicts_the_mean() -> None:
    """Over many trips the table's mean at the hour of leaving is that of the trips."""
    trips = _trips(6000, seed=9, wrong=0.0)
    found = learn(trips)
    at = [datetime.fromtimestamp(one, UTC) + timedelta(0) for one in trips.departed_s[:300]]
    times = found.matrix(trips.origins[:300], destinations=trips.destinations[:300])
    said = [times.at(k, k, departure_at=one) for k, one in enumerate(at)]
    assert np.mean(said) == pytest.approx(trips.took_s[:300].mean(), rel=0.08)
    assert TravelPattern(sigma=0.3, day_sigma=0.4).spread == pytest.approx(0.5)
