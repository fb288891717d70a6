"""Portfolio and beliefs as the arrays that the simulation of futures runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Portfolio,
    ProjectPhase,
    ReactiveLoad,
    free_hours,
    remaining_weeks,
)
from troth.capacity.projects.promising._jobs import NEVER, Job
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.core.random import stream


class Shapes(NamedTuple):
    """Phases and tasks of jobs, one structure after the other; a task is one skill of a phase."""

    task_at: Any
    """(U + 1,) first task of each structure."""
    skill: Any
    level: Any
    phase: Any
    whole: Any
    """Whether one person must do all of it."""
    hours: Any
    """Estimated hours."""
    logged: Any
    left: Any
    """Hours thought to be left if somebody said so, else -1."""
    phase_at: Any
    after: Any
    """(phases,) bits of the structure's phases that must be done before."""
    earliest: Any
    done: Any


#: `skill_at`, `skill_who` and what is held beside it, in the order of `World`.
_Holders = tuple[Any, Any, Any, Any, Any, Any]


class House(NamedTuple):
    """`HouseRule` as numbers."""

    task_hours: float
    person_hours: float
    least_hours: float
    bookable: float
    floor: float
    on: bool
    plan_from: int


class World(NamedTuple):
    """What is the same in every future. P people, S skills, D days (a multiple of 7), L loads."""

    hours: Any
    """(P, D) hours of a day that can be worked on projects and reactive work."""
    open_: Any
    pace: Any
    """(P, S) progress in an hour at the best level ever held; 0 if the skill is not held."""
    held_at: Any
    """(P, S) where what a person holds of a skill begins among the holders of the skill; `held_end` where it ends."""
    held_end: Any
    skill_at: Any
    """(S + 1,) where the holders of each skill are in `skill_who`, and the arrays of what they hold beside it: somebody whose
    level changes is there once for each level, from day `held_since` to before `held_until`."""
    skill_who: Any
    held_pace: Any
    held_level: Any
    held_since: Any
    held_until: Any
    load_at: Any
    load_who: Any
    load_duty: Any
    load_waits: Any
    kept: float
    absence: float
    spell: int
    leave: float
    leave_from: int
    newcomer: float
    worked: float
    people_key: Any
    fix_at: Any
    fix_who: Any
    fix_job: Any
    fix_hours: Any
    house: House
    shapes: Shapes


def origin_of(portfolio: Portfolio) -> date:
    """Return the Monday of the week of the portfolio's day."""
    return portfolio.day - timedelta(days=portfolio.day.weekday())


def skills_in(portfolio: Portfolio, *, jobs: Sequence[Job]) -> list[str]:
    """Return every skill somebody holds or something needs, sorted."""
    phases = [phase for one in jobs for phase in one.phases]
    phases += [phase for found in portfolio.templates.values() for phase in found]
    return sorted(
        {need.skill for phase in phases for need in phase.needs}
        | {h.skill for who in portfolio.people for h in who.skills}
    )


def world_of(
    portfolio: Portfolio, *, beliefs: Beliefs, jobs: Sequence[Job], skills: Sequence[str], weeks: int
) -> World:
    """Return the arrays of a portfolio and beliefs."""
    origin, days = origin_of(portfolio), 7 * weeks
    number = {name: k for k, name in enumerate(skills)}
    hours = _hours(portfolio, beliefs, origin, days)
    pace, held_at, held_end, holders = _held(portfolio, beliefs, number, origin)
    loads = loads_of(portfolio, beliefs=beliefs)
    who = [_who(portfolio, beliefs, one, number, pace) for one in loads]
    people = beliefs.people
    fix_at, fixed, plan_from = _fixed(portfolio, beliefs, jobs, origin, hours, weeks)
    house = beliefs.house
    phases = [one.phases for one in jobs] + [portfolio.templates[name] for name in sorted(portfolio.templates)]
    return World(
        hours, hours.any(axis=0), pace, held_at, held_end, *holders, _ends(who), _joined(who),
        np.array([beliefs.reactive.on_duty if one.team in beliefs.reactive.turn else 0 for one in loads], np.int64),
        np.array([beliefs.reactive.waits.get(one.load_id, 0.0) for one in loads], float),
        beliefs.reactive.kept, people.absence, max(1, round(people.spell)), people.leave,
        int(people.leave_known) + portfolio.day.weekday(), people.newcomer, beliefs.pace.worked,
        np.array([stream(0, "person", one.person_id).integers(1 << 62) for one in portfolio.people], np.uint64),
        fix_at, fixed[0], fixed[1], fixed[2],
        House(house.task_hours, house.person_hours, house.least_hours, house.bookable, house.floor, house.on, plan_from),
        shapes_of(phases, number=number, origin=origin),
    )  # fmt: skip


