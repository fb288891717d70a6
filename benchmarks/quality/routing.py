"""Vehicle routing with time windows: ours beside PyVRP alone, OR-Tools and VROOM at equal wall time, all held to one judge.

    python -m benchmarks.quality.routing [PATH ...] [--set quick|issue|full] [--seconds S] [--seeds N] [--only NAME] [--json]

PATHs are instances in Solomon's format. Without them the set names published instances of at most 200 customers, read from
the folder TROTH_SAMPLES names, and made ones of the kinds of Gehring and Homberger. Distances are cut to tenths and travel
times are the same (DIMACS challenge 2022). `reference` is the best known of published instances; of made ones the best of all
runs here, long ones of ours and of PyVRP alone among them if the set has any (`reference_s`): no bound, and a shorter search
than the published best knowns have behind them. PyVRP and OR-Tools use one thread, VROOM and ours two.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._routing_made import made
from benchmarks.quality._routing_peers import PEERS, Lines
from troth.field.routing import RoutingProblem, Stop, read_solomon, solve
from troth.field.routing.orders import toured
from troth.field.routing.solve import judged


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what the judge says of it."""

    solver: str
    seed: int
    seconds: float
    value: float | None
    feasible: bool
    long: bool = False


def main(args: Sequence[str] | None = None) -> int:
    """Run every case; the status is 1 if the judge rejects a plan of ours."""
    told = parser(__doc__)
    told.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    told.add_argument("--only", choices=["troth", *PEERS], action="append", help="only these solvers")
    options = told.parse_args(args)
    asked = case_set("routing", options.set)
    good = True
    solve(read_solomon(made("R1", customers=100, seed=1)), stop=Stop(steps=2))  # compiles
    for name, problem, best in _cases(asked, options.paths):
        seconds = options.seconds or asked["seconds"]
        solvers = options.only or ["troth", *PEERS]
        seeds = range(1, (options.seeds or asked["seeds"]) + 1)
        runs = [
            _run(solver, problem, seconds=seconds, seed=seed)
            for seed in seeds
            for solver in solvers
            if seed == 1 or solver in {"troth", "pyvrp"}
        ]
        if best is None and asked["reference_s"]:
            runs += [
                _run(solver, problem, seconds=asked["reference_s"], seed=seed, long=True)
                for seed in range(101, 101 + asked["reference_runs"])
                for solver in ("troth", "pyvrp")
            ]
        found = [one.value for one in runs if one.feasible and one.value is not None]
        _tell(name, runs, best or (min(found) if found else None), json=options.json)
        good &= all(one.feasible for one in runs if one.solver == "troth")
    return int(not good)


def _cases(asked: dict[str, Any], paths: Sequence[Path]) -> Iterator[tuple[str, RoutingProblem, float | None]]:
    """Yield name, problem and best known value of each case."""
    if paths:
        for path in paths:
            yield path.stem, read_solomon(path.read_text(encoding="utf-8"), name=path.name), None
        return
    folder = Path(os.environ.get("TROTH_SAMPLES", "")) / "vrptw"
    for name in asked["published"]:
        path = folder / ("Homberger200" if name.count("_") else "Solomon") / f"{name}.txt"
        if not path.exists():
            print(f"{name}: no {path}; TROTH_SAMPLES names no folder that has it", flush=True)
            continue
        yield name, read_solomon(path.read_text(encoding="utf-8"), name=path.name), _best(folder)[name]
    for kind, customers, seed, density in asked["made"]:
        text = made(kind, customers=customers, seed=seed, density=density)
        yield f"made_{kind}_{customers}_{seed}_{density}", read_solomon(text), None


def _best(folder: Path) -> dict[str, float]:
    with (folder / "best_known.csv").open(encoding="utf-8") as lines:
        return {row["instance"]: float(row["best_known_cost_dimacs"]) for row in csv.DictReader(lines)}


def _run(solver: str, problem: RoutingProblem, *, seconds: float, seed: int, long: bool = False) -> Run:
    began = time.perf_counter()
    if solver == "troth":
        plan = solve(problem, stop=Stop(seconds=seconds), seed=seed)
    else:
        lines = PEERS[solver][0](problem, seconds=seconds, seed=seed)
        if lines is None:
            return Run(solver, seed, time.perf_counter() - began, None, False, long)
        took = time.perf_counter() - began
        seq, size = _sequences(problem, lines)
        plan = judged(problem, tours=toured(problem, seq=seq, size=size))
        return Run(solver, seed, took, plan.value, not plan.broken and not plan.unserved, long)
    took = time.perf_counter() - began
    return Run(solver, seed, took, plan.value, not plan.broken and not plan.unserved, long)


def _sequences(problem: RoutingProblem, lines: Lines) -> tuple[Any, Any]:
    size = np.zeros(len(problem.technicians), np.int64)
    size[: len(lines)] = [len(one) for one in lines]
    seq = np.zeros((len(size), int(size.max())), np.int64)
    for t, one in enumerate(lines):
        seq[t, : len(one)] = one
    return seq, size


def _tell(name: str, runs: Sequence[Run], best: float | None, *, json: bool) -> None:
    for one in runs if json else ():
        print(line(bench="routing", case=name, solver=one.solver, seed=one.seed, seconds=one.seconds, value=one.value,
                   reference=best, feasible=one.feasible, long=one.long), flush=True)  # fmt: skip
    for solver, long in {(one.solver, one.long): None for one in runs} if not json else ():
        its = [one for one in runs if (one.solver, one.long) == (solver, long)]
        gaps = [100 * (one.value / best - 1) for one in its if one.feasible and one.value is not None and best]
        spread = f" +- {stdev(gaps):.2f}" if len(gaps) > 1 else ""
        gap = f"{fmean(gaps):+.2f} %{spread}" if gaps else "no plan"
        seconds = fmean(one.seconds for one in its)
        print(
            f"{name:22} {solver:8} {seconds:7.1f} s  gap {gap}  of {best}  ({len(gaps)} of {len(its)} runs)", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
