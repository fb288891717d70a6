"""Ours: the same history and calendar as the peers get, through the room's front door."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality._forecast_sets import Task, until
from troth.core import Calendar, Grid, Step
from troth.core.time import Hours, SpecialDay
from troth.demand import ForecastProblem, Series, solve

_STEPS = {24: Step.HOUR, 48: Step.HALF_HOUR, 96: Step.QUARTER_HOUR, 1: Step.DAY}


def calendar(task: Task, series: int, *, days: int) -> Calendar:
    """Return the opening hours of a series with its closed days, through the days ahead."""
    open_, weekday = task.open[series], task.weekday
    width = 1440 // open_.shape[1]
    usual = np.stack([open_[weekday == k].any(0) for k in range(7)])
    hours = tuple(Hours(k, slot * width, (slot + 1) * width) for k, slot in zip(*np.nonzero(usual), strict=True))
    closed = [k for k in range(min(days, task.length)) if usual[weekday[k]].any() and not open_[k].any()]
    return Calendar("open", "UTC", hours, tuple(SpecialDay(task.first + timedelta(days=k)) for k in closed))


def troth(task: Task, origin: int, days: int) -> NDArray[np.float64]:
    """Point and 80 % band of the days from an origin on, shape (series, days, slots, 3)."""
    slots = task.values.shape[2]
    grid = Grid.of_dates(task.first, last=until(task, origin) - timedelta(days=1), step=_STEPS[slots])
    out = np.zeros((len(task.keys), days, slots, 3))
    for country in dict.fromkeys(task.holidays):
        mine = [s for s in range(len(task.keys)) if task.holidays[s] == country]
        series = tuple(
            Series(
                task.values[s, :origin].ravel(),
                grid,
                {"series": task.keys[s]},
                calendar=calendar(task, s, days=origin + days),
            )
            for s in mine
        )
        told = solve(
            ForecastProblem(series, days=days, levels=(0.8,), paths=1, holidays=country),
            seed=1,
        )
        for s, one in zip(mine, told.series, strict=True):
            out[s] = np.stack([one.point, one.low[0], one.high[0]], axis=-1).reshape(days, slots, 3)
    return out
