"""Between instants and minutes on the wall clock since a roster's beginning, safe on days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from troth.core.time import Span, instant_at, to_utc

#: Half-open stretches of minutes since the beginning.
Minutes = list[tuple[int, int]]
DAY = 1440


@dataclass(frozen=True, slots=True)
class Walls:
    """The wall clock of a roster whose days begin at midnight of `tz`, the first on `first`.

    A minute means the first instant at which the clocks have reached it, as in `troth.core.spans`; it never goes back.
    """

    first: date
    tz: ZoneInfo

    def at(self, minute: int) -> datetime:
        """Return the instant of a minute."""
        return instant_at(self.first, minute=minute, tz=self.tz)

    def last_by(self, instant: datetime) -> int:
        """Return the last minute that is not after an instant."""
        m = self._near(instant)
        while self.at(m) > instant:
            m -= 1
        while self.at(m + 1) <= instant:
            m += 1
        return m

    def first_from(self, instant: datetime) -> int:
        """Return the first minute that is not before an instant."""
        m = self._near(instant)
        while self.at(m) < instant:
            m += 1
        while self.at(m - 1) >= instant:
            m -= 1
        return m

    def around(self, span: Span) -> tuple[int, int]:
        """Return the minutes that hold all of a span: who is free outside of them is free in all of it."""
        return self.last_by(span.start), self.first_from(span.end)

    def within(self, span: Span) -> tuple[int, int]:
        """Return the minutes that lie in a span as a whole; the end may be before the start if there are none."""
        return self.first_from(span.start), self.last_by(span.end)

    def day_of(self, instant: datetime) -> int:
        """Return the number of the local day of an instant; negative before the first."""
        return (to_utc(instant).astimezone(self.tz).date() - self.first).days

    def _near(self, instant: datetime) -> int:
        wall = to_utc(instant).astimezone(self.tz).replace(tzinfo=None)
        return (wall - datetime.combine(self.first, time())) // timedelta(minutes=1)


def joined(spans: Iterable[tuple[int, int]], *, gap: int = 0) -> Minutes:
    """Return stretches in order, those that are no further apart than `gap` made one, empty ones left out."""
    found: Minutes = []
    for a, b in sorted(spans):
        if a >= b:
            continue
        if found and a <= found[-1][1] + gap:
            found[-1] = found[-1][0], max(found[-1][1], b)
        else:
            found.append((a, b))
    return found


def without(spans: Sequence[tuple[int, int]], *, low: int, high: int) -> Minutes:
    """Return what of [low, high) lies in none of the joined stretches."""
    edges = [low, *(x for a, b in spans for x in (max(low, min(a, high)), max(low, min(b, high)))), high]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def overlap(spans: Iterable[tuple[int, int]], *, low: int, high: int) -> int:
    """Return how many minutes of [low, high) lie in joined stretches."""
    return sum(max(0, min(b, high) - max(a, low)) for a, b in spans)
