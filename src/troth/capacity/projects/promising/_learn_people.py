"""Who is there and what else takes their hours, learned from attendance, staff and time sheets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

import numpy as np

from troth.capacity.projects.portfolio import ReactiveLoad
from troth.capacity.projects.promising.beliefs import PaceBelief, PeopleBelief, ReactiveBelief
from troth.capacity.projects.promising.history import Attendance, Employment, PersonWeek, ProjectHistory, ReactiveDay

#: What neutral counts as: days due, spells, person-years, hirings, weekdays' days, months' days, hours worked, days of breaks.
_DUE_N, _SPELL_N, _YEARS_N, _HIRED_N, _WEEKDAY_N, _MONTH_N, _HOURS_N, _BREAK_N = (
    40.0,
    4.0,
    1.0,
    1.0,
    4.0,
    10.0,
    200.0,
    10.0,
)
#: Calendar days that are lately, and days that what is usual counts as.
_LATELY: Final = 60
_LATELY_N: Final = 15.0
#: Days without which a day's and a week's variation are not told apart.
_FEW_DAYS: Final = 15


def people(history: ProjectHistory, *, neutral: PeopleBelief) -> tuple[PeopleBelief, dict[str, int]]:
    """Learn absence, attrition and hiring; return also what they rest on."""
    due = sum(len(one.due) for one in history.attendance)
    missed = sum(len(one.missed) for one in history.attendance)
    spells = sum(_spells(one) for one in history.attendance)
    absence = (_DUE_N * neutral.absence + missed) / (_DUE_N + due)
    spell = (_SPELL_N * neutral.spell + missed) / (_SPELL_N + spells)
    years, gone, notice = _leavers(history.staff, history.since, history.day)
    rate = (_YEARS_N * neutral.attrition + len(gone)) / (_YEARS_N + years)
    days, hired = _hirings(history.staff, history.since, history.day)
    hiring = (_HIRED_N * neutral.hiring_days + days) / (_HIRED_N + hired)
    told = (neutral.notice_days + sum(notice)) / (1 + len(notice))
    found = replace(
        neutral, absence=absence, spell=max(spell, 1.0), attrition=rate, notice_days=told, hiring_days=hiring
    )
    return found, {"days due": due, "person-years": round(years), "leavers": len(gone), "hired": hired}


def _spells(one: Attendance) -> int:
    """Return how many runs of working days somebody missed."""
    return sum(1 for missed, _ in groupby(day in one.missed for day in one.due) if missed)


def _leavers(staff: Sequence[Employment], since: date, day: date) -> tuple[float, list[Employment], list[int]]:
    """Return person-years in which somebody could give notice, who did, and days from notice to the end."""
    years, gone, notice = 0.0, list[Employment](), list[int]()
    for one in staff:
        at = one.told or one.until
        quits = at is not None and since < at <= day
        years += max((min(at or day, day) - max(one.first, since)).days, 0) / 365.25
        if quits:
            gone.append(one)
            if one.told and one.until and one.told < one.until:
                notice.append((one.until - one.told).days)
    return years, gone, notice


def _hirings(staff: Sequence[Employment], since: date, day: date) -> tuple[float, int]:
    """Return days places were empty and how many were filled: who comes takes the place empty longest in the team."""
    days, filled = 0.0, 0
    for team in sorted({one.team for one in staff}):
        mine = [one for one in staff if one.team == team]
        empty = sorted(one.until for one in mine if one.until is not None and since < one.until <= day)
        for came in sorted(one.first for one in mine if since < one.first <= day):
            before = [left for left in empty if left <= came]
            if before:
                empty.remove(before[0])
                days, filled = days + (came - before[0]).days, filled + 1
        days += sum((day - left).days for left in empty)
    return days, filled


def reactive(history: ProjectHistory, *, neutral: ReactiveBelief) -> tuple[ReactiveBelief, int]:
    """Learn work that comes by itself by team, with its season and spread, who does it and what is kept free for it."""
    by: dict[str, list[ReactiveDay]] = defaultdict(list)
    for one in history.reactive:
        by[one.team].append(one)
    if not by:
        return neutral, 0
    months, loads = _months(history.reactive), list[ReactiveLoad]()
    for team, rows in sorted(by.items()):
        hours = _weekdays(rows, months)
        level = _level(rows, hours, months, history.day)
        hours = tuple(level * one for one in hours)
        day_cv, week_cv = _variation(rows, hours, months)
        loads.append(ReactiveLoad(team, hours, team, months=months, day_cv=day_cv, week_cv=week_cv))
    turn, many = _turns(history)
    found = replace(neutral, loads=tuple(loads), waits={**neutral.waits, **history.waits})
    if many:
        found = replace(found, turn=turn, on_duty=many, kept=_kept(history.weeks, many, neutral.kept))
    return found, len(history.reactive)


def _months(rows: Sequence[ReactiveDay]) -> tuple[float, ...]:
    """Return a factor of each month from all teams, near 1 where few days are known."""
    teams = len({one.team for one in rows})
    mean = sum(one.hours for one in rows) / len(rows)
    total, days = np.zeros(12), np.zeros(12)
    for one in rows:
        total[one.day.month - 1] += one.hours
        days[one.day.month - 1] += 1
    rest = _MONTH_N * teams
    return tuple(((rest + total / max(mean, 1e-9)) / (rest + days)).tolist())


def _level(rows: Sequence[ReactiveDay], hours: Sequence[float], months: Sequence[float], day: date) -> float:
    """Return how much there was lately relative to what is usual: work that comes by itself grows, or is done faster."""
    late = [one for one in rows if (day - one.day).days <= _LATELY]
    rest = _LATELY_N * sum(one.hours for one in rows) / len(rows)
    usual = sum(hours[one.day.weekday()] * months[one.day.month - 1] for one in late)
    return (rest + sum(one.hours for one in late)) / (rest + usual) if rest + usual > 0 else 1.0


def _weekdays(rows: Sequence[ReactiveDay], months: Sequence[float]) -> tuple[float, ...]:
    level = [one.hours / months[one.day.month - 1] for one in rows]
    mean, found = sum(level) / len(level), [0.0] * 7
    for weekday in {one.day.weekday() for one in rows}:
        mine = [h for h, one in zip(level, rows, strict=True) if one.day.weekday() == weekday]
        found[weekday] = (_WEEKDAY_N * mean + sum(mine)) / (_WEEKDAY_N + len(mine))
    return tuple(found)


def _variation(rows: Sequence[ReactiveDay], hours: Sequence[float], months: Sequence[float]) -> tuple[float, float]:
    """Return coefficients of variation of a day, and of what days of a week have in common (one-way analysis of variance)."""
    ratios: dict[date, list[float]] = defaultdict(list)
    for one in rows:
        usual = hours[one.day.weekday()] * months[one.day.month - 1]
        if usual > 0:
            ratios[one.day - timedelta(days=one.day.weekday())].append(one.hours / usual)
    groups = [some for some in ratios.values() if len(some) > 1]
    n, many = sum(len(some) for some in groups), len(groups)
    if n < _FEW_DAYS or many < 2:
        return 0.0, 0.0
    within = sum(float(np.var(some)) * len(some) for some in groups) / (n - many)
    grand = sum(sum(some) for some in groups) / n
    between = sum(len(some) * (float(np.mean(some)) - grand) ** 2 for some in groups) / (many - 1)
    size = (n - sum(len(some) ** 2 for some in groups) / n) / (many - 1)
    return max(within, 0.0) ** 0.5, max((between - within) / size, 0.0) ** 0.5


def _turns(history: ProjectHistory) -> tuple[Mapping[str, tuple[str, ...]], int]:
    """Return by team its people, who did reactive work longest ago first, and how many did in a week; 0 if nobody's turn is seen.

    A turn is seen if few of a team do nearly all of a week's work, and others the week after.
    """
    monday = history.day - timedelta(days=history.day.weekday())
    done: dict[tuple[str, date], dict[str, float]] = defaultdict(dict)
    for one in history.weeks:
        if one.reactive > 0:
            done[one.team, one.monday][one.person_id] = one.reactive
    here = {one.person_id: one for one in history.staff if one.until is None or one.until > history.day}
    many = _many(done)
    teams = {one.team for one in history.staff}
    smallest = min((sum(1 for one in here.values() if one.team == team) for team in teams), default=0)
    again = [
        len(set(_most(some, many)) & set(_most(done[team, week + timedelta(days=7)], many))) / many
        for (team, week), some in list(done.items()) if (team, week + timedelta(days=7)) in done
    ]  # fmt: skip
    if not many or not again or many >= smallest or float(np.mean(again)) > 0.5:
        return {}, 0
    last: dict[str, date] = {}
    for (_, week), some in sorted(done.items(), key=lambda item: item[0][1]):
        # Who stood in for somebody was not on duty.
        for who in _most(some, many):
            if week < monday:
                last[who] = week
    turn = {
        team: tuple(
            sorted((w for w, one in here.items() if one.team == team), key=lambda w: (last.get(w, history.day), w))
        )
        for team in teams
    }
    return {team: who for team, who in turn.items() if who}, many


def _many(done: Mapping[tuple[str, date], Mapping[str, float]]) -> int:
    """Return how many people do a team's reactive work in a week, those who stand in for a day hardly counted.

    The number of equal parts that would be as uneven (R. H. MacArthur, 1965, Biol. Rev. 40, 510-533; there of species).
    """
    sizes = [sum(some.values()) ** 2 / sum(hours**2 for hours in some.values()) for some in done.values()]
    return round(float(np.median(sizes))) if sizes else 0


def _most(some: Mapping[str, float], many: int) -> list[str]:
    return sorted(some, key=lambda who: (-some[who], who))[:many]


def _kept(weeks: Sequence[PersonWeek], many: int, neutral: float) -> float:
    """Return the share of hours of those on duty that is kept free: what is not booked of them, relative to others."""
    by: dict[tuple[str, date], dict[str, float]] = defaultdict(dict)
    for one in weeks:
        by[one.team, one.monday][one.person_id] = one.reactive
    duty = {key: set(_most(some, many)) for key, some in by.items()}
    full = [(one.booked / one.room, one) for one in weeks if one.room > 8]
    on = [share for share, one in full if one.reactive > 0 and one.person_id in duty[one.team, one.monday]]
    off = [share for share, one in full if one.reactive <= 0]
    if len(on) < 8 or len(off) < 8:
        return neutral
    return float(np.clip(1 - np.median(on) / max(float(np.median(off)), 1e-9), 0.0, 0.95))


def pace(history: ProjectHistory, *, neutral: PaceBelief) -> PaceBelief:
    """Learn the share of free hours worked by who is fully booked, and the hours of breaks.

    The median of weeks: who had to wait for others in some weeks waits in the futures too.
    """
    full = [one for one in history.weeks if one.room > 8 and one.booked >= 0.9 * one.room]
    free = [(one.there - one.reactive, one.worked) for one in full if one.there - one.reactive > 8]
    usual = float(np.median([done / hours for hours, done in free])) if free else neutral.worked
    hours = sum(hours for hours, _ in free)
    worked = min((_HOURS_N * neutral.worked + usual * hours) / (_HOURS_N + hours), 1.0)
    lost = (_BREAK_N * neutral.day_lost + sum(history.breaks)) / (_BREAK_N + len(history.breaks))
    return replace(neutral, worked=worked, day_lost=lost)
