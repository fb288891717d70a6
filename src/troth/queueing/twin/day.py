"""A recorded day as a problem: the contacts that came and the servers who were there, on a floor that was learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream
from troth.core.spans import Span, from_micros, start_of_day, to_micros, zone
from troth.core.terms import AgentState
from troth.queueing.discipline import EVERYBODY, CustomerClass, Discipline
from troth.queueing.fit.presence import presence
from troth.queueing.read import RecordedContacts, day_number
from troth.queueing.twin.learn import USUAL, LearnedFloor, Learning
from troth.queueing.twin.problem import TwinAgent, TwinArrivals, TwinProblem, TwinQueue, TwinStream
from troth.queueing.twin.times import Times

#: A server whose name the log does not tell; there only while giving such a service.
UNNAMED: Final = "(unnamed)"
#: The twin has one line for all queues of the log; who may serve whom is told by services.
LINE: Final = "line"
#: What servers turn to when nobody waits: work that is not in the log.
IDLE: Final = "(idle)"
#: Whoever does not get to it so soon lets it be.
_SOON: Final = 300.0
_CELL: Final = timedelta(minutes=30)
#: Of the time between rests, the share in which a server usually serves.
_BUSY: Final = 0.7
#: What began on a day may end so long after it.
_AFTER: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedDay:
    """What was there on a day.

    Parameters
    ----------
    date, time_zone : which.
    contacts : those who joined on it.
    stretches : presence of each known server, from the first service's start to the last one's end.
    working : the same without the part of the last service that `Learning.tail` takes off, `UNNAMED` included.
    """

    date: date
    time_zone: str
    contacts: RecordedContacts
    stretches: Mapping[str, tuple[Span, ...]]
    working: Mapping[str, tuple[Span, ...]]

    @property
    def span(self) -> Span:
        """The day, and the hours after it in which what began may end."""
        tz = zone(self.time_zone)
        return Span(start_of_day(self.date, tz=tz), start_of_day(self.date + timedelta(days=1), tz=tz) + _AFTER)

    @property
    def present_s(self) -> float:
        """Time of presence of known servers in seconds."""
        return sum(span.seconds for spans in self.stretches.values() for span in spans)


def recorded_day(seen: RecordedContacts, *, on: date, time_zone: str = "UTC", how: Learning = USUAL) -> RecordedDay:
    """Return a day of recorded contacts.

    Parameters
    ----------
    seen : contacts of the day and of those around it, since presence may go past midnight.

    Raises
    ------
    InputError
        If nobody came on that day, or nobody was served.
    """
    contacts = seen.take(seen.day == day_number(on))
    span = RecordedDay(on, time_zone, contacts, {}, {}).span
    near = seen.take(seen.answered & (seen.handle_s <= how.longest_s) & (abs(seen.day - day_number(on)) <= 1))
    limit = Span(span.start, span.end - _AFTER)
    known = near.take(near.agent != "")
    stretches = _stretches(known, how.gap_s, 1.0, limit)
    working = _stretches(known, how.gap_s, how.tail, limit)
    working |= _stretches(near.take(near.agent == ""), 0.0, how.tail, limit)
    if not len(contacts) or not working:
        advice = "Maybe another day, or --time-zone; somebody must come and be served."
        raise InputError([Issue("nobody-there", Severity.ERROR, "on", on.isoformat(), advice)])
    return RecordedDay(on, time_zone, contacts, stretches, working)


def problem_of(day: RecordedDay, *, floor: LearnedFloor, seed: int = 0, number: int = 0) -> TwinProblem:
    """Return a day as a problem: its contacts at their instants, its servers while they were there.

    Parameters
    ----------
    seed, number : choose when servers rest, and the priority of who had none because they did not wait: the log may not
        have looked it up.
    """
    streams = recorded_streams(day.contacts, floor=floor, rng=stream(seed, "priority", number))
    agents = tuple(
        agent_of(name, shifts=spans, floor=floor, rng=stream(seed, "rests", number, name))
        for name, spans in sorted(day.working.items())
    )
    return twin_of(day, floor=floor, streams=streams, agents=agents)


def twin_of(
    day: RecordedDay, *, floor: LearnedFloor, streams: Sequence[TwinStream], agents: Sequence[TwinAgent]
) -> TwinProblem:
    """Return the problem of a day with streams and agents that are given."""
    served = {service for agent in agents for service in agent.services}
    lost = tuple(sorted({one.service for one in streams} - served))
    # Whom nobody there can serve on paper, somebody did serve: whoever was there.
    agents = [replace(agent, services=(*agent.services, *lost)) for agent in agents]
    span = day.span
    queues: tuple[TwinQueue, ...] = (line_of(floor),)
    if floor.idle_rests > 0:
        agents = [
            replace(agent, queues=(*agent.queues, (IDLE, 1)), services=(*agent.services, IDLE)) for agent in agents
        ]
        queues = (*queues, TwinQueue(IDLE, floor.idle_rest, patience=Times.constant(_SOON), deferred=True))
        rate = present_per_cell(agents, span=span) * floor.idle_rests / 3600
        streams = (*streams, TwinStream(IDLE, IDLE, TwinArrivals(per_cell=rate), service=IDLE))
    return TwinProblem(span.start, span.end, queues, tuple(streams), tuple(agents), cell=_CELL, time_zone=day.time_zone)


def present_per_cell(agents: Sequence[TwinAgent], *, span: Span) -> NDArray[np.float64]:
    """Return the seconds agents are present in each half hour of a span, shape (cells,)."""
    edges = np.arange(0, span.seconds + _CELL.total_seconds(), _CELL.total_seconds())
    there = np.zeros(len(edges) - 1)
    for agent in agents:
        for shift in agent.shifts if agent.name != UNNAMED else ():
            start, end = ((at - span.start).total_seconds() for at in (shift.start, shift.end))
            there += np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None)
    return there


def line_of(floor: LearnedFloor, *, more_s: Mapping[str, float] | None = None) -> TwinQueue:
    """Return the one line of a floor.

    Parameters
    ----------
    more_s : by service, what is added to its head starts.
    """
    extra = more_s or {}
    kinds = sorted({*floor.head_start_s, *((queue, 0) for queue in floor.handle)}, reverse=True)
    classes = tuple(
        CustomerClass(
            f"{queue} {priority}", services=(queue,), priorities=(priority,) if priority else (),
            head_start=round((floor.head_start_s.get((queue, priority), 0.0) + extra.get(queue, 0.0)) / 60, 3),
        )
        for queue, priority in kinds
    )  # fmt: skip
    handle = next(iter(floor.handle.values()))
    return TwinQueue(
        LINE, handle, wrap=floor.pause, patience=floor.patience["", 0], discipline=Discipline((*classes, EVERYBODY))
    )


def agent_of(name: str, *, shifts: Sequence[Span], floor: LearnedFloor, rng: np.random.Generator) -> TwinAgent:
    """Return a server of a floor; one never seen can do the usual at the usual pace and rests as usual."""
    can, pace = floor.skills.get(name, floor.skills[""]), floor.pace.get(name, 1.0)
    breaks = () if name == UNNAMED else tuple(rests(name, shifts=shifts, floor=floor, rng=rng))
    return TwinAgent(name, ((LINE, 0),), tuple(shifts), breaks, pace=pace, services=can)


def rests(
    name: str, *, shifts: Sequence[Span], floor: LearnedFloor, rng: np.random.Generator
) -> Iterator[tuple[Span, AgentState]]:
    """Yield rests at random: as many as there are services in a shift, after each with the server's own share.

    Whoever serves when a rest begins ends the service first, so a rest is longer by what is left of one on average.
    """
    lengths = np.concatenate([times.seconds for times in floor.handle.values()]) * floor.pace.get(name, 1.0)
    mean, left = float(lengths.mean()), float((lengths**2).mean() / lengths.mean() / 2)
    share = floor.rests.get(name, floor.rests[""])
    cycle = mean / _BUSY + share * floor.rest.mean_s
    for shift in shifts:
        for _ in range(rng.poisson(share * shift.seconds / cycle)):
            start = shift.start + timedelta(seconds=float(rng.uniform(0, shift.seconds)))
            long = float(rng.choice(floor.rest.seconds)) + _BUSY * left
            yield Span(start, min(start + timedelta(seconds=long), shift.end)), AgentState.BREAK


def recorded_streams(
    contacts: RecordedContacts, *, floor: LearnedFloor, rng: np.random.Generator
) -> tuple[TwinStream, ...]:
    """Return recorded contacts as streams, one for each queue and priority."""
    priority = priorities(contacts, floor=floor, rng=rng)
    found = []
    for queue, level in sorted({(str(q), int(p)) for q, p in zip(contacts.queue, priority, strict=True)}):
        rows = (contacts.queue == queue) & (priority == level)
        at = np.round(contacts.queued_s[rows] * 1e6).astype(np.int64)
        found.append(stream_of(queue, priority=level, arrivals=TwinArrivals(at=at), floor=floor))
    return tuple(found)


def stream_of(queue: str, *, priority: int, arrivals: TwinArrivals, floor: LearnedFloor) -> TwinStream:
    """Return the customers of a queue and priority."""
    return TwinStream(
        f"{queue}/{priority}", LINE, arrivals, handle=floor.handle.get(queue), service=queue, priority=priority,
        patience=floor.patience.get((queue, priority)),
    )  # fmt: skip


def priorities(contacts: RecordedContacts, *, floor: LearnedFloor, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the priority of each, drawn as of those who waited where somebody did not wait and has none."""
    out = contacts.priority.copy()
    unknown = (contacts.priority == 0) & (contacts.wait_s == 0)
    for queue in np.unique(contacts.queue[unknown]):
        rows = np.flatnonzero(unknown & (contacts.queue == queue))
        values, shares = floor.priorities.get(str(queue), (np.zeros(1, np.int64), np.ones(1)))
        out[rows] = rng.choice(values, size=len(rows), p=shares)
    return out


def _stretches(given: RecordedContacts, gap_s: float, tail: float, limit: Span) -> dict[str, tuple[Span, ...]]:
    """Return presence by server within limits; of each stretch's last service only a share."""
    ended = given.ended_s
    there = presence([str(name) or UNNAMED for name in given.agent], start_s=given.answered_s, end_s=ended, gap_s=gap_s)
    found: dict[str, tuple[Span, ...]] = {}
    for name, start, end in zip(there.server, there.start_s, there.end_s, strict=True):
        last = (ended == end) & (np.where(given.agent == "", UNNAMED, given.agent) == name)
        until = end - (1 - tail) * float(given.handle_s[last].min())
        first, final = (to_micros(limit.start), to_micros(limit.end))
        a, b = int(start * 1e6), max(int(until * 1e6), int(start * 1e6) + 1_000_000)
        if a < final and b > first:
            stretch = Span(from_micros(max(a, first)), from_micros(b))
            found[str(name)] = (*found.get(str(name), ()), stretch)
    return found
