"""Forecasts that add up: the queues of a site to the site, the sites to the company, in every possible future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.demand._carry import carried
from troth.demand._together import ordered, shrunk, smallest, structure
from troth.demand.plan import DemandForecast, SeriesForecast
from troth.demand.problem import DemandKind, Floats, Series

#: A whole may differ from the sum of its parts by this share of it before it counts as another thing.
_SAME = 0.001


class Reconciling(StrEnum):
    """Whom to believe where parts and whole do not agree."""

    SHRINK = "shrink"
    """Each as far as its errors are small, those that go together counted once; where errors are unknown, by volume."""
    BOTTOM_UP = "bottom-up"
    """The smallest parts."""
    TOP_DOWN = "top-down"
    """The whole; parts keep their shares of each cell."""


def totals(series: Sequence[Series], *, by: Sequence[str] = ()) -> tuple[Series, ...]:
    """Return the sums of series of arrivals over all dimensions but those in `by`, one for each combination of members.

    A cell of a sum is known where all its parts are; a count below zero is not.

    Raises
    ------
    InputError
        ``not-a-sum`` for means and shares, ``other-grid`` for series of different cells.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.core.time import Grid
    >>> week = Grid.of_dates(date(2026, 3, 2), last=date(2026, 3, 8))
    >>> parts = [Series(np.full(7, n), week, {"queue": q}) for q, n in (("calls", 5.0), ("mail", 2.0))]
    >>> totals(parts)[0].values.tolist()
    [7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]
    """
    issues = [
        _wrong("not-a-sum", one, str(one.kind), "Maybe sum handle times times contacts.")
        for one in series
        if one.kind is not DemandKind.ARRIVALS
    ]
    issues += [
        _wrong("other-grid", one, str(one.grid.start), "Maybe cut all to the same days.")
        for one in series
        if one.grid != series[0].grid
    ]
    if issues:
        raise InputError(issues)
    groups: dict[tuple[tuple[str, str], ...], list[Series]] = {}
    for one in series:
        groups.setdefault(tuple((dim, one.key[dim]) for dim in by if dim in one.key), []).append(one)
    return tuple(
        Series(_sum(np.stack([one.values for one in parts])), parts[0].grid, dict(key)) for key, parts in groups.items()
    )


def _sum(values: Floats) -> Floats:
    found: Floats = np.where(values < 0, np.nan, values).sum(0)
    return found


def reconcile(
    forecast: DemandForecast, *, method: Reconciling = Reconciling.SHRINK, errors: Floats | None = None, seed: int = 0
) -> DemandForecast:
    """Return the forecast with all levels made to agree: means and paths of a whole are the sums of those of its parts.

    A series is a part of another if its key says all the other's says and more. Points are medians and bands quantiles of
    the paths: they do not add up, and must not.

    Parts get paths that go together as their days did (differences from a week before), and so much that wholes are as
    uncertain as their own forecasts say. Means of cells and the paths' sums of days are then projected; cells of a path follow in proportion.

    Parameters
    ----------
    forecast : of series of one grid, parts and wholes.
    method : whom to believe.
    errors : of past forecasts (forecast less truth) for ``shrink``, shape (series, forecasts). None takes the variance of what
        each says by itself to be as its volume: what errors of a whole and its parts have in common does not matter here, and
        of the rest a Poisson share is the plainest guess.
    seed : for the order of paths.

    Raises
    ------
    InputError
        ``not-a-sum``, ``other-grid``, ``other-paths``, ``bad-errors``, ``several-tops`` (of top-down), ``does-not-add-up``
        where the past of a whole is not the sum of its parts': something is missing, or counted twice.

    Source
    ------
    Wickramasuriya, Athanasopoulos & Hyndman (2019), Optimal forecast reconciliation through trace minimization, JASA 114,
    804-819, eq. 9; shrinkage of correlations: Schaefer & Strimmer (2005), Stat. Appl. Genet. Mol. Biol. 4(1), table 2 target D.
    Paths put in order by a copula: Ben Taieb, Taylor & Hyndman (2017), Coherent probabilistic forecasts, ICML, algorithm 1.
    """
    series = forecast.series
    sums = structure([one.series.key for one in series])
    bottoms = smallest(sums)
    if len(bottoms) == len(series):
        return forecast
    _refuse(series, sums, bottoms, method, errors)
    days = np.array([label.toordinal() for label in series[0].grid.labels()])
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    paths = ordered(series, seed=seed)
    daily = np.add.reduceat(paths, starts, axis=2)
    mean = np.stack([one.mean for one in series])
    weight = _weights(sums, bottoms, method, _covariance(mean, errors))
    means = _parts(weight, mean, sums, bottoms, method)
    means[np.stack([series[i].closed for i in bottoms])] = 0.0
    wanted = _parts(weight, daily, sums, bottoms, method)
    parts = _centred(
        paths[bottoms]
        * _ratio(wanted, daily[bottoms])[:, :, np.searchsorted(starts, np.arange(len(days)), "right") - 1],
        means,
    )
    done = [
        carried(one, paths=np.tensordot(row, parts, 1), mean=row @ means, closed=one.closed & ~(row @ means > 0))
        for one, row in zip(series, sums, strict=True)
    ]
    return replace(forecast, series=tuple(done))


def _refuse(
    series: Sequence[SeriesForecast], sums: Floats, bottoms: list[int], method: Reconciling, errors: Floats | None
) -> None:
    first, issues = series[0], []
    if errors is not None and (np.ndim(errors) != 2 or len(errors) != len(series) or not np.isfinite(errors).all()):
        issues.append(
            _wrong("bad-errors", first.series, str(np.shape(errors)), f"Maybe {len(series)} rows of numbers.")
        )
    for one in series:
        if one.series.kind is not DemandKind.ARRIVALS:
            issues.append(_wrong("not-a-sum", one.series, str(one.series.kind), "Maybe reconcile arrivals alone."))
        if one.grid != first.grid:
            issues.append(
                _wrong("other-grid", one.series, str(one.grid.start), "Maybe forecast all for the same days.")
            )
        if one.paths.shape[0] != first.paths.shape[0]:
            issues.append(_wrong("other-paths", one.series, str(len(one.paths)), "Maybe draw as many paths of each."))
    if method is Reconciling.TOP_DOWN and (sums.sum(1) < sums.shape[1]).all():
        issues.append(_wrong("several-tops", first.series, "", "Maybe add the total of all series."))
    for one, row in zip(series, sums, strict=True):
        parts = [series[i].series for i, part in zip(bottoms, row, strict=True) if part]
        whole, added = _common([one.series, *parts])
        if len(parts) > 1 and abs(whole - added) > _SAME * max(abs(whole), 1.0):
            advice = "Maybe a part was left out: forecast what is left over as a series of its own."
            issues.append(_wrong("does-not-add-up", one.series, f"{whole:,.6g}, its parts {added:,.6g}", advice))
    if issues:
        raise InputError(issues)


def _common(series: Sequence[Series]) -> tuple[float, float]:
    """Return the sums of a whole and of its parts over the last cells that all of them know."""
    shortest = min(len(one.values) for one in series)
    values = np.stack([one.values[len(one.values) - shortest :] for one in series])
    known = np.isfinite(values).all(0)
    return float(values[0, known].sum()), float(values[1:, known].sum())


def _covariance(mean: Floats, errors: Floats | None) -> Floats:
    """Return the covariance of what series say, shape (series, series)."""
    if errors is None:
        return np.diag(np.maximum(mean.mean(1), 1e-6))
    spread = np.sqrt(np.maximum((errors**2).mean(1), 1e-6))
    found: Floats = spread[:, None] * shrunk(errors) * spread
    return found


def _weights(sums: Floats, bottoms: list[int], method: Reconciling, errors: Floats) -> Floats:
    """Return what each series says of the smallest parts, shape (smallest parts, series)."""
    if method is not Reconciling.SHRINK:
        return np.eye(len(sums))[bottoms]
    scaled = np.linalg.solve(errors, sums)
    found: Floats = np.linalg.solve(sums.T @ scaled, scaled.T)
    return found


def _parts(weight: Floats, values: Floats, sums: Floats, bottoms: list[int], method: Reconciling) -> Floats:
    """Return values of the smallest parts that agree with what is believed; never below nought."""
    if method is Reconciling.TOP_DOWN:
        top = int(np.argmax(sums.sum(1)))
        parts = values[bottoms]
        return parts * _ratio(values[top], parts.sum(0))
    found: Floats = np.maximum(np.tensordot(weight, values, 1), 0.0)
    return found


def _ratio(new: Floats, old: Floats) -> Floats:
    found: Floats = np.where(old > 0, new / np.where(old > 0, old, 1.0), 1.0)
    return found


def _centred(paths: Floats, mean: Floats) -> Floats:
    """Return paths whose means are those given; where they are all nought the mean stands in each."""
    now = paths.mean(1)
    found: Floats = np.where((now > 0)[:, None, :], paths * _ratio(mean, now)[:, None, :], mean[:, None, :])
    return found


def _wrong(code: str, series: Series, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, f"series {series.name}", value, advice)
