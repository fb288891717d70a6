"""A problem goes in, a forecast comes out: known answers, bands that hold, futures that hang together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from troth.core import Calendar, Grid, InputError, Step, stream
from troth.core.decision import Status, Stop
from troth.demand import (
    DemandKind,
    ForecastParams,
    ForecastProblem,
    Occasion,
    RepairKind,
    Series,
    SeriesForecast,
    solve,
)
from troth.demand._batch import batches

MONDAY = date(2026, 1, 5)
QUICK = ForecastParams(models=("weekday-mean", "profile-level", "profile", "counts"))
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.0])
DAYS = 112
OPEN = np.r_[np.zeros(8), 0.6, 1.2, 1.6, 1.5, 1.1, 0.9, 1.0, 0.9, 0.7, 0.5, np.zeros(6)]


def hourly(*, level: float = 40.0, days: int = DAYS, seed: int = 3, common: float = 0.1, key: str = "calls") -> Series:
    """Return Poisson arrivals by hour; days are busy or quiet as a whole, Sundays and nights closed."""
    rng = stream(seed, "solve", key)
    weekday = (MONDAY.weekday() + np.arange(days)) % 7
    mean = level * WEEK[weekday, None] * OPEN * np.exp(common * rng.standard_normal((days, 1)))
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=days - 1), step=Step.HOUR)
    return Series(rng.poisson(mean).astype(float).ravel(), grid, {"queue": key})


def told(series: Series, params: ForecastParams = QUICK, **more: object) -> SeriesForecast:
    """Return the forecast of one series."""
    problem = replace(ForecastProblem((series,), paths=400), **more)  # type: ignore[arg-type]
    return solve(problem, params=params, seed=5).series[0]


CALLS = told(hourly())


def test_a_steady_week_is_forecast_as_it_was() -> None:
    """Without chance there is nothing to get wrong."""
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=83))
    one = told(Series(np.tile([120.0, 100, 100, 95, 90, 40, 0], 12), grid))
    assert one.point.tolist() == [120, 100, 100, 95, 90, 40, 0]


def test_closed_hours_and_days_stay_closed() -> None:
    """Nights and Sundays are found in the history and get nothing, in every path."""
    shut = np.concatenate([(WEEK[k] * OPEN) == 0 for k in range(7)])
    assert (CALLS.closed == shut).all()
    assert not CALLS.high[:, shut].any()
    assert not CALLS.paths[:, shut].any()


def test_bands_are_nested_and_hold_the_point() -> None:
    """A wider level holds a narrower one."""
    low, high = CALLS.low, CALLS.high
    assert (np.diff(low, axis=0) <= 0).all()
    assert (np.diff(high, axis=0) >= 0).all()
    assert ((low[0] <= CALLS.point + 0.5) & (CALLS.point <= high[0] + 0.5)).all()


@pytest.mark.parametrize("level", [4.0, 40.0])
def test_bands_hold_what_they_say_on_days_not_seen(level: float) -> None:
    """Over 12 series and the week after their history, 80 % bands hold 75 to 87 %, of few and of many arrivals."""
    series = [hourly(level=level, days=DAYS + 7, key=f"q{k}") for k in range(12)]
    cut = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=DAYS - 1), step=Step.HOUR)
    seen = tuple(replace(one, values=one.values[: DAYS * 24], grid=cut) for one in series)
    answers = solve(ForecastProblem(seen, paths=1), params=QUICK).series
    held = []
    for one, whole in zip(answers, series, strict=True):
        low, high = one.band(0.8)
        truth = whole.values[DAYS * 24 :]
        held.append(((low <= truth) & (truth <= high))[~one.closed].mean())
    assert 0.75 <= np.mean(held) <= 0.87


def test_a_busy_morning_makes_a_busy_afternoon() -> None:
    """Paths vary as days do: their daily sums spread far wider than if hours were independent."""
    days = CALLS.paths.reshape(400, 7, 24)
    sums = days.sum(2)[:, 0]
    independent = np.sqrt(days[:, 0].var(0).sum())
    assert sums.std() > 1.3 * independent
    assert np.corrcoef(days[:, 0, 8:12].sum(1), days[:, 0, 13:18].sum(1))[0, 1] > 0.4


def test_paths_agree_with_bands_and_mean() -> None:
    """Each cell's paths have the quantiles that the bands say."""
    low, high = CALLS.band(0.8)
    open_ = ~CALLS.closed
    inside = ((CALLS.paths >= low) & (CALLS.paths <= high)).mean(0)[open_]
    assert 0.72 < inside.mean() < 0.88
    np.testing.assert_allclose(CALLS.paths.mean(0)[open_].sum(), CALLS.mean[open_].sum(), rtol=0.05)


