"""What is wrong with a problem is told whole, with place, value and advice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.capacity.roster.problems import shop, week
from troth.capacity.roster import Employee, KindNeed, RosterProblem, SlotNeed, Stop, Terms, Wish, check, solve
from troth.core.decision import Severity
from troth.core.errors import InputError


def codes(problem: RosterProblem) -> list[str]:
    return [issue.code for issue in check(problem)]


def test_a_sound_problem_has_no_issues() -> None:
    """Nothing is told where nothing is wrong."""
    assert codes(week(Terms(longest_run=5))) == []
    assert codes(shop()) == []


def test_everything_is_told_at_once_with_advice() -> None:
    """A problem with many faults gives all of them, and none is solved."""
    problem = week(
        Terms(minutes=(960, 480), longest_run=1, shortest_run=2, most_of_kind=(("lunch", 1), ("late", -1))),
        Terms(rest=1500, week_minutes=(2400, 480)),
    )
    a, b = problem.staff
    a = replace(
        a,
        away=frozenset({1}),
        fixed=((1, "early"), (2, "nap")),
        wishes=(Wish(0, "dance", True, 1.0), Wish(99, "early", True, 1)),
    )
    problem = replace(problem, staff=(a, b, replace(b)), kind_needs=(KindNeed(9, "early", -1, 1, 1),))
    found = check(problem)
    assert {issue.code for issue in found} == {
        "bad-limit", "bad-price", "contradiction", "leave-over-fixed", "long-rest", "outside", "person-twice", "unknown-kind",
    }  # fmt: skip
    assert all(issue.where and issue.advice.startswith("Maybe") for issue in found)
    with pytest.raises(InputError) as caught:
        solve(problem, stop=Stop(steps=1))
    assert list(caught.value.issues) == found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"days": 0}, "no-days"),
        ({"slot_minutes": 7}, "bad-slot"),
        ({"kinds": ()}, "no-shift-kinds"),
        ({"staff": ()}, "nobody"),
        ({"time_zone": "Mars/Base"}, "bad-time-zone"),
    ],
)
def test_each_fault_of_the_whole_has_its_code(change: dict[str, object], code: str) -> None:
    """Faults of the whole problem."""
    assert code in codes(replace(week(Terms()), **change))  # type: ignore[arg-type]


def test_needs_that_nobody_can_meet_are_told() -> None:
    """A skill nobody has, demand while closed, a table of the wrong size, limits the wrong way round."""
    problem = shop()
    nobody = replace(problem, staff=tuple(replace(one, skills=frozenset({"till"})) for one in problem.staff))
    assert "skill-nobody-has" in codes(nobody)
    need = problem.slot_needs[0]
    night = tuple(1 if s == 8 else n for s, n in enumerate(need.floor))
    most = tuple(max(n, m) for n, m in zip(night, need.most, strict=True))
    closed = replace(need, floor=night, wanted=night, most=most)
    assert "need-without-shift" in codes(replace(problem, slot_needs=(closed,)))
    assert "bad-size" in codes(replace(problem, slot_needs=(replace(need, floor=(1,)),)))
    wrong = SlotNeed("till", need.most, need.most, tuple(0 for _ in need.most), need.under)
    assert "contradiction" in codes(replace(problem, slot_needs=(wrong,)))


def test_the_night_of_a_clock_change_is_told() -> None:
    """Days of 23 and 25 hours are taken as of 24, and said."""
    problem = replace(week(Terms()), first_date=date(2026, 10, 19), time_zone="Europe/Vilnius")
    found = check(problem)
    assert [(issue.code, issue.severity, issue.value) for issue in found] == [
        ("clock-change", Severity.WARNING, "2026-10-25")
    ]


def test_one_person_alone_is_no_fault() -> None:
    """A roster of one agent is a roster."""
    problem = replace(week(Terms(longest_run=5)), staff=(Employee("only", Terms(longest_run=5)),))
    plan = solve(problem, stop=Stop(steps=2))
    assert not plan.broken
    assert len(plan.duties) >= 5
