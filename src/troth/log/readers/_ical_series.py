"""The occurrences of an iCalendar event (RFC 5545, sections 3.3.10 and 3.8.5): rules, extra dates, exceptions, zones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

#: A rule without an end is followed for so long after the event was last changed.
_HORIZON: Final = timedelta(days=400)
#: More occurrences than this are no roster but a mistake.
MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One stretch: `withdrawn` says that there is none any more at that start."""

    start: datetime
    end: datetime
    withdrawn: bool = False


@dataclass(slots=True)
class Series:
    """The occurrences of one event and what is doubtful about them.

    Parameters
    ----------
    event : a VEVENT as `icalendar` gives it.
    zone : zone of times and days that name none.
    """

    event: Any
    zone: tzinfo
    floating: bool = False
    endless: bool = False
    cut: bool = False

    def instant(self, value: date | datetime) -> datetime:
        """Return the UTC instant of a date (its midnight) or time; of a time that happens twice the first."""
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if value.tzinfo is None:
            self.floating = True
            value = value.replace(tzinfo=self.zone)
        return value.astimezone(UTC)

    def occurrences(self) -> Iterator[Occurrence]:
        """Yield the occurrences in order; ValueError says what is missing."""
        start, length = self._span()
        gone = self._dates("EXDATE")
        cancelled = str(self.event.get("STATUS", "")).upper() == "CANCELLED"
        moved = self.event.get("RECURRENCE-ID")
        if moved is not None:
            # What an occurrence was moved from is there no more.
            was = self.instant(moved.dt)
            if was != self.instant(start):
                yield Occurrence(was, was, withdrawn=True)
        excluded = {self.instant(day) for day in gone}
        for local in self._locals(start):
            at = self.instant(local)
            if cancelled or at in excluded:
                yield Occurrence(at, at, withdrawn=True)
            else:
                yield Occurrence(at, self._end(local, at, length))

    def _span(self) -> tuple[date | datetime, timedelta]:
        """Return the start and the length."""
        if "DTSTART" not in self.event:
            raise ValueError("DTSTART")
        start = self.event["DTSTART"].dt
        if "DTEND" in self.event:
            end = self.event["DTEND"].dt
            whole = not isinstance(start, datetime)
            length = end - start if whole else self.instant(end) - self.instant(start)
        elif "DURATION" in self.event:
            length = self.event["DURATION"].dt
        elif not isinstance(start, datetime):
            length = timedelta(days=1)
        else:
            raise ValueError("DTEND")
        if length <= timedelta(0):
            raise ValueError("end-before-start")
        return start, length

    def _end(self, local: date | datetime, at: datetime, length: timedelta) -> datetime:
        # Days are days of the calendar, of 23 to 25 hours; hours are hours.
        return at + length if isinstance(local, datetime) else self.instant(local + length)

    def _locals(self, start: date | datetime) -> list[date | datetime]:
        """Return the starts as the calendar writes them."""
        found: set[date | datetime] = {start}
        for rule in _several(self.event.get("RRULE")):
            found.update(self._by_rule(start, rule))
        for day in self._dates("RDATE"):
            found.add(day[0] if isinstance(day, tuple) else day)
        return sorted(found, key=self.instant)

    def _by_rule(self, start: date | datetime, rule: Any) -> list[date | datetime]:
        from dateutil.rrule import rrulestr

        timed = isinstance(start, datetime)
        zone = start.tzinfo if isinstance(start, datetime) else None
        naive = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
        text = re.sub(
            r"UNTIL=([0-9TZ]+)", lambda m: f"UNTIL={_until(m[1], zone or self.zone)}", rule.to_ical().decode()
        )
        self.endless = self.endless or not re.search("UNTIL=|COUNT=", text)
        known = [self.event[key].dt for key in ("LAST-MODIFIED", "DTSTAMP") if key in self.event]
        latest = max([naive, *(k.astimezone(UTC).replace(tzinfo=None) if k.tzinfo else k for k in known)]) + _HORIZON
        found: list[date | datetime] = []
        for at in rrulestr(text, dtstart=naive):
            if at > latest and self.endless:
                break
            if len(found) >= MOST:
                self.cut = True
                break
            found.append(at.replace(tzinfo=zone) if timed else at.date())
        return found

    def _dates(self, name: str) -> list[Any]:
        return [one.dt for group in _several(self.event.get(name)) for one in group.dts]


def _several(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _until(text: str, zone: tzinfo) -> str:
    """Return the end of a rule as local time: UNTIL is in UTC where the start has a zone."""
    if not text.endswith("Z"):
        return text
    end = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return end.astimezone(zone).strftime("%Y%m%dT%H%M%S")
