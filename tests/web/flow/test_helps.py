"""A promise at risk comes with the one thing that helps, for whoever may do it."""

from __future__ import annotations

from datetime import timedelta

from tests.web import cast
from tests.web.flow.day import Day
from tests.web.flow.test_appointments import booked
from tests.web.flow.test_slots import rule
from troth.core.terms import AgentState, Role
from troth.web.flow import actions, appointments
from troth.web.flow.helps import for_appointment, for_wait
from troth.web.flow.models import Ticket
from troth.web.promises.actions import make
from troth.web.promises.models import Promise

AT = "/counter?branch=vilnius"


def _promise(day: Day, ticket: Ticket) -> Promise:
    return make(
        kind="wait", unit=day.company.vilnius, customer=None, subject=f"contact:{ticket.contact_id}", context={},
        probability=0.8, window_start=None, due_at=day.now + timedelta(minutes=1), now=day.now - timedelta(minutes=9),
    )  # fmt: skip


def test_a_wait_is_helped_by_one_more_counter_or_by_being_called(clock: Day) -> None:
    """All counters busy and one shut: open it. Somebody free, or none to open: call. Called already: nothing."""
    first, second = clock.join(), clock.join()
    Promise.objects.all().delete()
    promise = _promise(clock, second)
    assert for_wait(promise) == ("Open a counter", AT)
    bob = clock.open()
    assert for_wait(promise) == (f"Call {second.label} next", AT)
    assert clock.call(bob) == first
    assert for_wait(promise) == ("Open a counter", AT)
    for number, clerk in ((1, clock.company.beth), (2, clock.company.tom)):
        session = clock.open(clerk, counter=number)
        actions.take_break(session=session, now=clock.later(), state=AgentState.BREAK)
    assert for_wait(promise) == (f"Call {second.label} next", AT)
    actions.leave(ticket=second, now=clock.later())
    assert for_wait(promise) is None


def test_an_appointment_is_helped_by_another_time_and_once_here_as_a_wait(clock: Day) -> None:
    """Given up it needs nothing more."""
    rule(clock)
    row, gone = booked(clock), booked(clock)
    about = {one.subject: one for one in Promise.objects.filter(kind="appointment")}
    promise, let_go = about[f"booking:{row.booking_id}"], about[f"booking:{gone.booking_id}"]
    assert for_appointment(promise) == ("Offer another time", "/branches/vilnius/appointments")
    appointments.cancel(appointment=gone, now=clock.later())
    assert for_appointment(let_go) is None
    assert row.starts_at is not None
    clock.now = row.starts_at - timedelta(minutes=2)
    appointments.check_in(appointment=row, now=clock.now)
    assert for_appointment(promise) == ("Open a counter", AT)


def test_the_page_offers_it_to_whoever_may_do_it(clock: Day) -> None:
    """A team lead sees the button; an auditor, who serves nobody, sees the promise alone."""
    ticket = clock.join()
    Promise.objects.all().delete()
    _promise(clock, ticket)
    assert f'href="{AT}"' in cast.signed_in(clock.company.tom).get("/promises").content.decode()
    page = cast.signed_in(clock.company.otto).get("/promises").content.decode()
    assert "At risk now" in page and "Open a counter" not in page


def test_a_role_at_another_branch_helps_nobody_here(clock: Day) -> None:
    """Who looks after this branch and serves at another cannot open a counter here, so none is offered."""
    company = clock.company
    both = cast.person("Ula Both", (Role.AUDITOR, company.vilnius), (Role.CLERK, company.klaipeda))
    ticket = clock.join()
    Promise.objects.all().delete()
    _promise(clock, ticket)
    page = cast.signed_in(both).get("/promises").content.decode()
    assert "At risk now" in page and "Open a counter" not in page
