"""State of a future and what is written down of it; who is there on a day, and what an hour achieves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._hash import uniform
from troth.capacity.projects.promising._jit import compiled
from troth.capacity.projects.promising._world import World

NEVER = 1 << 20
#: Most projects a person is booked on in a week, and less than this is no work (hours).
SLOTS = 16
CRUMB = 0.02


class Sheets(NamedTuple):
    """Time sheets of the futures, if they are kept (else all is empty): C kinds of hour, G phases of a job at most."""

    hours: Any
    """(F, J, W, C) hours worked on a job in a week."""
    ended: Any
    """(F, J, G) day on which a phase ended; -1 if nothing of it was left to do at first, NEVER if it did not end."""
    person: Any
    """(P,) and `task`, (T,) of the structures: their sum is the kind of an hour."""
    task: Any


class Lived(NamedTuple):
    """What is written down of each future. W weeks, Q places in the line, P people, S skills, E entries.

    Free and worked hours are in halves of an hour, rounded down.
    """

    start: Any
    """(F, J) first day somebody worked on it; NEVER if none did."""
    finish: Any
    free: Any
    """(F, W, Q, P) hours nobody whose place in the line is before the q-th edge is booked for."""
    room: Any
    """(F, W, P) hours that could be booked."""
    worked: Any
    """(F, W, P) hours that were left for projects after absence and reactive work."""
    wanting: Any
    """(F, W, S) hours that were asked for a skill and nobody had."""
    helped: Any
    """(F, W) hours of reactive work done."""
    own: Any
    """(E, 3) of what was not begun before, job by job and future by future: week, person, halves of hours booked; own_at
    (J, F + 1) where those of each future begin and the last ends."""
    own_at: Any
    sheets: Sheets


class Now(NamedTuple):
    """State of a future."""

    logged: Any
    left: Any
    over: Any
    owner: Any
    phases: Any
    member: Any
    free: Any
    many: Any
    job: Any
    hours: Any
    line: Any
    place: Any
    waits: Any
    there: Any
    ready: Any
    given: Any
    total: Any
    chosen: Any
    spent: Any


def room_for(w: World, d: Draws) -> Now:
    """Return room for the state of a future, for one thread."""
    people, jobs, tasks = w.hours.shape[0], d.won.shape[1], d.ratio.shape[1]
    return Now(
        np.zeros(tasks), np.zeros(tasks), np.zeros(tasks, np.bool_), np.zeros(tasks, np.int64), np.zeros(jobs, np.int64),
        np.zeros((jobs, people), np.bool_), np.zeros(people), np.zeros(people, np.int64), np.zeros((people, SLOTS), np.int64),
        np.zeros((people, SLOTS)), np.zeros(jobs, np.int64), np.zeros(jobs, np.int64), np.zeros(len(w.load_waits)),
        np.zeros(people), np.zeros(jobs, np.bool_), np.zeros(jobs), np.zeros(people), np.zeros(people, np.int64),
        np.zeros(people, np.bool_),
    )  # fmt: skip


@compiled
def speed(w: World, d: Draws, f: int, p: int, s: int, level: float, day: int) -> float:
    """Return the progress of an hour of a person in a skill on a day; 0 if it is not held then at a level."""
    for at in range(w.held_at[p, s], w.held_end[p, s]):
        if w.held_since[at] <= day < w.held_until[at] and w.held_level[at] >= level:
            return float(w.held_pace[at] * (w.newcomer if day >= d.back[f, p] else 1.0))
    return 0.0


@compiled
def speed_at(w: World, d: Draws, f: int, p: int, at: int, day: int) -> float:
    """As `speed`, by the place among the holders of the skill: what is read one after the other lies side by side."""
    if day < w.held_since[at] or day >= w.held_until[at]:
        return 0.0
    return float(w.held_pace[at] * (w.newcomer if day >= d.back[f, p] else 1.0))


@compiled
def contract(w: World, d: Draws, f: int, p: int, day: int) -> float:
    """Return the hours a person is there for on a day if not ill."""
    if d.leave[f, p] <= day < d.back[f, p]:
        return 0.0
    if w.leave > 0 and day >= w.leave_from and uniform(d.key[f], w.people_key[p], 1_000_000 + day // 7) < w.leave:
        return 0.0
    return float(w.hours[p, day])


@compiled
def ill(w: World, d: Draws, f: int, p: int, day: int) -> bool:
    """Tell whether a person is unexpectedly away on a day."""
    away = False
    for k in range(w.spell):
        away |= uniform(d.key[f], w.people_key[p], day - k + 100) < w.absence / w.spell
    return away


@compiled
def on_duty(w: World, load: int, week: int, p: int) -> bool:
    """Tell whether a person answers a load in a week."""
    at, n = w.load_at[load], w.load_at[load + 1] - w.load_at[load]
    many = w.load_duty[load]
    found = False
    for k in range(min(many, n)):
        found |= w.load_who[at + (many * week + k) % n] == p
    return found


@compiled
def is_open(w: World, now: Now, u: int, j: int, t: int, day: int) -> bool:
    """Tell whether all that a task waits for in its project is done, and its phase may begin."""
    g = w.shapes.phase_at[u] + w.shapes.phase[t]
    return bool((w.shapes.after[g] & ~now.phases[j]) == 0 and w.shapes.earliest[g] <= day)
