"""A first plan at once: the most valuable need takes the people with the most hours left. Its least values are prices."""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.allocation._classes import able, classes
from troth.capacity.projects.allocation._network import units
from troth.capacity.projects.allocation._prices import ShadowPrices
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem


def opening(problem: AllocationProblem) -> AllocatedWork:
    """Return whole hours beside what is confirmed: needs by value, each by people in the order of hours they have left."""
    n, u = problem.needs, units(problem)
    free, cap, which = u.free.copy(), u.cap.copy(), problem.periods()
    holders = [np.flatnonzero(problem.levels[:, s] > 0) for s in range(len(problem.skills))]
    rows = list[tuple[int, int, int]]()
    for m in np.argsort(-n.value, kind="stable").tolist():
        left, w = int(u.need[m]), int(n.week[m])
        some = holders[n.skill[m]]
        if not left or n.value[m] <= 0 or not len(some):
            continue
        t = which[w]
        room = np.minimum(free[some, w], cap[some, t])
        room = np.where(able(problem, person=some, need=np.full(len(some), m)), room, 0)
        for k in np.argsort(-cap[some, t], kind="stable").tolist():
            if not left:
                break
            hours = min(left, int(room[k]))
            if hours:
                rows.append((int(some[k]), m, hours))
                free[some[k], w] -= hours
                cap[some[k], t] -= hours
                left -= hours
    table = np.array(rows, np.int64).reshape(-1, 3)
    return AllocatedWork(table[:, 0], table[:, 1], (table[:, 2] * problem.grain).astype(float))


def rough(problem: AllocationProblem, *, work: AllocatedWork) -> ShadowPrices:
    """Return prices from a plan: an hour of a skill in a week is worth what the least valuable hour missing there is."""
    n, k = problem.needs, classes(problem)
    left = n.hours - np.bincount(work.need, work.hours, len(n))
    price = np.full((len(problem.skills), len(problem.weeks), k.count), -np.inf)
    m, kind = np.nonzero(k.serves)
    np.maximum.at(
        price, (n.skill[m], n.week[m], kind), np.where(left[m] >= problem.grain, n.value[m] - k.toll[m, kind], 0.0)
    )
    return ShadowPrices(
        price, np.zeros(len(problem.people)), np.zeros(problem.limits().shape), np.zeros(problem.free.shape)
    )
