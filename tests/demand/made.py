"""Forecasts whose truth is known: days of a profile, a level that differs from day to day, and chance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from troth.core import Grid, Step
from troth.core.random import stream
from troth.demand import DemandKind, Series, SeriesForecast

MONDAY = date(2026, 3, 2)
LEVELS = (0.5, 0.8, 0.95)


def profile(step: Step = Step.HOUR) -> np.ndarray:
    """Return the expected arrivals of a day by cell: closed at night, a peak before noon."""
    per_hour = {Step.HOUR: 1, Step.HALF_HOUR: 2, Step.QUARTER_HOUR: 4}[step]
    hour = (np.arange(24 * per_hour) + 0.5) / per_hour
    shape = np.exp(-(((hour - 11) / 3) ** 2)) + 0.6 * np.exp(-(((hour - 15) / 2) ** 2))
    return np.where((hour > 8) & (hour < 18), shape, 0.0) * 40 / per_hour


def levels(days: int, *, sd: float, names: tuple[str | int, ...], seed: int = 1) -> np.ndarray:
    """Return the level of each day: lognormal about 1."""
    return np.exp(stream(seed, "level", *names).normal(0.0, sd, days) - sd**2 / 2)


def day_forecast(
    *, sd: float = 0.2, paths: int = 200, days: int = 1, scale: float = 1.0, seed: int = 1, **more: Any
) -> SeriesForecast:
    """Return the forecast of `days` days that knows the truth: profile times level, Poisson.

    The level of a later day goes with the one before at half its strength.
    """
    expected = np.tile(profile() * scale, days)
    draw = stream(seed, "paths")
    effect = draw.normal(0.0, sd, (paths, days))
    for day in range(1, days):
        effect[:, day] = 0.5 * effect[:, day - 1] + np.sqrt(0.75) * effect[:, day]
    level = np.repeat(np.exp(effect - sd**2 / 2), 24, axis=1)
    futures = draw.poisson(expected * level).astype(float)
    return forecast_of(futures, first=MONDAY, days=days, mean=expected, **more)


def forecast_of(
    futures: np.ndarray, *, first: date, days: int, mean: np.ndarray | None = None, step: Step = Step.HOUR, **more: Any
) -> SeriesForecast:
    """Return a forecast whose bands are those of its paths."""
    grid = Grid.of_dates(first, last=first + timedelta(days=days - 1), step=step, time_zone="Europe/Vilnius")
    before = Grid.of_dates(
        first - timedelta(days=28), last=first - timedelta(days=1), step=step, time_zone="Europe/Vilnius"
    )
    size = len(before.edges()) - 1
    history = np.resize(futures.mean(0), size)
    series = Series(history, before, key=more.pop("key", {}), kind=more.pop("kind", DemandKind.ARRIVALS))
    low, high = (np.quantile(futures, [(1 + sign * level) / 2 for level in LEVELS], axis=0) for sign in (-1, 1))
    said = futures.mean(0) if mean is None else mean
    return SeriesForecast(
        series, grid, np.median(futures, axis=0), said, LEVELS, low, high, futures,
        more.pop("closed", said == 0), history, **more,
    )  # fmt: skip
