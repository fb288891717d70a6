"""What a step of the search is made of, compiled: where a visit costs least, putting it there, taking it out, taking a step back.

Tours know skills, tools, parts and the depots where these are fetched, breaks, links between visits, and changes to a published plan.
"""

from __future__ import annotations

from typing import Any

from troth.core.machine import kernel
from troth.field.routing._compile import (
    BEFORE,
    DAY,
    FACTOR,
    FROM,
    GROUP,
    HOUR,
    LOST,
    METRE,
    NEVER,
    OPENS,
    OVER_BUDGET,
    PLACE,
    PLAIN,
    STARTS,
    TO,
    USED,
    WAS_BY,
    WHO,
    WINDOWS,
    Fields,
)
from troth.field.routing._state import CHANGED, LEFT_OUT, TOURS, State, draw
from troth.field.routing._walk import (
    BEGUN,
    CHANGES,
    COST,
    EPS,
    INF,
    METRES,
    NOW,
    SOON,
    WAITED,
    lacking,
    latest_starts,
    node,
    walk,
)


@kernel
def settle(f: Fields, s: State, t: int, since: int) -> bool:
    """Compute a tour anew from position `since`, and all sums with it; False if it cannot be."""
    n = s.size[t]
    cost = walk(f.way, f.stop, f.work, f.tour, f.clock, f.links, t, s.seq[t], n, since, -1, s.rows[t], s.when, INF)
    if cost >= INF:
        return False
    rows, row = s.rows[t], f.tour[t]
    changes = rows[n + 1, CHANGES] if n > 0 else 0.0
    s.totals[TOURS] += cost - s.cost[t, 0]
    s.totals[CHANGED] += changes - s.cost[t, 2]
    s.cost[t, 0], s.cost[t, 2] = cost, changes
    busy = rows[n + 1, NOW] - row[STARTS] - rows[n + 1, WAITED] if n > 0 else 0.0
    s.cost[t, 1] = row[USED] + (busy * row[HOUR] + rows[n, COST] + rows[n + 1, METRES] * row[METRE] if n > 0 else 0.0)
    latest_starts(f.way, f.stop, f.work, f.tour, f.clock, t, s.seq[t], n, s.latest[t])
    visits, k = len(f.lacks), int(row[WHO])
    s.depot_at[t] = s.seq.shape[1]
    held = 0
    for at in range(n):
        v = s.seq[t, at]
        if v < visits:
            s.when[v, 1], s.when[v, 2] = rows[at + 1, BEGUN], rows[at + 1, NOW]
            held |= f.things[v, k]
        elif s.depot_at[t] > at:
            s.depot_at[t] = at
    if held != s.held[t]:
        for e in range(len(f.pieces)):
            s.used[int(row[DAY]), e] += ((held >> e) & 1) - ((s.held[t] >> e) & 1)
        s.held[t] = held
    if f.stocks.shape[1] > 0:
        lacking(f.lacks, f.parts, f.van, f.has_tools, f.stocks, k, s.seq[t], n, 0, -1, s.left, s.fetch)
        s.spare[t] = s.left
        for d in range(f.stocks.shape[0]):
            for q in range(f.stocks.shape[1]):
                s.fetched[d, q] += s.fetch[d, q] - s.taken[t, d, q]
                s.taken[t, d, q] = s.fetch[d, q]
    return True


@kernel
def place_visit(f: Fields, s: State, v: int, t: int) -> None:
    """Count a visit as made by a tour."""
    s.when[v, 0] = t
    s.totals[LEFT_OUT] -= f.stop[v, LOST]
    if f.stop[v, WAS_BY] >= 0:
        s.totals[CHANGED] -= 1
    g = int(f.stop[v, GROUP])
    if g >= 0:
        s.members[g, 0] += 1
        s.members[g, 1] = int(f.tour[t, WHO])


@kernel
def lift_visit(f: Fields, s: State, v: int) -> None:
    """Count a visit as left out."""
    s.when[v, 0] = -1
    s.totals[LEFT_OUT] += f.stop[v, LOST]
    if f.stop[v, WAS_BY] >= 0:
        s.totals[CHANGED] += 1
    g = int(f.stop[v, GROUP])
    if g >= 0:
        s.members[g, 0] -= 1


@kernel
def remember(s: State, t: int) -> None:
    """Keep a tour as it is, once a step, so that the step can be taken back."""
    if not s.touched[t]:
        s.touched[t] = True
        s.old_size[t] = s.size[t]
        for i in range(s.size[t]):
            v = s.seq[t, i]
            s.old_seq[t, i] = v
            if v < len(s.when):
                s.old_when[v, 0], s.old_when[v, 1] = s.when[v, 1], s.when[v, 2]


