"""Problems and rosters as JSON come back equal; everything wrong with a file is told at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.capacity.roster.problems import EARLY, LATE, MONDAY, shop, small, week
from troth.capacity.roster import (
    Activity,
    Before,
    Duty,
    Employee,
    Pause,
    Prices,
    RosterParams,
    RosterPlan,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Stop,
    Terms,
    Wish,
    solve,
)
from troth.capacity.roster.plan import judged
from troth.cli import _roster_files
from troth.cli._roster_files import plan_from_json, plan_to_json, problem_from_json, problem_to_json, read_problem
from troth.core.errors import InputError

#: A problem in which nothing has its usual value.
FULL = RosterProblem(
    MONDAY, 1,
    (ShiftKind("day", (240, 480), (360, 375), frozenset({"day"}), (Pause(30, 120, 180, paid=True),), 300, counted=False),),
    (
        Employee(
            "Žė \"q\" \u2028 \\", Terms((1, 2), (3, 4), (("day", 5),), 6, 7, 8, 2, 3, 4, 660, 2500), frozenset({"b", "a"}),
            frozenset({3, 1}), ((0, 60),), (Wish(0, "", wanted=False, cost=0.1),), ((0, "day"),), Before(1, 0, "day", -60, 2),
        ),
    ),
    (Activity("a", 30), Activity("b")), (), (SlotNeed("a", (0,) * 48, (1,) * 48, (2,) * 48, (1.5,) * 48, 0.25, 0.125),),
    30, 360, "Europe/Vilnius", (("Žė", 0, "day"),), Prices(1.0, 2.0, 3.0),
)  # fmt: skip


def codes(text: str) -> list[tuple[str, str]]:
    """Return code and place of what is wrong with a problem's text."""
    with pytest.raises(InputError) as told:
        problem_from_json(text, name="p")
    assert all(issue.advice.startswith("Maybe") for issue in told.value.issues)
    return [(issue.code, issue.where) for issue in told.value.issues]


def changed(**more: Any) -> str:
    """Return a small problem's text with other values."""
    return json.dumps({**json.loads(problem_to_json(week(Terms(), days=1))), **more})


@pytest.mark.parametrize("problem", [FULL, shop(2), week(Terms())], ids=["full", "shop", "week"])
def test_a_problem_comes_back_equal(problem: RosterProblem) -> None:
    """Every field of every record, and the same text again."""
    text = problem_to_json(problem)
    assert problem_from_json(text) == problem
    assert problem_to_json(problem_from_json(text)) == text


@given(small())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_problems_come_back_equal(problem: RosterProblem) -> None:
    """Whatever is in them."""
    assert problem_from_json(problem_to_json(problem)) == problem


def test_a_roster_comes_back_equal() -> None:
    """A solved one, one with what is broken, an infeasible one with its conflicts; shifts alone are judged."""
    problem = shop(6)
    plan = solve(problem, stop=Stop(steps=1), params=RosterParams(workers=1))
    assert plan_from_json(plan_to_json(plan), problem=problem) == plan
    torn = week(Terms(minutes=(480, None)))
    broken = judged(torn, (), bound=1.0, whole=False, seed=3, seconds=0.5, versions={"troth": "0"})
    assert broken.broken
    assert plan_from_json(plan_to_json(broken), problem=torn) == broken
    hopeless = week(Terms(minutes=(960, None), most_days=1))
    named = solve(hopeless, stop=Stop(steps=1), params=RosterParams(workers=1))
    assert named.conflicts
    assert plan_from_json(plan_to_json(named), problem=hopeless) == named
    duty = Duty("a", 0, "early", 360, 480)
    alone = plan_from_json(
        json.dumps({"duties": [{"agent_id": "a", "day": 0, "kind": "early", "start": 360, "length": 480}]}),
        problem=torn,
    )
    assert isinstance(alone, RosterPlan)
    assert (alone.duties, alone.objective["roster.under"]) == ((duty,), 130.0)


