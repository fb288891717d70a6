"""What an OCEL 2.0 log is made of, whichever of its three forms it comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


@dataclass(slots=True)
class TypeItem:
    """A type: kind is "event" or "object"; attributes are (name, type)."""

    kind: str
    name: str
    attributes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class ObjectItem:
    """An object; attributes are (name, time, value), relations (object id, qualifier)."""

    id: str
    type: str
    attributes: list[tuple[str, str, Any]] = field(default_factory=list)
    relations: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class EventItem:
    """An event; attributes are (name, value), relations (object id, qualifier)."""

    id: str
    type: str
    time: str
    attributes: list[tuple[str, Any]] = field(default_factory=list)
    relations: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class BadItem:
    """An event or object that is none: what is wrong, and its raw text."""

    kind: str
    code: str
    column: str
    value: str
    raw: str


Item = TypeItem | ObjectItem | EventItem | BadItem


def not_ocel(name: str) -> InputError:
    """Return the error for a file that has none of the parts of an OCEL 2.0 log."""
    advice = "Maybe this is another kind of file: an OCEL 2.0 log has object types, event types, objects and events."
    return InputError([Issue("other-format", Severity.ERROR, name, "", advice)])


def clean(value: Any) -> str:
    """Return a value as text that can be stored: halves of characters become question marks."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
