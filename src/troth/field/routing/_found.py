"""What a search finds: stops by tour, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from troth.field.routing._whole import Whole


@dataclass(frozen=True, slots=True)
class Found:
    """The best tours: stops by tour, how many each has, what they cost."""

    seq: Any
    size: Any
    value: float
    steps: int


def listed(seq: Any, *, size: Any) -> dict[int, list[int]]:
    """Return sequences as orders by tour, without tours that have no visit; of a visit made twice the first stays."""
    seen: set[int] = set()
    out = {}
    for t in range(len(size)):
        line = [v for v in dict.fromkeys(int(v) for v in seq[t][: size[t]]) if v not in seen]
        seen.update(line)
        if line:
            out[t] = line
    return out


def as_found(w: Whole, *, lines: dict[int, list[int]], value: float, steps: int) -> Found:
    """Return orders by tour as sequences."""
    size = np.array([len(lines.get(t, ())) for t in range(len(w.tours))], np.int64)
    seq = np.zeros((len(size), int(size.max(initial=1)) or 1), np.int64)
    for t, line in lines.items():
        seq[t, : len(line)] = line
    return Found(seq, size, value, steps)
