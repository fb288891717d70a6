"""A plan of tours as the answer: who goes where when, what it costs by rule, what is left out and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from troth.core.decision import Explanation, Status, relative_gap
from troth.field.routing.breach import RouteBreach
from troth.field.routing.check import known_visits
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import Tour


@dataclass(frozen=True, slots=True)
class UnservedVisit:
    """A visit that nobody makes, and why: a reason for each technician or group of technicians."""

    visit_id: str
    reasons: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Tours and what is known about them.

    Parameters
    ----------
    problem : what it answers.
    tours : one for each shift with any stop.
    unserved : visits that nobody makes, with reasons.
    status : optimal only with a bound; stopped if a hard rule is broken.
    objective : cost by soft rule, in cents.
    bound : no plan costs less; None if none was computed.
    broken : hard rules that are broken, if any.
    seed, seconds, versions : how it was made.
    """

    problem: RoutingProblem
    tours: tuple[Tour, ...]
    unserved: tuple[UnservedVisit, ...]
    status: Status
    objective: Mapping[str, float]
    bound: float | None = None
    broken: tuple[RouteBreach, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """What the plan costs in all, in cents."""
        return float(sum(self.objective.values()))

    @property
    def gap(self) -> float | None:
        """How far the value may be above the least possible, as a share of the value; None without a bound."""
        return relative_gap(self.value, bound=self.bound)

    def plot(self) -> Any:
        """Return the tours on a time axis as a `plotly.graph_objects.Figure`: a line a technician."""
        from troth.field.routing.plots import gantt

        return gantt(self.problem, tours=self.tours)

    def map(self) -> Any:
        """Return the tours on a map as a `plotly.graph_objects.Figure`; on bare coordinates without a background."""
        from troth.field.routing.plots import route_map

        return route_map(self.problem, tours=self.tours)

    def explain(self, visit_id: str | None = None) -> Explanation:
        """Return what the plan costs by rule, of one visit or of all, with each instance; hard rules that are broken cost nothing.

        Raises
        ------
        InputError : the problem has no such visit.
        """
        if visit_id is not None:
            known_visits(self.problem, asked=[visit_id], where="visit_id")
        by_rule: dict[str, list[RouteBreach]] = defaultdict(list)
        for one in breaches(self.problem, tours=self.tours):
            if visit_id in (None, one.visit_id):
                by_rule[one.rule].append(one)
        parts = tuple(
            Explanation(
                rule,
                {
                    "sentence": ROUTING_RULES[rule].sentence,
                    "cost_cents": sum(one.cost_cents for one in rows),
                    "times": len(rows),
                },
                tuple(Explanation(rule, one.as_dict()) for one in rows),
            )
            for rule, rows in sorted(by_rule.items(), key=lambda item: -sum(one.cost_cents for one in item[1]))
        )
        return Explanation("routing.objective", {"value_cents": sum(p.parameters["cost_cents"] for p in parts)}, parts)
