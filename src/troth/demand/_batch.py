"""Series of one layout side by side: cleaned, backtested, weighed, forecast, widened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from troth.core.time import Grid
from troth.demand._bands import GRID, spread, tails
from troth.demand._calendar import Days, days_of
from troth.demand._cleaned import drawn_in
from troth.demand._combine import Backtest, scores, weights
from troth.demand._fold import Layout, layout
from troth.demand._models import MODELS
from troth.demand._open import OPEN, Opening, calendar_places, opening
from troth.demand._past import Past
from troth.demand._paths import mean_of, paths, together
from troth.demand._trace import repairs
from troth.demand.plan import ModelScore, SeriesForecast
from troth.demand.problem import DemandKind, Floats, ForecastProblem, Series, horizon

#: Backtested are the last days, and leads up to this.
ORIGINS, LEADS = 56, 28
#: A forecaster needs so many days before its first backtest.
_FIRST: Final = 7
#: Numbers held at once by a batch: its series are as many as fit.
_MOST: Final = 30_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Series of one kind on one grid, and what is asked of them; `models` are names of `MODELS`."""

    problem: ForecastProblem
    models: tuple[str, ...]
    seed: int


def batches(problem: ForecastProblem, *, models: tuple[str, ...], seed: int) -> list[tuple[Batch, list[int]]]:
    """Return a problem in parts that fit in memory, each with the places of its series."""
    groups: dict[tuple[Grid, DemandKind, bool, bool], list[int]] = {}
    for place, one in enumerate(problem.series):
        key = (one.grid, one.kind, one.calendar is None, one.weights is None)
        groups.setdefault(key, []).append(place)
    found = []
    for (grid, *_), places in groups.items():
        size = layout(grid).slots * problem.days * ORIGINS * (len(models) + 4)
        most = max(1, min(_MOST // max(size, 1), 512))
        for start in range(0, len(places), most):
            some = places[start : start + most]
            part = replace(problem, series=tuple(problem.series[k] for k in some))
            found.append((Batch(part, models, seed), some))
    return found


def forecast_batch(batch: Batch) -> list[SeriesForecast]:
    """Return the forecast of every series of a batch."""
    problem = batch.problem
    some = problem.series[0]
    past_layout, grid = layout(some.grid), horizon(some, days=problem.days)
    days = days_of(problem, first=past_layout.first, count=past_layout.days + problem.days)
    raw, found = _opened(problem.series, past_layout, layout(grid), days)
    past = _past(problem.series, past_layout, raw, found, days)
    origins = _origins(past, min(problem.days, LEADS))
    said = np.stack(
        [MODELS[name].forecast(past, origins=[*origins, past.length], days=problem.days) for name in batch.models]
    )
    test = _backtest(past, said, origins)
    groups = _groups(problem)
    weight = np.stack([weights(test.part(scored)) for _, scored in groups])
    point = np.zeros(said.shape[1:])
    for (leads, _), one in zip(groups, weight, strict=True):
        point[:, :, leads] = np.einsum("ms,mskhl->skhl", one, said[:, :, :, leads])
    return _told(batch, past, point, test, weight, found, grid)


def _opened(series: Sequence[Series], past: Layout, ahead: Layout, days: Days) -> tuple[Floats, Opening]:
    """Return the values as a matrix without what is impossible, and when the service was open."""
    raw = np.stack([past.fold(np.asarray(one.values, dtype=np.float64)) for one in series])
    raw = np.where(raw < 0, np.nan, raw)
    exists = np.concatenate([past.exists, ahead.exists])
    given = None
    if series[0].calendar is not None:
        grids = [(one.calendar, one.grid, horizon(one, days=ahead.days)) for one in series]
        given = np.stack(
            [np.concatenate([calendar_places(c, grid=g) for g in (a, b)]) for c, a, b in grids if c is not None]
        )
    shut = np.stack(
        [
            np.zeros(raw.shape[1:], dtype=np.bool_)
            if one.closed is None
            else past.fold(one.closed.astype(np.float64)) > 0.5
            for one in series
        ]
    )
    return raw, opening(raw, days=days, exists=exists, given=given, shut=shut)


def _past(series: Sequence[Series], found: Layout, raw: Floats, opened: Opening, days: Days) -> Past:
    """Return what forecasters look at."""
    usable = (opened.why == OPEN) & np.isfinite(raw)
    counts = series[0].kind is DemandKind.ARRIVALS
    weight = usable.astype(np.float64)
    if series[0].weights is not None:
        given = np.stack([np.nan_to_num(found.fold(np.asarray(one.weights, dtype=np.float64))) for one in series])
        usable &= given > 0
        weight = np.where(usable, given / np.maximum(given.mean(axis=(1, 2), keepdims=True), 1e-9), 0.0)
    past = raw.shape[1]
    value = np.where(usable, raw, 0.0)
    tame = drawn_in(value, usable=usable, weekday=days.weekday[:past], counts=counts)
    # An occasion differs for a reason, and of what comes in batches each would be an outlier.
    tame = np.where(days.named[:past, None] | ~opened.steady[:, None, None], value, tame)
    return Past(tame, weight, opened.open, days, counts)


def _origins(past: Past, leads: int) -> list[int]:
    """Return the days from which the backtest forecasts: daily, more rarely where the horizon is long.

    Days of a hole longer than a week do not count: in it there is nothing to be tried on.
    """
    day, used = np.arange(past.length), (past.weight > 0).any((0, 2))
    used |= not used.any()
    last = np.maximum.accumulate(np.where(used, day, -1))
    following = np.minimum.accumulate(np.where(used, day, past.length)[::-1])[::-1]
    whole = day[following - last - 1 <= _FIRST]
    some = whole[whole >= _FIRST][-max(ORIGINS, 2 * leads) :] if (whole >= _FIRST).any() else whole[-1:]
    found: list[int] = some[:: -max(1, len(some) // ORIGINS)][::-1].tolist()
    return found


def _backtest(past: Past, said: Floats, origins: Sequence[int]) -> Backtest:
    """Return what was said of days already past beside what came, with leads up to the longest backtested."""
    leads = min(said.shape[3], LEADS)
    day = np.array(origins, dtype=np.int64).reshape(-1, 1) + np.arange(leads)
    inside = np.minimum(day, past.length - 1)
    # Against what was drawn in: an outlier lies outside every band either way, and would widen all of them.
    known = (past.weight[:, inside] > 0) & (day < past.length)[None, :, :, None]
    truth = np.where(known, past.values[:, inside], np.nan)
    return Backtest(said[:, :, : len(origins), :leads], truth, (past.length - 1 - day).astype(np.float64))


def _groups(problem: ForecastProblem) -> list[tuple[slice, slice]]:
    """Return groups of leads that share weights, each with the leads it is scored on.

    Tomorrow is apart: what happened yesterday still counts. Where a lead time matters, that and its neighbours decide for all.
    """
    everything = slice(0, problem.days)
    if problem.lead is not None:
        middle = min(problem.lead, LEADS) - 1
        return [(everything, slice(max(0, middle - 1), middle + 2))]
    if problem.days == 1:
        return [(everything, everything)]
    return [(slice(0, 1), slice(0, 1)), (slice(1, problem.days), slice(1, LEADS))]


def _told(
    batch: Batch, past: Past, point: Floats, test: Backtest, weight: Floats, found: Opening, grid: Grid
) -> list[SeriesForecast]:
    """Put the answers together."""
    problem, number = batch.problem, past.length
    shape, low, high = spread(point[:, :-1, : test.truth.shape[2]], test.truth, counts=past.counts, seed=batch.seed)
    mean = point[:, -1]
    ahead = past.open[:, number:]
    named = np.broadcast_to(past.days.named[number:], mean.shape[:2])
    everything = shape.quantiles(mean, GRID, named=named)
    cut = tails(low, high, levels=problem.levels)
    limits = [[shape.quantiles(mean, side, named=named) for side in (one[None], 1 - one[None])] for one in cut]
    names = [f"{one.kind}/{sorted(one.key.items())}" for one in problem.series]
    drawn = paths(
        everything,
        open_=ahead,
        bound=together(low, high),
        number=problem.paths,
        seed=batch.seed,
        counts=past.counts,
        names=names,
    )
    middle = shape.quantiles(mean, np.array([0.5]), named=named)[0]
    if past.counts:
        middle = np.round(middle)
    covered = np.array([[_held(low[s], high[s], t) for t in cut[:, s]] for s in range(len(mean))])
    cells, back = layout(grid), layout(problem.series[0].grid)
    wape, bias, scored = scores(test)
    out = []
    for s, one in enumerate(problem.series):
        mask = ahead[s]
        kept = [np.where(mask, matrix[s], 0.0) for matrix in (middle, mean_of(everything))]
        sides = [np.stack([np.where(mask, pair[side][0, s], 0.0) for pair in limits]) for side in (0, 1)]
        ranked = sorted(
            (
                ModelScore(name, float(wape[m, s]), float(bias[m, s]), float(weight[:, m, s].mean()), int(scored[s]))
                for m, name in enumerate(batch.models)
            ),
            key=lambda score: score.wape,
        )
        out.append(
            SeriesForecast(
                one, grid, cells.unfold(kept[0]), cells.unfold(kept[1]), problem.levels, cells.unfold(sides[0]), cells.unfold(sides[1]),
                cells.unfold(drawn[s]), cells.unfold(~mask * 1.0) > 0, _cleaned(past, s, back), tuple(ranked),
                dict(zip(problem.levels, covered[s].tolist(), strict=True)), repairs(one, past, found, s, back),
            )
        )  # fmt: skip
    return out


def _held(low: Floats, high: Floats, tail: float) -> float:
    known = np.isfinite(low)
    return float(((high[known] >= tail) & (low[known] < 1 - tail)).mean()) if known.any() else float("nan")


def _cleaned(past: Past, s: int, found: Layout) -> Floats:
    matrix = np.where(past.weight[s] > 0, past.values[s], np.nan)
    return np.where(found.day >= 0, found.unfold(matrix), np.nan)
