"""Schedules at once, many thousand of them, each a small change of the one before: simulated annealing over orders and people."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.capacity.projects.schedule._ortools import Clock
from troth.capacity.projects.schedule._serial import Serial, Staffed

#: Periods worse that are taken about one time in three, as a share of the makespan: at first, and at the end.
_WARM: Final = 0.01
_COLD: Final = 0.0005
#: What an activity and a person of a schedule cost in steps: so that a step is about a second of one free core.
_STEPS: Final = 2.5e-6
#: Earlier starts decide between schedules that end at the same time.
_EARLY: Final = 1e-3
#: A period too late counts as so many periods of the makespan.
_LATE: Final = 2.0

Floats = NDArray[np.float64]


def annealed(
    serial: Serial, begin: Staffed, *, clock: Clock, most: tuple[float, float], rng: np.random.Generator,
    better: Callable[[Staffed], bool], done: Callable[[], bool],
) -> None:  # fmt: skip
    """Change the order of activities, or of people, a little, again and again (Kirkpatrick, Gelatt and Vecchi 1983, Science 220).

    An activity moves to another place of the list from which the serial scheme works (Bouleimen and Lecocq 2003, European
    Journal of Operational Research 149), or a person becomes more or less wanted.

    Parameters
    ----------
    begin : a schedule whose starts are the first list.
    most : seconds and steps it may take; with a stop by steps only the steps count.
    better : told each schedule that may be the best so far.
    done : whether to stop before.
    """
    f = serial.f
    if len(f.duration) < 2 or not len(serial.wanted):
        return
    by_steps = clock.stop.steps is not None
    whole, each = most[by_steps], _STEPS * len(f.duration) * len(serial.wanted)
    from_ = clock.steps_left() if by_steps else clock.seconds()
    rank: Floats = np.array(begin.starts, dtype=np.float64)
    people: Floats = serial.wanted / max(1e-9, float(np.std(serial.wanted)))
    warm = max(1.0, float(begin.makespan(f)))
    now, best = float("inf"), float("inf")
    while not done() and (past := from_ - (clock.steps_left() if by_steps else clock.seconds())) < whole:
        new_rank, new_people = _moved(rank, people, rng)
        found = serial.made(new_rank.tolist(), people=new_people.tolist())
        clock.steps += each
        cost = _cost(found, serial)
        heat = warm * (_COLD + (_WARM - _COLD) * (1 - past / whole))
        if cost <= now or rng.random() < exp((now - cost) / heat):
            rank, people, now = new_rank, new_people, cost
        if cost < best:
            best = cost
            better(found)


def _moved(rank: Floats, people: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return an activity at another place of the list, or a person with another figure, now and then both."""
    rank, people = np.argsort(np.argsort(rank, kind="stable")).astype(np.float64), people.copy()
    which = rng.random()
    if which < 0.7:
        rank[rng.integers(len(rank))] = rng.integers(-1, len(rank)) + 0.5
    if which > 0.5:
        people[rng.integers(len(people))] = rng.normal()
    return rank, people


def _cost(found: Staffed, serial: Serial) -> float:
    f = serial.f
    late = sum(max(0, s - high) for s, high in zip(found.starts, f.latest, strict=True))
    return found.makespan(f) + _LATE * late + _EARLY * sum(found.starts) / len(found.starts)
