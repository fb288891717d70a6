"""Levels cost least, and what is stated of them is what a simulated shelf meets."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from troth.core.errors import InputError
from troth.core.time import Grid
from troth.demand import ForecastProblem, Series
from troth.demand import solve as forecast
from troth.field.parts import (
    StockPrices,
    best_level,
    critical_ratio,
    daily_paths,
    judged_level,
    newsvendor_level,
    seldom,
    seldom_paths,
)

PRICES = StockPrices(short_cents=8000, hold_cents_day=25, order_cents=400)


def _shelf(demand: np.ndarray, *, reorder_at: int, up_to: int, lead: int) -> tuple[float, float, float]:
    """Live a shelf day by day: deliveries, demand, what lacks waits. Return fill rate, mean pieces left, cost a day."""
    on_hand, coming, short, left, orders = up_to, [0] * (lead + 1), 0, 0, 0
    for day, wanted in enumerate(demand):
        position = on_hand + sum(coming)
        if position <= reorder_at:
            coming[(day + lead) % (lead + 1)] += up_to - position
            orders += 1
        on_hand += coming[day % (lead + 1)]
        coming[day % (lead + 1)] = 0
        short += max(0, wanted - max(0, on_hand))
        on_hand -= wanted
        left += max(0, on_hand)
    days = len(demand)
    cost = (short * PRICES.short_cents + left * PRICES.hold_cents_day + orders * PRICES.order_cents) / days
    return 1 - short / demand.sum(), left / days, cost


@pytest.mark.parametrize(("rate", "lead", "levels"), [(0.15, 0, (0, 1)), (0.8, 3, (3, 9)), (2.5, 6, (18, 30))])
def test_what_is_stated_of_levels_is_what_a_shelf_meets(rate: float, lead: int, levels: tuple[int, int]) -> None:
    """Fill rate, pieces left and cost of any pair of levels agree with a shelf of 60,000 days of the modelled demand."""
    rng = np.random.default_rng(5)
    told = judged_level(
        rng.poisson(rate, (2000, 40)), reorder_at=levels[0], order_up_to=levels[1], prices=PRICES, lead_days=lead
    )
    fill, left, cost = _shelf(rng.poisson(rate, 60_000), reorder_at=levels[0], up_to=levels[1], lead=lead)
    assert told.fill_rate == pytest.approx(fill, abs=0.01)
    assert told.on_hand == pytest.approx(left, rel=0.03, abs=0.02)
    assert told.cost_cents_day == pytest.approx(cost, rel=0.06)


def test_no_levels_cost_less() -> None:
    """The best pair is the cheapest of all pairs, each judged by itself."""
    paths = np.random.default_rng(3).poisson(0.6, (300, 20))
    best = best_level(paths, prices=PRICES, lead_days=2)
    every = [
        judged_level(paths, reorder_at=s, order_up_to=up_to, prices=PRICES, lead_days=2).cost_cents_day
        for up_to in range(16) for s in range(-1, up_to)
    ]  # fmt: skip
    assert best.cost_cents_day == pytest.approx(min(every))


def test_levels_hold_on_demand_that_was_not_modelled() -> None:
    """From half a year of demand with weekdays, busy days and clumps, the fill rate stated is met within six points in later
    half years, and on average within three.
    """
    gaps = []
    for seed in range(6):
        rng = np.random.default_rng(900 + seed)
        busy = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.4, 0.3])[np.arange(364 * 4) % 7] * rng.gamma(4, 0.25, 364 * 4)
        demand = rng.poisson(0.5 * busy) * rng.choice([1, 2], 364 * 4, p=[0.85, 0.15])
        level = best_level(seldom_paths(demand[:182], days=60, seed=seed), prices=PRICES, lead_days=5)
        fill, _, _ = _shelf(demand[182:], reorder_at=level.reorder_at, up_to=level.order_up_to, lead=5)
        gaps.append(fill - level.fill_rate)
    assert np.abs(gaps).max() < 0.06
    assert abs(np.mean(gaps)) < 0.03


def test_levels_follow_prices_and_lead_time() -> None:
    """Dearer shortages and longer lead times want more pieces, dearer holding fewer; without demand none are kept."""
    paths = np.random.default_rng(1).poisson(0.3, (400, 30))
    ups = [
        best_level(paths, prices=StockPrices(short, 25, 0), lead_days=3).order_up_to for short in (200, 2000, 20_000)
    ]
    assert ups == sorted(ups)
    assert ups[0] < ups[-1]
    leads = [best_level(paths, prices=PRICES, lead_days=lead).reorder_at for lead in (0, 4, 12)]
    assert all(a < b for a, b in pairwise(leads))
    none = best_level(np.zeros((5, 9)), prices=PRICES)
    assert (none.reorder_at, none.order_up_to, none.fill_rate) == (-1, 0, 1.0)
    dead = best_level(paths, prices=StockPrices(10, 5000), lead_days=3)
    assert (dead.order_up_to, dead.fill_rate) == (0, 0.0)


def test_the_newsvendors_level_is_the_quantile_of_the_critical_ratio() -> None:
    """No other level costs less in expectation over the samples."""
    samples = np.random.default_rng(2).poisson(4, 400)
    level = newsvendor_level(samples, ratio=critical_ratio(short_cents=9000, over_cents=700))
    cost = [float((9000 * np.maximum(samples - s, 0) + 700 * np.maximum(s - samples, 0)).mean()) for s in range(20)]
    assert level == int(np.argmin(cost))


def test_levels_come_from_a_forecast_of_the_demand_room() -> None:
    """Possible futures of the forecast by day are whole pieces that levels can be found of."""
    first = date(2026, 1, 5)
    values = np.random.default_rng(4).poisson([2, 2, 1, 1, 1, 0.4, 0.2] * 16).astype(float)
    grid = Grid.of_dates(first, last=first + timedelta(days=len(values) - 1), time_zone="Europe/Vilnius")
    told = forecast(ForecastProblem((Series(values, grid, {"part": "pump"}),), days=14, paths=100), seed=1)
    paths = daily_paths(told.of())
    assert paths.shape == (100, 14)
    assert (paths == np.round(paths)).all()
    assert best_level(paths, prices=PRICES, lead_days=3).fill_rate > 0.9


def test_seldom_demand_keeps_its_rate() -> None:
    """Possible futures have the history's rate and clumps; Croston's corrected rate is near the truth."""
    rng = np.random.default_rng(8)
    history = rng.poisson(0.12, 4000)
    drawn = seldom_paths(history, days=200, paths=300, seed=3)
    assert drawn.mean() == pytest.approx(history.mean(), rel=0.06)
    assert seldom(history, smoothing=0.02).rate == pytest.approx(0.12, rel=0.3)
    assert (seldom_paths(np.zeros(50), days=100, paths=50).mean()) < 0.05
    again = seldom_paths(history, days=5, paths=4, seed=3, name="fan")
    assert (again == seldom_paths(history, days=5, paths=4, seed=3, name="fan")).all()


def test_all_that_is_wrong_is_told() -> None:
    """Demand that is none, prices below 0, levels crossed."""
    with pytest.raises(InputError) as caught:
        best_level([[1.0, float("nan")]], prices=StockPrices(-1, float("inf"), -2), lead_days=-1)
    assert [one.code for one in caught.value.issues] == [
        "bad-demand",
        "bad-price",
        "bad-price",
        "bad-price",
        "bad-lead",
    ]
    for call in (
        lambda: best_level([[1, 2]], prices=PRICES, lead_days=2),
        lambda: judged_level([[1, 2]], reorder_at=3, order_up_to=3, prices=PRICES),
        lambda: critical_ratio(short_cents=0, over_cents=0),
        lambda: newsvendor_level([], ratio=0.5),
        lambda: newsvendor_level([1], ratio=1.5),
        lambda: seldom([]),
        lambda: seldom([1], smoothing=0),
        lambda: seldom_paths([1.0], days=0),
    ):
        with pytest.raises(InputError, match="Maybe"):
            call()
