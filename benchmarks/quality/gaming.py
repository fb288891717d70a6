"""Gaming: of those who game a figure in a made-up company, how many are named; and how many who do not?

    python -m benchmarks.quality.gaming [--set quick|issue|full] [--seeds N] [--first SEED] [--jobs N] [--json]

For each seed four months of a contact centre and a help desk (`troth.demo`) are lived through twice with the same
chances: clean, and with one person planted for each of the five patterns (`troth.demo.gaming`). Both are imported and
looked through as `troth gaming` does. A line a pattern and seed: `value` is how many of the planted were named,
`reference` how many there were, `false_planted` and `false_clean` how many others were named for that pattern in the
planted and in the clean company, `judged` how many people were judged in the clean one, `feasible` whether all planted
were named and nobody else. Seeds begin at `--first`: those from 101 on are for trying things out, 1 to 20 for telling.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.quality._common import case_set, line, parser
from troth.demo import demo_company
from troth.demo.gaming import gamers, plant
from troth.demo.tables import write_tables
from troth.demo.truth import Truth
from troth.demo.world import World
from troth.kpi.gaming import PATTERNS, suspicions
from troth.log.ingest import ingest
from troth.log.lake import Lake

_UNTIL: Final = datetime(2026, 6, 30, 7, 40, tzinfo=UTC)
#: The contact centre and the help desk of the demo company; its branches take neither calls nor tickets.
_SITES: Final = (0, 3)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found for one pattern of one seed: who was planted, and who was named where."""

    seed: int
    pattern: str
    planted: frozenset[str]
    named: frozenset[str]
    clean: frozenset[str]
    judged: int
    seconds: float

    @property
    def hit(self) -> int:
        """How many of the planted were named."""
        return len(self.planted & self.named)


def main(args: Sequence[str] | None = None) -> int:
    """Live through all seeds; the status is 1 if anybody planted was missed, or anybody else named."""
    options = _options(args)
    asked = case_set("gaming", options.set)
    seeds = range(options.first, options.first + (options.seeds or asked["seeds"]))
    found: list[Seen] = []
    for several in _lived(seeds, days=asked["days"], jobs=options.jobs):
        found += several
        for one in several:
            _tell(one, json=options.json)
    if not options.json:
        _summary(found)
    return int(any(one.named != one.planted or one.clean for one in found))


def _options(args: Sequence[str] | None) -> Any:
    made = parser(__doc__)
    made.add_argument("--first", type=int, default=1, metavar="SEED", help="the first seed")
    made.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    return made.parse_args(args)


def _lived(seeds: range, *, days: int, jobs: int) -> Iterator[list[Seen]]:
    if jobs == 1:
        yield from (lived(seed, days) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(lived, seeds, [days] * len(seeds))


def lived(seed: int, days: int) -> list[Seen]:
    """Return what is found in the company of one seed, planted and clean.

    Parameters
    ----------
    seed : of the company's chances and of the planting.
    days : how long.
    """
    began = time.monotonic()
    truth = demo_company(until=_UNTIL, days=days, size=1.0)
    events = World(truth, seed, sites=_SITES, keep=False).step(_UNTIL)
    who = gamers(truth)
    with tempfile.TemporaryDirectory() as folder:
        planted, _ = _looked(Path(folder) / "planted", truth, plant(events, who=who, seed=seed))
        clean, judged = _looked(Path(folder) / "clean", truth, events)
    seconds = time.monotonic() - began
    return [
        Seen(seed, kind, frozenset(who.get(kind, ())), planted[kind], clean[kind], judged[kind], seconds)
        for kind in PATTERNS
    ]


def _looked(folder: Path, truth: Truth, events: pa.Table) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    write_tables(folder / "demo" / "reference", truth=truth)
    (folder / "demo" / "truth.json").write_text("{}", encoding="utf-8")
    pq.write_table(events, folder / "demo" / "events-0000.parquet")
    lake = Lake(folder / "lake")
    ingest(lake, paths=[folder / "demo"], source="troth")
    found = suspicions(lake)
    named = {one.pattern.id: frozenset(f.agent for f in one.findings if f.suspicious) for one in found}
    return named, {one.pattern.id: len(one.findings) for one in found}


def _tell(one: Seen, *, json: bool) -> None:
    others = len(one.named - one.planted)
    if json:
        said = line(
            bench="gaming", case=one.pattern, seed=one.seed, seconds=one.seconds, value=one.hit, reference=len(one.planted),
            feasible=one.named == one.planted and not one.clean, false_planted=others, false_clean=len(one.clean), judged=one.judged,
        )  # fmt: skip
        print(said, flush=True)
    elif one.named != one.planted or one.clean:
        missed = one.planted - one.named
        print(
            f"seed {one.seed} {one.pattern}: missed {sorted(missed)}, others {others}, in the clean company {sorted(one.clean)}"
        )


def _summary(found: Sequence[Seen]) -> None:
    by: Mapping[str, list[Seen]] = defaultdict(list)
    for one in found:
        by[one.pattern].append(one)
    print(
        "| pattern | planted | named | others named beside them | named in a clean company | judged |\n|---|---:|---:|---:|---:|---:|"
    )
    for kind, rows in by.items():
        cells = (
            sum(len(one.planted) for one in rows), sum(one.hit for one in rows), sum(len(one.named - one.planted) for one in rows),
            sum(len(one.clean) for one in rows), sum(one.judged for one in rows),
        )  # fmt: skip
        print(f"| `{kind}` | {' | '.join(map(str, cells))} |")
    seeds = {one.seed for one in found}
    told = {seed for seed in seeds if any(one.clean for one in found if one.seed == seed)}
    print(f"{len(told)} of {len(seeds)} clean companies have anybody named.")


if __name__ == "__main__":
    sys.exit(main())
