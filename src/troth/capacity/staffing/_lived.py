"""A staff lived through in the twin: on each day, in how many of the possible futures is each queue answered well enough?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from troth.capacity.staffing._split import Pool
from troth.capacity.staffing.problem import Counts, Floats, StaffedQueue
from troth.core.random import stream
from troth.core.time import Span, to_micros
from troth.queueing.twin import (
    Policy,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    run,
)

#: Spread of a lognormal whose coefficient of variation is 1.
_SPREAD: Final = float(np.sqrt(np.log(2)))
_BALKED: Final = 3
#: So many crews are tried where people differ in pace.
_LOTS: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Lived:
    """What came of a staff.

    Parameters
    ----------
    offered, in_time : contacts by future, queue and day, shape (futures, queues, days). Deferred work that falls due after
        the end is left out.
    late : contacts not answered in time, shape (futures, queues, intervals).
    """

    offered: Floats
    in_time: Floats
    late: Floats

    def met(self, levels: Floats) -> Floats:
        """Return in which share of futures a queue reaches its level on a day, shape (queues, days); 1 where nobody came."""
        return np.asarray((self.in_time >= levels[None, :, None] * self.offered - 1e-9).mean(axis=0))

    def critical(self, levels: Floats, *, confidence: float, days: Counts) -> Floats:
        """Return late contacts of futures that miss their level and could be won, shape (queues, intervals).

        The futures that miss it by most are given up, as many as the confidence allows.
        """
        lack = levels[None, :, None] * self.offered - self.in_time
        given_up = np.quantile(lack, confidence, axis=0)
        near = (lack > 1e-9) & (lack <= np.maximum(given_up, 1e-9) + 1e-9)
        return np.asarray((self.late * near[:, :, days]).mean(axis=0))


def live_through(pool: Pool, *, staff: Counts, futures: int, seed: int, workers: int = 2) -> Lived:
    """Simulate a staff, shape (groups, intervals), over so many futures.

    Parameters
    ----------
    workers : threads; futures are the same with any number of them.
    """
    # Who is at work differs from lot to lot of futures, the same with any number of threads.
    many = _LOTS if any(one.paces for one in pool.groups) else workers
    lots = [part for part in np.array_split(np.arange(futures), many) if len(part)]
    made = [twin_of(pool, staff=staff, seed=seed, lot=k) for k in range(len(lots))] if many == _LOTS else None
    twins = made or [twin_of(pool, staff=staff)] * len(lots)
    with ThreadPoolExecutor(workers) as threads:
        parts = list(threads.map(lambda pair: _counted(pool, pair[0], pair[1], seed), zip(twins, lots, strict=True)))
    return Lived(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("offered", "in_time", "late")))


def _counted(pool: Pool, problem: TwinProblem, lot: Counts, seed: int) -> Lived:
    """Return what came of some futures."""
    futures = len(lot)
    result = run(problem, replications=futures, first=int(lot[0]), seed=seed)
    step = int(pool.problem.interval_s * 1e6)
    start, end = to_micros(problem.start), to_micros(problem.end)
    _, day_of = pool.problem.days()
    n, q = pool.problem.intervals, len(pool.queues)
    within = np.array([int(one.within_s * 1e6) for one in pool.queues])
    deferred = np.array([one.deferred for one in pool.queues])
    offered, good = np.zeros((2, futures, q, n))
    for k, trace in enumerate(result.traces):
        rows = trace.contacts
        queue, joined = rows["queue"], rows["joined"]
        done = np.where(deferred[queue], rows["ended"], rows["answered"]) if deferred.any() else rows["answered"]
        judged = (rows["outcome"] != _BALKED) & (joined < end) & (joined >= start)
        if deferred.any():
            judged &= ~deferred[queue] | (joined + within[queue] <= end)
        timely = (done - joined <= within[queue]) & judged
        cell = queue * n + (joined - start) // step
        cell = np.where(judged, cell, q * n)
        offered[k] = np.bincount(cell, minlength=q * n + 1)[:-1].reshape(q, n)
        good[k] = np.bincount(cell[timely], minlength=q * n + 1)[:-1].reshape(q, n)
    first = np.flatnonzero(np.r_[True, day_of[1:] != day_of[:-1]])
    return Lived(np.add.reduceat(offered, first, axis=2), np.add.reduceat(good, first, axis=2), offered - good)


def twin_of(pool: Pool, *, staff: Counts, seed: int = 0, lot: int = 0) -> TwinProblem:
    """Return the twin of a pool with a staff; of another lot other people are at work."""
    problem = pool.problem
    at = problem.instants()
    agents = []
    for g, group in enumerate(pool.groups):
        hands = max((q.at_once for q in pool.queues if q.queue in group.queues), default=1)
        slow = max((q.slowing for q in pool.queues if q.queue in group.queues), default=0.0)
        beside = tuple(1 / (1 + slow * k) for k in range(hands)) if hands > 1 else ()
        serves = tuple((name, 0) for name in group.queues)
        rng = stream(seed, "who is at work", group.group, lot)
        people = int(staff[g].max(initial=0))
        paces = rng.choice(group.paces, people, replace=people > len(group.paces)) if group.paces else np.ones(people)
        for k in range(people):
            there = np.r_[False, staff[g] > k, False]
            edges = np.flatnonzero(there[1:] != there[:-1])
            spans = tuple(Span(at[a], at[b]) for a, b in edges.reshape(-1, 2))
            agents.append(
                TwinAgent(f"{group.group} {k + 1}", serves, spans, hands=hands, beside=beside, pace=float(paces[k]))
            )
    queues = tuple(_queue(one) for one in pool.queues)
    streams = tuple(TwinStream(one.queue, one.queue, TwinArrivals(paths=whole(one))) for one in pool.queues)
    return TwinProblem(
        at[0], at[-1], queues, streams, tuple(agents), policy=Policy(routing=problem.routing),
        cell=timedelta(minutes=problem.minutes), time_zone=problem.time_zone,
    )  # fmt: skip


def _queue(one: StaffedQueue) -> TwinQueue:
    handle = one.handle or Times.lognormal(one.handle_s, spread=_SPREAD)
    patience = one.patience or (Times.exponential(one.patience_s) if one.patience_s is not None else None)
    return TwinQueue(
        one.queue, handle, patience=None if one.deferred else patience, hands=1 if one.at_once > 1 else 0,
        deferred=one.deferred, interruptible=one.deferred and one.interruptible, target_s=one.within_s,
    )  # fmt: skip


def whole(queue: StaffedQueue) -> Counts:
    """Return arrivals as whole numbers; a path of rates is rounded by chance, so that its mean stays."""
    values = np.asarray(queue.arrivals, float)
    if (values == np.floor(values)).all():
        return values.astype(np.int64)
    return np.floor(values + stream(0, "whole", queue.queue).random(values.shape)).astype(np.int64)
