"""Appointments: free times, booking, moving, cancelling, checking in."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from ninja import Router, Status

from troth.web.api.branches import customer_of, service_of
from troth.web.api.door import ENTRY, branch_of, needs
from troth.web.api.shapes import BookIn, BookingOut, MoveIn, SlotOut, TicketOut
from troth.web.flow import appointments
from troth.web.flow.models import Appointment

router = Router(tags=["appointments"])


@router.get("/branches/{token}/slots", response=list[SlotOut], url_name="slots")
@needs(ENTRY)
def slots(request: Any, token: str, service: str, day: date) -> list[SlotOut]:
    """Return the times of a local day that can still be booked."""
    found = appointments.free_slots(
        branch=branch_of(request, token), service=service_of(service), day=day, now=timezone.now()
    )
    return [SlotOut(starts_at=one.starts_at, ends_at=one.ends_at, free=one.free) for one in found]


@router.post("/branches/{token}/appointments", response={201: BookingOut}, url_name="book")
@needs(ENTRY)
def book(request: Any, token: str, wanted: BookIn) -> Status[BookingOut]:
    """Book a time."""
    now = timezone.now()
    here, customer = branch_of(request, token), customer_of(request, wanted.customer)
    with transaction.atomic():
        held = appointments.hold(
            branch=here,
            service=service_of(wanted.service),
            starts_at=wanted.starts_at,
            now=now,
            language=wanted.language,
        )
        made = appointments.book(
            appointment=held, now=now, customer=customer, name=wanted.name, email=wanted.email, phone=wanted.phone
        )
    return Status(201, BookingOut.of(made))


@router.get("/appointments/{token}", response=BookingOut, url_name="appointment")
@needs(ENTRY)
def appointment(request: Any, token: str) -> BookingOut:
    """Return an appointment."""
    return BookingOut.of(_booking(request, token))


@router.post("/appointments/{token}/move", response=BookingOut, url_name="move")
@needs(ENTRY)
def move(request: Any, token: str, wanted: MoveIn) -> BookingOut:
    """Move an appointment to another time."""
    booking = _booking(request, token)
    return BookingOut.of(appointments.reschedule(appointment=booking, starts_at=wanted.starts_at, now=timezone.now()))


@router.post("/appointments/{token}/cancel", response=BookingOut, url_name="cancel")
@needs(ENTRY)
def cancel(request: Any, token: str) -> BookingOut:
    """Give up an appointment."""
    return BookingOut.of(appointments.cancel(appointment=_booking(request, token), now=timezone.now()))


@router.post("/appointments/{token}/check-in", response={201: TicketOut}, url_name="check_in")
@needs(ENTRY)
def check_in(request: Any, token: str) -> Status[TicketOut]:
    """Say that the customer of an appointment is here."""
    ticket = appointments.check_in(appointment=_booking(request, token), now=timezone.now())
    return Status(201, TicketOut.of(ticket))


def _booking(request: Any, token: str) -> Appointment:
    found = Appointment.objects.select_related("branch__unit", "service", "customer")
    booking = found.filter(token=token, branch__unit__path__startswith=request.auth.unit.path).first()
    if booking is None:
        raise Http404
    return booking
