"""Needs that one person does alone: who could, who should, and the problem that is left once that is settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from troth.capacity.projects.allocation._classes import able
from troth.capacity.projects.allocation._network import Units, units
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Bools, Counts, Floats
from troth.capacity.projects.allocation.rules import TINY

#: Nobody: what is needed is left undone.
NOBODY = -1
#: How much an hour's price elsewhere counts in a choice: less than all of it, as of equals whoever can do more is better.
_PRICED = 0.9


def groups(problem: AllocationProblem) -> list[Counts]:
    """Return the rows of each need that cannot be shared, in the order of weeks."""
    alone = problem.needs.alone
    if alone is None:
        return []
    rows = np.flatnonzero(alone >= 0)
    rows = rows[np.lexsort((problem.needs.week[rows], alone[rows]))]
    return np.split(rows, np.flatnonzero(np.diff(alone[rows])) + 1) if len(rows) else []


def candidates(problem: AllocationProblem, *, some: Sequence[Counts]) -> list[Counts]:
    """Return who could do something of each need; of one on which people are confirmed, only these.

    Parameters
    ----------
    some : rows of each need.
    """
    u, out = units(problem), []
    for rows in some:
        people = _maybe(problem, rows)
        room = np.minimum(u.free[np.ix_(people, problem.needs.week[rows])], u.need[rows]) * _can(problem, people, rows)
        out.append(people[room.any(axis=1)])
    return out


def beyond_one(problem: AllocationProblem, *, gain: Floats, price: Floats) -> float:
    """Return what needs that cannot be shared keep less than they would if they could, whatever the prices are.

    Shared, each of their hours keeps what the cheapest is below its value; by one person, no more hours than these have in the week.

    Parameters
    ----------
    gain : what each row would keep if it could be shared, shape (N,).
    price : at which people sell hours of weeks, shape (P, W).
    """
    n, some = problem.needs, groups(problem)
    if not some:
        return 0.0
    fixed = np.bincount(problem.confirmed.need, problem.confirmed.hours, len(n))
    wanted, free = np.maximum(n.hours - fixed, 0.0), np.maximum(problem.free - problem.taken(), 0.0)
    out, tolls = 0.0, _tolls(problem)
    for rows in some:
        people = _maybe(problem, rows)
        at = np.ix_(people, n.week[rows])
        hours = np.minimum(wanted[rows], free[at]) * _can(problem, people, rows)
        keeps = (hours * np.maximum(_gain(problem, tolls, people, rows) - price[at], 0.0)).sum(axis=1)
        out += max(float(gain[rows].sum()) - float(keeps.max(initial=0.0)), 0.0)
    return out


def settled(problem: AllocationProblem, *, some: Sequence[Counts], chosen: Mapping[int, int]) -> AllocationProblem:
    """Return the problem in which people have needs to themselves: as a skill of their own, which nobody else holds.

    Parameters
    ----------
    some : rows of each need.
    chosen : who does which of them; `NOBODY` for nobody.
    """
    if not chosen:
        return problem
    n, people = problem.needs, sorted(set(chosen.values()))
    skill, level = n.skill.copy(), n.level.astype(float).copy()
    for g, who in chosen.items():
        rows = some[g]
        fit = able(problem, person=np.full(len(rows), who), need=rows) if who != NOBODY else np.zeros(len(rows), bool)
        skill[rows] = len(problem.skills) + people.index(who)
        level[rows] = np.where(fit, 1.0, 2.0)  # they hold it at 1: what they cannot do, nobody does
    open_ = None if n.alone is None else n.alone.copy()
    if open_ is not None:
        open_[np.concatenate([some[g] for g in chosen])] = -1
    own = np.zeros((len(problem.people), len(people)))
    for k, who in enumerate(people):
        if who != NOBODY:
            own[who, k] = 1.0
    always = np.ones((*own.shape, len(problem.weeks)), bool)
    return replace(
        problem, needs=replace(n, skill=skill, level=level, alone=open_), levels=np.concatenate([problem.levels, own], axis=1),
        skills=(*problem.skills, *(f"alone: {who}" for who in people)),
        held=None if problem.held is None else np.concatenate([problem.held, always], axis=1),
    )  # fmt: skip


def choose(
    problem: AllocationProblem,
    *,
    some: Sequence[Counts],
    people: Sequence[Counts],
    chosen: Mapping[int, int],
    first: Iterable[int] = (),
    price: Floats | None = None,
    work: AllocatedWork | None = None,
) -> dict[int, int]:
    """Return who does each need that cannot be shared: one after the other, whoever brings most beyond what their hours bring elsewhere.

    Parameters
    ----------
    some, people : rows of each need, and who could do it.
    chosen : what is settled already.
    first : needs whose turn comes first; the others come by what they are worth.
    price : of hours of people's weeks, shape (P, W); None for none.
    work : a plan in which needs are shared: of equals, whoever does most there.
    """
    n, u = problem.needs, units(problem)
    left = Units(u.free.copy(), u.cap.copy(), u.need)
    tolls = _tolls(problem)
    cost = np.zeros(len(problem.people)) if problem.cost is None else problem.prices.cost * problem.cost
    does = shares(some, work=work or AllocatedWork.none(), needs=len(n))
    price = np.zeros(problem.free.shape) if price is None else _PRICED * price
    ready, near = dict(chosen), problem.familiar()
    turn = [g for g in first if g not in ready]
    worth = [-float(n.value[rows] @ n.hours[rows]) for rows in some]
    turn += sorted((g for g in range(len(some)) if g not in {*ready, *turn}), key=lambda g: (worth[g], g))
    for g in [*ready, *turn]:
        rows = some[g]
        could = np.array([ready[g]]) if g in ready else people[g]
        if not len(could) or could[0] == NOBODY:
            ready[g] = NOBODY
            continue
        room, gain = _room(problem, left, could, rows), _gain(problem, tolls, could, rows) - cost[could][:, None]
        brings = (room * np.maximum(gain - price[np.ix_(could, n.week[rows])], 0.0)).sum(axis=1)
        new = ~near[could, n.project[rows[0]]] & (room.sum(axis=1) > 0)
        brings = brings * problem.grain - problem.prices.join * new
        hours = np.array([does[g].get(p, 0.0) for p in could.tolist()])
        at = int(np.lexsort((-hours, -np.round(brings, 9)))[0])
        ready[g] = int(could[at])
        np.subtract.at(left.free, (could[at], n.week[rows]), room[at])
        np.subtract.at(left.cap, (could[at], problem.periods()[n.week[rows]]), room[at])
    return ready


def fresh(problem: AllocationProblem, *, work: AllocatedWork) -> AllocatedWork:
    """Return what of a plan is beside what is confirmed."""
    fixed, many = problem.confirmed, max(len(problem.needs), 1)
    keys, which = np.unique(
        np.r_[work.person * many + work.need, fixed.person * many + fixed.need], return_inverse=True
    )
    hours = np.bincount(which, np.r_[work.hours, -fixed.hours], len(keys))
    more = hours > TINY
    return AllocatedWork(*np.divmod(keys[more], many), hours[more].astype(float))


def shares(some: Sequence[Counts], *, work: AllocatedWork, needs: int) -> list[dict[int, float]]:
    """Return the hours of each person on each need that cannot be shared.

    Parameters
    ----------
    some : rows of each need.
    work : beside what is confirmed.
    needs : how many rows there are.
    """
    of = np.full(needs, -1)
    for g, rows in enumerate(some):
        of[rows] = g
    mine = of[work.need] >= 0
    many = int(work.person.max(initial=0)) + 1
    keys, which = np.unique(of[work.need[mine]] * many + work.person[mine], return_inverse=True)
    out: list[dict[int, float]] = [{} for _ in some]
    for key, hours in zip(keys.tolist(), np.bincount(which, work.hours[mine], len(keys)).tolist(), strict=True):
        out[key // many][key % many] = hours
    return out


def _maybe(problem: AllocationProblem, rows: Counts) -> Counts:
    """Return who may do a need: those confirmed on it, else all who hold one of its skills."""
    confirmed = np.unique(problem.confirmed.person[np.isin(problem.confirmed.need, rows)])
    skills = np.unique(problem.needs.skill[rows])
    return confirmed if len(confirmed) else np.flatnonzero((problem.levels[:, skills] > 0).any(axis=1))


def _can(problem: AllocationProblem, people: Counts, rows: Counts) -> Bools:
    """Return who can do which rows, (people, rows)."""
    pairs = (np.repeat(people, len(rows)), np.tile(rows, len(people)))
    return able(problem, person=pairs[0], need=pairs[1]).reshape(len(people), len(rows))


def _room(problem: AllocationProblem, left: Units, people: Counts, rows: Counts) -> Counts:
    """Return units that people have for rows, (people, rows), those of one week and of one period together."""
    week = problem.needs.week[rows]
    room = np.where(_can(problem, people, rows), left.need[rows], 0)
    for at, table in ((week, left.free), (problem.periods()[week], left.cap)):
        for k in np.unique(at).tolist():
            mine = np.flatnonzero(at == k)
            most = np.minimum(np.cumsum(room[:, mine], axis=1), np.maximum(table[people, k], 0)[:, None])
            room[:, mine] = np.diff(most, axis=1, prepend=0)
    return room


def _tolls(problem: AllocationProblem) -> Floats:
    """Return what an hour of each person costs on each project by place and preference, shape (P, J) or (1, 1) if nothing."""
    prices = problem.prices
    if not prices.away and not prices.stranger:
        return np.zeros((1, 1))
    return np.asarray(prices.away * problem.elsewhere() + prices.stranger * ~problem.preferred(), float)


def _gain(problem: AllocationProblem, tolls: Floats, people: Counts, rows: Counts) -> Floats:
    """Return what an hour of people is worth on the rows of a need, (people, rows), before their own cost."""
    toll = tolls[people, problem.needs.project[rows[0]]] if tolls.size > 1 else np.zeros(len(people))
    return np.asarray(problem.needs.value[rows][None, :] - toll[:, None], float)
