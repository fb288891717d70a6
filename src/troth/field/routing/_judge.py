"""What each rule of routing finds, tour by tour and across tours. Plain Python on purpose: it is what solvers are held to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from troth.field.routing._names import Known, known
from troth.field.routing.breach import EPS_S, RouteBreach
from troth.field.routing.problem import FieldTechnician, RoutingProblem, TechnicianShift, TimeWindow, VisitRequest
from troth.field.routing.tours import PlannedStop, StopKind, Tour


def of_tour(problem: RoutingProblem, *, tour: Tour) -> list[RouteBreach]:
    """Return what one tour breaks by itself."""
    names = known(problem)
    technician = names.technicians.get(tour.technician_id)
    if technician is None or not 0 <= tour.shift < len(technician.shifts):
        return [RouteBreach("routing.known", tour.technician_id, tour.shift, what="technician")]
    strange = [one for one in tour.stops if _strange(names, one)]
    found = [RouteBreach("routing.known", tour.technician_id, tour.shift, s.name, what=str(s.kind)) for s in strange]
    stops = [one for one in tour.stops if not _strange(names, one)]
    shift = technician.shifts[tour.shift]
    for rule in (_people, _supplies, _times, _driving, _rests, _prices):
        for name, visit_id, amount, cost, what in rule(problem, names, technician, shift, tour, stops):
            found.append(RouteBreach(f"routing.{name}", tour.technician_id, tour.shift, visit_id, amount, cost, what))
    return found


def _strange(names: Known, stop: PlannedStop) -> bool:
    if stop.kind is StopKind.REST:
        return False
    return stop.name not in (names.visits if stop.kind is StopKind.VISIT else names.depots)


_Found = Iterator[tuple[str, str, float, float, str]]


def _visits(names: Known, stops: Sequence[PlannedStop]) -> list[tuple[PlannedStop, VisitRequest]]:
    return [(one, names.visits[one.name]) for one in stops if one.kind is StopKind.VISIT]


def _people(_: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
            stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    del shift, tour
    for stop, visit in _visits(names, stops):
        for skill, level in visit.skills.items():
            if who.skills.get(skill, 0.0) < level - 1e-9 or skill not in who.skills:
                yield "skill", visit.visit_id, level - who.skills.get(skill, 0.0), 0.0, skill
        if who.technician_id in visit.excluded:
            yield "excluded", visit.visit_id, 1.0, 0.0, who.technician_id
        if visit.territory is not None and who.territories is not None and visit.territory not in who.territories:
            yield "territory", visit.visit_id, 1.0, 0.0, visit.territory
        if visit.preferred and who.technician_id not in visit.preferred:
            yield "preference", visit.visit_id, 1.0, visit.other_cents, who.technician_id
        if visit.pin is not None:
            if visit.pin.technician_id != who.technician_id:
                yield "pin", visit.visit_id, 1.0, 0.0, visit.pin.technician_id
            if visit.pin.start_s is not None and abs(visit.pin.start_s - stop.starts_s) > EPS_S:
                yield "pin", visit.visit_id, abs(visit.pin.start_s - stop.starts_s), 0.0, "start"


def fetched(
    names: Known, who: FieldTechnician, stops: Sequence[PlannedStop]
) -> Iterator[tuple[str, str, str, int, str]]:
    """Yield (visit, "tools" or "parts", what, pieces, depot) of what the van lacks; depot is "" if none was visited."""
    left = dict(who.parts)
    seen: list[str] = []
    for one in stops:
        if one.kind is StopKind.DEPOT:
            seen.append(one.name)
        elif one.kind is StopKind.VISIT:
            visit = names.visits[one.name]
            for tool in sorted(visit.tools - who.tools):
                held = [d for d in seen if (t := names.depots[d].tools) is None or tool in t]
                yield visit.visit_id, "tools", tool, 1, held[0] if held else ""
            for part, pieces in visit.parts.items():
                own = min(left.get(part, 0), pieces)
                left[part] = left.get(part, 0) - own
                if pieces > own:
                    kept = [d for d in seen if (p := names.depots[d].parts) is None or p.get(part, 0) > 0]
                    yield visit.visit_id, "parts", part, pieces - own, kept[0] if kept else ""


def _supplies(_: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
              stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    del shift, tour
    for visit_id, rule, what, pieces, depot in fetched(names, who, stops):
        if not depot:
            yield rule, visit_id, float(pieces), 0.0, what


def service_of(visit: VisitRequest, who: FieldTechnician) -> float:
    """Return how long the work takes somebody, in seconds."""
    return visit.service_by.get(who.technician_id, visit.service_s * who.pace)


def _times(problem: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
           stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    del problem
    windows: tuple[TimeWindow, ...]
    for stop in stops:
        if stop.kind is StopKind.REST:
            continue
        if stop.starts_s < stop.arrives_s - EPS_S:
            yield "travel", stop.name, stop.arrives_s - stop.starts_s, 0.0, "start"
        if stop.kind is StopKind.DEPOT:
            depot = names.depots[stop.name]
            work, windows = depot.service_s, (depot.open_s,) if depot.open_s else ()
        else:
            visit = names.visits[stop.name]
            work, windows = service_of(visit, who), visit.windows
            if visit.promised is not None and stop.starts_s < visit.promised.start_s - EPS_S:
                yield "promise-early", stop.name, visit.promised.start_s - stop.starts_s, 0.0, ""
        if stop.ends_s - stop.starts_s < work - EPS_S:
            yield "service", stop.name, work - (stop.ends_s - stop.starts_s), 0.0, ""
        if windows:
            off = min(max(w.start_s - stop.starts_s, stop.starts_s - w.end_s, 0.0) for w in windows)
            if off > EPS_S:
                yield "window", stop.name, off, 0.0, ""
    if tour.leaves_s < shift.start_s - EPS_S:
        yield "shift", "", shift.start_s - tour.leaves_s, 0.0, "start"
    if tour.returns_s > shift.end_s + shift.overtime_s + EPS_S:
        yield "shift", "", tour.returns_s - shift.end_s - shift.overtime_s, 0.0, "end"


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive between two places, with the rests taken before or on the way."""

    start: int
    end: int
    leaves_s: float
    arrives_s: float
    rests: tuple[PlannedStop, ...]
    name: str


