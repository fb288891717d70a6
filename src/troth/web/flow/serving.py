"""Serving: from the first word to the end, to another counter, or on to the next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from troth.core.terms import AgentState, BookingState, Entry, TicketState
from troth.web.common import together
from troth.web.common.ready import Ready
from troth.web.customers.models import Customer
from troth.web.flow import bridge
from troth.web.flow.events import after, become, by_clerk, by_customer, of_case
from troth.web.flow.joining import must_be_able, place_of, places, shut_on, stand_in_line, told
from troth.web.flow.models import Appointment, Counter, CounterSession, LineService, Ticket, Visit
from troth.web.flow.numbering import next_number
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.rows import IN_FRONT, held_session, held_ticket, must_be, must_be_free
from troth.web.live.notify import changed
from troth.web.outbox.models import Fact
from troth.web.outbox.record import record
from troth.web.people.models import User
from troth.web.services.models import BlueprintStep, Service


@one_transaction
def answer(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Begin to serve the customer who was called. Doing it twice is doing it once.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=(TicketState.CALLED,), session=mine)
    if row.state == TicketState.SERVING and row.session_id == mine.pk:
        return row
    must_be(row, (TicketState.CALLED,), session=mine)
    at = after(now, row.changed_at)
    row.state, row.answered_at, row.changed_at = str(TicketState.SERVING), at, at
    together.update(row, "state", "answered_at", "changed_at")
    record(by_clerk(row, "answered", at=at, session=mine, counter=mine.counter.code))
    if row.booked_at is not None:
        Appointment.objects.filter(ticket=row).update(state=BookingState.KEPT)
    changed(row.branch.unit_id)
    return row


@one_transaction
def finish(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """End the service. The customer then waits for the visit's next step, if there is one, under the same number.

    Returns
    -------
    the served ticket; that of the next step is its `following`.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=(TicketState.SERVING,), session=mine)
    if row.state == TicketState.SERVED and row.session_id == mine.pk:
        return row
    must_be(row, (TicketState.SERVING,), session=mine)
    at = after(now, row.changed_at, mine.state_since)
    end_service(row, mine, at=at)
    return row


@one_transaction
def transfer(
    *,
    session: CounterSession,
    ticket: Ticket,
    now: datetime,
    service: Service | None = None,
    clerk: User | None = None,
    counter: Counter | None = None,
    note: str = "",
) -> Ticket:
    """Hand a customer on: to the line of another service, to a certain clerk or counter, or both.

    The old ticket ends as transferred; its history stays. The class of the new line's discipline may look at the label
    ``"transferred"``.

    Returns
    -------
    the new waiting ticket, with the same number; its `previous` is the old one.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``, ``not-offered``, ``nowhere``, ``clerk-away``,
        ``clerk-not-able``.
    """
    if service is None and clerk is None and counter is None:
        raise Refused("nowhere", where="ticket", value=ticket.label, advice="Maybe choose a service, clerk or counter.")
    mine, there = _hold_both(session, clerk=clerk, counter=counter)
    row = held_ticket(ticket.pk, states=IN_FRONT, session=mine)
    must_be(row, IN_FRONT, session=mine)
    at = after(now, row.changed_at, mine.state_since)
    place = place_of(branch_id=row.branch_id, service_id=service.pk if service else row.service_id, now=at)
    if there is not None:
        must_be_able(there, place=place)
    row.state, row.ended_at, row.changed_at = str(TicketState.TRANSFERRED), at, at
    together.update(row, "state", "ended_at", "changed_at")
    if note:
        Visit.objects.filter(pk=row.visit_id).update(note="\n".join(filter(None, [row.visit.note, note])))
    new = stand_in_line(
        visit=row.visit, place=place, now=at, entry=Entry.TRANSFER, day=row.day, previous=row, labels=[*row.labels, "transferred"], wanted_clerk=clerk,
        reserved_for=bridge.counter_name(counter.pk) if counter else None,
    )  # fmt: skip
    went = by_clerk(
        row, "transferred", at=at, session=mine, to_queue=new.line.code, next_contact_id=new.contact_id,
        to_agent_id=clerk.code if clerk else None,
    )  # fmt: skip
    told(new, went, become(mine, AgentState.AVAILABLE, at=at), at=at, previous=row)
    return new


