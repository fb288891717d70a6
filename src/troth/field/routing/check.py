"""What is wrong or doubtful with a routing problem, all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np

from troth.core.decision import Issue, Severity
from troth.field.routing._compile import able
from troth.field.routing.problem import RoutingProblem, TechnicianShift, TimeWindow, VisitRequest

_BAD, _DOUBT = Severity.ERROR, Severity.WARNING


def check(problem: RoutingProblem) -> list[Issue]:
    """Return all issues: errors keep a problem from being solved, warnings tell what will go unserved or unkept.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import RoutingProblem, VisitRequest
    >>> wrong = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), (VisitRequest("v", 5, -60),), (), np.zeros((2, 2)))
    >>> [one.code for one in check(wrong)]
    ['no-technicians', 'no-such-place', 'negative-service']
    """
    issues = [*_matrix(problem), *_people(problem), *_ids(problem)]
    for visit in problem.visits:
        issues += _visit(problem, visit)
    issues += _depots(problem)
    issues += _prices(problem)
    issues += _links(problem)
    if not any(one.severity is _BAD for one in issues):
        issues += _reach(problem)
    return issues


def _matrix(problem: RoutingProblem) -> Iterator[Issue]:
    if problem.begins_at.tzinfo is None:
        yield Issue(
            "naive-time", _BAD, "begins_at", problem.begins_at.isoformat(), "Maybe add the time zone, as in +00:00."
        )
    shape = np.shape(problem.seconds)
    if len(shape) != 2 or shape[0] != shape[1]:
        advice = "Maybe a row or a column is missing: it needs one of each for every place."
        yield Issue("wrong-size", _BAD, "seconds", "x".join(map(str, shape)), advice)
    elif len(problem.places) > shape[0]:
        advice = "Maybe the matrix is of other places: it needs a row and a column for each."
        yield Issue("wrong-size", _BAD, "seconds", f"{shape[0]} for {len(problem.places)} places", advice)
    if problem.metres is not None and np.shape(problem.metres) != shape:
        advice = "Maybe it was made for other places than the travel times."
        yield Issue("wrong-size", _BAD, "metres", "x".join(map(str, np.shape(problem.metres))), advice)
    for name, matrix in (("seconds", problem.seconds), ("metres", problem.metres)):
        if matrix is None:
            continue
        for what, where in (("not-a-number", np.isnan(matrix)), ("negative", np.asarray(matrix) < 0)):
            if where.any():
                at = np.argwhere(where)[0]
                advice = (
                    "Maybe the pair has no way: use infinity." if what == "not-a-number" else "Maybe a sign slipped in."
                )
                yield Issue(
                    what, _BAD, f"{name}[{', '.join(map(str, at))}]", str(matrix[tuple(at)]), advice, int(where.sum())
                )
    if problem.warp is not None and problem.warp.start != problem.begins_at and problem.begins_at.tzinfo is not None:
        advice = "Maybe make the warp from the problem's beginning on: its seconds are those of the problem."
        yield Issue("other-start", _BAD, "warp", problem.warp.start.isoformat(), advice)
    for row, (name, latitude, longitude) in enumerate(problem.places):
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            advice = "Maybe latitude and longitude are exchanged, or one is missing."
            yield Issue("bad-coordinates", _BAD, f"places[{row}]", f"{name}: {latitude}, {longitude}", advice)


def _people(problem: RoutingProblem) -> Iterator[Issue]:
    if not problem.technicians:
        advice = "Maybe the list was filtered by a day on which nobody works."
        yield Issue("no-technicians", _BAD, "technicians", "0", advice)
    for who in problem.technicians:
        where = f"technicians[{who.technician_id}]"
        if not who.shifts:
            yield Issue("no-shift", _DOUBT, where, "", "Maybe they are on leave: they get no visits.")
        for k, shift in enumerate(who.shifts):
            before = who.shifts[k - 1].end_s if k else -np.inf
            yield from _shift(shift, before=before, where=f"{where}.shifts[{k}]", size=len(problem.seconds))
        yield from _least(
            who, ("cost_per_hour_cents", "cost_per_km_cents", "used_cents", "overtime_per_hour_cents"), where
        )
        yield from _least(who, ("max_travel_s", "longest_leg_s", "drive_limit_s", "drive_rest_s"), where)
        for name in ("pace", "travel_factor"):
            if not getattr(who, name) > 0:
                yield Issue("not-positive", _BAD, f"{where}.{name}", str(getattr(who, name)), "Maybe 1 is meant.")


def _least(record: Any, names: Sequence[str], where: str) -> Iterator[Issue]:
    """Yield prices and lengths that are less than nothing, or no numbers."""
    for name in names:
        if (value := getattr(record, name)) is not None and not value >= 0:
            yield Issue("negative", _BAD, f"{where}.{name}", str(value), "Maybe a sign slipped in: 0 or more is meant.")


def _prices(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield prices of visits and of the plan that would make breaking a promise a gain."""
    names = ("balance_cents", "other_technician_cents", "moved_cents_per_minute", "free_move_s", "most_changes")
    yield from _least(problem.prices, names, "prices")
    for one in problem.visits:
        where = f"visits[{one.visit_id}]"
        yield from _least(one, ("other_cents",), where)
        if one.soft is not None:
            yield from _least(one.soft, ("early_cents_per_minute", "late_cents_per_minute"), f"{where}.soft")
        if one.promised is not None:
            yield from _least(one.promised, ("broken_cents", "late_cents_per_minute"), f"{where}.promised")


