"""Do learned chances of parts tell more than rates, and do vans loaded by them make fewer second visits?

Of each seed twenty weeks of the demo's field service are history; the six weeks after are judged, each seed two weeks later in the year.

*chances*: Brier score of whether a case needs a part, over cases and parts, of chances learned from the history against the
base rate by service; `feasible` is whether the mean stated is within two points of the share needed in each tenth with 100 or more.

*loads*: the same weeks lived through from copies of the same world, vans loaded by the company's own rule (the reference), and
by ours with chances by service, the company's own shares by kind of equipment, and learned ones. Value is the share of first visits
that ended for want of a part. A van holds no more pieces than under the company's rule; what more they are worth is told.
Orders to the depot are the company's own, always.

    python -m benchmarks.quality.parts [--set quick|issue|full] [--seeds N] [--json]
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._parts_world import WAYS, Lived, before, foretold, learned, live


def main() -> None:
    """Run the seeds of a set and print a line each."""
    asked = parser(__doc__).parse_args()
    chosen = case_set("parts", asked.set)
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    for seed in range(1, 1 + (asked.seeds or chosen["seeds"])):
        began = time.monotonic()
        world, history = before(seed)
        chances = learned(history, truth=world.truth)
        lived = {}
        for way in WAYS:
            there = world.copy()
            lived[way] = live(there, way=way, chances=chances, history=history)
            shares[way].append(lived[way].lacking / lived[way].first)
            if way == "own":
                told = foretold(there, chances=chances, history=history)
        seconds = time.monotonic() - began
        _chances(told, seed, seconds, as_json=asked.json)
        for way in WAYS:
            _loads(way, lived[way], lived["own"], seed, seconds, as_json=asked.json)
    for way in WAYS[1:]:
        change = np.array(shares[way]) / np.array(shares["own"]) - 1
        error = change.std(ddof=1) / np.sqrt(len(change)) if len(change) > 1 else float("nan")
        if not asked.json:
            print(
                f"{way:8} against own, mean of {len(change)} seeds: {change.mean():+.1%} (error {error:.1%})",
                flush=True,
            )


def _chances(told: dict[str, Any], seed: int, seconds: float, *, as_json: bool) -> None:
    base = float(((told["service"][0] - told["service"][1]) ** 2).mean())
    for name in ("kind", "learned"):
        chance, needed = told[name]
        brier = float(((chance - needed) ** 2).mean())
        order = np.argsort(chance, axis=None)
        tenths = [(chance.ravel()[some], needed.ravel()[some]) for some in np.array_split(order, 10)]
        worst = max(abs(float(p.mean() - y.mean())) for p, y in tenths if len(p) >= 100)
        if as_json:
            print(line(bench="parts", case=f"chances, {name}", seed=seed, seconds=seconds, value=brier, reference=base,
                       feasible=worst <= 0.02, worst_tenth=worst, cases=len(chance)), flush=True)  # fmt: skip
        else:
            print(
                f"seed {seed} chances {name:8} brier {brier:.5f}, by service {base:.5f}, worst tenth {worst:.3f}",
                flush=True,
            )


def _loads(way: str, one: Lived, own: Lived, seed: int, seconds: float, *, as_json: bool) -> None:
    share, reference = one.lacking / one.first, own.lacking / own.first
    if as_json:
        print(line(bench="parts", case=f"loads, {way}", seed=seed, seconds=seconds, value=share, reference=reference,
                   feasible=one.pieces <= own.pieces * 1.25, first_time_fix=one.fixed / one.first, visits=one.first,
                   stated=None if np.isnan(one.stated) else one.stated, met=1 - one.all_lacking / one.all_begun,
                   pieces=one.pieces, worth_cents=one.worth_cents), flush=True)  # fmt: skip
    else:
        print(f"seed {seed} loads {way:8} lacking {share:.4f} of {one.first}, first-time fix {one.fixed / one.first:.4f}, "
              f"complete stated {one.stated:.3f} met {1 - one.all_lacking / one.all_begun:.3f}, "
              f"pieces {one.pieces:.1f} worth {one.worth_cents:.0f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
