"""The walk of a tour in time, compiled: what a tour with or without one more stop costs, or that it cannot be.

It follows `clock.timed` step by step; what is different is that it stops at the first hard rule broken. Arrays are handed over one
by one, not as one tuple: a compiled function that takes a tuple counts the references of all its arrays at every call.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from troth.core.machine import kernel
from troth.field.routing._compile import (
    BALANCE,
    BEFORE,
    BREAKS,
    BROKEN,
    DRIVE_LIMIT,
    DRIVE_REST,
    DRIVEN,
    DUE,
    EARLY,
    ENDS,
    FACTOR,
    FOLLOWS,
    FOLLOWS_END,
    FREE,
    FROM,
    HOUR,
    LAST,
    LATE,
    LINKS,
    LINKS_END,
    LONGEST_LEG,
    METRE,
    MOST_TRAVEL,
    MOVED,
    OPENS,
    OVERTIME,
    PLACE,
    RESTS,
    SOFT_LATE,
    SPECIAL,
    STARTS,
    TO,
    UNTIL,
    USED,
    WAS_AT,
    WAS_BY,
    WHO,
    WINDOWS,
    WISHED,
    WISHED_END,
)

INF: Final = 1e18
#: Travel times have single precision: instants that differ by less are the same.
EPS: Final = 1e-4

#: What a row of a walk holds when the stop before it has ended; BEGUN is when its work began, SOON how many starts so far cost because
#: they are early: whether they are is known only when it is known how late the tour leaves.
NOW, WAITED, ROOM, SINCE, RESTED, COST, METRES, TRAVEL, CHANGES, BEGUN, SOON = range(11)
WIDTH: Final = 11


@kernel
def lookup(x: float, xs: Any, ys: Any) -> float:
    """Return the piecewise linear function through (xs, ys) at x, its ends continued."""
    k = min(max(int(np.searchsorted(xs, x, side="right")) - 1, 0), len(xs) - 2)
    return float(ys[k] + (x - xs[k]) * (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]))


@kernel
def arrive(clock: Any, leaves: float, drive: float) -> float:
    """Return when a drive ends."""
    if clock.shape[1] == 0:
        return leaves + drive
    return lookup(lookup(leaves, clock[0], clock[1]) + drive, clock[1], clock[0])


@kernel
def _covered(clock: Any, since: float, until: float, drive: float) -> float:
    """Return how much of a drive is done between two instants."""
    if until <= since:
        return 0.0
    if clock.shape[1] == 0:
        return min(until - since, drive)
    return min(lookup(until, clock[0], clock[1]) - lookup(since, clock[0], clock[1]), drive)


@kernel
def node(seq: Any, at: int, place: int, extra: int) -> int:
    """Return the stop at a position of a sequence with `extra` put in at `place` (-1: nothing is put in)."""
    if extra < 0 or at < place:
        return int(seq[at])
    if at == place:
        return extra
    return int(seq[at - 1])


@kernel
def _linked(
    stop: Any, links: Any, v: int, t: int, when: Any, seq: Any, at: int, place: int, extra: int, rows: Any
) -> float:
    """Return when what a visit must come after has ended; INF if that is not planned, or planned after it."""
    before = -INF
    for i in range(int(stop[v, LINKS]), int(stop[v, LINKS_END])):
        u = int(links[i, 0])
        end = INF
        if int(when[u, 0]) == t or u == extra:
            for j in range(at):
                if node(seq, j, place, extra) == u:
                    end = rows[j + 1, NOW]
        elif when[u, 0] >= 0:
            end = when[u, 2]
        if end >= INF:
            return INF
        before = max(before, end + links[i, 1])
    return before


@kernel
def _awaited(stop: Any, links: Any, v: int, t: int, when: Any) -> float:
    """Return the instant by which a visit's work has to be over for what follows it in other tours."""
    latest = INF
    for i in range(int(stop[v, FOLLOWS]), int(stop[v, FOLLOWS_END])):
        u = int(links[i, 0])
        if when[u, 0] >= 0 and int(when[u, 0]) != t:
            latest = min(latest, when[u, 1] - links[i, 1])
    return latest


