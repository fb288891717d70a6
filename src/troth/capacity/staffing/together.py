"""Futures of several queues side by side: a day that is busy in one is as a rule busy in the others."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from troth.capacity.staffing.problem import Floats
from troth.demand import SeriesForecast

#: So many days with a like of the week before are needed to learn from.
_FEWEST = 8


def side_by_side(series: Sequence[SeriesForecast]) -> tuple[Floats, ...]:
    """Return the paths of each series, shape (paths, cells), with days so exchanged between paths that busy ones meet.

    Each series is forecast by itself, so that its paths know nothing of those of others: taken together they would make up for
    each other, and a pool of people would look safer than it is. How days go together is learned from the differences of
    days from a week before, in the histories that the forecasts rest on. Only whole days are exchanged, each for the same day of another
    path: what is told of each series by itself stays as it was.

    Parameters
    ----------
    series : on one grid, with as many paths each.

    Source
    ------
    Ranks put in order by a wanted correlation: R. L. Iman and W. J. Conover (1982), Communications in Statistics B 11,
    311-334; correlations drawn towards none: J. Schaefer and K. Strimmer (2005), Statistical Applications in Genetics and
    Molecular Biology 4(1), table 2, target D.
    """
    if len(series) < 2:
        return tuple(np.asarray(one.paths, float) for one in series)
    labels = [label.date() for label in series[0].grid.labels()]
    first = np.flatnonzero([True, *(a != b for a, b in zip(labels[1:], labels[:-1], strict=True))])
    paths = np.stack([np.asarray(one.paths, float) for one in series])
    totals = np.add.reduceat(paths, first, axis=2)
    number = paths.shape[1]
    rank = totals.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    levels = np.array([NormalDist().inv_cdf((k + 0.5) / number) for k in range(number)])
    lower = np.linalg.cholesky(correlation(_daily(series)) + 1e-9 * np.eye(len(series)))
    goal = np.einsum("ij,jpd->ipd", lower, levels[rank])
    out = np.empty_like(paths)
    for s in range(len(series)):
        for a, b, d in zip(first, [*first[1:], len(labels)], range(len(first)), strict=True):
            to, of = goal[s, :, d].argsort(kind="stable"), totals[s, :, d].argsort(kind="stable")
            out[s, to, a:b] = paths[s, of, a:b]
    return tuple(out)


def correlation(daily: Floats) -> Floats:
    """Return how days of series go together, drawn towards not at all as far as it is uncertain, shape (series, series).

    Parameters
    ----------
    daily : sums of days, shape (series, days); a day counts if all series have some on it and a week before.

    Examples
    --------
    >>> import numpy as np
    >>> busy = np.random.default_rng(1).normal(100, 10, 70)
    >>> correlation(np.stack([busy, 3 * busy])).round(2).tolist()
    [[1.0, 0.95], [0.95, 1.0]]
    """
    known = (daily[:, 7:] > 0).all(axis=0) & (daily[:, :-7] > 0).all(axis=0)
    change = (daily[:, 7:] - daily[:, :-7])[:, known]
    n = change.shape[1]
    if n < _FEWEST:
        return np.eye(len(daily))
    scaled = (change - change.mean(axis=1, keepdims=True)) / np.maximum(change.std(axis=1, keepdims=True), 1e-9)
    found = scaled @ scaled.T / n
    noise = ((scaled**2) @ (scaled**2).T / n - found**2) / n
    off = ~np.eye(len(daily), dtype=bool)
    away = float(np.clip(noise[off].sum() / max(float((found[off] ** 2).sum()), 1e-9), 0.02, 1.0))
    return np.asarray(np.where(off, (1 - away) * found, 1.0))


def _daily(series: Sequence[SeriesForecast]) -> Floats:
    """Return sums of days that all histories have, the last ones, shape (series, days); NaN counts for nothing."""
    days = [[label.date() for label in one.series.grid.labels()] for one in series]
    common = sorted(set.intersection(*map(set, days)))
    place = {day: k for k, day in enumerate(common)}
    out = np.zeros((len(series), len(common)))
    for s, one in enumerate(series):
        values = np.nan_to_num(np.asarray(one.series.values, float))
        where = np.array([place.get(day, -1) for day in days[s]])
        np.add.at(out[s], where[where >= 0], np.maximum(values, 0.0)[where >= 0])
    return out
