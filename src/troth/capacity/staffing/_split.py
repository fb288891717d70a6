"""Which queues and groups hang together, and how much of the work falls to each group."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from troth.capacity.staffing.problem import Bools, Counts, Floats, SkillGroup, StaffedQueue, StaffingProblem


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Queues and groups that share people, directly or through others.

    Parameters
    ----------
    queues, groups : the members.
    least, most : limits of each group, shape (groups, intervals).
    open : when somebody can be there, shape (intervals,).
    """

    problem: StaffingProblem
    queues: tuple[StaffedQueue, ...]
    groups: tuple[SkillGroup, ...]
    least: Counts
    most: Counts
    open: Bools

    @property
    def live(self) -> tuple[StaffedQueue, ...]:
        """Queues whose contacts wait for an answer now."""
        return tuple(one for one in self.queues if not one.deferred)

    def serves(self) -> Bools:
        """Return which group serves which queue, shape (groups, queues)."""
        return np.array([[q.queue in g.queues for q in self.queues] for g in self.groups])


def pools(problem: StaffingProblem) -> list[Pool]:
    """Return the parts of a problem that have nothing to do with each other."""
    left = list(problem.groups)
    found = []
    while left:
        mine, names = [left.pop(0)], set()
        grew = True
        while grew:
            names = {name for one in mine for name in one.queues}
            more = [one for one in left if names & set(one.queues)]
            left = [one for one in left if one not in more]
            mine += more
            grew = bool(more)
        limits = [problem.limits(one) for one in mine]
        least, most = (np.stack([pair[k] for pair in limits]) for k in (0, 1))
        queues = tuple(one for one in problem.queues if one.queue in names)
        found.append(Pool(problem, queues, tuple(mine), least, most, most.max(axis=0) > 0))
    return found


#: From so many paths on, a half is searched on and the other half told of.
_ENOUGH = 200


def halves(pool: Pool) -> tuple[Pool, Pool]:
    """Return the pool over the futures that are searched on, and over those that chances are told of: others, if there are many."""
    number = pool.problem.paths
    if number < _ENOUGH:
        return pool, pool
    return on_paths(pool, rows=np.arange(number // 2)), on_paths(pool, rows=np.arange(number // 2, number))


def on_paths(pool: Pool, *, rows: Counts) -> Pool:
    """Return the pool over some of its sample paths, by number."""
    queues = tuple(replace(one, arrivals=np.asarray(one.arrivals)[rows]) for one in pool.queues)
    return replace(pool, problem=replace(pool.problem, queues=queues), queues=queues)


def erlangs(queue: StaffedQueue, *, interval_s: float) -> Floats:
    """Return the people a queue's contacts keep busy, by path and interval: less than contacts in service if several at once."""
    side = (1 + queue.slowing * (queue.at_once - 1)) / queue.at_once
    return np.asarray(queue.arrivals, float) * queue.handle_s * side / interval_s


def doable(pool: Pool) -> Floats:
    """Return which share of a day's contacts somebody could serve in time whatever the staff, shape (queues, days).

    Below 1 for work that can wait: what comes before a closed time that lasts until it is due is done by nobody.
    """
    problem = pool.problem
    _, day_of = problem.days()
    n, step = problem.intervals, problem.interval_s
    out = np.ones((len(pool.queues), int(day_of.max()) + 1))
    for q, one in enumerate(pool.queues):
        if not one.deferred:
            continue
        mine = [g for g, group in enumerate(pool.groups) if one.queue in group.queues]
        there = np.append(np.flatnonzero((pool.most[mine] > 0).any(axis=0)), 2 * n + one.within_s // step)
        # In the middle of its interval it comes, and it takes its time.
        first = np.maximum(there[np.searchsorted(there, np.arange(n))] - np.arange(n) - 0.5, 0) * step
        able = first + one.handle_s <= one.within_s
        able |= np.arange(n) * step + one.within_s >= n * step  # falls due after the end: not judged
        come = np.asarray(one.arrivals, float).mean(axis=0)
        whole = np.bincount(day_of, come)
        out[q] = np.where(whole > 0, np.bincount(day_of, come * able) / np.maximum(whole, 1e-12), 1.0)
    return out


def shares(pool: Pool) -> Floats:
    """Return which share of the people each group should be, shape (groups, intervals), by where work would flow.

    Each queue's expected work goes to the groups that serve it, first to those who can do little else and cost little.
    """
    step = pool.problem.interval_s
    work = np.stack([erlangs(one, interval_s=step).mean(axis=0) for one in pool.queues]) + 1e-9
    serves = pool.serves()
    flow = np.zeros(pool.most.shape)
    room = pool.most * 0.8
    breadth = serves.sum(axis=1)
    order = sorted(range(len(pool.groups)), key=lambda g: (breadth[g], pool.groups[g].cents_per_hour))
    for q in np.argsort(serves.sum(axis=0)):  # queues that few can serve come first
        rest = work[q].copy()
        for g in order:
            if serves[g, q]:
                taken = np.minimum(rest, np.maximum(room[g] - flow[g], 0.0))
                flow[g] += taken
                rest -= taken
        widest = max((g for g in order if serves[g, q]), key=lambda g: breadth[g])
        flow[widest] += rest
    return np.asarray(flow / flow.sum(axis=0, keepdims=True))
