"""How sure a forecast is: a distribution around the expected value, corrected by how backtested truths fell in theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from troth.core.random import stream
from troth.demand.problem import Bools, Floats

#: Below this expected count the distribution is of whole numbers (negative binomial), above it is a gamma.
_WHOLE: Final = 50.0
#: Prior strength in days: of the spread by lead, of the spread by place of the day, of the correction of the distribution.
_LEAD_DAYS, _PLACE_DAYS, _SHAPE_DAYS = 20.0, 15.0, 10.0
#: Squared relative spread: least, and what a day with an occasion has more.
_LEAST, _OCCASION = 1e-4, 0.01
#: Squared relative spread where nothing was backtested.
_UNKNOWN: Final = 0.1
#: Tails at which a band's coverage is tried, relative to the nominal one.
_TAILS: Final = np.geomspace(0.3, 3.0, 25)
#: Where the quantile function is computed; between, it is interpolated on the scale of a normal variate.
GRID: Final[Floats] = special.ndtr(np.linspace(-3.1, 3.1, 41))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far truth lies from the expected value, for each series.

    Parameters
    ----------
    by_lead : squared relative spread beyond chance, shape (series, leads).
    by_place : factor of the variance at each place of the day, shape (series, slots).
    shape : level that stands in for each level of `GRID`, shape (series, grid).
    counts : whether chance alone makes a Poisson spread.
    """

    by_lead: Floats
    by_place: Floats
    shape: Floats
    counts: bool

    def variance(self, mean: Floats, *, named: Bools | None = None) -> Floats:
        """Return the variance, shape of `mean` (series, ..., leads, slots)."""
        more = (slice(None), *(None,) * (mean.ndim - 3), slice(None), None)
        lead = np.minimum(np.arange(mean.shape[-2]), self.by_lead.shape[1] - 1)
        relative = self.by_lead[:, lead][more]
        if named is not None:
            relative = relative + _OCCASION * named[..., None]
        place = self.by_place[(slice(None), *(None,) * (mean.ndim - 2), slice(None))]
        found: Floats = place * ((mean if self.counts else 0.0) + relative * mean**2)
        return found

    def quantiles(self, mean: Floats, levels: Floats, *, named: Bools | None = None) -> Floats:
        """Return quantiles, shape (levels, series, leads, slots); `levels` of shape (levels,) or (levels, series)."""
        variance = self.variance(mean, named=named)
        levels = np.broadcast_to(levels[:, None] if levels.ndim == 1 else levels, (len(levels), len(mean)))
        meant = np.stack([np.interp(levels[:, s], GRID, self.shape[s]) for s in range(len(mean))], axis=1)
        return np.stack(
            [quantile(one[:, None, None], mean=mean, variance=variance, counts=self.counts) for one in meant]
        )


def chance_below(value: Floats, *, mean: Floats, variance: Floats, counts: bool) -> Floats:
    """Return the probability of at most `value`."""
    mean, variance = np.maximum(mean, 1e-6), np.maximum(variance, 1e-12)
    found = special.gammainc(mean**2 / variance, np.maximum(value, 0) * mean / variance)
    small = (mean < _WHOLE) & (variance > 0) if counts else np.zeros(mean.shape, dtype=np.bool_)
    if small.any():
        m, v, y = (np.broadcast_to(one, found.shape)[small] for one in (mean, variance, value))
        size = m**2 / np.maximum(v - m, 1e-4 * m)
        known = np.where(y < 0, 0.0, special.betainc(size, np.floor(np.maximum(y, 0)) + 1, size / (size + m)))
        found = found.copy()
        found[small] = known
    result: Floats = found
    return result


def quantile(level: Floats, *, mean: Floats, variance: Floats, counts: bool) -> Floats:
    """Return the least value that is not exceeded with probability `level`."""
    shape = np.broadcast_shapes(np.shape(level), mean.shape)
    level = np.clip(np.broadcast_to(level, shape), 1e-6, 1 - 1e-6)
    mean, variance = np.maximum(mean, 1e-6), np.maximum(variance, 1e-12)
    found = special.gammaincinv(mean**2 / variance, level) * variance / mean
    small = np.broadcast_to(mean < _WHOLE, shape) if counts else np.zeros(shape, dtype=np.bool_)
    if small.any():
        found = found.copy()
        found[small] = _whole(
            level[small], np.broadcast_to(mean, shape)[small], np.broadcast_to(variance, shape)[small]
        )
    result: Floats = found
    return result


