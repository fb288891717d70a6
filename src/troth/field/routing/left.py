"""The problem of what is left of a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from troth.core.decision import Issue, Severity
from troth.field.routing._crew import technician_left
from troth.field.routing._names import known
from troth.field.routing.breach import EPS_S
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob, called_off, lateness
from troth.field.routing.problem import (
    PartsDepot,
    Pin,
    PublishedVisit,
    RoutingPrices,
    RoutingProblem,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.tours import StopKind, Tour


@dataclass(frozen=True, slots=True)
class WhatIsLeft:
    """What is left of a day, and how it hangs together with the day.

    Parameters
    ----------
    problem : of what is left.
    shifts : by technician and number of a shift in `problem`, its number in the day.
    settled : visits that are done, or go on.
    running : by technician what they are on, and when they are free again; some was broken off.
    """

    problem: RoutingProblem
    shifts: Mapping[tuple[str, int], int]
    settled: frozenset[str]
    running: Mapping[str, RunningJob]


def from_now(
    problem: RoutingProblem, *, tours: Sequence[Tour], state: DayState, events: Sequence[DayEvent] = (),
    new: Sequence[VisitRequest] = (), prices: RoutingPrices | None = None,
) -> RoutingProblem:  # fmt: skip
    """Return the problem of what is left: shifts begin when running jobs are expected to end, with the plan as published.

    Vans hold what they had less what was used, with what was fetched for visits yet to come. A shared thing somebody has used
    today stays theirs and counts for no other day of the problem either. Who is under way has driven since their last rest (`driven_s`
    of the shift), to the job they are on included; of rests the plan is believed, later by how much they are late. A gap after work
    that is over is kept.

    Parameters
    ----------
    tours : the plan so far.
    new : visits that came up; their places are rows of the matrix.
    prices : of changes; those of the problem if None.
    """
    return what_is_left(problem, tours=tours, state=state, events=events, new=new, prices=prices).problem


def what_is_left(
    problem: RoutingProblem, *, tours: Sequence[Tour], state: DayState, events: Sequence[DayEvent] = (),
    new: Sequence[VisitRequest] = (), prices: RoutingPrices | None = None,
) -> WhatIsLeft:  # fmt: skip
    """Return the problem of what is left as `from_now` does, with the numbers its shifts have in the day.

    Whoever is at a visit that is cancelled, at which nobody is, or for which a part is missing, is free at once, or, on the way to it,
    when they arrive; one that lacks a part is to be made again.

    Parameters
    ----------
    tours : the plan so far.
    new : visits that came up; their places are rows of the matrix.
    prices : of changes; those of the problem if None.
    """
    names, now = known(problem), state.now_s
    cancelled = called_off(events)
    jobs, again = _broken_off(tours, state=state, events=events)
    on = {job.visit_id: job for job in jobs.values()}
    settled = (state.done | set(on)) - cancelled - again
    gone = settled | cancelled
    made = {s.name: (tour, s) for tour in tours for s in tour.stops if s.kind is StopKind.VISIT}
    who_runs = {job.visit_id: who for who, job in jobs.items()}
    whose = {name: tour.technician_id for name, (tour, _) in made.items()} | who_runs
    labels: dict[str, str] = {}
    for visit in problem.visits:
        if visit.together is not None and visit.visit_id in settled:
            labels.setdefault(visit.together, whose.get(visit.visit_id, ""))
    ends = {name: on[name].ends_s if name in on else now for name in settled}
    for name in settled & set(made) - set(on):
        late = lateness(events, technician_id=whose[name])
        ends[name] = min(made[name][1].ends_s + late, now)
    asked = {one.visit_id: one for one in (*problem.visits, *new) if one.visit_id not in gone}
    lacks = [one for one in events if one.kind is EventKind.PART_MISSING and one.what]
    missing: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for one in lacks:
        needs = one.visit_id in names.visits and one.what in names.visits[one.visit_id].parts
        who = one.technician_id or (whose.get(one.visit_id, "") if needs or one.visit_id in again else "")
        missing[who].append((one.at_s, one.what))
        if one.visit_id in asked:
            asked[one.visit_id] = _with_part(asked[one.visit_id], one.what)
    visits = tuple(_left(one, ends=ends, gone=gone, labels=labels, now=now) for one in asked.values())
    people, shared, numbers = [], dict(problem.equipment), dict[tuple[str, int], int]()
    taken: Counter[tuple[str, str]] = Counter()
    for someone in problem.technicians:
        name = someone.technician_id
        left = technician_left(
            problem, someone, tours=[tour for tour in tours if tour.technician_id == name], state=replace(state, running=jobs),
            events=events, been=frozenset(settled | set(on)), used=frozenset(settled), missing=missing[name],
        )  # fmt: skip
        for thing in left.technician.equipment - someone.equipment:
            shared[thing] = max(shared.get(thing, 0) - 1, 0)
        people.append(left.technician)
        numbers |= {(name, k): number for k, number in enumerate(left.numbers)}
        taken.update(left.taken)
    published = tuple(
        PublishedVisit(s.name, tour.technician_id, s.starts_s)
        for tour in tours
        for s in tour.stops
        if s.kind is StopKind.VISIT and s.name in asked and s.name in names.visits
    )
    rest = replace(
        problem, visits=visits, technicians=tuple(people), depots=tuple(_emptied(one, taken) for one in problem.depots),
        equipment=shared, published=published, prices=problem.prices if prices is None else prices,
    )  # fmt: skip
    return WhatIsLeft(rest, numbers, frozenset(settled), jobs)


def doubts(day: RoutingProblem, *, left: RoutingProblem) -> list[Issue]:
    """Return what is doubtful with what is left of a day: vans that are filled up before later shifts, and count as they are now.

    Parameters
    ----------
    day : the problem of the whole day, or of several.
    left : what is left of it.
    """
    advice = "Maybe plan again when the later shift begins: until then its van counts as it is now, not as filled up."
    return [
        Issue("van-as-it-is", Severity.WARNING, f"technicians[{one.technician_id}].parts", f"{dict(one.parts)}", advice)
        for was, one in zip(day.technicians, left.technicians, strict=True)
        if len(one.shifts) > 1 and any(one.parts.get(part, 0) < n for part, n in was.parts.items())
    ]


def _broken_off(
    tours: Sequence[Tour], *, state: DayState, events: Sequence[DayEvent]
) -> tuple[dict[str, RunningJob], set[str]]:
    """Return by technician what they are on, sooner over where it was broken off, and the visits to be made again."""
    jobs, again, off = dict(state.running), set[str](), called_off(events)
    for who, job in state.running.items():
        since, arrives = -inf, -inf
        for tour in tours:
            for k, stop in enumerate(tour.stops):
                if tour.technician_id == who and stop.kind is StopKind.VISIT and stop.name == job.visit_id:
                    since = tour.stops[k - 1].ends_s if k else tour.leaves_s
                    arrives = stop.arrives_s + lateness(events, technician_id=who)
        for one in events:
            lacks = (
                one.kind is EventKind.PART_MISSING
                and bool(one.what)
                and one.technician_id in ("", who)
                and one.at_s >= since
            )
            if one.visit_id == job.visit_id and (lacks or one.visit_id in off):
                jobs[who] = replace(job, ends_s=min(jobs[who].ends_s, max(one.at_s, arrives)))
                again |= {job.visit_id} if lacks else set()
    return jobs, again


def _left(
    visit: VisitRequest, *, ends: Mapping[str, float], gone: frozenset[str] | set[str], labels: Mapping[str, str], now: float
) -> VisitRequest:  # fmt: skip
    """Return a visit without what is settled: links to work that is over or goes on, and the technician its label has by now."""
    after = tuple(link for link in visit.after if link.visit_id not in gone)
    soonest = max((ends[a.visit_id] + a.gap_s for a in visit.after if a.visit_id in ends), default=-inf)
    windows, pin = visit.windows, visit.pin
    if pin is None and visit.together is not None and labels.get(visit.together):
        pin = Pin(labels[visit.together])
    if soonest > now:
        settled = pin is not None and pin.start_s is not None and pin.start_s < soonest - EPS_S
        spans = windows or (TimeWindow(soonest, 1e9),)
        open_ = () if settled else tuple(TimeWindow(max(w.start_s, soonest), w.end_s) for w in spans if w.end_s >= soonest)  # fmt: skip
        # A window that is over by then is no window: so is one that is over now, and nobody can be there.
        windows = open_ or tuple(TimeWindow(min(w.start_s, now - 1.0), min(w.end_s, now - 1.0)) for w in spans)
        pin = replace(pin, start_s=None) if settled and pin is not None else pin
    return replace(visit, after=after, windows=windows, pin=pin)


def _with_part(visit: VisitRequest, part: str) -> VisitRequest:
    return replace(visit, parts={**visit.parts, part: max(visit.parts.get(part, 0), 1)})


def _emptied(depot: PartsDepot, taken: Mapping[tuple[str, str], int]) -> PartsDepot:
    """Return a depot without what was fetched there."""
    if depot.parts is None:
        return depot
    return replace(depot, parts={part: max(n - taken.get((depot.depot_id, part), 0), 0) for part, n in depot.parts.items()})  # fmt: skip
