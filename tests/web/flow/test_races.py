"""Everybody at once: no ticket served twice, none lost, the order as the discipline says, the log tells the same story."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.queueing.lines import disciplines
from tests.web import cast
from tests.web.flow import model
from tests.web.flow.day import NOW, Day
from tests.web.flow.replay import replay
from tests.web.flow.storm import Storm, in_some_order, storm
from troth.queueing import CustomerClass, Discipline, Fairness
from troth.web.flow import actions
from troth.web.flow.models import CounterSession, Numbering, Ticket
from troth.web.outbox.models import Fact

EVERYBODY = CustomerClass("everybody")
FAIR = Discipline(
    classes=(CustomerClass("elderly", labels=("elderly",), level=-1), EVERYBODY), fairness=Fairness(overtakes=2)
)


def _storm(pair: tuple[Discipline, Discipline], seed: int) -> Storm:
    bank = Day(cast.build(), place=None)  # type: ignore[arg-type]
    bank.place = cast.branch(bank.company)
    return storm(bank, pair, seed=seed)


def _wiped() -> None:
    """Leave nothing of an example to the next."""
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False)


def _as_the_model(branch: model.Branch) -> None:
    """Rows and the plain model say the same."""
    rows = {row.pk: row for row in Ticket.objects.all()}
    assert rows.keys() == branch.tickets.keys()
    for pk, t in branch.tickets.items():
        row = rows[pk]
        front = row.session_id if t.state in model.FRONT else None
        assert (row.state, row.label, row.service_code) == (t.state, t.label, t.service)
        assert (row.joined_at, row.changed_at, row.overtaken) == (t.joined_at, t.changed_at, t.overtaken)
        assert front == (t.desk if t.state in model.FRONT else None)
        assert row.reserved_for == t.reserved
    sessions = CounterSession.objects.in_bulk()
    assert {pk: one.closed_at is None for pk, one in sessions.items()} == {k: d.open for k, d in branch.desks.items()}
    assert all(sessions[d.id].state == d.state for d in branch.desks.values())
    assert dict(Numbering.objects.values_list("prefix", "last")) == branch.numbers


def _as_the_log() -> None:
    """Rows and the facts replayed say the same; of one ticket or person no two facts have one time twice over."""
    facts = Fact.objects.order_by("occurred_at", "id").values_list("activity", "occurred_at", "event")
    story = replay(facts)
    rows = Ticket.objects.select_related("line", "session__counter", "previous", "visit")
    assert {str(row.contact_id) for row in rows} == set(story.contacts)
    for row in rows:
        told = story.contacts[str(row.contact_id)]
        assert (told.state, told.queue, told.service) == (row.state, row.line.code, row.service_code)
        assert (told.case, told.calls) == (str(row.visit.case_id), row.calls)
        assert told.previous == (str(row.previous.contact_id) if row.previous else None)
        assert told.label in {row.label, ""}
        assert told.served <= 1
        assert told.at == sorted(told.at)
        if row.session is not None and row.state in model.FRONT:
            assert told.counter == row.session.counter.code
    running = CounterSession.objects.filter(closed_at=None).select_related("counter", "clerk")
    assert {one.counter.code: one.clerk.code for one in running} == story.counters
    assert {one.clerk.code: one.state for one in running} == story.people
    over = {
        str(case)
        for case in Ticket.objects.filter(visit__closed_at__isnull=False).values_list("visit__case_id", flat=True)
    }
    assert over == story.closed


def _drained(bank: Day) -> None:
    """Whoever waits is called in the end: nobody is lost."""
    later = NOW + timedelta(days=3)
    clerks = list(enumerate((bank.company.bob, bank.company.beth, bank.company.tom)))
    for k, who in clerks * 3:  # what one ends may go on as a next step for another
        session = CounterSession.objects.filter(clerk=who, closed_at=None).first()
        session = session or actions.open_counter(counter=bank.place.counters[k], clerk=who, now=later)
        _clear(session, later)
        actions.end_break(session=session, now=later)
        for aside in Ticket.objects.filter(state="parked"):
            actions.put_back(session=session, ticket=aside, now=later)
        later += timedelta(minutes=1)
        while actions.call_next(session=session, now=later) is not None:
            _clear(session, later)
            later += timedelta(minutes=1)
    left = Ticket.objects.open().values_list("prefix", "number", "state", "service_code", "reserved_for", "not_before")
    assert list(left) == []


def _clear(session: CounterSession, now: object) -> None:
    for row in Ticket.objects.filter(session=session, state__in=model.FRONT):
        actions.answer(session=session, ticket=row, now=now)  # type: ignore[arg-type]
        actions.finish(session=session, ticket=row, now=now)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
@given(pair=st.tuples(disciplines(), disciplines()), seed=st.integers(0, 10**6))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_all_at_once_is_as_one_after_the_other(pair: tuple[Discipline, Discipline], seed: int) -> None:
    """Whatever the disciplines: five at once leave the branch as some order of single acts would, and the log agrees."""
    try:
        _check(pair, seed, steps=20)
    finally:
        _wiped()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pair", [(Discipline(), Discipline()), (FAIR, Discipline()), (FAIR, FAIR)])
def test_a_long_storm_is_as_one_after_the_other(pair: tuple[Discipline, Discipline]) -> None:
    """Hundreds of acts under the usual discipline and one that counts who is passed over."""
    _check(pair, 7, steps=60)


def _check(pair: tuple[Discipline, Discipline], seed: int, *, steps: int) -> None:
    wild = _storm(pair, seed)
    histories = wild.run(steps=steps)
    assert sum(act.done for acts in histories for act in acts) > steps
    # Acts do not return all they change: of several orders that explain what they returned, one must give the rows.
    rows = {row.pk: (row.joined_at, row.changed_at, row.overtaken) for row in Ticket.objects.all()}
    start = model.Branch(wild.rules)
    end = in_some_order(
        start,
        histories,
        ends=lambda b: rows == {t.id: (t.joined_at, t.changed_at, t.overtaken) for t in b.tickets.values()},
    )
    if end is None:
        assert in_some_order(start, histories, ends=lambda _: True), "no order of the acts explains what they returned"
    assert end is not None, "no order that explains what the acts returned gives the rows as they are"
    _as_the_model(end)
    _as_the_log()
    _drained(wild.bank)
    _as_the_log()
