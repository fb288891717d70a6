"""Intervals for service figures, by day: contacts of one day share its weather, staff and outages.

A figure is a ratio of sums over days (a mean is sum over number, a share is hits over cases). Its
uncertainty comes from how the days differ by chance, so the day is the unit, not the contact; see
docs/background/intervals.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.stats.student import t_value, z_value

Floats = NDArray[np.float64]

#: Days of a pattern that comes again.
WEEK = 7


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the interval that holds its true value with the stated probability.

    Parameters
    ----------
    estimate, low, high : in the unit of the figure.
    df : degrees of freedom of the variance estimate; NaN when none was made.
    blocks : days with data.
    """

    estimate: float
    low: float
    high: float
    df: float = float("nan")
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Intervals:
    """Many figures at once: arrays of shape (series,), NaN where there is no figure or no interval."""

    estimate: Floats
    low: Floats
    high: Floats
    df: Floats
    blocks: NDArray[np.int64]

    def one(self, place: int = 0) -> Interval | None:
        """Return one of them, or None where there is no interval."""
        if np.isnan(self.low[place]):
            return None
        estimate, low, high, df = (float(part[place]) for part in (self.estimate, self.low, self.high, self.df))
        return Interval(estimate, low, high, df, int(self.blocks[place]))


def ratio_intervals(
    num: ArrayLike,
    *,
    den: ArrayLike,
    level: float = 0.95,
    season: int = WEEK,
    min_seasons: int = 4,
    lags: int = 0,
    share: bool = False,
    floor: float | None = None,
) -> Intervals:
    """Return the ratio of sums of many series with intervals by day.

    The ratio is linearised: its error is the sum of the days' residuals ``num - ratio * den``. With at
    least `min_seasons` seasons the variance of a residual is half the mean square of its differences
    from a season before, so that a fixed weekday pattern and a slow drift, which are no chance, do not
    widen the interval. With fewer it is the variance between days, each divided by one less its weight.

    Parameters
    ----------
    num, den : sums of each day, shape (series, days) or (days,); consecutive days. A day without data is
        0 in both, or NaN in `den`.
    level : probability that the interval holds the true value.
    season : days of the recurring pattern; 0 for none.
    min_seasons : how many seasons the days must span for seasonal differences.
    lags : over how many days bad days drag on (a backlog): their correlations are added, with weights that fall
        to 0. Wider and less certain; 0 takes days as independent beyond pattern and drift.
    share : the ratio is a share of `den` things: Wilson's interval with the effective number of things, which
        stays within [0, 1] and has a width when all or none are hits.
    floor : what the figure cannot be below, such as 0 for a time.

    Returns
    -------
    Intervals; limits are NaN with fewer than two days with data.

    Source
    ------
    Linearised ratio and effective sample size: L. Kish (1965), Survey Sampling, ch. 6 and 8; leverage: MacKinnon
    and White (1985), HC2; differences: von Neumann (1941); correlated days: Newey and West (1987);
    Wilson with design effect: Franco, Little, Louis and
    Slud (2019), J. Survey Statistics and Methodology 7, 334-364.

    Examples
    --------
    >>> days = np.tile([50.0, 60.0, 55.0, 52.0, 58.0, 20.0, 15.0], 8)
    >>> found = ratio_intervals(days * 120, den=days).one()
    >>> found.estimate, found.low, found.high
    (120.0, 120.0, 120.0)
    """
    top, bottom = (np.atleast_2d(np.asarray(side, dtype=np.float64)) for side in (num, den))
    # A day may add above the line only: work done on a day nobody was paid for.
    active = ~np.isnan(bottom) & ((bottom != 0) | (np.nan_to_num(top) != 0))
    top, bottom = np.where(active, np.nan_to_num(top), 0), np.where(active, bottom, 0)
    size = bottom.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = top.sum(axis=1) / size
        residual = np.where(active, top - ratio[:, None] * bottom, 0)
        variance, df = _sum_variance(residual, bottom, active, season=season, min_seasons=min_seasons, lags=lags)
        error = np.sqrt(variance) / np.abs(size)
        reach = t_value(level, df=df)
        if share:
            low, high = _wilson_by_variance(ratio, error**2, size, reach)
        else:
            low, high = ratio - reach * error, ratio + reach * error
    if floor is not None:
        low, high = np.maximum(low, floor), np.maximum(high, floor)
    return Intervals(ratio, low, high, df, active.sum(axis=1))


def ratio_interval(
    num: ArrayLike,
    *,
    den: ArrayLike,
    level: float = 0.95,
    season: int = WEEK,
    min_seasons: int = 4,
    lags: int = 0,
    share: bool = False,
    floor: float | None = None,
) -> Interval | None:
    """Return the ratio of sums of one series of days with its interval; None with fewer than two days.

    See `ratio_intervals`.
    """
    return ratio_intervals(
        num, den=den, level=level, season=season, min_seasons=min_seasons, lags=lags, share=share, floor=floor
    ).one()


