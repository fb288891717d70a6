"""The forecast by day, as the page draws it."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.core.time import Grid, Step
from troth.demand import Series, SeriesForecast
from troth.demand.plot import fan

_LEVELS = (0.5, 0.8, 0.95)


def day_sums(values: np.ndarray, *, grid: Grid) -> np.ndarray:
    """Return values by cell, along the last axis, added up by local day."""
    days = np.array([label.toordinal() for label in grid.labels()])
    return np.asarray(np.add.reduceat(values, np.flatnonzero(np.diff(days, prepend=days[0] - 1)), axis=-1))


def by_day(one: SeriesForecast) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return low, expected and high of each day, 80 %, shapes (days,)."""
    paths = day_sums(one.paths, grid=one.grid)
    low, high = np.quantile(paths, [0.1, 0.9], axis=0)
    return low, day_sums(one.mean, grid=one.grid), high


def fan_of(one: SeriesForecast, *, height: int = 240) -> Any:
    """Return the fan of a forecast by day, with as many days of the past before it."""
    paths = day_sums(one.paths, grid=one.grid)
    low, high = (np.stack([np.quantile(paths, (1 + s * level) / 2, axis=0) for level in _LEVELS]) for s in (-1, 1))
    past = one.series.grid
    history = Series(
        day_sums(np.nan_to_num(one.series.values), grid=past),
        Grid(past.start, past.end, Step.DAY, past.time_zone),
        one.series.key,
    )
    grid = Grid(one.grid.start, one.grid.end, Step.DAY, one.grid.time_zone)
    shut = day_sums((~one.closed).astype(float), grid=one.grid) == 0
    return fan(
        grid,
        point=np.median(paths, axis=0),
        levels=_LEVELS,
        low=low,
        high=high,
        history=history,
        closed=shut,
        height=height,
    )
