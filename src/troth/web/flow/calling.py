"""Calling: the next customer, a certain one, once more, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from troth.core.terms import AgentState, BookingState, TicketState
from troth.web.common import together
from troth.web.flow import bridge
from troth.web.flow.claim import claim_next, count_overtaken, seen_lines
from troth.web.flow.events import after, become, by_clerk
from troth.web.flow.joining import gone
from troth.web.flow.models import Appointment, CounterSession, Ticket
from troth.web.flow.promised import settle_wait
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.rows import IN_FRONT, held_session, held_ticket, hold_line, in_front_of, must_be, must_be_free
from troth.web.live.notify import changed
from troth.web.outbox.record import record


@one_transaction
def call_next(*, session: CounterSession, now: datetime) -> Ticket | None:
    """Call the customer whose turn it is by the discipline of the lines the counter serves.

    Calling twice calls once: with a customer called who has not come yet, that one is returned.

    Returns
    -------
    the called ticket, whose `reason` says why it was chosen; None when nobody may be called.

    Raises
    ------
    Refused : ``counter-closed``, ``customer-in-front``, ``on-break``.
    """
    mine = held_session(session)
    if mine.state == AgentState.ON_CONTACT:
        there = in_front_of(mine)
        if there is not None and there.state == TicketState.CALLED:
            return there
    must_be_free(mine)
    row = claim_next(mine, lines=seen_lines(mine), now=now)
    if row is None:
        return None
    return _bring(row, mine, now=now, reason=bridge.why(row.line.discipline, ticket=row, now=now))


@one_transaction
def call_ticket(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Call a certain waiting customer, out of order.

    Raises
    ------
    Refused : as `call_next`; ``ticket-moved-on``, ``other-branch``.
    """
    mine = held_session(session)
    there = _free_for(ticket, mine)
    if there is not None:
        return there
    lines = seen_lines(mine, also=ticket.line_id)
    row = held_ticket(ticket.pk, states=(TicketState.WAITING,))
    must_be(row, (TicketState.WAITING,))
    count_overtaken(row, session=mine, lines=lines, now=now)
    return _bring(row, mine, now=now, reason={"code": "flow.picked"})


@one_transaction
def take_up(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Call a customer who was set aside.

    Raises
    ------
    Refused : as `call_ticket`.
    """
    mine = held_session(session)
    there = _free_for(ticket, mine)
    if there is not None:
        return there
    hold_line(ticket.line_id)
    row = held_ticket(ticket.pk, states=(TicketState.PARKED,))
    must_be(row, (TicketState.PARKED,))
    return _bring(row, mine, now=now, reason={"code": "flow.taken_up"})


@one_transaction
def recall(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Call a customer once more who was called and has not come.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=(TicketState.CALLED,), session=mine)
    must_be(row, (TicketState.CALLED,), session=mine)
    at = after(now, row.changed_at)
    row.calls, row.changed_at = row.calls + 1, at
    together.update(row, "calls", "changed_at")
    record(by_clerk(row, "recalled", at=at, session=mine, counter=mine.counter.code))
    changed(row.branch.unit_id)
    return row


@one_transaction
def no_show(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Give up a customer who was called and does not come, once the branch's time for that has passed.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``, ``too-early``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=(TicketState.CALLED,), session=mine)
    if row.state == TicketState.NO_SHOW and row.session_id == mine.pk:
        return row
    must_be(row, (TicketState.CALLED,), session=mine)
    assert row.called_at is not None
    left = row.called_at + timedelta(seconds=row.branch.no_show_s) - now
    if left > timedelta(0):
        advice = f"Maybe wait another {left.total_seconds():.0f} s: the customer is on the way."
        raise Refused("too-early", where="ticket", value=row.label, advice=advice)
    at = after(now, row.changed_at, mine.state_since)
    fact = by_clerk(row, "no_show", at=at, session=mine)
    record(fact, *gone(row, TicketState.NO_SHOW, at=at, code="no_show"), become(mine, AgentState.AVAILABLE, at=at))
    if row.booked_at is not None:
        Appointment.objects.filter(ticket=row).update(state=BookingState.NO_SHOW)
    changed(row.branch.unit_id)
    return row


@one_transaction
def park(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Set a customer aside, to be taken up again later by anybody at the branch.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``.
    """
    mine = held_session(session)
    row = held_ticket(ticket.pk, states=IN_FRONT, session=mine)
    if row.state == TicketState.PARKED and row.session_id == mine.pk:
        return row
    must_be(row, IN_FRONT, session=mine)
    at = after(now, row.changed_at, mine.state_since)
    row.state, row.changed_at = str(TicketState.PARKED), at
    together.update(row, "state", "changed_at")
    record(by_clerk(row, "parked", at=at, session=mine), become(mine, AgentState.AVAILABLE, at=at))
    changed(row.branch.unit_id)
    return row


@one_transaction
def put_back(*, session: CounterSession, ticket: Ticket, now: datetime) -> Ticket:
    """Put a customer back into the line, from the own counter or from those set aside.

    Where they stand there, the discipline says.

    Raises
    ------
    Refused : ``counter-closed``, ``ticket-moved-on``, ``ticket-elsewhere``, ``other-branch``.
    """
    mine = held_session(session)
    hold_line(ticket.line_id)
    row = held_ticket(ticket.pk, states=(*IN_FRONT, TicketState.PARKED))
    if row.state == TicketState.WAITING and row.returned_at is not None:
        return row
    parked = row.state == TicketState.PARKED
    must_be(row, (*IN_FRONT, TicketState.PARKED), session=None if parked else mine)
    must_be_of(row, mine)
    at = after(now, row.changed_at, mine.state_since)
    row.state, row.session, row.returned_at, row.changed_at = str(TicketState.WAITING), None, at, at
    if row.reserved_for not in bridge.names(mine):
        row.reserved_for = None  # whom it was kept for may be gone
    together.update(row, "state", "session", "returned_at", "changed_at", "reserved_for")
    facts = [by_clerk(row, "returned", at=at, session=mine)]
    record(*facts, *([] if parked else [become(mine, AgentState.AVAILABLE, at=at)]))
    changed(row.branch.unit_id)
    return row


def must_be_of(ticket: Ticket, session: CounterSession) -> None:
    """Refuse a ticket of another branch.

    Raises
    ------
    Refused : ``other-branch``.
    """
    if ticket.branch_id != session.counter.branch_id:
        raise Refused("other-branch", where="ticket", value=ticket.label, advice="Maybe it waits at another branch.")


def _free_for(ticket: Ticket, session: CounterSession) -> Ticket | None:
    """Refuse unless a locked counter may take a certain ticket; return it if it was called there already."""
    there = in_front_of(session) if session.state == AgentState.ON_CONTACT else None
    if there is not None and there.pk == ticket.pk and there.state == TicketState.CALLED:
        return there
    must_be_free(session)
    must_be_of(ticket, session)
    return None


def _bring(row: Ticket, session: CounterSession, *, now: datetime, reason: dict[str, Any]) -> Ticket:
    """Call a locked ticket to a locked counter."""
    at = after(now, row.changed_at, session.state_since)
    row.state, row.session, row.called_at, row.changed_at = str(TicketState.CALLED), session, at, at
    row.calls, row.reason = row.calls + 1, reason
    together.update(row, "state", "session", "called_at", "changed_at", "calls", "reason")
    fact = by_clerk(row, "called", at=at, session=session, counter=session.counter.code, reason=reason["code"])
    record(fact, become(session, AgentState.ON_CONTACT, at=at))
    settle_wait(row, now=at)
    changed(row.branch.unit_id)
    return row
