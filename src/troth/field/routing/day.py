"""A day under way: what has happened, what runs, what came up; and the problem of what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf, isfinite

from troth.field.routing._judge import drive_s, fetched, legs
from troth.field.routing._names import known
from troth.field.routing.breach import EPS_S
from troth.field.routing.problem import (
    FieldTechnician,
    Pin,
    PublishedVisit,
    RestBreak,
    RoutingPrices,
    RoutingProblem,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.tours import PlannedStop, StopKind, Tour


class EventKind(StrEnum):
    """What came up."""

    LATE = "late"
    ILL = "ill"
    BACK = "back"
    CANCELLED = "cancelled"
    NEW = "new"
    EMERGENCY = "emergency"
    PART_MISSING = "part-missing"
    NO_SHOW = "no-show"


@dataclass(frozen=True, slots=True)
class DayEvent:
    """Something that came up on a day.

    Parameters
    ----------
    kind : what.
    at_s : when it became known, in seconds of the problem.
    visit_id, technician_id : whom it is about, as far as it is about one.
    seconds : late: by how much; ill: how long they stay away, 0 for the rest of their shift.
    what : part_missing: the part.
    """

    kind: EventKind
    at_s: float
    visit_id: str = ""
    technician_id: str = ""
    seconds: float = 0.0
    what: str = ""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A visit somebody is on the way to or works at; `ends_s` is when it is expected to be over."""

    visit_id: str
    place: int
    ends_s: float


@dataclass(frozen=True, slots=True)
class DayState:
    """What is known of a day at an instant.

    Parameters
    ----------
    now_s : the instant, in seconds of the problem.
    done : visits that are over, however they ended.
    running : by technician what they are on; it stays theirs.
    places : where technicians are who have begun and are on nothing, by row of the matrix: they can go on at once. Who is in
        neither goes from the start of the shift, when it begins.
    rested : how many breaks of the running shift they have had.
    """

    now_s: float
    done: frozenset[str] = frozenset()
    running: Mapping[str, RunningJob] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    rested: Mapping[str, int] = field(default_factory=dict)


def from_now(
    problem: RoutingProblem, *, tours: Sequence[Tour], state: DayState, events: Sequence[DayEvent] = (),
    new: Sequence[VisitRequest] = (), prices: RoutingPrices | None = None,
) -> RoutingProblem:  # fmt: skip
    """Return the problem of what is left: shifts begin when running jobs are expected to end, with the plan as published.

    Vans hold what they had less what was used, with what was fetched for visits yet to come. A shared thing somebody has used
    today stays theirs and counts for no other day of the problem either. Who is under way has driven since their last rest (`driven_s`
    of the shift), to the job they are on included; of rests the plan is believed, later by how much they are late.

    Parameters
    ----------
    tours : the plan so far.
    new : visits that came up; their places are rows of the matrix.
    prices : of changes; those of the problem if None.
    """
    names = known(problem)
    running = {job.visit_id: job for job in state.running.values()}
    cancelled = {one.visit_id for one in events if one.kind in (EventKind.CANCELLED, EventKind.NO_SHOW)}
    over = (state.done - set(running)) | cancelled
    gone = over | set(running)
    by_visit = {s.name: tour for tour in tours for s in tour.stops if s.kind is StopKind.VISIT}
    who_ran = {job.visit_id: who for who, job in state.running.items()}
    labels: dict[str, str] = {}
    for visit in problem.visits:
        if visit.together is not None and visit.visit_id in gone - cancelled:
            made = by_visit.get(visit.visit_id)
            whose = who_ran.get(visit.visit_id) or ("" if made is None else made.technician_id)
            labels.setdefault(visit.together, whose)
    asked = {one.visit_id: one for one in (*problem.visits, *new) if one.visit_id not in gone}
    visits = tuple(_left(one, running=running, gone=gone, labels=labels) for one in asked.values())
    for event in events:
        if event.kind is EventKind.PART_MISSING and event.visit_id in asked and not event.technician_id:
            visits = tuple(_with_part(one, event) for one in visits)
    people, shared = [], dict(problem.equipment)
    for one in problem.technicians:
        its = [tour for tour in tours if tour.technician_id == one.technician_id]
        left = _person(problem, one, tours=its, state=state, events=events, gone=gone - cancelled)
        for thing in left.equipment - one.equipment:
            shared[thing] = max(shared.get(thing, 0) - 1, 0)
        people.append(left)
    published = tuple(
        PublishedVisit(s.name, tour.technician_id, s.starts_s)
        for tour in tours
        for s in tour.stops
        if s.kind is StopKind.VISIT and s.name in asked and s.name in names.visits
    )
    return replace(
        problem, visits=visits, technicians=tuple(people), equipment=shared, published=published,
        prices=problem.prices if prices is None else prices,
    )  # fmt: skip


def _left(
    visit: VisitRequest, *, running: Mapping[str, RunningJob], gone: frozenset[str] | set[str], labels: Mapping[str, str]
) -> VisitRequest:  # fmt: skip
    """Return a visit without what is settled: links to work that is over, and the technician its label has by now."""
    after = tuple(link for link in visit.after if link.visit_id not in gone)
    soonest = max((running[a.visit_id].ends_s + a.gap_s for a in visit.after if a.visit_id in running), default=-inf)
    windows = visit.windows
    if soonest > -inf:
        spans = windows or (TimeWindow(soonest, 1e9),)
        windows = tuple(TimeWindow(max(w.start_s, soonest), max(w.end_s, soonest)) for w in spans)
    pin = visit.pin
    if pin is None and visit.together is not None and labels.get(visit.together):
        pin = Pin(labels[visit.together])
    return replace(visit, after=after, windows=windows, pin=pin)


