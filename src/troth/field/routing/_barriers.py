"""What keeps a tour from a visit: the first rule that stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from troth.core.decision import Explanation
from troth.field.routing._compile import (
    DAY,
    FOLLOWS,
    FOLLOWS_END,
    GROUP,
    LINKS,
    LINKS_END,
    WHO,
    Fields,
    able,
    compiled,
)
from troth.field.routing._hunt import state_of
from troth.field.routing._search import best_place, may_take
from troth.field.routing._state import State
from troth.field.routing._walk import INF
from troth.field.routing.problem import FieldTechnician, RoutingProblem, VisitRequest
from troth.field.routing.tours import Tour


@dataclass(frozen=True, slots=True)
class Case:
    """A plan, and a plan in which nobody goes anywhere; `loose` are the fields without links between visits."""

    problem: RoutingProblem
    f: Fields
    loose: Fields
    planned: State
    empty: State
    place: Mapping[str, int]
    things: tuple[str, ...]
    parts: tuple[str, ...]


def case_of(problem: RoutingProblem, *, tours: Sequence[Tour], fields: Fields | None = None) -> Case:
    """Return a plan as a case; `fields` are those of the problem if they are there already."""
    f = compiled(problem) if fields is None else fields
    planned, empty = state_of(problem, f=f, tours=tours), state_of(problem, f=f, tours=())
    # Names of shared things and of parts, in the order of the fields.
    things = tuple(sorted({thing for one in problem.visits for thing in one.equipment}))
    parts = tuple(sorted({part for one in problem.visits for part in one.parts}))
    place = {one.visit_id: i for i, one in enumerate(problem.visits)}
    return Case(problem, f, _loose(f), planned, empty, place, things, parts)


def _loose(f: Fields) -> Fields:
    """Return the fields without links: whether a visit fits a tour alone is no question of what it comes after."""
    stop = f.stop.copy()
    stop[:, LINKS_END], stop[:, FOLLOWS_END] = stop[:, LINKS], stop[:, FOLLOWS]
    return f._replace(stop=stop)


def why(case: Case, *, i: int) -> tuple[Explanation, ...]:
    """Return for how many technicians which rule comes first, the commonest first, as `reasons` says."""
    who: dict[str, list[str]] = {}
    what: dict[str, list[str]] = {}
    least: dict[str, float] = {}
    for t, row in enumerate(case.f.tour):
        rule, names, cost = barrier(case, i=i, t=t)
        code = f"routing.no-{rule}" if rule else "routing.too-dear"
        if not rule:
            least[code] = min(cost, least.get(code, INF))
        who.setdefault(code, []).append(case.problem.technicians[int(row[WHO])].technician_id)
        what.setdefault(code, []).extend(names)
    counted = Counter({code: len(set(names)) for code, names in who.items()})
    return tuple(
        Explanation(
            code,
            {"technicians": n, "who": tuple(dict.fromkeys(who[code]))[:5]}
            | ({"what": tuple(dict.fromkeys(what[code]))[:5]} if what[code] else {})
            | ({"least_cents": least[code]} if code in least else {}),
        )
        for code, n in counted.most_common()
    )


def barrier(case: Case, *, i: int, t: int) -> tuple[str, tuple[str, ...], float]:
    """Return the first rule that keeps a tour from a visit and what it is about; "" and the least cost in cents if none does."""
    f, j = case.f, int(case.f.tour[t, WHO])
    if rule := able(case.problem, i, j):
        return rule, (), INF
    if may_take(f, case.planned, i, t):
        cost = float(best_place(f, case.planned, i, t, INF, 0.0)[0])
        if cost < INF:
            return "", (), cost
    rule, names = next(_rules(case, i, t))
    return rule, names, INF


def _rules(case: Case, i: int, t: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what keeps a tour from a visit that it cannot take, with what it is about: those first that no other plan would mend."""
    problem, f, s = case.problem, case.f, case.planned
    j = int(f.tour[t, WHO])
    visit, who = problem.visits[i], problem.technicians[j]
    if names := _tools(problem, visit, who):
        yield "tools", names
    if names := _parts(problem, visit, who):
        yield "parts", names
    if names := _way(problem, visit, who, t - int((f.tour[:, WHO] < j).sum())):
        yield "way", names
    if best_place(case.loose, case.empty, i, t, INF, 0.0)[0] >= INF:
        yield "time", ()
    if names := tuple(link.visit_id for link in visit.after if s.when[case.place[link.visit_id], 0] < 0):
        yield "order", names
    g = int(f.stop[i, GROUP])
    if g >= 0 and s.members[g, 0] > 0 and s.members[g, 1] != j:
        yield "together", (problem.technicians[int(s.members[g, 1])].technician_id,)
    if s.size[t] == 0 and who.vehicle is not None and (s.size[f.clash[t]] > 0).any():
        yield "vehicle", (who.vehicle,)
    if names := _in_use(case, i, t):
        yield "free-equipment", names
    if names := _used_up(case, i, t):
        yield "parts", names
    yield "room", ()


def _in_use(case: Case, i: int, t: int) -> tuple[str, ...]:
    """Return the shared things that a tour does not hold and others have, all there are, on its day."""
    f, s = case.f, case.planned
    more = int(f.things[i, int(f.tour[t, WHO])]) & ~int(s.held[t])
    used = s.used[int(f.tour[t, DAY])]
    return tuple(thing for e, thing in enumerate(case.things) if more >> e & 1 and used[e] >= f.pieces[e])


def _tools(problem: RoutingProblem, visit: VisitRequest, who: FieldTechnician) -> tuple[str, ...]:
    """Return the tools that are neither on the van nor at a depot, or that no one depot has together."""
    lacking = visit.tools - who.tools
    kept = [one.tools for one in problem.depots]
    if not lacking or any(some is None or visit.tools <= some for some in kept):
        return ()
    nowhere = {tool for tool in lacking if not any(tool in (some or ()) for some in kept)}
    return tuple(sorted(nowhere or lacking))


def _parts(problem: RoutingProblem, visit: VisitRequest, who: FieldTechnician) -> tuple[str, ...]:
    """Return the parts of which van and any one depot have too few pieces together, whatever others take."""
    kept = [one.parts for one in problem.depots]
    return tuple(
        part
        for part, pieces in visit.parts.items()
        if (short := pieces - who.parts.get(part, 0)) > 0
        and not any(some is None or some.get(part, 0) >= short for some in kept)
    )


def _used_up(case: Case, i: int, t: int) -> tuple[str, ...]:
    """Return the parts of which too few are left on the van and at depots beside what is planned already."""
    f, s = case.f, case.planned
    at_depots = np.maximum(f.stocks - s.fetched, 0.0).sum(axis=0)
    short = f.parts[i] - np.maximum(s.spare[t], 0.0)
    return tuple(case.parts[q] for q in np.flatnonzero((f.parts[i] > 0) & (short > at_depots)))


def _way(problem: RoutingProblem, visit: VisitRequest, who: FieldTechnician, shift: int) -> tuple[str, ...]:
    """Return the visit's place if no way leads there from where a shift begins, or from there to where it ends."""
    its, seconds = who.shifts[shift], problem.seconds
    there = np.isfinite(seconds[its.start_place, visit.place])
    back = its.end_place is None or np.isfinite(seconds[visit.place, its.end_place])
    if there and back:
        return ()
    name = problem.places[visit.place][0] if visit.place < len(problem.places) else ""
    return (name or str(visit.place),)
