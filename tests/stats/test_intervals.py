"""Intervals by day: by hand, at the edges, and covering as they say in simulations."""

from __future__ import annotations

import numpy as np
import pytest

from troth.core.random import stream
from troth.stats import ratio_interval, ratio_intervals, total_interval, total_intervals, wilson
from troth.stats.intervals import Floats, Intervals

SERIES = 3000
WEEK_SHAPE = np.array([1.0, 1.1, 1.0, 0.9, 1.0, 0.3, 0.2])


def covered(found: Intervals, truth: float) -> float:
    """Return the share of the series whose interval holds the truth."""
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def world(days: int, name: str, *, per_day: float = 60.0) -> tuple[Floats, Floats, Floats]:
    """Return expected and drawn numbers of contacts by day: weekday pattern, drift, over-dispersion; and the week's shape."""
    rng = stream(11, name, days)
    shape = WEEK_SHAPE[np.arange(days) % 7]
    expected = per_day * shape * (1 + 0.3 * np.arange(days) / days)
    drawn = rng.poisson(expected * np.exp(0.2 * rng.standard_normal((SERIES, days)) - 0.02))
    return expected, drawn.astype(np.float64), shape


@pytest.mark.parametrize("days", [5, 14, 28, 91, 364])
def test_intervals_of_a_mean_cover_as_they_say(days: int) -> None:
    """Mean times with day effects, a weekday pattern, drift and skewed times."""
    expected, drawn, shape = world(days, "mean")
    rng = stream(12, days)
    level = 200 * (1 + 0.4 * (shape < 0.5)) * (1 - 0.2 * np.arange(days) / days)
    effect = np.exp(0.15 * rng.standard_normal(drawn.shape) - 0.15**2 / 2)
    sums = np.where(drawn > 0, level * effect * rng.gamma(np.maximum(drawn, 1)), 0)
    truth = float(np.sum(level * expected) / np.sum(expected))
    found = ratio_intervals(sums, den=drawn, floor=0)
    assert 0.935 < covered(found, truth) < 0.97
    if days >= 28:
        plain = ratio_intervals(sums, den=drawn, season=0)
        assert np.median(plain.high - plain.low) > 1.005 * np.median(found.high - found.low)


@pytest.mark.parametrize("days", [5, 14, 28, 91, 364])
def test_intervals_of_a_share_cover_as_they_say(days: int) -> None:
    """Shares whose odds change by day and weekday."""
    expected, drawn, shape = world(days, "share")
    rng = stream(13, days)
    logit = 1.2 + 0.4 * (shape < 0.5) + 0.5 * rng.standard_normal((20_000, days))
    chance = 1 / (1 + np.exp(-logit))
    truth = float(np.sum(chance.mean(axis=0) * expected) / np.sum(expected))
    hits = rng.binomial(drawn.astype(np.int64), chance[:SERIES])
    assert 0.935 < covered(ratio_intervals(hits, den=drawn, share=True), truth) < 0.98


@pytest.mark.parametrize("days", [14, 28, 91])
def test_intervals_of_a_rare_share_do_not_fall_short(days: int) -> None:
    """One in a hundred: rather too wide than too narrow, though often nothing happened."""
    _, drawn, _ = world(days, "rare", per_day=12)
    hits = stream(14, days).binomial(drawn.astype(np.int64), 0.01)
    assert covered(ratio_intervals(hits, den=drawn, share=True), 0.01) > 0.94


@pytest.mark.parametrize("days", [14, 28, 91, 364])
def test_intervals_of_a_total_cover_what_was_to_be_expected(days: int) -> None:
    """The weekday pattern, by far the largest difference between days, does not widen them."""
    expected, drawn, _ = world(days, "total")
    found = total_intervals(drawn)
    assert 0.93 < covered(found, float(expected.sum())) < 0.97
    plain = total_intervals(drawn, season=0)
    assert np.median(plain.high - plain.low) > 1.5 * np.median(found.high - found.low)


def test_days_that_drag_on_need_lags() -> None:
    """Where bad days follow bad days, independent days promise too much and lags mend most of it."""
    rng, days = stream(15), 182
    effect = np.zeros((SERIES, days))
    for day in range(1, days):
        effect[:, day] = 0.5 * effect[:, day - 1] + rng.standard_normal(SERIES)
    den = np.full((SERIES, days), 50.0)
    sums = den * (300 + 30 * effect)
    without, with_lags = (covered(ratio_intervals(sums, den=den, lags=lags), 300.0) for lags in (0, 6))
    assert without < 0.80
    assert 0.89 < with_lags < 0.98


