"""From starts to people, and why that may fail: meetings of activities that cannot all be (combinatorial Benders cuts)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from troth.capacity.projects.schedule._compile import Compiled, Pair
from troth.capacity.projects.schedule._match import matched
from troth.capacity.projects.schedule._ortools import Cut, Meeting, staffing
from troth.capacity.projects.schedule._serial import Staffed
from troth.capacity.projects.schedule._smallest import smallest


def people(f: Compiled, starts: Sequence[int], counts: dict[Pair, int]) -> Staffed:
    """Return who does what, given how many of each group each activity takes: whoever of a group is free first comes first."""
    free = {w: 0 for group in f.groups for w in group.members}
    work = [dict[int, int]() for _ in f.duration]
    for a in sorted(f.working, key=lambda one: (starts[one], one)):
        who: list[tuple[int, frozenset[int]]] = []
        for g, group in enumerate(f.groups):
            ready = [w for w in group.members if free[w] <= starts[a]][: counts.get((a, g), 0)]
            who += [(w, group.skills) for w in ready]
        work[a] = matched(who, needs=f.needs[a]) or {}
        for w in work[a]:
            free[w] = starts[a] + f.duration[a]
    return Staffed(tuple(starts), tuple(work))


def cuts_for(
    f: Compiled, starts: Sequence[int], *, rng: np.random.Generator, stop: Callable[[], bool], most: int = 3
) -> list[Cut]:
    """Return why people do not suffice at these starts: each cut is of a set of activities of which none can be left out.

    Who can stay only depends on which activities, and absences, meet in time: at least one meeting of each cut must go
    (Hooker and Ottosson 2003, Mathematical Programming 96). Several cuts come from looking at activities in several orders.
    """
    found: list[Cut] = []

    def broken(some: list[int]) -> bool:
        if stop():
            raise TimeoutError
        return staffing(f, starts, some) is None

    for _ in range(most):
        try:
            left = smallest([f.working[k] for k in rng.permutation(len(f.working))], broken=broken)
        except TimeoutError:
            break
        cut = frozenset(_meetings(f, starts, left))
        if cut in found:
            break
        found.append(cut)
    return found


def _meetings(f: Compiled, starts: Sequence[int], some: Sequence[int]) -> list[Meeting]:
    ends = {a: starts[a] + f.duration[a] for a in some}
    met = [(a, b, -1) for a, b in combinations(sorted(some), 2) if starts[a] < ends[b] and starts[b] < ends[a]]
    for a in some:
        for g, group in enumerate(f.groups):
            if any(k in group.skills for k in f.needs[a]):
                met += [(a, g, k) for k, (b, c) in enumerate(group.away) if starts[a] < c and b < ends[a]]
    return met
