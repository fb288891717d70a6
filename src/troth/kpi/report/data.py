"""What a report is made of, as plain records: everything a page needs, nothing of how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth.core.time import Step
from troth.kpi.definition import Figure, Kpi
from troth.kpi.explain import Explained
from troth.kpi.gaming.pairs import Together
from troth.kpi.scorecard import Scored


@dataclass(frozen=True, slots=True)
class Frame:
    """What a report is about.

    Parameters
    ----------
    lake : name of the lake's folder.
    start, end : the period; `end` is the first instant that no longer counts.
    since : where the trends begin.
    every : the width of a trend's points.
    chosen : True if the period was given, False if it is the usual one.
    first, last : the extent of the log.
    time_zone, calendar : whose days count, and the calendar asked for.
    where : filters.
    events : settled events in the whole lake.
    """

    lake: str
    start: datetime
    end: datetime
    since: datetime
    until: datetime
    every: Step
    chosen: bool
    first: datetime
    last: datetime
    time_zone: str
    calendar: str | None
    where: Mapping[str, Sequence[str]]
    events: int


@dataclass(frozen=True, slots=True)
class Line:
    """A KPI of the report: its declaration, its figure against its target, its course, its most telling rows.

    `opened` holds a few of those rows down to their counted segments.
    """

    kpi: Kpi
    scored: Scored
    course: tuple[Figure, ...]
    rows: tuple[Telling, ...] = ()
    opened: tuple[Explained, ...] = ()

    @property
    def figure(self) -> Figure:
        """The figure of the period."""
        return self.scored.figure


@dataclass(frozen=True, slots=True)
class Telling:
    """A row that tells something about a KPI: who and what it is, when, and its own number."""

    at: datetime
    value: float
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spread:
    """A KPI's distribution: limits of logarithmic classes in seconds, and how many rows fell into each."""

    line: Line
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many come in an hour of a weekday, on average over the period; None where no such hour was."""

    kpi: Kpi
    grid: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open cases by day, and by age at the end of the period."""

    course: tuple[Figure, ...]
    bands: tuple[tuple[str, int], ...]
    oldest: tuple[Telling, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """The main figures of each member of a dimension: `cells[member][kpi name]`, the members with the most first."""

    dimension: str
    kpis: tuple[Kpi, ...]
    cells: Mapping[str, Mapping[str, Scored]]
    total: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of the data's quality: counts of rejects by code, of events by origin, and of those of bots."""

    rejects: Mapping[str, int]
    origins: Mapping[str, int]
    bots: int
    approximate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of a report. `pairs` are figures that can be traded against each other, those first that were."""

    frame: Frame
    lines: tuple[Line, ...]
    absent: tuple[Kpi, ...]
    spreads: tuple[Spread, ...]
    arrivals: Arrivals | None
    backlog: Backlog | None
    members: Members | None
    worst: tuple[Line, ...]
    quality: Quality
    pairs: tuple[Together, ...]
    params: Mapping[str, Any]
