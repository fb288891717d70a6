"""How projects go in a plan: when phases end, when work starts and ends, and which promised days are not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.allocation import AllocationPlan
from troth.capacity.projects.portfolio import Portfolio, ProjectPhase

_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class MissedPromise:
    """A promised day that a plan does not keep.

    Parameters
    ----------
    work_id : of the project or deal.
    kind : ``"start"`` or ``"finish"``.
    promised : the last day that was promised.
    planned : the first day of the week in which it starts, or in which the last hours are; None if that is not in the plan.
    """

    work_id: str
    kind: str
    promised: date
    planned: date | None


@dataclass(frozen=True, slots=True)
class PlannedCourse:
    """When projects go on in a plan; weeks by their first day.

    Parameters
    ----------
    until : the day after the last.
    ends : the last working day of the week in which the last hours of a phase are, of phases that get all they need, but
        for less than a grain of each skill.
    beyond : phases that do not, by project.
    first, last : the first and last week with hours of a project or deal.
    """

    until: date
    ends: Mapping[tuple[str, str], date]
    beyond: frozenset[tuple[str, str]]
    first: Mapping[str, date]
    last: Mapping[str, date]


def course_of(plan: AllocationPlan, *, portfolio: Portfolio, until: date) -> PlannedCourse:
    """Return how the projects and deals of a portfolio go in a plan of it."""
    p, n = plan.problem, plan.problem.needs
    served = plan.served()
    done: dict[tuple[str, str, str], float] = defaultdict(float)
    weeks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for m in np.flatnonzero(served > _TINY).tolist():
        key = p.projects[int(n.project[m])], n.phase[m] if n.phase else ""
        done[*key, p.skills[int(n.skill[m])]] += float(served[m])
        weeks[key].append(int(n.week[m]))
    ends: dict[tuple[str, str], date] = {}
    beyond = set[tuple[str, str]]()
    for name, phase in _open_phases(portfolio):
        key = name, phase.phase_id
        if not any(need.remaining > 0 for need in phase.needs):
            continue
        # What is left by planning in whole hours ends no phase later.
        missing = [hours - done.get((*key, skill), 0.0) for skill, hours in _wanted(phase).items()]
        if key in weeks and max(missing) < p.grain - _TINY:
            ends[key] = _last_day(p.weeks[max(weeks[key])], portfolio.day, until)
        else:
            beyond.add(key)
    first, last = dict[str, date](), dict[str, date]()
    for (name, _), some in weeks.items():
        first[name] = min(first.get(name, date.max), p.weeks[min(some)])
        last[name] = max(last.get(name, date.min), p.weeks[max(some)])
    return PlannedCourse(until, ends, frozenset(beyond), first, last)


def _wanted(phase: ProjectPhase) -> dict[str, float]:
    """Return the hours of each skill that a phase still takes."""
    out: dict[str, float] = defaultdict(float)
    for need in phase.needs:
        out[need.skill] += need.remaining
    return out


def _open_phases(portfolio: Portfolio) -> list[tuple[str, ProjectPhase]]:
    named = [(one.project_id, one.phases) for one in portfolio.projects]
    named += [(one.deal_id, one.phases) for one in portfolio.deals]
    return [(name, phase) for name, phases in named for phase in phases if not phase.done]


def _last_day(week: date, day: date, until: date) -> date:
    """Return the Friday of a week, or the nearest day that lies in the plan."""
    friday = week - timedelta(days=week.weekday()) + timedelta(days=4)
    return max(day, min(max(friday, week), until - timedelta(days=1)))


def missed(portfolio: Portfolio, *, course: PlannedCourse, planned: Collection[str]) -> tuple[MissedPromise, ...]:
    """Return promised days of the planned projects and deals that a plan does not keep, the earliest first.

    A start is kept if hours lie in the week of the promised day or before it; a finish if in that week the last hours of
    the last phase are done. Days after the plan are not looked at.
    """
    out = []
    for one in portfolio.projects:
        if one.promised_start is not None and one.started is None:
            out += _start(one.project_id, one.promised_start, course)
        if one.promised_finish is not None:
            open_ = [phase.phase_id for phase in one.phases if not phase.done]
            out += _finish(one.project_id, open_, one.promised_finish, course)
    for deal in portfolio.deals:
        if deal.promised_start is not None:
            out += _start(deal.deal_id, deal.promised_start, course)
    known = set(planned)
    return tuple(sorted((one for one in out if one.work_id in known), key=lambda one: (one.promised, one.work_id)))


def _start(name: str, promised: date, course: PlannedCourse) -> list[MissedPromise]:
    at = course.first.get(name)
    if promised >= course.until or (at is not None and at <= promised):
        return []
    return [MissedPromise(name, "start", promised, at)]


def _finish(name: str, open_: list[str], promised: date, course: PlannedCourse) -> list[MissedPromise]:
    if promised >= course.until or not open_:
        return []
    at = course.last.get(name)
    whole = not any((name, phase) in course.beyond for phase in open_)
    if whole and (at is None or at <= promised):
        return []
    return [MissedPromise(name, "finish", promised, at if whole else None)]
