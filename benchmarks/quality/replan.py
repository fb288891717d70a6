"""The twin against days that happened, and days placed better: the protocol is docs/background/replan.md.

    python -m benchmarks.quality.replan [--set quick|issue|full] [--json] [--part validate|replan|all]

The calls are those of `anonymous_bank` in TROTH_SAMPLES. Exit status 1 if fewer than 80 % of the cells hold.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.quality._bank_replan import replanned
from benchmarks.quality._common import case_set, line, parser
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions
from troth.queueing.read import RecordedContacts, recorded
from troth.queueing.twin.learn import USUAL
from troth.queueing.twin.validate import Validation, validate

ZONE = "Asia/Jerusalem"
FIT, CHOOSE, TEST = ([date(1999, 8, day) for day in range(*ends)] for ends in ((1, 11), (11, 16), (16, 22)))
#: Days with the usual hours: Sunday to Thursday.
WORKING = [day for day in FIT + CHOOSE if day.isoweekday() not in (5, 6)]
AIM = 0.8


def calls(folder: Path, samples: Path) -> RecordedContacts:
    """Import the sample into a lake of its own and return its calls."""
    lake, zone = Lake(folder), ZoneInfo(ZONE)
    path = samples / "anonymous_bank" / "calls_august_1_21.csv.gz"
    ingest(
        lake,
        source="csv",
        paths=[path],
        now=datetime(2026, 1, 1, tzinfo=UTC),
        options=ReadOptions(mapping="anonymous-bank"),
    )
    first, last = (datetime(1999, 8, day, tzinfo=zone) for day in (1, 22))
    return recorded(lake, start=first, end=last, time_zone=ZONE)


def validated(seen: RecordedContacts, *, replications: int, fit: list[date], gap_s: float = 1800.0) -> Validation:
    """Return the replay of the test days."""
    return validate(
        seen, days=TEST, fit_days=fit, spread_days=WORKING, time_zone=ZONE, how=replace(USUAL, gap_s=gap_s),
        replications=replications, variants=min(40, replications), seed=1,
    )  # fmt: skip


def cells(made: Validation) -> Iterator[str]:
    """Yield a table of figures by day, and how wide intervals are beside the spread between days."""
    yield "| figure | holds | width / spread | " + " | ".join(f"{day:%a %d}" for day in TEST) + " |"
    yield "|---|---:|---:|" + "---|" * len(TEST)
    for figure in dict.fromkeys(cell.figure for cell in made.cells):
        mine = {cell.date: cell for cell in made.cells if cell.figure == figure}
        working = [cell.high - cell.low for cell in mine.values() if cell.date.isoweekday() not in (5, 6)]
        width = np.mean(working) / made.spread.get(figure, np.nan) if working else np.nan
        told = " | ".join(
            f"{mine[day].real:.3g} in {mine[day].low:.3g} to {mine[day].high:.3g}{'' if mine[day].holds else ' **no**'}"
            if day in mine else "" for day in TEST
        )  # fmt: skip
        yield f"| {figure} | {sum(cell.holds for cell in mine.values())} of {len(mine)} | {width:.2f} | {told} |"


def main(argv: list[str] | None = None) -> int:
    """Run the protocol."""
    make = parser(__doc__)
    make.add_argument("--part", choices=["validate", "gaps", "replan", "all"], default="all")
    args = make.parse_args(argv)
    how, status = case_set("replan", args.set), 0
    with tempfile.TemporaryDirectory(prefix="troth-replan-") as folder:
        seen = calls(Path(folder) / "lake", Path(os.environ["TROTH_SAMPLES"]))
        # What is judged learns from all days before the test; learning from 1-10 alone is told beside it.
        usual = ((1800.0, FIT + CHOOSE), (1800.0, FIT))
        for gap, fit in {"validate": usual, "gaps": ((900.0, FIT), (3600.0, FIT)), "all": usual}.get(args.part, ()):
            began = time.perf_counter()
            made = validated(seen, replications=how["replications"], fit=fit, gap_s=gap)
            counted = [cell for cell in made.cells if cell.figure != "volume"]
            status |= int(gap == 1800 and fit != FIT and made.held < AIM)
            if args.json:
                print(line(bench="replan", case=f"validate/{gap:.0f}/{len(fit)} days", seed=1, seconds=time.perf_counter() - began,
                           value=made.held, reference=AIM, feasible=made.held >= AIM, cells=len(counted)))  # fmt: skip
            else:
                print(
                    f"{len(fit)} days, gap {gap:.0f} s: {sum(c.holds for c in counted)} of {len(counted)} cells hold, {made.held:.1%}\n"
                )
                print("\n".join(cells(made)) + "\n", flush=True)
        if args.part in {"replan", "all"}:
            replanned(seen, how=how, json=args.json)
    return status


if __name__ == "__main__":
    sys.exit(main())
