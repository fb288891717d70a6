"""The demo's contact centre staffed from a forecast of its own past, and lived through by the demo's own event loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from troth.capacity.staffing import (
    SkillGroup,
    StaffedQueue,
    StaffingParams,
    StaffingPlan,
    StaffingProblem,
    Stop,
    paces,
    side_by_side,
    solve,
)
from troth.core.time import Calendar, Grid, Step, start_of_day, to_micros, zone
from troth.demand import ForecastProblem, Series
from troth.demand import solve as forecast
from troth.demo import UNTIL, Controls, Shift, Truth, World, demo_company
from troth.queueing import fit_patience
from troth.queueing.twin import Routing, Times

#: History to learn from, then the week that is judged.
HISTORY, WEEK = 70, 7
QUEUES = ("calls", "calls-en")
ZONE = "Europe/Vilnius"
_HOURS = "Mon-Fri 08:00-19:00; Sat 09:00-15:00"
_LEVELS = (np.arange(512) + 0.5) / 512


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was stated of a queue on a day, and what came."""

    queue: str
    day: date
    stated: float
    expected: float
    level: float
    offered: int


def company(*, seed: int) -> Truth:
    """Return the company at three times its usual size, its contact centre with as many people as a plan may ask for.

    Each seed ends two weeks before the one before, so that weeks of all seasons are judged, with and without holidays.
    """
    until = UNTIL - timedelta(days=14 * (seed - 1))
    truth = demo_company(until=until, days=HISTORY + 9, size=3.0, field=False, projects=False, foresight=False)
    site = truth.sites[0]
    more = [replace(a, agent_id=f"{a.agent_id}x{k}") for a in site.agents if a.team == "voice" for k in range(6)]
    return replace(truth, sites=(replace(site, agents=(*site.agents, *more)), *truth.sites[1:]))


def start_day(truth: Truth) -> date:
    """Return the first day that is judged, a Monday."""
    day = date.fromisoformat(truth.start) + timedelta(days=HISTORY)
    return day + timedelta(days=-day.weekday() % 7)


def outcomes(
    *, seed: int, level: float, confidences: Sequence[float], params: StaffingParams
) -> dict[float, list[Outcome]]:
    """Live through history, forecast; staff for each confidence, live through the week with that staff, and hold stated against met."""
    truth = company(seed=seed)
    first = start_day(truth)
    world = World(truth, seed, sites=(0,), keep=False)
    past = contacts(world.step(start_of_day(first, tz=zone(ZONE)) - timedelta(seconds=1)))
    problem = staffing(truth, past=past, first=first, seed=seed, level=level)
    end = start_of_day(first + timedelta(days=WEEK), tz=zone(ZONE))
    found = {}
    for confidence in confidences:
        plan = solve(replace(problem, confidence=confidence), stop=Stop(seconds=3600), seed=seed, params=params)
        controls = Controls(shifts=shifts(truth, plan=plan, seed=seed))
        found[confidence] = _held(plan, contacts(world.copy().step(end, controls=controls)))
    return found


def _held(plan: StaffingPlan, after: dict[str, dict[str, np.ndarray]]) -> list[Outcome]:
    """Return what was stated and what came of each queue and day."""
    found = []
    for queue in QUEUES:
        mine = after[queue]
        day = np.array([datetime.fromtimestamp(t, zone(ZONE)).date() for t in mine["queued"]])
        chance = plan.chance(queue)
        for k, one in enumerate(plan.days()):
            rows = day == one
            if rows.any() and chance.level[k] == chance.level[k] and _worked(plan, k):
                good = float((mine["wait"][rows & mine["answered"]] <= 20.0).sum()) / int(rows.sum())
                found.append(
                    Outcome(queue, one, float(chance.probability[k]), float(chance.level[k]), good, int(rows.sum()))
                )
    return found


def _worked(plan: StaffingPlan, day: int) -> bool:
    return bool(plan.staff[:, plan.problem.days()[1] == day].any())


def contacts(events: pa.Table) -> dict[str, dict[str, np.ndarray]]:
    """Return by queue when contacts were queued (seconds), how long they waited, how it ended and how long it took."""
    rows = events.select(["occurred_at", "activity", "contact_id", "queue", "agent_id"]).to_pylist()
    open_: dict[str, dict[str, Any]] = {}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        what, at = row["activity"], row["occurred_at"].timestamp()
        if what == "queued" and row["queue"] in QUEUES:
            open_[row["contact_id"]] = {
                "queued": at,
                "wait": np.nan,
                "answered": False,
                "gone": False,
                "handle": np.nan,
                "agent": "",
            }
            found[row["queue"]].append(open_[row["contact_id"]])
        elif (one := open_.get(row["contact_id"])) is not None:
            if what == "answered" and not one["answered"]:
                one |= {"wait": at - one["queued"], "answered": True, "agent": row["agent_id"] or ""}
            elif what == "abandoned" and not one["answered"]:
                one |= {"wait": at - one["queued"], "gone": True}
            elif what == "wrapped" and one["answered"]:
                one["handle"] = at - one["queued"] - one["wait"]
    names = ("queued", "wait", "answered", "gone", "handle", "agent")
    return {queue: {name: np.array([one[name] for one in ones]) for name in names} for queue, ones in found.items()}


