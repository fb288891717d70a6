"""Appointments: held, booked, moved, given up, checked in, waited for; each with its facts and its promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.flow.day import MIN, Day, told
from tests.web.flow.test_slots import DAY, rule
from troth.core.terms import BookingState, Entry, TicketState
from troth.web.flow import actions, appointments
from troth.web.flow.models import Appointment, SlotUse
from troth.web.flow.promised import PUNCTUAL
from troth.web.outbox.models import Fact
from troth.web.promises.models import Promise

NINE = datetime(2026, 3, 26, 7, tzinfo=UTC)


def held(bank: Day, at: datetime = NINE) -> Appointment:
    """Hold a place."""
    return appointments.hold(branch=bank.place.branch, service=bank.company.cash, starts_at=at, now=bank.later())


def booked(bank: Day, at: datetime = NINE, **given: Any) -> Appointment:
    """Book a place for Kate unless told otherwise."""
    asked = {"customer": bank.company.kate, "name": "Kate", **given}
    return appointments.book(appointment=held(bank, at), now=bank.later(), **asked)


def waits(bank: Day, **given: Any) -> Appointment:
    """Put somebody on the waitlist."""
    asked = {"branch": bank.place.branch, "service": bank.company.cash, "wanted_date": DAY, **given}
    return appointments.waitlist(now=bank.later(), **asked)


def history(booking: Appointment) -> list[str]:
    """Return what the log says of a booking."""
    facts = Fact.objects.filter(event__subject_id=str(booking.booking_id)).order_by("id")
    return list(facts.values_list("activity", flat=True))


def taken() -> dict[datetime, int]:
    return dict(SlotUse.objects.values_list("starts_at", "taken"))


def test_a_place_is_held_and_booked(bank: Day) -> None:
    """The place is taken from the holding on; booking twice books once; the log never has the secret of the link."""
    rule(bank)
    row = booked(bank)
    again = appointments.book(appointment=row, now=bank.later(), name="Somebody else")
    assert (again.state, again.name) == (BookingState.BOOKED, "Kate")
    assert taken() == {NINE: 1}
    assert history(row) == ["booked"]
    fact = Fact.objects.get(activity="booked")
    assert '"window_start": "2026-03-26T07:00:00+00:00"' in fact.event["attributes"]
    assert fact.event["customer_id"] == bank.company.kate.pseudonym
    assert not any(row.token in str(event) for event in Fact.objects.values_list("event", flat=True))


def test_the_last_place_is_given_once(bank: Day) -> None:
    """Who comes second is refused, and may wait for a place."""
    rule(bank, capacity=1)
    booked(bank)
    with pytest.raises(actions.Refused) as refused:
        held(bank)
    assert refused.value.code == "slot-full"
    assert taken() == {NINE: 1}


def test_an_appointment_moves_with_its_promise(bank: Day) -> None:
    """The old place is free again, the calendar entry's sequence goes up, the promise is changed and not broken."""
    rule(bank)
    row = booked(bank)
    moved = appointments.reschedule(appointment=row, starts_at=NINE + 30 * MIN, now=bank.later())
    assert (moved.starts_at, moved.sequence) == (NINE + 30 * MIN, 1)
    assert taken() == {NINE: 0, NINE + 30 * MIN: 1}
    assert history(row) == ["booked", "rescheduled"]
    promise = Promise.objects.get(kind="appointment")
    assert (promise.changes, promise.window_start, promise.state) == (1, None, "promised")
    assert promise.due_at == NINE + 30 * MIN + PUNCTUAL
    assert appointments.reschedule(appointment=row, starts_at=NINE + 30 * MIN, now=bank.later()).sequence == 1


def test_a_move_to_a_full_slot_changes_nothing(bank: Day) -> None:
    """The own place stays."""
    rule(bank, capacity=1)
    row = booked(bank)
    booked(bank, NINE + 30 * MIN)
    with pytest.raises(actions.Refused):
        appointments.reschedule(appointment=row, starts_at=NINE + 30 * MIN, now=bank.later())
    assert taken() == {NINE: 1, NINE + 30 * MIN: 1}
    assert Appointment.objects.get(pk=row.pk).starts_at == NINE


