"""Work with due times, done in order of what is due first, as machine code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from troth.core.machine import Machine

Floats = NDArray[np.float64]


@Machine().kept
def earliest_due(
    work: Floats, after: NDArray[np.int64], waiting: Floats, capacity: Floats
) -> tuple[Floats, Floats, Floats]:
    """Do work in each interval, what is due first first, and say what was not done when it was due.

    Parameters
    ----------
    work : arrives in each interval, shape (paths, kinds, intervals); it can be done from the next interval on.
    after : so many intervals after the one it arrived in, at whose end, it is due, shape (kinds,).
    waiting : is there at the start and due at the end of each interval, shape (kinds, intervals).
    capacity : work that can be done in each interval, shape (intervals,).

    Returns
    -------
    Work due at the end of each interval, and what of it was not done by then, shapes (paths, kinds, intervals); work that
    is there at the end of each interval, shape (paths, intervals).
    """
    paths, kinds, intervals = work.shape
    slots = intervals + after.max() + 1
    due, late, there = np.zeros(work.shape), np.zeros(work.shape), np.zeros((paths, intervals))
    for p in range(paths):
        left = np.zeros((kinds, slots))
        left[:, :intervals] = waiting
        due[p] = waiting
        stock, first = waiting.sum(), 0
        for t in range(intervals):
            for k in range(kinds):
                if t > 0:
                    slot = t - 1 + after[k]
                    left[k, slot] += work[p, k, t - 1]
                    stock += work[p, k, t - 1]
                    if slot < intervals:
                        due[p, k, slot] += work[p, k, t - 1]
            room = capacity[t]
            slot = first
            while room > 0 and slot < slots:
                there_now = left[:, slot].sum()
                if there_now > 0:
                    done = min(room, there_now)
                    left[:, slot] *= (there_now - done) / there_now if done < there_now else 0.0
                    room -= done
                    stock -= done
                if there_now <= 0 or room > 0:
                    slot += 1
            while first < t and left[:, first].sum() <= 0:
                first += 1
            late[p, :, t] = left[:, t]
            there[p, t] = max(stock, 0.0)
    return due, late, there
