"""Annealing over orders and people: what it tells keeps the rules, gets better, and depends on seed and steps only."""

from __future__ import annotations

import time
from math import ceil

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.capacity.projects.schedule.problems import act, least_makespan, small, who
from tests.capacity.projects.schedule.test_solve import _far, _hard, _sound
from troth.capacity.projects.schedule import ScheduleProblem, Stop
from troth.capacity.projects.schedule._anneal import _STEPS, annealed
from troth.capacity.projects.schedule._compile import compiled
from troth.capacity.projects.schedule._ortools import Clock
from troth.capacity.projects.schedule._serial import Serial, Staffed
from troth.capacity.projects.schedule.plan import judged
from troth.capacity.projects.schedule.problem import SkillAssignment


def _told(problem: ScheduleProblem, *, seed: int, schedules: int) -> tuple[Staffed, list[Staffed], Clock]:
    """Return the first schedule, those that annealing tells of so many schedules, and the clock."""
    f = compiled(problem)
    serial = Serial(problem, f)
    begin = serial.made(np.zeros(len(f.duration)).tolist(), people=np.zeros(len(serial.can)).tolist())
    clock, told = Clock(Stop(steps=1_000_000), time.monotonic()), list[Staffed]()
    steps = (schedules - 0.5) * _STEPS * len(f.duration) * len(serial.can)

    def better(found: Staffed) -> bool:
        told.append(found)
        return True

    annealed(
        serial,
        begin,
        clock=clock,
        most=(0.0, steps),
        rng=np.random.default_rng(seed),
        better=better,
        done=lambda: False,
    )
    return begin, told, clock


@settings(max_examples=40)
@given(small(limits=False), st.integers(0, 9))
def test_what_annealing_tells_keeps_every_rule_and_is_never_too_good(problem: ScheduleProblem, seed: int) -> None:
    """The judge accepts each schedule told, and none ends before the least makespan of trying everything."""
    assume(_sound(problem))
    f = compiled(problem)
    _, told, _ = _told(problem, seed=seed, schedules=30)
    best = least_makespan(problem, horizon=_far(problem))
    assert best is not None
    assert bool(told) == (len(f.duration) > 1)
    for found in told:
        work = [SkillAssignment(f.names[a], problem.workers[w].worker_id, f.skills[k]) for a, some in enumerate(found.work) for w, k in some.items()]  # fmt: skip
        plan = judged(problem, starts=dict(zip(f.names, found.starts, strict=True)), work=work)
        assert plan.broken == ()
        assert plan.makespan >= best[0]


def test_annealing_finds_a_better_order_and_better_people() -> None:
    """Known by hand: in the order given ada, who alone can paint, is at cables first and all ends after 8; 5 can be had."""
    acts = (act("c1", 3, cable=1), act("c2", 2, cable=1), act("p", 5, paint=1))
    problem = ScheduleProblem(acts, (who("ada"), who("ben", "cable")))
    begin, told, _ = _told(problem, seed=0, schedules=200)
    f = compiled(problem)
    assert begin.makespan(f) > 5
    assert told[-1].makespan(f) == 5


def test_annealing_counts_steps_and_nothing_else_decides() -> None:
    """With a stop by steps: as many schedules as the steps pay for, the same ones with the same seed, others with another."""
    problem = _hard(20)
    _, one, clock = _told(problem, seed=1, schedules=100)
    _, two, _ = _told(problem, seed=1, schedules=100)
    _, three, _ = _told(problem, seed=2, schedules=100)
    assert one == two
    assert one != three
    assert ceil(clock.steps / (_STEPS * 20 * 6) - 0.25) == 100


def test_annealing_brings_late_activities_in_time() -> None:
    """A deadline that the order given misses is kept in the end, though that makes nothing end earlier."""
    acts = (act("long", 6, cable=1), act("soon", 2, cable=1, deadline=2))
    begin, told, _ = _told(ScheduleProblem(acts, (who("ada"),)), seed=0, schedules=50)
    f = compiled(ScheduleProblem(acts, (who("ada"),)))
    assert not begin.kept(f)
    assert told[-1].kept(f)
    assert told[-1].starts == (2, 0)
