"""VROOM's format (API of version 1.15): problems and steps read, results written in its shape.

What is said in both is taken over; what is not becomes an issue with its place. A unit of VROOM's cost is a cent. By default it counts
seconds of travel, not of work: these are then taken as metres, as long as all vehicles weigh time and distance alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from math import inf
from typing import Any, Final

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import loaded
from troth.field.routing import _vroom_parts as parts
from troth.field.routing._reading import Frame
from troth.field.routing._vroom_out import result
from troth.field.routing.orders import timed_together
from troth.field.routing.plan import RoutePlan
from troth.field.routing.problem import (
    After,
    FieldTechnician,
    Pin,
    PublishedVisit,
    RestBreak,
    RoutingProblem,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.tours import PlannedStop, StopKind, Tour
from troth.field.travel.greatcircle import GreatCircle
from troth.field.travel.times import TravelProvider

_KEYS: Final = frozenset({"jobs", "shipments", "vehicles", "matrices", "matrix"})
#: Times greater than this are seconds since 1970.
_DATED: Final = 1e8
_LAST: Final = 4_294_967_295.0


@dataclass(frozen=True, slots=True, eq=False)
class VroomInstance:
    """A problem in VROOM's format, and ours that says the same.

    Parameters
    ----------
    problem : visits are named by kind and id ("job 7"), technicians by the vehicle's id; a vehicle has one shift.
    issues : what is not said in our problem, or said more strictly.
    jobs, vehicles : the rows of the file, by visit and by technician.
    metres : distances, shape (places, places), as the problem's own may be prices; None without any.
    locations : coordinates (longitude, latitude) or index of each place; None of one that is nowhere.
    steps : the tours that the vehicles' steps say, if any.
    """

    problem: RoutingProblem
    issues: tuple[Issue, ...]
    jobs: Mapping[str, Mapping[str, Any]]
    vehicles: Mapping[str, Mapping[str, Any]]
    metres: Any
    locations: tuple[Any, ...]
    steps: tuple[Tour, ...] = ()


def problem_from_vroom(data: Mapping[str, Any] | str, *, travel: TravelProvider | None = None) -> VroomInstance:
    """Return the instance of plain data or JSON text.

    Priorities become prices of leaving a job out: any job more than any plan costs, and each step of priority more than all jobs of a
    lower one together, as VROOM serves by the sum of priorities first, then by number, then by cost.

    Parameters
    ----------
    travel : who says how long ways take if there is no matrix; the straight way with a detour if None.

    Raises
    ------
    InputError
        With every error: wrong types, unknown and missing keys, times the wrong way round, ids that are there twice.

    Examples
    --------
    >>> found = problem_from_vroom({
    ...     "jobs": [{"id": 1, "location_index": 1, "service": 300}], "vehicles": [{"id": 7, "start_index": 0, "end_index": 0}],
    ...     "matrices": {"car": {"durations": [[0, 60], [70, 0]]}},
    ... })
    >>> [one.visit_id for one in found.problem.visits], found.problem.technicians[0].technician_id, found.issues
    (['job 1'], '7', ())
    """
    plain = loaded(data, name="vroom") if isinstance(data, str) else data
    frame = parts.VroomFrame()
    if not isinstance(plain, Mapping):
        raise InputError(
            [Issue("wrong-type", Severity.ERROR, "", str(plain)[:80], "Maybe an object with jobs and vehicles.")]
        )
    for key in plain:
        if key not in _KEYS:
            frame.doubt("not-modelled", str(key), plain[key], "Maybe it is not needed: it is passed over.")
    jobs, vehicles = parts.jobs(frame, plain), parts.vehicles(frame, plain)
    if not vehicles:
        frame.tell("no-technicians", "vehicles", "0", "Maybe add a vehicle: without any nothing can be served.")
    table = parts.tables(frame, plain, vehicles)
    _stop(frame)
    seconds, metres, locations = _ways(frame, table, jobs, vehicles, travel or GreatCircle())
    _stop(frame)
    prices = _Prices(frame, table, jobs, vehicles, seconds, metres)
    zero = _zero(jobs, vehicles)
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=zero)
    loads = _loads(frame, jobs)
    visits = tuple(visit for one in jobs for visit in [_visit(one, vehicles, prices, loads, zero)])
    people = tuple(_technician(frame, one, prices, loads, zero, len(jobs)) for one in vehicles)
    places = () if any(at is None or not isinstance(at, tuple) for at in locations) else tuple(
        (f"place {k}", at[1], at[0]) for k, at in enumerate(locations)
    )  # fmt: skip
    problem = RoutingProblem(begins, visits, people, seconds, prices.metres, places=places)
    return _with_steps(
        frame,
        VroomInstance(
            problem, (), {one.name: one.row for one in jobs}, {f"{one.row['id']}": one.row for one in vehicles}, metres,
            tuple(locations),
        ),
    )  # fmt: skip


def _stop(frame: Frame) -> None:
    if any(one.severity is Severity.ERROR for one in frame.issues):
        raise InputError(frame.issues)


def _ways(
    frame: parts.VroomFrame, table: parts.Tables, jobs: Sequence[parts.Job], vehicles: Sequence[parts.Van], travel: TravelProvider
) -> tuple[Any, Any, list[Any]]:  # fmt: skip
    """Return seconds, metres and locations of all places, with one more that is everywhere at once if a start is open."""
    if table.durations is not None:
        seconds, metres = table.durations, table.distances
        locations: list[Any] = [frame.spots.get(k, k) for k in range(len(seconds))]
        for where, place in [(one.where, p) for one in jobs for p in one.places] + [
            (one.where, p) for one in vehicles for p in one.places
        ]:
            if not 0 <= place < len(seconds):
                frame.tell("no-such-place", where, place, "Maybe the matrix was made without it.")
    else:
        locations = list(frame.coordinates)
        if not locations:
            return np.zeros((1, 1)), None, [0]
        times = travel.matrix([(lat, lon) for lon, lat in locations])
        frame.issues += times.issues
        seconds, metres = np.asarray(times.seconds, np.float64), np.asarray(times.metres, np.float64)
    if any(one.start is None for one in vehicles):
        nowhere = len(seconds)
        seconds = np.pad(seconds, (0, 1))
        metres = None if metres is None else np.pad(metres, (0, 1))
        locations.append(None)
        for one in vehicles:
            one.start = nowhere if one.start is None else one.start
    return seconds, metres, locations


class _Prices:
    """What ways, vehicles and jobs left out cost."""

    def __init__(self, frame: parts.VroomFrame, table: parts.Tables, jobs: Sequence[parts.Job], vehicles: Sequence[parts.Van],
                 seconds: Any, metres: Any) -> None:  # fmt: skip
        self.per_km: dict[str, float] = {}
        rates = [(one.per_hour / 3600, one.per_km / 1000) for one in vehicles]
        first = next((rate for rate in rates if any(rate)), (1.0, 0.0))
        self.metres = seconds
        if table.costs is not None:
            self.metres = table.costs if len(table.costs) == len(seconds) else np.pad(table.costs, (0, 1))
            rates = [(1.0, 0.0)] * len(vehicles)
            first = (1.0, 0.0)
        elif first[1]:
            if metres is None:
                frame.doubt(
                    "not-modelled", "vehicles.costs.per_km", "", "Maybe add distances: kilometres are not priced."
                )
            else:
                self.metres = first[0] * seconds + first[1] * metres
        whole = first[1] > 0 and metres is not None
        for van, (second, metre) in zip(vehicles, rates, strict=True):
            if abs(second * first[1] - metre * first[0]) > 1e-12 and metres is not None:
                advice = "Maybe give all vehicles the same ratio of per_hour to per_km: the first one's is taken."
                frame.doubt("not-modelled", f"{van.where}.costs", f"{second * 3600:g}/{metre * 1000:g}", advice)
            factor = (second / first[0] if first[0] else metre / first[1]) if whole else second
            scale = van.travel_factor if table.costs is None and not whole else 1.0
            if whole and van.travel_factor != 1:
                advice = "Maybe leave speed_factor out: travel time is priced at usual speed beside kilometres."
                frame.doubt("not-modelled", f"{van.where}.speed_factor", van.row.get("speed_factor"), advice)
            self.per_km[van.name] = 1000.0 * factor * scale
        far = float(np.max(self.metres[np.isfinite(self.metres)], initial=0.0)) / 1000
        dear = far * max(self.per_km.values(), default=0.0) * (len(jobs) + len(vehicles))
        #: More than any plan costs.
        self.left_out = 1.0 + np.ceil(dear + sum(one.fixed for one in vehicles))
        self.step = self.left_out * (len(jobs) + 1) if any(one.priority for one in jobs) else 0.0

    def unserved(self, job: parts.Job) -> float:
        """Return what leaving a job out costs; the halves of a shipment share it."""
        return float(self.left_out + self.step * job.priority) / (2 if job.kind != "job" else 1)


def _zero(jobs: Sequence[parts.Job], vehicles: Sequence[parts.Van]) -> float:
    """Return VROOM's second at which ours begin: the midnight before the first time if these are dates, else 0."""
    times = [
        start for spans in [*(one.windows for one in jobs), *(one.windows for one in vehicles)] for start, _ in spans
    ]
    first = min(times, default=0.0)
    return first - first % 86_400 if first > _DATED and all(one.windows for one in vehicles) else 0.0


