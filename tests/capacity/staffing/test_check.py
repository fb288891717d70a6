"""Bad input is told all at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.capacity.staffing.centres import T0, centre, poisson, queue
from troth.capacity.staffing import SkillGroup, StaffingProblem, check, solve
from troth.core.decision import Severity
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
