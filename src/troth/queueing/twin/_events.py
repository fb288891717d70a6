"""What happens next: a binary heap of events, and the next customer of each stream."""

from __future__ import annotations

from math import log
from typing import Any

from troth.queueing.twin._draws import uniform
from troth.queueing.twin._jit import compiled
from troth.queueing.twin._layout import ARRIVAL, NEVER, PATHS, PURPOSES, RATES, STAMPS
from troth.queueing.twin._tables import event_at, key_at, stamp_at, stream_at, value_at

_LOW = (1 << 32) - 1
_VERSION = (1 << 24) - 1


@compiled
def put(w: Any, at: int, kind: int, who: int, version: int) -> None:
    """Add an event; one that is outlived is told by its version and passed over."""
    k = w.heap_used
    if k >= w.heap_n:
        w.full = 1
        return
    w.heap_used = k + 1
    what = (kind << 56) | ((version & _VERSION) << 32) | who
    while k > 0:
        above = event_at(w, (k - 1) >> 1)
        if above.at < at or (above.at == at and above.what <= what):
            break
        here = event_at(w, k)
        here.at, here.what = above.at, above.what
        k = (k - 1) >> 1
    here = event_at(w, k)
    here.at, here.what = at, what


@compiled
def take(w: Any) -> int:
    """Remove the first event and return its code; see `kind_of`, `who_of` and `outlived`."""
    what = event_at(w, 0).what
    w.events += 1
    n = w.heap_used - 1
    w.heap_used = n
    at, moved = event_at(w, n).at, event_at(w, n).what
    k, below = 0, 1
    while below < n:
        least, right = event_at(w, below), event_at(w, below + 1)
        if below + 1 < n and (right.at < least.at or (right.at == least.at and right.what < least.what)):
            below, least = below + 1, right
        if at < least.at or (at == least.at and moved <= least.what):
            break
        here = event_at(w, k)
        here.at, here.what = least.at, least.what
        k, below = below, 2 * below + 1
    here = event_at(w, k)
    here.at, here.what = at, moved
    return int(what)


@compiled
def kind_of(what: int) -> int:
    """Return which kind of event a code is."""
    return what >> 56


@compiled
def who_of(what: int) -> int:
    """Return the agent or contact of an event."""
    return what & _LOW


@compiled
def outlived(what: int, version: int) -> bool:
    """Tell whether an event is of an older version."""
    return (what >> 32) & _VERSION != version & _VERSION


@compiled
def advance(w: Any, s: int) -> None:
    """Find when the next customer of a stream comes."""
    one = stream_at(w, s)
    if one.mode == RATES:
        # A Poisson process: unit exponential steps on the scale of customers expected so far.
        one.sum -= log(uniform(key_at(w, s * PURPOSES + ARRIVAL).word, one.number))
        cells = one.last - one.first
        while one.cell < cells and one.sum > value_at(w, one.first + one.cell).x:
            one.sum -= value_at(w, one.first + one.cell).x
            one.cell += 1
            one.cell_start += one.cell_width
        if one.cell >= cells:
            one.next = NEVER
        else:
            one.next = one.cell_start + int(one.sum / value_at(w, one.first + one.cell).x * one.cell_width)
    elif one.mode == PATHS:
        # So many in each cell, spread evenly by chance: the next of m is the least of m on what is left.
        cells = one.last - one.first
        while one.cell < cells and one.cell_left == 0:
            one.cell += 1
            one.cell_start += one.cell_width
            one.sum = 0.0
            if one.cell < cells:
                one.cell_left = int(value_at(w, one.first + one.cell).x)
        if one.cell >= cells:
            one.next = NEVER
        else:
            u = uniform(key_at(w, s * PURPOSES + ARRIVAL).word, one.number)
            one.sum += (1.0 - one.sum) * (1.0 - u ** (1.0 / one.cell_left))
            one.cell_left -= 1
            one.next = one.cell_start + int(one.sum * one.cell_width)
    elif one.mode != STAMPS or one.row >= one.last:
        one.next = NEVER
    else:
        stamp = stamp_at(w, one.row)
        one.next, one.number = stamp.at, stamp.number
        one.row += 1
    one.number += 1
