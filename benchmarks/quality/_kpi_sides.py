"""The sides of the KPI benchmark: ours, hand-written SQL, pandas. Each gives the same table of figures.

    python -m benchmarks.quality._kpi_sides SIDE PLAN

runs one side in this process, leaves the table at the plan's `out` and prints seconds, CPU seconds and peak memory.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

#: What the pandas case computes; the slash names the canonical variant alone.
FEW = (
    "speed.answer/", "speed.handle/", "flow.abandonment/", "sla.service_level/", "speed.first_reply/", "speed.resolution/",
)  # fmt: skip
#: KPIs that take more than the events: tables of agreements, schedules, requirements, rates. No side has them.
TABLED = ("sla.met", "load.adherence", "load.conformance", "load.staffing", "cost.per_unit")
SHAPE = pa.schema(
    [
        ("kpi", pa.string()), ("queue", pa.string()), ("day", pa.int64()), ("value", pa.float64()), ("n", pa.int64()),
        ("p50", pa.float64()), ("p90", pa.float64()), ("p95", pa.float64()), ("max", pa.float64()),
    ]
)  # fmt: skip
NUMBERS = ("value", "n", "p50", "p90", "p95", "max")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a side is told: the lake (ours) or its settled files (peers), and the little that is known beside them.

    Parameters
    ----------
    lake, files : the lake, and the files of its compacted events.
    time_zone : whose days count.
    line_s : the wait beyond which an experience is bad.
    first_day, last_day : local days the log covers, since 1970.
    closes : a small Parquet file: `site`, `closes_at` of every business day.
    out : where the table goes.
    memory, threads : of DuckDB.
    """

    lake: str
    files: list[str]
    time_zone: str
    line_s: float
    first_day: int
    last_day: int
    closes: str
    out: str
    memory: str = "1400MB"
    threads: int | None = None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), "utf-8")


def differences(one: pa.Table, other: pa.Table, *, tolerance: float = 1e-9, shown: int = 20) -> list[str]:
    """Return what the two tables do not agree on, in words; the first few."""

    def keyed(table: pa.Table) -> dict[Any, Any]:
        return {(r["kpi"], r["queue"], r["day"]): tuple(r[name] for name in NUMBERS) for r in table.to_pylist()}

    def same(a: float | None, b: float | None) -> bool:
        return a is b if a is None or b is None else math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-9)

    left, right = keyed(one), keyed(other)
    found = []
    for key in sorted(left.keys() | right.keys(), key=str):
        a, b = left.get(key), right.get(key)
        if a is None or b is None or not all(map(same, a, b)):
            found.append(f"{key[0]} {key[1]} day {key[2]}: {a} against {b}")
    return found[:shown] + ([f"... and {len(found) - shown} more"] if len(found) > shown else [])


#: Where each side is. Only the one that runs is imported, for imports are part of what it takes.
SIDES = {
    "ours": ("_kpi_ours", "figures"),
    "sql": ("_kpi_sql", "figures"),
    "ours-few": ("_kpi_ours", "few"),
    "pandas": ("_kpi_pandas", "figures"),
}


def _peak_bytes() -> int:
    """Return the most memory this process has had; `ru_maxrss` would count that of the process it was forked from."""
    try:
        for text in Path("/proc/self/status").read_text("ascii").splitlines():
            if text.startswith("VmHWM:"):
                return int(text.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    began = time.perf_counter()
    parser = argparse.ArgumentParser(description="One side of the KPI benchmark.")
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("plan", type=Path)
    args = parser.parse_args()
    plan = Plan(**json.loads(args.plan.read_text("utf-8")))
    module, function = SIDES[args.side]
    table: pa.Table = getattr(importlib.import_module(f"benchmarks.quality.{module}"), function)(plan)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    said = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak": _peak_bytes(), "figures": len(table)}
    parquet.write_table(table, plan.out)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
