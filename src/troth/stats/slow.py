"""How much the sum of a series of days varies by chance, when days depend on each other and have a pattern."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

#: Sets of days worked on at a time, so that memory stays small.
_LOT = 256


def slow_variance(residual: Floats, *, used: Marks, season: int) -> tuple[Floats, Floats]:
    """Return the variance of the sum of each series by chance, and its degrees of freedom.

    A weekday pattern and a steady drift come again the same way, so they are taken out first. What is left is
    weighed with the slowest cosines, `days ** (2 / 3)` of them: independent days show as much in slow waves as
    in fast ones; days that drag on show more in the slow ones, which are those that move a sum.

    Parameters
    ----------
    residual : shape (series, days), consecutive days; their sum is the error of a figure.
    used : the days to learn from, shape (series, days); the variance is that of a sum over these.
    season : days of the recurring pattern.

    Returns
    -------
    Variances and degrees of freedom of shape (series,): those of a mean of squares of normal, independent days, fewer
    than the cosines by what pattern, drift and missing days took away. NaN and 0 where nothing is left.

    Source
    ------
    E. Lazarus, D. Lewis, J. Stock and M. Watson (2018), HAR Inference: Recommendations for Practice, J. Business and
    Economic Statistics 36, 541-559: equal-weighted cosines with Student's t, and the rate 2/3 of their number;
    U. Mueller and M. Watson (2008), Testing Models of Low-Frequency Variability, Econometrica 76, 979-1016, for the
    waves of a series whose trend was taken out; degrees of freedom: F. Satterthwaite (1946), Biometrics 2, 110-114.

    Examples
    --------
    >>> days = np.tile([5.0, 6.0, 5.5, 5.2, 5.8, 2.0, 1.5], (1, 8))
    >>> variance, df = slow_variance(days, used=days > 0, season=7)
    >>> float(variance[0].round(12)), round(float(df[0]), 1)
    (0.0, 13.7)
    """
    series, days = residual.shape
    count = min(round(days ** (2 / 3)), days - 1)
    kinds, which = np.unique(used, axis=0, return_inverse=True)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(kinds) + 1))
    variance, df = np.full(series, np.nan), np.zeros(series)
    for first in range(0, len(kinds), _LOT):
        masks = kinds[first : first + _LOT].astype(np.float64)
        waves = _waves(masks, season, count)
        inner = np.swapaxes(waves, 1, 2) @ waves
        trace = np.trace(inner, axis1=1, axis2=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            free = np.where(trace > 1e-9, trace**2 / np.sum(inner**2, axis=(1, 2)), 0.0)
            scale = np.where(trace > 1e-9, masks.sum(axis=1) / trace, np.nan)
        for k in range(len(masks)):
            mine = order[starts[first + k] : starts[first + k + 1]]
            variance[mine] = scale[k] * np.sum((residual[mine] @ waves[k]) ** 2, axis=1)
            df[mine] = free[k]
    return variance, df


def daily_moments(residual: Floats, *, used: Marks, season: int) -> tuple[Floats, Floats]:
    """Return variance and skewness of the sum of each series if days were independent, weekday pattern and drift aside.

    Parameters
    ----------
    residual, used, season : see `slow_variance`.

    Returns
    -------
    Two arrays of shape (series,); the variance is NaN where pattern and drift leave nothing to learn from.

    Examples
    --------
    >>> variance, skewness = daily_moments(np.array([[-1.0, -1.0, 2.0, 0.0]]), used=np.ones((1, 4), bool), season=1)
    >>> float(variance[0].round(3)), float(skewness[0].round(3))
    (8.4, 0.446)
    """
    masks = used.astype(np.float64)
    left = _steady(residual[:, :, None], masks, season)[:, :, 0]
    days, weekdays = masks.sum(axis=1), (masks @ _weekdays(masks, season) > 0).sum(axis=1)
    free = days - weekdays - (days > weekdays)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(free > 0, days / free * np.sum(left**2, axis=1), np.nan), skewness(left)


def skewness(residual: Floats) -> Floats:
    """Return the skewness of the sum of each series of independent residuals: at most 1, that of one alone; 0 of none."""
    square = np.sum(residual**2, axis=1)
    return np.asarray(np.sum(residual**3, axis=1) / np.where(square > 0, square, 1.0) ** 1.5, dtype=np.float64)


def _waves(masks: Floats, season: int, count: int) -> Floats:
    """Return the slowest cosines without what is pattern or drift, shape (sets of days, days, waves)."""
    days = masks.shape[1]
    waves = np.cos(np.pi * np.outer(np.arange(days) + 0.5, np.arange(1, count + 1)) / days)
    return _steady(waves[None], masks, season)


def _steady(columns: Floats, masks: Floats, season: int) -> Floats:
    """Return columns without their weekday pattern and drift over the used days; 0 on days not used."""
    days, weekday = masks.shape[1], _weekdays(masks, season)
    drift = _without_pattern((np.arange(days) - (days - 1) / 2)[None, :, None] / days, masks, weekday)
    columns = _without_pattern(columns, masks, weekday)
    steep = np.sum(drift**2, axis=1, keepdims=True)
    slope = np.where(steep > 1e-9, np.swapaxes(drift, 1, 2) @ columns / np.maximum(steep, 1e-9), 0.0)
    return np.asarray(columns - drift * slope, dtype=np.float64)


def _weekdays(masks: Floats, season: int) -> Floats:
    return np.equal.outer(np.arange(masks.shape[1]) % season, np.arange(season)).astype(np.float64)


def _without_pattern(columns: Floats, masks: Floats, weekday: Floats) -> Floats:
    """Return columns less their mean over the used days of the same weekday; 0 on days not used."""
    kept = columns * masks[:, :, None]
    number = np.maximum(masks @ weekday, 1.0)
    means = weekday.T @ kept / number[:, :, None]
    return np.asarray(masks[:, :, None] * (kept - weekday @ means), dtype=np.float64)
