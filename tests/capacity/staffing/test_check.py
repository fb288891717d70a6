"""Bad input is told all at once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.capacity.staffing.centres import T0, centre, poisson, queue
from troth.capacity.staffing import SkillGroup, StaffingProblem, check, solve
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

_OPEN = np.array([True] * 6 + [False] * 6)


def _holes(value: float) -> np.ndarray:
    arrivals = poisson(20)
    arrivals[3, 4] = value
    return arrivals


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("not-a-number", centre(queue(arrivals=_holes(np.nan)))),
        ("negative-contacts", centre(queue(arrivals=_holes(-1)))),
        ("nobody-skilled", centre(queue(), queue("en"), groups=(SkillGroup("lt", ("calls",)),))),
        ("unknown-queue", centre(queue(), groups=(SkillGroup("lt", ("calls", "cals")),))),
        ("contradictory-limits", centre(queue(), groups=(SkillGroup("lt", ("calls",), least=3, most=2),))),
        ("demand-when-closed", centre(queue(open=_OPEN))),
        ("demand-when-closed", centre(queue(), groups=(SkillGroup("lt", ("calls",), open=_OPEN),))),
        ("level-out-of-range", centre(queue(level=1.0))),
        ("bad-confidence", centre(queue(), confidence=1.0)),
        ("bad-occupancy", centre(queue(), occupancy=0.0)),
        ("bad-shrinkage", centre(queue(), groups=(SkillGroup("lt", ("calls",), in_office=1.0),))),
        ("shapes-differ", centre(queue(), queue("en", arrivals=poisson(2, intervals=3)))),
        ("shapes-differ", centre(queue(), groups=(SkillGroup("lt", ("calls",), least=np.ones(3)),))),
        ("group-twice", centre(queue(), groups=(SkillGroup("lt", ("calls",)), SkillGroup("lt", ("calls",))))),
        ("queue-twice", centre(queue(), queue())),
        ("handle-time-not-positive", centre(queue(handle_s=0.0))),
        ("negative-patience", centre(queue(patience_s=0.0))),
        ("unknown-zone", centre(queue(), time_zone="Mars")),
        ("bad-interval", centre(queue(), minutes=7)),
        ("naive-time", replace(centre(queue()), start=T0.replace(tzinfo=None))),
        ("negative-cost", centre(queue(), groups=(SkillGroup("lt", ("calls",), cents_per_hour=-1),))),
    ],
)
def test_each_fault_is_named_and_refused(code: str, problem: StaffingProblem) -> None:
    """Every fault of the table has its code and an advice, and the solver refuses it."""
    found = [one for one in check(problem) if one.severity is Severity.ERROR]
    assert code in {one.code for one in found}
    assert all(one.advice.startswith("Maybe") for one in found)
    with pytest.raises(InputError):
        solve(problem)


def test_faults_are_told_together() -> None:
    """One call names all that is wrong."""
    given: dict[str, Any] = {"confidence": 2.0, "occupancy": 3.0}
    problem = centre(queue(arrivals=_holes(-1), level=0.0), groups=(SkillGroup("lt", ("cals",)),), **given)
    codes = {one.code for one in check(problem)}
    assert {"bad-confidence", "bad-occupancy", "negative-contacts", "level-out-of-range", "unknown-queue"} <= codes


def test_a_sound_problem_has_no_issue() -> None:
    """What can be staffed is not complained of."""
    assert check(centre(queue(), queue("en", 4))) == []


def _one(code: str, problem: StaffingProblem) -> Issue:
    (found,) = (one for one in check(problem) if one.code == code)
    assert found.advice.startswith("Maybe")
    return found


def test_one_agent_for_the_work_of_three_is_named_without_a_search() -> None:
    """What all who may be there cannot reach is seen at once, with what they can; the plan tells it as met."""
    problem = centre(queue(), groups=(SkillGroup("solo", ("calls",), most=1),))
    found = _one("target-impossible", problem)
    assert found.severity is Severity.WARNING and found.where == "queues[calls] 2026-03-02"
    assert found.value.endswith("at best instead of 80%")
    assert check(centre(queue(), groups=(SkillGroup("ten", ("calls",), most=10),))) == []


def test_queues_that_could_each_be_served_but_not_together_are_named_together() -> None:
    """Four people are enough for either queue, and for both they are not."""
    queues = (queue("a", 20), queue("b", 20))
    groups = (SkillGroup("all", ("a", "b"), most=5),)
    assert check(centre(queues[0], groups=(SkillGroup("all", ("a",), most=5),), confidence=0.6)) == []
    assert _one("target-impossible", centre(*queues, groups=groups, confidence=0.6)).where.startswith("queues[a+b]")


def test_mail_that_comes_before_a_closed_time_until_it_is_due_is_named() -> None:
    """Half of it comes when nobody can do it in time."""
    come = np.full((10, 24), 5.0)
    mail = queue("mail", arrivals=come, handle_s=300.0, within_s=3600.0, level=0.9, deferred=True, patience_s=None)
    there = np.array([True] * 6 + [False] * 12 + [True] * 6)
    found = _one("comes-too-late", centre(mail, groups=(SkillGroup("all", ("mail",), open=there),)))
    assert found.value == "58.3% at best instead of 90%"


def test_an_occupancy_cap_that_the_most_people_cannot_keep_is_named() -> None:
    """Work of nearly three people on three is above a cap of four fifths."""
    problem = centre(queue(level=0.01), groups=(SkillGroup("few", ("calls",), most=3),), occupancy=0.8)
    assert _one("occupancy-impossible", problem).count == 12


def test_demand_on_a_closed_day_is_refused() -> None:
    """Calls forecast for a day on which nobody works are an error with the first instant."""
    there = np.arange(96) < 48
    problem = centre(queue(arrivals=poisson(5, intervals=96), open=there))
    found = _one("demand-when-closed", problem)
    assert found.severity is Severity.ERROR and found.count == 48 and "2026-03-03" in found.where


def test_contradictions_of_a_month_are_named_in_two_seconds() -> None:
    """Too few people for a month of half-hours, and a minimum above the most: told without a search."""
    days = 28
    there = np.tile((np.arange(48) >= 16) & (np.arange(48) < 38), days)
    calls, english = (
        queue(name, arrivals=np.where(there, poisson(mean, paths=200, intervals=48 * days), 0), open=there)
        for name, mean in (("calls", 14), ("en", 4))
    )
    groups = (SkillGroup("lt", ("calls",), most=2), SkillGroup("both", ("calls", "en"), most=1))
    problem = centre(calls, english, groups=groups)
    check(centre(queue(), groups=(SkillGroup("few", ("calls",), most=3),)))  # formulas are compiled once
    began = time.process_time()
    assert {one.code for one in check(problem)} == {"target-impossible"}
    least = replace(problem, groups=(replace(groups[0], least=4), groups[1]))
    assert {one.code for one in check(least)} == {"contradictory-limits"}
    assert time.process_time() - began < 2