@kernel
def walk(way: Any, stop: Any, work: Any, tour: Any, clock: Any, links: Any, t: int, seq: Any, n: int, place: int, extra: int,  # noqa: C901 (compiled: calls would cost more than branches)
         rows: Any, when: Any, bound: float) -> float:  # fmt: skip
    """Return the cost of a tour of `n` stops, `extra` included, from position `place` on; INF if it cannot be or costs `bound`.

    `rows[place]` must hold where the tour stands then; the rows after it are written.
    """
    if n == 0:
        return 0.0
    k = int(tour[t, WHO])
    factor, hour, metre = tour[t, FACTOR], tour[t, HOUR], tour[t, METRE]
    begins_at, last_end, leg = tour[t, STARTS], tour[t, LAST], tour[t, LONGEST_LEG]
    timeless = clock.shape[1] == 0
    hop = int(stop[node(seq, place - 1, place, extra), PLACE]) if place > 0 else int(tour[t, FROM])
    now, waited, room, since = rows[place, NOW], rows[place, WAITED], rows[place, ROOM], rows[place, SINCE]
    b, cost, metres = int(rows[place, RESTED]), rows[place, COST], rows[place, METRES]
    travel, changes, soon = rows[place, TRAVEL], rows[place, CHANGES], rows[place, SOON]
    for at in range(place, n + 1):
        last = at == n
        v, windows, before, length = -1, 0, -INF, 0.0
        if last:
            to = hop if tour[t, TO] < 0 else int(tour[t, TO])
        else:
            v = node(seq, at, place, extra)
            to = int(stop[v, PLACE])
            windows = int(stop[v, WINDOWS])
            length = work[v, k, 0]
            if stop[v, SPECIAL] > 0:
                before = stop[v, BEFORE]
                if stop[v, EARLY] > 0 and stop[v, EARLY] >= hour:
                    before = max(before, stop[v, WISHED])
                if stop[v, LINKS] < stop[v, LINKS_END]:
                    before = max(before, _linked(stop, links, v, t, when, seq, at, place, extra, rows))
                    if before >= INF:
                        return INF
        drive = way[hop, to, 0] * factor
        if drive > leg + EPS:
            return INF
        ready = now + drive if timeless else arrive(clock, now, drive)
        long = ready - now
        if since > 0 and since + long > tour[t, DRIVE_LIMIT]:
            now += tour[t, DRIVE_REST]
            since = 0.0
            ready = arrive(clock, now, drive)
        travel += long
        if long > tour[t, DRIVE_LIMIT] + EPS:  # no rest is taken on the way
            return INF
        if b < tour[t, RESTS]:
            c = BREAKS + 3 * b
            opens, closes = max(now, tour[t, c + 1]), tour[t, c + 2]
            late = arrive(clock, opens + tour[t, c], drive - _covered(clock, now, min(opens, ready), drive))
            begins = max(ready, before)
            for w in range(windows):
                if begins <= stop[v, OPENS + 2 * w + 1]:
                    begins = max(begins, stop[v, OPENS + 2 * w])
                    break
            over = ready if last else begins + length
            if (not last and late <= begins and opens <= closes) or over > closes:
                if opens > closes + EPS:
                    return INF
                waited += max(opens - ready, 0.0)
                room = min(room, waited + max(closes - opens, 0.0))
                b += 1
                if tour[t, c] >= tour[t, DRIVE_REST]:
                    since = 0.0
                ready = max(late, opens + tour[t, c])
        since += long
        metres += way[hop, to, 1]
        if travel > tour[t, MOST_TRAVEL] + EPS:
            return INF
        if last:
            now = ready
            break
        start = max(ready, before)
        until = INF
        if windows > 0:
            found = False
            for w in range(windows):
                if start <= stop[v, OPENS + 2 * w + 1] + EPS:
                    start, until, found = max(start, stop[v, OPENS + 2 * w]), stop[v, OPENS + 2 * w + 1], True
                    break
            if not found:
                return INF
        if start + length > last_end + EPS:
            return INF
        cost += work[v, k, 1]
        if stop[v, SPECIAL] > 0:
            if stop[v, FOLLOWS] < stop[v, FOLLOWS_END] and start + length > _awaited(stop, links, v, t, when) + EPS:
                return INF
            until = min(until, max(stop[v, UNTIL], start))
            late = start - stop[v, DUE]
            if late > 1e-3:
                cost += stop[v, BROKEN] + late * stop[v, LATE]
            cost += max(start - stop[v, WISHED_END], 0.0) * stop[v, SOFT_LATE]
            early = start < stop[v, WISHED] and stop[v, EARLY] > 0
            if stop[v, WAS_BY] >= 0:
                beyond = start - stop[v, WAS_AT] - tour[t, FREE]
                cost += max(beyond, 0.0) * tour[t, MOVED]
                if beyond > 1e-3 or int(stop[v, WAS_BY]) != k:
                    changes += 1
                early = early or start < stop[v, WAS_AT] - tour[t, FREE]
            soon += early
        waited += start - ready
        room = min(room, waited + max(until - start, 0.0))
        now = start + length
        rows[at + 1, NOW], rows[at + 1, WAITED], rows[at + 1, ROOM], rows[at + 1, SINCE] = now, waited, room, since
        rows[at + 1, RESTED], rows[at + 1, COST], rows[at + 1, METRES] = b, cost, metres
        rows[at + 1, TRAVEL], rows[at + 1, CHANGES], rows[at + 1, BEGUN], rows[at + 1, SOON] = (
            travel,
            changes,
            start,
            soon,
        )
        hop = to
        # What is over, driven and waited for beyond what a later start saves can only grow.
        if cost + metres * metre + max(now - begins_at - waited, now - begins_at - room) * hour >= bound:
            return INF
    if now > last_end + EPS:
        return INF
    leaves = begins_at
    if timeless:
        leaves += max(min(waited if hour > 0 or tour[t, BALANCE] > 0 else rows[1, WAITED], room), 0.0)
    elif tour[t, RESTS] == 0 or rows[1, BEGUN] < tour[t, BREAKS + 1]:
        drive = way[int(tour[t, FROM]), int(stop[node(seq, 0, place, extra), PLACE]), 0] * factor
        tired = tour[t, DRIVEN] + arrive(clock, begins_at, drive) - begins_at > tour[t, DRIVE_LIMIT]
        if tour[t, DRIVEN] <= 0 or not tired:  # else a rest comes first
            leaves = max(leaves, lookup(lookup(rows[1, BEGUN], clock[0], clock[1]) - drive, clock[1], clock[0]))
    if soon > 0:
        put_off = leaves - begins_at if timeless else 0.0
        dearer, moved = _too_soon(stop, tour, t, seq, n, place, extra, rows, put_off)
        cost += dearer
        changes += moved
    long = now - leaves
    rows[n + 1, NOW], rows[n + 1, WAITED], rows[n + 1, METRES], rows[n + 1, CHANGES] = now, waited, metres, changes
    whole = cost + long * hour + metres * metre + tour[t, USED] + max(now - tour[t, ENDS], 0.0) * tour[t, OVERTIME]
    return float(whole + tour[t, BALANCE] * (long / 3600.0) ** 2)


