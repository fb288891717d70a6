"""Files of `troth parts`: JSON as the room's records are, with everything wrong told at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from troth.cli._route_files import read_text
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import loaded
from troth.core.lengths import parse_length
from troth.field.parts import (
    Handover,
    IncomingParts,
    LoadVisit,
    PartNeed,
    PartOffer,
    Reservation,
    StockedPart,
    StockPlace,
    VanRoom,
)

#: Beyond these a slip is likelier than stock: days of the past, pieces and cents.
MOST_DAYS, MOST_NUMBER = 4000, 1_000_000_000
#: Keys whose values are lengths of time, as seconds or as people write them.
_LENGTHS: Final = frozenset({"takes", "lead"})


@dataclass(frozen=True, slots=True)
class UsedPart:
    """A part whose levels are asked for; prices that are left out are those of the file.

    Parameters
    ----------
    used : pieces by day, oldest first.
    lead_days : from order to delivery. `refill_days`: from one filling-up to the next, for the newsvendor's level.
    over_cents : of a piece that is left over then; without it no such level is told.
    reorder_at, order_up_to : levels as they are now, to be judged beside the best.
    """

    part: str
    used: tuple[float, ...]
    place: str = ""
    lead_days: int | None = None
    refill_days: int | None = None
    short_cents: float | None = None
    hold_cents_day: float | None = None
    order_cents: float | None = None
    over_cents: float | None = None
    reorder_at: int | None = None
    order_up_to: int | None = None


@dataclass(frozen=True, slots=True)
class LevelsFile:
    """What `levels` reads."""

    parts: tuple[UsedPart, ...]
    short_cents: float = 8000.0
    hold_cents_day: float = 10.0
    order_cents: float = 0.0
    over_cents: float | None = None
    lead_days: int = 0
    refill_days: int = 7


@dataclass(frozen=True, slots=True)
class HeldPart:
    """Pieces of a part at a place."""

    place: str
    part: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What `source` reads; places, parts and what is held may come from a lake instead."""

    needs: tuple[PartNeed, ...]
    at: datetime | None = None
    places: tuple[StockPlace, ...] = ()
    parts: tuple[StockedPart, ...] = ()
    stock: tuple[HeldPart, ...] = ()
    reserved: tuple[Reservation, ...] = ()
    handovers: tuple[Handover, ...] = ()
    offers: tuple[PartOffer, ...] = ()
    incoming: tuple[IncomingParts, ...] = ()
    second_visit_cents: int = 8000
    second_visits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitAhead:
    """A visit to load for: with the chances of its parts, or with what a lake's past foretells them from."""

    visit: str
    van: str
    chances: Mapping[str, float] | None = None
    share: float = 1.0
    second_visit_cents: float = 8000.0
    service: str = ""
    kind: str = ""
    asset: str = ""
    text: str = ""

    def with_chances(self, chances: Mapping[str, float]) -> LoadVisit:
        """Return the visit as the room knows it."""
        return LoadVisit(self.visit, self.van, chances, self.share, self.second_visit_cents)


@dataclass(frozen=True, slots=True)
class LoadFile:
    """What `load` reads; the depot's pieces and what is aboard may come from a lake instead."""

    visits: tuple[VisitAhead, ...]
    vans: tuple[VanRoom, ...]
    depot: Mapping[str, int] | None = None
    sizes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hold_cents: Mapping[str, float] = field(default_factory=dict)
    at: datetime | None = None


def read_levels(path: Path) -> LevelsFile:
    """Return the parts of a file.

    Raises
    ------
    InputError : everything that cannot be read, each with its place.
    """
    found: LevelsFile = _read(path, LevelsFile)
    long = [one for one in found.parts if len(one.used) > MOST_DAYS]
    if long:
        advice = f"Maybe the last {MOST_DAYS:,} days: pieces are by day."
        raise InputError([Issue("too-large", Severity.ERROR, one.part, f"{len(one.used):,}", advice) for one in long])
    return found


def read_source(path: Path) -> SourceFile:
    """Return the needs of a file, with what it says of stock; raises as `read_levels`."""
    found: SourceFile = _read(path, SourceFile)
    return found


def read_load(path: Path) -> LoadFile:
    """Return the visits and vans of a file; raises as `read_levels`."""
    found: LoadFile = _read(path, LoadFile)
    return found


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import ConfigDict, TypeAdapter

    # Settings reach records only through a container, hence a tuple of one.
    return TypeAdapter(tuple[kind], config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))


def _read(path: Path, kind: Any) -> Any:
    from pydantic import ValidationError

    issues: list[Issue] = []
    plain = _lengths(loaded(read_text(path), name=path.name), "", issues)
    _large(plain, path.name, issues)
    try:
        (found,) = _adapter(kind).validate_json(json.dumps([plain]))
    except ValidationError as error:
        raise InputError([*issues, *(_issue(one, kind) for one in error.errors(include_url=False))]) from None
    if issues:
        raise InputError(issues)
    return found


