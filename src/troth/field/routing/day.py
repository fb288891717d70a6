"""A day under way: what has happened, what runs, what came up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Final

from troth.field.routing.problem import FieldTechnician


class EventKind(StrEnum):
    """What came up: with people (late, ill, back at work before an absence was to end), or with visits."""

    LATE = "late"
    ILL = "ill"
    BACK = "back"
    CANCELLED = "cancelled"
    NEW = "new"
    EMERGENCY = "emergency"
    PART_MISSING = "part-missing"
    NO_SHOW = "no-show"


#: What still counts when the day is planned once more: lateness is in the instants by then.
LASTING: Final = frozenset(EventKind) - {EventKind.LATE}


@dataclass(frozen=True, slots=True)
class DayEvent:
    """Something that came up on a day.

    Parameters
    ----------
    kind : what.
    at_s : when it became known, in seconds of the problem.
    visit_id, technician_id : whom it is about, as far as it is about one.
    seconds : late: by how much; ill: how long they stay away, 0 for the rest of the shift.
    what : part-missing: the part. A technician's van has none of it from then on; a visit needs it. Of a visit that needs it anyway, or
        that somebody works at, the van of whoever has the visit has none; work there ends, and the visit is to be made again.
    """

    kind: EventKind
    at_s: float
    visit_id: str = ""
    technician_id: str = ""
    seconds: float = 0.0
    what: str = ""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A visit somebody is on the way to or works at; `ends_s` is when it is expected to be over."""

    visit_id: str
    place: int
    ends_s: float


@dataclass(frozen=True, slots=True)
class DayState:
    """What is known of a day at an instant.

    Parameters
    ----------
    now_s : the instant, in seconds of the problem.
    done : visits that are over, however they ended.
    running : by technician what they are on; it stays theirs.
    places : where technicians are who have begun and are on nothing, by row of the matrix: they can go on at once. Who is in
        neither goes from the start of the shift, when it begins.
    rested : how many breaks of the running shift they have had.
    """

    now_s: float
    done: frozenset[str] = frozenset()
    running: Mapping[str, RunningJob] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    rested: Mapping[str, int] = field(default_factory=dict)


def lateness(events: Sequence[DayEvent], *, technician_id: str) -> float:
    """Return by how many seconds somebody is late."""
    return max((one.seconds for one in events if one.kind is EventKind.LATE and one.technician_id == technician_id), default=0.0)  # fmt: skip


def called_off(events: Sequence[DayEvent]) -> frozenset[str]:
    """Return the visits that are cancelled or at which nobody was, unless they came in anew later."""
    found: dict[str, bool] = {}
    for one in sorted(events, key=lambda one: one.at_s):
        if one.kind in (EventKind.CANCELLED, EventKind.NO_SHOW, EventKind.NEW, EventKind.EMERGENCY):
            found[one.visit_id] = one.kind in (EventKind.CANCELLED, EventKind.NO_SHOW)
    return frozenset(name for name, off in found.items() if off)


def absences(events: Sequence[DayEvent], *, who: FieldTechnician) -> tuple[tuple[float, float], ...]:
    """Return the spans in which somebody is away, from when it became known; who is back ends those before.

    An illness without a length lasts until the end of the shift that runs when it becomes known, or of the next one.

    Examples
    --------
    >>> from troth.field.routing import TechnicianShift
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),))
    >>> ill = DayEvent(EventKind.ILL, 3600, technician_id="ada")
    >>> absences([ill], who=ada), absences([ill, DayEvent(EventKind.BACK, 7200, technician_id="ada")], who=ada)
    (((3600, 28800.0),), ((3600, 7200),))
    """
    found: list[tuple[float, float]] = []
    for one in sorted((one for one in events if one.technician_id == who.technician_id), key=lambda one: one.at_s):
        if one.kind is EventKind.BACK:
            found = [(since, min(until, one.at_s)) for since, until in found]
        elif one.kind is EventKind.ILL and one.seconds:
            found.append((one.at_s, one.at_s + one.seconds))
        elif one.kind is EventKind.ILL:
            ends = (s.end_s + s.overtime_s for s in who.shifts)
            found.append((one.at_s, next((end for end in ends if end > one.at_s), -inf)))
    return tuple((since, until) for since, until in found if since < until)
