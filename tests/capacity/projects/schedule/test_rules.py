"""The judge names the rule that a plan breaks: a plan for each rule, beside one that keeps all."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from tests.capacity.projects.schedule.problems import act, house, who
from troth.capacity.projects.schedule import (
    SCHEDULE_RULES,
    Precedence,
    ScheduleProblem,
    SkillAssignment,
    violations,
)
from troth.capacity.projects.schedule.rules import hard

GOOD: dict[str, int] = {"plan": 0, "wire": 1, "first coat": 4, "doors": 0}
TEAM = (
    ("wire", "ada", "cable"), ("wire", "ben", "cable"), ("first coat", "ada", "paint"), ("doors", "eve", "paint"),
)  # fmt: skip


def judged(
    problem: ScheduleProblem, starts: Mapping[str, object], team: tuple[tuple[str, str, str], ...] = TEAM
) -> list[tuple[str, float]]:
    """Return (rule, amount) of hard rules broken."""
    plan = SimpleNamespace(starts=starts, work=tuple(SkillAssignment(*one) for one in team))
    return [(v.rule.removeprefix("schedule."), v.amount) for v in hard(violations(problem, plan=plan))]


def test_a_good_plan_costs_its_makespan_and_breaks_nothing() -> None:
    """The only thing told is the makespan, and at which activity."""
    plan = SimpleNamespace(starts=GOOD, work=tuple(SkillAssignment(*one) for one in TEAM))
    (only,) = violations(house(), plan=plan)
    assert (only.rule, only.activity_id, only.cost) == ("schedule.makespan", "first coat", 7.0)


#: What is changed of the good plan, and the rules it breaks then, with amounts.
BROKEN: dict[str, tuple[Mapping[str, object], tuple[tuple[str, str, str], ...], list[tuple[str, float]]]] = {
    "an activity nobody knows": ({**GOOD, "roof": 3}, TEAM, [("known", 1)]),
    "a person nobody knows": (GOOD, (*TEAM[:3], ("doors", "zoe", "paint")), [("known", 1)]),
    "work at an activity nobody knows": (GOOD, (*TEAM, ("roof", "eve", "paint")), [("known", 1)]),
    "no start": ({k: v for k, v in GOOD.items() if k != "doors"}, TEAM, [("planned", 1)]),
    "half a period": ({**GOOD, "doors": 0.5}, TEAM, [("planned", 1)]),
    "not a number": ({**GOOD, "doors": float("nan")}, TEAM, [("planned", 1)]),
    "before time": ({**GOOD, "doors": -1}, TEAM, [("planned", 1)]),
    "before what comes before": ({**GOOD, "first coat": 3}, TEAM, [("precedence", 1), ("one-activity", 1)]),
    "too few": (GOOD, TEAM[1:], [("staffed", 1)]),
    "too many": (GOOD, (*TEAM, ("doors", "ada", "paint")), [("staffed", 1), ("one-activity", 3)]),
    "a skill that is not needed": (GOOD, (*TEAM, ("plan", "eve", "paint")), [("staffed", 1), ("one-activity", 1)]),
    "a skill not held": (GOOD, (*TEAM[:2], ("first coat", "ben", "paint"), TEAM[3]), [("skill", 1)]),
    "two skills at once": (GOOD, (*TEAM[:3], TEAM[3], ("doors", "eve", "cable")), [("skill", 1), ("one-skill", 1), ("staffed", 1)]),
    "two activities at once": (GOOD, (*TEAM[:3], ("doors", "ada", "paint")), [("one-activity", 3)]),
    "the same person twice in one skill": (
        GOOD, (TEAM[0], ("wire", "ada", "cable"), *TEAM[2:]), [("one-skill", 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plan_is_told_by_rule(name: str) -> None:
    """Just the rules that are broken, by how much."""
    starts, team, told = BROKEN[name]
    assert judged(house(), starts, team) == told


def test_times_of_activities_and_people_are_kept() -> None:
    """Release, deadline, settled start and absence, each by itself; the lag of a precedence counts."""
    team = (("a", "ada", "cable"),)
    for one, at, told in (
        (act("a", cable=1, release=3), 2, [("release", 1)]),
        (act("a", cable=1, deadline=3), 2, [("deadline", 1)]),
        (act("a", cable=1, start=4), 2, [("fixed", 2)]),
        (act("a", cable=1, release=2, deadline=4, start=2), 2, []),
    ):
        assert judged(ScheduleProblem((one,), (who("ada"),)), {"a": at}, team) == told
    for away, told in (((3, 9), [("away", 1)]), ((4, 9), []), ((0, 2), []), ((0, 3), [("away", 1)])):
        assert judged(ScheduleProblem((act("a", cable=1),), (who("ada", "cable", away),)), {"a": 2}, team) == told
    late = ScheduleProblem((act("a"), act("b")), (), (Precedence("a", "b", 3),))
    assert judged(late, {"a": 0, "b": 4}, ()) == [("precedence", 1)]
    assert judged(late, {"a": 0, "b": 5}, ()) == []


def test_every_hard_rule_has_a_plan_that_breaks_it() -> None:
    """The table above leaves no rule out."""
    seen = {rule for _, _, told in BROKEN.values() for rule, _ in told} | {"release", "deadline", "fixed", "away"}
    assert seen == {one.removeprefix("schedule.") for one, rule in SCHEDULE_RULES.items() if rule.hard}
