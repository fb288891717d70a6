"""Beliefs as JSON text and back, to be read, changed and kept; every mistake at once."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date
from typing import Any, Final

from troth.capacity.projects.portfolio._plain import Reader, usual
from troth.capacity.projects.promising.beliefs import Beliefs, ComingBelief, DecisionBelief
from troth.capacity.projects.promising.learn import LearnedBeliefs
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import FaultError, loaded

#: Version of the written form, and keys beside those of `Beliefs`.
FORMAT: Final = 1
_BESIDE: Final = ("format", "rests_on", "day")
#: Numbers from 0 to 1; below 1; of any sign; above 0. All others are 0 or more.
_SHARES: Final = frozenset({
    "long_share", "share", "kept", "absence", "leave", "won", "won_otherwise", "worked", "bookable", "floor",
})  # fmt: skip
_BELOW: Final = frozenset({"market", "memory"})
_ANY: Final = frozenset({"mean", "slope", "shift", "by_stage", "by_seller", "mood", "estimators", "lead", "lag_days"})
_ABOVE: Final = frozenset({"long_factor", "levels", "people", "spell", "on_duty"})
#: How many numbers a list has.
_LONG: Final = {"months": 12, "hours": 7}


def to_json(learned: LearnedBeliefs | Beliefs, *, day: date | None = None) -> str:
    """Return beliefs as JSON text: every number under the name of its field, also where it is neutral.

    Parameters
    ----------
    learned : with what they rest on, if that is known.
    day : of what was known when they were learned.

    Examples
    --------
    >>> from troth.capacity.projects.promising import Beliefs, SlipBelief
    >>> text = to_json(Beliefs(slips=SlipBelief(0.25, 9.0)))
    >>> from_json(text)[0].beliefs.slips.share
    0.25
    """
    found = learned if isinstance(learned, LearnedBeliefs) else LearnedBeliefs(learned, {})
    told: dict[str, Any] = {"format": FORMAT}
    if day is not None:
        told["day"] = day.isoformat()
    if found.rests_on:
        told["rests_on"] = {part: dict(counts) for part, counts in found.rests_on.items()}
    return json.dumps(told | _plain(found.beliefs), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str, *, name: str = "beliefs") -> tuple[LearnedBeliefs, date | None]:
    """Return the beliefs of JSON text, with what they rest on and the day they are of if it says so. What is left out is neutral.

    Parameters
    ----------
    name : of the file, for issues about no place in it.

    Raises
    ------
    InputError
        With every error: what is no JSON, keys nobody knows, numbers that cannot be.

    Examples
    --------
    >>> from_json('{"people": {"absence": 0.03}, "slips": {"share": 25}}')
    Traceback (most recent call last):
    ...
    troth.core.errors.InputError: bad-share at slips.share: '25'. Maybe it is a percentage: it is a number from 0 to 1.
    """
    given = loaded(text, name=name)
    if not isinstance(given, Mapping):
        advice = "Maybe put it in braces, as keys with values."
        raise InputError([Issue("wrong-type", Severity.ERROR, name, str(given)[:80], advice)])
    reader = Reader(extra={Beliefs: _BESIDE})
    if given.get("format", FORMAT) != FORMAT:
        advice = f"Maybe {FORMAT}: a newer Troth may have written it."
        reader.tell("unknown-format", "format", given["format"], advice)
    beliefs, day = Beliefs(), None
    with suppress(FaultError):
        day = reader.read(date | None, given["day"], "day", {}) if given.get("day") is not None else None
    with suppress(FaultError):
        beliefs = _levels(reader, reader.record(Beliefs, given, "", {}))
    issues = [*reader.issues, *_wrong(beliefs, "")]
    if issues:
        raise InputError(issues)
    return LearnedBeliefs(beliefs, _counts(given.get("rests_on"))), day


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    # Numbers of other libraries are plain ones in a file.
    return float(value) if isinstance(value, float) else value


def _levels(reader: Reader, found: Beliefs) -> Beliefs:
    """Return beliefs whose levels are numbers: names of JSON are always text."""
    levels = dict[float, float]()
    for name, value in found.pace.levels.items():
        try:
            levels[float(name)] = value
        except ValueError:
            reader.tell("wrong-type", "pace.levels", name, "Maybe a level such as 2 is meant.")
    return replace(found, pace=replace(found.pace, levels=levels))


def _counts(given: Any) -> dict[str, dict[str, int]]:
    """Return what beliefs rest on, as far as a file says it: nothing is computed from it."""
    if not isinstance(given, Mapping):
        return {}
    return {
        str(part): {str(what): n for what, n in some.items() if isinstance(n, int)}
        for part, some in given.items()
        if isinstance(some, Mapping)
    }


def _wrong(value: Any, where: str) -> Iterator[Issue]:
    """Yield every number of beliefs that cannot be."""
    for one in fields(value):
        part, place = getattr(value, one.name), f"{where}.{one.name}" if where else one.name
        normal = usual(one)
        if normal is not MISSING and part == normal:
            continue
        yield from _part(part, one.name, place)
    if isinstance(value, DecisionBelief):
        for stage, days in value.days.items():
            yield from _table(days, f"{where}.days.{stage}")
        yield from _table(value.otherwise, f"{where}.otherwise")
    if isinstance(value, ComingBelief):
        yield from _table(value.decided, f"{where}.decided")
        yield from _table(value.wanted, f"{where}.wanted")


def _part(part: Any, name: str, place: str) -> Iterator[Issue]:
    if is_dataclass(part):
        yield from _wrong(part, place)
    elif isinstance(part, Mapping):
        for key, one in part.items():
            yield from _part(one, name, f"{place}.{key}")
    elif isinstance(part, tuple):
        many = _LONG.get(name)
        if many is not None and len(part) != many:
            advice = f"Maybe {many} numbers are meant."
            yield _error("wrong-length", place, f"{len(part)}", advice)
        for k, one in enumerate(part):
            yield from _part(one, name, f"{place}[{k}]")
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield from _number(part, name, place)


def _number(value: float, name: str, place: str) -> Iterator[Issue]:
    if not math.isfinite(value):
        yield _error("not-a-number", place, value, "Maybe leave it out where it is not known.")
    elif name in _SHARES and not 0 <= value <= 1:
        yield _error("bad-share", place, value, "Maybe it is a percentage: it is a number from 0 to 1.")
    elif name in _BELOW and not 0 <= value < 1:
        yield _error("bad-share", place, value, "Maybe 0.2 or the like is meant: it is from 0 to below 1.")
    elif name in _ABOVE and value <= 0:
        yield _error("not-positive", place, value, "Maybe 1 is meant: it is more than 0.")
    elif name not in _ANY and value < 0:
        yield _error("negative-number", place, value, "Maybe the minus is a slip: it is 0 or more.")


def _table(days: Sequence[float], place: str) -> Iterator[Issue]:
    """Yield what is wrong with equally likely days."""
    if len(days) < 2 or list(days) != sorted(days):
        advice = "Maybe sort them: at least two days, from low to high."
        yield _error("bad-quantiles", place, list(days), advice)


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return Issue(code, Severity.ERROR, where, shown[:80], advice)