def _whole(level: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return quantiles of the negative binomial: start at the gamma's, then step to the least that suffices."""
    size = mean**2 / np.maximum(variance - mean, 1e-4 * mean)
    part = size / (size + mean)
    spread_ = np.maximum(variance, mean)
    found = np.floor(special.gammaincinv(mean**2 / spread_, level) * spread_ / mean)
    moving = np.arange(len(found))
    while len(moving):  # upwards while too little lies at or below
        moving = moving[special.betainc(size[moving], found[moving] + 1, part[moving]) < level[moving]]
        found[moving] += 1
    moving = np.flatnonzero(found > 0)
    while len(moving):  # downwards while one less suffices
        moving = moving[special.betainc(size[moving], found[moving], part[moving]) >= level[moving]]
        found[moving] -= 1
        moving = moving[found[moving] > 0]
    return np.asarray(found, dtype=np.float64)


def spread(mean: Floats, truth: Floats, *, counts: bool, seed: int) -> tuple[Spread, Floats, Floats]:
    """Learn how far truths lay from what was expected of them.

    Parameters
    ----------
    mean, truth : shape (series, origins, leads, slots); truth is NaN where there is nothing to learn from.

    Returns
    -------
    The spread; and of every truth the corrected probability below it and at most it, shape of `truth`, NaN as there.

    Source
    ------
    A. P. Dawid (1984), JRSS A 147, 278-292 (the probability integral transform); C. Czado, T. Gneiting and L. Held (2009),
    Biometrics 65, 1254-1261 (of counts); V. Kuleshov, N. Fenner and S. Ermon (2018), ICML 35 (correction by it).
    """
    usable = np.isfinite(truth) & (mean > 1e-6)
    value = np.where(usable, truth, 0.0)
    chance = mean if counts else np.zeros_like(mean)
    beyond, square = np.where(usable, (value - mean) ** 2 - chance, 0.0), np.where(usable, mean**2, 0.0)
    days = usable.any(3).sum(1)
    every = beyond.sum((1, 2, 3)) + _LEAST, square.sum((1, 2, 3)) + 1e-9
    pooled = np.where(days.any(1), np.maximum(every[0] / every[1], _LEAST), _UNKNOWN)[:, None]
    own = beyond.sum((1, 3)) / np.maximum(square.sum((1, 3)), 1e-9)
    by_lead = np.maximum((days * own + _LEAD_DAYS * pooled) / (days + _LEAD_DAYS), _LEAST)
    flat = Spread(by_lead, np.ones((len(mean), mean.shape[3])), np.tile(GRID, (len(mean), 1)), counts)
    expected = np.where(usable, flat.variance(mean), 0.0)
    ratio = np.where(usable, (value - mean) ** 2, 0.0).sum((1, 2)) / np.maximum(expected.sum((1, 2)), 1e-9)
    scored = usable.any(2).sum(1)
    by_place = np.clip((scored * ratio + _PLACE_DAYS) / (scored + _PLACE_DAYS), 0.3, 4.0)
    made = Spread(by_lead, by_place, flat.shape, counts)
    variance = made.variance(mean)
    most = np.where(usable, chance_below(value, mean=mean, variance=variance, counts=counts), np.nan)
    least = (
        np.where(usable, chance_below(value - 1, mean=mean, variance=variance, counts=counts), np.nan)
        if counts
        else most
    )
    made = Spread(by_lead, by_place, _corrected(least, most, seed), counts)
    low, high = (_mapped(one, made.shape) for one in (least, most))
    return made, low, high


def _corrected(least: Floats, most: Floats, seed: int) -> Floats:
    """Return at which level of the distribution each share of the truths lay, drawn to the distribution itself."""
    series = len(least)
    at = least + stream(seed, "demand", "pit").random(least.shape[1:])[None] * (most - least)
    flat = at.reshape(series, -1)
    days = np.isfinite(at).any((2, 3)).sum(1)[:, None].astype(np.float64)
    found = np.tile(GRID, (series, 1))
    for s in np.flatnonzero(days[:, 0] > 0):
        found[s] = np.nanquantile(flat[s], GRID)
    found = GRID + (found - GRID) * days / (days + _SHAPE_DAYS)
    return np.clip(np.maximum.accumulate(found, axis=1), 1e-6, 1 - 1e-6)


def _mapped(at: Floats, shape: Floats) -> Floats:
    """Return the corrected probability of each uncorrected one."""
    return np.stack([np.interp(one, known, GRID) for one, known in zip(at, shape, strict=True)])


def tails(low: Floats, high: Floats, *, levels: tuple[float, ...]) -> Floats:
    """Return for each level and series the tail whose band held that share of the backtested truths, shape (levels, series).

    Of whole numbers a band from quantile to quantile holds more than its level; this finds the narrower one that holds as
    much as it says.

    Parameters
    ----------
    low, high : corrected probability below each truth and of at most it, shape (series, origins, leads, slots).
    """
    out = np.empty((len(levels), len(low)))
    below, above = low.reshape(len(low), -1), high.reshape(len(high), -1)
    for s in range(len(low)):
        known = np.isfinite(below[s])
        days = np.isfinite(low[s]).any((1, 2)).sum()
        for j, level in enumerate(levels):
            nominal = (1 - level) / 2
            tried = np.minimum(nominal * _TAILS, 0.49)
            held = (
                np.array([((above[s][known] >= t) & (below[s][known] < 1 - t)).mean() for t in tried])
                if known.any()
                else 1 - 2 * tried
            )
            found = np.interp(-level, np.maximum.accumulate(-held), tried)
            out[j, s] = nominal + (found - nominal) * days / (days + _SHAPE_DAYS)
    return out
