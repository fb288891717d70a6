"""Is a stated chance to reach a service level true? Staff from forecasts, tried by the demo company's own event loop.

Of each seed ten weeks of the demo's contact centre are history: arrivals are forecast from it, handle times and patience are
fitted to it. The week after is staffed for 80 % in 20 seconds with a confidence, and these numbers of people are given to the
demo's world as shifts. Its loop has what the twin does not model: people of different pace, holds, transfers, callbacks,
customers who come again, a drift and days that are all busy. Seeds are of weeks two weeks apart. A case is a confidence: value is the share of queue-days on
which the level was reached, reference the mean probability stated of them, and `feasible` whether both are within five points.

    python -m benchmarks.quality.staffing [--set quick|issue|full] [--seeds N] [--json]
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._staffing_demo import Outcome, outcomes
from troth.capacity.staffing import StaffingParams


def main() -> None:
    """Run the cases of a set and print a line each."""
    asked = parser(__doc__).parse_args()
    chosen = case_set("staffing", asked.set)
    params = StaffingParams(futures=chosen["futures"])
    for confidence in chosen["confidences"]:
        began, found = time.monotonic(), list[Outcome]()
        for seed in range(1, 1 + (asked.seeds or chosen["seeds"])):
            found += outcomes(seed=seed, level=0.8, confidence=confidence, params=params)
        for queue in (None, *sorted({one.queue for one in found})):
            mine = [one for one in found if queue in (None, one.queue)]
            met = np.array([one.level >= 0.8 for one in mine])
            stated = np.array([one.stated for one in mine])
            level, expected = (
                np.average([getattr(one, k) for one in mine], weights=[one.offered for one in mine])
                for k in ("level", "expected")
            )
            gap = float(met.mean() - stated.mean())
            name = f"confidence {confidence:g}" + (f", {queue}" if queue else "")
            if asked.json:
                print(
                    line(
                        bench="staffing", case=name, seed=None, seconds=time.monotonic() - began, value=float(met.mean()),
                        reference=float(stated.mean()), feasible=abs(gap) <= 0.05, n=len(mine), level=float(level),
                        expected=float(expected),
                    ),
                    flush=True,
                )  # fmt: skip
            else:
                error = float(np.sqrt(met.mean() * (1 - met.mean()) / len(mine)))
                print(
                    f"{name:28} n {len(mine):4}  stated {stated.mean():.3f}  met {met.mean():.3f} (error {error:.3f})  "
                    f"level {level:.3f}, expected {expected:.3f}  brier {np.mean((stated - met) ** 2):.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
