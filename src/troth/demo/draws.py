"""Random numbers for an event loop: drawn in blocks, used one by one, copied with the world."""

from __future__ import annotations

from math import exp

import numpy as np

_BLOCK = 2048


class Draws:
    """A stream of random numbers for one purpose, fixed by its key.

    Drawing single numbers from NumPy is slow, so blocks are drawn and popped. Durations are turned into whole
    milliseconds by the caller, so a last-bit difference of a platform's `exp` does not change a world.
    """

    __slots__ = ("_exponential", "_normal", "_rng", "_uniform")

    def __init__(self, *key: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        self._uniform: list[float] = []
        self._normal: list[float] = []
        self._exponential: list[float] = []

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        if not self._uniform:
            self._uniform = self._rng.random(_BLOCK).tolist()
        return self._uniform.pop()

    def normal(self) -> float:
        """Return a standard normal number."""
        if not self._normal:
            self._normal = self._rng.standard_normal(_BLOCK).tolist()
        return self._normal.pop()

    def exponential(self) -> float:
        """Return an exponential number of mean 1."""
        if not self._exponential:
            self._exponential = self._rng.standard_exponential(_BLOCK).tolist()
        return self._exponential.pop()

    def lognormal(self, mean: float, sigma: float) -> float:
        """Return a lognormal number of the given mean; `sigma` is that of its logarithm."""
        return mean * exp(sigma * self.normal() - 0.5 * sigma * sigma)
