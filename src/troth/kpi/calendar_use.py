"""Which calendar holds for which row, and since when: the reference table `calendar_use` applied to arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.calendar import Calendar
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, to_micros, to_utc, zone
from troth.kpi.clocks import NAT, Clocks, Floats, Instants, Ints, Pauses, micros

#: Who decides when several dimensions name a calendar: the first of these that does.
PRECEDENCE = ("customer", "service", "priority", "queue", "team", "site")

_EVER = datetime(1, 1, 1, tzinfo=UTC)
#: Days after a special day among which the first open one is looked for.
_LONGEST = 14
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class SwitchRule(StrEnum):
    """What to do when the calendar changes while a clock runs."""

    ACCUMULATE = "accumulate"  # every stretch by the calendar that held then
    AT_END = "at_end"  # all of it by the calendar that holds at the end
    AT_START = "at_start"  # all of it by the calendar that held at the start


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as codes into names; -1 is null. Cheaper than text for millions of rows."""

    codes: Ints
    names: Sequence[str | None]


def coded(column: Any) -> Coded:
    """Return a column of texts of a PyArrow table as codes, numbered as the texts first come."""
    encoded = column.combine_chunks().cast("string").dictionary_encode()
    # Several chunks of text may stay several; joined once encoded they are one.
    encoded = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, encoded.dictionary.to_pylist())


@dataclass(frozen=True, slots=True)
class _Use:
    """One good row: the calendar of a member from `since` until `until`."""

    calendar: str
    since: datetime
    until: datetime
    version: int


class CalendarUse:
    """Which calendar holds for whom and when.

    Of several rows for one member that hold at an instant, the one with the latest beginning counts. Of several
    dimensions the first of `precedence` counts. Where none says anything the `default` holds.

    Parameters
    ----------
    calendars : calendars by name.
    rows : rows of `calendar_use`; `valid_from` and `valid_to` are dates on the named calendar's wall
        clock, or aware instants.
    default : name of the calendar that holds where no row does.
    precedence : dimensions, the strongest first.

    Attributes
    ----------
    issues : all that is wrong with the rows; bad rows are left out.

    Raises
    ------
    InputError
        ``unknown-calendar`` if the default is not among the calendars.
    """

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        rows: Iterable[Mapping[str, Any]] = (),
        *,
        default: str = "24x7",
        precedence: Sequence[str] = PRECEDENCE,
    ) -> None:
        self.calendars = {"24x7": Calendar.always(), **calendars}
        self.default, self.precedence = default, tuple(precedence)
        self.issues: list[Issue] = []
        if default not in self.calendars:
            raise InputError([_error("unknown-calendar", "default", default, f"Maybe one of {_some(self.calendars)}.")])
        self._uses: dict[str, dict[str, list[_Use]]] = {dimension: {} for dimension in precedence}
        for number, row in enumerate(rows, start=1):
            self._take(row, f"calendar_use row {number}")

    def apply(self, members: Mapping[str, Sequence[str | None] | Coded], *, rows: int) -> RowCalendars:
        """Find the calendars of every row.

        Parameters
        ----------
        members : for each dimension at hand the member of every row; dimensions left out decide nothing.
        rows : number of rows.
        """
        # Only members that have a calendar of their own tell rows apart, so there are few combinations.
        key = np.zeros(rows, dtype=np.int64)
        active = [name for name in self.precedence if self._uses[name] and name in members]
        for name in active:
            names = list(self._uses[name])
            key = key * (len(names) + 1) + _encode(members[name], names) + 1
        keys, row_key = np.unique(key, return_inverse=True)
        timelines: dict[tuple[tuple[datetime, str], ...], int] = {}
        codes = [timelines.setdefault(self._timeline(int(one), active), len(timelines)) for one in keys]
        return RowCalendars(self.calendars, list(timelines), np.array(codes, dtype=np.int64)[row_key])

    def _timeline(self, key: int, active: list[str]) -> tuple[tuple[datetime, str], ...]:
        """Return which calendar takes over when, for one combination of members."""
        levels: list[list[_Use]] = []
        for name in reversed(active):
            key, place = divmod(key, len(self._uses[name]) + 1)
            levels.insert(0, list(self._uses[name].values())[place - 1] if place else [])
        edges = sorted({_EVER, *(edge for level in levels for use in level for edge in (use.since, use.until))})
        timeline: list[tuple[datetime, str]] = []
        for edge in edges:
            name = self._in_force(levels, edge)
            if not timeline or timeline[-1][1] != name:
                timeline.append((edge, name))
        return tuple(timeline)

    def _in_force(self, levels: list[list[_Use]], at: datetime) -> str:
        for level in levels:
            if held := [use for use in level if use.since <= at < use.until]:
                return max(held, key=lambda use: (use.since, use.version)).calendar
        return self.default

    def _take(self, row: Mapping[str, Any], where: str) -> None:
        found: list[Issue] = []
        dimension, member, name = (str(row.get(key) or "") for key in ("dimension", "member", "calendar"))
        if dimension not in self._uses:
            found.append(_error("bad-dimension", where, dimension, f"Maybe one of {', '.join(self.precedence)}."))
        if not member:
            found.append(_error("no-name", where, member, "Maybe the column `member` is empty."))
        if name not in self.calendars:
            found.append(_error("unknown-calendar", where, name, f"Maybe one of {_some(self.calendars)}."))
        if not found:
            time_zone = self.calendars[name].time_zone
            try:
                since = _as_instant(row.get("valid_from"), time_zone) or _EVER
                until = _as_instant(row.get("valid_to"), time_zone) or _NEVER
                use = _Use(name, since, until, int(row.get("version") or 0))
                self._uses[dimension].setdefault(member, []).append(use)
            except ValueError as error:
                found.append(_error("bad-date", where, error, "Maybe a date such as 2026-12-24 is meant."))
        self.issues.extend(found)


