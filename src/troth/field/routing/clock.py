"""When everything in a tour happens, if its order is given: as early as may be, then leaving as late as may be.

Work starts when the technician has arrived, a window is open and nothing it must come after is unfinished. A break is taken
where it delays nothing, or else at the last stop from which it can still begin in its window. When hours cost money, or long tours
do, the start is put off as far as that does not move the end (Savelsbergh 1992, ORSA Journal on Computing 4, 146-154: forward time slack).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite

from troth.field.routing._judge import service_of
from troth.field.routing._names import known
from troth.field.routing.problem import FieldTechnician, RestBreak, RoutingProblem, TechnicianShift, TimeWindow
from troth.field.routing.tours import PlannedStop, StopKind, Tour

Order = Sequence[tuple[StopKind, str]]


@dataclass(slots=True)
class _Walk:
    """Where a technician is in time: `waited` is idle time so far, `room` by how much the start may be put off."""

    now: float
    waited: float = 0.0
    room: float = inf
    since: float = 0.0
    breaks: list[RestBreak] = field(default_factory=list)
    stops: list[PlannedStop] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)  # `waited` when each stop begins


def timed(
    problem: RoutingProblem, *, technician_id: str, shift: int, order: Order, ends: Mapping[str, float] | None = None
) -> Tour:
    """Return a tour with instants, whatever rules it breaks; the judge tells which.

    Parameters
    ----------
    order : visits and depots in order; rests are put in by the shift's own rules.
    ends : when visits of other tours end, for work that must come after them.

    Raises
    ------
    KeyError : a technician, visit or depot that is not in the problem.
    """
    names = known(problem)
    who = names.technicians[technician_id]
    its = who.shifts[shift]
    if not order:
        return Tour(technician_id, shift, its.start_s, its.start_s, ())
    walk = _Walk(its.start_s, since=its.driven_s, breaks=[one for one in its.breaks if one.latest_s >= its.start_s])
    done = dict(ends or {})
    place, first_leg, first_at = its.start_place, 0.0, its.start_s
    for kind, name in order:
        if kind is StopKind.DEPOT:
            depot = names.depots[name]
            at, work, windows, before, late = depot.place, depot.service_s, _open(depot.open_s), -inf, inf
        else:
            visit = names.visits[name]
            at, work, windows = visit.place, service_of(visit, who), visit.windows
            before = _not_before(problem, name, who=who, done=done)
            late = inf
        ready = _drive(problem, walk, who, place, at, work=work, windows=windows, before=before)
        start, closes = _start(max(ready, before), windows)
        if kind is StopKind.VISIT:
            late = _cheap_until(problem, name, start=start)
            done[name] = start + work
        if not any(stop.kind is not StopKind.REST for stop in walk.stops):
            first_leg, first_at = float(problem.seconds[place, at]) * who.travel_factor, start
        walk.waited += start - ready
        walk.room = min(walk.room, walk.waited + max(min(closes, late), start) - start)
        walk.stops.append(PlannedStop(kind, name, ready, start, start + work))
        walk.idle.append(walk.waited)
        walk.now, place = start + work, at
    end = place if its.end_place is None else its.end_place
    returns = _drive(problem, walk, who, place, end, work=0.0, windows=(), before=-inf, last=True)
    return _put_off(problem, who, its, walk, returns, first_leg=first_leg, first_at=first_at, shift=shift)


def _open(window: TimeWindow | None) -> tuple[TimeWindow, ...]:
    return () if window is None else (window,)


def _not_before(problem: RoutingProblem, name: str, *, who: FieldTechnician, done: Mapping[str, float]) -> float:
    """Return the instant before which work may or had better not start."""
    visit = known(problem).visits[name]
    before = [done[link.visit_id] + link.gap_s for link in visit.after if link.visit_id in done]
    if visit.promised is not None:
        before.append(visit.promised.start_s)
    if visit.soft is not None and waits(visit.soft.early_cents_per_minute, who=who):
        before.append(visit.soft.start_s)
    if visit.pin is not None and visit.pin.start_s is not None:
        before.append(visit.pin.start_s)
    return max(before, default=-inf)


def waits(early_cents_per_minute: float, *, who: FieldTechnician) -> bool:
    """Tell whether waiting for a wished window is cheaper than starting before it."""
    return early_cents_per_minute > 0 and early_cents_per_minute * 60 >= who.cost_per_hour_cents


def _start(ready: float, windows: Sequence[TimeWindow]) -> tuple[float, float]:
    """Return when work starts and how late it might: in the first window that is not over, at once if all are."""
    for one in windows:
        if ready <= one.end_s:
            return max(ready, one.start_s), one.end_s
    return ready, ready if windows else inf


def _cheap_until(problem: RoutingProblem, name: str, *, start: float) -> float:
    """Return until when the start may be put off without costing anything; the start itself if it costs already."""
    names = known(problem)
    visit = names.visits[name]
    limits = []
    if name in names.awaited:  # somebody else's work may begin when this has ended
        return start
    if visit.promised is not None:
        limits.append(visit.promised.end_s)
    if visit.soft is not None and visit.soft.late_cents_per_minute > 0:
        limits.append(visit.soft.end_s)
    if visit.pin is not None and visit.pin.start_s is not None:
        limits.append(visit.pin.start_s)
    was = names.published.get(name)
    if was is not None:
        limits.append(was.start_s + problem.prices.free_move_s)
    return max(min(limits, default=inf), start)


def _drive(
    problem: RoutingProblem, walk: _Walk, who: FieldTechnician, start: int, end: int, *, work: float,
    windows: Sequence[TimeWindow], before: float, last: bool = False,
) -> float:  # fmt: skip
    """Drive on, resting first where it must be or costs nothing; return when work could start."""
    leg = float(problem.seconds[start, end]) * who.travel_factor
    leg = leg if isfinite(leg) else 0.0
    ready = arrival(problem, leaves=walk.now, drive=leg)
    # How long a drive is counts from the stop before it, rest or not, as the judge counts it.
    drives = ready - walk.now
    if who.drive_limit_s is not None and walk.since + drives > who.drive_limit_s and walk.since > 0:
        _rest(walk, walk.now, who.drive_rest_s)
        walk.now += who.drive_rest_s
        walk.since = 0.0
        ready = arrival(problem, leaves=walk.now, drive=leg)
    if walk.breaks:
        rest = walk.breaks[0]
        opens = max(walk.now, rest.earliest_s)
        late = arrival(
            problem, leaves=opens + rest.duration_s, drive=leg - _driven(problem, walk.now, min(opens, ready), leg)
        )
        begins, _ = _start(max(ready, before), windows)
        done = ready if last else begins + work
        free = not last and late <= begins and opens <= rest.latest_s
        if free or done > rest.latest_s:
            walk.waited += max(opens - ready, 0.0)
            walk.room = min(walk.room, walk.waited + max(rest.latest_s - opens, 0.0))
            _rest(walk, opens, rest.duration_s)
            walk.breaks.pop(0)
            if rest.duration_s >= who.drive_rest_s:
                walk.since = 0.0
            ready = late
    walk.since += drives
    return ready


def _driven(problem: RoutingProblem, since: float, until: float, leg: float) -> float:
    """Return how much of a drive is done between two instants."""
    if until <= since:
        return 0.0
    if problem.warp is None:
        return min(until - since, leg)
    return min(float(problem.warp.driven(until)) - float(problem.warp.driven(since)), leg)


def _rest(walk: _Walk, at: float, duration: float) -> None:
    walk.stops.append(PlannedStop(StopKind.REST, "", at, at, at + duration))
    walk.idle.append(walk.waited)


def arrival(problem: RoutingProblem, *, leaves: float, drive: float) -> float:
    """Return when a drive ends that would take `drive` seconds at a factor of 1."""
    if problem.warp is None:
        return leaves + drive
    return float(problem.warp.arrive_s(leaves, drive_s=drive))


def _put_off(
    problem: RoutingProblem, who: FieldTechnician, its: TechnicianShift, walk: _Walk, returns: float, *,
    first_leg: float, first_at: float, shift: int,
) -> Tour:  # fmt: skip
    """Return the tour with its start as late as may be: the end stays, and if neither hours nor long tours cost, every start."""
    if problem.warp is not None:
        # Driving takes another time when it begins later: only the first drive is put off.
        leaves = its.start_s
        if walk.stops[0].kind is not StopKind.REST:
            leaves = max(its.start_s, float(problem.warp.clock(problem.warp.driven(first_at) - first_leg)))
            first = walk.stops[0]
            walk.stops[0] = PlannedStop(
                first.kind, first.name, arrival(problem, leaves=leaves, drive=first_leg), first.starts_s, first.ends_s
            )
        return Tour(who.technician_id, shift, leaves, returns, tuple(walk.stops))
    still = next(idle for stop, idle in zip(walk.stops, walk.idle, strict=True) if stop.kind is not StopKind.REST)
    paid = who.cost_per_hour_cents > 0 or problem.prices.balance_cents > 0
    by = min(walk.waited if paid else still, walk.room)
    by = max(by, 0.0)
    stops = []
    seen = 0.0
    for stop, idle in zip(walk.stops, walk.idle, strict=True):
        come, go = max(by - seen, 0.0), max(by - idle, 0.0)
        arrives = stop.arrives_s + (go if stop.kind is StopKind.REST else come)
        stops.append(PlannedStop(stop.kind, stop.name, arrives, stop.starts_s + go, stop.ends_s + go))
        seen = idle
    return Tour(who.technician_id, shift, its.start_s + by, returns + max(by - walk.waited, 0.0), tuple(stops))
