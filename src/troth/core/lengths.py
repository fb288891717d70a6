"""Lengths of time as people write them: `180`, `180s`, `3min`, `1.5h`, `2d`."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_LENGTH: Final = re.compile(r"(?P<sign>-?)\s*(?P<value>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>[a-z]*)")


def parse_length(text: str) -> float:
    """Return the seconds of a length of time; with a minus before it, it is negative.

    Raises
    ------
    ValueError
        When it is no such length.

    Examples
    --------
    >>> parse_length("90s"), parse_length("1.5h"), parse_length("-5min")
    (90.0, 5400.0, -300.0)
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or found["unit"] not in _UNITS:
        raise ValueError(f"{text!r} is not a time such as 180s, 3min or 1.5h")
    return (-1 if found["sign"] else 1) * float(found["value"]) * _UNITS[found["unit"]]


def length_text(seconds: float) -> str | float:
    """Return seconds as a short text that reads back to exactly them, or as the number they are.

    Examples
    --------
    >>> length_text(300.0), length_text(90.0), length_text(0.1 + 0.2)
    ('5min', '90s', 0.30000000000000004)
    """
    for unit in ("d", "h", "min", "s"):
        value = seconds / _UNITS[unit]
        if value.is_integer() and value != 0 and abs(value) < 1e6:
            return f"{value:.0f}{unit}"
    return seconds
