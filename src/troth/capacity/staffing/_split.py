"""Which queues and groups hang together, and how much of the work falls to each group."""

from __future__ import annotations

from dataclasses import dataclass

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


def erlangs(queue: StaffedQueue, *, interval_s: float) -> Floats:
    """Return the people a queue's contacts keep busy, by path and interval: less than contacts in service if several at once."""
    side = (1 + queue.slowing * (queue.at_once - 1)) / queue.at_once
    return np.asarray(queue.arrivals, float) * queue.handle_s * side / interval_s


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
