"""Some of the visits and tours of a problem as arrays, and where a walk over their plans stands.

Visits are 0 to N - 1, the places where tours begin and end follow. All is counted in ticks and units of money of `Whole`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from troth.field.routing._whole import Whole, tables, terms

#: Columns of `Net.tour`: its matrices, places of start and end, first and last tick, end of the shift (what is later is overtime), money
#: for its use, for a tick and for a tick of overtime, and its kind: tours of one kind differ in start, room and price of use at most.
PROFILE, START, END, FIRST, LAST, SHIFT_END, USED, HOUR, OVER, KIND = range(10)
#: Columns of `Net.visit`: ticks between which work begins, ticks of work, money if it is left out.
OPENS, CLOSES, WORK, LOST = range(4)
#: Columns of `Walk.row`: the visits before and after (-1: the tour's ends), the tour (-1: none), money of the legs to it and on, money of all
#: legs up to it; of the way up to it and of the way from it on, how long it is and between when it can begin without waiting.
PRV, NXT, OF, TO_IT, ON, MONEY, LONG, EARLY, LATE, LONG_ON, EARLY_ON, LATE_ON = range(12)
#: Columns of `Walk.tours`: first and last visit, how many, money of legs, what it costs.
HEAD, TAIL, SIZE, LEGS, COST = range(5)
#: Places in `Walk.mark`: tours at home, visits left out, tours and visits remembered, places until one is overlooked, value now and best.
IDLE, ABSENT, LOGGED, NODES, GAP, VALUE, BEST = range(7)

#: Neighbours by which a place for a visit is looked for, on either side, and those around which strings are taken out.
_BESIDE: Final = 40
_AROUND: Final = 100
#: Tours at home that are asked for a place if they are not all alike.
_ASKED: Final = 8
#: What nothing costs more than, so that sums over all visits stay whole numbers of 64 bits.
_DEAREST: Final = 2**44
#: What a tick of waiting is worth beside a tick of driving, for who is a neighbour (as in PyVRP).
_WAITING: Final = 0.2
#: Neighbours between whom there is no way in time come last.
_NO_WAY: Final = 1e15


class Net(NamedTuple):
    """Visits and tours as arrays; `yaw` is `way` from the other end, so that all that is asked of a visit lies together."""

    way: Any  # (P, N + E, N + E, 2) money and ticks
    yaw: Any  # (P, N + E, N + E, 2)
    visit: Any  # (N, 4)
    load: Any  # (N, Q)
    near: Any  # (N, A) nearest first, itself too
    before: Any  # (N, B) after whom it goes well
    after: Any  # (N, B) before whom it goes well
    tour: Any  # (T, 10)
    room: Any  # (T, Q)
    asked: int  # how many of those at home are asked for a place


class Walk(NamedTuple):
    """Where a walk stands, its best plan, and what a step back needs."""

    row: Any  # (N, 12)
    tours: Any  # (T, 5)
    used: Any  # (T, Q) load
    sums: Any  # (N, Q) load up to a visit
    idle: Any  # (T,)
    idle_at: Any  # (T,)
    absent: Any  # (N,)
    mark: Any  # (7,)
    dice: Any  # (1,)
    touched: Any  # (T,)
    log_visit: Any  # (N,)
    log_row: Any  # (N, 12)
    log_sums: Any  # (N, Q)
    log_tour: Any  # (T, 6)
    log_used: Any  # (T, Q)
    out: Any  # (N,)
    keys: Any  # (N,)
    best_next: Any  # (N,)
    best_head: Any  # (T,)


def net(w: Whole, *, visits: Sequence[int], tours: Sequence[int]) -> Net:
    """Return some visits and tours of a problem as arrays."""
    pick, n = np.asarray(visits, np.int64), len(visits)
    ends: dict[int | None, int] = {}
    kinds: dict[tuple[Any, ...], int] = {}
    used = sorted({w.profile_of[w.tours[t][0].technician_id] for t in tours})
    rows, room = [], []
    for t in tours:
        who, shift = w.tours[t]
        start, end = (ends.setdefault(one, len(ends)) for one in (shift.start_place, shift.end_place))
        profile = used.index(w.profile_of[who.technician_id])
        capacity, first, last, over, price, hour, over_hour = terms(w, who, shift)
        alike = (profile, end, first, last, over, hour, over_hour)
        kind = kinds.setdefault(alike, len(kinds))
        rows.append((profile, n + start, n + end, first, last + over, last, price, hour, over_hour, kind))
        room.append(capacity)
    places = [*ends, *w.place[pick]]
    turned = np.r_[np.arange(len(ends), len(places)), np.arange(len(ends))]
    grid = np.ix_(turned, turned)
    way = np.stack([
        np.stack([one[grid] for one in tables(w, w.profiles[p], places, len(ends), pick)[:2]], axis=-1) for p in used
    ])  # fmt: skip
    yaw = np.ascontiguousarray(way.transpose(0, 2, 1, 3))
    tour = np.array(rows, np.int64)
    # To leave out what must be made costs more than any place for it, and than all that may be left out instead.
    dear = (
        8 * int(way[..., 0].max(initial=0))
        + 4 * int(tour[:, USED].max())
        + 2 * int(tour[:, [HOUR, OVER]].max()) * w.last
    )
    dear = min(dear + int(w.prize[pick][w.prize[pick] > 0].sum()) + 1, _DEAREST)
    lost = np.where(w.prize[pick] < 0, dear, w.prize[pick])
    visit = np.column_stack([w.windows[pick], w.service[pick], lost])
    near, before, after = _neighbours(way[:, :n, :n].min(axis=0), visit, float(tour[:, HOUR].min()))
    asked = 1 if len(set(zip(rows, room, strict=True))) == 1 else _ASKED
    return Net(
        way, yaw, visit, np.ascontiguousarray(w.load[pick]), near, before, after, tour,
        np.array(room, np.int64).reshape(len(rows), len(w.parts)), asked,
    )  # fmt: skip


def _neighbours(way: Any, visit: Any, hour: float) -> tuple[Any, Any, Any]:
    """Return the nearest of each visit for who is quickest and cheapest, after whom it goes well and before whom (Vidal and others 2013, Computers & OR 40, 478)."""
    ticks = way[..., 1].astype(float)
    apart = way[..., 0] + hour * ticks
    if not apart.any():
        apart = ticks
    rate = apart.sum() / max(float(ticks.sum()), 1.0)
    opens, closes, work = visit[:, OPENS], visit[:, CLOSES], visit[:, WORK]
    ready = work[:, None] + ticks
    wait, warp = np.maximum(opens - ready - closes[:, None], 0), opens[:, None] + ready - closes
    along = apart + _WAITING * rate * wait + np.where(warp > 0, _NO_WAY + rate * warp, 0)
    np.fill_diagonal(along, np.inf)
    beside = max(min(_BESIDE, len(visit) - 1), 0)
    return (
        _least(apart + apart.T, min(_AROUND, len(visit))), _least(np.ascontiguousarray(along.T), beside), _least(along, beside),
    )  # fmt: skip


def _least(table: Any, many: int) -> Any:
    """Return for each row the columns of the least values, least first."""
    if many < table.shape[1]:
        some = np.argpartition(table, many - 1, axis=1)[:, :many] if many else np.zeros((len(table), 0), np.int64)
    else:
        some = np.tile(np.arange(table.shape[1]), (len(table), 1))
    order = np.argsort(np.take_along_axis(table, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def new_walk(n: Net, *, seed: int) -> Walk:
    """Return a walk that has not begun: nobody goes anywhere."""
    visits, tours, parts = len(n.visit), len(n.tour), n.load.shape[1]
    i = np.int64
    dice = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    return Walk(
        np.full((visits, 12), -1, i), np.full((tours, 5), -1, i), np.zeros((tours, parts), i), np.zeros((visits, parts), i),
        np.zeros(tours, i), np.zeros(tours, i), np.zeros(visits, i), np.zeros(7, i), dice, np.zeros(tours, np.bool_), np.zeros(visits, i),
        np.zeros((visits, 12), i), np.zeros((visits, parts), i), np.zeros((tours, 6), i), np.zeros((tours, parts), i),
        np.zeros(visits, i), np.zeros(visits), np.full(visits, -1, i), np.full(tours, -1, i),
    )  # fmt: skip


def lines_of(heads: Any, following: Any) -> list[list[int]]:
    """Return the visits of each tour in order."""
    out = []
    for head in heads.tolist():
        line, v = list[int](), head
        while v >= 0:
            line.append(v)
            v = int(following[v])
        out.append(line)
    return out
