"""What the search rests on: matchings, bounds, people put to starts, and cuts, each against trying everything."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.capacity.projects.schedule.problems import act, least_makespan, small, who
from tests.capacity.projects.schedule.test_solve import _far, _sound, _stays
from troth.capacity.projects.schedule import ProjectActivity, ScheduleProblem, SkilledWorker
from troth.capacity.projects.schedule._bounds import least
from troth.capacity.projects.schedule._compile import compiled
from troth.capacity.projects.schedule._cuts import cuts_for, people
from troth.capacity.projects.schedule._match import matched
from troth.capacity.projects.schedule._ortools import staffing
from troth.capacity.projects.schedule._serial import Serial, opening
from troth.capacity.projects.schedule.plan import judged
from troth.capacity.projects.schedule.problem import SkillAssignment


@given(
    st.lists(st.sets(st.integers(0, 2)), max_size=5),
    st.dictionaries(st.integers(0, 2), st.integers(0, 2), max_size=3),
)
def test_a_matching_exists_just_if_some_order_of_people_fits(skills: list[set[int]], needs: dict[int, int]) -> None:
    """Everybody placed has the skill, no place is left empty; None only if no order of people fills them."""
    places = [k for k, n in needs.items() for _ in range(n)]
    found = matched(list(enumerate(skills)), needs=needs)
    possible = any(
        all(k in skills[w] for w, k in zip(some, places, strict=True))
        for some in permutations(range(len(skills)), len(places))
    )
    assert (found is not None) == possible
    if found is not None:
        assert sorted(found.values()) == sorted(places)
        assert all(k in skills[w] for w, k in found.items())


def test_people_who_come_first_are_taken_first() -> None:
    """A specialist listed first is taken before the one who can do all, who moves along if needed."""
    assert matched([(0, {1}), (1, {1, 2}), (2, {2})], needs={1: 1, 2: 1}) == {0: 1, 1: 2}
    assert matched([(0, {1, 2}), (1, {1}), (2, {2})], needs={1: 1, 2: 1}) == {0: 2, 1: 1}


@settings(max_examples=50)
@given(small())
def test_no_schedule_ends_before_the_bound(problem: ScheduleProblem) -> None:
    """The bound without search is at most the least makespan found by trying everything."""
    assume(_sound(problem))
    best = least_makespan(problem, horizon=_far(problem))
    if best is not None:
        assert least(compiled(problem)) <= best[0]


def test_the_bound_counts_work_between_head_and_tail() -> None:
    """Five activities of 2 on two people after a release of 3: 3 + 10 / 2; pairs that cannot meet: one after the other."""
    acts = tuple(act(f"a{k}", 2, cable=1, release=3) for k in range(5))
    assert least(compiled(ScheduleProblem(acts, (who("ada"), who("ben"))))) == 8
    both = tuple(act(f"a{k}", 2, cable=2) for k in range(3))
    assert least(compiled(ScheduleProblem(both, (who("ada"), who("ben"), who("eve"))))) == 6


@settings(max_examples=60)
@given(small(limits=False), st.integers(0, 9))
def test_schedules_built_at_once_keep_every_rule(problem: ScheduleProblem, seed: int) -> None:
    """In whatever order activities come, the judge accepts what is built."""
    assume(_sound(problem))
    f = compiled(problem)
    found = opening(Serial(problem, f), rounds=5, rng=np.random.default_rng(seed), stop=lambda: False, enough=0)
    work = [
        SkillAssignment(f.names[a], problem.workers[w].worker_id, f.skills[k])
        for a, some in enumerate(found.work)
        for w, k in some.items()
    ]
    plan = judged(problem, starts=dict(zip(f.names, found.starts, strict=True)), work=work)
    assert plan.broken == ()
    assert plan.makespan == found.makespan(f)


def test_cuts_name_the_meetings_that_cannot_all_be() -> None:
    """x and y are done by different people, so nobody is left who stays for z; the cut is its two meetings, no more."""
    extra = ProjectActivity("far", 1, {"cable": 1}, start=9)
    problem = _stays()
    problem = ScheduleProblem((*problem.activities, extra), problem.workers)
    f = compiled(problem)
    starts = (0, 2, 0, 9)
    assert staffing(f, starts, f.working) is None
    assert cuts_for(f, starts, rng=np.random.default_rng(0), stop=lambda: False) == [
        frozenset({(0, 2, -1), (1, 2, -1)})
    ]
    counts = staffing(f, (0, 4, 0, 9), f.working)
    assert counts is not None
    assert people(f, (0, 4, 0, 9), counts).work[2] == {0: 1} or people(f, (0, 4, 0, 9), counts).work[2] == {1: 0}


def test_people_who_are_alike_are_one_group_and_absences_tell_them_apart() -> None:
    """Same skills of those needed, same absences: one group; skills that nothing needs do not count."""
    crew = (
        who("a", "cable"),
        who("b", "cable sing"),
        who("c", "cable", (1, 2)),
        SkilledWorker("d", frozenset({"sing"})),
    )
    f = compiled(ScheduleProblem((act("x", 1, cable=1),), crew))
    assert [(g.members, g.away) for g in f.groups] == [((0, 1), ()), ((2,), ((1, 2),))]
