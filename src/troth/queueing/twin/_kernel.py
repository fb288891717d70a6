"""The one loop of a simulation, with all it can do compiled in."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.queueing.twin._customers import come, gone, new_contact, offer, onward
from troth.queueing.twin._draws import chance, drawn, fill_keys, left_of
from troth.queueing.twin._duty import change, off, sit
from troth.queueing.twin._events import advance, next_at, next_kind, outlived, put, take, who_of
from troth.queueing.twin._floor import (
    end_spell,
    feed,
    hold,
    let_go,
    progress,
    retime,
    settle,
    show,
    unlist,
)
from troth.queueing.twin._jit import compiled, inlined, kept
from troth.queueing.twin._layout import (
    ABANDONED,
    ANSWERED,
    AVAILABLE,
    BOOKED,
    COME,
    EARLY,
    END,
    GONE,
    HANDLE,
    LATE,
    LEAVE,
    MISSING,
    NEVER,
    NO_SHOW,
    NOBODY,
    OFFER,
    PATIENCE,
    READY,
    SERVING,
    SHOWS,
    UNSERVED,
    WAITING,
    WRAP,
    WRAPPING,
)
from troth.queueing.twin._line import join, leave
from troth.queueing.twin._tables import agent_at, change_at, contact_at, pair_at, pool_at, queue_at, stamp_at, stream_at


@compiled
def finish(w: Any, a: int, t: int) -> int:
    """An agent is through with a contact, or with the work after it; return the agent to feed, or nobody."""
    progress(w, a, t)
    one = agent_at(w, a)
    c, other = one.first, contact_at(w, one.first).after
    while other != NOBODY:
        if contact_at(w, other).work < contact_at(w, c).work:
            c = other
        other = contact_at(w, other).after
    it = contact_at(w, c)
    if it.phase == SERVING:
        it.ended, it.outcome = t, ANSWERED
        s, q = stream_at(w, it.stream), queue_at(w, it.queue)
        if q.last_onward > q.first_onward or s.last_step > s.first_step:
            onward(w, c, t)
        pair = pair_at(w, it.stream * w.queues_n + it.queue)
        wrap = drawn(w, pair.wrap, WRAP, it.stream, it.number, it.leg)
        if wrap > 0:
            it.phase, it.work = WRAPPING, wrap
            one.wrapping += 1
            retime(w, a, t)
            show(w, a, t)
            return NOBODY
    let_go(w, a, c)
    it.state = GONE
    if it.phase == WRAPPING:
        it.wrapped = t
    elif it.phase == MISSING:
        gone(w, c, NO_SHOW, t)
    retime(w, a, t)
    if one.seated and pool_at(w, one.pool).seated > pool_at(w, one.pool).open and one.held == 0:
        sit(w, a, 0, t)
    if one.wanted != AVAILABLE:
        if one.held == 0:
            off(w, a, t)
        return NOBODY
    return a


@compiled
def keep_appointments(w: Any, stream: int) -> None:
    """Let those come who were booked: not all do, and none to the minute."""
    s = stream_at(w, stream)
    for k in range(s.row, s.last):
        stamp = stamp_at(w, k)
        if s.no_show > 0 and chance(w, SHOWS, stream, stamp.number, 0) < s.no_show:
            continue
        c = new_contact(w, stream, s.queue, stamp.number, 0)
        if c != NOBODY:
            contact_at(w, c).booked = stamp.booked
            put(w, stamp.at + drawn(w, s.lateness, LATE, stream, stamp.number, 0), COME, c, 0)


@compiled
def resume(w: Any, held: int, waiting: int, t: int) -> None:
    """Take up those who are there already, with what is left of their service or patience."""
    for c in range(held + waiting):
        one = contact_at(w, c)
        pair = pair_at(w, one.stream * w.queues_n + one.queue)
        if c < held:
            a = agent_at(w, one.agent)
            spent, u = int((t - one.answered) / a.pace), chance(w, HANDLE, one.stream, one.number, 0)
            one.work = 1 if pair.handle < 0 else int(left_of(w, pair.handle, spent, u) * a.pace)
            unlist(w, one.agent)
            a.mark = max(a.mark, t)
            hold(w, one.agent, c, t)
            settle(w, one.agent, t)
            continue
        if pair.patience >= 0:
            u = chance(w, PATIENCE, one.stream, one.number, 0)
            one.leaves = t + left_of(w, pair.patience, t - one.joined, u)
            if not queue_at(w, one.queue).silent:
                put(w, one.leaves, LEAVE, c, 0)
        if one.ready > t:
            one.state = EARLY
            put(w, one.ready, READY, c, 0)
        else:
            join(w, c, t)


@compiled
def start(w: Any, held: int, waiting: int, t: int) -> int:
    """Set the stage: the plan at the start, and who is there already; return the next change."""
    w.contacts_used = held + waiting
    k = 0
    while k < w.changes_n and change_at(w, k).at <= t:
        change(w, k, t)
        k += 1
    resume(w, held, waiting, t)
    for a in range(w.agents_n):
        if agent_at(w, a).wanted == AVAILABLE:
            feed(w, a, t)
    for s in range(w.streams_n):
        if stream_at(w, s).mode == BOOKED:
            keep_appointments(w, s)
        advance(w, s)
    return k


@inlined
def next_stream(w: Any) -> int:
    """Return the stream whose next customer comes first; nobody without streams."""
    best = NOBODY
    for s in range(w.streams_n):
        if best == NOBODY or stream_at(w, s).next < stream_at(w, best).next:
            best = s
    return best


@compiled
def happen(w: Any, t: int) -> int:
    """Let the first event of the heap happen; return an agent to feed, or nobody."""
    kind = next_kind(w)
    what = take(w)
    who = who_of(what)
    if kind == END:
        return NOBODY if outlived(what, agent_at(w, who).version) else finish(w, who, t)
    if kind == COME:
        return come(w, who, t)
    one = contact_at(w, who)
    if kind == OFFER:
        return offer(w, who, t) if one.state == WAITING else NOBODY
    if kind == LEAVE:
        if one.answered == NEVER and EARLY <= one.state <= WAITING:
            if one.state == WAITING:
                leave(w, who, t, GONE)
            gone(w, who, ABANDONED, t)
    elif one.state == EARLY:
        q = queue_at(w, one.queue)
        if q.open or not q.sends_away:
            join(w, who, t)
            put(w, t, OFFER, who, 0)
        else:
            gone(w, who, UNSERVED, t)
    return NOBODY


@compiled
def arrive(w: Any, s: int, t: int) -> int:
    """Let the next customer of a stream come; return an agent to feed, or nobody."""
    source = stream_at(w, s)
    c = new_contact(w, s, source.queue, source.number - 1, 0)
    advance(w, s)
    return NOBODY if c == NOBODY else come(w, c, t)


@compiled
def live(w: Any, begins: int, ends: int, held: int, waiting: int) -> None:
    """Live from one instant to another; what would happen at the end or later does not happen."""
    plan = start(w, held, waiting, begins)
    s = next_stream(w)
    while w.full == 0:
        due = next_at(w)
        arrives = stream_at(w, s).next if s != NOBODY else NEVER
        planned = change_at(w, plan).at if plan < w.changes_n else NEVER
        t = min(due, arrives, planned)
        if t >= ends:
            break
        fed = NOBODY
        if planned == t:
            change(w, plan, t)
            plan += 1
        elif due == t and (arrives > t or next_kind(w) <= END):
            fed = happen(w, t)
        else:
            fed = arrive(w, s, t)
            s = next_stream(w)
        if fed != NOBODY:
            feed(w, fed, t)
    for a in range(w.agents_n):
        one = agent_at(w, a)
        # The world ends for all at the end; what was going on is cut there.
        for row in (one.spell, one.shift, one.counter):
            end_spell(w, row, ends)
    # What the books are checked with.
    for k in range(w.queues_n):
        q = queue_at(w, k)
        q.area += q.waiting * float(ends - q.since)
        q.since = ends


@kept
def run(world: np.ndarray, seed: int, replication: int, begins: int, ends: int, held: int, waiting: int) -> None:
    """Run a `WORLD`: with a seed and the number of the replication, from an instant to another, with so many held and waiting."""
    w: Any = world[0]
    fill_keys(w, seed, replication)
    live(w, begins, ends, held, waiting)
