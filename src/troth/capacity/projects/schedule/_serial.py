"""Schedules at once: activities one after the other at the first moment at which people can be had, in many orders."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from troth.capacity.projects.schedule._compile import Compiled, Pair
from troth.capacity.projects.schedule._match import matched
from troth.capacity.projects.schedule.problem import ScheduleProblem


@dataclass(frozen=True, slots=True)
class Staffed:
    """A schedule with people: starts, and for each activity who does which skill."""

    starts: tuple[int, ...]
    work: tuple[dict[int, int], ...]

    def makespan(self, f: Compiled) -> int:
        """Return when the last activity ends."""
        return max((s + d for s, d in zip(self.starts, f.duration, strict=True)), default=0)

    def kept(self, f: Compiled) -> bool:
        """Tell whether deadlines and settled starts are kept."""
        late = any(s > high for s, high in zip(self.starts, f.latest, strict=True))
        return not late and all(fixed in (None, s) for s, fixed in zip(self.starts, f.fixed, strict=True))

    def counts(self, f: Compiled) -> dict[Pair, int]:
        """Return how many of each group each activity takes."""
        group = {w: g for g, one in enumerate(f.groups) for w in one.members}
        found: dict[Pair, int] = {}
        for a, work in enumerate(self.work):
            for w in work:
                found[a, group[w]] = found.get((a, group[w]), 0) + 1
        return found


class Serial:
    """The serial scheme of Kolisch (1996, European Journal of Operational Research 90), with people matched to skills."""

    def __init__(self, problem: ScheduleProblem, f: Compiled) -> None:
        self.f = f
        of = {name: k for k, name in enumerate(f.skills)}
        self.can = [frozenset(of[k] for k in one.skills if k in of) for one in problem.workers]
        self.away = [next((g.away for g in f.groups if w in g.members), ()) for w in range(len(self.can))]
        work = {k: sum(f.duration[a] * n.get(k, 0) for a, n in enumerate(f.needs)) for k in range(len(f.skills))}
        held = {k: sum(k in some for some in self.can) for k in work}
        #: How much the skills of each person are wanted: the least wanted are taken first.
        self.wanted = np.array([sum(work[k] / held[k] for k in some) for some in self.can])

    def made(self, rank: Sequence[float], *, people: Sequence[float]) -> Staffed:
        """Return the schedule in which of the activities that are ready the one of least rank comes next.

        Parameters
        ----------
        people : people of a lower figure are taken first.
        """
        f = self.f
        busy: list[list[Pair]] = [list(some) for some in self.away]
        starts, work = [0] * len(f.duration), [dict[int, int]() for _ in f.duration]
        waits = [len(some) for some in f.before]
        ready = [a for a, count in enumerate(waits) if not count]
        taking = sorted((w for w, some in enumerate(self.can) if some), key=lambda w: people[w])
        ends = sorted({0, *(end for spans in busy for _, end in spans)})
        while ready:
            a = min(ready, key=lambda one: rank[one])
            ready.remove(a)
            from_ = max((starts[b] + f.duration[b] + lag for b, lag in f.before[a]), default=0)
            from_ = max(from_, f.earliest[a])
            starts[a], work[a] = self._placed(a, from_, ends, busy, taking)
            end = starts[a] + f.duration[a]
            place = bisect_right(ends, end)
            if not place or ends[place - 1] != end:
                ends.insert(place, end)
            for w in work[a]:
                insort(busy[w], (starts[a], end))
            for b, _ in f.after[a]:
                waits[b] -= 1
                if not waits[b]:
                    ready.append(b)
        return Staffed(tuple(starts), tuple(work))

    def _placed(
        self, a: int, from_: int, ends: Sequence[int], busy: Sequence[Sequence[Pair]], taking: Sequence[int]
    ) -> tuple[int, dict[int, int]]:
        """Return the first start at which people can be had, and who: people become free at ends only."""
        needs, length = self.f.needs[a], self.f.duration[a]
        if not needs or not length:
            return from_, {}
        for at in (from_, *ends[bisect_right(ends, from_) :]):
            free = [(w, self.can[w]) for w in taking if _free(busy[w], at, at + length)]
            found = matched(free, needs=needs)
            if found is not None:
                return at, found
        raise AssertionError("check() has let through an activity that nobody can do")


def _free(spans: Sequence[Pair], start: int, end: int) -> bool:
    """Tell whether a stretch meets none of some spans in order that do not meet each other."""
    place = bisect_left(spans, (end, 0))
    return not place or spans[place - 1][1] <= start


def opening(serial: Serial, *, rounds: int, rng: np.random.Generator, stop: Callable[[], bool], enough: int) -> Staffed:
    """Return the best of some schedules: latest starts first, then ranks that are shaken, more where it helped.

    Parameters
    ----------
    enough : a makespan that cannot be beaten.
    """
    f = serial.f
    rank = -np.array(f.tail, dtype=float)
    people = serial.wanted.copy()
    best = serial.made(rank.tolist(), people=people.tolist())
    if not len(rank):
        return best
    spread_a, spread_w = max(1.0, float(np.std(rank))), max(1e-9, float(np.std(people)))
    for k in range(rounds):
        if (best.makespan(f) <= enough and best.kept(f)) or stop():
            break
        shake = (0.1, 0.3, 0.6)[k % 3]
        new_rank = rank + shake * spread_a * rng.normal(size=len(rank))
        new_people = people + shake * spread_w * rng.normal(size=len(people))
        found = serial.made(new_rank.tolist(), people=new_people.tolist())
        if _cost(found, f) <= _cost(best, f):
            best, rank, people = found, new_rank, new_people
    return best


def _cost(found: Staffed, f: Compiled) -> tuple[bool, int, int]:
    return not found.kept(f), found.makespan(f), sum(found.starts)
