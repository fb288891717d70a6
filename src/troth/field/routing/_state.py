"""Where the search stands, as arrays, and its dice."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from troth.core.machine import kernel
from troth.field.routing import _dice
from troth.field.routing._compile import DAY, DRIVEN, GROUP, LOST, OVER_BUDGET, STARTS, WAS_BY, WHO, Fields
from troth.field.routing._walk import INF, NOW, ROOM, SINCE, WIDTH

#: What `totals` holds.
TOURS, LEFT_OUT, CHANGED = range(3)


class State(NamedTuple):
    """Where the search stands: tours as sequences, what they cost, and room to try things."""

    seq: Any  # (T, L)
    size: Any  # (T,)
    rows: Any  # (T, L + 2, WIDTH)
    latest: Any  # (T, L)
    cost: Any  # (T, 3): of the tour; at least of what is put in besides; changes
    when: Any  # (N, 3): tour or -1, start and end of work
    spare: Any  # (T, Q) pieces left on the van at the end
    depot_at: Any  # (T,) position of the first depot; L if none
    taken: Any  # (T, D, Q) fetched by each tour
    fetched: Any  # (D, Q) in all
    held: Any  # (T,) bits of shared equipment
    used: Any  # (days, E) how many tours hold it
    members: Any  # (groups, 2): placed visits of a label, their technician
    totals: Any  # (3,)
    old_seq: Any
    old_size: Any
    old_when: Any  # (N, 2)
    touched: Any  # (T,)
    best_seq: Any
    best_size: Any
    best: Any  # (1,)
    tries: Any  # (L + 2, WIDTH)
    try_seq: Any  # (2, L + 2)
    left: Any  # (Q,)
    fetch: Any  # (D, Q)
    dice: Any  # (1,)


def new_state(f: Fields, *, longest: int) -> State:
    """Return an empty state: nobody goes anywhere."""
    tours, visits = len(f.tour), len(f.lacks)
    d, q = f.stocks.shape
    days = int(f.tour[:, DAY].max(initial=0)) + 1
    groups = int(f.stop[:visits, GROUP].max(initial=-1)) + 1
    rows = np.zeros((tours, longest + 2, WIDTH))
    rows[:, 0, NOW], rows[:, 0, ROOM], rows[:, 0, SINCE] = f.tour[:, STARTS], INF, f.tour[:, DRIVEN]
    when = np.zeros((visits, 3))
    when[:, 0] = -1
    published = float((f.stop[:visits, WAS_BY] >= 0).sum())
    members = np.zeros((groups, 2), np.int64)
    return State(
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), rows, np.zeros((tours, longest)), np.zeros((tours, 3)),
        when, f.van[f.tour[:, WHO].astype(np.int64)], np.full(tours, longest, np.int64), np.zeros((tours, d, q)), np.zeros((d, q)),
        np.zeros(tours, np.int64), np.zeros((days, len(f.pieces)), np.int64), members,
        np.array([0.0, float(f.stop[:visits, LOST].sum()), published]),
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), np.zeros((visits, 2)), np.zeros(tours, np.bool_),
        np.zeros((tours, longest), np.int64), np.zeros(tours, np.int64), np.array([INF]),
        np.zeros((longest + 2, WIDTH)), np.zeros((2, longest + 2), np.int64), np.zeros(q), np.zeros((d, q)),
        np.array([88172645463325252], np.uint64),
    )  # fmt: skip


@kernel
def total(f: Fields, s: State) -> float:
    """Return what a state costs, changes beyond the budget included."""
    over = max(s.totals[CHANGED] - f.budget, 0.0) if f.budget >= 0 else 0.0
    return float(s.totals[TOURS] + s.totals[LEFT_OUT] + OVER_BUDGET * over)


@kernel
def draw(s: State) -> float:
    """Return a number in [0, 1) by the state's own dice."""
    return float(_dice.draw(s.dice))
