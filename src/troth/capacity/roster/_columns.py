"""Column generation: lines priced person by person, a lower bound, and whole rosters by diving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from troth.capacity.roster._arrays import Stacked
from troth.capacity.roster._dp import best_line
from troth.capacity.roster._highspy import Master
from troth.capacity.roster._search import Scratch, own_price, room, rules_of

#: How far prices of a round lean on those of the best bound so far.
_SMOOTH = 0.6
#: Of so many people who are open one is settled at once, so that a dive takes about as many rounds whatever the number.
_AT_ONCE = 25
#: More columns than this make every solution of the master slow; the dearest are then dropped.
_MANY, _KEPT = 4000, 2500
#: A line that would lower the price by less is not worth a column.
_LEAST = 1e-6


@dataclass(slots=True)
class Pricer:
    """The best line of a person at given prices of cover.

    Parameters
    ----------
    arrays : the problem.
    """

    arrays: Stacked
    _scratch: Scratch = field(init=False)
    _none: tuple[np.ndarray, ...] = field(init=False)
    _loose: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Take room for the kernel, once."""
        self._scratch = room(self.arrays)
        groups = self.arrays.fine.units.shape[1]
        self._none = (np.zeros((0, 4), np.int64), np.zeros((0, groups), np.int64), np.zeros(0, np.bool_))
        self._loose = np.array([bool(steps.any()) for steps in self.arrays.fine.steps])

    def line(self, person: int, prices: np.ndarray) -> tuple[float, np.ndarray | None]:
        """Return a lower bound on a person's least price, and a line (or None if there is none).

        Parameters
        ----------
        prices : (D, K) what a person in a kind on a day earns.
        """
        self._group(person, self.arrays.cost[person] - prices[:, self.arrays.kind])
        loose = bool(self._loose[person])
        found = self._run(person, counted=not loose)
        if found == inf:
            return inf, None
        if loose and not self._within(person) and self._run(person, counted=True) == inf:
            return found, None
        groups, days = self._scratch.groups, np.arange(len(self._scratch.groups))
        return found, np.where(groups >= 0, self._scratch.picked[days, groups], -1)

    def _group(self, person: int, price: np.ndarray) -> None:
        """Write the best option of each group."""
        scratch, group = self._scratch, self.arrays.fine.group[person]
        scratch.grouped[:] = inf
        days = np.arange(len(price))
        for o in range(price.shape[1]):
            better = price[:, o] < scratch.grouped[days, group[o]]
            scratch.grouped[better, group[o]] = price[better, o]
            scratch.picked[better, group[o]] = o

    def _run(self, person: int, *, counted: bool) -> float:
        a, scratch = self.arrays, self._scratch
        rules = rules_of(a.fine, person)
        if not counted:
            rules = rules._replace(fields=self._none[0], steps=self._none[1], field_weekly=self._none[2])
        off, tail = a.off[person], a.tail[person]
        return float(best_line(scratch.grouped, off, rules, a.weekend, a.monday, tail, scratch.tables, scratch.groups))

    def _within(self, person: int) -> bool:
        """Tell whether the line in scratch keeps the limits that are counted along."""
        f, line = self.arrays.fine, self._scratch.groups
        weeks = np.cumsum(self.arrays.monday)
        for k in range(f.fields.shape[1]):
            steps = f.steps[person, k]
            taken = np.where(line >= 0, steps[np.maximum(line, 0)], 0)
            most = np.bincount(weeks, taken).max() if f.field_weekly[person, k] else taken.sum()
            if steps.any() and most > f.fields[person, k, 3]:
                return False
        return True


