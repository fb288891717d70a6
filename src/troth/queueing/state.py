"""What can be seen at the moment somebody asks how long the wait will be, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from troth.queueing.choose import Server, Waiting, can_serve, rank
from troth.queueing.discipline import Discipline

Floats = NDArray[np.float64]

#: What servers do besides giving services.
NO_SERVICE = frozenset({"pause", "wrap"})
#: Levels predicted unless asked otherwise: the limits of the 80 % interval and the middle.
LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class ServerNow:
    """One server at work and what it does.

    Parameters
    ----------
    doing : the service it gives, ``"pause"``, or ``"wrap"`` for work after a service; empty when it is free. The lengths
        of each are in `QueueState.lasted_s`.
    since : when that began.
    opens_at : it is not here yet and is planned to open then.
    """

    server: Server
    doing: str = ""
    since: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """One who was called lately: from when to when they waited."""

    service: str
    joined_at: datetime
    called_at: datetime

    @property
    def wait_s(self) -> float:
        """The wait in seconds."""
        return (self.called_at - self.joined_at).total_seconds()


@dataclass(frozen=True, slots=True)
class QueueState:
    """All that is visible when `ticket` has just joined. Nothing in it may come from later.

    Parameters
    ----------
    ticket : who asks.
    waiting : the others who wait for the same servers, in any order.
    servers : all that are here or planned to open.
    lasted_s : how long each kind of service (and pause) lasted lately, oldest first, from the call until free again.
    entered : who was called lately, newest last.
    joined : tickets that joined within the last hour, whatever became of them; they tell who may yet come.
    leaving : how many leave the queue unserved per second of waiting, from what was seen so far.
    """

    now: datetime
    ticket: Waiting
    waiting: tuple[Waiting, ...] = ()
    servers: tuple[ServerNow, ...] = ()
    lasted_s: Mapping[str, Floats] = field(default_factory=dict)
    entered: tuple[Entered, ...] = ()
    joined: tuple[Waiting, ...] = ()
    leaving: float = 0.0
    discipline: Discipline = field(default_factory=Discipline)


@dataclass(frozen=True, slots=True)
class WaitBand:
    """A predicted wait: quantiles in seconds from now until the call.

    Parameters
    ----------
    levels : probabilities, rising.
    seconds : the wait that is not exceeded with each.
    """

    levels: tuple[float, ...]
    seconds: tuple[float, ...]

    def at(self, level: float) -> float:
        """Return the wait at a level, between known ones on a straight line."""
        return float(np.interp(level, self.levels, self.seconds))

    @property
    def low(self) -> float:
        """The lower end."""
        return self.seconds[0]

    @property
    def high(self) -> float:
        """The upper end."""
        return self.seconds[-1]


def ahead_of(state: QueueState) -> tuple[Waiting, ...]:
    """Return who would be called before the ticket by the order of now, and competes for a server with it."""
    able = able_servers(state, ticket=state.ticket)
    order = rank(state.discipline, waiting=(*state.waiting, state.ticket), now=state.now)
    before = []
    for other in order:
        if other.id == state.ticket.id:
            break
        if not able or any(can_serve(one.server, ticket=other) for one in able):
            before.append(other)
    return tuple(before)


def able_servers(state: QueueState, *, ticket: Waiting) -> tuple[ServerNow, ...]:
    """Return the servers here or planned that may serve a ticket."""
    return tuple(one for one in state.servers if can_serve(one.server, ticket=ticket))


def mean_service_s(state: QueueState, *, services: Sequence[str]) -> float:
    """Return the mean length of services in seconds; of all kinds where nothing is known of these."""
    known = [state.lasted_s[name] for name in services if len(state.lasted_s.get(name, ()))]
    known = known or [values for name, values in state.lasted_s.items() if len(values) and name not in NO_SERVICE]
    return float(np.mean([values.mean() for values in known])) if known else UNKNOWN_S


#: The length of a service of which nothing is known yet.
UNKNOWN_S = 300.0
