"""A problem as arrays for the search: indices instead of names, prices by the second and the metre."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from troth.field.routing._judge import service_of
from troth.field.routing.problem import RoutingProblem, TimeWindow, VisitRequest

#: What leaving out a visit counts that must be served, and each change beyond the budget: more than any price.
MUST: Final = 1e9
OVER_BUDGET: Final = 1e7

_FAR: Final = 1e15


class Fields(NamedTuple):
    """What the search knows of a problem. N visits, D depots after them, K technicians, T tours, P places, Q parts."""

    seconds: Any  # (P, P)
    metres: Any  # (P, P)
    place: Any  # (N + D,)
    work: Any  # (N + D, K) seconds
    windows: Any  # (N + D,) how many
    opens: Any  # (N + D, W)
    closes: Any  # (N + D, W)
    before: Any  # (N + D,) not to start before: promised windows, pins
    until: Any  # (N + D,) a start may be put off until then at no cost
    promise: Any  # (N, 3): end, cents at once, cents a second
    soft: Any  # (N, 4): start, end, cents a second early and late
    published: Any  # (N, 2): technician or -1, start
    lost: Any  # (N,) what leaving it out costs
    able: Any  # (N, K) may go
    other: Any  # (N, K) cents for not being preferred or not being the one published
    lacks: Any  # (N, K) a tool is not on the van
    parts: Any  # (N, Q)
    van: Any  # (K, Q)
    has_tools: Any  # (N, D) the depot has all the visit's tools
    stocks: Any  # (D, Q) pieces a depot has; inf for any number
    supplied: Any  # (N,) needs nothing, of nobody
    things: Any  # (N, K) bits of shared equipment not their own
    pieces: Any  # (E,) how many there are
    group: Any  # (N,) label of those that go together, or -1
    link: Any  # (N + 1,) where a visit's predecessors begin in `links`
    links: Any  # (M, 2): predecessor, gap
    follow: Any  # (N + 1,)
    follows: Any  # (M, 2): successor, gap
    tour: Any  # (T, 7): start, end, latest end, start place, end place or -1, technician, day
    breaks: Any  # (T, B, 3): duration, earliest, latest
    resting: Any  # (T,) how many breaks
    clash: Any  # (T, T) may not both be used
    rates: Any  # (K, 9): a second, a metre, a second over, used, travel factor, most travel, longest leg, limit, rest
    prices: Any  # (5,): balance, moved a second, free move, most changes (-1 none), any published
    knots: Any  # (H,) instants
    driven: Any  # (H,) seconds driven by then
    near: Any  # (N, M) nearest visits


def compiled(problem: RoutingProblem, *, near: int = 40) -> Fields:
    """Return the problem as arrays; it must have passed its check."""
    visits, people, depots = problem.visits, problem.technicians, problem.depots
    n, d, k = len(visits), len(depots), len(people)
    who = {one.technician_id: j for j, one in enumerate(people)}
    which = {one.visit_id: i for i, one in enumerate(visits)}
    windows = [_windows(one) for one in visits] + [() if one.open_s is None else (one.open_s,) for one in depots]
    wide = max([len(one) for one in windows] + [1])
    opens, closes = np.full((n + d, wide), -_FAR), np.full((n + d, wide), _FAR)
    for i, its in enumerate(windows):
        for w, one in enumerate(sorted(its, key=lambda x: x.start_s)):
            opens[i, w], closes[i, w] = one.start_s, one.end_s
    work = np.zeros((n + d, k))
    for i, visit in enumerate(visits):
        work[i] = [service_of(visit, one) for one in people]
    for i, depot in enumerate(depots):
        work[n + i] = depot.service_s
    place = np.array([one.place for one in visits] + [one.place for one in depots], np.int64)
    published = np.full((n, 2), -1.0)
    for was in problem.published:
        if was.visit_id in which:
            published[which[was.visit_id]] = who.get(was.technician_id, k), was.start_s
    seconds = np.ascontiguousarray(np.nan_to_num(problem.seconds, nan=np.inf, posinf=np.inf), float)
    parts = sorted({part for one in visits for part in one.parts})
    things = sorted({thing for one in visits for thing in one.equipment})
    link, links, follow, follows = _links(problem, which)
    tours, breaks, resting = _tours(problem)
    own = [{thing for thing in one.equipment} for one in people]
    groups = {label: g for g, label in enumerate(sorted({v.together for v in visits if v.together is not None}))}
    prices = problem.prices
    needs = np.array([[one.parts.get(part, 0) for part in parts] for one in visits], float).reshape(n, len(parts))
    return Fields(
        seconds=seconds,
        metres=np.ascontiguousarray(np.nan_to_num(problem.distances, nan=0.0, posinf=0.0), float),
        place=place, work=work, windows=np.array([len(one) for one in windows], np.int64), opens=opens, closes=closes,
        before=_before(problem, n + d), until=_until(problem, n + d),
        promise=np.array([[p.end_s, p.broken_cents, p.late_cents_per_minute / 60] if (p := v.promised) else [_FAR, 0, 0] for v in visits], float).reshape(n, 3),
        soft=np.array([[s.start_s, s.end_s, s.early_cents_per_minute / 60, s.late_cents_per_minute / 60] if (s := v.soft) else [-_FAR, _FAR, 0, 0] for v in visits], float).reshape(n, 4),
        published=published,
        lost=np.array([MUST if v.unserved_cents is None else v.unserved_cents for v in visits], float),
        able=_able(problem), other=_other(problem, published),
        lacks=np.array([[bool(v.tools - one.tools) for one in people] for v in visits], bool).reshape(n, k),
        parts=needs, van=np.array([[one.parts.get(part, 0) for part in parts] for one in people], float).reshape(k, len(parts)),
        has_tools=np.array([[x.tools is None or v.tools <= x.tools for x in depots] for v in visits], bool).reshape(n, d),
        stocks=np.array([[np.inf if x.parts is None else x.parts.get(part, 0) for part in parts] for x in depots], float).reshape(d, len(parts)),
        supplied=np.array([not v.tools and not v.parts for v in visits], bool),
        things=np.array([[sum(1 << e for e, thing in enumerate(things) if thing in v.equipment and thing not in own[j]) for j in range(k)] for v in visits], np.int64).reshape(n, k),
        pieces=np.array([problem.equipment.get(thing, 0) for thing in things], np.int64),
        group=np.array([-1 if v.together is None else groups[v.together] for v in visits], np.int64),
        link=link, links=links, follow=follow, follows=follows,
        tour=tours, breaks=breaks, resting=resting, clash=_clash(problem, tours),
        rates=np.array([[one.cost_per_hour_cents / 3600, one.cost_per_km_cents / 1000, one.overtime_per_hour_cents / 3600,
                         one.used_cents, one.travel_factor, _or(one.max_travel_s), _or(one.longest_leg_s),
                         _or(one.drive_limit_s), one.drive_rest_s] for one in people], float).reshape(k, 9),
        prices=np.array([prices.balance_cents, prices.moved_cents_per_minute / 60, prices.free_move_s,
                         -1 if prices.most_changes is None else prices.most_changes, bool(problem.published)], float),
        knots=np.zeros(0) if problem.warp is None else np.asarray(problem.warp.knots_s, float),
        driven=np.zeros(0) if problem.warp is None else np.asarray(problem.warp.driven_s, float),
        near=_near(seconds, place[:n], near),
    )  # fmt: skip


def _windows(visit: VisitRequest) -> tuple[TimeWindow, ...]:
    if visit.pin is not None and visit.pin.start_s is not None:
        return (TimeWindow(visit.pin.start_s, visit.pin.start_s),)
    return visit.windows


def _or(value: float | None) -> float:
    return _FAR if value is None else value


def _before(problem: RoutingProblem, rows: int) -> Any:
    out = np.full(rows, -_FAR)
    for i, one in enumerate(problem.visits):
        if one.promised is not None:
            out[i] = max(out[i], one.promised.start_s)
        if one.pin is not None and one.pin.start_s is not None:
            out[i] = max(out[i], one.pin.start_s)
    return out


def _until(problem: RoutingProblem, rows: int) -> Any:
    out = np.full(rows, _FAR)
    was = {one.visit_id: one.start_s + problem.prices.free_move_s for one in problem.published}
    for i, one in enumerate(problem.visits):
        limits = [was.get(one.visit_id, _FAR)]
        if one.promised is not None:
            limits.append(one.promised.end_s)
        if one.soft is not None and one.soft.late_cents_per_minute > 0:
            limits.append(one.soft.end_s)
        if one.pin is not None and one.pin.start_s is not None:
            limits.append(one.pin.start_s)
        out[i] = min(limits)
    return out


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


def _able(problem: RoutingProblem) -> Any:
    shape = len(problem.visits), len(problem.technicians)
    return np.array([[not able(problem, i, j) for j in range(shape[1])] for i in range(shape[0])], bool).reshape(shape)


def _other(problem: RoutingProblem, published: Any) -> Any:
    out = np.zeros((len(problem.visits), len(problem.technicians)))
    for i, visit in enumerate(problem.visits):
        for j, one in enumerate(problem.technicians):
            if visit.preferred and one.technician_id not in visit.preferred:
                out[i, j] += visit.other_cents
            if published[i, 0] >= 0 and published[i, 0] != j:
                out[i, j] += problem.prices.other_technician_cents
    return out


def _links(problem: RoutingProblem, which: dict[str, int]) -> tuple[Any, Any, Any, Any]:
    pairs = [
        (i, which[a.visit_id], a.gap_s) for i, v in enumerate(problem.visits) for a in v.after if a.visit_id in which
    ]
    n = len(problem.visits)

    def grouped(rows: list[tuple[int, int, float]]) -> tuple[Any, Any]:
        rows.sort()
        starts = np.searchsorted([r[0] for r in rows], np.arange(n + 1))
        return starts.astype(np.int64), np.array([[b, gap] for _, b, gap in rows], float).reshape(-1, 2)

    return *grouped(list(pairs)), *grouped([(b, i, gap) for i, b, gap in pairs])


def _tours(problem: RoutingProblem) -> tuple[Any, Any, Any]:
    rows, breaks = [], []
    for j, who in enumerate(problem.technicians):
        for s in who.shifts:
            end = -1 if s.end_place is None else s.end_place
            rows.append([s.start_s, s.end_s, s.end_s + s.overtime_s, s.start_place, end, j, s.day])
            breaks.append([[b.duration_s, b.earliest_s, b.latest_s] for b in s.breaks if b.latest_s >= s.start_s])
    most = max([len(b) for b in breaks] + [1])
    out = np.zeros((len(rows), most, 3))
    for t, its in enumerate(breaks):
        if its:
            out[t, : len(its)] = its
    return np.array(rows, float).reshape(-1, 7), out, np.array([len(b) for b in breaks], np.int64)


def _clash(problem: RoutingProblem, tours: Any) -> Any:
    """Return which tours may not both be used: those of one vehicle at the same time."""
    out = np.zeros((len(tours), len(tours)), bool)
    by_van: dict[str, list[int]] = {}
    for t, j in enumerate(tours[:, 5]):
        if (van := problem.technicians[int(j)].vehicle) is not None:
            by_van.setdefault(van, []).append(t)
    for its in by_van.values():
        for a in its:
            for b in its:
                out[a, b] = a != b and tours[a, 0] < tours[b, 2] and tours[b, 0] < tours[a, 2]
    return out


def _near(seconds: Any, place: Any, most: int) -> Any:
    n = len(place)
    if n == 0:
        return np.zeros((0, 0), np.int64)
    between = seconds[np.ix_(place, place)]
    keep = min(most, n)
    return np.argsort(between + between.T, axis=1, kind="stable")[:, :keep].astype(np.int64)
