"""The answer: people by skill group and interval, with which probability they reach the targets, and what one more is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from troth.capacity.staffing.problem import Counts, Floats, LevelOver, StaffingProblem
from troth.core.decision import Issue, Status
from troth.queueing import with_shrinkage


@dataclass(frozen=True, slots=True, eq=False)
class QueueChance:
    """How sure it is that a queue reaches its level.

    Parameters
    ----------
    queue, over : which, and over what.
    probability : that the level is reached, by day or by interval; shape (days,) or (intervals,).
    level : the level to be expected, same shape.
    low, high : between which it lies in eight of ten futures, same shape.
    futures : how many were lived through in the twin for it; 0 where it is by formula.
    """

    queue: str
    over: LevelOver
    probability: Floats
    level: Floats
    low: Floats
    high: Floats
    futures: int


@dataclass(frozen=True, slots=True, eq=False)
class StaffingPlan:
    """How many people are needed.

    Parameters
    ----------
    problem : what it answers.
    staff : people at work, shape (groups, intervals).
    chances : by queue.
    need_low, need_high : people all groups together would need in one of ten paths at most and in nine of ten at most, as
        each interval by itself takes by formula, shape (intervals,).
    gain_cents : what one more person is worth in an interval, in contacts answered in time by formula, shape (groups, intervals).
    loss_cents : what one person fewer costs likewise.
    status : feasible, or stopped before the search was over; infeasible where targets cannot be met within the limits.
    issues : doubts, and targets that are not met with what can be met.
    seed, seconds, versions : how it was made.
    """

    problem: StaffingProblem
    staff: Counts
    chances: tuple[QueueChance, ...]
    need_low: Floats
    need_high: Floats
    gain_cents: Floats
    loss_cents: Floats
    status: Status
    issues: tuple[Issue, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def present(self) -> Floats:
        """People to be in the office, with meetings and training on top, shape (groups, intervals)."""
        return self._planned([one.in_office for one in self.problem.groups])

    @property
    def scheduled(self) -> Floats:
        """People to plan, with absence on top as well, shape (groups, intervals)."""
        return self._planned([one.shrinkage for one in self.problem.groups])

    def _planned(self, shares: list[float]) -> Floats:
        rows = [with_shrinkage(row, shrinkage=share) for row, share in zip(self.staff, shares, strict=True)]
        return np.stack(rows) if rows else np.zeros(self.staff.shape)

    @property
    def cost_cents(self) -> float:
        """What the planned hours cost."""
        rates = np.array([one.cents_per_hour for one in self.problem.groups])
        return float((self.scheduled.sum(axis=1) * rates).sum() * self.problem.minutes / 60)

    def row(self, group: str) -> Counts:
        """Return the people of a group, shape (intervals,); `KeyError` if it is not known."""
        for k, one in enumerate(self.problem.groups):
            if one.group == group:
                return np.asarray(self.staff[k])
        raise KeyError(group)

    def chance(self, queue: str) -> QueueChance:
        """Return how sure a queue is; `KeyError` if it is not known."""
        for one in self.chances:
            if one.queue == queue:
                return one
        raise KeyError(queue)

    def days(self) -> list[date]:
        """Return the days in order, as of `QueueChance` over days."""
        return self.problem.days()[0]

    def plot(self, group: str | None = None, *, height: int = 320) -> Any:
        """Return the figure of people by interval: of a group, or of all together with the band of what paths need."""
        from troth.capacity.staffing.plot import requirement

        if group is not None:
            return requirement(self.problem, staff=self.row(group), height=height)
        return requirement(
            self.problem, staff=self.staff.sum(axis=0), band=(self.need_low, self.need_high), height=height
        )
