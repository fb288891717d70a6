"""Promised waits: does an 80 % interval hold 80 % of the waits, in each third of load, and is it useful?

    python -m benchmarks.quality.wait [PATH] [--set quick|issue|full] [--seeds N] [--json]

Two worlds that the predictors do not model:

* the two branches of the demo company over 30 days after 14 days to learn in: walk-ins and bookings of two services at
  shared counters, heavy tails, day effects, pauses, people who walk out without a word;
* PATH, the calls of the anonymous bank (``calls_august_1_21.csv.gz``), call by call: 1-10 August to tune and learn,
  11-21 August judged.

The protocol, fixed before the judged days were looked at:

1. Whoever has to wait is promised a wait until the call as an interval of 80 %, at the moment of joining, from what was
   visible then. Who is served at once is promised nothing.
2. Called within the interval: kept. Called outside, or still waiting past its end and then leaving: broken. Left before
   its end, or not there when called: waived, not judged.
3. Load is the work visible ahead per server at the join (queue length times mean service); its thirds are equal parts of
   the judged promises. A second cut, which no predictor is conditioned on: how many joined within the hour before.
4. All queues learn all the time, from what ended before; nothing is learned from the future.

Beside it stands queue length times mean service: as textbooks have it (gamma with one stage for each person ahead and
the own), and widened by the same calibration. A line of ``--json`` is one world, cut and third: `value` is the mean
interval score of the promise in seconds, `reference` that of queue length times mean service, `feasible` says whether
75 to 85 % were kept.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import _wait_bank as bank
from benchmarks.quality import _wait_demo as demo
from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._wait_replay import Outcome
from troth.queueing.state import WaitBand
from troth.queueing.tournament import Tournament, interval_score
from troth.stats import Interval, ratio_interval

THIRDS = ("low", "mid", "high")
BASELINE = "queue_length"


@dataclass(frozen=True, slots=True)
class Part:
    """The judged promises of one third: how many were kept (of all, and of those served), how wide, which score."""

    n: int
    kept: float
    served_kept: float
    days: Interval | None
    width_s: float
    score_s: float


def part(outcomes: Sequence[Outcome], band: Callable[[Outcome], WaitBand]) -> Part:
    """Return how a predictor's bands fared."""
    bands = [band(one) for one in outcomes]
    kept = np.array([b.low <= one.wait_s <= b.high for b, one in zip(bands, outcomes, strict=True)], dtype=float)
    scores = [interval_score(b.low, b.high, value=one.wait_s) for b, one in zip(bands, outcomes, strict=True)]
    day = np.array([one.at.toordinal() for one in outcomes])
    day -= day.min()
    days = ratio_interval(np.bincount(day, weights=kept), den=np.bincount(day), share=True, min_seasons=99)
    served = np.array([one.served for one in outcomes])
    return Part(
        len(kept),
        float(kept.mean()),
        float(kept[served].mean()),
        days,
        float(np.mean([b.high - b.low for b in bands])),
        float(np.mean(scores)),
    )


def thirds(outcomes: Sequence[Outcome], by: Callable[[Outcome], float]) -> dict[str, list[Outcome]]:
    """Return all outcomes and three parts of equal size by rank of a figure; of equals the earlier is lower."""
    order = sorted(outcomes, key=lambda one: (by(one), one.at))
    cut = [k * len(order) // 3 for k in range(4)]
    return {"all": list(outcomes)} | {name: order[cut[k] : cut[k + 1]] for k, name in enumerate(THIRDS)}


CUTS: dict[str, Callable[[Outcome], float]] = {
    "load": lambda one: one.forecast.load_s,
    "joined": lambda one: one.joined,
}
SIDES: dict[str, Callable[[Outcome], WaitBand]] = {
    "promise": lambda one: one.forecast.band,
    "textbook": lambda one: one.forecast.raw[BASELINE],
    "calibrated": lambda one: one.forecast.bands[BASELINE],
}


def judge(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, dict[str, Part]]]:
    """Yield each cut and third with what became of the promise and the two readings of queue length."""
    judged = [one for one in outcomes if not one.waived]
    for cut, by in CUTS.items():
        for name, some in thirds(judged, by).items():
            if cut == "load" or name != "all":
                yield cut, name, {side: part(some, band) for side, band in SIDES.items()}


