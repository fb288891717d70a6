"""For each visit and part: on whose van it is, at which depot it can be fetched, or when it can be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from troth.core.errors import InputError
from troth.field.parts._issues import aware, error, whole
from troth.field.parts.facts import Holdings, StockPlaceKind


@dataclass(frozen=True, slots=True)
class PartNeed:
    """A part that a visit needs.

    Parameters
    ----------
    by_at : when it must be on the van at the latest; the date of this time, in its own zone, is the day of the visit.
    van : place id of the van that goes; empty where that is not decided yet.
    """

    visit: str
    part: str
    by_at: datetime
    quantity: int = 1
    van: str = ""


@dataclass(frozen=True, slots=True)
class PartOffer:
    """A supplier's offer to deliver a part to a depot.

    Parameters
    ----------
    lead : from now to the delivery.
    unit_cents : price of a piece over what one costs that is on the shelf, such as for express.
    order_cents : price of the order, whatever its size.
    limit : pieces at most; None has no limit.
    """

    part: str
    depot: str
    lead: timedelta
    unit_cents: int = 0
    order_cents: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class PartSupply:
    """Where one part of a visit can come from.

    Parameters
    ----------
    on_van : by technician the free pieces on their van.
    at_depot : by depot the free pieces there.
    earliest_at : when enough pieces can be at a single van or depot; None if never.
    """

    part: str
    quantity: int
    on_van: Mapping[str, int]
    at_depot: Mapping[str, int]
    earliest_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitSupply:
    """Where the parts of a visit can come from."""

    visit: str
    parts: tuple[PartSupply, ...]

    def aboard(self, technician: str) -> bool:
        """Tell whether all is on the technician's own van."""
        return not self._lacking(technician)

    def pick_ups(self, technician: str) -> frozenset[str] | None:
        """Return the depots at each of which all that the technician's van lacks can be fetched.

        Empty if nothing lacks; None if there is no such depot.
        """
        lacking = self._lacking(technician)
        if not lacking:
            return frozenset()
        enough = [{d for d, n in one.at_depot.items() if n >= wanted} for one, wanted in lacking]
        return frozenset(set.intersection(*enough)) or None

    def _lacking(self, technician: str) -> list[tuple[PartSupply, int]]:
        short = [(one, one.quantity - one.on_van.get(technician, 0)) for one in self.parts]
        return [(one, wanted) for one, wanted in short if wanted > 0]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "visit": self.visit,
            "parts": [
                {
                    "part": one.part,
                    "quantity": one.quantity,
                    "vans": dict(one.on_van),
                    "depots": dict(one.at_depot),
                    "earliest_at": None if one.earliest_at is None else one.earliest_at.isoformat(),
                }
                for one in self.parts
            ],
        }


def supply_options(
    needs: Sequence[PartNeed], *, holdings: Holdings, offers: Sequence[PartOffer] = ()
) -> tuple[VisitSupply, ...]:
    """Return, by visit in order of first mention, where its parts can come from.

    Pieces are counted, not handed out: two visits may name the last one. `source` hands out.

    Raises
    ------
    InputError
        ``unknown-part``, ``bad-quantity``, ``negative-quantity``, all at once.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.field.parts import Stock, StockCount, StockedPart, StockPlace, StockPlaceKind
    >>> now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    >>> places = (StockPlace("depot", StockPlaceKind.DEPOT), StockPlace("van", StockPlaceKind.VAN, "jonas"))
    >>> stock = Stock(places, (StockedPart("pump"), StockedPart("fan")),
    ...               (StockCount("depot", "fan", 2, now), StockCount("van", "pump", 1, now)))
    >>> needs = [PartNeed("v1", "pump", now), PartNeed("v1", "fan", now)]
    >>> (one,) = supply_options(needs, holdings=stock.at(now))
    >>> one.aboard("jonas"), one.pick_ups("jonas"), one.pick_ups("asta")
    (False, frozenset({'depot'}), None)
    """
    known = {one.part for one in holdings.parts}
    issues = []
    for k, need in enumerate(needs):
        where = f"needs[{k}]"
        issues += [*whole(where, need.quantity, least=1), *aware(where, need.by_at)]
        if need.part not in known:
            issues.append(error("unknown-part", where, need.part, f"Maybe one of {', '.join(sorted(known)[:8])}."))
    if issues:
        raise InputError(issues)
    wanted: dict[str, dict[str, int]] = {}
    for need in needs:
        parts = wanted.setdefault(need.visit, {})
        parts[need.part] = parts.get(need.part, 0) + need.quantity
    free = {part: _free(part, holdings) for parts in wanted.values() for part in parts}
    return tuple(
        VisitSupply(visit, tuple(_supply(part, n, free[part], holdings, offers) for part, n in parts.items()))
        for visit, parts in wanted.items()
    )


def _free(part: str, holdings: Holdings) -> tuple[dict[str, int], dict[str, int]]:
    """Return free pieces by technician and by depot."""
    vans, depots = {}, {}
    for one in holdings.places:
        count = holdings.available(one.place, part=part)
        if count > 0 and one.kind is StockPlaceKind.VAN:
            vans[one.holder] = count
        elif count > 0 and one.kind is StockPlaceKind.DEPOT:
            depots[one.place] = count
    return vans, depots


def _supply(
    part: str,
    quantity: int,
    free: tuple[dict[str, int], dict[str, int]],
    holdings: Holdings,
    offers: Iterable[PartOffer],
) -> PartSupply:
    vans, depots = free
    when: datetime | None = None
    if max([*vans.values(), *depots.values()], default=0) >= quantity:
        when = holdings.at
    else:
        leads = [
            one.lead
            for one in offers
            if one.part == part and (one.limit is None or one.limit + depots.get(one.depot, 0) >= quantity)
        ]
        when = holdings.at + min(leads) if leads else None
    return PartSupply(part, quantity, vans, depots, when)
