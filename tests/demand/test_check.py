"""Everything that is wrong with a problem is said at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from troth.core import Grid, Severity, Step
from troth.demand import DemandKind, ForecastProblem, Regressor, Series, check, horizon

MONDAY = date(2026, 3, 2)


def daily(values: Any, **more: Any) -> Series:
    """Return a daily series that begins on a Monday."""
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=len(values) - 1), time_zone="Europe/Vilnius")
    return Series(np.asarray(values, dtype=float), grid, **more)


GOOD = daily(np.tile([120.0, 100, 100, 95, 90, 40, 0], 10))


def codes(series: Series, **more: Any) -> set[str]:
    """Return the codes of the issues of one series."""
    return {issue.code for issue in check(ForecastProblem((series,), **more))}


def test_a_sound_problem_has_no_issues() -> None:
    """Ten weeks of whole counts are nothing to complain of."""
    assert check(ForecastProblem((GOOD,))) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"days": 0}, "bad-horizon"),
        ({"lead": 8}, "bad-lead"),
        ({"levels": (0.8, 1.0)}, "bad-level"),
        ({"levels": ()}, "bad-level"),
        ({"paths": 0}, "bad-paths"),
        ({"holidays": "Atlantis"}, "unknown-holidays"),
        ({"holidays": "US-XX"}, "unknown-holidays"),
        ({"regressors": (Regressor("price", MONDAY, np.ones(70)),)}, "short-regressor"),
    ],
)
def test_a_bad_question_is_named(changed: dict[str, Any], code: str) -> None:
    """Each field of the question is looked at."""
    assert codes(GOOD, **changed) == {code}


@pytest.mark.parametrize(
    ("series", "code"),
    [
        (daily(np.ones(13)), "too-short"),
        (daily(np.ones(14)), "short-history"),
        (daily(np.full(70, np.nan)), "no-data"),
        (daily(np.full(70, -3.0)), "no-data"),
        (daily([*np.full(64, np.nan), *np.ones(6)]), "too-short"),
        (daily(np.zeros(70)), "all-zero"),
        (daily([-1.0, *np.ones(69)]), "negative"),
        (daily([np.inf, *np.ones(69)]), "not-finite"),
        (daily([1.5, *np.ones(69)]), "not-whole"),
        (daily([*np.ones(200), *np.full(100, np.nan), *np.ones(65)]), "hole"),
        (daily(np.full(70, 12.0), kind=DemandKind.NO_SHOW), "bad-share"),
        (daily(np.ones(70), weights=np.ones(3)), "wrong-length"),
        (daily(np.ones(70), weights=-np.ones(70)), "bad-weights"),
        (replace(GOOD, values=GOOD.values[1:]), "wrong-length"),
        (Series(np.ones(10), Grid.of_dates(MONDAY, last=date(2026, 5, 10), step=Step.WEEK)), "bad-step"),
        (Series(np.ones(1), Grid.of_dates(MONDAY, last=MONDAY)), "too-short"),
        (Series(np.ones(0), Grid(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))), "too-short"),
    ],
)
def test_a_bad_series_is_named(series: Series, code: str) -> None:
    """Each way in which a history can be unusable or doubtful has its code."""
    assert code in codes(series)


def test_two_series_of_one_key_are_refused() -> None:
    """Nobody could say later which is which."""
    assert [issue.count for issue in check(ForecastProblem((GOOD, GOOD))) if issue.code == "same-key"] == [2]


def test_the_odd_days_and_a_day_not_over_are_only_told() -> None:
    """A clock change and a part of a day need no mending."""
    grid = Grid(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, 9, tzinfo=UTC), Step.HOUR, "Europe/Vilnius")
    found = check(ForecastProblem((Series(np.ones(len(grid.cells())), grid),)))
    assert {(issue.code, issue.severity) for issue in found} == {
        ("clock-change", Severity.INFO),
        ("part-day", Severity.INFO),
    }


def test_all_issues_come_at_once() -> None:
    """A caller mends everything in one go."""
    assert len(check(ForecastProblem((daily(np.ones(3)), GOOD, GOOD), days=0, paths=0))) == 4


def test_the_days_ahead_begin_after_the_last_whole_day() -> None:
    """Part of a day is forecast anew, whole."""
    grid = Grid(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC), Step.HOUR, "Europe/Vilnius")
    ahead = horizon(Series(np.ones(len(grid.cells())), grid), days=2)
    assert [label.date() for label in (ahead.labels()[0], ahead.labels()[-1])] == [date(2026, 3, 28), date(2026, 3, 29)]
    assert len(ahead.cells()) == 47  # the clocks go forward in the night to 29 March
