"""The search in the twin: how many people of each day's order are enough, then single ones more or fewer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from troth.capacity.staffing._chances import chance_of
from troth.capacity.staffing._formula import Tables
from troth.capacity.staffing._lived import Lived, live_through
from troth.capacity.staffing._order import Order, least_total
from troth.capacity.staffing._split import Pool, doable
from troth.capacity.staffing.plan import QueueChance
from troth.capacity.staffing.problem import Counts, Floats, LevelOver


class Search:
    """One pool, searched on all days at once: days do not bear on each other but through work carried over night."""

    def __init__(
        self, pool: Pool, order: Order, known: Tables, futures: int, repairs: int, trims: int, workers: int, seed: int,
        stopped: Callable[[], bool], tell: Callable[[float, str], None],
    ) -> None:  # fmt: skip
        self.pool, self.order, self.known = pool, order, known
        self.futures, self.repairs, self.trims, self.seed = futures, repairs, trims, seed
        self.workers, self.stopped, self.tell = workers, stopped, tell
        self.day_of = pool.problem.days()[1]
        self.days = int(self.day_of.max()) + 1
        self.judged = np.array([one.over is LevelOver.DAY for one in pool.queues])
        # Where nobody can reach a level, people are added for what can be reached, with a little room for chance.
        able = doable(pool)
        asked = np.array([one.level for one in pool.queues])[:, None]
        self.levels: Floats = np.where(able < asked, np.maximum(able - 0.1, 0.0), asked)
        self.confidence = pool.problem.confidence
        self.cut = False
        self.done = 0

    def best(self) -> Counts:
        """Return the staff found, shape (groups, intervals)."""
        staff = self._dial()
        staff = self._repair(staff, seed=self.seed, futures=self.futures)
        staff = self._trim(staff)
        # What was searched on one sample of futures looks a little better than it is: mend it on another.
        return self._repair(staff, seed=self.seed + 1, futures=2 * self.futures)

    def told(self, staff: Counts, *, futures: int, pool: Pool) -> list[QueueChance]:
        """Return the chances of queues judged by day, on futures that the search has not seen, with the arrivals of `pool`."""
        lived = live_through(pool, staff=staff, futures=futures, seed=self.seed + 2, workers=self.workers)
        return [
            chance_of(
                one.queue, over=one.over, level=one.level, good=lived.in_time[:, k], come=lived.offered[:, k], futures=futures
            )
            for k, one in enumerate(self.pool.queues)
            if self.judged[k]
        ]  # fmt: skip

    def _live(self, staff: Counts, what: str, *, seed: int | None = None, futures: int | None = None) -> Lived:
        self.done += 1
        self.tell(1 - 0.9 * 0.93**self.done, what)
        seed, futures = self.seed if seed is None else seed, futures or self.futures
        return live_through(self.pool, staff=staff, futures=futures, seed=seed, workers=self.workers)

    def _good(self, lived: Lived) -> np.ndarray:
        """Return which days reach all their targets, shape (days,)."""
        met = lived.met(self.levels)
        return np.asarray((met >= self.confidence - 1e-9)[self.judged].all(axis=0))

    def _enough(self, lived: Lived) -> np.ndarray:
        """Return which days reach their targets; where groups differ, taken together: who lacks what is seen later."""
        if len(self.pool.groups) == 1:
            return self._good(lived)
        wanted = (self.levels * lived.offered)[:, self.judged].sum(axis=1)
        got = lived.in_time[:, self.judged].sum(axis=1)
        return np.asarray((got >= wanted - 1e-9).mean(axis=0) >= self.confidence - 1e-9)

    def _over(self) -> bool:
        self.cut |= self.stopped()
        return self.cut

    def _dial(self) -> Counts:
        """Return the first staff of each day's order that is enough, by galloping from the formulas' answer and halving."""
        length = np.array([len(one) for one in self.order.added])
        place = np.minimum(self.order.enough, length)
        low, high = np.full(self.days, -1), length.copy()  # not enough, and enough as far as there is more
        failed, passed = np.zeros((2, self.days), bool)
        step = np.maximum(2, length // 16)
        while (high - low > 1).any() and not self._over():
            good = self._enough(
                self._live(self.order.staff(place), "how many are enough", futures=max(1, self.futures // 2))
            )
            asked = high - low > 1
            passed |= asked & good
            failed |= asked & ~good
            high = np.where(asked & good, place, high)
            low = np.where(asked & ~good, place, low)
            middle = (low + high) // 2
            ahead = np.where(failed, np.minimum(place + step, high), np.maximum(place - step, 0))
            step = 2 * step
            place = np.where(failed & passed, middle, ahead)
            last = ~passed & (place >= length)  # the whole order: whether that is enough does not change what is done
            low = np.where(last, length, low)
            place = np.where(high - low > 1, np.clip(place, low + 1, high - 1), high)
        return self.order.staff(np.maximum(high, 0))

    def _repair(self, staff: Counts, *, seed: int, futures: int) -> Counts:
        """Add people where a queue still misses its target, in the intervals in which contacts are late."""
        serves = self.pool.serves()
        cost = np.array([one.cents_per_hour for one in self.pool.groups])
        breadth = serves.sum(axis=1)
        for _ in range(self.repairs):
            if self._over():
                break
            lived = self._live(staff, "where targets are missed", seed=seed, futures=futures)
            met = lived.met(self.levels)
            failing = (met < self.confidence - 1e-9) & self.judged[:, None]
            if not failing.any():
                break
            late = lived.critical(self.levels, confidence=self.confidence, days=self.day_of)
            staff = staff.copy()
            grew = False
            for q, d in zip(*np.nonzero(failing), strict=True):
                count = 1 + int(6 * (self.confidence - met[q, d]))
                grew |= self._add(staff, late, int(q), int(d), count, serves, cost, breadth)
            if not grew:
                break
        return staff

    def _add(
        self, staff: Counts, late: Floats, q: int, d: int, count: int, serves: np.ndarray, cost: Floats, breadth: Counts
    ) -> bool:
        where = np.flatnonzero((self.day_of == d) & self.pool.open)
        weight = late[q, where] + 1e-6
        if self.pool.queues[q].deferred:  # is late where it came; people are of use until it is due
            ahead = max(1, int(self.pool.queues[q].within_s // self.pool.problem.interval_s))
            weight = np.array([late[q, max(0, t - ahead) : t + 1].sum() for t in where]) + 1e-6
            weight = weight / (1 + staff[:, where].sum(axis=0))
        groups = sorted(np.flatnonzero(serves[:, q]), key=lambda g: (cost[g], breadth[g]))
        grew = False
        for _ in range(count):
            room = {g: staff[g, where] < self.pool.most[g, where] for g in groups}
            able = np.logical_or.reduce(list(room.values()))
            if not able.any():
                break
            k = int(np.argmax(np.where(able, weight, -1.0)))
            g = next(g for g in groups if room[g][k])
            staff[g, where[k]] += 1
            weight[k] /= 2.5
            grew = True
        return grew

    def _trim(self, staff: Counts) -> Counts:
        """Take people away one a day at a time, where the formulas miss them least, and put back who is missed."""
        kept: set[tuple[int, int]] = set()
        floor = least_total(self.pool, tables=self.known)
        size = np.full(self.days, 1 if len(self.pool.groups) == 1 else 4)
        for _ in range(self.trims):
            if self._over():
                break
            tried = self._candidates(staff, kept, floor, size)
            if not tried:
                break
            thinner = staff.copy()
            for pairs in tried.values():
                for g, t in pairs:
                    thinner[g, t] -= 1
            good = self._good(self._live(thinner, "who is not missed"))
            staff = np.where(good[self.day_of][None, :], thinner, staff)
            for d, pairs in tried.items():
                if not good[d] and len(pairs) == 1:
                    kept.add(pairs[0])
                if not good[d]:
                    size[d] = max(1, size[d] // 2)
        return staff

    def _candidates(
        self, staff: Counts, kept: set[tuple[int, int]], floor: Counts, size: Counts
    ) -> dict[int, list[tuple[int, int]]]:
        """Return for each day whom to try without, at most so many, of each interval one."""
        total = staff.sum(axis=0)
        harm = self.known.gain(np.maximum(total - 1, 0)).sum(axis=0)
        surplus = staff - self.order.share * total
        found = {}
        for d in range(self.days):
            where = np.flatnonzero((self.day_of == d) & (total > floor))
            options = sorted(
                (harm[t] - 0.05 * surplus[g, t], int(g), int(t))
                for t in where
                for g in range(len(staff))
                if staff[g, t] > self.pool.least[g, t] and (int(g), int(t)) not in kept
            )
            first: dict[int, int] = {}
            for _, g, t in options:
                first.setdefault(t, g)
            if first:
                found[d] = [(g, t) for t, g in first.items()][: int(size[d])]
        return found
