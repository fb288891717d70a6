"""Plain data to records and back, by the types of their fields: everything wrong gathers, each with its place."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from troth.capacity.projects.portfolio._tell import age, near, told
from troth.core.decision import Issue, Severity
from troth.core.json_input import FaultError, Faults, written

#: Beyond these a slip is likelier than a house: rows of a list, any number.
MOST_ROWS, MOST_NUMBER = 5_000_000, 1e15
Hook = Callable[["Reader", dict[str, Any], str, Mapping[str, Any]], dict[str, Any]]


@cache
def _table(made: type) -> dict[str, tuple[Any, Field[Any]]]:
    """Return type and field of each key of a record."""
    hints = get_type_hints(made)
    return {one.name: (hints[one.name], one) for one in fields(made)}


def usual(one: Field[Any]) -> Any:
    """Return the usual value of a field; `MISSING` if it has none."""
    return one.default_factory() if one.default_factory is not MISSING else one.default


@dataclass(slots=True)
class Reader(Faults):
    """Reads records; what cannot be read is told and left out.

    Parameters
    ----------
    hooks : by record, what turns short forms into its keys before it is read: given the object, its place, and the
        object it stands in.
    extra : by record, further keys that hooks know.
    """

    hooks: Mapping[type, Hook] = field(default_factory=dict)
    extra: Mapping[type, tuple[str, ...]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def tell(self, code: str, where: str, value: Any, advice: str, severity: Severity = Severity.ERROR) -> None:
        """Tell an issue and go on."""
        self.issues.append(told(severity, code, where or "portfolio", written(value), advice))

    def read(self, kind: Any, value: Any, where: str, outer: Mapping[str, Any]) -> Any:
        """Return a value of a kind.

        Raises
        ------
        FaultError : it is none.
        """
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            (kind,) = (one for one in get_args(kind) if one is not type(None))
            return self.read(kind, value, where, outer)
        if origin in (tuple, frozenset):
            return origin(self._list(get_args(kind)[0], value, where, outer))
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(get_args(kind)[1], value, where)
        if is_dataclass(kind):
            return self.record(kind, value, where, outer)
        return self._single(kind, value, where)

    def _single(self, kind: Any, value: Any, where: str) -> Any:
        if kind is date:
            try:
                day = date.fromisoformat(value)
            except (TypeError, ValueError):
                self.wrong("bad-day", where, value, "Maybe a day such as 2026-06-01 is meant.")
            found = list(age(day, where=where))
            self.issues += found
            if found:
                raise FaultError
            return day
        if issubclass(kind, StrEnum):
            if not isinstance(value, str) or value not in set(kind):
                self.wrong("bad-value", where, value, f"Maybe one of {', '.join(kind)} is meant.")
            return kind(value)
        if kind is str:
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            if not isinstance(value, str):
                self.wrong("wrong-type", where, value, "Maybe put it in quotes.")
            try:
                value.encode()
            except UnicodeEncodeError:
                self.wrong(
                    "bad-text", where, value, "Maybe it was cut in the middle of a sign: no file can hold half of it."
                )
            return value
        if kind is bool:
            if not isinstance(value, bool):
                self.wrong("wrong-type", where, value, "Maybe true or false, without quotes.")
            return value
        return self.number(value, where, whole=kind is int)

    def number(self, value: Any, where: str, *, whole: bool = False) -> Any:
        """Return a number.

        Raises
        ------
        FaultError : it is none, not finite, too large, or not whole where it should be.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong("wrong-type", where, value, "Maybe a number without quotes is meant.")
        if isinstance(value, float) and not math.isfinite(value):
            self.wrong("not-a-number", where, str(value), "Maybe leave it out where it is not known.")
        if abs(value) > MOST_NUMBER:
            self.wrong("out-of-range", where, f"{value:.3g}", "Maybe a slip: nothing in a house is that large.")
        if whole and value != int(value):
            self.wrong("wrong-type", where, value, "Maybe a whole number is meant, such as cents.")
        return int(value) if whole else float(value)

    def _list(self, kind: Any, value: Any, where: str, outer: Mapping[str, Any]) -> list[Any]:
        if not isinstance(value, list | tuple):
            self.wrong("wrong-type", where, value, "Maybe put it in brackets.")
        if len(value) > MOST_ROWS:
            self.wrong("too-large", where, f"{len(value):,}", f"Maybe split it: {MOST_ROWS:,} are the most.")
        found = []
        for k, one in enumerate(value):
            try:
                found.append(self.read(kind, one, f"{where}[{k}]", outer))
            except FaultError:
                continue
        return found

    def _mapping(self, kind: Any, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self.wrong("wrong-type", where, value, "Maybe put it in braces, as names with values.")
        found = {}
        for key, one in value.items():
            try:
                found[self.read(str, key, where, {})] = self.read(kind, one, f"{where}.{key}", {})
            except FaultError:
                continue
        return found

    def record(self, made: Any, value: Any, where: str, outer: Mapping[str, Any]) -> Any:
        """Return a record of an object; null is as good as a key left out.

        Raises
        ------
        FaultError : it is no object, or what it needs cannot be read.
        """
        if not isinstance(value, Mapping):
            self.wrong("wrong-type", where, value, "Maybe put it in braces, as keys with values.")
        table, dot = _table(made), f"{where}." if where else ""
        known = {*table, *self.extra.get(made, ())}
        for key in value:
            if key not in known:
                self.tell("unknown-key", f"{dot}{key}", value[key], near(str(key), known=known))
        given, lost = value, False
        if made in self.hooks:
            try:
                given = self.hooks[made](self, dict(value), where, outer)
            except FaultError:  # the record is lost, what else is wrong with it is told
                lost = True
        told, found = lost, dict[str, Any]()
        for key, (kind, one) in table.items():
            needed = usual(one) is MISSING
            if given.get(key) is None:
                if needed and not told:
                    self.tell("missing-key", f"{dot}{key}", "", f"Maybe add {key}: it has no usual value.")
                lost |= needed
                continue
            try:
                found[key] = self.read(kind, given[key], f"{dot}{key}", value)
            except FaultError:
                lost |= needed
        if lost:
            raise FaultError
        return made(**found)


def plain(value: Any) -> Any:
    """Return a record as plain data; what has its usual value is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        out = {}
        for one in fields(value):
            part, normal = getattr(value, one.name), usual(one)
            if normal is MISSING or part != normal:
                out[one.name] = plain(part)
        return out
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT and str(value) != "-0.0"
    return int(value) if whole else value


_EXACT: Final = 2**53
