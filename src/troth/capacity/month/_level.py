"""How wrong forecasts of a whole month were before: days forgive each other, a level that is off does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from troth.core.random import stream
from troth.core.time import Grid
from troth.demand import DemandForecast, ForecastProblem, Series, SeriesForecast, solve

#: So many earlier times of the same length are forecast at most, each from so many days of history at least.
_TIMES, _HISTORY = 3, 42
#: Before anything was tried a level is off by so much, as if seen so many times.
_PRIOR, _PRIOR_TIMES = 0.03, 2.0
#: Of fewer contacts than these chance is all there is to see.
_FEW: Final = 50.0


@dataclass(frozen=True, slots=True)
class LevelDoubt:
    """How far the level of a forecast may be off beyond what its paths say, as standard deviations of the logarithm.

    Parameters
    ----------
    shared : of all queues together.
    own : of each queue on top.
    times : how many earlier times it was seen on.
    """

    shared: float
    own: float
    times: int


def level_doubt(
    problem: ForecastProblem, *, seed: int = 0, on_progress: Callable[[float], None] | None = None
) -> LevelDoubt:
    """Return how far whole horizons forecast at earlier times were off, beyond what their own paths say.

    Parameters
    ----------
    problem : series of whole days; the same length is forecast from one, two and three lengths before their end.
    """
    days = problem.days
    together, apart = list[tuple[float, float]](), list[tuple[float, float]]()
    times = 0
    for k in range(1, _TIMES + 1):
        cut = [_before(one, days=k * days) for one in problem.series]
        if any(one is None for one in cut):
            break
        earlier = replace(problem, series=tuple(one[0] for one in cut if one), paths=100)
        told = solve(earlier, seed=seed)
        _add([one[1] for one in cut if one], told.series, together, apart)
        times = k
        if on_progress is not None:
            on_progress(k / _TIMES)
    return LevelDoubt(_excess(together), _excess(apart), times)


def _before(one: Series, *, days: int) -> tuple[Series, np.ndarray] | None:
    """Return a series without its last days, and the values of as many after the cut; None if too little is left."""
    per_day = np.array([label.toordinal() for label in one.grid.labels()])
    order = np.unique(per_day)
    if len(order) < days + _HISTORY:
        return None
    n = int(np.searchsorted(per_day, order[-days]))
    edges = one.grid.edges()
    cut = replace(
        one, grid=Grid(one.grid.start, edges[n], one.grid.step, one.grid.time_zone), values=one.values[:n],
        weights=None if one.weights is None else one.weights[:n], closed=None if one.closed is None else one.closed[:n],
    )  # fmt: skip
    return cut, one.values[n:]


def _add(
    came: Sequence[np.ndarray],
    told: Sequence[SeriesForecast],
    together: list[tuple[float, float]],
    apart: list[tuple[float, float]],
) -> None:
    """Add squared errors of the logarithm and what paths say of them: of all queues together, and of each beside that."""
    real = np.array([np.nansum(values[: len(one.mean)]) for values, one in zip(came, told, strict=True)])
    mean = np.array([float(one.mean.sum()) for one in told])
    spread = np.array([float(one.paths.sum(axis=1).var()) for one in told])
    if mean.sum() < _FEW or real.sum() <= 0:
        return
    whole = float(np.log(real.sum() / mean.sum()))
    together.append((whole**2, float(spread.sum() / mean.sum() ** 2)))
    for r, m, v in zip(real, mean, spread, strict=True):
        if m >= _FEW and r > 0:
            apart.append(((float(np.log(r / m)) - whole) ** 2, float(v / m**2)))


def _excess(seen: Sequence[tuple[float, float]]) -> float:
    """Return the standard deviation beyond what paths say, drawn to the prior."""
    over = sum(square - said for square, said in seen)
    return float(np.sqrt(max(_PRIOR_TIMES * _PRIOR**2 + over, 0.0) / (_PRIOR_TIMES + len(seen))))


def doubted(told: DemandForecast, *, doubt: LevelDoubt, seed: int) -> DemandForecast:
    """Return a forecast whose paths differ in level, too: each path by one factor that queues share and one of its own.

    Factors are of Student's distribution, for the deviation itself is known from a few times only.
    """
    if not told.series:
        return told
    number = len(told.series[0].paths)
    degrees = doubt.times + _PRIOR_TIMES

    def factors(*names: str) -> np.ndarray:
        drawn = stream(seed, "level", *names).standard_t(degrees + 1, number)
        return np.asarray(drawn)

    shared = doubt.shared * factors("shared")
    return replace(
        told,
        series=tuple(
            _scaled(one, np.exp(np.clip(shared + doubt.own * factors("own", one.series.name), -0.7, 0.7)), seed)
            for one in told.series
        ),
    )


def _scaled(one: SeriesForecast, factor: np.ndarray, seed: int) -> SeriesForecast:
    """Return a forecast with scaled paths, whole numbers again, and bands of them."""
    rates = one.paths * (factor / factor.mean())[:, None]
    paths = np.floor(rates + stream(seed, "level", "whole", one.series.name).random(rates.shape))
    low, high = (np.stack([np.quantile(paths, (1 + s * level) / 2, axis=0) for level in one.levels]) for s in (-1, 1))
    return replace(one, paths=paths, low=low, high=high, point=np.median(paths, axis=0))
