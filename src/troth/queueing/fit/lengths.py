"""Distributions of lengths of time: how likely, how long, and as a table that a simulation draws from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Lengths(Protocol):
    """A distribution of lengths of time, all in one unit (seconds, as a rule)."""

    @property
    def mean(self) -> float:
        """The mean."""

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""

    def log_pdf(self, x: ArrayLike) -> Floats:
        """Return the log density at x > 0."""

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share longer than x."""

    def quantile(self, q: ArrayLike) -> Floats:
        """Return the length that a share q in [0, 1) does not exceed."""


@dataclass(frozen=True, slots=True)
class LogNormal:
    """The logarithm is normal with mean `mu` and deviation `sigma`."""

    mu: float
    sigma: float

    @property
    def mean(self) -> float:
        """The mean."""
        return float(np.exp(self.mu + self.sigma**2 / 2))

    @property
    def parameters(self) -> int:
        """Two: of place and of spread."""
        return 2

    def log_pdf(self, x: ArrayLike) -> Floats:
        """Return the log density at x > 0."""
        logs = np.log(np.asarray(x, float))
        return np.asarray(
            -((logs - self.mu) ** 2) / (2 * self.sigma**2) - logs - np.log(self.sigma * np.sqrt(2 * np.pi))
        )

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share longer than x."""
        from scipy.special import ndtr

        with np.errstate(divide="ignore"):
            return np.asarray(ndtr(-(np.log(np.asarray(x, float)) - self.mu) / self.sigma))

    def quantile(self, q: ArrayLike) -> Floats:
        """Return the length that a share q does not exceed."""
        from scipy.special import ndtri

        return np.asarray(np.exp(self.mu + self.sigma * ndtri(np.asarray(q, float))))


@dataclass(frozen=True, slots=True)
class GammaMixture:
    """A mixture of gamma distributions; one is a gamma, one of shape 1 an exponential, several of shape 1 hyper-exponential.

    Parameters
    ----------
    weights, shapes, scales : of the parts; weights add up to 1.
    fixed : parameters that were not fitted, such as shapes held at 1.
    """

    weights: tuple[float, ...]
    shapes: tuple[float, ...]
    scales: tuple[float, ...]
    fixed: int = 0

    @property
    def mean(self) -> float:
        """The mean."""
        return float(np.dot(self.weights, np.multiply(self.shapes, self.scales)))

    @property
    def parameters(self) -> int:
        """Weights that are free, shapes and scales, less those held."""
        return 3 * len(self.weights) - 1 - self.fixed

    def parts(self, x: ArrayLike) -> Floats:
        """Return the log of weight times density of each part, shape (parts, n)."""
        from scipy.special import gammaln

        values = np.asarray(x, float)
        logs = np.log(values)
        w, k, s = (np.asarray(part)[:, None] for part in (self.weights, self.shapes, self.scales))
        return np.asarray(np.log(w) + (k - 1) * logs - values / s - gammaln(k) - k * np.log(s))

    def log_pdf(self, x: ArrayLike) -> Floats:
        """Return the log density at x > 0."""
        return np.asarray(np.logaddexp.reduce(self.parts(x), axis=0))

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share longer than x."""
        from scipy.special import gammaincc

        values = np.asarray(x, float)
        rest = [w * gammaincc(k, values / s) for w, k, s in zip(self.weights, self.shapes, self.scales, strict=True)]
        return np.asarray(np.sum(rest, axis=0))

    def quantile(self, q: ArrayLike) -> Floats:
        """Return the length that a share q does not exceed, by Newton's method between the parts' own quantiles."""
        from scipy.special import gammaincinv

        level = np.asarray(q, float)
        own = np.array([gammaincinv(k, level) * s for k, s in zip(self.shapes, self.scales, strict=True)])
        low, high = own.min(axis=0), own.max(axis=0)
        x = (low + high) / 2
        for _ in range(100 if len(self.weights) > 1 else 0):
            over = (1 - level) - self.survival(x)
            low, high = np.where(over < 0, x, low), np.where(over < 0, high, x)
            with np.errstate(divide="ignore", invalid="ignore"):
                newton = x - over * np.exp(-self.log_pdf(x.ravel()).reshape(x.shape))
            new = np.where((newton > low) & (newton < high), newton, (low + high) / 2)
            if np.all(np.abs(new - x) <= 1e-12 * np.abs(x)):
                break
            x = new
        return np.asarray(x)


