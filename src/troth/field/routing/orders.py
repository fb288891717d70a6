"""Tours as sequences of numbers for the search, and back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.routing._names import known
from troth.field.routing.clock import Order, timed
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import StopKind, Tour

#: A chain of links from tour to tour is followed so far.
_MOST_ROUNDS: Final = 30


def toured(problem: RoutingProblem, *, seq: Any, size: Any) -> tuple[Tour, ...]:
    """Return sequences of stops as tours with instants."""
    orders = []
    t = 0
    for who in problem.technicians:
        for shift in range(len(who.shifts)):
            orders.append((who.technician_id, shift, [_stop(problem, int(v)) for v in seq[t][: size[t]]]))
            t += 1
    return timed_together(problem, orders=orders)


def _stop(problem: RoutingProblem, v: int) -> tuple[StopKind, str]:
    n = len(problem.visits)
    return (StopKind.VISIT, problem.visits[v].visit_id) if v < n else (StopKind.DEPOT, problem.depots[v - n].depot_id)


def timed_together(
    problem: RoutingProblem, *, orders: Sequence[tuple[str, int, Order]], ends: Mapping[str, float] | None = None
) -> tuple[Tour, ...]:
    """Return tours with instants; those whose visits wait for visits of others come to rest after some rounds.

    Parameters
    ----------
    orders : technician, shift, and stops in order; a tour without stops is none.
    ends : when visits of tours end that stay as they are, in seconds, for work that must come after them.
    """
    # Of a chain of links each round settles one more; where rounds go in a circle the judge tells what is broken.
    rounds = min(1 + sum(bool(one.after) for one in problem.visits), _MOST_ROUNDS)
    fixed, now = dict(ends or {}), dict[str, float]()
    tours: list[Tour] = []
    for _ in range(rounds):
        others = fixed | now
        tours = [
            timed(problem, technician_id=who, shift=shift, order=order, ends=_without(others, order))
            for who, shift, order in orders
            if order
        ]
        before, now = now, {s.name: s.ends_s for tour in tours for s in tour.stops if s.kind is StopKind.VISIT}
        if now == before:
            break
    return tuple(tours)


def _without(ends: Mapping[str, float], order: Order) -> dict[str, float]:
    """Return when visits of other tours end: one that comes too late in the same tour would be put off by its own delay."""
    own = {name for kind, name in order if kind is StopKind.VISIT}
    return {name: at for name, at in ends.items() if name not in own}


def left_alone(
    problem: RoutingProblem, *, tours: Sequence[Tour], shifts: Mapping[tuple[str, int], int]
) -> tuple[Tour, ...]:
    """Return what is left of tours if nobody does anything: their orders from now on, with new instants.

    Parameters
    ----------
    problem : of what is left, as from `left.what_is_left`.
    tours : of the whole day.
    shifts : by technician and number of a shift in the problem, its number in the day.
    """
    names, now = known(problem), {(who, number): k for (who, k), number in shifts.items()}
    orders = []
    for tour in tours:
        k = now.get((tour.technician_id, tour.shift))
        if k is None:
            continue
        start = names.technicians[tour.technician_id].shifts[k].start_s
        order = [
            (s.kind, s.name)
            for s in tour.stops
            if (s.kind is StopKind.VISIT and s.name in names.visits)
            or (s.kind is StopKind.DEPOT and s.starts_s >= start)
        ]
        if any(kind is StopKind.VISIT for kind, _ in order):
            orders.append((tour.technician_id, k, order))
    return timed_together(problem, orders=orders)


def sequences(problem: RoutingProblem, *, tours: Sequence[Tour]) -> tuple[Any, Any]:
    """Return tours as sequences of stops by number, for the search; what the problem does not know is passed over.

    Raises
    ------
    InputError : ``twice``: two tours of one shift, of which no one order can be made.
    """
    row: dict[tuple[str, int], int] = {}
    for who in problem.technicians:
        for shift in range(len(who.shifts)):
            row[who.technician_id, shift] = len(row)
    _refuse_twice([one for one in tours if (one.technician_id, one.shift) in row])
    visit = {one.visit_id: i for i, one in enumerate(problem.visits)}
    depot = {one.depot_id: len(visit) + i for i, one in enumerate(problem.depots)}
    lines: dict[int, list[int]] = defaultdict(list)
    for tour in tours:
        if (tour.technician_id, tour.shift) in row:
            names = [
                (visit if s.kind is StopKind.VISIT else depot).get(s.name, -1)
                for s in tour.stops
                if s.kind is not StopKind.REST
            ]
            lines[row[tour.technician_id, tour.shift]] = [v for v in names if v >= 0]
    size = np.array([len(lines[t]) for t in range(len(row))], np.int64)
    seq = np.zeros((len(row), int(size.max(initial=1)) or 1), np.int64)
    for t, line in lines.items():
        seq[t, : len(line)] = line
    return seq, size


def _refuse_twice(tours: Sequence[Tour]) -> None:
    advice = "Maybe it was saved twice, or cut in two: a shift has one tour, with all of its stops in order."
    issues = [
        Issue("twice", Severity.ERROR, "tours", f"{who}, shift {shift}", advice, n - 1)
        for (who, shift), n in Counter((one.technician_id, one.shift) for one in tours).items()
        if n > 1
    ]
    if issues:
        raise InputError(issues)