@dataclass(slots=True)
class Columns:
    """Column generation on one problem; keeps its columns and its best bound from call to call."""

    arrays: Stacked
    stop: Callable[[], bool]
    master: Master = field(init=False)
    pricer: Pricer = field(init=False)
    bound: float = -inf
    _centre: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Begin with no columns."""
        self.master, self.pricer = Master(self.arrays), Pricer(self.arrays)

    def put(self, roster: np.ndarray) -> None:
        """Put the lines of a whole roster in; the first call must come before all else."""
        for p, line in enumerate(roster):
            self.master.add(p, line)

    def thin(self, roster: np.ndarray) -> None:
        """Drop the columns that are furthest from being of use at the prices of the best bound, if there are many."""
        if len(self.master.lines) <= _MANY:
            return
        _, prices, people, _ = self.master.relax()
        a, old = self.arrays, self.master
        spare = np.array([
            cost - people[p] - sum(prices[d, a.kind[line[d]]] for d in np.flatnonzero(line >= 0))
            for (p, line), cost in zip(old.lines, old.costs, strict=True)
        ])  # fmt: skip
        self.master = Master(a)
        self.put(roster)
        for k in np.argsort(spare, kind="stable")[:_KEPT].tolist():
            self.master.add(*old.lines[k])

    def generate(self, *, rounds: int = 1000) -> bool:
        """Price until no line helps; return whether that is so (and the bound the best there is)."""
        smooth = _SMOOTH
        for _ in range(rounds):
            if self.stop():
                return False
            value, prices, people, _ = self.master.relax()
            at = prices if self._centre is None else smooth * self._centre + (1 - smooth) * prices
            low, new = self._price(at, prices, people, range(self.arrays.cost.shape[0]))
            if low > self.bound:
                self.bound, self._centre = low, at
            if value - self.bound < _LEAST * max(1.0, abs(value)):
                return True
            if not new:
                if smooth == 0.0:
                    return True
                smooth = 0.0 if smooth < 0.3 else smooth - 0.3
        return False

    def _price(
        self, at: np.ndarray, prices: np.ndarray, people: np.ndarray, who: range | list[int]
    ) -> tuple[float, int]:
        """Add the best line of each of these people at prices `at`; return the Lagrangian bound and how many are new."""
        a, new = self.arrays, 0
        low = self.master.bound_of_cover(at)
        for p in who:
            least, line = self.pricer.line(p, at)
            low += least
            if line is None:
                continue
            days = np.flatnonzero(line >= 0)
            own = own_price(a, p, line)
            if own - prices[days, a.kind[line[days]]].sum() - people[p] < -_LEAST:
                new += self.master.add(p, line)
        return low, new

    def dive(
        self,
        rng: np.random.Generator,
        *,
        rounds: int = 8,
        loose: float = 0.0,
        roster: np.ndarray | None = None,
        who: np.ndarray | None = None,
    ) -> np.ndarray | None:
        """Settle people one after the other by the shares of their lines, pricing the others anew in between.

        Parameters
        ----------
        rounds : of pricing between two people.
        loose : chance weight; 0 takes the largest share each time.
        roster, who : only these people get new lines, the others keep those of the roster; left out, all get new ones.

        Returns
        -------
        (P, D) a roster, or None if it came to no end.
        """
        people, days = self.arrays.off.shape
        open_ = set(range(people)) if who is None else set(who.tolist())
        roster = np.full((people, days), -1, np.int64) if roster is None else roster.copy()
        try:
            self.master.hold([self.master.column(p, roster[p]) for p in range(people) if p not in open_])
            while open_:
                shares = np.empty(0)
                for _ in range(rounds):
                    if self.stop():
                        return None
                    _, prices, duals, shares = self.master.relax()
                    if not self._price(prices, prices, duals, sorted(open_))[1]:
                        break
                else:
                    _, _, _, shares = self.master.relax()
                self._settle(rng, shares, open_, roster, loose)
        finally:
            self.master.free()
        return roster

    def around(self, roster: np.ndarray, *, who: np.ndarray, seconds: float, rounds: int = 12) -> np.ndarray | None:
        """Give some people new lines together, the others keeping theirs: columns for them, then the best whole.

        Parameters
        ----------
        who : numbers of the people whose lines may change.
        seconds : for putting lines together.

        Returns
        -------
        (P, D) a roster that costs no more, or None if there was no time.
        """
        open_ = sorted(who.tolist())
        try:
            self.put(roster)
            self.master.hold([self.master.column(p, line) for p, line in enumerate(roster) if p not in set(open_)])
            for _ in range(rounds):
                if self.stop():
                    return None
                _, prices, duals, _ = self.master.relax()
                if not self._price(prices, prices, duals, open_)[1]:
                    break
            return self.master.whole(seconds=seconds, start=roster)
        finally:
            self.master.free()

    def _settle(
        self, rng: np.random.Generator, shares: np.ndarray, open_: set[int], roster: np.ndarray, loose: float
    ) -> None:
        best: dict[int, tuple[float, int]] = {}
        for k in np.flatnonzero(shares > 1e-6).tolist():
            p = self.master.lines[k][0]
            if p in open_:
                best[p] = max(best.get(p, (0.0, -1)), (float(shares[k]), k))
        sure = [(p, k) for p, (share, k) in best.items() if share > 0.999]
        if not sure:
            order = sorted(best, key=lambda q: -best[q][0] - loose * rng.random())
            sure = [(p, best[p][1]) for p in order[: max(1, len(open_) // _AT_ONCE)]]
        for person, k in sure:
            roster[person] = self.master.lines[k][1]
            open_.discard(person)
        self.master.hold([k for _, k in sure])
