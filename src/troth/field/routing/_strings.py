"""Strings of visits taken out and put back, and ends of tours exchanged, while it cools down; compiled.

Slack induction by string removals (Christiaens and Vanden Berghe 2020, Transportation Science 54, 417-433), with two steps
more: a tour is at times taken out as a whole, or begun at a discount, and two tours exchange all that comes after a leg (2-opt*:
Potvin and Rousseau 1995, Journal of the Operational Research Society 46, 1433-1446), as strings alone hardly ever change how many long tours there are.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from troth.core.machine import kernel
from troth.field.routing._chain import (
    NEVER,
    between,
    fits,
    forget,
    leave,
    lift,
    put,
    remember,
    settle,
    stay,
    undo,
)
from troth.field.routing._dice import draw, pick
from troth.field.routing._ends import exchange
from troth.field.routing._net import (
    ABSENT,
    BEST,
    CLOSES,
    COST,
    END,
    GAP,
    HEAD,
    IDLE,
    LEGS,
    LOGGED,
    LOST,
    NXT,
    OF,
    ON,
    OPENS,
    PROFILE,
    PRV,
    SIZE,
    START,
    TAIL,
    TO_IT,
    USED,
    VALUE,
    Net,
    Walk,
    new_walk,
)

#: Visits taken out in one step on average, and the longest string (Christiaens and Vanden Berghe 2020, 5.1).
_REMOVED: Final = 10.0
_LONGEST: Final = 10.0
#: Shares of places overlooked, of strings with visits inside that stay, and of those that keep one more.
_BLINK: Final = 0.01
_SPLIT: Final = 0.5
_WIDER: Final = 0.01
#: Shares of steps that take out a whole tour, and that begin one at a discount.
_WHOLE: Final = 0.02
_BEGUN: Final = 0.3
#: A tour in use is worth so many times the temperature: else too few are left by the time it is too cold to begin one.
_CREDIT: Final = 5.0
#: Exchanges of ends tried in each step.
_ENDS: Final = 4
#: Of those left out so many are tried in each step.
_LEFT: Final = 10


@kernel
def _overlooked(mark: Any, dice: Any) -> bool:
    """Tell whether a place is overlooked; how many are not until then is drawn at once."""
    mark[GAP] -= 1
    if mark[GAP] >= 0:
        return False
    mark[GAP] = int(np.log(draw(dice)) / np.log(1.0 - _BLINK))
    return True


@kernel
def _place(
    way: Any, yaw: Any, visit: Any, load: Any, before: Any, after: Any, tour: Any, room: Any, asked: int, row: Any, tours: Any,
    used: Any, idle: Any, mark: Any, dice: Any, v: int, discount: float,
) -> tuple[int, int]:  # fmt: skip
    """Return where a visit costs least, if less than leaving it out: the tour (-1: nowhere) and the visit before."""
    least, best, where = visit[v, LOST], -1, -1
    for i in range(2 * before.shape[1]):
        if i % 2 == 0:
            u = before[v, i // 2]
            t, w = row[u, OF], row[u, NXT]
        else:
            w = after[v, i // 2]
            t, u = row[w, OF], row[w, PRV]
        if t < 0 or _overlooked(mark, dice):
            continue
        p = tour[t, PROFILE]
        if u >= 0:
            at, leg = u, row[u, ON]
        else:
            at, leg = tour[t, START], row[w, TO_IT]
        to = w if w >= 0 else tour[t, END]
        more = yaw[p, v, at, 0] + way[p, v, to, 0] - leg
        if more < least and fits(load, room, used, t, v):
            more = between(way, yaw, visit, tour, row, tours, t, u, w, v, more)
            if more < least:
                least, best, where = more, t, u
    for i in range(min(asked, mark[IDLE])):
        t = idle[i if asked >= mark[IDLE] else pick(dice, mark[IDLE])]
        p = tour[t, PROFILE]
        more = yaw[p, v, tour[t, START], 0] + way[p, v, tour[t, END], 0] + tour[t, USED]
        if more * discount < least and fits(load, room, used, t, v):
            more = between(way, yaw, visit, tour, row, tours, t, -1, -1, v, more)
            if more < NEVER and more * discount < least:
                least, best, where = int(more * discount), t, -1
    return best, where


@kernel
def _string(
    way: Any, load: Any, tour: Any, row: Any, tours: Any, used: Any, dice: Any, out: Any, n: int, v: int, length: int,
) -> int:  # fmt: skip
    """Take out a string of visits around `v`, at times around some that stay; return how many are in `out`."""
    size = tours[row[v, OF], SIZE]
    kept = 0
    if 1 < length < size and draw(dice) < _SPLIT:
        kept = 1
        while length + kept < size and draw(dice) < _WIDER:
            kept += 1
    span = length + kept
    back, u = 0, v
    while back < span - 1 and row[u, PRV] >= 0:
        back, u = back + 1, row[u, PRV]
    ahead, w = 0, v
    while ahead < span - 1 and row[w, NXT] >= 0:
        ahead, w = ahead + 1, row[w, NXT]
    least = max(0, span - 1 - ahead)
    u = v
    for _ in range(least + pick(dice, back - least + 1)):
        u = row[u, PRV]
    hole = 1 + pick(dice, length - 1) if kept > 0 else span
    for i in range(span):
        w = row[u, NXT]
        if not hole <= i < hole + kept:
            lift(way, load, tour, row, tours, used, u)
            out[n] = u
            n += 1
        u = w
    return n


@kernel
def _in_order(way: Any, visit: Any, load: Any, tour: Any, dice: Any, out: Any, keys: Any, n: int) -> None:
    """Put visits into the order in which they go back."""
    kind, start = draw(dice) * 17.0, tour[0, START]
    for i in range(n):
        v = out[i]
        if kind < 4.0:
            key = draw(dice)
        elif kind < 8.0:
            key = -float(load[v].sum()) if load.shape[1] > 0 else draw(dice)
        elif kind < 10.0:
            key = -float(way[0, start, v, 1])
        elif kind < 11.0:
            key = float(way[0, start, v, 1])
        elif kind < 13.0:
            key = float(visit[v, CLOSES] - visit[v, OPENS])
        elif kind < 15.0:
            key = float(visit[v, OPENS])
        else:
            key = -float(visit[v, CLOSES])
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j], out[j] = keys[j - 1], out[j - 1]
            j -= 1
        keys[j], out[j] = key, v


@kernel
def _keep(row: Any, tours: Any, mark: Any, best_next: Any, best_head: Any) -> None:
    """Keep the plan as the best."""
    mark[BEST] = mark[VALUE]
    best_next[:] = row[:, NXT]
    best_head[:] = tours[:, HEAD]


@kernel
def anneal(n: Net, k: Walk, steps: int, heat: float) -> None:  # noqa: C901 (compiled: calls would cost more than branches)
    """Make steps at one temperature, in units of money."""
    # Unpacked once: a compiled function that takes a tuple counts the references of all its arrays at every call.
    way, yaw, visit, load, near, before, after, tour, room, asked = n
    row, tours, used, sums, idle, idle_at, absent, mark, dice, touched = k[:10]
    log_visit, log_row, log_sums, log_tour, log_used, out, keys, best_next, best_head = k[10:]
    credit = _CREDIT * heat
    for _ in range(steps):
        for _ in range(_ENDS):
            changed = exchange(
                way, visit, load, after, tour, room, row, sums, tours, used, idle, idle_at, mark, dice, heat, credit,
            )  # fmt: skip
            if changed and mark[VALUE] < mark[BEST]:
                _keep(row, tours, mark, best_next, best_head)
        moved, sound, busy = 0, True, len(tour) - mark[IDLE]
        if busy > 0:
            most = min(_LONGEST, (len(visit) - mark[ABSENT]) / busy)
            strings = int(1.0 + draw(dice) * (4.0 * _REMOVED / (1.0 + most) - 1.0))
            centre = pick(dice, len(visit))
            for i in range(near.shape[1]):
                v = near[centre, i]
                t = row[v, OF]
                if t < 0 or touched[t]:
                    continue
                remember(row, sums, tours, used, mark, touched, log_visit, log_row, log_sums, log_tour, log_used, t)
                length = 1 + pick(dice, int(min(most, tours[t, SIZE])))
                if moved == 0 and draw(dice) < _WHOLE:
                    length = tours[t, SIZE]
                moved = _string(way, load, tour, row, tours, used, dice, out, moved, v, length)
                strings -= 1
                if strings <= 0:
                    break
            for i in range(mark[LOGGED]):
                t = log_tour[i, 0]
                if tours[t, SIZE] == 0:
                    stay(idle, idle_at, mark, t)
                # Where the straight way is longer than the one by others, what is left may break a rule.
                sound = settle(way, visit, load, tour, row, sums, tours, t) and sound
        if not sound:
            undo(
                row, sums, tours, used, idle, idle_at, mark, touched, log_visit, log_row, log_sums, log_tour, log_used, out,
                moved,
            )  # fmt: skip
            continue
        left, value = mark[ABSENT], mark[VALUE]
        some = min(left, _LEFT)
        for i in range(some):
            j = i + pick(dice, left - i)
            if i == 0:
                # The dearest is always asked, the others by chance.
                for m in range(left):
                    if visit[absent[m], LOST] > visit[absent[j], LOST]:
                        j = m
            absent[i], absent[j] = absent[j], absent[i]
            out[moved] = absent[i]
            moved += 1
            value -= visit[absent[i], LOST]
        _in_order(way, visit, load, tour, dice, out, keys, moved)
        discount = draw(dice) if draw(dice) < _BEGUN else 1.0
        for i in range(moved):
            v = out[i]
            t, u = _place(
                way, yaw, visit, load, before, after, tour, room, asked, row, tours, used, idle, mark, dice, v, discount,
            )  # fmt: skip
            if t < 0:
                value += visit[v, LOST]
                continue
            remember(row, sums, tours, used, mark, touched, log_visit, log_row, log_sums, log_tour, log_used, t)
            if tours[t, SIZE] == 0:
                discount = 1.0
                leave(idle, idle_at, mark, t)
            put(way, visit, load, tour, row, sums, tours, used, v, t, u)
        for i in range(mark[LOGGED]):
            value += tours[log_tour[i, 0], COST] - log_tour[i, 1 + COST]
        more = value - mark[VALUE] - credit * (len(tour) - mark[IDLE] - busy)
        if more > -heat * np.log(draw(dice)):
            undo(
                row, sums, tours, used, idle, idle_at, mark, touched, log_visit, log_row, log_sums, log_tour, log_used, out,
                moved,
            )  # fmt: skip
            continue
        forget(mark, touched, log_tour)
        # Those that were asked make room for the last of the others; who is still left out comes after.
        for i in range(min(some, left - some)):
            absent[i] = absent[left - 1 - i]
        left -= some
        for i in range(moved):
            if row[out[i], OF] < 0:
                absent[left] = out[i]
                left += 1
        mark[ABSENT], mark[VALUE] = left, value
        if value < mark[BEST]:
            _keep(row, tours, mark, best_next, best_head)


@kernel
def begin(n: Net, k: Walk, seq: Any, size: Any, order: Any, placing: bool) -> None:  # noqa: C901, FBT001 (compiled: calls would cost more than branches, and it takes no names)
    """Begin with given tours, without those that break a rule; visits of `order` in none are left out, or if `placing` go where they cost least."""
    way, yaw, visit, load, _, before, after, tour, room, asked = n
    row, tours, used, sums, idle, idle_at, absent, mark, dice, touched = k[:10]
    best_next, best_head = k[17:]
    row[:, OF] = -1
    mark[:] = 0
    mark[GAP] = NEVER
    touched[:] = False
    for t in range(len(tour)):
        used[t] = 0
        tours[t, HEAD], tours[t, TAIL], tours[t, SIZE], tours[t, LEGS], u = -1, -1, size[t], 0, -1
        at = tour[t, START]
        for i in range(size[t]):
            v = seq[t, i]
            leg = way[tour[t, PROFILE], at, v, 0]
            row[v, PRV], row[v, NXT], row[v, OF], row[v, TO_IT] = u, -1, t, leg
            if u >= 0:
                row[u, NXT], row[u, ON] = v, leg
            else:
                tours[t, HEAD] = v
            tours[t, LEGS] += leg
            for q in range(load.shape[1]):
                used[t, q] += load[v, q]
            u = at = v
        tours[t, TAIL] = u
        if u >= 0:
            row[u, ON] = way[tour[t, PROFILE], u, tour[t, END], 0]
            tours[t, LEGS] += row[u, ON]
        sound = settle(way, visit, load, tour, row, sums, tours, t)
        for q in range(load.shape[1]):
            sound = sound and used[t, q] <= room[t, q]
        if not sound:
            for i in range(size[t]):
                row[seq[t, i], OF] = -1
            used[t] = 0
            tours[t, HEAD], tours[t, TAIL], tours[t, SIZE], tours[t, LEGS], tours[t, COST] = -1, -1, 0, 0, 0
        if tours[t, SIZE] == 0:
            stay(idle, idle_at, mark, t)
    some = len(tour) if asked > 1 else 1
    for v in order:
        if row[v, OF] >= 0:
            continue
        t, u = -1, -1
        if placing:
            t, u = _place(
                way, yaw, visit, load, before, after, tour, room, some, row, tours, used, idle, mark, dice, v, 1.0
            )
        if t < 0:
            absent[mark[ABSENT]] = v
            mark[ABSENT] += 1
            continue
        if tours[t, SIZE] == 0:
            leave(idle, idle_at, mark, t)
        put(way, visit, load, tour, row, sums, tours, used, v, t, u)
    mark[VALUE] = tours[:, COST].sum()
    for i in range(mark[ABSENT]):
        mark[VALUE] += visit[absent[i], LOST]
    mark[GAP] = int(1.0 / _BLINK)
    _keep(row, tours, mark, best_next, best_head)


def compiled() -> None:
    """Have all of this compiled, or read from where an earlier run left it, before a clock starts."""
    i = np.int64
    n = Net(
        np.zeros((1, 3, 3, 2), i), np.zeros((1, 3, 3, 2), i), np.zeros((2, 4), i), np.zeros((2, 0), i), np.zeros((2, 1), i), np.zeros((2, 1), i),
        np.zeros((2, 1), i), np.zeros((1, 10), i), np.zeros((1, 0), i), 1,
    )  # fmt: skip
    walk = new_walk(n, seed=0)
    begin(n, walk, np.zeros((1, 1), i), np.zeros(1, i), np.zeros(0, i), False)
    anneal(n, walk, 0, 1.0)