def total_intervals(
    counts: ArrayLike, *, level: float = 0.95, season: int = WEEK, min_seasons: int = 2, lags: int = 0
) -> Intervals:
    """Return totals with the interval of what was to be expected.

    A count of all that happened is exact. The interval is about the number behind it: what such a period
    would bring on average, had the days turned out otherwise by chance, with the same weekdays and drift.

    Parameters
    ----------
    counts : number of each day, shape (series, days) or (days,). 0 is a day on which nothing happened, NaN a
        day that does not count (closed).
    level, season, min_seasons, lags : see `ratio_intervals`; with fewer seasons the weekday pattern widens.

    Returns
    -------
    Intervals; limits are NaN with fewer than two days. A total of 0 has the exact Poisson upper limit.
    """
    values = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    active = ~np.isnan(values)
    values = np.where(active, values, 0)
    days = active.sum(axis=1)
    total = values.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.where(active, values - (total / days)[:, None], 0)
        weights = active.astype(np.float64)
        variance, df = _sum_variance(residual, weights, active, season=season, min_seasons=min_seasons, lags=lags)
        half = t_value(level, df=df) * np.sqrt(variance)
    none = (total == 0) & (days > 1)
    high = np.where(none, -np.log((1 - level) / 2), total + half)
    return Intervals(total, np.maximum(total - half, 0), high, df, days)


def total_interval(
    counts: ArrayLike, *, level: float = 0.95, season: int = WEEK, min_seasons: int = 2, lags: int = 0
) -> Interval | None:
    """Return one total with the interval of what was to be expected; see `total_intervals`."""
    return total_intervals(counts, level=level, season=season, min_seasons=min_seasons, lags=lags).one()


def wilson(k: float, *, n: float, level: float = 0.95) -> Interval:
    """Return the share `k` of `n` independent trials with Wilson's score interval.

    Raises
    ------
    ValueError
        Unless ``0 <= k <= n`` and ``n > 0``.

    Source
    ------
    E. B. Wilson (1927), J. American Statistical Association 22, 209-212.

    Examples
    --------
    >>> found = wilson(0, n=10)
    >>> found.estimate, found.low, round(found.high, 4)
    (0.0, 0.0, 0.2775)
    """
    if not 0 <= k <= n or n <= 0:
        raise ValueError(f"A share is of some trials, not {k} of {n}.")
    low, high = _score(np.asarray(k / n), np.asarray(n), np.asarray(z_value(level)))
    return Interval(k / n, float(low), float(high))


def _sum_variance(
    residual: Floats, weight: Floats, active: NDArray[np.bool_], *, season: int, min_seasons: int, lags: int
) -> tuple[Floats, Floats]:
    """Return the variance of each series' sum of residuals and its degrees of freedom."""
    days = active.sum(axis=1)
    square = np.sum(weight**2, axis=1)
    effective = np.sum(np.abs(weight), axis=1) ** 2 / square  # fewer than the days where a few carry most
    leverage = np.minimum(np.abs(weight) / np.sum(np.abs(weight), axis=1)[:, None], 0.99)
    variance = _with_lags(residual / np.sqrt(1 - leverage), lags)
    df = np.maximum(effective - 1, 1.0)
    if season > 0 and residual.shape[1] >= min_seasons * season:
        pair = active[:, season:] & active[:, :-season]
        pairs = pair.sum(axis=1)
        linked = (pair[:, season:] & pair[:, :-season]).sum(axis=1)
        differences = np.where(pair, residual[:, season:] - residual[:, :-season], 0)
        # Differences that share a day are correlated by -1/2: of normal residuals the mean of their
        # squares has 2 m^2 / (2 m + linked) degrees of freedom.
        seasonal = days * _with_lags(differences, lags) / (2 * pairs)
        free = 2 * pairs**2 / (2 * pairs + linked) * effective / days
        enough = (pairs >= season) & (3 * pairs >= days)
        variance, df = np.where(enough, seasonal, variance), np.where(enough, np.maximum(free, 1.0), df)
    df = np.maximum(df / (1 + 2 * np.sum(_bartlett(lags) ** 2)), 1.0)
    few = days < 2
    return np.where(few, np.nan, variance), np.where(few, np.nan, df)


def _bartlett(lags: int) -> Floats:
    return np.asarray(1 - np.arange(1, lags + 1) / (lags + 1), dtype=np.float64)


def _with_lags(values: Floats, lags: int) -> Floats:
    """Return the sum of squares of each series and, doubled and weighted, of products of neighbouring days."""
    total = np.sum(values**2, axis=1)
    for lag, weight in enumerate(_bartlett(lags), start=1):
        total = total + 2 * weight * np.sum(values[:, lag:] * values[:, :-lag], axis=1)
    return np.asarray(np.maximum(total, 0), dtype=np.float64)


def _wilson_by_variance(share: Floats, variance: Floats, size: Floats, reach: Floats) -> tuple[Floats, Floats]:
    # As many independent things as would have this variance; never more than there are.
    number = np.where(variance > 0, share * (1 - share) / variance, np.inf)
    number = np.minimum(number, np.abs(size))
    return _score(share, number, np.where(np.isnan(variance), np.nan, reach))


def _score(share: Floats, number: Floats, reach: Floats) -> tuple[Floats, Floats]:
    weight = reach**2 / number
    centre = (share + weight / 2) / (1 + weight)
    half = np.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)
