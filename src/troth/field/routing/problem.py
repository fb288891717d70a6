"""What a day of field visits has to decide: the visits, the technicians and their shifts, depots, travel, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from troth.field.travel import TimeWarp

Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A span in which work may start, both ends included: seconds from the problem's beginning."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SoftWindow:
    """A span in which work had better start; a start outside costs by the minute."""

    start_s: float
    end_s: float
    early_cents_per_minute: float = 0.0
    late_cents_per_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class PromisedWindow:
    """The window a customer was promised. Distinct from the plan: the plan may move inside it.

    Parameters
    ----------
    start_s, end_s : work starts between them; never before, as nobody need be there.
    broken_cents : what a start after the end costs at once.
    late_cents_per_minute : what each minute after the end costs besides.
    """

    start_s: float
    end_s: float
    broken_cents: float = 5000.0
    late_cents_per_minute: float = 50.0


@dataclass(frozen=True, slots=True)
class After:
    """Work may start only `gap_s` after another visit's work has ended."""

    visit_id: str
    gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Pin:
    """What must not be changed: who goes, and when work starts if `start_s` is given."""

    technician_id: str
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class VisitRequest:
    """A visit that somebody is to make.

    Parameters
    ----------
    visit_id : unique.
    place : row of the travel matrix.
    service_s : how long work takes a technician of pace 1.
    service_by : by technician, how long it takes them instead.
    windows : when work may start; any time if empty.
    soft, promised : windows whose breach has a price.
    unserved_cents : what leaving it out costs; None if it must be served.
    skills : least level by skill.
    tools : must be on the van or be fetched at a depot before.
    parts : pieces by part, from the van or fetched at a depot before.
    equipment : shared things whose use the technician has for the whole shift, as a lift or a crane.
    after : visits that must have ended before.
    together : visits with the same label go to one technician.
    preferred, other_cents : technicians the customer prefers, and what anybody else costs.
    excluded : technicians who must not go.
    territory : of the visit; only technicians of that territory go, or those of none.
    pin : what is settled.
    """

    visit_id: str
    place: int
    service_s: float
    service_by: Mapping[str, float] = field(default_factory=dict)
    windows: tuple[TimeWindow, ...] = ()
    soft: SoftWindow | None = None
    promised: PromisedWindow | None = None
    unserved_cents: float | None = None
    skills: Mapping[str, float] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)
    equipment: frozenset[str] = frozenset()
    after: tuple[After, ...] = ()
    together: str | None = None
    preferred: frozenset[str] = frozenset()
    other_cents: float = 0.0
    excluded: frozenset[str] = frozenset()
    territory: str | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True)
class RestBreak:
    """A break that begins between two instants, if the tour lasts beyond the later one."""

    duration_s: float
    earliest_s: float
    latest_s: float


@dataclass(frozen=True, slots=True)
class TechnicianShift:
    """A shift of a technician: one tour.

    Parameters
    ----------
    start_s, end_s : between them the technician leaves and is back; both in seconds from the problem's beginning.
    start_place, end_place : rows of the travel matrix; None as end: the tour ends where the last work ends.
    overtime_s : how much later than `end_s` they may be back, at a price.
    breaks : to be taken, in order.
    day : number of the day; shared equipment is held for a day.
    driven_s : driving since the last rest when it begins, as of what is left of a shift under way; the technician's `drive_limit_s`
        counts it.
    travelled_s : driving of the shift before it begins, likewise; the technician's `max_travel_s` counts it.
    """

    start_s: float
    end_s: float
    start_place: int
    end_place: int | None
    overtime_s: float = 0.0
    breaks: tuple[RestBreak, ...] = ()
    day: int = 0
    driven_s: float = 0.0
    travelled_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FieldTechnician:
    """Somebody who goes to customers.

    Parameters
    ----------
    technician_id : unique.
    shifts : spans they work, in order, not overlapping.
    skills : level by skill.
    tools, parts : what is on the van when a shift begins; vans are filled up between shifts.
    equipment : things they have for themselves; of these no shared one is taken.
    vehicle : the van's name, as another technician may have it on another day.
    territories : where they go; everywhere if None.
    cost_per_hour_cents : of a tour from leaving to being back, leaving as late as nothing starts later.
    cost_per_km_cents, used_cents : of driving, and of a shift with any visit.
    overtime_per_hour_cents : on top, after the shift's end.
    pace, travel_factor : work and driving take so many times as long as usual.
    max_travel_s, longest_leg_s : most driving in a shift, and between two stops.
    drive_limit_s, drive_rest_s : after so much driving at the latest a rest, so long (Regulation (EC) 561/2006, art. 7).
    """

    technician_id: str
    shifts: tuple[TechnicianShift, ...]
    skills: Mapping[str, float] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)
    equipment: frozenset[str] = frozenset()
    vehicle: str | None = None
    territories: frozenset[str] | None = None
    cost_per_hour_cents: float = 0.0
    cost_per_km_cents: float = 0.0
    used_cents: float = 0.0
    overtime_per_hour_cents: float = 0.0
    pace: float = 1.0
    travel_factor: float = 1.0
    max_travel_s: float | None = None
    longest_leg_s: float | None = None
    drive_limit_s: float | None = None
    drive_rest_s: float = 2700.0


