"""Why projects do not get all they want."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.capacity.projects.allocation.cases import plain
from troth.capacity.projects.allocation import AllocationPrices, AllocationProblem, solve


def _reasons(problem: AllocationProblem) -> dict[str, list[Any]]:
    said = solve(problem).explain()
    return {part.parameters["project"]: [one.parameters["reason"] for one in part.parts] for part in said.parts}


def test_a_project_that_is_outbid_is_told_by_whom_and_at_what_price() -> None:
    """The price of the skill in that week, and the project that has the hours instead."""
    said = solve(plain([[40]], [[1]], (0, 0, 0, 30, 1), (1, 0, 0, 20, 2))).explain()
    assert said.parameters == {"value": 60, "bound": 60, "wanted": 70}
    (part,) = said.parts
    assert part.parameters == {"project": "j0", "hours": 10, "cost": 10}
    told = part.parts[0].parameters
    assert (told["skill"], told["reason"], told["price"], told["instead"]) == ("s0", "outbid", 1.0, (("j1", 20.0),))


def test_projects_are_told_by_what_they_lose() -> None:
    """Whoever loses most comes first."""
    said = solve(plain([[0]], [[1]], (0, 0, 0, 30, 1), (1, 0, 0, 20, 2))).explain()
    assert [part.parameters["project"] for part in said.parts] == ["j1", "j0"]


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (plain([[40]], [[0]], (0, 0, 0, 30, 1)), "nobody"),
        (plain([[0]], [[1]], (0, 0, 0, 30, 1)), "away"),
        (plain([[40]], [[1]], (0, 0, 0, 30, 1), caps=np.array([[10.0]])), "capped"),
        (plain([[20]], [[1]], (0, 0, 0, 30, 1)), "outbid"),
        (plain([[40]], [[1]], (0, 0, 0, 3, 1), prices=AllocationPrices(join=5)), "kept"),
        (plain([[40]], [[1]], (0, 0, 0, 3.5, 1)), "kept"),
    ],
    ids=[
        "nobody holds it",
        "holders are away",
        "their caps",
        "more valuable work",
        "joining costs more",
        "less than a grain",
    ],
)
def test_each_reason_is_found(problem: AllocationProblem, reason: str) -> None:
    """Hours are missing for this reason and no other."""
    assert _reasons(problem) == {"j0": [reason]}


def test_nothing_is_said_where_all_is_done() -> None:
    """A plan that does all has no parts."""
    assert _reasons(plain([[40]], [[1]], (0, 0, 0, 30, 1))) == {}
