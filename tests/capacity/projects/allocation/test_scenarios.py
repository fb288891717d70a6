"""Several problems side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.capacity.projects.allocation.cases import drawn, plain
from troth.capacity.projects.allocation import AdviceKind, AllocationAdvice, AllocationPlan, changed, compare, solve


def test_rows_are_of_the_plans() -> None:
    """Each row says what its plan is worth, above the first, and who gets all they want."""
    now = plain([[40]], [[1]], (0, 0, 0, 30, 1), (1, 0, 0, 20, 2))
    more = changed(now, advice=AllocationAdvice(AdviceKind.HIRE, 0.0, "s0", until=1, hours=8))
    rows = compare({"now": now, "one more": more})
    assert [(row.name, row.value, row.more, row.full, row.short) for row in rows] == [
        ("now", 60, 0, 1, 1),
        ("one more", 68, 8, 1, 1),
    ]
    assert [(row.wanted_hours, row.done_hours, row.utilisation) for row in rows] == [(50, 40, 1), (50, 48, 1)]


def test_joins_are_counted_without_those_who_know_the_project() -> None:
    """Whoever knows a project does not join it."""
    problem = plain([[40], [40]], [[1], [1]], (0, 0, 0, 80, 1))
    rows = compare({"new": problem, "known": replace(problem, known=np.array([[0, 0], [1, 0]]))})
    assert [row.joins for row in rows] == [2, 0]


def test_each_plan_is_handed_on() -> None:
    """A row is of the plan that the caller is given, and that `solve` would give."""
    problems, plans = {"a": drawn(1), "b": drawn(2, soft=True)}, dict[str, AllocationPlan]()
    rows = compare(problems, on_plan=plans.__setitem__)
    assert (
        [row.value for row in rows]
        == [plans[name].value for name in problems]
        == [solve(one).value for one in problems.values()]
    )