def test_everything_wrong_is_told_at_once() -> None:
    """Unknown and missing keys, wrong types, numbers that are none: each with its place."""
    text = """{"first_date": "2026-06-31", "days": "7", "staf": [], "kinds": [{"kind": 3, "lengths": 480, "counted": 1}],
        "prices": {"change": NaN, "hour_cost": -Infinity}, "slot_minutes": 7.5,
        "staff": [{"agent_id": "a", "terms": {"minuts": [1, 2], "minutes": [1]}, "wishes": null}]}"""
    assert set(codes(text)) == {
        ("wrong-type", "p, first_date"), ("wrong-type", "p, days"), ("unknown-key", "p, staf"), ("wrong-type", "p, kinds[0].kind"),
        ("wrong-type", "p, kinds[0].lengths"), ("wrong-type", "p, kinds[0].counted"), ("not-a-number", "p, prices.change"),
        ("not-a-number", "p, prices.hour_cost"), ("wrong-type", "p, slot_minutes"), ("unknown-key", "p, staff[0].terms.minuts"),
        ("missing-key", "p, staff[0].terms.minutes[1]"), ("wrong-type", "p, staff[0].wishes"),
    }  # fmt: skip


def test_what_may_be_meant_is_said() -> None:
    """A key that is near another's name."""
    with pytest.raises(InputError, match="Maybe time_zone is meant"):
        problem_from_json(changed(timezone="UTC"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-json"), ("{", "not-json"), ("[]", "wrong-type"), ("null", "wrong-type"), ("{},{}", "not-json"), ("[" * 5000, "not-json"),
        ("[" * 500 + "]" * 500, "not-json"), ('{"first_date": "2026-06-01", "days": 1, "kinds": [], "staff": [], "first_date": }', "not-json"),
        ('{"first_date": "2026-06-01", "days": 1, "kinds": [], "staff": [], "days": 7}', "key-twice"),
    ],
)  # fmt: skip
def test_texts_that_are_no_problem_are_refused(text: str, code: str) -> None:
    """Empty, cut off, of another kind, nested beyond measure, a key that is there twice."""
    assert code in {found for found, _ in codes(text)}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"days": 10**6}, "p, days"), ({"days": 10**30}, "p, days"), ({"begins": -(10**12)}, "p, begins"),
        ({"kinds": [{"kind": "x", "lengths": list(range(1, 300)), "starts": list(range(300))}]}, "p, kinds"),
        ({"prices": {"change": 1e300}}, "p, prices.change"),
        ({"first_date": "9999-12-31"}, "p, first_date"),
        ({"staff": [{"agent_id": "a", "terms": {"minutes": [10**18, None]}}]}, "p, staff[0].terms.minutes[0]"),
    ],
)  # fmt: skip
def test_sizes_are_bounded(more: dict[str, Any], where: str) -> None:
    """What is beyond all measure is refused before arrays are made of it."""
    assert where in {place for _, place in codes(changed(**more))}


def test_many_people_times_many_days_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is bearable alone, together they are not."""
    monkeypatch.setattr(_roster_files, "MOST_CELLS", 10)
    assert codes(problem_to_json(week(Terms()))) == [("too-large", "p, staff x days x kinds")]


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read as a whole."""
    path = tmp_path / "p.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="bad-encoding"):
        read_problem(path)
    monkeypatch.setattr(_roster_files, "MOST_BYTES", 1)
    with pytest.raises(InputError, match="too-large"):
        read_problem(path)


def test_an_unknown_time_zone_is_refused() -> None:
    """Calendars could not be written."""
    assert codes(changed(time_zone="Mars/Base")) == [("unknown-zone", "time_zone")]


def test_what_is_usual_is_left_out() -> None:
    """A file of a small problem stays one that people can read."""
    text = problem_to_json(replace(week(Terms(), days=1), kinds=(EARLY, LATE)))
    assert "slot_minutes" not in text
    assert "not_before" in text
