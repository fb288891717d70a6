"""Floors as they differ from day to day: learned from days, each lived through again to learn what its log does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Final

import numpy as np

from troth.core.random import stream as random_stream
from troth.queueing.read import Floats, RecordedContacts, day_number
from troth.queueing.twin._levels import DayLevels
from troth.queueing.twin.able import DailySkills, daily_skills
from troth.queueing.twin.day import RecordedDay, problem_of, recorded_day
from troth.queueing.twin.figures import recorded_figures, twin_figures
from troth.queueing.twin.learn import USUAL, LearnedFloor, Learning, learn, pauses
from troth.queueing.twin.solve import run
from troth.queueing.twin.times import Times

#: What is tried of each day: so many times as many rests as its pauses show, and as much idle time taken for other work.
_RESTS: Final = (0.3, 0.6, 1.0, 1.5, 2.2)
_IDLE: Final = (1 / 12, 1 / 3, 2 / 3, 7 / 6, 11 / 6, 8 / 3)
#: The figures a day is recognised by, and how far off the twin may be in each without being wrong: the wait in its logarithm.
_KNOWN_BY: Final = {"mean wait of all": 0.1, "share gave up": 0.02, "share answered at once": 0.025}
_REPLICATIONS: Final = 5
#: Services shorter than this are much alike in what they say of a day's pace.
_SHORT_S: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class DayFloors:
    """What was learned of days.

    Parameters
    ----------
    usual : the floor of all days.
    days : as in `RecordedContacts.day`.
    handle, patience : levels by day and queue, queues in the order of `kinds`.
    pauses : of each day: short ones, rests, and how many times the usual share of services a rest follows.
    skills : by server and day.
    tried : ways a day may have been: how many times the rests its pauses show, and idle rests an hour.
    belief : how much each day looks like each way, shape (days, ways); rows add up to 1.
    """

    usual: LearnedFloor
    days: tuple[int, ...]
    kinds: tuple[str, ...]
    handle: DayLevels
    patience: DayLevels
    pauses: tuple[tuple[Times, Times, float], ...]
    skills: DailySkills
    tried: tuple[tuple[float, float], ...]
    belief: Floats

    def drawn(self, variants: int, *, seed: int = 0) -> list[LearnedFloor]:
        """Return floors as days may be: each goes by one of the days in turn, drawn from what is believed of it."""
        rng, found = random_stream(seed, "floors"), []
        for k in range(variants):
            day = k % len(self.days)
            way = self.tried[int(rng.choice(len(self.tried), p=self.belief[day]))]
            found.append(self.floor(day, way=way, rng=rng))
        return found

    def floor(
        self, day: int, *, way: tuple[float, float] | None = None, rng: np.random.Generator | None = None
    ) -> LearnedFloor:
        """Return a floor that goes by a day; without `rng` the day itself, else a day like it with skills of any day."""
        more, idle = way or (1.0, self.usual.idle_rests)
        slower = dict(zip(self.kinds, np.exp(self.handle.of(day, rng=rng)), strict=True))
        longer = dict(zip(self.kinds, np.exp(-self.patience.of(day, rng=rng)), strict=True))
        pause, rest, often = self.pauses[day]
        usual = self.usual
        return replace(
            usual,
            handle={queue: times.scaled(slower[queue]) for queue, times in usual.handle.items()},
            pause=pause,
            rest=rest,
            rests={agent: share * often * more for agent, share in usual.rests.items()},
            idle_rests=idle,
            patience={
                kind: times.scaled(longer.get(kind[0], float(np.exp(-self.patience.common[day]))))
                for kind, times in usual.patience.items()
            },
            skills={**usual.skills, **self._skills(self.days[day], rng)},
        )

    def _skills(self, day: int, rng: np.random.Generator | None) -> dict[str, tuple[str, ...]]:
        """Return what each server does: on a day that was what it did, else what it did on any of its days."""
        if rng is None:
            return {agent: days[day] for agent, days in self.skills.items() if day in days}
        return {agent: list(days.values())[int(rng.integers(len(days)))] for agent, days in self.skills.items()}


def learn_days(
    seen: RecordedContacts, *, days: Sequence[date], time_zone: str = "UTC", how: Learning = USUAL, seed: int = 0
) -> DayFloors:
    """Learn how floors differ from day to day.

    Levels of handle times and of patience are measured by day and queue and shrunk by how much of their differences is
    chance. Which queues a server serves is looked up by day. How much of their presence servers are away for other things
    the log does not tell: each day is lived through again in many ways, and the ways count by how well they give the day's
    wait, share who gave up and share answered at once.

    Parameters
    ----------
    seen : contacts of the days; those of other days are not looked at.
    days : to learn from; those on which nobody was served are left out.

    Raises
    ------
    InputError
        As for `learn` and `recorded_day`.

    Source
    ------
    A model judged by figures of its simulation, taken for normal: S. N. Wood (2010), Nature 466, 1102-1104.
    """
    days = sorted(set(days))
    fitted = seen.on([day_number(day) for day in days])
    usual = learn(fitted, how=how)
    served = fitted.take(fitted.known & (fitted.handle_s <= how.longest_s))
    there = [day for day in days if (served.day == day_number(day)).any()]
    numbers, kinds = tuple(day_number(day) for day in there), tuple(sorted(usual.handle))
    tried = tuple(product(_RESTS, dict.fromkeys(how.idle_rests * share for share in _IDLE)))
    found = DayFloors(
        usual, numbers, kinds, _handle_levels(served, usual, numbers, kinds), _patience_levels(fitted, numbers, kinds),
        tuple(_pauses_of(served, usual, day, how) for day in numbers), daily_skills(served, able=usual.skills), tried,
        np.full((len(there), len(tried)), 1 / len(tried)),
    )  # fmt: skip
    belief = []
    for k, on in enumerate(there):
        day = recorded_day(fitted, on=on, time_zone=time_zone, how=how)
        fits = np.array([_fit(day, found.floor(k, way=way), how, seed) for way in tried])
        likely = np.exp(fits - fits.max())
        belief.append(likely / likely.sum())
    return replace(found, belief=np.array(belief))


def _handle_levels(
    served: RecordedContacts, usual: LearnedFloor, days: Sequence[int], kinds: Sequence[str]
) -> DayLevels:
    """Measure handle times in logarithms, which the few longest do not rule."""
    pace = np.array([usual.pace.get(agent, 1.0) for agent in served.agent])
    long = np.log(served.handle_s + _SHORT_S) - np.log(pace)
    levels, variance = np.full((2, len(days), len(kinds)), np.nan)
    for j, queue in enumerate(kinds):
        mine = served.queue == queue
        for i, day in enumerate(days):
            rows = mine & (served.day == day)
            if rows.sum() >= _FEW:
                levels[i, j] = long[rows].mean() - long[mine].mean()
                variance[i, j] = max(float(long[mine].var()), 1e-9) / rows.sum()
    return DayLevels.seen(levels, variance=variance)


def _patience_levels(seen: RecordedContacts, days: Sequence[int], kinds: Sequence[str]) -> DayLevels:
    """Measure how often customers give up per time of waiting against the usual of their queue."""
    seen = seen.take((seen.answered | seen.gave_up) & (seen.wait_s > 0))
    levels, variance = np.full((2, len(days), len(kinds)), np.nan)
    for j, queue in enumerate(kinds):
        mine = seen.queue == queue
        rate = float(seen.gave_up[mine].sum()) / max(float(seen.wait_s[mine].sum()), 1e-9)
        for i, day in enumerate(days):
            rows = mine & (seen.day == day)
            expected = rate * float(seen.wait_s[rows].sum())
            if expected >= _FEW:
                levels[i, j] = np.log((seen.gave_up[rows].sum() + 0.5) / (expected + 0.5))
                variance[i, j] = 1 / (expected + 0.5)
    return DayLevels.seen(levels, variance=variance)


def _pauses_of(served: RecordedContacts, usual: LearnedFloor, day: int, how: Learning) -> tuple[Times, Times, float]:
    pause, rest, rests = pauses(served.take(served.day == day), how=how)
    if rests[""] <= 0 or usual.rests[""] <= 0:
        return usual.pause, usual.rest, 1.0
    return pause, rest, rests[""] / usual.rests[""]


def _fit(day: RecordedDay, floor: LearnedFloor, how: Learning, seed: int) -> float:
    """Return the logarithm of how likely a day is on a floor, but for a constant."""
    problem = problem_of(day, floor=floor, seed=seed)
    real = recorded_figures(day, how=how)
    told = [
        twin_figures(trace, problem=problem, present_s=day.present_s)
        for trace in run(problem, replications=_REPLICATIONS, seed=seed).traces
    ]
    total = 0.0
    for figure, error in _KNOWN_BY.items():
        values = np.array([real[figure], *(one[figure] for one in told)])
        if figure.startswith("mean wait"):
            values = np.log(np.maximum(values, 1.0))
        # The variance of few courses is itself uncertain: it is averaged with that of the error allowed.
        variance = (float(values[1:].var(ddof=1)) + error**2) / 2 * (1 + 1 / _REPLICATIONS)
        total -= float(values[0] - values[1:].mean()) ** 2 / variance / 2
    return total


#: Fewer services, or customers expected to give up, say nothing of a day.
_FEW: Final = 4
