"""The same plain model of a roster by CP-SAT and by HiGHS, beside the search."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from highspy._core import _Highs  # `highspy.Highs` prints a banner when it is made

from troth.capacity.roster import RosterProblem, violations
from troth.capacity.roster._ortools import Exact
from troth.capacity.roster.rules import hard


@dataclass(frozen=True, slots=True)
class PeerRoster:
    """What a peer found: None as value if nothing; the bound it reports; whether the judge accepts it."""

    value: float | None
    bound: float | None
    seconds: float
    feasible: bool


def by_cpsat(problem: RosterProblem, *, seconds: float) -> PeerRoster:
    """Solve the plain model by CP-SAT with two workers."""
    began = time.perf_counter()
    status, value, bound, duties = Exact(problem).best(seconds=seconds, workers=2)
    took = time.perf_counter() - began
    if status not in ("OPTIMAL", "FEASIBLE"):
        return PeerRoster(None, None, took, False)
    found = violations(problem, duties)
    agreed = not hard(found) and abs(sum(v.cost for v in found) - value) < 1e-6
    return PeerRoster(value, bound, took, agreed)


def by_highs(problem: RosterProblem, *, seconds: float) -> PeerRoster:
    """Solve the plain model by HiGHS with two threads."""
    began = time.perf_counter()
    exact = Exact(problem)
    proto = exact.model.proto
    model: Any = _Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 2)
    model.setOptionValue("time_limit", float(seconds))
    objective = np.zeros(len(proto.variables))
    for var, coeff in zip(proto.objective.vars, proto.objective.coeffs, strict=True):
        objective[var] = coeff
    for k, variable in enumerate(proto.variables):
        low, high = _ends(variable.domain)
        model.addCol(float(objective[k]), low, high, 0, np.empty(0, np.int32), np.empty(0))
    count = len(proto.variables)
    model.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.ones(count, np.uint8))
    for constraint in proto.constraints:
        low, high, columns, values = _row(constraint)
        model.addRow(low, high, len(columns), np.array(columns, np.int32), np.array(values))
    model.run()
    info = model.getInfo()
    took = time.perf_counter() - began
    bound = info.mip_dual_bound + proto.objective.offset
    if info.primal_solution_status != 2:
        return PeerRoster(None, bound, took, False)
    return PeerRoster(round(info.objective_function_value + proto.objective.offset), bound, took, True)


def _ends(domain: Any) -> tuple[float, float]:
    """Return the ends of a domain, which is one span in the plain model."""
    low, high = list(map(float, domain))
    return -np.inf if low < -1e15 else low, np.inf if high > 1e15 else high


def _row(constraint: Any) -> tuple[float, float, list[int], list[float]]:
    """Return a constraint of the plain model as a row: lower, upper, columns, values."""
    if constraint.has_linear():
        linear = constraint.linear
        return *_ends(linear.domain), list(linear.vars), [float(c) for c in linear.coeffs]
    if constraint.has_at_most_one():
        literals = list(constraint.at_most_one.literals)
        return -np.inf, 1.0, literals, [1.0] * len(literals)
    raise ValueError(f"a constraint the translation does not know: {constraint}")
