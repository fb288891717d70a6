"""M/M/n+M in high-precision arithmetic: sums over states, by nothing but the balance of births and deaths."""

from __future__ import annotations

from dataclasses import dataclass

import mpmath as mp

#: States whose probability is below this part of the greatest one do not count.
_TAIL = mp.mpf(10) ** -28


@dataclass(frozen=True, slots=True)
class Precise:
    """Probability to wait, share that gives up, mean wait of all in handle times."""

    waiting: mp.mpf
    abandoned: mp.mpf
    wait: mp.mpf


def states(n: int, a: float, r: float) -> Precise:
    """Return the steady state of n servers, load a and patience 1 / r in handle times; r 0 needs a < n."""
    with mp.workdps(40):
        load, leave = mp.mpf(a), mp.mpf(r)
        below, term = mp.mpf(0), mp.mpf(1)  # p(n) = 1, then down
        for i in range(n, 0, -1):
            term = term * i / load
            below += term
            if i < load and term < _TAIL * (1 + below):
                break
        queue, length = _line(mp.mpf(n), load, leave)
        total = below + queue
        return Precise(queue / total, leave * length / total / load, length / total / load)


def _line(n: mp.mpf, load: mp.mpf, leave: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
    """Return the sums of p(n + j) / p(n) and of j p(n + j) / p(n), from the most likely j to both sides."""
    if leave == 0:
        part = load / n
        return 1 / (1 - part), part / (1 - part) ** 2
    peak = max(0, int((load - n) / leave))
    y, z = n / leave, load / leave
    top = mp.exp(peak * mp.log(z) + mp.loggamma(y + 1) - mp.loggamma(y + peak + 1))
    plain, length = top, peak * top
    term, j = top, peak
    while True:
        j += 1
        term *= z / (y + j)
        plain, length = plain + term, length + j * term
        ratio = z / (y + j)
        if ratio < 1 and j * term < _TAIL * (1 + length) * (1 - ratio):
            break
    term, j = top, peak
    while j > 0 and j * term > _TAIL * length / (1 + j):
        term *= (y + j) / z
        j -= 1
        plain, length = plain + term, length + j * term
    return plain, length


def odds(n: float, a: float) -> mp.mpf:
    """Return 1 / B(n, a) - 1 for any n > 0 by the incomplete gamma function."""
    with mp.workdps(40):
        size, load = mp.mpf(n), mp.mpf(a)
        return size * mp.exp(load - size * mp.log(load)) * mp.gammainc(size, load, mp.inf)