@kernel
def stock_fits(stocks: Any, fetched: Any, taken: Any, fetch: Any) -> bool:
    """Tell whether depots have what `fetch` says a tour would fetch instead of what it took."""
    for d in range(stocks.shape[0]):
        for q in range(stocks.shape[1]):
            if fetch[d, q] > 0 and fetched[d, q] - taken[d, q] + fetch[d, q] > stocks[d, q]:
                return False
    return True


@kernel
def may_take(f: Fields, s: State, v: int, t: int) -> bool:
    """Tell whether a tour may take a visit as far as people, groups, vehicles and shared things go."""
    k = int(f.tour[t, WHO])
    if f.work[v, k, 1] >= NEVER or s.size[t] + 2 > s.seq.shape[1]:
        return False
    g = int(f.stop[v, GROUP])
    if g >= 0 and s.members[g, 0] > 0 and s.members[g, 1] != k:
        return False
    if s.size[t] == 0:
        for other in range(len(f.tour)):
            if f.clash[t, other] and s.size[other] > 0:
                return False
    more = f.things[v, k] & ~s.held[t]
    if more:
        for e in range(len(f.pieces)):
            if (more >> e) & 1 and s.used[int(f.tour[t, DAY]), e] >= f.pieces[e]:
                return False
    return True


@kernel
def _over(budget: float, totals: Any, mine: float, was: float, changes: float) -> float:
    """Return what it costs that changes go beyond the budget if a tour has so many and takes a visit (`was` published)."""
    if budget < 0:
        return 0.0
    after = totals[CHANGED] - mine + changes - was
    return float(OVER_BUDGET * (max(after - budget, 0.0) - max(totals[CHANGED] - budget, 0.0)))


@kernel
def best_place(f: Fields, s: State, v: int, t: int, bound: float, blink: float) -> tuple[float, int, int, int]:  # noqa: C901 (compiled: calls would cost more than branches)
    """Return what putting a visit into a tour costs more at least, where, and which depot goes where (-1: none)."""
    way, stop, work, tour, clock, links = f.way, f.stop, f.work, f.tour, f.clock, f.links
    lacks, parts, van, has_tools, stocks = f.lacks, f.parts, f.van, f.has_tools, f.stocks
    seq, rows, latest, tries, when = s.seq[t], s.rows[t], s.latest[t], s.tries, s.when
    taken, fetch, left = s.taken[t], s.fetch, s.left
    n, k, visits = s.size[t], int(tour[t, WHO]), len(lacks)
    cost, at, depot, depot_at = bound, -1, -1, -1
    windows, here, length = int(stop[v, WINDOWS]), int(stop[v, PLACE]), work[v, k, 0]
    closes = stop[v, OPENS + 2 * windows - 1] if windows > 0 else INF
    opens = max(stop[v, BEFORE], stop[v, OPENS] if windows > 0 else -INF)
    factor, hour, metre = tour[t, FACTOR], tour[t, HOUR], tour[t, METRE]
    old, base = s.cost[t, 0], s.cost[t, 1] + work[v, k, 1] + length * hour
    was = 1.0 if stop[v, WAS_BY] >= 0 else 0.0
    # What it may save that the visit is as published again; with anybody else it is a change wherever it goes.
    spared = OVER_BUDGET if was > 0 and int(stop[v, WAS_BY]) == k and 0 <= f.budget < s.totals[CHANGED] else 0.0
    # Whether the van has enough for all visits, this one too: then no place in the tour can lack anything.
    aboard = stop[v, PLAIN] > 0
    if not aboard and not lacks[v, k]:
        aboard = True
        for q in range(parts.shape[1]):
            aboard = aboard and parts[v, q] <= s.spare[t, q]
    for p in range(n + 1):
        now = rows[p, NOW]
        if now > closes:
            break
        if blink > 0 and draw(s) < blink:
            continue
        hop = int(tour[t, FROM]) if p == 0 else int(stop[seq[p - 1], PLACE])
        out = way[hop, here, 0] * factor
        nxt = int(tour[t, TO]) if p == n else int(stop[seq[p], PLACE])
        # What is driven more, if the way home (`nxt` below 0: the tour ends where the last work does) is counted as it is.
        detour, metres = float(out), way[hop, here, 1]
        if nxt >= 0:
            detour += (way[here, nxt, 0] - way[hop, nxt, 0]) * factor
            metres += way[here, nxt, 1] - way[hop, nxt, 1]
        if n > 0 and base + detour * hour + metres * metre - old >= cost + spared:
            continue
        if clock.shape[1] == 0:
            start = max(now + out, opens)
            if start > closes + EPS:
                continue
            if p < n and start + length + way[here, nxt, 0] * factor > latest[p] + EPS:
                continue
        short = -1
        if not aboard and not (f.plenty and p > s.depot_at[t]):
            short = lacking(lacks, parts, van, has_tools, stocks, k, seq, n + 1, p, v, left, fetch)
            if short < 0 and not f.plenty and not stock_fits(stocks, s.fetched, taken, fetch):
                continue
        tries[1] = rows[1]
        tries[p] = rows[p]
        if links.shape[0] > 0 or rows[p, SOON] > 0:
            tries[:p] = rows[:p]
        found = walk(way, stop, work, tour, clock, links, t, seq, n + 1, p, v, tries, when, old + cost + spared)
        if found >= INF:
            continue
        if short < 0:
            found += _over(f.budget, s.totals, s.cost[t, 2], was, tries[n + 2, CHANGES]) - old
            if found < cost:
                cost, at, depot, depot_at = found, p, -1, -1
            continue
        whole = s.try_seq[0]
        for i in range(n + 1):
            whole[i] = node(seq, i, p, v)
        for d in range(stocks.shape[0]):
            for q in range(short + 1):
                if lacking(lacks, parts, van, has_tools, stocks, k, whole, n + 2, q, visits + d, left, fetch) >= 0:
                    continue
                if not f.plenty and not stock_fits(stocks, s.fetched, taken, fetch):
                    continue
                found = _with_depot(f, s, t, n + 2, q, visits + d, q if q <= p else 0, old + cost + spared)
                if found >= INF:
                    continue
                found += _over(f.budget, s.totals, s.cost[t, 2], was, tries[n + 3, CHANGES]) - old
                if found < cost:
                    cost, at, depot, depot_at = found, p, visits + d, q
    return cost, at, depot, depot_at