def _shift(shift: TechnicianShift, *, before: float, where: str, size: int) -> Iterator[Issue]:
    """Yield what is wrong with a shift that begins after the one `before`."""
    if not shift.start_s < shift.end_s:
        span = f"{shift.start_s} to {shift.end_s}"
        yield Issue("empty-span", _BAD, where, span, "Maybe start and end are exchanged.")
    for place in (shift.start_place, shift.end_place):
        if place is not None and not 0 <= place < size:
            yield Issue("no-such-place", _BAD, where, str(place), "Maybe the matrix lacks their home.")
    if shift.start_s < before:
        yield Issue("overlap", _BAD, where, str(shift.start_s), "Maybe a shift is given twice.")
    for rest in shift.breaks:
        if rest.duration_s < 0 or rest.latest_s < rest.earliest_s:
            yield Issue("bad-break", _BAD, where, f"{rest}", "Maybe its earliest and latest start are exchanged.")
    for name in ("overtime_s", "driven_s"):
        if not getattr(shift, name) >= 0:
            yield Issue("negative", _BAD, f"{where}.{name}", str(getattr(shift, name)), "Maybe leave it out for none.")


def _ids(problem: RoutingProblem) -> Iterator[Issue]:
    groups = {
        "visits": [one.visit_id for one in problem.visits],
        "technicians": [one.technician_id for one in problem.technicians],
        "depots": [one.depot_id for one in problem.depots],
        "published": [one.visit_id for one in problem.published],
    }
    for name, ids in groups.items():
        for one, n in Counter(ids).items():
            if n > 1:
                yield Issue("twice", _BAD, f"{name}[{one}]", one, "Maybe a file was read twice.", n - 1)


def _visit(problem: RoutingProblem, visit: VisitRequest) -> Iterator[Issue]:
    where = f"visits[{visit.visit_id}]"
    if not 0 <= visit.place < len(problem.seconds):
        yield Issue(
            "no-such-place", _BAD, where, str(visit.place), "Maybe the matrix was made before the visit was added."
        )
    for seconds in (visit.service_s, *visit.service_by.values()):
        if not seconds >= 0:
            yield Issue("negative-service", _BAD, where, str(seconds), "Maybe start and end of the work are exchanged.")
    spans = [*visit.windows, *(w for w in (visit.soft, visit.promised) if w is not None)]
    for one in spans:
        if not one.start_s <= one.end_s:
            yield Issue(
                "empty-span",
                _BAD,
                f"{where}.windows",
                f"{one.start_s} to {one.end_s}",
                "Maybe start and end are exchanged.",
            )
        elif one.end_s < 0 and isinstance(one, TimeWindow):
            advice = "Maybe it is of an earlier day, or in another time zone: it ends before the problem begins."
            yield Issue("window-before", _DOUBT, f"{where}.windows", f"{problem.at(max(one.end_s, -1e9))}", advice)
    if visit.unserved_cents is not None and not visit.unserved_cents >= 0:
        yield Issue(
            "negative",
            _BAD,
            f"{where}.unserved_cents",
            str(visit.unserved_cents),
            "Maybe leave it out: then it must be served.",
        )
    if any(not pieces > 0 for pieces in visit.parts.values()):
        yield Issue(
            "negative", _BAD, f"{where}.parts", str(dict(visit.parts)), "Maybe leave out parts that are not needed."
        )
    people = [one.technician_id for one in problem.technicians]
    named = [
        *visit.service_by,
        *visit.preferred,
        *visit.excluded,
        *([] if visit.pin is None else [visit.pin.technician_id]),
    ]
    for who in dict.fromkeys(named):
        if who not in people:
            near = get_close_matches(who, people, n=1)
            advice = f"Maybe {near[0]} is meant." if near else "Maybe they have left, or do not work on these days."
            settled = visit.pin is not None and visit.pin.technician_id == who
            yield Issue("unknown-technician", _BAD if settled else _DOUBT, where, who, advice)


