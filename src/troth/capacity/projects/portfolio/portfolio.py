"""Everything a plan of projects rests on, as of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.rates import ChargeRate, ExchangeRate
from troth.capacity.projects.portfolio.use import ClaimedHours, OperationalReservation, ProjectBooking, ReactiveLoad
from troth.capacity.projects.portfolio.work import Deal, Project, ProjectPhase, TimeEntry


@dataclass(frozen=True, slots=True)
class Portfolio:
    """People, projects, deals and what is booked, as known before `day` begins.

    Parameters
    ----------
    day : what lies before is past and is never planned.
    templates : phases of a kind of project, by its name.
    holidays : days off, by country.
    currency : the house's own: costs and sums are in it.
    """

    day: date
    people: tuple[Consultant, ...] = ()
    projects: tuple[Project, ...] = ()
    deals: tuple[Deal, ...] = ()
    templates: Mapping[str, tuple[ProjectPhase, ...]] = field(default_factory=dict)
    bookings: tuple[ProjectBooking, ...] = ()
    reservations: tuple[OperationalReservation, ...] = ()
    reactive: tuple[ReactiveLoad, ...] = ()
    claims: tuple[ClaimedHours, ...] = ()
    logged: tuple[TimeEntry, ...] = ()
    rates: tuple[ChargeRate, ...] = ()
    exchange: tuple[ExchangeRate, ...] = ()
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)
    currency: str = "EUR"
