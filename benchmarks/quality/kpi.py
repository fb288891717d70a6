"""KPIs: how long the whole catalogue takes, against hand-written SQL and pandas; one KPI; and news.

    python -m benchmarks.quality.kpi [PATH ...] [--set quick|issue|full] [--events N] [--seeds N] [--seconds S]
                                     [--case CASE ...] [--work DIR] [--no-peers] [--json]

Without a PATH (a folder that `troth import troth` reads, with the reference tables of `troth demo`) a demo company's year of
about N events is made for each of the seeds 1, 2, .... The log is imported and compacted; then

catalogue    every timeline and the canonical catalogue by day and queue, from nothing, against SQL written by hand for
             the same figures (`_kpi_sql`), each in a fresh process, turn by turn
pandas       six of the KPIs, timelines included, against pandas (`_kpi_pandas`), likewise
start        `troth kpi --kpi speed.answer` on the ready lake, start-up included
incremental  1,000 new events: until one KPI, and the whole catalogue, of the days they touch is right

A peer's figures must be ours, to 1e-9 of each; `seconds` and `value` are medians. `--work` keeps logs and lakes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyarrow import parquet

from benchmarks.quality import _common
from benchmarks.quality._kpi_lake import linked, news, plan, ready
from benchmarks.quality._kpi_sides import Plan, differences
from troth.core.time import Step
from troth.kpi.query import Engine, Query
from troth.log.ingest import ingest
from troth.log.lake import Lake

CASES = ("catalogue", "pandas", "start", "incremental")
_GB = 2**30
#: Figures of a small log are compared with a rebuild as well.
_SMALL = 3_000_000
#: The targets are for 20 million events; on a much shorter log what is the same at any length counts for too much.
_JUDGED = 10_000_000


@dataclass(slots=True)
class Runs:
    """What repeated runs of one side took."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0

    def add(self, *, seconds: float, cpu: float = 0.0, peak: int = 0) -> None:
        self.seconds.append(seconds)
        self.cpu.append(cpu)
        self.peak = max(self.peak, peak)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> str:
        return f"{min(self.seconds):.2f}-{max(self.seconds):.2f}"


@dataclass(frozen=True, slots=True)
class Result:
    """One case: ours, the reference and its name, the target in words and whether it is met, and what disagrees."""

    case: str
    ours: Runs
    target: str
    met: bool
    peer: Runs | None = None
    against: str = ""
    wrong: tuple[str, ...] = ()
    notes: str = ""


def child(side: str, told: Plan, work: Path) -> dict[str, float]:
    """Run one side in a process of its own; `seconds` are those of the whole process."""
    path = work / f"plan-{side}.json"
    told.write(path)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.quality._kpi_sides", side, str(path)],
        check=False, capture_output=True, text=True, env=_environment(),
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr[-3000:]}")
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said | {"seconds": seconds}


