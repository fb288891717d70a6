"""What happens next: a binary heap of events, and the next customer of each stream."""

from __future__ import annotations

from math import log
from typing import Any

from troth.queueing.twin._draws import uniform
from troth.queueing.twin._jit import compiled, inlined
from troth.queueing.twin._layout import ARRIVAL, NEVER, PATHS, PURPOSES, RATES, STAMPS
from troth.queueing.twin._tables import event_at, key_at, stamp_at, stream_at, value_at

_LOW = (1 << 32) - 1
_VERSION = (1 << 24) - 1
#: Times are ordered together with kinds: so many bits are for the kind.
_KIND = 3


@inlined
def next_at(w: Any) -> int:
    """Return when the first event is due; never if there is none."""
    if w.hole:
        fill(w)
    return event_at(w, 0).key >> _KIND if w.heap_used > 0 else NEVER


@inlined
def next_kind(w: Any) -> int:
    """Return of which kind the first event is."""
    return int(event_at(w, 0).key & ((1 << _KIND) - 1))


@inlined
def put(w: Any, at: int, kind: int, who: int, version: int) -> None:
    """Add an event; one that is outlived is told by its version and passed over."""
    key, what = at << _KIND | kind, (version & _VERSION) << 32 | who
    if w.hole:
        w.hole = 0
        sink(w, key, what)
        return
    k = w.heap_used
    if k >= w.heap_n:
        w.full = 1
        return
    w.heap_used = k + 1
    rise(w, k, key, what)


@compiled
def rise(w: Any, k: int, key: int, what: int) -> None:
    """Move an event up from an empty place to where it belongs."""
    while k > 0:
        above = event_at(w, (k - 1) >> 1)
        if above.key <= key:
            break
        here = event_at(w, k)
        here.key, here.what = above.key, above.what
        k = (k - 1) >> 1
    here = event_at(w, k)
    here.key, here.what = key, what


@compiled
def sink(w: Any, key: int, what: int) -> None:
    """Move an event from the empty top to where it belongs.

    Down to the bottom along the lesser of the two below, then up: which of the two is lesser cannot be foretold, so this
    is added and not branched upon (bottom-up heapsort; I. Wegener 1993, Theoretical Computer Science 118, 81-98).
    """
    n, k = w.heap_used, 0
    while 2 * k + 2 < n:
        below = 2 * k + 1
        below += event_at(w, below + 1).key < event_at(w, below).key
        here, least = event_at(w, k), event_at(w, below)
        here.key, here.what = least.key, least.what
        k = below
    if 2 * k + 1 < n:
        here, least = event_at(w, k), event_at(w, 2 * k + 1)
        here.key, here.what = least.key, least.what
        k = 2 * k + 1
    rise(w, k, key, what)


@compiled
def fill(w: Any) -> None:
    """Close the hole at the top."""
    w.hole = 0
    n = w.heap_used - 1
    w.heap_used = n
    if n > 0:
        last = event_at(w, n)
        sink(w, last.key, last.what)


@compiled
def take(w: Any) -> int:
    """Remove the first event and return whom it is about; see `who_of` and `outlived`.

    Its place stays empty until the next is put or asked for: most events bring about another one, which then goes there.
    """
    w.events += 1
    w.hole = 1
    return int(event_at(w, 0).what)


@inlined
def who_of(what: int) -> int:
    """Return the agent or contact of an event."""
    return what & _LOW


@inlined
def outlived(what: int, version: int) -> bool:
    """Tell whether an event is of an older version."""
    return what >> 32 != version & _VERSION


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
