"""An allocation as the answer: who does what, what it is worth, and what no plan can be worth more than."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from troth.capacity.projects.allocation._prices import ShadowPrices
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Floats
from troth.capacity.projects.allocation.rules import ALLOCATION_RULES, TINY, AllocationViolation, hard, violations
from troth.capacity.projects.portfolio import ProjectBooking, RequestState
from troth.core.decision import Explanation, Status

#: A plan this near to its bound, as a share of it, is told to be the best: prices in the solver are whole numbers of millionths.
NEAR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class AllocationPlan:
    """Who does what in which week, and what is known about it.

    Parameters
    ----------
    problem : what it answers.
    work : of everybody, that which is confirmed with it.
    status : optimal only if no plan is worth more, but for a millionth; stopped if time was too short for the search.
    objective : what the soft rules take off, by rule.
    bound : no plan is worth more.
    prices : what one hour more is worth; None if they are not known.
    broken : hard rules that the plan breaks, if any.
    seed, seconds, versions : how it was made.
    """

    problem: AllocationProblem
    work: AllocatedWork
    status: Status
    objective: Mapping[str, float]
    bound: float | None
    prices: ShadowPrices | None = None
    broken: tuple[AllocationViolation, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """What the plan is worth: all that is wanted, less what the rules take off."""
        return self.problem.wanted - sum(self.objective.values())

    @property
    def gap(self) -> float | None:
        """How far the plan may be below the best, as a share of the bound; None without one."""
        if self.bound is None:
            return None
        return max(self.bound - self.value, 0.0) / max(abs(self.bound), 1e-9)

    def served(self) -> Floats:
        """Return hours of each need that are done, shape (N,)."""
        return np.bincount(self.work.need, self.work.hours, len(self.problem.needs)).astype(float)

    def hours(self) -> Floats:
        """Return hours of each person and week on needs, shape (P, W)."""
        out = np.zeros(self.problem.free.shape)
        np.add.at(out, (self.work.person, self.problem.needs.week[self.work.need]), self.work.hours)
        return out

    def missing(self) -> float:
        """Return hours left undone, but for less than a grain of a skill of a phase, which no plan in whole grains can avoid."""
        n = self.problem.needs
        phase = {name: k for k, name in enumerate(dict.fromkeys(n.phase))}
        names = np.array([phase[name] for name in n.phase], np.int64) if n.phase else np.zeros(len(n), np.int64)
        _, which = np.unique(np.stack([n.project, names, n.skill]), axis=1, return_inverse=True)
        left = np.bincount(which.ravel(), np.maximum(n.hours - self.served(), 0.0))
        return float(left[left >= self.problem.grain - TINY].sum())

    def bookings(self, *, taken: Collection[str] = ()) -> tuple[ProjectBooking, ...]:
        """Return what the plan proposes beside what is confirmed, as bookings of a week each that still have to be asked for.

        Parameters
        ----------
        taken : ids that other bookings have.
        """
        p, n = self.problem, self.problem.needs
        kept = dict[tuple[int, int], float]()
        for who, m, h in zip(
            p.confirmed.person.tolist(), p.confirmed.need.tolist(), p.confirmed.hours.tolist(), strict=True
        ):
            kept[who, m] = kept.get((who, m), 0.0) + h
        found = dict[tuple[int, int, str, int, int], tuple[float, float]]()
        for who, m, h in zip(self.work.person.tolist(), self.work.need.tolist(), self.work.hours.tolist(), strict=True):
            if (new := h - kept.get((who, m), 0.0)) > TINY:
                key = who, int(n.project[m]), n.phase[m] if n.phase else "", int(n.skill[m]), int(n.week[m])
                hours, level = found.get(key, (0.0, 0.0))
                found[key] = hours + new, max(level, float(n.level[m]))
        return tuple(self._booking(*key, *told, taken=taken) for key, told in found.items())

    def _booking(
        self, who: int, project: int, phase: str, skill: int, w: int, hours: float, level: float, *, taken: Collection[str]
    ) -> ProjectBooking:  # fmt: skip
        p = self.problem
        ends = (*p.weeks[1:], p.end)
        made = ProjectBooking(
            "", p.projects[project], p.weeks[w], ends[w], hours, p.people[who], phase_id=phase, skill=p.skills[skill],
            level=level, state=RequestState.PLANNED,
        )  # fmt: skip
        again = (_id_of(made) + (f"/{k}" if k else "") for k in count())
        return replace(made, booking_id=next(name for name in again if name not in taken))

    def explain(self) -> Explanation:
        """Return why projects do not get all they want: of which skill, and what is done instead."""
        from troth.capacity.projects.allocation.explain import why_short

        return why_short(self)

    def plot(self) -> Any:
        """Return the picture as a `plotly.graph_objects.Figure`: how much of each skill's need is done, by week."""
        from troth.capacity.projects.allocation.plots import skill_weeks

        return skill_weeks(self)


def keeps(booking: ProjectBooking) -> bool:
    """Tell whether a plan keeps a booking: it is hard and not over with, or somebody was asked for it and there is no answer yet.

    If a request were not kept, a plan would propose its hours again, and both could be confirmed. One of a role or a team names nobody whose hours it could keep.
    """
    if booking.state in (RequestState.REQUESTED, RequestState.COUNTERED):
        return bool(booking.person_id)
    return booking.hard and booking.state is not RequestState.COMPLETED


def is_proposal(booking: ProjectBooking) -> bool:
    """Tell whether a booking was proposed by a plan and nobody has been asked yet: a new plan takes its place."""
    named = booking.booking_id.removeprefix(_id_of(booking))
    return booking.state is RequestState.PLANNED and (not named or (named[0] == "/" and named[1:].isdigit()))


def _id_of(booking: ProjectBooking) -> str:
    """Return the id of a proposal, made of what it is for."""
    parts = (booking.person_id, booking.project_id, booking.phase_id, booking.skill, booking.first.isoformat())
    return "/".join(part.replace("/", "//") for part in parts)


def judged(
    problem: AllocationProblem,
    *,
    work: AllocatedWork,
    bound: float | None = None,
    prices: ShadowPrices | None = None,
    stopped: bool = False,
    seed: int = 0,
    seconds: float = 0.0,
    versions: Mapping[str, str] | None = None,
) -> AllocationPlan:
    """Return a plan whose figures are the judge's."""
    found = violations(problem, work=work)
    objective = {one.id: 0.0 for one in ALLOCATION_RULES.values() if not one.hard}
    for one in found:
        if not ALLOCATION_RULES[one.rule].hard:
            objective[one.rule] += one.cost
    broken = hard(found)
    plan = AllocationPlan(
        problem, work, Status.FEASIBLE, objective, bound, prices, broken, seed, seconds, versions or {}
    )
    best = not broken and plan.gap is not None and plan.gap <= NEAR
    status = Status.OPTIMAL if best else Status.STOPPED if stopped or broken else Status.FEASIBLE
    return AllocationPlan(problem, work, status, objective, bound, prices, broken, seed, seconds, versions or {})
