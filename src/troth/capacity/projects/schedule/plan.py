"""A schedule as the answer: when each activity starts, who does what, how good it can be at best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from troth.capacity.projects.schedule.problem import ScheduleProblem, SkillAssignment
from troth.capacity.projects.schedule.rules import SCHEDULE_RULES, ScheduleViolation, hard, violations
from troth.core.decision import Explanation, Issue, Status, relative_gap


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """A schedule and what is known about it.

    Parameters
    ----------
    problem : what it answers.
    starts : of each activity, in periods.
    work : who does which skill of which activity, each from its start to its end.
    status : optimal only if no schedule can end before; infeasible only if none keeps every hard rule, with `conflicts`.
    objective : cost by soft rule: the makespan, in periods.
    bound : no schedule ends before; None if the plan breaks a rule.
    broken : hard rules that this plan breaks, if any.
    conflicts : if infeasible, rules that cannot all hold, none of which can be left out; empty if time was too short for it.
    seed, seconds, versions : how it was made.
    """

    problem: ScheduleProblem
    starts: Mapping[str, int]
    work: tuple[SkillAssignment, ...]
    status: Status
    objective: Mapping[str, float]
    bound: int | None
    broken: tuple[ScheduleViolation, ...] = ()
    conflicts: tuple[Issue, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def makespan(self) -> int:
        """When the last activity ends, in periods."""
        return int(self.objective.get("schedule.makespan", 0))

    @property
    def value(self) -> float:
        """What the objective is in all: the makespan."""
        return float(sum(self.objective.values()))

    @property
    def gap(self) -> float | None:
        """How far the makespan may be above the least possible, as a share of it; None without a bound."""
        return relative_gap(self.makespan, bound=self.bound)

    def team(self, activity_id: str) -> dict[str, str]:
        """Return who is at an activity, and the skill each does."""
        return {one.worker_id: one.skill for one in self.work if one.activity_id == activity_id}

    def plot(self) -> Any:
        """Return the picture as a `plotly.graph_objects.Figure`: a line a person over time."""
        from troth.capacity.projects.schedule.plots import gantt

        return gantt(self.problem, plan=self)

    def explain(self) -> Explanation:
        """Return why the plan ends when it does: a chain of activities of which each waits for the one before.

        The first waits for its release or for time 0; the others wait for an activity before them (`precedence`), or for
        people who come from it (`people`).
        """
        by_id = {one.activity_id: one for one in self.problem.activities}
        ends = {name: at + by_id[name].duration for name, at in self.starts.items() if name in by_id}
        if not ends:
            return Explanation("schedule.makespan", {"value": 0, "bound": self.bound})
        chain, name, why = list[Explanation](), max(ends, key=lambda one: (ends[one], one)), ""
        lags = {(p.before, p.after): p.lag for p in self.problem.precedences}
        while name:
            follows, why = self._waits(name, ends, lags)
            times = {
                "activity_id": name,
                "start": self.starts[name],
                "end": ends[name],
                "waits_for": follows,
                "by": why,
            }
            chain.append(Explanation("schedule.waits", times))
            name = follows
        return Explanation("schedule.makespan", {"value": self.makespan, "bound": self.bound}, tuple(chain[::-1]))

    def _waits(self, name: str, ends: Mapping[str, int], lags: Mapping[tuple[str, str], int]) -> tuple[str, str]:
        """Return for what an activity waits, and by what."""
        at, team = self.starts[name], set(self.team(name))
        for other, end in sorted(ends.items()):
            if (other, name) in lags and self.starts[other] < at and end + lags[other, name] == at:
                return other, "precedence"
        for other, end in sorted(ends.items()):
            if end == at and self.starts[other] < at and team & set(self.team(other)):
                return other, "people"
        return "", ""


def judged(
    problem: ScheduleProblem,
    *,
    starts: Mapping[str, int],
    work: Sequence[SkillAssignment],
    bound: int | None = None,
    seed: int = 0,
    seconds: float = 0.0,
    versions: Mapping[str, str] | None = None,
) -> SchedulePlan:
    """Return a plan whose figures are the judge's."""
    found = violations(problem, plan=SimpleNamespace(starts=starts, work=work))
    objective = {one.rule: one.cost for one in found if not SCHEDULE_RULES[one.rule].hard}
    broken = hard(found)
    value = sum(objective.values())
    best = not broken and bound is not None and value <= bound
    status = Status.STOPPED if broken else Status.OPTIMAL if best else Status.FEASIBLE
    return SchedulePlan(
        problem, dict(starts), tuple(work), status, objective, None if broken else bound, broken, seed=seed, seconds=seconds,
        versions=versions or {},
    )  # fmt: skip
