"""Business calendars: weekly opening hours with effective dates, days that differ, and changes of calendar."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from troth.core.spans import Span, from_micros, instant_at, local_date, merge, to_micros, to_utc, zone

_DAY = 1440
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = date(9999, 12, 20).toordinal()  # what lies behind has no room for an offset
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: How far ahead a next opening is looked for.
HORIZON = timedelta(days=3660)


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """One span of a weekday. Times are minutes since that day's 00:00 on the wall clock.

    Parameters
    ----------
    weekday : 0 is Monday.
    opens, closes : ``0 <= opens < 1440`` and ``opens < closes <= 2880``; more than 1440 is the next day.
    valid_from, valid_to : local dates on which the span begins and ceases to hold; None is open.
    """

    weekday: int
    opens: int
    closes: int
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.weekday <= 6 and 0 <= self.opens < _DAY and self.opens < self.closes <= 2 * _DAY):
            raise ValueError(f"These are no opening hours: {self}.")

    def holds(self, day: date) -> bool:
        """Tell whether the span opens on the day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day < self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs: its own spans of minutes, or none at all when closed."""

    day: date
    spans: tuple[tuple[int, int], ...] = ()
    title: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """When business is open, as the wall clock of one time zone says it.

    A span belongs to the day it opens on, also when it closes after midnight: a closed Saturday does
    not cut Friday's night. Of several special days of one date the newest version holds, whole. On the
    days of a clock change the rule of `troth.core.spans` holds: a time means the first instant at which
    the clocks have reached it.

    Parameters
    ----------
    name : what people call it.
    time_zone : IANA name of the zone.
    hours : the weekly spans; those that overlap are joined.
    days : the days that differ.
    later : calendars that take over, each from an instant on (see `then`).

    Raises
    ------
    InputError
        ``unknown-zone``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> office = Calendar.weekly("office", time_zone="UTC", hours="Mon-Fri 09:00-17:00")
    >>> office.add(datetime(2026, 3, 6, 16, 30, tzinfo=UTC), seconds=3600).isoformat()
    '2026-03-09T09:30:00+00:00'
    """

    name: str
    time_zone: str = "UTC"
    hours: tuple[Hours, ...] = ()
    days: tuple[SpecialDay, ...] = ()
    later: tuple[tuple[datetime, Calendar], ...] = ()

    def __post_init__(self) -> None:
        zone(self.time_zone)
        later = tuple(sorted(((to_utc(at), calendar) for at, calendar in self.later), key=lambda pair: pair[0]))
        object.__setattr__(self, "hours", tuple(self.hours))
        object.__setattr__(self, "days", tuple(self.days))
        object.__setattr__(self, "later", later)

    @classmethod
    def always(cls, *, name: str = "24x7", time_zone: str = "UTC") -> Calendar:
        """Return the calendar that never closes; the zone says when its business days end."""
        return cls(name, time_zone, tuple(Hours(weekday, 0, _DAY) for weekday in range(7)))

    @classmethod
    def weekly(cls, name: str, *, time_zone: str, hours: str, closed: Iterable[date] = ()) -> Calendar:
        """Return a calendar written as text, such as ``Mon-Fri 09:00-12:00 13:00-17:00; Sat 22:00-06:00``.

        Raises
        ------
        ValueError
            When the text cannot be read.
        """
        return cls(name, time_zone, tuple(_parse_hours(hours)), tuple(SpecialDay(day) for day in closed))

    def then(self, since: datetime, *, calendar: Calendar) -> Calendar:
        """Return this calendar until an instant, and the other one from then on."""
        kept = tuple((at, part) for at, part in self.later if at < to_utc(since))
        return replace(self, later=(*kept, (since, calendar)))

    def at(self, instant: datetime) -> Calendar:
        """Return the calendar in force at an instant."""
        found = replace(self, later=()) if self.later else self
        for since, calendar in self.later:
            if since <= to_utc(instant):
                found = calendar.at(instant)
        return found

    @property
    def fingerprint(self) -> str:
        """A short hash of all that the calendar says, to tell versions apart in explanations."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """Return the open spans within [start, end), sorted, disjoint and in UTC."""
        limit = Span(start, end)
        clipped = (span.clip(limit) for _, span in self.opening(start, end))
        return merge(span for span in clipped if span is not None)

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """Return the open seconds within [start, end)."""
        return sum(span.seconds for span in self.spans(start, end))

    def is_open(self, instant: datetime) -> bool:
        """Tell whether business is open at an instant."""
        return bool(self.spans(instant, to_utc(instant) + timedelta(microseconds=1)))

    def next_open(self, instant: datetime) -> datetime | None:
        """Return the first open instant not before the given one; None when there is none in ten years."""
        return next((span.start for span in self._ahead(instant)), None)

    def add(self, start: datetime, *, seconds: float) -> datetime | None:
        """Return the first instant at which so many open seconds have passed since `start`.

        None when that many are not open in the next ten years. A whole day's worth ends at closing
        time, not at the next opening.

        Raises
        ------
        ValueError
            When `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"Open seconds to add must not be negative: {seconds}.")
        if seconds == 0:
            return to_utc(start)
        left = timedelta(seconds=seconds)
        for span in self._ahead(start):
            if left <= span.end - span.start:
                return span.start + left
            left -= span.end - span.start
        return None

    def business_days(self, start: datetime, end: datetime) -> list[tuple[date, Span]]:
        """Return the local days with business that touch [start, end), from first opening to last closing."""
        start, end, margin = to_utc(start), to_utc(end), timedelta(days=2)
        days: dict[date, Span] = {}
        for day, span in self.opening(start - margin, end + margin):  # a day cut by the limits is seen whole
            known = days.get(day, span)
            days[day] = Span(min(known.start, span.start), max(known.end, span.end))
        touching = ((day, span) for day, span in days.items() if span.start < end and span.end > start)
        return sorted(touching, key=lambda item: (item[1].end, item[0]))

    def close_of_business_day(self, instant: datetime) -> datetime | None:
        """Return the close of the business day an instant falls in; None when there is none in ten years.

        Before the first opening and in a lunch break it is the same day; from the last closing on, and
        on closed days, it is the next day with business.
        """
        instant = to_utc(instant)
        for low, high in _windows(instant):
            for _, span in self.business_days(low, high):
                if span.end > instant:
                    return span.end
        return None

    def opening(self, start: datetime, end: datetime) -> Iterator[tuple[date, Span]]:
        """Yield the spans that touch [start, end) with the local day each belongs to, unmerged."""
        for day, low, high in self.opening_micros(start, end):
            yield date.fromordinal(day), Span(from_micros(low), from_micros(high))

    def opening_micros(self, start: datetime, end: datetime) -> Iterator[tuple[int, int, int]]:
        """Yield what `opening` yields as plain numbers: the day's ordinal, and microseconds since 1970 UTC."""
        yield from _opening(self, to_micros(start), to_micros(end))

    def _ahead(self, start: datetime) -> Iterator[Span]:
        for low, high in _windows(to_utc(start)):
            yield from self.spans(low, high)


def _opening(calendar: Calendar, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    limits = [to_micros(at) for at, _ in calendar.later]
    first_until = min([high, *limits[:1]])
    for day, begin, finish in _own_opening(calendar, low, first_until):
        # Every part rules only its own time: what is open at a change is cut there.
        yield day, begin, min([finish, *limits[:1]])
    for (_, part), since, until in zip(calendar.later, limits, [*limits, None][1:], strict=True):
        part_low, part_high = max(low, since), high if until is None else min(high, until)
        for day, begin, finish in _opening(part, part_low, part_high):
            yield day, max(begin, since), finish if until is None else min(finish, until)


def _own_opening(calendar: Calendar, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Yield what one calendar says by itself, without those that take over later."""
    if low >= high or not (calendar.hours or calendar.days):
        return
    tz = zone(calendar.time_zone)
    spans_of = _spans_by_day(calendar)
    # A span may reach a day into the next one, and a zone that crosses the date line needs one more.
    first = max(local_date(from_micros(low), tz=tz).toordinal() - 2, 1)
    last = min(local_date(from_micros(high), tz=tz).toordinal(), _LAST_DAY)
    offsets = [_midnight_offset(day, tz) for day in range(first, first + 3)]
    for day in range(first, last + 1):
        # Equal at three midnights in a row: the clocks do not change while the day's spans last.
        steady = offsets[0] == offsets[1] == offsets[2]
        midnight = (day - _EPOCH_DAY) * 86_400_000_000 - offsets[0]
        for span in spans_of(day):
            if steady:
                begin, finish = (midnight + minute * 60_000_000 for minute in span)
            else:
                begin, finish = (to_micros(instant_at(date.fromordinal(day), minute=minute, tz=tz)) for minute in span)
            if begin < finish and begin < high and finish > low:
                yield day, begin, finish
        offsets = [offsets[1], offsets[2], _midnight_offset(day + 3, tz)]


def _spans_by_day(calendar: Calendar) -> Callable[[int], Iterable[tuple[int, int]]]:
    """Return what gives the spans of minutes of a day's ordinal."""
    special: dict[int, SpecialDay] = {}
    for item in calendar.days:
        known = special.get(item.day.toordinal())
        if known is None or item.version >= known.version:
            special[item.day.toordinal()] = item
    weekly: list[list[tuple[int, int, int, int]]] = [[] for _ in range(7)]
    for rule in calendar.hours:
        since, until = (rule.valid_from or date.min).toordinal(), rule.valid_to
        weekly[rule.weekday].append((rule.opens, rule.closes, since, until.toordinal() if until else _LAST_DAY + 1))

    def spans_of(day: int) -> Iterable[tuple[int, int]]:
        if day in special:
            return special[day].spans
        return [(opens, closes) for opens, closes, since, until in weekly[(day + 6) % 7] if since <= day < until]

    return spans_of


def _midnight_offset(day: int, tz: ZoneInfo) -> int:
    """Return the microseconds by which the zone is ahead of UTC when a day begins."""
    offset = datetime.fromordinal(day).replace(tzinfo=tz).utcoffset() or timedelta()
    return (offset.days * 86_400 + offset.seconds) * 1_000_000


def _windows(start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield stretches of time one after the other, ever longer, up to the horizon."""
    days, low = 7, start
    while low < start + HORIZON:
        high = low + timedelta(days=days)
        yield low, high
        low, days = high, min(days * 2, 366)


def parse_minutes(text: str) -> int:
    """Return the minutes since 00:00 of a time written ``HH:MM``; up to 48:00, which is two days later.

    Raises
    ------
    ValueError
        When it is no such time.
    """
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::00(?:\.0+)?)?", text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minutes <= 2 * _DAY:
        raise ValueError(f"{text!r} is no time of the form HH:MM.")
    return minutes


def _parse_hours(text: str) -> Iterator[Hours]:
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        names, *spans = part.split()
        for weekday in _parse_weekdays(names):
            for span in spans:
                opens, closes = (parse_minutes(side) for side in span.split("-"))
                yield Hours(weekday, opens, closes if closes > opens else closes + _DAY)


def _parse_weekdays(text: str) -> Iterator[int]:
    for piece in text.lower().split(","):
        first, _, last = piece.partition("-")
        try:
            low, high = _WEEKDAYS.index(first[:3]), _WEEKDAYS.index((last or first)[:3])
        except ValueError:
            raise ValueError(f"{piece!r} is no weekday or range of weekdays.") from None
        yield from ((low + step) % 7 for step in range((high - low) % 7 + 1))


def overlapping(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans of minutes that begin before the one before them ends."""
    return [later for earlier, later in pairwise(sorted(spans)) if later[0] < earlier[1]]
