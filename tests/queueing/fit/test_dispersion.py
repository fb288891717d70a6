"""Are arrivals Poisson? Tests that hold their level, and find busy days, bursts and the real bank."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.queueing.fit import bank
from troth.core.errors import InputError
from troth.queueing.fit import dispersion, log_test

PROFILE = 20 + 15 * np.sin(np.linspace(0, 3, 24))


def test_poisson_days_are_found_poisson() -> None:
    """Over 200 worlds of 20 Poisson days, 5 % are called over-dispersed, give or take chance; the index is near 1."""
    rng = np.random.default_rng(4)
    found = [dispersion(rng.poisson(PROFILE, (20, 24))) for _ in range(200)]
    for part in ("both", "days", "within"):
        share = np.mean([getattr(one, part).p_value < 0.05 for one in found])
        assert 0.01 <= share <= 0.11
    assert np.mean([one.both.index for one in found]) == pytest.approx(1, abs=0.02)
    assert np.mean([one.day_spread for one in found]) < 0.02


def test_the_parts_add_up_and_busy_days_show_as_days() -> None:
    """Days of gamma levels with a spread of 20 %: totals vary, the shape within a day does not."""
    rng = np.random.default_rng(5)
    level = rng.gamma(25, 1 / 25, 200)
    found = dispersion(rng.poisson(level[:, None] * PROFILE))
    assert found.days.p_value < 1e-6
    assert found.within.p_value > 0.01
    assert found.day_spread == pytest.approx(0.2, abs=0.03)
    assert found.both.df == found.days.df + found.within.df
    assert found.both.index == pytest.approx(1 + 0.04 * np.mean(PROFILE), rel=0.2)


def test_bursts_show_within() -> None:
    """Customers who come in fives: five times the variance, within days as well."""
    found = dispersion(5 * np.random.default_rng(6).poisson(PROFILE / 5, (30, 24)))
    assert found.within.index == pytest.approx(5, rel=0.15)
    assert found.by_interval.shape == (24,) and np.nanmean(found.by_interval) == pytest.approx(5, rel=0.15)


def test_closed_intervals_do_not_count() -> None:
    """An interval in which nothing ever came says nothing."""
    counts = np.column_stack([np.zeros(10), np.random.default_rng(7).poisson(9, (10, 3))])
    found = dispersion(counts)
    assert np.isnan(found.by_interval[0]) and found.both.df == 27


@pytest.mark.parametrize(
    ("counts", "code"),
    [([[1, 2]], "too-few-days"), ([1, 2], "too-few-days"), ([[1, -1], [2, 2]], "negative-contacts"), ([[1, math.nan], [2, 2]], "negative-contacts"), ([[0, 0], [0, 0]], "all-zero")],
)  # fmt: skip
def test_counts_that_say_nothing_are_refused(counts: list, code: str) -> None:
    """One day, negative counts, nothing at all."""
    with pytest.raises(InputError) as told:
        dispersion(counts)
    assert [one.code for one in told.value.issues] == [code]


def _poisson(rng: np.random.Generator, *, hours: int = 10) -> np.ndarray:
    """Arrivals with a rate that changes every half hour."""
    rates = rng.uniform(30, 120, 2 * hours)
    return np.concatenate([1800 * (k + rng.random(rng.poisson(rate))) for k, rate in enumerate(rates)])


def test_the_log_test_holds_its_level_and_rounding_does_not_fool_it() -> None:
    """Poisson with a changing rate, to the second and exact: rejected as often as it says, give or take chance."""
    rng = np.random.default_rng(9)
    worlds = [_poisson(rng) for _ in range(150)]
    for resolution, times in ((0.0, worlds), (1.0, [np.floor(one) for one in worlds])):
        share = np.mean(
            [log_test(one, block_s=600, resolution_s=resolution, seed=k).p_value < 0.05 for k, one in enumerate(times)]
        )
        assert share <= 0.11
    # Equal seconds taken as they stand look like customers who come together.
    assert (
        log_test(np.floor(worlds[0]), block_s=600, resolution_s=0).p_value
        < log_test(worlds[0], block_s=600, resolution_s=0).p_value
    )


def test_the_log_test_finds_pairs_and_queues_at_the_door() -> None:
    """Customers in pairs, and customers let in every minute, are not Poisson."""
    once = _poisson(np.random.default_rng(10))
    assert log_test(np.concatenate([once, once + 0.5]), block_s=600).p_value < 1e-6
    assert log_test(np.arange(0, 36_000, 50), block_s=600).p_value < 1e-6


def test_gaps_within_blocks_follow_by_hand() -> None:
    """Two arrivals at a quarter and a half of one block: 2 log(4/3) and log(3/2)."""
    found = log_test([*np.full(8, 1e6) + np.linspace(0, 90, 8), 25, 50], block_s=100, resolution_s=0)
    assert found.blocks == 2
    by_hand = [2 * math.log(4 / 3), math.log(3 / 2)]
    assert all(np.isclose(found.spacings, one).any() for one in by_hand)


def test_the_bank_is_poisson_within_minutes_and_not_across_days(samples: Path) -> None:
    """Brown et al.: regular calls of a day pass within six minutes; days of like weekday differ more than by chance."""
    calls = bank.read(samples)
    regular = calls.arrived_s[calls.kind == "PS"]
    day, clock = regular // bank.DAY_S, regular % bank.DAY_S
    some = regular[(day == 2) & (clock >= 7 * 3600)]
    assert log_test(some, block_s=360).p_value > 0.05
    edges = np.arange(7 * 3600, 24 * 3600 + 1, 1800)
    full = [d for d in range(21) if d % 7 not in {5, 6}]  # 1 August 1999 was a Sunday; Friday and Saturday are short
    found = dispersion([np.histogram(clock[day == d], bins=edges)[0] for d in full])
    assert found.days.p_value < 1e-6 and found.day_spread > 0.1


@pytest.mark.parametrize(
    ("times", "block", "code"),
    [([1.0] * 9, 60, "too-few"), ([math.nan] * 12, 60, "not-a-number"), (list(range(20)), 0, "block-not-positive")],
)
def test_arrivals_that_say_nothing_are_refused(times: list[float], block: float, code: str) -> None:
    """Too few, no numbers, no block."""
    with pytest.raises(InputError) as told:
        log_test(times, block_s=block)
    assert code in [one.code for one in told.value.issues]
