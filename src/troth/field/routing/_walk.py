"""The walk of a tour in time, compiled: what a tour with or without one more stop costs, or that it cannot be.

It follows `clock.timed` step by step; what is different is that it stops at the first hard rule broken.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from troth.field.routing._compile import Fields

INF: Final = 1e18
EPS: Final = 1e-6

#: What a row of a walk holds, when the stop before it has ended.
NOW, WAITED, ROOM, SINCE, BREAKS, COST, METRES, TRAVEL, CHANGES = range(9)
WIDTH: Final = 9


@numba.njit(cache=True, nogil=True)
def _lookup(x: float, xs: Any, ys: Any) -> float:
    """Return the piecewise linear function through (xs, ys) at x, its ends continued."""
    n = len(xs)
    k = min(max(np.searchsorted(xs, x, side="right") - 1, 0), n - 2)
    return float(ys[k] + (x - xs[k]) * (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]))


@numba.njit(cache=True, nogil=True)
def arrive(f: Fields, leaves: float, drive: float) -> float:
    """Return when a drive ends."""
    if len(f.knots) == 0:
        return leaves + drive
    return _lookup(_lookup(leaves, f.knots, f.driven) + drive, f.driven, f.knots)


@numba.njit(cache=True, nogil=True)
def _covered(f: Fields, since: float, until: float, drive: float) -> float:
    if until <= since:
        return 0.0
    if len(f.knots) == 0:
        return min(until - since, drive)
    return min(_lookup(until, f.knots, f.driven) - _lookup(since, f.knots, f.driven), drive)


@numba.njit(cache=True, nogil=True)
def node(seq: Any, at: int, place: int, extra: int) -> int:
    """Return the stop at a position of a sequence with `extra` put in at `place` (-1: nothing is put in)."""
    if extra < 0 or at < place:
        return int(seq[at])
    if at == place:
        return extra
    return int(seq[at - 1])


@numba.njit(cache=True, nogil=True)
def _earliest(f: Fields, v: int, k: int, t: int, tour_of: Any, ends: Any, seq: Any, at: int, place: int, extra: int,
              done: Any) -> float:  # fmt: skip
    """Return the instant before which a visit does not start, INF if what it must come after is not planned before it."""
    before = float(f.before[v])
    if f.soft[v, 2] > 0 and f.soft[v, 2] >= f.rates[k, 0]:
        before = max(before, f.soft[v, 0])
    for i in range(f.link[v], f.link[v + 1]):
        u = int(f.links[i, 0])
        if tour_of[u] == t or u == extra:
            end = INF
            for j in range(at):
                if node(seq, j, place, extra) == u:
                    end = done[j]
            if end >= INF:
                return INF
        elif tour_of[u] < 0:
            return INF
        else:
            end = ends[u]
        before = max(before, end + f.links[i, 1])
    return before


@numba.njit(cache=True, nogil=True)
def _closes(f: Fields, v: int, t: int, tour_of: Any, starts: Any) -> float:
    """Return the instant by which a visit's work has to be over for what follows it in other tours."""
    latest = INF
    for i in range(f.follow[v], f.follow[v + 1]):
        u = int(f.follows[i, 0])
        if tour_of[u] >= 0 and tour_of[u] != t:
            latest = min(latest, starts[u] - f.follows[i, 1])
    return latest


