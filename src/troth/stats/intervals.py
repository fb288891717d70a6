"""Intervals for service figures, by day: contacts of one day share its weather, staff and outages.

A figure is a ratio of sums over days (a mean is sum over number, a share is hits over cases). Its
uncertainty comes from how the days differ by chance, so the day is the unit, not the contact; see
docs/background/intervals.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.stats.slow import daily_moments, skewness, slow_variance
from troth.stats.student import t_value, z_value

Floats = NDArray[np.float64]

#: Days of a pattern that comes again.
WEEK = 7
#: Degrees of freedom below which a variance from slow waves is worth less than one between days.
_FEWEST = 3.0


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
    apart: ArrayLike | None = None,
    share: bool = False,
    floor: float | None = None,
) -> Intervals:
    """Return the ratio of sums of many series with intervals by day.

    The ratio is linearised: its error is the sum of the days' residuals ``num - ratio * den``. With at
    least `min_seasons` seasons a fixed weekday pattern and a steady drift, which are no chance, are taken
    out of the residuals, and the variance of their sum is that of their slow waves, so that bad days
    which drag on count as such (see `slow_variance`). With fewer it is the variance between days, each
    divided by one less its weight.

    Parameters
    ----------
    num, den : sums of each day, shape (series, days) or (days,); consecutive days. A day without data is
        0 in both, or NaN in `den`.
    level : probability that the interval holds the true value.
    season : days of the recurring pattern; 0 for none.
    min_seasons : how many seasons the days must span for pattern and drift to be told from chance.
    apart : days known to be out of the ordinary, such as holidays, shape (days,): they count in the figure, but
        their being different is no chance, so the variance is taken from the others.
    share : the ratio is a share of `den` things: Wilson's interval with the effective number of things, which
        stays within [0, 1], has a width when all or none are hits, and is never narrower than that of `den`
        independent things.
    floor : what the figure cannot be below, such as 0 for a time, which single days can raise by far: the limits reach
        further up than down, as the days are skewed, and at least as on the scale of the cube root; and never less
        far than if days were independent.

    Returns
    -------
    Intervals; limits are NaN with fewer than two days with data.

    Source
    ------
    Linearised ratio and effective sample size: L. Kish (1965), Survey Sampling, ch. 6 and 8; leverage: MacKinnon
    and White (1985), HC2; slow waves: see `slow_variance`; effective number of things, not above the real one:
    Korn and Graubard (1998), Survey Methodology 24, 193-201; Wilson with it: Franco, Little, Louis and Slud (2019),
    J. Survey Statistics and Methodology 7, 334-364. Skewness: P. Hall (1992), On the Removal
    of Skewness by Transformation, J. Royal Statistical Society B 54, 221-228; cube root: Wilson and Hilferty (1931),
    Proceedings of the National Academy of Sciences 17, 684-688.

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
        variance, df, least, skew = _chance(residual, bottom, active, season, min_seasons, apart)
        if floor is not None and not share:
            # Where rare bad days are missed, others look as if they made up for each other: just then it is too narrow.
            variance = np.fmax(variance, least)
        error = np.sqrt(variance) / np.abs(size)
        reach = t_value(level, df=df)
        if share:
            low, high = _wilson_by_variance(ratio, error**2, np.abs(size), reach, level)
        else:
            low, high = ratio - reach * error, ratio + reach * error
            if floor is not None:
                low, high = _above(floor, ratio, error, reach, skew)
    return Intervals(ratio, low, high, df, active.sum(axis=1))


def ratio_interval(
    num: ArrayLike,
    *,
    den: ArrayLike,
    level: float = 0.95,
    season: int = WEEK,
    min_seasons: int = 4,
    apart: ArrayLike | None = None,
    share: bool = False,
    floor: float | None = None,
) -> Interval | None:
    """Return the ratio of sums of one series of days with its interval; None with fewer than two days.

    See `ratio_intervals`.
    """
    return ratio_intervals(
        num, den=den, level=level, season=season, min_seasons=min_seasons, apart=apart, share=share, floor=floor
    ).one()


