"""What was forgotten is put right, flagged as a guess, and done once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow.compute as pc
import pytest

from tests.web.flow.day import MIN, Day, fresh, told
from tests.web.flow.test_appointments import NINE, booked, held, history, taken, waits
from tests.web.flow.test_slots import rule
from troth.core.terms import AgentState, BookingState, TicketState
from troth.web.flow import actions, appointments, repair
from troth.web.flow.models import Appointment, CounterSession, Ticket
from troth.web.flow.repair import Tidied, tidy
from troth.web.outbox.bridge import checked
from troth.web.outbox.models import Fact
from troth.web.outbox.record import fact
from troth.web.promises.models import Promise


def test_a_forgotten_end_is_guessed_and_flagged(bank: Day) -> None:
    """After the branch's limit the service ends where it usually does; the clerk is free; figures know it is a guess."""
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    actions.answer(session=session, ticket=ticket, now=bank.later())
    answered = bank.now
    assert tidy(now=bank.later(89)) == Tidied()
    assert tidy(now=bank.later(2)) == Tidied(services=1)
    row = fresh(ticket)
    assert (row.state, row.inexact, row.ended_at) == (TicketState.SERVED, True, answered + 4 * MIN)
    assert Fact.objects.get(activity="ended").event["origin"] == "repaired"
    assert CounterSession.objects.get(pk=session.pk).state == AgentState.AVAILABLE
    assert tidy(now=bank.later()) == Tidied()
    late = actions.finish(session=session, ticket=ticket, now=bank.later())
    assert late.ended_at == answered + 4 * MIN


def test_tickets_of_yesterday_expire_and_counters_close(bank: Day) -> None:
    """When the day is over and all has been quiet for hours: the wait ended unseen, the clerk went home."""
    waiting, aside, called = (bank.join() for _ in range(3))
    session = bank.open()
    actions.park(session=session, ticket=actions.call_ticket(session=session, ticket=aside, now=bank.later()),
                 now=bank.later())  # fmt: skip
    actions.call_ticket(session=session, ticket=called, now=bank.later())
    idle = bank.open(bank.company.beth, 1)
    quiet = bank.now
    bank.now = quiet.replace(hour=21, minute=59)
    assert tidy(now=bank.now) == Tidied()
    assert tidy(now=bank.now + 2 * MIN) == Tidied(tickets=3, counters=1)
    for one in (waiting, aside, called):
        row = fresh(one)
        assert (row.state, row.inexact, told(one)[-1]) == (TicketState.EXPIRED, True, "abandoned")
    ends = Fact.objects.filter(activity="abandoned")
    assert {fact.event["origin"] for fact in ends} == {"repaired"}
    shut = CounterSession.objects.get(pk=idle.pk)
    assert shut.closed_at is not None and quiet <= shut.closed_at < quiet + MIN
    assert Fact.objects.get(activity="shift_ended").event["origin"] == "repaired"
    assert tidy(now=bank.now + 7 * 60 * MIN) == Tidied(counters=1)


def test_a_row_that_cannot_be_put_right_holds_up_no_other(
    bank: Day, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One ticket that fails again and again is told of in the log; all others are ended, and so is what comes after."""
    first, second = bank.join(), bank.join()
    rule(bank)
    place = held(bank)
    expire = repair.expire

    def failing(*, ticket: Ticket, now: datetime) -> bool:
        if ticket == first:
            raise ValueError("a bug")
        return expire(ticket=ticket, now=now)

    monkeypatch.setattr(repair, "expire", failing)
    found = tidy(now=bank.later(24 * 60))
    assert (found.tickets, found.holds) == (1, 1)
    assert (fresh(first).state, fresh(second).state) == (TicketState.WAITING, TicketState.EXPIRED)
    assert f"Ticket {first.pk} could not be put right" in caplog.text
    assert Appointment.objects.get(pk=place.pk).state == BookingState.CANCELLED


def test_a_held_place_is_released_to_the_waitlist(bank: Day) -> None:
    """Who did not send the form in time loses the place to who waits."""
    rule(bank, opens="09:00", closes="09:30", capacity=1)
    row, wish = held(bank), waits(bank)
    assert tidy(now=bank.now + 10 * MIN) == Tidied(holds=1)
    wish.refresh_from_db()
    assert (wish.state, wish.starts_at, taken()) == (BookingState.BOOKED, NINE, {NINE: 1})
    assert history(row) == ["released"]


def test_the_promise_to_somebody_absent_lapses_and_is_not_broken(bank: Day) -> None:
    """Not here at the booked time: waived; not here half an hour later: did not come."""
    rule(bank)
    row = booked(bank)
    assert tidy(now=NINE + 4 * MIN) == Tidied()
    assert tidy(now=NINE + 6 * MIN) == Tidied(lapsed=1)
    promise = Promise.objects.get()
    assert (promise.state, promise.cause, promise.settled_at) == ("waived", "not_here", NINE + 5 * MIN)
    assert tidy(now=NINE + 31 * MIN) == Tidied(absent=1)
    assert Appointment.objects.get(pk=row.pk).state == BookingState.NO_SHOW
    assert history(row) == ["booked", "no_show"]
    good, bad = checked(Fact.objects.all())
    assert len(bad) == 0
    missed = good.filter(pc.equal(good["activity"], "no_show")).to_pylist()
    assert [(one["contact_id"], one["queue"]) for one in missed] == [(str(row.booking_id), "vilnius-general")]
    assert tidy(now=NINE + 32 * MIN) == Tidied()


def test_a_fact_the_log_would_refuse_is_not_made() -> None:
    """A contact's fact that names neither contact nor case is a mistake of the program, found where it is made."""
    with pytest.raises(ValueError, match="must name one of contact_id, case_id"):
        fact("no_show", at=NINE)


def test_somebody_who_is_here_in_time_keeps_the_promise(bank: Day) -> None:
    """Checked in: we owe the call, and late is late."""
    rule(bank)
    row = booked(bank)
    bank.now = NINE
    appointments.check_in(appointment=row, now=NINE)
    assert tidy(now=NINE + 20 * MIN) == Tidied()
    bank.now = NINE + timedelta(minutes=20)
    bank.call(bank.open())
    assert Promise.objects.get().state == "broken"
