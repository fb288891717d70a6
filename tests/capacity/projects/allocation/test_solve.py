"""From an allocation problem to a plan: against exact programs, with caps, confirmed bookings and every price."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.allocation.cases import drawn, exact, plain, seeds
from troth.capacity.projects.allocation import AllocatedWork, AllocationPrices, Stop, solve, violations
from troth.capacity.projects.allocation._classes import classes
from troth.capacity.projects.allocation._prices import ShadowPrices, bound
from troth.capacity.projects.allocation.rules import hard
from troth.core.decision import Status
from troth.core.errors import InputError

#: What the solver's whole prices may miss: half a millionth of the dearest, for each hour.
NEAR = 1e-3


@settings(max_examples=60, deadline=None)
@given(seed=seeds, soft=st.booleans(), periods=st.sampled_from([1, 2]))
def test_a_plan_is_the_best_there_is(seed: int, soft: bool, periods: int) -> None:
    """Without a price of joining the plan is worth as much as the exact whole program's, and keeps every hard rule."""
    problem = drawn(seed, soft=soft, periods=periods)
    if soft:  # breaks of the gain between whole hours are left to the next test
        problem = replace(problem, prices=replace(problem.prices, uneven=0.0))
    plan = solve(problem)
    assert plan.broken == ()
    assert plan.value == pytest.approx(exact(problem), abs=NEAR)
    assert plan.bound is not None
    assert plan.bound >= plan.value - 1e-9


@settings(max_examples=60, deadline=None)
@given(seed=seeds, soft=st.booleans(), whole=st.booleans(), periods=st.sampled_from([1, 2]))
def test_the_bound_is_never_below_the_linear_program_on_which_it_stands(
    seed: int, soft: bool, whole: bool, periods: int
) -> None:
    """With hours of any size and all rules, the bound is at least what fractions of hours reach, and so is any plan below it."""
    problem = drawn(seed, soft=soft, whole=whole, periods=periods)
    plan = solve(problem)
    best = exact(problem, whole=False)
    assert plan.bound is not None
    assert plan.bound >= best - 1e-6
    assert plan.value <= best + 1e-6
    assert plan.broken == ()
    if whole and not soft:
        assert plan.bound == pytest.approx(best, abs=NEAR)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, join=st.sampled_from([0.5, 2.0, 10.0]))
def test_with_a_price_of_joining_the_best_lies_between_plan_and_bound(seed: int, join: float) -> None:
    """Joining makes the problem hard: the exact answer is neither below the plan nor above the bound."""
    problem = drawn(seed, soft=True, join=join)
    plan, best = solve(problem), exact(problem)
    assert plan.broken == ()
    assert plan.bound is not None
    assert plan.value <= best + NEAR
    assert best <= plan.bound + NEAR


@settings(max_examples=40, deadline=None)
@given(seed=seeds, soft=st.booleans(), chance=seeds)
def test_any_prices_prove_a_bound(seed: int, soft: bool, chance: int) -> None:
    """Weak duality: whatever the prices are, no plan is worth more than the sum they give."""
    problem = drawn(seed, soft=soft, periods=2)
    r = np.random.default_rng(chance)
    shape = (3, 3, classes(problem).count)
    prices = ShadowPrices(
        r.normal(1, 2, shape),
        r.normal(0, 1, len(problem.people)),
        r.normal(0, 1, (len(problem.people), 2)),
        problem.free,
    )
    assert bound(problem, prices=prices, who=problem.familiar()) >= exact(problem, whole=False) - 1e-6


def test_hours_go_to_the_most_valuable_need() -> None:
    """What is short goes where it is worth most, as far as that is needed."""
    plan = solve(plain([[40]], [[1]], (0, 0, 0, 30, 1), (1, 0, 0, 20, 2)))
    assert plan.served().tolist() == [20, 20]
    assert (plan.value, plan.status) == (60, Status.OPTIMAL)


def test_a_cap_sends_hours_to_the_best_weeks() -> None:
    """Who may work 40 hours in all works in the week in which they are worth most."""
    problem = plain([[40, 40]], [[1]], (0, 0, 0, 40, 1), (0, 0, 1, 40, 3), caps=np.array([[50.0]]))
    assert solve(problem).hours().tolist() == [[10, 40]]


def test_caps_are_of_periods() -> None:
    """A cap of each period holds for its weeks alone."""
    problem = plain(
        [[40, 40]], [[1]], (0, 0, 0, 40, 1), (0, 0, 1, 40, 3), caps=np.array([[20.0, 30.0]]), period=np.array([0, 1])
    )
    assert solve(problem).hours().tolist() == [[20, 30]]


def test_half_days_are_whole() -> None:
    """With a grain of 4 hours nobody is planned for 6."""
    plan = solve(plain([[38, 10]], [[1]], (0, 0, 0, 30, 1), (0, 0, 1, 30, 1), grain=4.0))
    assert plan.hours().tolist() == [[28, 8]]
    assert plan.bound == pytest.approx(40)


