"""Crash: kill the real process at random moments; is the lake as before or after one batch, and does a re-run mend it?

    python -m benchmarks.quality.crash [--seeds 100] [--set quick|issue|full] [--json]

Three cases take turns, each in a process of its own that gets SIGKILL after a random number of commits and a random
part of the time between two of them:

- import: `troth import` of 20 batches into an empty lake;
- compact: `troth import` of corrections and news into a lake with cached timelines, with limits so low that the import
  refreshes the timelines, compacts the events and sweeps;
- refresh: `troth kpi` on a lake whose timelines are behind.

After every kill the settled events must be those of a whole number of batches, no fewer than before, and each file a
table names must be readable. Every fifth kill the run is let through: events and KPIs must be those of an undisturbed
one.
"""

from __future__ import annotations

import collections
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.quality._common import case_set, line, parser
from troth.cli.main import main as command_line
from troth.kpi.query import Query, query
from troth.log import _merge, upkeep
from troth.log import lake as lake_module
from troth.log.check import check
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions, reader
from troth.log.store import Shelf

CASES = ("import", "compact", "refresh")
KPIS = ("flow.volume", "speed.answer")
BATCHES, KILLS = 20, 5
START = datetime(2026, 1, 5, tzinfo=UTC)
_FLOW = ("arrived", "queued", "answered", "ended")
_HEAD = "occurred_at,version,activity,contact_id,case_id,queue,channel,agent_id,actor,source,source_id"
State = tuple[int, int]
#: What makes a compaction of a small lake worth it, and of several files.
_LIMITS = (
    (lake_module, "_TAIL_ROWS", 100),
    (_merge, "_SMALL_ROWS", 100),
    (_merge, "_SPAN_ROWS", 1_000),
    (upkeep, "_WORTH", 1.0),
)


