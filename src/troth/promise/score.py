"""How honest stated probabilities are: kept rate, reliability, Brier score with its parts, quantiles held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.queueing import WaitBand, interval_score
from troth.stats import Interval, ratio_interval, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Promises with like stated probabilities: what was said and what came true.

    Parameters
    ----------
    stated : mean stated probability.
    kept : share kept, with its interval by day.
    n : how many.
    """

    stated: float
    kept: Interval
    n: int

    @property
    def honest(self) -> bool:
        """Tell whether the interval of the kept share holds what was said."""
        return self.kept.low <= self.stated <= self.kept.high


@dataclass(frozen=True, slots=True)
class Brier:
    """The mean squared error of stated probabilities and its parts; lower is better.

    ``score = reliability - resolution + uncertainty + within``.

    Parameters
    ----------
    reliability : how far what was said is from what came true; 0 is honest.
    resolution : how much the promises differ in what came true; 0 says the same of all.
    uncertainty : of promises with this kept rate, whoever states what.
    within : what is left because a group holds different probabilities; 0 where each has its own group.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


@dataclass(frozen=True, slots=True)
class BandScore:
    """How bands of waits fared.

    Parameters
    ----------
    n : how many.
    kept : share of waits within the band, by day.
    below, above : shares of waits under the lower and over the upper end.
    width_s, score_s : mean width and mean interval score in seconds.
    held : by level the share of waits that did not exceed it; equal to the level where the band is honest.
    """

    n: int
    kept: Interval
    below: float
    above: float
    width_s: float
    score_s: float
    held: dict[float, float]


def kept_rate(kept: ArrayLike, *, days: ArrayLike | None = None, level: float = 0.95) -> Interval:
    """Return the share of promises kept.

    Parameters
    ----------
    kept : True, False or 1, 0 of each promise kept or broken; waived ones are left out before. Shape (n,).
    days : the number of the day each came due; promises of one day share its luck. Without, or on a single day,
        promises are taken as independent (Wilson).

    Raises
    ------
    ValueError
        Without a single promise, or if shapes differ.

    Examples
    --------
    >>> found = kept_rate([True] * 8 + [False] * 2)
    >>> found.estimate, round(found.low, 2), round(found.high, 2)
    (0.8, 0.49, 0.94)
    """
    hits = np.asarray(kept, dtype=np.float64)
    if not len(hits):
        raise ValueError("A kept rate is of some promises.")
    if days is not None:
        day = np.asarray(days, dtype=np.int64)
        if day.shape != hits.shape:
            raise ValueError(f"Outcomes and days must be of one length: {hits.shape} and {day.shape}.")
        counts = np.bincount(day - day.min())
        found = ratio_interval(np.bincount(day - day.min(), weights=hits), den=counts, share=True, level=level)
        if found is not None:
            return found
    return wilson(float(hits.sum()), n=len(hits), level=level)


def reliability(
    stated: ArrayLike, *, kept: ArrayLike, days: ArrayLike | None = None, bins: int = 10
) -> tuple[Reliability, ...]:
    """Return the reliability curve: promises grouped by what was stated, each group with what came true.

    With at most `bins` different probabilities each is a group; else groups are of about equal size, so that none is
    too small to say anything.

    Source
    ------
    Equal-sized groups: T. Gneiting, F. Balabdaoui and A. E. Raftery (2007), J. R. Statist. Soc. B 69, 243-268;
    consistency of the points judged by their intervals: Broecker and Smith (2007), Weather and Forecasting 22, 651-661.
    """
    said, hits = _pair(stated, kept)
    day = None if days is None else np.asarray(days, dtype=np.int64)
    return tuple(
        Reliability(
            float(said[rows].mean()),
            kept_rate(hits[rows], days=None if day is None else day[rows]),
            len(rows),
        )
        for rows in _groups(said, bins)
    )


def brier(stated: ArrayLike, *, kept: ArrayLike, bins: int = 10) -> Brier:
    """Return the Brier score and its parts over the groups of `reliability`.

    Source
    ------
    G. W. Brier (1950); A. H. Murphy (1973), J. Applied Meteorology 12, 595-600; the part within groups: Stephenson,
    Coelho and Jolliffe (2008), Weather and Forecasting 23, 752-757.

    Examples
    --------
    >>> found = brier([0.9] * 10 + [0.5] * 10, kept=[1] * 9 + [0] + [1] * 5 + [0] * 5)
    >>> round(found.score, 3), round(found.reliability, 3), round(found.resolution, 3), round(found.uncertainty, 3)
    (0.17, 0.0, 0.04, 0.21)
    """
    said, hits = _pair(stated, kept)
    n, base = len(said), float(hits.mean())
    score = float(np.mean((said - hits) ** 2))
    off = apart = 0.0
    for rows in _groups(said, bins):
        off += len(rows) * float(said[rows].mean() - hits[rows].mean()) ** 2 / n
        apart += len(rows) * float(hits[rows].mean() - base) ** 2 / n
    sure = base * (1 - base)
    return Brier(score, off, apart, sure, score - (off - apart + sure))


def score_bands(
    bands: Sequence[WaitBand], *, waits_s: ArrayLike, days: ArrayLike | None = None, coverage: float = 0.8
) -> BandScore:
    """Return how bands fared against the waits that came.

    Parameters
    ----------
    bands : all with the same levels; the first and last are the ends of the promise.
    waits_s : the waits in seconds, shape (n,).
    coverage : probability stated for the band.
    """
    waits = np.asarray(waits_s, dtype=np.float64)
    ends = np.array([band.seconds for band in bands])
    low, high = ends[:, 0], ends[:, -1]
    scores = [interval_score(a, b, value=w, coverage=coverage) for a, b, w in zip(low, high, waits, strict=True)]
    held = {level: float(np.mean(waits <= ends[:, k])) for k, level in enumerate(bands[0].levels)}
    inside = (waits >= low) & (waits <= high)
    return BandScore(
        len(waits), kept_rate(inside, days=days), float(np.mean(waits < low)), float(np.mean(waits > high)),
        float(np.mean(high - low)), float(np.mean(scores)), held,
    )  # fmt: skip


def pit(samples: ArrayLike, *, values: ArrayLike, jitter: ArrayLike) -> Floats:
    """Return the probability integral transform of each value: its place among the samples predicted for it.

    Uniform between 0 and 1 where the predictions are honest; heaped in the middle where they are too wide.

    Parameters
    ----------
    samples : draws of each prediction, shape (n, draws).
    values : what came true, shape (n,).
    jitter : uniform numbers between 0 and 1, shape (n,), that spread the place within its step and within ties.

    Source
    ------
    A. P. Dawid (1984); randomised: Czado, Gneiting and Held (2009), Biometrics 65, 1254-1261.
    """
    drawn, came = np.asarray(samples, dtype=np.float64), np.asarray(values, dtype=np.float64)[:, None]
    below, same = (drawn < came).sum(axis=1), (drawn == came).sum(axis=1)
    return np.asarray((below + np.asarray(jitter) * (same + 1)) / (drawn.shape[1] + 1), dtype=np.float64)


def _pair(stated: ArrayLike, kept: ArrayLike) -> tuple[Floats, Floats]:
    said, hits = np.asarray(stated, dtype=np.float64), np.asarray(kept, dtype=np.float64)
    if said.shape != hits.shape or said.ndim != 1 or not len(said):
        raise ValueError(f"Probabilities and outcomes must be of one length above 0: {said.shape} and {hits.shape}.")
    if not (np.all(said >= 0) and np.all(said <= 1)):
        raise ValueError("A probability lies between 0 and 1.")
    return said, hits


def _groups(said: Floats, bins: int) -> list[NDArray[np.int64]]:
    """Return the rows of each group, low probabilities first; equal ones are never parted."""
    distinct, place = np.unique(said, return_inverse=True)
    if len(distinct) > bins:
        cut = np.quantile(said, np.arange(1, bins) / bins)
        place = np.searchsorted(cut, said, side="right")
    return [np.flatnonzero(place == k) for k in np.unique(place)]
