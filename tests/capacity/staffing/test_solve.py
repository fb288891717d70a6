"""What is found holds for the judge, and agrees with the formulas where they apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.staffing.centres import centre, poisson, queue
from troth.capacity.staffing import (
    LevelOver,
    SkillGroup,
    StaffingParams,
    breaches,
    broken,
    paces,
    solve,
)
from troth.core.decision import Status
from troth.queueing import Goal, Traffic, staff_for

_FORMULA = StaffingParams(twin=False)


@given(
    st.lists(st.integers(0, 80), min_size=2, max_size=4),
    st.floats(0.5, 0.95),
    st.floats(60, 600),
    st.sampled_from([None, 120.0, 600.0]),
)
@settings(max_examples=25, deadline=None)
def test_a_certain_future_by_interval_takes_what_the_formula_says(
    contacts: list[int], level: float, handle_s: float, patience_s: float | None
) -> None:
    """With one path and a level in each interval the answer is Erlang's."""
    one = queue(
        arrivals=np.array([contacts]), level=level, handle_s=handle_s, patience_s=patience_s, over=LevelOver.INTERVAL
    )
    traffic = Traffic(contacts, handle_s=handle_s, patience_s=patience_s)
    plan = solve(centre(one), params=_FORMULA)
    wanted = staff_for(traffic, goal=Goal(level=level)).staff
    # Formulas may do with nobody where few come; somebody is there when anybody comes.
    assert plan.staff[0].tolist() == np.where(np.array(contacts) > 0, np.maximum(wanted, 1), 0).tolist()


@given(
    st.integers(1, 40),
    st.sampled_from([0.5, 0.8, 0.95]),
    st.sampled_from([None, 0.7]),
    st.integers(0, 3),
    st.integers(0, 9),
)
@settings(max_examples=25, deadline=None)
def test_judge_and_solver_agree_by_interval(
    mean: int, confidence: float, occupancy: float | None, least: int, seed: int
) -> None:
    """Every plan is accepted, and its stated probabilities are those the judge computes path by path."""
    one = queue(arrivals=poisson(mean, paths=20, intervals=3, seed=seed), over=LevelOver.INTERVAL)
    group = SkillGroup("lt", ("calls",), least=least, in_office=0.1, out_of_office=0.2)
    problem = centre(one, groups=(group,), confidence=confidence, occupancy=occupancy)
    plan = solve(problem, params=_FORMULA)
    assert broken(breaches(problem, plan=plan)) == []
    fewer = plan.staff - 1
    if (fewer >= least).all() and occupancy is None:
        assert broken(breaches(problem, plan=replace(plan, staff=fewer)))


