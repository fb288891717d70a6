"""The plan at work: agents come and go, counters and queues open and close."""

from __future__ import annotations

from typing import Any

from troth.queueing.twin._customers import gone
from troth.queueing.twin._floor import (
    begin_spell,
    end_spell,
    feed,
    interrupt,
    settle,
    show,
    unlist,
)
from troth.queueing.twin._jit import compiled
from troth.queueing.twin._layout import (
    AVAILABLE,
    COUNTER,
    COUNTERS,
    DUTY,
    FREE,
    GONE,
    HOURS,
    NO_LIST,
    NOBODY,
    OFFLINE,
    SHIFT,
    SLACK,
    UNSERVED,
)
from troth.queueing.twin._line import leave
from troth.queueing.twin._pick import seek
from troth.queueing.twin._tables import agent_at, change_at, contact_at, group_at, pool_at, queue_at


@compiled
def seats(w: Any, pool: int, t: int) -> None:
    """Fill the open counters with agents who have none, or take them back."""
    p = pool_at(w, pool)
    while p.seated < p.open:
        chosen = NOBODY
        for a in range(w.agents_n):
            one = agent_at(w, a)
            if one.pool == pool and not one.seated and one.wanted == AVAILABLE:
                if one.list == FREE:
                    chosen = a
                    break
                if chosen == NOBODY:
                    chosen = a
        if chosen == NOBODY:
            break
        sit(w, chosen, 1, t)
        feed(w, chosen, t)
    a = w.agents_n
    while p.seated > p.open and a > 0:
        a -= 1
        one = agent_at(w, a)
        if one.pool == pool and one.seated and (one.list in (FREE, SLACK) or one.held == 0):
            sit(w, a, 0, t)
            if one.list == NO_LIST:
                feed(w, a, t)


@compiled
def sit(w: Any, a: int, seated: int, t: int) -> None:
    """An agent takes a counter or leaves it; it can then serve other queues."""
    one = agent_at(w, a)
    unlist(w, a)
    one.profile, one.away_profile = one.away_profile, one.profile
    one.seated = seated
    pool_at(w, one.pool).seated += 1 if seated else -1
    one.counter = begin_spell(w, a, COUNTER, t) if seated else end_spell(w, one.counter, t)


@compiled
def off(w: Any, a: int, t: int) -> None:
    """An agent who holds nothing goes on a break or home."""
    one = agent_at(w, a)
    unlist(w, a)
    if one.seated:
        sit(w, a, 0, t)
    show(w, a, t)
    if one.wanted == OFFLINE:
        one.shift = end_spell(w, one.shift, t)
    if one.pool >= 0:
        seats(w, one.pool, t)


@compiled
def duty(w: Any, a: int, wanted: int, t: int) -> None:
    """The plan of an agent changes; what it holds it finishes, deferred work it lays aside."""
    one = agent_at(w, a)
    one.wanted = wanted
    if wanted != OFFLINE and one.shift == NOBODY:
        one.shift = begin_spell(w, a, SHIFT, t)
    if wanted == AVAILABLE:
        if one.pool >= 0:
            if one.held == 0:
                settle(w, a, t)
            seats(w, one.pool, t)
        feed(w, a, t)
        return
    if one.list == SLACK:
        c = one.first
        unlist(w, a)
        interrupt(w, a, t)
        other = seek(w, contact_at(w, c).group)
        if other != NOBODY:
            feed(w, other, t)
    if one.held == 0:
        off(w, a, t)
    else:
        unlist(w, a)


@compiled
def hours(w: Any, queue: int, is_open: int, t: int) -> None:
    """A queue opens or closes; who still waits then stays or is sent away."""
    q = queue_at(w, queue)
    q.open = is_open
    if is_open or not q.sends_away:
        return
    for group in range(q.first_group, q.last_group):
        while group_at(w, group).head != NOBODY:
            c = group_at(w, group).head
            leave(w, c, t, GONE)
            gone(w, c, UNSERVED, t)


@compiled
def change(w: Any, k: int, t: int) -> None:
    """Do what the plan says."""
    one = change_at(w, k)
    if one.what == DUTY:
        duty(w, one.who, one.value, t)
    elif one.what == COUNTERS:
        pool_at(w, one.who).open = one.value
        seats(w, one.who, t)
    elif one.what == HOURS:
        hours(w, one.who, one.value, t)
