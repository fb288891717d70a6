"""What helps a promise of customer flow that may not be kept: one action each, for whoever leads the branch."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from troth.core.terms import AgentState, BookingState, TicketState
from troth.web.flow.models import Appointment, Counter, CounterSession, Ticket
from troth.web.flow.promised import APPOINTMENT, WAIT
from troth.web.promises.models import Promise
from troth.web.promises.standing import offer_action

Help = tuple[str, str] | None


def register_helps() -> None:
    """Tell the page of promises what can be done about waits and appointments."""
    offer_action(WAIT, for_wait)
    offer_action(APPOINTMENT, for_appointment)


def for_wait(promise: Promise) -> Help:
    """Return what helps somebody who waits: one more counter, or to be called next at one that is open."""
    found = Ticket.objects.filter(contact_id=promise.subject.partition(":")[2], state=TicketState.WAITING)
    ticket = found.select_related("branch__unit").first()
    return None if ticket is None else _for_ticket(ticket)


def for_appointment(promise: Promise) -> Help:
    """Return what helps somebody with an appointment: as for a wait once they are here; before that, another time."""
    found = Appointment.objects.filter(booking_id=promise.subject.partition(":")[2])
    booking = found.select_related("branch__unit", "ticket__branch__unit").first()
    if booking is not None and booking.ticket is not None and booking.ticket.state == TicketState.WAITING:
        return _for_ticket(booking.ticket)
    if booking is None or booking.state != BookingState.BOOKED:
        return None
    return _("Offer another time"), reverse("appointments_branch", args=[booking.branch.unit.code])


def _for_ticket(ticket: Ticket) -> Help:
    """Return the page of counters: there one is opened, and there any of those who wait can be called."""
    at = f"{reverse('counter')}?{urlencode({'branch': ticket.branch.unit.code})}"
    here = CounterSession.objects.filter(counter__lines=ticket.line_id, closed_at=None)
    shut = Counter.objects.filter(lines=ticket.line_id).exclude(pk__in=here.values("counter"))
    if shut.exists() and not here.filter(state=AgentState.AVAILABLE).exists():
        return _("Open a counter"), at
    return _("Call %(number)s next") % {"number": ticket.label}, at
