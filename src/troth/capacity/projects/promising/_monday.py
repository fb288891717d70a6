"""Monday: the house books people for the week, project by project in the order of the line."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._jit import compiled
from troth.capacity.projects.promising._state import (
    CRUMB,
    NEVER,
    SLOTS,
    Lived,
    Now,
    contract,
    is_open,
    on_duty,
    speed_at,
)
from troth.capacity.projects.promising._world import World


@compiled
def book(now: Now, p: int, j: int, h: float) -> bool:
    """Add hours to a person's bookings of the week; False if there are too many."""
    for k in range(now.many[p]):
        if now.job[p, k] == j:
            now.hours[p, k] += h
            return True
    if now.many[p] == SLOTS:
        return False
    now.job[p, now.many[p]] = j
    now.hours[p, now.many[p]] = h
    now.many[p] += 1
    return True


@compiled
def thought(w: World, d: Draws, now: Now, f: int, j: int, t: int, k: int) -> float:
    """Return the hours the planner thinks a task still needs."""
    if now.over[k]:
        return 0.0
    hours = w.shapes.hours[t] * d.size[f, j]
    left = hours - now.logged[k]
    if w.shapes.left[t] >= 0:
        left = w.shapes.left[t] - (now.logged[k] - w.shapes.logged[t])
    return float(max(left, w.house.floor * hours))


@compiled
def give(w: World, d: Draws, now: Now, out: Lived, f: int, j: int, week: int, given: float) -> float:
    """Book people on a job's open tasks; return hours that were given by fixed bookings and are still to be counted."""
    u = d.shape[f, j]
    day = 7 * week
    for t in range(w.shapes.task_at[u], w.shapes.task_at[u + 1]):
        k = d.task_at[j] + t - w.shapes.task_at[u]
        if now.over[k] or not is_open(w, now, u, j, t, day + 4):
            continue
        need = thought(w, d, now, f, j, t, k)
        part = min(given, need)
        need, given = min(need - part, w.house.task_hours - part), given - part
        s = w.shapes.skill[t]
        while need > 0.5:
            best, known, fast, most = -1, False, 0.0, 0.0
            for at in range(w.skill_at[s], w.skill_at[s + 1]):
                p = w.skill_who[at]
                room = now.free[p]
                if room < min(w.house.least_hours, need) or room <= CRUMB or w.held_level[at] < w.shapes.level[t]:
                    continue
                if w.shapes.whole[t] and now.owner[k] >= 0 and now.owner[k] != p:
                    continue
                pace = speed_at(w, d, f, p, at, day)
                if pace <= 0 or now.many[p] == SLOTS:
                    continue
                pace, mine = np.floor(pace * 10 + 0.5), w.house.on and now.member[j, p]
                if best < 0 or (mine, pace, room) > (known, fast, most):
                    best, known, fast, most = p, mine, pace, room
            if best < 0:
                out.wanting[f, week, s] += need
                break
            h = min(need, now.free[best], w.house.person_hours)
            book(now, best, j, h)
            now.free[best] -= h
            now.member[j, best] = True
            need -= h
            if w.shapes.whole[t]:
                now.owner[k] = best
                break
    return given


@compiled
def stand_in_line(d: Draws, now: Now, f: int, day: int, active: int) -> int:
    """Put those won since into the line, and order it; return how many are in it."""
    jobs = d.won.shape[1]
    for j in range(jobs):
        if now.place[j] == 0 and d.won[f, j] <= day:
            now.place[j] = 1
            now.line[active] = j
            active += 1
    for a in range(1, active):
        j = now.line[a]
        key = place_of(d, f, j, day)
        b = a
        while b > 0 and (place_of(d, f, now.line[b - 1], day), now.line[b - 1]) > (key, j):
            now.line[b] = now.line[b - 1]
            b -= 1
        now.line[b] = j
    return active


@compiled
def place_of(d: Draws, f: int, j: int, day: int) -> float:
    """Return the place in the line of a job on a day: a client that is late and says so moves back as far."""
    return float(d.order[f, j] + (d.slip[f, j] if day >= d.told[f, j] else 0))


@compiled
def open_week(w: World, d: Draws, now: Now, out: Lived, f: int, week: int) -> None:
    """Put down what can be booked of each person in a week."""
    day = 7 * week
    for p in range(w.hours.shape[0]):
        now.many[p] = 0
        room = 0.0
        if not (d.leave[f, p] <= day < d.back[f, p]):
            for k in range(7):
                room += contract(w, d, f, p, day + k)
        else:
            # Whoever comes next in the position knows none of its projects.
            for j in range(d.won.shape[1]):
                now.member[j, p] = False
        for load in range(w.load_duty.shape[0]):
            if w.load_duty[load] > 0 and w.kept > 0 and on_duty(w, load, week, p):
                room *= 1 - w.kept
        now.free[p] = room * w.house.bookable
        out.room[f, week, p] = min(255.0, 2 * now.free[p])


@compiled
def take_fixed(w: World, d: Draws, now: Now, f: int, week: int) -> None:
    """Book what is booked hard already."""
    for j in range(d.won.shape[1]):
        now.given[j] = 0.0
    for e in range(w.fix_at[week], w.fix_at[week + 1]):
        p, j = w.fix_who[e], w.fix_job[e]
        # What is not won, or not yet, holds nobody.
        if d.won[f, j] <= 7 * week < d.leave[f, p] and book(now, p, j, w.fix_hours[e]):
            now.free[p] = max(now.free[p] - w.fix_hours[e], 0.0)
            now.member[j, p] = True
            now.given[j] += w.fix_hours[e]


@compiled
def plan(w: World, d: Draws, now: Now, out: Lived, edges: Any, f: int, week: int, active: int) -> None:
    """Book the week."""
    day, q = 7 * week, 0
    open_week(w, d, now, out, f, week)
    take_fixed(w, d, now, f, week)
    for a in range(active):
        j = now.line[a]
        key = place_of(d, f, j, day)
        while q < edges.shape[0] and key >= edges[q]:
            keep(now, out, f, week, q)
            q += 1
        early = d.wanted[f, j] + (d.slip[f, j] if day >= d.told[f, j] else 0)
        if out.finish[f, j] == NEVER and early < day + 5 and week >= w.house.plan_from:
            give(w, d, now, out, f, j, week, now.given[j])
    while q < edges.shape[0]:
        keep(now, out, f, week, q)
        q += 1


@compiled
def note_own(now: Now, out: Lived, week: int, deals: Any, kept_to: int) -> int:
    """Write down the week's bookings of jobs whose are kept; return where the entries end, -1 if there is no room."""
    for p in range(now.free.shape[0]):
        for k in range(now.many[p]):
            j = now.job[p, k]
            if deals[j]:
                if kept_to == out.own.shape[0]:
                    return -1
                out.own[kept_to, 0], out.own[kept_to, 1], out.own[kept_to, 2] = j, week, p
                out.own[kept_to, 3] = min(255.0, 2 * now.hours[p, k])
                kept_to += 1
    return kept_to


@compiled
def keep(now: Now, out: Lived, f: int, week: int, q: int) -> None:
    """Write down what is free at an edge of the line."""
    if q < out.free.shape[2]:
        for p in range(now.free.shape[0]):
            out.free[f, week, q, p] = min(255.0, 2 * now.free[p])
