"""A staff lived through in the twin: on each day, in how many of the possible futures is each queue answered well enough?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
        """Return in which share of futures a queue reaches its level on a day, shape (queues, days); 1 where nobody came.

        Parameters
        ----------
        levels : shape (queues, days).
        """
        return np.asarray((self.in_time >= levels * self.offered - 1e-9).mean(axis=0))

    def critical(self, levels: Floats, *, confidence: float, days: Counts) -> Floats:
        """Return late contacts of futures that miss their level and could be won, shape (queues, intervals).

        The futures that miss it by most are given up, as many as the confidence allows.
        """
        lack = levels * self.offered - self.in_time
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
    crew = _crew(pool, staff)
    day_of = pool.problem.days()[1]

    def lived(k: int) -> Lived:
        agents = _paced(pool, crew, seed, k) if many == _LOTS else tuple(one for mine in crew for one in mine)
        return _counted(pool, _twin(pool, lots[k], agents), lots[k], seed, day_of)

    with ThreadPoolExecutor(workers) as threads:
        parts = list(threads.map(lived, range(len(lots))))
    return Lived(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("offered", "in_time", "late")))


def _counted(pool: Pool, problem: TwinProblem, lot: Counts, seed: int, day_of: Counts) -> Lived:
    """Return what came of some futures."""
    futures = len(lot)
    result = run(problem, replications=futures, first=int(lot[0]), seed=seed)
    step = int(pool.problem.interval_s * 1e6)
    start, end = to_micros(problem.start), to_micros(problem.end)
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


def _crew(pool: Pool, staff: Counts) -> list[list[TwinAgent]]:
    """Return the people of a staff, group by group."""
    at = pool.problem.instants()
    crew = []
    for g, group in enumerate(pool.groups):
        hands = max((q.at_once for q in pool.queues if q.queue in group.queues), default=1)
        slow = max((q.slowing for q in pool.queues if q.queue in group.queues), default=0.0)
        beside = tuple(1 / (1 + slow * k) for k in range(hands)) if hands > 1 else ()
        serves = tuple((name, 0) for name in group.queues)
        mine = []
        for k in range(int(staff[g].max(initial=0))):
            there = np.r_[False, staff[g] > k, False]
            edges = np.flatnonzero(there[1:] != there[:-1])
            spans = tuple(Span(at[a], at[b]) for a, b in edges.reshape(-1, 2))
            mine.append(TwinAgent(f"{group.group} {k + 1}", serves, spans, hands=hands, beside=beside))
        crew.append(mine)
    return crew


def _paced(pool: Pool, crew: list[list[TwinAgent]], seed: int, lot: int) -> tuple[TwinAgent, ...]:
    """Return the people who are at work in a lot of futures: of another lot they are others."""
    found: list[TwinAgent] = []
    for group, mine in zip(pool.groups, crew, strict=True):
        rng = stream(seed, "who is at work", group.group, lot)
        few = len(mine) > len(group.paces)
        paces = rng.choice(group.paces, len(mine), replace=few) if group.paces else np.ones(len(mine))
        found += [replace(one, pace=float(pace)) for one, pace in zip(mine, paces, strict=True)]
    return tuple(found)


def _twin(pool: Pool, lot: Counts, agents: tuple[TwinAgent, ...]) -> TwinProblem:
    """Return the twin of a pool over the paths of some futures, in the places in which they are looked up."""
    problem = pool.problem
    number = min(len(lot), problem.paths)
    rows = np.empty(number, np.int64)
    rows[lot[:number] % number] = lot[:number] % problem.paths
    if len(lot) > number:  # every path, some more than once: they stand where they always stood
        rows = np.arange(number)
    queues = tuple(_queue(one) for one in pool.queues)
    streams = tuple(TwinStream(one.queue, one.queue, TwinArrivals(paths=whole(one)[rows])) for one in pool.queues)
    start = problem.start
    end = start + timedelta(minutes=problem.minutes * problem.intervals)
    return TwinProblem(
        start, end, queues, streams, agents, policy=Policy(routing=problem.routing),
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
