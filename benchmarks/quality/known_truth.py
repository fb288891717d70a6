"""Known truth: do the 95 % intervals of the KPIs hold what is really so?

    python -m benchmarks.quality.known_truth [--seeds 100] [--truth-seeds 400] [--work DIR] [--workers N] [--json]

The demo company lives ten weeks for each of the seeds 1, 2, ...; its dirty log is imported and every KPI is computed for
six of the weeks. The truth never comes from the log: the world writes down what happens while it runs. For means,
shares and rates it is the long-run average over the seeds 10,001, 10,002, ... (sum of numerators over sum of
denominators, same calendar, same people); the interval of a count is about its long-run average, and the count itself
must be within 2 % of the seed's own before the dirt. An interval should hold the truth in 90 to 99 of 100 seeds.

Resumable: each finished seed is a line in a file of the work folder, named after the code that made it.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.metadata
import inspect
import json
import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import troth
from troth.core.fanout import fanout
from troth.demo import Truth, World, small_company, write
from troth.demo.sums import COUNTS, true_sums
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

#: The log covers ten weeks; two weeks before the period fill the house, two weeks after it let figures mature.
START, FROM, TO, UNTIL = (datetime(2026, 3, 2, tzinfo=UTC) + timedelta(weeks=w) for w in (0, 2, 8, 10))
#: Customers come back within the two weeks that are left, so the horizon of retention is shorter than usual.
RETENTION = timedelta(days=14)
#: A wait above this is bad, for the customers whose worst crossed the line.
LINE_S = 600.0
FIRST_TRUTH = 10_001
SETS = {"quick": (10, 40), "issue": (100, 400), "full": (200, 800)}


def company() -> Truth:
    """Return the company measured: small, and reviewed often enough for figures by person."""
    truth = small_company(start=START.date().isoformat(), days=70, volume=0.2)
    return replace(truth, ways=replace(truth.ways, review_share=0.12))


def lived(seed: int) -> dict[str, tuple[float, float]]:
    """Return the true sums of a seed, without a log."""
    gc.disable()  # the world has no cycles, and collecting costs a third of the time
    world = World(company(), seed, emit=False)
    world.step(UNTIL)
    gc.enable()
    return true_sums(world, start=FROM, end=TO, retention=RETENTION, line_s=LINE_S)


def measured(seed: int) -> dict[str, list[float | None]]:
    """Return value, low and high of every KPI from the dirty log of a seed."""
    with tempfile.TemporaryDirectory(prefix="troth-known-truth-") as name:
        folder = Path(name)
        write(folder / "data", truth=company(), seed=seed, until=UNTIL, workers=1)
        lake = Lake(folder / "lake")
        report = ingest(lake, source="troth", paths=[folder / "data"], now=UNTIL)
        if report.rejects or report.failed:
            raise RuntimeError(f"The import of seed {seed} rejected rows: {report.issues}")
        params = Params(retention=RETENTION, line_s=LINE_S)
        names = tuple(k for k in catalogue() if k in COUNTS or k in MEANS)
        wanted = Query(kpis=names, start=FROM, end=TO, time_zone="UTC", params=params)
        found = query(lake, wanted)
    return {f"{f.id}/{f.variant}" if f.variant else f.id: [f.value, f.low, f.high] for f in found}


#: KPIs whose truth is a long-run average.
MEANS = """
customer.retention flow.abandonment flow.abandonment/of_answered_and_abandoned flow.abandonment/without_short
flow.escalation flow.escalation/hierarchical flow.escalation/transfers flow.failure_demand flow.failure_demand/repeat
flow.served_per_hour flow.served_per_hour/staffed load.occupancy load.throughput load.throughput/contacts
load.throughput/person_day load.utilisation outcome.first_contact/repeat outcome.first_contact/survey
outcome.first_contact/touch outcome.first_contact/touch_zendesk outcome.reopened promise.kept quality.agents_passing
quality.score sla.service_level sla.service_level/answered sla.service_level/answered_and_late_abandons
sla.service_level/without_short_abandons speed.answer speed.answer/from_entry speed.answer/mean_wait speed.first_reply
speed.first_solution speed.handle speed.handle/active speed.handle/service speed.resolution speed.resolution/closed
speed.same_day speed.turnaround speed.within_24h voice.csat voice.csat/mean voice.dsat voice.resolved voice.response
worst.broken_promises worst.crossed worst.resolution worst.twice worst.wait
""".split()


# ---- the run, seed by seed ------------------------------------------------------------------------------------------


def _code(*rooms: str, work: Sequence[Callable[..., Any]]) -> str:
    """Return a digest of rooms or files and of the work here, so that results of other code are not mixed in."""
    root = Path(troth.__file__).parent
    digest = hashlib.sha256(repr((START, FROM, TO, UNTIL, RETENTION, LINE_S, MEANS)).encode())
    for path in sorted(p for room in rooms for p in [root / room, *(root / room).rglob("*.py")] if p.is_file()):
        digest.update(path.read_bytes())
    for function in work:
        digest.update(inspect.getsource(function).encode())
    return digest.hexdigest()[:12]


def _live(job: tuple[str, int]) -> None:
    _write(job, lived)


def _measure(job: tuple[str, int]) -> None:
    _write(job, lambda seed: {"measured": measured(seed), "lived": lived(seed)})


def _write(job: tuple[str, int], work: Callable[[int], Any]) -> None:
    path, seed = job
    began = time.perf_counter()
    result = work(seed)
    line = json.dumps({"seed": seed, "seconds": round(time.perf_counter() - began, 2), "result": result})
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _read(path: Path) -> dict[int, dict[str, Any]]:
    if not path.exists():
        return {}
    found = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(text)
        except json.JSONDecodeError:  # cut by a kill; the seed is done again
            continue
        found[row["seed"]] = row
    return found


def run(
    path: Path, *, seeds: Iterable[int], work: Callable[[tuple[str, int]], None], workers: int | None, what: str
) -> None:
    """Do the seeds that are not in the file yet."""
    done = _read(path)
    jobs = [(str(path), seed) for seed in seeds if seed not in done]

    def tell(k: int, n: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{what}: {k} of {n}", end="\n" if k == n else "", file=sys.stderr, flush=True)

    fanout(work, items=jobs, workers=workers, on_done=tell)


# ---- the comparison -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LongRun:
    """The long-run average of a KPI, and the standard deviation of single seeds round it."""

    average: float
    spread: float


def long_run(rows: Iterable[dict[str, Any]]) -> dict[str, LongRun]:
    """Return the long run of each KPI: sum of numerators over sum of denominators; of a count, its mean."""
    sums: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, (num, den) in row["result"].items():
            sums.setdefault(name, []).append((num, den))
    found = {}
    for name, pairs in sums.items():
        num, den = (math.fsum(side) for side in zip(*pairs, strict=True))
        if den > 0:
            found[name] = LongRun(num / den, statistics.stdev(n / d for n, d in pairs if d > 0))
    return found


def lines(truth: dict[str, LongRun], rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield one line a seed and KPI: the figure, the truth, and whether the interval holds it.

    The interval of a count is about what such a period brings on average, so its truth is the long run too. That a
    count is itself right is a case of its own, `counted`: within 2 % of the seed's own number, for what the dirt took.
    """
    packages = ("numpy", "duckdb", "ibis-framework")
    versions = {name: importlib.metadata.version(name) for name in packages}
    for row in rows:
        for name, (value, low, high) in row["result"]["measured"].items():
            if name not in truth or value is None:
                continue
            run, own = truth[name], row["result"]["lived"][name][0]
            cases = [(name, run.average, low, high, low <= run.average <= high)] if low is not None else []
            if name in COUNTS:
                cases.append((f"{name} counted", own, None, None, abs(value - own) <= 0.02 * abs(own)))
            for case, right, least, most, holds in cases:
                yield {
                    "bench": "known_truth", "case": case, "solver": "troth", "seed": row["seed"],
                    "seconds": row["seconds"], "value": value, "reference": right,
                    "gap": value / right - 1 if right else None, "feasible": holds, "low": least, "high": most,
                    "spread": run.spread, "versions": versions,
                }  # fmt: skip


