"""Intervals by day: by hand, at the edges, and covering as they say in simulations."""

from __future__ import annotations

import numpy as np
import pytest

from troth.core.random import stream
from troth.stats import ratio_interval, ratio_intervals, total_interval, total_intervals, wilson
from troth.stats.intervals import Floats, Intervals
from troth.stats.slow import slow_variance

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
    found = ratio_intervals(sums, den=drawn)
    assert 0.925 < covered(found, truth) < 0.97
    if days > 28:
        plain = ratio_intervals(sums, den=drawn, season=0)
        assert np.median(plain.high - plain.low) > 1.005 * np.median(found.high - found.low)
    # A time is never surer than with independent days, which from four weeks on is a little more than it says.
    assert 0.935 < covered(ratio_intervals(sums, den=drawn, floor=0), truth) < (0.97 if days < 28 else 0.985)


@pytest.mark.parametrize("days", [42, 91])
def test_rare_bad_days_are_reckoned_with(days: int) -> None:
    """One day in fifty is five times as bad: an even interval falls short where none of them came, one of a time less."""
    rng = stream(16, days)
    den = rng.poisson(60, (SERIES, days)).astype(np.float64)
    bad = rng.random((SERIES, days)) < 0.02
    sums = den * 100 * np.exp(0.4 * rng.standard_normal((SERIES, days)) - 0.08) * np.where(bad, 5, 1)
    truth = 100 * 1.08
    even, skewed = (
        covered(ratio_intervals(sums, den=den), truth),
        covered(ratio_intervals(sums, den=den, floor=0), truth),
    )
    assert even < 0.91
    assert skewed > even + 0.02


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


def dragging(days: int, name: str, *, share: float = 0.5) -> tuple[Floats, Floats]:
    """Return sums and sizes of days of which each takes over a share of the trouble of the one before."""
    rng = stream(15, name)
    effect = np.zeros((SERIES, days))
    for day in range(1, days):
        effect[:, day] = share * effect[:, day - 1] + rng.standard_normal(SERIES)
    den = np.full((SERIES, days), 50.0)
    return den * (300 + 30 * effect), den


@pytest.mark.parametrize(("days", "least"), [(42, 0.84), (182, 0.90), (364, 0.91)])
def test_days_that_drag_on_count_as_such(days: int, least: float) -> None:
    """Where half of a bad day's trouble is there the next day, days taken as independent would hold less than 80 %."""
    sums, den = dragging(days, f"drag-{days}")
    found = ratio_intervals(sums, den=den)
    assert least < covered(found, 300.0) < 0.97
    residual = sums / den - 300
    half = 2.0 * residual.std(axis=1, ddof=1) / np.sqrt(days)
    assert np.mean(np.abs(residual.mean(axis=1)) < half) < 0.80


def test_a_holiday_is_no_chance() -> None:
    """A day known to be apart does not widen the interval of the others; the figure still counts it."""
    _, drawn, _ = world(56, "holiday")
    drawn[:, [20, 21]] *= np.array([0.2, 2.5])
    apart = np.isin(np.arange(56), [20, 21])
    known, unknown = total_intervals(drawn, apart=apart), total_intervals(drawn)
    assert known.estimate == pytest.approx(unknown.estimate)
    assert np.median(unknown.high - unknown.low) > 1.3 * np.median(known.high - known.low)
    expected, _, _ = world(56, "holiday")
    truth = float(expected.sum() - 0.8 * expected[20] + 1.5 * expected[21])
    assert 0.92 < covered(known, truth) < 0.97


def test_where_nearly_all_days_are_apart_all_are_used() -> None:
    """Too few ordinary days tell nothing."""
    num = stream(4).normal(100, 5, (1, 35))
    den = np.ones((1, 35))
    apart = np.arange(35) > 9
    assert ratio_intervals(num, den=den, apart=apart).low == ratio_intervals(num, den=den, season=0).low


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


def test_degrees_of_freedom_are_those_of_the_variance() -> None:
    """Of independent normal days the variance itself varies as a chi-square with these degrees over them."""
    residual = stream(1).standard_normal((20_000, 42))
    variance, df = slow_variance(residual, used=np.ones(residual.shape, dtype=np.bool_), season=7)
    assert variance.mean() == pytest.approx(42, rel=0.01)
    assert variance.std() / variance.mean() == pytest.approx(np.sqrt(2 / df[0]), rel=0.02)
    assert 8 < df[0] < 12


def test_missing_days_leave_the_variance_right() -> None:
    """Whatever days are missing, the variance is that of the sum over the others, and less certain."""
    rng = stream(5)
    used = rng.random((3000, 56)) < 0.7
    residual = np.where(used, rng.standard_normal(used.shape), 0.0)
    variance, df = slow_variance(residual, used=used, season=7)
    assert np.mean(variance / used.sum(axis=1)) == pytest.approx(1, rel=0.03)
    _, whole = slow_variance(residual, used=np.ones_like(used), season=7)
    assert df.max() <= whole[0]


def test_pattern_and_drift_have_no_variance() -> None:
    """They come again the same way."""
    days = np.arange(56)
    line = np.tile([3.0, 1.0, 0.0, -1.0, 0.5, -2.0, -4.0], 8) + 0.1 * days
    variance, df = slow_variance(line[None], used=np.ones((1, 56), dtype=np.bool_), season=7)
    assert variance[0] < 1e-18
    assert df[0] > 10


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
    """A time is not negative, and what is above it reaches further up than down."""
    found = ratio_interval([0.0, 0.0, 100.0], den=[1, 1, 1], floor=0)
    assert found is not None
    assert found.low == 0
    days = ratio_interval([90.0, 110.0, 95.0, 130.0], den=[1, 1, 1, 1], floor=0)
    plain = ratio_interval([90.0, 110.0, 95.0, 130.0], den=[1, 1, 1, 1])
    assert days is not None and plain is not None
    assert days.high - days.estimate > plain.high - plain.estimate > days.estimate - days.low
    # Back through Hall's transformation both limits are as many standard errors off as Student's t says.
    error = (plain.high - plain.estimate) / 3.18245
    residual = np.array([90.0, 110.0, 95.0, 130.0]) - days.estimate
    skew = float(np.sum(residual**3) / np.sum(residual**2) ** 1.5)
    assert skew > error / days.estimate
    for limit, reach in ((days.low, 3.18245), (days.high, -3.18245)):
        t = (days.estimate - limit) / error
        assert t + skew * t**2 / 3 + skew**2 * t**3 / 27 + skew / 6 == pytest.approx(reach, rel=1e-3)


def test_days_that_seem_to_make_up_for_each_other_narrow_no_time() -> None:
    """Good and bad days in turn: slow waves see next to nothing, the interval of a time is that of independent days."""
    effect = np.resize([30.0, -30.0], 70) + stream(17).normal(0, 1, 70)
    den = np.full(70, 50.0)
    time, even = (ratio_interval(den * (300 + effect), den=den, floor=floor) for floor in (0, None))
    assert time is not None and even is not None
    half = (time.high - time.low) / 2
    assert half > 5 * (even.high - even.low) / 2
    assert half == pytest.approx(2.11 * 30 / np.sqrt(70), rel=0.1)


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
