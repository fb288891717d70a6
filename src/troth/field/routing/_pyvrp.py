"""PyVRP where its model says the whole problem (Wouda, Lan and Kool 2024, INFORMS Journal on Computing 36, 943-955).

All money but that of hours and used shifts is in the matrix of distances, one for each profile. Where technicians differ in
pace, work lies in the matrix of times: it is done on the way out of a visit.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np
from pyvrp import IteratedLocalSearch, IteratedLocalSearchParams, PenaltyManager, PenaltyParams, Solution
from pyvrp._pyvrp import Client, Depot, Location, ProblemData, RandomNumberGenerator, Route, VehicleType
from pyvrp.search import OPERATORS, LocalSearch, PerturbationManager, compute_neighbours

from troth.core.decision import Stop
from troth.field.routing._hunt import Found
from troth.field.routing._whole import Profile, Whole, up, whole
from troth.field.routing.problem import FieldTechnician, RoutingProblem, TechnicianShift

#: What PyVRP takes for its highest penalty, and how many of the dearest leg it must be worth.
_PENALTY: Final = 100_000.0
_DEAREST: Final = 10.0
#: The cost of a plan that breaks rules is beyond this.
_NONE: Final = 2**62
#: A run that broke a rule all through this share of its time gives up: others can do without what cannot be.
_PATIENCE: Final = 0.25
#: The same in iterations, for a run that ends only when asked.
_TRIES: Final = 20_000

Progress = Callable[[float, float | None], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartModel:
    """Part of a problem as PyVRP knows it: which visits, and which tours each vehicle type stands for."""

    data: ProblemData
    visits: tuple[int, ...]
    types: tuple[tuple[int, ...], ...]
    dearest: float


def part(w: Whole, *, visits: Sequence[int], tours: Sequence[int]) -> PartModel:
    """Return some of the visits and tours of a problem as PyVRP knows them."""
    ends: dict[int | None, int] = {}
    kinds: dict[tuple[Any, ...], list[int]] = {}
    used = sorted({w.profile_of[w.tours[t][0].technician_id] for t in tours})
    for t in tours:
        who, shift = w.tours[t]
        start, end = (ends.setdefault(one, len(ends)) for one in (shift.start_place, shift.end_place))
        kinds.setdefault((used.index(w.profile_of[who.technician_id]), start, end, *_terms(w, who, shift)), []).append(
            t
        )
    pick = np.asarray(visits, np.int64)
    places = [*ends, *w.place[pick]]
    tables = [_tables(w, w.profiles[p], places, len(ends), pick) for p in used]
    clients = [
        Client(
            len(ends) + k, w.load[v].tolist(), [], int(w.service[v]), int(w.windows[v, 0]), int(w.windows[v, 1]), 0,
            max(int(w.prize[v]), 0), required=bool(w.prize[v] < 0),
        )
        for k, v in enumerate(visits)
    ]  # fmt: skip
    types = [_vehicles(kind, len(its)) for kind, its in kinds.items()]
    data = ProblemData(
        [Location(0, 0) for _ in places], clients, [Depot(k) for k in range(len(ends))], types,
        [one[0] for one in tables], [one[1] for one in tables],
    )  # fmt: skip
    dearest = max((float(one[2]) for one in tables), default=0.0) + max(
        (one.unit_duration_cost for one in types), default=0
    )
    return PartModel(data, tuple(int(v) for v in visits), tuple(map(tuple, kinds.values())), dearest)


def _terms(w: Whole, who: FieldTechnician, shift: TechnicianShift) -> tuple[Any, ...]:
    """Return what tours of one vehicle type have in common."""
    first, last = (shift.start_s - w.origin) * w.ticks, (shift.end_s - w.origin) * w.ticks
    hour, over = who.cost_per_hour_cents, who.overtime_per_hour_cents
    by_hour = 0 if hour == 0 and over == 0 else w.unit / 3600 / w.ticks
    return (
        tuple(who.parts.get(one, 0) for one in w.parts), int(up(first)), -int(up(-last)),
        int(shift.overtime_s * w.ticks + 1e-6), round(who.used_cents * w.unit), round(hour * by_hour), round(over * by_hour),
    )  # fmt: skip


def _vehicles(kind: tuple[Any, ...], many: int) -> VehicleType:
    profile, start, end, capacity, first, last, over, used, hour, over_hour = kind
    priced = bool(over and over_hour)
    return VehicleType(
        many, list(capacity), start, end, used, first, last + over, unit_distance_cost=1, unit_duration_cost=hour, profile=profile,
        **({"start_late": first, "shift_duration": last - first, "max_overtime": over, "unit_overtime_cost": over_hour} if priced else {}),
    )  # fmt: skip


def _tables(w: Whole, profile: Profile, places: Sequence[int | None], ends: int, pick: Any) -> tuple[Any, Any, float]:
    """Return the matrices of money and of time, and what the dearest leg costs."""
    rows = np.array([0 if one is None else one for one in places], np.int64)
    nowhere = np.array([one is None for one in places])
    grid = np.ix_(rows, rows)
    seconds = w.problem.seconds[grid] * profile.factor
    metres = w.problem.distances[grid]
    seconds[:, nowhere] = metres[:, nowhere] = 0.0
    work = np.frombuffer(profile.work)[pick] * w.ticks
    shut = ~np.isfinite(seconds) | (seconds > profile.longest + 1e-6)
    shut[:, ends:] |= ~np.frombuffer(profile.may, bool)[pick]
    money = np.where(shut, 0.0, metres) * profile.metre
    money[:, ends:] += np.frombuffer(profile.other)[pick]
    duration = up(np.where(shut, 0.0, seconds) * w.ticks)
    if not w.service.any() and work.any():
        duration[ends:] += up(work)[:, None]
    cost = np.round(money * w.unit).astype(np.int64)
    # A closed way takes longer than there is time, and costs more than all others.
    far = 2 * w.last + int(duration.max(initial=0)) + 1
    duration[shut] = far
    dearest = float(cost.max(initial=0))
    cost[shut] = 10 * int(dearest) + 1
    for one in (cost, duration):
        np.fill_diagonal(one, 0)
    return cost, duration, dearest


@dataclass(slots=True)
class Trial:
    """What a run of PyVRP found.

    Parameters
    ----------
    tours : those it had.
    lines : visits by tour.
    feasible : whether no hard rule is broken; `cost` is 0 if one is.
    cost, before : units of the plan found and of the one it began with; None if that broke a rule or there was none.
    """

    tours: tuple[int, ...]
    lines: dict[int, list[int]]
    feasible: bool
    cost: int
    before: int | None
    steps: int
    penalties: Any


def improve(
    model: PartModel, *, seconds: float | None, steps: int | None, seed: int, lines: dict[int, list[int]] | None = None,
    asked: Callable[[], bool] | None = None, penalties: Any = None, on_best: Callable[[float], object] | None = None,
    until_feasible: bool = False, patience: bool = False,
) -> Trial:  # fmt: skip
    """Run PyVRP as `pyvrp.solve` does with its defaults, from given orders by tour if there are any.

    Parameters
    ----------
    on_best : told what the best plan costs, in units, now and then.
    until_feasible : stop at the first plan that breaks no rule.
    patience : stop early if none of the plans of the first quarter breaks no rule.
    """
    began = time.perf_counter()
    data, draw = model.data, RandomNumberGenerator(seed=seed)
    search = LocalSearch(data, draw, compute_neighbours(data), PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(data):
            search.add_operator(operator(data))
    params = PenaltyParams(max_penalty=max(_PENALTY, _DEAREST * model.dearest))
    manager = PenaltyManager(penalties or params.midpoint_penalties(data), params)
    first = None if lines is None else Solution(data, _routes(model, lines))
    before = int(manager.cost_evaluator().cost(first)) if first is not None and first.is_feasible() else None
    if first is None or before is None:
        first = Solution.make_random(data, draw) if first is None else first
        first = search(first, manager.max_cost_evaluator(), exhaustive=True)
    made = 0
    tries = _TRIES if steps is None else int(steps * _PATIENCE)

    def enough(best_cost: int) -> bool:
        nonlocal made
        made += 1
        if on_best is not None and made % 256 == 0 and best_cost < _NONE:
            on_best(best_cost)
        gone = time.perf_counter() - began
        late = seconds is not None and gone >= seconds
        late |= until_feasible and best_cost < _NONE
        if patience and best_cost >= _NONE:
            late |= gone >= seconds * _PATIENCE if steps is None and seconds is not None else made > tries + 1
        return late or (steps is not None and made > steps) or (asked is not None and made % 16 == 1 and asked())

    best = IteratedLocalSearch(data, manager, search, first, IteratedLocalSearchParams()).run(
        enough, collect_stats=False
    )
    found = _lines(model, best.best)
    cost = int(best.cost()) if best.is_feasible() else 0
    tours = tuple(t for its in model.types for t in its)
    return Trial(tours, found, best.is_feasible(), cost, before, made - 1, manager.penalties())


def mean_penalties(several: Sequence[Any]) -> Any:
    """Return the mean of what runs ended with, to begin others with."""
    loads = np.mean([one[0] for one in several], axis=0).tolist()
    return loads, float(np.mean([one[1] for one in several])), float(np.mean([one[2] for one in several]))


def price(model: PartModel, *, lines: dict[int, list[int]]) -> tuple[int, bool]:
    """Return what given orders cost, in units, and whether they break no hard rule."""
    plan = Solution(model.data, _routes(model, lines))
    params = PenaltyParams()
    return int(
        PenaltyManager(params.midpoint_penalties(model.data), params).cost_evaluator().cost(plan)
    ), plan.is_feasible()


def _routes(model: PartModel, lines: dict[int, list[int]]) -> list[Route]:
    index = {v: k for k, v in enumerate(model.visits)}
    kind = {t: k for k, its in enumerate(model.types) for t in its}
    return [Route(model.data, [index[v] for v in line], kind[t]) for t, line in lines.items() if line]


def _lines(model: PartModel, found: Solution) -> dict[int, list[int]]:
    free = [list(its) for its in model.types]
    return {
        free[one.vehicle_type()].pop(0): [model.visits[stop.idx] for stop in one.schedule() if stop.is_client()]
        for one in found.routes()
    }


def solve_pyvrp(
    problem: RoutingProblem, *, stop: Stop, seed: int, start: tuple[Any, Any] | None = None, chains: int | None = None,
    on_progress: Progress | None = None,
) -> Found | None:  # fmt: skip
    """Return the best tours that runs of PyVRP side by side find until `stop`; None if none finds any that break no rule.

    Parameters
    ----------
    stop : steps are iterations of each run; with steps alone the same problem, seed and chains give the same tours.
    start : tours to begin with, as in `Found`.
    chains : how many runs; as many as there are cores, at most four, if None. The first has the seed itself.
    """
    began = time.perf_counter()
    w = whole(problem)
    model = part(w, visits=range(len(problem.visits)), tours=range(len(w.tours)))
    lines = None if start is None else listed(start[0], size=start[1])
    many = chains or min(os.cpu_count() or 1, 4)
    seeds = [seed % 2**32, *np.random.SeedSequence(seed).generate_state(many)[1:].tolist()]
    left = None if stop.seconds is None else max(stop.seconds - (time.perf_counter() - began), 0.0)
    tell = None if on_progress is None else lambda cost: on_progress(cost / w.unit, None)
    with ThreadPoolExecutor(many) as pool:
        trials = side_by_side(
            model, seeds=seeds, pool=pool, stop=replace(stop, seconds=left), lines=lines, patience=True, tell=tell
        )
    good = [one for one in trials if one.feasible]
    if not good:
        return None
    found = min(good, key=lambda one: one.cost)
    return as_found(w, lines=found.lines, value=found.cost / w.unit, steps=sum(one.steps for one in good))


def side_by_side(
    model: PartModel, *, seeds: Sequence[int], pool: ThreadPoolExecutor, stop: Stop, lines: dict[int, list[int]] | None,
    enough: threading.Event | None = None, penalties: Any = None, patience: bool = False,
    tell: Callable[[float], object] | None = None,
) -> list[Trial]:  # fmt: skip
    """Run PyVRP on one problem with several seeds; `tell` hears what the best of them costs when that falls."""
    enough = enough or threading.Event()
    best = [float(_NONE)] * len(seeds)
    told = float(_NONE)

    def run(k: int) -> Trial:
        return improve(
            model, seconds=stop.seconds, steps=stop.steps, seed=seeds[k], lines=lines, asked=enough.is_set, penalties=penalties,
            patience=patience, on_best=lambda cost: best.__setitem__(k, cost),
        )  # fmt: skip

    def hear() -> None:
        nonlocal told
        if tell is not None and min(best) < told:
            told = min(best)
            tell(told)

    return attended([partial(run, k) for k in range(len(seeds))], pool=pool, stop=stop, enough=enough, tell=hear)


def attended(
    jobs: Sequence[Callable[[], T]], *, pool: ThreadPoolExecutor, stop: Stop, enough: threading.Event,
    tell: Callable[[], object] | None = None,
) -> list[T]:  # fmt: skip
    """Run jobs side by side; who may end them and who is told are asked from this thread alone."""
    if stop.asked is not None and stop.asked():
        enough.set()
    running = [pool.submit(job) for job in jobs]
    while wait(running, timeout=0.05).not_done:
        if stop.asked is not None and stop.asked():
            enough.set()
        if tell is not None:
            tell()
    return [one.result() for one in running]


def listed(seq: Any, *, size: Any) -> dict[int, list[int]]:
    """Return sequences as orders by tour, without tours that have no visit; of a visit made twice the first stays."""
    seen: set[int] = set()
    out = {}
    for t in range(len(size)):
        line = [v for v in dict.fromkeys(int(v) for v in seq[t][: size[t]]) if v not in seen]
        seen.update(line)
        if line:
            out[t] = line
    return out


def as_found(w: Whole, *, lines: dict[int, list[int]], value: float, steps: int) -> Found:
    """Return orders by tour as sequences."""
    size = np.array([len(lines.get(t, ())) for t in range(len(w.tours))], np.int64)
    seq = np.zeros((len(size), int(size.max(initial=1)) or 1), np.int64)
    for t, line in lines.items():
        seq[t, : len(line)] = line
    return Found(seq, size, value, steps)