def legs(problem: RoutingProblem, *, shift: TechnicianShift, tour: Tour, stops: Sequence[PlannedStop]) -> Iterator[Leg]:
    """Yield each drive of a tour; the last has no name."""
    names = known(problem)
    place, left, rests = shift.start_place, tour.leaves_s, list[PlannedStop]()
    for stop in stops:
        if stop.kind is StopKind.REST:
            rests.append(stop)
            continue
        at = names.visits[stop.name].place if stop.kind is StopKind.VISIT else names.depots[stop.name].place
        yield Leg(place, at, left, stop.arrives_s, tuple(rests), stop.name)
        place, left, rests = at, stop.ends_s, []
    yield Leg(place, place if shift.end_place is None else shift.end_place, left, tour.returns_s, tuple(rests), "")


def drive_s(problem: RoutingProblem, who: FieldTechnician, leg: Leg) -> float:
    """Return how long a drive takes that begins when the leg does, without rests."""
    usual = float(problem.seconds[leg.start, leg.end]) * who.travel_factor
    if problem.warp is None or not isfinite(usual):
        return usual
    return float(problem.warp.arrive_s(leg.leaves_s, drive_s=usual)) - leg.leaves_s


def _room(problem: RoutingProblem, since: float, until: float) -> float:
    """Return how far one can drive between two instants, in seconds of the matrix."""
    if problem.warp is None:
        return until - since
    return float(problem.warp.driven(until)) - float(problem.warp.driven(since))


