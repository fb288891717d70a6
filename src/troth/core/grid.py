"""Regular grids of local time: quarter hours to months, right on 23- and 25-hour days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from troth.core.spans import Span, clock_changes, from_micros, local_date, start_of_day, to_micros, to_utc, zone


class Step(StrEnum):
    """The width of a grid's cells."""

    QUARTER_HOUR = "15min"
    HALF_HOUR = "30min"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_MINUTES = {Step.QUARTER_HOUR: 15, Step.HALF_HOUR: 30, Step.HOUR: 60}


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of local time that cover `start` to `end`: whole cells, so the outer ones may reach beyond.

    Days run from local midnight, weeks from Monday. Within a day every cell begins on the wall clock at
    a multiple of the step; a clock change also ends a cell, so the hour that comes twice is two cells
    and the hour that is jumped over is none.

    Parameters
    ----------
    start, end : aware instants; `end` is not covered.
    step : width of a cell.
    time_zone : IANA name of the zone whose wall clock counts.

    Raises
    ------
    InputError
        If the zone is unknown.
    ValueError
        If an instant is naive or `end` is before `start`.

    Examples
    --------
    >>> grid = Grid.of_dates(day := date(2026, 3, 29), last=day, step=Step.HOUR, time_zone="Europe/Vilnius")
    >>> len(grid.cells())
    23
    """

    start: datetime
    end: datetime
    step: Step = Step.DAY
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", to_utc(self.start))
        object.__setattr__(self, "end", to_utc(self.end))
        object.__setattr__(self, "step", Step(self.step))
        if self.end < self.start:
            raise ValueError(f"A grid cannot end ({self.end}) before it starts ({self.start}).")
        zone(self.time_zone)

    @classmethod
    def of_dates(cls, first: date, *, last: date, step: Step = Step.DAY, time_zone: str = "UTC") -> Grid:
        """Return the grid of whole local days `first` to `last`, both included."""
        tz = zone(time_zone)
        return cls(start_of_day(first, tz=tz), start_of_day(last + timedelta(days=1), tz=tz), step, time_zone)

    def edges(self) -> list[datetime]:
        """Return the edges in UTC, one more than there are cells (none for an empty grid)."""
        if self.start == self.end:
            return []
        tz = zone(self.time_zone)
        return self._within_days(tz) if self.step in _MINUTES else self._of_days(tz)

    def micros(self) -> list[int]:
        """Return the edges as microseconds since 1970 UTC, to bin arrays with."""
        return [to_micros(edge) for edge in self.edges()]

    def cells(self) -> list[Span]:
        """Return the cells as spans."""
        edges = self.edges()
        return [Span(low, high) for low, high in pairwise(edges)]

    def labels(self) -> list[datetime]:
        """Return the start of every cell on the local wall clock (aware; `fold` tells the second time)."""
        tz = zone(self.time_zone)
        return [edge.astimezone(tz) for edge in self.edges()[:-1]]

    def _of_days(self, tz: ZoneInfo) -> list[datetime]:
        day = _first_day(local_date(self.start, tz=tz), self.step)
        edges = [start_of_day(day, tz=tz)]
        while edges[-1] < self.end:
            day = _next_day(day, self.step)
            edge = start_of_day(day, tz=tz)
            if edge > edges[-1]:  # a zone that crosses the date line skips a day
                edges.append(edge)
        return edges

    def _within_days(self, tz: ZoneInfo) -> list[datetime]:
        # Between two clock changes the offset is constant and the edges are plain multiples of the step.
        width = _MINUTES[self.step] * 60_000_000
        margin = timedelta(days=1)
        changes = [
            self.start - margin,
            *clock_changes(self.start - margin, self.end + margin, tz=tz),
            self.end + margin,
        ]
        found: set[int] = set()
        for low_at, high_at in pairwise(changes):
            offset = low_at.astimezone(tz).utcoffset() or timedelta()
            shift = offset // timedelta(microseconds=1)
            low, high = to_micros(low_at), to_micros(high_at)
            first = -(-(low + shift) // width) * width - shift
            found.update(range(first, high, width))
            found.add(low)
        found.discard(to_micros(changes[0]))
        ordered = sorted(found)
        first_cell = max(i for i, edge in enumerate(ordered) if edge <= to_micros(self.start))
        last_cell = min(i for i, edge in enumerate(ordered) if edge >= to_micros(self.end))
        return [from_micros(edge) for edge in ordered[first_cell : last_cell + 1]]


def _first_day(day: date, step: Step) -> date:
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.MONTH else day


def _next_day(day: date, step: Step) -> date:
    if step is Step.WEEK:
        return day + timedelta(days=7)
    if step is Step.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=1)
