"""One more project placed into futures that were lived before: into the hours that are free at its place in the line.

Who stands before it is not touched by it, so those hours are all it needs to know; the days of a week are read off the
hours of the week.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._jit import compiled, kept
from troth.capacity.projects.promising._monday import place_of
from troth.capacity.projects.promising._state import CRUMB, NEVER, Lived, contract, speed, speed_at
from troth.capacity.projects.promising._world import Shapes, World

#: Most bookings of one project in a week.
_MOST = 64


class Guest(NamedTuple):
    """A project to be placed in F futures.

    `number` is its job in them, -1 if it is none; then (own_at, own_week, own_who, own_hours) are the hours it has there.
    """

    shapes: Shapes
    number: int
    won: Any
    wanted: int
    slip: Any
    told: Any
    order: Any
    """(F,) place in the line."""
    ratio: Any
    own_at: Any
    own_week: Any
    own_who: Any
    own_hours: Any


class Extra(NamedTuple):
    """(S,) hours of each skill a week that are bought, in the weeks from `first` to before `until`."""

    hours: Any
    first: int
    until: int


class Placed(NamedTuple):
    """Where it came to lie in each future: first and last day, weeks in which each skill kept it from starting, bought hours;
    the first week in which somebody was booked on it.
    """

    start: Any
    finish: Any
    blocked: Any
    bought: Any
    since: Any


class Rows(NamedTuple):
    """State of one project: tasks; the week's bookings; hours of people by week that are its own."""

    logged: Any
    left: Any
    over: Any
    owner: Any
    member: Any
    taken: Any
    who: Any
    task: Any
    hours: Any
    before: Any
    own: Any


def room_for(w: World, weeks: int, tasks: int) -> Rows:
    """Return room for the state of one project, for one thread."""
    people = w.hours.shape[0]
    return Rows(
        np.zeros(tasks), np.zeros(tasks), np.zeros(tasks, np.bool_), np.full(tasks, -1, np.int64), np.zeros(people, np.bool_),
        np.zeros(people), np.zeros(_MOST, np.int64), np.zeros(_MOST, np.int64), np.zeros(_MOST), np.zeros(_MOST),
        np.zeros((weeks, people)),
    )  # fmt: skip


@compiled
def _edge(edges: Any, place: float) -> int:
    for q in range(len(edges)):
        if edges[q] > place:
            return q
    return len(edges) - 1


@compiled
def _pick(
    w: World, d: Draws, x: Lived, g: Guest, r: Rows, f: int, week: int, q: int, mine: int, t: int, need: float
) -> int:
    """Return whom the house would book on a task: who knows it, then the best, then who has most room; -1 if nobody."""
    best, known, fast, most = -1, False, 0.0, 0.0
    s = g.shapes.skill[t]
    for at in range(w.skill_at[s], w.skill_at[s + 1]):
        p = w.skill_who[at]
        room = 0.5 * x.free[f, week, q, p] - r.taken[p] + (r.own[week, p] if mine == 1 else 0.0)
        if room < min(w.house.least_hours, need) or room <= CRUMB or w.held_level[at] < g.shapes.level[t]:
            continue
        if g.shapes.whole[t] and r.owner[t] >= 0 and r.owner[t] != p:
            continue
        pace = speed_at(w, d, f, p, at, 7 * week)
        if pace <= 0:
            continue
        pace, on = np.floor(pace * 10 + 0.5), w.house.on and r.member[p]
        if best < 0 or (on, pace, room) > (known, fast, most):
            best, known, fast, most = p, on, pace, room
    return best


@compiled
def _open(g: Guest, t: int, phases: int, day: int) -> bool:
    k = g.shapes.phase[t]
    return bool((g.shapes.after[k] & ~phases) == 0 and g.shapes.earliest[k] <= day)


