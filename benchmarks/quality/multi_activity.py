"""Multi-activity shifts: who does which task in which quarter of an hour, on published instances.

    python -m benchmarks.quality.multi_activity [PATH ...] [--set quick|issue|full] [--seconds S] [--seeds N] [--json]

PATHs are instance files; without them the instances of the set are read from the folder that TROTH_SAMPLES names.
`value` is the sum over slots and tasks of the squared number of people above the most wanted, `reference` the published
value where a solution was shipped, `feasible` whether the independent judge finds no hard rule broken; `first_s` is when
the first such roster stood. Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.quality._common import case_set, line, parser
from troth.capacity.roster import Stop, read_multi_activity, solve
from troth.capacity.roster._arrays import HARD

#: Published values: of the solutions that are shipped with the instances.
PUBLISHED: Final = {"1_7_10_1": 383, "10_7_20_3": 193}


def main(args: Sequence[str] | None = None) -> int:
    """Solve every instance; the status is 1 if any roster breaks a hard rule."""
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    options = made.parse_args(args)
    asked = case_set("multi_activity", options.set)
    folder = Path(os.environ.get("TROTH_SAMPLES", "")) / "shift_scheduling" / "multi_activity"
    paths = options.paths or [folder / f"{name}.txt" for name in asked["cases"]]
    good = True
    for path in paths:
        for seed in range(1, (options.seeds or asked["seeds"]) + 1):
            good &= _run(path, seed=seed, seconds=options.seconds or asked["seconds"], json=options.json)
    return int(not good)


def _run(path: Path, *, seed: int, seconds: float, json: bool) -> bool:
    problem = read_multi_activity(path.read_text(encoding="utf-8"), name=path.name)
    solve(problem, stop=Stop(steps=1))  # compiles
    first: list[float] = []
    began = time.perf_counter()

    def heard(value: float, _: float | None) -> None:
        if value < HARD and not first:
            first.append(time.perf_counter() - began)

    plan = solve(problem, stop=Stop(seconds=seconds), seed=seed, on_progress=heard)
    took = time.perf_counter() - began
    best = PUBLISHED.get(path.stem)
    if json:
        print(line(bench="multi_activity", case=path.stem, seed=seed, seconds=took, value=plan.value, reference=best,
                   feasible=not plan.broken, first_s=round(first[0], 2) if first else None), flush=True)  # fmt: skip
    else:
        when = f"{first[0]:.1f} s" if first else "-"
        print(
            f"{path.stem:14} seed {seed} {took:6.1f} s  value {plan.value:.0f}  published {best}  feasible {not plan.broken} after {when}",
            flush=True,
        )
    return not plan.broken


if __name__ == "__main__":
    sys.exit(main())
