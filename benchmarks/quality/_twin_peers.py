"""The same small cases in SimPy, hand-built as one would, and in Ciw."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import ciw
import simpy

from benchmarks.quality._twin_cases import (
    GENERALISTS,
    PATIENCE_S,
    SERVERS,
    SERVICE_S,
    SPECIALISTS,
    horizon_s,
    rate,
)


class _Call:
    """One waiting customer and the event that wakes it."""

    __slots__ = ("gone", "kind", "since", "turn")

    def __init__(self, kind: int, since: float, turn: Any) -> None:
        self.kind, self.since, self.turn, self.gone = kind, since, turn, False


class _Floor:
    """Two queues, specialists who are asked first, generalists who take the longest waiting."""

    def __init__(self, env: Any) -> None:
        self.env, self.lines = env, (deque[_Call](), deque[_Call]())
        self.free, self.both = list(SPECIALISTS), GENERALISTS
        self.answered = self.abandoned = 0
        self.waited = 0.0

    def first(self, kind: int) -> _Call | None:
        line = self.lines[kind]
        while line and line[0].gone:
            line.popleft()
        return line[0] if line else None

    def next_for(self, kind: int, *, generalist: bool) -> _Call | None:
        if not generalist:
            return self.first(kind)
        found = [call for call in (self.first(0), self.first(1)) if call is not None]
        return min(found, key=lambda call: call.since, default=None)

    def customer(self, kind: int) -> Any:
        env = self.env
        since, generalist = env.now, False
        if self.free[kind]:
            self.free[kind] -= 1
        elif self.both:
            self.both -= 1
            generalist = True
        else:
            call = _Call(kind, since, env.event())
            self.lines[kind].append(call)
            result = yield call.turn | env.timeout(random.expovariate(1 / PATIENCE_S))
            if call.turn not in result:
                call.gone = True
                self.abandoned += 1
                self.waited += env.now - since
                return
            generalist = call.turn.value
        self.answered += 1
        self.waited += env.now - since
        yield env.timeout(random.expovariate(1 / SERVICE_S))
        other = self.next_for(kind, generalist=generalist)
        if other is not None:
            self.lines[other.kind].popleft()
            other.turn.succeed(generalist)
        elif generalist:
            self.both += 1
        else:
            self.free[kind] += 1

    def arrivals(self, kind: int) -> Any:
        while True:
            yield self.env.timeout(random.expovariate(rate(kind)))
            self.env.process(self.customer(kind))


def simpy_multi_skill(customers: int, seed: int) -> tuple[int, int, float]:
    """Return answered, abandoned and the mean wait in SimPy."""
    random.seed(seed)
    env = simpy.Environment()
    floor = _Floor(env)
    for kind in (0, 1):
        env.process(floor.arrivals(kind))
    env.run(until=horizon_s(customers))
    through = floor.answered + floor.abandoned
    return floor.answered, floor.abandoned, floor.waited / through


class _Desk:
    """The same floor as SimPy's manual would have it: customers and agents are processes that wake each other."""

    def __init__(self, env: Any) -> None:
        self.env, self.lines = env, (deque[_Call](), deque[_Call]())
        self.idle: dict[tuple[int, ...], deque[Any]] = {(0,): deque(), (1,): deque(), (0, 1): deque()}
        self.answered = self.abandoned = 0
        self.waited = 0.0

    def first(self, kinds: tuple[int, ...]) -> _Call | None:
        """Take the longest waiting of some queues out of its line."""
        for kind in kinds:
            line = self.lines[kind]
            while line and line[0].gone:
                line.popleft()
        heads = [self.lines[kind][0] for kind in kinds if self.lines[kind]]
        call = min(heads, key=lambda call: call.since, default=None)
        if call is not None:
            self.lines[call.kind].popleft()
        return call

    def agent(self, kinds: tuple[int, ...]) -> Any:
        while True:
            call = self.first(kinds)
            if call is None:
                wake = self.env.event()
                self.idle[kinds].append(wake)
                yield wake
                continue
            call.turn.succeed()
            yield self.env.timeout(random.expovariate(1 / SERVICE_S))

    def customer(self, kind: int) -> Any:
        call = _Call(kind, self.env.now, self.env.event())
        self.lines[kind].append(call)
        for kinds in ((kind,), (0, 1)):
            if self.idle[kinds]:
                self.idle[kinds].popleft().succeed()
                break
        result = yield call.turn | self.env.timeout(random.expovariate(1 / PATIENCE_S))
        self.waited += self.env.now - call.since
        if call.turn in result:
            self.answered += 1
        else:
            call.gone = True
            self.abandoned += 1

    def arrivals(self, kind: int) -> Any:
        while True:
            yield self.env.timeout(random.expovariate(rate(kind)))
            self.env.process(self.customer(kind))


def simpy_agents(customers: int, seed: int) -> tuple[int, int, float]:
    """Return answered, abandoned and the mean wait in SimPy with agents as processes."""
    random.seed(seed)
    env = simpy.Environment()
    desk = _Desk(env)
    for kinds, many in (((0,), SPECIALISTS[0]), ((1,), SPECIALISTS[1]), ((0, 1), GENERALISTS)):
        for _ in range(many):
            env.process(desk.agent(kinds))
    for kind in (0, 1):
        env.process(desk.arrivals(kind))
    env.run(until=horizon_s(customers))
    return desk.answered, desk.abandoned, desk.waited / (desk.answered + desk.abandoned)


def simpy_one_pool(customers: int, seed: int) -> tuple[int, int, float]:
    """Return answered, abandoned and the mean wait of one pool with priority, by SimPy's own resource."""
    random.seed(seed)
    env = simpy.Environment()
    pool = simpy.PriorityResource(env, capacity=SERVERS)
    books = [0, 0, 0.0]

    def customer(kind: int) -> Any:
        since = env.now
        with pool.request(priority=kind) as turn:
            result = yield turn | env.timeout(random.expovariate(1 / PATIENCE_S))
            books[2] += env.now - since
            if turn not in result:
                books[1] += 1
                return
            books[0] += 1
            yield env.timeout(random.expovariate(1 / SERVICE_S))

    def arrivals(kind: int) -> Any:
        while True:
            yield env.timeout(random.expovariate(rate(kind)))
            env.process(customer(kind))

    for kind in (0, 1):
        env.process(arrivals(kind))
    env.run(until=horizon_s(customers))
    return int(books[0]), int(books[1]), books[2] / (books[0] + books[1])


def ciw_one_pool(customers: int, seed: int) -> tuple[int, int, float]:
    """Return answered, abandoned and the mean wait of one pool with priority in Ciw; it has no skills."""
    ciw.seed(seed)
    service, patience = ciw.dists.Exponential(1 / SERVICE_S), ciw.dists.Exponential(1 / PATIENCE_S)
    net = ciw.create_network(
        arrival_distributions={f"k{k}": [ciw.dists.Exponential(rate(k))] for k in (0, 1)},
        service_distributions={f"k{k}": [service] for k in (0, 1)},
        reneging_time_distributions={f"k{k}": [patience] for k in (0, 1)},
        priority_classes={"k0": 0, "k1": 1},
        number_of_servers=[SERVERS],
    )
    simulation = ciw.Simulation(net)
    simulation.simulate_until_max_time(horizon_s(customers))
    answered = abandoned = 0
    waited = 0.0
    for record in simulation.get_all_records():
        if record.record_type == "service":
            answered += 1
            waited += record.waiting_time
        elif record.record_type == "renege":
            abandoned += 1
            waited += record.waiting_time
    return answered, abandoned, waited / (answered + abandoned)
