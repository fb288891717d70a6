"""The lake the KPI benchmark works on: a demo company's log, imported and compacted, and a thousand events more."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import parquet

from benchmarks.quality._kpi_sides import Plan
from troth.demo import demo_company, write
from troth.kpi.clocks import Clock
from troth.kpi.query import Engine
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.schema import STORED
from troth.log.store import name

DAYS = 365
#: Events that a demo company of size 1 without wings writes in a year, roughly; with field service, practice and forecasts
#: it writes 1.77 million. Logs have no wings, for figures are compared with those of older logs, from before there were any.
_A_YEAR = 1_430_000
#: Of the new events, how many are known ones: delivered once more, or corrected.
_KNOWN = 0.2


def ready(
    work: Path, *, events: int, seed: int, paths: list[Path], days: int = DAYS, workers: int | None = None
) -> Lake:
    """Return the compacted lake of a log, from an earlier run if it is there.

    Parameters
    ----------
    work : where logs and lakes are kept.
    events : about how many events a made log has.
    seed : of the made log.
    paths : folders or files to read with `troth import troth` instead.
    days : what a made log covers.
    workers : processes that make it.
    """
    if paths:
        lake = Lake(work / f"lake-of-{paths[0].absolute().name}")
    else:
        lake = Lake(work / f"lake-{events}-{days}-{seed}")
        paths = [work / f"log-{events}-{days}-{seed}"]
        if not (lake.root / "done").exists() and not (paths[0] / "done").exists():
            size = events * DAYS / days / _A_YEAR
            bare = demo_company(days=days, size=size, field=False, projects=False, foresight=False)
            write(paths[0], truth=bare, seed=seed, days=days, size=size, workers=workers)
            (paths[0] / "done").touch()
    if not (lake.root / "done").exists():
        shutil.rmtree(lake.root, ignore_errors=True)
        report = ingest(lake, source="troth", paths=[p for p in paths if p.name != "done"], now=datetime.now(UTC))
        if report.failed or not report.events:
            raise SystemExit(f"Nothing to measure: {[str(i) for i in report.issues[:5]]}")
        lake.compact()
        (lake.root / "done").touch()
    return lake


def plan(lake: Lake, work: Path, *, memory: str, threads: int | None) -> Plan:
    """Return what every side is told, and write down the closes of business days."""
    with lake.session() as con:
        engine = Engine(lake, con)
        if engine.extent is None:
            raise SystemExit("The log is empty.")
        first, last = engine.extent
        calendars, time_zone = engine.calendars, engine.time_zone
    lines = [r for r in read_reference(lake, "targets") if r["kpi"] == "worst.wait" and not r["dimension"]]
    uses = read_reference(lake, "calendar_use")
    if not lines or any(r["dimension"] != "site" for r in uses):
        raise SystemExit("The log needs a target of worst.wait, and calendars by site only: troth demo writes such.")
    closes: list[tuple[str, int]] = []
    for use in uses:
        clock = Clock(calendars[use["calendar"]], start=first - timedelta(days=9), end=last + timedelta(days=40))
        closes += [(use["member"], int(close)) for close in clock.day_closes]
    table = pa.table(
        {
            "site": [site for site, _ in closes],
            "closes_at": pa.array([close for _, close in closes], pa.timestamp("us", tz="UTC")),
        }
    )
    parquet.write_table(table, work / "closes.parquet")
    zone, epoch = ZoneInfo(time_zone), date(1970, 1, 1)
    days = [(instant.astimezone(zone).date() - epoch).days for instant in (first, last)]
    return Plan(
        lake=str(lake.root),
        files=lake.events.files()["base"],
        time_zone=time_zone,
        line_s=float(lines[0]["target"]),
        first_day=days[0],
        last_day=days[1],
        closes=str(work / "closes.parquet"),
        out=str(work / "figures.parquet"),
        memory=memory,
        threads=threads,
    )


def linked(lake: Lake, to: Path) -> Lake:
    """Return a second lake of the same files, to be added to without harm: links, for no file is ever changed."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(lake.root, to, copy_function=os.link)
    return Lake(to, memory=lake.memory)


def news(lake: Lake, folder: Path, *, events: int = 1000) -> date:
    """Write new events, and return the first day they touch.

    Most are contacts and cases like those of the last days under new names, a few minutes later; the rest are known
    events delivered once more, half of them with a newer version that happened a minute later.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    known = int(events * _KNOWN)
    columns = ", ".join(name(c) for c in STORED.names)
    new = {
        "contact_id": "'new-' || contact_id",
        "case_id": "'new-' || case_id",
        "subject_id": "'new-' || subject_id",
        "source_id": "'new-' || source_id",
        "occurred_at": "occurred_at + INTERVAL 7 MINUTE",
        "recorded_at": "recorded_at + INTERVAL 7 MINUTE",
    }
    replaced = ", ".join(f"{expression} AS {column}" for column, expression in new.items())
    with lake.session() as con:
        con.execute(f"CREATE TEMP VIEW log AS {lake.settled()}")
        con.execute("CREATE TEMP TABLE late AS FROM log WHERE case_id IS NOT NULL AND occurred_at >= "
                    "(SELECT max(occurred_at) - INTERVAL 3 DAY FROM log)")  # fmt: skip
        # Whole cases that began in the last days, as many as it takes.
        con.execute(f"""
            CREATE TEMP TABLE copied AS
            SELECT late.* FROM late SEMI JOIN (
                SELECT case_id FROM (
                    SELECT case_id, sum(count(*)) OVER (ORDER BY hash(case_id), case_id) AS so_far FROM late
                    WHERE case_id IN (SELECT case_id FROM late WHERE activity = 'opened') GROUP BY case_id)
                WHERE so_far <= {events - known}) USING (case_id)""")
        again = f"SELECT * FROM late ORDER BY hash(source_id), source_id LIMIT {known}"
        con.execute(f"""
            CREATE TEMP TABLE news AS
            SELECT {columns} FROM (SELECT * REPLACE ({replaced}) FROM copied)
            UNION ALL
            SELECT {columns} FROM (
                SELECT * REPLACE (version + odd AS version, occurred_at + INTERVAL 1 MINUTE * odd AS occurred_at)
                FROM (SELECT *, (hash(source_id) % 2)::INT AS odd FROM ({again})))""")
        found = con.sql("SELECT min(occurred_at) FROM news").fetchone()
        table = con.sql("FROM news").fetch_arrow_table().cast(STORED)
    parquet.write_table(table, folder / "events-new.parquet")
    if not found or found[0] is None:
        raise SystemExit("The last days of the log are empty.")
    first: date = found[0].astimezone(UTC).date()
    return first
