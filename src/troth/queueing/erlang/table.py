"""Staff around the least: what one agent fewer or more makes of a goal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from troth.core.decision import Issue
from troth.queueing.erlang.performance import Performance, performance, wait_quantile
from troth.queueing.erlang.staffing import Goal
from troth.queueing.erlang.traffic import Floats, Traffic


@dataclass(frozen=True, slots=True)
class Alternatives:
    """How several sizes of staff fare under the traffic of one interval; arrays of shape (sizes,).

    Parameters
    ----------
    found : the steady state of each size.
    level : service level by the goal's formula.
    p90_s : the wait that nine of ten do not exceed.
    met : whether every target of the goal holds.
    """

    found: Performance
    level: Floats
    p90_s: Floats
    met: np.ndarray

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is doubtful."""
        return self.found.issues


def alternatives(staff: ArrayLike, *, traffic: Traffic, goal: Goal) -> Alternatives:
    """Return how each size of staff fares, and whether it meets the goal.

    Parameters
    ----------
    staff : sizes to compare, shape (sizes,).
    traffic : of one interval.
    goal : targets as numbers.

    Examples
    --------
    >>> alternatives([13, 14], traffic=Traffic(100, handle_s=180), goal=Goal(level=0.8)).met
    array([False,  True])
    """
    sizes = np.atleast_1d(np.asarray(staff, float))
    found = performance(sizes, traffic=traffic)
    level = found.service_level(goal.formula)
    met = np.ones(sizes.shape, bool)
    for target, reached, way in (
        (goal.level, level, 1), (goal.asa_s, found.mean_answer_s, -1), (goal.abandoned, found.abandoned, -1), (goal.occupancy, found.occupancy, -1),
    ):  # fmt: skip
        if target is not None:
            met &= way * (reached - np.asarray(target, float)) >= -1e-12
    met &= np.isfinite(found.mean_wait_s)
    return Alternatives(found, level, wait_quantile(0.9, staff=sizes, traffic=traffic), met)


def around(staff: float, *, erlangs: float, most: int = 4) -> Floats:
    """Return sizes of staff around the least, as many to both sides; none that the load alone would swamp, if it can be."""
    low = max(1, int(staff) - most, min(int(erlangs), int(staff) - 1))
    return np.arange(low, max(int(staff), 1) + most + 1, dtype=float)
