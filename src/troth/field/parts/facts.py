"""Stock as facts: places, parts, what was counted, what moved, what is reserved. Numbers are computed from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from troth.core.decision import Issue


class StockPlaceKind(StrEnum):
    """What sort of place parts are at."""

    DEPOT = "depot"
    """A warehouse."""
    VAN = "van"
    """A technician's van; its holder is the technician."""
    SITE = "site"
    """A customer's place."""
    RETURNS = "returns"
    """Where faulty pieces lie; what is there is never available."""
    SUPPLIER = "supplier"
    """Outside: not counted, never empty."""


@dataclass(frozen=True, slots=True)
class StockPlace:
    """A place of parts; `holder` is the technician of a van or the customer of a site."""

    place: str
    kind: StockPlaceKind
    holder: str = ""


@dataclass(frozen=True, slots=True)
class StockedPart:
    """A part that is kept in stock.

    Parameters
    ----------
    cost_cents : what one costs.
    lead : from ordering to delivery.
    serial : each piece has a number of its own.
    """

    part: str
    title: str = ""
    cost_cents: int = 0
    lead: timedelta = timedelta(0)
    serial: bool = False


@dataclass(frozen=True, slots=True)
class StockCount:
    """Somebody counted: whatever was computed before, so many pieces were there; what moves at that instant comes after.

    Parameters
    ----------
    quantity : pieces; what is sold by length is counted in its smallest piece.
    serials : their numbers; empty where they were not written down.
    """

    place: str
    part: str
    quantity: int
    at: datetime
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StockMove:
    """Pieces changed place.

    Parameters
    ----------
    origin, target : ids of places; an empty target means used up.
    serial : number of the piece; the quantity is then 1.
    visit : the visit it was moved or used for; what was reserved for it is reserved no longer.
    """

    part: str
    quantity: int
    origin: str
    target: str
    at: datetime
    serial: str = ""
    visit: str = ""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Pieces of a place that are kept for a visit from an instant on, until they are moved or used for it."""

    visit: str
    part: str
    place: str
    quantity: int
    at: datetime
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """What is where at an instant.

    Parameters
    ----------
    pieces, kept : by (place, part) pieces on hand and reserved; 0 is left out.
    numbers : by (place, part) the known serial numbers, in order.
    kept_numbers : serial numbers that are reserved.
    issues : what does not add up.
    """

    at: datetime
    places: tuple[StockPlace, ...]
    parts: tuple[StockedPart, ...]
    pieces: Mapping[tuple[str, str], int]
    kept: Mapping[tuple[str, str], int] = field(default_factory=dict)
    numbers: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    kept_numbers: frozenset[str] = frozenset()
    issues: tuple[Issue, ...] = ()

    def on_hand(self, place: str, *, part: str) -> int:
        """Return how many pieces are there."""
        return self.pieces.get((place, part), 0)

    def reserved(self, place: str, *, part: str) -> int:
        """Return how many of them are kept for a visit."""
        return self.kept.get((place, part), 0)

    def available(self, place: str, *, part: str) -> int:
        """Return how many may be taken: on hand, not reserved, not faulty; never below 0."""
        if any(one.place == place and one.kind is StockPlaceKind.RETURNS for one in self.places):
            return 0
        return max(0, self.on_hand(place, part=part) - self.reserved(place, part=part))

    def serials(self, place: str, *, part: str) -> tuple[str, ...]:
        """Return the known numbers of the pieces there that are not reserved."""
        return tuple(one for one in self.numbers.get((place, part), ()) if one not in self.kept_numbers)

    def van_of(self, technician: str) -> str | None:
        """Return the place id of a technician's van."""
        mine = (one for one in self.places if one.kind is StockPlaceKind.VAN and one.holder == technician)
        return next((one.place for one in mine), None)


@dataclass(frozen=True, slots=True)
class StockFacts:
    """All that is known of parts: places, parts, what was counted, moved and reserved."""

    places: tuple[StockPlace, ...]
    parts: tuple[StockedPart, ...]
    counts: tuple[StockCount, ...] = ()
    moves: tuple[StockMove, ...] = ()
    reservations: tuple[Reservation, ...] = ()
