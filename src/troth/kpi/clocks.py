"""Business time for millions of rows: elapsed open seconds, due times, same business day, pauses.

Instants go in and out as NumPy ``datetime64`` or as int64 microseconds since 1970 UTC (the smallest
int64 is NaT). A row with a missing or impossible instant or calendar gives NaN, NaT or False, never an error, and so does a
row that ends before it starts; `count_negative` says how many of those there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.calendar import HORIZON, Calendar
from troth.core.spans import from_micros, to_micros

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Instants = NDArray[np.datetime64] | NDArray[np.int64]

#: The int64 that stands for a missing instant.
NAT = int(np.iinfo(np.int64).min)
_DAY = 86_400_000_000
#: Years outside which an instant is a slip or stands for "never" (1753, 9999): such a row has no business time.
FIRST, LAST = (to_micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (1900, 2200))
_MAX_REACH = int(HORIZON / timedelta(microseconds=1))


def micros(instants: Any) -> Ints:
    """Return instants as int64 microseconds since 1970 UTC, NaT as `NAT`.

    Raises
    ------
    TypeError
        If they are neither ``datetime64`` nor integers (naive ``datetime64`` is UTC).
    """
    array = np.asarray(instants)
    if array.dtype.kind == "M":
        return array.astype("datetime64[us]", copy=False).view(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"Instants must be datetime64 or integer microseconds, not {array.dtype}.")
    return array.astype(np.int64, copy=False)


def _sane(instants: Any) -> Ints:
    """Return instants as microseconds; those of impossible years are missing."""
    at = micros(instants)
    return np.where((at >= FIRST) & (at < LAST), at, NAT)


def count_negative(start: Instants, end: Instants) -> int:
    """Return how many rows end before they start."""
    low, high = micros(start), micros(end)
    return int(np.count_nonzero((low != NAT) & (high != NAT) & (high < low)))


@dataclass(frozen=True, slots=True)
class Pauses:
    """Stretches that do not count, as flat arrays: the row each belongs to, its start and its end.

    Pauses of a row may overlap, reach beyond it or come in any order; what they cover counts once.
    A pause with a missing end lasts to the end of its row.
    """

    row: Ints
    start: Instants
    end: Instants


class Clock:
    """One calendar compiled for a stretch of time.

    Parameters
    ----------
    calendar : the calendar.
    start, end : the stretch, aware instants; every instant asked about must lie in it.

    Attributes
    ----------
    opens, closes : int64 microseconds, shape (spans,): the open spans, disjoint and sorted.
    before : int64 microseconds, shape (spans + 1,): open time before each span, and in all.
    day_closes : int64 microseconds: the end of every business day.
    """

    __slots__ = ("before", "calendar", "closes", "day_closes", "high", "low", "opens")

    def __init__(self, calendar: Calendar, *, start: datetime, end: datetime) -> None:
        self.calendar = calendar
        self.low, self.high = to_micros(start), to_micros(end)
        margin = timedelta(days=2)  # a business day cut by the limits is seen whole
        rows = list(calendar.opening_micros(from_micros(self.low) - margin, from_micros(self.high) + margin))
        day, opens, closes = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        self.day_closes = _day_closes(day, opens, closes, low=self.low, high=self.high)
        self.opens, self.closes = _joined(np.maximum(opens, self.low), np.minimum(closes, self.high))
        self.before = np.concatenate([[0], np.cumsum(self.closes - self.opens)]).astype(np.int64)

    def elapsed(self, start: Instants, end: Instants, *, pauses: Pauses | None = None) -> Floats:
        """Return the open seconds from `start` to `end`, without those within pauses.

        Parameters
        ----------
        start, end : instants, shape (rows,).
        pauses : what does not count.

        Returns
        -------
        Seconds, shape (rows,); NaN where an instant is missing or the end is before the start.

        Raises
        ------
        ValueError
            If an instant lies outside the compiled stretch.
        """
        low, high = micros(start), micros(end)
        good = (low != NAT) & (high != NAT) & (high >= low)
        passed = self._passed(np.where(good, high, self.low)) - self._passed(np.where(good, low, self.low))
        seconds = np.where(good, passed / 1e6, np.nan)
        if pauses is not None and len(pauses.row):
            row, start, end = merged_pauses(pauses, low=low, high=high, good=good)
            paused = (self._passed(end) - self._passed(start)) / 1e6
            seconds -= np.bincount(row, weights=paused, minlength=len(seconds))
        return seconds

    def due(self, start: Instants, *, seconds: Floats | float) -> NDArray[np.datetime64]:
        """Return the first instants at which so many open seconds have passed.

        Returns
        -------
        ``datetime64[us]``, shape (rows,); NaT where the start or the seconds are missing or negative, or
        the compiled stretch ends before.
        """
        low = micros(start)
        wanted = np.broadcast_to(np.asarray(seconds, dtype=np.float64), low.shape)
        good = (low != NAT) & (wanted >= 0)
        target = self._passed(np.where(good, low, self.low))
        target += np.rint(np.where(good, np.minimum(wanted, 1e12), 0) * 1e6).astype(np.int64)
        reached = good & (target <= self.before[-1])
        result = np.full(low.shape, NAT, dtype=np.int64)
        if len(self.opens):
            span = np.searchsorted(self.before[1:], target[reached], side="left")
            at = self.opens[span] + target[reached] - self.before[span]
            result[reached] = np.maximum(at, low[reached])
        result = np.where(good & (wanted == 0), low, result)
        return result.view("datetime64[us]")

    def close_of_business_day(self, instants: Instants) -> NDArray[np.datetime64]:
        """Return the close of the business day of each instant (see `Calendar`); NaT when there is none."""
        at = micros(instants)
        place = np.searchsorted(self.day_closes, at, side="right")
        result = np.full(at.shape, NAT, dtype=np.int64)
        found = (at != NAT) & (place < len(self.day_closes))
        result[found] = self.day_closes[place[found]]
        if len(beyond := np.flatnonzero((at != NAT) & ~found)):
            # All that is left waits for the first close after the stretch, whichever instant asks.
            close = self.calendar.close_of_business_day(from_micros(self.high))
            result[beyond] = NAT if close is None else to_micros(close)
        return result.view("datetime64[us]")

    def same_business_day(self, start: Instants, end: Instants) -> NDArray[np.bool_]:
        """Tell where the end is not after the close of the business day of the start (never: False)."""
        low, high = micros(start), micros(end)
        close = micros(self.close_of_business_day(start))
        same: NDArray[np.bool_] = (low != NAT) & (high >= low) & (high <= close)
        return same

    def _passed(self, at: Ints) -> Ints:
        """Return the open microseconds from the beginning of the stretch to each instant."""
        if at.size and (at.min() < self.low or at.max() > self.high):
            stretch = f"{from_micros(self.low)} to {from_micros(self.high)}"
            raise ValueError(f"An instant lies outside the clock's stretch of {stretch}.")
        if not len(self.opens):
            return np.zeros(at.shape, dtype=np.int64)
        span = np.searchsorted(self.opens, at, side="right") - 1
        held = np.maximum(span, 0)  # before the first opening nothing has passed
        inside = np.minimum(at, self.closes[held]) - self.opens[held]
        return np.where(span < 0, 0, self.before[held] + inside)


def _day_closes(day: Ints, opens: Ints, closes: Ints, *, low: int, high: int) -> Ints:
    """Return the last closing of every day that touches the stretch, sorted; others may not be known whole."""
    names, place = np.unique(day, return_inverse=True)
    first, last = np.full(len(names), -NAT - 1), np.full(len(names), NAT)
    np.minimum.at(first, place, opens)
    np.maximum.at(last, place, closes)
    return np.sort(last[(last > low) & (first < high)])


def _joined(opens: Ints, closes: Ints) -> tuple[Ints, Ints]:
    """Return spans sorted, without the empty ones, and with those that touch or overlap made one."""
    order = np.argsort(opens, kind="stable")
    order = order[closes[order] > opens[order]]
    opens, reach = opens[order], np.maximum.accumulate(closes[order])
    if not len(opens):
        return opens, reach
    fresh = np.concatenate([[True], opens[1:] > reach[:-1]])
    return opens[fresh], reach[np.append(np.flatnonzero(fresh)[1:], len(opens)) - 1]


def merged_pauses(pauses: Pauses, *, low: Ints, high: Ints, good: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Return the pauses cut to their rows and joined where they overlap: row, start, end."""
    row = np.asarray(pauses.row, dtype=np.int64)
    start, end = micros(pauses.start), micros(pauses.end)
    start, end = np.maximum(start, low[row]), np.minimum(np.where(end == NAT, high[row], end), high[row])
    kept = good[row] & (micros(pauses.start) != NAT) & (start < end)
    row, start, end = row[kept], start[kept], end[kept]
    order = np.lexsort((start, row))
    row, start, end = row[order], start[order], end[order]
    if not len(row):
        return row, start, end
    # The running latest end within each row: ranks of the ends, lifted by row, need no loop and no overflow.
    by_end = np.argsort(end, kind="stable")
    rank = np.empty(len(end), dtype=np.int64)
    rank[by_end] = np.arange(len(end))
    changed = np.concatenate([[True], row[1:] != row[:-1]])
    lifted = np.maximum.accumulate((np.cumsum(changed) - 1) * len(end) + rank)
    reach = end[by_end[lifted % len(end)]]
    fresh = changed.copy()
    fresh[1:] |= start[1:] > reach[:-1]
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(row)) - 1
    return row[first], start[first], reach[last]


