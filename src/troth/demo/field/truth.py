"""The true parameters of the field service: town, people, services, equipment, parts."""

from __future__ import annotations

from dataclasses import dataclass

from troth.demo.truth import Shared, Week


@dataclass(frozen=True, slots=True)
class Area(Shared):
    """A part of the town in which customers live; `spread_km` is the sigma of their distance from its middle."""

    title: str
    latitude: float
    longitude: float
    spread_km: float
    share: float


@dataclass(frozen=True, slots=True)
class PartKind(Shared):
    """A part that is kept in stock.

    Parameters
    ----------
    cost_cents : what one costs.
    lead_days : days from ordering to delivery at the depot.
    van, depot : how many a van and the depot hold after being filled up.
    """

    part: str
    title: str
    cost_cents: int
    lead_days: int
    van: int
    depot: int


@dataclass(frozen=True, slots=True)
class AssetKind(Shared):
    """A kind of equipment at customers' places; also the skill it takes.

    Parameters
    ----------
    share : part of all equipment.
    factor : duration of work relative to the service's mean.
    parts : (part, probability that a repair needs it), each on its own.
    cold : how much more often it fails in winter; negative for equipment that fails in summer.
    starts, hours : mean starts, and hours of running, a day.
    """

    kind: str
    title: str
    share: float
    factor: float
    parts: tuple[tuple[str, float], ...]
    cold: float
    starts: float
    hours: float


@dataclass(frozen=True, slots=True)
class FieldService(Shared):
    """A service that is done at the customer's place.

    Parameters
    ----------
    share : part of the customers' requests; recurring visits come on top.
    mean_s, spread : mean seconds of work of an average technician, and sigma of the lognormal.
    long_share, long_factor : part of visits that are of the long kind, and the least they take, relative.
    lead_days : earliest day offered, counted from the request.
    parts : probability of needing a part, relative to a repair.
    diagnosis : log odds that a technician of middle skill understands the matter on the first visit.
    """

    service: str
    title: str
    share: float
    mean_s: float
    spread: float
    long_share: float
    long_factor: float
    lead_days: int
    parts: float
    diagnosis: float
    priority: str


@dataclass(frozen=True, slots=True)
class Technician(Shared):
    """A technician.

    Parameters
    ----------
    home : latitude and longitude; days start and end there.
    skills : (kind of equipment, level 1 to 3).
    pace : duration of work relative to the mean.
    insight : added to the log odds of understanding a matter.
    early : works 07:30-16:00, else 09:00-17:30.
    """

    agent_id: str
    title: str
    home: tuple[float, float]
    skills: tuple[tuple[str, int], ...]
    pace: float
    insight: float
    early: bool
    leave: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FieldParams(Shared):
    """The field service as it truly is; `troth.demo.field.wing.FieldTruth` is this as a wing of the company.

    Shares are between 0 and 1; seconds end in `_s`.

    Parameters
    ----------
    code : letters put into every id.
    start : first local day, ISO date.
    map_seed : which town; customers' places and equipment follow from it.
    per_day : customers' requests on an average open day at the start.
    weekdays : volume by weekday relative to the mean, Monday first.
    day_cv : coefficient of variation of the effect of the day.
    drift, season : growth a year, and amplitude of the yearly wave, greatest in January.
    detour, speed_kmh, parking_s : road over straight distance, speed on empty roads, minutes to park and ring.
    rush : travel time by local hour, relative.
    travel_spread, travel_day_cv : sigma of a trip's lognormal, and variation of what all trips of a day share.
    snow_share, snow_travel, snow_work : winter days with snow; what it does to travel, and to requests.
    not_home, gone : no one is there; and if the technician is half an hour late.
    access : the equipment cannot be reached. `rework`: what was fixed fails again soon.
    cancels, moves : customers who give the visit up, or want another time.
    absence, ill_on_duty : ill for the day, or falling ill on duty, by technician and day.
    contract_share, contract_days : equipment that is inspected regularly, and how often.
    connected : how many pieces of equipment count their starts and hours.
    fault_per_year, silent_share, miscounts : developing faults of connected equipment; sensors falling silent by day;
        readings that are wrong.
    stated : the probability that is told with a window.
    """

    code: str
    site: str
    title: str
    time_zone: str
    start: str
    hours: Week
    holidays: tuple[tuple[str, str], ...]
    depot: tuple[float, float]
    areas: tuple[Area, ...]
    technicians: tuple[Technician, ...]
    services: tuple[FieldService, ...]
    kinds: tuple[AssetKind, ...]
    parts: tuple[PartKind, ...]
    customers: int
    map_seed: int = 5
    per_day: float = 26.5
    weekdays: tuple[float, ...] = (1.25, 1.05, 1.0, 0.95, 0.9, 0.3, 0.18)
    day_cv: float = 0.15
    drift: float = 0.08
    season: float = 0.15
    detour: float = 1.34
    speed_kmh: float = 36.0
    parking_s: float = 200.0
    rush: tuple[float, ...] = (
        0.9, 0.9, 0.9, 0.9, 0.9, 0.95, 1.1, 1.45, 1.5, 1.2, 1.05, 1.05,
        1.1, 1.1, 1.15, 1.3, 1.5, 1.55, 1.25, 1.05, 0.95, 0.9, 0.9, 0.9,
    )  # fmt: skip
    travel_spread: float = 0.22
    travel_day_cv: float = 0.07
    snow_share: float = 0.12
    snow_travel: float = 1.35
    snow_work: float = 1.3
    not_home: float = 0.035
    gone: float = 0.12
    access: float = 0.025
    rework: float = 0.06
    cancels: float = 0.03
    moves: float = 0.05
    absence: float = 0.025
    ill_on_duty: float = 0.004
    contract_share: float = 0.06
    contract_days: int = 180
    connected: int = 40
    fault_per_year: float = 3.0
    silent_share: float = 0.004
    miscounts: float = 0.004
    stated: float = 0.9
    survey_share: float = 0.4
    survey_reply: float = 0.35

    @property
    def team(self) -> str:
        """The technicians' team."""
        return f"technicians {self.code}"

    @property
    def office_id(self) -> str:
        """The person in the office who answers customers."""
        return f"{self.code}-office"

    @property
    def queue(self) -> str:
        """The queue of visits."""
        return f"visits-{self.code}"
