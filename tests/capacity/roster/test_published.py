"""Published instances: what the judge says of shipped solutions, what the search reaches in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.capacity.roster import RosterParams, RosterProblem, Stop, read_multi_activity, read_nurse, solve, violations
from troth.capacity.roster.published import read_multi_activity_solution
from troth.capacity.roster.rules import hard
from troth.core.decision import Status
from troth.core.errors import InputError


def nurse(samples: Path, number: int) -> RosterProblem:
    return read_nurse((samples / "shift_scheduling/nurse" / f"Instance{number}.txt").read_text(encoding="utf-8"))


def tasks(samples: Path, name: str) -> RosterProblem:
    return read_multi_activity(
        (samples / "shift_scheduling/multi_activity" / f"{name}.txt").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize(("name", "solution", "value"), [("1_7_10_1", "1a", 383), ("10_7_20_3", "10a", 193)])
def test_the_judge_recomputes_shipped_solutions(samples: Path, name: str, solution: str, value: int) -> None:
    """The published penalty, and no hard rule broken."""
    problem = tasks(samples, name)
    text = (samples / "shift_scheduling/multi_activity" / f"test_solution_{solution}.solution").read_text(
        encoding="utf-8"
    )
    found = violations(problem, read_multi_activity_solution(text, problem))
    assert not hard(found)
    assert sum(v.cost for v in found) == value


@pytest.mark.parametrize(("number", "best"), [(1, 607), (2, 828)])
def test_small_nurse_instances_are_solved_to_proven_optimality(samples: Path, number: int, best: int) -> None:
    """The published optimum, with a bound that proves it or, on the first, the value alone."""
    plan = solve(nurse(samples, number), stop=Stop(steps=60), params=RosterParams(workers=1))
    assert not plan.broken
    assert plan.value == best
    assert plan.bound is not None
    assert plan.bound <= best
    if number == 2:
        assert plan.status is Status.OPTIMAL


def test_a_harder_nurse_instance_is_within_two_percent_and_bounded(samples: Path) -> None:
    """Sixteen people, four weeks: at most 2 % above the published best after a few dives; same seed, same roster."""
    problem = nurse(samples, 5)
    plan, again = (solve(problem, stop=Stop(steps=6), params=RosterParams(workers=1)) for _ in range(2))
    assert plan.duties == again.duties
    assert not plan.broken
    assert plan.value <= 1143 * 1.02
    assert plan.bound is not None
    assert 1130 <= plan.bound <= 1143


def test_multi_activity_is_feasible_at_once(samples: Path) -> None:
    """Every hard rule is kept after the first lines."""
    plan = solve(tasks(samples, "89_14_30_3"), stop=Stop(steps=1), params=RosterParams(workers=1))
    assert not plan.broken


def test_what_cannot_be_read_is_listed_whole() -> None:
    """All rows that are wrong, with their lines; a file of another format."""
    with pytest.raises(InputError) as caught:
        read_nurse("SECTION_HORIZON\nx\nSECTION_SHIFTS\nD\nSECTION_STAFF\nA,D=1\nSECTION_COVER\n0,D,1,2\n")
    assert [issue.code for issue in caught.value.issues] == ["bad-number", "bad-row", "bad-row", "bad-row"]
    with pytest.raises(InputError) as caught:
        read_multi_activity("hello")
    assert {issue.code for issue in caught.value.issues} == {"missing-section"}
