"""Writes of an action go out together, whole or not at all; whoever changes a noun is named, whatever is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.errors import DeadlockDetected

from tests.web import cast
from tests.web.cast import NOW, Company
from troth.core.terms import AgentState
from troth.web.common import together
from troth.web.common.audit import acting
from troth.web.flow import actions
from troth.web.flow.events import become
from troth.web.flow.models import CounterSession
from troth.web.flow.refused import one_transaction
from troth.web.outbox.models import Fact
from troth.web.outbox.record import record
from troth.web.people.models import Change, Unit


def _session() -> CounterSession:
    company = cast.build()
    return actions.open_counter(counter=cast.branch(company).counters[0], clerk=company.bob, now=NOW)


@one_transaction
def _go(session: CounterSession, *states: str) -> None:
    for state in states:
        record(become(session, state, at=NOW))  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_the_last_state_stands_and_each_fact_is_written_with_one_statement() -> None:
    """Two changes of one row are one, two facts are two in their order, and nothing is sent before the end."""
    session, before = _session(), Fact.objects.count()
    with CaptureQueriesContext(connection) as asked:
        _go(session, AgentState.BREAK, AgentState.AVAILABLE)
    assert [one["sql"][:4] for one in asked.captured_queries if one["sql"] not in {"BEGIN", "COMMIT"}] == ["WITH"]
    session.refresh_from_db()
    assert session.state == AgentState.AVAILABLE
    steps = Fact.objects.order_by("id").values_list("event__step", flat=True)[before:]
    assert list(steps) == [AgentState.BREAK, AgentState.AVAILABLE]


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_with_the_commit_undoes_the_whole_action() -> None:
    """A state the table does not take is refused at the end: no fact stands, and the connection goes on as before."""
    session, before = _session(), Fact.objects.count()
    with pytest.raises(IntegrityError):
        _go(session, "asleep")
    assert not connection.in_atomic_block
    session.refresh_from_db()
    assert (session.state, Fact.objects.count()) == (AgentState.AVAILABLE, before)
    _go(session, AgentState.BREAK)
    assert Fact.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_an_action_that_fails_leaves_nothing_to_the_next() -> None:
    """What was kept when an action gave up is not written by another, nor by an action around it."""
    session, before = _session(), Fact.objects.count()

    @one_transaction
    def gives_up() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        raise ValueError("no")

    @one_transaction
    def goes_on() -> None:
        with pytest.raises(ValueError, match="no"):
            gives_up()

    goes_on()
    with pytest.raises(ValueError, match="no"):
        gives_up()
    session.refresh_from_db()
    assert (session.state, Fact.objects.count()) == (AgentState.AVAILABLE, before)
    assert "_commit" not in vars(connections["default"])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_with_the_commit_is_an_error() -> None:
    """A connection lost on the way of the last statement is told, never taken for done."""
    session = _session()

    @one_transaction
    def cut_off() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        own: Any = connection.connection
        own.pgconn.finish()

    with pytest.raises(DatabaseError):
        cut_off()
    connection.close()
    session.refresh_from_db()
    assert session.state == AgentState.AVAILABLE


def test_outside_an_action_writes_are_immediate(company: Company) -> None:
    """Without an action around it a row, a fact and a notice are written at once."""
    session = actions.open_counter(counter=cast.branch(company).counters[0], clerk=company.bob, now=NOW)
    record(become(session, AgentState.BREAK, at=NOW))
    assert CounterSession.objects.get(pk=session.pk).state == AgentState.BREAK
    together.notify("troth_live", "1")


def _actors(unit: Unit) -> list[str]:
    changes = Change.objects.filter(noun="people_unit", noun_id=str(unit.pk), action="update", changes__has_key="title")
    return list(changes.order_by("pk").values_list("actor", flat=True))


@pytest.mark.django_db(transaction=True)
def test_who_changes_a_noun_is_named_even_after_a_savepoint_was_taken_back() -> None:
    """In and out of transactions, before and after what was undone, every change has its actor, and the next none."""
    unit = cast.build().vilnius

    def rename(word: str) -> None:
        Unit.objects.filter(pk=unit.pk).update(title=word)

    @transaction.atomic
    def undone() -> None:
        rename("undone")
        raise ValueError("no")

    with acting("p-1"):
        with transaction.atomic():
            with pytest.raises(ValueError, match="no"):
                undone()
            rename("one")
            with pytest.raises(IntegrityError), transaction.atomic():
                Unit.objects.filter(pk=unit.pk).update(code=None)
            rename("two")
        rename("three")
        with transaction.atomic():
            rename("four")
    rename("five")
    assert _actors(unit) == ["p-1"] * 4 + ["system"]


def test_an_actor_is_forgotten_within_the_transaction_too(company: Company) -> None:
    """Where the whole stands in a transaction, what comes after has no actor."""
    with acting("p-2"):
        Unit.objects.filter(pk=company.vilnius.pk).update(title="one")
    Unit.objects.filter(pk=company.vilnius.pk).update(title="two")
    assert _actors(company.vilnius) == ["p-2", "system"]


@pytest.mark.django_db(transaction=True)
def test_what_follows_a_commit_may_write_and_act() -> None:
    """After the commit a write is immediate, an action is one of its own, and the connection is as before."""
    session = _session()

    def after() -> None:
        with transaction.atomic():
            record(become(session, AgentState.AVAILABLE, at=NOW))
        _go(session, AgentState.TRAINING)

    @one_transaction
    def goes() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        transaction.on_commit(after)

    before = Fact.objects.count()
    goes()
    session.refresh_from_db()
    assert (session.state, Fact.objects.count()) == (AgentState.TRAINING, before + 3)
    assert "_commit" not in vars(connections["default"])


@pytest.mark.django_db(transaction=True)
def test_an_action_within_another_comes_after_what_was_written_before_it() -> None:
    """The outer action's earlier change of a row does not overwrite the inner one's later."""
    session = _session()

    @one_transaction
    def outer() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        _go(session, AgentState.AVAILABLE)

    outer()
    session.refresh_from_db()
    assert session.state == AgentState.AVAILABLE
    steps = Fact.objects.order_by("-id").values_list("event__step", flat=True)[:2]
    assert list(steps) == [AgentState.AVAILABLE, AgentState.BREAK]


@pytest.mark.django_db(transaction=True)
def test_what_the_commit_itself_refuses_undoes_the_whole_action() -> None:
    """A counter that is not there is found out only at COMMIT, for foreign keys wait until then."""
    session, before = _session(), Fact.objects.count()

    @one_transaction
    def moves() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        session.counter_id = 0
        together.update(session, "counter")

    with pytest.raises(IntegrityError):
        moves()
    session.refresh_from_db()
    assert (session.state, Fact.objects.count()) == (AgentState.AVAILABLE, before)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_has_no_number_yet_cannot_be_changed() -> None:
    """It would be a change of nothing that nobody hears of."""
    session = _session()
    with pytest.raises(ValueError, match="number"):
        together.update(CounterSession(counter=session.counter), "state")


@pytest.mark.django_db(transaction=True)
def test_an_actor_does_not_outlive_a_connection_that_broke() -> None:
    """What went wrong stays the error that is told, and whoever comes next has no actor."""
    unit = cast.build().vilnius

    def breaks() -> None:
        with acting("p-1"):
            Unit.objects.filter(pk=unit.pk).update(title="one")
            own: Any = connection.connection
            own.pgconn.finish()
            raise ValueError("the view")

    with pytest.raises(ValueError, match="the view"):
        breaks()
    connection.close()
    Unit.objects.filter(pk=unit.pk).update(title="two")
    assert _actors(unit) == ["p-1", "system"]


@pytest.mark.django_db(transaction=True)
def test_an_actor_is_named_anew_on_a_new_connection() -> None:
    """A connection that was closed and opened meanwhile knows nothing of who acts."""
    unit = cast.build().vilnius
    with acting("p-1"):
        Unit.objects.filter(pk=unit.pk).update(title="one")
        connection.close()
        Unit.objects.filter(pk=unit.pk).update(title="two")
    assert _actors(unit) == ["p-1", "p-1"]


@pytest.mark.django_db(transaction=True)
def test_an_action_refused_at_its_end_within_another_takes_only_itself_back() -> None:
    """Whoever catches that goes on in the same transaction, as before actions wrote at their end."""
    session, before = _session(), Fact.objects.count()
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            _go(session, "asleep")
        _go(session, AgentState.BREAK)
    session.refresh_from_db()
    assert (session.state, Fact.objects.count()) == (AgentState.BREAK, before + 1)


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_not_done_again() -> None:
    """A deadlock of what follows the commit begins no action anew."""
    session, before = _session(), Fact.objects.count()

    def stuck() -> None:
        raise OperationalError("deadlock") from DeadlockDetected()

    @one_transaction
    def goes() -> None:
        record(become(session, AgentState.BREAK, at=NOW))
        transaction.on_commit(stuck)

    with pytest.raises(OperationalError):
        goes()
    assert Fact.objects.count() == before + 1
