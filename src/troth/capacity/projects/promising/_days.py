"""The days of a week: reactive work takes its hours, the rest goes into projects, phases end."""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._jit import compiled
from troth.capacity.projects.promising._state import (
    CRUMB,
    NEVER,
    Lived,
    Now,
    is_open,
    speed,
)
from troth.capacity.projects.promising._world import World


@compiled
def react(w: World, d: Draws, now: Now, out: Lived, f: int, week: int, day: int) -> None:
    """Let a day's reactive work take its hours: evenly from those on duty, or in proportion from all."""
    for load in range(w.load_duty.shape[0]):
        now.waits[load] += d.load[f, load, day]
        at, n = w.load_at[load], w.load_at[load + 1] - w.load_at[load]
        todo, duty = now.waits[load], w.load_duty[load]
        if todo <= 0 or n == 0:
            continue
        if duty == 0:
            total = 0.0
            for k in range(n):
                total += now.there[w.load_who[at + k]]
            share = min(1.0, todo / total) if total > 0 else 0.0
            for k in range(n):
                now.there[w.load_who[at + k]] *= 1 - share
            done = share * total
        else:
            done = answer(w, now, at, n, duty, week, todo)
        now.waits[load] -= done
        out.helped[f, week] += done


@compiled
def answer(w: World, now: Now, at: int, n: int, duty: int, week: int, todo: float) -> float:
    """Take hours of reactive work evenly from the first in the turn who are there; return the hours done."""
    done, first, left = 0.0, (duty * week) % n, min(duty, n)
    many = 0
    for k in range(n):
        if now.there[w.load_who[at + (first + k) % n]] > 0:
            many += 1
    left = min(left, many)
    # The shortest of them first: what it cannot do the others share.
    taken = 0
    for k in range(n):
        if taken < left and now.there[w.load_who[at + (first + k) % n]] > 0:
            now.chosen[taken] = w.load_who[at + (first + k) % n]
            now.spent[taken] = False
            taken += 1
    for rest in range(left, 0, -1):
        low = -1
        for k in range(left):
            if not now.spent[k] and (low < 0 or now.there[now.chosen[k]] < now.there[now.chosen[low]]):
                low = k
        part = min(now.there[now.chosen[low]], (todo - done) / rest)
        now.spent[low] = True
        now.there[now.chosen[low]] -= part
        done += part
    return done


@compiled
def work(w: World, d: Draws, now: Now, out: Lived, f: int, day: int, p: int) -> None:
    """Let a person work on what it is booked on, in order; then go on with it beyond what was booked."""
    room, dry = now.there[p], 0
    for beyond in range(2):
        for b in range(now.many[p]):
            hours = room if beyond else min(room, now.hours[p, b])
            # What left hours over has nothing more for this person today.
            if hours <= CRUMB or (dry >> b) & 1 == 1:
                continue
            spent = on_job(w, d, now, out, f, day, p, now.job[p, b], hours)
            now.hours[p, b] -= spent
            room -= spent
            if spent < hours - CRUMB:
                dry |= 1 << b


@compiled
def on_job(w: World, d: Draws, now: Now, out: Lived, f: int, day: int, p: int, j: int, hours: float) -> float:
    """Work on a job's open tasks up to some hours; return the hours worked."""
    ready = d.wanted[f, j] + d.slip[f, j]
    if out.finish[f, j] != NEVER or (out.start[f, j] == NEVER and day < ready) or day <= d.won[f, j]:
        return 0.0
    u, spent = d.shape[f, j], 0.0
    for t in range(w.shapes.task_at[u], w.shapes.task_at[u + 1]):
        k = d.task_at[j] + t - w.shapes.task_at[u]
        if now.over[k] or hours - spent <= CRUMB or not is_open(w, now, u, j, t, day):
            continue
        s = w.shapes.skill[t]
        pace = speed(w, d, f, p, s, w.shapes.level[t], day)
        if pace <= 0 or (w.shapes.whole[t] and now.owner[k] not in (-1, p)):
            continue
        part = min(hours - spent, now.left[k] / pace)
        now.left[k] -= part * pace
        now.logged[k] += part
        spent += part
        if out.sheets.hours.shape[0] > 0:
            out.sheets.hours[f, j, day // 7, out.sheets.person[p] + out.sheets.task[t]] += part
        if now.left[k] <= 1e-6:
            now.over[k] = True
            now.ready[j] = True
    if spent > 0 and out.start[f, j] == NEVER:
        out.start[f, j] = day
    return spent


@compiled
def close(w: World, d: Draws, now: Now, out: Lived, f: int, day: int) -> None:
    """Close phases whose tasks are done, at the end of a day."""
    for j in range(d.won.shape[1]):
        if not now.ready[j]:
            continue
        now.ready[j] = False
        close_phases(w, d, now, out, f, j, day)
        u = d.shape[f, j]
        if now.phases[j] == (np.int64(1) << (w.shapes.phase_at[u + 1] - w.shapes.phase_at[u])) - 1:
            out.finish[f, j] = day


@compiled
def close_phases(w: World, d: Draws, now: Now, out: Lived, f: int, j: int, day: int) -> None:
    """Mark a job's phases that have no task left to do, and write down the day."""
    u = d.shape[f, j]
    many = w.shapes.phase_at[u + 1] - w.shapes.phase_at[u]
    still = np.int64(0)
    for t in range(w.shapes.task_at[u], w.shapes.task_at[u + 1]):
        if not now.over[d.task_at[j] + t - w.shapes.task_at[u]]:
            still |= np.int64(1) << np.int64(w.shapes.phase[t])
    # A phase with nothing to do is done as soon as what it waits for is.
    for _ in range(many):
        for g in range(many):
            bit = np.int64(1) << np.int64(g)
            if ((still | now.phases[j]) & bit) == 0 and (
                w.shapes.after[w.shapes.phase_at[u] + g] & ~now.phases[j]
            ) == 0:
                now.phases[j] |= bit
                if out.sheets.ended.shape[0] > 0:
                    out.sheets.ended[f, j, g] = day
