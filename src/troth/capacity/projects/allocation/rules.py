"""The rules of an allocation, and the judge: what of a plan breaks which rule, and what the soft ones cost, without the solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Floats
from troth.core.decision import Rule

#: Hours are told apart no finer than this.
TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class AllocationViolation:
    """What breaks a rule, or what a soft rule costs.

    Parameters
    ----------
    rule : its id.
    person, project : names; empty if it is not of one.
    week : number of the week or period; -1 if it is of all.
    amount : by how much: hours, or rows.
    cost : what it takes off the plan's value; 0 for hard rules.
    what : the skill, or the row.
    """

    rule: str
    person: str = ""
    project: str = ""
    week: int = -1
    amount: float = 1.0
    cost: float = 0.0
    what: str = ""


#: Every rule by its id.
ALLOCATION_RULES: Final[Mapping[str, Rule]] = {
    one.id: one
    for one in (
        Rule("allocation.known", "A plan names only people and needs of its problem, with hours above 0."),
        Rule("allocation.once", "A person has one row for a need."),
        Rule("allocation.whole", "Hours that are not confirmed are whole multiples of the grain."),
        Rule("allocation.skill", "A person holds the skill in that week, at the level needed."),
        Rule("allocation.free", "A person works no more hours in a week than are free, but for what is confirmed."),
        Rule("allocation.cap", "A person works no more hours in a period than the cap, but for what is confirmed."),
        Rule("allocation.need", "A need gets no more hours than it wants, but for what is confirmed."),
        Rule("allocation.confirmed", "Confirmed bookings are kept."),
        Rule(
            "allocation.alone",
            "What is not confirmed of a need that cannot be shared is done by one person, one of those confirmed on it if there are any.",
        ),
        Rule("allocation.unserved", "Every hour that is wanted is done.", hard=False),
        Rule("allocation.cost", "Hours are done by people who cost little.", hard=False),
        Rule("allocation.away", "People work where they are at home.", hard=False),
        Rule("allocation.stranger", "A project is done by the people it prefers.", hard=False),
        Rule("allocation.join", "People stay with projects that they know.", hard=False),
        Rule("allocation.idle", "People reach their targets of hours.", hard=False),
        Rule("allocation.uneven", "Nobody works more than the even share of their free hours.", hard=False),
    )
}


def hard(found: Sequence[AllocationViolation]) -> tuple[AllocationViolation, ...]:
    """Return those of hard rules."""
    return tuple(one for one in found if ALLOCATION_RULES[one.rule].hard)


def violations(problem: AllocationProblem, *, work: AllocatedWork) -> list[AllocationViolation]:
    """Return what of a plan breaks hard rules, and what each soft rule costs by person or project.

    Rows that name nobody or nothing of the problem are told, and left out of what follows.

    Parameters
    ----------
    work : of everybody, that which is confirmed with it.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import AllocatedWork, AllocationNeeds, AllocationProblem, violations
    >>> one = np.zeros(1, int)
    >>> needs = AllocationNeeds(one, one, one, np.array([30.0]), np.array([1.0]), np.zeros(1))
    >>> problem = AllocationProblem(("ada",), ("design",), ("bank",), (date(2026, 6, 1),), np.array([[20.0]]), np.array([[1.0]]), needs)
    >>> [(v.rule, v.amount, v.cost) for v in violations(problem, work=AllocatedWork(one, one, np.array([25.0])))]
    [('allocation.free', 5.0, 0.0), ('allocation.unserved', 5.0, 5.0)]
    """
    there = (
        (work.person >= 0) & (work.person < len(problem.people)) & (work.need >= 0)
        & (work.need < len(problem.needs)) & np.isfinite(work.hours) & (work.hours > 0)
    )  # fmt: skip
    found = [AllocationViolation("allocation.known", what=str(k)) for k in np.flatnonzero(~there).tolist()]
    sound = AllocatedWork(work.person[there], work.need[there], work.hours[there])
    found += _rows(problem, sound)
    found += _sums(problem, sound)
    found += _confirmed(problem, sound)
    found += _alone(problem, sound)
    return found + list(_priced(problem, sound))


def _named(problem: AllocationProblem, person: int, need: int) -> dict[str, Any]:
    n = problem.needs
    return {
        "person": problem.people[person] if person >= 0 else "", "project": problem.projects[n.project[need]], "week": int(n.week[need]),
        "what": problem.skills[n.skill[need]],
    }  # fmt: skip


def _settled(problem: AllocationProblem) -> dict[tuple[int, int], float]:
    """Return confirmed hours by person and need."""
    fixed, out = problem.confirmed, dict[tuple[int, int], float]()
    for p, n, h in zip(fixed.person.tolist(), fixed.need.tolist(), fixed.hours.tolist(), strict=True):
        out[p, n] = out.get((p, n), 0.0) + h
    return out


def _rows(problem: AllocationProblem, work: AllocatedWork) -> Iterator[AllocationViolation]:
    """Each row by itself: whole hours, the skill, and no second row."""
    n, settled = problem.needs, _settled(problem)
    key = work.person * max(len(n), 1) + work.need
    kept = np.array([settled.get(pair, 0.0) for pair in zip(work.person.tolist(), work.need.tolist(), strict=True)])
    new = work.hours - kept
    parts = np.where(new > TINY, new, 0.0) / problem.grain
    for k in np.flatnonzero(np.abs(parts - np.round(parts)) > TINY).tolist():
        yield AllocationViolation(
            "allocation.whole", **_named(problem, int(work.person[k]), int(work.need[k])), amount=float(new[k])
        )
    skill, week = n.skill[work.need], n.week[work.need]
    level = problem.levels[work.person, skill]
    able = (level > 0) & (level >= n.level[work.need])
    if problem.held is not None:
        able &= problem.held[work.person, skill, week]
    for k in np.flatnonzero(~able & (new > TINY)).tolist():
        yield AllocationViolation(
            "allocation.skill", **_named(problem, int(work.person[k]), int(work.need[k])), amount=float(new[k])
        )
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    for k in first[count > 1].tolist():
        yield AllocationViolation("allocation.once", **_named(problem, int(work.person[k]), int(work.need[k])))


def _sums(problem: AllocationProblem, work: AllocatedWork) -> Iterator[AllocationViolation]:
    """Hours of a week, of a period, of a need."""
    n, taken, week = problem.needs, problem.taken(), problem.needs.week[work.need]
    did = np.zeros(problem.free.shape) if problem.busy is None else problem.busy.astype(float).copy()
    np.add.at(did, (work.person, week), work.hours)
    over = did - np.maximum(problem.free, taken)
    for p, w in np.argwhere(over > TINY).tolist():
        yield AllocationViolation("allocation.free", problem.people[p], week=w, amount=float(over[p, w]))
    limits, which = problem.limits(), problem.periods()
    for t in range(limits.shape[1]):
        mine = which == t
        above = did[:, mine].sum(axis=1) - np.maximum(limits[:, t], taken[:, mine].sum(axis=1))
        for p in np.flatnonzero(above > TINY).tolist():
            yield AllocationViolation("allocation.cap", problem.people[p], week=t, amount=float(above[p]))
    fixed = np.bincount(problem.confirmed.need, problem.confirmed.hours, len(n))
    more = np.bincount(work.need, work.hours, len(n)) - np.maximum(n.hours, fixed)
    for k in np.flatnonzero(more > TINY).tolist():
        named = _named(problem, -1, k)
        yield AllocationViolation("allocation.need", **named, amount=float(more[k]))


def _confirmed(problem: AllocationProblem, work: AllocatedWork) -> Iterator[AllocationViolation]:
    settled = _settled(problem)
    for p, n, h in zip(work.person.tolist(), work.need.tolist(), work.hours.tolist(), strict=True):
        if (p, n) in settled:
            settled[p, n] -= h
    for (p, n), left in settled.items():
        if left > TINY:
            yield AllocationViolation("allocation.confirmed", **_named(problem, p, n), amount=left)


def _alone(problem: AllocationProblem, work: AllocatedWork) -> Iterator[AllocationViolation]:
    """Needs that cannot be shared: hours of others than whoever does most, among those confirmed on them if there are any."""
    alone = problem.needs.alone
    if alone is None:
        return
    settled, fixed = _settled(problem), problem.confirmed
    may: dict[int, set[int]] = {}
    for p, n in zip(fixed.person.tolist(), fixed.need.tolist(), strict=True):
        may.setdefault(int(alone[n]), set()).add(p)
    did: dict[int, dict[int, float]] = {}
    row: dict[int, int] = {}
    for p, n, h in zip(work.person.tolist(), work.need.tolist(), work.hours.tolist(), strict=True):
        new, g = h - settled.get((p, n), 0.0), int(alone[n])
        if g >= 0 and new > TINY:
            did.setdefault(g, {})[p] = did.get(g, {}).get(p, 0.0) + new
            row.setdefault(g, n)
    for g, hours in did.items():
        one = max((hours.get(p, 0.0) for p in may.get(g, hours)), default=0.0)
        if (over := sum(hours.values()) - one) > TINY:
            yield AllocationViolation("allocation.alone", **_named(problem, -1, row[g]) | {"week": -1}, amount=over)


def _priced(problem: AllocationProblem, work: AllocatedWork) -> Iterator[AllocationViolation]:
    """Yield what soft rules cost."""
    n, prices = problem.needs, problem.prices
    left = np.maximum(n.hours - np.bincount(work.need, work.hours, len(n)), 0.0)
    for k in np.flatnonzero(left > TINY).tolist():
        named = _named(problem, -1, k)
        yield AllocationViolation(
            "allocation.unserved", **named, amount=float(left[k]), cost=float(left[k] * n.value[k])
        )
    busy = np.zeros(len(problem.people)) if problem.busy is None else problem.busy.sum(axis=1)
    did = busy + np.bincount(work.person, work.hours, len(problem.people))
    project = n.project[work.need]
    if prices.cost and problem.cost is not None:
        yield from _by_person(problem, "allocation.cost", did - busy, prices.cost * problem.cost)
    for rule, price, off in (
        ("allocation.away", prices.away, problem.elsewhere()),
        ("allocation.stranger", prices.stranger, ~problem.preferred()),
    ):
        hours = np.where(off[work.person, project], work.hours, 0.0)
        yield from _by_project(problem, rule, np.bincount(project, hours, len(problem.projects)), price)
    if prices.join:
        new = np.unique(np.stack([work.person, project], axis=1), axis=0)
        new = new[~problem.familiar()[new[:, 0], new[:, 1]]]
        yield from _by_project(
            problem, "allocation.join", np.bincount(new[:, 1], minlength=len(problem.projects)), prices.join
        )
    if problem.target is not None:
        short = np.where(np.isnan(problem.target), 0.0, np.maximum(problem.target - did, 0.0))
        yield from _by_person(problem, "allocation.idle", short, np.full(len(did), prices.idle))
    above = np.maximum(did - problem.even_share * problem.free.sum(axis=1), 0.0)
    yield from _by_person(problem, "allocation.uneven", above, np.full(len(did), prices.uneven))


def _by_person(problem: AllocationProblem, rule: str, hours: Floats, price: Floats) -> Iterator[AllocationViolation]:
    for p in np.flatnonzero((hours > TINY) & (price != 0)).tolist():
        yield AllocationViolation(rule, problem.people[p], amount=float(hours[p]), cost=float(hours[p] * price[p]))


def _by_project(problem: AllocationProblem, rule: str, amount: Any, price: float) -> Iterator[AllocationViolation]:
    for j in np.flatnonzero(amount > TINY).tolist() if price else ():
        yield AllocationViolation(
            rule, project=problem.projects[j], amount=float(amount[j]), cost=float(amount[j] * price)
        )
