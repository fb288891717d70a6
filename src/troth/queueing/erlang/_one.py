"""The figures of one interval as machine code. Time is counted in handle times, load in erlangs."""

from __future__ import annotations

import math

from troth.queueing.erlang._gamma import FORMULAS, free_part, queue_part

#: Figures that meet a target to the last digits meet it.
SLACK = 1e-12


@FORMULAS.compiled
def together(chats: float, at_once: float, slowing: float) -> float:
    """Return how much work an agent with so many contacts at once does, against one with a single contact."""
    low = min(math.floor(chats), at_once)
    first = low / (1 + slowing * (low - 1)) if low >= 1 else 0.0
    if low >= at_once:
        return first
    return first + (chats - low) * ((low + 1) / (1 + slowing * low) - first)


@FORMULAS.compiled
def free(n: float, a: float, at_once: float, slowing: float) -> tuple[float, float]:
    """Return for n agents the log odds of some place free against all full, and the agents busy while some is free.

    The odds are E = sum of p(i), i < m, over p(m) with m = n * at_once places and no queue; B = 1 / (1 + E).
    """
    if at_once == 1:
        whole = math.floor(n)
        if n == whole and a < 1e4:
            return math.log(_odds(int(whole), a)), -1.0
        return math.log(n) + free_part(n, a), -1.0
    return _free_places(n, a, at_once, slowing)


@FORMULAS.compiled
def _odds(n: int, a: float) -> float:
    """Return E by its recursion E(j) = j / a * (1 + E(j - 1)), from where what went before no longer counts."""
    less = min(float(n), a)
    first = max(0, int(less - 9 * math.sqrt(less) - 1))
    odds = first / (a - first)
    inverse = 1 / a
    for j in range(first + 1, n + 1):
        odds = j * inverse * (1 + odds)
    return odds


@FORMULAS.compiled
def _free_places(n: float, a: float, at_once: float, slowing: float) -> tuple[float, float]:
    """Return `free` where an agent serves several at once; contacts go to whoever has fewest."""
    places = n * at_once
    part = places - math.floor(places)
    odds = part * math.exp(free_part(part, a)) if part > 0 else 0.0
    busy, one, log_one = odds * part, 1.0, 0.0  # `one` is p(i), the rest relative to it
    i = part
    while i < places - 0.5:
        more = n * together((i + 1) / n, at_once, slowing) / a
        busy = more * (busy + one * min(i, n))
        odds = more * (one + odds)
        if odds > 1e200:
            odds, busy, one, log_one = odds * 1e-200, busy * 1e-200, one * 1e-200, log_one + 200 * math.log(10.0)
        i += 1
    if odds == 0:
        return -math.inf, 0.0
    return math.log(odds) + log_one, busy / odds


@FORMULAS.compiled
def rate(n: float, at_once: float, slowing: float) -> float:
    """Return the erlangs that n agents can serve at most."""
    return n * at_once / (1 + slowing * (at_once - 1))


@FORMULAS.compiled
def measure(
    n: float, a: float, r: float, within: float, at_once: float, slowing: float
) -> tuple[float, float, float, float, float, float, float]:
    """Return the steady state of n agents under a erlangs with patience 1 / r (r 0: endless, infinite: none).

    Returns
    -------
    probability to wait, to give up, to be answered in time, to give up in time; mean wait of all, of the answered;
    share of agents busy.
    """
    if n <= 0 and r == 0:
        return 1.0, 0.0, 0.0, 0.0, math.inf, math.inf, math.nan
    if n <= 0:
        short = 1.0 if math.isinf(r) else -math.expm1(-r * within)
        return 1.0, 1.0, 0.0, short, 1 / r, math.nan, math.nan
    most = rate(n, at_once, slowing)
    if r == 0 and most <= a:
        return 1.0, 0.0, 0.0, 0.0, math.inf, math.inf, 1.0
    odds, busy = free(n, a, at_once, slowing)
    if r == 0:
        spare = (most - a) / most
        full = 1 / (1 + spare * math.exp(odds))
        level = 1 - full * math.exp(-(most - a) * within)
        wait = full / (most - a)
        return full, 0.0, level, 0.0, wait, wait, _busy(n, a, full, 0.0, busy)
    if math.isinf(r):
        full = 1 / (1 + math.exp(odds))
        return full, full, 1 - full, full, 0.0, 0.0, _busy(n, a, full, full, busy)
    y, z = most / r, a / r
    top, plain, served, gone, waited = queue_part(y, z, 0.0)
    full = 1 / (1 + math.exp(odds - math.log(y) - top - math.log(plain)))
    left = full * gone / plain
    late, late_gone = full * served / plain, left
    if within > 0:
        later, _, served_later, gone_later, _ = queue_part(y, z, r * within)
        share = full * math.exp(later - top) / plain
        late, late_gone = share * served_later, share * gone_later
    wait_served = full * waited / plain / r / (1 - left)
    in_time, short = max(0.0, 1 - left - late), max(0.0, left - late_gone)
    return full, left, in_time, short, left / r, wait_served, _busy(n, a, full, left, busy)


@FORMULAS.compiled
def _busy(n: float, a: float, full: float, left: float, busy: float) -> float:
    return a * (1 - left) / n if busy < 0 else (busy * (1 - full) + n * full) / n


@FORMULAS.compiled
def longer(t: float, n: float, a: float, r: float, at_once: float, slowing: float, of_answered: int) -> float:
    """Return the probability that somebody, or somebody answered, waits longer than t."""
    full, left, level, _, _, _, _ = measure(n, a, r, t, at_once, slowing)
    if of_answered > 0:
        return 1 - level / (1 - left) if left < 1 else math.nan
    if r == 0:
        return 1 - level
    if math.isinf(r):
        return 0.0
    most = rate(n, at_once, slowing)
    if most <= 0:
        return math.exp(-r * t)
    top, plain, _, _, _ = queue_part(most / r, a / r, 0.0)
    later, rest, _, _, _ = queue_part(most / r, a / r, r * t)
    return full * math.exp(later - top - r * t) * rest / plain


@FORMULAS.compiled
def spare(
    n: float, a: float, r: float, within: float, at_once: float, slowing: float,
    formula: int, level: float, asa: float, left: float, occupancy: float,
) -> float:  # fmt: skip
    """Return by how much n agents meet all targets, below 0 where one is missed; a target below 0 is none."""
    if a <= 0:
        return 1.0
    _, gone, answered, short, _, wait, busy = measure(n, a, r, within, at_once, slowing)
    if math.isinf(wait):  # no steady state
        return -1.0
    least = 1.0
    if level >= 0:
        reached = answered
        if formula == 1:
            reached = answered + short
        elif formula == 2:
            reached = answered / (1 - short) if short < 1 else 0.0
        least = min(least, reached - level)
    if asa >= 0:
        least = min(least, -1.0 if n <= 0 else (asa - wait) / (asa + wait) if asa + wait > 0 else 1.0)
    if left >= 0:
        least = min(least, left - gone)
    if occupancy >= 0:
        least = min(least, -1.0 if n <= 0 else occupancy - busy)
    return least
