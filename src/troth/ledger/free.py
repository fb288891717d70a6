"""What is still free of a resource, and what is not."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from troth.core.time import Calendar, Span, from_micros, merge, to_micros
from troth.ledger._columns import Floats, Ints, levels
from troth.ledger.value import CapacityLedger


def free(
    ledger: CapacityLedger,
    *,
    resource_id: str,
    start: datetime,
    end: datetime,
    units: int = 1,
    likely: float = 1.0,
    inside: str = "",
) -> list[Span]:
    """Return when so many units of a resource are free, in order.

    Parameters
    ----------
    start, end : the time looked at, half open.
    units : how many must be free.
    likely : claims of at least this probability count as taken; those less likely as free.
    inside : id of a claim, such as a shift: what is free of it, instead of the resource's own time.

    Raises
    ------
    KeyError
        If the resource or the claim is not in the ledger.

    Examples
    --------
    >>> from datetime import UTC
    >>> from troth.ledger import CapacityClaim, ClaimKind, Resource
    >>> def at(hour): return datetime(2026, 3, 2, hour, tzinfo=UTC)
    >>> claims = (CapacityClaim("p", "room", Span(at(9), at(11)), ClaimKind.PROJECT),)
    >>> spans = free(CapacityLedger((Resource("room"),), claims), resource_id="room", start=at(8), end=at(12))
    >>> [(one.start.hour, one.end.hour) for one in spans]
    [(8, 9), (11, 12)]
    """
    at, until, room = _room(ledger, resource_id, start, end, inside, likely=likely)
    kept = room >= units
    return merge(Span(from_micros(int(a)), from_micros(int(b))) for a, b in zip(at[kept], until[kept], strict=True))


def free_s(
    ledger: CapacityLedger,
    *,
    resource_id: str,
    start: datetime,
    end: datetime,
    expected: bool = False,
    inside: str = "",
) -> float:
    """Return the free seconds of a resource, times its free units.

    Parameters
    ----------
    expected : weigh claims by their probability; else only hard ones count.
    """
    at, until, room = _room(ledger, resource_id, start, end, inside, expected=expected)
    return float(((until - at) * np.maximum(room, 0.0)).sum() / 1e6)


def claimed_s(
    ledger: CapacityLedger,
    *,
    resource_id: str,
    start: datetime,
    end: datetime,
    expected: bool = False,
    inside: str = "",
) -> float:
    """Return the claimed seconds of a resource within its calendar, times units; what is claimed beyond capacity counts once.

    With `free_s` it makes up the calendar's time times the capacity.
    """
    capacity = ledger.claim(inside).units if inside else ledger.resource(resource_id).capacity
    at, until, room = _room(ledger, resource_id, start, end, inside, expected=expected)
    return float(((until - at) * np.clip(capacity - room, 0.0, capacity)).sum() / 1e6)


def _frame(
    ledger: CapacityLedger, resource_id: str, start: datetime, end: datetime, inside: str
) -> tuple[Ints, Ints, int]:
    """Return the stretches in which there is time to give, and how many units."""
    resource = ledger.resource(resource_id)
    limit = Span(start, end)
    if inside:
        outer = ledger.claim(inside)
        if outer.resource_id != resource_id:
            raise KeyError(inside)
        part = outer.span.clip(limit)
        spans, capacity = [part] if part else [], outer.units
    else:
        calendar = resource.calendar or Calendar.always()
        spans, capacity = calendar.spans(start, end), resource.capacity
    low = np.array([to_micros(one.start) for one in spans], np.int64)
    high = np.array([to_micros(one.end) for one in spans], np.int64)
    return low, high, capacity


def _room(
    ledger: CapacityLedger,
    resource_id: str,
    start: datetime,
    end: datetime,
    inside: str,
    *,
    likely: float = 1.0,
    expected: bool = False,
) -> tuple[Ints, Ints, Floats]:
    """Return stretches of the frame with the units left in each (negative where more is claimed than there is)."""
    low, high, capacity = _frame(ledger, resource_id, start, end, inside)
    mine = np.array([one.resource_id == resource_id and one.inside == inside for one in ledger.claims], bool)
    begins, ends, units, share = (column[mine] for column in ledger.arrays)
    amount = units * np.where(share >= 1, 1.0, share) if expected else units * (share >= likely)
    taken = levels(begins, ends, group=np.zeros(len(begins), np.int64), amount=amount)
    edges = np.unique(np.concatenate([low, high, taken.at, taken.until]))
    at, until = edges[:-1], edges[1:]
    place = np.searchsorted(low, at, side="right") - 1
    open_ = (place >= 0) & (until <= high[place]) if len(low) else np.zeros(len(at), bool)
    used = np.zeros(len(at))
    k = np.searchsorted(taken.at, at, side="right") - 1
    there = (k >= 0) & (at < taken.until[k]) if len(taken.at) else np.zeros(len(at), bool)
    used[there] = taken.amount[k[there]]
    return at[open_], until[open_], capacity - used[open_]
