"""Write a demo company to a folder that `troth import troth` reads. The only file of this room that does I/O."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from troth.demo.clock import DAY, millis
from troth.demo.company import UNTIL, demo_company
from troth.demo.controls import Shift
from troth.demo.dirt import Dirt, Soiler
from troth.demo.doors import DoorCounter
from troth.demo.gaming import gamers, plant
from troth.demo.tables import add_tables, write_schedules, write_tables
from troth.demo.truth import Truth
from troth.demo.world import World
from troth.log.schema import STORED

#: Rows of a row group, and of a file.
GROUP_ROWS, FILE_ROWS = 250_000, 5_000_000


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the folder, event rows (repeats and newer versions included), files, bytes."""

    folder: Path
    rows: int
    files: int
    size: int


class _Files:
    """Parquet files of one site or wing, written in row groups."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.parts, self.rows, self.in_file = folder, name, 0, 0, 0
        self.held: list[pa.Table] = []
        self.writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        self.held.append(table)
        if sum(t.num_rows for t in self.held) >= GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        whole = pa.concat_tables([STORED.empty_table(), *self.held])
        self.held = []
        if self.writer is None:
            name = f"events-{self.name}{self.parts:02d}.parquet"
            self.writer = pq.ParquetWriter(self.folder / name, STORED, compression="zstd", compression_level=1)
            self.parts += 1
        self.writer.write_table(whole, row_group_size=max(1, whole.num_rows))
        self.rows += whole.num_rows
        self.in_file += whole.num_rows
        if self.in_file >= FILE_ROWS:
            self.close()

    def close(self) -> None:
        if self.held:
            self.flush()
        if self.writer is not None:
            self.writer.close()
        self.writer, self.in_file = None, 0


#: Parts of the key of the chance that soils a wing, or the counts at a site's door: no site has them.
_WING, _DOOR = 7001, 7002

_shared: dict[str, Any] = {}
_Job = tuple[Path, Truth, int, int, int, Dirt, Mapping[str, Sequence[str]]]


def _start(counter: Any) -> None:
    _shared["done"] = counter


def _site(
    folder: Path, truth: Truth, seed: int, number: int, until: int, dirt: Dirt, who: Mapping[str, Sequence[str]]
) -> tuple[int, int, tuple[Shift, ...]]:
    """Live one site through and write its events; return its number, that of the rows, and the shifts planned."""
    world = World(truth, seed, sites=(number,), keep=False)
    soiler, files, whole = Soiler(dirt, seed, number), _Files(folder, f"{number:02d}"), list[pa.Table]()
    door = _Door(folder, truth, seed, number, dirt) if truth.sites[number].door else None
    t = world.sites[0].today.starts
    gc.disable()  # nothing here refers to itself in a circle, and collecting costs a quarter of the time
    while t < until:
        t = min(t + 7 * DAY, until)
        block = world.step_site(0, until=t)
        if door is not None:
            door.add(block, t, last=t == until)
        if who:  # cases go on from week to week: the whole log is needed at once
            whole.append(block)
        else:
            files.add(soiler.soil(block, until_us=t * 1000, last=t == until))
        if "done" in _shared:
            with _shared["done"].get_lock():
                _shared["done"].value += 1
    if whole:
        files.add(soiler.soil(plant(pa.concat_tables(whole), who=who, seed=seed), until_us=until * 1000, last=True))
    files.close()
    gc.enable()
    return number, files.rows + (door.files.rows if door is not None else 0), world.planned(0)


class _Door:
    """Counts at the door of a site, in files of their own."""

    def __init__(self, folder: Path, truth: Truth, seed: int, number: int, dirt: Dirt) -> None:
        self.counter = DoorCounter(truth.sites[number], seed=seed, number=number)
        self.soiler, self.files = Soiler(dirt, seed, _DOOR, number), _Files(folder, f"{number:02d}-door-")

    def add(self, block: pa.Table, until: int, *, last: bool) -> None:
        self.files.add(self.soiler.soil(self.counter.count(block, until=until), until_us=until * 1000, last=last))
        if last:
            self.files.close()


def _wing(folder: Path, truth: Truth, seed: int, number: int, until: datetime, dirt: Dirt) -> int:
    """Live one wing through and write its events and rows of tables; return the number of events."""
    wing = truth.wings[number]
    files = _Files(folder, f"{wing.code}-")
    log = wing.live(start=truth.start, until=until, seed=seed)
    files.add(Soiler(dirt, seed, _WING, *map(ord, wing.code)).soil(log, until_us=millis(until) * 1000, last=True))
    files.close()
    add_tables(folder / "reference", rows=wing.tables(start=truth.start, until=until, seed=seed))
    return files.rows


def write(
    out_dir: Path | str,
    *,
    truth: Truth | None = None,
    seed: int = 1,
    until: datetime = UNTIL,
    days: int = 365,
    size: float = 1.0,
    dirt: Dirt | None = None,
    ends: Mapping[int, datetime] | None = None,
    gaming: bool = False,
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Written:
    """Write a company's log, reference tables and truth.

    Parameters
    ----------
    out_dir : folder to make; Parquet files of an earlier run in it are removed.
    truth : the company; None means `demo_company` of `days` and `size`.
    seed : the course of things.
    until : the log ends here; the same `until` gives the same log.
    dirt : None means the usual dirt.
    ends : by number of the site where its log ends, if that is before `until`: a site that is played live goes on from
        there by itself.
    gaming : some people make their figures better than their service; truth.json says who, and how.
    workers : processes; None means one a core, at most one a site. 1 runs in this process.
    progress : called now and then with the share done.
    """
    truth = truth or demo_company(until=until, days=days, size=size)
    dirt = dirt or Dirt()
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("events-*.parquet"), *folder.glob("reference/*.csv")):
        old.unlink()
    end = {k: millis(min(until, (ends or {}).get(k, until))) for k in range(len(truth.sites))}
    write_tables(folder / "reference", truth=truth)
    who = gamers(truth) if gaming else {}
    said = {
        "seed": seed,
        **({"gaming": who} if gaming else {}),
        "until": until.isoformat(),
        "dirt": asdict(dirt),
        "truth": truth.as_dict(),
    }
    (folder / "truth.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    jobs: list[_Job] = [(folder, truth, seed, k, end[k], dirt, who) for k in range(len(truth.sites))]
    done = _run(jobs, workers or min(len(jobs), os.cpu_count() or 1), until, progress)
    write_schedules(folder / "reference", truth=truth, planned={k: shifts for k, _, shifts in done})
    rows = sum(count for _, count, _ in done)
    for k in range(len(truth.wings)):
        rows += _wing(folder, truth, seed, k, until, dirt)
    found = sorted(folder.glob("events-*.parquet"))
    return Written(folder, rows, len(found), sum(f.stat().st_size for f in found))


def _run(
    jobs: list[_Job],
    workers: int,
    until: datetime,
    progress: Callable[[float], None] | None,
) -> list[tuple[int, int, tuple[Shift, ...]]]:
    tell = progress or _silent
    if workers == 1:
        done = []
        for k, job in enumerate(jobs):
            done.append(_site(*job))
            tell((k + 1) / len(jobs))
        return done
    context = get_context("spawn")
    counter = context.Value("q", 0)
    start = datetime.fromisoformat(jobs[0][1].start).replace(tzinfo=until.tzinfo)
    blocks = len(jobs) * max(1.0, (until - start) / timedelta(days=7))
    # The sites with most to do first, so that no process is left with a long one at the end.
    order = sorted(jobs, key=lambda job: -sum(q.per_day for q in job[1].sites[job[3]].queues))
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(counter,)) as pool:
        running = [pool.submit(_site, *job) for job in order]
        while not all(job.done() for job in running):
            tell(min(1.0, counter.value / blocks))
            _wait(running)
        tell(1.0)
        return [job.result() for job in running]


def _silent(share: float) -> None:
    """Tell nobody."""


def _wait(running: list[Any]) -> None:
    from concurrent.futures import FIRST_COMPLETED, wait

    wait([job for job in running if not job.done()], timeout=0.25, return_when=FIRST_COMPLETED)
