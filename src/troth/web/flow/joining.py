"""Coming and going: a customer joins a line, lets others go first, leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from troth.core.terms import AgentState, Entry, TicketState
from troth.web.common import together
from troth.web.common.audit import no_nouns
from troth.web.common.ready import Ready
from troth.web.customers.models import Customer
from troth.web.flow import bridge
from troth.web.flow.events import after, become, by_customer, by_system, of_case
from troth.web.flow.expects import expected, keep
from troth.web.flow.models import Branch, CounterSession, Line, LineService, Ticket, Visit
from troth.web.flow.numbering import add_numbered
from troth.web.flow.promised import promise_wait, waive_wait
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.rows import held_session, held_ticket, hold_line, moved_on, must_be, tickets
from troth.web.live.notify import changed
from troth.web.outbox.models import Fact
from troth.web.outbox.record import record
from troth.web.people.models import User
from troth.web.services.models import Offer, Service

#: Who lets others go first is not called for so long, whatever the discipline says of those who come back.
YIELD: Final = timedelta(minutes=5)

#: 1 is served first, other things equal.
PRIORITIES: Final = range(1, 6)

_MAY_LEAVE: Final = (TicketState.WAITING, TicketState.CALLED, TicketState.PARKED)


@one_transaction
def join(
    *,
    branch: Branch,
    service: Service,
    now: datetime,
    entry: Entry = Entry.KIOSK,
    customer: Customer | None = None,
    language: str = "en",
    priority: int | None = None,
    labels: Iterable[str] = (),
    wanted_clerk: User | None = None,
    note: str = "",
) -> Ticket:
    """Let a customer join the line of a service.

    Parameters
    ----------
    entry : how the customer came.
    customer : who it is, if known.
    priority : 1 to 5; None for the service's own.
    labels : words that classes of the discipline look at, such as ``"elderly"``.
    wanted_clerk : nobody else may call the ticket, as long as this person has a counter.
    note : for whoever serves.

    Returns
    -------
    the waiting ticket; `expects` says the wait, where one can be stated.

    Raises
    ------
    Refused : ``bad-priority``, ``not-offered``, ``by-appointment-only``, ``clerk-away``, ``clerk-not-able``.
    """
    if priority is not None and priority not in PRIORITIES:
        advice = "Maybe a number from 1, served first, to 5 is meant."
        raise Refused("bad-priority", where="priority", value=priority, advice=advice)
    place = place_of(branch_id=branch.pk, service_id=service.pk, now=now, walk_in=True)
    if wanted_clerk is not None:
        must_be_able(_here(wanted_clerk, branch_id=branch.pk), place=place)
    visit = Visit(branch=place.branch, customer=customer, language=language, opened_at=now, note=note)
    day = place.branch.today(now)
    ticket = stand_in_line(
        visit=visit, place=place, now=now, entry=entry, day=day, labels=labels, priority=priority,
        wanted_clerk=wanted_clerk,
    )  # fmt: skip
    told(ticket, of_case(ticket, "opened", at=now), by_customer(ticket, "arrived", at=now), at=now)
    return ticket


@one_transaction
def leave(*, ticket: Ticket, now: datetime) -> Ticket:
    """Let a customer go before being served. Leaving twice is leaving once.

    Raises
    ------
    Refused : ``ticket-moved-on`` when being served, or gone already.
    """
    session, row = with_counter(ticket, states=_MAY_LEAVE)
    if row.state == TicketState.LEFT:
        return row
    must_be(row, _MAY_LEAVE)
    at = after(now, row.changed_at, session.state_since if session else None)
    facts = [by_customer(row, "abandoned", at=at), *gone(row, TicketState.LEFT, at=at, code="abandoned")]
    if session is not None:
        facts.append(become(session, AgentState.AVAILABLE, at=at))
    record(*facts)
    waive_wait(row, now=at, cause="left")
    changed(row.branch.unit_id)
    return row


@one_transaction
def let_others_first(*, ticket: Ticket, now: datetime, pause: timedelta = YIELD) -> Ticket:
    """Let others go before a waiting customer.

    The customer is not called for the time of `pause`; then the discipline says where those stand who come back.

    Raises
    ------
    Refused : ``ticket-moved-on``.
    """
    hold_line(ticket.line_id)
    row = held_ticket(ticket.pk, states=(TicketState.WAITING,))
    must_be(row, (TicketState.WAITING,))
    at = after(now, row.changed_at)
    row.returned_at, row.not_before, row.changed_at = at, at + pause, at
    row.yielded += 1
    together.update(row, "returned_at", "not_before", "changed_at", "yielded")
    record(by_customer(row, "yielded", at=at))
    waive_wait(row, now=at, cause="yielded")
    changed(row.branch.unit_id)
    return row


@one_transaction
def notice(*, ticket: Ticket, now: datetime) -> Ticket:
    """Write down that a waiting customer was told that the turn is near. Twice is once.

    Raises
    ------
    Refused : ``ticket-moved-on``.
    """
    hold_line(ticket.line_id)
    row = held_ticket(ticket.pk, states=(TicketState.WAITING,))
    must_be(row, (TicketState.WAITING,))
    if row.noticed_at is None:
        at = after(now, row.changed_at)
        row.noticed_at, row.changed_at = at, at
        together.update(row, "noticed_at", "changed_at")
        record(by_system(row, "notified", at=at))
        changed(row.branch.unit_id)
    return row


def place_of(*, branch_id: int, service_id: int, now: datetime, walk_in: bool = False) -> LineService:
    """Return the line of a service at a branch, with all that a ticket needs from it, in one query.

    Raises
    ------
    Refused : ``not-offered``, ``by-appointment-only``.
    """
    found = _PLACE.first(branch=branch_id, service=service_id)
    if found is None or any(shut_on(one, found.branch.today(now)) for one in (found.line, found.service)):
        value = found.service.code if found else service_id
        raise Refused("not-offered", where="service", value=value, advice="Maybe another branch offers it.")
    if walk_in and found.booked_only:  # type: ignore[attr-defined]
        advice = "Maybe book a time: this service has no line to join."
        raise Refused("by-appointment-only", where="service", value=found.service.code, advice=advice)
    return found


def places() -> QuerySet[LineService]:
    """Return services with their lines; `needs` are skill ids, `booked_only` where nobody may just come."""
    booked = Offer.objects.filter(service=OuterRef("service"), unit=OuterRef("branch__unit"), walk_in=False)
    skills = Service.skills.through.objects.filter(service=OuterRef("service")).values("skill_id")
    found = LineService.objects.select_related("line", "branch__unit", "service")
    return found.annotate(booked_only=Exists(booked), needs=ArraySubquery(skills))


_PLACE: Final = Ready(
    lambda branch, service: places().filter(branch_id=branch, service_id=service), branch=int, service=int
)


def shut_on(thing: Line | Service, day: date) -> bool:
    """Tell whether a line or service is no longer there on a day."""
    return thing.closed_on is not None and thing.closed_on <= day


def must_be_able(session: CounterSession, *, place: LineService) -> None:
    """Refuse to keep a ticket for somebody who has not the skills for it: it would wait for ever.

    Raises
    ------
    Refused : ``clerk-not-able``.
    """
    if not bridge.can(session, skills=bridge.needed(place.needs)):  # type: ignore[attr-defined]
        advice = "Maybe choose somebody who has the skills for it, or nobody."
        raise Refused("clerk-not-able", where="clerk", value=session.clerk, advice=advice)


def _here(clerk: User, *, branch_id: int) -> CounterSession:
    """Return the session of a clerk at a branch, locked, so that it does not end before the ticket is there."""
    open_here = CounterSession.objects.filter(clerk=clerk, closed_at=None, counter__branch_id=branch_id)
    found = open_here.select_related("clerk").select_for_update(of=("self",)).first()
    if found is None:
        advice = "Maybe choose somebody who is at a counter, or nobody."
        raise Refused("clerk-away", where="clerk", value=clerk, advice=advice)
    return found


def stand_in_line(
    *,
    visit: Visit,
    place: LineService,
    now: datetime,
    entry: Entry,
    day: date,
    previous: Ticket | None = None,
    priority: int | None = None,
    labels: Iterable[str] = (),
    wanted_clerk: User | None = None,
    reserved_for: str | None = None,
    booked_at: datetime | None = None,
) -> Ticket:
    """Return a new waiting ticket, saved; the caller writes its facts with `told`.

    Parameters
    ----------
    visit : saved with the ticket if it is new.
    previous : the ticket whose number it goes on with; without one it gets the next.
    """
    together.send()  # the forecast looks at tickets and counters
    ticket = Ticket(
        branch=place.branch, line=place.line, service=place.service, service_code=place.service.code, visit=visit,
        previous=previous, prefix=previous.prefix if previous else place.prefix, day=day, entry=entry,
        joined_at=now, changed_at=now, booked_at=booked_at, labels=sorted(set(labels)),
        priority=place.service.priority if priority is None else priority,
        skills=bridge.needed(place.needs),  # type: ignore[attr-defined]
        wanted_clerk=wanted_clerk, reserved_for=wanted_clerk.code if wanted_clerk else reserved_for,
    )  # fmt: skip
    foreseen = expected(ticket, now=now)
    ticket.expects = foreseen.said if foreseen else {}
    # Last, for others who join wait for the number.
    if previous:
        ticket.number = previous.number
        with no_nouns():
            ticket.save(force_insert=True)
    else:
        add_numbered(ticket)
    if foreseen:
        keep(foreseen, ticket=ticket)
    return ticket


def told(ticket: Ticket, *facts: Fact, at: datetime, previous: Ticket | None = None) -> None:
    """Write that a ticket was queued, after the facts that led there; promise a wait; tell watchers."""
    link = {"previous_contact_id": previous.contact_id} if previous else {}
    record(*facts, by_customer(ticket, "queued", at=at, ticket=ticket.label, **link))
    promise_wait(ticket, now=at)
    changed(ticket.branch.unit_id)


def gone(ticket: Ticket, state: TicketState, *, at: datetime, code: str) -> list[Fact]:
    """Bring a ticket to an end without service and close its visit; return the facts of that."""
    ticket.state, ticket.ended_at, ticket.changed_at = str(state), at, at
    together.update(ticket, "state", "ended_at", "changed_at")
    ticket.visit.closed_at = at
    together.update(ticket.visit, "closed_at")
    return [of_case(ticket, "closed", at=at, code=code)]


def with_counter(ticket: Ticket, *, states: Collection[TicketState]) -> tuple[CounterSession | None, Ticket]:
    """Return a ticket and the counter it stands at, if any, both locked in the right order.

    In none of the states the ticket is returned unlocked, to be refused.
    """
    for _ in range(10):
        seen = Ticket.objects.values_list("state", "session_id").get(pk=ticket.pk)
        if seen[0] not in states:
            return None, tickets().get(pk=ticket.pk)
        session = None
        if seen[0] in {TicketState.CALLED, TicketState.SERVING} and seen[1] is not None:
            session = held_session(CounterSession(pk=seen[1]))
        row = held_ticket(ticket.pk, states=[TicketState(seen[0])], session=session)
        if (row.state, row.session_id) == seen:
            return session, row
    raise moved_on(ticket)