def _environment() -> dict[str, str]:
    """Return an environment in which modules are compiled once, as where Troth is installed."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def duel(
    ours: str, peer: str | None, told: Plan, work: Path, *, repeats: int, seconds: float
) -> tuple[Runs, Runs, tuple[str, ...]]:
    """Let two sides run turn by turn, ours on timelines derived from nothing; return both and what they disagree on."""
    mine, theirs = Runs(), Runs()
    wrong: tuple[str, ...] = ()
    ends = time.monotonic() + seconds
    for turn in range(repeats):
        if turn and time.monotonic() > ends:
            break
        shutil.rmtree(Path(told.lake) / "timelines", ignore_errors=True)
        for side, runs in ((ours, mine), (peer, theirs)):
            if side is not None:
                out = work / f"figures-{side}.parquet"
                took = child(side, replace(told, out=str(out)), work)
                runs.add(seconds=took["seconds"], cpu=took["cpu"], peak=int(took["peak"]))
        if peer is not None and turn == 0:
            tables = (parquet.read_table(work / f"figures-{side}.parquet") for side in (ours, peer))
            wrong = tuple(differences(*tables))
    return mine, theirs, wrong


def catalogue(told: Plan, work: Path, *, options: dict[str, Any]) -> Iterator[Result]:
    """Everything from nothing, against SQL by hand."""
    mine, theirs, wrong = duel("ours", "sql" if options["peers"] else None, told, work, **_limits(options))
    small = mine.peak <= 2 * _GB
    if not options["peers"]:
        yield Result("catalogue", mine, "2 GiB", small)
        return
    met = mine.median <= 1.5 * theirs.median and small
    yield Result("catalogue", mine, "1.5 x SQL, 2 GiB", met, theirs, "SQL by hand", wrong)


def beside_pandas(told: Plan, work: Path, *, options: dict[str, Any]) -> Iterator[Result]:
    """Six KPIs from nothing, against pandas."""
    if not options["peers"]:
        return
    mine, theirs, wrong = duel("ours-few", "pandas", told, work, **_limits(options))
    yield Result("pandas", mine, "a third of pandas", 3 * mine.median <= theirs.median, theirs, "pandas", wrong)


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    return {"repeats": options["repeats"], "seconds": options["seconds"]}


def _troth(*words: str) -> float:
    """Run a command to its end and return the seconds it took."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "troth.cli.main", *words],
        check=False,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    if done.returncode:
        raise SystemExit(f"troth {' '.join(words)} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - began


def start(told: Plan, _work: Path, *, options: dict[str, Any]) -> Iterator[Result]:
    """One KPI on the ready lake, as a command."""
    runs = Runs()
    words = ("kpi", "--kpi", "speed.answer", "--lake", told.lake, "--format", "json")
    _troth(*words)
    for _ in range(max(5, options["repeats"])):
        runs.add(seconds=_troth(*words))
    yield Result("start", runs, "2 s", runs.median < 2)


def incremental(told: Plan, work: Path, *, options: dict[str, Any]) -> Iterator[Result]:
    """News into a lake whose timelines are all ready."""
    lake = Lake(told.lake, memory=told.memory)
    _asked(lake, Query(by=("queue",), every=Step.MONTH))
    folder = work / "news"
    first = news(lake, folder)
    one = Query(kpis=("speed.answer/",), by=("queue",), start=first, every=Step.DAY)
    everything = replace(one, kpis=())
    kinds: dict[str, tuple[str, float, Callable[[Lake], None]]] = {
        "incremental one KPI": ("2 s", 2, lambda lk: _news(lk, folder, one)),
        "incremental catalogue": ("15 s", 15, lambda lk: _news(lk, folder, everything)),
        "incremental one KPI, commands": ("-", float("inf"), lambda lk: _by_command(lk, folder, first.isoformat())),
    }
    for case, (target, limit, run) in kinds.items():
        runs = Runs()
        wrong: tuple[str, ...] = ()
        for turn in range(max(3, options["repeats"])):
            copy = linked(lake, work / "added")
            cpu, began = time.process_time(), time.perf_counter()
            run(copy)
            runs.add(seconds=time.perf_counter() - began, cpu=time.process_time() - cpu)
            if not turn and "catalogue" in case and options["events"] <= _SMALL:  # too long for a long log
                wrong = _rebuilt(copy, everything)
        compared = "catalogue" in case and options["events"] <= _SMALL
        notes = "equals a rebuild" if compared and not wrong else ""
        yield Result(case, runs, target, runs.median <= limit, wrong=wrong, notes=notes)
    shutil.rmtree(work / "added", ignore_errors=True)


def _asked(lake: Lake, query: Query) -> list[Any]:
    with lake.session() as con:
        return Engine(lake, con).figures(query)


def _news(lake: Lake, folder: Path, query: Query) -> None:
    ingest(lake, source="troth", paths=[folder], now=datetime.now(UTC))
    _asked(lake, query)


def _by_command(lake: Lake, folder: Path, first: str) -> None:
    _troth("import", "troth", str(folder), "--lake", str(lake.root))
    _troth("kpi", "--kpi", "speed.answer", "--by", "queue", "--every", "day", "--from", first, "--lake", str(lake.root))


def _rebuilt(lake: Lake, query: Query) -> tuple[str, ...]:
    """Return where figures of timelines brought up to date differ from those of timelines derived anew."""
    before = _asked(lake, query)
    shutil.rmtree(lake.root / "timelines")
    after = _asked(lake, query)
    return tuple(f"{a} against {b}" for a, b in zip(before, after, strict=True) if a != b)[:5]


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _row(result: Result, *, judged: bool) -> str:
    mine, peer = result.ours, result.peer
    cells = [f"{result.case:<30}", f"{mine.median:9.2f} s", f"{mine.spread:>14}"]
    cells.append(f"{statistics.median(mine.cpu):8.2f}" if any(mine.cpu) else f"{'-':>8}")
    cells.append(f"{mine.peak / _GB:6.2f}" if mine.peak else f"{'-':>6}")
    if peer is not None:
        cells += [
            f"{peer.median:9.2f} s",
            f"{peer.spread:>14}",
            f"{statistics.median(peer.cpu):8.2f}",
            f"{peer.peak / _GB:6.2f}",
        ]
        cells.append(f"{mine.median / peer.median:6.2f}")
    else:
        cells += [f"{'-':>11}", f"{'-':>14}", f"{'-':>8}", f"{'-':>6}", f"{'-':>6}"]
    verdict = ("met" if result.met else "NOT MET") if judged else "not judged"
    cells.append(f"{result.target:<17} {verdict}")
    cells.append("DISAGREES" if result.wrong else result.notes)
    return "  ".join(cells)


def _parser() -> argparse.ArgumentParser:
    options = _common.parser(__doc__)
    options.add_argument("--events", type=int, metavar="N", help="about how many events a made log has")
    options.add_argument(
        "--seconds", type=float, metavar="S", default=float("inf"), help="start no further repeat after so long"
    )
    options.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run SQL by hand and pandas too"
    )
    options.add_argument("--case", action="append", choices=CASES, help="only this; repeatable")
    options.add_argument("--work", type=Path, help="keep logs and lakes here, and use those that are")
    options.add_argument("--memory", default="1400MB", help="DuckDB's memory limit, for both sides")
    options.add_argument("--threads", type=int, help="DuckDB's threads, for both sides")
    return options


