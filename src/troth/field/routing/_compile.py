"""A problem as arrays for the search: indices instead of names, prices by the second and the metre."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from troth.field.routing._judge import service_of
from troth.field.routing._names import awaited
from troth.field.routing.problem import RoutingProblem, TimeWindow, VisitRequest

#: What leaving out a visit counts that must be served, and each change beyond the budget: more than any price.
MUST: Final = 1e9
OVER_BUDGET: Final = 1e7

#: Beyond every instant, and the price of what may not be.
FAR: Final = 1e15
NEVER: Final = 1e18


#: Columns of a stop's row; windows follow, two columns each.
PLACE, WINDOWS, BEFORE, UNTIL, SPECIAL, DUE, BROKEN, LATE, WISHED, WISHED_END, EARLY, SOFT_LATE = range(12)
WAS_BY, WAS_AT, LOST, GROUP, LINKS, LINKS_END, FOLLOWS, FOLLOWS_END, PLAIN, OPENS = range(12, 22)
#: Columns of a tour's row; breaks follow, three columns each: length, earliest, latest.
STARTS, ENDS, LAST, FROM, TO, WHO, DAY, RESTS, HOUR, METRE, OVERTIME, USED, FACTOR = range(13)
MOST_TRAVEL, LONGEST_LEG, DRIVE_LIMIT, DRIVE_REST, BALANCE, MOVED, FREE, DRIVEN, BREAKS = range(13, 22)


class Fields(NamedTuple):
    """What the search knows of a problem. N visits, D depots after them, K technicians, T tours, P places, Q parts.

    Few arrays and wide rows: handing an array to a compiled function costs as much as a stop of a walk.
    """

    way: Any  # (P, P, 2) seconds and metres; single precision, as large problems are mostly this
    stop: Any  # (N + D, columns above)
    work: Any  # (N + D, K, 2) seconds, and cents for not being preferred or published; NEVER where they may not go
    tour: Any  # (T, columns above)
    clock: Any  # (2, H) instants and seconds driven by then; H = 0 if travel does not depend on the hour
    links: Any  # (M, 2) visit and gap: predecessors, then successors
    lacks: Any  # (N, K) a tool is not on the van
    parts: Any  # (N, Q)
    van: Any  # (K, Q)
    has_tools: Any  # (N, D) the depot has all the visit's tools
    stocks: Any  # (D, Q) pieces a depot has; inf for any number
    things: Any  # (N, K) bits of shared equipment not their own
    pieces: Any  # (E,) how many there are
    clash: Any  # (T, T) may not both be used
    near: Any  # (N, M) nearest visits
    budget: float  # most changes, -1 if any number
    plenty: bool  # every depot has all tools and any number of all parts


def compiled(problem: RoutingProblem, *, near: int = 40) -> Fields:
    """Return the problem as arrays; it must have passed its check."""
    visits, people, depots = problem.visits, problem.technicians, problem.depots
    n, d, k = len(visits), len(depots), len(people)
    parts = sorted({part for one in visits for part in one.parts})
    things = sorted({thing for one in visits for thing in one.equipment})
    stop, links = _stops(problem)
    tour = _tours(problem)
    work = np.zeros((n + d, k, 2))
    for i, visit in enumerate(visits):
        work[i, :, 0] = [service_of(visit, one) for one in people]
    for i, depot in enumerate(depots):
        work[n + i, :, 0] = depot.service_s
    work[:n, :, 1] = _other(problem, stop)
    way = np.empty((*np.shape(problem.seconds), 2), np.float32)
    way[:, :, 0] = np.nan_to_num(problem.seconds, nan=np.inf, posinf=np.inf)
    way[:, :, 1] = np.nan_to_num(problem.distances, nan=0.0, posinf=0.0)
    stocks = np.array([[np.inf if x.parts is None else x.parts.get(part, 0) for part in parts] for x in depots], float)
    has_tools = np.array([[x.tools is None or v.tools <= x.tools for x in depots] for v in visits], bool)
    bits = [
        [sum(1 << e for e, thing in enumerate(things) if thing in v.equipment - one.equipment) for one in people]
        for v in visits
    ]
    most = problem.prices.most_changes
    clock = np.zeros((2, 0)) if problem.warp is None else np.array([problem.warp.knots_s, problem.warp.driven_s], float)
    return Fields(
        way, stop, work, tour, clock, links,
        lacks=np.array([[bool(v.tools - one.tools) for one in people] for v in visits], bool).reshape(n, k),
        parts=np.array([[one.parts.get(part, 0) for part in parts] for one in visits], float).reshape(n, len(parts)),
        van=np.array([[one.parts.get(part, 0) for part in parts] for one in people], float).reshape(k, len(parts)),
        has_tools=has_tools.reshape(n, d), stocks=stocks.reshape(d, len(parts)),
        things=np.array(bits, np.int64).reshape(n, k),
        pieces=np.array([problem.equipment.get(thing, 0) for thing in things], np.int64),
        clash=_clash(problem, tour), near=_near(way, stop[:n, PLACE].astype(np.int64), near),
        budget=-1.0 if most is None else float(most),
        plenty=bool(d and np.isinf(stocks).all() and has_tools.all()),
    )  # fmt: skip


def _stops(problem: RoutingProblem) -> tuple[Any, Any]:
    """Return a row for each stop, and the links that the rows point into."""
    visits, prices = problem.visits, problem.prices
    n = len(visits)
    which = {one.visit_id: i for i, one in enumerate(visits)}
    who = {one.technician_id: j for j, one in enumerate(problem.technicians)}
    windows = [_windows(one) for one in visits] + [() if x.open_s is None else (x.open_s,) for x in problem.depots]
    out = np.zeros((len(windows), OPENS + 2 * max([len(one) for one in windows] + [1])))
    out[:, PLACE] = [one.place for one in visits] + [one.place for one in problem.depots]
    out[:, WINDOWS] = [len(one) for one in windows]
    out[:, BEFORE], out[:, UNTIL], out[:, DUE], out[:, WISHED], out[:, WISHED_END] = -FAR, FAR, FAR, -FAR, FAR
    out[:, WAS_BY] = out[:, GROUP] = -1
    for i, its in enumerate(windows):
        for w, one in enumerate(sorted(its, key=lambda x: x.start_s)):
            out[i, OPENS + 2 * w : OPENS + 2 * w + 2] = one.start_s, one.end_s
    labels = {label: g for g, label in enumerate(sorted({v.together for v in visits if v.together is not None}))}
    was = {one.visit_id: one for one in problem.published}
    waited_for = awaited(problem)
    for i, visit in enumerate(visits):
        row, limits = out[i], [-FAR if visit.visit_id in waited_for else FAR]
        row[LOST] = MUST if visit.unserved_cents is None else visit.unserved_cents
        row[PLAIN] = not visit.tools and not visit.parts
        if visit.promised is not None:
            row[BEFORE] = visit.promised.start_s
            row[[DUE, BROKEN, LATE]] = (
                visit.promised.end_s,
                visit.promised.broken_cents,
                visit.promised.late_cents_per_minute / 60,
            )
            limits.append(visit.promised.end_s)
        if (soft := visit.soft) is not None:
            row[[WISHED, WISHED_END]] = soft.start_s, soft.end_s
            row[[EARLY, SOFT_LATE]] = soft.early_cents_per_minute / 60, soft.late_cents_per_minute / 60
            limits.append(soft.end_s if soft.late_cents_per_minute > 0 else FAR)
        if visit.pin is not None and visit.pin.start_s is not None:
            row[BEFORE] = max(row[BEFORE], visit.pin.start_s)
            limits.append(visit.pin.start_s)
        if visit.visit_id in was:
            row[[WAS_BY, WAS_AT]] = who.get(was[visit.visit_id].technician_id, len(who)), was[visit.visit_id].start_s
            limits.append(was[visit.visit_id].start_s + prices.free_move_s)
        if visit.together is not None:
            row[GROUP] = labels[visit.together]
        row[UNTIL] = min(limits)
    links = _links(problem, out, which)
    out[:n, SPECIAL] = (
        (out[:n, UNTIL] < FAR) | (out[:n, WISHED] > -FAR) | (out[:n, LINKS] < out[:n, LINKS_END])
        | (out[:n, FOLLOWS] < out[:n, FOLLOWS_END])
    )  # fmt: skip
    return out, links


def _links(problem: RoutingProblem, rows: Any, which: dict[str, int]) -> Any:
    """Return (visit, gap) of predecessors, then of successors, grouped by visit; the rows get where theirs begin and end."""
    ahead = [
        (i, which[a.visit_id], a.gap_s) for i, v in enumerate(problem.visits) for a in v.after if a.visit_id in which
    ]
    out: list[tuple[float, float]] = []
    for pairs, first, last in (
        (ahead, LINKS, LINKS_END), ([(b, i, gap) for i, b, gap in ahead], FOLLOWS, FOLLOWS_END),
    ):  # fmt: skip
        by_visit: dict[int, list[tuple[float, float]]] = {}
        for i, other, gap in pairs:
            by_visit.setdefault(i, []).append((other, gap))
        for i, its in by_visit.items():
            rows[i, first], rows[i, last] = len(out), len(out) + len(its)
            out += its
    return np.array(out, float).reshape(-1, 2)


def _tours(problem: RoutingProblem) -> Any:
    most = max([len(s.breaks) for who in problem.technicians for s in who.shifts] + [1])
    rows = []
    for j, who in enumerate(problem.technicians):
        for s in who.shifts:
            breaks = [b for b in s.breaks if b.latest_s >= s.start_s]
            row = np.zeros(BREAKS + 3 * most)
            row[: RESTS + 1] = (
                s.start_s, s.end_s, s.end_s + s.overtime_s, s.start_place, -1 if s.end_place is None else s.end_place, j, s.day,
                len(breaks),
            )  # fmt: skip
            row[HOUR:BREAKS] = (
                who.cost_per_hour_cents / 3600, who.cost_per_km_cents / 1000, who.overtime_per_hour_cents / 3600, who.used_cents,
                who.travel_factor, _or(who.max_travel_s) - s.travelled_s, _or(who.longest_leg_s), _or(who.drive_limit_s), who.drive_rest_s,
                problem.prices.balance_cents, problem.prices.moved_cents_per_minute / 60, problem.prices.free_move_s,
                s.driven_s,
            )  # fmt: skip
            for b, rest in enumerate(breaks):
                row[BREAKS + 3 * b : BREAKS + 3 * b + 3] = rest.duration_s, rest.earliest_s, rest.latest_s
            rows.append(row)
    return np.array(rows).reshape(len(rows), BREAKS + 3 * most)


def _windows(visit: VisitRequest) -> tuple[TimeWindow, ...]:
    if visit.pin is not None and visit.pin.start_s is not None:
        return (TimeWindow(visit.pin.start_s, visit.pin.start_s),)
    return visit.windows


def _or(value: float | None) -> float:
    return FAR if value is None else value


def able(problem: RoutingProblem, i: int, j: int) -> str:
    """Return why a technician may not make a visit at all: the rule's name, "" if they may."""
    visit, who = problem.visits[i], problem.technicians[j]
    if visit.pin is not None and visit.pin.technician_id != who.technician_id:
        return "pin"
    if any(skill not in who.skills or who.skills[skill] < level - 1e-9 for skill, level in visit.skills.items()):
        return "skill"
    if who.technician_id in visit.excluded:
        return "excluded"
    if visit.territory is not None and who.territories is not None and visit.territory not in who.territories:
        return "territory"
    if any(problem.equipment.get(thing, 0) < 1 for thing in visit.equipment - who.equipment):
        return "equipment"
    return ""


