"""The claim's SQL over real rows in PostgreSQL reads a discipline as plain Python does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.queueing import lines
from tests.web.flow import model
from tests.web.flow.day import NOW, Day
from tests.web.flow.test_calling import ruled
from troth.queueing import Discipline, Server, Waiting, choose, rank, to_json
from troth.web.flow import actions, bridge
from troth.web.flow.claim import claim_next, seen_lines
from troth.web.flow.models import CounterSession, Line, Ticket, Visit
from troth.web.flow.rows import held_session


def _rows(bank: Day, line: Line, tickets: list[Waiting], visit: Visit) -> list[Ticket]:
    shift = NOW - lines.NOON
    service = {"cash": bank.company.cash, "cards": bank.company.cards, "loans": bank.company.loans}

    def moved(at: Any) -> Any:
        return at + shift if at is not None else None

    return Ticket.objects.bulk_create(
        Ticket(
            branch=bank.place.branch, line=line, service=service[one.service], service_code=one.service, visit=visit,
            prefix="X", number=10_000 * line.pk + one.id, day=NOW.date(), entry="kiosk", joined_at=moved(one.joined_at),
            changed_at=moved(one.joined_at), booked_at=moved(one.booked_at), returned_at=moved(one.returned_at),
            not_before=moved(one.not_before), priority=one.priority, labels=list(one.labels), skills=list(one.skills),
            reserved_for=one.reserved_for, overtaken=one.overtaken, overtaken_at=moved(one.overtaken_at),
        )
        for one in tickets
    )  # fmt: skip


def _session(bank: Day, server: Server) -> CounterSession:
    """Return Bob's session with a random server's skills; the names stay Bob's and the counter's."""
    row = bank.open()
    skills = [number * 10 + level for number, level in server.skills]
    CounterSession.objects.filter(pk=row.pk).update(skills=skills)
    return CounterSession.objects.select_related("clerk", "counter").get(pk=row.pk)


@given(
    pair=st.tuples(lines.disciplines(), lines.disciplines()), first=lines.lines(8), second=lines.lines(8),
    server=lines.servers, minutes=st.integers(-30, 60),
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_claim_takes_whom_plain_python_takes(
    bank: Day, pair: tuple[Discipline, Discipline], first: list[Waiting], second: list[Waiting], server: Server,
    minutes: int,
) -> None:  # fmt: skip
    """One line: as `choose`. Two lines with different rules: the better of both heads by the common numbers."""
    now = NOW + timedelta(minutes=minutes, microseconds=7)
    with transaction.atomic():
        for line, one in zip((bank.place.line, bank.place.loans), pair, strict=True):
            Line.objects.filter(pk=line.pk).update(discipline=to_json(one))
        session = _session(bank, server)
        visit = Visit.objects.create(branch=bank.place.branch, opened_at=NOW)
        waiting = [
            [bridge.waiting(row) for row in _rows(bank, line, tickets, visit)]
            for line, tickets in ((bank.place.line, first), (bank.place.loans, second))
        ]
        asking = bridge.server(session)
        heads = []
        for one, those in zip(pair, waiting, strict=True):
            chosen = choose(one, waiting=those, server=asking, now=now)
            order = rank(one, waiting=those, now=now, server=asking)
            assert (chosen.ticket if chosen else None) == (order[0] if order else None)
            heads += [(model.key(one, order[0], now), order[0].id)] if order else []
        found = claim_next(held_session(session), lines=seen_lines(session), now=now)
        assert (found.pk if found else None) == (min(heads)[1] if heads else None)
        transaction.set_rollback(True)


def test_a_locked_row_is_passed_over_and_the_next_best_found(bank: Day) -> None:
    """The claim's statement never waits for a row: that is how two counters call two people at once."""
    ruled(bank)
    bank.join()
    session = bank.open()
    with transaction.atomic():
        claim = bridge.claim(seen_lines(session), session=session, now=bank.now)
        assert claim.order_by.endswith("t.joined_at, t.id")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'")
            assert cursor.fetchone()[0] == 2


def test_the_claim_uses_the_index_of_those_who_wait(bank: Day) -> None:
    """With a long past behind it, a claim looks at who waits and at nobody else."""
    visit = Visit.objects.create(branch=bank.place.branch, opened_at=NOW)
    Ticket.objects.bulk_create(
        Ticket(
            branch=bank.place.branch, line=bank.place.line, service=bank.company.cash, service_code="cash", visit=visit,
            prefix="X", number=k, day=NOW.date(), entry="kiosk", state="served", joined_at=NOW, ended_at=NOW, changed_at=NOW,
        )
        for k in range(5000)
    )  # fmt: skip
    bank.join()
    session = bank.open()
    claim = bridge.claim({bank.place.line.pk: {}}, session=session, now=bank.now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE flow_ticket")
        cursor.execute(
            "EXPLAIN SELECT t.id FROM flow_ticket AS t WHERE t.state = 'waiting' AND t.line_id = ANY(%(all)s) "
            f"AND {claim.where} ORDER BY {claim.order_by} LIMIT 1",
            {**claim.params, "all": [bank.place.line.pk]},
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "flow_ticket_in_line" in plan, plan


@pytest.mark.parametrize("act", ["join", "call", "answer", "finish"])
def test_an_action_asks_the_database_few_times(bank: Day, django_assert_max_num_queries: Any, act: str) -> None:
    """However many wait: the statements of an action do not grow with the line."""
    for _ in range(12):
        bank.join()
    session = bank.open()
    if act == "join":
        with django_assert_max_num_queries(18):
            bank.join()
        return
    if act == "call":
        with django_assert_max_num_queries(14):
            bank.call(session)
        return
    ticket = bank.call(session)
    with django_assert_max_num_queries(8 if act == "answer" else 12):
        actions.answer(session=session, ticket=ticket, now=bank.later())
        if act == "answer":
            return
    with django_assert_max_num_queries(12):
        actions.finish(session=session, ticket=ticket, now=bank.later())
