"""Whom a counter calls next: one statement by the discipline's order, passing over rows that others have in hand.

Why its choice is the discipline's in some serial order of the commits. A claim reads the waiting rows that were
committed when it began and passes over those that somebody has locked. While claims can see a line they hold its lock
together; who changes a ticket that goes on waiting holds it alone (`rows.hold_line`). So a row passed over is one that is
leaving the line in a transaction that comes before the claim in the serial order; one that joined too late comes after
it. Where the choice hangs on how often somebody was passed over, claims hold the line alone, one after the other.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from django.db import connection

from troth.web.common.audit import no_nouns
from troth.web.flow import bridge
from troth.web.flow.models import CounterSession, Ticket
from troth.web.flow.rows import LINES, ticket_by

_SEE: Final = """
SELECT l.id, l.discipline, CASE
    WHEN coalesce(l.discipline #>> '{fairness,overtakes}', l.discipline #>> '{fairness,behind_s}') IS NULL
    THEN pg_advisory_xact_lock_shared(%(lines)s, l.id::int) ELSE pg_advisory_xact_lock(%(lines)s, l.id::int) END::text
FROM (
    SELECT l.id, l.discipline FROM flow_line l JOIN flow_counter_lines c ON c.line_id = l.id
    WHERE c.counter_id = %(counter)s OR l.id = %(also)s GROUP BY l.id ORDER BY l.id OFFSET 0
) AS l
"""

_COUNT: Final = (
    "UPDATE flow_ticket AS t SET overtaken = t.overtaken + 1, overtaken_at = coalesce(t.overtaken_at, %(now)s)"
)


def seen_lines(session: CounterSession, *, also: int = 0) -> dict[int, dict[str, Any]]:
    """Return the disciplines of the lines a counter serves, by id, and hold these lines as claims do."""
    with connection.cursor() as cursor:
        cursor.execute(_SEE, {"lines": LINES, "counter": session.counter_id, "also": also})
        return {row[0]: json.loads(row[1]) if isinstance(row[1], str) else row[1] for row in cursor.fetchall()}


def claim_next(session: CounterSession, *, lines: dict[int, dict[str, Any]], now: datetime) -> Ticket | None:
    """Return the ticket whose turn it is at a counter, locked, or None when nobody may be called.

    Parameters
    ----------
    session : locked by the caller.
    lines : what `seen_lines` returned in this transaction.
    now : the instant of the claim, as the discipline sees it.
    """
    if not lines:
        return None
    found = bridge.claim(lines, session=session, now=now)
    best = (
        f"SELECT t.id, t.line_id, {_place(found)} AS place FROM flow_ticket AS t "
        f"WHERE t.state = 'waiting' AND t.line_id = ANY(%(all)s) AND {found.where} "
        f"ORDER BY {found.order_by} LIMIT 1 FOR UPDATE OF t SKIP LOCKED"
    )
    counting = [line_id for line_id, record in lines.items() if bridge.counts_overtaking(record)]
    if counting:
        # One statement sees one moment: who joins just now was neither passed over nor could have been chosen.
        passed = " OR ".join(
            f"(t.line_id = {k} AND {found.wheres[k]} AND {found.places[k]} < best.place)" for k in counting
        )
        best = (
            f"WITH best AS ({best}), passed AS ({_COUNT} FROM best WHERE t.state = 'waiting' AND t.id <> best.id "
            f"AND t.line_id = best.line_id AND ({passed})) SELECT id FROM best"
        )
    with no_nouns(), connection.cursor() as cursor:
        cursor.execute(best, {**found.params, "all": list(lines), "now": now})
        row = cursor.fetchone()
    return ticket_by(row[0]) if row is not None else None


def count_overtaken(
    ticket: Ticket, *, session: CounterSession, lines: dict[int, dict[str, Any]], now: datetime
) -> None:
    """Note whom a call out of order passes over, where the line's discipline looks at that."""
    if not bridge.counts_overtaking(lines.get(ticket.line_id, {})):
        return
    found = bridge.claim({ticket.line_id: lines[ticket.line_id]}, session=session, now=now)
    where, place = found.wheres[ticket.line_id], found.places[ticket.line_id]
    with no_nouns(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH best AS (SELECT t.id, t.line_id, {place} AS place FROM flow_ticket AS t WHERE t.id = %(id)s) "
            f"{_COUNT} FROM best WHERE t.state = 'waiting' AND t.id <> best.id AND t.line_id = best.line_id "
            f"AND {where} AND {place} < best.place",
            {**found.params, "id": ticket.pk, "now": now},
        )


def _place(found: bridge.Claim) -> str:
    """Return the place of a ticket by the discipline of its own line."""
    if len(set(found.places.values())) == 1:
        return next(iter(found.places.values()))
    cases = " ".join(f"WHEN {line_id} THEN {place}" for line_id, place in found.places.items())
    return f"CASE t.line_id {cases} END"
