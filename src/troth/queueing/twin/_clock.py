"""Instants and hours as people write them, by the clock of a problem's time zone, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from troth.core.calendar import Calendar
from troth.core.spans import Span, instant_at, local_date, to_utc

_CLOCK: Final = r"(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d{1,6})?))?"
_DATE: Final = r"\d{4}-\d\d-\d\d"
_WALL: Final = re.compile(rf"(?:(?P<day>{_DATE})(?:[ T]+|$))?(?P<clock>{_CLOCK})?")
_HOURS: Final = re.compile(
    rf"(?:(?P<day>{_DATE})\s+|(?P<week>[A-Za-z][A-Za-z,-]*)\s+)?(?P<spans>{_CLOCK}\s*-\s*{_CLOCK}(?:[ ,]+{_CLOCK}\s*-\s*{_CLOCK})*)"
)
_PAIR: Final = re.compile(rf"(?P<a>{_CLOCK})\s*-\s*(?P<b>{_CLOCK})")
_INSTANT: Final = "such as 09:30, 2026-03-02 09:30 or 2026-03-02T09:30+02:00"
_MOST: Final = timedelta(hours=48)


class ReversedError(ValueError):
    """A stretch of time that ends before it starts; its text is an advice."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The clock that times are written by.

    Parameters
    ----------
    span : the time of the problem: a time without a date is of its first day, hours without one are of each of its days.
    tz : whose clock.
    """

    span: Span
    tz: ZoneInfo

    @property
    def first(self) -> date:
        """The local date on which the problem begins."""
        return local_date(self.span.start, tz=self.tz)

    def instant(self, text: str) -> datetime:
        """Return the instant of a text in UTC.

        Raises
        ------
        ValueError
            If it is none; the text says what one looks like.
        """
        return instant_of(text, tz=self.tz, day=self.first)

    def spans(self, text: str) -> list[Span]:
        """Return the stretches of time of a text: ``09:00-17:00``, ``mon-fri 09:00-12:00 13:00-17:00``, ``A/B``.

        Raises
        ------
        ReversedError
            If one ends before it starts.
        ValueError
            If it cannot be read.
        """
        return [span for part in text.split(";") if part.strip() for span in self._part(part.strip())]

    def _part(self, text: str) -> Iterator[Span]:
        if "/" in text:
            start, end = (self.instant(side) for side in text.split("/", 1))
            if end < start:
                raise ReversedError("Maybe its start and end are swapped.")
            yield Span(start, end)
            return
        found = _HOURS.fullmatch(text)
        if found is None:
            raise ValueError("such as 09:00-17:00, mon-fri 09:00-17:00 or 2026-03-02 09:00-17:00")
        pairs = [(_length(one["a"]), _length(one["b"])) for one in _PAIR.finditer(found["spans"])]
        for one, (opens, closes) in zip(_PAIR.finditer(found["spans"]), pairs, strict=True):
            if closes < opens:
                hours, rest = one["b"].split(":", 1)
                raise ReversedError(
                    f"Maybe {one['b']}-{one['a']}; if it ends the next day, {one['a']}-{int(hours) + 24}:{rest}."
                )
        for day, dated in self._days(found["day"], found["week"]):
            for opens, closes in pairs:
                span = Span(self._at(day, opens), self._at(day, closes))
                if dated or span.clip(self.span) is not None:
                    yield span

    def _days(self, day: str | None, week: str | None) -> Iterator[tuple[date, bool]]:
        """Yield days, and whether each was named by its date."""
        if day is not None:
            yield date.fromisoformat(day), True
            return
        weekdays = {
            one.weekday for one in Calendar.weekly("", time_zone="UTC", hours=f"{week or 'mon-sun'} 00:00-24:00").hours
        }
        one, last = self.first - timedelta(days=1), local_date(self.span.end, tz=self.tz)
        while one <= last:
            if one.weekday() in weekdays:
                yield one, False
            one += timedelta(days=1)

    def _at(self, day: date, since: timedelta) -> datetime:
        return _local(day, since, self.tz)

    def instant_text(self, at: datetime) -> str:
        """Return the shortest text that reads back to exactly this instant."""
        wall = to_utc(at).astimezone(self.tz).replace(tzinfo=None)
        clock = _clock_text(
            timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        )
        for text in (clock, f"{wall.date()} {clock}"):
            if self.instant(text) == at:
                return text
        return to_utc(at).isoformat()

    def span_text(self, span: Span) -> str:
        """Return the shortest text that reads back to exactly this stretch of time."""
        start, end = (at.astimezone(self.tz).replace(tzinfo=None) for at in (span.start, span.end))
        midnight = datetime.combine(start.date(), datetime.min.time())
        hours = f"{_clock_text(start - midnight)}-{_clock_text(end - midnight)}"
        if start <= end <= midnight + _MOST:
            for text in (hours, f"{start.date()} {hours}"):
                if self.spans(text) == [span]:
                    return text
        return f"{self.instant_text(span.start)}/{self.instant_text(span.end)}"


def instant_of(text: str, *, tz: ZoneInfo, day: date | None = None) -> datetime:
    """Return the instant of a text in UTC; `day` is that of a time without a date.

    Raises
    ------
    ValueError
        If it is none; the text says what one looks like.
    """
    given = text.strip()
    found = _WALL.fullmatch(given)
    if found is not None and given:
        on = date.fromisoformat(found["day"]) if found["day"] else day
        if on is None:
            raise ValueError("such as 2026-03-02 09:30")
        return _local(on, _length(found["clock"] or "00:00"), tz)
    try:
        at = datetime.fromisoformat(given)
        return to_utc(at if at.tzinfo else at.replace(tzinfo=tz))
    except (ValueError, OverflowError):
        raise ValueError(_INSTANT) from None


def _length(clock: str) -> timedelta:
    """Return how long after midnight a clock shows this; up to 48 hours."""
    hours, minutes, *rest = clock.strip().split(":")
    found = timedelta(hours=int(hours), minutes=int(minutes), microseconds=round(float(rest[0]) * 1e6) if rest else 0)
    if found > _MOST:
        raise ValueError(_INSTANT)
    return found


def _local(day: date, since: timedelta, tz: ZoneInfo) -> datetime:
    minute, rest = divmod(since, timedelta(minutes=1))
    at = instant_at(day, minute=minute, tz=tz)
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    # A time the clocks jump over is the instant of the jump, whatever its seconds.
    return at + rest if at.astimezone(tz).replace(tzinfo=None) == wall else at


def _clock_text(since: timedelta) -> str:
    minutes, rest = divmod(since, timedelta(minutes=1))
    seconds = f":{rest.total_seconds():09.6f}".rstrip("0").rstrip(".") if rest else ""
    return f"{minutes // 60:02d}:{minutes % 60:02d}{seconds}"


def empty_clock() -> WallClock:
    """Return a clock to look for mistakes with where that of the problem is not known."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return WallClock(Span(start, start + timedelta(days=1)), ZoneInfo("UTC"))
