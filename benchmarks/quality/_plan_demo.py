"""A month of the demo's contact centre planned from its lake, and lived through by the demo's own event loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from troth.capacity.month import SITE, MonthPlan, MonthQuestion, plan_month
from troth.capacity.roster import Duty
from troth.capacity.staffing.read import StaffingAims
from troth.core.spans import instant_at, start_of_day, to_micros, zone
from troth.demo import UNTIL, Controls, Shift, Truth, World, demo_company, write
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions

#: Days to learn from, and days that are planned and judged.
HISTORY, DAYS = 180, 28
ZONE: Final = "Europe/Vilnius"
CONTACTS: Final = ("sla.service_level/", "speed.answer/", "flow.abandonment/")
TIME: Final = ("load.occupancy/",)
_DUE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A figure foreseen, and what it became."""

    kpi: str
    member: str
    low: float
    median: float
    high: float
    real: float

    @property
    def held(self) -> bool:
        """Tell whether reality lies within."""
        return self.low <= self.real <= self.high


def company(*, seed: int, size: float) -> tuple[Truth, date]:
    """Return the company's contact centre and the first day that is planned, a Monday. Months of seeds lie four weeks apart."""
    until = UNTIL - timedelta(days=28 * (seed - 1))
    first = until.date() - timedelta(days=DAYS)
    first -= timedelta(days=first.weekday())
    truth = demo_company(until=until, days=HISTORY + DAYS + 7, size=size, field=False, projects=False, foresight=False)
    return replace(truth, sites=truth.sites[:1]), first


def course(seed: int) -> int:
    """Return the seed of the demo's chance: none that anything was tried on."""
    return 500 + seed


def planned(folder: Path, *, seed: int, size: float, seconds: float) -> tuple[Truth, MonthPlan, dict[str, float]]:
    """Write the past of a fresh company, import it, and plan the month after; with what each step took."""
    truth, first = company(seed=seed, size=size)
    until = start_of_day(first, tz=zone(ZONE)) - timedelta(seconds=1)
    began = time.monotonic()
    write(folder / "data", truth=truth, seed=course(seed), until=until, workers=1)
    lake = lake_of(folder / "data", folder / "lake")
    made = time.monotonic() - began
    aims = StaffingAims(level=0.8, within_s=20.0, confidence=0.8, out_of_office=truth.sites[0].absence)
    question = MonthQuestion(truth.sites[0].site, first, DAYS, holidays="LT", aims=aims, seconds=seconds, seed=seed)
    return truth, plan_month(lake, question=question), {"past": made}


def lake_of(data: Path, place: Path) -> Lake:
    """Import a folder of the demo into a lake."""
    lake = Lake(place)
    ingest(lake, source="troth", paths=[data], options=ReadOptions(), now=datetime.now(UTC))
    return lake


def lived(truth: Truth, plan: MonthPlan, *, seed: int) -> pa.Table:
    """Return what happens in the month under the plan's roster: the same course up to it, then the roster's shifts."""
    world = World(truth, course(seed), sites=(0,), keep=False)
    first, tz = plan.question.first, zone(ZONE)
    world.step(start_of_day(first, tz=tz) - timedelta(seconds=1))
    end = start_of_day(plan.question.last + timedelta(days=1), tz=tz)
    return world.step(end, controls=Controls(shifts=shifts(truth, plan, seed=seed)))


def shifts(truth: Truth, plan: MonthPlan, *, seed: int) -> dict[tuple[str, str], tuple[Shift, ...]]:
    """Return the roster as shifts with their breaks; now and then somebody is away at short notice, as in the company's own plan."""
    site, problem = truth.sites[0], plan.roster.problem
    rng = np.random.default_rng([seed, 2311])
    days = {problem.date_of(d).isoformat(): list[Shift]() for d in range(problem.days)}
    for duty in plan.roster.duties:
        if rng.random() >= site.absence:
            days[problem.date_of(duty.day).isoformat()].append(_shift(plan, duty))
    return {(site.site, day): tuple(made) for day, made in days.items()}


def _shift(plan: MonthPlan, duty: Duty) -> Shift:
    problem = plan.roster.problem
    tz = zone(problem.time_zone)

    def at(minute: int) -> int:
        found = instant_at(problem.date_of(duty.day), minute=problem.begins + duty.start + minute, tz=tz)
        return to_micros(found) // 1000

    pauses = tuple((at(a), (b - a) * 60.0, "break") for activity, a, b in duty.stretches if not activity)
    return Shift(duty.agent_id, at(0), at(duty.length), pauses)


def real(folder: Path, plan: MonthPlan, events: pa.Table) -> dict[tuple[str, str], float]:
    """Return the month's figures as the KPI engine computes them from what happened."""
    data = folder / "next"
    data.mkdir()
    pq.write_table(events, data / "events-00.parquet")
    tables = data / "reference"
    tables.mkdir()
    for one in (folder / "data" / "reference").glob("*.csv"):
        (tables / one.name).write_bytes(one.read_bytes())
    lake = lake_of(data, folder / "after")
    tz = zone(ZONE)
    start, end = start_of_day(plan.question.first, tz=tz), start_of_day(plan.question.last + timedelta(days=1), tz=tz)
    live = [one.queue for one in plan.staffing.problem.queues if not one.deferred]
    within = plan.question.aims.within_s
    found: dict[tuple[str, str], float] = {}

    def ask(kpis: tuple[str, ...], by: tuple[str, ...], where: dict[str, list[str]]) -> None:
        params = Params(service_level_s=within)
        for one in query(lake, Query(kpis, by, start, end, None, where, time_zone=ZONE, params=params)):
            member = str(one.by[by[0]]) if by else SITE
            if one.value is not None:
                found[one.id, member] = float(one.value)

    for by in ((), ("queue",)):
        ask(CONTACTS, by, {"queue": live})
    for by in ((), ("team",)):
        ask(TIME, by, {})
    found |= _done(plan, events, end)
    return found


def _done(plan: MonthPlan, events: pa.Table, end: datetime) -> dict[tuple[str, str], float]:
    """Return which share of the work that can wait was done by when it was due."""
    found = {}
    for one in plan.staffing.problem.queues:
        if one.deferred:
            came, sent = dict[str, Any](), dict[str, Any]()
            for row in events.select(["occurred_at", "activity", "contact_id", "queue"]).to_pylist():
                if row["queue"] == one.queue and row["contact_id"]:
                    if row["activity"] == "message_received":
                        came.setdefault(row["contact_id"], row["occurred_at"])
                    elif row["activity"] == "message_sent":
                        sent.setdefault(row["contact_id"], row["occurred_at"])
            within = timedelta(seconds=one.within_s)
            due = [name for name, at in came.items() if at + within <= end]
            good = sum(name in sent and sent[name] - came[name] <= within for name in due)
            found["done_in_time", one.queue] = good / max(len(due), 1)
    return found


def compared(plan: MonthPlan, came: dict[tuple[str, str], float]) -> Iterator[Held]:
    """Yield each figure that was foreseen and has come."""
    for one in plan.prospect.figures:
        value = came.get((one.kpi, one.member))
        if value is not None and np.isfinite(one.whole).any():
            low, high = one.band()
            yield Held(one.kpi, one.member, low, one.median, high, value)
