"""Chance as a function of what it is for: the n-th customer of a stream gets the same draws whatever happens around it.

No generator is stepped, so two runs that differ in staff, rules or hours meet the same customers (common random numbers).
"""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from troth.queueing.twin._jit import compiled, inlined
from troth.queueing.twin._layout import LEGS, PURPOSES
from troth.queueing.twin._tables import key_at, stream_at, table_at, value_at

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53


@inlined
def mixed(word: Any) -> Any:
    """Return a word with its bits well mixed (SplitMix64; Steele, Lea and Flood 2014, OOPSLA, figure 15)."""
    word = (word ^ (word >> _S30)) * _M1
    word = (word ^ (word >> _S27)) * _M2
    return word ^ (word >> _S31)


@inlined
def uniform(key: Any, count: int) -> float:
    """Return the number of a key at a count, above 0 and below 1."""
    return float((mixed(key + np.uint64(count) * _GAMMA) >> _S11) + 0.5) * _UNIT


@inlined
def chance(w: Any, purpose: int, stream: int, number: int, leg: int) -> float:
    """Return the draw of a customer's contact for a purpose."""
    return uniform(key_at(w, stream * PURPOSES + purpose).word, number * LEGS + leg + 1)


@inlined
def looked_up(w: Any, table: int, level: float) -> int:
    """Return a table's value in whole microseconds at a level, between the middles of its steps on a straight line."""
    first, size = table_at(w, table).first, table_at(w, table).size
    place = level * size - 0.5
    low = int(place)
    if place <= 0.0:
        return int(value_at(w, first).x)
    if low >= size - 1:
        return int(value_at(w, first + size - 1).x)
    value = value_at(w, first + low).x
    return int(value + (place - low) * (value_at(w, first + low + 1).x - value))


@inlined
def drawn(w: Any, table: int, purpose: int, stream: int, number: int, leg: int) -> int:
    """Return a customer's draw from a table in microseconds; nought where there is no table."""
    if table < 0:
        return 0
    return looked_up(w, table, chance(w, purpose, stream, number, leg))


@compiled
def left_of(w: Any, table: int, spent: int, level: float) -> int:
    """Return how much is left of something that has lasted so long already, at a level of what is possible then.

    Longer than all the table knows: what is left of such is long too, half as long as it lasted on average.
    """
    first, size = table_at(w, table).first, table_at(w, table).size
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if value_at(w, first + middle).x <= spent:
            low = middle + 1
        else:
            high = middle
    longer = size - low
    if longer == 0:
        return int(-0.5 * spent * log(1.0 - level)) + 1
    place = min(max(level * longer - 0.5, 0.0), longer - 1.0)
    k = int(place)
    value = value_at(w, first + low + k).x
    if k + 1 < longer:
        value += (place - k) * (value_at(w, first + low + k + 1).x - value)
    return max(int(value) - spent, 1)


@compiled
def fill_keys(w: Any, seed: int, replication: int) -> None:
    """Give every stream and purpose a key of its own."""
    for s in range(w.streams_n):
        word = mixed(np.uint64(seed) + _GAMMA)
        word = mixed(word ^ mixed(np.uint64(replication) + _M1))
        word = mixed(word ^ mixed(stream_at(w, s).word + _M2))
        for purpose in range(PURPOSES):
            key_at(w, s * PURPOSES + purpose).word = mixed(word + np.uint64(purpose + 1) * _GAMMA)