def test_same_seed_same_forecast_and_another_seed_other_paths() -> None:
    """Chance comes from the seed alone, and the order of series does not matter."""
    problem = ForecastProblem((hourly(key="a"), hourly(key="b")))
    quick = ForecastParams(models=("weekday-mean",))
    one, other = (solve(problem, params=quick, seed=seed).series[0].paths for seed in (1, 2))
    turned = solve(replace(problem, series=problem.series[::-1]), params=quick, seed=1).series[1].paths
    assert (one != other).any()
    np.testing.assert_array_equal(one, turned)


def test_a_holiday_that_fell_out_is_put_back_as_closed() -> None:
    """A weekday without a single arrival is no estimate of the next one, and the trace says so."""
    series = hourly()
    values = series.values.copy()
    values[91 * 24 : 92 * 24] = 0  # Easter Monday
    one = told(replace(series, values=values), holidays="LT")
    assert [(r.kind, r.name) for r in one.repairs if r.kind is RepairKind.CLOSED] == [
        (RepairKind.CLOSED, "Easter Monday")
    ]
    assert one.point[:24].sum() == pytest.approx(CALLS.point[:24].sum(), rel=0.05)


def test_the_next_holiday_is_closed_as_the_last_one_was() -> None:
    """An office that was closed on a holiday is closed on the next, also on another date and weekday."""
    values = hourly().values.reshape(-1, 24).copy()
    for day in (date(2026, 1, 6), date(2026, 2, 16), date(2026, 3, 11), date(2026, 4, 6)):
        values[(day - MONDAY).days] = 0
    one = told(replace(hourly(), values=values.ravel()), holidays="LT")  # 27 April to 3 May
    assert one.closed.reshape(7, 24).all(1).tolist() == [False, False, False, False, True, False, True]
    worked = told(hourly(), holidays="LT")
    assert not worked.closed.reshape(7, 24)[4].all()


def test_a_named_occasion_is_matched_wherever_it_moves() -> None:
    """A sale that doubled demand on a Tuesday and a Thursday lifts the Friday it moves to."""
    series = hourly(level=60.0, common=0.05)
    values = series.values.reshape(-1, 24).copy()
    dates = [MONDAY + timedelta(days=k) for k in (29, 66, 92)]
    for day in dates:
        values[(day - MONDAY).days] *= 2
    ahead = MONDAY + timedelta(days=DAYS + 4)
    sale = tuple(Occasion(day, "sale") for day in [*dates, ahead])
    with_sale, without = (
        told(replace(series, values=values.ravel()), occasions=some).point.reshape(7, 24).sum(1)
        for some in (sale, sale[:-1])
    )
    assert with_sale[4] > 1.6 * without[4]
    assert with_sale[3] == pytest.approx(without[3], rel=0.1)


def test_a_known_campaign_counts() -> None:
    """A regressor that moved demand in the past moves it on the days ahead."""
    from troth.demand import Regressor

    rng = stream(9, "campaign")
    spend = (rng.random(DAYS + 7) < 0.3).astype(float)
    spend[-7:] = [0, 1, 0, 0, 1, 0, 0]
    base = hourly(level=60.0, common=0.03)
    values = np.round(base.values.reshape(-1, 24) * (1 + 0.5 * spend[:DAYS, None]))
    one = told(replace(base, values=values.ravel()), regressors=(Regressor("campaign", MONDAY, spend),))
    plain = told(replace(base, values=values.ravel()))
    lift = (one.point / np.maximum(plain.point, 1)).reshape(7, 24)[:, 8:18].mean(1)
    assert lift[1] > 1.2
    assert lift[2] < 1.0


def test_a_gap_is_left_out_and_told() -> None:
    """Two days of nothing recorded change little."""
    values = hourly().values.copy()
    values[98 * 24 : 100 * 24] = np.nan
    one = told(replace(hourly(), values=values))
    assert [r.kind for r in one.repairs] == [RepairKind.GAP]
    assert one.point.sum() == pytest.approx(CALLS.point.sum(), rel=0.05)
    assert np.isnan(one.cleaned[98 * 24 : 100 * 24]).all()


