"""A dispatcher's screen at full size: a dragged visit, windows for a caller, a plan again from now, and a very large plan.

    python -m benchmarks.quality.dispatch [--set quick|issue|full] [--json] [--part desk|large|all]

The days are made up (`_dispatch_world`), seeds 1, 2, ... in order. Times are medians and the slowest in twenty of a process that
holds the plan, compiled code loaded; the first question about a plan is told apart. Exit status 1 if an aim is missed.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._dispatch_world import HOUR, dispatch_day
from troth.core.decision import Stop
from troth.field.routing import RoutePlan, RoutingProblem, StopKind, TimeWindow, VisitRequest, solve
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob
from troth.field.routing.drag import drag
from troth.field.routing.insert import insert, windows_between
from troth.field.routing.replan import replan

NOW: Final = 4 * HOUR
#: Milliseconds, milliseconds, relative, share, MiB.
AIMS: Final = {"drag_ms": 20.0, "insert_ms": 150.0, "replan_gap": 0.02, "moved": 0.05, "large_mib": 2048.0}


def _without(problem: RoutingProblem, k: int) -> RoutingProblem:
    """Return the problem with one visit as if it were asked for just now: without a window of its own."""
    visits = list(problem.visits)
    visits[k] = replace(visits[k], promised=None, soft=None, windows=())
    return replace(problem, visits=tuple(visits))


def dragged(plan: RoutePlan, *, seed: int, times: int) -> list[float]:
    """Return seconds of drags to random places."""
    rng, found = np.random.default_rng(seed), []
    problem = plan.problem
    for _ in range(times):
        visit = problem.visits[int(rng.integers(len(problem.visits)))].visit_id
        who = problem.technicians[int(rng.integers(len(problem.technicians)))].technician_id
        began = time.perf_counter()
        drag(problem, tours=plan.tours, visit_id=visit, technician_id=who, position=int(rng.integers(10)))
        found.append(time.perf_counter() - began)
    return found


def asked(plan: RoutePlan, *, seed: int, times: int) -> tuple[list[float], list[float]]:
    """Return seconds of the first question about a visit, and of asking again (other windows, as while the caller talks)."""
    rng = np.random.default_rng(seed)
    cold: list[float] = []
    warm: list[float] = []
    windows = windows_between([TimeWindow(HOUR, 12 * HOUR)], hours=(1, 2, 4))
    for _ in range(times):
        k = int(rng.integers(len(plan.problem.visits)))
        name = plan.problem.visits[k].visit_id
        problem = _without(plan.problem, k)
        tours = drag(plan.problem, tours=plan.tours, visit_id=name, technician_id="").tours
        for seconds in (cold, warm):
            began = time.perf_counter()
            insert(problem, tours=tours, visit_id=name, windows=windows, seed=seed)
            seconds.append(time.perf_counter() - began)
    return cold, warm


def morning(plan: RoutePlan, *, seed: int) -> tuple[DayState, list[DayEvent], tuple[VisitRequest, ...]]:
    """Return a day at ten: gone as planned, but somebody is ill, one is late, a visit is cancelled and an emergency comes in."""
    rng, problem = np.random.default_rng(seed), plan.problem
    place = {one.visit_id: one.place for one in problem.visits}
    done, running, places, rested = set(), {}, {}, {}
    for tour in plan.tours:
        for stop in tour.stops:
            if stop.kind is StopKind.REST and stop.starts_s <= NOW:
                rested[tour.technician_id] = 1
            if stop.kind is not StopKind.VISIT:
                continue
            if stop.ends_s <= NOW:
                done.add(stop.name)
                places[tour.technician_id] = place[stop.name]
            elif stop.arrives_s <= NOW + 600:
                running[tour.technician_id] = RunningJob(stop.name, place[stop.name], stop.ends_s)
    left = [s.name for tour in plan.tours for s in tour.stops if s.kind is StopKind.VISIT and s.starts_s > NOW + HOUR]
    ill, late = rng.permutation(sorted(running))[:2].tolist()
    running[late] = replace(running[late], ends_s=running[late].ends_s + 2700)
    spot = problem.visits[int(rng.integers(len(problem.visits)))]
    promised = replace(spot.promised, start_s=NOW, end_s=NOW + 2 * HOUR) if spot.promised else None
    new = replace(
        spot, visit_id="sos", promised=promised, soft=None, windows=(), unserved_cents=90_000.0, skills={}, parts={}
    )
    events = [
        DayEvent(EventKind.ILL, NOW, technician_id=ill),
        DayEvent(EventKind.LATE, NOW, technician_id=late, seconds=2700),
        DayEvent(EventKind.CANCELLED, NOW, visit_id=str(rng.choice(left))),
        DayEvent(EventKind.EMERGENCY, NOW, visit_id="sos"),
    ]
    return DayState(NOW, frozenset(done), running, places, rested), events, (new,)


def desk(*, seed: int, how: dict[str, Any]) -> Iterator[tuple[str, float, float | None, bool, dict[str, Any]]]:
    """Yield (figure, value, aim, holds, more) of a day of 60 technicians and 600 visits."""
    problem = dispatch_day(technicians=how["technicians"], visits=how["visits"], seed=seed)
    plan = solve(problem, stop=Stop(seconds=how["plan_s"]), seed=seed)
    dragged(plan, seed=seed + 1, times=3)
    drags = np.array(dragged(plan, seed=seed, times=how["questions"])) * 1000
    yield (
        "drag_ms",
        float(np.median(drags)),
        AIMS["drag_ms"],
        bool(np.quantile(drags, 0.95) < AIMS["drag_ms"]),
        {"p95": float(np.quantile(drags, 0.95))},
    )
    asked(plan, seed=seed + 1, times=1)
    cold, warm = (np.array(x) * 1000 for x in asked(plan, seed=seed, times=how["questions"] // 4))
    more = {"p95": float(np.quantile(cold, 0.95)), "again": float(np.median(warm))}
    yield "insert_ms", float(np.median(cold)), AIMS["insert_ms"], more["p95"] < AIMS["insert_ms"], more
    state, events, new = morning(plan, seed=seed)
    began = time.perf_counter()
    quick = replan(plan, state=state, events=events, new=new, stop=Stop(seconds=how["quick_s"]), seed=seed)
    took = time.perf_counter() - began
    long = replan(plan, state=state, events=events, new=new, stop=Stop(seconds=how["long_s"]), seed=seed)
    gap = quick.plan.value / long.plan.value - 1
    more = {"seconds": took, "quick": quick.plan.value, "long": long.plan.value, "alone": quick.left_alone.value}
    yield "replan_gap", gap, AIMS["replan_gap"], gap <= AIMS["replan_gap"] and took < 5.0, more
    share = quick.moved / max(quick.untouched, 1)
    yield (
        "moved",
        share,
        AIMS["moved"],
        share <= AIMS["moved"],
        {"changes": len(quick.changes), "untouched": quick.untouched},
    )


def large(*, seed: int, how: dict[str, Any]) -> Iterator[tuple[str, float, float | None, bool, dict[str, Any]]]:
    """Yield the memory and the outcome of a very large plan."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    problem = dispatch_day(technicians=how["large"][1], visits=how["large"][0], seed=seed, days=2, dtype=np.float32)
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    plan = solve(problem, stop=Stop(seconds=how["large_s"]), seed=seed)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    more = {
        "seconds": took,
        "value": plan.value,
        "unserved": len(plan.unserved),
        "broken": len(plan.broken),
        "problem": made,
        "before": before,
    }
    yield "large_mib", peak, AIMS["large_mib"], peak < AIMS["large_mib"] and not plan.broken and took < 300, more


def main(argv: list[str] | None = None) -> int:
    """Run the cases."""
    make = parser(__doc__)
    make.add_argument("--part", choices=["desk", "large", "all"], default="all")
    args = make.parse_args(argv)
    how, status = case_set("dispatch", args.set), 0
    for seed in range(1, (args.seeds or how["seeds"]) + 1):
        # The large one first: the peak of memory is that of the process.
        parts = {"desk": (desk,), "large": (large,), "all": (large, desk)}[args.part]
        for part in parts:
            for figure, value, aim, holds, more in part(seed=seed, how=how):
                status |= not holds
                if args.json:
                    print(line(bench="dispatch", case=figure, seed=seed, seconds=float(more.get("seconds", 0.0)), value=value,
                               reference=aim, feasible=holds, **{k: v for k, v in more.items() if k not in ("seconds", "value")}))  # fmt: skip
                else:
                    said = ", ".join(f"{k} {v:.4g}" for k, v in more.items())
                    print(
                        f"seed {seed}: {figure} {value:.4g} (aim {aim}) {'holds' if holds else 'MISSED'}; {said}",
                        flush=True,
                    )
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
