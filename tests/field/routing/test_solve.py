"""The search and the judge agree: what the search says a plan costs is what the judge finds, and it breaks no hard rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.field.routing.worlds import world
from troth.core.decision import Status
from troth.field.routing import Stop, solve
from troth.field.routing._compile import MUST, OVER_BUDGET, compiled
from troth.field.routing._hunt import hunt
from troth.field.routing.orders import toured
from troth.field.routing.rules import ROUTING_RULES, breaches


@pytest.mark.parametrize("seed", range(40))
def test_what_the_search_counts_is_what_the_judge_finds(seed: int) -> None:
    """Cost by the compiled walk is the judge's, with hard rules broken only where a visit must be served and cannot."""
    problem = world(seed, warp=seed % 4 == 3)
    found = hunt(compiled(problem), stop=Stop(steps=60), seed=seed, chains=1)
    told = breaches(problem, tours=toured(problem, seq=found.seq, size=found.size))
    broken = {one.rule for one in told if ROUTING_RULES[one.rule].hard}
    assert broken <= {"routing.must", "routing.changes"}
    cost = sum(one.cost_cents for one in told if not ROUTING_RULES[one.rule].hard)
    cost += MUST * sum(one.rule == "routing.must" for one in told)
    cost += OVER_BUDGET * sum(one.amount for one in told if one.rule == "routing.changes")
    assert cost <= found.value + 0.05
    # A tour that leaves later than it might starts its work later too; what that saves of starts that were too early is not counted.
    if not problem.published and all(one.soft is None for one in problem.visits):
        assert found.value == pytest.approx(cost, rel=1e-6, abs=0.05)


def test_the_same_seed_gives_the_same_plan() -> None:
    """With steps to stop at, chance comes from the seed alone."""
    problem = world(5, visits=20)
    one, other = (solve(problem, stop=Stop(steps=40), seed=3) for _ in range(2))
    assert one.tours == other.tours


def test_a_start_is_never_made_worse() -> None:
    """A plan given to begin with is kept if nothing better is found."""
    problem = world(8, visits=20)
    first = solve(problem, stop=Stop(steps=100), seed=1)
    again = solve(problem, stop=Stop(steps=1), seed=2, start=first)
    assert again.value <= first.value + 0.05


def test_a_stop_asked_for_keeps_the_best() -> None:
    """Who asks to stop gets the best plan so far, whole."""
    problem = world(9)
    plan = solve(problem, stop=Stop(seconds=60.0, asked=lambda: True), seed=1)
    assert plan.seconds < 30
    assert len(plan.unserved) + sum(len(t.visits()) for t in plan.tours) == len(problem.visits)


def test_what_cannot_be_served_says_why() -> None:
    """A skill nobody has, a window nobody reaches, a day that is full: each is a reason of its own."""
    problem = world(3, rich=False, visits=4, technicians=1)
    visits = list(problem.visits)
    visits[0] = replace(visits[0], skills={"welding": 1.0})
    visits[1] = replace(visits[1], service_s=200_000.0)
    visits[2] = replace(visits[2], unserved_cents=0.0, windows=())
    plan = solve(replace(problem, visits=tuple(visits)), stop=Stop(steps=50))
    why = {one.visit_id: [r.code for r in one.reasons] for one in plan.unserved}
    assert why["v0"] == ["routing.no-skill"]
    assert why["v1"] == ["routing.no-time"]
    assert why["v2"] == ["routing.too-dear"]


def test_nobody_at_work_is_a_plan_that_serves_nothing() -> None:
    """Technicians without shifts are no error; their visits are told as unserved."""
    problem = world(2, rich=False, visits=3, technicians=2)
    idle = tuple(replace(one, shifts=()) for one in problem.technicians)
    plan = solve(replace(problem, technicians=idle), stop=Stop(steps=3))
    assert plan.tours == ()
    assert len(plan.unserved) == 3


def test_more_time_than_steps_needs_no_time_at_all() -> None:
    """Two places on a line have one best order; it is found at once and its cost is known."""
    problem = world(1, rich=False, visits=1, technicians=1)
    plan = solve(problem, stop=Stop(steps=5))
    assert plan.status is Status.FEASIBLE
    assert np.isclose(plan.value, sum(plan.objective.values()))
