"""Everything wrong with a schedule problem is told at once, with its place and advice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.capacity.projects.schedule.problems import act, house, who
from troth.capacity.projects.schedule import Precedence, ProjectActivity, ScheduleProblem, check
from troth.core.decision import Severity

NAN = float("nan")


def one(*acts: ProjectActivity, links: tuple[Precedence, ...] = ()) -> ScheduleProblem:
    return ScheduleProblem(acts, (who("ada"), who("ben", "cable")), links)


BAD: dict[str, tuple[ScheduleProblem, list[str]]] = {
    "activity twice": (one(act("a"), act("a")), ["activity-twice activities[a]"]),
    "person twice": (ScheduleProblem((act("a", cable=1),), (who("ada"), who("ada"))), ["worker-twice workers[ada]"]),
    "no name": (one(act("")), ["no-id activities"]),
    "negative duration": (one(act("a", -1)), ["bad-duration activities[a]"]),
    "no number": (one(act("a", NAN)), ["bad-duration activities[a]"]),  # type: ignore[arg-type]
    "half a period": (one(act("a", 1.5)), ["bad-duration activities[a]"]),  # type: ignore[arg-type]
    "a unit mistaken": (one(act("a", 10**9)), ["bad-duration activities[a]"]),
    "negative need": (one(act("a", cable=-1)), ["bad-need activities[a].needs[cable]"]),
    "need that is no number": (one(act("a", cable=NAN)), ["bad-need activities[a].needs[cable]"]),
    "milestone with people": (one(act("a", 0, cable=1)), ["milestone-with-needs activities[a]"]),
    "bad release": (one(act("a", release=NAN)), ["bad-time activities[a].release"]),
    "deadline before the end": (one(act("a", 3, release=2, deadline=4)), ["deadline-too-early activities[a]"]),
    "settled before release": (one(act("a", release=2, start=1)), ["start-outside activities[a]"]),
    "settled after deadline": (one(act("a", deadline=2, start=1)), ["start-outside activities[a]"]),
    "span the wrong way round": (
        ScheduleProblem((act("a", cable=1),), (who("ada", "cable", (5, 2)),)), ["bad-span workers[ada].away"],
    ),
    "span that is no number": (
        ScheduleProblem((act("a", cable=1),), (who("ada", "cable", (0, NAN)),)), ["bad-span workers[ada].away"],  # type: ignore[arg-type]
    ),
    "unknown activity": (one(act("a"), links=(Precedence("a", "z"),)), ["unknown-activity precedences[a > z]"]),
    "negative lag": (one(act("a"), act("b"), links=(Precedence("a", "b", -2),)), ["bad-lag precedences[a > b]"]),
    "itself": (one(act("a"), links=(Precedence("a", "a"),)), ["cycle precedences"]),
    "a skill nobody holds": (one(ProjectActivity("a", 1, {"weld": 1})), ["skill-nobody-holds skills[weld]"]),
    "too few in a skill": (one(act("a", paint=2)), ["too-few-people activities[a].needs"]),
    "too few together": (one(act("a", cable=2, paint=1)), ["too-few-together activities[a].needs"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_place(name: str) -> None:
    """Just the errors there are."""
    problem, told = BAD[name]
    assert [f"{i.code} {i.where}" for i in check(problem) if i.severity is Severity.ERROR] == told
    assert all(i.advice.startswith("Maybe") for i in check(problem))


def test_cycles_are_told_in_order_each_once() -> None:
    """Two rings, one of them with a tail that is no part of it."""
    acts = tuple(act(name) for name in "abcdef")
    links = tuple(Precedence(*pair) for pair in ("ab", "bc", "ca", "cd", "ef", "fe"))
    rings = [issue.value for issue in check(one(*acts, links=links)) if issue.code == "cycle"]
    assert sorted("".join(sorted(set(ring.split(" > ")))) for ring in rings) == ["abc", "ef"]
    steps = {tuple(pair) for ring in rings for pair in zip(ring.split(" > "), ring.split(" > ")[1:], strict=False)}
    assert steps <= {(p.before, p.after) for p in links}


def test_a_sound_problem_has_no_issue() -> None:
    """Nothing is told of what is right."""
    assert check(house()) == []


def test_what_is_doubtful_is_a_warning() -> None:
    """Nothing to do, a precedence twice, a person of no use: used all the same."""
    assert [(i.code, i.severity) for i in check(ScheduleProblem((), ()))] == [("no-activities", Severity.WARNING)]
    twice = replace(house(), precedences=(*house().precedences, house().precedences[0]))
    assert [(i.code, i.severity) for i in check(twice)] == [("precedence-twice", Severity.WARNING)]
    idle = replace(house(), workers=(*house().workers, who("zoe", "sing")))
    assert [(i.code, i.where) for i in check(idle)] == [("no-skill-in-need", "workers[zoe]")]


def test_all_issues_come_at_once() -> None:
    """Ten things wrong, ten issues; a skill that nobody has is told once with how often it is needed."""
    acts = (
        act("a", -1),
        act("a", 1, cable=-1),
        ProjectActivity("w", 1, {"weld": 1}),
        ProjectActivity("v", 1, {"weld": 2}),
    )
    found = check(
        ScheduleProblem(
            acts, (who("ada"), who("ada")), (Precedence("w", "v"), Precedence("v", "w"), Precedence("q", "w"))
        )
    )
    assert {i.code: i.count for i in found} == {
        "activity-twice": 1, "worker-twice": 1, "bad-duration": 1, "bad-need": 1, "unknown-activity": 1, "cycle": 1,
        "skill-nobody-holds": 2,
    }  # fmt: skip
