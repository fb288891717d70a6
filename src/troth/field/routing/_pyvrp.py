"""PyVRP where its model says the whole problem (Wouda, Lan and Kool 2024, INFORMS Journal on Computing 36, 943-955).

All money but that of hours and used shifts is in the matrix of distances, one for each profile. Where technicians differ in
pace, work lies in the matrix of times: it is done on the way out of a visit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from pyvrp import IteratedLocalSearch, IteratedLocalSearchParams, PenaltyManager, PenaltyParams, Solution
from pyvrp._pyvrp import Client, Depot, Location, ProblemData, RandomNumberGenerator, Route, VehicleType
from pyvrp.search import OPERATORS, LocalSearch, PerturbationManager, compute_neighbours

from troth.core.decision import Stop
from troth.field.routing._found import Found, as_found, listed
from troth.field.routing._threads import Progress, attended, sides
from troth.field.routing._whole import Whole, tables, terms, whole
from troth.field.routing.problem import RoutingProblem

#: What PyVRP takes for its highest penalty, and how many of the dearest leg it must be worth.
_PENALTY: Final = 100_000.0
_DEAREST: Final = 10.0
#: The cost of a plan that breaks rules is beyond this.
_NONE: Final = 2**62
#: A run that broke a rule all through this share of its time gives up: others can do without what cannot be.
_PATIENCE: Final = 0.25
#: The same in iterations, for a run that ends only when asked.
_TRIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Model:
    """A problem as PyVRP knows it, and which tours each vehicle type stands for."""

    data: ProblemData
    types: tuple[tuple[int, ...], ...]
    dearest: float


def modelled(w: Whole) -> Model:
    """Return a problem as PyVRP knows it."""
    ends: dict[int | None, int] = {}
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for t, (who, shift) in enumerate(w.tours):
        start, end = (ends.setdefault(one, len(ends)) for one in (shift.start_place, shift.end_place))
        kinds.setdefault((w.profile_of[who.technician_id], start, end, *terms(w, who, shift)), []).append(t)
    visits = np.arange(len(w.place))
    places = [*ends, *w.place]
    made = [tables(w, one, places, len(ends), visits) for one in w.profiles]
    clients = [
        Client(
            len(ends) + int(v), w.load[v].tolist(), [], int(w.service[v]), int(w.windows[v, 0]), int(w.windows[v, 1]), 0,
            max(int(w.prize[v]), 0), required=bool(w.prize[v] < 0),
        )
        for v in visits
    ]  # fmt: skip
    types = [_vehicles(kind, len(its)) for kind, its in kinds.items()]
    data = ProblemData(
        [Location(0, 0) for _ in places], clients, [Depot(k) for k in range(len(ends))], types,
        [one[0] for one in made], [one[1] for one in made],
    )  # fmt: skip
    dearest = max((float(one[2]) for one in made), default=0.0) + max(
        (one.unit_duration_cost for one in types), default=0
    )
    return Model(data, tuple(map(tuple, kinds.values())), dearest)


def _vehicles(kind: tuple[Any, ...], many: int) -> VehicleType:
    profile, start, end, capacity, first, last, over, used, hour, over_hour = kind
    priced = bool(over and over_hour)
    return VehicleType(
        many, list(capacity), start, end, used, first, last + over, unit_distance_cost=1, unit_duration_cost=hour, profile=profile,
        **({"start_late": first, "shift_duration": last - first, "max_overtime": over, "unit_overtime_cost": over_hour} if priced else {}),
    )  # fmt: skip


@dataclass(slots=True)
class Trial:
    """What a run of PyVRP found.

    Parameters
    ----------
    lines : visits by tour.
    feasible : whether no hard rule is broken; `cost`, in units, is 0 if one is.
    """

    lines: dict[int, list[int]]
    feasible: bool
    cost: int
    steps: int


def improve(
    model: Model, *, seconds: float | None, steps: int | None, seed: int, lines: dict[int, list[int]] | None = None,
    asked: Callable[[], bool] | None = None, on_best: Callable[[float], object] | None = None,
) -> Trial:  # fmt: skip
    """Run PyVRP as `pyvrp.solve` does with its defaults, from given orders by tour if there are any.

    It stops early if all plans of the first quarter break a rule.

    Parameters
    ----------
    on_best : told what the best plan costs, in units, now and then.
    """
    began = time.perf_counter()
    data, draw = model.data, RandomNumberGenerator(seed=seed)
    search = LocalSearch(data, draw, compute_neighbours(data), PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(data):
            search.add_operator(operator(data))
    params = PenaltyParams(max_penalty=max(_PENALTY, _DEAREST * model.dearest))
    manager = PenaltyManager(params.midpoint_penalties(data), params)
    first = None if lines is None else Solution(data, _routes(model, lines))
    if first is None or not first.is_feasible():
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
        if best_cost >= _NONE:
            late |= gone >= seconds * _PATIENCE if steps is None and seconds is not None else made > tries + 1
        return late or (steps is not None and made > steps) or (asked is not None and made % 16 == 1 and asked())

    best = IteratedLocalSearch(data, manager, search, first, IteratedLocalSearchParams()).run(
        enough, collect_stats=False
    )
    found = _lines(model, best.best)
    cost = int(best.cost()) if best.is_feasible() else 0
    return Trial(found, best.is_feasible(), cost, made - 1)


def _routes(model: Model, lines: dict[int, list[int]]) -> list[Route]:
    kind = {t: k for k, its in enumerate(model.types) for t in its}
    return [Route(model.data, line, kind[t]) for t, line in lines.items() if line]


def _lines(model: Model, found: Solution) -> dict[int, list[int]]:
    free = [list(its) for its in model.types]
    return {
        free[one.vehicle_type()].pop(0): [stop.idx for stop in one.schedule() if stop.is_client()]
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
    model = modelled(w)
    lines = None if start is None else listed(start[0], size=start[1])
    many = sides(chains)
    seeds = [seed % 2**32, *np.random.SeedSequence(seed).generate_state(many)[1:].tolist()]
    left = None if stop.seconds is None else max(stop.seconds - (time.perf_counter() - began), 0.0)
    best = [float(_NONE)] * many
    told = float(_NONE)
    enough = threading.Event()

    def run(k: int) -> Trial:
        return improve(
            model, seconds=left, steps=stop.steps, seed=seeds[k], lines=lines, asked=enough.is_set,
            on_best=lambda cost: best.__setitem__(k, cost),
        )  # fmt: skip

    def hear() -> None:
        nonlocal told
        if on_progress is not None and min(best) < told:
            told = min(best)
            on_progress(told / w.unit, None)

    with ThreadPoolExecutor(many) as pool:
        trials = attended([partial(run, k) for k in range(many)], pool=pool, stop=stop, enough=enough, tell=hear)
    good = [one for one in trials if one.feasible]
    if not good:
        return None
    found = min(good, key=lambda one: one.cost)
    return as_found(w, lines=found.lines, value=found.cost / w.unit, steps=sum(one.steps for one in good))
