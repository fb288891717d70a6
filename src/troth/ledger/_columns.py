"""The claims of a ledger as arrays, and one sweep over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from troth.core.time import to_micros
from troth.ledger.claim import CapacityClaim

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Columns(NamedTuple):
    """Claims in the order they were booked; times in microseconds since 1970 UTC, each array of shape (claims,)."""

    start: Ints
    end: Ints
    units: Ints
    probability: Floats

    def __len__(self) -> int:  # of claims, not of fields
        return len(self.start)


def columns(claims: Sequence[CapacityClaim]) -> Columns:
    """Return claims as arrays."""
    n = len(claims)
    return Columns(
        np.fromiter((to_micros(one.span.start) for one in claims), np.int64, n),
        np.fromiter((to_micros(one.span.end) for one in claims), np.int64, n),
        np.fromiter((one.units for one in claims), np.int64, n),
        np.fromiter((one.probability for one in claims), np.float64, n),
    )


class Levels(NamedTuple):
    """How much is claimed, as steps: from `at[k]` until the next step of the same group `amount[k]` is in use."""

    group: Ints
    at: Ints
    amount: Floats
    until: Ints


def levels(start: Ints, end: Ints, *, group: Ints, amount: Floats) -> Levels:
    """Return the sum of overlapping amounts by group, in order of group and time; stretches of nothing are left out.

    One sort of all ends, so that it takes n log n however they overlap.
    """
    groups = np.concatenate([group, group])
    at = np.concatenate([start, end])
    change = np.concatenate([amount, -amount])
    order = np.lexsort((at, groups))
    groups, at, change = groups[order], at[order], change[order]
    # What happens at one instant happens together: a claim that ends as another begins never meets it.
    last = np.r_[(groups[1:] != groups[:-1]) | (at[1:] != at[:-1]), True] if len(at) else np.zeros(0, bool)
    total = np.cumsum(change)[last]
    groups, at = groups[last], at[last]
    until = np.r_[at[1:], 0][: len(at)]
    kept = np.r_[groups[1:] == groups[:-1], False][: len(at)] & (total > 1e-9)
    return Levels(groups[kept], at[kept], total[kept], until[kept])
