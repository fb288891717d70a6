"""The probability to state of a like promise: the share that was kept, learned from the nearest history there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

#: What happened so many days ago counts half.
HALF_LIFE_DAYS: Final = 14.0
#: The share of the wider circle counts as so many promises of the nearer one.
WEIGHT: Final = 10.0
#: Fewer promises than this are too few to speak of a circle's own share.
LEAST: Final = 20


@dataclass(frozen=True, slots=True)
class LearnedShare:
    """A share to state, and what it stands on.

    Parameters
    ----------
    probability : to be stated; above 0 and below 1.
    circle : the nearest circle with at least `least` promises; -1 if none has: then little but the prior is known.
    n : promises in that circle and nearer ones.
    """

    probability: float
    circle: int
    n: int


def learned_share(
    kept: ArrayLike,
    *,
    due: ArrayLike,
    circles: ArrayLike,
    ages_days: ArrayLike,
    prior: float,
    half_life_days: float = HALF_LIFE_DAYS,
    weight: float = WEIGHT,
    least: int = LEAST,
) -> LearnedShare:
    """Return the probability with which a promise may be given, from how like ones fared.

    From the widest circle to the nearest the share kept is drawn to that of the circle around it, which counts as
    `weight` promises: a posterior mean, with the wider circle as the prior. Where nothing came due nearby, the wider
    share is stated as it is. Old promises fade, so that the share follows a drift, behind it by about 1.4 half-lives.

    Parameters
    ----------
    kept, due : of each cell how many were kept, of how many that came due; waived ones are left out. Shape (cells,).
    circles : of each cell how near it is: 0 for the widest circle without what lies in nearer ones, then 1, 2.
    ages_days : of each cell how many days ago it came due; shape (cells,).
    prior : the share to begin with; above 0 and below 1.

    Raises
    ------
    ValueError
        If shapes differ, a cell kept more than came due, or the prior is no share.

    Source
    ------
    Beta prior of given weight: A. Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., 35-37; fading by powers:
    R. G. Brown (1959), Statistical Forecasting for Inventory Control.

    Examples
    --------
    >>> learned_share([], due=[], circles=[], ages_days=[], prior=0.8)
    LearnedShare(probability=0.8, circle=-1, n=0)
    >>> found = learned_share([19, 45], due=[20, 90], circles=[0, 1], ages_days=[0, 0], prior=0.8)
    >>> round(found.probability, 2), found.circle, found.n
    (0.54, 1, 90)
    """
    hits, number, age = (np.asarray(one, dtype=np.float64) for one in (kept, due, ages_days))
    circle = np.asarray(circles, dtype=np.int64)
    if not hits.shape == number.shape == age.shape == circle.shape or hits.ndim != 1:
        raise ValueError("Kept, due, circles and ages must be of one length.")
    if np.any(hits < 0) or np.any(hits > number) or not 0 < prior < 1:
        raise ValueError("Of a cell 0 to all are kept, and the prior lies between 0 and 1.")
    fade = 0.5 ** (np.maximum(age, 0) / half_life_days)
    share, ground, known = prior, -1, 0
    for one in np.unique(circle):
        mine = circle == one
        share = (float(hits[mine] @ fade[mine]) + weight * share) / (float(number[mine] @ fade[mine]) + weight)
        within = int(number[circle >= one].sum())
        if within >= least:
            ground, known = int(one), within
    return LearnedShare(float(share), ground, known)
