"""Vehicle routing with time windows: ours beside PyVRP alone, OR-Tools and VROOM at equal wall time, all held to one judge.

    python -m benchmarks.quality.routing [PATH ...] [--set quick|issue|full] [--seconds S] [--seeds N] [--only CASE ...]
                                         [--solver NAME ...] [--reference S] [--keep FILE] [--json]

PATHs are instances in Solomon's format. Without them the set names published instances of at most 200 customers, read from
the folder TROTH_SAMPLES names, and made ones of the kinds of Gehring and Homberger. Distances are cut to tenths and travel
times are the same (DIMACS challenge 2022). `reference` is the best known of published instances; of made ones the best of all
runs here, long ones of ours and of PyVRP alone among them if the set has any (`reference_s`): no bound, and a shorter search
than the published best knowns have behind them. PyVRP and OR-Tools use one thread, VROOM two, ours as many as there are cores.
With `--keep` each run is written to a file when it ends, and not made again when the file has it: a long set can be run in pieces,
and gaps are to the best of all that the file has.
"""

from __future__ import annotations

import csv
import json as text
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._routing_made import made
from benchmarks.quality._routing_peers import PEERS, Lines
from troth.field.routing import RoutingParams, RoutingProblem, Stop, read_solomon, solve
from troth.field.routing.orders import toured
from troth.field.routing.solve import judged


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what the judge says of it; `limit` is the time it was given."""

    case: str
    solver: str
    seed: int
    limit: float
    long: bool
    seconds: float = 0.0
    value: float | None = None
    feasible: bool = False


def main(args: Sequence[str] | None = None) -> int:
    """Run every case; the status is 1 if the judge rejects a plan of ours."""
    told = parser(__doc__)
    told.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    told.add_argument("--only", metavar="CASE", action="append", help="only these cases")
    told.add_argument("--solver", choices=["troth", *PEERS], action="append", help="only these solvers")
    told.add_argument("--reference", type=float, metavar="S", help="time for each long run; 0 for none")
    told.add_argument("--keep", type=Path, metavar="FILE", help="write runs to this file, make none again that it has")
    options = told.parse_args(args)
    asked = case_set("routing", options.set)
    kept = _kept(options.keep)
    good = True
    # Kernels of our own search are compiled before any clock runs: it steps in where PyVRP finds nothing.
    solve(read_solomon(made("R1", customers=100, seed=1)), stop=Stop(steps=2), params=RoutingParams(search="hunt"))
    for name, problem, best in _cases(asked, options.paths):
        if options.only and name not in options.only:
            continue
        for one in _wanted(name, best, asked, options):
            if not any(_same(one, other) for other in kept):
                kept.append(_run(one, problem))
                _keep(kept[-1], options.keep)
        runs = [one for one in kept if one.case == name]
        found = [one.value for one in runs if one.feasible and one.value is not None]
        _tell(name, runs, best or (min(found) if found else None), json=options.json)
        good &= all(one.feasible for one in runs if one.solver == "troth")
    return int(not good)


def _wanted(name: str, best: float | None, asked: dict[str, Any], options: Any) -> Iterator[Run]:
    """Yield the runs of a case; solvers without a seed run once."""
    solvers = options.solver or ["troth", *PEERS]
    for seed in range(1, (options.seeds or asked["seeds"]) + 1):
        for solver in solvers:
            if seed == 1 or solver in {"troth", "pyvrp"}:
                yield Run(name, solver, seed, options.seconds or asked["seconds"], False)
    long = asked["reference_s"] if options.reference is None else options.reference
    if best is None and long:
        for seed in range(101, 101 + max(asked["reference_runs"], 1)):
            for solver in ("troth", "pyvrp"):
                if solver in solvers:
                    yield Run(name, solver, seed, long, True)


def _same(one: Run, other: Run) -> bool:
    return (one.case, one.solver, one.seed, one.limit, one.long) == (
        other.case,
        other.solver,
        other.seed,
        other.limit,
        other.long,
    )


def _kept(path: Path | None) -> list[Run]:
    if path is None or not path.exists():
        return []
    return [Run(**text.loads(row)) for row in path.read_text("utf-8").splitlines()]


def _keep(one: Run, path: Path | None) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text.dumps(asdict(one)) + "\n")


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


def _run(one: Run, problem: RoutingProblem) -> Run:
    """Return a run with what came of it; judging is not part of its time."""
    began = time.perf_counter()
    if one.solver == "troth":
        plan = solve(problem, stop=Stop(seconds=one.limit), seed=one.seed)
        took = time.perf_counter() - began
    else:
        lines = PEERS[one.solver][0](problem, seconds=one.limit, seed=one.seed)
        took = time.perf_counter() - began
        if lines is None:
            return replace(one, seconds=took)
        seq, size = _sequences(problem, lines)
        plan = judged(problem, tours=toured(problem, seq=seq, size=size), why=False)
    return replace(one, seconds=took, value=plan.value, feasible=not plan.broken and not plan.unserved)


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
    for solver, limit in {(one.solver, one.limit): None for one in runs} if not json else ():
        its = [one for one in runs if (one.solver, one.limit) == (solver, limit)]
        gaps = [100 * (one.value / best - 1) for one in its if one.feasible and one.value is not None and best]
        spread = f" +- {stdev(gaps):.2f}" if len(gaps) > 1 else ""
        gap = f"{fmean(gaps):+.2f} %{spread}" if gaps else "no plan"
        seconds = fmean(one.seconds for one in its)
        print(
            f"{name:22} {solver:8} {seconds:7.1f} s  gap {gap}  of {best}  ({len(gaps)} of {len(its)} runs)", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
