"""Possible futures: draws from each cell's distribution that hang together within a day and from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from troth.core.random import stream
from troth.demand._bands import GRID
from troth.demand.problem import Bools, Floats

#: Prior strength, in days, of no dependence.
_DAYS: Final = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """How deviations hang together, on the scale of a normal variate; each of shape (series,).

    Parameters
    ----------
    day : share of the variance that a whole day has in common: a busy morning makes a busy afternoon.
    near : correlation of neighbouring places of a day in what is left.
    next : correlation of one day's common part with the next day's.
    """

    day: Floats
    near: Floats
    next: Floats


def together(low: Floats, high: Floats) -> Together:
    """Learn the dependence from the corrected probabilities of backtested truths, shape (series, origins, leads, slots)."""
    usable = np.isfinite(low)
    at = special.ndtri(np.clip(np.where(usable, (low + high) / 2, 0.5), 1e-4, 1 - 1e-4))
    number = usable.sum(3)
    worked = number > 1
    days = worked.sum((1, 2))
    sd = np.sqrt((at**2).sum((1, 2, 3)) / np.maximum(number.sum((1, 2)), 1))
    at = at / np.maximum(sd, 1e-6)[:, None, None, None]
    middle = np.where(number > 0, at.sum(3) / np.maximum(number, 1), 0.0)
    # The mean square of a day's mean is `day + (1 - day) / places`: neighbours' own correlation is small beside it.
    excess = np.where(worked, middle**2 - 1 / np.maximum(number, 1), 0.0).sum((1, 2))
    room = np.where(worked, 1 - 1 / np.maximum(number, 1), 0.0).sum((1, 2))
    day = np.where(days > 0, np.clip(excess / np.maximum(room + _DAYS, 1e-9), 0.0, 0.98), 1.0)
    rest = np.where(usable, at - middle[..., None], 0.0)
    pairs = usable[..., 1:] & usable[..., :-1]
    near = (rest[..., 1:] * rest[..., :-1] * pairs).sum((1, 2, 3)) / np.maximum(
        (rest[..., 1:] ** 2 * pairs).sum((1, 2, 3)), 1e-9
    )
    both = (number[:, :, 1:] > 0) & (number[:, :, :-1] > 0)
    carried = (middle[:, :, 1:] * middle[:, :, :-1] * both).sum((1, 2))
    power = (middle[:, :, 1:] ** 2 * both).sum((1, 2))
    following = carried / np.maximum(power + _DAYS * np.maximum(day, 0.05), 1e-9)
    return Together(day, np.clip(near, 0.0, 0.95), np.clip(following, 0.0, 0.98))


def paths(
    quantiles: Floats, *, open_: Bools, bound: Together, number: int, seed: int, counts: bool, names: list[str]
) -> Floats:
    """Draw possible futures, shape (series, paths, days, slots).

    Parameters
    ----------
    quantiles : of each cell at the levels of `GRID`, shape (grid, series, days, slots).
    open_ : shape (series, days, slots); closed cells are 0.
    names : of each series, which its chance is found by.

    Source
    ------
    A Gaussian copula with autoregressive parts; see R. B. Nelsen (2006), An Introduction to Copulas, section 2.
    """
    _, series, days, slots = quantiles.shape
    out = np.zeros((series, number, days, slots))
    place = special.ndtri(GRID)
    for s in range(series):
        rng = stream(seed, "demand", "paths", names[s])
        whole = _chain(rng.standard_normal((number, days)), bound.next[s])
        own = _chain(rng.standard_normal((number, days, slots)), bound.near[s] if slots > 1 else 0.0)
        drawn = np.sqrt(bound.day[s]) * whole[:, :, None] + np.sqrt(1 - bound.day[s]) * own
        for d, slot in zip(*np.nonzero(open_[s]), strict=True):
            out[s, :, d, slot] = np.interp(drawn[:, d, slot], place, quantiles[:, s, d, slot])
    return np.round(out) if counts else out


def _chain(noise: Floats, carried: float) -> Floats:
    """Return a first-order autoregression along the last axis with variance 1."""
    out = noise.copy()
    for k in range(1, noise.shape[-1]):
        out[..., k] = carried * out[..., k - 1] + np.sqrt(1 - carried**2) * noise[..., k]
    return out


def mean_of(quantiles: Floats) -> Floats:
    """Return the mean of distributions given by their quantiles at the levels of `GRID`, along the first axis."""
    edges = np.concatenate([[0.0], (GRID[1:] + GRID[:-1]) / 2, [1.0]])
    found: Floats = np.tensordot(np.diff(edges), quantiles, axes=1)
    return found