def _loads(frame: parts.VroomFrame, jobs: Sequence[parts.Job]) -> dict[str, dict[str, int]]:
    """Return by job what it takes of a vehicle's capacity, by dimension: the greater of what is brought and what is collected.

    What is brought is aboard until it is delivered, what is collected from then on. After any stop a vehicle holds what jobs up to
    there collected and jobs after it bring, so never more than the sum of the greater of both over all jobs of the tour: whoever fits
    that fits everywhere. It is exact as long as, in each dimension, no job collects more than it brings or none brings more than it
    collects; else it is stricter than need be, and so it is for shipments.
    """
    found, more = {}, set[tuple[int, bool]]()
    for one in jobs:
        kinds = {name: one.row[name] for name in ("delivery", "pickup", "amount") if one.row.get(name)}
        most = [max(amounts) for amounts in zip_longest(*kinds.values(), fillvalue=0)]
        found[one.name] = {f"load {k + 1}": int(n) for k, n in enumerate(most) if n}
        if one.kind == "delivery":
            found[one.name] = {}
        down_up = zip_longest(kinds.get("delivery", ()), kinds.get("pickup", ()), fillvalue=0)
        more |= {(k, up > down) for k, (down, up) in enumerate(down_up) if up != down}
    if any((k, not which) in more for k, which in more):
        advice = "Maybe split the file: a job takes room for the greater of delivery and pickup on its whole tour, which is stricter than need be."
        frame.doubt("stricter", "jobs.pickup", "", advice)
    if any(one.kind == "pickup" and found[one.name] for one in jobs):
        advice = "Maybe larger capacities: a shipment takes room for its whole tour, which is stricter than need be."
        frame.doubt("stricter", "shipments.amount", "", advice)
    return found


