"""Days of a house as its tables have them: zones, opening hours, days off, rows that hold for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.core.spans import instant_at, local_date

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
#: Since when what has no beginning holds.
EVER: Final = date(1900, 1, 1)
_USUAL: Final = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Doors:
    """When a calendar is open: minutes of each weekday, and days off.

    Parameters
    ----------
    name : of the calendar; empty for none.
    week : (opens, closes) minutes since midnight of each weekday, Monday first; None while closed.
    closed : days off.
    """

    name: str = ""
    week: tuple[tuple[int, int] | None, ...] = (None,) * 7
    closed: frozenset[date] = frozenset()

    @property
    def weekdays(self) -> frozenset[int]:
        """Weekdays on which it is open; Monday to Friday if nobody says."""
        return frozenset(k for k, span in enumerate(self.week) if span is not None) or _USUAL


def doors_of(tables: Tables, *, name: str, day: date) -> Doors:
    """Return the doors of a calendar as they are on a day."""
    week: list[tuple[int, int] | None] = [None] * 7
    for row in tables.get("calendars", ()):
        if row["calendar"] == name and row["opens"] and row["closes"] and holds(row, day=day):
            a, b = _minute(row["opens"]), _minute(row["closes"])
            before = week[row["weekday"]]
            week[row["weekday"]] = (a, b) if before is None else (min(a, before[0]), max(b, before[1]))
    days = [row for row in tables.get("calendar_days", ()) if row["calendar"] == name and row["day"] is not None]
    open_ = {row["day"] for row in days if row["opens"]}
    return Doors(name, tuple(week), frozenset(row["day"] for row in days) - open_)


def calendar_for(tables: Tables, *, site: str, team: str, day: date) -> str:
    """Return the calendar of a team, or of its site; empty for none."""
    for dimension, member in (("team", team), ("site", site)):
        row = newest(
            (one for one in tables.get("calendar_use", ()) if (one["dimension"], one["member"]) == (dimension, member)),
            day=day,
        )
        if member and row is not None and row["calendar"]:
            return str(row["calendar"])
    return ""


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes or 0)


def holds(row: Row, *, day: date) -> bool:
    """Tell whether a row of a reference table holds on a day."""
    since, until = row.get("valid_from"), row.get("valid_to")
    return (since is None or since <= day) and (until is None or day < until)


def newest(rows: Iterable[Row], *, day: date) -> Row | None:
    """Return the row that holds on a day, of several the one that began last; else the one that held last."""
    some = sorted(rows, key=lambda row: row.get("valid_from") or EVER)
    held = [row for row in some if holds(row, day=day)]
    return held[-1] if held else some[-1] if some else None


def spans_of(rows: Iterable[Row]) -> list[tuple[date, date | None, Row]]:
    """Return rows of one key with when they hold, in order and without overlap: the one that began later goes before."""
    some = sorted(rows, key=lambda row: row.get("valid_from") or EVER)
    out = []
    for k, row in enumerate(some):
        first, until = row.get("valid_from") or EVER, row.get("valid_to")
        if k + 1 < len(some):
            then = some[k + 1].get("valid_from") or EVER
            until = then if until is None else min(until, then)
        if until is None or first < until:
            out.append((first, until, row))
    return out


def away(start: datetime, end: datetime, *, doors: Doors, tz: ZoneInfo) -> tuple[list[date], dict[date, float]]:
    """Return days away as a whole, and hours of days away in part.

    A day counts as a whole if nothing is left of its opening hours, or of it where it is not open at all.
    """
    whole, part = list[date](), dict[date, float]()
    day, last = local_date(start, tz=tz), local_date(end - timedelta(microseconds=1), tz=tz)
    while day <= last:
        a, b = doors.week[day.weekday()] or (0, 1440)
        opens, closes = instant_at(day, minute=a, tz=tz), instant_at(day, minute=b, tz=tz)
        gone = (min(end, closes) - max(start, opens)).total_seconds() / 3600
        if start <= opens and closes <= end:
            whole.append(day)
        elif gone > 0:
            part[day] = gone
        day += timedelta(days=1)
    return whole, part


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return days as spans from the first to the day after the last."""
    out: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if out and out[-1][1] == day:
            out[-1] = (out[-1][0], day + timedelta(days=1))
        else:
            out.append((day, day + timedelta(days=1)))
    return out
