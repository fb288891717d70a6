"""Telling whoever watches a unit that something changed there; PostgreSQL delivers it after the commit."""

from __future__ import annotations

from typing import Final

from django.db import connection

#: The channel of all changes; the payload is the id of the organisation unit.
CHANNEL: Final = "troth_live"


def changed(unit_id: int) -> None:
    """Say within a transaction that something visible changed in a unit.

    Equal notices of one transaction reach watchers once (PostgreSQL manual, NOTIFY).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(unit_id)])
