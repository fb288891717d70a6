"""What is done to single tours of a walk, compiled: visits taken out and put in, what that costs, a step taken back.

Ways are merged as in Vidal, Crainic, Gendreau and Prins (2014, European Journal of Operational Research 234, 660): of each way up to
a visit, and from it on, it is known how long it is and between when it can begin without waiting, so that a place costs
a few additions. Ways that break a rule are none. Arrays are handed over one by one, as in `_walk`. How ways are merged stands here four times: as
functions of their own, which return several numbers, they cost a fifth of the steps a second (measured, with the same plans).
"""

from __future__ import annotations

from typing import Any, Final

from troth.core.machine import kernel
from troth.field.routing._net import (
    CLOSES,
    COST,
    EARLY,
    EARLY_ON,
    END,
    FIRST,
    HEAD,
    HOUR,
    IDLE,
    LAST,
    LATE,
    LATE_ON,
    LEGS,
    LOGGED,
    LONG,
    LONG_ON,
    MONEY,
    NODES,
    NXT,
    OF,
    ON,
    OPENS,
    OVER,
    PROFILE,
    PRV,
    SHIFT_END,
    SIZE,
    START,
    TAIL,
    TO_IT,
    USED,
    WORK,
)

#: Beyond all money.
NEVER: Final = 2**60


@kernel
def _ahead(way: Any, visit: Any, load: Any, tour: Any, row: Any, sums: Any, t: int, v: int) -> bool:
    """Write the ways up to the visits from `v` to the end of its tour; tell whether they can be."""
    p, u = tour[t, PROFILE], row[v, PRV]
    if u < 0:
        long, early, late, at, money = 0, tour[t, FIRST], tour[t, LAST], tour[t, START], 0
    else:
        long, early, late, at, money = row[u, LONG], row[u, EARLY], row[u, LATE], u, row[u, MONEY]
    while v >= 0:
        for q in range(load.shape[1]):
            sums[v, q] = load[v, q] + (sums[u, q] if u >= 0 else 0)
        money += row[v, TO_IT]
        row[v, MONEY] = money
        gone = long + way[p, at, v, 1]
        opens, closes = visit[v, OPENS], visit[v, CLOSES]
        if early + gone > closes:
            return False
        wait = max(opens - gone - late, 0)
        long = gone + visit[v, WORK] + wait
        early = max(opens - gone, early) - wait
        late = min(closes - gone, late)
        row[v, LONG], row[v, EARLY], row[v, LATE] = long, early, late
        u = at = v
        v = row[v, NXT]
    return True


@kernel
def _behind(way: Any, visit: Any, tour: Any, row: Any, t: int, v: int) -> bool:
    """Write the ways on from the visits from the first of a tour to `v`; tell whether they can be."""
    p, w = tour[t, PROFILE], row[v, NXT]
    if w < 0:
        long, early, late, at = 0, tour[t, FIRST], tour[t, LAST], tour[t, END]
    else:
        long, early, late, at = row[w, LONG_ON], row[w, EARLY_ON], row[w, LATE_ON], w
    while v >= 0:
        opens, closes = visit[v, OPENS], visit[v, CLOSES]
        gone = visit[v, WORK] + way[p, v, at, 1]
        if opens + gone > late:
            return False
        wait = max(early - gone - closes, 0)
        long = gone + long + wait
        early = max(early - gone, opens) - wait
        late = min(late - gone, closes)
        row[v, LONG_ON], row[v, EARLY_ON], row[v, LATE_ON] = long, early, late
        at = v
        v = row[v, PRV]
    return True


@kernel
def joined(way: Any, tour: Any, row: Any, t: int, u: int, w: int, legs: int) -> int:
    """Return what a tour costs that goes on with `w` (-1: home) after `u` (-1: at once); NEVER if it cannot be."""
    if u >= 0:
        long, early, late, at = row[u, LONG], row[u, EARLY], row[u, LATE], u
    else:
        long, early, late, at = 0, tour[t, FIRST], tour[t, LAST], tour[t, START]
    if w >= 0:
        rest, opens, closes, to = row[w, LONG_ON], row[w, EARLY_ON], row[w, LATE_ON], w
    else:
        rest, opens, closes, to = 0, tour[t, FIRST], tour[t, LAST], tour[t, END]
    gone = long + way[tour[t, PROFILE], at, to, 1]
    if early + gone > closes:
        return NEVER
    wait = max(opens - gone - late, 0)
    long = gone + rest + wait
    begins = max(opens - gone, early) - wait
    over = tour[t, OVER] * max(begins + long - tour[t, SHIFT_END], 0)
    return int(legs + tour[t, USED] + tour[t, HOUR] * long + over)


