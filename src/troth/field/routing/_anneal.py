"""The steps of the search, compiled: what is taken out, in which order it goes back, what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.core.machine import kernel
from troth.field.routing._compile import (
    DAY,
    FROM,
    LINKS,
    LINKS_END,
    LOST,
    OPENS,
    PLACE,
    WHO,
    Fields,
)
from troth.field.routing._search import (
    best_place,
    insert,
    lift_visit,
    may_take,
    place_visit,
    remember,
    restore,
    settle,
    stock_fits,
    tidy,
)
from troth.field.routing._state import State, draw, total
from troth.field.routing._walk import INF, lacking

#: Stops taken out in one step on average, and the longest string of one tour (Christiaens and Vanden Berghe 2020, 5.1).
_REMOVED = 10.0
_LONGEST = 10.0
_BLINK = 0.01


@kernel
def _visits_of(f: Fields, s: State, t: int) -> int:
    n = 0
    for i in range(s.size[t]):
        n += s.seq[t, i] < len(f.lacks)
    return n


@kernel
def _drop(f: Fields, s: State, t: int, marked: Any, out: Any, n_out: int) -> int:
    """Take the marked visits, and those that wait for them, out of a tour."""
    remember(s, t)
    visits = len(f.lacks)
    kept = 0
    for i in range(s.size[t]):
        v = s.seq[t, i]
        if v < visits and marked[v]:
            lift_visit(f, s, v)
            out[n_out] = v
            n_out += 1
        else:
            s.seq[t, kept] = v
            kept += 1
    s.size[t] = kept
    return n_out


@kernel
def _mark_string(f: Fields, s: State, t: int, v: int, length: int, marked: Any) -> int:
    """Mark a string of stops of a tour that holds `v`; at times with stops inside that stay (a split string)."""
    n = s.size[t]
    at = 0
    for i in range(n):
        if s.seq[t, i] == v:
            at = i
    stay = 0
    if length > 1 and draw(s) < 0.5:
        while length + stay < n and draw(s) > 0.01:
            stay += 1
            if draw(s) < 0.5:
                break
    span = min(length + stay, n)
    first = max(0, at - span + 1)
    last = min(at, n - span)
    start = first + int(draw(s) * (last - first + 1)) if last >= first else max(0, min(at, n - span))
    skip_at = start + int(draw(s) * max(span - stay, 1)) if stay else -1
    count = 0
    for i in range(start, start + span):
        if stay and skip_at <= i < skip_at + stay and s.seq[t, i] != v:
            continue
        u = s.seq[t, i]
        if u < len(f.lacks) and not marked[u]:
            marked[u] = True
            count += 1
    return count


@kernel
def _ruin(f: Fields, s: State, marked: Any, hit: Any, out: Any) -> int:  # noqa: C901 (compiled: calls would cost more than branches)
    """Take strings out around a visit; return how many visits are in `out`."""
    visits = len(f.lacks)
    tours = 0
    placed = 0
    for t in range(len(f.tour)):
        k = _visits_of(f, s, t)
        placed += k
        tours += k > 0
    marked[:] = False
    hit[:] = False
    if tours > 0:
        longest = min(_LONGEST, placed / tours)
        strings = int(draw(s) * max(4.0 * _REMOVED / (1.0 + longest) - 1.0, 1.0)) + 1
        centre = int(draw(s) * visits)
        if draw(s) < 0.05:
            # A whole tour at times: who is not needed stays at home.
            t = int(draw(s) * len(f.tour))
            hit[t] = s.size[t] > 0
            for i in range(s.size[t]):
                if s.seq[t, i] < visits:
                    marked[s.seq[t, i]] = True
        done = 0
        for i in range(f.near.shape[1]):
            v = f.near[centre, i]
            t = int(s.when[v, 0])
            if done >= strings:
                break
            if t < 0 or marked[v] or hit[t]:
                continue
            hit[t] = True
            most = min(longest, float(_visits_of(f, s, t)))
            _mark_string(f, s, t, v, int(draw(s) * most) + 1, marked)
            done += 1
        for _ in range(3 if len(f.links) else 0):
            for v in range(visits):
                for i in range(int(f.stop[v, LINKS]), int(f.stop[v, LINKS_END])):
                    if marked[int(f.links[i, 0])] and int(s.when[v, 0]) >= 0:
                        marked[v] = True
                        hit[int(s.when[v, 0])] = True
    n = 0
    for t in range(len(f.tour)):
        if hit[t]:
            n = _drop(f, s, t, marked, out, n)
    for t in range(len(f.tour)):
        if hit[t] and not tidy(f, s, t):
            # What is left cannot stand alone: it all comes out.
            for i in range(s.size[t]):
                if s.seq[t, i] < visits:
                    marked[s.seq[t, i]] = True
            n = _drop(f, s, t, marked, out, n)
            tidy(f, s, t)
    # Those left out before get their chance at every step, as far as there is room.
    for v in range(visits):
        if int(s.when[v, 0]) < 0 and not marked[v] and n < len(out):
            marked[v] = True
            out[n] = v
            n += 1
    return n


@kernel
def _sorted(f: Fields, s: State, out: Any, n: int, keys: Any, ease: Any) -> None:  # noqa: C901 (compiled: calls would cost more than branches)
    """Put visits into the order in which they go back."""
    kind = draw(s)
    for i in range(n):
        v = out[i]
        if kind < 0.3:
            keys[i] = draw(s)
        elif kind < 0.55:
            keys[i] = ease[v] + 0.5 * draw(s)
        elif kind < 0.7:
            keys[i] = -f.stop[v, LOST]
        elif kind < 0.8:
            keys[i] = f.stop[v, OPENS + 1] - f.stop[v, OPENS]
        elif kind < 0.9:
            keys[i] = f.stop[v, OPENS]
        elif kind < 0.95:
            keys[i] = f.way[int(f.tour[0, FROM]), int(f.stop[v, PLACE]), 0]
        else:
            keys[i] = -f.way[int(f.tour[0, FROM]), int(f.stop[v, PLACE]), 0]
    order = np.argsort(keys[:n])
    out[:n] = out[:n][order]
    for _ in range(3 if len(f.links) else 0):
        # What others wait for goes first.
        for i in range(n):
            for j in range(i):
                for x in range(int(f.stop[out[j], LINKS]), int(f.stop[out[j], LINKS_END])):
                    if int(f.links[x, 0]) == out[i]:
                        v = out[i]
                        for m in range(i, j, -1):
                            out[m] = out[m - 1]
                        out[j] = v
                        break


@kernel
def _recreate(f: Fields, s: State, out: Any, n: int, blink: float, looked: Any) -> None:
    """Put visits back, each where it costs least, if leaving it out costs more."""
    many = len(f.tour) > 80
    for i in range(n):
        v = out[i]
        if many:
            looked[:] = False
            for j in range(f.near.shape[1]):
                t = int(s.when[f.near[v, j], 0])
                if t >= 0:
                    looked[t] = True
        cost, tour, at, depot, depot_at = f.stop[v, LOST], -1, -1, -1, -1
        spare = 0
        for t in range(len(f.tour)):
            if many and not looked[t]:
                # Of those that stay at home a few are asked, by chance.
                if s.size[t] > 0 or spare >= 12 or draw(s) > 0.3:
                    continue
                spare += 1
            if not may_take(f, s, v, t):
                continue
            c, p, d, q = best_place(f, s, v, t, cost, blink)
            if p >= 0 and c < cost:
                cost, tour, at, depot, depot_at = c, t, p, d, q
        if tour >= 0:
            insert(f, s, v, tour, at, depot, depot_at)


@kernel
def keep_best(s: State, value: float) -> None:
    """Keep the tours as the best."""
    s.best[0] = value
    s.best_seq[:] = s.seq
    s.best_size[:] = s.size


@kernel
def anneal(f: Fields, s: State, steps: int, hot: float, cold: float, ease: Any) -> int:
    """Make steps while the temperature falls from `hot` to `cold`; return how many were kept."""
    visits = len(f.lacks)
    marked, hit, looked = np.zeros(visits, np.bool_), np.zeros(len(f.tour), np.bool_), np.zeros(len(f.tour), np.bool_)
    out, keys = np.zeros(visits, np.int64), np.zeros(visits)
    taken = 0
    now = total(f, s)
    if now < s.best[0]:
        keep_best(s, now)
    for step in range(steps):
        heat = hot * (cold / hot) ** (step / max(steps, 1))
        n = _ruin(f, s, marked, hit, out)
        _sorted(f, s, out, n, keys, ease)
        _recreate(f, s, out, n, _BLINK, looked)
        new = total(f, s)
        if new < now - heat * np.log(draw(s)):
            now = new
            s.touched[:] = False
            taken += 1
            if new < s.best[0] - 1e-9:
                keep_best(s, new)
        else:
            restore(f, s)
            now = total(f, s)
    return taken


@kernel
def fill(f: Fields, s: State, order: Any, looked: Any) -> None:
    """Put every visit of `order` that is not placed where it costs least."""
    _recreate(f, s, order, len(order), 0.0, looked)
    s.touched[:] = False


@kernel
def _clear(f: Fields, s: State, t: int) -> None:
    """Take every stop out of a tour."""
    for i in range(s.size[t]):
        if s.seq[t, i] < len(f.lacks):
            lift_visit(f, s, s.seq[t, i])
    s.size[t] = 0
    settle(f, s, t, 0)


@kernel
def _whole(f: Fields, s: State, t: int) -> bool:
    """Tell whether a tour, just settled, has all it needs and takes no more than there is."""
    for e in range(len(f.pieces)):
        if (s.held[t] >> e) & 1 and s.used[int(f.tour[t, DAY]), e] > f.pieces[e]:
            return False
    for other in range(len(f.tour)):
        if f.clash[t, other] and s.size[other] > 0 and s.size[t] > 0:
            return False
    if f.stocks.shape[0] == 0 and f.parts.shape[1] == 0 and f.has_tools.shape[1] == 0:
        return True
    k = int(f.tour[t, WHO])
    if lacking(f.lacks, f.parts, f.van, f.has_tools, f.stocks, k, s.seq[t], s.size[t], 0, -1, s.left, s.fetch) >= 0:
        return False
    return stock_fits(f.stocks, s.fetched, s.taken[t], s.fetch)


@kernel
def load(f: Fields, s: State, seq: Any, size: Any) -> None:  # noqa: C901 (compiled: calls would cost more than branches)
    """Make given tours the state. Of a tour that cannot stand, stops go back one by one where they cost least, if anywhere.

    A tour longer than there is room for, as of somebody who cannot make all of it any more, is cut: its end counts as left out.
    """
    visits, most = len(f.lacks), seq.shape[1]
    for t in range(len(f.tour)):
        for i in range(s.size[t]):
            if s.seq[t, i] < visits:
                lift_visit(f, s, s.seq[t, i])
        s.size[t] = 0
    for t in range(len(f.tour)):
        settle(f, s, t, 0)
    for t in range(len(f.tour)):
        for i in range(min(size[t], most)):
            v = seq[t, i]
            if s.size[t] < s.seq.shape[1] and (v >= visits or (s.when[v, 0] < 0 and may_take(f, s, v, t))):
                s.seq[t, s.size[t]] = v
                s.size[t] += 1
                if v < visits:
                    place_visit(f, s, v, t)
    # Visits that wait for those of other tours push each other later until all is at rest; nobody may hold anybody up meanwhile.
    s.when[:, 1], s.when[:, 2] = INF, -INF
    for _ in range(8 if len(f.links) else 0):
        for t in range(len(f.tour)):
            settle(f, s, t, 0)
            s.when[:, 1] = INF
    for t in range(len(f.tour)):
        if not settle(f, s, t, 0):
            _clear(f, s, t)
    for t in range(len(f.tour)):
        if not (settle(f, s, t, 0) and _whole(f, s, t)):
            _clear(f, s, t)
    for t in range(len(f.tour)):
        for i in range(min(size[t], most)):
            v = seq[t, i]
            if v < visits and s.when[v, 0] < 0 and may_take(f, s, v, t):
                _, p, d, q = best_place(f, s, v, t, f.stop[v, LOST], 0.0)
                if p >= 0:
                    insert(f, s, v, t, p, d, q)
    s.touched[:] = False
