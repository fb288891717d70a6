"""Who meets whom: the contact a free agent takes, and the agent a contact that comes is given to."""

from __future__ import annotations

from typing import Any

from troth.queueing.twin._jit import compiled, inlined
from troth.queueing.twin._layout import NEVER, NOBODY
from troth.queueing.twin._line import before, first_of
from troth.queueing.twin._tables import (
    agent_at,
    contact_at,
    flag_at,
    group_at,
    link_at,
    profile_at,
    queue_at,
    reserve_at,
)

#: Ranks from here on are of deferred work, which waits until nobody else does.
DEFERRED = 1 << 20


@inlined
def needed(w: Any, a: int, queue: int) -> int:
    """Return how many hands of an agent a contact of a queue takes; most take the whole agent."""
    own = queue_at(w, queue).hands
    return int(agent_at(w, a).hands if own == 0 else min(own, agent_at(w, a).hands))


@compiled
def held_back(w: Any, profile: int, queue: int, extra: int) -> bool:
    """Tell whether agents of a profile are kept free for another queue, with so many free ones not counted yet."""
    for k in range(w.reserves_n):
        kept = reserve_at(w, k)
        if kept.queue == queue or not flag_at(w, profile * w.queues_n + kept.queue).on:
            continue
        free = extra
        for p in range(w.profiles_n):
            if flag_at(w, p * w.queues_n + kept.queue).on:
                free += profile_at(w, p).size
        if free <= kept.agents:
            return True
    return False


@inlined
def urgency(w: Any, c: int, t: int) -> float:
    """Return how urgent the first of a queue is: its wait, in targets of its queue where those count."""
    target = queue_at(w, contact_at(w, c).queue).target
    waited = float(t - contact_at(w, c).place)
    return waited if target <= 0 else (waited - target) / target


@compiled
def pick(w: Any, a: int, t: int, uncounted: int) -> int:
    """Return the contact an agent takes next, or nobody.

    Of each queue the first by its discipline; of these by rank, then by urgency. `uncounted` is 1 for an agent who is
    free and in no list yet.
    """
    agent = agent_at(w, a)
    p = profile_at(w, agent.profile)
    best, best_rank, best_urgency = NOBODY, NEVER, 0.0
    chosen, queue = NOBODY, NOBODY
    k = p.first_link
    while k < p.last_link:
        link = link_at(w, k)
        k += 1
        g = group_at(w, link.to)
        if g.count > 0:
            found = first_of(w, link.to, t)
            if queue != g.queue:
                queue, chosen = g.queue, found
            elif before(w, found, chosen, t):
                chosen = found
        if queue == NOBODY or (k < p.last_link and group_at(w, link_at(w, k).to).queue == queue):
            continue
        # The last group of the queue: its first contact stands against those of other queues.
        if chosen != NOBODY and link.rank <= best_rank and needed(w, a, queue) <= agent.hands - agent.used:
            hurry = urgency(w, chosen, t)
            if (link.rank < best_rank or hurry > best_urgency) and not (
                w.reserves_n > 0 and held_back(w, agent.profile, queue, uncounted)
            ):
                best, best_rank, best_urgency = chosen, link.rank, hurry
        queue = chosen = NOBODY
    return best


@compiled
def seek(w: Any, group: int) -> int:
    """Return the free agent that a contact of a group is given to: of the lowest rank who is free for longest."""
    g = group_at(w, group)
    best, best_rank, best_since = NOBODY, NEVER, 0
    for k in range(g.first_link, g.last_link):
        link = link_at(w, k)
        if link.rank > best_rank:
            break
        head = profile_at(w, link.to).head
        if head == NOBODY or (best != NOBODY and agent_at(w, head).since >= best_since):
            continue
        if w.reserves_n > 0 and held_back(w, link.to, g.queue, 0):
            continue
        best, best_rank, best_since = head, link.rank, agent_at(w, head).since
    return best


@compiled
def seek_partly(w: Any, group: int) -> int:
    """Return the agent with the most free hands among those who have enough for a contact of a group."""
    g = group_at(w, group)
    best, most = NOBODY, 0
    for k in range(g.first_link, g.last_link):
        a = profile_at(w, link_at(w, k).to).partly
        while a != NOBODY:
            free = agent_at(w, a).hands - agent_at(w, a).used
            if free > most and needed(w, a, g.queue) <= free:
                best, most = a, free
            a = agent_at(w, a).after
    return best


@compiled
def seek_slack(w: Any, group: int) -> int:
    """Return an agent who may interrupt what can wait for a contact of a group."""
    g = group_at(w, group)
    for k in range(g.first_link, g.last_link):
        if profile_at(w, link_at(w, k).to).slack != NOBODY:
            return int(profile_at(w, link_at(w, k).to).slack)
    return NOBODY
