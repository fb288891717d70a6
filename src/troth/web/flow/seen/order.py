"""The order of a line as the database knows it: also with ten thousand waiting only numbers travel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from troth.web.flow import bridge
from troth.web.flow.models import Line


def in_order(line: Line, *, now: datetime, most: int | None = None) -> list[int]:
    """Return the ids of the tickets that wait in a line, in the order it calls them; who is away comes last.

    Parameters
    ----------
    most : only so many; None for all.
    """
    order_by, params = bridge.order(line.discipline, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM flow_ticket AS t WHERE t.state = 'waiting' AND t.line_id = %(line)s "
            f"ORDER BY coalesce(t.not_before > %(now)s, FALSE), {order_by} LIMIT %(most)s",
            {**params, "line": line.pk, "now": now, "most": most},
        )
        return [row[0] for row in cursor.fetchall()]


def places(lines: Iterable[Line], *, now: datetime) -> dict[int, int]:
    """Return how many are before each waiting ticket in its own line, by ticket id."""
    return {pk: place for line in lines for place, pk in enumerate(in_order(line, now=now))}
