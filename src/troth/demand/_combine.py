"""Which forecaster to believe: weights from a backtest, and how each fared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from troth.demand.problem import Floats

#: Relative spread of a day that errors are measured against, besides chance; an error beyond so many spreads counts as that many.
_SPREAD, _LIMIT = 0.1, 4.0
#: How sharply the prior prefers the better forecaster, and how strongly weights are drawn to the prior.
_SHARP, _DRAWN = 5.0, 0.1
#: The same for few days: so many days of backtest weigh as much as the prior.
_DAYS: Final = 3.0
#: After how many days an error counts half.
_HALF_LIFE: Final = 28.0
_ROUNDS: Final = 300
#: A part smaller than this is left out.
_SMALLEST: Final = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What forecasters said from origins in the past.

    Parameters
    ----------
    said : shape (forecasters, series, origins, leads, slots).
    truth : shape (series, origins, leads, slots), NaN where there is nothing to score.
    age : days from the target to the end of the history, shape (origins, leads).
    """

    said: Floats
    truth: Floats
    age: Floats

    def part(self, leads: slice) -> Backtest:
        """Return some of the leads."""
        return Backtest(self.said[:, :, :, leads], self.truth[:, :, leads], self.age[:, leads])


def weights(test: Backtest) -> Floats:
    """Return the weights of forecasters, shape (forecasters, series); they add up to 1.

    They minimise the squared error of the mixture, errors taken relative to their spread and tamed, drawn to a prior that
    prefers those with the smaller error of their own.

    Source
    ------
    J. M. Bates and C. W. J. Granger (1969), Operational Research Quarterly 20, 451-468; minimised by exponentiated gradient,
    J. Kivinen and M. K. Warmuth (1997), Information and Computation 132, 1-63.
    """
    number, series = test.said.shape[:2]
    usable = np.isfinite(test.truth)
    if not usable.any():
        return np.full((number, series), 1 / number)
    truth = np.where(usable, test.truth, 0.0)
    middle = np.median(test.said, axis=0)
    scale = np.sqrt(np.maximum(middle, 0.05 * middle.mean() + 1e-9) + (_SPREAD * middle) ** 2)
    off = np.clip((test.said - truth) / scale, -_LIMIT, _LIMIT)
    counts = usable * (0.5 ** (np.maximum(test.age, 0) / _HALF_LIFE))[None, :, :, None]
    off = (off * np.sqrt(counts)).transpose(1, 0, 2, 3, 4).reshape(series, number, -1)
    gram = off @ off.transpose(0, 2, 1) / np.maximum(counts.sum((1, 2, 3)), 1e-9)[:, None, None]
    own = np.einsum("smm->sm", gram)
    best = np.maximum(own.min(1, keepdims=True), 1e-12)
    prior = np.exp(-_SHARP * (own / best - 1))
    prior /= prior.sum(1, keepdims=True)
    days = usable.any((2, 3)).sum(1)
    drawn = (_DRAWN + _DAYS / np.maximum(days, 1)) * best[:, 0]
    return _minimised(gram, prior, drawn).T


def _minimised(gram: Floats, prior: Floats, drawn: Floats) -> Floats:
    """Minimise ``w' gram w + drawn |w - prior|^2`` over weights that add up to 1, shape (series, forecasters)."""
    found = np.maximum(prior, 1e-6)
    found = found / found.sum(1, keepdims=True)
    step = 1 / (4 * (np.einsum("smm->sm", gram).max(1) + drawn))[:, None]
    for _ in range(_ROUNDS):
        slope = (gram @ found[:, :, None])[:, :, 0] + drawn[:, None] * (found - prior)
        found = found * np.exp(np.clip(-step * 4 * slope, -3, 3))
        found /= found.sum(1, keepdims=True)
    found = np.where(found < _SMALLEST, 0.0, found)
    result: Floats = found / found.sum(1, keepdims=True)
    return result


def scores(test: Backtest) -> tuple[Floats, Floats, Floats]:
    """Return of each forecaster and series WAPE, bias (shape (forecasters, series)), and the days scored (series,).

    Where nothing came there is nothing to be off by a share of: NaN.
    """
    usable = np.isfinite(test.truth)
    truth = np.where(usable, test.truth, 0.0)
    total = truth.sum((1, 2, 3))
    total = np.where(total > 0, total, np.nan)
    off = np.where(usable, test.said - truth, 0.0)
    return np.abs(off).sum((2, 3, 4)) / total, off.sum((2, 3, 4)) / total, usable.any(3).sum((1, 2)).astype(np.float64)
