"""OCEL 2.0 as JSON, one element at a time: memory is bounded by the largest element, not by the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from troth.core.decision import Issue, Severity
from troth.log.readers._json import BrokenError, Cursor
from troth.log.readers._ocel_items import BadItem, EventItem, Item, ObjectItem, TypeItem, clean, not_ocel
from troth.log.readers._open import Opened


def items(part: Opened, head: bytes, issues: list[Issue]) -> Iterator[Item]:
    """Yield what a log holds; where the text breaks, add an issue and end."""
    cursor = Cursor(part, head)
    count = known = 0
    try:
        cursor.take("{")
        while cursor.peek() != "}":
            key = cursor.value()
            cursor.take(":")
            if cursor.peek() == "[" and key in _MAKERS:
                known += 1
                for element in cursor.elements():
                    count += 1
                    yield _MAKERS[key](element)
            else:
                cursor.value()
            if cursor.peek() != "}":
                cursor.take(",")
    except BrokenError as error:
        if not part.issues:
            advice = "Maybe the file was cut or edited by hand; what came before was used."
            issues.append(
                Issue("bad-json", Severity.ERROR, f"{part.name} after element {count}", str(error)[:200], advice)
            )
    if not known:
        raise not_ocel(part.name)
    issues.extend(part.issues)


def _type(kind: str, plain: Any) -> Item:
    try:
        found = [(clean(a["name"]), clean(a.get("type") or "string")) for a in plain.get("attributes") or []]
        return TypeItem(kind, clean(plain["name"]), found)
    except (AttributeError, KeyError, TypeError):
        return _bad(f"{kind} type", plain)


def _object(plain: Any) -> Item:
    try:
        values = [(clean(a["name"]), clean(a.get("time")), a["value"]) for a in plain.get("attributes") or []]
        return ObjectItem(clean(plain["id"]), clean(plain["type"]), values, _relations(plain))
    except (AttributeError, KeyError, TypeError):
        return _bad("object", plain)


def _event(plain: Any) -> Item:
    try:
        values = [(clean(a["name"]), a["value"]) for a in plain.get("attributes") or []]
        return EventItem(clean(plain["id"]), clean(plain["type"]), clean(plain.get("time")), values, _relations(plain))
    except (AttributeError, KeyError, TypeError):
        return _bad("event", plain)


def _relations(plain: Any) -> list[tuple[str, str]]:
    return [(clean(r["objectId"]), clean(r.get("qualifier"))) for r in plain.get("relationships") or []]


def _bad(kind: str, plain: Any) -> BadItem:
    needed = ("id", "type") if kind in {"event", "object"} else ("name",)
    missing = [k for k in needed if isinstance(plain, dict) and k not in plain]
    raw = clean(json.dumps(plain, ensure_ascii=False))
    column = missing[0] if missing else ""
    return BadItem(kind, "missing-value" if column else "bad-value", column, "", raw)


_MAKERS = {
    "eventTypes": lambda plain: _type("event", plain),
    "objectTypes": lambda plain: _type("object", plain),
    "objects": _object,
    "events": _event,
}
