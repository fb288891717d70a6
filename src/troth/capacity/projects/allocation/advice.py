"""What would help: another person, a skill more, somebody for some weeks, a later project; from the prices of a plan.

Prices prove bounds for changed problems too: what a change is worth is at most what the bound of the changed problem, at
the prices of the plan, is above the plan's. For a change of one hour it is exactly that; for larger ones less, as prices
fall. `changed` gives the changed problem, so that the worth can be tried by solving it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from troth.capacity.projects.allocation._prices import ShadowPrices, bound
from troth.capacity.projects.allocation.plan import NEAR, AllocationPlan
from troth.capacity.projects.allocation.problem import AllocationProblem, Floats


class AdviceKind(StrEnum):
    """What to change."""

    HIRE = "hire"
    """A person with one skill, to the end."""
    SUBCONTRACT = "subcontract"
    """A person with one skill, for some weeks."""
    TRAIN = "train"
    """A skill more for somebody."""
    DELAY = "delay"
    """A project so many weeks later."""


@dataclass(frozen=True, slots=True)
class AllocationAdvice:
    """A change, and what it would be worth at most.

    Parameters
    ----------
    worth : no plan of the changed problem is worth more than the bound of this one and this. Where needs cannot be shared, the
        bound meant is that of the plan's prices alone, which a search may have lowered further.
    skill, person, project : whom and what it is about; empty where it is about none.
    first, until : numbers of weeks: from when, and up to but not with.
    hours : of a week, for somebody new.
    weeks : how much later a project begins.
    """

    kind: AdviceKind
    worth: float
    skill: str = ""
    person: str = ""
    project: str = ""
    first: int = 0
    until: int = 0
    hours: float = 0.0
    weeks: int = 0


def advise(
    plan: AllocationPlan,
    *,
    top: int = 3,
    hours: float = 36.0,
    span: int = 8,
    learn: int = 4,
    delays: tuple[int, ...] = (1, 2, 4, 8),
) -> tuple[AllocationAdvice, ...]:
    """Return the changes of each kind that may be worth most, best first.

    Candidates are ranked by the prices of the weeks they touch; the worth of the best is then the rise of the proven bound.
    The cost of the change itself (wages, training, a customer who waits) is not taken off.

    Parameters
    ----------
    top : so many of each kind.
    hours : of a week of somebody new, who does all that is asked of the skill.
    span : weeks somebody is subcontracted.
    learn : weeks until a new skill is held.
    delays : weeks by which projects are tried later.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import AllocationNeeds, AllocationProblem, advise, solve
    >>> one = np.zeros(1, int)
    >>> needs = AllocationNeeds(one, one, one, np.array([30.0]), np.array([2.0]), np.zeros(1))
    >>> plan = solve(AllocationProblem(("ada",), ("design",), ("bank",), (date(2026, 6, 1),), np.array([[20.0]]), np.array([[1.0]]), needs))
    >>> [(str(one.kind), one.skill, one.worth) for one in advise(plan, hours=10)][:1]
    [('hire', 'design', 20.0)]
    """
    if plan.prices is None or plan.bound is None or not len(plan.problem.needs):
        return ()
    price, least = np.nan_to_num(plan.prices.of_skills()), max(abs(plan.bound), 1.0) * NEAR
    # The bound that search has lowered further says nothing of what a change brings.
    searched = plan.problem.needs.alone is not None
    base = bound(plan.problem, prices=plan.prices, who=plan.problem.familiar()) if searched else plan.bound
    found = list[AllocationAdvice]()
    for some in (_new(plan, price, hours, span), _trained(plan, price, learn, top), _later(plan, price, delays)):
        by_kind: dict[AdviceKind, list[AllocationAdvice]] = {}
        for one in some:
            by_kind.setdefault(one.kind, []).append(one)
        for those in by_kind.values():
            best = sorted(those, key=lambda one: -one.worth)[:top]
            found += [replace(one, worth=worth) for one in best if (worth := _proven(plan, one) - base) >= least]
    return tuple(sorted(found, key=lambda one: (list(AdviceKind).index(one.kind), -one.worth)))


def _new(plan: AllocationPlan, price: Floats, hours: float, span: int) -> Iterator[AllocationAdvice]:
    weeks = len(plan.problem.weeks)
    for s, skill in enumerate(plan.problem.skills):
        yield AllocationAdvice(AdviceKind.HIRE, hours * float(price[s].sum()), skill, until=weeks, hours=hours)
        if span < weeks:
            sums = np.convolve(price[s], np.ones(span), "valid")
            at = int(sums.argmax())
            worth = hours * float(sums[at])
            yield AllocationAdvice(AdviceKind.SUBCONTRACT, worth, skill, first=at, until=at + span, hours=hours)


def _trained(plan: AllocationPlan, price: Floats, learn: int, top: int) -> Iterator[AllocationAdvice]:
    """Yield for each skill the people whose hours would gain most by it."""
    p, prices = plan.problem, plan.prices
    assert prices is not None
    free = np.maximum(p.free - p.taken(), 0.0)[:, learn:]
    now = prices.of_people()[:, learn:]
    for s, skill in enumerate(p.skills):
        gain = (free * np.maximum(price[s, learn:] - now, 0.0)).sum(axis=1)
        gain[p.levels[:, s] > 0] = 0.0
        for who in np.argsort(-gain, kind="stable")[:top].tolist():
            if gain[who] > 0:
                yield AllocationAdvice(
                    AdviceKind.TRAIN, float(gain[who]), skill, p.people[who], first=learn, until=len(p.weeks)
                )


def _later(plan: AllocationPlan, price: Floats, delays: tuple[int, ...]) -> Iterator[AllocationAdvice]:
    """Yield projects without confirmed bookings, later; what would lie beyond the last week is thought not done."""
    p, n = plan.problem, plan.problem.needs
    now = n.hours * np.maximum(n.value - price[n.skill, n.week], 0.0)
    settled = {int(j) for j in n.project[p.confirmed.need]}
    best = np.where(p.can(), p.levels[:, :, None], 0.0).max(axis=0, initial=0.0)
    for k in delays:
        week = np.minimum(n.week + k, len(p.weeks) - 1)
        level = best[n.skill, week]
        there = (n.week + k < len(p.weeks)) & (level > 0) & (level >= n.level)  # what nobody can do then is not done
        then = n.hours * there * np.maximum(n.value - price[n.skill, week], 0.0)
        gain = np.bincount(n.project, then - now, len(p.projects))
        for j in np.flatnonzero(gain > 0).tolist():
            if j not in settled:
                yield AllocationAdvice(AdviceKind.DELAY, float(gain[j]), project=p.projects[j], weeks=k)


def changed(problem: AllocationProblem, *, advice: AllocationAdvice) -> AllocationProblem:
    """Return the problem with a change made."""
    if advice.kind in (AdviceKind.HIRE, AdviceKind.SUBCONTRACT):
        return _with_person(problem, advice)
    if advice.kind is AdviceKind.TRAIN:
        who, s = problem.people.index(advice.person), problem.skills.index(advice.skill)
        levels, held = problem.levels.astype(float).copy(), problem.can().copy()
        levels[who, s] = max(_asked(problem, s), float(levels[who, s]))
        held[who, s, advice.first :] = True
        return replace(problem, levels=levels, held=held)
    n = problem.needs
    week = np.where(n.project == problem.projects.index(advice.project), n.week + advice.weeks, n.week)
    there = week < len(problem.weeks)
    hours = np.where(there, n.hours, 0.0)
    return replace(problem, needs=replace(n, week=np.where(there, week, n.week), hours=hours))


def _asked(problem: AllocationProblem, s: int) -> float:
    """Return a level at which all that is needed of a skill can be done."""
    return max(float(problem.needs.level[problem.needs.skill == s].max(initial=0.0)), 1.0)


def _with_person(problem: AllocationProblem, advice: AllocationAdvice) -> AllocationProblem:
    s, weeks = problem.skills.index(advice.skill), len(problem.weeks)
    free, levels = np.zeros((1, weeks)), np.zeros((1, len(problem.skills)))
    free[0, advice.first : advice.until] = advice.hours
    levels[0, s] = _asked(problem, s)
    place = problem.person_place

    def more(table: Floats | None, row: Floats) -> Floats | None:
        return None if table is None else np.concatenate([table, row])

    return replace(
        problem, people=(*problem.people, f"new: {advice.skill}"), free=np.concatenate([problem.free, free]),
        levels=np.concatenate([problem.levels, levels]), person_place=(*place, "") if place else (),
        held=None if problem.held is None else np.concatenate([problem.held, np.ones((1, *problem.held.shape[1:]), bool)]),
        caps=more(problem.caps, np.full((1, problem.limits().shape[1]), np.inf)), busy=more(problem.busy, np.zeros((1, weeks))),
        cost=more(problem.cost, np.zeros(1)), target=more(problem.target, np.full(1, np.nan)),
    )  # fmt: skip


def _proven(plan: AllocationPlan, one: AllocationAdvice) -> float:
    """Return the bound at the plan's prices of the problem with a change."""
    p, prices = plan.problem, plan.prices
    assert prices is not None
    new = changed(p, advice=one)
    if len(new.people) > len(p.people):
        weeks, periods = prices.week.shape[1], prices.period.shape[1]
        prices = ShadowPrices(
            prices.skill, np.r_[prices.person, 0.0], np.r_[prices.period, np.zeros((1, periods))],
            np.r_[prices.week, np.zeros((1, weeks))],
        )  # fmt: skip
    return bound(new, prices=prices, who=new.familiar())