@dataclass(slots=True)
class Ground:
    """What every seed starts from: files, prepared lakes, and what an undisturbed run gives."""

    folder: Path
    rows: int
    options: ReadOptions
    first: Path = Path()
    second: Path = Path()
    states: dict[str, list[State]] = field(default_factory=dict)
    figures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def prepared(folder: Path, *, rows: int = 6_000, cases: Sequence[str] = CASES) -> Ground:
    """Write the files and lakes, and run each case undisturbed."""
    ground = Ground(folder, rows, ReadOptions(batch_rows=rows * 80 // BATCHES // 128))
    ground.first = _written(folder / "first.csv", range(rows))
    late = [*range(0, rows, 7), *range(rows, rows + rows // 10)]
    ground.second = _written(folder / "second.csv", late, version=1, queue="other")
    for case in cases:
        lake = _start(ground, case, folder / f"{case}-plain")
        before = _commits(lake)
        process = _process(ground, case, lake)
        while process.poll() is None and _commits(lake) == before:
            time.sleep(0.002)
        began = time.monotonic()
        assert process.wait() == 0, case
        ground.commits[case] = _commits(lake) - before
        ground.seconds[case] = time.monotonic() - began
        ground.states[case] = _states(ground, case)
        assert state(Lake(lake)) == ground.states[case][-1], case
        ground.figures[case] = figures(lake)
    return ground


def _commits(lake: Path) -> int:
    # Not every folder: those for spilling come and go while they are looked at.
    tables = [lake / "events", *(lake / "timelines").glob("*/*")]
    return sum(1 for table in tables for _ in (table / "_delta_log").glob("*.json"))


def _written(path: Path, numbers: Sequence[int] | range, *, version: int = 0, queue: str = "") -> Path:
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEAD + "\n")
        for n in numbers:
            call, step = divmod(n, 4)
            at = START + timedelta(minutes=call, seconds=step * (20 + call % 50))
            agent = f"a{call % 9},human" if step > 1 else ","
            cells = f"{at:%Y-%m-%dT%H:%M:%SZ},{version},{_FLOW[step]},c{call},k{call // 2}"
            out.write(f"{cells},{queue or f'q{call % 3}'},phone,{agent},calls,e{n}\n")
    return path


def _start(ground: Ground, case: str, lake: Path) -> Path:
    """Make the lake a case starts from."""
    if case == "import":
        return lake
    ready = ground.folder / f"{case}-ready"
    if not ready.exists():
        _run(_command(ground, "compact", ready, ground.first))
        _run(_command(ground, "refresh", ready))
        if case == "refresh":
            ingest(Lake(ready), source="csv", paths=[ground.second], options=ground.options)
    shutil.copytree(ready, lake)
    return lake


def _command(ground: Ground, case: str, lake: Path, path: Path | None = None) -> list[str]:
    python = [sys.executable, "-m"]
    batch = ["--batch-rows", str(ground.options.batch_rows)]
    if case == "refresh":
        return [*python, "troth.cli.main", "kpi", "--lake", str(lake), *(f"--kpi={kpi}" for kpi in KPIS)]
    module = "troth.cli.main" if case == "import" else "benchmarks.quality.crash"
    command = [*python, module, "import", "csv", str(path or ground.second), "--lake", str(lake), *batch]
    return command if case == "compact" else [*command[:5], str(path or ground.first), *command[6:]]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _process(ground: Ground, case: str, lake: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(ground, case, lake), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def state(lake: Lake) -> State:
    """Return the number of settled events and a sum over all they are; every current file is read in full."""
    with lake.session() as con:
        found = con.sql(f"SELECT count(*), coalesce(sum(hash(e)), 0) FROM ({lake.settled()}) e").fetchone()
        for table in sorted(lake.root.glob("timelines/*/*")):
            files = Shelf(table, lake.events.schema).files()
            for path in files["base"] + files["tail"]:
                con.sql(f"SELECT sum(hash(t)) FROM read_parquet('{path}', hive_partitioning = false) t").fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _states(ground: Ground, case: str) -> list[State]:
    """Return the state after each number of batches, made one by one without any kill."""
    if case == "refresh":
        return [state(Lake(ground.folder / "refresh-ready"))]
    lake = Lake(_start(ground, case, ground.folder / f"{case}-steps"))
    states = [state(lake)]
    path = ground.first if case == "import" else ground.second
    for number, batch in enumerate(reader("csv").read(path, ground.options)):
        lake.events.append(check(batch.drafts)[0], batch=("steps", number))
        # The batch that ends a file has no rows: after it all is as before.
        if (now := state(lake)) != states[-1]:
            states.append(now)
    return states


def figures(lake: Path) -> list[dict[str, Any]]:
    asked = Query(kpis=KPIS, by=("queue",), start=date(2026, 1, 5), end=date(2026, 1, 12))
    return [figure.as_dict() for figure in query(Lake(lake), asked)]


@dataclass(frozen=True, slots=True)
class Kill:
    """What a kill did: when it fell, the batches landed of all there are, and whether it left whole batches, no fewer than before."""

    case: str
    moment: str
    landed: int
    of: int
    whole: bool
    seconds: float


def killed(ground: Ground, case: str, *, seeds: Sequence[int]) -> tuple[list[Kill], bool]:
    """Kill a run again and again, once a seed; return the kills, and whether a last run made everything good."""
    lake = _start(ground, case, ground.folder / f"{case}-{seeds[0]}")
    kills: list[Kill] = []
    for seed in seeds:
        kills.append(_kill(ground, case, lake, seed=seed, before=kills[-1].landed if kills else 0))
    _run(_command(ground, case, lake))
    mended = state(Lake(lake)) == ground.states[case][-1] and figures(lake) == ground.figures[case]
    shutil.rmtree(lake)
    return kills, mended


def _kill(ground: Ground, case: str, lake: Path, *, seed: int, before: int) -> Kill:
    began = time.monotonic()
    draw = random.Random(seed)
    # A kill in every fifth of the way: what an earlier one left done is not done again.
    target = _commits(lake) + draw.randint(0, max(1, ground.commits[case] // (KILLS - 1)))
    delay = draw.uniform(0, 1.5 * ground.seconds[case] / ground.commits[case])
    left = set(lake.glob(".spill-*/lock"))
    process = _process(ground, case, lake)
    while process.poll() is None and set(lake.glob(".spill-*/lock")) <= left:
        time.sleep(0.001)
    while process.poll() is None and _commits(lake) < target:
        time.sleep(0.001)
    time.sleep(delay)
    late = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    states = ground.states[case]
    found = state(Lake(lake))
    landed = states.index(found) if found in states else -1
    moment = "too late" if late else case if case == "refresh" else _moment(landed, len(states) - 1)
    return Kill(case, moment, landed, len(states) - 1, landed >= before, time.monotonic() - began)


def _moment(landed: int, of: int) -> str:
    return "before the first" if landed == 0 else "between commits" if landed < of else "after the last"


def main() -> int:
    """Run the benchmark; the status is 1 if any kill did harm."""
    options = parser(__doc__)
    args = options.parse_args()
    seeds = args.seeds or case_set("crash", args.set)["seeds"]
    kills: list[Kill] = []
    harmed = 0
    with tempfile.TemporaryDirectory(prefix="troth-crash-") as folder:
        ground = prepared(Path(folder))
        for turn, first in enumerate(range(1, seeds + 1, KILLS)):
            case = CASES[turn % len(CASES)]
            numbers = range(first, min(first + KILLS, seeds + 1))
            done, mended = killed(ground, case, seeds=numbers)
            kills += done
            harmed += sum(not k.whole for k in done) + (not mended)
            for seed, k in zip(numbers, done, strict=True):
                good = k.whole and mended
                if args.json:
                    print(
                        line(
                            bench="crash",
                            case=case,
                            seed=seed,
                            seconds=k.seconds,
                            value=k.landed,
                            reference=k.of,
                            feasible=good,
                            moment=k.moment,
                        ),
                        flush=True,
                    )
                elif not good:
                    print(f"seed {seed}, mended {mended}: {k}", flush=True)
    if not args.json:
        print(f"{len(kills)} kills, {harmed} did harm.")
        for (case, moment), count in sorted(collections.Counter((k.case, k.moment) for k in kills).items()):
            print(f"  {case:<8} {moment:<17} {count}")
    return int(harmed > 0)


def _with_low_limits() -> int:
    """Run the command line with limits so low that a small import refreshes, compacts and sweeps."""
    for module, name, value in _LIMITS:
        setattr(module, name, value)
    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_with_low_limits() if sys.argv[1:2] == ["import"] else main())