class Clocks:
    """Several calendars at once: every row says by a code which one holds for it.

    Calendars are compiled when first needed, for as long a stretch as is asked about. Instants before 1900 and from
    2200 on count as missing.

    Parameters
    ----------
    calendars : calendars by name; the order gives the codes 0, 1, ...

    Examples
    --------
    >>> clocks = Clocks({"office": Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")})
    >>> at = np.array(["2026-03-06T16:30", "2026-03-06T17:30"], dtype="datetime64[us]")
    >>> clocks.elapsed(at[:1], at[1:], codes=clocks.codes(["office"]))
    array([1800.])
    """

    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        self.calendars = dict(calendars)
        self.names = tuple(self.calendars)
        self._compiled: dict[int, Clock] = {}

    def codes(self, names: Sequence[str | None]) -> Ints:
        """Return the code of each calendar name; -1 for None and for names that are not known."""
        code = {name: number for number, name in enumerate(self.names)}
        return np.array([code.get(name, -1) if name is not None else -1 for name in names], dtype=np.int64)

    def clock(self, code: int, *, start: datetime, end: datetime) -> Clock:
        """Return one calendar compiled for at least the stretch."""
        known = self._compiled.get(code)
        low, high = to_micros(start), to_micros(end)
        if known is None or low < known.low or high > known.high:
            if known is not None:
                low, high = min(low, known.low), max(high, known.high)
            # Whole spare days keep later calls, which ask a little further, from compiling anew.
            known = Clock(
                self.calendars[self.names[code]], start=from_micros(low - 40 * _DAY), end=from_micros(high + 40 * _DAY)
            )
            self._compiled[code] = known
        return known

    def elapsed(self, start: Instants, end: Instants, *, codes: Ints | int = 0, pauses: Pauses | None = None) -> Floats:
        """Return the open seconds of every row by its own calendar; see `Clock.elapsed`."""
        low, high = _sane(start), _sane(end)
        result = np.full(low.shape, np.nan)

        def one(clock: Clock, rows: Ints | slice) -> None:
            result[rows] = clock.elapsed(low[rows], high[rows])

        self._each(codes, low, high, one)
        if pauses is not None and len(pauses.row):
            row, start, end = merged_pauses(pauses, low=low, high=high, good=~np.isnan(result))
            paused = self.elapsed(start, end, codes=codes if isinstance(codes, int) else np.asarray(codes)[row])
            result -= np.bincount(row, weights=paused, minlength=len(result))
        return result

    def due(self, start: Instants, *, seconds: Floats | float, codes: Ints | int = 0) -> NDArray[np.datetime64]:
        """Return when so many open seconds have passed; NaT when they have not in ten years."""
        low = _sane(start)
        wanted = np.broadcast_to(np.asarray(seconds, dtype=np.float64), low.shape)
        result = np.full(low.shape, NAT, dtype=np.int64)

        def one(clock: Clock, rows: Ints | slice) -> None:
            result[rows] = micros(clock.due(low[rows], seconds=wanted[rows]))

        open_rows = (low != NAT) & (wanted >= 0)
        reach = 14 * _DAY
        while open_rows.any() and reach < 2 * _MAX_REACH:
            missing = np.where(open_rows, low, NAT)
            self._each(codes, missing, missing + np.where(open_rows, min(reach, _MAX_REACH), 0), one, only=open_rows)
            open_rows &= (result == NAT) & (np.broadcast_to(codes, low.shape) >= 0)
            reach *= 8
        return result.view("datetime64[us]")

    def same_business_day(self, start: Instants, end: Instants, *, codes: Ints | int = 0) -> NDArray[np.bool_]:
        """Tell where the end is not after the close of the start's business day."""
        low, high = _sane(start), _sane(end)
        result = np.zeros(low.shape, dtype=np.bool_)

        def one(clock: Clock, rows: Ints | slice) -> None:
            result[rows] = clock.same_business_day(low[rows], high[rows])

        self._each(codes, low, high, one)
        return result

    def _each(
        self,
        codes: Ints | int,
        low: Ints,
        high: Ints,
        one: Callable[[Clock, Ints | slice], None],
        *,
        only: NDArray[np.bool_] | None = None,
    ) -> None:
        """Call `one` with each calendar's clock and its rows."""
        kept = (low != NAT) & (high != NAT) if only is None else only
        if isinstance(codes, int) and kept.all():
            if len(low):
                one(self._covering(codes, low, high), slice(None))
            return
        each = np.broadcast_to(np.asarray(codes), low.shape)
        rows = np.flatnonzero(kept & (each >= 0))
        # Codes are few: as 16-bit numbers they are sorted by radix, in linear time.
        small = each[rows].astype(np.int16 if len(self.names) < 2**15 else np.int64)
        order = np.argsort(small, kind="stable")
        rows, small = rows[order], small[order]
        cuts = np.flatnonzero(np.diff(small, prepend=-1, append=-1)) if len(small) else np.array([0])
        for first, last in pairwise(cuts.tolist()):
            group = rows[first:last]
            one(self._covering(int(small[first]), low[group], high[group]), group)

    def _covering(self, code: int, low: Ints, high: Ints) -> Clock:
        given = [array[array != NAT] for array in (low, high)]
        least = min((int(array.min()) for array in given if len(array)), default=0)
        most = max((int(array.max()) for array in given if len(array)), default=0)
        return self.clock(code, start=from_micros(least), end=from_micros(most))
