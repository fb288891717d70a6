"""Wholes are the sums of their parts, in every possible future, and nobody's forecast gets worse by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.demand import made
from troth.core import Grid, Step
from troth.core.decision import Status
from troth.core.errors import InputError
from troth.core.random import stream
from troth.demand import DemandForecast, DemandKind, Reconciling, Series, reconcile, totals
from troth.demand._together import structure

KEYS: tuple[dict[str, str], ...] = (
    {},
    {"site": "north"},
    {"site": "south"},
    *({"site": site, "queue": queue} for site in ("north", "south") for queue in ("calls", "cards", "mail")),
)
BOTTOMS = slice(3, 9)
SIZE = np.array([60.0, 25, 8, 40, 15, 5])
DAYS = 7


def sums() -> np.ndarray:
    """Return which part belongs to which series."""
    return structure(KEYS)


def world(number: int, *, paths: int = 200) -> tuple[DemandForecast, np.ndarray]:
    """Return forecasts that do not agree, and the truth, shape (series, days).

    All days share an effect, each queue has its own; the forecaster of each series errs by its own amount, small parts the most.
    Its paths are as wide as its errors, and chance.
    """
    draw = stream(number, "world")
    past = 56
    shared, own = draw.normal(0, 0.12, past + DAYS), draw.normal(0, 0.08, (6, past + DAYS))
    level = SIZE[:, None] * np.exp(shared + own)
    came = draw.poisson(level).astype(float)
    history, truth = sums() @ came[:, :past], sums() @ came[:, past:]
    ideal = sums() @ np.repeat(SIZE[:, None], DAYS, 1)
    err = np.array([0.03, 0.06, 0.06, *(0.25 / np.sqrt(SIZE / 5))])
    said = ideal * np.exp(draw.normal(0, err)[:, None])
    series = []
    for place, key in enumerate(KEYS):
        sd = np.hypot(err[place], 0.14)
        wide = said[place] * np.exp(draw.normal(0, sd, (paths, 1)) + draw.normal(0, 0.05, (paths, DAYS)))
        futures = draw.poisson(wide).astype(float)
        one = made.forecast_of(futures, first=made.MONDAY, days=DAYS, mean=said[place], key=key, step=Step.DAY)
        grid = Grid.of_dates(
            made.MONDAY - timedelta(days=past),
            last=made.MONDAY - timedelta(days=1),
            time_zone="Europe/Vilnius",
        )
        series.append(replace(one, series=Series(history[place], grid, key), cleaned=history[place]))
    return DemandForecast(tuple(series), Status.FEASIBLE), truth


def past_errors(number: int) -> np.ndarray:
    """Return the errors of the forecasts of a world, shape (series, days)."""
    forecast, truth = world(number, paths=2)
    found: np.ndarray = np.stack([one.mean for one in forecast.series]) - truth
    return found


@pytest.mark.parametrize("method", list(Reconciling))
def test_every_level_adds_up(method: Reconciling) -> None:
    """Means, and each of the possible futures, of a whole are the sums of those of its parts."""
    forecast, _ = world(1)
    done = reconcile(forecast, method=method)
    parts = done.series[BOTTOMS]
    for one, row in zip(done.series, sums(), strict=True):
        mine = [part for part, yes in zip(parts, row, strict=True) if yes]
        np.testing.assert_allclose(one.mean, sum(part.mean for part in mine), rtol=0, atol=1e-9)
        np.testing.assert_allclose(one.paths, sum(part.paths for part in mine), rtol=0, atol=1e-9)
        np.testing.assert_allclose(one.paths.mean(0), one.mean, rtol=1e-9)
        assert (one.paths >= 0).all() and (one.low <= one.point).all() and (one.point <= one.high).all()


def pooled(*, errors: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of absolute errors of each series over many worlds, as forecast and reconciled."""
    before, after = np.zeros(9), np.zeros(9)
    known = np.concatenate([past_errors(1000 + number) for number in range(30)], axis=1) if errors else None
    for number in range(80):
        forecast, truth = world(number, paths=60)
        done = reconcile(forecast, errors=known)
        for place in range(9):
            before[place] += np.abs(forecast.series[place].mean - truth[place]).sum()
            after[place] += np.abs(done.series[place].mean - truth[place]).sum()
    return before, after


@pytest.mark.parametrize("errors", [False, True], ids=["by-volume", "by-errors"])
def test_no_level_gets_worse_on_the_whole(errors: bool) -> None:
    """Over many worlds the error of each level is at most what it was, and that of the parts falls."""
    before, after = pooled(errors=errors)
    for level in (slice(0, 1), slice(1, 3), BOTTOMS):
        assert after[level].sum() < 1.01 * before[level].sum()
    assert after[BOTTOMS].sum() < 0.985 * before[BOTTOMS].sum()


