"""What the twin is timed on: the multi-skill case, the one pool with priority, and a month of a hundred agents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from troth.core.spans import Span, instant_at, zone
from troth.core.terms import AgentState
from troth.queueing import CustomerClass, Discipline
from troth.queueing.twin import (
    Onward,
    Policy,
    Redial,
    Routing,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    agents_alike,
)

#: Mean service and patience in seconds, and offered work per server of the two small cases.
SERVICE_S: Final = 300.0
PATIENCE_S: Final = 600.0
LOAD: Final = 1.0
SERVERS: Final = 20
#: Specialists of each class, and generalists.
SPECIALISTS: Final = (8, 6)
GENERALISTS: Final = 6
#: Which share of the customers is of the first class.
SHARES: Final = (0.55, 0.45)
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def rate(k: int) -> float:
    """Return how many customers of a class come in a second."""
    return LOAD * SERVERS / SERVICE_S * SHARES[k]


def horizon_s(customers: int) -> float:
    """Return the seconds in which so many customers are expected."""
    return customers / (rate(0) + rate(1))


def _stream(name: str, queue: str, k: int, seconds: float, **more: object) -> TwinStream:
    cells = int(np.ceil(seconds / 1800))
    return TwinStream(name, queue, TwinArrivals(per_cell=np.full(cells, rate(k) * 1800)), **more)  # type: ignore[arg-type]


def multi_skill(customers: int) -> TwinProblem:
    """Return two queues with specialists who are asked first, and generalists who take the longest waiting of both."""
    seconds = horizon_s(customers)
    end = _START + timedelta(seconds=seconds)
    handle, patience = Times.exponential(SERVICE_S), Times.exponential(PATIENCE_S)
    queues = tuple(TwinQueue(name, handle, patience=patience) for name in "ab")
    streams = tuple(_stream(name, name, k, seconds) for k, name in enumerate("ab"))
    one = TwinAgent("", (), (Span(_START, end),))
    agents = [
        agent
        for name, many in zip("ab", SPECIALISTS, strict=True)
        for agent in agents_alike(replace(one, queues=((name, 0),)), names=[f"{name}{k}" for k in range(many)])
    ]
    both = replace(one, queues=(("a", 0), ("b", 0)))
    agents += agents_alike(both, names=[f"g{k}" for k in range(GENERALISTS)])
    return TwinProblem(_START, end, queues, streams, tuple(agents), policy=Policy(routing=Routing.SPECIALISED))


def one_pool(customers: int) -> TwinProblem:
    """Return one queue of twenty servers, in which the first class goes before the second."""
    seconds = horizon_s(customers)
    end = _START + timedelta(seconds=seconds)
    rules = Discipline(classes=(CustomerClass("first", priorities=(0,)), CustomerClass("second", level=1)))
    queue = TwinQueue("q", Times.exponential(SERVICE_S), patience=Times.exponential(PATIENCE_S), discipline=rules)
    streams = tuple(_stream(name, "q", k, seconds, priority=k) for k, name in enumerate("ab"))
    agents = agents_alike(TwinAgent("", (("q", 0),), (Span(_START, end),)), names=[f"s{k}" for k in range(SERVERS)])
    return TwinProblem(_START, end, (queue,), streams, agents)


#: Queues of the month: mean service and patience in seconds, calls a day.
_MONTH: Final = {
    "sales": (240, 90, 1150), "service": (300, 150, 1500), "billing": (360, 150, 800), "tech": (540, 240, 550),
    "cards": (200, 100, 600),
}  # fmt: skip
_ZONE: Final = "Europe/Vilnius"


def month() -> TwinProblem:
    """Return March 2026 in Vilnius, clock change included: a hundred agents of several skills, five queues, every day."""
    tz = zone(_ZONE)
    days = [date(2026, 3, 1) + timedelta(days=k) for k in range(31)]
    start, end = instant_at(days[0], minute=0, tz=tz), instant_at(days[-1], minute=1440, tz=tz)
    names = tuple(_MONTH)
    queues, streams = [], []
    for name, (service, patience, calls) in _MONTH.items():
        queue = TwinQueue(
            name, Times.lognormal(service, spread=0.8), wrap=Times.lognormal(30, spread=0.6),
            patience=Times.exponential(patience), redial=Redial(0.3, Times.exponential(600), most=2), channel="phone",
            onward=(Onward(names[(names.index(name) + 1) % 5], 0.05),),
        )  # fmt: skip
        queues.append(queue)
        streams.append(TwinStream(name, name, TwinArrivals(per_cell=_month_cells(days, calls, start, end))))
    agents = [_month_agent(k, days, names) for k in range(100)]
    return TwinProblem(start, end, tuple(queues), tuple(streams), tuple(agents), time_zone=_ZONE)


def _month_cells(days: list[date], calls: int, start: datetime, end: datetime) -> np.ndarray:
    """Return calls expected in each half hour: a morning and an afternoon hump from 8 to 20, fewer at weekends."""
    tz = zone(_ZONE)
    cells = np.zeros(int((end - start) / timedelta(minutes=30)))
    hours = np.arange(16, 40) / 2 + 0.25
    shape = np.exp(-((hours - 10.5) ** 2) / 4) + 0.8 * np.exp(-((hours - 15) ** 2) / 8)
    for day in days:
        first = int((instant_at(day, minute=480, tz=tz) - start) / timedelta(minutes=30))
        cells[first : first + 24] += calls * (0.4 if day.weekday() > 4 else 1.0) * shape / shape.sum()
    return cells


def _month_agent(k: int, days: list[date], names: tuple[str, ...]) -> TwinAgent:
    """Return an agent with two or three queues, eight-hour shifts five days a week, lunch and two short breaks."""
    tz = zone(_ZONE)
    shifts, breaks = [], []
    for number, day in enumerate(days):
        if (number + k) % 7 >= 5:
            continue
        begins = 480 + 60 * (k % 5)
        shifts.append(Span(instant_at(day, minute=begins, tz=tz), instant_at(day, minute=begins + 480, tz=tz)))
        for after, long in ((120, 15), (225 + 5 * (k % 6), 30), (390, 15)):
            from_, to = (instant_at(day, minute=begins + after + m, tz=tz) for m in (0, long))
            breaks.append((Span(from_, to), AgentState.BREAK))
    skills = [names[k % 5], names[(k + 1) % 5], *([names[(k + 3) % 5]] if k % 3 == 0 else [])]
    queues = tuple((name, rank) for rank, name in enumerate(skills))
    return TwinAgent(f"a{k:03}", queues, tuple(shifts), tuple(breaks), team=f"t{k % 5}")
