"""Growth: what an import, the timelines, the catalogue, one KPI, a scorecard and the report take, from 1 to 100 million events.

    python -m benchmarks.quality.growth [PATH ...] [--set quick|issue|full] [--events N ...] [--seeds N] [--work DIR] [--json]

For each size a demo company's year of about N events is made by the generator itself (nothing is copied or renumbered): the
same year with more customers and more agents, and beyond 12 million more sites. Every step is a process, measured whole:

make         the log; not ours to judge, but part of what a run takes
import       `troth import troth`, versions settled and compacted
timelines    every timeline with all of its columns, from nothing
catalogue    one variant of each KPI by day and queue, on the ready timelines
one KPI      `troth kpi --kpi speed.answer`
scorecard    `troth kpi --role operations-lead`
report       `troth report`

`seconds` are on the wall, `cpu` those of processors of the process and all it started, `peak_bytes` the greatest sum of
resident memory of the whole process tree, looked at twenty times a second (shared pages count for each who shares them),
`disk_bytes` what the lake takes. A step is good if it ended well within 24 GiB; the import also if the lake holds
exactly the events read, each once. Last come the exponents: the slope of a straight line through the logarithms.
A PATH (a folder that `troth import troth` reads) is measured instead. `--work` keeps logs, lakes and every measured
line, and goes on from there: what was measured before is not measured again.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.quality import _common
from troth.log.lake import Lake

#: Events of a demo company of size 1 in a year, roughly.
A_YEAR = 1_240_000
MOST_MEMORY = 24 * 2**30
STEPS = ("make", "import", "timelines", "catalogue", "one KPI", "scorecard", "report")
_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Measure:
    """What one step on one log took."""

    step: str
    events: int
    seed: int
    seconds: float
    cpu: float
    peak_bytes: int
    disk_bytes: int
    good: bool
    load: float
    date: str
    versions: dict[str, str]
    said: str = ""


def watched(command: Sequence[str], *, inside: Path) -> tuple[float, float, int, int, str]:
    """Run a command; return seconds, processor seconds and peak memory of its whole tree, exit status and output."""
    peak, over = 0, threading.Event()
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.PIPE, text=True, cwd=inside, env=_environment()
        )

        def look() -> None:
            nonlocal peak
            while not over.wait(_EVERY_S):
                peak = max(peak, _resident(process.pid))

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        assert process.stderr is not None
        with process.stderr:
            complaints = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        over.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode:
        said += complaints[-2000:]
    return seconds, used.ru_utime + used.ru_stime, max(peak, used.ru_maxrss * 1024), process.returncode, said


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]  # of all things it starts, not only of itself
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def _resident(pid: int) -> int:
    """Return the resident memory of a process and all below it, as Linux tells it."""
    there, total = Path(f"/proc/{pid}"), 0
    try:
        total = int((there / "statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        below = [
            child for task in (there / "task").iterdir() for child in (task / "children").read_text("ascii").split()
        ]
    except OSError:  # it has just ended
        return total
    return total + sum(_resident(int(child)) for child in below)


def _size(folder: Path) -> int:
    """Return the bytes of all files below a folder; a second name of a file counts once."""
    found = {(s.st_dev, s.st_ino): s.st_size for s in (p.stat() for p in folder.rglob("*") if p.is_file())}
    return sum(found.values())


def _command(step: str, *, log: Path, lake: Path, events: int, seed: int, work: Path) -> list[str]:
    troth = [sys.executable, "-m", "troth.cli.main"]
    ours = [sys.executable, "-m", "benchmarks.quality._growth_steps"]
    at = ["--lake", str(lake), "--format", "json"]
    size = f"{events / A_YEAR:.6f}"
    return {
        "make": [*troth, "demo", "--out", str(log), "--size", size, "--seed", str(seed)],
        "import": [*troth, "import", "troth", str(log), *at],
        "timelines": [*ours, "timelines", str(lake)],
        "catalogue": [*ours, "catalogue", str(lake)],
        "one KPI": [*troth, "kpi", "--kpi", "speed.answer", *at],
        "scorecard": [*troth, "kpi", "--role", "operations-lead", *at],
        "report": [*troth, "report", "--out", str(work / "report.html"), *at],
    }[step]


def _good(step: str, status: int, said: str, lake: Path) -> bool:
    """Tell whether a step did what it should."""
    if step != "import":
        return status == 0
    report = json.loads(said) if status in {0, 1} else {"events": -1, "duplicates": 0}
    # Rows that no import could take are part of the demo's dirt: status 1.
    return bool(Lake(lake).count() == report["events"] - report["duplicates"] > 0)


def _events(said: str) -> int:
    report = json.loads(said)
    return int(report["events"])


def measured(work: Path, *, events: int, seed: int, path: Path | None) -> Iterator[Measure]:
    """Yield every step on one log, from the notes of an earlier run if it is there."""
    name = path.absolute().name if path else f"{events}-{seed}"
    log, lake = path.absolute() if path else work / f"log-{name}", work / f"lake-{name}"
    notes = work / f"growth-{name}.jsonl"
    known = {m["step"]: m for m in map(json.loads, notes.read_text("utf-8").splitlines())} if notes.exists() else {}
    exact = known["import"]["events"] if "import" in known else events
    for step in STEPS:
        if step in known:
            yield Measure(**known[step])
            continue
        if step == "make" and (path or (log / "done").exists()):
            continue
        if step == "import":
            shutil.rmtree(lake, ignore_errors=True)
        if step == "timelines":
            shutil.rmtree(lake / "timelines", ignore_errors=True)
        command = _command(step, log=log, lake=lake, events=events, seed=seed, work=work)
        seconds, cpu, peak, status, said = watched(command, inside=work)
        good = _good(step, status, said, lake) and peak <= MOST_MEMORY
        if step == "make" and good:
            (log / "done").touch()
        if step == "import" and good:
            exact = _events(said)
        found = Measure(
            step=step, events=exact, seed=seed, seconds=round(seconds, 3), cpu=round(cpu, 3), peak_bytes=peak,
            disk_bytes=_size(log if step == "make" else lake), good=good, load=round(os.getloadavg()[0], 2),
            date=f"{datetime.now(UTC):%Y-%m-%d %H:%M}", versions=_common.versions(), said="" if good else said[-2000:],
        )  # fmt: skip
        if good:
            with notes.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(asdict(found)) + "\n")
        yield found
        if not good and step in {"make", "import"}:
            return


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of the least-squares line through the logarithms of points; None for fewer than two sizes."""
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    x0, y0 = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    return float(sum((x - x0) * (y - y0) for x, y in logs) / sum((x - x0) ** 2 for x, _ in logs))


