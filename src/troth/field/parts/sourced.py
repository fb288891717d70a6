"""From where parts come: the decision, what it costs, and what is missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from troth.core.decision import Status
from troth.field.parts.facts import Reservation


class SourceWay(StrEnum):
    """How a piece comes to the van."""

    OWN_VAN = "own_van"
    """It is there."""
    PICK_UP = "pick_up"
    """Fetched at a depot."""
    TRANSFER = "transfer"
    """Handed over by another van."""
    INCOMING = "incoming"
    """From what is on order already."""
    ORDER = "order"
    """Ordered now."""


class MissReason(StrEnum):
    """Why a part is missed."""

    NOT_TO_BE_HAD = "not_to_be_had"
    """No place holds enough that a way leads from, and nobody sells it."""
    TOO_LATE = "too_late"
    """It can be had, but not in time."""
    TAKEN = "taken"
    """Other visits got what could have come in time."""
    NOT_WORTH = "not_worth"
    """It could be had in time, but a second visit is cheaper, or another part of the visit cannot be had."""
    NOT_LOOKED_AT = "not_looked_at"
    """It could be had in time; the search was stopped before it was known whether a second visit is cheaper."""


@dataclass(frozen=True, slots=True)
class SourcedPart:
    """Pieces for a visit: from where, how, when they are on the van, the price over the shelf's, their numbers if known."""

    visit: str
    part: str
    quantity: int
    place: str
    van: str
    way: SourceWay
    ready_at: datetime
    cost_cents: int = 0
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """A van's trip to a place on a day, for all the pieces it takes there."""

    origin: str
    van: str
    date: date
    cost_cents: int


@dataclass(frozen=True, slots=True)
class MissedPart:
    """A part of a visit that goes without: why, and the earliest time it can be on the van; None if never."""

    visit: str
    part: str
    quantity: int
    reason: MissReason
    earliest_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourcingPlan:
    """A decision about all needs.

    Parameters
    ----------
    unit_cents, order_cents, missed_cents : prices of pieces, of orders, of second visits.
    status, bound_cents : optimal if proved to be the cheapest, feasible if the search was stopped before, stopped if that was before
        anything was found; no plan is cheaper than the bound.
    """

    at: datetime
    pieces: tuple[SourcedPart, ...]
    trips: tuple[Trip, ...]
    missed: tuple[MissedPart, ...]
    unit_cents: int
    order_cents: int
    missed_cents: int
    status: Status
    bound_cents: int

    @property
    def cost_cents(self) -> int:
        """The total that is made least."""
        return self.unit_cents + self.order_cents + self.missed_cents + sum(one.cost_cents for one in self.trips)

    def reservations(self) -> tuple[Reservation, ...]:
        """Return what is to be reserved now: pieces that exist where they are. What is yet to come is not."""
        here = (SourceWay.OWN_VAN, SourceWay.PICK_UP, SourceWay.TRANSFER)
        return tuple(
            Reservation(one.visit, one.part, one.place, one.quantity, self.at, one.serials)
            for one in self.pieces
            if one.way in here
        )
