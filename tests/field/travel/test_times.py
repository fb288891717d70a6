"""Travel times at different hours: who leaves later arrives later, and the way is driven hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.field.travel import GeoPoint, GreatCircle, SpeedProfile, TravelPattern, TravelTimes, check_places
from troth.field.travel.places import pairwise_m, straight_m

START = datetime(2026, 3, 27, 4, 10, tzinfo=UTC)  # two days before the clocks change
FACTORS = st.lists(st.floats(0.2, 5.0), min_size=168, max_size=168)


def _profile(factors: list[float]) -> SpeedProfile:
    return SpeedProfile(np.array(factors).reshape(7, 24), "Europe/Vilnius")


def _driven(profile: SpeedProfile, departure_at: datetime, drive_s: float) -> float:
    """Drive from full hour to full hour at each hour's speed; Vilnius' hours are UTC's."""
    at, left = departure_at, drive_s
    while True:
        local = at.astimezone(ZoneInfo(profile.time_zone))
        factor = profile.factors[local.weekday(), local.hour]
        rest = 3600 - (at.minute * 60 + at.second + at.microsecond / 1e6)
        if left * factor <= rest:
            return (at - departure_at).total_seconds() + float(left * factor)
        left -= rest / factor
        at += timedelta(seconds=rest)


@given(FACTORS, st.integers(0, 4 * 86_400), st.integers(1, 30_000))
def test_a_trip_takes_what_driving_it_hour_by_hour_takes(factors: list[float], later: int, drive: int) -> None:
    """Integrating the speed gives the arrival; what hours do not change comes on top, also where clocks change."""
    times = TravelTimes(
        np.array([[0, drive + 100]]), np.array([[0, 1000]]), TravelPattern(profile=_profile(factors), fixed_s=100.0)
    )
    departure = START + timedelta(seconds=later)
    found = times.at(0, 1, departure_at=departure)
    assert found == pytest.approx(100 + _driven(_profile(factors), departure, drive), rel=1e-6, abs=0.01)


@given(FACTORS, st.floats(1, 50_000), st.lists(st.floats(0, 3 * 86_400), min_size=2, max_size=20))
def test_who_leaves_later_arrives_later(factors: list[float], drive: float, leaving: list[float]) -> None:
    """First in, first out, for any speeds; and the clock of the road runs backwards as forwards."""
    warp = _profile(factors).warp(START, START + timedelta(days=3))
    depart = np.sort(np.array(leaving))
    there = warp.arrive_s(depart, drive_s=drive)
    assert (np.diff(there) >= -1e-6).all()
    assert (there >= depart + drive * min(factors) - 1e-6).all() and (
        there <= depart + drive * max(factors) + 1e-6
    ).all()
    assert warp.clock(warp.driven(depart)) == pytest.approx(depart, abs=1e-6)


def test_a_table_of_one_departure_equals_trip_by_trip() -> None:
    """`leaving` and `at` say the same; without a profile hours do not matter."""
    profile = _profile([1.0 + (k % 24 == 8) for k in range(168)])
    times = GreatCircle(pattern=TravelPattern(profile=profile, fixed_s=120.0)).matrix(
        [(54.7, 25.2), (54.8, 25.3), (np.nan, 1.0)]
    )
    at = datetime(2026, 3, 2, 5, 50, tzinfo=UTC)
    table = times.leaving(at)
    assert table.profile is None and table.leaving(at) is table
    for i in range(3):
        for j in range(3):
            assert table.seconds[i, j] == pytest.approx(times.at(i, j, departure_at=at), rel=1e-6)
    assert times.seconds[0, 1] < table.seconds[0, 1] < 2 * times.seconds[0, 1]
    assert times.unreachable.tolist() == [[False, False, True]] * 2 + [[True] * 3]


def test_a_mean_over_hours_is_between_them() -> None:
    """Half an hour of factor 1 and half an hour of factor 2 is 1.5; what is fixed stays."""
    profile = _profile([1.0 + (k % 24 == 8) for k in range(168)])
    times = TravelTimes(
        np.array([[700.0]], np.float32), np.array([[9.0]], np.float32), TravelPattern(profile=profile, fixed_s=100.0)
    )
    start = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    assert times.mean(start, start + timedelta(hours=1)).seconds[0, 0] == pytest.approx(100 + 600 * 1.5)


