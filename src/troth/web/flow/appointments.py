"""Appointments: found, held while the form is filled in, booked, moved, given up, checked in, or waited for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.dispatch import Signal

from troth.core.terms import BookingState, Entry
from troth.web.customers.actions import newcomer
from troth.web.customers.models import Customer
from troth.web.flow.events import by_customer, of_booking, of_case
from troth.web.flow.joining import place_of, stand_in_line, told
from troth.web.flow.models import Appointment, Branch, Line, LineService, SlotUse, Ticket, Visit
from troth.web.flow.promised import move_time, promise_time, waive_time
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.slots import Slot, give_back, slot_at, slots_of_day, take
from troth.web.live.notify import changed
from troth.web.outbox.record import record
from troth.web.services.models import Service

#: A slot is kept so long for somebody who fills in the form.
HOLD: Final = timedelta(minutes=10)
_ENDED: Final = (BookingState.CANCELLED, BookingState.KEPT, BookingState.NO_SHOW)

#: Sent within the transaction when somebody on the waitlist got a place: `appointment` is the booked row. Mail hangs here.
place_found = Signal()


def free_slots(*, branch: Branch, service: Service, day: date, now: datetime) -> list[Slot]:
    """Return the slots of a local day that can still be booked, in order."""
    return [
        one for one in slots_of_day(branch=branch, service=service, day=day) if one.starts_at > now and one.free > 0
    ]


@one_transaction
def hold(
    *,
    branch: Branch,
    service: Service,
    starts_at: datetime,
    now: datetime,
    lasts: timedelta = HOLD,
    language: str = "en",
) -> Appointment:
    """Keep a place for somebody who fills in the form; `book` makes it theirs, else it is free again after a while.

    Raises
    ------
    Refused : ``no-such-slot``, ``slot-over``, ``slot-full``.
    """
    slot = slot_at(branch=branch, service=service, starts_at=starts_at, now=now)
    take(branch_id=branch.pk, service_id=service.pk, slot=slot)
    booking = Appointment.objects.create(
        branch=branch, service=service, starts_at=slot.starts_at, ends_at=slot.ends_at, state=BookingState.HELD,
        booked_at=now, held_until=now + lasts, language=language,
    )  # fmt: skip
    changed(branch.unit_id)
    return booking


@one_transaction
def book(
    *,
    appointment: Appointment,
    now: datetime,
    customer: Customer | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    language: str | None = None,
    note: str = "",
) -> Appointment:
    """Make a held place somebody's appointment. Booking twice is booking once.

    Parameters
    ----------
    customer : who it is; without one, and with a name or address, a new customer.

    Raises
    ------
    Refused : ``hold-over`` when the place was given to others meanwhile, ``slot-over``.
    """
    row = _held_row(appointment)
    if row.state == BookingState.BOOKED:
        return row
    if row.state != BookingState.HELD:
        raise Refused("hold-over", where="slot", value=row.state, advice="Maybe choose a time once more.")
    assert row.starts_at is not None
    if row.starts_at <= now:
        raise Refused("slot-over", where="slot", value=row.starts_at.isoformat(), advice="Maybe choose a later one.")
    row.language, row.booked_at = language or row.language, now
    row.customer = customer or newcomer(
        unit=row.branch.unit, name=name, email=email, phone=phone, language=row.language, now=now
    )
    row.name, row.email, row.phone, row.note = name, email, phone, note
    _booked(row, now=now)
    changed(row.branch.unit_id)
    return row


@one_transaction
def reschedule(*, appointment: Appointment, starts_at: datetime, now: datetime) -> Appointment:
    """Move an appointment to another slot; the old place is free again, or goes to the waitlist.

    Raises
    ------
    Refused : ``booking-over``, ``no-such-slot``, ``slot-over``, ``slot-full``.
    """
    row = _held_row(appointment)
    _must_be(row, (BookingState.BOOKED,))
    if row.starts_at == starts_at:
        return row
    slot = slot_at(branch=row.branch, service=row.service, starts_at=starts_at, now=now)
    old_start, old_end = row.starts_at, row.ends_at
    assert old_start is not None
    # Two who change places lock the same rows: in the order of time.
    rows = SlotUse.objects.filter(branch=row.branch, service=row.service, starts_at__in=[old_start, slot.starts_at])
    list(rows.select_for_update().order_by("starts_at"))
    take(branch_id=row.branch_id, service_id=row.service_id, slot=slot)
    row.starts_at, row.ends_at = slot.starts_at, slot.ends_at
    row.sequence += 1
    row.save(update_fields=["starts_at", "ends_at", "sequence"])
    record(of_booking(row, "rescheduled", at=now))
    move_time(row, now=now)
    pass_on(row, starts_at=old_start, ends_at=old_end, now=now)
    changed(row.branch.unit_id)
    return row


@one_transaction
def cancel(*, appointment: Appointment, now: datetime) -> Appointment:
    """Give up an appointment, a held place or a wish; the place goes to the waitlist. Twice is once.

    Raises
    ------
    Refused : ``booking-over`` when the customer is here already, or has been, or did not come.
    """
    row = _held_row(appointment)
    if row.state == BookingState.CANCELLED:
        return row
    _must_be(row, (BookingState.BOOKED, BookingState.HELD, BookingState.WAITLISTED))
    was = row.state
    row.state = str(BookingState.CANCELLED)
    row.sequence += 1
    row.save(update_fields=["state", "sequence"])
    if was == BookingState.BOOKED:
        record(of_booking(row, "cancelled", at=now))
        waive_time(row, now=now, cause="cancelled")
    if was != BookingState.WAITLISTED:
        assert row.starts_at is not None
        pass_on(row, starts_at=row.starts_at, ends_at=row.ends_at, now=now)
    changed(row.branch.unit_id)
    return row


@one_transaction
def waitlist(
    *,
    branch: Branch,
    service: Service,
    now: datetime,
    wanted_date: date | None = None,
    customer: Customer | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    language: str = "en",
    note: str = "",
) -> Appointment:
    """Let somebody wait for a place: who waits longest gets the first that falls free on the wanted day.

    Parameters
    ----------
    wanted_date : local day; None for any.

    Raises
    ------
    Refused : ``slot-free`` when there are places on that day, ``slot-over`` when it has passed.
    """
    if wanted_date is not None and wanted_date < branch.today(now):
        raise Refused("slot-over", where="slot", value=wanted_date, advice="Maybe a later day is meant.")
    if wanted_date is not None and free_slots(branch=branch, service=service, day=wanted_date, now=now):
        raise Refused("slot-free", where="slot", value=wanted_date, advice="Maybe book one of the free times.")
    customer = customer or newcomer(
        unit=branch.unit, name=name, email=email, phone=phone, language=language, now=now
    )  # fmt: skip
    row = Appointment.objects.create(
        branch=branch, service=service, state=BookingState.WAITLISTED, booked_at=now, wanted_date=wanted_date,
        customer=customer, name=name, email=email, phone=phone, language=language, note=note,
    )  # fmt: skip
    changed(branch.unit_id)
    return row


@one_transaction
def check_in(*, appointment: Appointment, now: datetime, labels: Iterable[str] = ()) -> Ticket:
    """Say that somebody with an appointment is here: they join the line, with their time. Twice is once.

    Returns
    -------
    the waiting ticket.

    Raises
    ------
    Refused : ``booking-over``, ``not-today``, ``not-offered``.
    """
    row = _held_row(appointment)
    if row.state == BookingState.CHECKED_IN and row.ticket is not None:
        return row.ticket
    _must_be(row, (BookingState.BOOKED,))
    assert row.starts_at is not None
    day = row.branch.today(now)
    if row.branch.today(row.starts_at) != day:
        shown = row.starts_at.astimezone(row.branch.unit.zone).isoformat(timespec="minutes")
        raise Refused("not-today", where="slot", value=shown, advice="Maybe it is for another day; it can be moved.")
    place = place_of(branch_id=row.branch_id, service_id=row.service_id, now=now)
    row.ticket = _ticket(row, place, now=now, day=day, labels=labels)
    row.state = str(BookingState.CHECKED_IN)
    row.save(update_fields=["state", "ticket"])
    opened = of_case(row.ticket, "opened", at=now)
    here = by_customer(row.ticket, "checked_in", at=now, booking_id=row.booking_id)
    told(row.ticket, opened, here, at=now)
    return row.ticket


def pass_on(row: Appointment, *, starts_at: datetime, ends_at: datetime | None, now: datetime) -> Appointment | None:
    """Give a place that fell free to who waits longest for one; return whom, or None, and then it is free for all.

    Parameters
    ----------
    row : whose place it was.
    """
    if starts_at > now:
        wishes = _rows().filter(branch=row.branch, service=row.service, state=BookingState.WAITLISTED)
        day = row.branch.today(starts_at)
        wishes = wishes.filter(wanted_date=day) | wishes.filter(wanted_date=None)
        first = wishes.select_for_update(of=("self",), skip_locked=True).order_by("booked_at", "pk").first()
        if first is not None:
            first.starts_at, first.ends_at = starts_at, ends_at
            _booked(first, now=now)
            place_found.send(sender=Appointment, appointment=first)
            return first
    give_back(branch_id=row.branch_id, service_id=row.service_id, starts_at=starts_at)
    return None


def _ticket(row: Appointment, place: LineService, *, now: datetime, day: date, labels: Iterable[str]) -> Ticket:
    visit = Visit.objects.create(
        branch=place.branch, customer=row.customer, language=row.language, opened_at=now, note=row.note
    )  # fmt: skip
    return stand_in_line(
        visit=visit, place=place, now=now, entry=Entry.APPOINTMENT, day=day, labels=labels,
        booked_at=row.starts_at,
    )  # fmt: skip


def _booked(row: Appointment, *, now: datetime) -> None:
    """Save a row as booked, with its fact and its promise."""
    row.state, row.held_until = str(BookingState.BOOKED), None
    row.save()
    record(of_booking(row, "booked", at=now))
    line = Line.objects.filter(services__branch=row.branch, services__service=row.service).first()
    promise_time(row, now=now, usual=line.promise_probability if line else 0.8)


def _rows() -> QuerySet[Appointment]:
    return Appointment.objects.select_related("branch__unit", "service", "customer", "ticket")


def _held_row(appointment: Appointment) -> Appointment:
    return _rows().select_for_update(of=("self",)).get(pk=appointment.pk)


def _must_be(row: Appointment, states: Iterable[BookingState]) -> None:
    if row.state not in set(states):
        advice = "Maybe it was cancelled or has been used." if row.state in _ENDED else "Maybe the page is old."
        raise Refused("booking-over", where="appointment", value=row.state, advice=advice)
