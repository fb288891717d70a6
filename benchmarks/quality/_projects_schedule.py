"""Multi-skill scheduling: published instances (.dzn), sets 1a and 2a of Young, Feydy and Schutt (2017), beside a plain CP-SAT model.

PATHs are instance files; without them every n-th of each set by sorted name is read from the folder that TROTH_SAMPLES names.
`value` is the makespan, `reference` the published one (proven if `known` says so), `bound` what no schedule can beat, `status`
whether that is proven, `feasible` whether the independent judge finds no rule broken.
"""

from __future__ import annotations

import csv
import importlib.metadata
import os
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.quality._common import line
from troth.capacity.projects.schedule import ScheduleProblem, SkillAssignment, Stop, read_mspsp, solve, violations
from troth.capacity.projects.schedule.rules import hard

SETS = ("set-1a", "set-2a")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a solver said of a case: makespan and bound, None for nothing; whether it is proven; whether the judge accepts it."""

    value: float | None
    bound: float | None
    proven: bool
    feasible: bool
    seconds: float


def run(options: Namespace, asked: dict[str, Any]) -> bool:
    """Solve every case; false if the judge rejects any schedule of ours."""
    folder = Path(os.environ.get("TROTH_SAMPLES", "")) / "multi_skill_projects"
    known = _published(folder / "published_results.csv")
    cases = options.paths or list(_cases(folder, every=asked["every"]))
    seconds = options.seconds or asked["seconds"]
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    good = True
    for path in cases:
        problem = read_mspsp(path.read_text(encoding="utf-8"), name=path.name)
        best, proven = known.get(path.name, (None, False))
        runs = [("troth", seed, ours(problem, seconds=seconds, seed=seed)) for seed in range(1, asked["seeds"] + 1)]
        if options.peers:
            runs.append(("cp-sat", 1, plain(problem, seconds=seconds)))
        for solver, seed, found in runs:
            reached = found.proven or (best is not None and found.value is not None and found.value <= best)
            tally[solver] = [a + b for a, b in zip(tally[solver], (1, reached, found.proven), strict=True)]
            good &= found.feasible or solver != "troth"
            if options.json:
                more = {"bound": found.bound, "status": "optimal" if found.proven else "feasible", "known": proven}
                print(
                    line(bench="projects", case=path.stem, solver=solver, seed=seed, seconds=found.seconds, value=found.value,
                         reference=best, feasible=found.feasible, part="schedule", versions=_versions(), **more),
                    flush=True,
                )  # fmt: skip
            else:
                print(
                    f"{path.stem:38} {solver:7} {found.seconds:6.2f} s  makespan {found.value}  published {best}{'' if proven else '?'}"
                    f"  bound {found.bound}  {'proven' if found.proven else ''}{'' if found.feasible else '  REJECTED'}",
                    flush=True,
                )
    if not options.json:
        for solver, (count, good_enough, sure) in tally.items():
            print(f"{solver}: {count} runs, {good_enough} proven or at least as good as published, {sure} proven")
    return good


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in ("troth", "ortools")}


def _cases(folder: Path, *, every: int) -> Iterator[Path]:
    for name in SETS:
        yield from sorted((folder / name).glob("*.dzn"))[::every]


def _published(path: Path) -> dict[str, tuple[int, bool]]:
    """Return (makespan, proven) by file name."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["instance_file"]: (int(row["makespan"]), row["proven_optimal"] == "1") for row in csv.DictReader(file)
        }


def ours(problem: ScheduleProblem, *, seconds: float, seed: int) -> Outcome:
    """Solve with Troth."""
    began = time.perf_counter()
    plan = solve(problem, stop=Stop(seconds=seconds), seed=seed)
    took = time.perf_counter() - began
    return Outcome(plan.makespan, plan.bound, str(plan.status) == "optimal", not plan.broken, took)


def plain(problem: ScheduleProblem, *, seconds: float, workers: int = 2) -> Outcome:
    """Solve the plain model: an optional interval for each person, activity and skill, no two of a person at once."""
    began = time.perf_counter()
    model = cp_model.CpModel()
    horizon = sum(one.duration for one in problem.activities)
    length = {one.activity_id: one.duration for one in problem.activities}
    starts = {one.activity_id: model.new_int_var(0, horizon - one.duration, "") for one in problem.activities}
    last = model.new_int_var(0, horizon, "")
    does: dict[tuple[str, str, str], Any] = {}
    mine: dict[str, list[Any]] = defaultdict(list)
    for one in problem.activities:
        model.add(starts[one.activity_id] + one.duration <= last)
        for skill, count in one.needs.items():
            able = [w.worker_id for w in problem.workers if skill in w.skills]
            for w in able:
                x = does[one.activity_id, w, skill] = model.new_bool_var("")
                mine[w].append(model.new_optional_fixed_size_interval_var(starts[one.activity_id], one.duration, x, ""))
            model.add(sum(does[one.activity_id, w, skill] for w in able) == count)
    for spans in mine.values():
        model.add_no_overlap(spans)
    for p in problem.precedences:
        model.add(starts[p.before] + length[p.before] + p.lag <= starts[p.after])
    model.minimize(last)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    took = time.perf_counter() - began
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Outcome(None, None, proven=False, feasible=False, seconds=took)
    work = tuple(SkillAssignment(*key) for key, x in does.items() if solver.value(x))
    plan = SimpleNamespace(starts={name: solver.value(start) for name, start in starts.items()}, work=work)
    feasible = not hard(violations(problem, plan=plan))
    return Outcome(
        round(solver.objective_value), round(solver.best_objective_bound), status == cp_model.OPTIMAL, feasible, took
    )
