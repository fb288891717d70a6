"""Imports: rows a second of `troth import csv` against DuckDB's own CSV-to-Parquet copy, in the same run.

    python -m benchmarks.quality.imports [PATH ...] [--rows N] [--repeats N] [--set quick|issue|full] [--json]

The file has ten columns in the canonical layout and is written as it is generated. Both read it cold of each other, in
processes of their own, in turns: the import with its checks, its settling and its compaction, DuckDB with
`COPY (FROM read_csv(...)) TO ... (FORMAT parquet)`. Wanted: at least a fifth of DuckDB's rate, in less than 2 GiB.

`value` and `reference` are rows a second; `feasible` says that every row is an event of the lake, the memory and the
ratio were kept; `rss` is the import's peak in bytes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.quality._common import case_set, line, parser

MOST_MEMORY = 2 << 30
LEAST_RATIO = 0.2
_HEAD = "occurred_at,activity,contact_id,case_id,customer_id,agent_id,queue,channel,source,source_id"
_FLOW = ("arrived", "queued", "answered", "ended")
_COPY = """
import sys, duckdb
duckdb.execute("SET enable_progress_bar = false")
duckdb.execute(f"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet)")
"""


class Run(NamedTuple):
    """What one process took: wall seconds, processor seconds and the most memory in bytes."""

    seconds: float
    cpu: float
    rss: int
    said: str


def generate(path: Path, rows: int) -> None:
    """Write calls of four events each, a piece at a time; the ids jump about so that nothing packs too well."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="ascii") as out:
        out.write(_HEAD + "\n")
        for first in range(0, rows, 40_000):
            lines = []
            for n in range(first, min(first + 40_000, rows)):
                call, step = divmod(n, 4)
                at = start + timedelta(seconds=call // 2 * 3 + step * (11 + call % 97))
                mixed = call * 2_654_435_761 % (1 << 32)
                agent = f"agent{mixed % 300}" if step > 1 else ""
                customer = f"cust{mixed % 100_003}"
                lines.append(
                    f"{at:%Y-%m-%dT%H:%M:%SZ},{_FLOW[step]},c{mixed:x},case{call // 2},{customer},{agent},q{mixed % 20},phone,calls,e{n}\n"
                )
            out.writelines(lines)


def measured(command: list[str]) -> Run:
    """Run a command and return what it took."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, said)


def compared(path: Path, folder: Path, repeat: int) -> tuple[Run, Run, dict[str, int]]:
    """Import a file and copy it, one after the other."""
    lake, copy = folder / f"lake{repeat}", folder / "copy.parquet"
    words = ["import", "csv", str(path), "--lake", str(lake), "--format", "json"]
    ours = measured([sys.executable, "-m", "troth.cli.main", *words])
    theirs = measured([sys.executable, "-c", _COPY, str(path), str(copy)])
    report: dict[str, int] = json.loads(ours.said)
    subprocess.run(["rm", "-r", str(lake), str(copy)], check=True)
    return ours, theirs, report


def main() -> int:
    """Run the benchmark; the status is 1 if a target was missed."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, help="rows of the generated file")
    options.add_argument("--repeats", type=int)
    args = options.parse_args()
    chosen = case_set("imports", args.set)
    repeats = args.repeats or chosen["repeats"]
    ratios: list[float] = []
    good = True
    with tempfile.TemporaryDirectory(prefix="troth-imports-") as made:
        folder = Path(made)
        paths = args.paths
        if not paths:
            rows = args.rows or chosen["rows"]
            paths = [folder / f"{rows // 1000}k-rows.csv"]
            generate(paths[0], rows)
        for path in paths:
            for repeat in range(repeats):
                ours, theirs, report = compared(path.absolute(), folder, repeat)
                ratio = theirs.seconds / ours.seconds
                whole = report["events"] == report["rows"] and report["duplicates"] == report["rejects"] == 0
                kept = whole and ours.rss < MOST_MEMORY and ratio >= LEAST_RATIO
                good, ratios = good and kept, [*ratios, ratio]
                rate, rival = report["rows"] / ours.seconds, report["rows"] / theirs.seconds
                if args.json:
                    more = {
                        "rss": ours.rss,
                        "cpu": round(ours.cpu, 2),
                        "reference_cpu": round(theirs.cpu, 2),
                        "reference_rss": theirs.rss,
                    }
                    figures = {
                        "value": round(rate),
                        "reference": round(rival),
                        "seconds": ours.seconds,
                        "feasible": kept,
                    }
                    print(line(bench="imports", case=path.stem, seed=repeat, **figures, **more), flush=True)
                else:
                    print(
                        f"{path.stem}: {rate:,.0f} rows/s in {ours.seconds:.1f} s ({ours.cpu:.1f} s of processors, {ours.rss / 2**20:,.0f} MiB);"
                        f" DuckDB {rival:,.0f} rows/s ({theirs.cpu:.1f} s); ratio {ratio:.2f}",
                        flush=True,
                    )
    if not args.json:
        print(
            f"ratio {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}; wanted {LEAST_RATIO}"
        )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