def constant(rows: Sequence[dict[str, Any]]) -> bool:
    """Tell whether nothing of a case is left to chance, so that there is no interval to judge."""
    return all(r["low"] is not None and r["spread"] <= 1e-9 * abs(r["reference"]) for r in rows)


def by_case(found: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of each case that is judged, by name."""
    cases: dict[str, list[dict[str, Any]]] = {}
    for line in found:
        cases.setdefault(line["case"], []).append(line)
    return {name: rows for name, rows in sorted(cases.items()) if not constant(rows)}


def well(rows: Sequence[dict[str, Any]]) -> bool:
    """Tell whether a case is as it should be: 90 to 99 of 100 hold; a count may always be right."""
    share = sum(r["feasible"] for r in rows) / len(rows)
    return bool(0.90 <= share <= (0.99 if rows[0]["low"] is not None else 1.0))


def summary(found: Iterable[dict[str, Any]]) -> str:
    """Return the table for the docs.

    Relative to the truth: the bias of the mean figure, the mean half-width, and 1.96 standard deviations of the true
    figures of single seeds. Then how many intervals hold the truth, and how many lie below and above it.
    """
    out = [
        "| KPI | truth | mean figure | bias | half-width | 1.96 sd | held | below | above | |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for name, rows in by_case(found).items():
        right = sum(r["reference"] for r in rows) / len(rows)
        mean = sum(r["value"] for r in rows) / len(rows)
        held = sum(r["feasible"] for r in rows)
        wide = [r for r in rows if r["low"] is not None]
        half = sum((r["high"] - r["low"]) / 2 for r in wide) / max(len(wide), 1)
        width, need = (f"{x / right:.1%}" if wide else "" for x in (half, 1.96 * rows[0]["spread"]))
        below, above = sum(r["high"] < r["reference"] for r in wide), sum(r["low"] > r["reference"] for r in wide)
        sides = f"{below} | {above}" if wide else " | "
        mark = "" if well(rows) else "**outside**"
        out.append(
            f"| `{name}` | {right:.5g} | {mean:.5g} | {mean / right - 1:+.2%} | {width} | {need} | {held} | {sides} | {mark} |"
        )
    return "\n".join(out)


def main(argv: list[str] | None = None) -> int:
    """Run the protocol; exit status 1 if an interval holds the truth too seldom or too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=sorted(SETS), default="issue", help="how many seeds of each kind")
    parser.add_argument("--seeds", type=int, help="how many seeds are measured")
    parser.add_argument("--first-seed", type=int, default=1, help="the first seed measured, such as 501 to try things")
    parser.add_argument("--truth-seeds", type=int, help="seeds of the long-run average: 10001, 10002, ...")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "troth-known-truth")
    parser.add_argument("--workers", type=int, help="processes; one a core if left out")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--json", action="store_true", help="one line a seed and KPI instead of the table")
    args = parser.parse_args(argv)
    seeds, truths = SETS[args.set]
    seeds, truths = args.seeds or seeds, args.truth_seeds or truths
    if args.fresh:
        shutil.rmtree(args.work, ignore_errors=True)
    args.work.mkdir(parents=True, exist_ok=True)
    work: tuple[Callable[..., Any], ...] = (company, lived)
    lives = args.work / f"truth-{_code('core/random.py', 'demo', work=work)}.jsonl"
    work = (company, lived, measured)
    figures = args.work / f"figures-{_code('core', 'log', 'stats', 'demo', 'kpi', work=work)}.jsonl"
    course = range(FIRST_TRUTH, FIRST_TRUTH + truths)
    run(lives, seeds=course, work=_live, workers=args.workers, what="long-run truth")
    tried = range(args.first_seed, args.first_seed + seeds)
    run(figures, seeds=tried, work=_measure, workers=args.workers, what="figures")
    known, done = _read(lives), _read(figures)
    truth = long_run(known[s] for s in course)
    found = list(lines(truth, (done[s] for s in tried)))
    if args.json:
        for line in found:
            print(json.dumps(line))
    else:
        print(summary(found))
    return int(not all(well(rows) for rows in by_case(found).values()))


if __name__ == "__main__":
    sys.exit(main())
