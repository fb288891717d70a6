"""All that is wrong or doubtful with a problem, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.time import Grid, clock_changes, zone
from troth.demand._fold import layout
from troth.demand._open import steady
from troth.demand.problem import STEPS, DemandKind, Floats, ForecastProblem, Regressor, Series

#: Below this many whole days of history nothing is said; below the second number it is said with a warning.
FEWEST, SHORT = 14, 56
#: Fewer days with any data than this are not enough, however long ago the first was.
_FEWEST_KNOWN: Final = 7
#: At the end of a series so many days without demand, in which so many arrivals were to be expected, are worth a warning.
_QUIET, _SURE = 14, 12.0
#: Share of whole days without any data from which on a hole is worth a warning, and the longest one that is not.
_HOLE: Final = 0.1
_LONG_HOLE: Final = 14
_MOST_CELLS: Final = 4_000_000


def check(problem: ForecastProblem) -> list[Issue]:
    """Return every issue of a problem; with an error among them `solve` refuses it.

    Codes, errors first: ``no-series``, ``bad-horizon``, ``bad-lead``, ``bad-level``, ``bad-paths``, ``unknown-holidays``,
    ``bad-step``, ``too-long``, ``wrong-length``, ``not-finite``, ``too-short``, ``no-data``, ``bad-weights``, ``bad-share``,
    ``same-key``, ``short-regressor``; warnings ``short-history``, ``hole``, ``all-zero``, ``nothing-lately``,
    ``in-batches``, ``negative``;
    infos ``not-whole``, ``clock-change`` and ``part-day``.

    Examples
    --------
    >>> [issue.code for issue in check(ForecastProblem(()))]
    ['no-series']
    """
    issues = [*_of_question(problem)]
    for series in problem.series:
        issues.extend(_of_series(series))
        issues.extend(
            _of_regressor(one, series, problem.days) for one in problem.regressors if _short(one, series, problem.days)
        )
    names = Counter((one.kind, tuple(sorted(one.key.items()))) for one in problem.series)
    issues += [
        _wrong("same-key", "series.key", str(dict(key)), "Maybe two series were meant to be added up.", count=n)
        for (_, key), n in names.items()
        if n > 1
    ]
    return issues


def _of_question(problem: ForecastProblem) -> Iterator[Issue]:
    if not problem.series:
        yield _wrong("no-series", "series", "", "Maybe the selection of dimensions matched nothing.")
    if not 1 <= problem.days <= 731:
        yield _wrong("bad-horizon", "days", str(problem.days), "Maybe a number of days from 1 to 731.")
    elif problem.lead is not None and not 1 <= problem.lead <= problem.days:
        yield _wrong("bad-lead", "lead", str(problem.lead), f"Maybe a day of the horizon: 1 to {problem.days}.")
    if not problem.levels:
        yield _wrong("bad-level", "levels", "", "Maybe one band at least: 0.8.")
    for level in problem.levels:
        if not 0 < level < 1:
            yield _wrong("bad-level", "levels", str(level), "Maybe a probability such as 0.8.")
    if not 1 <= problem.paths <= 10_000:
        yield _wrong("bad-paths", "paths", str(problem.paths), "Maybe 200; from 1 to 10,000.")
    if problem.holidays and not _known(problem.holidays):
        yield _wrong(
            "unknown-holidays", "holidays", problem.holidays, "Maybe a country by two letters, with its part: US-PA."
        )


def _of_series(series: Series) -> Iterator[Issue]:
    where = f"series {series.name}"
    values, grid = np.asarray(series.values, dtype=np.float64), series.grid
    if grid.step not in STEPS:
        yield _wrong("bad-step", where, str(grid.step), "Maybe forecast days and add them up to weeks or months.")
        return
    if len(values) > _MOST_CELLS:
        yield _wrong("too-long", where, str(len(values)), f"Maybe a coarser grid: {_MOST_CELLS:,} cells at most.")
        return
    cells = layout(grid)
    if values.ndim != 1 or len(values) != len(cells.day):
        advice = f"Maybe one value for each of {len(cells.day)} cells."
        yield _wrong("wrong-length", where, f"{values.shape}", advice)
        return
    if np.isinf(values).any():
        yield _wrong(
            "not-finite", where, str(int(np.isinf(values).sum())), "Maybe a division by nought; NaN means unknown."
        )
    days = (series.last - series.first).days + 1
    counted = cells.fold(np.where(values < 0, np.nan, values))
    known = np.isfinite(counted).any(1).sum()
    if days < FEWEST:
        yield _wrong(
            "too-short",
            where,
            f"{days} days",
            f"Maybe more history: {FEWEST} whole days at least, {SHORT} for a good forecast.",
        )
    elif not known:
        yield _wrong("no-data", where, "", "Maybe the selection matched nothing, or a source is missing.")
    elif known < _FEWEST_KNOWN:
        advice = f"Maybe a source is missing: something must be known of {_FEWEST_KNOWN} days at least."
        yield _wrong("too-short", where, f"{known} days with data", advice)
    elif days < SHORT:
        yield _doubt("short-history", where, f"{days} days", "Maybe more history: bands are wide and holidays unknown.")
    yield from _of_values(series, values, where)
    yield from _of_pace(series, counted, where)
    yield from _of_weights(series, values, where)
    yield from _of_days(series, values, where)


def _of_values(series: Series, values: Floats, where: str) -> Iterator[Issue]:
    known = values[np.isfinite(values)]
    if len(known) and not known.any():
        yield _doubt("all-zero", where, "0", "Maybe the wrong queue: nothing ever came, and nothing is forecast.")
    if (known < 0).any():
        yield _doubt(
            "negative",
            where,
            f"{known.min():g}",
            "Maybe corrections were booked as counts; they are left out.",
            int((known < 0).sum()),
        )
    if series.kind is DemandKind.NO_SHOW and (known > 1).any():
        yield _wrong("bad-share", where, f"{known.max():g}", "Maybe a percentage: shares are from 0 to 1.")
    if series.kind is DemandKind.ARRIVALS and (known != np.round(known)).any():
        yield Issue("not-whole", Severity.INFO, where, "", "Maybe these are no counts; whole numbers get better bands.")


def _of_pace(series: Series, matrix: Floats, where: str) -> Iterator[Issue]:
    """Tell of demand that comes in batches, and of demand that stopped: quiet for longer than ever and than chance allows."""
    known = np.isfinite(matrix)
    total = np.nansum(matrix, axis=1)[known.any(1)]
    came = np.flatnonzero(total > 0)
    if series.kind is not DemandKind.ARRIVALS or not len(came):
        return
    if not steady(np.where(known, matrix, 0.0)[None], known[None])[0] and np.median(total[came]) >= _SURE:
        advice = "Maybe name the days on which much comes as events: without, none of them is foreseen."
        yield _doubt("in-batches", where, f"{len(came)} of {len(total)} days", advice)
    quiet, before = len(total) - 1 - came[-1], np.diff(came, prepend=-1).max() - 1
    if quiet >= _QUIET and quiet > before and quiet * total[: came[-1] + 1].mean() >= _SURE:
        advice = "Maybe it has ended, was closed, or was not imported: after eight weeks nothing is forecast."
        yield _doubt("nothing-lately", where, f"{quiet} days", advice)


def _of_weights(series: Series, values: Floats, where: str) -> Iterator[Issue]:
    for name, given in (("weights", series.weights), ("closed", series.closed)):
        if given is not None and np.shape(given) != values.shape:
            yield _wrong(
                "wrong-length", f"{where}, {name}", f"{np.shape(given)}", f"Maybe one for each of {len(values)} cells."
            )
    weights = series.weights
    if weights is not None and np.shape(weights) == values.shape and not (np.asarray(weights) >= 0).all():
        yield _wrong("bad-weights", where, "", "Maybe nought where there was no contact: weights are not negative.")


def _of_days(series: Series, values: Floats, where: str) -> Iterator[Issue]:
    grid = series.grid
    per_day = STEPS[grid.step]
    empty = ~np.isfinite(values)
    longest = _longest(empty) / per_day
    if len(values) and longest > _LONG_HOLE and empty.mean() > _HOLE:
        yield _doubt("hole", where, f"{longest:.0f} days", "Maybe a source was not imported; the hole is left out.")
    if grid.start == grid.end:
        return
    changes = _changes(grid)
    if changes and per_day > 1:
        yield Issue(
            "clock-change",
            Severity.INFO,
            where,
            changes[0].isoformat(),
            "Maybe none: days of 23 and 25 hours are read on the wall clock.",
            len(changes),
        )
    if per_day > 1 and (layout(grid).day[-1:] < 0).any():
        yield Issue(
            "part-day",
            Severity.INFO,
            where,
            str(series.last + timedelta(days=1)),
            "Maybe none: a day not over yet is forecast whole.",
        )


@lru_cache(maxsize=64)
def _changes(grid: Grid) -> list[datetime]:
    return list(clock_changes(grid.start, grid.end, tz=zone(grid.time_zone)))


def _longest(mask: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _short(one: Regressor, series: Series, days: int) -> bool:
    lacking = one.first > series.first or one.first.toordinal() + len(one.values) <= series.last.toordinal() + days
    return lacking or not np.isfinite(one.values).all()


def _of_regressor(one: Regressor, series: Series, days: int) -> Issue:
    until = series.last + timedelta(days=days)
    return _wrong(
        "short-regressor", f"regressor {one.name}, series {series.name}", f"{len(one.values)} days from {one.first}",
        f"Maybe leave it out: it must be known of every day from {series.first} to {until}.",
    )  # fmt: skip


def _known(holidays: str) -> bool:
    from holidays.utils import list_supported_countries

    country, _, part = holidays.partition("-")
    supported = list_supported_countries()
    return country in supported and (not part or part in supported[country])


def _wrong(code: str, where: str, value: str, advice: str, count: int = 1) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice, count)


def _doubt(code: str, where: str, value: str, advice: str, count: int = 1) -> Issue:
    return Issue(code, Severity.WARNING, where, value, advice, count)