@kernel
def _too_soon(
    stop: Any, tour: Any, t: int, seq: Any, n: int, place: int, extra: int, rows: Any, put_off: float
) -> tuple[float, int]:
    """Return what starts before they are wished or published cost, and how many changes they are, if a tour leaves later by so much."""
    k = int(tour[t, WHO])
    cost, changes = 0.0, 0
    for at in range(n):
        v = node(seq, at, place, extra)
        start = rows[at + 1, BEGUN] + max(put_off - rows[at + 1, WAITED], 0.0)
        cost += max(stop[v, WISHED] - start, 0.0) * stop[v, EARLY]
        if stop[v, WAS_BY] >= 0:
            beyond = stop[v, WAS_AT] - start - tour[t, FREE]
            cost += max(beyond, 0.0) * tour[t, MOVED]
            changes += beyond > 1e-3 and int(stop[v, WAS_BY]) == k
    return cost, changes


@kernel
def latest_starts(way: Any, stop: Any, work: Any, tour: Any, clock: Any, t: int, seq: Any, n: int, latest: Any) -> None:
    """Write by when work at each stop must start at the latest for hard windows and the shift, breaks not counted."""
    k = int(tour[t, WHO])
    over = tour[t, LAST]
    hop = int(tour[t, TO])
    for at in range(n - 1, -1, -1):
        v = int(seq[at])
        here = int(stop[v, PLACE])
        drive = 0.0 if hop < 0 or clock.shape[1] > 0 else way[here, hop, 0] * tour[t, FACTOR]
        bound = over - drive - work[v, k, 0]
        windows = int(stop[v, WINDOWS])
        if windows > 0:
            bound = min(bound, stop[v, OPENS + 2 * windows - 1])
        latest[at] = bound
        over, hop = bound, here


@kernel
def lacking(lacks: Any, parts: Any, van: Any, has_tools: Any, stocks: Any, k: int, seq: Any, n: int, place: int, extra: int,
            left: Any, taken: Any) -> int:  # fmt: skip
    """Return the position of the first visit whose tools or parts are neither on the van nor fetched before; -1 if none.

    `taken` (D, Q) gets what is fetched, `left` (Q,) what stays on the van.
    """
    visits = len(lacks)
    left[:] = van[k]
    taken[:] = 0.0
    first = -1
    for at in range(n):
        v = node(seq, at, place, extra)
        if v >= visits:
            continue
        if lacks[v, k] and first < 0 and not _fetched(has_tools, seq, at, place, extra, v):
            first = at
        for q in range(parts.shape[1]):
            own = min(left[q], parts[v, q])
            left[q] -= own
            short = parts[v, q] - own
            if short > 0:
                depot = _stocked(stocks, seq, at, place, extra, q, visits)
                if depot >= 0:
                    taken[depot, q] += short
                elif first < 0:
                    first = at
    return first


@kernel
def _fetched(has_tools: Any, seq: Any, at: int, place: int, extra: int, v: int) -> bool:
    """Tell whether a depot before a position has a visit's tools."""
    for j in range(at):
        u = node(seq, j, place, extra)
        if u >= len(has_tools) and has_tools[v, u - len(has_tools)]:
            return True
    return False


@kernel
def _stocked(stocks: Any, seq: Any, at: int, place: int, extra: int, q: int, visits: int) -> int:
    """Return the first depot before a position that keeps a part; -1 if there is none."""
    for j in range(at):
        u = node(seq, j, place, extra)
        if u >= visits and stocks[u - visits, q] > 0:
            return u - visits
    return -1