@numba.njit(cache=True, nogil=True)
def walk(f: Fields, t: int, seq: Any, n: int, place: int, extra: int, rows: Any, begun: Any, done: Any, tour_of: Any,
         starts: Any, ends: Any, bound: float, keep: bool) -> float:  # fmt: skip  # noqa: FBT001
    """Return the cost of a tour of `n` stops, `extra` included, from position `place` on; INF if it cannot be.

    `rows[place]` must hold where the tour stands then; `begun` and `done` are written, and the rows after it if kept.
    """
    visits = len(f.group)
    k = int(f.tour[t, 5])
    rate = f.rates[k]
    if n == 0:
        return 0.0
    hop = f.place[node(seq, place - 1, place, extra)] if place > 0 else int(f.tour[t, 3])
    now, waited, room, since = rows[place, NOW], rows[place, WAITED], rows[place, ROOM], rows[place, SINCE]
    b, cost, metres = int(rows[place, BREAKS]), rows[place, COST], rows[place, METRES]
    travel, changes = rows[place, TRAVEL], rows[place, CHANGES]
    for at in range(place, n + 1):
        last = at == n
        v = -1 if last else node(seq, at, place, extra)
        if last:
            to = hop if f.tour[t, 4] < 0 else int(f.tour[t, 4])
            before, work = -INF, 0.0
        else:
            to = int(f.place[v])
            work = f.work[v, k]
            before = (
                _earliest(f, v, k, t, tour_of, ends, seq, at, place, extra, done) if v < visits else float(f.before[v])
            )
            if before >= INF:
                return INF
        drive = f.seconds[hop, to] * rate[4]
        if drive >= 1e15 or drive > rate[6] + EPS:
            return INF
        if since > 0 and since + drive > rate[7]:
            now += rate[8]
            since = 0.0
        ready = arrive(f, now, drive)
        travel += ready - now
        if b < f.resting[t]:
            length, opens, closes = f.breaks[t, b, 0], max(now, f.breaks[t, b, 1]), f.breaks[t, b, 2]
            late = arrive(f, opens + length, drive - _covered(f, now, min(opens, ready), drive))
            begins = max(ready, before)
            if not last:
                for w in range(f.windows[v]):
                    if begins <= f.closes[v, w]:
                        begins = max(begins, f.opens[v, w])
                        break
            over = ready if last else begins + work
            if (not last and late <= begins and opens <= closes) or over > closes:
                if opens > closes + EPS:
                    return INF
                waited += max(opens - ready, 0.0)
                room = min(room, waited + max(closes - opens, 0.0))
                b += 1
                if length >= rate[8]:
                    since = 0.0
                ready = late
        since += drive
        metres += f.metres[hop, to]
        if travel > rate[5] + EPS:
            return INF
        if last:
            now = ready
            break
        start = max(ready, before)
        until = INF
        if f.windows[v] > 0:
            found = False
            for w in range(f.windows[v]):
                if start <= f.closes[v, w] + EPS:
                    start, until, found = max(start, f.opens[v, w]), f.closes[v, w], True
                    break
            if not found:
                return INF
        if start + work > f.tour[t, 2] + EPS:
            return INF
        if v < visits:
            if f.follow[v] < f.follow[v + 1] and start + work > _closes(f, v, t, tour_of, starts) + EPS:
                return INF
            until = min(until, max(f.until[v], start))
            cost += f.other[v, k]
            late = start - f.promise[v, 0]
            if late > 1e-3:
                cost += f.promise[v, 1] + late * f.promise[v, 2]
            cost += max(f.soft[v, 0] - start, 0.0) * f.soft[v, 2] + max(start - f.soft[v, 1], 0.0) * f.soft[v, 3]
            if f.published[v, 0] >= 0:
                beyond = abs(start - f.published[v, 1]) - f.prices[2]
                cost += max(beyond, 0.0) * f.prices[1]
                if beyond > 1e-3 or f.published[v, 0] != k:
                    changes += 1
        waited += start - ready
        room = min(room, waited + max(until - start, 0.0))
        now = start + work
        begun[at], done[at] = start, now
        if keep:
            r = rows[at + 1]
            r[NOW], r[WAITED], r[ROOM], r[SINCE], r[BREAKS] = now, waited, room, since, b
            r[COST], r[METRES], r[TRAVEL], r[CHANGES] = cost, metres, travel, changes
        hop = to
        if cost + metres * rate[1] >= bound:
            return INF
    if now > f.tour[t, 2] + EPS:
        return INF
    leaves = f.tour[t, 0]
    if rate[0] > 0:
        if len(f.knots) == 0:
            leaves += max(min(waited, room), 0.0)
        elif f.resting[t] == 0 or begun[0] < f.breaks[t, 0, 1]:
            first = node(seq, 0, place, extra)
            drive = f.seconds[int(f.tour[t, 3]), int(f.place[first])] * rate[4]
            leaves = max(leaves, _lookup(_lookup(begun[0], f.knots, f.driven) - drive, f.driven, f.knots))
    hours = now - leaves
    whole = cost + hours * rate[0] + metres * rate[1] + rate[3] + max(now - f.tour[t, 1], 0.0) * rate[2]
    done[n] = changes
    return float(whole + f.prices[0] * (hours / 3600.0) ** 2)


@numba.njit(cache=True, nogil=True)
def latest_starts(f: Fields, t: int, seq: Any, n: int, latest: Any) -> None:
    """Write by when work at each stop must start at the latest for hard windows and the shift, breaks not counted."""
    k = int(f.tour[t, 5])
    over = f.tour[t, 2]
    hop = int(f.tour[t, 4])
    for at in range(n - 1, -1, -1):
        v = int(seq[at])
        here = int(f.place[v])
        drive = 0.0 if hop < 0 else f.seconds[here, hop] * f.rates[k, 4]
        if len(f.knots) > 0:
            drive = 0.0
        bound = over - drive - f.work[v, k]
        if f.windows[v] > 0:
            bound = min(bound, f.closes[v, f.windows[v] - 1])
        latest[at] = bound
        over, hop = bound, here


@numba.njit(cache=True, nogil=True)
def lacking(f: Fields, t: int, seq: Any, n: int, place: int, extra: int, left: Any, taken: Any) -> int:
    """Return the position of the first visit whose tools or parts are neither on the van nor fetched before; -1 if none.

    `taken` (D, Q) gets what is fetched.
    """
    visits = len(f.group)
    k = int(f.tour[t, 5])
    left[:] = f.van[k]
    taken[:] = 0.0
    first = -1
    for at in range(n):
        v = node(seq, at, place, extra)
        if v >= visits or f.supplied[v]:
            continue
        if f.lacks[v, k]:
            found = False
            for j in range(at):
                u = node(seq, j, place, extra)
                if u >= visits and f.has_tools[v, u - visits]:
                    found = True
            if not found and first < 0:
                first = at
        for q in range(f.parts.shape[1]):
            own = min(left[q], f.parts[v, q])
            left[q] -= own
            short = f.parts[v, q] - own
            if short > 0:
                depot = -1
                for j in range(at):
                    u = node(seq, j, place, extra)
                    if u >= visits and f.stocks[u - visits, q] > 0:
                        depot = u - visits
                        break
                if depot >= 0:
                    taken[depot, q] += short
                elif first < 0:
                    first = at
    return first