def shapes_of(phases: Sequence[tuple[ProjectPhase, ...]], *, number: dict[str, int], origin: date) -> Shapes:
    """Return structures of phases as arrays; a phase that is done needs nothing any more."""
    task_at, phase_at = [0], [0]
    tasks: list[tuple[int, float, int, bool, float, float, float]] = []
    rows: list[tuple[int, int, bool]] = []
    for of in phases:
        place = {phase.phase_id: k for k, phase in enumerate(of)}
        for k, phase in enumerate(of):
            before = sum(1 << place[name] for name in phase.after if name in place)
            rows.append((before, 0 if phase.earliest is None else (phase.earliest - origin).days, phase.done))
            for need in () if phase.done else phase.needs:
                left = -1.0 if need.left is None else need.left
                tasks.append((number[need.skill], need.level, k, not need.divisible, need.hours, need.logged, left))
        task_at.append(len(tasks))
        phase_at.append(len(rows))

    def column(k: int, kind: Any) -> Any:
        return np.array([row[k] for row in tasks], kind)

    return Shapes(
        np.array(task_at, np.int64), column(0, np.int64), column(1, float), column(2, np.int64), column(3, np.bool_),
        column(4, float), column(5, float), column(6, float), np.array(phase_at, np.int64),
        np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], np.bool_),
    )  # fmt: skip


def loads_of(portfolio: Portfolio, *, beliefs: Beliefs) -> tuple[ReactiveLoad, ...]:
    """Return the reactive loads that are believed in."""
    return beliefs.reactive.loads or portfolio.reactive


def _hours(portfolio: Portfolio, beliefs: Beliefs, origin: date, days: int) -> Any:
    """Return hours by person and day: nothing before the portfolio's day; who will leave is there until then."""
    people = tuple(
        one if refilled(one, beliefs=beliefs, day=portfolio.day) is None else _unending(one) for one in portfolio.people
    )
    hours = free_hours(replace(portfolio, people=people), first=origin, until=origin + timedelta(days=days))
    hours[:, : portfolio.day.weekday()] = 0.0
    lost = beliefs.pace.day_lost
    return np.where(hours >= beliefs.pace.long_day - lost, np.maximum(hours - lost, 0.0), hours)


def leaves_on(portfolio: Portfolio, *, beliefs: Beliefs) -> Any:
    """Return the day index from which each person's contract is over, as far as known and if somebody is hired then."""
    origin, found = origin_of(portfolio), np.full(len(portfolio.people), 1 << 20, np.int64)
    for k, one in enumerate(portfolio.people):
        until = refilled(one, beliefs=beliefs, day=portfolio.day)
        if until is not None:
            found[k] = max((until - origin).days, 0)
    return found


def refilled(one: Consultant, *, beliefs: Beliefs, day: date) -> date | None:
    """Return when somebody's last contract ends if somebody else is hired then; who left before a day only if it is said."""
    if not beliefs.people.refill or not one.contracts:
        return None
    until = _in_time(one)[-1].until
    return until if until is not None and (until > day or one.person_id in beliefs.people.empty) else None


def _unending(one: Consultant) -> Consultant:
    *before, last = _in_time(one)
    return replace(one, contracts=(*before, replace(last, until=None)))


def _in_time(one: Consultant) -> list[ContractTerms]:
    """Return contracts in the order of time, in whatever order they were written."""
    return sorted(one.contracts, key=lambda terms: terms.first)