@given(st.integers(2, 30), st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_asking_for_less_never_takes_more(mean: int, seed: int) -> None:
    """A lower level or confidence takes no more people, by interval."""
    one = queue(arrivals=poisson(mean, paths=20, intervals=3, seed=seed), over=LevelOver.INTERVAL)
    full = solve(centre(one), params=_FORMULA)
    assert (solve(centre(one, confidence=0.6), params=_FORMULA).staff <= full.staff).all()
    assert (solve(centre(replace(one, level=0.6)), params=_FORMULA).staff <= full.staff).all()


def test_a_day_is_staffed_so_that_the_judge_finds_the_stated_chance() -> None:
    """The probability told of a day is that of other futures, and enough; with a person fewer each it is not."""
    problem = centre(queue(), confidence=0.8)
    plan = solve(problem, seed=3)
    assert plan.status is Status.FEASIBLE
    assert broken(breaches(problem, plan=plan, futures=150)) == []
    assert 0.72 < plan.chance("calls").probability[0] < 0.97
    thin = replace(plan, staff=np.maximum(plan.staff - 1, 1))
    assert {one.rule for one in broken(breaches(problem, plan=thin, futures=150))} == {
        "staffing.level",
        "staffing.stated",
    }


def test_each_queue_of_a_pool_reaches_its_level_with_people_who_can() -> None:
    """English goes to those who speak it; specialists are not enough, and all reach their level."""
    calls, english = queue(), queue("en", 4)
    groups = (SkillGroup("lt", ("calls",)), SkillGroup("both", ("calls", "en"), cents_per_hour=2500))
    problem = centre(calls, english, groups=groups, confidence=0.8)
    plan = solve(problem, seed=3)
    assert broken(breaches(problem, plan=plan, futures=150)) == []
    assert (plan.row("both") > 0).mean() > 0.7
    assert plan.row("lt").sum() > 0


def test_work_that_can_wait_is_smoothed_into_its_window() -> None:
    """Mail that comes before opening is done while few call, on time, with about the hours the work takes."""
    come = np.zeros((40, 20))
    come[:, 0] = 60.0
    mail = queue("mail", arrivals=come, handle_s=600.0, within_s=9 * 3600.0, level=0.9, deferred=True, patience_s=None)
    problem = centre(mail, confidence=0.8)
    plan = solve(problem, seed=3)
    hours = plan.staff.sum() / 2
    assert 9.0 <= hours <= 13.0  # nine tenths of ten hours are to be in time
    assert plan.staff.max() <= 3
    assert broken(breaches(problem, plan=plan, futures=60)) == []


def test_targets_that_cannot_be_met_are_told_with_what_can() -> None:
    """One agent for the work of three: infeasible, with the probability and level that are left."""
    problem = centre(queue(), groups=(SkillGroup("solo", ("calls",), most=1),))
    plan = solve(problem, seed=1)
    assert plan.status is Status.INFEASIBLE
    issue = next(one for one in plan.issues if one.code == "target-not-met")
    assert "probability 0.00 instead of 0.9" in issue.value
    assert plan.staff.max() == 1


def test_the_same_seed_gives_the_same_plan_with_any_number_of_threads() -> None:
    """Chance is a function of the seed."""
    problem = centre(queue(), confidence=0.8)
    plans = [solve(problem, seed=5, params=StaffingParams(futures=30, workers=n)) for n in (1, 2)]
    assert plans[0].staff.tolist() == plans[1].staff.tolist()
    assert plans[0].chance("calls").probability.tolist() == plans[1].chance("calls").probability.tolist()


def test_a_start_is_kept_as_the_least() -> None:
    """Whoever is there to begin with stays."""
    one = queue(over=LevelOver.INTERVAL)
    start = np.full((1, 12), 9)
    plain, more = solve(centre(one), params=_FORMULA), solve(centre(one), params=_FORMULA, start=start)
    assert more.staff.tolist() == np.maximum(plain.staff, start).tolist()


def test_chat_takes_fewer_people_than_calls() -> None:
    """Several at once, each slower, still save people."""
    chat = queue(at_once=2, slowing=0.3, arrivals=poisson(30), within_s=40.0)
    calls = queue(arrivals=poisson(30), within_s=40.0)
    both = [solve(centre(one, confidence=0.8), seed=2).staff.sum() for one in (chat, calls)]
    assert both[0] < 0.85 * both[1]


def test_one_more_person_is_worth_less_than_one_fewer_costs() -> None:
    """Returns diminish where the level is reached."""
    plan = solve(centre(queue(worth_cents=200.0), confidence=0.8), params=_FORMULA)
    assert (plan.gain_cents <= plan.loss_cents + 1e-9).all()
    assert (plan.loss_cents > 0).all()
    assert (plan.need_low <= plan.need_high).all()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("staffing.open", lambda n: np.where(np.arange(12) < 2, 1, n)),
        ("staffing.least", lambda n: n * 0),
        ("staffing.most", lambda n: n + 50),
        ("staffing.occupancy", lambda n: np.maximum(n - 2, 1)),
        ("staffing.level", lambda n: np.maximum(n - 2, 1)),
        ("staffing.stated", lambda n: n - 1),
    ],
)
def test_the_judge_names_the_rule_of_a_broken_plan(rule: str, change: Any) -> None:
    """Each rule can be broken, and the judge says which."""
    there = np.arange(12) >= 2
    come = np.where(there, poisson(20, paths=20), 0)
    group = SkillGroup("lt", ("calls",), least=1, most=12, open=there)
    problem = centre(queue(arrivals=come, over=LevelOver.INTERVAL), groups=(group,), occupancy=0.9, confidence=0.7)
    plan = solve(problem, params=_FORMULA)
    assert broken(breaches(problem, plan=plan)) == []
    worse = replace(plan, staff=np.asarray(change(plan.staff), np.int64))
    assert rule in {one.rule for one in broken(breaches(problem, plan=worse))}


def test_people_of_different_pace_make_a_day_less_sure() -> None:
    """Paces are found again beyond chance; with them the same staff's chance is other, and the judge agrees with what is stated."""
    rng = np.random.default_rng(3)
    true = {f"p{k}": 0.6 + 0.1 * k for k in range(9)}
    people = [name for name in true for _ in range(300)]
    found = paces(people, handle_s=[rng.exponential(240 * true[name]) for name in people])
    assert max(abs(found[name] - pace) for name, pace in true.items()) < 0.15
    alike = paces(people, handle_s=rng.exponential(240, len(people)))
    assert max(abs(pace - 1) for pace in alike.values()) < 0.06
    group = SkillGroup("all", ("calls",), paces=tuple(found.values()))
    problem = centre(queue(), groups=(group,), confidence=0.8)
    plan = solve(problem, seed=3)
    assert broken(breaches(problem, plan=plan, futures=150)) == []
    assert plan.staff.sum() >= solve(centre(queue(), confidence=0.8), seed=3).staff.sum() - 1
