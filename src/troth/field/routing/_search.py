"""Ruin and recreate, compiled: strings of neighbouring stops are taken out and put back where they cost least.

Slack induction by string removals (Christiaens and Vanden Berghe 2020, Transportation Science 54, 417-433) with simulated
annealing, on tours that know skills, tools, parts and the depots where these are fetched, breaks, links and changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from troth.field.routing._compile import OVER_BUDGET, Fields
from troth.field.routing._walk import CHANGES, EPS, INF, ROOM, WIDTH, lacking, latest_starts, node, walk


class State(NamedTuple):
    """Where the search stands: tours as sequences, what they cost, and room to try things."""

    seq: Any  # (T, L)
    size: Any  # (T,)
    rows: Any  # (T, L + 2, WIDTH)
    begun: Any  # (T, L + 2)
    done: Any  # (T, L + 2)
    latest: Any  # (T, L + 1)
    cost: Any  # (T,)
    changes: Any  # (T,)
    tour_of: Any  # (N,)
    starts: Any  # (N,)
    ends: Any  # (N,)
    taken: Any  # (T, D, Q) fetched by each tour
    fetched: Any  # (D, Q) in all
    held: Any  # (T,) bits of shared equipment
    used: Any  # (days, E) how many tours hold it
    members: Any  # (groups,) placed visits of a label
    leader: Any  # (groups,) their technician
    totals: Any  # (4,): cost of tours, of visits left out, changes, clashes unused
    old_seq: Any
    old_size: Any
    touched: Any  # (T,)
    best_seq: Any
    best_size: Any
    best: Any  # (1,)
    tries: Any  # (1, L + 2, WIDTH) room for a walk
    try_begun: Any
    try_done: Any
    try_seq: Any
    try_whole: Any
    left: Any  # (Q,)
    fetch: Any  # (D, Q)


def new_state(f: Fields, *, longest: int) -> State:
    """Return an empty state: nobody goes anywhere."""
    tours, visits = len(f.tour), len(f.group)
    d, q = f.stocks.shape[0], f.parts.shape[1]
    days = int(f.tour[:, 6].max(initial=0)) + 1
    groups = int(f.group.max(initial=-1)) + 1
    wide = longest + 2
    rows = np.zeros((tours, wide, WIDTH))
    rows[:, 0, 0], rows[:, 0, ROOM] = f.tour[:, 0], INF
    lost = float(f.lost.sum())
    gone = float((f.published[:, 0] >= 0).sum())
    return State(
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), rows, np.zeros((tours, wide)), np.zeros((tours, wide)),
        np.zeros((tours, wide)), np.zeros(tours), np.zeros(tours), np.full(visits, -1, np.int64), np.zeros(visits), np.zeros(visits),
        np.zeros((tours, d, q)), np.zeros((d, q)), np.zeros(tours, np.int64), np.zeros((days, len(f.pieces)), np.int64),
        np.zeros(groups, np.int64), np.full(groups, -1, np.int64), np.array([0.0, lost, gone, 0.0]),
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), np.zeros(tours, np.bool_),
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), np.array([INF]),
        np.zeros((1, wide, WIDTH)), np.zeros(wide), np.zeros(wide), np.zeros(wide, np.int64), np.zeros(wide, np.int64), np.zeros(q), np.zeros((d, q)),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def total(f: Fields, s: State) -> float:
    """Return what a state costs, changes beyond the budget included."""
    over = max(s.totals[2] - f.prices[3], 0.0) if f.prices[3] >= 0 else 0.0
    return float(s.totals[0] + s.totals[1] + OVER_BUDGET * over)


@numba.njit(cache=True, nogil=True)
def settle(f: Fields, s: State, t: int, keep: int) -> bool:
    """Compute a tour anew from position `keep`, and all sums with it; False if it cannot be."""
    n = s.size[t]
    cost = walk(f, t, s.seq[t], n, keep, -1, s.rows[t], s.begun[t], s.done[t], s.tour_of, s.starts, s.ends, INF, True)
    if cost >= INF:
        return False
    changes = s.rows[t, n, CHANGES] if n > 0 else 0.0
    s.totals[0] += cost - s.cost[t]
    s.totals[2] += changes - s.changes[t]
    s.cost[t], s.changes[t] = cost, changes
    latest_starts(f, t, s.seq[t], n, s.latest[t])
    visits = len(f.group)
    held = 0
    k = int(f.tour[t, 5])
    for at in range(n):
        v = s.seq[t, at]
        if v < visits:
            s.starts[v], s.ends[v] = s.begun[t, at], s.done[t, at]
            held |= f.things[v, k]
    if held != s.held[t]:
        day = int(f.tour[t, 6])
        for e in range(len(f.pieces)):
            s.used[day, e] += ((held >> e) & 1) - ((s.held[t] >> e) & 1)
        s.held[t] = held
    if f.parts.shape[1] > 0 and f.stocks.shape[0] > 0:
        lacking(f, t, s.seq[t], n, 0, -1, s.left, s.fetch)
        for d in range(f.stocks.shape[0]):
            for q in range(f.parts.shape[1]):
                s.fetched[d, q] += s.fetch[d, q] - s.taken[t, d, q]
                s.taken[t, d, q] = s.fetch[d, q]
    return True


@numba.njit(cache=True, nogil=True)
def place_visit(f: Fields, s: State, v: int, t: int) -> None:
    """Count a visit as made by a tour."""
    s.tour_of[v] = t
    s.totals[1] -= f.lost[v]
    if f.published[v, 0] >= 0:
        s.totals[2] -= 1
    if f.group[v] >= 0:
        s.members[f.group[v]] += 1
        s.leader[f.group[v]] = int(f.tour[t, 5])


@numba.njit(cache=True, nogil=True)
def lift_visit(f: Fields, s: State, v: int) -> None:
    """Count a visit as left out."""
    s.tour_of[v] = -1
    s.totals[1] += f.lost[v]
    if f.published[v, 0] >= 0:
        s.totals[2] += 1
    if f.group[v] >= 0:
        s.members[f.group[v]] -= 1
        if s.members[f.group[v]] == 0:
            s.leader[f.group[v]] = -1


@numba.njit(cache=True, nogil=True)
def remember(s: State, t: int) -> None:
    """Keep a tour as it is, once a step, so that the step can be taken back."""
    if not s.touched[t]:
        s.touched[t] = True
        s.old_seq[t] = s.seq[t]
        s.old_size[t] = s.size[t]


@numba.njit(cache=True, nogil=True)
def stock_fits(f: Fields, s: State, t: int) -> bool:
    """Tell whether depots have what `s.fetch` says a tour would fetch."""
    for d in range(f.stocks.shape[0]):
        for q in range(f.parts.shape[1]):
            if s.fetch[d, q] > 0 and s.fetched[d, q] - s.taken[t, d, q] + s.fetch[d, q] > f.stocks[d, q]:
                return False
    return True


@numba.njit(cache=True, nogil=True)
def may_take(f: Fields, s: State, v: int, t: int) -> bool:
    """Tell whether a tour may take a visit as far as people, groups, vehicles and shared things go."""
    k = int(f.tour[t, 5])
    if not f.able[v, k] or s.size[t] + 2 > s.seq.shape[1]:
        return False
    g = f.group[v]
    if g >= 0 and s.members[g] > 0 and s.leader[g] != k:
        return False
    if s.size[t] == 0:
        for other in range(len(f.tour)):
            if f.clash[t, other] and s.size[other] > 0:
                return False
    more = f.things[v, k] & ~s.held[t]
    if more:
        day = int(f.tour[t, 6])
        for e in range(len(f.pieces)):
            if (more >> e) & 1 and s.used[day, e] >= f.pieces[e]:
                return False
    return True


@numba.njit(cache=True, nogil=True)
def best_place(f: Fields, s: State, v: int, t: int, bound: float, blink: float) -> tuple[float, int, int, int]:
    """Return what putting a visit into a tour costs more at least, where, and which depot goes where (-1: none)."""
    n = s.size[t]
    k = int(f.tour[t, 5])
    cost, at, depot, depot_at = bound, -1, -1, -1
    visits = len(f.group)
    closes = f.closes[v, f.windows[v] - 1] if f.windows[v] > 0 else INF
    here = int(f.place[v])
    budget = 0.0
    for p in range(n + 1):
        now = s.rows[t, p, 0]
        if now > closes:
            break
        if blink > 0 and np.random.random() < blink:
            continue
        hop = int(f.tour[t, 3]) if p == 0 else int(f.place[s.seq[t, p - 1]])
        out = f.seconds[hop, here] * f.rates[k, 4]
        if out >= 1e15:
            continue
        if len(f.knots) == 0:
            start = max(now + out, f.before[v])
            if f.windows[v] > 0:
                start = max(start, f.opens[v, 0])
                if start > closes:
                    continue
            if p < n:
                nxt = s.seq[t, p]
                if start + f.work[v, k] + f.seconds[here, f.place[nxt]] * f.rates[k, 4] > s.latest[t, p] + EPS:
                    continue
        short = (
            lacking(f, t, s.seq[t], n + 1, p, v, s.left, s.fetch) if f.parts.shape[1] + f.stocks.shape[0] > 0 else -1
        )
        if short < 0 and f.supplied[v] == 0 and not stock_fits(f, s, t):
            continue
        if short < 0:
            s.tries[0, p] = s.rows[t, p]
            for j in range(p):
                s.try_done[j] = s.done[t, j]
            s.try_begun[0] = s.begun[t, 0]
            found = walk(f, t, s.seq[t], n + 1, p, v, s.tries[0], s.try_begun, s.try_done, s.tour_of, s.starts, s.ends,
                         s.cost[t] + cost, False)  # fmt: skip
            if found >= INF:
                continue
            budget = _over(f, s, v, t, s.try_done[n + 1])
            if found - s.cost[t] + budget < cost:
                cost, at, depot, depot_at = found - s.cost[t] + budget, p, -1, -1
            continue
        for i in range(n + 1):
            s.try_seq[i] = node(s.seq[t], i, p, v)
        for d in range(f.stocks.shape[0]):
            for q in range(short + 1):
                if lacking(f, t, s.try_seq, n + 2, q, visits + d, s.left, s.fetch) >= 0 or not stock_fits(f, s, t):
                    continue
                if q <= p:
                    s.tries[0, q] = s.rows[t, q]
                    for j in range(q):
                        s.try_done[j] = s.done[t, j]
                    s.try_begun[0] = s.begun[t, 0]
                    found = walk(f, t, s.try_seq, n + 2, q, visits + d, s.tries[0], s.try_begun, s.try_done, s.tour_of,
                                 s.starts, s.ends, s.cost[t] + cost, False)  # fmt: skip
                else:
                    found = _from_start(f, s, t, n + 2, q, visits + d, s.cost[t] + cost)
                if found >= INF:
                    continue
                budget = _over(f, s, v, t, s.try_done[n + 2])
                if found - s.cost[t] + budget < cost:
                    cost, at, depot, depot_at = found - s.cost[t] + budget, p, visits + d, q
    return cost, at, depot, depot_at


@numba.njit(cache=True, nogil=True)
def _from_start(f: Fields, s: State, t: int, n: int, at: int, extra: int, bound: float) -> float:
    """Walk `try_seq` with a stop put in, from its beginning."""
    for i in range(n):
        s.try_whole[i] = node(s.try_seq, i, at, extra)
    s.tries[0, 0] = s.rows[t, 0]
    found = walk(
        f, t, s.try_whole, n, 0, -1, s.tries[0], s.try_begun, s.try_done, s.tour_of, s.starts, s.ends, bound, False
    )
    return float(found)


@numba.njit(cache=True, nogil=True)
def _over(f: Fields, s: State, v: int, t: int, changes: float) -> float:
    """Return by how much the budget of changes is missed more if a tour has so many of them and takes a visit."""
    if f.prices[3] < 0:
        return 0.0
    after = s.totals[2] - s.changes[t] + changes - (1.0 if f.published[v, 0] >= 0 else 0.0)
    return float(OVER_BUDGET * (max(after - f.prices[3], 0.0) - max(s.totals[2] - f.prices[3], 0.0)))


@numba.njit(cache=True, nogil=True)
def put(s: State, t: int, at: int, v: int) -> None:
    """Put a stop into a tour; sums are not touched."""
    n = s.size[t]
    for i in range(n, at, -1):
        s.seq[t, i] = s.seq[t, i - 1]
    s.seq[t, at] = v
    s.size[t] = n + 1


@numba.njit(cache=True, nogil=True)
def insert(f: Fields, s: State, v: int, t: int, at: int, depot: int, depot_at: int) -> bool:
    """Put a visit into a tour, with a depot if it needs one; False (and nothing changed) if it cannot be."""
    remember(s, t)
    put(s, t, at, v)
    if depot >= 0:
        put(s, t, depot_at, depot)
    place_visit(f, s, v, t)
    if settle(f, s, t, 0 if depot >= 0 else at):
        return True
    lift_visit(f, s, v)
    kept = 0
    for i in range(s.size[t]):
        if s.seq[t, i] != v and not (depot >= 0 and i == depot_at):
            s.seq[t, kept] = s.seq[t, i]
            kept += 1
    s.size[t] = kept
    settle(f, s, t, 0)
    return False


@numba.njit(cache=True, nogil=True)
def tidy(f: Fields, s: State, t: int) -> bool:
    """Take depots out of a tour that lost stops, put one back where it is still needed; compute it anew."""
    visits = len(f.group)
    kept = 0
    had = False
    for i in range(s.size[t]):
        if s.seq[t, i] < visits:
            s.seq[t, kept] = s.seq[t, i]
            kept += 1
        else:
            had = True
    if had:
        s.size[t] = kept
        short = lacking(f, t, s.seq[t], kept, 0, -1, s.left, s.fetch)
        if short >= 0:
            best, where, which = INF, -1, -1
            s.tries[0, 0] = s.rows[t, 0]
            for i in range(kept):
                s.try_seq[i] = s.seq[t, i]
            for d in range(f.stocks.shape[0]):
                for q in range(short + 1):
                    if lacking(f, t, s.try_seq, kept + 1, q, visits + d, s.left, s.fetch) >= 0 or not stock_fits(
                        f, s, t
                    ):
                        continue
                    found = _from_start(f, s, t, kept + 1, q, visits + d, INF)
                    if found < best:
                        best, where, which = found, q, visits + d
            if which < 0:
                return False
            put(s, t, where, which)
    return settle(f, s, t, 0)


@numba.njit(cache=True, nogil=True)
def restore(f: Fields, s: State) -> None:
    """Take a step back: touched tours as they were."""
    visits = len(f.group)
    for t in range(len(f.tour)):
        if s.touched[t]:
            for i in range(s.size[t]):
                if s.seq[t, i] < visits and s.tour_of[s.seq[t, i]] == t:
                    lift_visit(f, s, s.seq[t, i])
            s.size[t] = 0
    for t in range(len(f.tour)):
        if s.touched[t]:
            s.seq[t] = s.old_seq[t]
            s.size[t] = s.old_size[t]
            for i in range(s.size[t]):
                if s.seq[t, i] < visits:
                    place_visit(f, s, s.seq[t, i], t)
    # Tours whose visits wait for those of others come to rest after as many rounds as links follow each other.
    for _ in range(1 if len(f.links) == 0 else 4):
        for t in range(len(f.tour)):
            if s.touched[t]:
                settle(f, s, t, 0)
    s.touched[:] = False
