"""Series side by side: which are parts of which, and how their days go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from troth.core.random import stream
from troth.demand.plan import SeriesForecast
from troth.demand.problem import Floats


def structure(keys: Sequence[Mapping[str, str]]) -> Floats:
    """Return which of the smallest parts belong to which series, shape (series, smallest parts)."""
    items = [frozenset(key.items()) for key in keys]
    bottoms = [one for one in items if not any(one < other for other in items)]
    return np.array([[float(one <= part) for part in bottoms] for one in items])


def smallest(sums: Floats) -> list[int]:
    """Return the numbers of the series that have no parts, in the order of the columns of `structure`."""
    single = sums.sum(1) == 1
    return [int(np.flatnonzero(single & (column > 0))[0]) for column in sums.T]


def ordered(series: Sequence[SeriesForecast], *, seed: int) -> Floats:
    """Return the paths of all series in such an order that busy ones meet, shape (series, paths, cells).

    Parts go together as their days did, and then so much more or less that wholes are as uncertain as their own
    paths say.
    """
    sums = structure([one.series.key for one in series])
    bottoms = smallest(sums)
    spread = np.array([one.paths.sum(1).std() for one in series])
    parts = [series[i] for i in bottoms]
    links = _fitted(shrunk(_week_on_week(parts)), sums, spread[bottoms], spread)
    values, vectors = np.linalg.eigh(links)
    count = len(series[0].paths)
    drawn = stream(seed, "hierarchy").normal(size=(count, len(links))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    goal = sums @ (drawn * spread[bottoms]).T
    out = np.empty((len(series), *series[0].paths.shape))
    for place, one in enumerate(series):
        out[place, np.argsort(goal[place], kind="stable")] = one.paths[np.argsort(one.paths.sum(1), kind="stable")]
    return out


def _fitted(links: Floats, sums: Floats, part: Floats, own: Floats) -> Floats:
    """Return correlations drawn towards all or none, until sums of parts spread as the wholes' own paths do."""
    wholes = sums.sum(1) > 1
    rows = sums[wholes] * part
    now, most, least = ((rows @ one * rows).sum() for one in (links, np.ones_like(links), np.eye(len(links))))
    wanted = float((own[wholes] ** 2).sum())
    goal, reach = (np.ones_like(links), most - now) if wanted > now else (np.eye(len(links)), now - least)
    share = float(np.clip(abs(wanted - now) / max(reach, 1e-9), 0.0, 1.0))
    found: Floats = (1.0 - share) * links + share * goal
    return found


def _week_on_week(series: Sequence[SeriesForecast]) -> Floats:
    """Return how much each day differed from that of the week before, shape (series, days)."""
    per_day = round(len(series[0].point) / len({label.date() for label in series[0].grid.labels()}))
    length = min(len(one.series.values) for one in series) // per_day * per_day
    values = np.stack([np.nan_to_num(one.series.values[len(one.series.values) - length :]) for one in series])
    daily = values.reshape(len(series), -1, per_day).sum(2)
    change: Floats = daily[:, 7:] - daily[:, :-7]
    return change[:, np.abs(change).sum(0) > 0]


def shrunk(rows: Floats) -> Floats:
    """Return the correlation of rows, drawn towards none as far as it is uncertain, shape (rows, rows)."""
    n = rows.shape[1]
    if n < 8:
        return np.eye(len(rows))
    scaled = (rows - rows.mean(1, keepdims=True)) / np.maximum(rows.std(1, keepdims=True), 1e-9)
    found = scaled @ scaled.T / n
    noise = ((scaled**2) @ (scaled**2).T / n - found**2) / n
    off = ~np.eye(len(rows), dtype=bool)
    away = float(np.clip(noise[off].sum() / max((found[off] ** 2).sum(), 1e-9), 0.02, 1.0)) if off.any() else 1.0
    shrunk: Floats = np.where(off, (1.0 - away) * found, 1.0)
    return shrunk