def test_bottom_up_believes_the_parts_and_top_down_the_whole() -> None:
    """What is believed does not move."""
    forecast, _ = world(2)
    up, down = (reconcile(forecast, method=m) for m in (Reconciling.BOTTOM_UP, Reconciling.TOP_DOWN))
    for place in range(3, 9):
        np.testing.assert_allclose(up.series[place].mean, forecast.series[place].mean)
    np.testing.assert_allclose(down.series[0].mean, forecast.series[0].mean)
    share = forecast.series[3].mean / sum(part.mean for part in forecast.series[BOTTOMS])
    np.testing.assert_allclose(down.series[3].mean / down.series[0].mean, share)


def test_bands_of_the_whole_hold_what_they_promise() -> None:
    """Parts whose days go together make a whole as uncertain as it is: its 80 % band holds about that."""
    held = []
    for number in range(120):
        forecast, truth = world(number)
        whole = reconcile(forecast).series[0]
        low, high = whole.band(0.8)
        held.append(((low <= truth[0]) & (truth[0] <= high)).mean())
    assert 0.75 <= np.mean(held) <= 0.85


def test_what_agrees_stays() -> None:
    """Forecasts that add up already are not moved."""
    forecast, _ = world(3)
    once = reconcile(forecast)
    again = reconcile(once)
    for one, other in zip(once.series, again.series, strict=True):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-6)


def test_series_without_a_whole_are_left_alone() -> None:
    """Where nothing adds up there is nothing to do."""
    forecast, _ = world(4)
    alone = replace(forecast, series=forecast.series[BOTTOMS])
    assert reconcile(alone) is alone


def test_half_hours_of_two_queues_add_up_and_closed_ones_stay_closed() -> None:
    """Within the day too, and nobody comes at night."""
    parts = [made.day_forecast(days=2, key={"queue": name}, seed=seed) for seed, name in enumerate(("calls", "cards"))]
    futures = made.day_forecast(days=2, seed=9).paths * 2
    whole = made.forecast_of(futures, first=made.MONDAY, days=2)
    history = parts[0].series.values + parts[1].series.values
    whole = replace(whole, series=replace(whole.series, values=history))
    done = reconcile(DemandForecast((whole, *parts), Status.FEASIBLE))
    first, *rest = done.series
    np.testing.assert_allclose(first.paths, rest[0].paths + rest[1].paths, atol=1e-9)
    assert (first.paths[:, whole.closed] == 0).all() and (first.closed == whole.closed).all()


def test_totals_are_made_of_series() -> None:
    """Sums over all dimensions but those kept; what one part does not know, the sum does not know."""
    forecast, _ = world(5)
    parts = [one.series for one in forecast.series[BOTTOMS]]
    north, south = totals(parts, by=("site",))
    assert (north.key, south.key) == ({"site": "north"}, {"site": "south"})
    np.testing.assert_array_equal(north.values, forecast.series[1].series.values)
    unknown = parts[0].values.copy()
    unknown[0] = np.nan
    assert np.isnan(totals([replace(parts[0], values=unknown), *parts[1:]])[0].values[0])


def test_what_cannot_add_up_is_refused_with_all_reasons() -> None:
    """A part left out, means among counts, other days: each has its code."""
    forecast, _ = world(6)

    def codes(*series: object, method: Reconciling = Reconciling.SHRINK) -> set[str]:
        with pytest.raises(InputError) as caught:
            reconcile(replace(forecast, series=series), method=method)  # type: ignore[arg-type]
        return {issue.code for issue in caught.value.issues}

    whole, north, _, *parts = forecast.series
    assert codes(whole, *parts[1:]) == {"does-not-add-up"}
    assert codes(north, *parts, method=Reconciling.TOP_DOWN) == {"several-tops"}
    mean = replace(parts[0], series=replace(parts[0].series, kind=DemandKind.HANDLE_TIME))
    assert codes(whole, mean, *parts[1:]) == {"not-a-sum"}
    few = replace(parts[0], paths=parts[0].paths[:10])
    assert codes(whole, few, *parts[1:]) == {"other-paths"}
    with pytest.raises(InputError, match="not-a-sum"):
        totals([mean.series])


def test_a_count_below_zero_makes_the_sum_unknown() -> None:
    """A correction booked as a count takes nothing from the whole: what the part was is not known."""
    week = Grid.of_dates(made.MONDAY, last=made.MONDAY + timedelta(days=2))
    parts = [Series(np.array(v), week, {"queue": q}) for q, v in (("a", [5.0, -3.0, 5.0]), ("b", [2.0, 2.0, 2.0]))]
    np.testing.assert_array_equal(totals(parts)[0].values, [7.0, np.nan, 7.0])
