"""What is simulated: queues, streams of customers, agents and counters with their plans, the rules, and where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing.choose import Waiting
from troth.queueing.discipline import Discipline
from troth.queueing.twin.times import Times


class Routing(StrEnum):
    """Which free agent a contact is given to, among those who prefer its queue alike."""

    LONGEST_FREE = "longest_free"
    SPECIALISED = "specialised"


class Picking(StrEnum):
    """Which queue a free agent turns to, among those it prefers alike."""

    LONGEST_WAIT = "longest_wait"
    SERVICE_LEVEL = "service_level"


@dataclass(frozen=True, slots=True)
class Reserve:
    """So many agents free for a queue are kept for it: others get one only while more are free."""

    queue: str
    agents: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Who meets whom.

    Parameters
    ----------
    routing : SPECIALISED gives a contact to who serves the fewest queues; ties, and else all, to who is free for longest.
    picking : SERVICE_LEVEL turns to the queue whose first has waited most in terms of its target.
    reserves : agents kept free.
    """

    routing: Routing = Routing.LONGEST_FREE
    picking: Picking = Picking.LONGEST_WAIT
    reserves: tuple[Reserve, ...] = ()


@dataclass(frozen=True, slots=True)
class Redial:
    """Who left unserved tries again: with which chance, after how long, how often at most."""

    share: float
    after: Times
    most: int = 3


@dataclass(frozen=True, slots=True)
class CallbackOffer:
    """Instead of waiting, customers may be called back.

    Parameters
    ----------
    queue : where the call out waits, without patience.
    wait_s : offered when the longest waiting has waited this long.
    share : of those offered, how many take it.
    after : how long until the call out joins its queue; None for at once.
    """

    queue: str
    wait_s: float
    share: float = 1.0
    after: Times | None = None


@dataclass(frozen=True, slots=True)
class Onward:
    """After service a share of the contacts goes on to another queue, as customers of another stream if one is named."""

    queue: str
    share: float
    stream: str | None = None
    after: Times | None = None


@dataclass(frozen=True, slots=True)
class TwinQueue:
    """A queue and what happens in it.

    Parameters
    ----------
    name : as in the log.
    handle, wrap, walk : how long service, the work after it, and the way from the call to the answer take.
    patience : how long customers wait; None for without end. Whoever waits longer leaves.
    discipline : who is served next.
    hands : how many of an agent's hands a contact takes, such as one of several chats; 0 for the whole agent.
    deferred : is done when nobody waits in other queues.
    interruptible : agents lay it aside when a contact of a queue that is not deferred finds nobody free.
    silent : who leaves is missed only when called, which costs `missing_s`.
    target_s : the wait aimed at, for `Picking.SERVICE_LEVEL`.
    balking : the chance not to join with 0, 1, ... waiting; the last holds for all longer queues.
    redial, callback, onward : see there.
    open : when customers are let in; None for always.
    sends_away : who still waits at closing is sent away; else they stay.
    channel, team, site, service : as in the log.
    """

    name: str
    handle: Times
    wrap: Times | None = None
    walk: Times | None = None
    patience: Times | None = None
    discipline: Discipline = field(default_factory=Discipline)
    hands: int = 0
    deferred: bool = False
    interruptible: bool = False
    silent: bool = False
    missing_s: float = 60.0
    target_s: float = 20.0
    balking: tuple[float, ...] = ()
    redial: Redial | None = None
    callback: CallbackOffer | None = None
    onward: tuple[Onward, ...] = ()
    open: tuple[Span, ...] | None = None
    sends_away: bool = False
    channel: str | None = None
    team: str | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TwinArrivals:
    """When customers come: exactly one of the first three is given.

    Parameters
    ----------
    per_cell : expected customers in each cell of `TwinProblem.cell` from the start on, shape (cells,): a Poisson process.
    paths : sample paths of a forecast, whole numbers, shape (paths, cells); replication k takes path k modulo their number.
    at : recorded instants, microseconds since 1970, shape (customers,).
    booked : with `at`: the booked times of appointments, same shape; what they keep to is `lateness`.
    lateness : how much later (or, negative, earlier) than booked they come; `at` is then not looked at.
    no_show : the chance that a booked customer does not come.
    """

    per_cell: NDArray[np.float64] | None = None
    paths: NDArray[np.int64] | None = None
    at: NDArray[np.int64] | None = None
    booked: NDArray[np.int64] | None = None
    lateness: Times | None = None
    no_show: float = 0.0