def _visit(
    one: parts.Job, vehicles: Sequence[parts.Van], prices: _Prices, loads: Mapping[str, dict[str, int]], zero: float
) -> VisitRequest:
    by_type = one.row.get("service_per_type") or {}, one.row.get("setup_per_type") or {}
    usual = one.row.get("service", 0), one.row.get("setup", 0)
    its = {
        van.name: sum(table.get(van.row.get("type"), own) for table, own in zip(by_type, usual, strict=True))
        for van in vehicles
    }
    needs = dict(loads[one.name]) | ({"tasks": 1} if any("max_tasks" in van.row for van in vehicles) else {})
    return VisitRequest(
        one.name, one.place, float(sum(usual)), {who: float(s) for who, s in its.items() if s != sum(usual)},
        tuple(TimeWindow(start - zero, end - zero) for start, end in one.windows), unserved_cents=prices.unserved(one),
        skills={f"{skill}": 1.0 for skill in one.row.get("skills") or ()}, parts=needs,
        after=(After(f"pickup {one.pair}"),) if one.kind == "delivery" else (),
        together=f"shipment {one.pair}" if one.pair else None,
    )  # fmt: skip


def _technician(
    frame: parts.VroomFrame,
    one: parts.Van,
    prices: _Prices,
    loads: Mapping[str, dict[str, int]],
    zero: float,
    jobs: int,
) -> FieldTechnician:
    start, end = one.windows[0] if one.windows else (zero, zero + _LAST)
    rests = []
    for k, rest in enumerate(one.row.get("breaks") or ()):
        windows = rest.get("time_windows") or [(start, end)]
        if len(windows) > 1:
            frame.doubt(
                "not-modelled",
                f"{one.where}.breaks[{k}].time_windows",
                windows,
                "Maybe one window: the first is taken.",
            )
        rests.append(RestBreak(float(rest.get("service", 0)), windows[0][0] - zero, windows[0][1] - zero))
    used = {name for needs in loads.values() for name in needs}
    capacity = {f"load {k + 1}": int(n) for k, n in enumerate(one.row.get("capacity") or ()) if n}
    held = {name: n for name, n in capacity.items() if name in used}
    held |= {"tasks": int(one.row.get("max_tasks", jobs))} if jobs else {}
    return FieldTechnician(
        one.name, (TechnicianShift(start - zero, end - zero, one.start or 0, one.end, breaks=tuple(sorted(rests, key=lambda r: r.earliest_s))),),
        {f"{skill}": 1.0 for skill in one.row.get("skills") or ()}, parts={name: n for name, n in held.items() if n},
        cost_per_km_cents=prices.per_km[one.name], used_cents=one.fixed, travel_factor=one.travel_factor,
        max_travel_s=float(one.row["max_travel_time"]) if "max_travel_time" in one.row else None,
    )  # fmt: skip