def main() -> int:
    """Run the benchmark; the status is 1 if figures disagree, or a long log misses a target."""
    args = _parser().parse_args()
    chosen = _common.case_set("kpi", args.set)
    events, seeds = args.events or chosen["events"], args.seeds or chosen["seeds"]
    options = {"repeats": chosen["repeats"], "seconds": args.seconds, "peers": args.peers, "events": events}
    runners = {"catalogue": catalogue, "pandas": beside_pandas, "start": start, "incremental": incremental}
    failed = False
    with tempfile.TemporaryDirectory(prefix="troth-kpi-") as spare:
        work = args.work or Path(spare)
        work.mkdir(parents=True, exist_ok=True)
        for seed in range(1, (1 if args.paths else seeds) + 1):
            lake = ready(work, events=events, seed=seed, paths=args.paths)
            lake.memory = args.memory
            told = plan(lake, work, memory=args.memory, threads=args.threads)
            options["events"] = count = lake.count()
            if not args.json:
                machine = f"{os.cpu_count()} cores, {_memory() / _GB:.0f} GiB, {platform.machine()}"
                print(
                    f"{datetime.now(UTC):%Y-%m-%d %H:%M}Z, {count:,} events, seed {seed}, {machine}, DuckDB {args.memory}"
                )
                print(", ".join(f"{k} {v}" for k, v in _versions().items()))
                print(
                    f"{'case':<30}  {'ours':>11}  {'spread':>14}  {'CPU s':>8}  {'GiB':>6}  {'peer':>11}  {'spread':>14}  {'CPU s':>8}  {'GiB':>6}  {'ratio':>6}  target"
                )
            for case in args.case or CASES:
                for result in runners[case](told, work, options=options):
                    judged = count >= _JUDGED
                    failed |= bool(result.wrong) or (judged and not result.met)
                    text = _json(result, seed=seed, events=count) if args.json else _row(result, judged=judged)
                    print(text, flush=True)
                    for difference in result.wrong if not args.json else ():
                        print(f"    {difference}")
    return int(failed)


def _versions() -> dict[str, str]:
    return _common.versions() | {"pandas": importlib.metadata.version("pandas")}


def _json(result: Result, *, seed: int, events: int) -> str:
    peer = result.peer
    more: dict[str, Any] = {
        "events": events, "repeats": len(result.ours.seconds), "spread": result.ours.spread, "target": result.target,
        "met": result.met, "peer": result.against or None, "peak_bytes": result.ours.peak or None,
        "cpu": round(statistics.median(result.ours.cpu), 3) or None, "versions": _versions(),
        "disagree": list(result.wrong), "date": f"{datetime.now(UTC):%Y-%m-%d}", "cores": os.cpu_count(), "memory": _memory(),
    }  # fmt: skip
    if peer is not None:
        more |= {
            "peer_spread": peer.spread,
            "peer_cpu": round(statistics.median(peer.cpu), 3),
            "peer_peak_bytes": peer.peak,
        }
    return _common.line(
        bench="kpi", case=result.case, seed=seed, seconds=result.ours.median, value=round(result.ours.median, 4),
        reference=round(peer.median, 4) if peer is not None else None, feasible=not result.wrong, **more,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
