"""How long people stay, where most were cut short: the product-limit estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.fit.lengths import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """The share still patient after each time at which somebody gave up: the product-limit estimate with its band.

    Parameters
    ----------
    at : times at which somebody gave up, rising, shape (n,).
    share : still patient just after, shape (n,).
    low, high : limits of the band at each time.
    at_risk : how many were still waiting just before.
    gave_up : how many gave up then.
    """

    at: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    gave_up: NDArray[np.int64]

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share still patient after x; beyond the last time the last share, for nothing more is known."""
        steps = np.concatenate([[1.0], self.share])
        return np.asarray(steps[np.searchsorted(self.at, np.asarray(x, float), side="right")])

    def median(self) -> float | None:
        """Return the time by which half would have given up; None if fewer did within what was seen."""
        below = np.flatnonzero(self.share <= 0.5)
        return float(self.at[below[0]]) if len(below) else None


def kaplan_meier(waits_s: ArrayLike, *, gave_up: ArrayLike, level: float = 0.95) -> Survival:
    """Return the share still patient by time waited; who was answered tells only that patience was longer.

    Parameters
    ----------
    waits_s : waits, shape (n,), at least 0.
    gave_up : whether the wait ended by giving up, shape (n,); else it was cut short by an answer.
    level : of the band at each time, from Greenwood's variance on the scale of log(-log).

    Raises
    ------
    InputError
        If shapes differ, a wait is negative or no number, or nobody gave up.

    Source
    ------
    Kaplan and Meier (1958), J. American Statistical Association 53, 457-481; Greenwood (1926); the scale: Kalbfleisch and
    Prentice (1980), section 1.3. Of calls: Brown et al. (2005), J. American Statistical Association 100, section 5.

    Examples
    --------
    >>> kaplan_meier([10, 20, 20, 30], gave_up=[True, False, True, True]).share.round(3)
    array([0.75, 0.5 , 0.  ])
    """
    from scipy.special import ndtri

    waits, left = checked(waits_s, gave_up=gave_up)
    at, gone = np.unique(waits[left], return_counts=True)
    at_risk = len(waits) - np.searchsorted(np.sort(waits), at, side="left")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(1 - gone / at_risk)
        variance = np.cumsum(gone / (at_risk * (at_risk - gone)))
        reach = float(ndtri(0.5 + level / 2)) * np.sqrt(variance) / np.abs(np.log(share))
        low, high = share ** np.exp(reach), share ** np.exp(-reach)
    over: NDArray[np.bool_] = share <= 0  # the last one gave up: nothing is left to have a band
    return Survival(at, np.asarray(share, float), np.where(over, 0.0, low), np.where(over, 0.0, high), at_risk, gone)


def checked(waits_s: ArrayLike, *, gave_up: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return waits and who gave up as arrays, or raise with what is wrong."""
    waits, left = np.ravel(np.asarray(waits_s, float)), np.ravel(np.asarray(gave_up, bool))
    if waits.shape != left.shape:
        raise InputError(
            [
                Issue(
                    "shapes-differ",
                    Severity.ERROR,
                    "gave_up",
                    f"{left.shape} and {waits.shape}",
                    "Maybe one is of another period.",
                )
            ]
        )
    wrong = ~(waits >= 0) | np.isinf(waits)
    if wrong.any():
        first = int(np.argmax(wrong))
        advice = "Maybe an end before its start, or a wait that is not over."
        raise InputError(
            [
                Issue(
                    "wait-not-a-number",
                    Severity.ERROR,
                    f"waits_s[{first}]",
                    f"{waits[first]:g}",
                    advice,
                    int(wrong.sum()),
                )
            ]
        )
    if not left.any():
        raise InputError([nobody()])
    return waits, left


def nobody() -> Issue:
    """Return the issue that patience cannot be told."""
    return Issue(
        "nobody-gave-up",
        Severity.ERROR,
        "gave_up",
        "",
        "Maybe take a longer period; without anybody who gave up patience cannot be told.",
    )
