"""The day so far: what is known of it if all went as planned, and a plan of the whole day with what is planned anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from troth.field.routing._crew import past_stops
from troth.field.routing._names import known
from troth.field.routing.clock import arrival
from troth.field.routing.day import DayEvent, DayState, RunningJob, absences, called_off, lateness
from troth.field.routing.left import WhatIsLeft
from troth.field.routing.plan import RoutePlan, UnservedVisit
from troth.field.routing.problem import RoutingProblem, TechnicianShift, VisitRequest
from troth.field.routing.solve import judged
from troth.field.routing.tours import PlannedStop, StopKind, Tour
from troth.field.routing.ways import place_of


def state_at(
    problem: RoutingProblem, *, tours: Sequence[Tour], at_s: float, events: Sequence[DayEvent] = ()
) -> DayState:
    """Return what is known of a day at an instant if all went as planned until then, but for the events.

    Whoever is ill leaves what they are at, and is there, or on the way to it where they were before; whoever is late is so at what
    they are at. Whoever is back from a tour is where it ends.
    """
    names, done, running = known(problem), set[str](), dict[str, RunningJob]()
    places, rested = dict[str, int](), dict[str, int]()
    for tour in sorted(tours, key=lambda one: one.leaves_s):
        who = names.technicians.get(tour.technician_id)
        if tour.leaves_s > at_s or who is None or not 0 <= tour.shift < len(who.shifts):
            continue
        shift, delay = who.shifts[tour.shift], lateness(events, technician_id=who.technician_id)
        away = any(since <= at_s < until for since, until in absences(events, who=who))
        place, taken = None, 0
        for one in tour.stops:
            here = place_of(problem, stop=one)
            if one.ends_s + delay > at_s:
                if one.kind is StopKind.VISIT and here is not None and not away:
                    running[who.technician_id] = RunningJob(one.name, here, one.ends_s + delay)
                elif here is not None and one.arrives_s + delay <= at_s:
                    place = here
                break
            done |= {one.name} if one.kind is StopKind.VISIT else set()
            taken += _is_break(shift, one, taken)
            place = place if here is None else here
        else:
            if shift.end_place is not None and tour.returns_s + delay <= at_s:
                place = shift.end_place
        if shift.end_s + shift.overtime_s > at_s:  # else nobody goes on with it
            rested[who.technician_id] = taken
            if place is not None:
                places[who.technician_id] = place
    return DayState(at_s, frozenset(done), running, places, rested)


def _is_break(shift: TechnicianShift, stop: PlannedStop, taken: int) -> bool:
    """Tell whether a stop is the next break of a shift: a rest before it may begin is none, one that came late is."""
    return stop.kind is StopKind.REST and any(
        one.earliest_s - 1 <= stop.starts_s and stop.ends_s - stop.starts_s >= one.duration_s - 1
        for one in shift.breaks[taken : taken + 1]
    )


def whole_day(
    plan: RoutePlan, *, left: WhatIsLeft, found: RoutePlan, state: DayState, events: Sequence[DayEvent] = (),
    new: Sequence[VisitRequest] = (),
) -> RoutePlan:  # fmt: skip
    """Return the plan of the whole day: what is done as it was planned, what goes on, then what is planned anew.

    Shifts have the numbers they have in the day. Work that was broken off is not in it, and visits that were cancelled, or at which
    nobody was, are no part of its problem.

    Parameters
    ----------
    plan : of the day, as it was.
    left : what is left of it, by `left.what_is_left`.
    found : the plan of that.
    state, events, new : with which it was made.
    """
    before = {(one.technician_id, one.shift): one for one in plan.tours}
    after = {(one.technician_id, left.shifts[one.technician_id, one.shift]): one for one in found.tours}
    tours = []
    for who in plan.problem.technicians:
        for k, shift in enumerate(who.shifts):
            was, then = before.get((who.technician_id, k)), after.get((who.technician_id, k))
            front = _front(was, left=left, state=state, events=events) if was else ()
            if was and front:
                returns = then.returns_s if then else _home(plan.problem, was, front, shift)
                tours.append(replace(was, returns_s=returns, stops=(*front, *(then.stops if then else ()))))
            elif then:
                # Whoever left for work that was broken off goes on from there, and has been on the way since.
                gone = was is not None and was.leaves_s <= state.now_s and (who.technician_id in {*state.places, *state.running})  # fmt: skip
                tours.append(replace(then, shift=k, leaves_s=was.leaves_s if was and gone else then.leaves_s))
    cancelled = called_off(events)
    visits = {one.visit_id: one for one in (*plan.problem.visits, *new) if one.visit_id not in cancelled}
    problem = replace(plan.problem, visits=tuple(
        replace(one, after=tuple(link for link in one.after if link.visit_id not in cancelled)) for one in visits.values()
    ))  # fmt: skip
    told = judged(problem, tours=tuple(tours), seed=found.seed, seconds=found.seconds, why=False)
    why = {one.visit_id: one.reasons for one in found.unserved}
    unserved = tuple(UnservedVisit(one.visit_id, why.get(one.visit_id, ())) for one in told.unserved)
    return replace(told, unserved=unserved, versions=found.versions)


def _front(tour: Tour, *, left: WhatIsLeft, state: DayState, events: Sequence[DayEvent]) -> tuple[PlannedStop, ...]:
    """Return the stops of a tour that are over or go on."""
    late = lateness(events, technician_id=tour.technician_id)
    job = left.running.get(tour.technician_id)
    on = "" if job is None else job.visit_id
    found = []
    for one in past_stops(tour.stops, gone=left.settled | {on}, until=state.now_s - late):
        if one.kind is StopKind.VISIT and one.name not in left.settled:
            continue
        if job is not None and one.kind is StopKind.VISIT and one.name == on:
            starts = min(one.starts_s + late, job.ends_s)
            arrives = min(one.arrives_s + late, starts)
            found.append(replace(one, arrives_s=arrives, starts_s=starts, ends_s=job.ends_s))
        else:
            found.append(one)
    return tuple(found)


def _home(problem: RoutingProblem, tour: Tour, stops: Sequence[PlannedStop], shift: TechnicianShift) -> float:
    """Return when somebody is home after these stops of a tour; as planned, sooner or later, if it was done to its end."""
    last = stops[-1]
    if (last.kind, last.name) == (tour.stops[-1].kind, tour.stops[-1].name):
        return last.ends_s + tour.returns_s - tour.stops[-1].ends_s
    who = known(problem).technicians[tour.technician_id]
    places = [place for one in stops if (place := place_of(problem, stop=one)) is not None]
    drive = 0.0
    if shift.end_place is not None:
        place = places[-1] if places else shift.start_place
        drive = float(problem.seconds[place, shift.end_place]) * who.travel_factor
    return arrival(problem, leaves=last.ends_s, drive=drive if isfinite(drive) else 0.0)
