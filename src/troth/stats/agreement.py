"""Do reviewers agree? Kappa, alpha and intraclass correlation."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Scale(StrEnum):
    """What the numbers of a rating mean: mere names, ranks, or equal steps."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


class Weights(StrEnum):
    """How much a near miss counts: not at all, by its distance, or by its square."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


def cohen_kappa(table: ArrayLike, *, weights: Weights = Weights.NONE) -> float:
    """Return Cohen's kappa of two raters.

    Parameters
    ----------
    table : shape (categories, categories): how often the first rater said the row and the second the column;
        for weighted kappa in the order of the scale.
    weights : credit for near misses.

    Returns
    -------
    1 for perfect agreement, 0 for what chance gives; NaN when chance alone would give full agreement.

    Raises
    ------
    ValueError
        If the table is not square or has no ratings.

    Source
    ------
    J. Cohen (1960), Educational and Psychological Measurement 20, 37-46; (1968), Psychological Bulletin 70, 213-220.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]), 6)
    0.4
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.sum() <= 0:
        raise ValueError(f"Kappa needs a square table with ratings, not one of shape {counts.shape}.")
    counts = counts / counts.sum()
    steps = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts)))).astype(np.float64)
    costs = {Weights.NONE: (steps > 0).astype(np.float64), Weights.LINEAR: steps, Weights.QUADRATIC: steps**2}
    cost = costs[Weights(weights)]
    expected = float(np.sum(cost * np.outer(counts.sum(axis=1), counts.sum(axis=0))))
    return 1 - float(np.sum(cost * counts)) / expected if expected > 0 else float("nan")


def confusion(first: ArrayLike, *, second: ArrayLike) -> NDArray[np.int64]:
    """Return the table for `cohen_kappa` from the ratings of two raters; pairs with a NaN are left out."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    kept = ~(np.isnan(one) | np.isnan(two))
    names, codes = np.unique(np.concatenate([one[kept], two[kept]]), return_inverse=True)
    table = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(table, tuple(np.split(codes, 2)), 1)
    return table


def fleiss_kappa(counts: ArrayLike) -> float:
    """Return Fleiss' kappa of many raters.

    Parameters
    ----------
    counts : shape (subjects, categories): how many raters chose the category; every subject has the same number.

    Raises
    ------
    ValueError
        If subjects have different numbers of raters, or fewer than two.

    Source
    ------
    J. L. Fleiss (1971), Psychological Bulletin 76, 378-382.
    """
    table = np.asarray(counts, dtype=np.float64)
    raters = table.sum(axis=1)
    if not len(table) or raters[0] < 2 or not np.all(raters == raters[0]):
        raise ValueError("Fleiss' kappa needs the same number of raters, at least two, for every subject.")
    number = raters[0]
    agreed = float(np.mean((np.sum(table**2, axis=1) - number) / (number * (number - 1))))
    chance = float(np.sum((table.sum(axis=0) / table.sum()) ** 2))
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")


def krippendorff_alpha(ratings: ArrayLike, *, scale: Scale = Scale.NOMINAL) -> float:
    """Return Krippendorff's alpha; ratings may be missing.

    Parameters
    ----------
    ratings : shape (raters, units); NaN where a rater did not rate.
    scale : what the numbers mean.

    Returns
    -------
    NaN when fewer than two ratings can be paired or all are equal.

    Source
    ------
    K. Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania.
    """
    data = np.asarray(ratings, dtype=np.float64)
    values = np.unique(data[~np.isnan(data)])
    each = np.array([np.sum(data == value, axis=0) for value in values], dtype=np.float64).reshape(len(values), -1)
    each = each[:, each.sum(axis=0) >= 2]
    size = each.sum(axis=0)
    pairs = (each / (size - 1)) @ each.T if size.size else np.zeros((len(values), len(values)))
    pairs -= np.diag(np.sum(each / (size - 1), axis=1)) if size.size else 0
    totals = pairs.sum(axis=1)
    distance = _distance(values, totals, Scale(scale))
    expected = float(np.sum(np.outer(totals, totals) * distance))
    if expected <= 0:
        return float("nan")
    return 1 - float(np.sum(pairs * distance) * (totals.sum() - 1)) / expected


def _distance(values: Floats, totals: Floats, scale: Scale) -> Floats:
    if scale is Scale.NOMINAL:
        return 1 - np.eye(len(values))
    if scale is Scale.INTERVAL:
        return np.asarray(np.subtract.outer(values, values) ** 2, dtype=np.float64)
    # Ranks: how many ratings lie between two values, half of the ends' own included.
    place = np.cumsum(totals) - totals / 2
    return np.asarray(np.subtract.outer(place, place) ** 2, dtype=np.float64)


def icc(ratings: ArrayLike, *, raters_are_fixed: bool = False) -> float:
    """Return the intraclass correlation of single ratings.

    Parameters
    ----------
    ratings : shape (subjects, raters), complete.
    raters_are_fixed : False for ICC(2,1), absolute agreement of raters who stand for others; True for
        ICC(3,1), consistency of just these raters, whose severity does not matter.

    Raises
    ------
    ValueError
        With fewer than two subjects or raters, or with missing ratings.

    Source
    ------
    P. E. Shrout and J. L. Fleiss (1979), Psychological Bulletin 86, 420-428.
    """
    data = np.asarray(ratings, dtype=np.float64)
    if data.ndim != 2 or min(data.shape) < 2 or np.isnan(data).any():
        raise ValueError(
            "The intraclass correlation needs complete ratings of two or more subjects by two or more raters."
        )
    subjects, raters = data.shape
    mean = data.mean()
    between = raters * float(np.sum((data.mean(axis=1) - mean) ** 2)) / (subjects - 1)
    judges = subjects * float(np.sum((data.mean(axis=0) - mean) ** 2)) / (raters - 1)
    rest = data - data.mean(axis=1)[:, None] - data.mean(axis=0) + mean
    error = float(np.sum(rest**2)) / ((subjects - 1) * (raters - 1))
    severity = 0.0 if raters_are_fixed else raters * (judges - error) / subjects
    below = between + (raters - 1) * error + severity
    return float((between - error) / below) if below else float("nan")
