"""A database reads a discipline as Python does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.queueing import lines
from troth.queueing import Discipline, Server, Waiting, choose, overtaken, placed, rank, sql_order

_COLUMNS = (
    "id bigint, joined_at timestamptz, service text, priority smallint, labels text[], booked_at timestamptz, "
    "returned_at timestamptz, not_before timestamptz, skills int[], reserved_for text, overtaken int, "
    "overtaken_at timestamptz"
)


@pytest.fixture(scope="module")
def con() -> Any:
    """Return a database with an empty table of tickets."""
    made = duckdb.connect()
    made.execute("SET TimeZone = 'Europe/Vilnius'")  # the order must not hang on the session's zone
    made.execute(f"CREATE TABLE ticket ({_COLUMNS})")
    return made


def _row(t: Waiting) -> list[Any]:
    return [
        t.id, t.joined_at, t.service, t.priority, list(t.labels), t.booked_at, t.returned_at, t.not_before,
        list(t.skills), t.reserved_for, t.overtaken, t.overtaken_at,
    ]  # fmt: skip


def _ask(con: Any, line: list[Waiting], discipline: Discipline, server: Server, now: datetime) -> list[tuple]:
    con.execute("DELETE FROM ticket")
    if line:
        con.executemany(f"INSERT INTO ticket VALUES ({', '.join('?' * 12)})", [_row(t) for t in line])
    claim = sql_order(discipline, server=server, now=now, alias="t")
    text = f"SELECT t.id, {claim.place} FROM ticket AS t WHERE {claim.where} ORDER BY {claim.order_by}"
    assert "%" not in re.sub(r"%\(d_\d+\)s", "", text), "nothing but placeholders may need escaping"
    text = re.sub(r"%\((\w+)\)s", r"$\1", text)
    used = {k: v for k, v in claim.params.items() if f"${k} " in text}
    found: list[tuple] = con.execute(text, used).fetchall()
    return found


@given(lines.disciplines(), lines.lines(), lines.servers, st.integers(-90, 90))
@settings(max_examples=80)
def test_a_database_orders_as_python_does(
    con: Any, discipline: Discipline, line: list[Waiting], server: Server, minutes: int
) -> None:
    """The same record, tickets, server and instant give the same order and places, whoever reads it."""
    now = lines.NOON + timedelta(minutes=minutes, microseconds=7)
    found = _ask(con, line, discipline, server, now)
    order = rank(discipline, waiting=line, now=now, server=server)
    assert [row[0] for row in found] == [t.id for t in order]
    assert [row[1] for row in found] == [placed(discipline, ticket=t).place_us for t in order]
    chosen = choose(discipline, waiting=line, server=server, now=now)
    assert (chosen.ticket.id if chosen else None) == (found[0][0] if found else None)
    if chosen:
        passed = overtaken(discipline, ticket=chosen.ticket, waiting=line, server=server, now=now)
        assert set(passed) == {id_ for id_, place in found if place < found[0][1]}


def test_a_database_keeps_order_over_decades(con: Any) -> None:
    """A ticket forgotten for thirty years does not overflow the sums, in either reading."""
    from troth.queueing import CustomerClass

    discipline = Discipline(classes=(CustomerClass("all", ageing=1000.0, head_start=1_000_000.0),))
    old = Waiting(1, lines.NOON - timedelta(days=11_000))
    line = [Waiting(2, lines.NOON), old, replace(old, id=3)]
    found = _ask(con, line, discipline, Server(), lines.NOON)
    assert [row[0] for row in found] == [1, 3, 2] == [t.id for t in rank(discipline, waiting=line, now=lines.NOON)]


def test_only_a_plain_alias_enters_the_text() -> None:
    """Nothing that could be input gets into the SQL text."""
    with pytest.raises(ValueError, match="plain name"):
        sql_order(Discipline(), server=Server(), now=lines.NOON, alias="t; DROP TABLE ticket")
    hostile = Server(names=("x'; DROP TABLE ticket; --",), services=("%s",))
    claim = sql_order(Discipline(), server=hostile, now=lines.NOON)
    assert "DROP" not in claim.where + claim.order_by
