"""Chance of a person's day without a table: a number mixed from who, when and which future."""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.promising._jit import compiled

_A, _B, _C = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@compiled
def uniform(future: np.uint64, person: np.uint64, when: int) -> float:
    """Return a number between 0 and 1.

    Source
    ------
    The finaliser of SplitMix64: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA,
    453-472.
    """
    z = (future ^ person) + np.uint64(when + 1) * _A
    z = (z ^ (z >> _S30)) * _B
    z = (z ^ (z >> _S27)) * _C
    z = z ^ (z >> _S31)
    return float(z >> _S11) * (1.0 / 9007199254740992.0)
