"""How much a day differs from the usual: what of it is chance, and what is the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from troth.queueing.read import Floats


@dataclass(frozen=True, slots=True, eq=False)
class DayLevels:
    """Logarithms of levels by day and kind, as a part common to all kinds and one of each kind.

    Parameters
    ----------
    common, common_sd : what is believed of the common part of each day, shape (days,).
    own, own_sd : and of each kind's own part, shape (days, kinds).
    """

    common: Floats
    common_sd: Floats
    own: Floats
    own_sd: Floats

    @classmethod
    def seen(cls, levels: Floats, *, variance: Floats) -> Self:
        """Split measured levels.

        Parameters
        ----------
        levels : measured logarithms, shape (days, kinds); NaN where there is too little to measure.
        variance : of the error of each, same shape.

        Source
        ------
        Variance between days by moments: R. DerSimonian and N. Laird (1986), Controlled Clinical Trials 7, 177-188; levels
        shrunk by it: B. Efron and C. Morris (1975), J. American Statistical Association 70, 311-319.
        """
        known = np.isfinite(levels)
        weight = np.where(known, 1 / np.where(known, variance, 1.0), 0.0)
        total = weight.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = (weight * np.where(known, levels, 0.0)).sum(axis=1) / total
            common, common_sd = _believed(whole, 1 / total)
        parts = [_believed(levels[:, k] - whole, variance[:, k]) for k in range(levels.shape[1])]
        own, own_sd = (np.stack([part[k] for part in parts], axis=1) for k in (0, 1))
        return cls(common, common_sd, own, own_sd)

    def of(self, day: int, *, rng: np.random.Generator | None = None) -> Floats:
        """Return a day's levels by kind, drawn from what is believed of them, or without `rng` their means."""
        if rng is None:
            return np.asarray(self.common[day] + self.own[day], dtype=np.float64)
        return np.asarray(
            rng.normal(self.common[day], self.common_sd[day]) + rng.normal(self.own[day], self.own_sd[day])
        )


def _believed(values: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return mean and deviation of what each value may truly be, of a day without one what any day may be."""
    known = np.isfinite(values) & np.isfinite(variance)
    if known.sum() < 2:
        return np.zeros(len(values)), np.zeros(len(values))
    x, v = values[known], variance[known]
    weight = 1 / v
    excess = float((weight * (x - np.average(x, weights=weight)) ** 2).sum()) - (len(x) - 1)
    between = max(0.0, excess / float(weight.sum() - (weight**2).sum() / weight.sum()))
    mean = float(np.average(x, weights=1 / (v + between)))
    kept = between / (v + between)
    middle, spread = np.full(len(values), mean), np.full(len(values), np.sqrt(between))
    middle[known], spread[known] = mean + kept * (x - mean), np.sqrt(between * (1 - kept))
    return middle, spread
