"""What was recorded of contacts, as arrays: what distributions are fitted to and twins are made of. The only file of this room that opens a lake."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.core.spans import from_micros
from troth.core.time import to_utc
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Names = NDArray[np.str_]
_DAY: Final = 86_400.0
#: A priority as a whole number, in SQL.
PRIORITY: Final = "coalesce(try_cast(regexp_extract(priority, '^[Pp]?([0-9]{1,9})$', 1) AS BIGINT), 0)"


@dataclass(frozen=True, slots=True, eq=False)
class RecordedContacts:
    """Contacts that joined a queue, in order of joining; arrays of shape (n,), times in seconds since 1970 UTC.

    Parameters
    ----------
    queue, service, agent : names; the agent is empty where nobody answered or it is not known who.
    priority : as a whole number, that of a word such as P2 too; 0 where the log has none or another word.
    day : days since 1970 of the local time of joining.
    hour : local time of day of joining, in hours.
    queued_s : when it joined.
    wait_s : until it was answered or gave up; NaN where it did neither.
    answered, gave_up : how the wait ended.
    handle_s : service and the work after it; NaN where not known.
    """

    queue: Names
    service: Names
    agent: Names
    priority: NDArray[np.int64]
    day: NDArray[np.int64]
    hour: Floats
    queued_s: Floats
    wait_s: Floats
    answered: Marks
    gave_up: Marks
    handle_s: Floats

    def __len__(self) -> int:
        return len(self.queue)

    @property
    def answered_s(self) -> Floats:
        """When service began; NaN where it did not."""
        return np.where(self.answered, self.queued_s + self.wait_s, np.nan)

    @property
    def ended_s(self) -> Floats:
        """When service ended with its wrap-up; NaN where not known."""
        return self.answered_s + self.handle_s

    @property
    def known(self) -> Marks:
        """Those of whose service all is known: who gave it, from when and until when."""
        known: Marks = self.answered & (self.agent != "") & np.isfinite(self.handle_s)
        return known

    def take(self, rows: Marks | NDArray[np.int64]) -> Self:
        """Return some of them."""
        return type(self)(*(getattr(self, one.name)[rows] for one in fields(self)))

    def on(self, days: NDArray[np.int64] | list[int]) -> Self:
        """Return those of some days, those of a day named twice twice."""
        return self.take(np.concatenate([np.flatnonzero(self.day == day) for day in days]))


def recorded(
    lake: Lake, *, start: datetime, end: datetime, time_zone: str = "UTC", missed: bool = False, **where: str
) -> RecordedContacts:
    """Return the contacts that joined a queue in ``[start, end)``.

    Parameters
    ----------
    time_zone : whose days and hours count.
    missed : who was called and not there any more gave up, at the latest then.
    where : only those with this queue, site, service, channel, team or agent_id.

    Raises
    ------
    ValueError
        For another name in `where`.
    """
    unknown = sorted(set(where) - _DIMENSIONS)
    if unknown:
        raise ValueError(f"Contacts are not asked for by {', '.join(unknown)}; Maybe one of {sorted(_DIMENSIONS)}.")
    tests = ["queued_at >= $start", "queued_at < $end", *(f'"{name}" = ${name}' for name in where)]
    gone = "coalesce(outcome = 'no_show' AND called_at >= queued_at, false)" if missed else "false"
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = f"""
            SELECT coalesce(queue, '') AS queue, coalesce(service, '') AS service,
                   CASE WHEN outcome = 'answered' THEN coalesce(agent_id, '') ELSE '' END AS agent,
                   {PRIORITY} AS priority, epoch_us(queued_at) AS queued,
                   CASE WHEN outcome IN ('answered', 'abandoned') THEN wait_s
                        WHEN {gone} THEN epoch(called_at - queued_at) END AS wait_s,
                   outcome = 'answered' AS answered, outcome = 'abandoned' OR {gone} AS gave_up,
                   CASE WHEN outcome = 'answered' THEN service_s + coalesce(wrap_s, 0) END AS handle_s
            FROM ({rows}) WHERE {" AND ".join(tests)} ORDER BY queued_at, contact_id"""
        found = con.execute(text, {"start": to_utc(start), "end": to_utc(end), **where}).fetchall()
    columns = list(zip(*found, strict=True)) or [()] * 9
    queue, service, agent = (np.array(column, dtype=np.str_) for column in columns[:3])
    queued = np.array(columns[4], dtype=np.int64)
    numbers = [np.array([np.nan if v is None else v for v in columns[k]], dtype=np.float64) for k in (5, 8)]
    answered, gave_up = (np.array(columns[k], dtype=np.bool_) for k in (6, 7))
    day, hour = _clock(queued, time_zone)
    priority = np.array(columns[3], dtype=np.int64)
    return RecordedContacts(
        queue, service, agent, priority, day, hour, queued / 1e6, numbers[0], answered, gave_up, numbers[1]
    )


def day_number(day: date) -> int:
    """Return a day counted from 1970, as in `RecordedContacts.day`."""
    return day.toordinal() - _FIRST


def _clock(queued: NDArray[np.int64], time_zone: str) -> tuple[NDArray[np.int64], Floats]:
    """Return the local day and time of day in hours; the zone is asked once for each quarter of an hour."""
    zone, quarter = ZoneInfo(time_zone), 900_000_000
    places, back = np.unique(queued // quarter, return_inverse=True)
    shift = np.array([_offset(int(place) * quarter, zone) for place in places] or [0.0])[back]
    local = queued / 1e6 + shift
    day = np.floor(local / _DAY)
    return day.astype(np.int64), (local - day * _DAY) / 3600


def _offset(micros: int, zone: ZoneInfo) -> float:
    offset = from_micros(micros).astimezone(zone).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


_FIRST: Final = date(1970, 1, 1).toordinal()
_DIMENSIONS: Final = frozenset({"queue", "site", "service", "channel", "team", "agent_id"})
