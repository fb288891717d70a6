"""A schedule problem in numbers, with what follows from it before any search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf
from typing import Final

import numpy as np

from troth.capacity.projects.schedule.problem import ScheduleProblem

#: With at most so many skills all sets of skills are looked at.
_ALL_SETS: Final = 9
#: No more sets of activities that cannot meet: they only help the search.
_CLIQUES: Final = 300

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """People whom nothing tells apart: same skills, same absences."""

    members: tuple[int, ...]
    skills: frozenset[int]
    away: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class SkillSet:
    """Some skills and how many people have at least one of them: no more can be at work in these at once."""

    skills: frozenset[int]
    people: int
    away: tuple[tuple[int, int, int], ...]

    def demand(self, needs: dict[int, int]) -> int:
        """Return how many of these people an activity takes at least."""
        return sum(count for skill, count in needs.items() if skill in self.skills)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A problem in numbers.

    Parameters
    ----------
    duration, needs : of each activity.
    earliest, latest : first start by releases, last start by deadlines (`horizon` bounds it), settled starts included.
    before, after : (activity, lag) that end before it and start after it.
    tail : periods from the start of each activity to the end of all that follow it.
    order : activities, each after those before it.
    apart : pairs that cannot run at the same time, precedences included.
    groups, sets : people, and what bounds how many are at work at once.
    cliques : activities that run one after the other in some order, as pairs of them that people keep apart show.
    horizon : a best schedule, if there is any, ends by then.
    """

    names: tuple[str, ...]
    skills: tuple[str, ...]
    duration: tuple[int, ...]
    needs: tuple[dict[int, int], ...]
    earliest: tuple[int, ...]
    latest: tuple[int, ...]
    fixed: tuple[int | None, ...]
    before: tuple[tuple[Pair, ...], ...]
    after: tuple[tuple[Pair, ...], ...]
    tail: tuple[int, ...]
    order: tuple[int, ...]
    apart: frozenset[Pair]
    groups: tuple[Group, ...]
    sets: tuple[SkillSet, ...]
    cliques: tuple[tuple[int, ...], ...]
    horizon: int

    @property
    def working(self) -> list[int]:
        """Activities that take people."""
        return [a for a, needs in enumerate(self.needs) if needs and self.duration[a]]


def compiled(problem: ScheduleProblem) -> Compiled:
    """Return a problem without errors in numbers."""
    number = {one.activity_id: a for a, one in enumerate(problem.activities)}
    skills = tuple(sorted({k for one in problem.activities for k, count in one.needs.items() if count > 0}))
    of = {name: k for k, name in enumerate(skills)}
    duration = tuple(one.duration for one in problem.activities)
    needs = tuple({of[k]: n for k, n in one.needs.items() if n > 0} for one in problem.activities)
    links = {(number[p.before], number[p.after]): 0 for p in problem.precedences}
    for p in problem.precedences:
        pair = number[p.before], number[p.after]
        links[pair] = max(links[pair], p.lag)
    before: list[list[Pair]] = [[] for _ in duration]
    after: list[list[Pair]] = [[] for _ in duration]
    for (a, b), lag in links.items():
        before[b].append((a, lag))
        after[a].append((b, lag))
    order = _order(before, after)
    groups = _groups(problem, of)
    horizon = _horizon(problem)
    earliest, tail = _times(problem, order, before, after)
    latest = _latest(problem, order, after, horizon)
    sets = _sets(groups, needs, len(skills))
    linked = _linked(order, before)
    crowded = _crowded(sets, duration, needs) - linked - {(b, a) for a, b in linked}
    apart = frozenset(linked | crowded)
    return Compiled(
        tuple(number), skills, duration, needs, earliest, latest, tuple(one.start for one in problem.activities),
        tuple(map(tuple, before)), tuple(map(tuple, after)), tail, order, apart, groups, sets,
        _cliques(crowded, apart, duration, needs), horizon,
    )  # fmt: skip


def _order(before: Sequence[Sequence[Pair]], after: Sequence[Sequence[Pair]]) -> tuple[int, ...]:
    waits = [len(some) for some in before]
    order = [a for a, count in enumerate(waits) if not count]
    for a in order:
        for b, _ in after[a]:
            waits[b] -= 1
            if not waits[b]:
                order.append(b)
    return tuple(order)


def _groups(problem: ScheduleProblem, of: dict[str, int]) -> tuple[Group, ...]:
    found: dict[tuple[frozenset[int], tuple[Pair, ...]], list[int]] = defaultdict(list)
    for w, one in enumerate(problem.workers):
        skills = frozenset(of[k] for k in one.skills if k in of)
        if skills:
            found[skills, _merged(one.away)].append(w)
    return tuple(Group(tuple(some), skills, away) for (skills, away), some in found.items())