@kernel
def between(
    way: Any, yaw: Any, visit: Any, tour: Any, row: Any, tours: Any, t: int, u: int, w: int, v: int, more: int
) -> int:
    """Return what `v` between `u` and `w` costs more, of which `more` is for legs; NEVER if it cannot be."""
    p = tour[t, PROFILE]
    if u >= 0:
        long, early, late, at = row[u, LONG], row[u, EARLY], row[u, LATE], u
    else:
        long, early, late, at = 0, tour[t, FIRST], tour[t, LAST], tour[t, START]
    gone = long + yaw[p, v, at, 1]
    opens, closes = visit[v, OPENS], visit[v, CLOSES]
    if early + gone > closes:
        return NEVER
    wait = max(opens - gone - late, 0)
    long = gone + visit[v, WORK] + wait
    early = max(opens - gone, early) - wait
    late = min(closes - gone, late)
    if w >= 0:
        rest, opens, closes, to = row[w, LONG_ON], row[w, EARLY_ON], row[w, LATE_ON], w
    else:
        rest, opens, closes, to = 0, tour[t, FIRST], tour[t, LAST], tour[t, END]
    gone = long + way[p, v, to, 1]
    if early + gone > closes:
        return NEVER
    if tour[t, HOUR] == 0 and tour[t, OVER] == 0:
        return more
    wait = max(opens - gone - late, 0)
    long = gone + rest + wait
    begins = max(opens - gone, early) - wait
    whole = more + tour[t, HOUR] * long + tour[t, OVER] * max(begins + long - tour[t, SHIFT_END], 0)
    if tours[t, SIZE] > 0:
        whole += tours[t, LEGS] + tour[t, USED] - tours[t, COST]
    return int(whole)


@kernel
def fits(load: Any, room: Any, used: Any, t: int, v: int) -> bool:
    """Tell whether a tour has room for a visit's load."""
    for q in range(load.shape[1]):  # noqa: SIM110 (compiled: it knows no `all`)
        if used[t, q] + load[v, q] > room[t, q]:
            return False
    return True


@kernel
def settle(way: Any, visit: Any, load: Any, tour: Any, row: Any, sums: Any, tours: Any, t: int) -> bool:
    """Write a tour's ways and cost anew; False if it cannot be."""
    head = tours[t, HEAD]
    tours[t, COST] = 0
    if head < 0:
        return True
    if not _ahead(way, visit, load, tour, row, sums, t, head):
        return False
    if not _behind(way, visit, tour, row, t, tours[t, TAIL]):
        return False
    tours[t, COST] = joined(way, tour, row, t, -1, head, tours[t, LEGS])
    return bool(tours[t, COST] < NEVER)


@kernel
def lift(way: Any, load: Any, tour: Any, row: Any, tours: Any, used: Any, v: int) -> None:
    """Take a visit out of its tour; ways are not written anew."""
    t, u, w = row[v, OF], row[v, PRV], row[v, NXT]
    at, to = u if u >= 0 else tour[t, START], w if w >= 0 else tour[t, END]
    tours[t, SIZE] -= 1
    leg = way[tour[t, PROFILE], at, to, 0] if tours[t, SIZE] > 0 else 0
    if u >= 0:
        row[u, NXT], row[u, ON] = w, leg
    else:
        tours[t, HEAD] = w
    if w >= 0:
        row[w, PRV], row[w, TO_IT] = u, leg
    else:
        tours[t, TAIL] = u
    tours[t, LEGS] += leg - row[v, TO_IT] - row[v, ON]
    for q in range(load.shape[1]):
        used[t, q] -= load[v, q]
    row[v, OF] = -1