@one_transaction
def walk_direct(
    *,
    session: CounterSession,
    service: Service,
    now: datetime,
    customer: Customer | None = None,
    language: str = "en",
    note: str = "",
) -> Ticket:
    """Serve somebody who stands at the counter without having waited.

    Returns
    -------
    the ticket being served; it has a number like any other.

    Raises
    ------
    Refused : ``counter-closed``, ``customer-in-front``, ``on-break``, ``not-offered``.
    """
    mine = held_session(session)
    must_be_free(mine)
    at = after(now, mine.state_since)
    place = place_of(branch_id=mine.counter.branch_id, service_id=service.pk, now=at)
    visit = Visit.objects.create(branch=place.branch, customer=customer, language=language, opened_at=at, note=note)
    day = place.branch.today(at)
    row = Ticket(
        branch=place.branch, line=place.line, service=place.service, service_code=place.service.code, visit=visit,
        prefix=place.prefix, number=next_number(branch_id=place.branch_id, prefix=place.prefix, day=day), day=day,
        entry=Entry.DIRECT, state=str(TicketState.SERVING), session=mine, joined_at=at, called_at=at, answered_at=at,
        changed_at=at, priority=place.service.priority, reason={"code": "flow.direct"},
        skills=bridge.needed(place.needs),  # type: ignore[attr-defined]
    )  # fmt: skip
    row.save(force_insert=True)
    record(
        of_case(row, "opened", at=at), by_customer(row, "arrived", at=at), become(mine, AgentState.ON_CONTACT, at=at),
        by_clerk(row, "answered", at=at, session=mine, counter=mine.counter.code),
    )  # fmt: skip
    changed(row.branch.unit_id)
    return row


@one_transaction
def add_service(*, session: CounterSession, ticket: Ticket, service: Service, now: datetime) -> Ticket:
    """Note a further service the customer wants: when this one ends, they wait for it under the same number.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``, ``not-offered``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=IN_FRONT, session=mine)
    must_be(row, IN_FRONT, session=mine)
    place_of(branch_id=row.branch_id, service_id=service.pk, now=now)
    row.visit.to_come = [*row.visit.to_come, service.pk]
    row.visit.save(update_fields=["to_come"])
    changed(row.branch.unit_id)
    return row


def end_service(row: Ticket, mine: CounterSession, *, at: datetime, origin: str = "exact") -> None:
    """End a service at a locked counter, and go on to the visit's next step or close the visit.

    Parameters
    ----------
    origin : ``"repaired"`` when the end is a guess.
    """
    row.state, row.ended_at, row.changed_at = str(TicketState.SERVED), at, at
    row.inexact = origin != "exact"
    together.update(row, "state", "ended_at", "changed_at", "inexact")
    ended = by_clerk(row, "ended", at=at, session=mine, origin=origin)
    facts = [ended, become(mine, AgentState.AVAILABLE, at=at, origin=origin)]
    place = _next_place(row, at=at)
    if place is None:
        row.visit.closed_at = at
        together.update(row.visit, "closed_at")
        record(*facts, *_over(row, mine, at=at))
        changed(row.branch.unit_id)
        return
    new = stand_in_line(
        visit=row.visit, place=place, now=at, entry=Entry.NEXT_STEP, day=row.day, previous=row, labels=[one for one in row.labels if one != "transferred"],
    )  # fmt: skip
    told(new, *facts, at=at, previous=row)


def _over(row: Ticket, session: CounterSession, *, at: datetime) -> list[Fact]:
    agent = session.clerk.code
    return [of_case(row, "resolved", at=at, agent=agent), of_case(row, "closed", at=at, code="served")]


def _next_steps(service: int) -> QuerySet[Any]:
    steps = BlueprintStep.objects.filter(service_id=service, next_service__isnull=False).order_by("position")
    return steps.values_list("next_service_id")[:1]


_NEXT_STEP: Final = Ready[Any](_next_steps, service=int)


def _next_place(row: Ticket, *, at: datetime) -> LineService | None:
    """Return where the customer waits next: the service's own next step first, then what was asked for on the way."""
    wanted = [*(one for (one,) in _NEXT_STEP.rows(service=row.service_id)), *row.visit.to_come]
    if not wanted:
        return None
    here = {one.service_id: one for one in places().filter(branch_id=row.branch_id, service_id__in=wanted)}
    day = row.branch.today(at)
    while wanted:
        place = here.get(wanted.pop(0))
        if place is not None and not shut_on(place.line, day) and not shut_on(place.service, day):
            break
    else:
        place = None
    if wanted != row.visit.to_come:
        row.visit.to_come = wanted
        row.visit.save(update_fields=["to_come"])
    return place


def _hold_both(
    session: CounterSession, *, clerk: User | None, counter: Counter | None
) -> tuple[CounterSession, CounterSession | None]:
    """Return the own session and that handed to, if one is named; both stay as they are until the transaction ends."""
    if clerk is None and counter is None:
        return held_session(session), None
    there = CounterSession.objects.filter(closed_at=None, counter__branch_id=session.counter.branch_id)
    there = there.filter(**({"clerk": clerk} if clerk else {}), **({"counter": counter} if counter else {}))
    target = there.values_list("pk", flat=True).first()
    if target is None:
        advice = "Maybe choose somebody who is at a counter of this branch."
        raise Refused("clerk-away", where="clerk", value=clerk or counter, advice=advice)
    rows = {pk: held_session(CounterSession(pk=pk)) for pk in sorted({session.pk, target})}
    return rows[session.pk], rows[target]
