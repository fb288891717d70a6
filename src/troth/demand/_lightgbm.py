"""Boosted trees on the ratio of what came to profile times level: what is left to learn from lately and from alike days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from troth.demand._level import ProfileLevel
from troth.demand._past import Past, stages
from troth.demand.problem import Floats

#: Trees are grown anew every so many days of the backtest.
_REGROW: Final = 28
_FIRST: Final = 28  # days before the first origin that trees learn from
_LEADS: Final = (0, 1, 2, 4, 6, 9, 13)
_MOST_ROWS, _FEWEST_ROWS = 60_000, 2_000
#: Few leaves and many rows in each: the days of a season are few, and their hours are no days.
_PARAMS: Final = {
    "objective": "poisson", "boost_from_average": False, "learning_rate": 0.05, "num_leaves": 6, "min_data_in_leaf": 500,
    "lambda_l2": 10.0, "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 1,
}  # fmt: skip
_ROUNDS: Final = 40
#: The ratio is taken to a level that knows the weekday and follows the drift, and nothing else: what a fuller regression
#: misses changes as it learns, and trees would correct for it twice (tried).
_BASE: Final = ProfileLevel("base", fading=False, effects=False)


@dataclass(frozen=True, slots=True)
class BoostedRatio:
    """LightGBM with a Poisson loss that starts from profile times level; all series of a batch learn together.

    It looks at lead, place of the day, weekday, place in the month, occasions, and how the last day and the last week were,
    whole and at this hour.

    Source
    ------
    G. Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree, NIPS 30.
    """

    name: str

    def forecast(self, past: Past, *, origins: Sequence[int], days: int) -> Floats:
        """See `Forecaster`; with too little to learn from it says what its base says."""
        found = _BASE.forecast(past, origins=origins, days=days)
        leads = [lead for lead in _LEADS if lead < days]
        learned = list(range(_FIRST, max(origins) - 1, -(-len(past.values) // 64)))
        if not learned:
            return found
        rows = _rows(past, learned, leads)
        for at, mine in stages(origins, every=_REGROW):
            trees = _grown(rows, at)
            if trees is None:
                continue
            for k in mine:
                table = _features(past, origins[k], list(range(days)))
                ratio = trees.predict(table.reshape(-1, table.shape[-1]), num_threads=1)
                found[:, k] *= ratio.reshape(found[:, k].shape)
        return found


def _features(past: Past, origin: int, leads: Sequence[int]) -> Floats:
    """Return what trees look at, shape (series, leads, slots, features)."""
    shape = (len(past.values), len(leads), past.values.shape[2])
    day = origin + np.array(leads)
    since, until = (past.days.design[day, part] for part in (slice(7, 12), slice(12, 16)))
    turn = since @ np.arange(1, 6) - until @ np.arange(1, 5)
    of_day = [np.array(leads), past.days.weekday[day], turn, past.days.named[day]]
    of_slot = _lately(past, origin)
    parts = [np.broadcast_to(one[None, :, None], shape) for one in of_day]
    parts += [np.broadcast_to(np.arange(shape[2]), shape)]
    parts += [np.broadcast_to(one[:, None, :], shape) for one in of_slot]
    return np.stack(parts, axis=-1).astype(np.float32)


def _lately(past: Past, origin: int) -> list[Floats]:
    """Return how the last day and the last week were against the weeks before: whole, and by place; each (series, slots)."""
    weekday = past.days.weekday[:origin]
    usual, came = np.zeros((2, len(past.values), min(7, origin), past.values.shape[2]))
    recent = np.arange(origin - came.shape[1], origin)
    for j, day in enumerate(recent):
        some = np.flatnonzero(weekday[:day] == weekday[day])[-6:]
        weight = past.weight[:, some]
        seen = past.weight[:, day] > 0
        mean = (past.values[:, some] * weight).sum(1) / np.maximum(weight.sum(1), 1e-9)
        usual[:, j], came[:, j] = np.where(seen, mean, 0.0), np.where(seen, past.values[:, day], 0.0)
    worked = usual.sum(2) > 0
    last = np.where(worked, np.arange(came.shape[1]), -1).max(1)
    rows, last = np.arange(len(came)), np.maximum(last, 0)
    week, day_sum = (
        _ratio(came.sum((1, 2)), usual.sum((1, 2))),
        _ratio(came[rows, last].sum(1), usual[rows, last].sum(1)),
    )
    by_place = [_ratio(came[rows, last], usual[rows, last]), _ratio(came.sum(1), usual.sum(1))]
    return [np.broadcast_to(one[:, None], by_place[0].shape) for one in (day_sum, week)] + by_place


def _ratio(came: Floats, usual: Floats) -> Floats:
    """Return the relative deviation, drawn to none by one arrival."""
    found: Floats = (came - usual) / (usual + 1.0)
    return found


def _rows(past: Past, learned: Sequence[int], leads: Sequence[int]) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """Return features, truth, basis and the day of truth of everything that can be learned from."""
    basis = _BASE.forecast(past, origins=learned, days=leads[-1] + 1)[:, :, list(leads)]
    table = np.stack([_features(past, origin, leads) for origin in learned], axis=1)
    days = np.array(learned)[:, None] + np.array(leads)
    inside = np.minimum(days, past.length - 1)
    kept = (past.weight[:, inside] > 0) & (days < past.length)[None, :, :, None] & (basis > 1e-6)
    day = np.broadcast_to(days[None, :, :, None], kept.shape)
    return table[kept], past.values[:, inside][kept], basis[kept], day[kept]


def _grown(rows: tuple[Floats, Floats, Floats, np.ndarray], until: int) -> Any:
    """Return trees of the rows whose truth was known before a day; None with too few, or if nothing ever came."""
    import lightgbm

    table, truth, base, day = rows
    kept = np.flatnonzero(day < until)
    if len(kept) < _FEWEST_ROWS or not truth[kept].any():
        return None
    kept = kept[:: -(-len(kept) // _MOST_ROWS)]
    # The Poisson loss of a ratio, weighed by its basis, is the Poisson loss of the count.
    weight = base[kept] / base[kept].mean()
    data = lightgbm.Dataset(table[kept], truth[kept] / base[kept], weight=weight)
    return lightgbm.train(dict(_PARAMS), data, num_boost_round=_ROUNDS)
