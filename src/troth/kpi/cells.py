"""Quarter hours and what they belong to: period, local day, weekday, hour.

Every edge of local time falls on a quarter hour of UTC (all zones since 1972 keep to it), so an instant's quarter
decides all of these, on days of 23 and 25 hours too, in any engine, by one join.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from troth.core.time import Grid, Step

#: Microseconds of a quarter hour.
QUARTER: Final = 900_000_000
_TICK: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods asked for, and the one before them.

    Parameters
    ----------
    edges : instants, one more than there are periods; the first period is only there to compare with.
    time_zone : whose days and hours count.
    """

    edges: tuple[datetime, ...]
    time_zone: str

    @property
    def count(self) -> int:
        """Return how many periods there are, the one before included."""
        return len(self.edges) - 1

    @property
    def short(self) -> bool:
        """Tell whether no period is longer than a local day."""
        zone = ZoneInfo(self.time_zone)
        days = (
            (a.astimezone(zone).date(), b.astimezone(zone).replace(fold=0) - _TICK) for a, b in pairwise(self.edges)
        )
        return all(first == last.date() for first, last in days)

    @property
    def low(self) -> int:
        """Return the first instant of all in microseconds."""
        return _micros(self.edges[0])

    @property
    def high(self) -> int:
        """Return the instant after the last in microseconds."""
        return _micros(self.edges[-1])


def periods(start: datetime, end: datetime, *, every: Step | None, time_zone: str) -> Periods:
    """Return the periods from `start` to `end` (cells of `every`, or one), with one more before them."""
    if every is None:
        return Periods((start - (end - start), start, end), time_zone)
    edges = Grid(start, end, every, time_zone).edges()
    first = Grid(edges[0] - (edges[1] - edges[0]), edges[0], every, time_zone).edges()[-2]
    return Periods((first, *edges), time_zone)


def sql(found: Periods) -> str:
    """Return SQL with one row a quarter hour: `q`, `period`, `day`, `weekday` (0 is Monday), `hour`.

    `period` counts from 0; -1 is the one before the first. `day` counts local days since 1970.
    """
    low, high = found.low // QUARTER, -(-found.high // QUARTER)
    edges = ", ".join(f"({_micros(edge) // QUARTER}, {number - 1})" for number, edge in enumerate(found.edges[:-1]))
    offsets = ", ".join(f"({q}, {offset})" for q, offset in _offsets(low, high, found.time_zone))
    return f"""
        WITH quarters AS (SELECT range AS q FROM range({low}, {high})),
        edges AS (SELECT * FROM (VALUES {edges}) v(since, period)),
        offsets AS (SELECT * FROM (VALUES {offsets}) v(since, quarters)),
        local AS (
            SELECT q, period, q + quarters AS l
            FROM quarters ASOF JOIN edges ON q >= edges.since ASOF JOIN offsets ON q >= offsets.since
        )
        SELECT q, period::BIGINT AS period, l // 96 AS day, (l // 96 + 3) % 7 AS weekday, l // 4 % 24 AS hour FROM local"""


def _offsets(low: int, high: int, time_zone: str) -> list[tuple[int, int]]:
    """Return from which quarter hour on which offset from UTC holds, in quarter hours."""
    zone = ZoneInfo(time_zone)

    def offset(q: int) -> int:
        moment = (_EPOCH + timedelta(minutes=15 * q)).astimezone(zone).utcoffset()
        return int(moment.total_seconds()) // 900 if moment else 0

    found = [(low, offset(low))]
    # Offsets change a few times a year: look once a day, and closely only at days that end otherwise than they began.
    for day in range(low, high, 96):
        last = min(day + 96, high)
        if offset(last) != found[-1][1]:
            change = next(q for q in range(day, last + 1) if offset(q) != found[-1][1])
            found.append((change, offset(change)))
    return found


def _micros(instant: datetime) -> int:
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
