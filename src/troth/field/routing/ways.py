"""Where stops are and how long is driven between them, for exports and pictures."""

from __future__ import annotations

from math import isfinite
from typing import Any

from troth.field.routing._judge import drive_s, legs
from troth.field.routing._names import known
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import PlannedStop, StopKind, Tour


def place_of(problem: RoutingProblem, *, stop: PlannedStop) -> int | None:
    """Return the place of a stop; None of a rest, or of a name that nobody knows."""
    names = known(problem)
    held: Any = {StopKind.VISIT: names.visits, StopKind.DEPOT: names.depots}.get(stop.kind, {})
    return held[stop.name].place if stop.name in held else None


def travelled(problem: RoutingProblem, *, tour: Tour) -> list[float | None]:
    """Return the seconds of driving before each stop, and before the end; None for rests, and where there is no way."""
    names = known(problem)
    who = names.technicians.get(tour.technician_id)
    out: list[float | None] = [None] * (len(tour.stops) + 1)
    if who is None or not 0 <= tour.shift < len(who.shifts):
        return out
    places = [k for k, one in enumerate(tour.stops) if place_of(problem, stop=one) is not None]
    stops = [one for one in tour.stops if one.kind is StopKind.REST or place_of(problem, stop=one) is not None]
    for k, leg in zip(
        [*places, len(tour.stops)], legs(problem, shift=who.shifts[tour.shift], tour=tour, stops=stops), strict=True
    ):
        drive = drive_s(problem, who, leg)
        out[k] = drive if isfinite(drive) else None
    return out


def tour_places(problem: RoutingProblem, *, tour: Tour) -> list[int]:
    """Return the places of a tour from its start to its end, as far as they are known."""
    who = known(problem).technicians.get(tour.technician_id)
    shift = who.shifts[tour.shift] if who is not None and 0 <= tour.shift < len(who.shifts) else None
    line = [place for one in tour.stops if (place := place_of(problem, stop=one)) is not None]
    if shift is None:
        return line
    return [shift.start_place, *line, *([] if shift.end_place is None else [shift.end_place])]
