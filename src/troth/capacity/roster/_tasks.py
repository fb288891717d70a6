"""What is done within a shift: stretches of activities and breaks, by dynamic programming over slots."""

from __future__ import annotations

from math import inf

import numpy as np

from troth.core.machine import kernel


@kernel
def slot_price(
    n: int, floor: int, wanted: int, most: int, under: float, over: float, square: float, hard: float
) -> float:
    """Return what n people in a slot cost; each one below the floor costs `hard`."""
    price = 0.0
    if n < floor:
        price += hard * (floor - n)
    if n < wanted:
        price += under * (wanted - n)
    if n > most:
        price += over * (n - most) + square * (n - most) * (n - most)
    return price


@kernel
def stretches(
    first: int,
    length: int,
    gain: np.ndarray,
    summed: np.ndarray,
    able: np.ndarray,
    shortest: np.ndarray,
    pauses: np.ndarray,
    values: np.ndarray,
    upto: np.ndarray,
    since: np.ndarray,
    came: np.ndarray,
    doing: np.ndarray,
) -> None:
    """Find the best stretches of shifts that begin at one slot, for every length up to `length` slots at once.

    Parameters
    ----------
    gain, summed : (S, A) price of one more person in a slot, and its sums from the beginning (S + 1, A).
    able : (A,) whether the person can do an activity.
    shortest : (A,) slots a stretch lasts at least.
    pauses : (Q, 3) slots of a pause, earliest and latest slot after the start.
    values : (2, L + 1) result: best price of a shift of n slots without its pauses, and with all of them.
    upto, since : (L + 1, Q + 1) scratch, the best price with a boundary at a slot, and who ended there.
    came, doing : (L + 1, Q + 1, A) scratch, where the stretch in hand began, and its price.
    """
    kinds, rests = gain.shape[1], pauses.shape[0]
    upto[: length + 1] = inf
    since[: length + 1] = -1
    doing[: length + 1] = inf
    came[: length + 1] = -1
    values[:, : length + 1] = inf
    upto[0, 0] = 0.0
    for t in range(length + 1):
        for q in range(rests + 1):
            _boundary(t, q, length, pauses, values, upto, since, doing)
            if t == length:
                continue
            here, at = upto[t, q], first + t
            for a in range(kinds):
                if doing[t, q, a] + gain[at, a] < doing[t + 1, q, a]:
                    doing[t + 1, q, a] = doing[t, q, a] + gain[at, a]
                    came[t + 1, q, a] = came[t, q, a]
                then = t + shortest[a]
                if here < inf and able[a] and then <= length:
                    value = here + summed[first + then, a] - summed[at, a]
                    if value < doing[then, q, a]:
                        doing[then, q, a] = value
                        came[then, q, a] = t


@kernel
def _boundary(
    t: int,
    q: int,
    length: int,
    pauses: np.ndarray,
    values: np.ndarray,
    upto: np.ndarray,
    since: np.ndarray,
    doing: np.ndarray,
) -> None:
    """Settle what a stretch that ends at slot t after q pauses allows: the shift's end, a pause, another stretch."""
    ended, who = inf, -1
    for a in range(doing.shape[2]):
        if doing[t, q, a] < ended:
            ended, who = doing[t, q, a], a
    if q == 0:
        values[0, t] = ended
    if q == pauses.shape[0]:
        values[1, t] = ended
    elif pauses[q, 1] <= t <= pauses[q, 2]:
        then = t + pauses[q, 0]
        if then <= length and ended < upto[then, q + 1]:
            upto[then, q + 1] = ended
            since[then, q + 1] = -2 - who
    if ended < upto[t, q]:
        upto[t, q] = ended
        since[t, q] = who


@kernel
def write_stretches(
    length: int,
    paused: int,
    pauses: np.ndarray,
    since: np.ndarray,
    came: np.ndarray,
    doing: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the activity of each slot of the best shift of `length` slots into `out`, -1 in a pause.

    Parameters
    ----------
    paused : how many pauses it has: none or all.
    """
    t, q = length, paused
    a, best = -1, inf
    for k in range(doing.shape[2]):
        if doing[t, q, k] < best:
            best, a = doing[t, q, k], k
    while t > 0:
        begun = came[t, q, a]
        for k in range(begun, t):
            out[k] = a
        t = begun
        if t == 0:
            return
        who = since[t, q]
        if who <= -2:
            q -= 1
            for k in range(t - pauses[q, 0], t):
                out[k] = -1
            t -= pauses[q, 0]
            who = -2 - who
        a = who
