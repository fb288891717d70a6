"""Both halves of the gamma integral, from which every figure of M/M/n+M follows.

With ``f(u) = exp(-y u + z (1 - exp(-u)))`` the part of negative u belongs to the states with a free server and the part
of positive u to the queue: see docs/background/erlang.md. ``f`` is log-concave with one natural length, 1, so a few
Gauss-Legendre panels around its mode give twelve digits at any load; sums over states would need a hundred thousand terms.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from troth.core.machine import Machine

#: What this file and those above it compile.
FORMULAS: Final = Machine()
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2

#: Where f has fallen by exp(-40) from its mode, the rest is below the last digit.
_FALL = 40.0


@FORMULAS.compiled
def _panel(y: float, w: float, start: float, length: float, shift: float) -> tuple[float, float, float, float]:
    """Return the integrals over one panel of f relative to its value at d = 0, with weights 1, e^-d, 1 - e^-(d + shift), d e^-d."""
    plain = served = gone = waited = 0.0
    still, left = math.exp(-shift), -math.expm1(-shift)
    for i in range(12):
        d = start + length * _NODES[i]
        less = math.expm1(-d)
        f = _WEIGHTS[i] * math.exp(-y * d - w * less)
        plain += f
        served += f * (1 + less)
        gone += f * (left - still * less)
        waited += f * (1 + less) * d
    size = abs(length)
    return plain * size, served * size, gone * size, waited * size


@FORMULAS.compiled
def _side(y: float, w: float, reach: float, sign: float, shift: float) -> tuple[float, float, float, float]:
    """Return the integrals from d = 0 up to `reach` to one side, `sign` 1 or -1."""
    plain = served = gone = waited = 0.0
    equal = reach <= 8.0 or sign < 0
    step = reach / max(5.0, math.ceil(reach / 1.4)) if equal else 1.0
    start = 0.0
    while start < reach * (1 - 1e-12):
        step = min(step, reach - start)
        a, b, c, e = _panel(y, w, sign * start, sign * step, shift)
        plain += a
        served += b
        gone += c
        waited += e
        start += step
        if not equal:  # to the right f flattens to an exponential: lengths may double
            step = start
    return plain, served, gone, waited


@FORMULAS.compiled
def _right_reach(y: float, w: float) -> float:
    """Return how far right of d = 0, where the slope is w - y <= 0, f falls by `_FALL` at most."""
    half = _FALL - 2 * (y - w)
    root = math.sqrt(half * half + 8 * y * _FALL)
    return (half + root) / (2 * y) if half > 0 else 4 * _FALL / (root - half)


@FORMULAS.compiled
def _left_reach(y: float, w: float) -> float:
    """Return how far left of d = 0, where the slope is w - y >= 0, f falls by `_FALL` at most."""
    slope = w - y
    steep = 2 * _FALL / (slope + math.sqrt(slope * slope + 2 * w * _FALL))
    return min(steep, math.log(2 + 2 * _FALL / w))


@FORMULAS.compiled
def queue_part(y: float, z: float, start: float) -> tuple[float, float, float, float, float]:
    """Return the integrals of f from `start` >= 0 to infinity, y > 0.

    Returns
    -------
    log of a common factor; then the integrals of f, f e^-u, f (e^-start - e^-u) and f u e^-u without it.
    """
    centre = max(start, math.log(z / y))
    w = z * math.exp(-centre)
    top = -y * centre - z * math.expm1(-centre)
    shift = centre - start
    plain, served, gone, waited = _side(y, w, _right_reach(y, w), 1.0, shift)
    if shift > 0:
        a, b, c, e = _side(y, w, min(shift, _left_reach(y, w)), -1.0, shift)
        plain += a
        served += b
        gone += c
        waited += e
    still = math.exp(-centre)
    return top, plain, served * still, gone * math.exp(-start), (waited + centre * served) * still


@FORMULAS.compiled
def free_part(y: float, z: float) -> float:
    """Return the log of the integral of f from minus infinity to 0, z > 0, y >= 0."""
    centre = min(0.0, math.log(z / y)) if y > 0 else 0.0
    w = z * math.exp(-centre)
    total = _side(y, w, _left_reach(y, w), -1.0, 0.0)[0]
    if centre < 0:
        total += _side(y, w, min(-centre, _right_reach(y, w)), 1.0, 0.0)[0]
    return -y * centre - z * math.expm1(-centre) + math.log(total)