@dataclass(frozen=True, slots=True)
class TwinStream:
    """Customers who come alike and ask for the same.

    Parameters
    ----------
    name : unique; draws belong to it, so that customers stay the same when streams are added or taken away.
    queue : the first they come to.
    arrivals : when.
    then : further queues of a visit, in order.
    handle, patience : in place of those of the queues.
    service, priority, labels, skills, reserved_for : what a discipline and servers look at; see `Waiting`.
    """

    name: str
    queue: str
    arrivals: TwinArrivals
    then: tuple[str, ...] = ()
    handle: Times | None = None
    patience: Times | None = None
    service: str = ""
    priority: int = 0
    labels: tuple[str, ...] = ()
    skills: tuple[int, ...] = ()
    reserved_for: str | None = None


@dataclass(frozen=True, slots=True)
class TwinAgent:
    """One agent.

    Parameters
    ----------
    name : as in the log.
    queues : which it serves, with a preference each: the lower first.
    shifts : paid time.
    breaks : stretches of it with something else to do.
    hands : how many contacts at once, where queues take one hand.
    beside : how fast each of 1, 2, ... contacts held gets on, at least `hands` numbers; empty for full speed whatever
        else is held.
    pace : services take this many times as long.
    services, skills, names : see `Server`.
    counters : the counters it needs one of to serve the queues in `at_counter`.
    at_counter : those of `queues` it serves only at a counter.
    """

    name: str
    queues: tuple[tuple[str, int], ...]
    shifts: tuple[Span, ...]
    breaks: tuple[tuple[Span, AgentState], ...] = ()
    hands: int = 1
    beside: tuple[float, ...] = ()
    pace: float = 1.0
    services: tuple[str, ...] = ()
    skills: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()
    counters: str | None = None
    at_counter: tuple[str, ...] = ()
    team: str | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """Counters that open and close: from each instant on, how many are open."""

    name: str
    open: tuple[tuple[datetime, int], ...]
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is there at the start: waiting at a queue, or being served by an agent since a while.

    Parameters
    ----------
    queue, stream : where, and as whom; the stream's draws hold for what is still unknown of them.
    ticket : what is known of the waiting; `joined_at` for all.
    agent, since : by whom and since when served; None for who waits.
    """

    queue: str
    stream: str
    ticket: Waiting
    agent: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TwinProblem:
    """What to simulate.

    Parameters
    ----------
    start, end : aware instants.
    queues, streams, agents, counters, policy : see there.
    present : who is there at the start; empty for an empty house.
    cell : the width of the cells in `TwinArrivals`, in elapsed time: a day of 23 or 25 hours has as many fewer or more.
    time_zone : whose days and hours figures count.
    """

    start: datetime
    end: datetime
    queues: tuple[TwinQueue, ...]
    streams: tuple[TwinStream, ...]
    agents: tuple[TwinAgent, ...]
    counters: tuple[Counters, ...] = ()
    policy: Policy = field(default_factory=Policy)
    present: tuple[Present, ...] = ()
    cell: timedelta = timedelta(minutes=30)
    time_zone: str = "UTC"


def agents_alike(one: TwinAgent, *, names: Sequence[str]) -> tuple[TwinAgent, ...]:
    """Return an agent many times over, under other names."""
    from dataclasses import replace

    return tuple(replace(one, name=name) for name in names)
