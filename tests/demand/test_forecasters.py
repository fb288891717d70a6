"""What every forecaster must keep, whatever its idea: the shared suite. A new line in `MODELS` is tested by it at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from troth.core import stream
from troth.demand._calendar import days_of
from troth.demand._models import MODELS
from troth.demand._open import opening
from troth.demand._past import Past
from troth.demand.problem import ForecastProblem, Occasion

DAYS, AHEAD, SLOTS = 105, 7, 4
ORIGINS = (70, 84, 97, DAYS)
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.2])
PROFILE = np.array([0.5, 1.6, 1.3, 0.6])


def past(*, level: float = 60.0, seed: int = 1, series: int = 2) -> Past:
    """Return Poisson arrivals with a week, a profile and days that are busy or quiet as a whole, one of them a holiday."""
    rng = stream(seed, "forecasters")
    days = days_of(
        ForecastProblem((), occasions=(Occasion(date(2026, 4, 6), "Easter Monday"),)),
        first=date(2026, 1, 5),
        count=DAYS + AHEAD,
    )
    mean = level * WEEK[days.weekday[:DAYS], None] * PROFILE
    mean = mean * np.exp(0.1 * rng.standard_normal((series, DAYS, 1)))
    values = rng.poisson(mean).astype(float)
    values[:, 91] = 0.0  # Easter Monday: closed
    found = opening(values, days=days, exists=np.ones((DAYS + AHEAD, SLOTS), dtype=bool))
    usable = found.why == 0
    return Past(
        np.where(usable, values, 0.0),
        usable.astype(float),
        found.open,
        days,
        counts=True,
    )


PAST = past()


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    """Name each forecaster in turn."""
    return str(request.param)


def test_every_cell_gets_a_number(model: str) -> None:
    """No NaN, nothing negative, the shape as promised."""
    said = MODELS[model].forecast(PAST, origins=ORIGINS, days=AHEAD)
    assert said.shape == (2, len(ORIGINS), AHEAD, SLOTS)
    assert np.isfinite(said).all()
    assert (said >= 0).all()


def test_nobody_looks_ahead(model: str) -> None:
    """What came on the day of an origin or later does not change its forecast."""
    origin = ORIGINS[1]
    changed = PAST.values.copy()
    changed[:, origin:] = 3 * changed[:, origin:] + 50
    other = replace(PAST, values=changed)
    before, after = (
        MODELS[model].forecast(one, origins=(origin, *ORIGINS[2:]), days=AHEAD)[:, 0] for one in (PAST, other)
    )
    np.testing.assert_allclose(before, after, rtol=1e-6)


def test_origins_do_not_disturb_each_other_much(model: str) -> None:
    """Asked alone or together with earlier origins, the newest gets the same answer."""
    together = MODELS[model].forecast(PAST, origins=ORIGINS, days=AHEAD)[:, -1]
    alone = MODELS[model].forecast(PAST, origins=ORIGINS[-1:], days=AHEAD)[:, 0]
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_twice_the_demand_is_twice_the_forecast(model: str) -> None:
    """Scale is learned from the data: of large counts, forecasts scale with them."""
    large = past(level=4000.0)
    double = replace(large, values=2 * large.values)
    one, two = (MODELS[model].forecast(some, origins=ORIGINS[-1:], days=AHEAD) for some in (large, double))
    np.testing.assert_allclose(two, 2 * one, rtol=0.02)


def test_the_week_and_the_hours_are_found(model: str) -> None:
    """The busiest weekday and place of the day are forecast busiest, and sums are near the truth."""
    said = MODELS[model].forecast(past(level=600.0), origins=ORIGINS[-1:], days=AHEAD)[0, 0]
    assert np.corrcoef(said.sum(1), WEEK)[0, 1] > 0.9
    assert (said[:5].argmax(1) == 1).all()
    assert said.sum() == pytest.approx(600 * WEEK.sum() * PROFILE.sum(), rel=0.2)


def test_a_short_history_is_enough(model: str) -> None:
    """From a week on, every forecaster says something finite."""
    said = MODELS[model].forecast(PAST, origins=(7, 14), days=AHEAD)
    assert np.isfinite(said).all()


def test_no_demand_at_all_is_forecast_as_none(model: str) -> None:
    """A series of noughts gets noughts, not a division by nought."""
    empty = replace(PAST, values=0 * PAST.values)
    said = MODELS[model].forecast(empty, origins=ORIGINS[-1:], days=AHEAD)
    assert (said < 0.2).all()
    assert np.isfinite(said).all()


def test_days_left_out_count_nothing(model: str) -> None:
    """Whatever stands in a place of weight 0 has no part in a forecast."""
    values = np.where(PAST.weight > 0, PAST.values, 1e6)
    one, two = (
        MODELS[model].forecast(some, origins=ORIGINS[-1:], days=AHEAD) for some in (PAST, replace(PAST, values=values))
    )
    np.testing.assert_allclose(one, two, rtol=1e-6)
