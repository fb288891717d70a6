"""A discipline as plain data for JSON, and back with every mistake found at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.discipline import (
    Appointments,
    Comeback,
    CustomerClass,
    Discipline,
    Fairness,
    Lateness,
    Returning,
    check,
)

#: Version of the written form.
FORMAT: Final = 1

_DURATIONS: Final = {"early", "grace", "behind", "wait", "head_start"}


def to_json(discipline: Discipline) -> dict[str, Any]:
    """Return a discipline as plain data: durations in seconds under names ending in ``_s``, empty conditions left out.

    Examples
    --------
    >>> to_json(Discipline())["classes"]
    [{'name': 'everybody', 'level': 0, 'head_start': 0.0, 'ageing': 1.0}]
    """
    classes = [
        {name: value for name, value in _plain(one).items() if value not in ([], None)} for one in discipline.classes
    ]
    parts = {name: _plain(getattr(discipline, name)) for name in ("appointments", "returning", "fairness")}
    return {"format": FORMAT, "classes": classes, **parts}


def from_json(data: Mapping[str, Any] | str) -> Discipline:
    """Return the discipline of plain data or JSON text.

    Raises
    ------
    InputError
        With every error found, those of `check` included. Warnings do not raise.

    Examples
    --------
    >>> from_json('{"format": 1}') == Discipline()
    True
    """
    read = _Reading(data)
    if read.issues:
        raise InputError(read.issues)
    made = Discipline(
        classes=read.classes(),
        appointments=Appointments(**read.part("appointments", _APPOINTMENTS)),
        returning=Returning(**read.part("returning", _RETURNING)),
        fairness=Fairness(**read.part("fairness", _FAIRNESS)),
    )
    errors = [*read.issues, *(issue for issue in check(made) if issue.severity is Severity.ERROR)]
    if errors:
        raise InputError(errors)
    return made


def _plain(record: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in fields(record):
        value = getattr(record, part.name)
        if isinstance(value, timedelta):
            out[f"{part.name}_s"] = value.total_seconds()
        elif part.name in _DURATIONS and value is None:
            out[f"{part.name}_s"] = None
        else:
            out[part.name] = (
                list(value) if isinstance(value, tuple) else str(value) if isinstance(value, str) else value
            )
    return out


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _duration(value: Any) -> timedelta:
    return timedelta(seconds=_number(value))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _many(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def tuple_of(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise TypeError
        return tuple(read(one) for one in value)

    return tuple_of


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


_CLASS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": _text, "services": _many(_text), "priorities": _many(_whole), "labels": _many(_text),
    "booked": _or_none(_truth), "level": _whole, "head_start": _number, "ageing": _number,
}  # fmt: skip
_APPOINTMENTS: Final[dict[str, Callable[[Any], Any]]] = {
    "early_s": _or_none(_duration), "head_start_s": _duration, "grace_s": _duration, "late": Lateness,
}  # fmt: skip
_RETURNING: Final[dict[str, Callable[[Any], Any]]] = {"to": Comeback, "head_start_s": _duration}
_FAIRNESS: Final[dict[str, Callable[[Any], Any]]] = {
    "overtakes": _or_none(_whole), "behind_s": _or_none(_duration), "wait_s": _or_none(_duration),
}  # fmt: skip


class _Reading:
    """Plain data on its way to a record; what is wrong gathers in `issues`."""

    def __init__(self, data: Mapping[str, Any] | str) -> None:
        self.issues: list[Issue] = []
        self.data: Mapping[str, Any] = {}
        try:
            loaded = json.loads(data) if isinstance(data, str) else data
        except ValueError as error:
            self._wrong("not-json", "discipline", str(error), "Maybe a comma or a quote is missing.")
            return
        if not isinstance(loaded, Mapping):
            self._wrong("wrong-type", "discipline", str(loaded), "Maybe put it in braces.")
            return
        self.data = loaded
        if loaded.get("format") != FORMAT:
            self._wrong("unknown-format", "format", str(loaded.get("format")), f"Maybe it should be {FORMAT}.")
        self._unknown(loaded, {"format", "classes", "appointments", "returning", "fairness"}, "")

    def classes(self) -> tuple[CustomerClass, ...]:
        rows = self.data.get("classes")
        if rows is None:
            return Discipline().classes
        if not isinstance(rows, list | tuple):
            self._wrong("wrong-type", "classes", str(rows), "Maybe put the classes in brackets.")
            return Discipline().classes
        found = [self._fields(row, _CLASS, f"classes[{k}]") for k, row in enumerate(rows)]
        return tuple(CustomerClass(**({"name": f"class {k}"} | row)) for k, row in enumerate(found))

    def part(self, name: str, known: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
        found = self._fields(self.data.get(name, {}), known, name)
        return {key.removesuffix("_s"): value for key, value in found.items()}

    def _fields(self, row: Any, known: Mapping[str, Callable[[Any], Any]], where: str) -> dict[str, Any]:
        if not isinstance(row, Mapping):
            self._wrong("wrong-type", where, str(row), "Maybe put it in braces.")
            return {}
        self._unknown(row, set(known), f"{where}.")
        out = {}
        for name in known.keys() & row.keys():
            try:
                out[name] = known[name](row[name])
            except (TypeError, ValueError, OverflowError):
                self._wrong("wrong-type", f"{where}.{name}", str(row[name]), "Maybe see how `to_json` writes it.")
        return out

    def _unknown(self, row: Mapping[str, Any], known: set[str], where: str) -> None:
        for name in sorted(str(key) for key in row if key not in known):
            advice = f"Maybe one of {', '.join(sorted(known))} is meant."
            self._wrong("unknown-field", f"{where}{name}", str(row.get(name)), advice)

    def _wrong(self, code: str, where: str, value: str, advice: str) -> None:
        self.issues.append(Issue(code, Severity.ERROR, where, value, advice))