@dataclass(frozen=True, slots=True)
class PartsDepot:
    """A place where tools and parts are fetched on the way; one stop opens them for all later visits of the tour.

    Parameters
    ----------
    tools : those it has; all if None.
    parts : pieces by part over the whole horizon; any number of every part if None.
    service_s : how long a stop takes.
    open_s : when a stop may start; any time if None.
    """

    depot_id: str
    place: int
    tools: frozenset[str] | None = None
    parts: Mapping[str, int] | None = None
    service_s: float = 0.0
    open_s: TimeWindow | None = None


@dataclass(frozen=True, slots=True)
class PublishedVisit:
    """Who was to start a visit when, in the plan that people know."""

    visit_id: str
    technician_id: str
    start_s: float


@dataclass(frozen=True, slots=True)
class RoutingPrices:
    """What the rules that belong to no visit and no technician cost.

    Parameters
    ----------
    balance_cents : for each tour, times the square of its hours: least where tours are equally long.
    other_technician_cents : for a visit that another technician makes than was published.
    moved_cents_per_minute, free_move_s : for a start that moves, beyond so much.
    most_changes : at most so many published visits may change (technician, or a start moved beyond `free_move_s`, or
        left out); None for no limit.
    """

    balance_cents: float = 0.0
    other_technician_cents: float = 0.0
    moved_cents_per_minute: float = 0.0
    free_move_s: float = 900.0
    most_changes: int | None = None


@dataclass(frozen=True, slots=True)
class RoutingProblem:
    """Who makes which visits, in which order, when.

    Parameters
    ----------
    begins_at : the instant from which all seconds count; aware.
    visits, technicians, depots : with unique ids.
    seconds : travel times between places, shape (places, places); inf where there is no way.
    metres : distances, of the same shape; `seconds` are taken for metres if None.
    warp : how travel depends on the hour; None if it does not. `seconds` are then those of a factor of 1.
    equipment : how many there are of each shared thing, on any day.
    published : the plan that people know.
    prices : of the other rules.
    places : names and coordinates for pictures, (name, latitude, longitude), by row of the matrix; may be empty.
    """

    begins_at: datetime
    visits: tuple[VisitRequest, ...]
    technicians: tuple[FieldTechnician, ...]
    seconds: Seconds
    metres: Seconds | None = None
    depots: tuple[PartsDepot, ...] = ()
    warp: TimeWarp | None = None
    equipment: Mapping[str, int] = field(default_factory=dict)
    published: tuple[PublishedVisit, ...] = ()
    prices: RoutingPrices = field(default_factory=RoutingPrices)
    places: tuple[tuple[str, float, float], ...] = ()

    def at(self, second: float) -> datetime:
        """Return the instant of a second of the problem, to the microsecond."""
        # In UTC, as adding to a local time counts hours of the wall clock, which are not all as long as an hour.
        return (self.begins_at.astimezone(UTC) + timedelta(seconds=float(second))).astimezone(self.begins_at.tzinfo)

    @property
    def distances(self) -> Seconds:
        """Metres between places."""
        return self.seconds if self.metres is None else self.metres
