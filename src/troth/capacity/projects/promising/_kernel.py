"""One future lived week by week: the house plans on Mondays, reactive work takes its hours, the rest goes into projects.

The rule is told in docs/background/capable-to-promise.md, and said once more in plain Python in the tests.
"""

from __future__ import annotations

from typing import Any

from troth.capacity.projects.promising._days import close, close_phases, react, work
from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._jit import compiled, kept
from troth.capacity.projects.promising._monday import note_own, plan, stand_in_line
from troth.capacity.projects.promising._state import (
    CRUMB,
    NEVER,
    Lived,
    Now,
    contract,
    ill,
)
from troth.capacity.projects.promising._world import World


@compiled
def clear(out: Lived, f: int) -> None:
    """Put the time sheets of a future back to before the first day."""
    _, jobs, weeks, kinds = out.sheets.hours.shape
    for j in range(jobs):
        for week in range(weeks):
            for c in range(kinds):
                out.sheets.hours[f, j, week, c] = 0.0
        for g in range(out.sheets.ended.shape[2]):
            out.sheets.ended[f, j, g] = NEVER


@compiled
def begin(w: World, d: Draws, now: Now, out: Lived, f: int, started: Any) -> None:
    """Put the state back to before the first day."""
    jobs = d.won.shape[1]
    for week in range(out.helped.shape[1]):
        out.helped[f, week] = 0.0
        for s in range(out.wanting.shape[2]):
            out.wanting[f, week, s] = 0.0
    for load in range(w.load_waits.shape[0]):
        now.waits[load] = w.load_waits[load]
    if out.sheets.hours.shape[0] > 0:
        clear(out, f)
    for j in range(jobs):
        u = d.shape[f, j]
        out.start[f, j], out.finish[f, j] = started[j], NEVER
        now.phases[j], now.place[j], now.ready[j] = 0, 0, False
        for p in range(w.hours.shape[0]):
            now.member[j, p] = False
        for t in range(w.shapes.task_at[u], w.shapes.task_at[u + 1]):
            k = d.task_at[j] + t - w.shapes.task_at[u]
            now.logged[k], now.owner[k], now.over[k] = w.shapes.logged[t], -1, False
            if w.shapes.left[t] >= 0:
                now.left[k] = w.shapes.left[t] * d.ratio[f, k]
            else:
                now.left[k] = w.shapes.hours[t] * d.size[f, j] * d.ratio[f, k] - w.shapes.logged[t]
            if now.left[k] <= 1e-6:
                now.over[k] = True
        close_phases(w, d, now, out, f, j, -1)


@kept
def live(
    w: World,
    d: Draws,
    now: Now,
    out: Lived,
    edges: Any,
    started: Any,
    deals: Any,
    a: int,
    b: int,
    weeks: int,
    kept_to: int,
) -> int:
    """Live the futures from the a-th to before the b-th; return the first that is not lived, for want of room for entries.

    Parameters
    ----------
    edges : (Q,) ascending places in the line at which free hours are written down.
    started : (J,) days on which jobs were begun before; NEVER.
    deals : (J,) whether the bookings of a job are kept.
    kept_to : where the entries of the a-th begin; those of each future end at `own_at` of the next.
    """
    people = w.hours.shape[0]
    for f in range(a, b):
        begin(w, d, now, out, f, started)
        active = 0
        for week in range(weeks):
            active = stand_in_line(d, now, f, 7 * week, active)
            plan(w, d, now, out, edges, f, week, active)
            kept_to = note_own(now, out, week, deals, kept_to)
            # Begun again in more room: what one future leaves depends on no other.
            if kept_to < 0:
                return f
            for p in range(people):
                now.total[p] = 0.0
            for day in range(7 * week, 7 * week + 7):
                if not w.open_[day]:
                    continue
                for p in range(people):
                    hours = contract(w, d, f, p, day)
                    now.there[p] = 0.0 if hours > 0 and w.absence > 0 and ill(w, d, f, p, day) else hours
                react(w, d, now, out, f, week, day)
                for p in range(people):
                    now.there[p] *= w.worked
                    now.total[p] += now.there[p]
                    if now.there[p] > CRUMB:
                        work(w, d, now, out, f, day, p)
                close(w, d, now, out, f, day)
            for p in range(people):
                out.worked[f, week, p] = min(255.0, 2 * now.total[p])
            active = leave_line(now, out, f, active)
        out.own_at[f + 1] = kept_to
    return b


@compiled
def leave_line(now: Now, out: Lived, f: int, active: int) -> int:
    """Take what is finished out of the line; return how many stay."""
    to = 0
    for a in range(active):
        j = now.line[a]
        if out.finish[f, j] == NEVER:
            now.line[to] = j
            to += 1
    return to
