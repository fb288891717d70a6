"""Where a visit fits in which window, and how a tour goes when work and travel take longer or shorter, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.core.machine import kernel
from troth.field.routing._compile import (
    BEFORE,
    BREAKS,
    BROKEN,
    DUE,
    FACTOR,
    FROM,
    LAST,
    LATE,
    OPENS,
    PLACE,
    RESTS,
    STARTS,
    WHO,
    WINDOWS,
    Fields,
)
from troth.field.routing._search import best_place, may_take
from troth.field.routing._state import State
from troth.field.routing._walk import INF, arrive, node


@kernel
def fits(f: Fields, s: State, v: int, spans: Any) -> tuple[Any, Any, Any, Any]:
    """Return by window and tour what a visit costs more at least (W, T), where it goes, which depot goes where (-1: none)."""
    shape = len(spans), len(f.tour)
    cost, at = np.full(shape, INF), np.full(shape, -1)
    depot, depot_at = np.full(shape, -1), np.full(shape, -1)
    kept = f.stop[v].copy()
    f.stop[v, WINDOWS] = 1
    for w in range(shape[0]):
        f.stop[v, OPENS], f.stop[v, OPENS + 1] = spans[w, 0], spans[w, 1]
        for t in range(shape[1]):
            if f.tour[t, STARTS] > spans[w, 1] or f.tour[t, LAST] < spans[w, 0] or not may_take(f, s, v, t):
                continue
            cost[w, t], at[w, t], depot[w, t], depot_at[w, t] = best_place(f, s, v, t, INF, 0.0)
    f.stop[v] = kept
    return cost, at, depot, depot_at


@kernel
def _lived(f: Fields, k: int, t: int, seq: Any, n: int, asked: int, opens: float, by_work: Any, by_travel: Any) -> tuple[float, float]:  # fmt: skip
    """Return the cost of broken promises of a tour that takes its course, and when it arrives at the asked visit."""
    stop, tour, way = f.stop, f.tour, f.way
    now, hop, b, cost, arrives = tour[t, STARTS], int(tour[t, FROM]), 0, 0.0, INF
    visits = len(f.lacks)
    for i in range(n):
        v = seq[i]
        here = int(stop[v, PLACE])
        ready = arrive(f.clock, now, way[hop, here, 0] * tour[t, FACTOR] * by_travel[v])
        before = stop[v, BEFORE]
        if v == asked:
            before = opens
        elif stop[v, WINDOWS] > 0:
            before = max(before, stop[v, OPENS])
        work = f.work[v, k, 0] * by_work[v]
        if b < int(tour[t, RESTS]):
            c = BREAKS + 3 * b
            # As planned: where it delays nothing, else at the last stop before it has to be.
            rested = max(now, tour[t, c + 1]) + tour[t, c] + ready - now
            if rested <= max(ready, before) or max(ready, before) + work > tour[t, c + 2]:
                ready = rested
                b += 1
        if v == asked:
            arrives = ready
        start = max(ready, before)
        if v < visits and v != asked:
            late = start - stop[v, DUE]
            if late > 1e-3:
                cost += stop[v, BROKEN] + late * stop[v, LATE]
        now, hop = start + work, here
    return cost, arrives


@kernel
def chances(f: Fields, s: State, v: int, starts: Any, rows: Any, work: Any, travel: Any) -> tuple[Any, Any]:
    """Return for each row (tour, position, depot, its position) when the visit is reached, and what it does to others.

    When a visit is reached does not depend on its window, so that windows with the same start share a row.

    Parameters
    ----------
    starts : (rows,) when the window opens.
    work, travel : (draws + 1, N + D) by how much work at a stop and the way to it take longer; the first draw is 1 everywhere.

    Returns
    -------
    arrivals (rows, draws); by how much more, in cents, promises to others are expected to be broken beyond what is planned, (rows,).
    """
    draws = len(work) - 1
    arrivals, more = np.zeros((len(rows), draws)), np.zeros(len(rows))
    usual = np.full(len(f.tour), INF)
    line, whole = np.zeros(s.seq.shape[1] + 3, np.int64), np.zeros(s.seq.shape[1] + 3, np.int64)
    for r in range(len(rows)):
        t, at, depot, depot_at = rows[r, 0], rows[r, 1], rows[r, 2], rows[r, 3]
        k, n = int(f.tour[t, WHO]), int(s.size[t])
        if usual[t] >= INF:
            planned, _ = _lived(f, k, t, s.seq[t], n, -1, 0.0, work[0], travel[0])
            usual[t] = 0.0
            for d in range(draws):
                cost, _ = _lived(f, k, t, s.seq[t], n, -1, 0.0, work[d + 1], travel[d + 1])
                usual[t] += (cost - planned) / draws
        m = n + 1
        for i in range(m):
            line[i] = node(s.seq[t], i, at, v)
        if depot >= 0:
            m = n + 2
            for i in range(m):
                whole[i] = node(line, i, depot_at, depot)
            line[:m] = whole[:m]
        planned, _ = _lived(f, k, t, line, m, v, starts[r], work[0], travel[0])
        for d in range(draws):
            cost, arrivals[r, d] = _lived(f, k, t, line, m, v, starts[r], work[d + 1], travel[d + 1])
            more[r] += (cost - planned) / draws
        more[r] -= usual[t]
    return arrivals, more
