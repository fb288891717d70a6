"""Plain data on its way to records and back: each value is read at its place, and everything wrong gathers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from troth.core.json_input import FaultError, Faults, near
from troth.core.lengths import length_text, parse_length

#: Beyond these a slip is likelier than a day in the field: seconds or metres, cents, pieces, rows of a list.
MOST_SECONDS, MOST_CENTS, MOST_PIECES, MOST_ROWS = 1e10, 1e12, 1_000_000_000, 20_000


class Frame(Faults):
    """What values are read against: the beginning, its zone, places by name; and the issues so far."""

    def __init__(self) -> None:
        super().__init__()
        self.begins_at = datetime(1970, 1, 1, tzinfo=UTC)
        self.zone: tzinfo | None = None
        self.rows: dict[str, int] = {}
        self.places: list[tuple[str, float, float]] = []
        self.fixed = False  # whether a matrix is given, so that no place can be added

    def instant(self, second: float) -> datetime:
        """Return the instant of a second, in the zone of the beginning."""
        return (self.begins_at.astimezone(UTC) + timedelta(seconds=second)).astimezone(self.begins_at.tzinfo)

    def second(self, at: datetime) -> float:
        """Return the seconds from the beginning to an instant; clocks that are put back between them do not matter."""
        return (at.astimezone(UTC) - self.begins_at.astimezone(UTC)).total_seconds()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how it is read at a place, and how it is written."""

    read: Callable[[Frame, Any, str], Any]
    write: Callable[[Frame, Any], Any] = lambda _, value: value
    null: bool = False  # whether null is a value of its own, not the same as nothing