def test_a_quantile_covers_what_it_says() -> None:
    """Of log-normal trips about the mean a share p stays under the quantile of p."""
    times = TravelTimes(
        np.array([[1300.0]], np.float32),
        np.array([[9.0]], np.float32),
        TravelPattern(fixed_s=100.0, sigma=0.3, day_sigma=0.1),
    )
    spread = times.pattern.spread
    z = np.random.default_rng(1).standard_normal(100_000)
    trips = 100.0 + 1200.0 * np.exp(spread * z - spread**2 / 2)
    assert trips.mean() == pytest.approx(1300.0, rel=0.01)
    for p in (0.5, 0.9, 0.99):
        assert (trips <= times.quantile(p)[0, 0]).mean() == pytest.approx(p, abs=0.005)


def test_a_part_of_a_table_keeps_its_numbers() -> None:
    """Rows are taken in the order named; whole numbers are rounded up, with a number for no way."""
    times = TravelTimes(np.array([[0, 1.2, np.inf], [3, 0, 5], [6, 7, 0]], np.float32), np.zeros((3, 3), np.float32))
    assert times.take([2, 0]).seconds.tolist() == [[0, 6], [np.inf, 0]]
    assert times.whole(unreachable_s=99).tolist() == [[0, 2, 99], [3, 0, 5], [6, 7, 0]]
    with pytest.raises(InputError):
        TravelTimes(np.zeros((2, 2), np.float32), np.zeros((2, 3), np.float32))


def test_places_that_cannot_be_are_told_and_reached_by_nobody() -> None:
    """Missing, out of range, zero, swapped and far away: each with its name, value and advice; the rest is computed."""
    town = [GeoPoint(54.7 + k / 100, 25.2, f"c{k}") for k in range(5)]
    odd = [GeoPoint(np.nan, 25.0, "nan"), GeoPoint(95.0, 25.0, "lat"), GeoPoint(54.0, 200.0, "lon"),
           GeoPoint(0.0, 0.0, "null"), GeoPoint(25.2, 54.7, "swapped"), GeoPoint(-54.7, 25.2, "south")]  # fmt: skip
    issues = check_places([*town, *odd])
    assert [(one.where, one.code) for one in issues] == [
        ("nan", "not-a-coordinate"), ("lat", "bad-latitude"), ("lon", "bad-longitude"), ("null", "null-island"),
        ("swapped", "swapped-coordinates"), ("south", "far-away"),
    ]  # fmt: skip
    assert all(one.advice.startswith("Maybe ") and one.value for one in issues)
    times = GreatCircle().matrix([*town, *odd])
    assert times.unreachable.sum(axis=1).tolist() == [3] * 5 + [11] * 3 + [3] * 3
    assert not check_places(town)


def test_distances_of_near_and_far_points_are_right() -> None:
    """A degree of latitude, a quarter of the earth and a metre; both functions say the same."""
    a, b = np.array([[0.0, 0.0], [10.0, 20.0], [54.7, 25.2]]), np.array([[1.0, 0.0], [10.0, 20.0], [54.70001, 25.2]])
    assert pairwise_m(a, b) == pytest.approx([111_195.08, 0.0, 1.112], rel=1e-3)
    assert np.diagonal(straight_m(a, b)) == pytest.approx(pairwise_m(a, b))
    assert straight_m(np.array([[0.0, 0.0]]), np.array([[0.0, 90.0]]))[0, 0] == pytest.approx(6_371_008.8 * np.pi / 2)


@pytest.mark.parametrize(
    "factors", [np.ones((24, 7)), np.zeros((7, 24)), np.full((7, 24), np.nan), np.full((7, 24), -1.0)]
)
def test_a_profile_that_no_road_has_is_refused(factors: np.ndarray) -> None:
    """Another shape, a standstill, no number."""
    with pytest.raises(InputError) as caught:
        SpeedProfile(factors)
    assert [one.code for one in caught.value.issues] == ["bad-profile"]


def test_terms_of_the_straight_way_are_checked_at_once() -> None:
    """A detour below one and a speed of zero are two issues."""
    with pytest.raises(InputError) as caught:
        GreatCircle(detour=0.5, speed_kmh=0.0)
    assert [one.code for one in caught.value.issues] == ["bad-detour", "bad-speed"]
    with pytest.raises(InputError):
        TravelPattern(sigma=-1.0)
