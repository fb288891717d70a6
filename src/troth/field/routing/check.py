"""What is wrong or doubtful with a routing problem, all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import near
from troth.field.routing._reach import reach
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
    issues += _stocks(problem)
    issues += _published(problem)
    issues += _prices(problem)
    issues += _links(problem)
    if not any(one.severity is _BAD for one in issues):
        issues += reach(problem)
    return issues


def known_visits(problem: RoutingProblem, *, asked: Sequence[str], where: str) -> None:
    """Refuse visits that the problem does not have.

    Raises
    ------
    InputError : each of them, with the nearest name.
    """
    names = [one.visit_id for one in problem.visits]
    strange = [one for one in asked if one not in set(names)]
    otherwise = "Maybe it is of another day: the problem has no such visit."
    if strange:
        raise InputError(
            [Issue("unknown-visit", _BAD, where, one, near(one, known=names, otherwise=otherwise)) for one in strange]
        )


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
    for name in ("overtime_s", "driven_s", "travelled_s"):
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
        if one.open_s is not None and not one.open_s.start_s <= one.open_s.end_s:
            span = f"{one.open_s.start_s} to {one.open_s.end_s}"
            yield Issue("empty-span", _BAD, f"depots[{one.depot_id}].open", span, "Maybe start and end are exchanged.")
    if len({thing for v in problem.visits for thing in v.equipment}) > 62:
        yield Issue(
            "too-many-things", _BAD, "visits.equipment", "more than 62", "Maybe what every van has need not be listed."
        )


def _stocks(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield what there are fewer of than none, on a van, at a depot, to share."""
    held = [(f"technicians[{one.technician_id}].parts", one.parts) for one in problem.technicians]
    held += [(f"depots[{one.depot_id}].parts", one.parts or {}) for one in problem.depots]
    for where, pieces in (*held, ("equipment", problem.equipment)):
        for name, n in pieces.items():
            if not n >= 0:
                yield Issue("negative", _BAD, f"{where}.{name}", str(n), "Maybe 0 is meant: there is none.")


def _published(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield names in the plan people know that the problem lacks: a visit is passed over, of a technician every visit is a change."""
    visits, people = ({one.visit_id for one in problem.visits}, {one.technician_id for one in problem.technicians})
    for one in problem.published:
        where = f"published[{one.visit_id}]"
        if one.visit_id not in visits:
            advice = near(one.visit_id, known=visits, otherwise="Maybe it was cancelled: it is passed over.")
            yield Issue("unknown-visit", _DOUBT, where, one.visit_id, advice)
        if one.technician_id not in people:
            otherwise = "Maybe they have left, or do not work on these days: whoever goes is a change."
            advice = near(one.technician_id, known=people, otherwise=otherwise)
            yield Issue("unknown-technician", _DOUBT, where, one.technician_id, advice)


def _links(problem: RoutingProblem) -> Iterator[Issue]:
    before = {one.visit_id: [link.visit_id for link in one.after] for one in problem.visits}
    for name, others in before.items():
        for other in others:
            if other not in before:
                otherwise = "Maybe it is done already: then leave the link out."
                advice = near(other, known=before, otherwise=otherwise)
                yield Issue("unknown-visit", _BAD, f"visits[{name}].after", other, advice)
    for one in problem.visits:
        for link in one.after:
            if not link.gap_s >= 0:
                advice = "Maybe a sign slipped in: work starts when the other has ended, or later."
                yield Issue("negative", _BAD, f"visits[{one.visit_id}].after.gap", str(link.gap_s), advice)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        advice = "Maybe one of these links is the wrong way round."
        yield Issue("circle", _BAD, f"visits[{ring[0]}].after", " after ".join(ring), advice)
