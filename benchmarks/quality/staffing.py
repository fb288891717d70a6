"""Is a stated chance to reach a service level true? Staff from forecasts, tried by the demo company's own event loop.

Of each seed ten weeks of the demo's contact centre are history: arrivals are forecast from it, handle times and patience are
fitted to it. The week after is staffed for 80 % in 20 seconds with a confidence, and these numbers of people are given to the
demo's world as shifts. Its loop has what the twin does not model: people of different pace, holds, transfers, callbacks,
customers who come again, a drift and days that are all busy. Seeds are of weeks two weeks apart. A case is a confidence: value is the share of queue-days on
which the level was reached, reference the mean probability stated of them, and `feasible` whether both are within five points.

The case `month` is for the clock: a month of half-hours of a centre with five queues and three skill groups; value is the seconds, reference the
minute they may take, and `feasible` that no hard rule is broken by the judge's own look.

    python -m benchmarks.quality.staffing [--set quick|issue|full] [--seeds N] [--only chances|month] [--json]
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from typing import Any

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._staffing_demo import Outcome, outcomes
from benchmarks.quality._staffing_month import month
from troth.capacity.staffing import StaffingParams, Stop, breaches, broken, solve

MONTH_S = 60.0


def main() -> None:
    """Run the cases of a set and print a line each."""
    asking = parser(__doc__)
    asking.add_argument("--only", choices=["chances", "month"], help="one kind of case")
    asked = asking.parse_args()
    chosen = case_set("staffing", asked.set)
    if asked.only != "chances":
        _month(as_json=asked.json)
    if asked.only != "month":
        _chances(chosen, seeds=asked.seeds or chosen["seeds"], as_json=asked.json)


def _month(*, as_json: bool) -> None:
    """Staff the month once small for the compiler, then for the clock."""
    problem = month(seed=1)
    solve(month(seed=2, paths=2), stop=Stop(seconds=5), params=StaffingParams(futures=2, repairs=1, trims=1))
    began, busy = time.monotonic(), time.process_time()
    plan = solve(problem, stop=Stop(seconds=600), seed=1)
    seconds, cpu_s = time.monotonic() - began, time.process_time() - busy
    wrong = broken(breaches(problem, plan=plan, futures=60))
    if as_json:
        print(
            line(
                bench="staffing", case="month", seed=1, seconds=seconds, value=seconds, reference=MONTH_S, feasible=not wrong,
                cpu_s=round(cpu_s, 1), status=str(plan.status), people=int(plan.staff.sum()),
            ),
            flush=True,
        )  # fmt: skip
        return
    doubts = ", ".join(f"{one.code} {one.where}" for one in plan.issues) or "none"
    print(
        f"month: {seconds:.1f} s ({cpu_s:.1f} s of processor), {plan.status}, {plan.staff.sum() / 2:,.0f} hours at work; "
        f"broken rules {len(wrong)}; doubts: {doubts}",
        flush=True,
    )


def _chances(chosen: dict[str, Any], *, seeds: int, as_json: bool) -> None:
    """Hold stated against met over seeds, each seed's history lived through once for all confidences."""
    params = StaffingParams(futures=chosen["futures"])
    confidences = list[float](chosen["confidences"])
    began, found = time.monotonic(), defaultdict[float, list[Outcome]](list)
    for seed in range(1, 1 + seeds):
        for confidence, some in outcomes(seed=seed, level=0.8, confidences=confidences, params=params).items():
            found[confidence] += some
        print(f"seed {seed} of {seeds}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    for confidence in confidences:
        for queue in (None, *sorted({one.queue for one in found[confidence]})):
            mine = [one for one in found[confidence] if queue in (None, one.queue)]
            name = f"confidence {confidence:g}" + (f", {queue}" if queue else "")
            _tell(mine, name, seconds=time.monotonic() - began, as_json=as_json)


def _tell(mine: list[Outcome], name: str, *, seconds: float, as_json: bool) -> None:
    met = np.array([one.level >= 0.8 for one in mine])
    stated = np.array([one.stated for one in mine])
    level, expected = (
        np.average([getattr(one, k) for one in mine], weights=[one.offered for one in mine])
        for k in ("level", "expected")
    )
    if as_json:
        print(
            line(
                bench="staffing", case=name, seed=None, seconds=seconds, value=float(met.mean()),
                reference=float(stated.mean()), feasible=abs(float(met.mean() - stated.mean())) <= 0.05, n=len(mine),
                level=float(level), expected=float(expected),
            ),
            flush=True,
        )  # fmt: skip
        return
    error = float(np.sqrt(met.mean() * (1 - met.mean()) / len(mine)))
    print(
        f"{name:28} n {len(mine):4}  stated {stated.mean():.3f}  met {met.mean():.3f} (error {error:.3f})  "
        f"level {level:.3f}, expected {expected:.3f}  brier {np.mean((stated - met) ** 2):.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
