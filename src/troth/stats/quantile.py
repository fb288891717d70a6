"""Percentiles with intervals by day, and the bootstrap by block for any other statistic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from troth.stats.intervals import WEEK, Interval, ratio_intervals

Floats = NDArray[np.float64]


def quantile_interval(
    values: ArrayLike, *, days: ArrayLike, p: float, level: float = 0.95, season: int = WEEK
) -> Interval | None:
    """Return a percentile with its interval by day.

    The share of values at or below the estimate is itself a ratio over days; the limits of its interval,
    read off the values, are the limits of the percentile. No resampling, one sort.

    Parameters
    ----------
    values : every single value, shape (n,); NaN is left out.
    days : the number of the day each value belongs to, shape (n,); consecutive days have consecutive numbers.
    p : such as 0.9.
    level, season : see `ratio_intervals`.

    Returns
    -------
    None with fewer than two days with values.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1, or the shapes differ.

    Source
    ------
    R. S. Woodruff (1952), J. American Statistical Association 47, 635-646.
    """
    if not 0 < p < 1:
        raise ValueError(f"A percentile lies between 0 and 1: {p}.")
    data, day = np.asarray(values, dtype=np.float64), np.asarray(days, dtype=np.int64)
    if data.shape != day.shape or data.ndim != 1:
        raise ValueError(f"Values and days must be of one length: {data.shape} and {day.shape}.")
    kept = ~np.isnan(data)
    data, day = data[kept], day[kept]
    if not len(data):
        return None
    ordered = np.sort(data)
    estimate = _at(ordered, p)
    day = day - day.min()
    below = np.bincount(day, weights=data <= estimate)
    found = ratio_intervals(below, den=np.bincount(day), level=level, season=season, share=True).one()
    if found is None:
        return None
    # The share at the estimate is p but for ties and steps: only how far the limits lie from it is used.
    low, high = (float(np.clip(p + limit - found.estimate, 0, 1)) for limit in (found.low, found.high))
    return Interval(
        estimate, min(_at(ordered, low), estimate), max(_at(ordered, high), estimate), found.df, found.blocks
    )


def _at(ordered: Floats, p: float) -> float:
    """Return the percentile of sorted values, between neighbours as NumPy does (Hyndman and Fan type 7)."""
    place = p * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def block_bootstrap(
    blocks: Iterable[ArrayLike],
    *,
    statistic: Callable[[NDArray[np.float64]], float],
    rng: Generator,
    repeats: int = 1000,
    level: float = 0.95,
    length: int = 1,
    bias_corrected: bool = False,
) -> Interval | None:
    """Return any statistic with a bootstrap interval that draws whole blocks.

    Parameters
    ----------
    blocks : the values of each block (a day), in order; each of shape (n,) or (n, columns).
    statistic : takes the joined values of the drawn blocks.
    rng : random numbers, see `troth.core.random.stream`.
    repeats : bootstrap samples.
    level : probability that the interval holds the true value.
    length : consecutive blocks drawn together (round the end), for days that depend on each other.
    bias_corrected : BCa instead of the percentile interval; asks for the statistic once more a block.

    Returns
    -------
    None with fewer than two blocks.

    Source
    ------
    B. Efron (1987), Better Bootstrap Confidence Intervals, JASA 82, 171-185; circular blocks: Politis and
    Romano (1992).
    """
    parts = [np.asarray(block, dtype=np.float64) for block in blocks]
    count = len(parts)
    if count < 2:
        return None
    estimate = float(statistic(np.concatenate(parts)))
    runs = -(-count // length)
    starts = rng.integers(0, count, size=(repeats, runs))
    drawn = ((starts[:, :, None] + np.arange(length)) % count).reshape(repeats, -1)[:, :count]
    found = np.array([statistic(np.concatenate([parts[place] for place in sample])) for sample in drawn])
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if bias_corrected:
        tails = _bca(tails, found, estimate, parts, statistic)
    low, high = np.nanquantile(found, tails)
    return Interval(estimate, float(low), float(high), float(count - 1), count)


def _bca(
    tails: Floats,
    found: Floats,
    estimate: float,
    parts: list[NDArray[np.float64]],
    statistic: Callable[[NDArray[np.float64]], float],
) -> Floats:
    normal = NormalDist()
    below = (np.sum(found < estimate) + np.sum(found == estimate) / 2) / len(found)
    bias = normal.inv_cdf(float(np.clip(below, 1 / len(found), 1 - 1 / len(found))))
    left_out = np.array([statistic(np.concatenate(parts[:place] + parts[place + 1 :])) for place in range(len(parts))])
    deviation = left_out.mean() - left_out
    spread = np.sum(deviation**2) ** 1.5
    bend = float(np.sum(deviation**3) / (6 * spread)) if spread > 0 else 0.0
    shifted = [bias + normal.inv_cdf(float(tail)) for tail in tails]
    return np.array([normal.cdf(bias + one / (1 - bend * one)) for one in shifted])
