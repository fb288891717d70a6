"""From a problem to its forecast: check, divide, forecast each part, put together."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError
from troth.core.fanout import fanout
from troth.demand._batch import batches, forecast_batch
from troth.demand._models import MODELS, QUICK
from troth.demand.check import check
from troth.demand.plan import DemandForecast, SeriesForecast
from troth.demand.problem import ForecastProblem


@dataclass(frozen=True, slots=True)
class ForecastParams:
    """How to go about it.

    Parameters
    ----------
    models : names of the forecasters to try; none takes all for few series and the quick ones for many.
    few : so many series are few.
    workers : processes; None takes one for each core where that pays.
    """

    models: tuple[str, ...] = ()
    few: int = 50
    workers: int | None = 1


def solve(
    problem: ForecastProblem,
    *,
    stop: Stop = Stop(),
    seed: int = 0,
    params: ForecastParams = ForecastParams(),
    on_progress: Callable[[int, int], None] | None = None,
) -> DemandForecast:
    """Forecast every series of a problem.

    Closed days, gaps and outliers are found first. Then every forecaster says what it would have said on each of the last
    eight weeks; what the mixture of them that was best would have missed by gives the bands.

    Parameters
    ----------
    stop : asked between parts; what is done until then is returned.
    seed : of the possible futures. The same problem, seed and versions give the same forecast.
    on_progress : told how many series are done, and of how many.

    Raises
    ------
    InputError
        With every issue `check` finds, if one of them is an error; ``unknown-model``.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from troth.core import Grid
    >>> from troth.demand import ForecastProblem, Series, solve
    >>> grid = Grid.of_dates(date(2026, 1, 5), last=date(2026, 4, 12), time_zone="Europe/Vilnius")
    >>> week = [120.0, 100, 100, 95, 90, 40, 0]
    >>> told = solve(ForecastProblem((Series(np.tile(week, 14), grid),)))
    >>> [int(x) for x in told.series[0].point]
    [120, 100, 100, 95, 90, 40, 0]
    """
    began = time.monotonic()
    issues = [*check(problem), *_unknown(params)]
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    parts = batches(problem, models=_chosen(problem, params), seed=seed)
    done = fanout(
        forecast_batch,
        items=[part for part, _ in parts],
        workers=params.workers,
        on_done=_counted(parts, on_progress),
        stop=Stop(asked=lambda: stop.reached(seconds=time.monotonic() - began)),
    )
    found: dict[int, SeriesForecast] = {}
    for (_, places), told in zip(parts, done, strict=False):
        found.update(zip(places, told, strict=True))
    status = Status.FEASIBLE if len(found) == len(problem.series) else Status.STOPPED
    answers = tuple(found[place] for place in sorted(found))
    return DemandForecast(answers, status, tuple(issues), seed, time.monotonic() - began, _versions())


def _chosen(problem: ForecastProblem, params: ForecastParams) -> tuple[str, ...]:
    """Return the forecasters to try."""
    many = len(problem.series) > params.few
    return params.models or tuple(one.name for one in (QUICK if many else MODELS.values()))


def _unknown(params: ForecastParams) -> list[Issue]:
    advice = f"Maybe one of {', '.join(MODELS)}."
    return [
        Issue("unknown-model", Severity.ERROR, "params.models", name, advice)
        for name in params.models
        if name not in MODELS
    ]


def _counted(
    parts: Sequence[tuple[object, list[int]]], on_progress: Callable[[int, int], None] | None
) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    total = sum(len(places) for _, places in parts)
    return lambda done, of: on_progress(round(total * done / of), total)


def _versions() -> dict[str, str]:
    return {
        name: importlib.metadata.version(name)
        for name in ("troth", "numpy", "scipy", "lightgbm", "statsforecast", "holidays")
    }
