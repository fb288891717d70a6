"""What sourcing decides on: needs, what is free, ways from place to van, suppliers, prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite

from troth.core.decision import Issue
from troth.field.parts._issues import aware, error, twice, whole
from troth.field.parts.facts import Holdings, StockPlaceKind
from troth.field.parts.supply import PartNeed, PartOffer


@dataclass(frozen=True, slots=True)
class Handover:
    """A way for pieces from a place to a van: a pick-up at a depot, a meeting of two vans.

    Parameters
    ----------
    takes : from leaving to having the pieces on the van.
    cost_cents : price of one trip; a day's trip of a van to a place brings all it needs that day.
    """

    origin: str
    van: str
    takes: timedelta
    cost_cents: int


@dataclass(frozen=True, slots=True)
class IncomingParts:
    """Pieces that are on order already: a depot gets them at a time."""

    place: str
    part: str
    quantity: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SourcingProblem:
    """From where the parts of visits are to come.

    Parameters
    ----------
    needs : each with its van.
    holdings : what is free now; its time is now.
    handovers : ways to vans. A van's own stock needs none; what no way leads to cannot be had there.
    offers, incoming : what can be ordered, and what is on the way.
    second_visit_cents : price of a visit that lacks a part, as another one is needed.
    second_visits : prices of visits with another one.
    """

    needs: tuple[PartNeed, ...]
    holdings: Holdings
    handovers: tuple[Handover, ...] = ()
    offers: tuple[PartOffer, ...] = ()
    incoming: tuple[IncomingParts, ...] = ()
    second_visit_cents: int = 8000
    second_visits: Mapping[str, int] = field(default_factory=dict)

    def missing_cents(self, visit: str) -> int:
        """Return the price of leaving a visit without its parts."""
        return self.second_visits.get(visit, self.second_visit_cents)


def check_sourcing(problem: SourcingProblem) -> list[Issue]:
    """Return every issue of a problem, each an error."""
    parts = {one.part for one in problem.holdings.parts}
    kinds = {one.place: one.kind for one in problem.holdings.places}
    found: list[Issue] = []

    def known(where: str, part: str | None, place: str, kind: StockPlaceKind | None) -> Iterator[Issue]:
        if part is not None and part not in parts:
            yield error("unknown-part", where, part, f"Maybe one of {', '.join(sorted(parts)[:8]) or 'none known'}.")
        if place not in kinds:
            yield error("unknown-place", where, place, f"Maybe one of {', '.join(sorted(kinds)[:8]) or 'none known'}.")
        elif kind is not None and kinds[place] is not kind:
            yield error("wrong-place", where, place, f"Maybe a {kind} is meant; this is a {kinds[place]}.")

    for k, need in enumerate(problem.needs):
        where = f"needs[{k}]"
        found += [*known(where, need.part, need.van, StockPlaceKind.VAN), *aware(where, need.by_at)]
        found += whole(where, need.quantity, least=1)
    found += twice("need", [f"{one.visit} {one.part}" for one in problem.needs])
    for visit in sorted({one.visit for one in problem.needs}):
        vans = {(one.van, one.by_at) for one in problem.needs if one.visit == visit}
        if len(vans) > 1:
            found.append(
                error("visit-twice", f"needs of {visit}", len(vans), "Maybe one van and one time; split the visit.")
            )
    for k, way in enumerate(problem.handovers):
        where = f"handovers[{k}]"
        found += [*known(where, None, way.origin, None), *known(where, None, way.van, StockPlaceKind.VAN)]
        found += [*_price(where, way.cost_cents), *_length(where, way.takes)]
    found += twice("handover", [f"{one.origin} {one.van}" for one in problem.handovers])
    for k, offer in enumerate(problem.offers):
        where = f"offers[{k}]"
        found += [*known(where, offer.part, offer.depot, StockPlaceKind.DEPOT), *_length(where, offer.lead)]
        found += [*_price(where, offer.unit_cents), *_price(where, offer.order_cents)]
        found += whole(where, offer.limit) if offer.limit is not None else ()
    for k, coming in enumerate(problem.incoming):
        where = f"incoming[{k}]"
        found += [*known(where, coming.part, coming.place, None), *whole(where, coming.quantity)]
        found += aware(where, coming.due_at)
    found += _price("second_visit_cents", problem.second_visit_cents)
    for visit, cents in problem.second_visits.items():
        found += _price(f"second_visits[{visit}]", cents)
    return found


def _price(where: str, cents: float) -> Iterator[Issue]:
    if not isfinite(cents) or cents < 0:
        yield error("bad-price", where, cents, "Maybe a number of cents, 0 or more.")


def _length(where: str, length: timedelta) -> Iterator[Issue]:
    if length < timedelta(0):
        yield error("negative-time", where, length, "Maybe the ends were swapped.")
