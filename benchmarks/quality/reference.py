"""Reference: does every KPI equal plain loops over the events, and does every history give the same figures?

    python -m benchmarks.quality.reference [--seeds 1000] [--set quick|issue|full] [--json]

For each seed a random small log (tests/kpi/random_logs.py) is imported, a hundred to a lake, and every KPI of the
catalogue is compared, for each log in all, by queue, person and team, and by day, with the slow reference of
tests/kpi/reference*.py. `value` is the number of figures that agree, `reference` the number of figures.

For every twentieth seed a random history (tests/kpi/histories.py) is lived through and compared with the same events
given at once: every row of every timeline, and figures.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality._common import case_set, line, parser
from tests.kpi import compare, histories
from troth.kpi.catalogue import catalogue

LOT = 100


def main(args: Sequence[str] | None = None) -> int:
    """Run both comparisons; the status is 1 if anything differs."""
    options = parser(__doc__).parse_args(args)
    seeds = options.seeds or case_set("reference", options.set)["seeds"]
    good = True
    for first in range(1, seeds + 1, LOT):
        good &= _kpis(range(first, min(first + LOT, seeds + 1)), json=options.json)
    for seed in range(1, seeds + 1, 20):
        good &= _history(seed, json=options.json)
    return 0 if good else 1


def _kpis(seeds: range, *, json: bool) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = compare.compared(Path(folder) / "lake", seeds=seeds)
    told = {name: found.differences(name) for name in catalogue()}
    count = sum(found.count(name) for name in catalogue())
    wrong = sum(int(text.split(" ", 1)[0]) for text in told.values() if text)
    seconds = time.monotonic() - began
    case = f"kpis, seeds {seeds[0]} to {seeds[-1]}"
    _tell(case, seeds[0], seconds, count - wrong, count, json=json)
    for name, text in told.items():
        if text:
            print(f"{name}: {text}\n", file=sys.stderr)
    return not wrong


def _history(seed: int, *, json: bool) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        piecemeal, whole = histories.lived(Path(folder), seed=seed)
        one, other = histories.rows_of(piecemeal), histories.rows_of(whole)
        same = [one[name] == other[name] for name in one]
        same.append(histories.figures_of(piecemeal) == histories.figures_of(whole))
    _tell("history", seed, time.monotonic() - began, sum(same), len(same), json=json)
    return all(same)


def _tell(case: str, seed: int, seconds: float, value: int, reference: int, *, json: bool) -> None:
    good = value == reference
    if json:
        print(
            line(
                bench="reference",
                case=case,
                seed=seed,
                seconds=seconds,
                value=value,
                reference=reference,
                feasible=good,
            ),
            flush=True,
        )
    else:
        print(f"{case} (seed {seed}): {value:,} of {reference:,} agree, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
