"""Dice of compiled searches, one state for each chain: xorshift* (Vigna 2016, ACM Transactions on Mathematical Software 42, 30)."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.core.machine import kernel


@kernel
def draw(dice: Any) -> float:
    """Return a number in [0, 1); `dice` is an array of one whole number, not 0."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def pick(dice: Any, many: int) -> int:
    """Return one of the numbers 0 to many - 1."""
    return int(draw(dice) * many)
