"""The customers: how they come, are turned away, go on to the next queue, and are gone."""

from __future__ import annotations

from typing import Any

from troth.queueing.twin._draws import chance, drawn
from troth.queueing.twin._events import put
from troth.queueing.twin._floor import (
    begin,
    feed,
    interrupt,
    settle,
    unlist,
)
from troth.queueing.twin._jit import compiled
from troth.queueing.twin._layout import (
    ABANDONED,
    BALK,
    BALKED,
    CALLBACK,
    CALLBACK_DELAY,
    CALLED_BACK,
    COME,
    COMING,
    EARLY,
    GONE,
    LEAVE,
    NEVER,
    NOBODY,
    ONWARD,
    ONWARD_DELAY,
    OPEN,
    PATIENCE,
    READY,
    REDIAL,
    REDIAL_DELAY,
    SERVING,
    UNSERVED,
)
from troth.queueing.twin._line import join, longest_wait, place
from troth.queueing.twin._pick import seek, seek_partly, seek_slack
from troth.queueing.twin._tables import contact_at, group_at, pair_at, queue_at, step_at, stream_at, value_at, way_at


@compiled
def new_contact(w: Any, stream: int, queue: int, number: int, leg: int) -> int:
    """Begin a contact and return its row; nobody when there is no room, which ends the run."""
    c = w.contacts_used
    if c >= w.contacts_n:
        w.full = 1
        return NOBODY
    w.contacts_used = c + 1
    one = contact_at(w, c)
    one.stream, one.queue, one.number, one.leg, one.root, one.previous = stream, queue, number, leg, c, NOBODY
    one.joined = one.leaves = one.called = one.answered = one.ended = one.wrapped = one.left = NEVER
    one.booked = one.overtaken_at = NEVER
    one.overtaken = one.step = 0
    one.work = one.gap = 0
    one.state, one.outcome, one.out, one.phase, one.agent = COMING, OPEN, 0, SERVING, NOBODY
    return int(c)


@compiled
def follow(w: Any, c: int, queue: int, stream: int, at: int) -> int:
    """Begin the next contact of the same customer."""
    one = contact_at(w, c)
    new = new_contact(w, stream, queue, one.number, one.leg + 1)
    if new != NOBODY:
        contact_at(w, new).root = one.root
        put(w, at, COME, new, 0)
    return int(new)


@compiled
def gone(w: Any, c: int, outcome: int, t: int) -> None:
    """A customer is gone unserved, and may try again."""
    one = contact_at(w, c)
    one.state, one.outcome, one.left = GONE, outcome, t
    q = queue_at(w, one.queue)
    if (
        q.redial_share > 0
        and outcome in (ABANDONED, BALKED)
        and one.leg < q.redial_most
        and chance(w, REDIAL, one.stream, one.number, one.leg) < q.redial_share
    ):
        delay = drawn(w, q.redial_delay, REDIAL_DELAY, one.stream, one.number, one.leg)
        follow(w, c, one.queue, one.stream, t + delay)


@compiled
def turned_away(w: Any, c: int, t: int) -> bool:
    """Tell whether a customer who comes does not join: the queue is closed, too long, or a callback is taken."""
    one = contact_at(w, c)
    q = queue_at(w, one.queue)
    if not q.open:
        one.joined = t
        gone(w, c, UNSERVED, t)
        return True
    if one.previous != NOBODY or one.out:
        return False
    if q.last_balk > q.first_balk:
        p = value_at(w, min(q.first_balk + q.waiting, q.last_balk - 1)).x
        if p > 0 and chance(w, BALK, one.stream, one.number, one.leg) < p:
            one.joined = t
            gone(w, c, BALKED, t)
            return True
    if (
        q.callback_to >= 0
        and q.waiting > 0
        and longest_wait(w, one.queue, t) >= q.callback_wait
        and chance(w, CALLBACK, one.stream, one.number, one.leg) < q.callback_share
    ):
        one.joined = t
        gone(w, c, CALLED_BACK, t)
        delay = drawn(w, q.callback_delay, CALLBACK_DELAY, one.stream, one.number, one.leg)
        back = follow(w, c, q.callback_to, one.stream, t + delay)
        if back != NOBODY:
            contact_at(w, back).out = 1
        return True
    return False


@compiled
def offer(w: Any, c: int, t: int) -> int:
    """Return the agent to feed now that a contact stands in line, or nobody."""
    one = contact_at(w, c)
    a = seek(w, one.group)
    if a == NOBODY:
        q = queue_at(w, one.queue)
        if q.hands > 0:
            a = seek_partly(w, one.group)
        if a == NOBODY and not q.deferred:
            a = seek_slack(w, one.group)
            if a != NOBODY:
                interrupt(w, a, t)
                unlist(w, a)
    return a


@compiled
def come(w: Any, c: int, t: int) -> int:
    """A customer comes to a queue; return an agent to feed, or nobody."""
    if turned_away(w, c, t):
        return NOBODY
    place(w, c, t)
    one = contact_at(w, c)
    pair = pair_at(w, one.stream * w.queues_n + one.queue)
    if pair.patience >= 0 and not one.out:
        one.leaves = t + drawn(w, pair.patience, PATIENCE, one.stream, one.number, one.leg)
    a = NOBODY
    if one.ready > t:
        one.state = EARLY
        put(w, one.ready, READY, c, 0)
    else:
        free = seek(w, one.group)
        if free != NOBODY and queue_at(w, one.queue).waiting == 0:
            # Nobody to pass and nothing to choose: straight to the agent who would have been found.
            q = queue_at(w, one.queue)
            q.entered, q.left, one.entered = q.entered + 1, q.left + 1, t
            begin(w, free, c, t)
            settle(w, free, t)
            return NOBODY
        join(w, c, t)
        a = offer(w, c, t)
    # Who is alone and meets a free agent is taken at once and needs no end of patience.
    if (a == NOBODY or group_at(w, one.group).count > 1) and one.leaves < NEVER and not queue_at(w, one.queue).silent:
        put(w, one.leaves, LEAVE, c, 0)
    return a


@compiled
def onward(w: Any, c: int, t: int) -> None:
    """After service a visit goes on to its next step, or a contact is handed on by chance."""
    one = contact_at(w, c)
    s, q = stream_at(w, one.stream), queue_at(w, one.queue)
    if s.first_step + one.step < s.last_step:
        go_on(w, c, step_at(w, s.first_step + one.step).queue, one.stream, 1, t, t)
        return
    u = chance(w, ONWARD, one.stream, one.number, one.leg)
    for k in range(q.first_onward, q.last_onward):
        way = way_at(w, k)
        if u < way.chance:
            delay = drawn(w, way.delay, ONWARD_DELAY, one.stream, one.number, one.leg)
            go_on(w, c, way.queue, one.stream if way.stream < 0 else way.stream, 0, t, t + delay)
            return


@compiled
def go_on(w: Any, c: int, queue: int, stream: int, steps: int, t: int, at: int) -> None:
    """Begin the part of a contact that follows it, at once or later."""
    one = contact_at(w, c)
    new = new_contact(w, stream, queue, one.number, one.leg + 1)
    if new == NOBODY:
        return
    part = contact_at(w, new)
    part.root, part.previous, part.step = one.root, c, one.step + steps
    if at > t:
        put(w, at, COME, new, 0)
        return
    # It stands in its queue before the agent who is through with it looks for the next.
    a = come(w, new, t)
    if a != NOBODY:
        feed(w, a, t)
