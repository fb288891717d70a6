"""Taking hold of rows, always in the order session, lines, ticket, so that no two actions wait for each other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from troth.core.terms import AgentState, TicketState
from troth.web.common.ready import Ready
from troth.web.flow.models import CounterSession, Line, Ticket
from troth.web.flow.refused import Refused

#: First of the two numbers of the database's locks on lines; the second is the line's id.
LINES: Final = 7310

#: A ticket that moves on each time it is looked at is let go after so many looks.
_TRIES: Final = 10

#: States of a ticket that stands at a counter.
IN_FRONT: Final = (TicketState.CALLED, TicketState.SERVING)


def tickets() -> QuerySet[Ticket]:
    """Return tickets with all that their facts need, in one query."""
    return Ticket.objects.select_related("line", "service", "visit__customer", "branch__unit")


_TICKET: Final = Ready(lambda pk: tickets().filter(pk=pk), pk=int)
_IN_FRONT: Final = Ready(
    lambda session: tickets().filter(session=session, state__in=[str(one) for one in IN_FRONT]), session=int
)
_SESSION: Final = Ready(
    lambda pk: CounterSession.objects.select_related("clerk", "counter__branch__unit")
    .select_for_update(of=("self",)).filter(pk=pk), pk=int,
)  # fmt: skip


@lru_cache(maxsize=64)
def _locking(states: tuple[str, ...], *, at_counter: bool) -> Ready[Ticket]:
    """Return the query that locks a ticket in one of the states, and only at a counter if it must be there."""
    locking = tickets().select_for_update(of=("self",)).filter(state__in=states)
    if at_counter:
        return Ready(lambda pk, session: locking.filter(pk=pk, session=session), pk=int, session=int)
    return Ready(lambda pk: locking.filter(pk=pk), pk=int)


def ticket_by(pk: int) -> Ticket:
    """Return a ticket as it is now, with all that its facts need.

    Raises
    ------
    Ticket.DoesNotExist : there is none.
    """
    found = _TICKET.first(pk=pk)
    if found is None:
        raise Ticket.DoesNotExist
    return found


def held_ticket(pk: int, *, states: Iterable[TicketState], session: CounterSession | None = None) -> Ticket:
    """Return a ticket, locked until the end of the transaction if it is in one of the states.

    In any other state it is returned unlocked, to be refused: who locks a waiting ticket and lets it go again would make
    a claim pass it over for nothing. At a counter only its own, locked session moves a ticket, so its state stays.

    Parameters
    ----------
    session : lock it only at this counter, which the caller has locked.
    """
    words = tuple(str(one) for one in states)
    here = {"session": session.pk} if session is not None else {}
    for _ in range(_TRIES):
        found = _locking(words, at_counter=bool(here)).first(pk=pk, **here)
        if found is not None:
            return found
        row = ticket_by(pk)
        if row.state not in words or (session is not None and row.session_id != session.pk):
            return row
    raise moved_on(row)


def moved_on(ticket: Ticket) -> Refused:
    """Return the refusal of something that has been dealt with."""
    advice = "Maybe the page is old: this has been dealt with."
    return Refused("ticket-moved-on", where="ticket", value=f"{ticket.label} {ticket.state}", advice=advice)


def held_session(session: CounterSession) -> CounterSession:
    """Return a counter's session, locked.

    Raises
    ------
    Refused : ``counter-closed`` when it has ended.
    """
    row = _SESSION.first(pk=session.pk)
    if row is None:
        raise CounterSession.DoesNotExist
    if row.closed_at is not None:
        advice = "Maybe open a counter first: this one was closed, or taken by somebody else."
        raise Refused("counter-closed", where="counter", value=row.counter, advice=advice)
    return row


def in_front_of(session: CounterSession) -> Ticket | None:
    """Return the ticket called to or served at a counter."""
    return _IN_FRONT.first(session=session.pk)


def hold_line(line: Line | int) -> None:
    """Keep everybody else from choosing in a line until the end of the transaction.

    Needed before a ticket is changed that goes on waiting: a claim passes over locked rows, so while it may see a line,
    only those rows may be locked that are about to leave it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LINES, line if isinstance(line, int) else line.pk])


def must_be(ticket: Ticket, states: Iterable[TicketState], *, session: CounterSession | None = None) -> None:
    """Refuse unless a ticket is in one of the states, and at a counter if one is named.

    Raises
    ------
    Refused : ``ticket-moved-on``, ``ticket-elsewhere``.
    """
    if ticket.state not in set(states):
        raise moved_on(ticket)
    if session is not None and ticket.session_id != session.pk:
        advice = "Maybe it was called to another counter."
        raise Refused("ticket-elsewhere", where="ticket", value=ticket.label, advice=advice)


def must_be_free(session: CounterSession) -> None:
    """Refuse unless a clerk can take somebody.

    Raises
    ------
    Refused : ``customer-in-front``, ``on-break``.
    """
    if session.state == AgentState.ON_CONTACT:
        advice = "Maybe finish with the customer in front first."
        raise Refused("customer-in-front", where="counter", value=session.counter, advice=advice)
    if session.state != AgentState.AVAILABLE:
        raise Refused("on-break", where="counter", value=session.counter, advice="Maybe end the break first.")