def _line(one: Measure) -> str:
    more = {k: v for k, v in asdict(one).items() if k not in {"step", "seed", "seconds", "good", "versions"}}
    return _common.line(
        bench="growth", case=one.step, seed=one.seed, seconds=one.seconds, value=one.cpu, reference=None,
        feasible=one.good, **more, machine=_machine(),
    )  # fmt: skip


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}"


def _row(one: Measure) -> str:
    text = (
        f"{one.events:>12,}  {one.step:<10}  {one.seconds:9.1f} s  {one.cpu:9.1f} s  {one.peak_bytes / 2**20:8,.0f} MiB"
        f"  {one.disk_bytes / 2**20:9,.0f} MiB  load {one.load:.1f}  {one.date}"
    )
    return text if one.good else f"{text}  FAILED\n{one.said}"


def exponents(found: Sequence[Measure]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield for each step how processor seconds, wall seconds, memory and disk grow with the number of events."""
    for step in STEPS:
        mine = [m for m in found if m.step == step and m.good]
        if len({m.events for m in mine}) > 1:
            kinds = ("cpu", "seconds", "peak_bytes", "disk_bytes")
            yield step, {kind: exponent([(m.events, getattr(m, kind)) for m in mine]) for kind in kinds}


def main() -> int:
    """Run the benchmark; the status is 1 if a step failed or took more memory than it may."""
    options = _common.parser(__doc__)
    options.add_argument("--events", type=int, nargs="+", metavar="N", help="about how many events the made logs have")
    options.add_argument("--work", type=Path, help="keep logs, lakes and measurements here, and go on from there")
    args = options.parse_args()
    chosen = _common.case_set("growth", args.set)
    found: list[Measure] = []
    with tempfile.TemporaryDirectory(prefix="troth-growth-") as spare:
        work = (args.work or Path(spare)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        if not args.json:
            print(f"{_machine()}, {', '.join(f'{k} {v}' for k, v in _common.versions().items())}")
        cases = [(0, path) for path in args.paths] or [(n, None) for n in args.events or chosen["events"]]
        for events, path in cases:
            for seed in range(1, (1 if path else args.seeds or chosen["seeds"]) + 1):
                for one in measured(work, events=events, seed=seed, path=path):
                    found.append(one)
                    print(_line(one) if args.json else _row(one), flush=True)
                if not args.work and not path:  # room for the next
                    for folder in (work / f"log-{events}-{seed}", work / f"lake-{events}-{seed}"):
                        shutil.rmtree(folder, ignore_errors=True)
    for step, slopes in exponents(found):
        if args.json:
            value = slopes.pop("cpu")
            print(
                _common.line(
                    bench="growth",
                    case=f"exponent {step}",
                    seed=None,
                    seconds=0.0,
                    value=value,
                    reference=None,
                    feasible=True,
                    **slopes,
                )
            )
        else:
            print(f"{step:<10}  " + ", ".join(f"{k} {v:.2f}" for k, v in slopes.items() if v is not None))
    return int(not all(one.good for one in found))


if __name__ == "__main__":
    sys.exit(main())
