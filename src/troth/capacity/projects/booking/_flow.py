"""The most work that fits into the hours of one person, and which work competes for hours there are too few of."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple


class Job(NamedTuple):
    """Divisible work: stretches `a` to the one before `b` may take it, `amount` in whole units."""

    a: int
    b: int
    amount: int


class Tight(NamedTuple):
    """Stretches `a` to the one before `b`, and the jobs whose work is forced into them: more than there is room for."""

    a: int
    b: int
    jobs: tuple[int, ...]


def earliest_deadline(room: Sequence[int], *, jobs: Sequence[Job]) -> list[dict[int, int]]:
    """Return how much of each job goes into which stretch: in each, what must end first goes first.

    No placing has more in all: stretches of a job follow each other, so this is F. Glover's rule (1967, Maximum matching in
    a convex bipartite graph, Naval Research Logistics Quarterly 14, 313-316). All fits if and only if anything can make it fit
    (W. A. Horn, 1974, Some simple scheduling algorithms, Naval Research Logistics Quarterly 21, 177-185).
    """
    starting: list[list[int]] = [[] for _ in room]
    left = [job.amount for job in jobs]
    for k, job in enumerate(jobs):
        if job.amount > 0 and job.a < job.b:
            starting[job.a].append(k)
    laid: list[dict[int, int]] = [{} for _ in jobs]
    waiting: list[tuple[int, int]] = []
    for t, have in enumerate(room):
        for k in starting[t]:
            heappush(waiting, (jobs[k].b, k))
        free = have
        while waiting and (free > 0 or waiting[0][0] <= t):
            until, k = waiting[0]
            if until <= t:  # too late for what is left of it
                heappop(waiting)
                continue
            used = min(free, left[k])
            laid[k][t] = used
            free -= used
            left[k] -= used
            if not left[k]:
                heappop(waiting)
    return laid


def tight(room: Sequence[int], *, jobs: Sequence[Job], laid: Sequence[dict[int, int]]) -> list[Tight]:
    """Return the smallest stretches that show all that does not fit, given a placing that leaves as little over as can be.

    A job is named if some placing that is as good leaves some of *it* over. The stretches are the windows of those jobs, and
    they are disjoint; demand less room, summed, is what does not fit (P. Hall's condition, 1935, On representatives of subsets,
    Journal of the London Mathematical Society 10, 26-30, and the least of the least cuts of L. R. Ford and D. R. Fulkerson, 1956).
    """
    users: list[list[int]] = [[] for _ in room]
    for k, parts in enumerate(laid):
        for t, used in parts.items():
            if used:
                users[t].append(k)
    named = {k for k, job in enumerate(jobs) if job.a < job.b and sum(laid[k].values()) < job.amount}
    todo, seen = list(named), [False] * len(room)
    while todo:
        job = jobs[todo.pop()]
        for t in range(job.a, job.b):
            if not seen[t]:
                seen[t] = True
                fresh = [k for k in users[t] if k not in named]
                named.update(fresh)
                todo += fresh
    found: list[Tight] = []
    for k in sorted(named, key=lambda k: (jobs[k].a, jobs[k].b, k)):
        a, b, _ = jobs[k]
        if found and a < found[-1].b:
            found[-1] = Tight(found[-1].a, max(b, found[-1].b), (*found[-1].jobs, k))
        else:
            found.append(Tight(a, b, (k,)))
    return found
