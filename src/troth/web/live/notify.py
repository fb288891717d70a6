"""Telling whoever watches a unit that something changed there; PostgreSQL delivers it after the commit."""

from __future__ import annotations

from typing import Final

from troth.web.common import together

#: The channel of all changes; the payload is the id of the organisation unit.
CHANNEL: Final = "troth_live"


def changed(unit_id: int) -> None:
    """Say within a transaction that something visible changed in a unit.

    Equal notices of one transaction reach watchers once (PostgreSQL manual, NOTIFY).
    """
    together.notify(CHANNEL, str(unit_id))
