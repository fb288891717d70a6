"""Issues as the checks of a portfolio tell them: odd numbers, spans that end before they begin, ids."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from troth.core.decision import Issue, Severity

#: Fields that are shares; all other numbers are zero or more.
_SHARES: Final = frozenset({"probability", "target", "share"})
_DAY_HOURS: Final = 24.0
#: Characters that control a screen, and halves of characters.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
#: Days beyond these are slips, or stand for no end.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def told(severity: Severity, code: str, where: str, value: object, advice: str, *, count: int = 1) -> Issue:
    """Return an issue with its value cut short, and nothing in it that a screen would obey."""
    text = readable(str(value))
    shown = text if len(text) <= 160 else f"{text[:157]}..."
    return Issue(code, severity, readable(where), shown, readable(advice), count)


def readable(text: str) -> str:
    r"""Return a text with characters that control a screen, or cannot be written at all, as their escapes.

    Examples
    --------
    >>> print(readable("a\x1b[31m"))
    a\x1b[31m
    """
    return _CONTROLS.sub(lambda one: one[0].encode("unicode_escape").decode(), text)


def error(code: str, *, where: str, value: object, advice: str, count: int = 1) -> Issue:
    """Return what must be mended."""
    return told(Severity.ERROR, code, where, value, advice, count=count)


def warning(code: str, *, where: str, value: object, advice: str, count: int = 1) -> Issue:
    """Return what is doubtful."""
    return told(Severity.WARNING, code, where, value, advice, count=count)


def info(code: str, *, where: str, value: object, advice: str, count: int = 1) -> Issue:
    """Return what is worth knowing."""
    return told(Severity.INFO, code, where, value, advice, count=count)


def nearest(word: str, *, known: Collection[str]) -> str:
    """Return the known word nearest to one that is not; empty if none is near."""
    return next(iter(get_close_matches(word, list(known), 1, 0.6)), "")


def near(word: str, *, known: Collection[str], otherwise: str = "Maybe leave it out.") -> str:
    """Return an advice that names the known word nearest to one that is not."""
    found = nearest(word, known=known)
    return f"Maybe {found} is meant." if found else otherwise


def written_otherwise(word: str, *, known: Collection[str], otherwise: str) -> str:
    """Return an advice that names a known id only if it differs in case and blanks: ids of a house are much alike."""
    folded = {name.casefold().strip(): name for name in known}
    found = folded.get(word.casefold().strip())
    return f"Maybe {found} is meant." if found else otherwise


def numbers(record: Any, *, where: str) -> Iterator[Issue]:
    """Yield every number of a record that is none, is negative, or is no share where it should be one, and days of other ages."""
    for one in fields(record):
        value = getattr(record, one.name)
        for k, part in enumerate(value if isinstance(value, tuple) else (value,)):
            place = f"{where}.{one.name}" + (f"[{k}]" if isinstance(value, tuple) else "")
            if isinstance(part, date):
                yield from age(part, where=place)
            if isinstance(part, bool) or not isinstance(part, int | float):
                continue
            if not math.isfinite(part):
                yield error("not-a-number", where=place, value=part, advice="Maybe leave it out where it is not known.")
            elif part < 0 and one.name not in _SHARES:
                advice = "Maybe a correction: take it off what it corrects."
                yield error("negative-number", where=place, value=part, advice=advice)
            elif one.name in _SHARES and not 0 <= part <= 1:
                advice = "Maybe it is a percentage: it is a number from 0 to 1, 0.8 for 80 %."
                code = "bad-probability" if one.name == "probability" else "bad-share"
                yield error(code, where=place, value=part, advice=advice)


def age(day: date, *, where: str) -> Iterator[Issue]:
    """Yield an issue if a day lies so far away that it is none of a plan."""
    if not EARLIEST <= day <= LATEST:
        advice = "Maybe the year is wrong, or leave it out where there is no end."
        yield error("out-of-range", where=where, value=day, advice=advice)


def week(hours: Sequence[float], *, where: str, most: float | None = _DAY_HOURS) -> Iterator[Issue]:
    """Yield what is wrong with hours of the days of a week."""
    if len(hours) != 7:
        yield error("bad-week", where=where, value=f"{len(hours)} days", advice="Maybe seven numbers, Monday first.")
    for k, one in enumerate(hours):
        if most is not None and one > most:
            yield error(
                "too-many-hours", where=f"{where}[{k}]", value=one, advice="Maybe hours of a week: a day has 24."
            )


def span(first: date | None, until: date | None, *, where: str) -> Iterator[Issue]:
    """Yield an issue if a span holds no day."""
    if first is not None and until is not None and until <= first:
        advice = "Maybe the two are exchanged, or one day is meant: `until` is the day after the last."
        yield error("empty-span", where=where, value=f"{first} until {until}", advice=advice)


def window(earliest: date | None, deadline: date | None, *, where: str) -> Iterator[Issue]:
    """Yield an issue if something is to end before it may begin."""
    if earliest is not None and deadline is not None and deadline < earliest:
        yield error(
            "deadline-before-start",
            where=where,
            value=f"from {earliest}, by {deadline}",
            advice="Maybe the two are exchanged.",
        )


def twice(records: Iterable[Any], *, where: str, name: str, alike: Sequence[str] = ()) -> Iterator[Issue]:
    """Yield ids that are empty or there twice, and records that are there again under another id.

    Parameters
    ----------
    where, name : what the records are called, and the field that is their id.
    alike : fields that may differ, beside the id, between records that are the same.
    """
    known: dict[str, list[Any]] = defaultdict(list)
    seen: dict[Hashable, str] = {}
    for k, one in enumerate(records):
        known[getattr(one, name)].append(one)
        if not getattr(one, name):
            yield error("no-id", where=f"{where}[{k}]", value="", advice="Maybe name it: others refer to it by its id.")
    for key, some in known.items():
        if key and len(some) > 1 and all(one == some[0] for one in some):
            advice = "Maybe the same plan was imported twice: leave one out."
            yield error(
                "imported-twice",
                where=f"{where}[{key}]",
                value=f"{len(some)} times",
                advice=advice,
                count=len(some) - 1,
            )
        elif key and len(some) > 1:
            advice = "Maybe one of them is to be renamed, or the older is to be left out."
            yield error(
                "twice", where=f"{where}[{key}]", value=f"{len(some)} times", advice=advice, count=len(some) - 1
            )
        if key and alike:
            content = replace(some[0], **dict.fromkeys((name, *alike), ""))
            if content in seen:
                advice = f"Maybe the same plan was imported twice under new names: this is {seen[content]} again."
                yield warning("imported-twice", where=f"{where}[{key}]", value=seen[content], advice=advice)
            seen.setdefault(content, key)


def grouped(rows: Iterable[Any], *, key: Callable[[Any], str | None]) -> dict[str, list[tuple[int, Any]]]:
    """Return rows with their numbers by a key, in the order of first sight; those without one are left out."""
    out: dict[str, list[tuple[int, Any]]] = {}
    for k, one in enumerate(rows):
        name = key(one)
        if name is not None:
            out.setdefault(name, []).append((k, one))
    return out
