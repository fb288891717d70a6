"""Nurse rostering: the published instances of Curtois and Qu (2014), beside plain models by CP-SAT and HiGHS.

    python -m benchmarks.quality.nurse [PATH ...] [--set quick|issue|full] [--seconds S] [--seeds N] [--peers] [--json]

PATHs are instance files; without them the instances of the set are read from the folder that TROTH_SAMPLES names.
`value` is the instance's own penalty, `reference` the best known, `bound` what no roster can cost less than, `feasible`
whether the independent judge finds no hard rule broken. Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._roster_peers import by_cpsat, by_highs
from troth.capacity.roster import Stop, read_nurse, solve

#: Best known penalties as published.
BEST: Final = {
    1: 607,
    2: 828,
    3: 1001,
    4: 1716,
    5: 1143,
    6: 1950,
    7: 1056,
    8: 1300,
    9: 439,
    10: 4631,
    11: 3443,
    12: 4040,
}


def main(args: Sequence[str] | None = None) -> int:
    """Solve every instance; the status is 1 if the judge rejects any roster."""
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    made.add_argument("--peers", action="store_true", help="run the plain models too")
    options = made.parse_args(args)
    asked = case_set("nurse", options.set)
    folder = Path(os.environ.get("TROTH_SAMPLES", "")) / "shift_scheduling" / "nurse"
    cases = [(path, None) for path in options.paths] or [
        (folder / f"Instance{number}.txt", seconds) for number, seconds in asked["cases"]
    ]
    good = True
    for path, usual in cases:
        seconds = options.seconds or usual or 60.0
        for seed in range(1, (options.seeds or asked["seeds"]) + 1):
            good &= _ours(path, seed=seed, seconds=seconds, json=options.json)
        if options.peers:
            _peers(path, seconds=seconds, json=options.json)
    return int(not good)


def _best(path: Path) -> int | None:
    digits = "".join(c for c in path.stem if c.isdigit())
    return BEST.get(int(digits)) if digits and path.stem.startswith("Instance") else None


def _tell(path: Path, *, solver: str, seed: int | None, seconds: float, value: float | None, bound: float | None,
          feasible: bool, json: bool) -> None:  # fmt: skip
    best = _best(path)
    if json:
        print(line(bench="nurse", case=path.stem, solver=solver, seed=seed, seconds=seconds, value=value,
                   reference=best, feasible=feasible, bound=bound), flush=True)  # fmt: skip
        return
    gap = f"{100 * (value / best - 1):+.2f} %" if value is not None and best else "-"
    print(
        f"{path.stem:12} {solver:8} {seconds:7.1f} s  value {value}  best {best}  {gap}  bound {bound}  ok {feasible}",
        flush=True,
    )


def _ours(path: Path, *, seed: int, seconds: float, json: bool) -> bool:
    problem = read_nurse(path.read_text(encoding="utf-8"), name=path.name)
    solve(problem, stop=Stop(steps=1))  # compiles
    began = time.perf_counter()
    plan = solve(problem, stop=Stop(seconds=seconds), seed=seed)
    took = time.perf_counter() - began
    _tell(
        path,
        solver="troth",
        seed=seed,
        seconds=took,
        value=plan.value,
        bound=plan.bound,
        feasible=not plan.broken,
        json=json,
    )
    return not plan.broken


def _peers(path: Path, *, seconds: float, json: bool) -> None:
    problem = read_nurse(path.read_text(encoding="utf-8"), name=path.name)
    for solver, run in (("cp-sat", by_cpsat), ("highs", by_highs)):
        found = run(problem, seconds=seconds)
        _tell(path, solver=solver, seed=None, seconds=found.seconds, value=found.value, bound=found.bound,
              feasible=found.feasible, json=json)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
