"""How contacts of a pool would be answered by Erlang's formulas, as tables over paths, intervals and people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from troth.capacity.staffing._split import Pool, erlangs
from troth.capacity.staffing.problem import Counts, Floats, StaffedQueue
from troth.queueing import Traffic, performance


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Contacts answered in time, of the live queues of a pool taken as one crew.

    Parameters
    ----------
    base : people in the first row of each interval's table, shape (intervals,).
    in_time : shape (rows, queues, paths, intervals): with ``base + row`` people.
    arrivals : shape (queues, paths, intervals).
    load : work by path and interval in people, of the live queues, shape (paths, intervals).
    """

    base: Counts
    in_time: Floats
    arrivals: Floats
    load: Floats

    def at(self, staff: Counts) -> Floats:
        """Return contacts answered in time with a staff, shape (queues, paths, intervals); beyond the table its last row, before it nobody."""
        row = np.clip(staff - self.base, 0, len(self.in_time) - 1)
        found: Floats = np.take_along_axis(self.in_time, row[None, None, None, :], axis=0)[0]
        return np.where((staff < self.base) | (staff <= 0), 0.0, found)

    def gain(self, staff: Counts) -> Floats:
        """Return what one more person adds to it, mean over paths, shape (queues, intervals)."""
        return np.asarray((self.at(staff + 1) - self.at(staff)).mean(axis=1))


def tables(pool: Pool, *, paths: int) -> Tables:
    """Return the tables of a pool over its first paths."""
    problem, live = pool.problem, pool.live
    n, step = problem.intervals, problem.interval_s
    p = min(paths, problem.paths)
    arrivals = np.stack([np.asarray(one.arrivals, float)[:p] for one in live]) if live else np.zeros((0, p, n))
    load = sum((erlangs(one, interval_s=step)[:p] for one in live), np.zeros((p, n)))
    high = np.quantile(load, 0.99, axis=0)
    base = np.maximum(np.floor(0.5 * load.mean(axis=0)).astype(np.int64), 0)
    top = np.ceil(high + 2.2 * np.sqrt(high) + 2).astype(np.int64)
    rows = int((top - base)[pool.open].max(initial=1)) + 1
    found = np.zeros((rows, len(live), p, n))
    where = np.flatnonzero(pool.open)
    for q, one in enumerate(live):
        found[:, q][:, :, where] = _answered(pool, one, arrivals[:, :, where], base[where], rows)
    return Tables(base, found, arrivals, load)


def _answered(pool: Pool, queue: StaffedQueue, arrivals: Floats, base: Counts, rows: int) -> Floats:
    """Return contacts of one queue answered in time, shape (rows, paths, intervals), the crew shared by all of the pool."""
    live = pool.live
    all_alike = len({(one.at_once, one.slowing) for one in live}) == 1
    at_once, slowing = (live[0].at_once, live[0].slowing) if all_alike else (1, 0.0)
    side = [1.0 if all_alike else (1 + one.slowing * (one.at_once - 1)) / one.at_once for one in live]
    whole = arrivals.sum(axis=0)
    some = whole > 0
    handle = sum(arrivals[k] * one.handle_s * side[k] for k, one in enumerate(live)) / np.where(some, whole, 1.0)
    leaving = sum(arrivals[k] / (one.patience_s or np.inf) for k, one in enumerate(live)) / np.where(some, whole, 1.0)
    with np.errstate(divide="ignore"):
        patience = np.where(leaving > 0, 1 / np.maximum(leaving, 1e-300), np.inf)
    mine = arrivals[live.index(queue)]
    asked = some & (mine > 0)
    cells = np.nonzero(asked)
    found = np.zeros((rows, *mine.shape))
    if not len(cells[0]):
        return found
    # Equal cells are computed once: counts repeat over paths.
    keys = np.stack([whole[cells], handle[cells], patience[cells], base[cells[1]].astype(float)])
    unique, back = np.unique(keys, axis=1, return_inverse=True)
    staff = unique[3][None, :] + np.arange(rows)[:, None]
    traffic = Traffic(
        unique[0], handle_s=unique[1], interval_s=pool.problem.interval_s, patience_s=unique[2], within_s=queue.within_s,
        at_once=at_once, slowing=slowing,
    )  # fmt: skip
    share = np.nan_to_num(performance(staff, traffic=traffic).answered_in_time)
    found[:, cells[0], cells[1]] = share[:, back.ravel()] * mine[cells]
    return found
