"""Holes, ends and batches: what the days without demand say of the days ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from troth.core import Calendar, Grid, Step, stream
from troth.demand import ForecastParams, ForecastProblem, RepairKind, Series, SeriesForecast, check, solve

MONDAY, DAYS = date(2025, 1, 6), 364
QUICK = ForecastParams(models=("weekday-mean", "profile-level", "counts"))
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.0])


def daily(level: float) -> np.ndarray:
    """Return a year of Poisson counts; Sundays are closed."""
    return stream(4, "open").poisson(np.tile(WEEK, DAYS // 7) * level).astype(float)


def hourly(level: float) -> np.ndarray:
    """Return a year of Poisson counts from nine to five, closed on Sundays."""
    day = np.r_[np.zeros(9), np.ones(8), np.zeros(7)] * level
    counts: np.ndarray = stream(4, "hours").poisson(np.tile(WEEK, DAYS // 7)[:, None] * day).astype(float)
    return counts.ravel()


def asked(values: np.ndarray) -> ForecastProblem:
    """Return the question of a week ahead."""
    step = Step.DAY if len(values) == DAYS else Step.HOUR
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=DAYS - 1), step=step)
    return ForecastProblem((Series(values, grid),), paths=50)


def told(values: np.ndarray) -> SeriesForecast:
    """Return the forecast of a week ahead."""
    return solve(asked(values), params=QUICK).series[0]


def codes(values: np.ndarray) -> list[str]:
    """Return what is said of a history."""
    return [issue.code for issue in check(asked(values))]


@pytest.mark.parametrize("known", [0, 3])
@pytest.mark.parametrize("make", [daily, hourly])
def test_after_a_long_hole_hours_and_level_are_those_from_before_it(make: object, known: int) -> None:
    """Ninety days unknown, at the end or but for the last three days: nobody closed, and the level stays."""
    values = make(50.0)  # type: ignore[operator]
    cells = len(values) // DAYS
    whole = told(values)
    values[(DAYS - 90 - known) * cells : (DAYS - known) * cells] = np.nan
    one = told(values)
    assert (one.closed == whole.closed).all()
    assert one.mean.sum() == pytest.approx(50 * WEEK.sum() * (1 if cells == 1 else 8), rel=0.1)
    assert one.scores[0].days > 100
    assert codes(values) == ["hole"]


def test_a_calendar_that_was_never_open_gives_noughts() -> None:
    """With no open day at all there is nothing to be tried on, and nothing is expected."""
    problem = asked(daily(50.0))
    shut = replace(problem.series[0], calendar=Calendar("shut", "UTC", ()))
    one = solve(replace(problem, series=(shut,)), params=QUICK).series[0]
    assert one.closed.all() and not one.mean.any() and np.isnan(one.scores[0].wape)


def test_a_service_without_demand_for_eight_weeks_has_ended() -> None:
    """Nothing is expected any more, it is said so, and no share of nothing is told as an error."""
    values = daily(50.0)
    values[-60:] = 0
    one = told(values)
    assert one.mean.sum() < 0.01 * values[:7].sum()
    assert all(np.isnan(score.wape) for score in one.scores)
    assert codes(values) == ["nothing-lately"]


def test_three_weeks_without_demand_were_closed_and_are_told() -> None:
    """The next open day is expected to be as those before."""
    values = daily(50.0)
    values[-20:] = 0
    assert told(values).mean.sum() == pytest.approx(50 * WEEK.sum(), rel=0.1)
    assert codes(values) == ["nothing-lately"]


def test_a_quarter_of_small_counts_without_any_was_closed() -> None:
    """Two a day never fail to come for ninety days by chance, though each of the days alone says nothing."""
    values = stream(5, "small").poisson(2.0, DAYS).astype(float)
    values[200:290] = 0
    one = told(values)
    assert one.mean.sum() == pytest.approx(14.0, rel=0.15)
    shut = [repair for repair in one.repairs if repair.kind is RepairKind.CLOSED]
    assert len(shut) == 90


def test_a_few_quiet_days_of_small_counts_are_quiet_days() -> None:
    """Of two a day five empty ones in a row are told as they are."""
    values = stream(5, "small").poisson(2.0, DAYS).astype(float)
    values[200:205] = 0
    assert not any(repair.kind is RepairKind.CLOSED for repair in told(values).repairs)


def test_what_comes_in_batches_is_not_expected_every_open_day() -> None:
    """Two hundred every thirty days do not make two hundred a day on the weekdays they last fell on."""
    values = np.zeros(DAYS)
    values[::30] = 200
    one = told(values)
    assert one.mean.sum() < 100
    assert not one.repairs
    assert codes(values) == ["in-batches"]


def test_rare_arrivals_are_no_batches() -> None:
    """One in three days at random needs no warning."""
    assert codes(stream(6, "rare").poisson(0.3, DAYS).astype(float)) == []
