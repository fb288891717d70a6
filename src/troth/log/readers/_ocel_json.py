"""OCEL 2.0 as JSON, one element at a time: memory is bounded by the largest element, not by the file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from troth.core.decision import Issue, Severity
from troth.log.readers._ocel_items import BadItem, EventItem, Item, ObjectItem, TypeItem, clean, not_ocel
from troth.log.readers._open import Opened

#: No single event or object is longer than this many characters.
ELEMENT_LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_SPACE = " \t\r\n"


class BrokenError(Exception):
    """The text is no JSON from here on."""


class _Cursor:
    """A place in a JSON text that is read as it is needed."""

    def __init__(self, part: Opened, head: bytes) -> None:
        self._part = part
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._text = self._decode(head)
        self._at = 0
        self._ended = False
        self._json = json.JSONDecoder()

    def _more(self, size: int = _CHUNK) -> bool:
        if self._ended:
            return False
        piece = self._part.read(size)
        self._ended = not piece
        self._text = self._text[self._at :] + self._decode(piece, self._ended)
        self._at = 0
        return not self._ended

    def peek(self) -> str:
        """Return the next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Step over one of the wanted characters and return it."""
        found = self.peek()
        if not found or found not in wanted:
            raise BrokenError(f"{found or 'end of file'!r} where one of {wanted!r} belongs")
        self._at += 1
        return found

    def value(self) -> Any:
        """Return the next value as a whole."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise BrokenError("nested too deep") from error
            except ValueError as error:
                if len(self._text) - self._at > ELEMENT_LIMIT or not self._more(size):
                    raise BrokenError(str(error)) from error
                size *= 2
                continue
            # A number at the very end of what was read may go on.
            if end < len(self._text) or not self._more(size):
                self._at = end
                return found


def items(part: Opened, head: bytes, issues: list[Issue]) -> Iterator[Item]:
    """Yield what a log holds; where the text breaks, add an issue and end."""
    cursor = _Cursor(part, head)
    count = known = 0
    try:
        cursor.take("{")
        while cursor.peek() != "}":
            key = cursor.value()
            cursor.take(":")
            if cursor.peek() == "[" and key in _MAKERS:
                known += 1
                for element in _elements(cursor):
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


def _elements(cursor: _Cursor) -> Iterator[Any]:
    cursor.take("[")
    while cursor.peek() != "]":
        yield cursor.value()
        if cursor.peek() != "]":
            cursor.take(",")
    cursor.take("]")


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