def _text(frame: Frame, value: Any, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_PIECES:
        return str(value)
    if not isinstance(value, str):
        frame.wrong("wrong-type", where, value, "Maybe put it in quotes.")
    return value


def _number(most: float, *, least: float = -math.inf) -> Callable[[Frame, Any, str], float]:
    def read(frame: Frame, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            frame.wrong("wrong-type", where, value, "Maybe a number without quotes is meant.")
        if isinstance(value, float) and not math.isfinite(value):
            frame.wrong("not-a-number", where, str(value), "Maybe leave it out.")
        if not max(-most, least) <= value <= most:
            frame.wrong("out-of-range", where, value, f"Maybe a slip: from {max(-most, least):g} to {most:g} is usual.")
        return float(value)

    return read


def _whole(frame: Frame, value: Any, where: str) -> int:
    found = _number(MOST_PIECES)(frame, value, where)
    if found != int(found):
        frame.wrong("wrong-type", where, value, "Maybe a whole number is meant.")
    return int(found)


def _length(frame: Frame, value: Any, where: str) -> float:
    if isinstance(value, str):
        try:
            value = parse_length(value)
        except (ValueError, OverflowError):
            frame.wrong("bad-time", where, value, "Maybe seconds, or a time such as 90s, 45min or 1.5h.")
    return _number(MOST_SECONDS)(frame, value, where)


def _instant(frame: Frame, value: Any, where: str) -> float:
    if not isinstance(value, str):
        return _number(MOST_SECONDS)(frame, value, where)
    return _number(MOST_SECONDS)(frame, frame.second(aware(frame, value, where)), where)


def aware(frame: Frame, value: Any, where: str) -> datetime:
    """Return an instant written as ISO 8601; without a zone it is by the clock of the file's zone, if it names one."""
    try:
        found = datetime.fromisoformat(value)
        found.astimezone(UTC)  # years at the ends of the calendar have no other zone
    except (TypeError, ValueError, OverflowError):
        frame.wrong("bad-time", where, value, "Maybe ISO 8601 is meant, as 2026-06-01T08:00+03:00.")
    if found.tzinfo is None and frame.zone is None:
        frame.wrong("naive-time", where, value, "Maybe add the zone, as in +03:00, or time_zone to the file.")
    return found if found.tzinfo is not None else found.replace(tzinfo=frame.zone)


def _instant_out(frame: Frame, second: float) -> str | float:
    """Return an instant as text if that says it exactly, else as the second it is."""
    try:
        at = frame.instant(second)
    except (OverflowError, ValueError):
        return second
    return at.isoformat() if frame.second(at) == second else second


def _place(frame: Frame, value: Any, where: str) -> int:
    if isinstance(value, Mapping):
        found = POINT.read(frame, value, where)
        if found in frame.places:
            return frame.places.index(found)
        if frame.fixed:
            frame.wrong(
                "no-such-place", where, value, "Maybe name one of the places: the matrix has no row for others."
            )
        frame.places.append(found)
        frame.rows.setdefault(found[0], len(frame.places) - 1)
        return len(frame.places) - 1
    if isinstance(value, str):
        if value not in frame.rows:
            frame.wrong("no-such-place", where, value, near(value, known=frame.rows))
        return frame.rows[value]
    return _whole(frame, value, where)


def _place_out(frame: Frame, row: int) -> str | int:
    name = frame.places[row][0] if 0 <= row < len(frame.places) else ""
    return name if name and frame.rows.get(name) == row else int(row)


def _tidy(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 2**53 and str(value) != "-0.0" else float(value)


TEXT: Final = Kind(_text)
NUMBER: Final = Kind(_number(MOST_CENTS), lambda _, value: _tidy(value))
WHOLE: Final = Kind(_whole)
LENGTH: Final = Kind(_length, lambda _, value: length_text(value))
INSTANT: Final = Kind(_instant, _instant_out)
PLACE: Final = Kind(_place, _place_out)
END_PLACE: Final = Kind(lambda f, v, w: None if v is None else _place(f, v, w),
                        lambda f, v: None if v is None else _place_out(f, v), null=True)  # fmt: skip
DEGREES: Final = Kind(_number(180.0))


def many(kind: Kind, *, into: Callable[[Any], Any] = tuple) -> Kind:
    """Return the kind of a list; what cannot be read of one is left out."""

    def read(frame: Frame, value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple):
            frame.wrong("wrong-type", where, value, "Maybe put it in brackets.")
        if len(value) > MOST_ROWS:
            frame.wrong("too-large", where, f"{len(value):,}", f"Maybe split it: {MOST_ROWS:,} are the most.")
        found = []
        for k, one in enumerate(value):
            try:
                found.append(kind.read(frame, one, f"{where}[{k}]"))
            except FaultError:
                continue
        return into(found)

    ordered = into is tuple
    return Kind(read, lambda frame, value: [kind.write(frame, one) for one in (value if ordered else sorted(value))])


def mapping(kind: Kind, *, usual: Any = None) -> Kind:
    """Return the kind of an object whose keys are names; a list of names gives each the usual value, if there is one."""

    def read(frame: Frame, value: Any, where: str) -> dict[str, Any]:
        if usual is not None and isinstance(value, list | tuple):
            return dict.fromkeys(many(TEXT).read(frame, value, where), usual)
        if not isinstance(value, Mapping):
            frame.wrong("wrong-type", where, value, "Maybe put it in braces, as names with values.")
        found = {}
        for key, one in value.items():
            try:
                found[str(key)] = kind.read(frame, one, f"{where}.{key}")
            except FaultError:
                continue
        return found

    return Kind(read, lambda frame, value: {key: kind.write(frame, one) for key, one in value.items()})


def record(
    made: Callable[..., Any],
    table: Mapping[str, tuple[str, Kind]],
    *,
    needs: Sequence[str] = (),
    always: Sequence[str] = (),
    lacking: Mapping[str, Any] | None = None,
) -> Kind:
    """Return the kind of an object with known keys.

    Parameters
    ----------
    made : makes the record of its fields.
    table : by key, the field and its kind.
    needs : keys that have no usual value.
    always : keys written even if they have their usual value.
    lacking : by needed key what stands for a value that cannot be read, so that the record's other values are still judged; that
        it could not be read is told, and so nothing is made of such a record.
    """
    instead = {table[key][0]: value for key, value in (lacking or {}).items()}

    def read(frame: Frame, value: Any, where: str) -> Any:
        found = instead | keys(frame, value, where, table, needs)
        if any(table[key][0] not in found for key in needs):
            raise FaultError
        return made(**found)

    usual = _usual(made)

    def write(frame: Frame, value: Any) -> dict[str, Any]:
        out = {}
        for key, (name, kind) in table.items():
            one = getattr(value, name)
            if key in always or name not in usual or one != usual[name]:
                out[key] = None if one is None else kind.write(frame, one)
        return out

    return Kind(read, write)


def _usual(made: Any) -> dict[str, Any]:
    """Return the usual values of a record's fields."""
    found: dict[str, Any] = {}
    for one in fields(made) if is_dataclass(made) else ():
        if one.default is not MISSING:
            found[one.name] = one.default
        elif one.default_factory is not MISSING:
            found[one.name] = one.default_factory()
    return found


def keys(
    frame: Frame, value: Any, where: str, table: Mapping[str, tuple[str, Kind]], needs: Sequence[str] = ()
) -> dict[str, Any]:
    """Return by field what can be read of an object; unknown and missing keys are told."""
    if not isinstance(value, Mapping):
        frame.wrong("wrong-type", where, value, "Maybe put it in braces, as keys with values.")
    dot, found = f"{where}." if where else "", dict[str, Any]()
    for key in value:
        if key not in table:
            frame.tell("unknown-key", f"{dot}{key}", value[key], near(str(key), known=table))
    for key in needs:
        if value.get(key) is None and not (key in value and table[key][1].null):
            frame.tell("missing-key", f"{dot}{key}", "", f"Maybe add {key}: it has no usual value.")
    for key, (name, kind) in table.items():
        if value.get(key) is not None or (kind.null and key in value):
            try:
                found[name] = kind.read(frame, value[key], f"{dot}{key}")
            except FaultError:
                continue
    return found


def _point(name: str = "", latitude: float = math.nan, longitude: float = math.nan) -> tuple[str, float, float]:
    return name, latitude, longitude


POINT: Final = Kind(
    record(
        _point,
        {"name": ("name", TEXT), "lat": ("latitude", DEGREES), "lon": ("longitude", DEGREES)},
        needs=("lat", "lon"),
    ).read,
    lambda _, value: {"name": value[0], "lat": value[1], "lon": value[2]},
)
