"""In which order people are best added to a day, and how those of an interval are shared among groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from troth.capacity.staffing._formula import Tables
from troth.capacity.staffing._split import Pool, shares
from troth.capacity.staffing.problem import Counts, Floats, LevelOver


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Ever larger staffs of each day, each with one person more than the one before.

    Parameters
    ----------
    floor : people that are needed in any case, shape (intervals,).
    added : by day, the intervals to which one person more is added, in order.
    enough : by day, how many of these are enough by the formulas.
    """

    pool: Pool
    floor: Counts
    added: tuple[Counts, ...]
    enough: Counts
    share: Floats

    def total(self, places: Sequence[int] | Counts) -> Counts:
        """Return people by interval when of each day so many are added."""
        staff = self.floor.copy()
        for order, k in zip(self.added, places, strict=True):
            np.add.at(staff, order[:k], 1)
        return staff

    def staff(self, places: Sequence[int] | Counts) -> Counts:
        """Return people by group and interval, shape (groups, intervals)."""
        return shared(self.pool, total=self.total(places), share=self.share)


def ordered(pool: Pool, *, tables: Tables, floor: Counts) -> Order:
    """Return the order: each time where most contacts more are answered in time on paths that miss their level."""
    _, day_of = pool.problem.days()
    days = int(day_of.max()) + 1
    room = pool.most.sum(axis=0)
    # Below these the formulas see nothing: fewer than the tables begin with, or a queue that grows without end.
    begin = np.maximum(tables.base, np.where(tables.load.max(axis=0) > 0, 1, 0))
    if any(one.patience_s is None for one in pool.live):
        begin = np.maximum(begin, np.where(tables.load.mean(axis=0) > 0, np.floor(tables.load.mean(axis=0)) + 1, 0))
    floor = np.maximum(floor, np.minimum(begin.astype(np.int64), room))
    rows = [k for k, one in enumerate(pool.live) if one.over is LevelOver.DAY]
    added, enough = [], np.zeros(days, np.int64)
    for d in range(days):
        where = np.flatnonzero((day_of == d) & pool.open)
        order, enough[d] = _day(pool, tables, floor, where, room, rows)
        added.append(order)
    return Order(pool, floor, tuple(added), enough, shares(pool))


def _day(pool: Pool, tables: Tables, floor: Counts, where: Counts, room: Counts, rows: list[int]) -> tuple[Counts, int]:
    """Return the intervals of a day in the order in which people are added, and how many are enough."""
    if not rows or not len(where):
        return np.zeros(0, np.int64), 0
    confidence = pool.problem.confidence
    levels = np.array([pool.live[k].level for k in rows])
    table = tables.in_time[:, rows][..., where]
    top = len(table) - 1
    wanted = levels[:, None] * tables.arrivals[rows][..., where].sum(axis=2)
    row = np.clip(floor[where] - tables.base[where], 0, top)
    places = np.arange(len(where))
    order: list[int] = []
    enough = -1
    now = np.stack([table[row[t], :, :, t] for t in places], axis=2)
    while True:
        lack = wanted - now.sum(axis=2)
        met = (lack <= 1e-9).mean(axis=1)
        if enough < 0 and (met >= confidence).all():
            enough = len(order)
        if met.min() >= 1 and enough >= 0 and len(order) >= 2 * enough + 12:
            break
        free = (row < top) & (floor[where] + np.bincount(order, minlength=len(where)) < room[where])
        if not free.any():
            break
        aim = lack > -0.03 * wanted - 1e-9
        aim &= lack <= np.maximum(np.quantile(lack, confidence, axis=1, keepdims=True), 0) + 1e-9
        if not aim.any():
            aim[:] = True
        step = np.stack([table[min(row[t] + 1, top), :, :, t] for t in places], axis=2) - now
        gain = np.where(free, (step * aim[:, :, None]).sum(axis=(0, 1)), -1.0)
        t = int(np.argmax(gain))
        order.append(t)
        row[t] += 1
        now[:, :, t] = table[row[t], :, :, t]
    return where[np.array(order, np.int64)], len(order) if enough < 0 else enough


def shared(pool: Pool, *, total: Counts, share: Floats) -> Counts:
    """Return people by group: minimum first, then each time to the group that lacks most of its share."""
    staff = np.minimum(pool.least, pool.most)
    staff = staff.copy()
    for _ in range(int(np.maximum(total - staff.sum(axis=0), 0).max(initial=0))):
        sum_now = staff.sum(axis=0)
        short = (sum_now < total) & (staff < pool.most).any(axis=0)
        lack = np.where(staff < pool.most, share * (sum_now + 1) - staff, -np.inf)
        best = lack.argmax(axis=0)
        where = np.flatnonzero(short)
        staff[best[where], where] += 1
    return staff


def least_total(pool: Pool, *, tables: Tables) -> Counts:
    """Return the people needed whatever the level of a day: minimum, occupancy, levels of single intervals."""
    problem = pool.problem
    floor = pool.least.sum(axis=0)
    load = tables.load.mean(axis=0)
    if problem.occupancy is not None:
        floor = np.maximum(floor, np.ceil(load / problem.occupancy - 1e-9).astype(np.int64))
    floor = np.maximum(floor, ((load > 0) & pool.open).astype(np.int64))
    for k, one in enumerate(pool.live):
        if one.over is LevelOver.INTERVAL:
            met = (tables.in_time[:, k] >= one.level * tables.arrivals[k] - 1e-9).mean(axis=1)
            good = met >= problem.confidence
            row = np.where(good.any(axis=0), good.argmax(axis=0), len(good) - 1)
            needed = np.where(tables.arrivals[k].max(axis=0) > 0, tables.base + row, 0)
            floor = np.maximum(floor, needed)
    return np.asarray(np.minimum(floor, pool.most.sum(axis=0)))
