"""What a month's plan takes from the past of a site: its queues, its people, how contacts find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from troth.core.decision import Issue
from troth.queueing.twin import Routing


@dataclass(frozen=True, slots=True, eq=False)
class CallbackHabit:
    """Customers who ask to be called back instead of waiting on.

    Parameters
    ----------
    wait_s : they ask when the line is at least so long, in seconds of its longest wait.
    share : of those who join such a line, how many ask.
    asked_s : how long they wait on average until they ask.
    legs : calls out as a share of all that join the queue.
    """

    wait_s: float
    share: float
    asked_s: float
    legs: float


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the log and the tables tell of a site.

    Parameters
    ----------
    site, time_zone : which, and whose days count.
    live : queues in which customers wait for a person.
    waiting : queues of work that can wait: nobody was seen to wait in a line.
    at_once : contacts one person was seen to serve at once, by live queue.
    routing : whom a contact is given to where several are free.
    serves : by person, the queues they may serve.
    teams : by person.
    paces : by person, handle time relative to the mean contact, as far as differences are more than chance.
    callbacks : by live queue whose customers ask to be called back.
    issues : what is doubtful.
    """

    site: str
    time_zone: str
    live: tuple[str, ...]
    waiting: tuple[str, ...]
    at_once: Mapping[str, int]
    routing: Routing
    serves: Mapping[str, frozenset[str]]
    teams: Mapping[str, str]
    paces: Mapping[str, float]
    callbacks: Mapping[str, CallbackHabit] = field(default_factory=dict)
    issues: tuple[Issue, ...] = field(default=())

    @property
    def queues(self) -> tuple[str, ...]:
        """All queues that people serve."""
        return (*self.live, *self.waiting)
