"""Which event led to which change of a plan: events touch tours, and a visit that moves between tours carries them on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from troth.field.routing.day import DayEvent
from troth.field.routing.tours import StopKind, Tour


def causes(
    changes: Sequence[tuple[str, str, str]],
    *,
    events: Sequence[DayEvent],
    before: Sequence[Tour],
    after: Sequence[Tour],
) -> dict[str, DayEvent]:
    """Return the event nearest to each change, by visit; changes no event leads to are missing.

    An event about a visit is its cause. An event touches the tours of its technician, and those that hold its visit before or
    after; a changed visit has the event that touches a tour it leaves or enters, and carries it on to the other.

    Parameters
    ----------
    changes : (visit, technician before, technician after) of each, "" for nobody.
    before, after : tours of the two plans.
    """
    own = {one.visit_id: one for one in events if one.visit_id}
    whose = _whose((after, before))
    touched: dict[str, DayEvent] = {}
    queue: deque[str] = deque()
    for one in events:
        for who in [one.technician_id, *whose.get(one.visit_id, [])]:
            if who and who not in touched:
                touched[who] = one
                queue.append(who)
    found = {name: own[name] for name, _, _ in changes if name in own}
    while queue:
        here = queue.popleft()
        for name, a, b in changes:
            if here not in (a, b):
                continue
            found.setdefault(name, touched[here])
            for other in (a, b):
                if other and other not in touched:
                    touched[other] = touched[here]
                    queue.append(other)
    return found


def _whose(plans: Sequence[Sequence[Tour]]) -> dict[str, list[str]]:
    """Return by visit who makes it, in one plan or the other."""
    found: dict[str, list[str]] = {}
    for tour in (tour for tours in plans for tour in tours):
        for stop in tour.stops:
            if stop.kind is StopKind.VISIT:
                found.setdefault(stop.name, []).append(tour.technician_id)
    return found
