"""What hours are used for: bookings of projects, standing reservations, reactive work, claims of other plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class HoursSpread(StrEnum):
    """How the hours of a booking lie over its days."""

    EVEN = "even"
    """The same on each working day."""
    SMART = "smart"
    """As even as can be in what is still free: full days are passed over."""
    FRONT = "front"
    """As early as can be."""


class RequestState(StrEnum):
    """Where a booking stands between who asks and who lends people."""

    PLANNED = "planned"
    REQUESTED = "requested"
    COUNTERED = "countered"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class ProjectBooking:
    """Hours of somebody, or of anybody of a role or team, for a project.

    Parameters
    ----------
    person_id : whose hours; empty while only a role or a team is asked.
    first, until : the first day, and the day after the last.
    probability : 1 is a hard booking, which takes hours away; less is a soft one.
    soft : whether it stays soft though it is certain, as what is confirmed and cannot be placed in full does.
    """

    booking_id: str
    project_id: str
    first: date
    until: date
    hours: float
    person_id: str = ""
    role: str = ""
    team: str = ""
    phase_id: str = ""
    skill: str = ""
    level: float = 0.0
    probability: float = 1.0
    spread: HoursSpread = HoursSpread.EVEN
    state: RequestState = RequestState.CONFIRMED
    soft: bool = False

    @property
    def hard(self) -> bool:
        """Whether it takes hours away."""
        certain = self.probability >= 1 and not self.soft
        return certain and self.state in (RequestState.CONFIRMED, RequestState.COMPLETED)


@dataclass(frozen=True, slots=True)
class OperationalReservation:
    """Hours kept for what is no project, week after week: meetings, administration, training.

    Parameters
    ----------
    person_id, role, team : for whom; all empty for everybody.
    hours : of each weekday, Monday first; of days on which somebody works less, no more than those.
    """

    reservation_id: str
    hours: tuple[float, ...]
    kind: str = "meeting"
    person_id: str = ""
    role: str = ""
    team: str = ""
    first: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ReactiveLoad:
    """Work that comes by itself and is done by the same people: support, incidents.

    Parameters
    ----------
    team, skill : who does it; an empty one is anybody.
    hours : expected on each weekday, Monday first.
    months : factor of each month, January first.
    day_cv : coefficient of variation of a day's hours.
    week_cv : of what the days of a week have in common.
    """

    load_id: str
    hours: tuple[float, ...]
    team: str = ""
    skill: str = ""
    months: tuple[float, ...] = (1.0,) * 12
    day_cv: float = 0.0
    week_cv: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimedHours:
    """Hours of a person's day that the ledger holds for shifts, counters, visits and the like."""

    person_id: str
    day: date
    hours: float
    kind: str = "shift"
