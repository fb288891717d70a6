"""Small problems, and what tests read off a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from troth.core.spans import Span, to_micros
from troth.core.terms import AgentState
from troth.queueing.twin import (
    CallbackOffer,
    Counters,
    Onward,
    Policy,
    Redial,
    Reserve,
    Times,
    Trace,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    agents_alike,
    run,
)

SEVEN = datetime(2026, 3, 2, 7, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return so many minutes after seven."""
    return SEVEN + timedelta(minutes=minutes)


def stamps(*minutes: float) -> np.ndarray:
    """Return minutes after seven as recorded instants."""
    return np.array([to_micros(at(m)) for m in minutes], dtype=np.int64)


def come(*minutes: float, **more: Any) -> TwinArrivals:
    """Return customers who come at minutes after seven."""
    return TwinArrivals(at=stamps(*minutes), **more)


def minutes(seconds: float) -> Times:
    """Return a length that is always so many minutes."""
    return Times.constant(seconds * 60)


def agent(name: str, *queues: str, **more: Any) -> TwinAgent:
    """Return an agent on duty for ten hours who prefers queues in order if told by ``name=rank`` pairs, else alike."""
    ranked = tuple((queue.split("=")[0], int(queue.partition("=")[2] or 0)) for queue in queues)
    return TwinAgent(name, ranked, more.pop("shifts", (Span(SEVEN, at(600)),)), **more)


def small(*queues: TwinQueue, streams: Any, agents: Any, until: float = 600, **more: Any) -> TwinProblem:
    """Return a problem that begins at seven."""
    return TwinProblem(SEVEN, at(until), queues, tuple(streams), tuple(agents), **more)


def lived(problem: TwinProblem, **more: Any) -> Trace:
    """Return the one course of a problem."""
    return run(problem, **more).traces[0]


def told(trace: Trace, stream: int = 0) -> list[tuple[Any, ...]]:
    """Return of each contact of a stream, in order: outcome, agent, minutes of joining, call and end after seven."""
    from troth.queueing.twin._layout import NEVER, OUTCOMES

    def minute(value: int) -> float | None:
        return None if value >= NEVER else round((value - to_micros(SEVEN)) / 60e6, 3)

    rows = trace.contacts[trace.contacts["stream"] == stream]
    return [
        (
            OUTCOMES[c["outcome"]],
            int(c["agent"]),
            minute(c["joined"]),
            minute(c["called"]),
            minute(min(c["ended"], c["left"])),
        )
        for c in rows[np.argsort(rows["number"], kind="stable")]
    ]


def steady(
    servers: int, *, hourly: float, handle: Times, patience: Times | None = None, hours: float = 500, **more: Any
) -> TwinProblem:
    """Return one queue in a steady state, served around the clock."""
    end = SEVEN + timedelta(hours=hours)
    queue = TwinQueue("q", handle, patience=patience, **more)
    arrivals = TwinArrivals(per_cell=np.full(int(hours * 2), hourly / 2))
    team = agents_alike(TwinAgent("", (("q", 0),), (Span(SEVEN, end),)), names=[f"a{k}" for k in range(servers)])
    return TwinProblem(SEVEN, end, (queue,), (TwinStream("all", "q", arrivals),), team)


def waits_s(trace: Trace, *, warm: float = 0.1, stream: int | None = None, queue: int | None = None) -> np.ndarray:
    """Return the waits of those answered or gone in seconds, without the first share of customers."""
    c = trace.contacts
    for name, wanted in (("stream", stream), ("queue", queue)):
        c = c if wanted is None else c[c[name] == wanted]
    c = c[int(len(c) * warm) :]
    until = np.minimum(c["called"], c["left"])
    through = until < 1 << 61
    waits: np.ndarray = (until[through] - c["joined"][through]) / 1e6
    return waits


def rich() -> TwinProblem:
    """Return a day with everything in it."""
    mean = Times.exponential
    hour = 60
    hall = ("desk", "cash")
    queues = (
        TwinQueue(
            "phone", mean(240), wrap=mean(30), patience=mean(200), redial=Redial(0.5, mean(300)),
            callback=CallbackOffer("back", 120, 0.5, Times.constant(60)), onward=(Onward("second", 0.15),),
            channel="phone", team="front", site="hall",
        ),
        TwinQueue("second", mean(300), patience=mean(400), channel="phone", team="experts"),
        TwinQueue("back", mean(150), channel="phone"),
        TwinQueue("chat", mean(400), wrap=Times.constant(10), patience=mean(300), hands=1, channel="chat"),
        TwinQueue("mail", mean(500), deferred=True, interruptible=True, channel="email"),
        TwinQueue(
            "desk", mean(300), walk=Times.constant(8), patience=mean(500), silent=True,
            balking=(0, 0, 0, 0.1, 0.2, 0.5), open=(Span(at(hour), at(8 * hour)),), sends_away=True,
            channel="walk_in", site="hall",
        ),
        TwinQueue("cash", mean(100), walk=Times.constant(5), channel="walk_in", site="hall"),
    )  # fmt: skip
    booked = stamps(*(60 + 30 * k for k in range(14)))
    cells = 20
    streams = (
        TwinStream("calls", "phone", TwinArrivals(per_cell=np.full(cells, 30.0))),
        TwinStream("chats", "chat", TwinArrivals(per_cell=np.full(cells, 14.0))),
        TwinStream("mails", "mail", TwinArrivals(paths=np.full((2, cells), 5))),
        TwinStream("visits", "desk", TwinArrivals(per_cell=np.full(cells, 14.0)), then=("cash",), priority=1),
        TwinStream(
            "appointments", "desk", TwinArrivals(booked=booked, lateness=Times(np.linspace(-900, 900, 50)), no_show=0.1)
        ),
    )
    day = Span(at(hour), at(9 * hour))
    agents = [
        agent(
            f"p{k}", "phone", "back=1", "mail=2", shifts=(day,), team="front",
            breaks=((Span(at(180 + 12 * k), at(198 + 12 * k)), AgentState.BREAK),),
        )
        for k in range(5)
    ]  # fmt: skip
    agents += [
        agent(f"s{k}", "second", "phone=1", "chat=1", shifts=(day,), hands=3, beside=(1, 0.8, 0.6)) for k in range(2)
    ]
    halves = (Span(at(30), at(300)), Span(at(360), at(600)))
    agents += [agent(f"c{k}", "chat", shifts=halves, hands=3, beside=(1, 0.8, 0.6)) for k in range(2)]
    agents += [
        agent(f"d{k}", *hall, "mail=1", shifts=(day,), counters="hall", at_counter=hall, site="hall") for k in range(4)
    ]
    opening = Counters("hall", ((at(60), 2), (at(180), 4), (at(360), 3), (at(420), 1)))
    return TwinProblem(
        SEVEN, at(552), queues, streams, tuple(agents), (opening,), Policy(reserves=(Reserve("second", 1),))
    )
