"""What was learnt of the paths, carried on to points and bands: of a part of the cells, or after the paths have moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from troth.core.time import Grid
from troth.demand.plan import SeriesForecast
from troth.demand.problem import Bools, DemandKind, Floats

#: A band may be at most so many times as wide, or as narrow, as the paths alone would make it.
_STRETCH: Final = 2.0


def tail(forecast: SeriesForecast, *, start: int) -> SeriesForecast:
    """Return the forecast of the cells from number `start` on."""
    grid = forecast.grid
    rest = Grid(grid.edges()[start], grid.end, grid.step, grid.time_zone)
    return replace(
        forecast, grid=rest, point=forecast.point[start:], mean=forecast.mean[start:], low=forecast.low[:, start:],
        high=forecast.high[:, start:], paths=forecast.paths[:, start:], closed=forecast.closed[start:],
    )  # fmt: skip


def carried(
    base: SeriesForecast, *, paths: Floats, mean: Floats | None = None, closed: Bools | None = None
) -> SeriesForecast:
    """Return a forecast with other paths; points and bands follow them and keep what calibration had made of them.

    Parameters
    ----------
    base : the forecast whose paths were moved.
    paths : the new ones, same shape.
    mean : the new expected values; None scales the old ones as the paths' means were.
    closed : cells closed from now on; None leaves them.
    """
    old, new = _quantiles(base.paths, base.levels), _quantiles(paths, base.levels)
    middle = len(base.levels)
    point = _scaled(base.point, was=old[middle], now=new[middle])
    low, high = np.empty_like(base.low), np.empty_like(base.high)
    for place in range(len(base.levels)):
        for side, limit, moved in ((place, base.low, low), (-1 - place, base.high, high)):
            raw = old[side] - old[middle]
            with np.errstate(divide="ignore", invalid="ignore"):
                stretch = np.where(np.abs(raw) > 1e-9, (limit[place] - base.point) / raw, 1.0)
            reach = np.clip(stretch, 1 / _STRETCH, _STRETCH) * (new[side] - new[middle])
            moved[place] = point + reach
    shut = base.closed if closed is None else closed
    said = _scaled(base.mean, was=base.paths.mean(0), now=paths.mean(0)) if mean is None else mean
    top = 1.0 if base.series.kind is DemandKind.NO_SHOW else np.inf
    point, low, high = (np.where(shut, 0.0, np.clip(part, 0.0, top)) for part in (point, low, high))
    return replace(base, point=point, mean=said, low=low, high=high, paths=paths, closed=shut)


def _quantiles(paths: Floats, levels: tuple[float, ...]) -> Floats:
    """Return lower limits by level, the median, and upper limits in the opposite order, shape (2 levels + 1, cells)."""
    lower = [(1 - level) / 2 for level in levels]
    found: Floats = np.quantile(paths, [*lower, 0.5, *(1 - low for low in lower[::-1])], axis=0)
    return found


def _scaled(value: Floats, *, was: Floats, now: Floats) -> Floats:
    """Return values moved as something else moved: in proportion where it was not nought."""
    found: Floats = np.where(was > 1e-9, value * now / np.where(was > 1e-9, was, 1.0), now)
    return found
