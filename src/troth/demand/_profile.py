"""How a day's demand lies over its hours, for each weekday, as far as the data can tell weekdays apart."""

from __future__ import annotations

from typing import Final

import numpy as np

from troth.demand._past import Past
from troth.demand.problem import Floats

#: Prior standard deviation of a place's part: working days from all days, one weekday from its like.
_KIND_SD: Final = 0.3
#: How much a place's part of the day varies from day to day beyond chance.
_DAILY_SD: Final = 0.12


def profiles(past: Past, *, until: int, half_life: float, weekday_sd: float = 0.15) -> Floats:
    """Return the profile of each weekday from the days before `until`, shape (series, 7, slots), mean 1 over places in use.

    A weekday's profile is drawn towards that of working days or weekends, and that towards the profile of all days, the
    more the fewer there are and the less came: an empirical Bayes estimate with a fixed prior spread.

    Parameters
    ----------
    half_life : days after which a day counts half.
    weekday_sd : prior standard deviation of a weekday's factor.
    """
    age = until - 1 - np.arange(until)
    fade = 0.5 ** (age / half_life)
    weekday = past.days.weekday[:until]
    weight = past.weight[:, :until] * fade[:, None]
    came, seen, days = (np.zeros((len(weight), 7, weight.shape[2])) for _ in range(3))
    for k in range(7):
        some = weekday == k
        came[:, k] = (weight[:, some] * past.values[:, :until][:, some]).sum(1)
        seen[:, k] = weight[:, some].sum(1)
        days[:, k] = ((weight[:, some] > 0) * fade[some][:, None]).sum(1)
    count = 1.0 if past.counts else 0.0
    every = _mean_one(came.sum(1) / np.maximum(seen.sum(1), 1e-9), seen.sum(1))[:, None]
    found = np.empty_like(came)
    for group in (slice(0, 5), slice(5, 7)):
        total = [one[:, group].sum(1, keepdims=True) for one in (came, seen, days)]
        like = _shrunk(every, *total, spread=_KIND_SD, count=count)
        found[:, group] = _shrunk(like, came[:, group], seen[:, group], days[:, group], spread=weekday_sd, count=count)
    return found


def _shrunk(parent: Floats, came: Floats, seen: Floats, days: Floats, *, spread: float, count: float) -> Floats:
    """Return the parent's profile times factors that are believed as far as they are known, mean 1 over places seen."""
    base = seen * parent
    scale = came.sum(2, keepdims=True) / np.maximum(base.sum(2, keepdims=True), 1e-9)
    expected = scale * base
    ratio = came / np.maximum(expected, 1e-9)
    doubt = count / np.maximum(expected, 1e-9) + _DAILY_SD**2 / np.maximum(days, 1e-9)
    factor = 1 + np.where(expected > 0, (ratio - 1) * spread**2 / (spread**2 + doubt), 0.0)
    return _mean_one(parent * np.maximum(factor, 0.0), seen)


def _mean_one(profile: Floats, seen: Floats) -> Floats:
    """Scale to a mean of 1 over the places seen; a flat profile where nothing came."""
    used = (seen > 0).astype(np.float64)
    mean = (profile * used).sum(-1, keepdims=True) / np.maximum(used.sum(-1, keepdims=True), 1)
    found: Floats = np.where(mean > 0, profile / np.where(mean > 0, mean, 1.0), 1.0)
    return found
