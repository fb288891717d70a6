"""Small centres for the tests of staffing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from troth.capacity.staffing import SkillGroup, StaffedQueue, StaffingProblem
from troth.capacity.staffing.problem import Floats

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)


def poisson(mean: float, *, paths: int = 60, intervals: int = 12, seed: int = 1, spread: float = 0.1) -> Floats:
    """Return arrivals whose level differs from path to path."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(1 / spread**2, spread**2, (paths, 1))
    found: Floats = rng.poisson(level * np.full((1, intervals), mean)).astype(float)
    return found


def queue(name: str = "calls", mean: float = 20.0, **more: Any) -> StaffedQueue:
    """Return a queue of calls of four minutes."""
    seed = sum(map(ord, name))
    given: dict[str, Any] = {"handle_s": 240.0, "patience_s": 300.0} | more
    arrivals = given.pop("arrivals", None)
    return StaffedQueue(name, poisson(mean, seed=seed) if arrivals is None else arrivals, **given)


def centre(*queues: StaffedQueue, groups: tuple[SkillGroup, ...] | None = None, **more: Any) -> StaffingProblem:
    """Return a problem; without groups everybody does everything."""
    names = tuple(one.queue for one in queues)
    return StaffingProblem(T0, queues, groups or (SkillGroup("all", names),), **more)