def _with_steps(frame: parts.VroomFrame, found: VroomInstance) -> VroomInstance:
    """Return the instance with the tours of its vehicles' steps, as a plan that people know."""
    orders = []
    for who, row in found.vehicles.items():
        names = [
            f"{step.get('type')} {step.get('id')}"
            for step in row.get("steps") or ()
            if step.get("type") not in ("start", "end", "break")
        ]
        for name in names:
            if name not in found.jobs:
                frame.tell(
                    "unknown-visit", f"vehicles[{who}].steps", name, "Maybe the job was taken out, or has another id."
                )
        orders.append((who, 0, [(StopKind.VISIT, name) for name in names if name in found.jobs]))
    _stop(frame)
    tours = timed_together(found.problem, orders=orders)
    published = tuple(
        PublishedVisit(stop.name, tour.technician_id, stop.starts_s)
        for tour in tours
        for stop in tour.stops
        if stop.kind is StopKind.VISIT
    )
    pins = {
        f"{step.get('type')} {step.get('id')}": Pin(who, float(step["service_at"]) - _second_zero(found.problem))
        for who, row in found.vehicles.items()
        for step in row.get("steps") or ()
        if isinstance(step.get("service_at"), int | float)
    }
    visits = tuple(
        replace(one, pin=pins[one.visit_id]) if one.visit_id in pins else one for one in found.problem.visits
    )
    problem = replace(found.problem, visits=visits, published=tuple({one.visit_id: one for one in published}.values()))
    return replace(found, problem=problem, issues=tuple(frame.issues), steps=tours)


def _second_zero(problem: RoutingProblem) -> float:
    """Return VROOM's second at which a problem begins."""
    return (problem.begins_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def tours_from_vroom(data: Mapping[str, Any] | str, *, instance: VroomInstance) -> tuple[Tour, ...]:
    """Return the tours of a result in VROOM's shape, with its instants.

    Raises
    ------
    InputError : it has no routes, or they have steps without type, id or arrival.
    """
    plain = loaded(data, name="result") if isinstance(data, str) else data
    zero = _second_zero(instance.problem)
    tours = []
    try:
        for route in plain["routes"]:
            stops, left, back = list[PlannedStop](), inf, -inf
            for step in route["steps"]:
                arrives = float(step["arrival"]) - zero
                starts = arrives + float(step.get("waiting_time", 0))
                ends = starts + float(step.get("setup", 0)) + float(step.get("service", 0))
                left, back = min(left, arrives), max(back, ends)
                if step["type"] == "break":
                    stops.append(PlannedStop(StopKind.REST, "", starts, starts, ends))
                elif step["type"] not in ("start", "end"):
                    stops.append(PlannedStop(StopKind.VISIT, f"{step['type']} {step['id']}", arrives, starts, ends))
            tours.append(Tour(f"{route['vehicle']}", 0, left, back, tuple(stops)))
    except (KeyError, TypeError, ValueError) as error:
        advice = "Maybe it is no result of VROOM: routes with vehicle and steps, these with type, id and arrival."
        raise InputError([Issue("bad-value", Severity.ERROR, "routes", str(error)[:80], advice)]) from error
    return tuple(tours)


def plan_to_vroom(plan: RoutePlan, *, instance: VroomInstance) -> dict[str, Any]:
    """Return a plan as VROOM answers: summary, routes with steps, unassigned, violations with cause and duration.

    Times are rounded to whole seconds, as VROOM's are. A shipment of which only one half is served counts as unassigned.
    """
    return result(
        plan, rows=(instance.jobs, instance.vehicles), metres=instance.metres, locations=instance.locations,
        zero=_second_zero(instance.problem),
    )  # fmt: skip
