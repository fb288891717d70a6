"""Outbox: does every live fact reach the lake exactly once, whatever is killed, restored or moved?

    python -m benchmarks.quality.outbox [--seeds 20] [--set quick|issue|full] [--json]

Each seed is the life of a site of its own: PostgreSQL, the web and two exporters as processes; three customers' programs
join and leave, three clerks call, answer and finish through the API as fast as it answers. Ten times, at random moments,
SIGKILL goes to an exporter, the web, one process of the database or all of them. In every life a backup is taken on the
way; in two of three lives it is restored later, half of the times without telling the outbox; in every other life the
database moves to another server. Exporters compact the lake all the while. Afterwards

- every fact of the database must be in the lake, settled once, column by column as it was written, and everything in
  the lake must be a fact of the database, or one that a restore took from it;
- every ticket the API has given out since the last restore must be there with its fact;
- figures of the lake must equal plain loops over the database's facts (tests/kpi/reference*.py).

`value` is the number of facts settled in the lake, `reference` the number there must be; `doubles` the facts that stand
in more than one file, which settle to one. A seed gives its line when it is done: whoever is interrupted goes on with
``--first``.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._outbox_world import TARGETS, Site
from tests.kpi import logs, reference_kpis, reference_outcomes
from tests.kpi.reference_world import KPIS, World
from troth.core.time import Calendar
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.log.store import scan

KILLS = 10
FIGURES = ("flow.volume", "speed.answer", "flow.abandonment", "promise.kept", "speed.handle/service")
#: Modules that fill the register of references when they are imported.
REFERENCES = (reference_kpis, reference_outcomes)


@dataclass(slots=True)
class Found:
    """What a life left behind."""

    facts: int = 0
    settled: int = 0
    doubles: int = 0
    calls: int = 0
    failures: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def lived(seed: int, *, folder: Path, programs: Path, form: Path, kills: int = KILLS) -> Found:
    """Live one life and look at what it left behind."""
    draw, found = random.Random(seed), Found()
    site = Site(folder, programs=programs, form=form)
    gone: set[str] = set()
    saved, back, moved = kills // 4, 2 * kills // 3 if seed % 3 else -1, kills // 2 if seed % 2 else -1
    try:
        site.begin()
        for number in range(kills):
            # One in five falls on a site that is still starting.
            if draw.random() < 0.8:
                site.ready()
            time.sleep(draw.uniform(0.05, 0.8))
            target = draw.choice(TARGETS)
            site.kill(target, draw)
            found.killed[target] += 1
            if number == saved:
                site.save()
            if number == moved:
                site.move()
                found.killed["move"] += 1
            if number == back:
                gone |= site.restore(told=bool(draw.getrandbits(1)))
                found.killed["restore"] += 1
        site.ready()
        site.end()
        _judge(site, found, gone=gone)
    finally:
        site.close()
        if found.wrong:
            for log in sorted(folder.glob("*.log")):
                print(f"{log.name}:\n{log.read_text('utf-8')[-3000:]}", file=sys.stderr)
    return found


def _judge(site: Site, found: Found, *, gone: set[str]) -> None:
    if waiting := site.waiting():
        found.wrong.append(f"{waiting} facts are still waiting")
        return
    lake = Lake(site.lake)
    files = lake.events.files()
    with lake.session() as con:
        raw = con.sql(f"SELECT source_id FROM ({scan(files['base'] + files['tail'], STORED)})").fetchall()
        rows = con.sql(lake.settled()).fetch_arrow_table().to_pylist()
    held = Counter(row["source_id"] for row in rows)
    found.doubles = len(raw) - len({i for (i,) in raw})
    mine = site.ids()
    found.settled, found.facts = len(rows), len(mine | (set(held) & gone))
    found.calls, found.failures = site.doings.calls, site.doings.failures
    for what, ids in (
        ("facts are not in the lake", mine - set(held)),
        ("rows of the lake were never facts", set(held) - mine - gone),
        ("facts count twice", {i for i, n in held.items() if n > 1}),
    ):
        if ids:
            found.wrong.append(f"{len(ids)} {what}")
    _contents(site, found, rows)
    _tickets(site, found, rows)
    _figures(lake, found, rows, _facts(site))


def _facts(site: Site) -> list[dict[str, Any]]:
    """Return the facts of the database as rows of the lake."""
    names = ("source_id", "version", "occurred_at", "recorded_at", "activity", "event")
    told = site.rows(f"SELECT {', '.join(names)} FROM outbox_fact")
    facts = []
    for row in told:
        one = dict(zip(names, row, strict=True))
        event = one.pop("event")
        facts.append({**dict.fromkeys(STORED.names), **event, **one, "source_id": str(one["source_id"])})
    return facts


def _contents(site: Site, found: Found, rows: list[dict[str, Any]]) -> None:
    by_id = {row["source_id"]: row for row in rows}
    changed = 0
    for fact in _facts(site):
        row = by_id.get(fact["source_id"], fact)
        # The check fills these in.
        changed += any(row[c] != fact[c] for c in STORED.names if c not in {"source", "actor"})
    if changed:
        found.wrong.append(f"{changed} facts have changed on the way")


def _tickets(site: Site, found: Found, rows: list[dict[str, Any]]) -> None:
    queued = {row["contact_id"] for row in rows if row["activity"] == "queued"}
    known = {token: str(contact) for token, contact in site.rows("SELECT token, contact_id FROM flow_ticket")}
    told = site.doings.joined[-1]
    lost = [token for token in told if known.get(token) not in queued]
    if lost:
        found.wrong.append(f"{len(lost)} of {len(told)} tickets given out are lost")


def _figures(lake: Lake, found: Found, rows: list[dict[str, Any]], facts: list[dict[str, Any]]) -> None:
    """Compare figures of the lake with plain loops over the facts."""
    # What a restore took from the database is known to the lake alone.
    mine = {fact["source_id"] for fact in facts}
    events = [_event(row) for row in [*facts, *(row for row in rows if row["source_id"] not in mine)]]
    world = World(events, Params(), lambda _: 0, (), lambda _: Calendar.always(time_zone="UTC"))
    asked = Query(kpis=FIGURES, time_zone="UTC")
    for figure in query(lake, asked):
        name = f"{figure.id}/{figure.variant}" if figure.variant else figure.id
        items = list(KPIS[name](world))
        above, below = sum(item.num for item in items), sum(item.den for item in items)
        total = figure.id == "flow.volume"
        expected = above if total else above / below if below else None
        value = figure.value
        if expected is None or value is None:
            same = value is expected
        else:
            same = abs(value - expected) <= 1e-9 * abs(expected) and figure.n == sum(item.counts for item in items)
        if not same:
            found.wrong.append(f"{name} is {figure.value} of {figure.n}, should be {expected}")


def _event(row: dict[str, Any]) -> logs.Event:
    names = {f.name for f in logs.Event.__dataclass_fields__.values()} - {"at", "attributes", "actor"}
    attributes = json.loads(row["attributes"] or "{}")
    actor = row["actor"] or ("human" if row["agent_id"] else None)
    told = {name: row[name] for name in names}
    return logs.Event(at=row["occurred_at"].astimezone(UTC), attributes=attributes, actor=actor, **told)


def main(args: Sequence[str] | None = None) -> int:
    """Run the benchmark; the status is 1 if anything was lost, double or changed."""
    options = parser(__doc__)
    options.add_argument("--first", type=int, default=1, metavar="SEED", help="go on with this seed")
    asked = options.parse_args(args)
    seeds = asked.seeds or case_set("outbox", asked.set)["seeds"]
    good, total = True, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="troth-outbox-") as made:
        home = Path(made)
        home.chmod(0o711)
        for seed in range(asked.first, seeds + 1):
            folder = home / f"life-{seed}"
            folder.mkdir(mode=0o711)
            began = time.monotonic()
            found = lived(seed, folder=folder, programs=home / "programs", form=home / "form")
            seconds = time.monotonic() - began
            shutil.rmtree(folder)
            good &= not found.wrong
            total += found.killed
            _tell(seed, seconds, found, json=asked.json)
    if not asked.json:
        print(", ".join(f"{n} {what}" for what, n in sorted(total.items())))
    return 0 if good else 1


def _tell(seed: int, seconds: float, found: Found, *, json: bool) -> None:
    if json:
        more: dict[str, Any] = {
            "doubles": found.doubles,
            "calls": found.calls,
            "failures": found.failures,
            "killed": dict(found.killed),
            "wrong": found.wrong,
        }
        said = line(
            bench="outbox", case="life", seed=seed, seconds=seconds, value=found.settled, reference=found.facts,
            feasible=not found.wrong, **more,
        )  # fmt: skip
        print(said, flush=True)
    else:
        wrong = "; ".join(found.wrong) or "all there, once"
        print(
            f"life {seed}: {sum(found.killed.values())} blows, {found.calls} calls, {found.settled} facts,"
            f" {found.doubles} doubles: {wrong}", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