def _with_part(visit: VisitRequest, event: DayEvent) -> VisitRequest:
    if visit.visit_id != event.visit_id:
        return visit
    return replace(visit, parts={**visit.parts, event.what: max(visit.parts.get(event.what, 0), 1)})


def _person(
    problem: RoutingProblem, who: FieldTechnician, *, tours: Sequence[Tour], state: DayState, events: Sequence[DayEvent],
    gone: frozenset[str] | set[str],
) -> FieldTechnician:  # fmt: skip
    """Return a technician as they are now: where, from when, with what on the van."""
    names = known(problem)
    theirs = [one for one in events if one.technician_id == who.technician_id]
    job = state.running.get(who.technician_id)
    shifts, parts, tools, things, driven, first = [], dict(who.parts), set(who.tools), set(who.equipment), 0.0, True
    for k, shift in enumerate(who.shifts):
        if shift.end_s + shift.overtime_s <= state.now_s:
            continue
        tour, left = next((one for one in tours if one.shift == k), None), shift
        if first and (job is not None or who.technician_id in state.places or shift.start_s <= state.now_s):
            stops = [s for s in tour.stops if not _strange(problem, s.kind, s.name)] if tour else []
            past = _past(stops, gone=gone, until=state.now_s - _late(theirs))
            depots = {s.name for s in past if s.kind is StopKind.DEPOT}
            done = {s.name for s in past if s.kind is StopKind.VISIT}
            for name in done:
                for part, pieces in names.visits[name].parts.items():
                    parts[part] = max(parts.get(part, 0) - pieces, 0)
                things |= set(names.visits[name].equipment)
            for name, rule, what, pieces, depot in fetched(names, who, stops):
                if depot in depots and name not in done:
                    if rule == "parts":
                        parts[what] = parts.get(what, 0) + pieces
                    else:
                        tools.add(what)
            if tour:
                driven, since = _driven(problem, who, tour, past)
                left = replace(shift, driven_s=since)
        shifts += list(_shift(who, left, state=state, job=job if first else None, theirs=theirs, first=first))
        first = False
    for one in theirs:
        if one.kind is EventKind.PART_MISSING and one.what:
            parts[one.what] = 0
    return replace(
        who, shifts=tuple(shifts), parts={p: n for p, n in parts.items() if n}, tools=frozenset(tools),
        equipment=frozenset(things), max_travel_s=None if who.max_travel_s is None else max(who.max_travel_s - driven, 0.0),
    )  # fmt: skip


def _strange(problem: RoutingProblem, kind: StopKind, name: str) -> bool:
    names = known(problem)
    return (kind is StopKind.VISIT and name not in names.visits) or (
        kind is StopKind.DEPOT and name not in names.depots
    )


def _late(theirs: Sequence[DayEvent]) -> float:
    return max((one.seconds for one in theirs if one.kind is EventKind.LATE), default=0.0)


def _past(stops: Sequence[PlannedStop], *, gone: frozenset[str] | set[str], until: float) -> list[PlannedStop]:
    """Return the stops that are over: visits that are, and rests and depots before these or planned to have ended."""
    last = max((k for k, s in enumerate(stops) if s.kind is StopKind.VISIT and s.name in gone), default=-1)
    return [
        s
        for k, s in enumerate(stops)
        if (s.name in gone if s.kind is StopKind.VISIT else k < last or s.ends_s <= until)
    ]


def _driven(
    problem: RoutingProblem, who: FieldTechnician, tour: Tour, past: Sequence[PlannedStop]
) -> tuple[float, float]:
    """Return how long somebody has driven to the stops that are over, and how long of it since the last rest."""
    shift = who.shifts[tour.shift]
    total, since = 0.0, shift.driven_s
    for leg in legs(problem, shift=shift, tour=tour, stops=past):
        if any(one.ends_s - one.starts_s >= who.drive_rest_s - EPS_S for one in leg.rests):
            since = 0.0
        if leg.name and isfinite(drive := drive_s(problem, who, leg)):  # the last leg is the way home
            total, since = total + drive, since + drive
    return total, since


def _shift(
    who: FieldTechnician, shift: TechnicianShift, *, state: DayState, job: RunningJob | None, theirs: Sequence[DayEvent],
    first: bool,
) -> Iterator[TechnicianShift]:  # fmt: skip
    """Yield what is left of a shift, if anything."""
    late = _late(theirs) if first else 0.0
    here = state.places.get(who.technician_id) if first else None
    begun = shift.start_s <= state.now_s or job is not None or here is not None
    start, place, since = max(shift.start_s, state.now_s), shift.start_place, shift.driven_s
    if job is not None:
        start, place = max(job.ends_s, state.now_s), job.place
    elif here is not None:
        start, place = state.now_s, here
    elif late and not begun:
        start = shift.start_s + late
    for one in theirs:
        if one.kind is not EventKind.ILL:
            continue
        until = one.at_s + one.seconds if one.seconds else (shift.end_s + shift.overtime_s if first else -inf)
        if until >= shift.end_s:
            return
        if until > start:
            start, place, since = until, shift.start_place, 0.0  # away is a rest
    if start >= shift.end_s + shift.overtime_s:
        return
    breaks = shift.breaks[state.rested.get(who.technician_id, 0) if first and begun else 0 :]
    moved = tuple(
        RestBreak(one.duration_s, max(one.earliest_s, start), max(one.latest_s, start)) if first and begun else one
        for one in breaks
    )
    # A shift whose end is over lives on by its overtime alone.
    end = max(shift.end_s, start + 1.0)
    yield replace(
        shift, start_s=start, end_s=end, overtime_s=max(shift.end_s + shift.overtime_s - end, 0.0), start_place=place, breaks=moved,
        driven_s=since,
    )  # fmt: skip
