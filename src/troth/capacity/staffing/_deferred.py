"""Work that can wait, smoothed into the time until it is due."""

from __future__ import annotations

import numpy as np

from troth.capacity.staffing._highspy import Linear
from troth.capacity.staffing._split import Pool, erlangs
from troth.capacity.staffing.problem import Counts, Floats

#: Part of a person's time that work which can wait is done in: the rest is between two contacts.
_USED = 0.92


def beside(pool: Pool, *, total: Counts, load: Floats) -> Counts:
    """Return the people to add in each interval so that deferred work fits in, as few and as even as can be.

    A linear program over days of work as large as the confidence asks for: what is done by the end of an interval is at
    least what is due by then, and at most what has come; what live contacts leave of people's time is used first.

    Parameters
    ----------
    total : people there for live contacts, shape (intervals,).
    load : expected live work in people, shape (intervals,).
    """
    problem = pool.problem
    kinds = [one for one in pool.queues if one.deferred]
    n = problem.intervals
    if not kinds:
        return np.zeros(n, np.int64)
    come, due = np.zeros(n), np.zeros(n)
    for one in kinds:
        work = erlangs(one, interval_s=problem.interval_s)
        size = np.quantile(work.sum(axis=1), problem.confidence) / max(float(work.sum(axis=1).mean()), 1e-9)
        mean = work.mean(axis=0) * size
        come += mean
        wait = max(1, int(one.within_s // problem.interval_s))
        due[wait - 1 :] += mean[: n - wait + 1] * one.level
    program = Linear()
    _, day_of = problem.days()
    spare = np.where(pool.open, np.maximum(0.0, _USED * (total - load)), 0.0)
    room = np.where(pool.open, np.maximum(pool.most.sum(axis=0) - total, 0), 0)
    more = program.variables(n, cost=1.0, upper=room)
    done = program.variables(n)
    late = program.variables(n, cost=50.0)
    peak = program.variables(int(day_of.max()) + 1, cost=0.5)
    stock = program.variables(n)  # done so far
    come_sum, due_sum = np.cumsum(come), np.cumsum(due)
    for t in range(n):
        program.row({int(done[t]): 1.0, int(more[t]): -_USED}, high=float(spare[t]))
        terms = {int(stock[t]): 1.0, int(done[t]): -1.0} | ({int(stock[t - 1]): -1.0} if t else {})
        program.row(terms, low=0.0, high=0.0)
        program.row({int(stock[t]): 1.0}, high=float(come_sum[t]))
        program.row({int(stock[t]): 1.0, int(late[t]): 1.0}, low=float(due_sum[t]))
        program.row({int(more[t]): 1.0, int(peak[day_of[t]]): -1.0}, high=0.0)
    found = program.solve()
    if found is None:
        return np.zeros(n, np.int64)
    return _whole(found[more], day_of)


def _whole(people: Floats, day_of: Counts) -> Counts:
    """Return whole numbers whose sum runs along that of the parts within each day, rounded up at its end."""
    out = np.zeros(len(people), np.int64)
    for d in range(int(day_of.max()) + 1):
        where = np.flatnonzero(day_of == d)
        sums = np.ceil(np.cumsum(people[where]) - 1e-6).astype(np.int64)
        out[where] = np.diff(sums, prepend=0)
    return out
