"""What comes out: for each series a point, bands, possible futures, and how it was arrived at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from troth.core.decision import Issue, Status
from troth.core.time import Grid
from troth.demand.problem import Bools, Floats, Series


class RepairKind(StrEnum):
    """What was found in the history and set aside or replaced before fitting."""

    CLOSED = "closed"
    """The service was closed: a day without demand says nothing of the next open one."""
    GAP = "gap"
    """Nothing was recorded."""
    OUTLIER = "outlier"
    """Far from what days alike were; it counts only as far as it is plausible."""
    NEGATIVE = "negative"
    """A count below zero; taken as not recorded."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One stretch of history that was not taken as it stands.

    Parameters
    ----------
    start, end : the stretch in UTC, half open.
    was, became : the sum of the cells before and after; `was` is None where nothing was recorded, `became` is None where
        the stretch is left out.
    why : a code such as ``holiday``, ``weekday``, ``no-data``, ``far-from-alike``; `name` is the holiday's or event's.
    """

    kind: RepairKind
    start: datetime
    end: datetime
    was: float | None
    became: float | None
    why: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """How a forecaster fared in the backtest of one series.

    Parameters
    ----------
    wape : sum of absolute errors over the sum of what came, at the lead that matters; NaN where nothing came.
    bias : sum of errors (forecast less truth) over the sum of what came; NaN likewise.
    weight : its part in the forecast.
    days : how many forecast days were scored.
    """

    model: str
    wape: float
    bias: float
    weight: float
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class SeriesForecast:
    """The forecast of one series; arrays over the cells of `grid`.

    Parameters
    ----------
    series : what was forecast.
    grid : the days ahead.
    point : the median, as likely to be exceeded as not, shape (cells,).
    mean : the expected value, shape (cells,): means add up over cells and series, medians of small counts do not.
    levels : the probability of each band.
    low, high : limits of the bands, shape (levels, cells).
    paths : possible futures, shape (paths, cells): within each, cells belong together, so that a sum or a maximum of a path is
        as likely as the sum or maximum itself. Closed cells are 0.
    closed : cells in which the service is closed, shape (cells,).
    cleaned : the history as it was fitted, shape of `series.values`; NaN where it was left out.
    scores : every forecaster tried, the best first.
    coverage : by level, the share of backtested cells that its band held.
    repairs : what was not taken as it stands.
    """

    series: Series
    grid: Grid
    point: Floats
    mean: Floats
    levels: tuple[float, ...]
    low: Floats
    high: Floats
    paths: Floats
    closed: Bools
    cleaned: Floats
    scores: tuple[ModelScore, ...] = ()
    coverage: Mapping[float, float] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()

    @property
    def model(self) -> str:
        """The forecaster of the greatest weight, or ``combined`` where none has more than half."""
        best = max(self.scores, key=lambda score: score.weight, default=None)
        return "" if best is None else best.model if best.weight > 0.5 else "combined"

    def band(self, level: float) -> tuple[Floats, Floats]:
        """Return the limits of one band; `ValueError` for a level that was not asked for."""
        place = self.levels.index(level)
        return self.low[place], self.high[place]


@dataclass(frozen=True, slots=True, eq=False)
class DemandForecast:
    """The forecast of a problem.

    Parameters
    ----------
    series : one entry for each series of the problem, in its order; fewer if it was stopped.
    status : feasible, or stopped before all series were done.
    issues : warnings about the input.
    seed, seconds, versions : with which chance, how long it took, and with which versions.
    """

    series: tuple[SeriesForecast, ...]
    status: Status
    issues: tuple[Issue, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def of(self, **key: str) -> SeriesForecast:
        """Return the forecast of the series with these members; `KeyError` if there is not exactly one."""
        found = [one for one in self.series if all(one.series.key.get(d) == m for d, m in key.items())]
        if len(found) != 1:
            raise KeyError(f"{len(found)} series of {key}.")
        return found[0]

    def plot(self, **key: str) -> Any:
        """Return the figure of one series, see `plot.fan`; `key` names it where there are several."""
        from troth.demand.plot import fan

        one = self.of(**key)
        return fan(
            one.grid,
            point=one.point,
            levels=one.levels,
            low=one.low,
            high=one.high,
            history=one.series,
            closed=one.closed,
        )
