"""Spans of time, and the way between wall clocks and instants.

The rule for the two odd days of a year, used by every grid and calendar: a wall-clock time means the
first instant at which the clocks of the zone have reached it. So a time the clocks jump over (spring)
is the instant of the jump, and of a time that comes twice (autumn) the first is meant: while the clocks
go over an hour again, the calendar stands still (RFC 5545, section 3.3.5, takes the first one too).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time: `start` belongs to it, `end` does not. Both are kept in UTC.

    Raises
    ------
    ValueError
        If an end is naive, or `end` is before `start`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> Span(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 17, tzinfo=UTC)).seconds
    28800.0
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", to_utc(self.start))
        object.__setattr__(self, "end", to_utc(self.end))
        if self.end < self.start:
            raise ValueError(f"A span cannot end ({self.end}) before it starts ({self.start}).")

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end - self.start).total_seconds()

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= to_utc(instant) < self.end

    def clip(self, other: Span) -> Span | None:
        """Return the part inside `other`, or None when nothing is left."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans sorted, with those that overlap or touch made one, and empty ones left out."""
    merged: list[Span] = []
    for span in sorted(spans):
        if span.start == span.end:
            continue
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def to_utc(instant: datetime) -> datetime:
    """Return the instant in UTC.

    Raises
    ------
    ValueError
        If it has no time zone.
    """
    # Arithmetic on two datetimes of one zone ignores the clock changes between them, hence UTC everywhere.
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"The time {instant.isoformat()} has no time zone.")
    return instant.astimezone(UTC)


def to_micros(instant: datetime) -> int:
    """Return the microseconds since 1970-01-01 UTC, exactly."""
    return (to_utc(instant) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the instant that many microseconds after 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as ``Europe/Riga``.

    Raises
    ------
    InputError
        ``unknown-zone`` when there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        advice = "Maybe an IANA name such as Europe/Riga or UTC is meant."
        raise InputError([Issue("unknown-zone", Severity.ERROR, "time_zone", str(name), advice)]) from None


def instant_at(day: date, *, minute: int, tz: ZoneInfo) -> datetime:
    """Return the first instant at which the clocks of `tz` have reached a time of a day.

    Parameters
    ----------
    day : the local date.
    minute : minutes on the wall clock since the day's 00:00; 1440 and more are the next day.
    tz : the time zone.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None) == wall:
        return instant
    # The clocks jump over this time: by Python's rule the two folds lie on either side of the jump.
    before = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    return _change_between(before, instant, tz)


def start_of_day(day: date, *, tz: ZoneInfo) -> datetime:
    """Return the instant a local day starts."""
    return instant_at(day, minute=0, tz=tz)


def local_date(instant: datetime, *, tz: ZoneInfo) -> date:
    """Return the local date of an instant."""
    return to_utc(instant).astimezone(tz).date()


def clock_changes(start: datetime, end: datetime, *, tz: ZoneInfo) -> list[datetime]:
    """Return the instants in (start, end] at which the zone's offset from UTC changes."""
    changes: list[datetime] = []
    low, end = to_utc(start), to_utc(end)
    while low < end:
        high = min(low + timedelta(days=1), end)
        if low.astimezone(tz).utcoffset() != high.astimezone(tz).utcoffset():
            changes.append(_change_between(low, high, tz))
        low = high
    return changes


def _change_between(low: datetime, high: datetime, tz: ZoneInfo) -> datetime:
    """Return the first whole second with the offset of `high`, between the two instants."""
    target = high.astimezone(tz).utcoffset()
    while (gap := high - low) > timedelta(seconds=1):
        middle = low + timedelta(seconds=int(gap.total_seconds()) // 2)
        if middle.astimezone(tz).utcoffset() == target:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
