"""Does next month lie where `troth plan` says? Planned from the demo's lake, lived through by the demo's own event loop.

Of each seed the past of the demo's contact centre is written with all its dirt and imported. `plan_month` forecasts, staffs, makes a
roster of the centre's own people and foresees service level, speed of answer, abandonment and occupancy, each with the range
that nine in ten futures lie in. The roster goes into the demo's world as shifts with breaks; the same course of things is
lived on under it, with people away at short notice, holds, transfers, callbacks and customers who come again. What really
came is computed by the KPI engine from those events. Seeds are months four weeks apart, each with chance of its own. A case is a
figure of a queue, a team or the site: value is what came, reference the median foreseen, `feasible` whether the range holds it.

    python -m benchmarks.quality.plan [--set quick|issue|full] [--seeds N] [--json]
"""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._plan_demo import Held, compared, lived, planned, real


def main() -> None:
    """Run the seeds of a set and print a line for each figure, then how many ranges held."""
    asked = parser(__doc__).parse_args()
    chosen = case_set("plan", asked.set)
    kept = defaultdict[str, list[bool]](list)
    for seed in range(1, 1 + (asked.seeds or chosen["seeds"])):
        began = time.monotonic()
        with TemporaryDirectory() as place:
            folder = Path(place)
            truth, plan, took = planned(folder, seed=seed, size=chosen["size"], seconds=chosen["seconds"])
            took |= plan.seconds
            found = list(compared(plan, real(folder, plan, lived(truth, plan, seed=seed))))
        for one in found:
            kept[one.kpi].append(one.held)
            _told(one, seed=seed, seconds=time.monotonic() - began, json=asked.json, size=chosen["size"])
        if not asked.json:
            times = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())
            print(f"seed {seed}: {sum(one.held for one in found)} of {len(found)} held; {times}", flush=True)
    if not asked.json:
        for kpi, held in kept.items():
            print(f"{kpi:20} {sum(held)} of {len(held)} held")
        every = [one for held in kept.values() for one in held]
        print(f"{'all':20} {sum(every)} of {len(every)} held ({sum(every) / len(every):.0%}; nine in ten are right)")


def _told(one: Held, *, seed: int, seconds: float, json: bool, size: float) -> None:
    case = f"{one.kpi} {one.member}"
    if json:
        print(
            line(
                bench="plan", case=case, seed=seed, seconds=seconds, value=one.real, reference=one.median, feasible=one.held,
                low=one.low, high=one.high, size=size,
            ),
            flush=True,
        )  # fmt: skip
    else:
        mark = "" if one.held else "  outside"
        print(
            f"{seed:3} {case:30} {one.low:9.3f} {one.median:9.3f} {one.high:9.3f}  came {one.real:9.3f}{mark}",
            flush=True,
        )


if __name__ == "__main__":
    main()