@dataclass(frozen=True, slots=True)
class StepHazard:
    """A hazard that is constant between edges, and beyond the last as in the last piece.

    Parameters
    ----------
    edges : where pieces begin, from 0 on, rising.
    rates : events per unit of time in each piece; the last is above 0.
    """

    edges: tuple[float, ...]
    rates: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean: the area below the survival function."""
        edges, rates = np.array(self.edges), np.array(self.rates)
        start, width = self.survival(edges), np.append(np.diff(edges), np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            area = np.where(rates > 0, -np.expm1(-rates * width) / rates, width)
        return float(np.dot(start, area))

    @property
    def parameters(self) -> int:
        """One for each piece."""
        return len(self.rates)

    def hazard(self, x: ArrayLike) -> Floats:
        """Return the hazard at x."""
        return np.asarray(np.array(self.rates)[self._piece(x)])

    def log_pdf(self, x: ArrayLike) -> Floats:
        """Return the log density."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.hazard(x)) - self._total(x))

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share longer than x."""
        return np.asarray(np.exp(-self._total(x)))

    def quantile(self, q: ArrayLike) -> Floats:
        """Return the length that a share q does not exceed."""
        target = -np.log1p(-np.asarray(q, float))
        edges, rates = np.array(self.edges), np.array(self.rates)
        at_edge = self._total(edges)
        piece = np.clip(np.searchsorted(at_edge, target, side="right") - 1, 0, len(edges) - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.where(target > at_edge[piece], (target - at_edge[piece]) / rates[piece], 0.0)
        return np.asarray(edges[piece] + beyond)

    def _piece(self, x: ArrayLike) -> NDArray[np.int64]:
        return np.maximum(np.searchsorted(np.array(self.edges), np.asarray(x, float), side="right") - 1, 0)

    def _total(self, x: ArrayLike) -> Floats:
        edges, rates = np.array(self.edges), np.array(self.rates)
        whole = np.concatenate([[0.0], np.cumsum(np.diff(edges) * rates[:-1])])
        piece = self._piece(x)
        return np.asarray(whole[piece] + (np.asarray(x, float) - edges[piece]) * rates[piece])


@dataclass(frozen=True, slots=True, eq=False)
class Empirical:
    """Exactly what was seen, in order, each as likely as the others; between them a straight line.

    Parameters
    ----------
    seen : in rising order, shape (n,).
    """

    seen: Floats

    @property
    def mean(self) -> float:
        """The mean of what was seen."""
        return float(self.seen.mean())

    @property
    def parameters(self) -> int:
        """As many as were seen."""
        return len(self.seen)

    def survival(self, x: ArrayLike) -> Floats:
        """Return the share that was longer than x."""
        return np.asarray(1 - np.searchsorted(self.seen, np.asarray(x, float), side="right") / len(self.seen))

    def quantile(self, q: ArrayLike) -> Floats:
        """Return the length that a share q does not exceed."""
        places = (np.arange(len(self.seen)) + 0.5) / len(self.seen)
        return np.asarray(np.interp(np.asarray(q, float), places, self.seen))


def quantile_table(lengths: Any, *, n: int = 1024) -> Floats:
    """Return a table from which a simulation draws: means of n equally likely slices, rising, shape (n,).

    The twin takes it as ``Times(quantile_table(...))``: between the levels (k + 1/2) / n draws lie on a straight line.
    Each entry is the mean of its slice, not its middle, so that the mean of the table is that of the distribution, long
    tail included; with 1,024 entries of a lognormal of sigma 1 the variance is 2 % short, most of it in the last slice.

    Parameters
    ----------
    lengths : a distribution with ``quantile`` and ``mean``.
    n : entries.

    Examples
    --------
    >>> table = quantile_table(GammaMixture((1.0,), (1.0,), (300.0,)))
    >>> round(float(table.mean()), 6)
    300.0
    """
    nodes, weights = np.polynomial.legendre.leggauss(4)
    levels = (np.arange(n)[:, None] + (nodes + 1) / 2) / n
    table = np.asarray(lengths.quantile(levels) @ (weights / 2))
    # The last slice has no end: what is missing to the mean lies there.
    table[-1] = max(float(lengths.mean) * n - table[:-1].sum(), table[-2] if n > 1 else 0.0)
    return table