def _depots(problem: RoutingProblem) -> Iterator[Issue]:
    for one in problem.depots:
        if not 0 <= one.place < len(problem.seconds):
            yield Issue(
                "no-such-place", _BAD, f"depots[{one.depot_id}]", str(one.place), "Maybe the matrix lacks the depot."
            )
        if not one.service_s >= 0:
            yield Issue("negative-service", _BAD, f"depots[{one.depot_id}]", str(one.service_s), "Maybe 0 is meant.")
    if len({thing for v in problem.visits for thing in v.equipment}) > 62:
        yield Issue(
            "too-many-things", _BAD, "visits.equipment", "more than 62", "Maybe what every van has need not be listed."
        )


def _links(problem: RoutingProblem) -> Iterator[Issue]:
    before = {one.visit_id: [link.visit_id for link in one.after] for one in problem.visits}
    for name, others in before.items():
        for other in others:
            if other not in before:
                advice = "Maybe it is done already: then leave the link out."
                yield Issue("unknown-visit", _BAD, f"visits[{name}].after", other, advice)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        advice = "Maybe one of these links is the wrong way round."
        yield Issue("circle", _BAD, f"visits[{ring[0]}].after", " after ".join(ring), advice)


def _reach(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield what nobody can do: no technician, no way, or no promise that can be kept even by driving there at once."""
    people = problem.technicians
    held = {part for one in people for part in one.parts} | {p for d in problem.depots for p in (d.parts or ())}
    tools = {tool for one in people for tool in one.tools} | {t for d in problem.depots for t in (d.tools or ())}
    all_parts, all_tools = any(d.parts is None for d in problem.depots), any(d.tools is None for d in problem.depots)
    for i, visit in enumerate(problem.visits):
        where = f"visits[{visit.visit_id}]"
        severity = _DOUBT
        fit = [j for j in range(len(people)) if not able(problem, i, j)]
        for skill in visit.skills:
            if people and not any(skill in one.skills for one in people):
                near = get_close_matches(skill, {s for one in people for s in one.skills}, n=1)
                yield Issue(
                    "no-such-skill",
                    severity,
                    where,
                    skill,
                    f"Maybe {near[0]} is meant." if near else "Maybe nobody has it yet: it stays unserved.",
                )
        for kind, needed, known, all_ in (
            ("tool", visit.tools, tools, all_tools),
            ("part", visit.parts, held, all_parts),
        ):
            for one in needed:
                if one not in known and not all_:
                    yield Issue(
                        f"no-such-{kind}",
                        severity,
                        where,
                        one,
                        "Maybe a depot has it that is not listed: it stays unserved.",
                    )
        if not fit:
            yield Issue(
                "nobody-may",
                severity,
                where,
                "",
                "Maybe skills, territory or exclusions leave nobody together: it stays unserved.",
            )
            continue
        soonest = min(
            (
                s.start_s + float(problem.seconds[s.start_place, visit.place]) * people[j].travel_factor
                for j in fit
                for s in people[j].shifts
            ),
            default=np.inf,
        )
        if not np.isfinite(soonest):
            yield Issue(
                "unreachable",
                severity,
                where,
                str(visit.place),
                "Maybe the place is on an island of the road map, or its coordinates are wrong.",
            )
        elif visit.promised is not None and soonest > visit.promised.end_s:
            late = (soonest - visit.promised.end_s) / 60
            yield Issue(
                "promise-cannot-be-kept",
                severity,
                where,
                f"{late:.0f} min late at best",
                "Maybe tell the customer now and agree on another window.",
            )
        elif visit.windows and soonest > max(w.end_s for w in visit.windows):
            yield Issue(
                "window-cannot-be-kept",
                severity,
                where,
                f"{soonest:.0f} s at the earliest",
                "Maybe the window is of a day on which nobody works.",
            )
