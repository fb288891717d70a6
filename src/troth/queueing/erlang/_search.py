"""Least staff for targets as machine code, over arrays of intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from troth.queueing.erlang._gamma import FORMULAS
from troth.queueing.erlang._one import SLACK, longer, measure, rate, spare

Floats = NDArray[np.float64]


@FORMULAS.kept
def measures(n: Floats, a: Floats, r: Floats, within: Floats, at_once: Floats, slowing: Floats) -> Floats:
    """Return `measure` of each interval, shape (7, intervals)."""
    out = np.empty((7, n.size))
    for i in range(n.size):
        found = measure(n[i], a[i], r[i], within[i], at_once[i], slowing[i])
        for j in range(7):
            out[j, i] = found[j]
    return out


@FORMULAS.kept
def least_waiting(a: Floats, within: Floats, level: Floats, cap: Floats) -> Floats:
    """Return least whole staff of each interval for a service level and a cap on occupancy, nobody giving up.

    One pass up the recursion of E (see `free`): it starts where what went before no longer counts, and from the first
    size that can carry the load every step is judged.
    """
    out = np.zeros(a.size)
    for i in range(a.size):
        load = a[i]
        if load <= 0:
            continue
        n = math.floor(load) + 1.0
        if cap[i] > 0:
            n = max(n, math.ceil(load / cap[i] * (1 - SLACK)))
        first = max(0, int(load - 9 * math.sqrt(load) - 1))
        odds = first / (load - first)
        inverse = 1 / load
        for j in range(first + 1, int(n) + 1):
            odds = j * inverse * (1 + odds)
        late = math.exp(-(n - load) * within[i])
        step = math.exp(-within[i])
        allowed = 1 - level[i] + SLACK
        while late > allowed * (1 + (1 - load / n) * odds):
            n += 1
            odds = n * inverse * (1 + odds)
            late *= step
        out[i] = n
    return out


@FORMULAS.compiled
def least_whole(
    a: float, r: float, within: float, at_once: float, slowing: float,
    formula: int, level: float, asa: float, left: float, occupancy: float,
) -> float:  # fmt: skip
    """Return the least whole staff of one interval for all targets, by galloping from the load and halving."""
    step = max(1.0, math.floor(math.sqrt(a) / rate(1.0, at_once, slowing)))
    low, high, n = -1.0, math.inf, float(math.floor(a / rate(1.0, at_once, slowing)))
    while True:  # one call in one place: each would be compiled
        if spare(n, a, r, within, at_once, slowing, formula, level, asa, left, occupancy) >= -SLACK:
            high = n
        else:
            low = n
        if high - low <= 1:
            return high
        if math.isinf(high):
            n, step = low + step, 2 * step
        elif low < 0:
            n, step = max(0.0, high - step), 2 * step
        else:
            n = float(math.floor((low + high) / 2))


@FORMULAS.compiled
def least_part(
    whole: float, a: float, r: float, within: float, at_once: float, slowing: float,
    formula: int, level: float, asa: float, left: float, occupancy: float,
) -> float:  # fmt: skip
    """Return the least staff with its fraction, between `whole` - 1 and `whole`.

    Source
    ------
    T. R. Chandrupatla (1997), Advances in Engineering Software 28, 145-149.
    """
    if whole <= 0:
        return 0.0
    x1, x2, f1, f2, t = whole - 1, whole, 0.0, 0.0, 0.5
    x3, f3 = x1, f1
    for k in range(100):
        x = whole - 1 if k == 0 else whole if k == 1 else x1 + t * (x2 - x1)
        f = spare(x, a, r, within, at_once, slowing, formula, level, asa, left, occupancy)
        if k == 0:
            f1 = f3 = f
            continue
        if k == 1:
            f2 = f
            if f1 >= 0 or f2 <= 0:
                return whole
            continue
        if (f > 0) == (f1 > 0):
            x3, f3 = x1, f1
        else:
            x3, f3, x2, f2 = x2, f2, x1, f1
        x1, f1 = x, f
        wide = abs(x2 - x1)
        if f == 0 or wide <= 1e-11 * whole:
            break
        fair = 1e-11 * whole / wide
        xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
        t = 0.5
        if phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi:
            t = f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
        t = min(max(t, fair / 2), 1 - fair / 2)
    return x1 if f1 >= 0 else x2


@FORMULAS.kept
def least(
    a: Floats, r: Floats, within: Floats, at_once: Floats, slowing: Floats,
    formula: int, level: Floats, asa: Floats, left: Floats, occupancy: Floats, fractions: int,
) -> Floats:  # fmt: skip
    """Return the least staff of each interval for all targets, whole or with fractions."""
    out = np.zeros(a.size)
    for i in range(a.size):
        k, s = at_once[i], slowing[i]
        whole = least_whole(a[i], r[i], within[i], k, s, formula, level[i], asa[i], left[i], occupancy[i])
        if fractions > 0:
            whole = least_part(whole, a[i], r[i], within[i], k, s, formula, level[i], asa[i], left[i], occupancy[i])
        out[i] = whole
    return out


@FORMULAS.kept
def quantiles(q: Floats, n: Floats, a: Floats, r: Floats, at_once: Floats, slowing: Floats, of_answered: int) -> Floats:
    """Return the wait that a share q of all, or of the answered, does not exceed."""
    out = np.zeros(n.size)
    for i in range(n.size):
        k, s, rest = at_once[i], slowing[i], 1 - q[i]
        low, high, t = 0.0, math.inf, 0.0
        while True:
            share = longer(t, n[i], a[i], r[i], k, s, of_answered)
            if t == 0 and not share > rest:  # nobody waits so rarely; or nobody is answered
                out[i] = math.nan if math.isnan(share) else 0.0
                break
            if rest <= 0 or (r[i] == 0 and rate(n[i], k, s) <= a[i]):
                out[i] = math.inf
                break
            if share > rest:
                low = t
            else:
                high = out[i] = t
            if math.isinf(high):
                t = 2 * t if t > 0 else 1 / max(1.0, n[i])
                continue
            t = (low + high) / 2
            if high - low <= 1e-12 * high or t in {low, high}:
                break
    return out
