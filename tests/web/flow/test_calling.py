"""Calling: whose turn it is and why, once more, not at all, aside and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.web.flow.day import SECOND, Day, fresh, told
from troth.core.terms import AgentState, TicketState
from troth.queueing import Appointments, Comeback, CustomerClass, Discipline, Fairness, Returning, to_json
from troth.web.flow import actions
from troth.web.flow.models import CounterSession, Line, Ticket
from troth.web.outbox.models import Fact

EVERYBODY = CustomerClass("everybody")
ELDERLY = CustomerClass("elderly", labels=("elderly",), level=-1)


def ruled(bank: Day, **parts: Any) -> None:
    """Give the general line a discipline."""
    Line.objects.filter(pk=bank.place.line.pk).update(discipline=to_json(Discipline(**parts)))


def state_of(session: CounterSession) -> str:
    return CounterSession.objects.get(pk=session.pk).state


def test_who_came_first_is_called_first_and_told_why(bank: Day) -> None:
    """Without a discipline the longest wait counts; the reason is kept with the ticket and in the fact."""
    first, _second = bank.join(), bank.join()
    called = bank.call(bank.open())
    assert called == first
    assert called.reason == {"code": "discipline.longest_wait", "class": "everybody", "waited_s": 180.0}
    assert fresh(first).reason == called.reason
    assert '"reason": "discipline.longest_wait"' in Fact.objects.get(activity="called").event["attributes"]


def test_a_class_of_the_discipline_goes_first(bank: Day) -> None:
    """The line's record decides, not the order of coming; and says so."""
    ruled(bank, classes=(ELDERLY, EVERYBODY))
    bank.join()
    old = bank.join(labels=["elderly"])
    called = bank.call(bank.open())
    assert (called, called.reason["code"], called.reason["class"]) == (old, "discipline.level", "elderly")


def test_nobody_waits_nobody_is_called(bank: Day) -> None:
    """An empty line is no error, and writes nothing."""
    session = bank.open()
    before = Fact.objects.count()
    assert actions.call_next(session=session, now=bank.later()) is None
    assert Fact.objects.count() == before


def test_calling_twice_calls_one(bank: Day) -> None:
    """A double click returns the same customer; with one being served the next is refused."""
    bank.join()
    bank.join()
    session = bank.open()
    first = bank.call(session)
    assert bank.call(session) == first
    assert told(first) == ["arrived", "queued", "called"]
    actions.answer(session=session, ticket=first, now=bank.later())
    with pytest.raises(actions.Refused) as refused:
        bank.call(session)
    assert refused.value.code == "customer-in-front"


def test_skills_decide_who_is_called(bank: Day) -> None:
    """Loans need advice: Bob has it, Beth is given whoever else waits."""
    loan, cash = bank.join(service=bank.company.loans), bank.join()
    beth = bank.open(bank.company.beth, 1)
    assert bank.call(beth) == cash
    assert bank.call(bank.open()) == loan


def test_several_lines_are_one_pool_by_their_own_rules(bank: Day) -> None:
    """Two disciplines at one counter: a class of a lower level in either line goes before everybody of both."""
    ruled(bank, classes=(ELDERLY, EVERYBODY), fairness=Fairness(wait=timedelta(hours=2)))
    loan, _cash, old = bank.join(service=bank.company.loans), bank.join(), bank.join(labels=["elderly"])
    session = bank.open()
    assert bank.call(session) == old
    actions.answer(session=session, ticket=old, now=bank.later())
    actions.finish(session=session, ticket=old, now=bank.later())
    assert bank.call(session) == loan


def test_a_cap_counts_who_is_passed_over(bank: Day) -> None:
    """After one later ticket went first, nobody else may; the reason says so."""
    ruled(bank, classes=(ELDERLY, EVERYBODY), fairness=Fairness(overtakes=1))
    plain = bank.join()
    bank.join(labels=["elderly"])
    bank.join(labels=["elderly"])
    session = bank.open()
    bank.serve(session)
    assert (fresh(plain).overtaken, fresh(plain).overtaken_at is not None) == (1, True)
    called = bank.call(session)
    assert (called, called.reason["code"]) == (plain, "discipline.overtaken")


def test_a_certain_customer_is_called_out_of_order(bank: Day) -> None:
    """The clerk may pick; it is written down as picked, and those passed over are counted where that matters."""
    ruled(bank, fairness=Fairness(overtakes=3))
    first, second = bank.join(), bank.join()
    session = bank.open()
    called = actions.call_ticket(session=session, ticket=second, now=bank.later())
    assert (called.state, called.reason) == (TicketState.CALLED, {"code": "flow.picked"})
    assert actions.call_ticket(session=session, ticket=second, now=bank.later()) == second
    assert (fresh(first).overtaken, told(second).count("called")) == (1, 1)
    other = bank.open(bank.company.beth, 1)
    with pytest.raises(actions.Refused) as refused:
        actions.call_ticket(session=other, ticket=second, now=bank.later())
    assert refused.value.code == "ticket-moved-on"


