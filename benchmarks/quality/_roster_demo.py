"""A month's roster of the demo company's contact centre, at six times its size: through forecast, staffing and a lake."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from troth.capacity.roster import HouseRules, RosterProblem, SlotNeed
from troth.capacity.roster.read import problem_of
from troth.capacity.staffing import GroupNeed, SkillGroup, StaffedQueue, StaffingParams, StaffingProblem, slot_needs
from troth.capacity.staffing import solve as staff
from troth.core.decision import Issue
from troth.core.time import Calendar, Grid, Step, start_of_day, zone
from troth.demand import ForecastProblem, Series
from troth.demand import solve as forecast
from troth.demo import Truth, World, demo_company
from troth.demo.company import _LITHUANIA, _holidays, _staff, care_site
from troth.demo.tables import write_schedules, write_tables
from troth.log.lake import Lake
from troth.log.references import import_reference

#: History to learn from, days until the roster begins, and its own.
HISTORY, DAYS = 70, 28
#: The first day of the history; the roster begins on the Monday after it.
START = date(2026, 1, 26)
ZONE = "Europe/Vilnius"
_HOURS = "Mon-Fri 08:00-19:00; Sat 09:00-15:00"
#: Volume of the site relative to the demo's own unit, so that about 120 people are to be planned.
VOLUME = 7.7
#: Needs are found for quarters of an hour and with some confidence, for which the company's own planner, who looks at means
#: of half-hours, hires too few on the telephone, part-time work apart: so many more are there.
MORE = 33
#: Queues that customers wait in: seconds in which four of five are to be answered, contacts that one person serves at once.
LIVE = {"calls": (20.0, 1), "calls-en": (20.0, 1), "chat": (40.0, 2)}
QUEUES = (*LIVE, "mail")
#: What the first person too many in a slot costs, in cents; n of them cost n squared times as much.
SPARE = 25.0


def company(*, seed: int) -> Truth:
    """Return the demo company with its contact centre alone, scaled; every fifth person works 20 hours, every seventh 32.

    Those who are there beside the company's own staff are as the first of it, their leave three weeks later.
    """
    closed = _holidays(START.year, START.year + 1, _LITHUANIA)
    site = replace(care_site("v", volume=VOLUME), holidays=closed)
    site = _staff(site, START, HISTORY + DAYS + 14, np.random.Generator(np.random.PCG64(seed)))
    voice = [a for a in site.agents if a.team == "voice"][:MORE]
    more = [replace(a, agent_id=f"{a.agent_id}x", leave=tuple(map(_later, a.leave))) for a in voice]
    people = tuple(
        replace(a, hours_per_week=20.0 if k % 5 == 4 else 32.0 if k % 7 == 6 else 40.0)
        for k, a in enumerate((*site.agents, *more))
    )
    whole = demo_company(days=7, size=0.1, field=False, projects=False, foresight=False)
    return replace(whole, start=START.isoformat(), sites=(replace(site, agents=people),), wings=())


def _later(leave: tuple[str, str]) -> tuple[str, str]:
    first, end = (date.fromisoformat(day) + timedelta(days=21) for day in leave)
    return first.isoformat(), end.isoformat()


def first_day() -> date:
    """Return the first day of the roster, a Monday."""
    day = START + timedelta(days=HISTORY)
    return day + timedelta(days=-day.weekday() % 7)


def built(*, seed: int, house: HouseRules) -> tuple[RosterProblem, list[Issue]]:
    """Return the roster problem: ten weeks are lived through, forecast, staffed by formulas; people come from a lake."""
    truth, first = company(seed=seed), first_day()
    world = World(truth, seed, sites=(0,), keep=False)
    events = world.step(start_of_day(first, tz=zone(ZONE)) - timedelta(seconds=1))
    needs = needed(events, truth=truth, first=first, seed=seed, slot_minutes=house.slot_minutes)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        write_tables(place, truth=truth)
        write_schedules(place, truth=truth, planned={0: world.planned(0)})
        lake = Lake(place / "lake")
        for path in sorted(place.glob("*.csv")):
            import_reference(lake, path=path, stream=path.stem)
        groups = {name: (name,) for name in QUEUES}
        return problem_of(
            lake, site=truth.sites[0].site, first=first, days=DAYS, needs=needs, groups=groups, house=house
        )


def needed(events: pa.Table, *, truth: Truth, first: date, seed: int, slot_minutes: int) -> list[SlotNeed]:
    """Return the people needed by queue and slot, by Erlang's formulas over the paths of a forecast."""
    rows = events.select(["occurred_at", "activity", "contact_id", "queue"]).to_pylist()
    came: dict[str, list[float]] = {queue: [] for queue in QUEUES}
    for row in rows:
        if row["queue"] in came and row["activity"] == ("message_received" if row["queue"] == "mail" else "queued"):
            came[row["queue"]].append(row["occurred_at"].timestamp())
    grid = Grid.of_dates(
        START + timedelta(days=1), last=first - timedelta(days=1), step=Step.QUARTER_HOUR, time_zone=ZONE
    )
    closed = [date.fromisoformat(day) for day, _ in truth.sites[0].holidays]
    doors = Calendar.weekly("care", time_zone=ZONE, hours=_HOURS, closed=closed)
    edges = np.array(grid.micros()) / 1e6
    series = tuple(
        Series(np.histogram(came[queue], edges)[0].astype(float), grid, {"queue": queue}, calendar=doors if queue in LIVE else None)
        for queue in QUEUES
    )  # fmt: skip
    told = forecast(ForecastProblem(series, days=DAYS, paths=50, holidays="LT"), seed=seed)
    handle = {q.queue: q.handle_s + q.wrap_s for q in truth.sites[0].queues}
    open_ = ~told.of(queue="calls").closed
    queues = tuple(
        StaffedQueue(
            name, told.of(queue=name).paths, handle[name], level=0.8, within_s=within, patience_s=300.0, at_once=at_once,
            open=open_,
        )
        for name, (within, at_once) in LIVE.items()
    )  # fmt: skip
    groups = tuple(SkillGroup(name, (name,), open=open_) for name in LIVE)
    start = told.of(queue="calls").grid.start
    problem = StaffingProblem(start, queues, groups, slot_minutes, confidence=0.7, time_zone=ZONE)
    plan = staff(problem, seed=seed, params=StaffingParams(twin=False))
    live = slot_needs(plan, first=first, days=DAYS, slot_minutes=slot_minutes)
    mail = _letters(told.of(queue="mail").mean, open_=open_, handle_s=handle["mail"], slot_minutes=slot_minutes)
    return [SlotNeed(**asdict(one), over_square=SPARE) for one in (*live, mail)]


def _letters(mean: np.ndarray, *, open_: np.ndarray, handle_s: float, slot_minutes: int) -> GroupNeed:
    """Return the people for the mail: each week's work over its open slots, at an occupancy of 85 %.

    A missing person costs the letters of the slot, at what a contact is worth to staffing.
    """
    slots = len(mean)
    wanted = np.zeros(slots, int)
    for week in np.split(np.arange(slots), range(672, slots, 672)):
        people = mean[week].sum() * handle_s / 0.85 / (open_[week].sum() * slot_minutes * 60)
        wanted[week] = np.where(open_[week], ceil(people), 0)
    worth = 100.0 * slot_minutes * 60 / handle_s
    numbers = tuple(wanted.tolist())
    return GroupNeed("mail", (0,) * slots, numbers, numbers, tuple(np.where(wanted, worth, 0.0).tolist()))
