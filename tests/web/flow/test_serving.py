"""Serving: from the call to the end, on to the next step, to another counter, or without having waited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.web import cast
from tests.web.flow.day import Day, fresh, told
from troth.core.terms import AgentState, Entry, TicketState
from troth.web.flow import actions
from troth.web.flow.models import CounterSession, Ticket, Visit
from troth.web.outbox.models import Fact
from troth.web.services.models import BlueprintStep


def _case(ticket: Ticket) -> list[str]:
    facts = Fact.objects.filter(event__case_id=str(ticket.visit.case_id)).exclude(event__has_key="contact_id")
    return list(facts.order_by("id").values_list("activity", flat=True))


def test_a_customer_comes_waits_is_called_served_and_goes(bank: Day) -> None:
    """The whole way writes the words of the log, each once, in order, and closes the visit."""
    ticket = bank.join(customer=bank.company.kate)
    session = bank.open()
    done = bank.serve(session)
    assert done == ticket
    assert fresh(ticket).state == TicketState.SERVED
    assert told(ticket) == ["arrived", "queued", "called", "answered", "ended"]
    assert _case(ticket) == ["opened", "resolved", "closed"]
    assert Visit.objects.get(pk=ticket.visit_id).closed_at == bank.now
    facts = {fact.activity: fact for fact in Fact.objects.filter(event__contact_id=str(ticket.contact_id))}
    seen = facts["called"].event
    assert (seen["queue"], seen["site"], seen["channel"]) == ("vilnius-general", "vilnius", "walk_in")
    assert (seen["service"], seen["priority"], seen["agent_id"]) == ("cash", "3", bank.company.bob.code)
    assert seen["customer_id"] == bank.company.kate.pseudonym
    assert '"counter": "c1"' in seen["attributes"]
    assert facts["ended"].occurred_at - facts["answered"].occurred_at == timedelta(minutes=5)


def test_a_clerk_is_busy_from_the_call_to_the_end(bank: Day) -> None:
    """Occupancy comes from the states of the clerk between the opening and the closing of the counter."""
    session = bank.open()
    bank.join()
    bank.serve(session)
    actions.close_counter(session=session, now=bank.later())
    facts = Fact.objects.filter(event__agent_id=bank.company.bob.code).exclude(event__has_key="contact_id")
    shift = facts.exclude(activity="resolved").order_by("id")
    steps = [(fact.activity, fact.event.get("step")) for fact in shift]
    assert steps == [
        ("shift_started", None),
        ("state_changed", "available"),
        ("counter_opened", None),
        ("state_changed", "on_contact"),
        ("state_changed", "available"),
        ("counter_closed", None),
        ("shift_ended", None),
    ]


def test_a_next_step_is_a_new_wait_under_the_same_number(bank: Day) -> None:
    """A visit of several steps stays one case; each step has its own contact, linked to the one before."""
    BlueprintStep.objects.create(
        service=bank.company.cash, position=1, title="Then cards", next_service=bank.company.cards
    )
    first = bank.join()
    session = bank.open()
    done = bank.serve(session)
    second = done.following
    assert (second.label, second.service, second.entry) == (first.label, bank.company.cards, Entry.NEXT_STEP)
    assert second.visit_id == first.visit_id
    assert second.contact_id != first.contact_id
    assert _case(first) == ["opened"]
    assert (
        f'"previous_contact_id": "{first.contact_id}"'
        in Fact.objects.get(activity="queued", event__contact_id=str(second.contact_id)).event["attributes"]
    )
    bank.serve(session)
    assert _case(first) == ["opened", "resolved", "closed"]


def test_a_service_asked_for_on_the_way_comes_after_this_one(bank: Day) -> None:
    """What a customer adds is waited for under the same number, and only once."""
    bank.join()
    session = bank.open()
    called = bank.call(session)
    actions.add_service(session=session, ticket=called, service=bank.company.cards, now=bank.later())
    actions.answer(session=session, ticket=called, now=bank.later())
    actions.finish(session=session, ticket=called, now=bank.later())
    second = fresh(called).following
    assert second.service == bank.company.cards
    assert bank.serve(session) == second
    assert not Ticket.objects.open().exists()


def test_a_transfer_keeps_the_history(bank: Day) -> None:
    """The old ticket ends as transferred, a new one with the same number waits; each knows the other."""
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    new = actions.transfer(session=session, ticket=ticket, service=bank.company.loans, now=bank.later())
    old = fresh(ticket)
    assert (old.state, old.following, new.previous) == (TicketState.TRANSFERRED, new, old)
    assert (new.state, new.label, new.line) == (TicketState.WAITING, old.label, bank.place.loans)
    went = Fact.objects.get(activity="transferred").event["attributes"]
    assert f'"next_contact_id": "{new.contact_id}"' in went
    assert '"to_queue": "vilnius-loans"' in went
    assert CounterSession.objects.get(pk=session.pk).state == AgentState.AVAILABLE
    with pytest.raises(actions.Refused) as refused:
        actions.transfer(session=session, ticket=ticket, service=bank.company.loans, now=bank.later())
    assert refused.value.code == "ticket-moved-on"


def test_a_transfer_to_a_clerk_is_called_by_that_clerk_alone(bank: Day) -> None:
    """Nobody else gets the ticket, as long as the clerk has a counter."""
    bank.join()
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    ticket = bank.call(bob)
    new = actions.transfer(session=bob, ticket=ticket, clerk=bank.company.beth, now=bank.later())
    assert actions.call_next(session=bob, now=bank.later()) is None
    assert bank.call(beth) == new


def test_a_transfer_to_somebody_who_is_not_there_is_refused(bank: Day) -> None:
    """A ticket kept for an absent clerk would wait for ever."""
    bank.join()
    session = bank.open()
    ticket = bank.call(session)
    for target in ({"clerk": bank.company.beth}, {"counter": bank.place.counters[1]}, {}):
        with pytest.raises(actions.Refused) as refused:
            actions.transfer(session=session, ticket=ticket, now=bank.later(), **target)
        assert refused.value.code == ("clerk-away" if target else "nowhere")
    assert fresh(ticket).state == TicketState.CALLED


def test_a_ticket_is_not_kept_for_somebody_who_cannot_serve_it(bank: Day) -> None:
    """Beth has no skill for loans: neither a transfer nor a wish makes a ticket wait for her."""
    bank.join()
    bob, _beth = bank.open(), bank.open(bank.company.beth, 1)
    ticket = bank.call(bob)
    tries: list[Callable[[], object]] = [
        lambda: actions.transfer(
            session=bob, ticket=ticket, service=bank.company.loans, clerk=bank.company.beth, now=bank.later()
        ),
        lambda: bank.join(service=bank.company.loans, wanted_clerk=bank.company.beth),
    ]
    for act in tries:
        with pytest.raises(actions.Refused) as refused:
            act()
        assert refused.value.code == "clerk-not-able"


def test_somebody_at_the_counter_is_served_without_a_wait(bank: Day) -> None:
    """Serving directly opens a visit and answers it; nothing was queued or called."""
    session = bank.open()
    ticket = actions.walk_direct(session=session, service=bank.company.cards, now=bank.later())
    assert (ticket.state, ticket.label) == (TicketState.SERVING, "B001")
    assert told(ticket) == ["arrived", "answered"]
    actions.finish(session=session, ticket=ticket, now=bank.later())
    assert _case(ticket) == ["opened", "resolved", "closed"]


def test_who_was_served_directly_and_put_back_goes_to_somebody_able(bank: Day) -> None:
    """A ticket made at the counter needs the skills of its service like any other: whoever lacks them does not call it."""
    tom, bob = bank.open(bank.company.tom), bank.open(bank.company.bob, 1)
    ticket = actions.walk_direct(session=tom, service=bank.company.loans, now=bank.later())
    actions.put_back(session=tom, ticket=ticket, now=bank.later())
    assert actions.call_next(session=tom, now=bank.later()) is None
    assert bank.call(bob).pk == ticket.pk


def test_serving_twice_is_serving_once(bank: Day) -> None:
    """A double click on answer or finish changes nothing the second time."""
    bank.join()
    session = bank.open()
    ticket = bank.call(session)
    for _ in range(2):
        actions.answer(session=session, ticket=ticket, now=bank.later())
    for _ in range(2):
        actions.finish(session=session, ticket=ticket, now=bank.later())
    assert told(ticket) == ["arrived", "queued", "called", "answered", "ended"]


def test_a_ticket_of_another_counter_is_refused(bank: Day) -> None:
    """A page that shows somebody else's customer cannot act on them."""
    bank.join()
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    ticket = bank.call(bob)
    for act in (actions.answer, actions.recall, actions.park, actions.put_back):
        with pytest.raises(actions.Refused) as refused:
            act(session=beth, ticket=ticket, now=bank.later())
        assert refused.value.code == "ticket-elsewhere"
    assert refused.value.issues[0].advice.startswith("Maybe")


def test_a_clerk_of_another_branch_cannot_take_a_ticket(bank: Day) -> None:
    """Counters serve their own branch."""
    ticket = bank.join()
    there = cast.branch(bank.company, where=bank.company.klaipeda)
    carol = actions.open_counter(counter=there.counters[0], clerk=bank.company.carol, now=bank.now)
    with pytest.raises(actions.Refused) as refused:
        actions.call_ticket(session=carol, ticket=ticket, now=bank.later())
    assert refused.value.code == "other-branch"