def test_a_cancelled_place_goes_to_who_waits_longest(bank: Day, django_capture_on_commit_callbacks: Any) -> None:
    """The first on the waitlist of that day gets it and is told; the place is never free in between."""
    rule(bank, opens="09:00", closes="09:30", capacity=1)
    row = booked(bank)
    other_day = waits(bank, wanted_date=DAY + timedelta(days=1), name="For Friday")
    first, second = waits(bank, name="First"), waits(bank, name="Second")
    told_of: list[Appointment] = []

    def note(appointment: Appointment, **_: Any) -> None:
        told_of.append(appointment)

    appointments.place_found.connect(note)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            appointments.cancel(appointment=row, now=bank.later())
    finally:
        appointments.place_found.disconnect(note)
    first.refresh_from_db()
    assert (first.state, first.starts_at) == (BookingState.BOOKED, NINE)
    assert told_of == [first]
    assert Appointment.objects.get(pk=second.pk).state == BookingState.WAITLISTED
    assert taken() == {NINE: 1}
    assert (history(row), history(first)) == (["booked", "cancelled"], ["booked"])
    assert Appointment.objects.get(pk=other_day.pk).state == BookingState.WAITLISTED


def test_a_cancelled_promise_is_waived(bank: Day) -> None:
    """The customer let go of it; it counts neither as kept nor as broken. Cancelling twice is cancelling once."""
    rule(bank)
    row = booked(bank)
    for _ in range(2):
        appointments.cancel(appointment=row, now=bank.later())
    assert Promise.objects.get().state == "waived"
    assert history(row) == ["booked", "cancelled"]
    assert taken() == {NINE: 0}


def test_nobody_waits_for_what_is_free(bank: Day) -> None:
    """The waitlist is for full days, and for days to come."""
    rule(bank)
    for day, code in ((DAY, "slot-free"), (DAY - timedelta(days=2), "slot-over")):
        with pytest.raises(actions.Refused) as refused:
            waits(bank, wanted_date=day)
        assert refused.value.code == code


def test_checking_in_joins_the_line_with_the_booked_time(bank: Day) -> None:
    """The ticket knows the appointment; the call settles the promise; answering keeps the appointment."""
    rule(bank)
    row = booked(bank)
    bank.now = NINE - 5 * MIN
    ticket = appointments.check_in(appointment=row, now=bank.now)
    assert (ticket.booked_at, ticket.entry, ticket.state) == (NINE, Entry.APPOINTMENT, TicketState.WAITING)
    assert appointments.check_in(appointment=row, now=bank.later()) == ticket
    assert told(ticket) == ["checked_in", "queued"]
    session = bank.open()
    called = bank.call(session)
    assert called == ticket
    assert Promise.objects.get(kind="appointment").state == "kept"
    actions.answer(session=session, ticket=called, now=bank.later())
    assert Appointment.objects.get(pk=row.pk).state == BookingState.KEPT


def test_an_appointment_is_not_called_long_before_its_time(bank: Day) -> None:
    """The discipline says how early; walk-ins who come later go first until then."""
    rule(bank)
    row = booked(bank)
    bank.now = NINE - 40 * MIN
    early = appointments.check_in(appointment=row, now=bank.now)
    walk_in = bank.join()
    session = bank.open()
    assert bank.call(session) == walk_in
    actions.answer(session=session, ticket=walk_in, now=bank.now)
    actions.finish(session=session, ticket=walk_in, now=bank.now)
    assert actions.call_next(session=session, now=NINE - 11 * MIN) is None
    assert actions.call_next(session=session, now=NINE - 9 * MIN) == early


@pytest.mark.parametrize("days", [-1, 1])
def test_another_day_is_not_today(bank: Day, days: int) -> None:
    """An appointment is checked in on its own local day."""
    rule(bank)
    row = booked(bank)
    with pytest.raises(actions.Refused) as refused:
        appointments.check_in(appointment=row, now=NINE + timedelta(days=days))
    assert refused.value.code == "not-today"


def test_what_is_over_cannot_be_used(bank: Day) -> None:
    """A cancelled appointment is neither moved nor checked in; one that is checked in is not cancelled."""
    rule(bank)
    gone, here = booked(bank), booked(bank)
    appointments.cancel(appointment=gone, now=bank.later())
    appointments.check_in(appointment=here, now=NINE)
    for act in (
        lambda: appointments.check_in(appointment=gone, now=NINE),
        lambda: appointments.reschedule(appointment=gone, starts_at=NINE + 30 * MIN, now=bank.now),
        lambda: appointments.cancel(appointment=here, now=NINE),
    ):
        with pytest.raises(actions.Refused) as refused:
            act()
        assert refused.value.code == "booking-over"


def test_a_held_place_that_was_given_away_cannot_be_booked(bank: Day) -> None:
    """Who took too long for the form is told so."""
    rule(bank)
    row = held(bank)
    appointments.cancel(appointment=row, now=bank.later())
    with pytest.raises(actions.Refused) as refused:
        appointments.book(appointment=row, now=bank.later(), name="Late")
    assert refused.value.code == "hold-over"
