"""What the ledger is made of: resources with their calendars, and claims on their time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from troth.core.time import Calendar, Span


class ResourceKind(StrEnum):
    """What has hours to give."""

    PERSON = "person"
    VEHICLE = "vehicle"
    EQUIPMENT = "equipment"
    ROOM = "room"


class ClaimKind(StrEnum):
    """What an hour is claimed for."""

    SHIFT = "shift"
    """Paid time; what is done in it claims its hours inside it."""
    COUNTER = "counter"
    VISIT = "visit"
    TRAVEL = "travel"
    PROJECT = "project"
    TRAINING = "training"
    MEETING = "meeting"
    BREAK = "break"
    ON_CALL = "on_call"
    LEAVE = "leave"
    ABSENT = "absent"
    MAINTENANCE = "maintenance"


#: Claims that may lie where the calendar is closed: they take hours away, which closed hours have none of.
AWAY: Final = frozenset({ClaimKind.LEAVE, ClaimKind.ABSENT, ClaimKind.MAINTENANCE})


@dataclass(frozen=True, slots=True)
class Resource:
    """Somebody or something with hours to give.

    Parameters
    ----------
    resource_id : unique in a ledger.
    kind : what it is.
    capacity : how many uses it can have at once: 1 for a person, the seats of a room, the crates of a van.
    calendar : when it can be claimed; None for always.
    """

    resource_id: str
    kind: ResourceKind = ResourceKind.PERSON
    capacity: int = 1
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class CapacityClaim:
    """A use of a resource over a span.

    Parameters
    ----------
    claim_id : unique in a ledger.
    resource_id : whose time.
    span : half open, UTC.
    kind : for what.
    probability : that it will be used, above 0; 1 is a hard claim, less is tentative (a likely project) and excludes
        nothing.
    units : how much of the resource's capacity it takes.
    holder : who holds it: the id of a roster, a visit, a project.
    inside : id of the claim whose hours it uses, as a visit uses those of a shift; empty to use the resource's own. What
        is inside shares the units of the claim around it, as that shares the resource's.
    """

    claim_id: str
    resource_id: str
    span: Span
    kind: ClaimKind
    probability: float = 1.0
    units: int = 1
    holder: str = ""
    inside: str = ""

    @property
    def hard(self) -> bool:
        """Whether it is certain."""
        return self.probability >= 1
