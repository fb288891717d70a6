"""What people know and no model does: changes laid over a forecast, each with its reason, each undone without a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream
from troth.demand._carry import carried
from troth.demand._change import ChangeKind, DemandChange, cells_of, in_order, matches
from troth.demand._check_changes import check_changes, conflicts
from troth.demand.plan import DemandForecast, SeriesForecast
from troth.demand.problem import Bools, DemandKind, Floats


@dataclass(frozen=True, slots=True, eq=False)
class ChangeEffect:
    """What one change did to one series: expected values of the cells it touched, before and after, shape (touched,)."""

    change: DemandChange
    key: Mapping[str, str]
    cells: NDArray[np.int64]
    before: Floats
    after: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ChangedDemand:
    """A forecast with changes on it.

    Parameters
    ----------
    forecast : points, bands and paths with all active changes.
    effects : what each change did, in the order in which they were laid.
    issues : conflicts between changes, and what could not be done in full.
    """

    forecast: DemandForecast
    effects: tuple[ChangeEffect, ...]
    issues: tuple[Issue, ...]


def change(forecast: DemandForecast, *, changes: Sequence[DemandChange], seed: int = 0) -> ChangedDemand:
    """Lay changes over a forecast.

    The forecast as it was computed stays as it is: leave a change out, or undo it, and what it did is gone to the last
    digit. Paths and bands move with the expected values. Counts that shrink are thinned, so that they stay counts;
    where there was nothing, what comes is drawn by chance (Poisson).

    Parameters
    ----------
    forecast : as computed, without changes.
    changes : active ones are laid, lower layers first.
    seed : for thinning and drawing; each change has its own chance.

    Raises
    ------
    InputError
        All that is wrong with the changes, see `check_changes`.
    """
    found = check_changes(forecast, changes=changes)
    if any(issue.severity is Severity.ERROR for issue in found):
        raise InputError(found)
    found += conflicts(forecast, changes=changes)
    done, effects = list(forecast.series), []
    for one in in_order(changes):
        for place, series in enumerate(done):
            if matches(one, key=series.series.key):
                done[place], effect, notes = _laid(series, one, seed)
                found += notes
                effects += [effect] if effect is not None else []
    changed = replace(forecast, series=tuple(done), issues=(*forecast.issues, *found))
    return ChangedDemand(changed, tuple(effects), tuple(found))


def undo(changes: Iterable[DemandChange], *, id: str, active: bool = False) -> tuple[DemandChange, ...]:  # noqa: A002
    """Return the changes with one of them undone, or done again; `KeyError` if there is none of that id."""
    kept = tuple(changes)
    if all(one.id != id for one in kept):
        raise KeyError(id)
    return tuple(replace(one, active=active) if one.id == id else one for one in kept)


def _laid(
    base: SeriesForecast, one: DemandChange, seed: int
) -> tuple[SeriesForecast, ChangeEffect | None, list[Issue]]:
    """Return a series with one change, what it did, and what of it could not be done."""
    cells = cells_of(base, start=one.start, end=one.end)
    if not len(cells):
        return base, None, []
    touched, mean, notes = _moved(base, one, cells) if one.kind is ChangeKind.MOVE else _means(base, one, cells)
    before = base.mean[touched]
    effect = ChangeEffect(one, base.series.key, touched, before, mean[touched])
    if np.array_equal(before, mean[touched]):
        advice = "Maybe nothing is expected there: closed, or nought."
        return (
            base,
            effect,
            [*notes, Issue("no-effect", Severity.WARNING, f"change {one.id}", base.series.name, advice)],
        )
    closed = base.closed & ~(mean > 0)
    opened = touched[base.closed[touched] & ~closed[touched]]
    if len(opened):
        advice = "Maybe the span is wrong; else it is taken as open then."
        at = base.grid.labels()[int(opened[0])].strftime("%Y-%m-%d %H:%M")
        notes.append(
            Issue(
                "opens-closed", Severity.WARNING, f"change {one.id}, series {base.series.name}", at, advice, len(opened)
            )
        )
    paths = _paths(base, one, cells, mean, seed)
    return carried(base, paths=paths, mean=mean, closed=closed), effect, notes


def _means(
    base: SeriesForecast, one: DemandChange, cells: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, list[Issue]]:
    """Return the cells touched and the expected values after multiplying, adding or setting."""
    mean, part, adds = base.mean.copy(), base.mean[cells], base.series.kind is DemandKind.ARRIVALS
    if one.kind is ChangeKind.MULTIPLY:
        mean[cells] = part * one.value
    elif adds:
        share = _shares(part, base.closed[cells])
        total = one.value + (part.sum() if one.kind is ChangeKind.ADD else 0.0)
        mean[cells] = share * total
    else:
        mean[cells] = np.where(base.closed[cells], part, one.value + (part if one.kind is ChangeKind.ADD else 0.0))
    top = 1.0 if base.series.kind is DemandKind.NO_SHOW else np.inf
    kept = np.clip(mean, 0.0, top)
    if np.allclose(kept, mean):
        return cells, kept, []
    advice = f"Maybe a smaller value: what went beyond 0{' or 1' if top == 1 else ''} was cut off."
    over = f"{float((mean - kept).sum()):+.4g}"
    return (
        cells,
        kept,
        [Issue("cut-off", Severity.WARNING, f"change {one.id}, series {base.series.name}", over, advice)],
    )


def _moved(
    base: SeriesForecast, one: DemandChange, cells: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, list[Issue]]:
    """Return the cells touched and the expected values after a move."""
    mean, goal = base.mean.copy(), cells + _distance(base, one)
    gone = mean[cells] * one.value
    mean[cells] -= gone
    mean[goal] += gone
    return np.union1d(cells, goal), mean, []


def _distance(base: SeriesForecast, one: DemandChange) -> int:
    edges = base.grid.edges()
    return edges.index(one.to) - edges.index(one.start) if one.to is not None else 0


def _shares(part: Floats, closed: Bools) -> Floats:
    """Return how an amount is shared out: as the forecast is, else evenly over the open cells, else over all."""
    usable = ~closed if (~closed).any() else np.ones_like(closed)
    found: Floats = part / part.sum() if part.sum() > 0 else usable / usable.sum()
    return found


def _paths(base: SeriesForecast, one: DemandChange, cells: NDArray[np.int64], mean: Floats, seed: int) -> Floats:
    """Return the possible futures after a change."""
    chance = stream(seed, "change", one.id, base.series.name)
    paths = base.paths.copy()
    whole = base.series.kind is DemandKind.ARRIVALS and bool((paths == np.round(paths)).all())
    if one.kind is ChangeKind.MOVE:
        gone = chance.binomial(paths[:, cells].astype(np.int64), one.value) if whole else paths[:, cells] * one.value
        paths[:, cells] -= gone
        paths[:, cells + _distance(base, one)] += gone
        return paths
    before, after = base.mean[cells], mean[cells]
    factor = np.where(before > 0, after / np.where(before > 0, before, 1.0), 0.0)
    fresh, shrunk = (before == 0) & (after > 0), (factor < 1) & whole
    part = np.where(shrunk, 0.0, paths[:, cells] * factor)
    part[:, shrunk] = chance.binomial(paths[:, cells[shrunk]].astype(np.int64), factor[shrunk])
    part[:, fresh] = chance.poisson(after[fresh], (len(paths), int(fresh.sum()))) if whole else after[fresh]
    paths[:, cells] = part if base.series.kind is not DemandKind.NO_SHOW else np.minimum(part, 1.0)
    return paths