def run_demo(seed: int) -> list[Outcome]:
    """Return the promises of the judged month in both branches."""
    truth, found = demo.company(), []
    for branch in demo.BRANCHES:
        told = demo.replay(truth, branch=branch, make=Tournament)
        found += [one for one in told.run(demo.steps(truth, branch=branch, seed=seed)) if one.at >= demo.FROM]
    return found


def run_bank(path: Path) -> list[Outcome]:
    """Return the promises of the judged days of the bank."""
    told, roster = bank.replay(Tournament)
    return [one for one in told.run(bank.steps(path, roster=roster)) if one.at >= bank.FROM]


def rows(world: str, seed: int | None, outcomes: Sequence[Outcome], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield what is said of a world: one row a cut and third."""
    for cut, name, sides in judge(outcomes):
        ours, text, same = (sides[side] for side in SIDES)
        yield {
            "bench": "wait", "case": f"{world}/{cut}/{name}", "seed": seed, "seconds": seconds, "value": ours.score_s,
            "reference": text.score_s, "feasible": 0.75 <= ours.kept <= 0.85, "n": ours.n, "kept": ours.kept, "served_kept": ours.served_kept,
            "kept_low": ours.days.low if ours.days else None, "kept_high": ours.days.high if ours.days else None,
            "width_s": ours.width_s, "textbook_kept": text.kept, "textbook_width_s": text.width_s,
            "calibrated_kept": same.kept, "calibrated_width_s": same.width_s, "calibrated_score_s": same.score_s,
        }  # fmt: skip


def table(found: Sequence[dict[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    out = [
        "| case | seed | judged | kept (95 % by day) | of the served | width | score | textbook kept | width | score | calibrated kept | width | score |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in found:
        days = "" if r["kept_low"] is None else f" ({r['kept_low']:.3f}-{r['kept_high']:.3f})"
        out.append(
            f"| {r['case']} | {r['seed'] or ''} | {r['n']} | {r['kept']:.3f}{days} | {r['served_kept']:.3f} | {r['width_s']:.0f} | {r['value']:.0f} "
            f"| {r['textbook_kept']:.3f} | {r['textbook_width_s']:.0f} | {r['reference']:.0f} "
            f"| {r['calibrated_kept']:.3f} | {r['calibrated_width_s']:.0f} | {r['calibrated_score_s']:.0f} |"
        )
    return "\n".join(out)


def main(argv: list[str] | None = None) -> int:
    """Run the protocol; exit status 1 if a third of the load keeps less than 75 or more than 85 %."""
    args = parser(__doc__).parse_args(argv)
    seeds = args.seeds or case_set("wait", args.set)["seeds"]
    worlds: list[tuple[str, int | None, Callable[[], list[Outcome]]]] = [
        ("demo", seed, partial(run_demo, seed)) for seed in range(1, seeds + 1)
    ]
    worlds += [("bank", None, partial(run_bank, path)) for path in args.paths]
    found: list[dict[str, Any]] = []
    for world, seed, run in worlds:
        began = time.perf_counter()
        outcomes = run()
        new = list(rows(world, seed, outcomes, time.perf_counter() - began))
        found += new
        if args.json:
            print("\n".join(line(**row) for row in new), flush=True)
        else:
            waived, best = sum(one.waived for one in outcomes), Counter(one.forecast.best for one in outcomes)
            print(
                f"{world} {seed or ''}: {len(outcomes)} promised, {waived} waived; promised by {dict(best)}",
                file=sys.stderr,
            )
    if not args.json:
        print(table(found))
    return int(not all(row["feasible"] for row in found if "/load/" in row["case"]))


if __name__ == "__main__":
    sys.exit(main())
