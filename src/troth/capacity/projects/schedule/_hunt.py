"""The search: a schedule at once, sets of skills with people put to them, many schedules at once, then both together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from troth.capacity.projects.schedule._anneal import annealed
from troth.capacity.projects.schedule._bounds import least
from troth.capacity.projects.schedule._compile import Pair
from troth.capacity.projects.schedule._cuts import cuts_for, people
from troth.capacity.projects.schedule._ortools import Clock, Cut, Model, staffing
from troth.capacity.projects.schedule._serial import Serial, Staffed, opening

#: What sets of skills get of the time: what they can prove they mostly prove in the first seconds.
_SETS: Final = 0.35
#: What annealing gets of the time that is left then.
_ANNEAL: Final = 0.7


class Hunt:
    """The best schedule so far, and a bound.

    Parameters
    ----------
    tell : told the best makespan and the bound whenever one gets better.
    """

    def __init__(
        self, serial: Serial, *, clock: Clock, seed: int, workers: int, tell: Callable[[float, float | None], object] | None
    ) -> None:  # fmt: skip
        self.serial, self.f = serial, serial.f
        self.clock, self.seed, self.workers, self.tell = clock, seed, workers, tell
        self.bound = least(self.f)
        self.best = Staffed((), ())
        self.high = self.f.horizon
        self.kept = False
        self.impossible = False
        self.cuts: list[Cut] = []

    def begin(self, rounds: int, rng: np.random.Generator) -> None:
        """Build schedules in many orders; with a stop by steps, as many as `rounds` whatever time they take."""
        quick = self.clock.seconds() * 0.9

        def enough() -> bool:
            return self.clock.over() or (self.clock.stop.steps is None and self.clock.seconds() < quick)

        found = opening(self.serial, rounds=rounds, rng=rng, stop=enough, enough=self.bound)
        if not self.best.starts or found.kept(self.f):
            self.better(found)

    def better(self, found: Staffed) -> bool:
        """Take a schedule if it is better."""
        kept, ends = found.kept(self.f), found.makespan(self.f)
        if self.best.starts and (not kept or (self.kept and ends >= self.best.makespan(self.f))):
            return False
        self.best, self.kept = found, kept
        if kept:
            self.high = ends
            self._told()
        return True

    def _raise(self, bound: int) -> None:
        if bound > self.bound:
            self.bound = bound
            self._told()

    def _told(self) -> None:
        if self.tell is not None and self.kept:
            self.tell(float(self.high), float(self.bound))

    @property
    def done(self) -> bool:
        """Whether nothing is left to be found, or no time."""
        return self.impossible or (self.kept and self.high <= self.bound) or self.clock.over()

    def run(self, rng: np.random.Generator) -> None:
        """Search until done."""
        seconds, steps = self.clock.part(_SETS)
        late_s, late_steps = self.clock.seconds() - seconds, self.clock.steps_left() - steps
        while not self.done:
            late = self.clock.seconds() < late_s or self.clock.steps_left() < late_steps
            if late or not self._sets(rng):
                self._annealed(rng)
                if not self.done:
                    self._together()
                return

    def _annealed(self, rng: np.random.Generator) -> None:
        """Change the best schedule a little, many thousand times: crowded problems of a few activities gain most."""
        annealed(
            self.serial, self.best, clock=self.clock, most=self.clock.part(_ANNEAL), rng=rng, better=self.better, done=lambda: self.done
        )  # fmt: skip

    def _sets(self, rng: np.random.Generator) -> bool:
        """Solve with sets of skills and put people to it; tells whether another round may help."""
        model = Model(self.f, self.bound, self.high - self.kept, exact=False, cuts=self.cuts)
        found = model.solved(
            self.clock, seed=self.seed, workers=self.workers, most=self.clock.part(_SETS), on_found=self._staffed_enough, on_bound=self._raise
        )  # fmt: skip
        if found.impossible:
            self._nothing_better()
            return True
        self._raise(found.bound)
        if found.starts is None:
            return False
        counts = staffing(self.f, found.starts, self.f.working)
        if counts is not None:
            self.better(people(self.f, found.starts, counts))
            return found.proven
        self.cuts += cuts_for(self.f, found.starts, rng=rng, stop=self.clock.over)
        return found.proven

    def _staffed_enough(self, starts: tuple[int, ...], _: dict[Pair, int]) -> bool:
        counts = staffing(self.f, starts, self.f.working)
        if counts is not None:
            self.better(people(self.f, starts, counts))
        return self.kept and self.high <= self.bound

    def _nothing_better(self) -> None:
        """Nothing ends before the best does: it is the best there is, or there is none."""
        if self.kept:
            self._raise(self.high)
        else:
            self.impossible = True

    def _together(self) -> None:
        """Search starts and people together."""
        model = Model(self.f, self.bound, self.high, exact=True, cuts=self.cuts)
        if self.kept:
            model.hint(self.best.starts, self.best.counts(self.f), self.high)
        found = model.solved(
            self.clock, seed=self.seed, workers=self.workers, on_found=self._together_found, on_bound=self._raise
        )  # fmt: skip
        if found.impossible:
            self._nothing_better()
        if found.starts is not None:
            self.better(people(self.f, found.starts, found.counts))
            self._raise(found.bound)

    def _together_found(self, starts: tuple[int, ...], counts: dict[Pair, int]) -> bool:
        self.better(people(self.f, starts, counts))
        return False
