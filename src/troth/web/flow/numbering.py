"""Numbers of tickets: 1, 2, 3 for a letter at a branch on a local day, without a gap whoever asks at once."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.db import connection

from troth.web.common import together
from troth.web.common.audit import no_nouns
from troth.web.flow.models import Ticket, Visit

_NEXT: Final = (
    "INSERT INTO flow_numbering AS n (branch_id, prefix, day, last) VALUES (%s, %s, %s, 1) "
    "ON CONFLICT (branch_id, prefix, day) DO UPDATE SET last = n.last + 1 RETURNING n.last"
)


def next_number(*, branch_id: int, prefix: str, day: date) -> int:
    """Return the next number, within the transaction that uses it.

    The row is locked until then: an action that fails gives its number back, and nobody can have taken a later one.
    """
    with no_nouns(), connection.cursor() as cursor:
        cursor.execute(_NEXT, [branch_id, prefix, day])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def add_numbered(ticket: Ticket) -> None:
    """Save a new ticket under the next number, with its visit if that is new too: one statement, so the row is held briefly."""
    visit = ticket.visit
    columns, places, values = together.typed(ticket, _fields(Ticket, but=("visit", "number")))
    numbered: list[Any] = [ticket.branch_id, ticket.prefix, ticket.day]
    if visit.pk is None:
        of_visit, its_places, its_values = together.typed(visit, _fields(Visit, but=()))
        first = f"INSERT INTO flow_visit ({of_visit}) VALUES ({its_places}) RETURNING id"
    else:
        first, its_values = "SELECT %s::bigint AS id", [visit.pk]
    with no_nouns(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH v AS ({first}), n AS ({_NEXT}), t AS (INSERT INTO flow_ticket ({columns}, visit_id, number) "
            f"SELECT {places}, v.id, n.last FROM v, n RETURNING id, visit_id, number) SELECT id, visit_id, number FROM t",
            [*its_values, *numbered, *values],
        )
        ticket.pk, visit.pk, ticket.number = cursor.fetchone()
    ticket.visit = visit
    for one in (ticket, visit):
        one._state.adding, one._state.db = False, connection.alias  # noqa: SLF001 - as Django's own insert does


@lru_cache
def _fields(model: type[Ticket | Visit], *, but: tuple[str, ...]) -> list[str]:
    found = model._meta.concrete_fields  # noqa: SLF001 - Django's public name for it
    return [one.name for one in found if not one.primary_key and one.name not in but]