def total_intervals(
    counts: ArrayLike,
    *,
    level: float = 0.95,
    season: int = WEEK,
    min_seasons: int = 2,
    apart: ArrayLike | None = None,
) -> Intervals:
    """Return totals with the interval of what was to be expected.

    A count of all that happened is exact. The interval is about the number behind it: what such a period
    would bring on average, had the days turned out otherwise by chance, with the same weekdays and drift.

    Parameters
    ----------
    counts : number of each day, shape (series, days) or (days,). 0 is a day on which nothing happened, NaN a
        day that does not count (closed).
    level, season, min_seasons, apart : see `ratio_intervals`; with fewer seasons the weekday pattern widens.

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
        variance, df, _, _ = _chance(residual, weights, active, season, min_seasons, apart)
        half = t_value(level, df=df) * np.sqrt(variance)
    none = (total == 0) & (days > 1)
    high = np.where(none, -np.log((1 - level) / 2), total + half)
    return Intervals(total, np.maximum(total - half, 0), high, df, days)


def total_interval(
    counts: ArrayLike,
    *,
    level: float = 0.95,
    season: int = WEEK,
    min_seasons: int = 2,
    apart: ArrayLike | None = None,
) -> Interval | None:
    """Return one total with the interval of what was to be expected; see `total_intervals`."""
    return total_intervals(counts, level=level, season=season, min_seasons=min_seasons, apart=apart).one()


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


def _chance(
    residual: Floats,
    weight: Floats,
    active: NDArray[np.bool_],
    season: int,
    min_seasons: int,
    apart: ArrayLike | None,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return of each series' sum of residuals the variance, its degrees of freedom, what the variance were of independent days, and skewness."""
    days, size = active.sum(axis=1), np.abs(weight)
    effective = size.sum(axis=1) ** 2 / np.sum(size**2, axis=1)  # fewer than the days where a few carry most
    leverage = np.minimum(size / size.sum(axis=1)[:, None], 0.99)
    variance, df = np.sum(residual**2 / (1 - leverage), axis=1), effective - 1
    least, skew = variance, skewness(residual)
    if season > 0 and residual.shape[1] >= min_seasons * season:
        used = active if apart is None else active & ~np.asarray(apart, dtype=np.bool_)
        slow, free = slow_variance(residual, used=used, season=season)
        daily, bent = daily_moments(residual, used=used, season=season)
        # What the days apart add is judged by the others, day for day as heavy as theirs.
        more = size.sum(axis=1) / np.where(used, size, 0).sum(axis=1)
        free = np.minimum(free, effective - 1)
        enough = (free >= _FEWEST) & (2 * used.sum(axis=1) >= days)
        variance, least = np.where(enough, slow * more, variance), np.where(enough, daily * more, least)
        df, skew = np.where(enough, free, df), np.where(enough, bent, skew)
    few = days < 2
    return np.where(few, np.nan, variance), np.where(few, np.nan, np.maximum(df, 1.0)), least, skew


def _above(floor: float, ratio: Floats, error: Floats, reach: Floats, skew: Floats) -> tuple[Floats, Floats]:
    """Return Hall's limits for a skewed figure above a floor."""
    above = ratio - floor
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = np.clip(np.where(above > 0, error / above, 0.0), np.maximum(skew, 1e-6), 1.0)

    def back(x: Floats) -> Floats:
        return np.asarray(3 / bend * (np.cbrt(1 + bend * (x - bend / 6)) - 1), dtype=np.float64)

    return np.maximum(ratio - error * back(reach), floor), ratio - error * back(-reach)


def _wilson_by_variance(
    share: Floats, variance: Floats, size: Floats, reach: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return Wilson's limits for as many independent things as would reach as far; never more than there are."""
    z = z_value(level)
    # Nothing but hits, or none, tells nothing about how days differ: as many as there are, and still Student's reach.
    number = np.where(variance > 0, share * (1 - share) / variance, size) * (z / reach) ** 2
    return _score(share, np.minimum(number, size), np.where(np.isnan(variance), np.nan, z))


def _score(share: Floats, number: Floats, reach: Floats) -> tuple[Floats, Floats]:
    weight = reach**2 / number
    centre = (share + weight / 2) / (1 + weight)
    half = np.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)