def test_a_customer_who_does_not_come_is_called_again_and_given_up(bank: Day) -> None:
    """Not before the branch's time for coming has passed; then the counter is free and the visit closed."""
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    actions.recall(session=session, ticket=ticket, now=bank.now + 30 * SECOND)
    with pytest.raises(actions.Refused) as refused:
        actions.no_show(session=session, ticket=ticket, now=bank.now + 90 * SECOND)
    assert refused.value.code == "too-early"
    for _ in range(2):
        gone = actions.no_show(session=session, ticket=ticket, now=bank.later(3))
    assert (gone.state, state_of(session)) == (TicketState.NO_SHOW, AgentState.AVAILABLE)
    assert told(ticket) == ["arrived", "queued", "called", "recalled", "no_show"]
    assert Fact.objects.get(activity="closed").event["attributes"] == '{"code": "no_show"}'


def test_a_customer_set_aside_is_taken_up_by_anybody(bank: Day) -> None:
    """Parking frees the counter; another clerk may go on."""
    ticket = bank.join()
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    bank.call(bob)
    actions.answer(session=bob, ticket=ticket, now=bank.later())
    actions.park(session=bob, ticket=ticket, now=bank.later())
    assert (fresh(ticket).state, state_of(bob)) == (TicketState.PARKED, AgentState.AVAILABLE)
    assert actions.call_next(session=bob, now=bank.later()) is None
    taken = actions.take_up(session=beth, ticket=ticket, now=bank.later())
    assert (taken.session, taken.reason) == (beth, {"code": "flow.taken_up"})
    actions.answer(session=beth, ticket=ticket, now=bank.later())
    actions.finish(session=beth, ticket=ticket, now=bank.later())
    way = ["arrived", "queued", "called", "answered", "parked", "called", "answered", "ended"]
    assert told(ticket) == way


@pytest.mark.parametrize("to", list(Comeback))
def test_a_customer_put_back_stands_where_the_discipline_says(bank: Day, to: Comeback) -> None:
    """At the old place, or behind those who wait."""
    ruled(bank, returning=Returning(to=to))
    first, second = bank.join(), bank.join()
    session = bank.open()
    bank.call(session)
    actions.put_back(session=session, ticket=first, now=bank.later())
    assert actions.put_back(session=session, ticket=first, now=bank.later()).state == TicketState.WAITING
    assert told(first) == ["arrived", "queued", "called", "returned"]
    assert bank.call(session) == (first if to is Comeback.PLACE else second)


def test_a_customer_set_aside_can_go_back_to_the_line(bank: Day) -> None:
    """From parking, by any clerk of the branch."""
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    actions.park(session=session, ticket=ticket, now=bank.later())
    actions.put_back(session=session, ticket=ticket, now=bank.later())
    assert bank.call(session) == ticket


def test_the_past_is_never_written(bank: Day) -> None:
    """A claim that waited for a lock has an old time; its fact still comes after what it follows."""
    ruled(bank, appointments=Appointments(early=None))
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    at = bank.now
    actions.put_back(session=session, ticket=ticket, now=at)
    actions.call_next(session=session, now=at - 10 * SECOND)
    facts = Fact.objects.filter(event__contact_id=str(ticket.contact_id)).order_by("id")
    times = list(facts.values_list("occurred_at", flat=True))
    assert times[-3:] == sorted(set(times[-3:]))


def test_a_closed_counter_calls_nobody(bank: Day) -> None:
    """An old tab of a closed counter is told so."""
    ticket = bank.join()
    session = bank.open()
    actions.close_counter(session=session, now=bank.later())
    tries: list[Callable[[], object]] = [
        lambda: actions.call_next(session=session, now=bank.later()),
        lambda: actions.call_ticket(session=session, ticket=ticket, now=bank.later()),
        lambda: actions.walk_direct(session=session, service=bank.company.cash, now=bank.later()),
    ]
    for act in tries:
        with pytest.raises(actions.Refused) as refused:
            act()
        assert refused.value.code == "counter-closed"
    assert Ticket.objects.waiting().get() == ticket


def test_a_clerk_on_a_break_calls_nobody(bank: Day) -> None:
    """The break is ended first."""
    bank.join()
    session = bank.open()
    actions.take_break(session=session, now=bank.later())
    with pytest.raises(actions.Refused) as refused:
        actions.call_next(session=session, now=bank.later())
    assert refused.value.code == "on-break"
    actions.end_break(session=session, now=bank.later())
    assert bank.call(session).called_at == bank.now