def test_a_fixed_weekday_pattern_alone_has_no_width() -> None:
    """What comes again every week is no chance."""
    days = np.tile([50.0, 60.0, 55.0, 52.0, 58.0, 20.0, 15.0], 8)
    times = days * np.tile([100.0, 110.0, 120.0, 100.0, 90.0, 300.0, 400.0], 8)
    found = ratio_interval(times, den=days)
    assert found is not None
    assert found.high - found.low < 1e-9
    plain = ratio_interval(times, den=days, season=0)
    assert plain is not None
    assert plain.high - plain.low > 20


def test_a_few_equal_days_give_the_textbook_interval() -> None:
    """With equal days it is the t interval of their means."""
    found = ratio_interval([10.0, 12.0, 14.0, 20.0], den=[2, 2, 2, 2])
    assert found is not None
    means = np.array([5.0, 6.0, 7.0, 10.0])
    half = 3.18245 * means.std(ddof=1) / 2
    assert (found.estimate, found.df, found.blocks) == (7.0, 3.0, 4)
    assert [found.low, found.high] == pytest.approx([7 - half, 7 + half], rel=1e-4)


def test_degrees_of_freedom_of_seasonal_differences() -> None:
    """Four full weeks have 21 differences, worth 2 * 21^2 / (2 * 21 + 14) degrees."""
    found = ratio_interval(stream(1).random(28), den=np.ones(28))
    assert found is not None
    assert found.df == pytest.approx(2 * 21**2 / (2 * 21 + 14))


def test_absent_days_change_nothing() -> None:
    """A closed day has no residual, be it 0 or NaN."""
    rng = stream(2)
    den = rng.integers(20, 60, 56).astype(np.float64)
    num = den * rng.normal(100, 5, 56)
    den[::7] = 0
    num[::7] = np.nan
    one = ratio_interval(num, den=den)
    two = ratio_interval(num, den=np.where(den == 0, np.nan, den))
    assert one == two
    assert one is not None
    assert one.blocks == 48


def test_one_day_has_a_figure_and_no_interval() -> None:
    """Nothing is known of how days differ."""
    assert ratio_interval([5.0], den=[2.0]) is None
    assert ratio_interval([5.0, 0.0], den=[2.0, 0.0]) is None
    assert ratio_intervals([5.0], den=[2.0]).estimate.tolist() == [2.5]
    assert np.isnan(ratio_intervals([0.0], den=[0.0]).estimate).all()
    assert total_interval([3.0]) is None


@pytest.mark.parametrize(("hits", "low", "high"), [(0.0, 0.0, 0.05), (20.0, 0.95, 1.0)])
def test_all_or_none_still_has_a_width(hits: float, low: float, high: float) -> None:
    """Nobody of 200 is not nobody ever."""
    found = ratio_interval([hits] * 10, den=[20.0] * 10, share=True)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03)
    assert 0.01 < found.high - found.low < 0.05


def test_a_share_stays_within_its_bounds_and_around_its_estimate() -> None:
    """For random small logs the limits lie in [0, 1] and hold the estimate."""
    rng = stream(3)
    den = rng.integers(0, 4, (2000, 10))
    num = rng.binomial(den, rng.random((2000, 1)))
    found = ratio_intervals(num, den=den, share=True)
    known = ~np.isnan(found.low)
    assert known.sum() > 1900
    assert (found.low[known] >= 0).all()
    assert (found.high[known] <= 1).all()
    assert (found.low[known] <= found.estimate[known]).all()
    assert (found.high[known] >= found.estimate[known]).all()
    assert (found.high[known] > found.low[known]).all()


def test_a_floor_is_kept() -> None:
    """A time is not negative."""
    found = ratio_interval([0.0, 0.0, 100.0], den=[1, 1, 1], floor=0)
    assert found is not None
    assert found.low == 0


def test_nothing_in_many_days_has_the_poisson_limit() -> None:
    """No call in ten days: up to 3.7 were to be expected."""
    found = total_interval(np.zeros(10))
    assert found is not None
    assert (found.estimate, found.low, round(found.high, 2)) == (0, 0, 3.69)


def test_wilson_is_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 is 0.2553 to 0.3662; 0 of 20 up to 0.1611."""
    found = wilson(81, n=263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert round(wilson(0, n=20).high, 4) == 0.1611
    with pytest.raises(ValueError, match="trials"):
        wilson(3, n=2)
