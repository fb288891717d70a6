"""What is said of input that is wrong, the same everywhere in the room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from numbers import Integral

from troth.core.decision import Issue, Severity


def error(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    """Return an issue that must be mended."""
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)


def twice(what: str, names: Iterable[str]) -> Iterator[Issue]:
    """Complain about names that come more than once."""
    for name, count in Counter(names).items():
        if count > 1:
            yield error(f"{what}-twice", f"{what}s[{name}]", count, "Maybe one of them is to be renamed or left out.")


def whole(where: str, value: object, least: int = 0) -> Iterator[Issue]:
    """Complain about what is no whole number of pieces."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        advice = "Maybe a whole number; what is sold by length is counted in its smallest piece."
        yield error("bad-quantity", where, value, advice)
    elif int(value) < least:
        yield error(
            "negative-quantity", where, value, f"Maybe {-int(value) or least}; what goes back is a move the other way."
        )


def aware(where: str, at: datetime) -> Iterator[Issue]:
    """Complain about a time without its offset."""
    if at.tzinfo is None:
        yield error("naive-time", where, at, "Maybe a time with its offset: 2026-03-02T07:00+02:00.")
