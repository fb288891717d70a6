"""Counters: one person each, nobody left behind when one closes, breaks, and taking over from the demo."""

from __future__ import annotations

import pytest

from tests.web.flow.day import Day, fresh, told
from troth.core.terms import AgentState, TicketState
from troth.web.flow import actions
from troth.web.flow.models import CounterSession
from troth.web.outbox.models import Fact


def test_a_counter_has_one_person_and_a_person_one_counter(bank: Day) -> None:
    """Opening twice is opening once; somebody else's counter is refused, and so is a second one."""
    session = bank.open()
    assert bank.open() == session
    for clerk, counter, code in ((bank.company.beth, 0, "counter-taken"), (bank.company.bob, 1, "clerk-elsewhere")):
        with pytest.raises(actions.Refused) as refused:
            bank.open(clerk, counter)
        assert refused.value.code == code
    assert Fact.objects.filter(activity="counter_opened").count() == 1


def test_a_counter_closes_only_when_nobody_is_in_front(bank: Day) -> None:
    """Called or served: first the customer. Closing twice is closing once."""
    bank.join()
    session = bank.open()
    ticket = bank.call(session)
    with pytest.raises(actions.Refused) as refused:
        actions.close_counter(session=session, now=bank.later())
    assert refused.value.code == "customer-in-front"
    actions.park(session=session, ticket=ticket, now=bank.later())
    for _ in range(2):
        closed = actions.close_counter(session=session, now=bank.later())
    assert closed.closed_at is not None and closed.closed_at < bank.now
    assert Fact.objects.filter(activity="shift_ended").count() == 1
    assert fresh(ticket).state == TicketState.PARKED


def test_closing_leaves_nobody_waiting_for_a_closed_counter(bank: Day) -> None:
    """What was kept for the clerk or the counter waits for all; what was set aside can be taken up by others."""
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    for_clerk = bank.join(wanted_clerk=bank.company.beth)
    bank.join()
    handed = actions.transfer(
        session=bob, ticket=bank.call(bob), counter=bank.place.counters[1], now=bank.later()
    )  # fmt: skip
    assert actions.call_next(session=bob, now=bank.later()) is None
    actions.close_counter(session=beth, now=bank.later())
    assert [bank.serve(bob), bank.serve(bob)] == [for_clerk, handed]


def test_who_comes_back_to_the_line_does_not_wait_for_somebody_gone(bank: Day) -> None:
    """A ticket kept for a clerk who closed meanwhile is for all when it is put back."""
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    ticket = bank.join(wanted_clerk=bank.company.beth)
    bank.call(beth)
    actions.park(session=beth, ticket=ticket, now=bank.later())
    actions.close_counter(session=beth, now=bank.later())
    actions.put_back(session=bob, ticket=ticket, now=bank.later())
    assert bank.call(bob) == ticket


def test_a_break_is_a_state_of_paid_time(bank: Day) -> None:
    """Break, meeting and training keep the counter; with a customer in front there is none; nothing else is a break."""
    session = bank.open()
    for state in (AgentState.BREAK, AgentState.MEETING):
        assert actions.take_break(session=session, state=state, now=bank.later()).state == state
    for _ in range(2):
        actions.end_break(session=session, now=bank.later())
    steps = Fact.objects.filter(activity="state_changed").order_by("id").values_list("event__step", flat=True)
    assert list(steps) == ["available", "break", "meeting", "available"]
    with pytest.raises(actions.Refused) as refused:
        actions.take_break(session=session, state=AgentState.ON_CONTACT, now=bank.later())
    assert refused.value.code == "no-break"
    bank.join()
    bank.call(session)
    with pytest.raises(actions.Refused) as refused:
        actions.take_break(session=session, now=bank.later())
    assert refused.value.code == "customer-in-front"
    assert actions.end_break(session=session, now=bank.later()).state == AgentState.ON_CONTACT


def test_a_person_takes_over_from_the_demo_with_the_customer(bank: Day) -> None:
    """The driver's counter is given up to a person at once; the customer in front stays in front; not the other way."""
    made_up = bank.open(bank.company.beth, made_up=True)
    ticket = bank.join()
    bank.call(made_up)
    mine = bank.open()
    assert (mine.counter, mine.clerk, mine.made_up) == (made_up.counter, bank.company.bob, False)
    assert CounterSession.objects.get(pk=made_up.pk).closed_at is not None
    assert fresh(ticket).session == mine
    actions.answer(session=mine, ticket=ticket, now=bank.later())
    actions.finish(session=mine, ticket=ticket, now=bank.later())
    assert told(ticket)[-2:] == ["answered", "ended"]
    with pytest.raises(actions.Refused) as refused:
        bank.open(bank.company.beth, made_up=True)
    assert refused.value.code == "counter-taken"


def test_skills_that_expired_are_not_held(bank: Day) -> None:
    """A session has the clerk's skills of its day."""
    session = bank.open()
    assert session.skills == [bank.company.advice.pk * 10 + 3]
    actions.close_counter(session=session, now=bank.later())
    bank.company.bob.qualifications.update(expires_on=bank.place.branch.today(bank.now))
    assert bank.open().skills == []
