"""PyVRP, OR-Tools and VROOM on vehicle routing with time windows, each called as its own documentation shows.

All count in tenths, of distance and of time. PyVRP and OR-Tools use one thread, VROOM two. Each returns the customers of each
tour by number, None if it found no plan; the caller judges them. Only those that are asked for must be installed (`pyvroom`, `ortools`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp.stop import MaxRuntime

from troth.field.routing import RoutingProblem

Lines = list[list[int]]


class Tenths:
    """An instance in whole tenths: row 0 is the depot."""

    def __init__(self, problem: RoutingProblem) -> None:
        shift = problem.technicians[0].shifts[0]
        rows = [shift.start_place, *(one.place for one in problem.visits)]
        self.gaps: Any = np.round(problem.seconds[np.ix_(rows, rows)] * 10).astype(np.int64)
        self.load = [sum(one.parts.values()) for one in problem.visits]
        self.service = [round(one.service_s * 10) for one in problem.visits]
        self.opens = [round(one.windows[0].start_s * 10) for one in problem.visits]
        self.closes = [round(one.windows[0].end_s * 10) for one in problem.visits]
        self.end = round(shift.end_s * 10)
        self.vans = len(problem.technicians)
        self.capacity = sum(problem.technicians[0].parts.values())


def by_pyvrp(problem: RoutingProblem, *, seconds: float, seed: int = 1) -> Lines | None:
    """Return what `pyvrp.solve` finds with its defaults."""
    t = Tenths(problem)
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in t.gaps],
        [
            pyvrp.Client(k + 1, [t.load[k]], [], t.service[k], t.opens[k], t.closes[k])
            for k in range(len(t.load))
        ],
        [pyvrp.Depot(0)],
        [pyvrp.VehicleType(t.vans, [t.capacity], tw_late=t.end)],
        [t.gaps],
        [t.gaps],
    )  # fmt: skip
    result = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, display=False)
    if not result.is_feasible():
        return None
    return [[stop.idx for stop in one.schedule() if stop.is_client()] for one in result.best.routes()]


def by_ortools(problem: RoutingProblem, *, seconds: float, seed: int = 1) -> Lines | None:
    """Return what OR-Tools' routing finds by guided local search; it has no seed."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: PLC0415 - a peer need not be there

    del seed
    t = Tenths(problem)
    manager = pywrapcp.RoutingIndexManager(len(t.gaps), t.vans, 0)
    routing = pywrapcp.RoutingModel(manager)
    gaps, node = t.gaps.tolist(), manager.IndexToNode
    service, load = [0, *t.service], [0, *t.load]
    way = routing.RegisterTransitCallback(lambda a, b: gaps[node(a)][node(b)])
    spent = routing.RegisterTransitCallback(lambda a, b: gaps[node(a)][node(b)] + service[node(a)])
    weight = routing.RegisterUnaryTransitCallback(lambda a: load[node(a)])
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    routing.AddDimension(spent, t.end, t.end, False, "time")
    routing.AddDimension(weight, 0, t.capacity, True, "load")
    clock = routing.GetDimensionOrDie("time")
    for k in range(len(t.load)):
        clock.CumulVar(manager.NodeToIndex(k + 1)).SetRange(t.opens[k], t.closes[k])
    params = pywrapcp.DefaultRoutingSearchParameters()
    params.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    params.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    params.time_limit.FromMilliseconds(round(seconds * 1000))
    found = routing.SolveWithParameters(params)
    if found is None:
        return None
    lines = []
    for van in range(t.vans):
        at, line = found.Value(routing.NextVar(routing.Start(van))), []
        while not routing.IsEnd(at):
            line.append(node(at) - 1)
            at = found.Value(routing.NextVar(at))
        lines.append(line)
    return [line for line in lines if line]


def by_vroom(problem: RoutingProblem, *, seconds: float, seed: int = 1) -> Lines | None:
    """Return what VROOM finds with its highest exploration and two threads; it has no seed."""
    import vroom  # noqa: PLC0415 - a peer need not be there

    del seed
    t = Tenths(problem)
    given = vroom.Input()
    given.set_durations_matrix("car", t.gaps.astype(np.uint32))
    for k in range(len(t.load)):
        window = vroom.TimeWindow(t.opens[k], t.closes[k])
        given.add_job(
            vroom.Job(k, k + 1, default_service=t.service[k], delivery=vroom.Amount([t.load[k]]), time_windows=[window])
        )
    for van in range(t.vans):
        hours = vroom.TimeWindow(0, t.end)
        given.add_vehicle(vroom.Vehicle(van, 0, 0, capacity=[t.capacity], time_window=hours))
    found = given.solve(exploration_level=5, nb_threads=2, timeout=timedelta(seconds=seconds))
    if found.unassigned:
        return None
    steps: Any = found.routes[found.routes["type"] == "job"]
    return [[int(k) for k in one["id"]] for _, one in steps.groupby("vehicle_id", sort=False)]


#: Peers by the name in the table, with how many threads each uses.
PEERS: Final[dict[str, tuple[Callable[..., Lines | None], int]]] = {
    "pyvrp": (by_pyvrp, 1),
    "ortools": (by_ortools, 1),
    "vroom": (by_vroom, 2),
}
