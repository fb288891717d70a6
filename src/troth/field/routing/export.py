"""A plan for others: result JSON, GeoJSON for maps, rows for tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from math import isfinite
from typing import Any

from troth.core.decision import Explanation, Issue, Severity
from troth.core.errors import InputError
from troth.field.routing._names import known
from troth.field.routing._reading import Frame
from troth.field.routing.breach import RouteBreach
from troth.field.routing.day import DayEvent
from troth.field.routing.day_file import lasting_rows
from troth.field.routing.plan import RoutePlan
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.rules import ROUTING_RULES, breaches, hard
from troth.field.routing.tours import StopKind
from troth.field.routing.ways import place_of, tour_places, travelled


def plan_to_json(plan: RoutePlan, *, events: Sequence[DayEvent] = ()) -> str:
    """Return a plan as JSON: what it costs by rule, tours, what is left out and why, what is broken. `tours_from_json` reads it.

    Parameters
    ----------
    plan : any.
    events : what came up until it was made; what of it lasts is kept, and read by `events_from_json`.
    """
    at = _clock(plan.problem)
    out: dict[str, Any] = {
        "format": 1, "status": str(plan.status), "value_cents": plan.value, "bound_cents": plan.bound, "gap": plan.gap,
        "objective": dict(plan.objective), "seed": plan.seed, "seconds": plan.seconds, "versions": dict(plan.versions),
        "tours": [
            {
                "technician": tour.technician_id, "shift": tour.shift, "leaves": at(tour.leaves_s), "returns": at(tour.returns_s),
                "stops": [
                    {str(one.kind): one.name, "arrives": at(one.arrives_s), "starts": at(one.starts_s), "ends": at(one.ends_s)}
                    for one in tour.stops
                ],
            }
            for tour in plan.tours
        ],
        "unserved": [{"visit": one.visit_id, "reasons": [explained(why) for why in one.reasons]} for one in plan.unserved],
        "broken": [breach_row(one) for one in plan.broken],
    }  # fmt: skip
    if kept := lasting_rows(plan.problem, events=events):
        out["events"] = kept
    return json.dumps(out, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def explained(why: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data; numbers that are none are left out."""
    kept = {k: v for k, v in why.parameters.items() if not (isinstance(v, float) and not isfinite(v))}
    return {
        "code": why.code, "parameters": kept, **({"parts": [explained(part) for part in why.parts]} if why.parts else {})
    }  # fmt: skip


def breach_row(one: RouteBreach) -> dict[str, Any]:
    """Return a breach as plain data, with the rule's sentence."""
    rule = ROUTING_RULES[one.rule]
    amount = one.amount if isfinite(one.amount) else None
    return {
        "rule": one.rule, "hard": rule.hard, "technician": one.technician_id, "shift": one.shift if one.shift >= 0 else None,
        "visit": one.visit_id, "what": one.what, "amount": amount, "cost_cents": one.cost_cents, "says": rule.sentence,
    }  # fmt: skip


def _clock(problem: RoutingProblem) -> Any:
    """Return how instants are written: ISO 8601, to the millisecond, or the second itself beyond the calendar."""
    frame = Frame()
    frame.begins_at = problem.begins_at

    def at(second: float) -> str | float | None:
        if not isfinite(second):
            return None
        try:
            return frame.instant(round(second, 3)).isoformat()
        except (OverflowError, ValueError):
            return second

    return at


def stop_rows(plan: RoutePlan) -> list[dict[str, Any]]:
    """Return a row for each stop in order, and for each visit left out at the end; instants are aware datetimes.

    Columns: technician, shift, number of the stop, kind, name, place, arrives_at, starts_at, ends_at, travel_s from the stop before, wait_s,
    promised_from, promised_to, late_s after the promise, and the hard rules broken there.
    """
    problem, names = plan.problem, known(plan.problem)
    frame = Frame()
    frame.begins_at = problem.begins_at
    broken = _broken(plan)
    rows: list[dict[str, Any]] = []
    for tour in plan.tours:
        travel = travelled(problem, tour=tour)
        for k, one in enumerate(tour.stops):
            place = place_of(problem, stop=one)
            visit = names.visits.get(one.name) if one.kind is StopKind.VISIT else None
            promised = None if visit is None else visit.promised
            rows.append({
                "technician": tour.technician_id, "shift": tour.shift, "stop": k + 1, "kind": str(one.kind), "name": one.name,
                "place": problem.places[place][0] if place is not None and place < len(problem.places) else place,
                "arrives_at": frame.instant(one.arrives_s), "starts_at": frame.instant(one.starts_s), "ends_at": frame.instant(one.ends_s),
                "travel_s": travel[k], "wait_s": one.starts_s - one.arrives_s,
                "promised_from": None if promised is None else frame.instant(promised.start_s),
                "promised_to": None if promised is None else frame.instant(promised.end_s),
                "late_s": None if promised is None else max(one.starts_s - promised.end_s, 0.0),
                "broken": " ".join(broken.get((tour.technician_id, one.name), ())),
            })  # fmt: skip
    empty = dict.fromkeys(rows[0] if rows else ("technician", "kind", "name", "broken"))
    for left in plan.unserved:
        why = " ".join(dict.fromkeys(reason.code for reason in left.reasons))
        rows.append(empty | {"kind": "unserved", "name": left.visit_id, "broken": why})
    return rows


def _broken(plan: RoutePlan) -> dict[tuple[str, str], list[str]]:
    """Return the hard rules broken by technician and stop."""
    found = defaultdict[tuple[str, str], list[str]](list)
    for one in hard(breaches(plan.problem, tours=plan.tours)):
        if one.rule not in found[one.technician_id, one.visit_id]:
            found[one.technician_id, one.visit_id].append(one.rule)
    return found


def geojson(plan: RoutePlan) -> str:
    """Return a plan as GeoJSON (RFC 7946): a line for each tour, a point for each stop, depot and visit left out.

    Raises
    ------
    InputError : places have no coordinates.
    """
    problem = plan.problem
    if len(problem.places) < len(problem.seconds):
        advice = "Maybe add places with lat and lon to the problem: a matrix alone has none."
        raise InputError([Issue("no-coordinates", Severity.ERROR, "places", f"{len(problem.places)}", advice)])
    features = []
    rows = iter(stop_rows(plan))
    for tour in plan.tours:
        line = tour_places(problem, tour=tour)
        visits = [one.name for one in tour.stops if one.kind is StopKind.VISIT]
        told = {"technician": tour.technician_id, "shift": tour.shift, "visits": visits}
        features.append(_feature("LineString", [_point(problem, place) for place in line], {"kind": "tour", **told}))
        for one in tour.stops:
            row = {
                key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in next(rows).items()
            }
            place = place_of(problem, stop=one)
            if place is not None:
                features.append(_feature("Point", _point(problem, place), row))
    left = {one.visit_id for one in plan.unserved}
    lost = [("unserved", one.visit_id, one.place) for one in problem.visits if one.visit_id in left]
    stores = [("depot", one.depot_id, one.place) for one in problem.depots]
    features += [
        _feature("Point", _point(problem, place), {"kind": kind, "name": name})
        for kind, name, place in (*lost, *stores)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False) + "\n"


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _point(problem: RoutingProblem, place: int) -> list[float]:
    return [problem.places[place][2], problem.places[place][1]]
