"""Contradictions are named by a smallest set: all of it is needed, and without any one of it the rest can hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.capacity.projects.schedule.problems import act, house, least_makespan, small, who
from tests.capacity.projects.schedule.test_solve import _far, _sound, _stays
from troth.capacity.projects.schedule import Precedence, ScheduleProblem
from troth.capacity.projects.schedule.conflicts import _only, _parts, conflicts

PLANTED: dict[str, tuple[ScheduleProblem, set[str]]] = {
    "two settled starts, one person": (
        ScheduleProblem(
            (act("a", 3, cable=1, start=0), act("b", 3, cable=1, start=2), act("c", 1, cable=1)), (who("ada"),)
        ),
        {"a: schedule.fixed", "b: schedule.fixed"},
    ),
    "a deadline in an absence": (
        ScheduleProblem((act("a", 2, cable=1, deadline=5),), (who("ada", "cable", (1, 4)), who("ben", "paint"))),
        {"a: schedule.deadline", "ada: schedule.away"},
    ),
    "a release too late for what follows": (
        ScheduleProblem((act("a", 2, release=4), act("b", 2, deadline=7)), (), (Precedence("a", "b"),)),
        {"a: schedule.release", "b: schedule.deadline", "a > b: schedule.precedence"},
    ),
    "people who cannot stay": (_stays(), {f"{name}: schedule.fixed" for name in "xyz"}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_contradiction_is_found(name: str) -> None:
    """Its rules, no others."""
    problem, told = PLANTED[name]
    assert {issue.where for issue in conflicts(problem)} == told


def test_a_problem_with_a_schedule_has_no_conflict() -> None:
    """Nothing is claimed of what can be done, nor without time."""
    assert conflicts(house()) == ()
    assert conflicts(PLANTED["people who cannot stay"][0], seconds=0) == ()


@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])  # what has a schedule is no case here
@given(small(tight=True))
def test_no_rule_of_a_conflict_can_be_left_out(problem: ScheduleProblem) -> None:
    """By trying everything: with the whole set there is no schedule, without any one of it there is."""
    assume(_sound(problem))
    far = _far(problem)
    assume(least_makespan(problem, horizon=far) is None)
    told = {issue.where for issue in conflicts(problem)}
    assert told
    parts = [part for part in _parts(problem) if _where(problem, part) in told]
    assert len(parts) == len(told)
    assert least_makespan(_only(problem, parts), horizon=far) is None
    for part in parts:
        assert least_makespan(_only(problem, [one for one in parts if one != part]), horizon=far) is not None


def _where(problem: ScheduleProblem, part: tuple[str, int, int]) -> str:
    kind, k, _ = part
    link = problem.precedences[k] if kind == "precedence" else None
    who_ = (
        f"{link.before} > {link.after}"
        if link
        else problem.workers[k].worker_id
        if kind == "away"
        else problem.activities[k].activity_id
    )
    return f"{who_}: schedule.{kind}"
