"""The search: proven best on small problems whatever they ask, honest about what it does not know."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.capacity.projects.schedule.problems import act, house, least_makespan, small, who
from troth.capacity.projects.schedule import (
    Precedence,
    ProjectActivity,
    ScheduleParams,
    ScheduleProblem,
    SkilledWorker,
    Stop,
    check,
    solve,
    violations,
)
from troth.capacity.projects.schedule.rules import hard
from troth.core.decision import Severity, Status
from troth.core.errors import InputError

ONE = ScheduleParams(workers=1, rounds=3, proof_s=10)


def _sound(problem: ScheduleProblem) -> bool:
    return not any(issue.severity is Severity.ERROR for issue in check(problem))


def _far(problem: ScheduleProblem) -> int:
    back = max([0, *(b for w in problem.workers for _, b in w.away), *(a.release for a in problem.activities)])
    return back + sum(a.duration for a in problem.activities) + sum(p.lag for p in problem.precedences)


@settings(max_examples=80)
@given(small())
def test_the_makespan_is_that_of_trying_everything(problem: ScheduleProblem) -> None:
    """Best by brute force = best by the search, which says so, and the judge accepts both; impossible only if nothing exists."""
    assume(_sound(problem))
    best = least_makespan(problem, horizon=_far(problem))
    plan = solve(problem, stop=Stop(seconds=20), params=ONE)
    if best is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflicts
        return
    value, (starts, work) = best
    other = replace(plan, starts=starts, work=work)
    assert [v.cost for v in violations(problem, plan=other)] == [float(value)]
    assert plan.status is Status.OPTIMAL
    assert plan.makespan == plan.bound == value
    assert [v.cost for v in violations(problem, plan=plan)] == [float(value)]


def _stays() -> ScheduleProblem:
    """Return a problem in which people suffice at each moment, but nobody can stay: only ada can do both.

    x and y overlap ends of z at the best starts, and z needs either skill throughout.
    """
    acts = (
        ProjectActivity("x", 2, {"cable": 1}, start=0),
        ProjectActivity("y", 2, {"paint": 1}, start=2),
        ProjectActivity("z", 4, {"any": 1}, start=0),
    )
    crew = (SkilledWorker("cab", frozenset({"cable", "any"})), SkilledWorker("pat", frozenset({"paint", "any"})))
    return ScheduleProblem(acts, crew)


def test_people_who_suffice_at_each_moment_may_not_suffice_to_stay() -> None:
    """Sets of skills alone would call this possible; people who stay cannot do it, and the plan says so."""
    plan = solve(_stays(), stop=Stop(seconds=20), params=ONE)
    assert plan.status is Status.INFEASIBLE
    freed = replace(_stays(), activities=tuple(replace(one, start=None) for one in _stays().activities))
    plan = solve(freed, stop=Stop(seconds=20), params=ONE)
    assert (plan.status, plan.makespan, plan.broken) == (Status.OPTIMAL, 6, ())


def test_a_house_is_wired_before_it_is_painted() -> None:
    """Known by hand: 1 + 3 + 3, with the doors beside them; the explanation is the chain that makes it so long."""
    plan = solve(house(), stop=Stop(seconds=20), params=ONE)
    assert (plan.status, plan.makespan, plan.gap, plan.value) == (Status.OPTIMAL, 7, 0.0, 7.0)
    assert plan.team("wire") == {"ada": "cable", "ben": "cable"}
    told = plan.explain()
    assert [part.parameters["activity_id"] for part in told.parts] == ["plan", "wire", "first coat"]
    assert told.parameters == {"value": 7, "bound": 7}


def test_the_same_seed_and_steps_give_the_same_plan() -> None:
    """With a stop by steps neither time nor threads decide."""
    acts = tuple(act(f"a{k}", 1 + k % 4, cable=1 + k % 2, paint=(k + 1) % 2) for k in range(9))
    links = tuple(Precedence(f"a{k}", f"a{k + 3}") for k in range(0, 6, 2))
    problem = ScheduleProblem(
        acts, tuple(who(f"w{k}", skills) for k, skills in enumerate(["cable", "cable paint", "paint"])), links
    )
    one, two = (
        solve(problem, stop=Stop(steps=2), seed=3, params=ScheduleParams(workers=2, rounds=20)) for _ in range(2)
    )
    assert (one.starts, one.work, one.bound, one.status) == (two.starts, two.work, two.bound, two.status)


def test_a_stop_at_once_still_gives_a_judged_plan_with_a_bound() -> None:
    """No time: the first schedule built, nothing broken, not called best unless the bound says so."""
    acts = tuple(act(f"a{k}", 2, cable=1) for k in range(30))
    plan = solve(ScheduleProblem(acts, (who("ada"), who("ben"), who("eve"))), stop=Stop(seconds=0))
    assert not plan.broken
    assert plan.bound is not None
    assert plan.bound <= 20 <= plan.makespan
    assert (plan.status is Status.OPTIMAL) == (plan.makespan == plan.bound)


def _hard(n: int = 60) -> ScheduleProblem:
    """Return a problem that is not done within a second: many lengths on few people who differ."""
    acts = tuple(act(f"a{k}", 3 + (k * k) % 17, cable=1 + k % 3, paint=(k * 7) % 3) for k in range(n))
    links = tuple(Precedence(f"a{k}", f"a{k + 7}") for k in range(0, n - 7, 3))
    skills = ["cable", "cable paint", "paint", "cable paint", "cable", "paint"]
    return ScheduleProblem(acts, tuple(who(f"w{k}", some) for k, some in enumerate(skills)), links)


def test_whoever_asks_to_stop_is_heard() -> None:
    """A search with an hour ahead ends soon after it is asked, with the best so far."""
    asked = threading.Event()
    threading.Timer(1.0, asked.set).start()
    began = time.monotonic()
    plan = solve(_hard(), stop=Stop(seconds=3600, asked=asked.is_set))
    assert asked.is_set()
    assert time.monotonic() - began < 60
    assert not plan.broken


def test_progress_tells_values_that_fall_and_bounds_that_rise() -> None:
    """Each figure is at least as good as the one before, and the last is the plan's."""
    told: list[tuple[float, float | None]] = []
    plan = solve(
        _hard(14), stop=Stop(seconds=3), params=ONE, on_progress=lambda value, bound: told.append((value, bound))
    )
    values, bounds = [v for v, _ in told], [b or 0 for _, b in told]
    assert values == sorted(values, reverse=True)
    assert bounds == sorted(bounds)
    assert (values[-1], bounds[-1]) == (plan.value, plan.bound)


