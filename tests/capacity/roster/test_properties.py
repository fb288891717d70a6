"""Judge, search and exact model hold against each other on random small problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.capacity.roster.problems import small
from troth.capacity.roster import (
    Before,
    Employee,
    KindNeed,
    RosterParams,
    RosterProblem,
    ShiftKind,
    Stop,
    Terms,
    check,
    solve,
    violations,
)
from troth.capacity.roster._ortools import Exact
from troth.capacity.roster.rules import hard
from troth.core.decision import Severity, Status

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _sound(problem: RosterProblem) -> bool:
    return not any(issue.severity is Severity.ERROR for issue in check(problem))


@QUICK
@given(small())
def test_search_judge_and_exact_model_agree(problem: RosterProblem) -> None:
    """What the exact model proves best the search finds, the judge prices alike, and no bound is above it."""
    assume(_sound(problem))
    status, value, _, duties = Exact(problem).best(seconds=10, workers=1)
    plan = solve(problem, stop=Stop(steps=12), params=RosterParams(workers=1, proof_s=5))
    if status == "INFEASIBLE":
        assert plan.status is Status.INFEASIBLE
        assert plan.conflicts
        return
    assert status == "OPTIMAL"
    found = violations(problem, duties)
    assert not hard(found)
    assert sum(v.cost for v in found) == pytest.approx(value)
    assert not plan.broken
    assert plan.bound is None or plan.bound <= value + 1e-6
    assert plan.value == pytest.approx(value)


@QUICK
@given(
    small(),
    st.sampled_from(["minutes", "longest_run", "shortest_run", "shortest_off", "most_weekends", "rest", "away"]),
)
def test_relaxing_a_rule_never_worsens_the_best(problem: RosterProblem, rule: str) -> None:
    """Without a rule of one person the least price is no higher."""
    assume(_sound(problem))
    first = problem.staff[0]
    free = replace(first, away=frozenset()) if rule == "away" else first
    if rule != "away":
        free = replace(first, terms=replace(first.terms, **{rule: getattr(Terms(), rule)}))
    status, value, _, _ = Exact(problem).best(seconds=10, workers=1)
    assume(status == "OPTIMAL")
    relaxed = replace(problem, staff=(free, *problem.staff[1:]))
    again, less, _, _ = Exact(relaxed).best(seconds=10, workers=1)
    assert again == "OPTIMAL"
    assert less <= value + 1e-6
    plan = solve(relaxed, stop=Stop(steps=12), params=RosterParams(workers=1))
    assert plan.value <= value + 1e-6


def test_the_eve_bars_what_it_bars_whatever_else_does() -> None:
    """Ten hours after the eve's late shift the early start is too soon, though no shift of the problem bars just that."""
    early, later = (ShiftKind(name, (480,), (start,)) for name, start in (("early", 480), ("later", 600)))
    ada = Employee("ada", Terms(rest=660), before=Before(run=1, kind="late", ended=-120))
    needs = (KindNeed(0, "early", 1, 100.0, 1.0), KindNeed(0, "later", 1, 50.0, 1.0))
    problem = RosterProblem(date(2026, 6, 1), 2, (early, later), (ada,), kind_needs=needs)
    plan = solve(problem, stop=Stop(seconds=2))
    assert not plan.broken
    assert [(one.day, one.kind) for one in plan.duties if one.day == 0] == [(0, "later")]