class RowCalendars:
    """The calendars of a set of rows, ready to measure with.

    Attributes
    ----------
    codes : int64, shape (rows,): the timeline of each row.
    timelines : for each code which calendar takes over when.
    """

    def __init__(
        self, calendars: Mapping[str, Calendar], timelines: list[tuple[tuple[datetime, str], ...]], codes: Ints
    ) -> None:
        self.codes, self.timelines = codes, timelines
        self._single = Clocks(calendars)
        self._switching = Clocks({str(code): composed(calendars, line=line) for code, line in enumerate(timelines)})

    def elapsed(
        self,
        start: Instants,
        end: Instants,
        *,
        rule: SwitchRule = SwitchRule.ACCUMULATE,
        pauses: Pauses | None = None,
    ) -> Floats:
        """Return the open seconds of every row; see `Clock.elapsed`."""
        if rule is SwitchRule.ACCUMULATE:
            return self._switching.elapsed(start, end, codes=self.codes, pauses=pauses)
        codes = self.in_force(end if rule is SwitchRule.AT_END else start)
        return self._single.elapsed(start, end, codes=codes, pauses=pauses)

    def due(self, start: Instants, *, seconds: Floats | float) -> NDArray[np.datetime64]:
        """Return when so many open seconds have passed, each stretch by the calendar that holds then."""
        return self._switching.due(start, seconds=seconds, codes=self.codes)

    def same_business_day(self, start: Instants, end: Instants) -> NDArray[np.bool_]:
        """Tell where the end is not after the close of the start's business day."""
        return self._switching.same_business_day(start, end, codes=self.codes)

    def names(self, instants: Instants) -> list[str | None]:
        """Return the name of the calendar in force for every row at its instant; None where it is missing."""
        return [None if code < 0 else self._single.names[code] for code in self.in_force(instants).tolist()]

    def in_force(self, instants: Instants) -> Ints:
        """Return the code of the calendar in force for every row at its instant; -1 where it is missing."""
        at = micros(instants)
        result = np.full(at.shape, -1, dtype=np.int64)
        for code, line in enumerate(self.timelines):
            names = self._single.codes([name for _, name in line])
            if len(line) == 1:
                rows: Any = self.codes == code if len(self.timelines) > 1 else slice(None)
                result[rows] = names[0]
            else:
                rows = self.codes == code
                edges = np.array([to_micros(edge) for edge, _ in line], dtype=np.int64)
                result[rows] = names[np.maximum(np.searchsorted(edges, at[rows], side="right") - 1, 0)]
        result[at == NAT] = -1
        return result


def composed(calendars: Mapping[str, Calendar], *, line: Sequence[tuple[datetime, str]]) -> Calendar:
    """Return one calendar that is each of a line of calendars from its instant on."""
    calendar = calendars[line[0][1]]
    for since, name in line[1:]:
        calendar = calendar.then(since, calendar=calendars[name])
    return calendar


def _encode(column: Sequence[str | None] | Coded, names: list[str]) -> Ints:
    place = {name: number for number, name in enumerate(names)}
    if isinstance(column, Coded):
        table = np.array([place.get(name, -1) if name is not None else -1 for name in column.names] + [-1])
        return table[column.codes].astype(np.int64)  # code -1 takes the last entry, which is -1
    return np.array([place.get(name, -1) if name is not None else -1 for name in column], dtype=np.int64)


def _as_instant(value: object, time_zone: str) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return to_utc(value)
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return start_of_day(day, tz=zone(time_zone))


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)


def days_apart(calendar: Calendar) -> frozenset[int]:
    """Return the days, as numbers since 1970, on which business is known to be out of the ordinary.

    These are the special days of a calendar, and those after them up to the first that is open as usual: what could
    not come on a holiday comes then.
    """
    special = {day.day for day in calendar.days}
    found: set[date] = set()
    for day in special:
        for k in range(_LONGEST):
            here = day + timedelta(days=k)
            found.add(here)
            if here not in special and any(rule.holds(here) for rule in calendar.hours):
                break
    return frozenset((day - date(1970, 1, 1)).days for day in found)
