"""How forecasts are judged: errors per origin and series, sums of them, and the gain with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality._forecast_sets import Task
from troth.core import stream

Floats = NDArray[np.float64]
#: What is summed for each origin and series.
PARTS = ("error", "truth", "pinball", "held", "cells", "scaled")
LEVELS = (0.5, 0.1, 0.9)  # of point, lower and upper limit


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums over open places, shape (origins, series, horizons, PARTS); NaN where the truth ends before the horizon."""

    values: Floats
    blocks: NDArray[np.int64]  # (origins, series): what is drawn together by the bootstrap

    def take(self, kept: NDArray[np.bool_]) -> Sums:
        """Return some of the series."""
        return Sums(self.values[:, kept], self.blocks[:, kept])


def sums(task: Task, answers: Mapping[int, Floats]) -> Sums:
    """Sum up the errors of a model's answers, by origin in order."""
    naive = _naive(task)
    out = np.full((len(answers), len(task.keys), len(task.horizons), len(PARTS)), np.nan)
    for k, origin in enumerate(sorted(answers)):
        answer = np.maximum(answers[origin], 0.0)
        days = answer.shape[1]
        truth = task.values[:, origin : origin + days]
        used = task.open[:, origin : origin + days] & np.isfinite(truth)
        truth = np.where(used, truth, 0.0)
        off = np.where(used, np.abs(answer[..., 0] - truth), 0.0)
        loss = sum(
            np.maximum(q * (truth - answer[..., c]), (q - 1) * (truth - answer[..., c])) for c, q in enumerate(LEVELS)
        )
        held = used & (answer[..., 1] <= truth) & (truth <= answer[..., 2])
        parts = (off, truth, np.where(used, loss, 0.0) / 3, held, used, off / naive[:, None, None])
        for j, horizon in enumerate(task.horizons.values()):
            if horizon <= days:
                out[k, :, j] = np.stack([part[:, :horizon].sum((1, 2)) for part in parts], axis=-1)
    return Sums(out, _blocks(task, sorted(answers)))


def _naive(task: Task) -> Floats:
    """Return each series' mean error of the value a week before, on the days before the first origin."""
    first = min(task.origins)
    past = np.where(task.open[:, :first], task.values[:, :first], np.nan)
    step = np.abs(past[:, 7:] - past[:, :-7])
    found: Floats = np.maximum(np.nanmean(step.reshape(len(past), -1), axis=1), 1e-9)
    return found


def _blocks(task: Task, origins: Sequence[int]) -> NDArray[np.int64]:
    """Return the blocks: weeks of origins, or where a set has many companies, the company."""
    if "/" in task.keys[0]:
        company = np.array([int(key.split("/")[0]) for key in task.keys])
        return np.broadcast_to(company, (len(origins), len(company)))
    week = (np.array(origins) - min(task.origins)) // 7
    return np.broadcast_to(week[:, None], (len(origins), len(task.keys)))


def figures(found: Sums, horizon: int) -> dict[str, float]:
    """Return WAPE, MASE, pinball and coverage of the 80 % band."""
    whole = found.values[:, :, horizon]
    error, truth, pinball, held, cells, scaled = (float(np.nansum(whole[..., k])) for k in range(len(PARTS)))
    return {"wape": error / truth, "mase": scaled / cells, "pinball": pinball / cells, "coverage": held / cells}


def gain(
    ours: Mapping[str, Sums], theirs: Mapping[str, Sums], *, part: str, repeats: int = 2000
) -> tuple[float, float, float, float]:
    """Return the pooled gain of ours over a peer, its 95 % interval, and the probability that it is not above 0.

    The gain is 1 less the ratio of the sums of `part` (``error`` or ``pinball``), averaged over sets and horizons alike. Blocks
    are drawn within each set, the same for both sides.
    """
    place = PARTS.index(part)
    rng = stream(1, "forecast", "gain")
    ratios = []
    for name in ours:
        mine, other = (_by_block(side[name], place) for side in (ours, theirs))
        drawn = rng.multinomial(len(mine), np.full(len(mine), 1 / len(mine)), size=repeats)
        counts = np.concatenate([np.ones((1, len(mine))), drawn])
        ratios.append((counts @ mine) / np.maximum(counts @ other, 1e-12))
    pooled = 1 - np.concatenate(ratios, axis=1).mean(1)
    low, high = np.quantile(pooled[1:], [0.025, 0.975])
    return float(pooled[0]), float(low), float(high), float((pooled[1:] <= 0).mean())


def _by_block(found: Sums, place: int) -> Floats:
    """Return sums by block, shape (blocks, horizons); horizons without truth are left out."""
    names, index = np.unique(found.blocks, return_inverse=True)
    index = index.reshape(found.blocks.shape)
    whole = np.nan_to_num(found.values[..., place])
    known = np.isfinite(found.values[..., place]).any((0, 1))
    return np.stack(
        [
            np.bincount(index.ravel(), weights=whole[:, :, j].ravel(), minlength=len(names))
            for j in np.flatnonzero(known)
        ],
        axis=1,
    )


def best(models: Mapping[str, Mapping[str, Sums]], figure: str) -> str:
    """Return the model with the lowest figure, relative to the mean of all, averaged over sets and horizons."""
    names = list(models)
    sets = list(models[names[0]])
    table = np.array(
        [[figures(models[n][s], h)[figure] for s in sets for h in range(models[n][s].values.shape[2])] for n in names]
    )
    with np.errstate(invalid="ignore"):
        relative = table / np.nanmean(table, axis=0)
    return names[int(np.nanmean(relative, axis=1).argmin())]