def _lengths(value: Any, where: str, issues: list[Issue]) -> Any:
    """Return the data with lengths such as ``40min`` as the records read them."""
    if isinstance(value, list):
        return [_lengths(one, f"{where}[{k}]", issues) for k, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, one in value.items():
        place = f"{where}.{key}" if where else key
        if key in _LENGTHS and isinstance(one, str | int | float) and not isinstance(one, bool):
            out[key] = _duration(one, place, issues)
        else:
            out[key] = _lengths(one, place, issues)
    return out


def _duration(value: str | float, where: str, issues: list[Issue]) -> str:
    """Return a length of time as ISO 8601 has it."""
    try:
        seconds = parse_length(value) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        issues.append(Issue("bad-time", Severity.ERROR, where, str(value)[:80], "Maybe 40min, 2h or seconds."))
        seconds = 0.0
    if not abs(seconds) <= MOST_NUMBER:
        issues.append(Issue("too-large", Severity.ERROR, where, str(value)[:40], f"Maybe {MOST_NUMBER:,} s or less."))
        seconds = 0.0
    return f"{'-' if seconds < 0 else ''}PT{abs(seconds):.6f}S"


def _large(value: Any, where: str, issues: list[Issue]) -> None:
    """Tell numbers beyond all measure, wherever they stand."""
    if isinstance(value, int | float) and not -MOST_NUMBER <= value <= MOST_NUMBER:
        issues.append(Issue("too-large", Severity.ERROR, where, str(value)[:40], f"Maybe {MOST_NUMBER:,} or less."))
    elif isinstance(value, list | dict):
        rows = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in rows:
            _large(one, f"{where}, {key}" if isinstance(key, str) else f"{where}[{key}]", issues)


_CODES: Final = {"unexpected_keyword_argument": "unknown-key", "missing": "missing-key", "missing_argument": "missing-key",
                 "timezone_aware": "naive-time"}  # fmt: skip
_ADVICE: Final = {
    "missing": "Maybe it was left out: it has no usual value.",
    "missing_argument": "Maybe it was left out: it has no usual value.",
    "dataclass_type": "Maybe an object in braces: the guide names its keys.",
    "string_type": "Maybe a text in quotes.",
    "int_type": "Maybe a whole number without quotes.",
    "int_from_float": "Maybe a whole number.",
    "float_type": "Maybe a number without quotes.",
    "tuple_type": "Maybe a list in brackets.",
    "dict_type": "Maybe an object in braces.",
    "datetime_from_date_parsing": "Maybe a time with its offset: 2026-03-02T07:00+02:00.",
    "datetime_parsing": "Maybe a time with its offset: 2026-03-02T07:00+02:00.",
    "enum": "Maybe depot, van, site, returns or supplier.",
}


def _issue(one: Mapping[str, Any], kind: Any) -> Issue:
    """Return what pydantic complains of as an issue."""
    what, where = one["type"], ""
    for part in one["loc"][1:]:
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
    advice = _ADVICE.get(what, f"Maybe: {one['msg'][:1].lower()}{one['msg'][1:]}.")
    if what == "unexpected_keyword_argument":
        near = get_close_matches(str(one["loc"][-1]), _keys(kind), n=1)
        advice = f"Maybe {near[0]} is meant." if near else "Maybe it belongs elsewhere: the guide names the keys."
    value = "" if what.startswith("missing") else repr(one["input"])[:80]
    return Issue(_CODES.get(what, "wrong-type"), Severity.ERROR, where, value, advice)


_RECORDS: Final[Mapping[Any, tuple[Any, ...]]] = {
    LevelsFile: (UsedPart,), LoadFile: (VisitAhead, VanRoom),
    SourceFile: (PartNeed, StockPlace, StockedPart, HeldPart, Reservation, Handover, PartOffer, IncomingParts),
}  # fmt: skip


def _keys(kind: Any) -> list[str]:
    return sorted({name for record in (kind, *_RECORDS[kind]) for name in record.__dataclass_fields__})


def instant(text: str | None, *, option: str) -> datetime | None:
    """Return an instant of an option, with its offset.

    Raises
    ------
    InputError : it is none, or has no offset.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        advice = "Maybe a time with its offset: 2026-03-02T07:00+02:00."
        raise InputError([Issue("bad-time", Severity.ERROR, option, text, advice)])
    return found


def days_between(start: date, end: date) -> list[date]:
    """Return the days from one to before another."""
    return [start + timedelta(days=k) for k in range(max((end - start).days, 0))]
