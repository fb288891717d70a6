"""What a reference of a KPI works on: all rows of a log, and the register of references by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.kpi import reference as ref
from tests.kpi import reference_grading as grading
from tests.kpi import reference_people as people
from tests.kpi import reference_visits
from tests.kpi.logs import Event
from tests.kpi.reference import Row
from tests.kpi.sla import plain
from troth.core.time import Calendar
from troth.kpi.definition import Params


@dataclass(frozen=True, slots=True)
class Item:
    """What one thing adds to a figure: when, how much above and below the line, and whether it is one of the n."""

    at: datetime
    num: float
    den: float
    row: Row
    counts: bool = True
    doubt: bool = False


@dataclass(slots=True)
class World:
    """All rows of a log, and what else figures depend on.

    `recorded` is from when until when the lake has states, `booked` hours that people logged.
    """

    events: Sequence[Event]
    params: Params
    period: Callable[[datetime], Any]
    by: tuple[str, ...]
    calendar: Callable[[Row], Calendar]
    standard: dict[str, float] = field(default_factory=dict)
    sla: list[plain.Plain] = field(default_factory=list)
    recorded: tuple[datetime, datetime] | None = None
    booked: tuple[datetime, datetime] | None = None

    def __post_init__(self) -> None:
        e = self.events
        self.contacts, self.cases = ref.contacts(e), ref.cases(e)
        self.assignments, self.openings = ref.assignments(e), ref.openings(e)
        self.ratings, self.reviews, self.promises = people.ratings(e), people.reviews(e), people.promises(e)
        self.shifts, self.states, self.counters = people.shifts(e), people.states(e), people.counters(e)
        self.visits = reference_visits.visits(e)
        self.calibrations, self.errors = grading.calibrations(e), grading.errors(e)
        self.logged, self.actions = grading.logged(e), grading.actions(e)
        ref.paused(e, self.cases)

    contacts: list[Row] = field(init=False)
    cases: list[Row] = field(init=False)
    assignments: list[Row] = field(init=False)
    openings: list[Row] = field(init=False)
    ratings: list[Row] = field(init=False)
    reviews: list[Row] = field(init=False)
    promises: list[Row] = field(init=False)
    shifts: list[Row] = field(init=False)
    states: list[Row] = field(init=False)
    counters: list[Row] = field(init=False)
    visits: list[Row] = field(init=False)
    calibrations: list[Row] = field(init=False)
    errors: list[Row] = field(init=False)
    logged: list[Row] = field(init=False)
    actions: list[Row] = field(init=False)


Items = Iterator[Item]
Reference = Callable[[World], Items]
KPIS: dict[str, Reference] = {}


def kpi(name: str) -> Callable[[Reference], Reference]:
    """Register a function as the reference of a KPI."""

    def keep(function: Reference) -> Reference:
        KPIS[name] = function
        return function

    return keep


def final(c: Row, p: Params) -> datetime | None:
    """Return when a case was resolved for good: its last resolution, unless reopened within the window."""
    if c.last_resolved is None or (c.reopened_after and c.reopened_after - c.last_resolved <= p.reopen_window):
        return None
    return c.last_resolved  # type: ignore[no-any-return]


def unmerged(w: World) -> list[Row]:
    """Return the cases that are not merged into another."""
    return [c for c in w.cases if not c.merged]


def share_of(w: World, agent: str) -> float:
    """Return the share of somebody's paid time that is not clients': of the hours booked, those that are not billable."""
    mine = [h for h in w.logged if h.agent_id == agent and h.hours > 0]
    hours = sum(h.hours for h in mine)
    return 1.0 - sum(h.hours for h in mine if h.billable) / hours if hours else 1.0


def servers(w: World, *outcomes: str) -> set[str]:
    """Return who ever served a contact that ended so."""
    return {c.agent_id for c in w.contacts if c.outcome in outcomes and c.agent_id}


def resolvers(w: World) -> set[str]:
    """Return whose cases were ever resolved."""
    return {c.agent_id for c in w.cases if c.last_resolved is not None and c.agent_id}


def inbound(c: Row) -> bool:
    """Tell whether the customer began the contact, as far as is known."""
    return c.direction in (None, "in")
