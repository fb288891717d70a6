"""Days that begin at one, that are missing, that have 23 or 25 hours: wherever the clocks change at midnight."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from troth.core import Grid, Step
from troth.demand import ForecastParams, ForecastProblem, Series, solve
from troth.demand._days import by_day, told_by_day

QUICK = ForecastParams(models=("weekday-mean", "profile-level"))
#: Zone, the odd day, and its hours.
ODD = [
    ("Africa/Cairo", date(2026, 4, 24), 23),
    ("Africa/Cairo", date(2026, 10, 29), 25),
    ("Asia/Beirut", date(2026, 3, 29), 23),
    ("America/Havana", date(2026, 3, 8), 23),
    ("America/Sao_Paulo", date(2018, 11, 4), 23),
    ("America/Sao_Paulo", date(2018, 2, 17), 25),
    ("Europe/Vilnius", date(2026, 3, 29), 23),
    ("Australia/Lord_Howe", date(2026, 4, 5), 25),
]


def worked(zone: str, first: date, last: date, step: Step = Step.HOUR) -> Series:
    """Return twenty an hour from eight to six on the wall clock, every day."""
    grid = Grid.of_dates(first, last=last, step=step, time_zone=zone)
    open_ = [step is Step.DAY or 8 <= label.hour < 18 for label in grid.labels()]
    return Series(np.where(open_, 200.0 if step is Step.DAY else 20.0, 0.0), grid)


@pytest.mark.parametrize(("zone", "odd", "hours"), ODD)
@pytest.mark.parametrize("place", ["first day ahead", "later", "first day of the history", "within the history"])
def test_hours_stay_on_the_wall_clock_around_an_odd_day(zone: str, odd: date, hours: int, place: str) -> None:
    """Wherever the odd day lies, the days ahead are whole and open from eight to six."""
    first, last = {
        "first day ahead": (odd - timedelta(days=70), odd - timedelta(days=1)),
        "later": (odd - timedelta(days=71), odd - timedelta(days=2)),
        "first day of the history": (odd, odd + timedelta(days=69)),
        "within the history": (odd - timedelta(days=35), odd + timedelta(days=34)),
    }[place]
    one = solve(ForecastProblem((worked(zone, first, last),), days=3, paths=50), params=QUICK).series[0]
    labels = one.grid.labels()
    days = [last + timedelta(days=k) for k in (1, 2, 3)]
    assert {label.hour for label, mean in zip(labels, one.mean, strict=True) if mean > 1} == set(range(8, 18))
    for day in days:
        mine = np.array([label.date() == day for label in labels])
        assert mine.sum() == (hours if day == odd else 24)
        assert one.mean[mine].sum() == pytest.approx(200, rel=0.02)
    assert by_day(one).mean == pytest.approx([200, 200, 200], rel=0.02)
    assert [told.day for told in told_by_day(one, names={})] == days


@pytest.mark.parametrize("step", [Step.HOUR, Step.DAY])
def test_a_day_that_never_was_is_left_out(step: Step) -> None:
    """Samoa went from 29 to 31 December 2011: the day between has no cell and nothing is expected of it."""
    series = worked("Pacific/Apia", date(2011, 10, 1), date(2011, 12, 29), step)
    one = solve(ForecastProblem((series,), days=3, paths=50), params=QUICK).series[0]
    assert [told.day for told in told_by_day(one, names={})] == [date(2011, 12, 31), date(2012, 1, 1), date(2012, 1, 2)]
    assert one.mean.sum() == pytest.approx(600, rel=0.02)
