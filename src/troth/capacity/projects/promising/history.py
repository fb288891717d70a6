"""What happened so far, as far as beliefs can be learned from it: plain rows, whatever they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class PhaseOutcome:
    """Hours a phase took.

    Parameters
    ----------
    estimated, logged : hours.
    done : whether it is finished; if not, it will take more than what is logged.
    parts : tasks (skills) in it, as many as weigh alike: 1 / sum of the squares of their shares of the hours.
    levels : share of the logged hours by level of the skill of those who worked on it; empty if not known.
    people : share of the logged hours by person.
    """

    project_id: str
    task_type: str
    estimated: float
    logged: float
    done: bool = True
    estimator: str = ""
    parts: float = 1.0
    levels: Mapping[float, float] = field(default_factory=dict)
    people: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DealPast:
    """A deal from when it came up.

    Parameters
    ----------
    stages : (day, stage, stated probability), in the order of time.
    closed : the day it was won or lost; None while it is open.
    hours, usual : estimated hours, and those of its template; 0 if not known.
    """

    deal_id: str
    stages: tuple[tuple[date, str, float], ...]
    closed: date | None = None
    won: bool = False
    wanted: date | None = None
    template: str = ""
    seller: str = ""
    hours: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class ClientReady:
    """Whether a client was ready on the day it wanted, which is over: days it was late, 0 if it was not."""

    project_id: str
    wanted: date
    days: int = 0


@dataclass(frozen=True, slots=True)
class PromiseLag:
    """Days from the wanted (or, if later, the won) to the promised start, of a promise the house made itself."""

    deal_id: str
    days: int


@dataclass(frozen=True, slots=True)
class ReactiveDay:
    """Hours of reactive work that a team did on a day on which it was open; 0 counts."""

    team: str
    day: date
    hours: float


@dataclass(frozen=True, slots=True)
class Attendance:
    """Days on which somebody was to work, by contract and leave, and those of them without a shift."""

    person_id: str
    due: tuple[date, ...]
    missed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Employment:
    """Somebody's time in the house.

    Parameters
    ----------
    until : the day after the last; None while none is known.
    told : the day on which `until` became known; None if that is not known.
    """

    person_id: str
    team: str
    first: date
    until: date | None = None
    told: date | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """A week of somebody.

    Parameters
    ----------
    room : contract hours less leave and what stands for something else every week.
    booked : hours booked on projects as the week began.
    worked : hours logged on projects; `reactive`: on reactive work.
    there : hours of the shifts, less breaks and meetings.
    """

    person_id: str
    team: str
    monday: date
    room: float
    booked: float
    worked: float
    reactive: float
    there: float


@dataclass(frozen=True, slots=True)
class ProjectHistory:
    """All that beliefs are learned from, as known before `day` begins.

    Parameters
    ----------
    since : the first day the log covers.
    waits : hours of reactive work that wait, by team.
    breaks : hours of break of each attended day of at least six hours; a sample will do.
    """

    day: date
    since: date
    phases: tuple[PhaseOutcome, ...] = ()
    deals: tuple[DealPast, ...] = ()
    clients: tuple[ClientReady, ...] = ()
    lags: tuple[PromiseLag, ...] = ()
    reactive: tuple[ReactiveDay, ...] = ()
    attendance: tuple[Attendance, ...] = ()
    staff: tuple[Employment, ...] = ()
    weeks: tuple[PersonWeek, ...] = ()
    waits: Mapping[str, float] = field(default_factory=dict)
    breaks: tuple[float, ...] = ()
