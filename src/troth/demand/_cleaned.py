"""Outliers: days and places far from their like count only as far as they are plausible."""

from __future__ import annotations

from typing import Final

import numpy as np

from troth.demand._fold import Ints
from troth.demand.problem import Bools, Floats

#: A day, and a place of a day, further than so many robust standard deviations from its like is drawn in to that.
_DAY_LIMIT, _PLACE_LIMIT = 4.0, 6.0
#: Days of the same weekday on either side that are its like.
_WEEKS: Final = 6
#: Relative spread that is never taken for outlying, whatever the like.
_LEAST: Final = 0.15


def drawn_in(value: Floats, *, usable: Bools, weekday: Ints, counts: bool) -> Floats:
    """Return values with outliers drawn in, shape of `value` (series, days, slots).

    First single places, then whole days by their sum: a stuck line makes an hour busy, a storm a day.

    Parameters
    ----------
    usable : which values count, shape of `value`.
    """
    known = np.where(usable, value, 0.0)
    low, high = _limits(known, usable, weekday, limit=_PLACE_LIMIT, counts=counts)
    known = np.where(usable, np.clip(known, low, high), 0.0)
    sums = known.sum(2, keepdims=True)
    worked: Bools = _whole_days(usable, weekday) & (sums > 0)
    low, high = _limits(sums, worked, weekday, limit=_DAY_LIMIT, counts=counts)
    ratio = np.where(worked, np.clip(sums, low, high) / np.where(worked, sums, 1.0), 1.0)
    return known * ratio


def _whole_days(usable: Bools, weekday: Ints) -> Bools:
    """Return the days of which nothing is missing that days of their weekday have, shape (series, days, 1)."""
    number = usable.sum(2, keepdims=True)
    found = np.zeros(number.shape, dtype=np.bool_)
    for k in np.unique(weekday):
        some = weekday == k
        found[:, some] = (number[:, some] > 0) & (number[:, some] == number[:, some].max(1, keepdims=True))
    return found


def _limits(value: Floats, usable: Bools, weekday: Ints, *, limit: float, counts: bool) -> tuple[Floats, Floats]:
    """Return the range of plausible values: the median of the like with robust deviations around."""
    low, high = np.full_like(value, -np.inf), np.full_like(value, np.inf)
    for k in range(7):
        days = np.flatnonzero(weekday == k)
        width = min(2 * _WEEKS + 1, len(days))
        if width < 5:
            continue
        # Each day's window: itself with as many on either side, shifted where history begins and ends.
        starts = np.clip(np.arange(len(days)) - _WEEKS, 0, len(days) - width)
        near = days[starts[:, None] + np.arange(width)]
        some, known = value[:, near], usable[:, near]
        middle = median(some, known)
        spread = 1.4826 * median(np.abs(some - middle[:, :, None]), known)
        least = np.sqrt((_LEAST * middle) ** 2 + (np.maximum(middle, 1.0) if counts else 0.0))
        reach = np.where(known.any(2), limit * np.maximum(spread, least), np.inf)
        low[:, days], high[:, days] = middle - reach, middle + reach
    return low, high


def median(values: Floats, known: Bools) -> Floats:
    """Return the median of the known values along the third axis, 0 where there is none."""
    if not values.shape[2]:
        return np.zeros(values.shape[:2] + values.shape[3:])
    ordered = np.sort(np.where(known, values, np.inf), axis=2)
    number = known.sum(2, keepdims=True)
    places = (np.maximum(number - 1, 0) // 2, number // 2)
    low, high = (
        np.take_along_axis(ordered, np.minimum(place, values.shape[2] - 1), axis=2)[:, :, 0] for place in places
    )
    high = np.where(number[:, :, 0] % 2 == 1, low, high)
    return np.where(number[:, :, 0] > 0, (low + np.where(np.isfinite(high), high, low)) / 2, 0.0)
