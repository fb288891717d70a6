"""A forecast told by the day: what people ask for first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from troth.charts.numbers import duration, number
from troth.core.time import Grid, Step
from troth.demand._calendar import days_of
from troth.demand._carry import tail
from troth.demand._fold import layout
from troth.demand.plan import SeriesForecast
from troth.demand.problem import DemandKind, Floats, ForecastProblem, Series


@dataclass(frozen=True, slots=True)
class DayTold:
    """One local day of a forecast.

    Parameters
    ----------
    mean : expected in all; of means and shares the mean over open cells.
    low, high : the 80 % band of the same.
    closed : whether no cell is open.
    name : of the holiday or event.
    """

    day: date
    mean: float
    low: float
    high: float
    closed: bool
    name: str = ""


def day_names(problem: ForecastProblem, *, first: date, count: int) -> Mapping[date, str]:
    """Return the named days among some."""
    found = days_of(problem, first=first, count=count)
    return {date.fromordinal(first.toordinal() + k): name for k, name in enumerate(found.names) if name}


def told_by_day(one: SeriesForecast, *, names: Mapping[date, str]) -> list[DayTold]:
    """Return each local day of a forecast; of a day that has begun, what is left of it."""
    days = np.array([label.toordinal() for label in one.grid.labels()])
    found = []
    for day in np.unique(days):
        cells = (days == day) & ~one.closed
        at = date.fromordinal(int(day))
        if not cells.any():
            found.append(DayTold(at, 0.0, 0.0, 0.0, closed=True, name=names.get(at, "")))
            continue
        fold = np.sum if one.series.kind is DemandKind.ARRIVALS else np.mean
        low, high = np.quantile(fold(one.paths[:, cells], axis=1), [0.1, 0.9])
        found.append(
            DayTold(at, float(fold(one.mean[cells])), float(low), float(high), closed=False, name=names.get(at, ""))
        )
    return found


def total(one: SeriesForecast) -> tuple[float, float, float]:
    """Return what is expected in all, and its 80 % band; of means and shares the mean."""
    fold = np.sum if one.series.kind is DemandKind.ARRIVALS else np.mean
    cells = ~one.closed
    if not cells.any():
        return 0.0, 0.0, 0.0
    low, high = np.quantile(fold(one.paths[:, cells], axis=1), [0.1, 0.9])
    return float(fold(one.mean[cells])), float(low), float(high)


def names_of(one: SeriesForecast, *, problem: ForecastProblem) -> Mapping[date, str]:
    """Return the named days of a series, past and ahead."""
    first = one.series.first
    return day_names(problem, first=first, count=(one.grid.labels()[-1].date() - first).days + 1)


def amount(value: float, *, kind: DemandKind) -> str:
    """Return a quantity of a kind in words."""
    if kind is DemandKind.ARRIVALS:
        return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
    return duration(value) if kind is DemandKind.HANDLE_TIME else number(value, unit="share")


def rounded(value: float, *, kind: DemandKind) -> str:
    """Return a quantity as people say it: three digits of a large number."""
    if kind is not DemandKind.ARRIVALS or value < 1000:
        return amount(value, kind=kind)
    unit = 10 ** (int(np.log10(value)) - 2)
    return f"{round(value / unit) * unit:,.0f}"


def by_day(one: SeriesForecast) -> SeriesForecast:
    """Return the forecast of arrivals with cells added up to days, history too: of few contacts an hour hours say little.

    A day that has begun is left out: what is left of it would look like a quiet day.
    """
    one = tail(one, start=int(np.flatnonzero(layout(one.grid).day == 0)[0]))
    days = np.array([label.toordinal() for label in one.grid.labels()])
    paths, mean, shut = (_summed(part, days) for part in (one.paths, one.mean, (~one.closed).astype(np.float64)))
    low, high = (np.stack([np.quantile(paths, (1 + s * level) / 2, axis=0) for level in one.levels]) for s in (-1, 1))
    past = one.series.grid
    before = np.array([label.toordinal() for label in past.labels()])
    known = np.isfinite(one.series.values)
    values = _summed(np.where(known, one.series.values, 0.0), before)
    values[_summed(known.astype(np.float64), before) == 0] = np.nan
    history = Series(values, Grid(past.start, past.end, Step.DAY, past.time_zone), one.series.key)
    grid = Grid(one.grid.start, one.grid.end, Step.DAY, one.grid.time_zone)
    return replace(
        one,
        series=history,
        grid=grid,
        point=np.median(paths, axis=0),
        mean=mean,
        low=low,
        high=high,
        paths=paths,
        closed=shut == 0,
    )


def _summed(values: Floats, days: np.ndarray) -> Floats:
    found: Floats = np.add.reduceat(values, np.flatnonzero(np.diff(days, prepend=days[0] - 1)), axis=-1)
    return found
