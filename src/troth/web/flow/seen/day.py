"""How a branch stands now: who waits and why who is next, the counters, what was promised and kept today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, DateTimeField, DurationField, ExpressionWrapper, F, FloatField, Min, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from troth.core.terms import AgentState, Entry, TicketState
from troth.web.flow import bridge
from troth.web.flow.models import Branch, Counter, CounterSession, Line, Ticket
from troth.web.flow.said import CLERK, ENTRY, because
from troth.web.flow.seen.bookings import Row, of_day
from troth.web.flow.seen.order import in_order
from troth.web.promises.models import Promise

#: Until when a ticket was promised to be called.
_DUE: Final = ExpressionWrapper(
    F("joined_at")
    + ExpressionWrapper(
        Cast(KeyTextTransform("high_s", "expects"), FloatField()) * Value(timedelta(seconds=1)), DurationField()
    ),
    DateTimeField(),
)
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
    waits = Ticket.objects.waiting().filter(branch=branch)
    stood = waits.aggregate(n=Count("pk"), first=Min("joined_at"))
    lines = _lines(branch, now=now)
    counters = _counters(branch)
    sums = Ticket.objects.filter(branch=branch, day=today).aggregate(
        served=Count("pk", filter=Q(state=TicketState.SERVED)),
        gone=Count("pk", filter=Q(state__in=[TicketState.LEFT, TicketState.NO_SHOW])),
        parked=Count("pk", filter=Q(state=TicketState.PARKED)),
        wait=Avg(F("called_at") - F("joined_at"), filter=Q(called_at__isnull=False)),
    )
    promised = Promise.objects.filter(unit=branch.unit_id, kind="wait", made_at__date=today)
    told = promised.aggregate(kept=Count("pk", filter=Q(state="kept")), broken=Count("pk", filter=Q(state="broken")))
    return Day(
        waiting=stood["n"],
        longest_s=(now - stood["first"]).total_seconds() if stood["first"] else None,
        promise_s=_promised_now(branch),
        past=waits.filter(expects__high_s__isnull=False).annotate(due=_DUE).filter(due__lt=now).count(),
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


def _promised_now(branch: Branch) -> float | None:
    """Return the longest wait promised by any line to whoever joined it last."""
    newest = Ticket.objects.waiting().filter(branch=branch, expects__high_s__isnull=False)
    last = newest.order_by("line", "-joined_at").distinct("line").values_list("expects", flat=True)
    return max((one["high_s"] for one in last), default=None)


def _lines(branch: Branch, *, now: datetime) -> list[LineNow]:
    today = branch.today(now)
    found = []
    rows = branch.lines.order_by("pk").annotate(n=Count("tickets", filter=Q(tickets__state=TicketState.WAITING)))
    for k, line in enumerate(rows):
        if not line.n and line.closed_on is not None and line.closed_on <= today:
            continue
        order = in_order(line, now=now, most=LISTED)
        known = Ticket.objects.select_related("line", "service", "visit__customer", "branch__unit").in_bulk(order)
        listed = [_waiter(known[pk], k + 1, now=now) for k, pk in enumerate(order) if pk in known]
        found.append(LineNow(line=line, colour=k % 8 + 1, waiting=listed, more=line.n - len(listed)))
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
