"""Who is expected on a day, from like days and from the staff that somebody planned for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from troth.core.random import stream as random_stream
from troth.queueing.read import Floats, RecordedContacts, day_number
from troth.queueing.twin.day import RecordedDay, present_per_cell, priorities
from troth.queueing.twin.learn import Kind, LearnedFloor
from troth.queueing.twin.problem import TwinAgent

#: Half hours of a day and of the two hours after it.
CELLS: Final = 52
#: Of the logarithm by which more staff are there than on a like day, so much more customers come: chosen on one contact
#: centre, see docs/background/replan.md.
FOLLOWED: Final = 0.45
#: Of its own course, each like day gives so much; the rest is the mean of all.
_OWN: Final = 0.5


def usual_arrivals(
    seen: RecordedContacts, *, days: Sequence[int], floor: LearnedFloor, seed: int = 0
) -> dict[Kind, Floats]:
    """Return the mean arrivals by queue, priority and half hour of some days, shape (52,): a day and two hours after.

    Parameters
    ----------
    days : as in `RecordedContacts.day`.
    """
    found: dict[Kind, Floats] = {}
    for day in days:
        mine = seen.take(seen.day == day)
        level = priorities(mine, floor=floor, rng=random_stream(seed, "usual", day))
        for kind in {(str(q), int(p)) for q, p in zip(mine.queue, level, strict=True)}:
            rows = (mine.queue == kind[0]) & (level == kind[1])
            counts = np.bincount((mine.hour[rows] * 2).astype(int), minlength=CELLS).astype(float)
            found[kind] = found.get(kind, np.zeros(CELLS)) + counts / len(days)
    return found


def futures(
    seen: RecordedContacts, *, day: RecordedDay, like: Sequence[RecordedDay], floor: LearnedFloor, seed: int = 0
) -> list[dict[Kind, Floats]]:
    """Return what may be expected on a day, one future from each like day: arrivals by queue, priority and half hour.

    The course is that of all like days, in part the like day's own, smoothed. Whoever planned the staff expected more
    customers where more staff are there than on the like day, and fewer where fewer, and is believed in part.

    Parameters
    ----------
    day : of which only the staff is looked at.
    like : days like it that are known.
    """
    each = [usual_arrivals(seen, days=[day_number(one.date)], floor=floor, seed=seed) for one in like]
    kinds, none = sorted({kind for one in each for kind in one}), np.zeros(CELLS)
    usual = {kind: np.mean([one.get(kind, none) for one in each], axis=0) for kind in kinds}
    callers, planned = sum(float(rate.sum()) for rate in usual.values()), staff(day)
    present = [staff(one) for one in like]
    mean, found = np.mean(present, axis=0), []
    for one, there in zip(each, present, strict=True):
        level = sum(float(rate.sum()) for rate in one.values()) / max(callers, 1e-9)
        by_own, by_mean = (((planned + 0.5) / (base + 0.5)) ** FOLLOWED for base in (there, mean))
        # The level of the like day goes with its own staff, so both parts go by how much staff differ from it over all.
        whole = (planned.sum() / max(there.sum(), 1e-9)) ** FOLLOWED / (
            planned.sum() / max(mean.sum(), 1e-9)
        ) ** FOLLOWED
        found.append({
            kind: _OWN * _smooth(one.get(kind, none)) * by_own + (1 - _OWN) * level * whole * usual[kind] * by_mean
            for kind in kinds
        })  # fmt: skip
    return found


def staff(day: RecordedDay) -> Floats:
    """Return how many known servers are there in each half hour, smoothed, shape (52,)."""
    agents = [TwinAgent(name, (), spans) for name, spans in day.working.items()]
    there = present_per_cell(agents, span=day.span)[:CELLS] / 1800
    return _smooth(np.pad(there, (0, CELLS - len(there))))


def _smooth(values: Floats) -> Floats:
    return np.convolve(values, np.ones(3) / 3, mode="same")