def _merged(spans: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return spans from 0 on in order, those that touch made one."""
    done: list[Pair] = []
    for start, end in sorted(spans):
        if done and start <= done[-1][1]:
            done[-1] = done[-1][0], max(end, done[-1][1])
        elif end > 0:
            done.append((max(0, start), end))
    return tuple(done)


def _horizon(problem: ScheduleProblem) -> int:
    """Return when all can have ended one after the other, once everybody is back and everything released."""
    work = sum(one.duration for one in problem.activities) + sum(p.lag for p in problem.precedences)
    settled = max((one.release + one.duration for one in problem.activities), default=0)
    fixed = max((one.start + one.duration for one in problem.activities if one.start is not None), default=0)
    back = max((end for one in problem.workers for _, end in one.away), default=0)
    return work + max(settled, fixed, back)


def _times(
    problem: ScheduleProblem, order: Sequence[int], before: Sequence[Sequence[Pair]], after: Sequence[Sequence[Pair]]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    some = problem.activities
    earliest, tail = [0] * len(some), [0] * len(some)
    for a in order:
        ready = max((earliest[b] + some[b].duration + lag for b, lag in before[a]), default=0)
        earliest[a] = max(some[a].release, some[a].start or 0, ready)
    for a in reversed(order):
        tail[a] = some[a].duration + max((lag + tail[b] for b, lag in after[a]), default=0)
    return tuple(earliest), tuple(tail)


def _latest(
    problem: ScheduleProblem, order: Sequence[int], after: Sequence[Sequence[Pair]], horizon: int
) -> tuple[int, ...]:
    some = problem.activities
    latest = [0] * len(some)
    for a in reversed(order):
        one = some[a]
        ends = [horizon if one.deadline is None else min(horizon, one.deadline)]
        ends += [latest[b] - lag for b, lag in after[a]]
        latest[a] = min(ends) - one.duration
        if one.start is not None:
            latest[a] = min(latest[a], one.start)
    return tuple(latest)


def _linked(order: Sequence[int], before: Sequence[Sequence[Pair]]) -> set[Pair]:
    """Return all pairs of which the first ends before the second starts, however many are between them."""
    above: dict[int, set[int]] = {}
    for a in order:
        above[a] = {b for b, _ in before[a]}.union(*(above[b] for b, _ in before[a]))
    return {(b, a) for a, some in above.items() for b in some}


def _sets(groups: Sequence[Group], needs: Sequence[dict[int, int]], skills: int) -> tuple[SkillSet, ...]:
    """Return the sets of skills that can bind: by Hall's condition people suffice at a moment if they do in each set."""
    if skills <= _ALL_SETS:
        tried = [frozenset(some) for size in range(1, skills + 1) for some in combinations(range(skills), size)]
    else:
        singles = [frozenset({k}) for k in range(skills)]
        tried = list({*singles, *(frozenset(some) for some in needs if some), frozenset(range(skills))})
    people = {s: sum(len(g.members) for g in groups if g.skills & s) for s in tried}
    kept = []
    for s in tried:
        wider = any(t > s and people[t] == people[s] for t in tried)
        split = any(t < s and people[t] + people.get(s - t, inf) <= people[s] for t in tried)
        if not wider and not split:
            away = tuple((a, b, len(g.members)) for g in groups if g.skills & s for a, b in g.away)
            kept.append(SkillSet(s, people[s], away))
    return tuple(kept)


def _crowded(sets: Sequence[SkillSet], duration: Sequence[int], needs: Sequence[dict[int, int]]) -> set[Pair]:
    """Return the pairs that together need more people of some set of skills than there are."""
    never = np.zeros((len(duration), len(duration)), dtype=bool)
    for some in sets:
        takes = np.array(
            [some.demand(one) if length else 0 for one, length in zip(needs, duration, strict=True)], dtype=np.int64
        )
        never |= (takes[:, None] + takes[None, :] > some.people) & (takes[:, None] > 0) & (takes[None, :] > 0)
    return {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(never, 1)), strict=True)}


def _cliques(
    crowded: set[Pair], apart: frozenset[Pair], duration: Sequence[int], needs: Sequence[dict[int, int]]
) -> tuple[tuple[int, ...], ...]:
    """Cover the pairs that people keep apart with sets in which each two are apart, longest work first, up to `_CLIQUES` sets."""
    covered, found = set[Pair](), list[tuple[int, ...]]()
    longest = sorted((a for a in range(len(duration)) if duration[a] and needs[a]), key=lambda a: (-duration[a], a))
    for first, second in sorted(crowded, key=lambda pair: (-duration[pair[0]] - duration[pair[1]], pair)):
        if (first, second) in covered:
            continue
        some = [first, second]
        for a in longest:
            if a not in some and all((a, b) in apart or (b, a) in apart for b in some):
                some.append(a)
        found.append(tuple(some))
        covered |= set(combinations(sorted(some), 2))
        if len(found) == _CLIQUES:
            break
    return tuple(found)
