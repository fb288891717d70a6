"""From where the parts of visits come: cheapest by the stated prices, in time, no piece twice; exact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil

import numpy as np

from troth.core.decision import Severity, Status, Stop
from troth.core.errors import InputError
from troth.field.parts._highspy import Model, Solved
from troth.field.parts.facts import StockPlaceKind
from troth.field.parts.problem import SourcingProblem, check_sourcing
from troth.field.parts.sourced import MissedPart, MissReason, SourcedPart, SourceWay, SourcingPlan, Trip
from troth.field.parts.supply import PartNeed


@dataclass(frozen=True, slots=True)
class _Lot:
    """Pieces of one part that come together: free now, on the way, or offered."""

    place: str
    part: str
    count: int
    ready_at: datetime
    way: SourceWay
    unit_cents: int = 0
    order_cents: int = 0


@dataclass(frozen=True, slots=True)
class _Edge:
    """A lot that could serve a need, and when its pieces would be on the van."""

    lot: int
    need: int
    at: datetime
    trip: tuple[str, str, date] | None


def source(problem: SourcingProblem, *, stop: Stop = Stop()) -> SourcingPlan:
    """Decide from where each part comes, at the least total of trips, orders and second visits.

    A visit gets all of its parts or none: half of them do not save the second visit. What cannot be had in time, or is
    dearer than a second visit, is missed, with the reason and the earliest time from what is left. Stopped before anything
    was found, all visits are missed, and what could be had in time was not looked at.

    Parameters
    ----------
    stop : seconds after which the best found so far is returned, with its proved bound.

    Raises
    ------
    InputError
        All that is wrong with the problem.

    Source
    ------
    A fixed-charge transportation problem (W. M. Hirsch and G. B. Dantzig, 1968, The fixed charge problem) with whole
    visits, solved as a mixed-integer program by HiGHS (Q. Huangfu and J. A. J. Hall, 2018).

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> from troth.field.parts import Handover, Stock, StockCount, StockedPart, StockPlace, StockPlaceKind
    >>> now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    >>> places = (StockPlace("depot", StockPlaceKind.DEPOT), StockPlace("van", StockPlaceKind.VAN, "jonas"))
    >>> stock = Stock(places, (StockedPart("pump"),), (StockCount("depot", "pump", 1, now),))
    >>> way = Handover("depot", "van", timedelta(minutes=25), 1500)
    >>> needs = tuple(PartNeed(v, "pump", now + timedelta(hours=3), van="van") for v in ("v1", "v2"))
    >>> plan = source(SourcingProblem(needs, stock.at(now), (way,)))
    >>> [(one.visit, one.place, str(one.way)) for one in plan.pieces], [(m.visit, str(m.reason)) for m in plan.missed]
    ([('v1', 'depot', 'pick_up')], [('v2', 'taken')])
    """
    issues = check_sourcing(problem)
    if any(one.severity is Severity.ERROR for one in issues):
        raise InputError(issues)
    lots = _lots(problem)
    edges = [edge for edge in _edges(problem, lots) if edge.at <= problem.needs[edge.need].by_at]
    solved, uses, missed = _solved(problem, lots, edges, stop)
    return _plan(problem, lots, edges, solved, uses, missed)


def _lots(problem: SourcingProblem) -> list[_Lot]:
    """Return everything needed parts could be taken from."""
    holdings, wanted = problem.holdings, defaultdict[str, int](int)
    for need in problem.needs:
        wanted[need.part] += need.quantity
    found = []
    for part in sorted(wanted):
        for place in holdings.places:
            count = holdings.available(place.place, part=part)
            if count > 0 and place.kind is not StockPlaceKind.SUPPLIER:
                way = SourceWay.TRANSFER if place.kind is StockPlaceKind.VAN else SourceWay.PICK_UP
                found.append(_Lot(place.place, part, count, holdings.at, way))
    for coming in problem.incoming:
        if coming.quantity and wanted[coming.part]:
            due = max(coming.due_at, holdings.at)
            found.append(_Lot(coming.place, coming.part, coming.quantity, due, SourceWay.INCOMING))
    for offer in problem.offers:
        if wanted[offer.part]:
            count = wanted[offer.part] if offer.limit is None else offer.limit
            ready, prices = holdings.at + offer.lead, (offer.unit_cents, offer.order_cents)
            found.append(_Lot(offer.depot, offer.part, count, ready, SourceWay.ORDER, *prices))
    return [lot for lot in found if lot.count > 0]


def _edges(problem: SourcingProblem, lots: list[_Lot]) -> list[_Edge]:
    """Return which lot could serve which need, in time or not."""
    ways = {(one.origin, one.van): one for one in problem.handovers}
    found = []
    for k, need in enumerate(problem.needs):
        for j, lot in enumerate(lots):
            if lot.part != need.part:
                continue
            way = ways.get((lot.place, need.van))
            if lot.place == need.van:
                found.append(_Edge(j, k, lot.ready_at, None))
            elif way is not None:
                found.append(_Edge(j, k, lot.ready_at + way.takes, (lot.place, need.van, need.by_at.date())))
    return found


def _solved(
    problem: SourcingProblem, lots: list[_Lot], edges: list[_Edge], stop: Stop
) -> tuple[Solved, list[int], set[str]]:
    """Return the answer, how many pieces each edge carries, and the visits that are missed."""
    costs = {(one.origin, one.van): one.cost_cents for one in problem.handovers}
    model, needs = Model(), problem.needs
    visits = list(dict.fromkeys(one.visit for one in needs))
    # Prices are whole cents, so that less than half a cent in all decides nothing but ties: who is named first is served.
    tie = 0.4 / max(1, len(visits)) ** 2
    missed = {v: model.variable(price=problem.missing_cents(v) - tie * k) for k, v in enumerate(visits)}
    trips = {t: model.variable(price=costs[t[:2]]) for t in dict.fromkeys(e.trip for e in edges) if t is not None}
    orders = {j: model.variable(price=lot.order_cents) for j, lot in enumerate(lots) if lot.order_cents}
    used = [model.variable(price=lots[e.lot].unit_cents, limit=needs[e.need].quantity) for e in edges]
    for k, need in enumerate(needs):
        mine = [(used[i], 1.0) for i, e in enumerate(edges) if e.need == k]
        model.row([*mine, (missed[need.visit], need.quantity)], low=need.quantity, high=need.quantity)
    for j, lot in enumerate(lots):
        mine = [(used[i], 1.0) for i, e in enumerate(edges) if e.lot == j]
        if mine:
            model.row(mine, high=lot.count)
    for i, e in enumerate(edges):
        if e.trip is not None:
            model.row([(used[i], 1.0), (trips[e.trip], -needs[e.need].quantity)], high=0.0)
        if e.lot in orders:
            model.row([(used[i], 1.0), (orders[e.lot], -needs[e.need].quantity)], high=0.0)
    solved = model.solve(seconds=float("inf") if stop.seconds is None else stop.seconds)
    if solved is None:  # out of time before anything was found: to miss everything always fits
        everything = sum(problem.missing_cents(v) for v in missed)
        return Solved(np.empty(0), float(everything), 0.0, False), [0] * len(edges), set(missed)
    return solved, [round(solved.values[v]) for v in used], {v for v, n in missed.items() if solved.values[n] > 0.5}


def _plan(
    problem: SourcingProblem, lots: list[_Lot], edges: list[_Edge], solved: Solved, uses: list[int], missed: set[str]
) -> SourcingPlan:
    """Hand out the pieces and say what was missed and why."""
    numbers = {(lot.place, lot.part): list(problem.holdings.serials(lot.place, part=lot.part)) for lot in lots}
    left = [lot.count for lot in lots]
    pieces, gone = [], set[tuple[str, str, date]]()
    for edge, count in zip(edges, uses, strict=True):
        lot, need = lots[edge.lot], problem.needs[edge.need]
        left[edge.lot] -= count
        if count == 0:
            continue
        here = numbers[lot.place, lot.part] if lot.way in (SourceWay.PICK_UP, SourceWay.TRANSFER) else []
        mine, here[:] = tuple(here[:count]), here[count:]
        way = lot.way if edge.trip is not None or lot.way is SourceWay.INCOMING else SourceWay.OWN_VAN
        pieces.append(
            SourcedPart(need.visit, need.part, count, lot.place, need.van, way, edge.at, count * lot.unit_cents, mine)
        )
        if edge.trip is not None:
            gone.add(edge.trip)
    costs = {(one.origin, one.van): one.cost_cents for one in problem.handovers}
    orders = sum(lot.order_cents for lot, rest in zip(lots, left, strict=True) if rest < lot.count)
    return SourcingPlan(
        problem.holdings.at, tuple(pieces), tuple(Trip(*one, costs[one[:2]]) for one in sorted(gone)),
        _misses(problem, lots, left, missed, proved=solved.proved), sum(one.cost_cents for one in pieces), orders,
        sum(problem.missing_cents(v) for v in missed),
        _status(solved), ceil(max(solved.bound, 0.0) - 1e-6),
    )  # fmt: skip


def _status(solved: Solved) -> Status:
    if solved.proved:
        return Status.OPTIMAL
    return Status.FEASIBLE if solved.values.size else Status.STOPPED


def _misses(
    problem: SourcingProblem, lots: list[_Lot], left: list[int], missed: set[str], *, proved: bool
) -> tuple[MissedPart, ...]:
    """Say of each part of a missed visit why, and when it could be had from what is left."""
    everything = _edges(problem, lots)
    found = []
    for k, need in enumerate(problem.needs):
        if need.visit in missed:
            mine = [edge for edge in everything if edge.need == k]
            at = _first(need, [(edge.at, left[edge.lot]) for edge in mine])
            alone = _first(need, [(edge.at, lots[edge.lot].count) for edge in mine])
            found.append(MissedPart(need.visit, need.part, need.quantity, _reason(need, at, alone), at))
    # A part that lacks a fellow goes without whatever is searched; of others only a proof knows that they are not worth it.
    lacking = {one.visit for one in found if one.reason is not MissReason.NOT_WORTH}
    return tuple(
        one if proved or one.visit in lacking else replace(one, reason=MissReason.NOT_LOOKED_AT) for one in found
    )


def _first(need: PartNeed, arrivals: list[tuple[datetime, int]]) -> datetime | None:
    """Return when enough pieces have arrived; None if never."""
    total = 0
    for at, count in sorted(arrivals):
        total += count
        if total >= need.quantity:
            return at
    return None


def _reason(need: PartNeed, at: datetime | None, alone: datetime | None) -> MissReason:
    if at is not None and at <= need.by_at:
        return MissReason.NOT_WORTH
    if alone is not None and alone <= need.by_at:
        return MissReason.TAKEN
    return MissReason.NOT_TO_BE_HAD if alone is None else MissReason.TOO_LATE
