"""Everything wrong with an allocation problem is told at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.capacity.projects.allocation.cases import alone_of, drawn, needs_of, plain
from troth.capacity.projects.allocation import AllocatedWork, AllocationPrices, AllocationProblem, check
from troth.core.decision import Severity


def _good(**more: Any) -> AllocationProblem:
    return replace(plain([[40, 40]], [[1]], (0, 0, 0, 30, 1), (1, 0, 1, 20, 2)), **more)


def _work(person: int, need: int, hours: float) -> AllocatedWork:
    return AllocatedWork(np.array([person]), np.array([need]), np.array([hours]))


def test_a_good_problem_has_no_issues() -> None:
    """Nothing is told of what is sound."""
    assert check(_good()) == []
    assert [issue for issue in check(drawn(4, soft=True)) if issue.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("problem", "codes"),
    [
        (_good(people=("ada", "ada"), free=np.zeros((2, 2)), levels=np.ones((2, 1))), ["name-twice"]),
        (_good(weeks=(date(2026, 1, 12), date(2026, 1, 5))), ["weeks-out-of-order"]),
        (_good(free=np.zeros((1, 3))), ["bad-shape"]),
        (_good(levels=np.zeros((2, 1)), busy=np.zeros(2), caps=np.zeros(1)), ["bad-shape"] * 3),
        (_good(members=np.zeros((1, 3), int), person_place=("a", "b")), ["bad-shape"] * 2),
        (_good(needs=needs_of((9, 0, 0, 1, 1), (0, 0, 7, 1, 1))), ["unknown-number"] * 2),
        (_good(confirmed=_work(3, 9, 1)), ["unknown-number"] * 2),
        (_good(period=np.array([0, 5])), ["unknown-number"]),
        (_good(members=np.array([[0.5, 0.5]])), ["unknown-number"] * 2),
        (_good(free=np.array([[np.nan, -1]])), ["bad-hours"]),
        (_good(needs=needs_of((0, 0, 0, -1, -1))), ["bad-hours", "bad-value"]),
        (_good(needs=needs_of((0, 0, 0, 1, 1), level=-1), levels=np.array([[-1.0]])), ["bad-level"] * 2),
        (_good(caps=np.array([[-1.0]]), target=np.array([-1.0])), ["bad-hours"] * 2),
        (_good(grain=0.0, prices=AllocationPrices(join=-1, cost=float("nan"))), ["bad-grain"] + ["bad-price"] * 2),
        (alone_of(_good(), 0), ["bad-shape"]),
        (alone_of(_good(), 0, -2), ["unknown-number"]),
        (alone_of(_good(), 0, 0), ["alone-in-two-projects"]),
        (_good(levels=np.zeros((1, 1))), ["skill-nobody-holds"]),
        (_good(needs=needs_of((0, 0, 0, 1, 1), level=5)), ["level-nobody-holds"]),
        (_good(confirmed=_work(0, 0, 50)), ["confirmed-beyond-free"]),
        (_good(needs=needs_of((0, 0, 0, 0.5, 1))), ["need-below-grain"]),
    ],
)
def test_each_mistake_is_told(problem: AllocationProblem, codes: list[str]) -> None:
    """Each mistake has its code, with advice, however many there are."""
    found = check(problem)
    assert [issue.code for issue in found] == codes
    assert all(issue.advice.startswith("Maybe") for issue in found)


def test_doubts_do_not_stop_the_plan() -> None:
    """What can be planned in spite of it is a warning."""
    doubtful = _good(levels=np.zeros((1, 1)), confirmed=_work(0, 0, 50))
    assert {issue.severity for issue in check(doubtful)} == {Severity.WARNING}
