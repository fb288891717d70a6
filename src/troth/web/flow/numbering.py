"""Numbers of tickets: 1, 2, 3 for a letter at a branch on a local day, without a gap whoever asks at once."""

from __future__ import annotations

from datetime import date

from django.db import connection


def next_number(*, branch_id: int, prefix: str, day: date) -> int:
    """Return the next number, within the transaction that uses it.

    The row is locked until then: an action that fails gives its number back, and nobody can have taken a later one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO flow_numbering AS n (branch_id, prefix, day, last) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (branch_id, prefix, day) DO UPDATE SET last = n.last + 1 RETURNING n.last",
            [branch_id, prefix, day],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
