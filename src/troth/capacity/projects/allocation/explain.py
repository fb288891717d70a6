"""Why projects do not get all the hours they want, and what is done instead."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from troth.capacity.projects.allocation._classes import able
from troth.capacity.projects.allocation._shown import Shown
from troth.capacity.projects.allocation.problem import Floats
from troth.core.decision import Explanation

_TINY = 1e-6
#: So many other projects are named.
_NAMED = 3


def why_short(plan: Shown) -> Explanation:
    """Return, for each project with hours left undone, what is missing of which skill and why.

    Parts of a project are its skills, by reason: `nobody` holds it at that level; `away`: whoever does has no hours in
    those weeks; `capped`: they have, but not beyond their caps; `outbid`: their hours do more elsewhere, with the price of
    the skill and the projects that have them; `kept`: hours are left, but would cost more than they bring, or less than a
    grain is missing.
    """
    p, n = plan.problem, plan.problem.needs
    left = n.hours - plan.served()
    price = np.full((len(p.skills), len(p.weeks)), np.nan) if plan.prices is None else plan.prices.of_skills()
    look = _Look(plan)
    found: dict[int, dict[tuple[int, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for m in np.flatnonzero(left > _TINY).tolist():
        found[int(n.project[m])][int(n.skill[m]), look.reason(m, float(left[m]))].append(m)
    parts = []
    for j, skills in sorted(
        found.items(), key=lambda one: -sum(left[m] * n.value[m] for some in one[1].values() for m in some)
    ):
        of = tuple(_skill(plan, look, s, reason, some, left, price) for (s, reason), some in sorted(skills.items()))
        some = [m for those in skills.values() for m in those]
        told = {"project": p.projects[j], "hours": float(left[some].sum()), "cost": float(left[some] @ n.value[some])}
        parts.append(Explanation("allocation.short", told, of))
    return Explanation("allocation.value", {"value": plan.value, "bound": plan.bound, "wanted": p.wanted}, tuple(parts))


def _skill(plan: Shown, look: _Look, s: int, reason: str, some: list[int], left: Floats, price: Floats) -> Explanation:
    p, n = plan.problem, plan.problem.needs
    weeks = n.week[some]
    told = {
        "skill": p.skills[s], "reason": reason, "hours": float(left[some].sum()), "first": p.weeks[weeks.min()],
        "last": p.weeks[weeks.max()], "value": float(np.average(n.value[some], weights=left[some])),
        "price": float(np.average(price[s, weeks], weights=left[some])),
    }  # fmt: skip
    if reason == "outbid":
        told["instead"] = look.instead(some)
    return Explanation("allocation.short_skill", told)


def _doers(plan: Shown) -> dict[int, set[int]]:
    """Return who is on each row of a need that cannot be shared, in any of its weeks."""
    alone = plan.problem.needs.alone
    if alone is None:
        return {}
    on = defaultdict[int, set[int]](set)
    for m, p in zip(plan.work.need.tolist(), plan.work.person.tolist(), strict=True):
        on[int(alone[m])].add(p)
    return {m: on[k] for m, k in enumerate(alone.tolist()) if k >= 0 and k in on}


class _Look:
    """A plan, by week."""

    def __init__(self, plan: Shown) -> None:
        self.p, self.work = plan.problem, plan.work
        week = self.p.needs.week[plan.work.need]
        self.rows = [np.flatnonzero(week == w) for w in range(len(self.p.weeks))]
        did = plan.hours() + (0.0 if self.p.busy is None else self.p.busy)
        self.idle = self.p.free - did
        limits, which = self.p.limits(), self.p.periods()
        done = np.stack([did[:, which == t].sum(axis=1) for t in range(limits.shape[1])], axis=1)
        self.room = limits - done
        self.doer = _doers(plan)

    def reason(self, m: int, left: float) -> str:
        """Return why hours of a need are left."""
        n, w = self.p.needs, int(self.p.needs.week[m])
        some = np.flatnonzero(self.p.levels[:, n.skill[m]] > 0)
        some = some[able(self.p, person=some, need=np.full(len(some), m))]
        if not len(some):
            return "nobody"
        if not (self.p.free[some, w] > _TINY).any():
            return "away"
        grain = self.p.grain - _TINY
        idle = self.idle[some, w] >= grain
        if left >= grain and idle.any():
            room = self.room[some, self.p.periods()[w]] >= grain
            mine = np.isin(some, list(self.doer.get(m, ())))
            if mine.any() and not (idle & room & mine).any():
                return "alone"
            return "kept" if room[idle].any() else "capped"
        return "kept" if left < grain else "outbid"

    def instead(self, some: list[int]) -> tuple[tuple[str, float], ...]:
        """Return the projects that have most hours of those who could do needs, in the needs' weeks, and these hours."""
        n, hours = self.p.needs, np.zeros(len(self.p.projects))
        for m in some:
            rows = self.rows[n.week[m]]
            rows = rows[able(self.p, person=self.work.person[rows], need=np.full(len(rows), m))]
            np.add.at(hours, n.project[self.work.need[rows]], self.work.hours[rows])
        hours[n.project[some]] = 0.0
        best = np.argsort(-hours, kind="stable")[:_NAMED]
        return tuple((self.p.projects[j], float(hours[j])) for j in best.tolist() if hours[j] > 0)
