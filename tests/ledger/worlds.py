"""Small worlds for the ledger's tests: hours of two days, three resources, and a judge that counts hour by hour."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from troth.core.time import Calendar, Span
from troth.ledger import CapacityClaim, ClaimKind, Resource, ResourceKind

T0 = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 48
OFFICE = Calendar.weekly("office", time_zone="UTC", hours="Mon-Sun 06:00-22:00")
RESOURCES = (
    Resource("ada"),
    Resource("ben", calendar=OFFICE),
    Resource("room", ResourceKind.ROOM, capacity=2),
)
_KINDS = (ClaimKind.SHIFT, ClaimKind.LEAVE, ClaimKind.VISIT, ClaimKind.PROJECT)


def span(first: int, last: int) -> Span:
    """Return the span of some hours."""
    return Span(T0 + timedelta(hours=first), T0 + timedelta(hours=last))


@st.composite
def claim_lists(draw: st.DrawFn) -> list[CapacityClaim]:
    """Draw claims with ids of their own: shifts, leave, projects, visits inside and outside of shifts."""
    found: list[CapacityClaim] = []
    for k in range(draw(st.integers(1, 14))):
        who = draw(st.sampled_from(RESOURCES))
        first = draw(st.integers(0, HOURS - 1))
        last = min(HOURS, first + draw(st.integers(1, 9)))
        kind = draw(st.sampled_from(_KINDS))
        shifts = [one for one in found if one.kind is ClaimKind.SHIFT and one.resource_id == who.resource_id]
        inside = (
            draw(st.sampled_from(shifts)).claim_id if kind is ClaimKind.VISIT and shifts and draw(st.booleans()) else ""
        )
        share = draw(st.sampled_from([1.0, 1.0, 1.0, 0.5]))
        units = draw(st.integers(1, who.capacity))
        found.append(CapacityClaim(f"{kind}{k}", who.resource_id, span(first, last), kind, share, units, inside=inside))
    return found


def hours(one: CapacityClaim) -> range:
    """Return the hours a claim takes."""
    return range(int((one.span.start - T0).total_seconds() // 3600), int((one.span.end - T0).total_seconds() // 3600))


def used(claims: list[CapacityClaim] | tuple[CapacityClaim, ...]) -> Counter[tuple[str, str, int]]:
    """Count units of hard claims by resource, claim around them, and hour."""
    total: Counter[tuple[str, str, int]] = Counter()
    for one in claims:
        for hour in hours(one) if one.hard else ():
            total[one.resource_id, one.inside, hour] += one.units
    return total


def sound(claims: list[CapacityClaim] | tuple[CapacityClaim, ...]) -> bool:
    """Tell whether every hour has one use, by counting."""
    by_id = {one.claim_id: one for one in claims}
    rooms = {one.resource_id: one for one in RESOURCES}
    for (who, inside, _), units in used(claims).items():
        if units > (by_id[inside].units if inside in by_id else rooms[who].capacity):
            return False
    for one in claims:
        if one.inside and (one.inside not in by_id or not set(hours(one)) <= set(hours(by_id[one.inside]))):
            return False
        closed = one.resource_id == "ben" and any(not 6 <= hour % 24 < 22 for hour in hours(one))
        if closed and one.hard and not one.inside and one.kind is not ClaimKind.LEAVE:
            return False
    return True
