"""The whole way: from a lake to a roster of named people and the figures to be expected under it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from troth.capacity import roster as rostering
from troth.capacity import staffing
from troth.capacity.month._level import doubted, level_doubt
from troth.capacity.month._watch import Watch
from troth.capacity.month.crew import crew_of
from troth.capacity.month.facts import SiteFacts
from troth.capacity.month.plan import USUAL_DUE_S, MonthPlan, MonthQuestion, check_question
from troth.capacity.month.problem import ProspectProblem
from troth.capacity.month.prospect import Prospect
from troth.capacity.month.read import known_until, site_facts
from troth.capacity.month.solve import ProspectParams
from troth.capacity.month.solve import solve as foresee
from troth.capacity.roster.read import problem_of as roster_problem
from troth.capacity.staffing.read import problem_of as staffing_problem
from troth.core.decision import Issue, Status
from troth.core.errors import InputError
from troth.core.time import Grid, local_date, start_of_day, zone
from troth.demand import DemandForecast, SeriesForecast
from troth.demand.ask import answer, ask
from troth.log.lake import Lake

#: Parts of the time for the search for staff and for the roster; the rest is for the prospect.
_STAFFING, _ROSTER, _PROSPECT = 0.35, 0.4, 0.25
#: So many futures are lived through whatever the time, unless somebody wishes to stop.
_LEAST: Final = 100
#: What two people too many at once cost more than one twice, as a roster has it.
_SQUARE: Final = 5.0


def plan_month(
    lake: Lake,
    *,
    question: MonthQuestion,
    known: tuple[SiteFacts, datetime] | None = None,
    asked_to_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> MonthPlan:
    """Forecast who comes, find who is needed, make a roster, and foresee the month under it.

    Parameters
    ----------
    known : what `examined` returned for the question; it is called if left out.
    asked_to_stop : asked now and then. Once it says so the step that is running ends with the best it has, and those to come take
        a few seconds each.
    on_progress : told the share done and the step.

    Raises
    ------
    InputError
        Everything wrong with the question and with what the lake has for it, before anything is computed.
    """
    watch = Watch(question.seconds, asked_to_stop, on_progress)
    watch.tell(0.0, step="reading the past")
    facts, until = known or examined(lake, question=question)
    watch.done("facts")
    told = forecast_month(
        lake, question=question, facts=facts, until=until, on_progress=watch.part(0.05, 0.15, step="forecast")
    )
    watch.done("forecast")
    needs, doubts = needs_of(lake, question=question, forecast=told, facts=facts, until=until)
    staff = staffing.solve(
        needs, stop=watch.stop(_STAFFING), seed=question.seed, on_progress=watch.part(0.15, 0.5, step="staffing")
    )
    watch.done("staffing")
    problem, more = roster_of(lake, question=question, staff=staff)
    made = _rostered(problem, question, watch)
    watch.done("roster")
    crew = crew_of(problem, duties=made.duties, groups={one.group: one.queues for one in needs.groups}, facts=facts)
    foreseen = _foreseen(
        ProspectProblem(needs, crew, question.aims.out_of_office, question.aims.in_office, facts.callbacks),
        question,
        watch,
    )
    watch.done("prospect")
    issues = dict.fromkeys((*facts.issues, *told.issues, *doubts, *staff.issues, *more))
    return MonthPlan(
        question, facts, until, told, staff, made, foreseen, _status(made, foreseen, stopped=watch.stopped), tuple(issues),
        watch.seconds,
    )  # fmt: skip


def _status(made: rostering.RosterPlan, foreseen: Prospect, *, stopped: bool) -> Status:
    if made.status is Status.INFEASIBLE:
        return Status.INFEASIBLE
    return Status.STOPPED if stopped or made.broken or foreseen.status is Status.STOPPED else Status.FEASIBLE


def examined(lake: Lake, *, question: MonthQuestion) -> tuple[SiteFacts, datetime]:
    """Return the facts of the site and when the past ends.

    Raises
    ------
    InputError
        Everything wrong with the question and the lake.
    """
    issues = check_question(question)
    try:
        until = known_until(lake, first=question.first, as_of=question.as_of, site=question.site)
        facts = site_facts(lake, site=question.site, until=until, first=question.first, weeks=question.weeks)
    except InputError as error:
        raise InputError([*issues, *error.issues]) from None
    if issues:
        raise InputError(issues)
    return facts, until


# ---- the steps ------------------------------------------------------------------------------------------------------


def forecast_month(
    lake: Lake, *, question: MonthQuestion, facts: SiteFacts, until: datetime,
    on_progress: Callable[..., None] | None = None,
) -> DemandForecast:  # fmt: skip
    """Return the forecast of the site's queues over the month's days."""
    tz = zone(facts.time_zone)
    ahead = (question.first - local_date(until, tz=tz)).days + question.days
    tell = on_progress or _silent
    asked = ask(
        lake, by=("queue",), days=ahead, every=question.every, time_zone=facts.time_zone, holidays=question.holidays,
        where={"queue": facts.queues, "site": (facts.site,)}, as_of=until, lead=min(14, ahead),
    )  # fmt: skip
    # Work that can wait comes when it comes, also while nobody is there to do it.
    series = tuple(
        replace(one, calendar=None) if one.key["queue"] in facts.waiting else one for one in asked.problem.series
    )
    asked = replace(asked, problem=replace(asked.problem, series=series))
    told = answer(
        asked, seed=question.seed, on_progress=lambda done, of: tell(0.4 * done / max(of, 1), "the days ahead")
    )
    doubt = level_doubt(
        asked.problem, seed=question.seed, on_progress=lambda share: tell(0.4 + 0.6 * share, "how wrong it was before")
    )
    return doubted(
        replace(told, series=tuple(_cut(one, question) for one in told.series)), doubt=doubt, seed=question.seed
    )


def _silent(_share: float, _word: str = "") -> None:
    """Tell nobody."""


def _cut(one: SeriesForecast, question: MonthQuestion) -> SeriesForecast:
    """Return the days asked for of a forecast that begins where the past ends."""
    grid = one.grid
    tz = zone(grid.time_zone)
    start, end = (start_of_day(day, tz=tz) for day in (question.first, question.last + timedelta(days=1)))
    edges = grid.edges()
    kept = np.array([start <= edge < end for edge in edges[:-1]])
    return replace(
        one, grid=Grid(start, end, grid.step, grid.time_zone), point=one.point[kept], mean=one.mean[kept], low=one.low[:, kept],
        high=one.high[:, kept], paths=one.paths[:, kept], closed=one.closed[kept],
    )  # fmt: skip


def needs_of(
    lake: Lake, *, question: MonthQuestion, forecast: DemandForecast, facts: SiteFacts, until: datetime
) -> tuple[staffing.StaffingProblem, list[Issue]]:
    """Return the staffing problem of a forecast, and doubts: what the question leaves open is as the log shows."""
    aims = replace(
        question.aims,
        due=dict.fromkeys(facts.waiting, USUAL_DUE_S) | dict(question.aims.due),
        at_once=dict(facts.at_once) | dict(question.aims.at_once),
    )
    problem, doubts = staffing_problem(lake, forecast=forecast, aims=aims, weeks=question.weeks, until=until)
    return replace(problem, routing=facts.routing), doubts


def roster_of(
    lake: Lake, *, question: MonthQuestion, staff: staffing.StaffingPlan
) -> tuple[rostering.RosterProblem, list[Issue]]:
    """Return the roster problem of what staffing asks for, and doubts: nobody missing costs less than the house says."""
    house = question.house
    needed = staffing.slot_needs(staff, first=question.first, days=question.days, slot_minutes=house.slot_minutes)
    missing = house.missing_cents * house.slot_minutes / 60
    needs = [
        rostering.SlotNeed(
            one.activity, one.floor, one.wanted, one.most, tuple(max(cents, missing) if n else 0.0 for cents, n in zip(one.under, one.wanted, strict=True)),
            over_square=_SQUARE,
        )
        for one in needed
    ]  # fmt: skip
    return roster_problem(
        lake, site=question.site, first=question.first, days=question.days, house=house, as_of=question.as_of, needs=needs,
        groups={one.group: one.queues for one in staff.problem.groups},
    )  # fmt: skip


def _rostered(problem: rostering.RosterProblem, question: MonthQuestion, watch: Watch) -> rostering.RosterPlan:
    stop, began = watch.stop(_ROSTER), time.monotonic()
    tell = watch.part(0.5, 0.85, step="roster")

    def better(value: float, _bound: float | None) -> None:
        tell(min(1.0, (time.monotonic() - began) / (stop.seconds or 1.0)), f"costs {value:,.0f}")

    return rostering.solve(problem, stop=stop, seed=question.seed, on_progress=better)


def _foreseen(problem: ProspectProblem, question: MonthQuestion, watch: Watch) -> Prospect:
    stop = watch.rest(_PROSPECT, after=("staffing", "roster"))
    # A range of few futures is itself uncertain: only who wishes to stop gets one.
    least = 20 if watch.stopped else min(question.futures, _LEAST)
    return foresee(
        problem, stop=stop, seed=question.seed, params=ProspectParams(futures=question.futures, least=least),
        on_progress=watch.part(0.85, 1.0, step="prospect"),
    )  # fmt: skip
