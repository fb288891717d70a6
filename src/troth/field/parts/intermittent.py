"""Demand of parts that are seldom needed: its rate, and possible futures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.errors import InputError
from troth.core.random import stream
from troth.field.parts._issues import error

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeldomDemand:
    """How seldom and how much.

    Parameters
    ----------
    size : mean pieces on a day with any, smoothed.
    every_days : mean days from one such day to the next, smoothed.
    rate : pieces a day, without the bias of dividing one by the other.
    """

    size: float
    every_days: float
    rate: float


def seldom(history: ArrayLike, *, smoothing: float = 0.1) -> SeldomDemand:
    """Return the rate of demand that is seldom.

    Parameters
    ----------
    history : pieces by day, oldest first, shape (days,).
    smoothing : weight of the newest, 0 to 1.

    Source
    ------
    J. D. Croston (1972), Forecasting and stock control for intermittent demands, Operational Research Quarterly 23, page 289;
    corrected by A. A. Syntetos and J. E. Boylan (2005), The accuracy of intermittent demand estimates, International Journal of
    Forecasting 21, page 303.

    Examples
    --------
    >>> found = seldom([0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2])
    >>> found.size, found.every_days, round(found.rate, 3)
    (2.0, 4.0, 0.475)
    """
    values = _history(history)
    if not 0 < smoothing <= 1:
        raise InputError([error("bad-smoothing", "smoothing", smoothing, "Maybe 0.1.")])
    days = np.flatnonzero(values > 0)
    if len(days) == 0:
        return SeldomDemand(0.0, float(len(values)), 0.0)
    gaps = np.diff(days, prepend=-1)
    size, every = float(values[days[0]]), float(gaps[0])
    for k in range(1, len(days)):
        size += smoothing * (float(values[days[k]]) - size)
        every += smoothing * (float(gaps[k]) - every)
    return SeldomDemand(size, every, (1 - smoothing / 2) * size / every)


def seldom_paths(history: ArrayLike, *, days: int, paths: int = 500, seed: int = 0, name: str = "") -> Floats:
    """Draw possible futures of demand that is seldom, shape (paths, days), in whole pieces.

    Days with and without demand follow each other as often as they did (one more of each kind is added, so that nothing is
    impossible); sizes are drawn from those seen and jittered.

    Parameters
    ----------
    history : pieces by day, oldest first, shape (days,).
    name : whose demand; other names have other chance.

    Source
    ------
    T. R. Willemain, C. N. Smart and H. F. Schwarz (2004), A new approach to forecasting intermittent demand for service parts
    inventories, International Journal of Forecasting 20, page 380.

    Examples
    --------
    >>> drawn = seldom_paths([0, 0, 1, 0, 0, 0, 2, 0, 0, 1], days=30, paths=200, seed=1)
    >>> drawn.shape, bool(0.2 < drawn.mean() < 0.8)
    ((200, 30), True)
    """
    values = _history(history)
    if days < 1 or paths < 1:
        raise InputError([error("bad-size", "days", f"{days} {paths}", "Maybe at least one day and one path.")])
    rng = stream(seed, "parts", "seldom", name)
    busy = values > 0
    # How often a day with demand follows one without (row 0) and one with (row 1).
    after = [busy[1:][busy[:-1] == state] for state in (False, True)]
    overall = float(busy.sum() + 0.5) / (len(busy) + 1)
    chance = np.array([(float(one.sum()) + overall) / (len(one) + 1) for one in after])
    sizes = np.round(values[busy]) if busy.any() else np.ones(1)
    state = np.full(paths, bool(busy[-1]))
    out = np.zeros((paths, days))
    for day in range(days):
        state = rng.random(paths) < chance[state.astype(np.int64)]
        drawn = rng.choice(sizes, paths)
        jittered = np.maximum(np.round(drawn + rng.standard_normal(paths) * np.sqrt(np.maximum(drawn - 1, 0))), 1)
        out[:, day] = np.where(state, jittered, 0.0)
    return out


def _history(history: ArrayLike) -> Floats:
    values = np.asarray(history, float)
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all() or (values < 0).any():
        raise InputError([error("bad-demand", "history", values.shape, "Maybe pieces by day, each 0 or more.")])
    return values
