"""Needs that cannot be shared: the judge, plans against everybody tried for each of them, and why hours are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.capacity.projects.allocation.cases import alone_of, drawn_alone, exact_alone, plain, seeds
from troth.capacity.projects.allocation import (
    AllocatedWork,
    AllocationParams,
    AllocationPrices,
    AllocationProblem,
    Stop,
    advise,
    changed,
    solve,
    violations,
)
from troth.capacity.projects.allocation._classes import classes
from troth.capacity.projects.allocation._prices import ShadowPrices, bound
from troth.capacity.projects.allocation.rules import hard
from troth.core.decision import Status

NEAR = 1e-3
#: So many ways of who does what are tried by the plain reference.
MOST = 300


def _work(*rows: tuple[int, int, float]) -> AllocatedWork:
    table = np.array(rows, float).reshape(-1, 3)
    return AllocatedWork(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def _ways(problem: AllocationProblem) -> int:
    """Return in how many ways people could be settled."""
    alone = problem.needs.alone
    assert alone is not None
    return int(len(problem.people) ** len(set(alone[alone >= 0].tolist())))


@settings(max_examples=40, deadline=None)
@given(seed=seeds, soft=st.booleans(), periods=st.sampled_from([1, 2]))
def test_a_plan_is_the_best_there_is_if_everybody_is_tried(seed: int, soft: bool, periods: int) -> None:
    """With tries enough for small problems, it is worth as much as the best of everybody tried for each need, and its bound holds."""
    problem = drawn_alone(seed, soft=soft, periods=periods)
    if soft:  # breaks of the gain between whole hours are no matter of needs that cannot be shared
        problem = replace(problem, prices=replace(problem.prices, uneven=0.0))
    assume(_ways(problem) <= MOST)
    plan, best = solve(problem, params=AllocationParams(tries=1000)), exact_alone(problem)
    assert plan.broken == ()
    assert plan.bound is not None
    assert plan.value == pytest.approx(best, abs=NEAR)
    assert plan.bound >= best - NEAR
    if plan.status is Status.OPTIMAL:
        assert plan.bound == pytest.approx(best, abs=NEAR)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, join=st.sampled_from([0.0, 1.0, 5.0]), tries=st.sampled_from([0, 1, 3]))
def test_with_few_tries_the_best_lies_between_plan_and_bound(seed: int, join: float, tries: int) -> None:
    """However early the search ends, and with a price of joining, the plan keeps the rule and the bound holds."""
    problem = drawn_alone(seed, soft=True, join=join)
    assume(_ways(problem) <= MOST)
    plan, best = solve(problem, params=AllocationParams(tries=tries)), exact_alone(problem)
    assert plan.broken == ()
    assert plan.bound is not None
    assert plan.value <= best + NEAR
    assert best <= plan.bound + NEAR


@settings(max_examples=40, deadline=None)
@given(seed=seeds, soft=st.booleans(), chance=seeds)
def test_any_prices_prove_a_bound(seed: int, soft: bool, chance: int) -> None:
    """Whatever the prices are, nobody who does needs alone reaches more than the sum they give."""
    problem = drawn_alone(seed, soft=soft, periods=2)
    assume(_ways(problem) <= MOST)
    r, people = np.random.default_rng(chance), len(problem.people)
    shape = (3, 3, classes(problem).count)
    prices = ShadowPrices(r.normal(1, 2, shape), r.normal(0, 1, people), r.normal(0, 1, (people, 2)), problem.free)
    assert bound(problem, prices=prices, who=problem.familiar()) >= exact_alone(problem) - 1e-6


def test_hours_that_no_one_person_has_are_not_in_the_bound() -> None:
    """Of sixty hours a week that cannot be shared nobody does more than forty, and the plan is told to be the best."""
    problem = alone_of(_two([[40, 40], [40, 30]], (0, 0, 0, 60, 1), (0, 0, 1, 60, 1)), 0, 0)
    prices = ShadowPrices(np.zeros((1, 2, 1)), np.zeros(2), np.zeros((2, 1)), np.zeros((2, 2)))
    assert bound(problem, prices=prices, who=problem.familiar()) == 80
    assert solve(problem).status is Status.OPTIMAL


def _two(
    free: Sequence[Sequence[float]], *rows: tuple[int, int, int, float, float], **more: object
) -> AllocationProblem:
    """Return a problem of two people of one skill."""
    return plain(free, [[1], [1]], *rows)


def test_one_person_does_it_in_all_weeks() -> None:
    """Each has one full week; together they could do all, alone either does half: the other half is left and told."""
    problem = _two([[40, 0], [0, 40]], (0, 0, 0, 40, 1), (0, 0, 1, 40, 1))
    assert solve(problem).value == 80
    plan = solve(alone_of(problem, 0, 0))
    assert (plan.value, plan.bound, plan.status) == (40, 40, Status.OPTIMAL)
    assert len(set(plan.work.person.tolist())) == 1
    (part,) = plan.explain().parts
    assert [one.parameters["reason"] for one in part.parts] == ["alone"]


def test_whoever_can_do_it_all_does() -> None:
    """It goes to the one who has hours in both weeks, and what can be shared makes room."""
    problem = _two([[40, 40], [40, 0]], (0, 0, 0, 30, 1), (0, 0, 1, 30, 1), (1, 0, 0, 40, 1))
    plan = solve(alone_of(problem, 0, 0, -1))
    assert plan.served().tolist() == [30, 30, 40]
    assert {int(p) for p, m in zip(plan.work.person, plan.work.need, strict=True) if m < 2} == {0}


def test_whoever_is_confirmed_on_it_does_the_rest() -> None:
    """Though somebody else has more hours; if two are confirmed, one of them does."""
    problem = _two([[20], [40]], (0, 0, 0, 40, 1))
    one = alone_of(replace(problem, confirmed=_work((0, 0, 5))), 0)
    plan = solve(one)
    assert plan.served().tolist() == [20]
    assert hard(violations(one, work=_work((0, 0, 5), (1, 0, 10))))[0].amount == 10
    both = solve(alone_of(replace(problem, confirmed=_work((0, 0, 5), (1, 0, 5))), 0))
    assert both.broken == ()
    assert sorted(zip(both.work.person.tolist(), both.work.hours.tolist(), strict=True)) == [(0, 5), (1, 35)]


def test_the_judge_tells_hours_of_others() -> None:
    """Hours of whoever does less, over all weeks of the need, with its project and skill; needs of other numbers are of no matter."""
    problem = alone_of(_two([[40, 40], [40, 40]], (0, 0, 0, 30, 1), (0, 0, 1, 30, 1), (0, 0, 1, 5, 1)), 4, 4, 7)
    (found,) = hard(violations(problem, work=_work((0, 0, 30), (0, 1, 18), (1, 1, 12), (1, 2, 5))))
    assert (found.rule, found.amount, found.project, found.what) == ("allocation.alone", 12, "j0", "s0")
    assert hard(violations(problem, work=_work((0, 0, 30), (0, 1, 30), (1, 2, 5)))) == ()


def test_the_plan_before_is_kept_only_if_nobody_shares() -> None:
    """A plan in which a need is shared is no start where it cannot be."""
    problem = _two([[20], [20]], (0, 0, 0, 40, 1))
    plan = solve(alone_of(problem, 0), start=solve(problem), stop=Stop(steps=1))
    assert (plan.value, plan.broken) == (20, ())


def test_why_hours_of_one_person_are_left() -> None:
    """If whoever does it alone has hours left, a part of a grain is the reason, not that it cannot be shared; with nobody able, nobody is."""
    cases = (
        (alone_of(_two([[40], [40]], (0, 0, 0, 3.5, 1)), 0), "kept"),
        (alone_of(plain([[40], [40]], [[0], [0]], (0, 0, 0, 3, 1)), 0), "nobody"),
        (alone_of(_two([[40], [40]], (0, 0, 0, 60, 1)), 0), "alone"),
    )
    for problem, reason in cases:
        (part,) = solve(problem).explain().parts
        assert [one.parameters["reason"] for one in part.parts] == [reason]


def test_advice_is_of_one_persons_hours() -> None:
    """Somebody new with more hours than anybody has is worth what they do more alone, not what they would as a third."""
    plan = solve(alone_of(_two([[30], [30]], (0, 0, 0, 60, 1)), 0))
    assert plan.value == 30
    (one,) = advise(plan, hours=36)
    assert (str(one.kind), one.worth) == ("hire", 6)
    assert solve(changed(plan.problem, advice=one)).value == 36


def test_the_same_needs_give_the_same_plan() -> None:
    """Nothing is left to chance, nor does a price of joining let two people share."""
    problem = replace(drawn_alone(5, soft=True), prices=AllocationPrices(join=2.0))
    one, two = solve(problem), solve(problem)
    assert one.broken == ()
    assert np.array_equal(one.work.person, two.work.person)
    assert np.array_equal(one.work.hours, two.work.hours)
