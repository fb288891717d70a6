"""A queue told again, step by step: at each join only what was known then is asked for a promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from troth.queueing.choose import Server, Waiting
from troth.queueing.discipline import Discipline
from troth.queueing.state import Entered, QueueState, ServerNow
from troth.queueing.tournament import Forecast, Tournament

HOUR = timedelta(hours=1)
#: A service longer than this is an end that was not noted.
LONGEST = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Parameters
    ----------
    what : ``here`` (a server is at work or free again), ``wrap`` (it may be), ``away`` (it left), ``pause``, ``join``, ``direct`` (served
        without waiting), ``call``, ``leave`` (the ticket left before being called), ``absent`` (called, not there).
    """

    at: datetime
    what: str
    server: str = ""
    ticket: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One promise and how it ended; waived ones are not judged.

    Parameters
    ----------
    joined : how many had to wait among those who joined within the hour before.
    """

    at: datetime
    queue: str
    joined: int
    wait_s: float
    forecast: Forecast
    waived: bool
    served: bool


@dataclass(slots=True)
class _At:
    """What a server does."""

    doing: str = ""
    since: datetime | None = None


@dataclass(slots=True)
class Replay:
    """The visible state of one queue system, brought forward by steps."""

    discipline: Discipline
    servers: Callable[[str], Server]
    make: Callable[[], Tournament]
    key: Callable[[Waiting], str]
    keep: int = 300
    idle_gone: timedelta | None = None
    here: dict[str, _At] = field(default_factory=dict)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    lasted: dict[str, deque[float]] = field(default_factory=dict)
    entered: deque[Entered] = field(default_factory=lambda: deque(maxlen=30))
    joined: deque[Waiting] = field(default_factory=deque)
    open: dict[int, tuple[Forecast, int]] = field(default_factory=dict)
    tournaments: dict[str, Tournament] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    left: float = 0.0
    waited_s: float = 1.0

    def run(self, steps: Iterable[Step]) -> list[Outcome]:
        """Live through steps in order of time and return every promise made."""
        for step in steps:
            getattr(self, f"_{step.what}")(step)
        return self.outcomes

    # ---- servers ---------------------------------------------------------------------------------------------------

    def _finish(self, step: Step) -> None:
        """Note how long what a server did has lasted."""
        now = self.here.get(step.server)
        if now is not None and now.doing and now.since is not None:
            lasted = self.lasted.setdefault(now.doing, deque(maxlen=self.keep))
            lasted.append((step.at - now.since).total_seconds())

    def _here(self, step: Step) -> None:
        self._finish(step)
        self.here[step.server] = _At("", step.at)

    def _wrap(self, step: Step) -> None:
        self._finish(step)
        self.here[step.server] = _At("wrap", step.at)

    def _pause(self, step: Step) -> None:
        self._finish(step)
        self.here[step.server] = _At("pause", step.at)

    def _away(self, step: Step) -> None:
        now = self.here.get(step.server)
        if now is None or now.doing == "pause":  # gone home from a pause: that was no pause
            self.here.pop(step.server, None)
            return
        self._finish(step)
        self.here.pop(step.server)

    def _start(self, step: Step) -> None:
        assert step.ticket is not None
        if not step.server:  # the log does not say who
            return
        now = self.here.get(step.server)
        # A gap between two services is work after the first only where somebody was waiting all along.
        if now is not None and now.doing == "wrap" and now.since is not None and step.ticket.joined_at <= now.since:
            self._finish(step)
        self.here[step.server] = _At(step.ticket.service, step.at)

    # ---- tickets ---------------------------------------------------------------------------------------------------

    def _direct(self, step: Step) -> None:
        self._start(step)

    def _join(self, step: Step) -> None:
        ticket = step.ticket
        assert ticket is not None
        while self.joined and self.joined[0].joined_at < step.at - HOUR:
            self.joined.popleft()
        if self.key(ticket) not in self.tournaments:
            self.tournaments[self.key(ticket)] = self.make()
        forecast = self.tournaments[self.key(ticket)].forecast(self.state(ticket, step.at))
        self.open[ticket.id] = forecast, len(self.joined)
        self.joined.append(ticket)
        self.waiting[ticket.id] = ticket

    def _call(self, step: Step) -> None:
        ticket = self._gone(step)
        self._start(step)
        self.entered.append(Entered(ticket.service, ticket.joined_at, step.at))
        self._settle(ticket, step.at, served=True)

    def _leave(self, step: Step) -> None:
        ticket = self._gone(step)
        self.left += 1
        self._settle(ticket, step.at, served=False)

    def _absent(self, step: Step) -> None:
        """Called but not there: the server is taken for a moment; of the wait nothing is known."""
        ticket = self._gone(step)
        self.left += 1
        self._start(step)
        self._note(ticket, step.at, waived=True, served=False)

    def _gone(self, step: Step) -> Waiting:
        assert step.ticket is not None
        ticket = self.waiting.pop(step.ticket.id)
        self.waited_s += (step.at - ticket.joined_at).total_seconds()
        return ticket

    def _settle(self, ticket: Waiting, at: datetime, *, served: bool) -> None:
        forecast, _ = self.open[ticket.id]
        wait = (at - ticket.joined_at).total_seconds()
        judged = self.tournaments[self.key(ticket)].learn(forecast, wait_s=wait, served=served)
        self._note(ticket, at, waived=not judged, served=served)

    def _note(self, ticket: Waiting, at: datetime, *, waived: bool, served: bool) -> None:
        forecast, joined = self.open.pop(ticket.id)
        wait = (at - ticket.joined_at).total_seconds()
        self.outcomes.append(Outcome(ticket.joined_at, self.key(ticket), joined, wait, forecast, waived, served))

    def state(self, ticket: Waiting, now: datetime) -> QueueState:
        """Return what is visible now."""
        limits = {"wrap": self.idle_gone, "pause": None, "": None}
        for name, one in list(self.here.items()):
            limit = limits.get(one.doing, LONGEST)
            if limit is not None and one.since is not None and now - one.since > limit:
                del self.here[name]
        return QueueState(
            now=now,
            ticket=ticket,
            waiting=tuple(self.waiting.values()),
            servers=tuple(ServerNow(self.servers(n), a.doing, a.since) for n, a in self.here.items()),
            lasted_s={kind: np.asarray(values) for kind, values in self.lasted.items()},
            entered=tuple(self.entered),
            joined=tuple(self.joined),
            leaving=self.left / self.waited_s,
            discipline=self.discipline,
        )
