"""Random numbers for an event loop: drawn in blocks, used one by one, copied with the world."""

from __future__ import annotations

import copy
from math import exp, log
from random import Random
from typing import Any, Self

import numpy as np

_BLOCK = 2048


class Draws(Random):
    """A stream of random numbers for one purpose, fixed by its key.

    `random()` is the Mersenne twister's own; normal numbers are drawn in blocks from NumPy, as single ones are slow.
    Durations are turned into whole milliseconds by the caller, so a last-bit difference of a platform's `exp` does
    not change a world.
    """

    def __init__(self, *key: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        self._normal: list[float] = []
        super().__init__(int(self._rng.integers(2**62)))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        new = type(self)(0)
        vars(new).update(_rng=copy.deepcopy(self._rng), _normal=self._normal.copy())
        new.setstate(self.getstate())
        return new

    def normal(self) -> float:
        """Return a standard normal number."""
        if not self._normal:
            self._normal = self._rng.standard_normal(_BLOCK).tolist()
        return self._normal.pop()

    def exponential(self) -> float:
        """Return an exponential number of mean 1."""
        return -log(1.0 - self.random())

    def lognormal(self, mean: float, sigma: float) -> float:
        """Return a lognormal number of the given mean; `sigma` is that of its logarithm."""
        return mean * exp(sigma * self.normal() - 0.5 * sigma * sigma)
