"""Who does what cannot be shared: chosen at the prices of the shared problem, then by trying person after person, best bound first.

With people settled the rest is a best flow again; unsettled, a need is thought to be shared, which can only be worth more. So the best of what is
still open bounds every plan (A. H. Land and A. G. Doig, 1960, An automatic method of solving discrete programming problems, Econometrica 28,
497-520). Who is chosen first is mended by giving those that come out short their turn first (D. E. Joslin and D. P. Clements, 1999, Squeaky wheel
optimization, Journal of Artificial Intelligence Research 10, 353-373).
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

import numpy as np

from troth.capacity.projects.allocation._alone import NOBODY, candidates, choose, fresh, groups, settled, shares
from troth.capacity.projects.allocation._flowed import Flowed
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem
from troth.capacity.projects.allocation.rules import TINY

#: A part of the value that is too little to look for.
_NEAR = 1e-6
#: How often at most needs that come out short are given their turn first.
_TURNS = 4
#: How often at most half of what is still shared is settled before all of it is.
_DIVE = 3


class Branching:
    """A search over who does what cannot be shared.

    Parameters
    ----------
    flow : the best flow of a problem.
    better : told of work beside what is confirmed; returns what the best plan so far is worth.
    over : whether there is no time for one more flow.
    tries : how many flows there are at most.
    """

    def __init__(
        self, problem: AllocationProblem, *, flow: Callable[[AllocationProblem], Flowed], better: Callable[[AllocatedWork], float],
        over: Callable[[], bool], tries: int,
    ) -> None:  # fmt: skip
        self.problem, self.flow, self.better, self.over, self.tries = problem, flow, better, over, tries
        self.some = groups(problem)
        self.people = candidates(problem, some=self.some)
        self.value, self.tried = -np.inf, False
        self.short, self.seen = list[int](), set[tuple[tuple[int, int], ...]]()

    def first(self) -> AllocationProblem:
        """Return the problem with somebody chosen for each need, at no prices."""
        chosen = choose(self.problem, some=self.some, people=self.people, chosen={})
        return settled(self.problem, some=self.some, chosen=chosen)

    def of(self, work: AllocatedWork) -> AllocationProblem:
        """Return the problem with needs settled as a whole plan has them."""
        found = self._shares(fresh(self.problem, work=work))
        return settled(
            self.problem, some=self.some, chosen={g: min(one, default=NOBODY) for g, one in enumerate(found)}
        )

    def run(self, shared: Flowed) -> float:
        """Go on until the best is proven, or tries or time are over, and return what no plan is worth more than.

        Parameters
        ----------
        shared : the best flow with all needs shared.
        """
        forced = {g: int(one[0]) if len(one) else NOBODY for g, one in enumerate(self.people) if len(one) < 2}
        root, best = shared, shared.bound
        if forced and not self._spent():
            root = self._settled(forced)
            best = min(best, root.bound)
        if not self._split(root.work, forced):
            self.value, self.tried = self.better(root.work), True
            return best
        self._turns(forced, root, turns=1)
        self._dive(forced, root)
        self._turns(forced, root, turns=_TURNS)
        return self._branched(forced, root.work, best)

    def _branched(self, forced: dict[int, int], work: AllocatedWork, best: float) -> float:
        """Try person after person for the need that most is shared of, where the bound is best."""
        order, open_ = count(), list[tuple[float, int, int, dict[int, int], AllocatedWork]]()
        heappush(open_, (-best, 0, next(order), forced, work))
        told = -np.inf  # the bound of what cannot be split any more, though it is worth less
        while open_ and -open_[0][0] > max(self.value, told) + _NEAR * abs(self.value):
            bound, depth, _, chosen, work = open_[0]
            split = self._split(work, chosen)
            if not split:
                self.value = max(self.value, self.better(work))
                told = max(told, -bound)
                heappop(open_)
                continue
            made = list[tuple[float, int, int, dict[int, int], AllocatedWork]]()
            for p in self.people[split[0]].tolist():
                if self._spent():
                    return max(-bound, told, self.value)
                one = {**chosen, split[0]: p}
                tried = self._settled(one)
                if not self._split(tried.work, one):
                    self.value = max(self.value, self.better(tried.work))
                made.append((max(bound, -tried.bound), depth - 1, next(order), one, tried.work))
            heappop(open_)
            for node in made:
                heappush(open_, node)
        return max([told, self.value, *(-one[0] for one in open_)])

    def _turns(self, forced: dict[int, int], root: Flowed, *, turns: int) -> None:
        """Choose at prices, and again with those that come out short first."""
        for _ in range(turns):
            chosen = choose(
                self.problem, some=self.some, people=self.people, chosen=forced, first=self.short, price=root.prices.of_people(), work=root.work
            )  # fmt: skip
            key = tuple(sorted(chosen.items()))
            if key in self.seen or self._spent():
                return
            self.seen.add(key)
            work, self.tried = self._settled(chosen).work, True
            self.value = max(self.value, self.better(work))
            n = self.problem.needs
            left = n.hours - np.bincount(work.need, work.hours, len(n))
            short = [g for g, rows in enumerate(self.some) if (left[rows] >= self.problem.grain).any()]
            self.short = [*(g for g in short if g not in self.short), *self.short]

    def _dive(self, forced: dict[int, int], root: Flowed) -> None:
        """Settle what one person does anyway, then half of what is shared, with a flow of the rest after each step."""
        chosen, now = dict(forced), root
        for steps in range(_DIVE, -1, -1):
            split = self._split(now.work, chosen)
            does = self._shares(now.work)
            chosen |= {g: max(one) for g, one in enumerate(does) if one and g not in chosen and g not in set(split)}
            some = choose(
                self.problem, some=self.some, people=self.people, chosen=chosen, first=split, price=now.prices.of_people(), work=now.work
            )  # fmt: skip
            most = split[: -(-len(split) // 2)]
            chosen = {**chosen, **{g: some[g] for g in most}} if steps and len(split) > 1 else some
            if self._spent():
                return
            now = self._settled(chosen)
            if len(chosen) == len(self.some):
                self.value = max(self.value, self.better(now.work))
                return

    def _settled(self, chosen: dict[int, int]) -> Flowed:
        return self.flow(settled(self.problem, some=self.some, chosen=chosen))

    def _spent(self) -> bool:
        self.tries -= 1
        return self.tries < 0 or self.over()

    def _shares(self, work: AllocatedWork) -> list[dict[int, float]]:
        return shares(self.some, work=work, needs=len(self.problem.needs))

    def _split(self, work: AllocatedWork, chosen: dict[int, int]) -> list[int]:
        """Return needs that several people do, or others than may; those first of which most is done by others than whoever does most."""
        found = dict[int, float]()
        for g, does in enumerate(self._shares(work)):
            best = max((does.get(p, 0.0) for p in self.people[g].tolist()), default=0.0)
            if g not in chosen and (other := sum(does.values()) - best) > TINY:
                found[g] = other
        return sorted(found, key=lambda g: (-found[g], g))
