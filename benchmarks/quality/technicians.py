"""Technicians with skills, tools, spare parts and homes: the published instances of Pillac, Gueret and Medaglia (2013).

    python -m benchmarks.quality.technicians [PATH ...] [--set quick|issue|full] [--seconds S] [--until-best] [--seeds N] [--json]

PATHs are instance files; without them the instances of the set are read from the folder that TROTH_SAMPLES names. `value` is
the working time in all as the judge finds it, `reference` the published best, `feasible` whether no hard rule is broken and
every request is served. Kernels are compiled before the clock starts. The mean gap of all runs stands last.

With `--until-best` a search ends as soon as it has a plan that costs no more than the published best: whether there is one within
the time is known then, and the plan is what counts.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.quality._common import case_set, line, parser
from troth.field.routing import Stop, read_technicians, solve


def published(folder: Path) -> dict[str, float]:
    """Return the published best by instance."""
    rows = (
        row.split("=", 1)
        for row in (folder / "best_known.properties").read_text(encoding="utf-8").splitlines()
        if "=" in row
    )
    return {name: float(value) for name, value in rows if name.count("-") == 3}


#: Published values have three decimals.
_SAME: Final = 0.0005


def main(args: Sequence[str] | None = None) -> int:
    """Solve every instance; the status is 1 if the judge rejects any plan."""
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, help="time for each run instead of the set's")
    made.add_argument("--until-best", action="store_true", help="end a search that has reached the published best")
    options = made.parse_args(args)
    asked = case_set("technicians", options.set)
    folder = Path(os.environ.get("TROTH_SAMPLES", "")) / "technician_routing"
    best = published(folder) if folder.is_dir() else {}
    paths = options.paths or [folder / "crew25" / f"{name}.100_25-5-5-5.txt" for name in asked["cases"]]
    good, gaps, at_or_under = True, list[float](), 0
    for path in paths:
        problem = read_technicians(path.read_text(encoding="utf-8"), name=path.name)
        solve(problem, stop=Stop(steps=1))  # compiles
        for seed in range(1, (options.seeds or asked["seeds"]) + 1):
            reference = best.get(path.stem)
            began = time.perf_counter()
            told = [float("inf")]

            def found(value: float, _: float | None, told: list[float] = told) -> None:
                told[0] = value

            def enough(told: list[float] = told, reference: float | None = reference) -> bool:
                return reference is not None and told[0] <= reference

            stop = Stop(seconds=options.seconds or asked["seconds"], asked=enough if options.until_best else None)
            plan = solve(problem, stop=stop, seed=seed, on_progress=found)
            took = time.perf_counter() - began
            feasible = not plan.broken and not plan.unserved
            good &= feasible
            gap = 100 * (plan.value / reference - 1) if reference else float("nan")
            gaps.append(gap)
            at_or_under += reference is not None and plan.value <= reference + _SAME
            if options.json:
                print(line(bench="technicians", case=path.stem, seed=seed, seconds=took, value=plan.value,
                           reference=reference, feasible=feasible), flush=True)  # fmt: skip
            else:
                print(
                    f"{path.stem:24} seed {seed} {took:6.1f} s  value {plan.value:10.3f}  published {reference}  {gap:+.2f} %  ok {feasible}",
                    flush=True,
                )
    if not options.json and gaps:
        print(f"mean gap {sum(gaps) / len(gaps):+.2f} % over {len(gaps)} runs, {at_or_under} at or under the published")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
