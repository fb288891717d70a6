"""How many of a part to keep: the newsvendor's level, and reorder point and order-up-to level with their service."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.core.time import Step
from troth.demand import SeriesForecast
from troth.field.parts._issues import error

Floats = NDArray[np.float64]
#: Levels that are tried at most: more pieces of one part than this want another kind of planning.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class StockPrices:
    """What stock costs.

    Parameters
    ----------
    short_cents : of a piece that lacks when it is needed: a second visit.
    hold_cents_day : of a piece that lies a day: interest, room, ageing.
    order_cents : of an order or a fill-up, whatever its size.
    """

    short_cents: float
    hold_cents_day: float
    order_cents: float = 0.0


@dataclass(frozen=True, slots=True)
class StockLevel:
    """Levels of a part at a place and what to expect of them.

    Parameters
    ----------
    reorder_at, order_up_to : when no more than so many are there or on order, up to so many are ordered; -1 and 0 keep
        none and order each when it is asked for.
    fill_rate : share of pieces asked for that are there at once.
    ready_rate : share of days on which nothing lacks.
    on_hand : mean pieces at the end of a day.
    orders_day, cost_cents_day : orders and their cost with shortages and holding, a day.
    """

    reorder_at: int
    order_up_to: int
    fill_rate: float
    ready_rate: float
    on_hand: float
    orders_day: float
    cost_cents_day: float


def critical_ratio(*, short_cents: float, over_cents: float) -> float:
    """Return how sure to be of having enough: the cost of one too few over that of one too few and one too many.

    Source
    ------
    K. J. Arrow, T. Harris and J. Marschak (1951), Optimal inventory policy, Econometrica 19, page 250.

    Examples
    --------
    >>> critical_ratio(short_cents=9000, over_cents=1000)
    0.9
    """
    issues = [*_price("short_cents", short_cents), *_price("over_cents", over_cents)]
    if not issues and short_cents + over_cents == 0:
        issues.append(error("bad-price", "short_cents", 0, "Maybe one of the two prices is more than 0."))
    if issues:
        raise InputError(issues)
    return short_cents / (short_cents + over_cents)


def newsvendor_level(samples: ArrayLike, *, ratio: float) -> int:
    """Return the least number of pieces that is enough with a probability.

    Parameters
    ----------
    samples : demand over the time until stock is filled up again, one number a possible future.
    ratio : the probability, such as `critical_ratio`.

    Examples
    --------
    >>> newsvendor_level([0, 0, 1, 1, 1, 2, 2, 3, 5, 9], ratio=0.8)
    3
    """
    values = np.sort(_samples(samples).ravel())
    if not 0 <= ratio <= 1:
        raise InputError([error("bad-ratio", "ratio", ratio, "Maybe 0.9: a probability.")])
    # Less a rounding error: of ten futures eight are enough for 0.8.
    place = int(np.ceil(ratio * len(values) - 1e-9))
    return int(np.ceil(values[max(place, 1) - 1]))


def daily_paths(forecast: SeriesForecast) -> Floats:
    """Return the possible futures of a forecast of demand by day, shape (paths, days), in whole pieces.

    Examples
    --------
    >>> import pandas as pd
    >>> from troth.demand.ask import forecast
    >>> used = pd.DataFrame({"day": pd.date_range("2026-01-05", periods=70), "pieces": [3, 2, 2, 1, 2, 0, 0] * 10})
    >>> told = forecast(used, time="day", value="pieces", every="day", days=14, time_zone="Europe/Vilnius")
    >>> daily_paths(told.of()).shape
    (200, 14)
    """
    if forecast.grid.step is not Step.DAY:
        raise InputError([error("not-daily", "forecast", forecast.grid.step, "Maybe forecast with every='day'.")])
    return np.asarray(np.round(np.maximum(forecast.paths, 0.0)), float)


def best_level(paths: ArrayLike, *, prices: StockPrices, lead_days: int = 0) -> StockLevel:
    """Return the levels that cost least, found by trying all.

    The place is looked at every day; what is ordered comes `lead_days` later, before that day's demand; what lacks waits.

    Parameters
    ----------
    paths : possible futures of demand by day, shape (futures, days), in whole pieces, such as `daily_paths` or `intermittent`;
        more days than the lead time.
    lead_days : days from order to delivery.

    Raises
    ------
    InputError
        ``bad-demand``, ``bad-price``, ``bad-lead``, all at once.

    Source
    ------
    Cost of a pair of levels by the renewal formula of Y.-S. Zheng and A. Federgruen (1991), Finding optimal (s, S) policies is
    about as simple as evaluating a single policy, Operations Research 39, page 656; E. A. Silver, D. F. Pyke and D. J.
    Thomas (2017), Inventory and Production Management in Supply Chains, chapter 6, for fill and ready rate.

    Examples
    --------
    >>> demand = np.random.default_rng(1).poisson(0.4, (200, 30))
    >>> level = best_level(demand, prices=StockPrices(9000, 20, 300), lead_days=3)
    >>> level.reorder_at, level.order_up_to, level.fill_rate > 0.97
    (4, 8, True)
    """
    model = _Model(paths, prices, lead_days)
    best: tuple[float, int, int] | None = None
    for up_to in range(model.most + 1):
        costs = model.costs(up_to)
        width = int(np.argmin(costs))
        if best is None or costs[width] < best[0] - 1e-9:
            best = float(costs[width]), up_to - width - 1, up_to
    if best is None:
        raise RuntimeError("No level was tried.")
    return model.level(best[1], best[2])


def judged_level(
    paths: ArrayLike, *, reorder_at: int, order_up_to: int, prices: StockPrices, lead_days: int = 0
) -> StockLevel:
    """Return what to expect of given levels; see `best_level`.

    Raises
    ------
    InputError
        ``levels-crossed`` and those of `best_level`.
    """
    if not -1 <= reorder_at < order_up_to <= _MOST:
        advice = f"Maybe a reorder point below the level, which is at most {_MOST}."
        raise InputError([error("levels-crossed", "reorder_at", f"{reorder_at} {order_up_to}", advice)])
    return _Model(paths, prices, lead_days, most=order_up_to).level(reorder_at, order_up_to)


class _Model:
    """Cost by inventory position, and how long positions last."""

    def __init__(self, paths: ArrayLike, prices: StockPrices, lead_days: int, most: int | None = None) -> None:
        issues = [
            *_price("short_cents", prices.short_cents),
            *_price("hold_cents_day", prices.hold_cents_day),
            *_price("order_cents", prices.order_cents),
        ]
        if lead_days < 0:
            issues.append(error("bad-lead", "lead_days", lead_days, "Maybe whole days, 0 or more."))
        try:
            demand = _samples(paths)
        except InputError as fault:
            raise InputError([*fault.issues, *issues]) from None
        if demand.ndim != 2 or (not issues and demand.shape[1] <= lead_days):
            issues.append(
                error("bad-demand", "paths", demand.shape, "Maybe (futures, days), more days than the lead time.")
            )
        if issues:
            raise InputError(issues)
        self.prices, self.mean = prices, float(demand.mean())
        before, until = _windows(demand, lead_days), _windows(demand, lead_days + 1)
        self.most = min(_MOST, int(until.max()) + self._batch() + 1) if most is None else most
        places = np.arange(-1, self.most + 1)
        lack_until, self.hold = _over(until, places)
        self.short = lack_until - _over(before, places)[0]  # lacks for the first time on the day itself
        self.ready = np.array([float((until <= y).mean()) for y in places])
        self.price = prices.hold_cents_day * self.hold + prices.short_cents * self.short
        self.stays = _renewals(demand, self.most + 2)

    def _batch(self) -> int:
        """Return how much more than the need of the lead time an order may be worth: twice the economic lot (F. W. Harris, 1913)."""
        if self.prices.hold_cents_day <= 0:
            return 0
        return int(2 * np.sqrt(2 * self.prices.order_cents * self.mean / self.prices.hold_cents_day))

    def costs(self, up_to: int) -> Floats:
        """Return the cost a day of every reorder point below a level, from one below it downwards to -1."""
        width = up_to + 1
        lasts = np.cumsum(self.stays[:width])
        # Positions from `up_to` downwards; the array of prices begins with position -1.
        return (self.prices.order_cents + np.cumsum(self.stays[:width] * self.price[1 : width + 1][::-1])) / lasts

    def level(self, reorder_at: int, order_up_to: int) -> StockLevel:
        """Return a pair with what to expect of it."""
        width = order_up_to - reorder_at
        share = self.stays[:width] / self.stays[:width].sum()
        at = np.arange(order_up_to, reorder_at, -1) + 1

        def mean(of: Floats) -> float:
            return float(share @ of[at])

        fill = 1.0 if self.mean == 0 else 1.0 - mean(self.short) / self.mean
        orders = 0.0 if self.mean == 0 else float(1.0 / self.stays[:width].sum())
        cost = orders * self.prices.order_cents + mean(self.price)
        return StockLevel(
            reorder_at, order_up_to, min(1.0, max(0.0, fill)), mean(self.ready), mean(self.hold), orders, cost
        )


def _windows(demand: Floats, days: int) -> Floats:
    """Return demand of every stretch of so many days."""
    if days == 0:
        return np.zeros(1)
    total = np.cumsum(np.pad(demand, ((0, 0), (1, 0))), axis=1)
    return (total[:, days:] - total[:, :-days]).ravel()


def _over(samples: Floats, places: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the mean demand beyond each position, and the mean position beyond demand."""
    lacks = np.array([float(np.maximum(samples - y, 0).mean()) for y in places], float)
    return lacks, np.asarray(lacks + places - float(samples.mean()), float)


def _renewals(demand: Floats, count: int) -> Floats:
    """Return the mean days spent at each position below the level, in order, before demand passes beyond it."""
    chance = np.bincount(demand.ravel().astype(np.int64), minlength=count)[:count] / demand.size
    stays = np.zeros(count)
    if chance[0] >= 1:
        stays[0] = 1.0
        return stays
    stays[0] = 1 / (1 - chance[0])
    for j in range(1, count):
        stays[j] = float(chance[1 : j + 1] @ stays[j - 1 :: -1][:j]) / (1 - chance[0])
    return stays


def _samples(values: ArrayLike) -> Floats:
    found = np.asarray(values, float)
    if found.size == 0 or not np.isfinite(found).all() or (found < 0).any() or (found > 1e6).any():
        bad = "empty" if found.size == 0 else found[~(np.isfinite(found) & (found >= 0) & (found <= 1e6))][0]
        raise InputError([error("bad-demand", "paths", bad, "Maybe numbers of pieces from 0 to a million.")])
    return found


def _price(where: str, cents: float) -> list[Issue]:
    return [] if isfinite(cents) and cents >= 0 else [error("bad-price", where, cents, "Maybe cents, 0 or more.")]
