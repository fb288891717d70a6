"""What a dispatcher knows at an instant, as plain data: nothing of the hidden truth."""

from __future__ import annotations

from typing import Any

from troth.demo.field._dispatch import Dispatcher
from troth.demo.field._loop import Crew
from troth.demo.field.ledger import FieldVisit


def known(world: Dispatcher) -> dict[str, Any]:
    """Return what is known: `at` (ms since 1970, UTC), `visits` not yet ended, `technicians`, `depot` (parts held)."""
    return {
        "at": world.now,
        "date": world.local(world.now).isoformat(),
        "visits": [_visit(world, visit) for visit in world.open.values()],
        "technicians": [_crew(world, crew) for crew in world.crews],
        "depot": dict(world.depot),
    }


def _visit(world: Dispatcher, visit: FieldVisit) -> dict[str, Any]:
    """Return one visit: `state` asked (no window yet), open or away; times in ms, `expected_s` by the standard time."""
    job, latitude_longitude = visit.job, world.point(visit)
    asked = visit.state == "asked"
    return {
        "visit": world.visit_id(visit),
        "case": world.case_id(job),
        "customer": f"u{world.truth.code}{job.place}",
        "asset": f"a{world.truth.code}{job.place}",
        "attempt": visit.attempt,
        "state": visit.state,
        "latitude": latitude_longitude[0],
        "longitude": latitude_longitude[1],
        "service": world.truth.services[job.service].service,
        "priority": world.truth.services[job.service].priority,
        "skill": world.kind(visit),
        "level": job.level,
        "asked": visit.asked,
        "earliest_date": visit.earliest,
        "window_start": None if asked else visit.window[0],
        "window_end": None if asked else visit.window[1],
        "promise": {-1: "running", 0: "broken", 1: "kept", 2: "waived"}[visit.kept],
        "technician": None if visit.agent < 0 else world.truth.technicians[visit.agent].agent_id,
        "expected_s": world.work_ms(visit) / 1000,
        "parts": parts_needed(world, visit=visit),
    }


def parts_needed(world: Dispatcher, *, visit: FieldVisit) -> dict[str, float]:
    """Return by part the probability of needing it: 1 if an earlier visit found so, else how often it was before.

    The share is of first visits of repairs that found out, with one more needed and one not needed added (P. S. de
    Laplace's rule of succession, 1774), so that a part never seen is not impossible. Only for services that repair.
    """
    if visit.job.known:
        return dict.fromkeys(visit.job.known, 1.0)
    if world.truth.services[visit.job.service].parts < 1.0:
        return {}
    kind = world.kind(visit)
    times = world.seen[kind, ""]
    return {part.part: (world.seen[kind, part.part] + 1) / (times + 2) for part in world.truth.parts
            if (kind, part.part) in world.seen}  # fmt: skip


def _crew(world: Dispatcher, crew: Crew) -> dict[str, Any]:
    """Return one technician: `state` off, free, away or pause; where they were last, what they are on, what they carry."""
    today = world.today.day.isoformat()
    planned = next(((a, b) for index, a, b in world.duty(world.today.day) if index == crew.index), None)
    return {
        "technician": crew.truth.agent_id,
        "skills": dict(crew.truth.skills),
        "state": crew.state,
        # That somebody is ill is known from the morning's plan on, not while they sleep.
        "ill": crew.ill and world.planned_on == today,
        "shift": planned,
        "home": crew.truth.home,
        "latitude": crew.here[0],
        "longitude": crew.here[1],
        "visit": None if crew.call is None else world.visit_id(crew.call),
        "left": None if crew.call is None else crew.call.left,
        "arrived": None if crew.call is None or crew.call.arrived < 0 else crew.call.arrived,
        "started": None if crew.call is None or crew.call.started < 0 else crew.call.started,
        "route": [world.visit_id(visit) for visit in crew.route if visit.state == "open" and visit.agent == crew.index],
        "lunch": crew.lunch,
        "van": dict(crew.van),
    }
