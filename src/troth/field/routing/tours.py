"""A tour: the stops of one shift in order, with instants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopKind(StrEnum):
    """What a stop is for."""

    VISIT = "visit"
    DEPOT = "depot"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop of a tour: a visit, a depot, or a rest taken where the technician is.

    Parameters
    ----------
    kind : what for.
    name : id of the visit or depot; "" for a rest.
    arrives_s, starts_s, ends_s : seconds from the problem's beginning; a rest starts when it arrives.
    """

    kind: StopKind
    name: str
    arrives_s: float
    starts_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Tour:
    """The stops of one shift.

    Parameters
    ----------
    technician_id, shift : whose, and the number of their shift.
    leaves_s, returns_s : when the technician leaves the start and reaches the end (or ends the last work).
    stops : in order.
    """

    technician_id: str
    shift: int
    leaves_s: float
    returns_s: float
    stops: tuple[PlannedStop, ...]

    def visits(self) -> tuple[str, ...]:
        """Return the ids of the visits in order."""
        return tuple(one.name for one in self.stops if one.kind is StopKind.VISIT)
