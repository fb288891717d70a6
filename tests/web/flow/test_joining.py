"""Coming and going: joining, numbers, a wanted clerk, letting others first, leaving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.web.flow.day import MIN, Day, fresh, told
from troth.core.terms import AgentState, Entry, TicketState
from troth.web.flow import actions
from troth.web.flow.joining import notice
from troth.web.flow.models import CounterSession, LineService, Visit
from troth.web.outbox.models import Fact
from troth.web.services.models import Offer


def test_numbers_begin_anew_every_local_day(bank: Day) -> None:
    """Each letter counts for itself; the day is the branch's, not that of Greenwich."""
    assert [bank.join().label for _ in range(2)] == ["A001", "A002"]
    assert bank.join(service=bank.company.cards).label == "B001"
    bank.now = datetime(2026, 3, 25, 21, 58, tzinfo=UTC)  # two minutes to midnight in Vilnius
    assert bank.join().label == "A003"
    assert bank.join().label == "A001"


def test_a_number_is_given_back_when_joining_fails(bank: Day) -> None:
    """No gap from what did not happen."""
    bank.join()
    with pytest.raises(actions.Refused):
        bank.join(wanted_clerk=bank.company.beth)
    assert bank.join().label == "A002"


def test_the_night_the_clocks_change_has_one_row_of_numbers(bank: Day) -> None:
    """Before and after the hour that comes twice, and on the night that lacks one, the day stays one day."""
    for start in (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 3, 28, 23, 30, tzinfo=UTC)):
        bank.now = start
        labels = []
        for _ in range(4):
            bank.now += timedelta(minutes=44)
            labels.append(bank.join().label)
        assert labels == ["A001", "A002", "A003", "A004"]


def test_a_service_that_is_not_offered_cannot_be_joined(bank: Day) -> None:
    """Nor one whose line has closed for good, nor one that is by appointment only."""
    branch = bank.place.branch
    Offer.objects.filter(service=bank.company.cards, unit=branch.unit).update(walk_in=False)
    with pytest.raises(actions.Refused) as refused:
        bank.join(service=bank.company.cards)
    assert refused.value.code == "by-appointment-only"
    bank.place.loans.closed_on = branch.today(bank.now)
    bank.place.loans.save()
    with pytest.raises(actions.Refused) as refused:
        bank.join(service=bank.company.loans)
    assert refused.value.code == "not-offered"
    LineService.objects.filter(service=bank.company.cash).delete()
    with pytest.raises(actions.Refused) as refused:
        bank.join()
    assert refused.value.code == "not-offered"


@pytest.mark.parametrize("priority", [-1, 0, 6])
def test_a_priority_that_does_not_exist_is_refused(bank: Day, priority: int) -> None:
    """One to five; the issue says so."""
    with pytest.raises(actions.Refused) as refused:
        bank.join(priority=priority)
    assert (refused.value.code, refused.value.issues[0].value) == ("bad-priority", str(priority))
    assert bank.join(priority=1).priority == 1


def test_a_wanted_clerk_alone_calls_the_ticket(bank: Day) -> None:
    """Others pass it over; when the clerk closes, it waits for all."""
    bob, beth = bank.open(), bank.open(bank.company.beth, 1)
    ticket = bank.join(wanted_clerk=bank.company.beth)
    assert actions.call_next(session=bob, now=bank.later()) is None
    actions.close_counter(session=beth, now=bank.later())
    assert bank.call(bob) == ticket


def test_who_lets_others_first_is_called_after_a_while(bank: Day) -> None:
    """For five minutes others go first; then the old place counts again, as the discipline says by default."""
    first, second = bank.join(entry=Entry.LINK), bank.join()
    actions.let_others_first(ticket=first, now=bank.later())
    yielded_at = bank.now
    session = bank.open()
    assert bank.call(session) == second
    actions.put_back(session=session, ticket=second, now=bank.later())
    assert actions.call_next(session=session, now=yielded_at + 5 * MIN) == first
    assert (fresh(first).yielded, told(first)) == (1, ["arrived", "queued", "yielded", "called"])


def test_a_waiting_customer_leaves_once(bank: Day) -> None:
    """Leaving twice writes one fact and closes the visit; the ticket cannot be called or let others first."""
    ticket = bank.join()
    for _ in range(2):
        assert actions.leave(ticket=ticket, now=bank.later()).state == TicketState.LEFT
    assert told(ticket) == ["arrived", "queued", "abandoned"]
    assert Visit.objects.get(pk=ticket.visit_id).closed_at is not None
    session = bank.open()
    assert actions.call_next(session=session, now=bank.later()) is None
    with pytest.raises(actions.Refused):
        actions.let_others_first(ticket=ticket, now=bank.later())


def test_a_called_customer_may_leave_and_frees_the_counter(bank: Day) -> None:
    """The clerk can call the next at once; one who is being served does not leave."""
    ticket = bank.join()
    session = bank.open()
    bank.call(session)
    actions.leave(ticket=ticket, now=bank.later())
    assert CounterSession.objects.get(pk=session.pk).state == AgentState.AVAILABLE
    other = bank.join()
    bank.call(session)
    actions.answer(session=session, ticket=other, now=bank.later())
    with pytest.raises(actions.Refused) as refused:
        actions.leave(ticket=other, now=bank.later())
    assert refused.value.code == "ticket-moved-on"


def test_a_customer_is_told_once_that_the_turn_is_near(bank: Day) -> None:
    """A notice is a fact; a second one is none."""
    ticket = bank.join()
    for _ in range(2):
        notice(ticket=ticket, now=bank.later())
    assert fresh(ticket).noticed_at == bank.now - MIN
    assert told(ticket) == ["arrived", "queued", "notified"]
    assert Fact.objects.get(activity="notified").event["actor"] == "system"