def test_what_is_confirmed_stays() -> None:
    """A confirmed booking is in the plan even if others would be worth more, and takes its hours."""
    confirmed = AllocatedWork(np.array([0]), np.array([0]), np.array([30.0]))
    plan = solve(plain([[40]], [[1]], (0, 0, 0, 30, 1), (1, 0, 0, 20, 2), confirmed=confirmed))
    assert plan.served().tolist() == [30, 10]
    assert [(one.project_id, one.hours) for one in plan.bookings()] == [("j1", 10)]


def test_people_stay_on_their_projects_at_no_price() -> None:
    """Two people who can do both projects do one each, week after week, though any mixture is worth the same."""
    weeks = 8
    rows = [(j, 0, w, 40.0, 1.0) for w in range(weeks) for j in range(2)]
    plan = solve(plain(np.full((2, weeks), 40), [[1], [1]], *rows))
    pairs = {
        (int(p), int(plan.problem.needs.project[m])) for p, m in zip(plan.work.person, plan.work.need, strict=True)
    }
    assert len(pairs) == 2
    assert plan.status is Status.OPTIMAL


def test_people_who_know_a_project_are_preferred() -> None:
    """With a price of joining, who knows a project does it."""
    problem = plain(
        [[40, 40], [40, 40]],
        [[1], [1]],
        (0, 0, 0, 40, 1),
        (0, 0, 1, 40, 1),
        known=np.array([[1, 0]]),
        prices=AllocationPrices(join=5),
    )
    plan = solve(problem)
    assert set(plan.work.person.tolist()) == {1}
    assert plan.value == 80


def test_nobody_joins_for_too_little() -> None:
    """A person who would join for hours worth less than joining costs does not."""
    problem = plain([[10]], [[1]], (0, 0, 0, 4, 1), prices=AllocationPrices(join=5))
    plan = solve(problem)
    assert (plan.value, len(plan.work)) == (0, 0)


def test_a_search_without_time_gives_its_first_plan_and_a_bound() -> None:
    """Stopped at once, the plan is sound, is told to be stopped, and its bound holds."""
    problem = plain([[40, 40]], [[1]], (0, 0, 0, 40, 1), (0, 0, 1, 40, 3), caps=np.array([[50.0]]))
    for stop in (Stop(steps=1), Stop(seconds=0), Stop(asked=lambda: True)):
        plan = solve(problem, stop=stop)
        assert plan.status is not Status.FEASIBLE
        assert plan.broken == ()
        assert plan.bound is not None
        assert plan.bound >= 130


def test_a_start_is_kept_if_nothing_better_is_found() -> None:
    """Stopped at once, the answer is the plan it began with, if that is better than the first one."""
    problem = plain([[8], [8]], [[1, 1], [1, 0]], (0, 0, 0, 8, 2), (1, 1, 0, 8, 1))
    best = solve(problem)
    again = solve(problem, start=best, stop=Stop(steps=1))
    assert again.value == best.value == 24


def test_a_start_that_breaks_a_rule_is_left_out() -> None:
    """A plan of another problem is no plan of this one."""
    big, small = (plain([[free]], [[1]], (0, 0, 0, 40, 1)) for free in (40, 20))
    assert solve(small, start=solve(big)).value == 20


def test_progress_is_told_and_does_not_fall() -> None:
    """Each step tells the best so far."""
    told = list[tuple[float, float | None]]()
    solve(drawn(3), on_progress=lambda value, best: told.append((value, best)))
    assert all(a[0] <= b[0] for a, b in pairwise(told))
    assert told[-1][1] is not None


def test_the_same_problem_gives_the_same_plan() -> None:
    """Nothing is left to chance."""
    one, two = (solve(drawn(11, soft=True)) for _ in range(2))
    assert np.array_equal(one.work.person, two.work.person)
    assert np.array_equal(one.work.hours, two.work.hours)


def test_wrong_input_is_told_at_once() -> None:
    """Every issue comes with the error."""
    with pytest.raises(InputError) as caught:
        solve(plain([[-1]], [[1]], (0, 0, 0, -1, 1)))
    assert [issue.code for issue in caught.value.issues] == ["bad-hours", "bad-hours"]


def test_nothing_to_do_is_a_plan() -> None:
    """No people or no needs: an empty plan that is the best."""
    for problem in (plain([[40]], [[1]]), plain(np.zeros((0, 1)), np.zeros((0, 1)), (0, 0, 0, 5, 1))):
        plan = solve(problem)
        assert (plan.value, plan.status) == (0, Status.OPTIMAL)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_the_judge_agrees_with_every_plan(seed: int) -> None:
    """Whatever is asked for, plans keep every hard rule, and the value is what is wanted less what the judge takes off."""
    problem = drawn(seed, soft=True, join=1.0, whole=False, periods=2)
    plan = solve(problem)
    found = violations(problem, work=plan.work)
    assert hard(found) == ()
    assert plan.value == pytest.approx(problem.wanted - sum(one.cost for one in found))
