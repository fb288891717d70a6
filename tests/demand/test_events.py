"""Named days are as days of their name were; that holidays were closed says nothing of a campaign."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from troth.core import Grid
from troth.demand import ForecastParams, ForecastProblem, Occasion, Series, solve

MONDAY = date(2025, 10, 6)
DAYS = 24 * 7
CLOSED = [
    date(2025, 11, 1),
    *(date(2025, 12, day) for day in (24, 25, 26)),
    date(2026, 1, 1),
    date(2026, 2, 16),
    date(2026, 3, 11),
]
NEXT = MONDAY + timedelta(days=DAYS + 1)


def closed_next(*occasions: Occasion) -> bool:
    """Tell whether the second day ahead is forecast closed, after half a year in which all public holidays were."""
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=DAYS - 1), time_zone="Europe/Vilnius")
    values = np.tile([120.0, 104, 98, 95, 92, 40, 0], 24)
    values[[(day - MONDAY).days for day in CLOSED]] = 0.0
    problem = ForecastProblem((Series(values, grid),), occasions=occasions, holidays="LT")
    return bool(solve(problem, params=ForecastParams(models=("weekday-mean",))).series[0].closed[1])


def test_a_day_on_which_the_like_was_open_is_open() -> None:
    """The bills went out in November and people called, whatever holidays did."""
    assert not closed_next(Occasion(date(2025, 11, 11), "Bills go out"), Occasion(NEXT, "Bills go out"))


def test_a_day_on_which_the_like_was_closed_is_closed() -> None:
    """A stock-taking that closed the service in December closes it again."""
    assert closed_next(Occasion(date(2025, 12, 24), "Stock-taking"), Occasion(NEXT, "Stock-taking"))


def test_what_never_was_before_closes_nothing() -> None:
    """A first campaign is no holiday, unless it is said so."""
    assert not closed_next(Occasion(NEXT, "Campaign"))
    assert closed_next(Occasion(NEXT, "Move", closed=True))


def test_what_is_said_to_be_like_a_holiday_is_like_it() -> None:
    """A new holiday may be likened to one that is known."""
    assert closed_next(Occasion(NEXT, "New holiday", like="Christmas Eve"))
