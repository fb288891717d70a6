"""Quarter hours and what they belong to: period, local day, weekday, hour.

Every edge of local time falls on a quarter hour of UTC (all zones since 1972 keep to it), so an instant's quarter
decides all of these, on days of 23 and 25 hours too, in any engine, by one join.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from troth.core.time import Grid, Step

#: Microseconds of a quarter hour.
QUARTER = 900_000_000


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


def table(found: Periods) -> pa.Table:
    """Return one row a quarter hour: `q`, `period` (-1 is the one before), `day` (local days since 1970), `weekday`, `hour`."""
    low, high = found.low // QUARTER, -(-found.high // QUARTER)
    q = np.arange(low, high, dtype=np.int64)
    edges = np.array([_micros(e) for e in found.edges], dtype=np.int64)
    period = np.searchsorted(edges, q * QUARTER, side="right") - 2
    local = q * QUARTER + _offsets(q, found.time_zone)
    day = local // 86_400_000_000
    return pa.table(
        {
            "q": q,
            "period": np.maximum(period, -1),
            "day": day,
            "weekday": (day + 3) % 7,
            "hour": local // 3_600_000_000 % 24,
        }
    )


def _offsets(q: np.ndarray, time_zone: str) -> np.ndarray:
    """Return the zone's offset from UTC of each quarter hour, in microseconds."""
    zone = ZoneInfo(time_zone)

    def offset(one: int) -> int:
        moment = datetime.fromtimestamp(one * QUARTER / 1e6, UTC).astimezone(zone).utcoffset()
        return int(moment.total_seconds() * 1e6) if moment else 0

    # Offsets change a few times a year: look once a day, and closely only on days that begin and end differently.
    ends = np.unique(np.append(q[::96], q[-1]))
    known = np.array([offset(int(one)) for one in ends], dtype=np.int64)
    result = known[np.searchsorted(ends, q, side="right") - 1]
    for place in np.flatnonzero(np.diff(known)):
        low, high = np.searchsorted(q, [ends[place], ends[place + 1]])
        result[low : high + 1] = [offset(int(one)) for one in q[low : high + 1]]
    return result


def _micros(instant: datetime) -> int:
    delta = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
