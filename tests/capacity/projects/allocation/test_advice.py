"""What would help: worth at most what prices prove, and exactly that for an hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.allocation.cases import drawn, exact, plain, seeds
from troth.capacity.projects.allocation import (
    AdviceKind,
    AllocationAdvice,
    AllocationPrices,
    Stop,
    advise,
    changed,
    solve,
)

NEAR = 1e-3


@settings(max_examples=25, deadline=None)
@given(seed=seeds, soft=st.booleans())
def test_nothing_is_worth_more_than_is_said(seed: int, soft: bool) -> None:
    """The exact best of each changed problem is at most the bound and the worth of the change."""
    problem = drawn(seed, soft=soft, periods=2)
    plan = solve(problem)
    assert plan.bound is not None
    for one in advise(plan, top=1, hours=5, span=1, learn=1, delays=(1,)):
        assert exact(changed(problem, advice=one), whole=False) <= plan.bound + one.worth + NEAR
        assert one.worth > 0


@settings(max_examples=40, deadline=None)
@given(seed=seeds, s=st.integers(0, 2), w=st.integers(0, 2))
def test_a_price_is_what_one_hour_more_brings(seed: int, s: int, w: int) -> None:
    """Somebody new for one hour of a skill in a week adds exactly the price of that skill and week."""
    problem = drawn(seed)
    plan = solve(problem)
    assert plan.prices is not None
    price = np.nan_to_num(plan.prices.of_skills())[s, w]
    one = AllocationAdvice(AdviceKind.SUBCONTRACT, price, problem.skills[s], first=w, until=w + 1, hours=1)
    assert solve(changed(problem, advice=one)).value - plan.value == pytest.approx(price, abs=NEAR)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, w=st.integers(0, 2))
def test_a_persons_price_is_what_an_hour_of_theirs_brings(seed: int, w: int) -> None:
    """One free hour more of a person without a cap adds exactly the price of their week."""
    problem = replace(drawn(seed), caps=None, period=None)
    plan = solve(problem)
    assert plan.prices is not None
    more = problem.free.copy()
    more[0, w] += 1
    gain = solve(replace(problem, free=more)).value - plan.value
    assert gain == pytest.approx(plan.prices.of_people()[0, w], abs=NEAR)


def test_the_skill_that_is_short_is_hired() -> None:
    """Of two skills the one of which hours are missing is hired, and for as much as they are worth."""
    problem = plain([[40, 40], [40, 40]], [[1, 0], [0, 1]], (0, 0, 0, 90, 2), (0, 0, 1, 90, 2), (1, 1, 0, 20, 9))
    found = [one for one in advise(solve(problem), hours=40, span=1) if one.kind is AdviceKind.HIRE]
    assert [one.skill for one in found] == ["s0"]
    assert found[0].worth == pytest.approx(160)
    again = solve(changed(problem, advice=found[0]))
    assert again.value - solve(problem).value == pytest.approx(160)


def test_who_is_idle_is_trained() -> None:
    """A second skill is worth the hours that are idle, from when it is learned."""
    problem = plain([[40, 40], [40, 40]], [[1, 0], [0, 1]], (0, 0, 0, 60, 2), (0, 0, 1, 60, 2))
    found = [one for one in advise(solve(problem), learn=1) if one.kind is AdviceKind.TRAIN]
    assert [(one.person, one.skill) for one in found] == [("p1", "s0")]
    assert found[0].worth == pytest.approx(80)  # at most: 40 hours at the price of the first
    again = solve(changed(problem, advice=found[0]))
    assert again.value - solve(problem).value == pytest.approx(40)  # only 20 hours were missing


def test_a_project_is_put_off_to_when_there_are_hours() -> None:
    """Two projects want the same week; one of them a week later is worth all that was left undone."""
    problem = plain([[40, 40]], [[1]], (0, 0, 0, 40, 1), (1, 0, 0, 40, 3))
    plan = solve(problem)
    found = [one for one in advise(plan) if one.kind is AdviceKind.DELAY]
    assert ("j1", 1) in {(one.project, one.weeks) for one in found}
    for one in found:
        assert solve(changed(problem, advice=one)).value <= plan.value + one.worth + NEAR
    again = solve(changed(problem, advice=next(one for one in found if one.project == "j1")))
    assert again.value == pytest.approx(160)


def test_nothing_is_put_off_for_a_skill_that_nobody_has() -> None:
    """Later there is nobody either, so that a delay is worth nothing; of somebody who is there only later it is."""
    nobody = plain([[40, 40]], [[1, 0]], (0, 1, 0, 10, 1))
    assert [one for one in advise(solve(nobody)) if one.kind is AdviceKind.DELAY] == []
    later = replace(plain([[40, 40]], [[1]], (0, 0, 0, 10, 1)), held=np.array([[[False, True]]]))
    assert [(one.project, one.weeks) for one in advise(solve(later)) if one.kind is AdviceKind.DELAY] == [("j0", 1)]


def test_what_is_put_off_beyond_the_last_week_is_not_done() -> None:
    """A need that would come after the last week has no hours any more."""
    problem = plain([[40, 40]], [[1]], (0, 0, 0, 10, 1), (0, 0, 1, 30, 1))
    later = changed(problem, advice=AllocationAdvice(AdviceKind.DELAY, 0.0, project="j0", weeks=1))
    assert (later.needs.week.tolist(), later.needs.hours.tolist()) == ([1, 1], [10, 0])


def test_without_prices_there_is_no_advice() -> None:
    """A search that was stopped knows no prices."""
    assert advise(solve(plain([[40]], [[1]], (0, 0, 0, 90, 1)), stop=Stop(steps=1))) == ()


def test_where_all_is_done_nothing_helps() -> None:
    """With hours left everywhere no change is worth anything."""
    assert advise(solve(plain([[40, 40]], [[1]], (0, 0, 0, 10, 1)))) == ()


def test_a_change_keeps_every_table_in_shape() -> None:
    """Somebody new has a row in each table that the problem has."""
    problem = drawn(5, soft=True, periods=2)
    more = changed(problem, advice=AllocationAdvice(AdviceKind.HIRE, 0.0, "a", until=3, hours=10))
    for table in (more.free, more.levels, more.held, more.caps, more.busy, more.cost, more.target):
        assert table is not None
        assert len(table) == len(more.people)
    assert solve(more).broken == ()
    assert more.prices == problem.prices != AllocationPrices()
