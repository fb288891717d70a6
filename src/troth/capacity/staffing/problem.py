"""What staffing decides: how many people of each skill group must be at work in each interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.time import local_date, zone
from troth.queueing.twin import Routing, Times

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]


class LevelOver(StrEnum):
    """Over what a service level is counted."""

    DAY = "day"
    """Those who came on a local day; lived through in the twin, so that the chance within a day counts."""
    INTERVAL = "interval"
    """What is expected in each interval by itself, by Erlang's formulas."""


@dataclass(frozen=True, slots=True, eq=False)
class StaffedQueue:
    """A queue, what may come to it, and how it is to be answered.

    Parameters
    ----------
    queue : unique.
    arrivals : sample paths of a forecast, contacts by interval, shape (paths, intervals); one path is a certain future.
    handle_s : mean seconds of service with the work after it.
    level : share to be answered within `within_s`, 0 to below 1.
    within_s : seconds; for deferred work until when it is to be done.
    over : what the level is counted over.
    patience_s : mean seconds until a customer gives up; None for never (Erlang C).
    handle, patience : their distributions for the twin; None for a lognormal of coefficient of variation 1, and an
        exponential one.
    at_once, slowing : contacts one agent serves at once and how much that slows each, see `queueing.Traffic`.
    deferred : work that can wait, such as mail: done when nobody else waits, by when it is due.
    interruptible : deferred work is laid aside when somebody else comes.
    open : when contacts are let in, shape (intervals,); None for always.
    worth_cents : of a contact answered in time, which prices people.
    """

    queue: str
    arrivals: Floats
    handle_s: float
    level: float = 0.8
    within_s: float = 20.0
    over: LevelOver = LevelOver.DAY
    patience_s: float | None = None
    handle: Times | None = None
    patience: Times | None = None
    at_once: int = 1
    slowing: float = 0.0
    deferred: bool = False
    interruptible: bool = False
    open: Bools | None = None
    worth_cents: float = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class SkillGroup:
    """People who can do the same.

    Parameters
    ----------
    group : unique.
    queues : which they serve; who waits longest is first, deferred work last.
    least : people who must be there while the group is open, a number or shape (intervals,).
    most : people there can be, a number or shape (intervals,); None for no limit.
    cents_per_hour : what one costs; a dearer one is taken only if needed.
    in_office, out_of_office : shares of paid time that people are at work but not at a queue (training, meetings), and
        absent (illness, leave).
    open : when the group can be there, shape (intervals,); None for whenever one of its queues is open.
    paces : handle times of its people relative to the mean, see `paces`; who is at work in a future is drawn from them.
        Empty for all alike.
    """

    group: str
    queues: tuple[str, ...]
    least: ArrayLike = 0
    most: ArrayLike | None = None
    cents_per_hour: float = 2000.0
    in_office: float = 0.0
    out_of_office: float = 0.0
    open: Bools | None = None
    paces: tuple[float, ...] = ()

    @property
    def shrinkage(self) -> float:
        """Share of paid time that is not at a queue, both kinds together."""
        return round(1 - (1 - self.in_office) * (1 - self.out_of_office), 12)


@dataclass(frozen=True, slots=True, eq=False)
class StaffingProblem:
    """How many people are needed.

    Parameters
    ----------
    start : aware instant at which the first interval begins.
    queues, groups : see there.
    minutes : length of an interval, 15 or 30 as a rule.
    confidence : probability with which each queue is to reach its level on each day (or in each interval).
    occupancy : cap on expected work over people at work, in each interval; None for none.
    time_zone : whose days count.
    routing : whom the twin gives a contact to where several are free; by default whoever can do little else.
    """

    start: datetime
    queues: tuple[StaffedQueue, ...]
    groups: tuple[SkillGroup, ...]
    minutes: int = 30
    confidence: float = 0.9
    occupancy: float | None = None
    time_zone: str = "UTC"
    routing: Routing = Routing.SPECIALISED

    @property
    def intervals(self) -> int:
        """How many intervals there are."""
        return int(np.asarray(self.queues[0].arrivals).shape[-1]) if self.queues else 0

    @property
    def paths(self) -> int:
        """How many possible futures there are."""
        return int(np.asarray(self.queues[0].arrivals).shape[0]) if self.queues else 0

    @property
    def interval_s(self) -> float:
        """Seconds of an interval."""
        return self.minutes * 60.0

    def instants(self) -> list[datetime]:
        """Return when intervals begin, and the end of the last."""
        return [self.start + timedelta(minutes=self.minutes * k) for k in range(self.intervals + 1)]

    def dates(self) -> list[date]:
        """Return the local date of each interval."""
        tz = zone(self.time_zone)
        return [local_date(at, tz=tz) for at in self.instants()[:-1]]

    def days(self) -> tuple[list[date], Counts]:
        """Return the days in order and the number of the day of each interval, shape (intervals,)."""
        dates = self.dates()
        days = sorted(set(dates))
        place = {day: k for k, day in enumerate(days)}
        return days, np.array([place[day] for day in dates], dtype=np.int64)

    def queue_open(self, queue: StaffedQueue) -> Bools:
        """Return when a queue lets contacts in, shape (intervals,)."""
        return np.ones(self.intervals, bool) if queue.open is None else np.asarray(queue.open, bool)

    def group_open(self, group: SkillGroup) -> Bools:
        """Return when a group can be there, shape (intervals,)."""
        if group.open is not None:
            return np.asarray(group.open, bool)
        mine = [self.queue_open(one) for one in self.queues if one.queue in group.queues]
        return np.logical_or.reduce(mine) if mine else np.zeros(self.intervals, bool)

    def limits(self, group: SkillGroup) -> tuple[Counts, Counts]:
        """Return fewest and most people of a group by interval; where it is closed both are 0, without a limit a million."""
        there = self.group_open(group)
        least = np.where(there, np.broadcast_to(np.asarray(group.least), (self.intervals,)), 0)
        most = 1_000_000 if group.most is None else np.asarray(group.most)
        return least.astype(np.int64), np.where(there, np.broadcast_to(most, (self.intervals,)), 0).astype(np.int64)
