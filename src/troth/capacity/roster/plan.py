"""A roster as the answer: who has which shift, what it costs by rule, how good it can be at best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from troth.capacity.roster.problem import Duty, RosterProblem
from troth.capacity.roster.rules import RULES, Violation, violations
from troth.core.decision import Explanation, Issue, Status, relative_gap


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """A roster and what is known about it.

    Parameters
    ----------
    problem : what it answers.
    duties : the shifts, by person and day.
    status : optimal only if the bound says so; infeasible only if no roster keeps every hard rule, with `conflicts`.
    objective : cost by soft rule.
    bound : no roster costs less; None if no bound was computed.
    broken : hard rules that this roster breaks, if any.
    conflicts : if infeasible, hard rules that cannot all hold, none of which can be left out.
    seed, seconds, versions : how it was made.
    """

    problem: RosterProblem
    duties: tuple[Duty, ...]
    status: Status
    objective: Mapping[str, float]
    bound: float | None
    broken: tuple[Violation, ...] = ()
    conflicts: tuple[Issue, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """What the roster costs in all."""
        return float(sum(self.objective.values()))

    @property
    def gap(self) -> float | None:
        """How far the value may be above the least possible, as a share of the value; None without a bound."""
        return relative_gap(self.value, bound=self.bound)

    def line(self, agent_id: str) -> dict[int, Duty]:
        """Return a person's shifts by day."""
        return {d.day: d for d in self.duties if d.agent_id == agent_id}

    def plot(self) -> Any:
        """Return the picture as a `plotly.graph_objects.Figure`: people by days, the cover above, marks that explain."""
        from troth.capacity.roster.plots import roster_grid

        return roster_grid(self.problem, self.duties)

    def explain(self, agent_id: str | None = None) -> Explanation:
        """Return what the roster costs by rule, of one person or of all, with each instance."""
        by_rule: dict[str, list[Violation]] = defaultdict(list)
        for one in violations(self.problem, self.duties):
            if agent_id is None or one.agent_id == agent_id:
                by_rule[one.rule].append(one)
        return Explanation(
            "roster.objective",
            {"value": sum(v.cost for rows in by_rule.values() for v in rows), "bound": self.bound},
            tuple(
                Explanation(
                    rule,
                    {"sentence": RULES[rule].sentence, "cost": sum(v.cost for v in rows), "times": len(rows)},
                    tuple(Explanation(rule, _told(self.problem, v)) for v in rows),
                )
                for rule, rows in sorted(by_rule.items(), key=lambda item: -sum(v.cost for v in item[1]))
            ),
        )


def _told(problem: RosterProblem, one: Violation) -> dict[str, Any]:
    day = problem.date_of(one.day).isoformat() if one.day >= 0 else None
    return {"agent_id": one.agent_id, "date": day, "amount": one.amount, "cost": one.cost, "what": one.what}


def judged(
    problem: RosterProblem,
    duties: tuple[Duty, ...],
    *,
    bound: float | None,
    whole: bool,
    seed: int,
    seconds: float,
    versions: Mapping[str, str],
) -> RosterPlan:
    """Return a plan whose figures are the judge's.

    Parameters
    ----------
    whole : every price is a whole number, so a roster within less than one of the bound is the best.
    """
    found = violations(problem, duties)
    objective: dict[str, float] = defaultdict(float)
    for one in found:
        if not RULES[one.rule].hard:
            objective[one.rule] += one.cost
    broken = tuple(v for v in found if RULES[v.rule].hard)
    value = sum(objective.values())
    near = bound is not None and value - bound < (1 - 1e-6 if whole else 1e-6 * max(1.0, abs(value)))
    status = Status.STOPPED if broken else Status.OPTIMAL if near else Status.FEASIBLE
    return RosterPlan(
        problem, duties, status, dict(objective), value if near and not broken else bound, broken,
        seed=seed, seconds=seconds, versions=versions,
    )  # fmt: skip
