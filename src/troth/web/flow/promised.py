"""Promises of customer flow: the wait stated at joining, the time of an appointment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from troth.web.flow.events import CHANNEL, columns
from troth.web.flow.models import Appointment, Ticket
from troth.web.promises.actions import change, make, settle, waive
from troth.web.promises.honest import BASES, honest
from troth.web.promises.models import Promise

WAIT: Final = "wait"
APPOINTMENT: Final = "appointment"
#: Somebody with an appointment is promised to be called by so long after the booked time; earlier keeps the word.
PUNCTUAL: Final = timedelta(minutes=15)


def about_ticket(ticket: Ticket) -> str:
    """Return the subject of promises about a ticket."""
    return f"contact:{ticket.contact_id}"


def about_booking(booking: Appointment) -> str:
    """Return the subject of promises about an appointment; never its secret token."""
    return f"booking:{booking.booking_id}"


def promise_wait(ticket: Ticket, *, now: datetime) -> None:
    """Promise the wait that was stated to somebody who has just joined, if one was."""
    band = ticket.expects
    if not band:
        return
    make(
        kind=WAIT, unit=ticket.branch.unit, customer=ticket.visit.customer, subject=about_ticket(ticket),
        context=_context(columns(ticket)), probability=band["probability"],
        window_start=now + timedelta(seconds=band["low_s"]), due_at=now + timedelta(seconds=band["high_s"]), now=now,
        first=True,
    )  # fmt: skip


def settle_wait(ticket: Ticket, *, now: datetime) -> None:
    """Settle the stated wait, and the appointment: the customer was called."""
    if ticket.expects and ticket.calls <= 1:
        settle(subject=about_ticket(ticket), kind=WAIT, at=now, now=now)
    if ticket.booked_at is not None and ticket.calls <= 1 and (booking := _booking(ticket)) is not None:
        settle(subject=about_booking(booking), kind=APPOINTMENT, at=now, now=now)


def waive_wait(ticket: Ticket, *, now: datetime, cause: str) -> None:
    """Let go of what was promised about a ticket's wait: the customer did."""
    if ticket.calls:
        return
    if ticket.expects:
        waive(subject=about_ticket(ticket), kind=WAIT, now=now, cause=cause)
    if ticket.booked_at is not None and (booking := _booking(ticket)) is not None:
        waive(subject=about_booking(booking), kind=APPOINTMENT, now=now, cause=cause)


def promise_time(booking: Appointment, *, now: datetime, usual: float) -> None:
    """Promise somebody with an appointment to be called not later than a while after its time.

    Parameters
    ----------
    usual : the probability to begin with; stated is the share of like promises that was kept, as far as it is known.
    """
    assert booking.starts_at is not None
    unit, service = booking.branch.unit, booking.service.code
    known = honest(kind=APPOINTMENT, unit=unit, service=service, prior=usual, now=now)
    share = min(0.99, max(0.01, round(known.probability, 2)))  # nothing is certain, and nobody reads thousandths
    make(
        kind=APPOINTMENT, unit=unit, customer=booking.customer, subject=about_booking(booking),
        context={"site": unit.code, "channel": CHANNEL, "service": service}, probability=share,
        window_start=None, due_at=booking.starts_at + PUNCTUAL, basis=BASES[known.circle], basis_n=known.n, now=now,
    )  # fmt: skip


def move_time(booking: Appointment, *, now: datetime) -> None:
    """Change the promise to the appointment's new time: the customer wanted it. What was stated of it stays."""
    assert booking.starts_at is not None
    change(
        subject=about_booking(booking), kind=APPOINTMENT, window_start=None, due_at=booking.starts_at + PUNCTUAL,
        now=now, cause="customer_moved",
    )  # fmt: skip


def promised_time(booking: Appointment) -> Promise | None:
    """Return what is promised somebody with an appointment, while it runs."""
    return Promise.objects.running().filter(subject=about_booking(booking), kind=APPOINTMENT).first()


def waive_time(booking: Appointment, *, now: datetime, cause: str) -> Promise | None:
    """Let go of the promise of an appointment, for the customer did; return it, or None if none ran."""
    return waive(subject=about_booking(booking), kind=APPOINTMENT, now=now, cause=cause)


def _booking(ticket: Ticket) -> Appointment | None:
    return Appointment.objects.filter(ticket=ticket).first()


def _context(told: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in told.items() if value is not None}