@compiled
def _bookings(
    w: World, d: Draws, x: Lived, g: Guest, r: Rows, e: Extra, out: Placed, f: int, week: int, q: int, phases: int,
    mine: int, begun: int,
) -> int:  # fmt: skip
    """Book the week; return how many bookings there are."""
    many, people = 0, w.hours.shape[0]
    for t in range(g.shapes.skill.shape[0]):
        if r.over[t] or not _open(g, t, phases, 7 * week + 4):
            continue
        left = g.shapes.hours[t] - r.logged[t]
        if g.shapes.left[t] >= 0:
            left = g.shapes.left[t] - (r.logged[t] - g.shapes.logged[t])
        need = min(max(left, w.house.floor * g.shapes.hours[t]), w.house.task_hours)
        s, bought = g.shapes.skill[t], 0.0
        while need > 0.5 and many < _MOST:
            p = _pick(w, d, x, g, r, f, week, q, mine, t, need)
            if p >= 0:
                own = r.own[week, p] if mine == 1 else 0.0
                free = 0.5 * x.free[f, week, q, p] - r.taken[p] + own
                h = min(need, free, w.house.person_hours)
                r.before[many] = max(0.5 * x.room[f, week, p] - free, 0.0)
                r.taken[p] += h
                r.member[p] = True
            elif e.first <= week < e.until and e.hours[s] - bought > CRUMB:
                p, h = people + s, min(need, e.hours[s] - bought)
                bought += h
                r.before[many] = 0.0
            else:
                break
            r.who[many], r.task[many], r.hours[many] = p, t, h
            many, need = many + 1, need - h
            if g.shapes.whole[t]:
                r.owner[t] = p
                break
    if many == 0 and begun == 0:
        for t in range(g.shapes.skill.shape[0]):
            if not r.over[t] and _open(g, t, phases, 7 * week + 4):
                out.blocked[f, g.shapes.skill[t]] += 1
    return many


@compiled
def _hours(w: World, d: Draws, f: int, p: int, day: int) -> float:
    """Return the hours of a day of a person, or of what is bought."""
    if p < w.hours.shape[0]:
        return contract(w, d, f, p, day)
    return 8.0 if day % 7 < 5 else 0.0


@compiled
def _pace(w: World, d: Draws, g: Guest, f: int, p: int, t: int, day: int) -> float:
    """Return the progress of an hour of a person, or of what is bought, in a task; 0 if it cannot do it."""
    s, people = g.shapes.skill[t], w.hours.shape[0]
    if p >= people:
        return 1.0 if p == people + s else 0.0
    return speed(w, d, f, p, s, g.shapes.level[t], day)


@compiled
def _days(w: World, d: Draws, f: int, p: int, week: int, share: float, from_: int, at_least: int) -> int:
    """Return the day of a week on which a share of a person's hours is over; NEVER if none from a day on."""
    total, gone = 0.0, 0.0
    for k in range(7):
        total += _hours(w, d, f, p, 7 * week + k)
    for k in range(7):
        hours = _hours(w, d, f, p, 7 * week + k)
        gone += hours
        reached = gone >= share * total - 1e-9 if at_least == 1 else gone > share * total + 1e-9
        if hours > 0 and 7 * week + k >= from_ and reached:
            return 7 * week + k
    return NEVER


@compiled
def _part_before(w: World, d: Draws, f: int, p: int, week: int, day: int) -> float:
    """Return the share of a person's hours of a week that lies before a day."""
    total, gone = 0.0, 0.0
    for k in range(7):
        hours = _hours(w, d, f, p, 7 * week + k)
        total += hours
        if 7 * week + k < day:
            gone += hours
    return gone / total if total > 0 else 1.0


@compiled
def _done(
    w: World, d: Draws, x: Lived, g: Guest, r: Rows, out: Placed, f: int, week: int, phases: int, many: int, mine: int
) -> int:
    """Work the week's bookings; return the last day anything was done on, -1 if nothing was."""
    people, last = w.hours.shape[0], -1
    ready = max(g.wanted + g.slip[f], g.won[f] + 1) if out.start[f] == NEVER else 0
    full = x.free.shape[2] - 1
    for b in range(many):
        p, h, before = r.who[b], r.hours[b], r.before[b]
        part = _part_before(w, d, f, p, week, ready)
        if p < people:
            worked = 0.5 * x.worked[f, week, p]
            booked = 0.5 * x.room[f, week, p] - 0.5 * x.free[f, week, full, p] - (r.own[week, p] if mine == 1 else 0.0)
            beyond = max(worked - booked - h, 0.0) if before < 0.5 else 0.0
            room = min(min(max(worked - before, 0.0), h) + beyond, worked * (1 - part))
        else:
            worked, room = h, h * (1 - part)
        if room <= CRUMB or worked <= 0:
            continue
        spent = 0.0
        for turn in range(g.shapes.skill.shape[0] + 1):
            t = r.task[b] if turn == 0 else turn - 1
            if r.over[t] or room - spent <= CRUMB or not _open(g, t, phases, 7 * week + 6):
                continue
            pace = _pace(w, d, g, f, p, t, 7 * week)
            if pace <= 0 or (g.shapes.whole[t] and r.owner[t] not in (-1, p)):
                continue
            hours = min(room - spent, r.left[t] / pace)
            r.left[t] -= hours * pace
            r.logged[t] += hours
            spent += hours
            if r.left[t] <= 1e-6:
                r.over[t] = True
        if spent <= 0:
            continue
        if p >= people:
            out.bought[f, p - people] += spent
        share = min(max(before / worked, part), 1.0)
        out.start[f] = min(out.start[f], _days(w, d, f, p, week, share, ready, 0))
        last = max(last, _days(w, d, f, p, week, min(share + spent / worked, 1.0), ready, 1))
    return last


