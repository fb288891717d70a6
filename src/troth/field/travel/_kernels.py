"""Loops over road graphs, compiled: chains of streets, nested dissection, shortcuts, labels.

A weight packs milliseconds and decimetres into one whole number, so that the fastest way, and of two as fast the shorter, is
found by one comparison, and sums are exact in any order.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.machine import Machine

Whole = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]

#: No way; two of them still fit.
NEVER: Final = 1 << 61
_MACHINE: Final = Machine()


@_MACHINE.kept
def chains(junction: Any, first: Whole, near: Short, edge: Short, forth: Whole, back: Whole, low: Short) -> Any:
    """Follow every street from junction to junction.

    An edge has `low`, the end it is stored from; `forth` and `back` are its weights from there and to there. Returned are per chain both
    ends and weights, and per edge its chain, whether it is stored along it, and the weights from the chain's start until
    the edge begins, and back.
    """
    n, m = junction.shape[0], low.shape[0]
    start, end = np.empty(m, np.int32), np.empty(m, np.int32)
    onward, homeward = np.empty(m, np.int64), np.empty(m, np.int64)
    chain, along = np.full(m, -1, np.int32), np.zeros(m, np.bool_)
    before, returning = np.zeros(m, np.int64), np.zeros(m, np.int64)
    count = 0
    for source in range(n):
        if not junction[source]:
            continue
        for k in range(first[source], first[source + 1]):
            one, at = edge[k], source
            if chain[one] >= 0:
                continue
            out, home = np.int64(0), np.int64(0)
            while True:
                chain[one], along[one] = count, low[one] == at
                before[one], returning[one] = out, home
                there = forth[one] if along[one] else back[one]
                here = back[one] if along[one] else forth[one]
                out = np.int64(NEVER) if there >= NEVER or out >= NEVER else out + there
                home = np.int64(NEVER) if here >= NEVER or home >= NEVER else home + here
                # The other end of the edge.
                for j in range(first[at], first[at + 1]):
                    if edge[j] == one:
                        at = near[j]
                        break
                if junction[at]:
                    break
                one = edge[first[at]] if edge[first[at]] != one else edge[first[at] + 1]
            start[count], end[count], onward[count], homeward[count] = source, at, out, home
            count += 1
    return start[:count], end[:count], onward[:count], homeward[:count], chain, along, before, returning


@_MACHINE.compiled
def _fewest(
    mine: Short, stamp: int, east: Floats, north: Floats, first: Whole, near: Short, piece: Short, place: Short
) -> Any:
    """Return a piece sorted across the direction in which it is best cut, and where: few edges for the smaller half."""
    size = mine.shape[0]
    best, best_cut, best_score = mine, size // 2, np.inf
    for way in range(4):
        key = np.empty(size, np.float64)
        for k in range(size):
            x, y = east[mine[k]], north[mine[k]]
            key[k] = x if way == 0 else y if way == 1 else x + y if way == 2 else x - y
        line = mine[np.argsort(key, kind="mergesort")]
        for k in range(size):
            place[line[k]] = k
        crossing = np.zeros(size + 1, np.int64)
        for v in line:
            for j in range(first[v], first[v + 1]):
                w = near[j]
                if piece[w] == stamp and place[w] > place[v]:
                    crossing[place[v]] += 1
                    crossing[place[w]] -= 1
        cut = np.int64(0)
        for k in range(size - 1):
            cut += crossing[k]
            smaller = min(k + 1, size - k - 1)
            score = (cut + 0.01) / smaller
            if smaller * 10 >= size * 3 and score < best_score:
                best_score, best, best_cut = score, line, k + 1
    return best, best_cut


@_MACHINE.compiled
def _edge_of_halves(line: Short, cut: int, stamp: int, first: Whole, near: Short, piece: Short, place: Short) -> Any:
    """Tell who stands between two halves: those of the first with neighbours in the second, or the other way round if they are fewer."""
    size = line.shape[0]
    for k in range(size):
        place[line[k]] = k
    touched = np.zeros(size, np.bool_)
    left = 0
    for k in range(size):
        for j in range(first[line[k]], first[line[k] + 1]):
            w = near[j]
            if piece[w] == stamp and (place[w] < cut) != (k < cut):
                touched[k] = True
        left += touched[k] and k < cut
    take_left = 2 * left <= touched.sum()
    for k in range(size):
        touched[k] = touched[k] and (k < cut) == take_left
    return touched


@_MACHINE.kept
def dissect(east: Floats, north: Floats, first: Whole, near: Short) -> Any:
    """Return an order of elimination by nested dissection: halves first, what separates them after.

    A piece is cut across one of four directions where the fewest edges cross, in its middle two fifths.
    """
    n = east.shape[0]
    order = np.arange(n).astype(np.int32)
    piece, place = np.zeros(n, np.int32), np.zeros(n, np.int32)
    stack, stamp = [(0, n)], 0
    while len(stack) > 0:
        lo, hi = stack.pop()
        if hi - lo <= 4:
            continue
        stamp += 1
        mine = order[lo:hi].copy()
        for v in mine:
            piece[v] = stamp
        line, cut = _fewest(mine, stamp, east, north, first, near, piece, place)
        between = _edge_of_halves(line, cut, stamp, first, near, piece, place)
        at, top, middle = lo, hi - between.sum(), lo
        for k in range(hi - lo):
            if between[k]:
                order[top] = line[k]
                top += 1
            else:
                order[at] = line[k]
                at += 1
                middle += k < cut
        stack.append((lo, middle))
        stack.append((middle, at))
    return order


@_MACHINE.kept
def filled(first: Whole, near: Short) -> Any:
    """Return the upward neighbours of every node when nodes are eliminated in their order, and each node's parent.

    Eliminating a node joins all its later neighbours; they end up among those of the first of them, its parent.
    """
    n = first.shape[0] - 1
    begin, parent = np.zeros(n + 1, np.int64), np.full(n, -1, np.int32)
    child, sibling = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    seen = np.full(n, -1, np.int32)
    heads = np.empty(max(16, 4 * near.shape[0]), np.int32)
    at = 0
    for v in range(n):
        if at + n > heads.shape[0]:
            more = np.empty(2 * heads.shape[0] + n, np.int32)
            more[:at] = heads[:at]
            heads = more
        begin[v], seen[v] = at, v
        for j in range(first[v], first[v + 1]):
            if near[j] > v and seen[near[j]] != v:
                seen[near[j]] = v
                heads[at] = near[j]
                at += 1
        c = child[v]
        while c >= 0:
            for k in range(begin[c], begin[c + 1]):
                w = heads[k]
                if seen[w] != v:
                    seen[w] = v
                    heads[at] = w
                    at += 1
            c = sibling[c]
        begin[v + 1] = at
        if at > begin[v]:
            heads[begin[v] : at] = np.sort(heads[begin[v] : at])
            p = heads[begin[v]]
            parent[v], sibling[v], child[p] = p, child[p], v
    return begin, heads[:at].copy(), parent


@_MACHINE.kept
def weighted(begin: Whole, head: Short, tail_of: Short, head_of: Short, weight: Whole) -> Any:
    """Return the weights of all arcs up and down: the least over ways through lower nodes.

    The lower triangles of Dibbelt, Strasser and Wagner, Customizable Contraction Hierarchies, Journal of Experimental
    Algorithmics 21, 2016, article 1.5, section 6.
    """
    n, m = begin.shape[0] - 1, head.shape[0]
    up, down = np.full(m, NEVER, np.int64), np.full(m, NEVER, np.int64)
    for k in range(weight.shape[0]):
        a, b = tail_of[k], head_of[k]
        lo, hi = min(a, b), max(a, b)
        arc = begin[lo] + np.searchsorted(head[begin[lo] : begin[lo + 1]], hi)
        if a == lo:
            up[arc] = min(up[arc], weight[k])
        else:
            down[arc] = min(down[arc], weight[k])
    of = np.zeros(n + 1, np.int64)
    for k in range(m):
        of[head[k] + 1] += 1
    for v in range(n):
        of[v + 1] += of[v]
    fill = of[:-1].copy()
    lower, lower_arc = np.empty(m, np.int32), np.empty(m, np.int64)
    for v in range(n):
        for k in range(begin[v], begin[v + 1]):
            x = head[k]
            lower[fill[x]], lower_arc[fill[x]] = v, k
            fill[x] += 1
    place = np.zeros(n, np.int64)
    for x in range(n):
        for k in range(begin[x], begin[x + 1]):
            place[head[k]] = k
        for j in range(of[x], of[x + 1]):
            arc, v = lower_arc[j], lower[j]
            climb, fall = up[arc], down[arc]
            for k in range(arc + 1, begin[v + 1]):
                direct = place[head[k]]
                up[direct] = min(up[direct], fall + up[k])
                down[direct] = min(down[direct], down[k] + climb)
    return up, down


@_MACHINE.kept
def labels(
    begin: Whole, head: Short, parent: Short, weight: Whole, a: Short, cost_a: Whole, b: Short, cost_b: Whole
) -> Any:
    """Return what every place reaches upwards: how many, which nodes, at which weight.

    A place lies on a chain: it gets to `a` for `cost_a`, to `b` for `cost_b`. All it reaches upwards are ancestors of the two in the
    tree of elimination, so no queue is needed.
    """
    n, count = parent.shape[0], a.shape[0]
    best = np.full(n, NEVER, np.int64)
    starts = np.zeros(count + 1, np.int64)
    nodes, costs = np.empty(1024, np.int32), np.empty(1024, np.int64)
    path = np.empty(n, np.int32)
    at = 0
    for p in range(count):
        x, y, length = a[p], b[p], 0
        if x >= 0:
            best[x] = min(best[x], cost_a[p])
            best[y] = min(best[y], cost_b[p])
        while x >= 0 or y >= 0:
            v = x if y < 0 or (0 <= x <= y) else y
            path[length] = v
            length += 1
            if x == v:
                x = parent[v]
            if y == v:
                y = parent[v]
            if best[v] < NEVER:
                for k in range(begin[v], begin[v + 1]):
                    best[head[k]] = min(best[head[k]], best[v] + weight[k])
        if at + length > nodes.shape[0]:
            size = 2 * nodes.shape[0] + length
            more_nodes, more_costs = np.empty(size, np.int32), np.empty(size, np.int64)
            more_nodes[:at], more_costs[:at] = nodes[:at], costs[:at]
            nodes, costs = more_nodes, more_costs
        for k in range(length):
            v = path[k]
            if best[v] < NEVER:
                nodes[at], costs[at] = v, best[v]
                at += 1
            best[v] = NEVER
        starts[p + 1] = at
    return starts, nodes[:at].copy(), costs[:at].copy()


@_MACHINE.kept
def joined(
    nodes: int,
    out_starts: Whole,
    out_nodes: Short,
    out_costs: Whole,
    in_starts: Whole,
    in_nodes: Short,
    in_costs: Whole,
) -> Any:
    """Return the least weight from every origin to every destination over a node both have labels of.

    Destinations wait in a bucket at each of their nodes (Knopp, Sanders, Schultes, Schulz and Wagner, Computing Many-to-Many Shortest
    Paths Using Highway Hierarchies, ALENEX 2007, page 36).
    """
    rows, columns = out_starts.shape[0] - 1, in_starts.shape[0] - 1
    found = np.full((rows, columns), NEVER, np.int64)
    first = np.zeros(nodes + 1, np.int64)
    for v in in_nodes:
        first[v + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    fill = first[:-1].copy()
    who, cost = np.empty(in_nodes.shape[0], np.int32), np.empty(in_nodes.shape[0], np.int64)
    for t in range(columns):
        for k in range(in_starts[t], in_starts[t + 1]):
            v = in_nodes[k]
            who[fill[v]], cost[fill[v]] = t, in_costs[k]
            fill[v] += 1
    for s in range(rows):
        row = found[s]
        for k in range(out_starts[s], out_starts[s + 1]):
            v, so_far = out_nodes[k], out_costs[k]
            for j in range(first[v], first[v + 1]):
                total = so_far + cost[j]
                row[who[j]] = min(row[who[j]], total)
    return found