def _held(
    portfolio: Portfolio, beliefs: Beliefs, number: dict[str, int], origin: date
) -> tuple[Any, Any, Any, _Holders]:
    """Return paces and where what each person holds of each skill is, and then the arrays of holders, skill by skill."""
    shape = (len(portfolio.people), len(number))
    pace, at, end = np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    levels = sorted(beliefs.pace.levels.items())
    rows, skill_at = list[tuple[int, float, float, int, int]](), [0]
    for name, s in number.items():
        for p, one in enumerate(portfolio.people):
            at[p, s] = len(rows)
            for level, since, until in () if one.placeholder else _levels(one, name, portfolio.day, origin):
                speed = float(np.interp(level, [a for a, _ in levels], [b for _, b in levels])) if levels else 1.0
                speed *= beliefs.pace.people.get(one.person_id, 1.0)
                rows.append((p, speed, level, since, until))
                pace[p, s] = max(pace[p, s], speed)
            end[p, s] = len(rows)
        skill_at.append(len(rows))
    who, speeds, reached, firsts, ends = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    columns = (np.array(who, np.int64), np.array(speeds, float), np.array(reached, float))
    return pace, at, end, (np.array(skill_at, np.int64), *columns, np.array(firsts, np.int64), np.array(ends, np.int64))


def _levels(one: Consultant, skill: str, day: date, origin: date) -> list[tuple[float, int, int]]:
    """Return at which level somebody holds a skill, from which day index to before which, as far as it is not over.

    Rows of a skill may overlap: the highest level that holds on a day counts.
    """
    rows = [
        (
            held.level, -NEVER if held.first is None else (held.first - origin).days,
            NEVER if held.until is None else (held.until - origin).days,
        )
        for held in one.skills if held.skill == skill and (held.until is None or held.until > day)
    ]  # fmt: skip
    found = list[tuple[float, int, int]]()
    for a, b in pairwise(sorted({bound for row in rows for bound in row[1:]})):
        level = max((row[0] for row in rows if row[1] <= a and b <= row[2]), default=None)
        if level is None:
            continue
        if found and found[-1][0] == level and found[-1][2] == a:
            found[-1] = level, found[-1][1], b
        else:
            found.append((level, a, b))
    return found


def _who(portfolio: Portfolio, beliefs: Beliefs, load: ReactiveLoad, number: dict[str, int], pace: Any) -> Any:
    """Return who does a load, in the order of the turn if its team has one."""
    index = {one.person_id: k for k, one in enumerate(portfolio.people)}
    turn = [index[name] for name in beliefs.reactive.turn.get(load.team, ()) if name in index]
    if load.team in beliefs.reactive.turn:
        return np.array(turn, np.int64)
    return np.array(
        [
            k for k, one in enumerate(portfolio.people)
            if not one.placeholder and load.team in ("", one.team)
            and (not load.skill or (load.skill in number and pace[k, number[load.skill]] > 0))
        ], np.int64,
    )  # fmt: skip


def _fixed(
    portfolio: Portfolio, beliefs: Beliefs, jobs: Sequence[Job], origin: date, hours: Any, weeks: int
) -> tuple[Any, tuple[Any, Any, Any], int]:
    """Return the hard bookings that stay, by week, and the first week that is planned beyond them."""
    index = {one.person_id: k for k, one in enumerate(portfolio.people)}
    place = {one.job_id: k for k, one in enumerate(jobs)}
    keep = min(beliefs.house.keep_weeks, weeks)
    rows: list[list[tuple[int, int, float]]] = [[] for _ in range(weeks)]
    left = remaining_weeks(portfolio, bookings=portfolio.bookings)
    for one, by_week in zip(portfolio.bookings, left, strict=True):
        if not one.hard or one.person_id not in index or one.project_id not in place:
            continue
        who = index[one.person_id]
        for monday, part in by_week.items():
            w = (monday - origin).days // 7
            # Hours of nobody, or of somebody who is away, are none that a project is given.
            if w < keep and hours[who, 7 * w : 7 * w + 7].any():
                rows[w].append((who, place[one.project_id], part))
    at = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    flat = [entry for row in rows for entry in row]
    columns = (
        np.array([entry[0] for entry in flat], np.int64), np.array([entry[1] for entry in flat], np.int64),
        np.array([entry[2] for entry in flat], float),
    )  # fmt: skip
    before = bool(hours[:, :7].any()) and portfolio.day.weekday() > 0 and bool(rows and rows[0])
    return at, columns, 1 if before else 0


def _ends(rows: Sequence[Any]) -> Any:
    return np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)


def _joined(rows: Sequence[Any]) -> Any:
    return np.concatenate([*rows, np.zeros(0, np.int64)]).astype(np.int64)