def test_a_plan_to_begin_with_is_never_made_worse() -> None:
    """Without time the plan given comes back if it is better than what is built; one that breaks a rule is left out."""
    good = solve(house(), stop=Stop(seconds=20), params=ONE)
    again = solve(house(), stop=Stop(seconds=0), params=replace(ONE, rounds=0), start=good)
    assert again.makespan == 7
    broken = replace(good, starts={**good.starts, "wire": 0}, broken=())
    assert not solve(house(), stop=Stop(seconds=20), params=ONE, start=broken).broken


def test_what_is_wrong_with_a_problem_is_raised_whole() -> None:
    """All errors of the check in one exception."""
    with pytest.raises(InputError) as caught:
        solve(ScheduleProblem((act("a", -1), act("a", 1, cable=1)), ()))
    assert {issue.code for issue in caught.value.issues} == {"bad-duration", "activity-twice", "skill-nobody-holds"}


def test_nothing_to_do_is_done_at_once() -> None:
    """No activities: an empty plan that ends at 0."""
    plan = solve(ScheduleProblem((), (who("ada"),)), stop=Stop(seconds=5))
    assert (plan.makespan, plan.starts, plan.status) == (0, {}, Status.OPTIMAL)


@settings(max_examples=15)
@given(small(limits=False), st.integers(2, 5))
def test_scaled_durations_scale_the_makespan(problem: ScheduleProblem, times: int) -> None:
    """All durations and lags times k: the least makespan times k."""
    assume(_sound(problem))
    larger = replace(
        problem,
        activities=tuple(replace(one, duration=one.duration * times) for one in problem.activities),
        precedences=tuple(replace(one, lag=one.lag * times) for one in problem.precedences),
    )
    one, two = (solve(some, stop=Stop(seconds=20), params=ONE) for some in (problem, larger))
    assert one.status is two.status is Status.OPTIMAL
    assert two.makespan == one.makespan * times


def test_an_impossible_deadline_is_explained_and_the_least_late_plan_kept() -> None:
    """Infeasible with the smallest set of rules; the plan shown breaks just the deadline."""
    acts = (act("dig", 3, cable=1), act("lay", 3, cable=1, deadline=5), act("mow", 3, paint=1, deadline=9))
    plan = solve(ScheduleProblem(acts, (who("ada"),), (Precedence("dig", "lay"),)), stop=Stop(seconds=20), params=ONE)
    assert plan.status is Status.INFEASIBLE
    assert {issue.where for issue in plan.conflicts} == {"lay: schedule.deadline", "dig > lay: schedule.precedence"}
    assert {v.rule for v in plan.broken} == {"schedule.deadline"}
    assert plan.bound is None
    assert len(hard(plan.broken)) == len(plan.broken)
