"""Lengths of time as quantile tables: what is drawn from, however it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: How fine a table is unless asked otherwise.
STEPS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """A distribution of lengths of time.

    Parameters
    ----------
    seconds : rising quantiles in seconds at the levels (k + 1/2) / n, shape (n,). Between them draws lie on a straight
        line, beyond the first and last there are none.

    Examples
    --------
    >>> round(Times.exponential(300).mean_s, 1), Times.constant(60).seconds
    (299.9, array([60.]))
    """

    seconds: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", np.ascontiguousarray(self.seconds, dtype=np.float64))

    @property
    def mean_s(self) -> float:
        """The mean in seconds."""
        return float(self.seconds.mean())

    @classmethod
    def constant(cls, seconds: float) -> Times:
        """Return a length that is always the same."""
        return cls(np.array([seconds]))

    @classmethod
    def exponential(cls, mean_s: float, *, steps: int = STEPS) -> Times:
        """Return the exponential distribution of a mean in seconds."""
        return cls(-mean_s * np.log1p(-levels(steps)))

    @classmethod
    def lognormal(cls, mean_s: float, *, spread: float, steps: int = STEPS) -> Times:
        """Return the lognormal distribution of a mean in seconds and the deviation of its logarithm."""
        from scipy.special import ndtri

        return cls(mean_s * np.exp(spread * ndtri(levels(steps)) - spread**2 / 2))

    @classmethod
    def gamma(cls, mean_s: float, *, shape: float, steps: int = STEPS) -> Times:
        """Return the gamma distribution of a mean in seconds and a shape."""
        from scipy.special import gammaincinv

        return cls(gammaincinv(shape, levels(steps)) * (mean_s / shape))

    @classmethod
    def seen(cls, seconds: Sequence[float] | NDArray[Any], *, steps: int = STEPS) -> Times:
        """Return the distribution of lengths that were seen; of few, exactly these."""
        values = np.sort(np.asarray(seconds, dtype=np.float64))
        if len(values) <= steps:
            return cls(values)
        return cls(np.quantile(values, levels(steps)))

    def scaled(self, factor: float) -> Times:
        """Return all lengths times a factor."""
        return Times(self.seconds * factor)


def levels(steps: int) -> NDArray[np.float64]:
    """Return the levels a table of so many steps stands for.

    Examples
    --------
    >>> levels(2)
    array([0.25, 0.75])
    """
    return (np.arange(steps) + 0.5) / steps