@compiled
def _closed(g: Guest, r: Rows, phases: int) -> int:
    """Return the phases that are done."""
    still = 0
    for t in range(g.shapes.skill.shape[0]):
        if not r.over[t]:
            still |= 1 << g.shapes.phase[t]
    many = g.shapes.after.shape[0]
    for _ in range(many):
        for k in range(many):
            if (still >> k) & 1 == 0 and (g.shapes.after[k] & ~phases) == 0:
                phases |= 1 << k
    return phases


@compiled
def _begin(w: World, g: Guest, r: Rows, f: int) -> None:
    for t in range(g.shapes.skill.shape[0]):
        r.logged[t], r.owner[t] = g.shapes.logged[t], -1
        size = g.shapes.hours[t] * g.ratio[f, t] - g.shapes.logged[t]
        r.left[t] = size if g.shapes.left[t] < 0 else g.shapes.left[t] * g.ratio[f, t]
        r.over[t] = r.left[t] <= 1e-6
    for p in range(w.hours.shape[0]):
        r.member[p] = False


@compiled
def _week(
    w: World, d: Draws, x: Lived, edges: Any, g: Guest, r: Rows, e: Extra, out: Placed, f: int, week: int, phases: int,
    turn: float,
) -> int:  # fmt: skip
    """Book and work a week; return the phases that are done."""
    q, mine = _edge(edges, turn), 0
    # What it has in these futures itself is taken only before edges that lie behind it.
    if g.number >= 0 and place_of(d, f, g.number, 7 * week) < edges[q]:
        mine = 1
    many = _bookings(w, d, x, g, r, e, out, f, week, q, phases, mine, 0 if out.start[f] == NEVER else 1)
    if many > 0:
        out.since[f] = min(out.since[f], week)
    last = _done(w, d, x, g, r, out, f, week, phases, many, mine)
    for k in range(many):
        if r.who[k] < w.hours.shape[0]:
            r.taken[r.who[k]] = 0.0
    phases = _closed(g, r, phases)
    if phases == (1 << g.shapes.after.shape[0]) - 1 and last >= 0:
        out.finish[f] = last
    return phases


@kept
def place(
    w: World,
    d: Draws,
    x: Lived,
    edges: Any,
    g: Guest,
    r: Rows,
    e: Extra,
    out: Placed,
    which: Any,
    first: Any,
    whole: int,
) -> None:
    """Place a project in some futures; only its start if not `whole`.

    Parameters
    ----------
    which : numbers of the futures.
    first : (F,) week before which nobody can be booked on it, if that is known.
    """
    weeks = x.free.shape[1]
    for i in range(which.shape[0]):
        f = which[i]
        for k in range(g.own_at[f], g.own_at[f + 1]):
            r.own[g.own_week[k], g.own_who[k]] = g.own_hours[k]
        _begin(w, g, r, f)
        out.start[f], out.finish[f], out.since[f] = NEVER, NEVER, weeks
        phases = _closed(g, r, 0)
        for week in range(max((g.won[f] + 6) // 7, w.house.plan_from, first[f]), weeks):
            late = g.slip[f] if 7 * week >= g.told[f] else 0
            if g.wanted + late < 7 * week + 5:
                phases = _week(w, d, x, edges, g, r, e, out, f, week, phases, g.order[f] + late)
            if out.finish[f] != NEVER or (whole == 0 and out.start[f] != NEVER):
                break
        for k in range(g.own_at[f], g.own_at[f + 1]):
            r.own[g.own_week[k], g.own_who[k]] = 0.0
