"""Local days of a site: opening spans and half-hours as instants, safe on days of 23 and 25 hours.

Instants are whole milliseconds since 1970 (UTC), the unit of the world's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from troth.demo.truth import SiteTruth, Week

HALF_HOUR = 1_800_000
HOUR = 3_600_000
DAY = 86_400_000


def millis(at: datetime) -> int:
    """Return an aware datetime as milliseconds since 1970."""
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def instant(t: int) -> datetime:
    """Return milliseconds since 1970 as an aware UTC datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=t)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the time zone of a name."""
    return ZoneInfo(name)


def wall(day: date, *, clock: str, time_zone: str) -> int:
    """Return the instant of a wall-clock time HH:MM (24:00 allowed) of a local day."""
    hours, minutes = int(clock[:2]), int(clock[3:])
    day, hours = (day + timedelta(days=1), 0) if hours == 24 else (day, hours)
    return millis(datetime.combine(day, time(hours, minutes), tzinfo=zone(time_zone)))


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One local day: where it starts and ends, and when the site is open."""

    day: date
    starts: int
    ends: int
    spans: tuple[tuple[int, int], ...]

    @property
    def opens(self) -> int:
        """The first opening instant."""
        return self.spans[0][0]

    @property
    def closes(self) -> int:
        """The last closing instant."""
        return self.spans[-1][1]

    def is_open(self, t: int) -> bool:
        """Tell whether the site is open at an instant of the day."""
        return any(a <= t < b for a, b in self.spans)


class Hours(Protocol):
    """What has opening hours: a site, or a wing."""

    @property
    def time_zone(self) -> str:
        """Name of the time zone."""

    @property
    def hours(self) -> Week:
        """Opening spans by weekday."""

    @property
    def holidays(self) -> tuple[tuple[str, str], ...]:
        """Days on which it is closed: (ISO date, title)."""


def local_day(site: Hours, *, day: date) -> LocalDay:
    """Return a local day of a site or wing."""
    iso, zone_ = day.isoformat(), site.time_zone
    closed = any(iso == holiday for holiday, _ in site.holidays)
    hours = () if closed else site.hours[day.weekday()]
    spans = tuple((wall(day, clock=a, time_zone=zone_), wall(day, clock=b, time_zone=zone_)) for a, b in hours)
    return LocalDay(
        day,
        wall(day, clock="00:00", time_zone=zone_),
        wall(day + timedelta(days=1), clock="00:00", time_zone=zone_),
        spans,
    )


def half_hours(day: LocalDay, *, time_zone: str) -> list[tuple[int, int]]:
    """Return (start, local half-hour 0-47) of every half-hour of a local day: 46, 48 or 50 of them."""
    first, where = instant(day.starts), zone(time_zone)
    out = []
    for k in range((day.ends - day.starts) // HALF_HOUR):
        local = (first + timedelta(minutes=30 * k)).astimezone(where)
        out.append((day.starts + k * HALF_HOUR, local.hour * 2 + local.minute // 30))
    return out


def next_open(site: SiteTruth, *, day: date) -> LocalDay | None:
    """Return the first open day after `day`, looking three weeks ahead."""
    for k in range(1, 22):
        found = local_day(site, day=day + timedelta(days=k))
        if found.spans:
            return found
    return None
