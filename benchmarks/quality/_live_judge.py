"""What the database says after the load: was every ticket served once, did any get lost, are the numbers whole?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg

from benchmarks.quality._live_load import Told

_TWICE = """
SELECT count(*) FROM (
    SELECT event ->> 'contact_id' FROM outbox_fact
    WHERE activity = %(activity)s GROUP BY event ->> 'contact_id', activity HAVING count(*) > 1
) AS doubles
"""
_NUMBERS = """
SELECT count(*) FROM (
    SELECT n.last, count(t.id) AS n, count(DISTINCT t.number) AS different, max(t.number) AS highest
    FROM flow_numbering n
    LEFT JOIN flow_ticket t ON (t.branch_id, t.prefix, t.day) = (n.branch_id, n.prefix, n.day) AND t.previous_id IS NULL
    GROUP BY n.id
) AS given WHERE last <> n OR last <> different OR last <> highest
"""
_AT_A_COUNTER = """
SELECT count(*) FROM (
    SELECT session_id FROM flow_ticket WHERE state IN ('called', 'serving') GROUP BY session_id HAVING count(*) > 1
) AS doubles
"""
_FACTLESS = """
SELECT count(*) FROM flow_ticket t WHERE NOT EXISTS (
    SELECT FROM outbox_fact f WHERE f.activity = 'queued' AND f.event ->> 'contact_id' = t.contact_id::text
)
"""


def judge(url: str, told: Told) -> dict[str, int]:
    """Return how many of each fault were found; all zero when nothing is double and nothing lost.

    Whatever had no answer (a broken connection) makes the tickets it touched unknowable; then the load is not judged by
    what it was told about them, and says so in ``unanswered``.
    """
    with psycopg.connect(url) as connection:

        def one(query: str, **values: Any) -> int:
            row = connection.execute(query.encode(), values).fetchone()
            return int(row[0]) if row else 0

        rows = connection.execute("SELECT token, state, calls FROM flow_ticket").fetchall()
        found = {
            "called twice": one(_TWICE, activity="called") + sum(calls > 1 for _, _, calls in rows),
            "answered twice": one(_TWICE, activity="answered"),
            "ended twice": one(_TWICE, activity="ended"),
            "two at a counter": one(_AT_A_COUNTER),
            "numbers double or missing": one(_NUMBERS),
            "tickets without facts": one(_FACTLESS),
        }
    states = {token: state for token, state, _ in rows}
    found["called to two counters"] = sum(n > 1 for n in Counter(told.called).values())
    found["tickets lost"] = sum(token not in states for token in told.joined)
    found["tickets nobody made"] = len(set(states) - set(told.joined))
    found["in another state than told"] = sum(states.get(token) != state for token, state in told.state.items())
    found["unanswered"] = sum(n for status, n in told.statuses.items() if status.endswith(" 0"))
    found["refused"] = told.failed - found["unanswered"]
    return found
