"""From an OCEL event to rows, and nothing else: also what the export checks against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final

from troth.log.readers._native import MARK, PREFIX, Row, instant, row_of
from troth.log.readers._ocel_items import EventItem
from troth.log.readers._steps import DIRECTIONS

SOURCE: Final = "ocel"
#: The attribute that holds the rows of a foreign event where they say more than the event.
ROWS: Final = f"{PREFIX}rows"
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def is_ours(event: EventItem) -> bool:
    """Tell whether Troth wrote the event from one of its own."""
    return any(name == MARK for name, _ in event.attributes)


def rows_of(
    event: EventItem, *, cases: Sequence[str], zone: tzinfo | None = None, steps: dict[str, str] | None = None
) -> list[Row]:
    """Return the rows of an event: one a case, or one without case. ValueError if its time or a value is none."""
    plain = {name: value for name, value in event.attributes if name.startswith(PREFIX)}
    if MARK in plain:
        return [row_of(plain)]
    if ROWS in plain:
        return [row_of(texts) for texts in json.loads(plain[ROWS])]
    when, assumed = instant(event.time, zone)
    foreign = {"ocel": {"id": event.id, "attributes": [list(pair) for pair in event.attributes]}}
    activity = (steps or {}).get(event.type, "stepped")
    base: Row = {
        "occurred_at": when,
        "version": 0,
        "activity": activity,
        "direction": DIRECTIONS.get(activity),
        "step": event.type,
        "attributes": _json({"foreign": foreign}),
        "origin": "assumed_zone" if assumed else "exact",
        "source": SOURCE,
    }
    if not cases:
        return [base | {"source_id": event.id}]
    return [base | {"case_id": case, "source_id": f"{event.id}/{case}"} for case in dict.fromkeys(cases)]


def foreign_of(row: Row) -> dict[str, Any] | None:
    """Return what a row keeps of its OCEL event, or None if it did not come from one."""
    if row.get("source") != SOURCE:
        return None
    try:
        found = json.loads(row["attributes"] or "{}")["foreign"]["ocel"]
        return found if isinstance(found["id"], str) and isinstance(found["attributes"], list) else None
    except (KeyError, TypeError, ValueError):
        return None