def test_an_outlier_is_drawn_in_and_told() -> None:
    """A stuck line that counts a thousand calls in an hour is not expected again."""
    values = hourly().values.copy()
    values[105 * 24 + 10] = 5000
    one = told(replace(hourly(), values=values))
    (repair,) = one.repairs
    assert (repair.kind, repair.was) == (RepairKind.OUTLIER, 5000)
    assert repair.became is not None
    assert repair.became < 200
    assert one.point.sum() == pytest.approx(CALLS.point.sum(), rel=0.05)


def test_a_calendar_is_believed_over_the_history() -> None:
    """New opening hours hold from the first day on."""
    longer = Calendar.weekly("longer", time_zone="UTC", hours="Mon-Sat 08:00-16:00")
    one = told(replace(hourly(), calendar=longer))
    open_ = ~one.closed.reshape(7, 24)
    assert open_[:6, 8:16].all()
    assert not open_[:6, 16:].any()


@pytest.mark.parametrize(("kind", "usual"), [(DemandKind.HANDLE_TIME, 240.0), (DemandKind.NO_SHOW, 0.12)])
def test_means_and_shares_are_weighed_by_what_is_behind_them(kind: DemandKind, usual: float) -> None:
    """A quiet hour's mean says less than a busy hour's."""
    behind = hourly().values
    rng = stream(2, "means", kind)
    noise = rng.standard_normal(len(behind)) / np.sqrt(np.maximum(behind, 1))
    values = np.where(behind > 0, np.clip(usual * (1 + 0.6 * noise), 0, 1 if usual < 1 else None), np.nan)
    one = told(Series(values, hourly().grid, kind=kind, weights=behind))
    open_ = ~one.closed
    assert one.point[open_].mean() == pytest.approx(usual, rel=0.1)
    assert (one.high[1][open_] > one.point[open_]).all()


def test_two_weeks_give_a_forecast_with_a_warning() -> None:
    """Fourteen days are enough to say something."""
    answer = solve(ForecastProblem((hourly(days=14),)), params=QUICK)
    assert [issue.code for issue in answer.issues] == ["short-history"]
    assert np.isfinite(answer.series[0].high).all()


def test_all_noughts_are_forecast_as_noughts() -> None:
    """Nothing ever came: nothing is expected, and the band says so."""
    one = told(replace(hourly(), values=np.zeros(DAYS * 24)))
    assert not one.point.any()
    assert one.high.max() <= 1


def test_the_hour_that_comes_twice_is_two_cells() -> None:
    """On the day of the clock change in autumn a forecast has 25 hours, in spring 23."""
    grid = Grid.of_dates(date(2026, 7, 6), last=date(2026, 10, 24), step=Step.HOUR, time_zone="Europe/Vilnius")
    one = told(Series(np.full(len(grid.cells()), 20.0), grid), days=1)
    assert len(one.point) == 25


def test_what_cannot_be_used_is_refused_with_all_issues() -> None:
    """Wrong input and unknown forecasters come together."""
    with pytest.raises(InputError) as error:
        solve(ForecastProblem((hourly(days=3),)), params=ForecastParams(models=("oracle",)))
    assert {issue.code for issue in error.value.issues} == {"too-short", "unknown-model"}


def test_a_far_horizon_is_done_in_parts_that_fit_in_memory() -> None:
    """Two years ahead need as much room for each series as twenty-six series four weeks ahead."""
    grid = Grid.of_dates(MONDAY, last=MONDAY + timedelta(days=DAYS - 1))
    series = tuple(Series(np.ones(DAYS), grid, {"queue": str(k)}) for k in range(300))
    near, far = (batches(ForecastProblem(series, days=n), models=QUICK.models, seed=0) for n in (28, 731))
    assert len(near) == 1
    assert len(far) >= 3
    assert sorted(k for _, places in far for k in places) == list(range(300))


def test_a_stop_returns_what_is_done() -> None:
    """Stopped before the first part, there is no series, and the status says so."""
    answer = solve(ForecastProblem((hourly(),)), params=QUICK, stop=Stop(steps=0, asked=lambda: True))
    assert (answer.series, answer.status) == ((), Status.STOPPED)


def test_scores_tell_who_was_best_and_weights_add_up() -> None:
    """Every forecaster has its line, the best first."""
    assert [score.wape for score in CALLS.scores] == sorted(score.wape for score in CALLS.scores)
    assert sum(score.weight for score in CALLS.scores) == pytest.approx(1.0)
    assert {score.model for score in CALLS.scores} == set(QUICK.models)