@kernel
def _with_depot(f: Fields, s: State, t: int, n: int, at: int, depot: int, since: int, bound: float) -> float:
    """Walk `try_seq[0]` with a depot put in, from position `since` on, up to which the tour is as it stands."""
    rows = s.rows[t]
    s.tries[1] = rows[1]
    s.tries[since] = rows[since]
    if f.links.shape[0] > 0 or rows[since, SOON] > 0:
        s.tries[:since] = rows[:since]
    other = s.try_seq[1]
    for i in range(n):
        other[i] = node(s.try_seq[0], i, at, depot)
    found = walk(f.way, f.stop, f.work, f.tour, f.clock, f.links, t, other, n, since, -1, s.tries, s.when, bound)
    return float(found)


@kernel
def put(s: State, t: int, at: int, v: int) -> None:
    """Put a stop into a tour; sums are not touched."""
    n = s.size[t]
    for i in range(n, at, -1):
        s.seq[t, i] = s.seq[t, i - 1]
    s.seq[t, at] = v
    s.size[t] = n + 1


@kernel
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


@kernel
def tidy(f: Fields, s: State, t: int) -> bool:
    """Take depots out of a tour that lost stops, put one back where it is still needed; compute it anew."""
    visits, k = len(f.lacks), int(f.tour[t, WHO])
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
        short = lacking(f.lacks, f.parts, f.van, f.has_tools, f.stocks, k, s.seq[t], kept, 0, -1, s.left, s.fetch)
        if short >= 0:
            best, where, which = INF, -1, -1
            whole = s.try_seq[0]
            for i in range(kept):
                whole[i] = s.seq[t, i]
            for d in range(f.stocks.shape[0]):
                for q in range(short + 1):
                    if (
                        lacking(
                            f.lacks,
                            f.parts,
                            f.van,
                            f.has_tools,
                            f.stocks,
                            k,
                            whole,
                            kept + 1,
                            q,
                            visits + d,
                            s.left,
                            s.fetch,
                        )
                        >= 0
                    ):
                        continue
                    if not stock_fits(f.stocks, s.fetched, s.taken[t], s.fetch):
                        continue
                    found = _with_depot(f, s, t, kept + 1, q, visits + d, 0, INF)
                    if found < best:
                        best, where, which = found, q, visits + d
            if which < 0:
                return False
            put(s, t, where, which)
    return settle(f, s, t, 0)


@kernel
def restore(f: Fields, s: State) -> None:
    """Take a step back: touched tours as they were."""
    visits = len(f.lacks)
    for t in range(len(f.tour)):
        if s.touched[t]:
            for i in range(s.size[t]):
                v = s.seq[t, i]
                if v < visits and s.when[v, 0] == t:
                    lift_visit(f, s, v)
            s.size[t] = 0
    for t in range(len(f.tour)):
        if s.touched[t]:
            s.size[t] = s.old_size[t]
            for i in range(s.size[t]):
                v = s.old_seq[t, i]
                s.seq[t, i] = v
                if v < visits:
                    place_visit(f, s, v, t)
                    s.when[v, 1], s.when[v, 2] = s.old_when[v, 0], s.old_when[v, 1]
    # Two rounds, as what waits for a visit of another tour may be settled before that tour is.
    for _ in range(1 if len(f.links) == 0 else 2):
        for t in range(len(f.tour)):
            if s.touched[t]:
                settle(f, s, t, 0)
    s.touched[:] = False
