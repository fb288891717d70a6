"""Numbers and times as people say them: rounded to what matters, with their unit."""

from __future__ import annotations

import math
from typing import Final

_STEPS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def number(value: float | None, unit: str) -> str:
    """Return a figure in words: ``11 min``, ``83.4 %``, ``1,240``; a dash for none.

    Parameters
    ----------
    value : the figure in its unit.
    unit : one of `terms.Unit`.

    Examples
    --------
    >>> number(662.0, "s"), number(0.834, "share"), number(None, "count")
    ('11 min', '83.4 %', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if unit == "s":
        return duration(value)
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "count":
        return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.2f}"
    if unit == "money":
        return f"{value / 100:,.2f}"
    return f"{value:,.1f}"


def duration(seconds: float) -> str:
    """Return a length of time with the unit people would use: two figures' worth, never more.

    Examples
    --------
    >>> duration(8.4), duration(96.24), duration(186.0), duration(90_000.0), duration(-30.0)
    ('8.4 s', '96 s', '3.1 min', '25 h', '-30 s')
    """
    size = abs(seconds)
    for length, word in _STEPS:
        # Up to two of the next larger unit people count in the smaller one: 96 s, 100 min, 40 h.
        if size >= 2 * length if length < 86_400 else size >= 2 * length:
            shown = seconds / length
            return f"{shown:,.0f} {word}" if abs(shown) >= 10 else f"{shown:.1f} {word}"
    return f"{seconds:.0f} s" if size >= 10 or seconds == 0 else f"{seconds:.1f} s"
