"""A forecast from whatever there is: a lake, a table, or series. The one call of a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError
from troth.core.time import Grid, Step, start_of_day, zone
from troth.demand._change import DemandChange
from troth.demand.changes import change
from troth.demand.frame import series_of
from troth.demand.hierarchy import reconcile, totals
from troth.demand.intraday import update
from troth.demand.plan import DemandForecast
from troth.demand.problem import DemandKind, Floats, ForecastProblem, Occasion, Regressor, Series
from troth.demand.solve import ForecastParams, solve

_PLAIN = ForecastParams()


@dataclass(frozen=True, slots=True, eq=False)
class DemandQuestion:
    """A question put together from what was given.

    Parameters
    ----------
    problem : whole days of history, and what is to be forecast.
    seen : of each series, what came in the first cells of the horizon; empty if the history ends with a day.
    issues : doubts about the input.
    """

    problem: ForecastProblem
    seen: tuple[Floats, ...]
    issues: tuple[Issue, ...] = ()


def forecast(
    source: Any,
    *,
    by: Sequence[str] = (),
    days: int = 7,
    every: str | Step = Step.HOUR,
    time: str = "time",
    value: str | None = None,
    time_zone: str | None = None,
    kind: DemandKind = DemandKind.ARRIVALS,
    where: Mapping[str, Sequence[str]] | None = None,
    holidays: str = "",
    occasions: Sequence[Occasion] = (),
    regressors: Sequence[Regressor] = (),
    changes: Sequence[DemandChange] = (),
    lead: int | None = None,
    levels: tuple[float, ...] = (0.5, 0.8, 0.95),
    paths: int = 200,
    add_up: bool = False,
    as_of: datetime | None = None,
    seed: int = 0,
    stop: Stop = Stop(),
    params: ForecastParams = _PLAIN,
    on_progress: Callable[[int, int], None] | None = None,
) -> DemandForecast:
    """Forecast demand from a lake, a table of rows, or series.

    Parameters
    ----------
    source : a lake, the path of its folder, a pandas frame, an Arrow table, a mapping of columns, a series, or several.
    by : dimensions (of a lake) or columns (of a table) to split by.
    days : how many local days ahead.
    every : ``15min``, ``30min``, ``hour`` or ``day``.
    time, value : columns of a table; without a value each row is one arrival.
    time_zone : whose days count; that of the lake's sites, or UTC.
    kind, where : of a lake what to forecast, and which members to keep.
    holidays, occasions, regressors, lead, levels, paths : see `ForecastProblem`.
    changes : laid over what was computed, see `change`.
    add_up : forecast the total too, and of several dimensions those of the first ones, and make all agree.
    as_of : forecast as if nothing later were known. The hours of a day that has begun move the rest of it.
    seed, stop, params, on_progress : see `solve`.

    Raises
    ------
    InputError
        All that is wrong with the input.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"day": pd.date_range("2026-01-05", periods=70), "calls": [120, 100, 100, 95, 90, 40, 0] * 10})
    >>> told = forecast(rows, time="day", value="calls", every="day", time_zone="Europe/Vilnius")
    >>> [int(x) for x in told.of().point]
    [120, 100, 100, 95, 90, 40, 0]
    """
    asked = ask(
        source, by=by, days=days, every=every, time=time, value=value, time_zone=time_zone, kind=kind, where=where, holidays=holidays,
        occasions=occasions, regressors=regressors, lead=lead, levels=levels, paths=paths, add_up=add_up, as_of=as_of,
    )  # fmt: skip
    computed = answer(asked, add_up=add_up, seed=seed, stop=stop, params=params, on_progress=on_progress)
    return change(computed, changes=changes, seed=seed).forecast if changes else computed


def ask(
    source: Any,
    *,
    by: Sequence[str] = (),
    days: int = 7,
    every: str | Step = Step.HOUR,
    time: str = "time",
    value: str | None = None,
    time_zone: str | None = None,
    kind: DemandKind = DemandKind.ARRIVALS,
    where: Mapping[str, Sequence[str]] | None = None,
    holidays: str = "",
    occasions: Sequence[Occasion] = (),
    regressors: Sequence[Regressor] = (),
    lead: int | None = None,
    levels: tuple[float, ...] = (0.5, 0.8, 0.95),
    paths: int = 200,
    add_up: bool = False,
    as_of: datetime | None = None,
) -> DemandQuestion:
    """Return the question behind `forecast`, with the same parameters."""
    if as_of is not None and as_of.tzinfo is None:
        advice = "Maybe a time with its offset: 2026-03-02T09:00+02:00."
        raise InputError([Issue("naive-time", Severity.ERROR, "as_of", as_of.isoformat(), advice)])
    series, issues = _series(source, by, Step(every), time, value, time_zone, kind, where, as_of)
    if add_up and by:
        series = _with_totals(series, by)
    cut = [_whole_days(one, as_of) for one in series]
    problem = ForecastProblem(
        tuple(one for one, _ in cut), days, lead, levels, paths, tuple(occasions), holidays, tuple(regressors)
    )
    return DemandQuestion(problem, tuple(seen for _, seen in cut), tuple(issues))


def answer(
    asked: DemandQuestion,
    *,
    add_up: bool = False,
    seed: int = 0,
    stop: Stop = Stop(),
    params: ForecastParams = _PLAIN,
    on_progress: Callable[[int, int], None] | None = None,
) -> DemandForecast:
    """Solve a question, make wholes and parts agree, and move the rest of a day that has begun."""
    told = solve(asked.problem, stop=stop, seed=seed, params=params, on_progress=on_progress)
    if add_up and told.status is Status.STOPPED:
        advice = "Maybe ask again and let it end: parts and wholes are as they were computed, each by itself."
        issue = Issue("not-added-up", Severity.WARNING, "add_up", f"{len(told.series)} series", advice)
        told = replace(told, issues=(*told.issues, issue))
    elif add_up:
        told = reconcile(told, seed=seed)
    known = {_name(one): seen for one, seen in zip(asked.problem.series, asked.seen, strict=True)}
    moved = [update(one, seen=seen, seed=seed) if len(seen := known[_name(one.series)]) else one for one in told.series]
    return replace(told, series=tuple(moved), issues=(*asked.issues, *told.issues))


def _name(one: Series) -> tuple[object, ...]:
    return (one.kind, *sorted(one.key.items()))


def _series(
    source: Any, by: Sequence[str], every: Step, time: str, value: str | None, time_zone: str | None, kind: DemandKind,
    where: Mapping[str, Sequence[str]] | None, as_of: datetime | None,
) -> tuple[tuple[Series, ...], list[Issue]]:  # fmt: skip
    from troth.log.lake import Lake

    if isinstance(source, Series):
        return (source,), []
    if isinstance(source, list | tuple) and source and all(isinstance(one, Series) for one in source):
        return tuple(source), []
    if isinstance(source, str | Path):
        source = Lake(source)
    if isinstance(source, Lake):
        if not source.exists():
            raise InputError([Issue("no-lake", Severity.ERROR, str(source.root), "", "Maybe import something first.")])
        from troth.demand.read import read

        return read(source, by=by, every=every, kind=kind, where=where or {}, time_zone=time_zone, as_of=as_of)
    return series_of(source, time=time, value=value, by=by, every=every, time_zone=time_zone, as_of=as_of)


def _with_totals(series: tuple[Series, ...], by: Sequence[str]) -> tuple[Series, ...]:
    """Return the series with their total and the sums over the last dimensions."""
    wholes = [one for depth in range(len(by)) for one in totals(series, by=by[:depth])]
    return (*wholes, *series)


def _whole_days(one: Series, as_of: datetime | None) -> tuple[Series, Floats]:
    """Return a series up to the end of its last whole day, and what came since then, as far as cells are over."""
    grid, tz = one.grid, zone(one.grid.time_zone)
    end = grid.end if as_of is None else min(as_of, grid.end)
    midnight = start_of_day(end.astimezone(tz).date(), tz=tz)
    edges = grid.edges()
    kept = sum(edge < midnight for edge in edges)
    over = sum(edge <= end for edge in edges) - 1
    if kept == len(edges) - 1 or not edges:
        return one, np.zeros(0)
    cut = replace(
        one,
        grid=Grid(grid.start, max(midnight, grid.start), grid.step, grid.time_zone),
        values=one.values[:kept],
        weights=None if one.weights is None else one.weights[:kept],
        closed=None if one.closed is None else one.closed[:kept],
    )
    return cut, one.values[kept:over].copy() if grid.step is not Step.DAY else np.zeros(0)
