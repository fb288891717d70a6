"""The picture of an allocation."""

from __future__ import annotations

import numpy as np

from tests.capacity.projects.allocation.cases import plain
from troth.capacity.projects.allocation import AllocationPlan, solve
from troth.capacity.projects.allocation.plots import balance


def _plan() -> AllocationPlan:
    """Hours of the second skill are missing in the first week; nothing is asked of it in the second."""
    return solve(plain([[40, 40], [10, 10]], [[1, 0], [0, 1]], (0, 0, 0, 30, 1), (0, 0, 1, 40, 1), (1, 1, 0, 40, 1)))


def test_the_balance_is_of_skills_and_weeks() -> None:
    """Wanted, missing and left over, each where it is."""
    wanted, missing, left = balance(_plan())
    assert wanted.tolist() == [[30, 40], [40, 0]]
    assert missing.tolist() == [[0, 0], [30, 0]]
    assert left.tolist() == [[10, 0], [0, 10]]


def test_what_is_missing_stands_first_and_is_negative() -> None:
    """The skill with most hours missing is the first row; a cell without need is empty."""
    figure = _plan().plot()
    (heat,) = figure.data
    shade = np.array(heat.z, float)
    assert list(figure.layout.yaxis.ticktext) == ["s1", "s0"]
    assert shade[0, 0] < 0
    assert np.isnan(shade[0, 1])
    assert shade[1, 0] > 0
    assert shade[1, 1] == 0
    assert "30 h missing" in heat.customdata[0][0]
    assert "one hour more is worth 1.00" in heat.customdata[0][0]


def test_a_name_from_outside_stays_text() -> None:
    """A skill called like a tag is shown, not read."""
    problem = plain([[40]], [[1]], (0, 0, 0, 30, 1))
    figure = solve(
        type(problem)(
            problem.people, ("<b>x",), problem.projects, problem.weeks, problem.free, problem.levels, problem.needs
        )
    ).plot()
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;x"]