@kernel
def put(
    way: Any, visit: Any, load: Any, tour: Any, row: Any, sums: Any, tours: Any, used: Any, v: int, t: int, u: int,
) -> None:  # fmt: skip
    """Put a visit after `u` of a tour (-1: first), where it is known that it can be."""
    p, w = tour[t, PROFILE], row[u, NXT] if u >= 0 else tours[t, HEAD]
    at, to = u if u >= 0 else tour[t, START], w if w >= 0 else tour[t, END]
    to_it, on = way[p, at, v, 0], way[p, v, to, 0]
    tours[t, LEGS] += to_it + on
    if tours[t, SIZE] > 0:
        tours[t, LEGS] -= row[u, ON] if u >= 0 else row[w, TO_IT]
    tours[t, SIZE] += 1
    row[v, PRV], row[v, NXT], row[v, OF], row[v, TO_IT], row[v, ON] = u, w, t, to_it, on
    if u >= 0:
        row[u, NXT], row[u, ON] = v, to_it
    else:
        tours[t, HEAD] = v
    if w >= 0:
        row[w, PRV], row[w, TO_IT] = v, on
    else:
        tours[t, TAIL] = v
    for q in range(load.shape[1]):
        used[t, q] += load[v, q]
    _ahead(way, visit, load, tour, row, sums, t, v)
    _behind(way, visit, tour, row, t, v)
    tours[t, COST] = joined(way, tour, row, t, -1, tours[t, HEAD], tours[t, LEGS])


@kernel
def stay(idle: Any, idle_at: Any, mark: Any, t: int) -> None:
    """Put a tour among those at home."""
    idle[mark[IDLE]], idle_at[t] = t, mark[IDLE]
    mark[IDLE] += 1


@kernel
def leave(idle: Any, idle_at: Any, mark: Any, t: int) -> None:
    """Take a tour from those at home."""
    mark[IDLE] -= 1
    at, other = idle_at[t], idle[mark[IDLE]]
    idle[at], idle_at[other] = other, at


@kernel
def remember(
    row: Any, sums: Any, tours: Any, used: Any, mark: Any, touched: Any, log_visit: Any, log_row: Any, log_sums: Any, log_tour: Any,
    log_used: Any, t: int,
) -> None:  # fmt: skip
    """Remember a tour as it is, once in a step."""
    if touched[t]:
        return
    touched[t] = True
    i = mark[LOGGED]
    mark[LOGGED] = i + 1
    log_tour[i, 0] = t
    for c in range(5):
        log_tour[i, 1 + c] = tours[t, c]
    for q in range(used.shape[1]):
        log_used[i, q] = used[t, q]
    at, v = mark[NODES], tours[t, HEAD]
    while v >= 0:
        log_visit[at] = v
        for c in range(12):
            log_row[at, c] = row[v, c]
        for q in range(sums.shape[1]):
            log_sums[at, q] = sums[v, q]
        at += 1
        v = row[v, NXT]
    mark[NODES] = at


@kernel
def forget(mark: Any, touched: Any, log_tour: Any) -> None:
    """Let a step stand."""
    for i in range(mark[LOGGED]):
        touched[log_tour[i, 0]] = False
    mark[LOGGED] = mark[NODES] = 0


@kernel
def undo(
    row: Any, sums: Any, tours: Any, used: Any, idle: Any, idle_at: Any, mark: Any, touched: Any, log_visit: Any, log_row: Any,
    log_sums: Any, log_tour: Any, log_used: Any, out: Any, moved: int,
) -> None:  # fmt: skip
    """Take a step back; `out[:moved]` are the visits it moved."""
    for i in range(moved):
        row[out[i], OF] = -1
    at = 0
    for i in range(mark[LOGGED]):
        t = log_tour[i, 0]
        if log_tour[i, 1 + SIZE] == 0 and tours[t, SIZE] > 0:
            stay(idle, idle_at, mark, t)
        elif log_tour[i, 1 + SIZE] > 0 and tours[t, SIZE] == 0:
            leave(idle, idle_at, mark, t)
        for c in range(5):
            tours[t, c] = log_tour[i, 1 + c]
        for q in range(used.shape[1]):
            used[t, q] = log_used[i, q]
        for _ in range(tours[t, SIZE]):
            v = log_visit[at]
            for c in range(12):
                row[v, c] = log_row[at, c]
            for q in range(sums.shape[1]):
                sums[v, q] = log_sums[at, q]
            at += 1
    forget(mark, touched, log_tour)
