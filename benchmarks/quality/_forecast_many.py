"""Many daily series of two years at once: how long they take, on all cores."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from troth.core import Grid, stream
from troth.demand import ForecastParams, ForecastProblem, Series, solve

_FIRST, _LAST = date(2024, 1, 1), date(2025, 12, 31)


def made(number: int) -> tuple[Series, ...]:
    """Return Poisson counts of queues of 2 to 2,000 a day with a week, a year, good and bad days and closed Sundays in every second."""
    grid = Grid.of_dates(_FIRST, last=_LAST, time_zone="Europe/Vilnius")
    days = (_LAST - _FIRST).days + 1
    rng = stream(1, "forecast", "many")
    level = np.exp(rng.uniform(np.log(2), np.log(2000), number))[:, None]
    week = np.exp(0.2 * rng.standard_normal((number, 7)))
    week[::2, 6] = 0.0
    weekday = (_FIRST.weekday() + np.arange(days)) % 7
    year = 1 + rng.uniform(0, 0.3, (number, 1)) * np.sin(
        2 * np.pi * (np.arange(days) / 365.25 + rng.random((number, 1)))
    )
    mean = level * week[:, weekday] * year * np.exp(0.1 * rng.standard_normal((number, days)))
    counts = rng.poisson(mean).astype(np.float64)
    return tuple(Series(row, grid, {"series": f"{k:05d}"}) for k, row in enumerate(counts))


def timed(number: int, *, workers: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the seconds of one forecast of all series a week ahead, with Lithuanian holidays, bands and 200 possible futures each."""
    series = made(number)
    began, used = time.perf_counter(), _cpu()
    told = solve(ForecastProblem(series, days=7, holidays="LT"), seed=1, params=ForecastParams(workers=workers))
    seconds = time.perf_counter() - began
    yield {
        "bench": "forecast", "case": "many", "solver": "troth", "seed": 1, "seconds": seconds, "value": seconds, "reference": None,
        "feasible": len(told.series) == number and all(np.isfinite(one.mean).all() for one in told.series),
        "series": number, "cpu_s": round(_cpu() - used, 1), "workers": workers or os.cpu_count(), "gib": round(_peak(), 2),
    }  # fmt: skip


def _cpu() -> float:
    """Return the processor seconds of this process and its ended children."""
    return sum(
        one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _peak() -> float:
    """Return the most memory of this process, and of its largest child."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
