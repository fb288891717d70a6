"""An allocation as a network: who has hours, in which week, in which skill, for which need.

root -> person -> person's period (cap) -> person's week (free hours) -> skill, week and class -> need -> root. Caps lie around
weeks as weeks lie around skills, so that the whole linear program is one network and has a whole best answer (Ahuja, Magnanti and
Orlin 1993, Network Flows, theorem 9.10). Someone who knows a project has an arc from their week to its needs besides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from troth.capacity.projects.allocation._classes import Classes, classes, direct
from troth.capacity.projects.allocation.problem import AllocationProblem, Bools, Counts, Floats

_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is left beside confirmed bookings, in whole multiples of the grain: of weeks (P, W), periods (P, T), needs (N,)."""

    free: Counts
    cap: Counts
    need: Counts


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arcs of a network, in blocks, and where its nodes are.

    Parameters
    ----------
    tail, head, room, gain : of each arc; gain by unit of flow.
    person, period, week, skill, need : numbers of the nodes, of the shapes (P,), (P, T), (P, W), (S, W, C) and (N,).
    lent : arcs from a person's week to a skill, and their person, skill and week.
    given : arcs from a skill to a need, and their class and need.
    own : arcs from a person's week to a need, and their person and need.
    """

    classes: Classes
    units: Units
    tail: Counts
    head: Counts
    room: Counts
    gain: Floats
    person: Counts
    period: Counts
    week: Counts
    skill: Counts
    need: Counts
    nodes: int
    lent: tuple[slice, Counts, Counts, Counts]
    given: tuple[slice, Counts, Counts]
    own: tuple[slice, Counts, Counts]


def units(problem: AllocationProblem) -> Units:
    """Return what is left to plan, in units of the grain."""
    taken, which, grain = problem.taken(), problem.periods(), problem.grain
    free = np.floor(np.maximum(problem.free - taken, 0.0) / grain + _SLACK).astype(np.int64)
    limits = problem.limits()
    used = np.stack([taken[:, which == t].sum(axis=1) for t in range(limits.shape[1])], axis=1)
    room = np.stack([free[:, which == t].sum(axis=1) for t in range(limits.shape[1])], axis=1)
    left = np.maximum(np.where(np.isfinite(limits), limits, 0.0) - used, 0.0)
    cap = np.where(np.isfinite(limits), np.minimum(np.floor(left / grain + _SLACK).astype(np.int64), room), room)
    n = problem.needs
    fixed = np.bincount(problem.confirmed.need, problem.confirmed.hours, len(n))
    return Units(free, cap, np.floor(np.maximum(n.hours - fixed, 0.0) / grain + _SLACK).astype(np.int64))


def segments(problem: AllocationProblem) -> list[tuple[Floats, Floats, float]]:
    """Return hours of each person beyond what is confirmed at which the gain of an hour falls, and the gain before and after."""
    base = problem.taken().sum(axis=1)
    even = np.maximum(problem.even_share * problem.free.sum(axis=1) - base, 0.0)
    out = [(even, np.zeros(len(base)), -problem.prices.uneven)]
    if problem.target is not None:
        aimed = ~np.isnan(problem.target)
        out.append((np.maximum(np.where(aimed, problem.target, 0.0) - base, 0.0), problem.prices.idle * aimed, 0.0))
    return out


def network(problem: AllocationProblem, *, who: Bools, extra: Floats | None = None) -> Network:
    """Return the network of a problem.

    Parameters
    ----------
    who : (P, J) people who have arcs of their own to a project's needs.
    extra : (P, J) what an hour of such an arc costs besides; then nobody else works on a project.
    """
    k, u, n = classes(problem), units(problem), problem.needs
    people, weeks = u.free.shape
    person = 1 + np.arange(people)
    many = u.cap.shape[1]
    period = person[:, None] if many == 1 else people + 1 + np.arange(people * many).reshape(people, many)
    at = int(period.max(initial=people)) + 1
    week = at + np.arange(people * weeks).reshape(people, weeks)
    at += people * weeks
    skill = at + np.arange(len(problem.skills) * weeks * k.count).reshape(len(problem.skills), weeks, k.count)
    at += skill.size
    need = at + np.arange(len(n))
    blocks = _Blocks(problem.grain)
    _people(blocks, problem, u, person, period)
    has = u.free > 0
    own_week = np.broadcast_to(period[:, problem.periods()], week.shape)
    blocks.add(own_week[has], week[has], u.free[has], 0.0)
    anybody = u.need > 0 if extra is None else np.zeros(len(n), bool)
    lent = _lent(blocks, problem, k, u, week, skill, anybody)
    wants, kind = np.nonzero(k.serves & anybody[:, None])
    given = blocks.add(skill[n.skill[wants], n.week[wants], kind], need[wants], u.need[wants], -k.toll[wants, kind])
    p, m, toll = direct(problem, who=who)
    good = (u.free[p, n.week[m]] > 0) & (u.need[m] > 0)
    p, m, toll = p[good], m[good], toll[good]
    if extra is not None:
        toll = toll + extra[p, n.project[m]]
    own = blocks.add(week[p, n.week[m]], need[m], np.minimum(u.free[p, n.week[m]], u.need[m]), -toll)
    blocks.add(need, 0, u.need, n.value)
    tail, head, room, gain = blocks.all()
    return Network(
        k,
        u,
        tail,
        head,
        room,
        gain,
        person,
        period,
        week,
        skill,
        need,
        at + len(n),
        lent,
        (given, kind, wants),
        (own, p, m),
    )


class _Blocks:
    """Arcs, block by block."""

    def __init__(self, grain: float) -> None:
        self._grain, self._arcs, self._count = grain, list[tuple[Counts, Counts, Counts, Floats]](), 0

    def add(self, tail: Counts, head: Counts | int, room: Counts, gain: Floats | float) -> slice:
        """Add arcs; gain by hour."""
        tail, head, room = np.broadcast_arrays(tail, head, room)
        self._arcs.append((tail, head, room, np.broadcast_to(np.asarray(gain, float) * self._grain, tail.shape)))
        self._count += len(tail)
        return slice(self._count - len(tail), self._count)

    def all(self) -> tuple[Counts, Counts, Counts, Floats]:
        """Return all arcs."""
        tail, head, room, gain = (np.concatenate(some) for some in zip(*self._arcs, strict=True))
        return tail, head, room, gain


def _people(blocks: _Blocks, problem: AllocationProblem, u: Units, person: Counts, period: Counts) -> None:
    """Add arcs from the root to people, one for each stretch of equal gain, and from people to their periods."""
    most = u.cap.sum(axis=1)
    gain = np.zeros(len(person)) if problem.cost is None else -problem.prices.cost * problem.cost
    falls = [
        (np.minimum(np.floor(at / problem.grain + _SLACK).astype(np.int64), most), before, after)
        for at, before, after in segments(problem)
    ]
    start = np.zeros(len(person), np.int64)
    for end in np.sort(np.stack([at for at, _, _ in falls] + [most], axis=1), axis=1).T:
        now = gain + sum(np.where(start >= at, after, before) for at, before, after in falls)
        some = end > start
        blocks.add(np.zeros(int(some.sum()), np.int64), person[some], (end - start)[some], now[some])
        start = end
    if period.shape[1] > 1:
        blocks.add(np.repeat(person, period.shape[1]), period.ravel(), u.cap.ravel(), 0.0)


def _lent(
    blocks: _Blocks, problem: AllocationProblem, k: Classes, u: Units, week: Counts, skill: Counts, anybody: Bools
) -> tuple[slice, Counts, Counts, Counts]:
    """Add arcs from people's weeks to skills, where something of the skill is needed from anybody."""
    n = problem.needs
    wanted = np.zeros(skill.shape, bool)
    m, kind = np.nonzero(k.serves & anybody[:, None])
    wanted[n.skill[m], n.week[m], kind] = True
    p, s = np.nonzero(k.of >= 0)
    good = (u.free[p] > 0) & wanted[s, :, k.of[p, s]]
    if problem.held is not None:
        good &= problem.held[p, s]
    row, w = np.nonzero(good)
    p, s = p[row], s[row]
    return blocks.add(week[p, w], skill[s, w, k.of[p, s]], u.free[p, w], 0.0), p, s, w
