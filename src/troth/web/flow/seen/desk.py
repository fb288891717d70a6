"""What a clerk sees: the customer in front, what comes next and why, the shape of the own lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from django.db import connection

from troth.core.terms import AgentState, TicketState
from troth.web.common.words import day, duration
from troth.web.customers.models import Customer, Note
from troth.web.flow import bridge
from troth.web.flow.models import Counter, CounterSession, LineService, Ticket
from troth.web.flow.said import CLERK, TICKET, because
from troth.web.people.models import User
from troth.web.services.models import BringItem, Service

#: So many who come next are shown.
UPCOMING: Final = 4
#: Edges of the classes of waiting, in minutes.
EDGES: Final = (5, 10, 15, 30)


@dataclass(frozen=True, slots=True)
class Next:
    """One of those who come next, and why."""

    ticket: Ticket
    waited_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Bar:
    """How many have waited so long; `x` and `height` place it in a drawing 100 high."""

    label: str
    count: int
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Front:
    """The customer in front of a clerk."""

    ticket: Ticket
    name: str
    customer: Customer | None
    waited_s: float
    since: datetime
    why: str
    history: list[tuple[str, str]]
    bring: list[BringItem]
    more: list[Service]
    called: bool
    absent_from: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole counter screen."""

    session: CounterSession
    state: Any
    free: bool
    away: bool
    front: Front | None
    waiting: int
    longest_s: float | None
    nexts: list[Next]
    shape: list[Bar]
    parked: list[Ticket]
    services: list[LineService]
    others: list[CounterSession]


def session_of(user: User) -> CounterSession | None:
    """Return the counter a person has now."""
    found = CounterSession.objects.select_related("clerk", "counter__branch__unit").filter(clerk=user, closed_at=None)
    return found.first()


def desk(session: CounterSession, *, now: datetime) -> Desk:
    """Return what a clerk at a counter sees."""
    branch = session.counter.branch
    lines = {line.pk: line.discipline for line in session.counter.lines.all()}
    waits = list(Ticket.objects.waiting().filter(line__in=lines).values_list("joined_at", flat=True))
    ages = [(now - one).total_seconds() for one in waits]
    return Desk(
        session=session,
        state=CLERK.get(AgentState(session.state), session.state),
        free=session.state == AgentState.AVAILABLE,
        away=session.state in {AgentState.BREAK, AgentState.MEETING, AgentState.TRAINING},
        front=_front(session),
        waiting=len(ages),
        longest_s=max(ages, default=None),
        nexts=_nexts(session, lines, now=now),
        shape=_shape(ages),
        parked=list(
            Ticket.objects.filter(branch=branch, state=TicketState.PARKED).select_related("service").order_by("changed_at")
        ),
        services=list(branch.line_services.select_related("service", "line").order_by("position", "pk")),
        others=list(
            CounterSession.objects.filter(counter__branch=branch, closed_at=None)
            .exclude(pk=session.pk).select_related("clerk", "counter").order_by("counter__title")
        ),
    )  # fmt: skip


def _nexts(session: CounterSession, lines: dict[int, dict[str, Any]], *, now: datetime) -> list[Next]:
    """Return whom this counter would call, by the very statement that calls them."""
    if not lines:
        return []
    found = bridge.claim(lines, session=session, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.id FROM flow_ticket AS t WHERE t.state = 'waiting' AND t.line_id = ANY(%(all)s) "
            f"AND {found.where} ORDER BY {found.order_by} LIMIT {UPCOMING}",
            {**found.params, "all": list(lines)},
        )
        order = [row[0] for row in cursor.fetchall()]
    rows = Ticket.objects.select_related("line", "service", "branch__unit").in_bulk(order)
    return [_next(rows[pk], now=now) for pk in order if pk in rows]


def _next(row: Ticket, *, now: datetime) -> Next:
    reason = bridge.why(row.line.discipline, ticket=row, now=now)
    waited = (now - row.joined_at).total_seconds()
    return Next(ticket=row, waited_s=waited, why=because(reason, zone=row.branch.unit.zone))


def _shape(ages: list[float]) -> list[Bar]:
    edges = [0, *EDGES, 10**6]
    counts = [sum(60 * low <= age < 60 * high for age in ages) for low, high in pairwise(edges)]
    labels = [f"{low}\u2013{high}" for low, high in zip(edges, EDGES, strict=False)] + [f"{EDGES[-1]}+"]
    most = max([*counts, 1])
    heights = [round(64 * count / most) for count in counts]
    return [
        Bar(label=label, count=count, x=4 + 60 * k, y=84 - height, height=height)
        for k, (label, count, height) in enumerate(zip(labels, counts, heights, strict=True))
    ]


def _front(session: CounterSession) -> Front | None:
    row = (
        Ticket.objects.filter(session=session, state__in=[TicketState.CALLED, TicketState.SERVING])
        .select_related("service", "visit__customer__organisation", "branch__unit", "line")
        .first()
    )
    if row is None:
        return None
    customer = row.visit.customer
    called = row.called_at or row.joined_at
    return Front(
        ticket=row,
        name=str(customer) if customer and customer.name else "",
        customer=customer,
        waited_s=(called - row.joined_at).total_seconds(),
        since=row.answered_at or called,
        why=because(row.reason, zone=row.branch.unit.zone),
        history=_history(row, customer),
        bring=list(row.service.bring.all()),
        more=list(Service.objects.filter(pk__in=row.visit.to_come)),
        called=row.state == TicketState.CALLED,
        absent_from=called + timedelta(seconds=row.branch.no_show_s),
    )


def _history(row: Ticket, customer: Customer | None) -> list[tuple[str, str]]:
    """Return five lines of what was before: of the customer where known, else of this visit."""
    zone = row.branch.unit.zone
    mine = Ticket.objects.filter(visit__customer=customer) if customer else Ticket.objects.filter(visit=row.visit_id)
    before = mine.exclude(pk=row.pk).select_related("service", "session__clerk").order_by("-joined_at")[:5]
    found = [(one.joined_at, _line(one)) for one in before]
    if customer:
        notes = Note.objects.filter(customer=customer).order_by("-at")[:5]
        found += [(note.at, f"\u201c{note.text.splitlines()[0][:120]}\u201d") for note in notes if note.text.strip()]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [(day(at, zone=zone, short=True), text) for at, text in found[:5]]


def _line(one: Ticket) -> str:
    parts = [str(one.service), str(TICKET.get(TicketState(one.state), one.state))]
    if one.answered_at and one.ended_at:
        parts.append(duration((one.ended_at - one.answered_at).total_seconds()))
    if one.session is not None:
        parts.append(str(one.session.clerk))
    return ", ".join(parts)


def free_counters(counters: list[Counter]) -> list[tuple[Counter, CounterSession | None]]:
    """Return counters with whoever has them."""
    taken = CounterSession.objects.filter(counter__in=counters, closed_at=None).select_related("clerk")
    by_counter = {one.counter_id: one for one in taken}
    return [(one, by_counter.get(one.pk)) for one in counters]
