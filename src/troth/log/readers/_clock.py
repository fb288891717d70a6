"""Turns local clock times into UTC, many at once, and says which of them the zone leaves in doubt."""

from __future__ import annotations

import difflib
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from troth.core.spans import clock_changes, to_micros

Micros = npt.NDArray[np.int64]
_YEAR_US: Final = 366 * 86_400 * 1_000_000


def zone_advice(name: str) -> str | None:
    """Return None if `name` is a time zone, else a sentence naming the nearest ones."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), 2)
        return f"Maybe {' or '.join(near)} is meant." if near else "Maybe a name such as Europe/Paris is meant."
    return None


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return (instant in µs, offset after it in µs) for the changes of a UTC year, the offset at its start first."""
    where = zoneinfo.ZoneInfo(zone)
    start = datetime(year, 1, 1, tzinfo=UTC)
    found = []
    for instant in [start, *clock_changes(start, datetime(year + 1, 1, 1, tzinfo=UTC), tz=where)]:
        offset = instant.astimezone(where).utcoffset()
        assert offset is not None
        found.append((to_micros(instant), offset // timedelta(microseconds=1)))
    return tuple(found)


def to_utc(local: Micros, zone: str) -> tuple[Micros, npt.NDArray[np.bool_]]:
    """Return the instants of local clock times, and which of them are in doubt.

    A time that happens twice (clocks go back) is taken as the first of the two, one that does not happen
    (clocks go forward) as if the clock had not been moved yet; both are in doubt. This is the `fold=0` rule of
    PEP 495.

    Parameters
    ----------
    local : clock times as microseconds since 1970-01-01 00:00 on that clock.
    zone : name of the time zone; it must exist.
    """
    if not len(local):
        return local, np.zeros(0, bool)
    low = max(int(local.min()) // _YEAR_US + 1969, 1)
    high = min(int(local.max()) // (_YEAR_US - 86_400_000_000) + 1971, 9998)
    points = [change for year in range(max(low, 1900), min(high, 2200) + 1) for change in _changes(zone, year)]
    if not points:
        points = [(0, 0)]
    at = np.array([p[0] for p in points], np.int64)
    offset = np.array([p[1] for p in points], np.int64)
    moved = np.flatnonzero(np.diff(offset)) + 1
    before, after, change = offset[moved - 1], offset[moved], at[moved]
    # On the local clock the old offset holds until the change as the old clock shows it: the first of two equal times.
    border = np.where(after < before, change + before, change + after)
    used = np.concatenate((offset[:1], after))
    place = np.searchsorted(border, local, side="right")
    utc = local - used[place]
    doubtful = np.zeros(len(local), bool)
    for one_change, old, new in zip(change, before, after, strict=True):
        doubtful |= (local >= one_change + min(old, new)) & (local < one_change + max(old, new))
    return utc, doubtful
