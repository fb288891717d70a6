"""Published instances: read as they are, solved to the published makespan with a proof; bad files told whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.capacity.projects.schedule import ScheduleParams, Stop, check, read_mspsp, solve
from troth.core.decision import Status
from troth.core.errors import InputError

SMALL = "nActs=2; dur=[1,2];\nnSkills=1; sreq=[|1|1|];\nnResources=1; mastery=[|true|]; nPrecs=1; pred=[1]; succ=[2];"


@pytest.mark.parametrize(
    ("name", "makespan"),
    [
        ("set-1a/inst_set1a_sf0.5_nc1.5_n20_m10_00", 61),
        ("set-1a/inst_set1a_sf0.5_nc1.5_n20_m10_01", 66),
        ("set-2a/inst_set2a_sf0_nc1.5_n25_l3_m10_00", 34),
    ],
)
def test_published_makespans_are_proven(samples: Path, name: str, makespan: int) -> None:
    """The published optimum as value and as bound; the judge accepts the plan."""
    text = (samples / "multi_skill_projects" / f"{name}.dzn").read_text(encoding="utf-8")
    plan = solve(read_mspsp(text), stop=Stop(seconds=120), params=ScheduleParams(rounds=50))
    assert not plan.broken
    assert (plan.status, plan.makespan, plan.bound) == (Status.OPTIMAL, makespan, makespan)


def test_an_instance_is_read_as_it_stands(samples: Path) -> None:
    """Activities with durations and needs, people with skills, precedences; no issue."""
    text = (samples / "multi_skill_projects/set-1a/inst_set1a_sf0.5_nc1.5_n20_m10_00.dzn").read_text(encoding="utf-8")
    problem = read_mspsp(text)
    assert (len(problem.activities), len(problem.workers), len(problem.precedences)) == (22, 10, 31)
    assert problem.activities[2].duration == 8
    assert problem.activities[2].needs == {"s2": 3, "s3": 1}
    assert problem.workers[1].skills == {"s1", "s2", "s4"}
    assert check(problem) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("dur=[1,2];", ""), ["missing-entry mspsp dur"]),
        (("[1,2]", "[1]"), ["bad-size mspsp:1 dur"]),
        (("[1,2]", "[1,x]"), ["bad-number mspsp:1 dur"]),
        (("true", "maybe"), ["bad-flag mspsp:3 mastery"]),
        (("succ=[2]", "succ=[7]"), ["unknown-activity mspsp:3 succ"]),
        (
            ("nSkills=1", "nSkills=-1"),
            ["bad-number mspsp:2 nSkills", "bad-size mspsp:2 sreq", "bad-size mspsp:3 mastery"],
        ),
        (("nActs=2", "nActs=1e400"), ["bad-number mspsp:1 nActs"]),
        (("sreq=[|1|1|]", "sreq=[|1|1|1|]"), ["bad-size mspsp:2 sreq"]),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(change: tuple[str, str], told: list[str]) -> None:
    """Each wrong entry by itself, all of a file at once."""
    with pytest.raises(InputError) as caught:
        read_mspsp(SMALL.replace(*change))
    found = [f"{issue.code} {issue.where}" for issue in caught.value.issues]
    assert found[: len(told)] == told


def test_a_file_of_another_kind_is_told_as_such() -> None:
    """Nine entries missing, nine issues."""
    with pytest.raises(InputError) as caught:
        read_mspsp("hello", name="x.dzn")
    assert [issue.code for issue in caught.value.issues] == ["missing-entry"] * 9
