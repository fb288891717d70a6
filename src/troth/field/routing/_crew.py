"""Technicians as they are now: where, from when, with what on the van."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from troth.field.routing._judge import drive_s, legs
from troth.field.routing._names import Known, known
from troth.field.routing.breach import EPS_S
from troth.field.routing.day import DayEvent, DayState, absences, lateness
from troth.field.routing.problem import FieldTechnician, RestBreak, RoutingProblem, TechnicianShift
from troth.field.routing.tours import PlannedStop, StopKind, Tour


@dataclass(frozen=True, slots=True)
class TechnicianLeft:
    """A technician as they are now.

    Parameters
    ----------
    technician : with the shifts that are left.
    numbers : which shifts of the day these are.
    taken : pieces they have fetched so far, by depot and part.
    """

    technician: FieldTechnician
    numbers: tuple[int, ...]
    taken: Mapping[tuple[str, str], int]


def technician_left(
    problem: RoutingProblem, who: FieldTechnician, *, tours: Sequence[Tour], state: DayState, events: Sequence[DayEvent],
    been: frozenset[str], used: frozenset[str], missing: Sequence[tuple[float, str]],
) -> TechnicianLeft:  # fmt: skip
    """Return a technician as they are now.

    Parameters
    ----------
    tours : theirs.
    been : visits that somebody has driven to, or is driving to.
    used : those of them whose parts are used.
    missing : parts that their van has none of, and since when.
    """
    names, job = known(problem), state.running.get(who.technician_id)
    made = {one.shift: one for one in tours}
    late = lateness(events, technician_id=who.technician_id)
    shifts, numbers, first, then = list[TechnicianShift](), list[int](), True, who
    taken: Counter[tuple[str, str]] = Counter()
    at = next((one.shift for one in tours if job is not None and job.visit_id in one.visits()), 0)
    for k, shift in enumerate(who.shifts):
        tour, left = made.get(k), shift
        over = shift.end_s + shift.overtime_s <= state.now_s or k < at
        begun = shift.start_s <= state.now_s or (
            first and not over and (job is not None or who.technician_id in state.places)
        )
        stops = [s for s in tour.stops if not _strange(names, s)] if tour and begun else []
        past = past_stops(stops, gone=been, until=state.now_s - late)
        # Vans are filled up between shifts.
        since_s = who.shifts[k - 1].end_s + who.shifts[k - 1].overtime_s if k else -inf
        lost = [(at_s, part) for at_s, part in missing if at_s > since_s]
        van = _van(names, who, stops, past, used=used, missing=lost)
        taken.update(van.taken)
        if over:
            # Work that goes on beyond the end of its shift begins no other.
            first = first and (job is None or tour is None or job.visit_id not in tour.visits())
            continue
        if first and begun and tour:
            driven, since = _driven(problem, who, tour, past)
            left = replace(shift, driven_s=since, travelled_s=shift.travelled_s + driven)
        for one in _shift(who, left, state=state, events=events, first=first):
            shifts.append(one)
            numbers.append(k)
            if first and (begun or lost):
                then = replace(who, parts=van.parts, tools=van.tools, equipment=van.things)
        first = False
    return TechnicianLeft(replace(then, shifts=tuple(shifts)), tuple(numbers), taken)


def _strange(names: Known, stop: PlannedStop) -> bool:
    return (stop.kind is StopKind.VISIT and stop.name not in names.visits) or (
        stop.kind is StopKind.DEPOT and stop.name not in names.depots
    )


def past_stops(stops: Sequence[PlannedStop], *, gone: frozenset[str], until: float) -> list[PlannedStop]:
    """Return the stops that are over: visits that are, and rests and depots before these or planned to have ended."""
    last = max((k for k, s in enumerate(stops) if s.kind is StopKind.VISIT and s.name in gone), default=-1)
    return [
        s
        for k, s in enumerate(stops)
        if (s.name in gone if s.kind is StopKind.VISIT else k < last or s.ends_s <= until)
    ]


@dataclass(frozen=True, slots=True)
class _Van:
    parts: dict[str, int]
    tools: frozenset[str]
    things: frozenset[str]
    taken: Counter[tuple[str, str]]


def _van(
    names: Known, who: FieldTechnician, stops: Sequence[PlannedStop], past: Sequence[PlannedStop], *, used: frozenset[str],
    missing: Sequence[tuple[float, str]],
) -> _Van:  # fmt: skip
    """Return what is on a van that went these stops, as the judge counts it: what is fetched is fetched for the visits to come.

    What is missing was on it no longer from then on; what is fetched later is.
    """
    spare, now = dict(who.parts), dict(who.parts)
    tools, things, taken = set(who.tools), set(who.equipment), Counter[tuple[str, str]]()
    seen: list[str] = []
    barred: defaultdict[str, int] = defaultdict(int)  # how many of the depots seen were before the part went missing
    lost = sorted(missing)
    done = {id(one) for one in past}

    def lose(until: float | None) -> None:
        while lost and (until is None or lost[0][0] <= until):
            _, part = lost.pop(0)
            spare[part] = now[part] = 0
            barred[part] = len(seen)

    for one in stops:
        lose(one.starts_s)
        if one.kind is StopKind.DEPOT and id(one) in done:
            seen.append(one.name)
        if one.kind is not StopKind.VISIT:
            continue
        visit = names.visits[one.name]
        over = id(one) in done and one.name in used
        things |= visit.equipment if over else set()
        tools |= {
            tool
            for tool in visit.tools
            if not over and any((held := names.depots[d].tools) is None or tool in held for d in seen)
        }
        for part, pieces in visit.parts.items():
            own = min(spare.get(part, 0), pieces)
            spare[part] = spare.get(part, 0) - own
            depot = next((d for d in seen[barred[part] :] if (stock := names.depots[d].parts) is None or stock.get(part, 0) > 0), "")  # fmt: skip
            if depot and pieces > own:
                taken[depot, part] += pieces - own
                now[part] = now.get(part, 0) + pieces - own
            if over:
                now[part] = max(now.get(part, 0) - pieces, 0)
    lose(None)
    return _Van({part: n for part, n in now.items() if n}, frozenset(tools), frozenset(things), taken)


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
    who: FieldTechnician, shift: TechnicianShift, *, state: DayState, events: Sequence[DayEvent], first: bool
) -> Iterator[TechnicianShift]:
    """Yield what is left of a shift, if anything; only the first is under way."""
    late = lateness(events, technician_id=who.technician_id) if first else 0.0
    job = state.running.get(who.technician_id)
    here = state.places.get(who.technician_id) if first else None
    begun = shift.start_s <= state.now_s or (first and job is not None) or here is not None
    start, place, since = max(shift.start_s, state.now_s), shift.start_place, shift.driven_s
    if job is not None:
        start = max(job.ends_s, state.now_s) if first else max(start, job.ends_s)
        place = job.place if first else place
    elif here is not None:
        start, place = state.now_s, here
    elif late:
        start = max(start, shift.start_s + late)
    for _, until in absences(events, who=who):
        if until >= shift.end_s:
            return
        if until > start:
            start, since = until, 0.0  # away is a rest, wherever they are
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
