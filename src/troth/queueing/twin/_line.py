"""The waiting: groups of tickets alike, and which of them a discipline puts first. The same reading as `choose`.

Tickets of one queue, class and requirement form a group. Within it the order hardly changes with time, so that a group is
a list in order and its head is enough; only where a cap counts tickets one by one is the whole group looked through.
"""

from __future__ import annotations

from typing import Any

from troth.queueing.twin._jit import compiled, inlined
from troth.queueing.twin._layout import (
    NEVER,
    NOBODY,
    WAITING,
)
from troth.queueing.twin._tables import contact_at, group_at, link_at, pair_at, profile_at, queue_at

_LONGEST = 7 * 86_400_000_000
_EARLIEST = 86_400_000_000
# How a late appointment is taken; see `discipline.Lateness`.
KEEP, SHIFT, WALK_IN = range(3)


@compiled
def place(w: Any, c: int, t: int) -> None:
    """Give a contact that joins now its place, its group and from when it may be called; see `choose.placed`."""
    one = contact_at(w, c)
    q, pair = queue_at(w, one.queue), pair_at(w, one.stream * w.queues_n + one.queue)
    one.joined = one.place = one.ready = t
    one.group = pair.group
    if one.booked != NEVER:
        late = q.late != KEEP and t > one.booked + q.grace
        if not (late and q.late == WALK_IN):
            one.place = (t if late else one.booked) - q.head_start
            one.group = pair.group_booked
        if not late and q.early >= 0:
            one.ready = one.booked - q.early


@compiled
def points(w: Any, c: int, t: int) -> int:
    """Return the points of a waiting contact; see `choose.points`."""
    g = group_at(w, contact_at(w, c).group)
    waited = min(max(t - contact_at(w, c).place, -_EARLIEST), _LONGEST)
    return int(g.points + g.ageing * waited)


@compiled
def capped(w: Any, c: int, t: int) -> bool:
    """Tell whether a waiting contact is past a cap of fairness."""
    one, q = contact_at(w, c), queue_at(w, contact_at(w, c).queue)
    return bool(
        (q.overtakes >= 0 and one.overtaken >= q.overtakes)
        or (q.behind >= 0 and one.overtaken_at != NEVER and t - one.overtaken_at >= q.behind)
        or (q.cap >= 0 and t - one.place >= q.cap)
    )


@compiled
def before(w: Any, c: int, other: int, t: int) -> bool:
    """Tell whether a contact is called before another one of the same queue."""
    a, b = contact_at(w, c), contact_at(w, other)
    first, second = capped(w, c, t), capped(w, other, t)
    if first != second:
        return first
    if first:
        if a.place != b.place:
            return bool(a.place < b.place)
    else:
        low, high = group_at(w, a.group).level, group_at(w, b.group).level
        if low != high:
            return bool(low < high)
        mine, theirs = points(w, c, t), points(w, other, t)
        if mine != theirs:
            return bool(mine > theirs)
    return bool(a.joined < b.joined or (a.joined == b.joined and c < other))


@inlined
def first_of(w: Any, group: int, t: int) -> int:
    """Return the first of a group that is not empty."""
    g = group_at(w, group)
    head = g.head
    if g.count > 1 and (g.scan or not -_EARLIEST <= t - contact_at(w, head).place <= _LONGEST):
        return looked_through(w, head, t)
    return int(head)


@compiled
def looked_through(w: Any, head: int, t: int) -> int:
    """Return the first of a list in no useful order."""
    best, c = head, contact_at(w, head).after
    while c != NOBODY:
        if before(w, c, best, t):
            best = c
        c = contact_at(w, c).after
    return int(best)


@compiled
def join(w: Any, c: int, t: int) -> None:
    """Put a contact into its group, mostly at the end."""
    one = contact_at(w, c)
    g, q = group_at(w, one.group), queue_at(w, one.queue)
    one.state, one.entered = WAITING, t
    q.area += q.waiting * float(t - q.since)
    q.since, q.waiting, q.entered = t, q.waiting + 1, q.entered + 1
    after, last = NOBODY, g.tail
    while last != NOBODY:
        other = contact_at(w, last)
        mine, theirs = (one.place, other.place) if g.by_place else (one.joined, other.joined)
        if theirs < mine or (
            theirs == mine and (other.joined < one.joined or (other.joined == one.joined and last < c))
        ):
            break
        after, last = last, other.before
    one.before, one.after = last, after
    if last == NOBODY:
        g.head = c
    else:
        contact_at(w, last).after = c
    if after == NOBODY:
        g.tail = c
    else:
        contact_at(w, after).before = c
    g.count += 1


@compiled
def leave(w: Any, c: int, t: int, state: int) -> None:
    """Take a contact out of its group."""
    one = contact_at(w, c)
    g, q = group_at(w, one.group), queue_at(w, one.queue)
    q.area += q.waiting * float(t - q.since)
    q.since, q.waiting, q.left = t, q.waiting - 1, q.left + 1
    q.waited += t - one.entered
    if one.before == NOBODY:
        g.head = one.after
    else:
        contact_at(w, one.before).after = one.after
    if one.after == NOBODY:
        g.tail = one.before
    else:
        contact_at(w, one.after).before = one.before
    g.count -= 1
    one.state = state


@compiled
def note_overtaken(w: Any, c: int, profile: int, t: int) -> None:
    """Count a call against those of an earlier place whom the same agent could have taken; see `choose.overtaken`."""
    mine, queue = contact_at(w, c).place, contact_at(w, c).queue
    p = profile_at(w, profile)
    for k in range(p.first_link, p.last_link):
        g = group_at(w, link_at(w, k).to)
        if g.queue != queue:
            continue
        other = g.head
        while other != NOBODY:
            one = contact_at(w, other)
            if other != c and one.place < mine:
                one.overtaken += 1
                if one.overtaken_at == NEVER:
                    one.overtaken_at = t
            elif g.by_place and one.place > mine:
                break
            other = one.after


@compiled
def longest_wait(w: Any, queue: int, t: int) -> int:
    """Return how long the longest waiting of a queue waits, by place."""
    oldest = t
    for group in range(queue_at(w, queue).first_group, queue_at(w, queue).last_group):
        head = group_at(w, group).head
        if head != NOBODY and contact_at(w, head).place < oldest:
            oldest = contact_at(w, head).place
    return int(t - oldest)
