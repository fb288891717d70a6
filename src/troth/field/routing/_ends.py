"""Two tours exchange what comes after a leg (2-opt*: Potvin and Rousseau 1995, Journal of the Operational Research Society 46, 1433-1446), compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from troth.core.machine import kernel
from troth.field.routing._chain import NEVER, joined, leave, settle, stay
from troth.field.routing._dice import draw, pick
from troth.field.routing._net import (
    COST,
    END,
    HEAD,
    IDLE,
    KIND,
    LEGS,
    MONEY,
    NXT,
    OF,
    ON,
    PROFILE,
    PRV,
    SIZE,
    START,
    TAIL,
    TO_IT,
    VALUE,
)

#: In such a share of exchanges the other tour is one at home.
_AT_HOME: Final = 0.05


@kernel
def exchange(  # noqa: C901 (compiled: calls would cost more than branches)
    way: Any, visit: Any, load: Any, after: Any, tour: Any, room: Any, row: Any, sums: Any, tours: Any, used: Any, idle: Any, idle_at: Any,
    mark: Any, dice: Any, heat: float, credit: float,
) -> bool:  # fmt: skip
    """Let two tours of a kind exchange what comes after a leg, if that is cheap enough; one of them may be at home."""
    u = pick(dice, len(visit))
    t = row[u, OF]
    if t < 0:
        return False
    if mark[IDLE] > 0 and draw(dice) < _AT_HOME:
        w, o = -1, idle[pick(dice, mark[IDLE])]
    elif after.shape[1] > 0:
        w = after[u, pick(dice, after.shape[1])]
        o = row[w, OF]
    else:
        return False
    if o < 0 or o == t or tour[t, KIND] != tour[o, KIND]:
        return False
    p, end, v = tour[t, PROFILE], tour[t, END], row[u, NXT]
    x = row[w, PRV] if w >= 0 else -1
    for q in range(load.shape[1]):
        ahead = sums[x, q] if x >= 0 else 0
        if sums[u, q] + used[o, q] - ahead > room[t, q] or ahead + used[t, q] - sums[u, q] > room[o, q]:
            return False
    on = way[p, u, w if w >= 0 else end, 0]
    to_it = way[p, x if x >= 0 else tour[o, START], v if v >= 0 else end, 0] if x >= 0 or v >= 0 else 0
    rest = tours[t, LEGS] - row[u, MONEY] - row[u, ON]
    legs = row[u, MONEY] + on + (tours[o, LEGS] - row[w, MONEY] if w >= 0 else 0)
    legs_o = (row[x, MONEY] if x >= 0 else 0) + to_it + rest
    cost = joined(way, tour, row, t, u, w, legs)
    if cost >= NEVER:
        return False
    cost_o = joined(way, tour, row, o, x, v, legs_o) if x >= 0 or v >= 0 else 0
    if cost_o >= NEVER:
        return False
    more = cost + cost_o - tours[t, COST] - tours[o, COST]
    gone = (w >= 0 and x < 0 and v < 0) - (w < 0 and v >= 0)
    if more + credit * gone > -heat * np.log(draw(dice)):
        return False
    tail, tail_o = tours[t, TAIL], tours[o, TAIL]
    row[u, NXT], row[u, ON] = w, on
    if w >= 0:
        row[w, PRV], row[w, TO_IT] = u, on
    if x >= 0:
        row[x, NXT], row[x, ON] = v, to_it
    else:
        tours[o, HEAD] = v
    if v >= 0:
        row[v, PRV], row[v, TO_IT] = x, to_it
    tours[t, TAIL] = tail_o if w >= 0 else u
    tours[o, TAIL] = tail if v >= 0 else x
    tours[t, LEGS], tours[o, LEGS] = legs, legs_o
    was_idle = tours[o, SIZE] == 0
    moved = 0
    while w >= 0:
        row[w, OF] = t
        moved += 1
        for q in range(load.shape[1]):
            used[t, q] += load[w, q]
            used[o, q] -= load[w, q]
        w = row[w, NXT]
    while v >= 0:
        row[v, OF] = o
        moved -= 1
        for q in range(load.shape[1]):
            used[o, q] += load[v, q]
            used[t, q] -= load[v, q]
        v = row[v, NXT]
    tours[t, SIZE] += moved
    tours[o, SIZE] -= moved
    if was_idle and tours[o, SIZE] > 0:
        leave(idle, idle_at, mark, o)
    elif not was_idle and tours[o, SIZE] == 0:
        stay(idle, idle_at, mark, o)
    settle(way, visit, load, tour, row, sums, tours, t)
    settle(way, visit, load, tour, row, sums, tours, o)
    mark[VALUE] += more
    return True