def staffing(
    truth: Truth, *, past: dict[str, dict[str, np.ndarray]], first: date, seed: int, level: float
) -> StaffingProblem:
    """Return the question of the week from what was seen before it."""
    calendar = Calendar.weekly("care", time_zone=ZONE, hours=_HOURS, closed=_closed(truth))
    grid = Grid.of_dates(
        date.fromisoformat(truth.start) + timedelta(days=1),
        last=first - timedelta(days=1),
        step=Step.HALF_HOUR,
        time_zone=ZONE,
    )
    edges = np.array(grid.micros()) / 1e6
    series = tuple(
        Series(np.histogram(past[queue]["queued"], edges)[0].astype(float), grid, {"queue": queue}, calendar=calendar)
        for queue in QUEUES
    )
    told = forecast(ForecastProblem(series, days=WEEK, lead=4, paths=400, holidays="LT"), seed=seed)
    queues = []
    for ahead, arrivals in zip(told.series, side_by_side(told.series), strict=True):
        queue = ahead.series.key["queue"]
        seen = past[queue]
        handle = seen["handle"][np.isfinite(seen["handle"])]
        known = np.isfinite(seen["wait"])
        patience = fit_patience(seen["wait"][known], gave_up=seen["gone"][known])
        gone = int(seen["gone"].sum())
        queues.append(
            StaffedQueue(
                queue, arrivals, float(handle.mean()), level=level, patience_s=float(seen["wait"][known].sum() / gone),
                handle=Times.seen(handle), patience=Times(patience.best.lengths.quantile(_LEVELS)), open=~ahead.closed,
            )
        )  # fmt: skip
    # As in the company, one in six speaks no English.
    lead = told.of(queue=QUEUES[0])
    crew = _paces(past)
    groups = (
        SkillGroup("local", ("calls",), most=2, paces=crew),
        SkillGroup("both", QUEUES, cents_per_hour=2001, paces=crew),
    )
    return StaffingProblem(lead.grid.start, tuple(queues), groups, time_zone=ZONE, routing=Routing.LONGEST_FREE)


def _paces(past: dict[str, dict[str, np.ndarray]]) -> tuple[float, ...]:
    """Return how people differ in pace, of all groups alike, as far as the past tells."""
    known = {queue: np.isfinite(past[queue]["handle"]) for queue in QUEUES}
    people = np.concatenate([past[queue]["agent"][known[queue]] for queue in QUEUES]).tolist()
    each = [past[queue]["handle"][known[queue]] / past[queue]["handle"][known[queue]].mean() for queue in QUEUES]
    return tuple(paces(people, handle_s=np.concatenate(each)).values())


def _closed(truth: Truth) -> list[date]:
    return [date.fromisoformat(day) for day, _ in truth.sites[0].holidays]


def shifts(truth: Truth, *, plan: StaffingPlan, seed: int) -> dict[tuple[str, str], tuple[Shift, ...]]:
    """Return the plan as shifts of people: who came first goes first when fewer are needed. People take turns by chance."""
    site = truth.sites[0]
    at = [to_micros(one) // 1000 for one in plan.problem.instants()]
    days, day_of = plan.problem.days()
    rng = np.random.default_rng([seed, 17])
    found: dict[tuple[str, str], tuple[Shift, ...]] = {}
    others = [a for a in site.agents if a.team == "digital"]
    for d, day in enumerate(days):
        where = np.flatnonzero(day_of == d)
        made: list[Shift] = []
        for g, group in enumerate(plan.problem.groups):
            people = [a.agent_id for a in site.agents if a.team == "voice" and set(a.queues) == set(group.queues)]
            free = iter(rng.permutation(people).tolist())
            made += [Shift(next(free), at[a], at[b]) for a, b in runs(plan.staff[g, where], first=int(where[0]))]
        if made:
            low, high = min(s.starts for s in made), max(s.ends for s in made)
            made += [Shift(a.agent_id, low, high) for a in others]
        found[site.site, day.isoformat()] = tuple(made)
    return found


def runs(staff: np.ndarray, *, first: int) -> list[tuple[int, int]]:
    """Return a number of people by interval as stretches (from, until), each of one person."""
    open_: list[int] = []
    done: list[tuple[int, int]] = []
    for t, n in enumerate([*staff.tolist(), 0]):
        while len(open_) > n:
            done.append((open_.pop(0), first + t))
        open_ += [first + t] * (n - len(open_))
    return done