def _other(problem: RoutingProblem, rows: Any) -> Any:
    """Return what it costs that somebody goes who is not preferred or was not published; NEVER where they may not."""
    out = np.zeros((len(problem.visits), len(problem.technicians)))
    for i, visit in enumerate(problem.visits):
        for j, one in enumerate(problem.technicians):
            if able(problem, i, j):
                out[i, j] = NEVER
                continue
            if visit.preferred and one.technician_id not in visit.preferred:
                out[i, j] += visit.other_cents
            if rows[i, WAS_BY] >= 0 and rows[i, WAS_BY] != j:
                out[i, j] += problem.prices.other_technician_cents
    return out


def _clash(problem: RoutingProblem, tours: Any) -> Any:
    """Return which tours may not both be used: those of one vehicle at the same time."""
    out = np.zeros((len(tours), len(tours)), bool)
    by_van: dict[str, list[int]] = {}
    for t, j in enumerate(tours[:, WHO]):
        if (van := problem.technicians[int(j)].vehicle) is not None:
            by_van.setdefault(van, []).append(t)
    for its in by_van.values():
        for a in its:
            for b in its:
                out[a, b] = a != b and tours[a, STARTS] < tours[b, LAST] and tours[b, STARTS] < tours[a, LAST]
    return out


def _near(way: Any, place: Any, most: int) -> Any:
    """Return the nearest visits of each, there and back, itself first."""
    n = len(place)
    keep = min(most, n)
    out = np.zeros((n, keep), np.int64)
    for i in range(n):
        both = way[place[i], place, 0] + way[place, place[i], 0]
        both[i] = -1.0
        part = np.argpartition(both, keep - 1)[:keep]
        out[i] = part[np.argsort(both[part], kind="stable")]
    return out