def _driving(problem: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
             stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    del names
    total, metres = shift.travelled_s, 0.0
    for leg in legs(problem, shift=shift, tour=tour, stops=stops):
        usual = float(problem.seconds[leg.start, leg.end]) * who.travel_factor
        room = _room(problem, leg.leaves_s, leg.arrives_s)
        room -= sum(_room(problem, one.starts_s, one.ends_s) for one in leg.rests)
        if not room >= usual - EPS_S:
            yield "travel", leg.name, usual - room, 0.0, "drive"
        needed = drive_s(problem, who, leg)
        if who.longest_leg_s is not None and needed > who.longest_leg_s + EPS_S:
            yield "longest-leg", leg.name, needed - who.longest_leg_s, 0.0, ""
        if isfinite(needed):
            total += needed
            metres += float(problem.distances[leg.start, leg.end])
    if who.max_travel_s is not None and total > who.max_travel_s + EPS_S:
        yield "max-travel", "", total - who.max_travel_s, 0.0, ""
    if stops and who.cost_per_km_cents:
        yield "distance", "", metres, metres / 1000 * who.cost_per_km_cents, ""


def _rests(problem: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
           stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    del names
    if not stops:
        return
    taken = [one for one in stops if one.kind is StopKind.REST]
    free = list(taken)
    for k, rest in enumerate(shift.breaks):
        fits = [one for one in free if one.ends_s - one.starts_s >= rest.duration_s - EPS_S
                and rest.earliest_s - EPS_S <= one.starts_s <= rest.latest_s + EPS_S]  # fmt: skip
        if fits:
            free.remove(fits[0])
        elif tour.returns_s > rest.latest_s + EPS_S and tour.leaves_s < rest.latest_s:
            yield "rest", "", rest.duration_s, 0.0, f"break {k + 1}"
    for before, after in pairwise(stops):
        if StopKind.REST in (before.kind, after.kind) and after.starts_s < before.ends_s - EPS_S:
            yield "rest", after.name or before.name, before.ends_s - after.starts_s, 0.0, "overlap"
    if (
        who.drive_limit_s is not None
        and (over := _longest_drive(problem, who, shift, tour, stops)) > who.drive_limit_s + EPS_S
    ):
        yield "rest", "", over - who.drive_limit_s, 0.0, "driving"


def _longest_drive(problem: RoutingProblem, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
                   stops: Sequence[PlannedStop]) -> float:  # fmt: skip
    """Return the most driving without a rest; a rest between two stops is taken before the drive between them."""
    most, since = 0.0, shift.driven_s
    for leg in legs(problem, shift=shift, tour=tour, stops=stops):
        if any(one.ends_s - one.starts_s >= who.drive_rest_s - EPS_S for one in leg.rests):
            since = 0.0
        drive = drive_s(problem, who, leg)
        since += drive if isfinite(drive) else 0.0
        most = max(most, since)
    return most


def _prices(problem: RoutingProblem, names: Known, who: FieldTechnician, shift: TechnicianShift, tour: Tour,
            stops: Sequence[PlannedStop]) -> _Found:  # fmt: skip
    for stop, visit in _visits(names, stops):
        if visit.promised is not None and (late := stop.starts_s - visit.promised.end_s) > EPS_S:
            cost = visit.promised.broken_cents + late / 60 * visit.promised.late_cents_per_minute
            yield "promise", visit.visit_id, late, cost, ""
        if visit.soft is not None:
            if (early := visit.soft.start_s - stop.starts_s) > EPS_S:
                yield "soft-early", visit.visit_id, early, early / 60 * visit.soft.early_cents_per_minute, ""
            if (late := stop.starts_s - visit.soft.end_s) > EPS_S:
                yield "soft-late", visit.visit_id, late, late / 60 * visit.soft.late_cents_per_minute, ""
        if visit.visit_id in names.published:
            yield from _moved(problem, names, who, stop)
    if not stops:
        return
    hours = (tour.returns_s - tour.leaves_s) / 3600
    if who.cost_per_hour_cents:
        yield "work", "", hours * 3600, hours * who.cost_per_hour_cents, ""
    if (over := tour.returns_s - shift.end_s) > EPS_S:
        yield "overtime", "", over, over / 3600 * who.overtime_per_hour_cents, ""
    if who.used_cents:
        yield "used", "", 1.0, who.used_cents, ""
    if problem.prices.balance_cents:
        yield "balance", "", hours, hours**2 * problem.prices.balance_cents, ""


def _moved(problem: RoutingProblem, names: Known, who: FieldTechnician, stop: PlannedStop) -> _Found:
    was, prices = names.published[stop.name], problem.prices
    beyond = max(abs(stop.starts_s - was.start_s) - prices.free_move_s, 0.0)
    other = was.technician_id != who.technician_id
    cost = other * prices.other_technician_cents + beyond / 60 * prices.moved_cents_per_minute
    if other or beyond > EPS_S:
        yield "churn", stop.name, beyond, cost, was.technician_id if other else ""


def across(problem: RoutingProblem, *, tours: Sequence[Tour]) -> list[RouteBreach]:
    """Return what tours break together, and what is left out."""
    names = known(problem)
    kept = [t for t in tours if (p := names.technicians.get(t.technician_id)) and 0 <= t.shift < len(p.shifts)]
    made = [
        (stop, tour)
        for tour in kept
        for stop in tour.stops
        if stop.kind is StopKind.VISIT and stop.name in names.visits
    ]
    found = [RouteBreach("routing.known", *who, amount=n - 1, what="shift")
             for who, n in Counter((t.technician_id, t.shift) for t in kept).items() if n > 1]  # fmt: skip
    times = Counter(stop.name for stop, _ in made)
    found += [RouteBreach("routing.once", visit_id=name, amount=n - 1) for name, n in times.items() if n > 1]
    for one in problem.visits:
        if one.visit_id not in times:
            if one.unserved_cents is None:
                found.append(RouteBreach("routing.must", visit_id=one.visit_id))
            else:
                found.append(RouteBreach("routing.unserved", visit_id=one.visit_id, cost_cents=one.unserved_cents))
    return [*found, *_linked(names, made), *_shared(problem, names, kept), *_changes(problem, made)]


def _linked(names: Known, made: Sequence[tuple[PlannedStop, Tour]]) -> Iterator[RouteBreach]:
    by_name = {stop.name: (stop, tour) for stop, tour in made}
    groups: dict[str, set[str]] = defaultdict(set)
    for stop, tour in made:
        visit = names.visits[stop.name]
        if visit.together is not None:
            groups[visit.together].add(tour.technician_id)
        for link in visit.after:
            before = by_name.get(link.visit_id)
            short = None if before is None else before[0].ends_s + link.gap_s - stop.starts_s
            if short is None or short > EPS_S:
                amount = 1.0 if short is None else short
                yield RouteBreach(
                    "routing.order", tour.technician_id, tour.shift, stop.name, amount, what=link.visit_id
                )
    for label, people in groups.items():
        if len(people) > 1:
            yield RouteBreach("routing.together", amount=len(people) - 1.0, what=label)


def _shared(problem: RoutingProblem, names: Known, tours: Sequence[Tour]) -> Iterator[RouteBreach]:
    taken: Counter[tuple[str, str]] = Counter()
    held: dict[tuple[int, str], int] = Counter()
    vans: dict[str, list[Tour]] = defaultdict(list)
    for tour in tours:
        who = names.technicians[tour.technician_id]
        stops = [one for one in tour.stops if not _strange(names, one)]
        for _, rule, part, pieces, depot in fetched(names, who, stops):
            if rule == "parts" and depot:
                taken[depot, part] += pieces
        needed = {e for _, visit in _visits(names, stops) for e in visit.equipment} - who.equipment
        for thing in needed:
            held[who.shifts[tour.shift].day, thing] += 1
        if who.vehicle is not None and tour.stops:
            vans[who.vehicle].append(tour)
    for (depot, part), pieces in taken.items():
        stock = names.depots[depot].parts
        if stock is not None and pieces > stock.get(part, 0):
            yield RouteBreach("routing.stock", amount=pieces - stock.get(part, 0), what=f"{part} at {depot}")
    for (day, thing), n in held.items():
        if n > problem.equipment.get(thing, 0):
            yield RouteBreach(
                "routing.equipment", amount=n - problem.equipment.get(thing, 0), what=f"{thing} on day {day}"
            )
    yield from _vans(vans)


def _vans(vans: dict[str, list[Tour]]) -> Iterator[RouteBreach]:
    """Yield tours that begin before another of the same vehicle has ended."""
    for van, its in vans.items():
        its.sort(key=lambda t: t.leaves_s)
        for first, second in pairwise(its):
            if second.leaves_s < first.returns_s - EPS_S:
                yield RouteBreach(
                    "routing.vehicle",
                    second.technician_id,
                    second.shift,
                    amount=first.returns_s - second.leaves_s,
                    what=van,
                )


def _changes(problem: RoutingProblem, made: Sequence[tuple[PlannedStop, Tour]]) -> Iterator[RouteBreach]:
    n = changed(problem, made={stop.name: (tour.technician_id, stop.starts_s) for stop, tour in made})
    most = problem.prices.most_changes
    if most is not None and n > most:
        yield RouteBreach("routing.changes", amount=n - most)


def changed(problem: RoutingProblem, *, made: dict[str, tuple[str, float]]) -> int:
    """Return how many published visits of the problem change: by technician, by time beyond what is free, or left out."""
    asked = {one.visit_id for one in problem.visits}
    free = problem.prices.free_move_s + EPS_S
    return sum(
        one.visit_id not in made
        or made[one.visit_id][0] != one.technician_id
        or abs(made[one.visit_id][1] - one.start_s) > free
        for one in problem.published
        if one.visit_id in asked
    )
