"""The same servers and hours of a day placed better: when stretches of presence start, and who stands ahead in the line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from troth.core.decision import Status, Stop
from troth.core.random import stream as random_stream
from troth.core.spans import Span
from troth.queueing.read import Floats
from troth.queueing.twin.day import (
    LINE,
    RecordedDay,
    agent_of,
    line_of,
    recorded_streams,
    stream_of,
    twin_of,
)
from troth.queueing.twin.figures import ENOUGH, lived_contacts
from troth.queueing.twin.learn import USUAL, Kind, LearnedFloor, Learning
from troth.queueing.twin.moves import Moves, Placing, coarse, guess, placed
from troth.queueing.twin.problem import TwinAgent, TwinArrivals, TwinProblem, TwinStream
from troth.queueing.twin.solve import lived

#: No kind's mean wait may grow by more than this share.
WORSE: Final = 0.1
#: In planning each condition is held by this much more, since the day will not be as any of the futures.
MARGIN: Final = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class PlacingScore:
    """How a way to place a day fares: arrays over replications, shape (r,), waits in seconds of all who came.

    `by_queue` has the sum of waits and their number, each of shape (r,).
    """

    wait_sum: Floats
    callers: Floats
    gave_up: Floats
    p95_s: Floats
    by_queue: Mapping[str, tuple[Floats, Floats]]

    @property
    def mean_wait_s(self) -> float:
        """The mean wait over all who came in all replications."""
        return float(self.wait_sum.sum() / max(self.callers.sum(), 1.0))

    @property
    def share_gave_up(self) -> float:
        """The share of all who came that gave up."""
        return float(self.gave_up.sum() / max(self.callers.sum(), 1.0))

    def queue_wait_s(self) -> dict[str, float]:
        """Return the mean wait by queue."""
        return {queue: float(total.sum() / max(number.sum(), 1.0)) for queue, (total, number) in self.by_queue.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Replan:
    """What was found.

    Parameters
    ----------
    placing : the best way found.
    before, after : how the day as it was and as placed fare under the forecast it was planned for.
    tried : how many ways were simulated.
    status : FEASIBLE if the conditions hold under the forecast, else INFEASIBLE; the day as it was always holds.
    """

    placing: Placing
    before: PlacingScore
    after: PlacingScore
    tried: int
    status: Status


class Scenario:
    """A day as it may come: who comes on which floor. Agents are made once for each way they are placed."""

    def __init__(
        self, day: RecordedDay, floor: LearnedFloor, streams: Sequence[TwinStream], *, seed: int = 0, number: int = 0
    ) -> None:
        self.day, self.floor, self.streams, self.seed, self.number = day, floor, streams, seed, number
        self.agents: dict[tuple[str, tuple[Span, ...]], TwinAgent] = {}

    def problem(self, placing: Placing) -> TwinProblem:
        """Return the day as placed; rests move with their stretch, so that ways differ by the placing alone."""
        agents = [self._agent(name, shifts) for name, shifts in sorted(placed(self.day, placing=placing).items())]
        made = twin_of(self.day, floor=self.floor, streams=self.streams, agents=agents)
        line = line_of(self.floor, more_s=placing.more_s)
        return replace(made, queues=tuple(line if queue.name == LINE else queue for queue in made.queues))

    def _agent(self, name: str, shifts: tuple[Span, ...]) -> TwinAgent:
        if (name, shifts) not in self.agents:
            rng = random_stream(self.seed, "rests", self.number, name)
            self.agents[name, shifts] = agent_of(name, shifts=shifts, floor=self.floor, rng=rng)
        return self.agents[name, shifts]


def expected_streams(arrivals: Mapping[Kind, Floats], *, floor: LearnedFloor) -> tuple[TwinStream, ...]:
    """Return customers who are only expected: Poisson in each half hour."""
    return tuple(
        stream_of(queue, priority=priority, arrivals=TwinArrivals(per_cell=rate), floor=floor)
        for (queue, priority), rate in sorted(arrivals.items())
    )


def replan(
    day: RecordedDay,
    *,
    floors: Sequence[LearnedFloor],
    arrivals: Sequence[Mapping[Kind, Floats]],
    open_span: Span,
    how: Learning = USUAL,
    replications: int = 2,
    seed: int = 0,
    stop: Stop = Stop(seconds=60),
    on_progress: Callable[[int, float], None] | None = None,
) -> Replan:
    """Place a day's stretches of presence and head starts so that customers wait less on average.

    Held fixed: each server's skills, pace, number, order and lengths of stretches. Conditions, each against the day as
    it was: the share who give up and the 95th percentile of waits no higher, no queue's mean wait up by more than a
    tenth; in planning each is held by `MARGIN` more. First a search on a formula (Erlang A in each quarter of an hour),
    then one on the twin itself with common random numbers; the best so far is returned whenever it stops.

    Parameters
    ----------
    day : whose staff it is; its contacts are not looked at.
    floors : ways the floor may be; each is simulated as a future of its own.
    arrivals : expected by queue, priority and half hour, of one future after another; see `arrivals.futures`.
    open_span : within which stretches may lie.
    replications : of each future.
    stop : seconds, or steps of the search on the twin.
    on_progress : told how many ways were simulated and the mean wait of the best.

    Source
    ------
    Local search on a simulation with common random numbers: S. G. Henderson and B. L. Nelson (2006), Handbooks in
    Operations Research 13, chapter 17. Staffing by interval as a first guess: Green, Kolesar and Whitt (2007),
    Production and Operations Management 16, 13-39.
    """
    began = time.monotonic()
    futures = [
        Scenario(day, small, expected_streams(arrivals[k % len(arrivals)], floor=small), seed=seed, number=k)
        for k, small in enumerate(map(coarse, floors))
    ]

    def scored(placing: Placing) -> PlacingScore:
        return score([one.problem(placing) for one in futures], replications=replications, seed=seed)

    rng = random_stream(seed, "replan")
    as_it_was = Placing({name: (0,) * len(spans) for name, spans in day.working.items()}, {})
    before = best_score = scored(as_it_was)
    best, best_loss, tried = as_it_was, 1.0, 1
    moves = Moves(day, open_span, how.gap_s)
    kinds = sorted({kind for one in arrivals for kind in one})
    usual = {kind: np.mean([one.get(kind, np.zeros(52)) for one in arrivals], axis=0) for kind in kinds}
    leans, queues = [0.7, 1.4, 1.0], sorted({queue for queue, _ in kinds})
    while not stop.reached(seconds=time.monotonic() - began, steps=tried - 1):
        if leans:
            wait_s = leans.pop() * before.mean_wait_s
            candidate = guess(day, floor=floors[0], arrivals=usual, moves=moves, rng=rng, wait_s=wait_s)
        else:
            candidate = moves.near(best, queues=queues, rng=rng)
        found = scored(candidate)
        tried += 1
        loss = _loss(found, before)
        if loss < best_loss:
            best, best_loss, best_score = candidate, loss, found
        if on_progress is not None:
            on_progress(tried, best_score.mean_wait_s)
    return Replan(
        best, before, best_score, tried, Status.FEASIBLE if holds(best_score, before=before) else Status.INFEASIBLE
    )


def score(problems: Sequence[TwinProblem], *, replications: int, seed: int) -> PlacingScore:
    """Return how problems fare; the k-th lives through replications of its own numbers."""
    from troth.queueing.twin._pack import Packed  # the compiler is loaded only by those who simulate

    rows, parts = [], []
    for k, problem in enumerate(problems):
        packed = Packed(problem)
        for number in range(k * replications, (k + 1) * replications):
            came = lived_contacts(lived(packed, seed=seed, replication=number), problem=problem)
            over = came.answered | came.gave_up
            wait = came.wait_s[over]
            rows.append((wait.sum(), len(wait), came.gave_up.sum(), np.quantile(wait, 0.95) if len(wait) else 0.0))
            parts.append((came.queue[over], wait))
    columns = np.array(rows, dtype=float).T
    queues = sorted({str(queue) for queue, _ in parts for queue in np.unique(queue)})
    by = {
        name: (
            np.array([wait[queue == name].sum() for queue, wait in parts]),
            np.array([float((queue == name).sum()) for queue, _ in parts]),
        )
        for name in queues
    }
    return PlacingScore(columns[0], columns[1], columns[2], columns[3], by)


def excesses(found: PlacingScore, *, before: PlacingScore) -> dict[str, float]:
    """Return by how much each condition is broken, as shares; nothing above nought when all hold."""
    old, new = before.queue_wait_s(), found.queue_wait_s()
    runs = len(before.callers)
    return {
        "gave up": found.share_gave_up / max(before.share_gave_up, 1e-9) - 1,
        "P95": float(found.p95_s.mean() / max(before.p95_s.mean(), 1e-9)) - 1,
    } | {
        queue: new.get(queue, 0.0) / max(wait, 1.0) - 1 - WORSE
        for queue, wait in old.items()
        if before.by_queue[queue][1].sum() / runs >= ENOUGH
    }


def holds(found: PlacingScore, *, before: PlacingScore) -> bool:
    """Tell whether all conditions hold."""
    return all(value <= 1e-9 for value in excesses(found, before=before).values())


def _loss(found: PlacingScore, before: PlacingScore) -> float:
    broken = sum(max(value + MARGIN, 0.0) for value in excesses(found, before=before).values())
    return found.mean_wait_s / max(before.mean_wait_s, 1e-9) + 3 * broken


def judged(
    day: RecordedDay, *, placing: Placing, floors: Sequence[LearnedFloor], replications: int, seed: int
) -> PlacingScore:
    """Return how a placing fares on the contacts that came."""
    made = []
    for k, floor in enumerate(floors):
        streams = recorded_streams(day.contacts, floor=floor, rng=random_stream(seed, "priority", k))
        made.append(Scenario(day, floor, streams, seed=seed, number=k).problem(placing))
    return score(made, replications=replications, seed=seed)
