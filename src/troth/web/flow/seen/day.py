"""How a branch stands now: who waits and why who is next, the counters, what was promised and kept today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Avg, Count, F, Q

from troth.core.terms import AgentState, Entry, TicketState
from troth.web.flow import bridge
from troth.web.flow.models import Branch, Counter, CounterSession, Line, Ticket
from troth.web.flow.said import CLERK, ENTRY, because
from troth.web.flow.seen.bookings import Row, of_day
from troth.web.promises.models import Promise

#: So many of each line are listed.
LISTED: Final = 25


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits, with the reason for the place in line and how the wait stands to what was promised."""

    ticket: Ticket
    place: int
    waited_s: float
    entry: Any
    why: str
    due_at: float | None
    status: str


@dataclass(frozen=True, slots=True)
class LineNow:
    """A line in the order it calls."""

    line: Line
    colour: int
    waiting: list[Waiter]
    more: int


@dataclass(frozen=True, slots=True)
class CounterNow:
    """A counter and who is at it."""

    counter: Counter
    session: CounterSession | None
    state: Any
    status: str
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Day:
    """The page of the lead. Waits are in seconds; `promise_s` is the upper end of what is promised now."""

    waiting: int
    longest_s: float | None
    promise_s: float | None
    past: int
    open_counters: int
    counters: list[CounterNow]
    lines: list[LineNow]
    parked: int
    served: int
    gone: int
    mean_wait_s: float | None
    kept: int
    settled: int
    bookings: list[Row]

    @property
    def kept_share(self) -> float | None:
        """Share of the waits promised today that were kept."""
        return self.kept / self.settled if self.settled else None

    @property
    def status(self) -> str:
        """The word for how it stands: ok, watch, late."""
        if self.past:
            return "late"
        if self.longest_s and self.promise_s and self.longest_s > 0.8 * self.promise_s:
            return "watch"
        return "ok"


def day_of(branch: Branch, *, now: datetime) -> Day:
    """Return how a branch stands."""
    today = branch.today(now)
    waiting = list(
        Ticket.objects.waiting()
        .filter(branch=branch)
        .select_related("line", "service", "visit__customer", "branch__unit")
    )
    lines = _lines(branch, waiting, now=now)
    counters = _counters(branch)
    sums = Ticket.objects.filter(branch=branch, day=today).aggregate(
        served=Count("pk", filter=Q(state=TicketState.SERVED)),
        gone=Count("pk", filter=Q(state__in=[TicketState.LEFT, TicketState.NO_SHOW])),
        parked=Count("pk", filter=Q(state=TicketState.PARKED)),
        wait=Avg(F("called_at") - F("joined_at"), filter=Q(called_at__isnull=False)),
    )
    promised = Promise.objects.filter(unit=branch.unit_id, kind="wait", made_at__date=today)
    told = promised.aggregate(kept=Count("pk", filter=Q(state="kept")), broken=Count("pk", filter=Q(state="broken")))
    newest = max((one for one in waiting if one.expects), key=lambda one: one.joined_at, default=None)
    return Day(
        waiting=len(waiting),
        longest_s=max(((now - one.joined_at).total_seconds() for one in waiting), default=None),
        promise_s=newest.expects.get("high_s") if newest else None,
        past=sum(one.status == "late" for line in lines for one in line.waiting),
        open_counters=sum(one.session is not None for one in counters),
        counters=counters,
        lines=lines,
        parked=sums["parked"],
        served=sums["served"],
        gone=sums["gone"],
        mean_wait_s=sums["wait"].total_seconds() if sums["wait"] else None,
        kept=told["kept"],
        settled=told["kept"] + told["broken"],
        bookings=of_day(branch, day=today, now=now),
    )


def _lines(branch: Branch, waiting: Sequence[Ticket], *, now: datetime) -> list[LineNow]:
    today = branch.today(now)
    found = []
    for k, line in enumerate(branch.lines.order_by("pk")):
        rows = [one for one in waiting if one.line_id == line.pk]
        if not rows and line.closed_on is not None and line.closed_on <= today:
            continue
        order = bridge.in_order(line.discipline, tickets=rows, now=now)
        listed = [_waiter(one, k + 1, now=now) for k, one in enumerate(order[:LISTED])]
        found.append(LineNow(line=line, colour=k % 8 + 1, waiting=listed, more=max(0, len(order) - LISTED)))
    return found


def _waiter(one: Ticket, place: int, *, now: datetime) -> Waiter:
    waited = (now - one.joined_at).total_seconds()
    due = one.expects.get("high_s")
    status = "" if due is None else "late" if waited > due else "watch" if waited > 0.8 * due else ""
    reason = bridge.why(one.line.discipline, ticket=one, now=now)
    return Waiter(
        ticket=one, place=place, waited_s=waited, entry=ENTRY[Entry(one.entry)], due_at=due, status=status,
        why=because(reason, zone=one.branch.unit.zone),
    )  # fmt: skip


def _counters(branch: Branch) -> list[CounterNow]:
    sessions = CounterSession.objects.filter(counter__branch=branch, closed_at=None).select_related("clerk", "counter")
    here = {one.counter_id: one for one in sessions}
    in_front = Ticket.objects.filter(
        session__in=here.values(), state__in=[TicketState.CALLED, TicketState.SERVING]
    ).select_related("service")
    tickets = {one.session_id: one for one in in_front}
    found = []
    for counter in branch.counters.order_by("title"):
        session = here.get(counter.pk)
        state = AgentState(session.state) if session else None
        status = {AgentState.AVAILABLE: "ok", AgentState.BREAK: "watch"}.get(state, "") if state else ""
        found.append(
            CounterNow(
                counter=counter, session=session, state=CLERK.get(state) if state else None, status=status,
                ticket=tickets.get(session.pk) if session else None,
            )
        )  # fmt: skip
    return found
