"""Troth's own columns inside a foreign format, so that an event comes back as it went out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from troth.log.schema import STORED

#: How our columns are called in another format.
PREFIX: Final = "troth:"
#: The column that tells a reader that the event is one of ours.
MARK: Final = f"{PREFIX}activity"
#: Columns and the kind of each: string, int, float or date.
KINDS: Final[dict[str, str]] = {
    field.name: {"string": "string", "int64": "int", "double": "float"}.get(str(field.type), "date") for field in STORED
}

Row = dict[str, Any]


def text_of(value: Any) -> str:
    """Return a value as text from which `value_of` makes the same value."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return repr(value) if isinstance(value, float) else str(value)


def value_of(column: str, text: str) -> Any:
    """Return the value of a column from its text; ValueError if it is none."""
    kind = KINDS[column]
    if kind == "date":
        return instant(text, None)[0]
    return {"string": str, "int": int, "float": float}[kind](text)


def columns_of(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (name, kind, text) of each column of an event that is not null."""
    return [(f"{PREFIX}{n}", k, text_of(row[n])) for n, k in KINDS.items() if row.get(n) is not None]


def row_of(texts: Mapping[str, str]) -> Row:
    """Return the event from its columns' texts; ValueError if one is no value of its column."""
    return {n: value_of(n, texts[f"{PREFIX}{n}"]) if f"{PREFIX}{n}" in texts else None for n in KINDS}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two events are equal in every stored column; not-a-number equals itself."""
    ones, others = [one.get(n) for n in KINDS], [other.get(n) for n in KINDS]
    return ones == others or all(map(_same, ones, others))


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124


def instant(text: str, zone: tzinfo | None) -> tuple[datetime, bool]:
    """Return the UTC instant of an ISO 8601 time, and whether its zone had to be assumed.

    A time without offset is in `zone`, else in UTC. Of a time that happens twice the first is meant. More digits
    than microseconds are cut. ValueError if it is no time.
    """
    found = datetime.fromisoformat(text.strip())
    if "T" not in text and ":" not in text:
        raise ValueError("a day without a time")
    naive = found.tzinfo is None
    if naive:
        found = found.replace(tzinfo=zone or UTC)
    try:
        return found.astimezone(UTC), naive and zone is None
    except OverflowError as error:
        raise ValueError("out of range") from error
