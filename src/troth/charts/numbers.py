"""Numbers and times as people say them: rounded to what matters, with their unit."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Final

_STEPS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
#: The dash of a range.
_TO: Final = "\u2013"
_EXACT: Final = {"share": " %", "s": " s", "per_hour": " an hour"}


def number(value: float | None, *, unit: str) -> str:
    """Return a figure in words: ``11 min``, ``83.4 %``, ``1,240``; a dash for none.

    Parameters
    ----------
    value : the figure in its unit.
    unit : one of `terms.Unit`.

    Examples
    --------
    >>> number(662.0, unit="s"), number(0.834, unit="share"), number(None, unit="count")
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


def exact(value: float | None, *, unit: str) -> str:
    """Return a figure with all the digits it has, as shown on hover.

    Examples
    --------
    >>> exact(662.4213, unit="s"), exact(0.83412, unit="share")
    ('662.421 s', '83.412 %')
    """
    if value is None or not math.isfinite(value):
        return "no value"
    shown = value * 100 if unit == "share" else value / 100 if unit == "money" else value
    text = f"{shown:,.3f}".rstrip("0").rstrip(".")
    return f"{text}{_EXACT.get(unit, '')}"


def between(low: float | None, high: float | None, *, unit: str) -> str:
    """Return an interval with its unit said once where both ends share it; a dash for none.

    Examples
    --------
    >>> between(0.8, 0.845, unit="share") == "80.0\u201384.5 %", between(50.0, 700.0, unit="s") == "50 s \u2013 12 min"
    (True, True)
    """
    if low is None or high is None:
        return "-"
    first, second = number(low, unit=unit), number(high, unit=unit)
    value, gap, word = first.partition(" ")
    if gap and second.endswith(gap + word) and second.count(" ") == 1:
        return f"{value}{_TO}{second}"
    return f"{first} {_TO} {second}" if " " in first + second else f"{first}{_TO}{second}"


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
        if size >= 2 * length:
            shown = seconds / length
            return f"{shown:,.0f} {word}" if abs(shown) >= 9.95 else f"{shown:.1f} {word}"
    return f"{seconds:.0f} s" if size >= 9.95 or seconds == 0 else f"{seconds:.1f} s"


def day(moment: date) -> str:
    """Return a day in words.

    Examples
    --------
    >>> day(date(2026, 6, 1))
    '1 June 2026'
    """
    return f"{moment.day} {moment:%B %Y}"


def when(moment: datetime) -> str:
    """Return an instant in the zone it carries, to the minute.

    Examples
    --------
    >>> when(datetime(2026, 6, 1, 9, 5))
    'Mon 1 Jun 2026 09:05'
    """
    return f"{moment:%a} {moment.day} {moment:%b %Y %H:%M}"


def plural(count: int, *, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, one="case"), plural(1200, one="case"), plural(2, one="query", many="queries")
    ('1 case', '1,200 cases', '2 queries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def nice_step(span: float, *, parts: int = 4) -> float:
    """Return a round step (1, 2 or 5 times a power of ten) that cuts a span into about `parts`.

    Examples
    --------
    >>> nice_step(93.0), nice_step(0.31)
    (20.0, 0.1)
    """
    if span <= 0 or not math.isfinite(span):
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / parts))
    return min((f * power for f in (1.0, 2.0, 5.0, 10.0)), key=lambda s: abs(span / s - parts))


def time_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Return places in seconds and their words for a straight axis of time.

    Examples
    --------
    >>> time_ticks(0.0, 400.0)
    ([0.0, 120.0, 240.0, 360.0], ['0', '2 min', '4 min', '6 min'])
    """
    length, word = next(((n, w) for n, w in _STEPS if high >= 2 * n), (1.0, "s"))
    step = nice_step((high - low) / length) * length
    first = math.ceil(low / step - 1e-9)
    places = [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]
    return places, [f"{p / length:g} {word}" if p else "0" for p in places]


#: Places on a logarithmic axis of time that people know by name.
LOG_TICKS: Final = (
    (1.0, "1 s"), (10.0, "10 s"), (60.0, "1 min"), (600.0, "10 min"), (3600.0, "1 h"), (6 * 3600.0, "6 h"),
    (86_400.0, "1 d"), (7 * 86_400.0, "1 wk"), (30 * 86_400.0, "30 d"), (365 * 86_400.0, "1 y"),
)  # fmt: skip
