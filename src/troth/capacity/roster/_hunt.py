"""The search for a roster: threads that share the best one found."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, inf

import numpy as np

from troth.capacity.roster import _search as kernels
from troth.capacity.roster._arrays import Stacked
from troth.capacity.roster._columns import Columns
from troth.capacity.roster._compile import Compiled
from troth.capacity.roster._turn import duties_of, lines_of
from troth.capacity.roster.problem import Duty, RosterProblem
from troth.core.decision import Stop

#: Moves between two looks at the clock are as many as take about so long.
_LOOK_S = 0.3
#: Seconds one restart's cooling takes if no time is set.
_CYCLE_S = 30.0
#: Dives before people are given new lines together, and seconds that putting lines together may take.
_DIVES = 4
_WHOLE_S = 8.0


@dataclass(slots=True)
class Hunt:
    """A search that is under way.

    Parameters
    ----------
    problem, whole, arrays : the problem in three forms.
    stop, began : when to end.
    heat : see `RosterParams`.
    tell : told the best value and bound.
    """

    problem: RosterProblem
    whole: Compiled
    arrays: Stacked
    stop: Stop
    began: float
    heat: float
    tell: Callable[[float, float | None], None] | None = None
    value: float = inf
    lines: np.ndarray = field(default_factory=lambda: np.empty(0))
    acts: np.ndarray = field(default_factory=lambda: np.empty(0))
    lost: int = 0
    integral: bool = False
    _low: float = -inf
    _steps: int = 0
    _proven: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, rng: np.random.Generator, start: tuple[Duty, ...]) -> None:
        """Give everybody a line, beginning with those of `start` that can stand."""
        board = kernels.empty_board(self.arrays)
        scratch = kernels.room(self.arrays)
        missing = lines_of(self.whole, self.arrays, start, board) if start else np.arange(len(self.problem.staff))
        kernels.fill(self.arrays, board)
        self.lost = int(kernels.start(self.arrays, rng, board, missing, scratch))
        self.integral = _integral(self.arrays)
        self.take(board.lines, board.acts, float(kernels.value_of(self.arrays, board)))

    def take(self, lines: np.ndarray, acts: np.ndarray, value: float) -> bool:
        """Keep a roster if it is better than the best; tell whether it is."""
        with self._lock:
            if value >= self.value - 1e-9:
                return False
            self.value, self.lines, self.acts = value, lines.copy(), acts.copy()
            told = self.tell
        if told is not None:
            told(value, self.bound())
        return True

    def bound(self) -> float | None:
        """Return what no roster can cost less than, if that is known."""
        if self._low == -inf:
            return None
        return float(ceil(self._low - 1e-6)) if self.integral else self._low

    def duties(self) -> tuple[Duty, ...]:
        """Return the best roster's shifts."""
        return duties_of(self.whole, self.lines, self.acts)

    def over(self) -> bool:
        """Tell whether to stop: as asked, or because the best cannot be bettered."""
        low = self.bound()
        if low is not None and self.value <= low + 1e-9:
            return True
        return self.stop.reached(seconds=time.monotonic() - self.began, steps=self._steps)

    def work(self, rng: np.random.Generator, *, columns: bool) -> None:
        """Search until it is over: by columns, with searches in between, or by searches alone."""
        if self.lost or self.over():
            return
        if columns:
            self._by_columns(rng)
        while not self.over():
            self._search(rng, heat=self.heat * self._scale(), seconds=_CYCLE_S)

    def _scale(self) -> float:
        """Return what a typical missing or superfluous person costs."""
        steps = np.abs(np.diff(self.arrays.cover, axis=2)).max(axis=2)
        found = steps[steps > 0]
        if self.arrays.floor.shape[1]:
            under = self.arrays.under[self.arrays.under > 0]
            found = np.concatenate([found, under, 10 * self.arrays.square[self.arrays.square > 0], self.arrays.over])
            found = found[found > 0]
        return float(np.median(found)) if found.size else 1.0

    def _left(self) -> float:
        """Return the seconds left; infinite without a limit."""
        return inf if self.stop.seconds is None else self.stop.seconds - (time.monotonic() - self.began)

    def _search(self, rng: np.random.Generator, *, heat: float, seconds: float, rounds: int | None = None) -> None:
        """Ruin and recreate from the best roster, cooling down over a while; keep what is better."""
        scratch, board = kernels.room(self.arrays), kernels.empty_board(self.arrays)
        everybody = np.arange(len(self.problem.staff))
        with self._lock:
            board.lines[:], board.acts[:], least = self.lines, self.acts, self.value
        kernels.fill(self.arrays, board)
        best_lines, best_acts = board.lines.copy(), board.acts.copy()
        seconds = min(seconds, max(self._left(), 0.1)) if self._left() > seconds / 2 else max(self._left(), 0.1)
        began, moves, done = time.monotonic(), 4, 0
        while not self.over():
            share = (time.monotonic() - began) / seconds if rounds is None else done / rounds
            if share >= 1:
                break
            looked = time.monotonic()
            _, least = kernels.improve(
                self.arrays,
                rng,
                moves,
                heat * (1 - share) ** 2,
                board,
                best_lines,
                best_acts,
                least,
                everybody,
                scratch,
            )
            if self.stop.steps is None and rounds is None:
                moves = max(1, min(1000, int(moves * _LOOK_S / max(time.monotonic() - looked, 1e-3))))
            else:
                moves = 50
            self.take(best_lines, best_acts, float(least))
            done += 1
            self._steps += 1

    def _by_columns(self, rng: np.random.Generator) -> None:
        """Generate columns to their end for the bound, then dive, polish and put together, again and again."""
        columns = Columns(self.arrays, self.over)
        columns.put(self.lines)
        complete = columns.generate()
        self._low = columns.bound
        for k in range(_DIVES):
            if not complete or self.over():
                return
            columns.thin(self.lines)
            roster = columns.dive(rng, loose=0.0 if k == 0 else 0.3)
            self._steps += 1
            if roster is not None:
                self._polish(rng, columns, roster)
        self._together(rng, columns)

    def _together(self, rng: np.random.Generator, columns: Columns) -> None:
        """Give some people at a time new lines together; more of them where that is quick."""
        people, many, most = len(self.problem.staff), 8.0, 16.0
        while not self.over():
            began = time.monotonic()
            with self._lock:
                roster = self.lines.copy()
            columns.thin(roster)
            if rng.random() < 0.7:
                who = self._whose(rng, roster)[: min(people, int(many))]
                found = columns.around(roster, who=who, seconds=min(_WHOLE_S, max(self._left(), 0.1)))
                quick = time.monotonic() - began < _WHOLE_S / 4
                many = min(many * 1.15, float(people)) if quick else max(3.0, many * 0.85)
            else:
                who = self._whose(rng, roster)[: max(1, min(people, int(most * rng.uniform(0.5, 1.0))))]
                found = columns.dive(rng, loose=0.2 * rng.random(), roster=roster, who=who)
                quick = time.monotonic() - began < 2 * _WHOLE_S
                most = min(most * 1.1, float(people)) if quick else max(6.0, most * 0.8)
            self._steps += 1
            if found is not None:
                board = kernels.empty_board(self.arrays)
                board.lines[:] = found
                kernels.fill(self.arrays, board)
                self.take(board.lines, board.acts, float(kernels.value_of(self.arrays, board)))

    def _whose(self, rng: np.random.Generator, roster: np.ndarray) -> np.ndarray:
        """Return people in the order in which they get new lines: at times those first who could mend a day that lacks somebody."""
        order = rng.permutation(len(roster))
        days, kinds = self.arrays.cover.shape[:2]
        if not kinds or rng.random() < 0.3:
            return order
        dear = np.zeros(days)
        for d in range(days):
            working = roster[:, d][roster[:, d] >= 0]
            counts = np.bincount(self.arrays.kind[working], minlength=kinds)[:kinds]
            dear[d] = sum(self.arrays.cover[d, k, counts[k]] - self.arrays.cover[d, k].min() for k in range(kinds))
        if dear.sum() <= 0:
            return order
        day = int(rng.choice(days, p=dear / dear.sum()))
        # Who is free then, and who works beside it: their weeks can be turned round the day.
        near = (roster[:, max(day - 1, 0) : day + 2] >= 0).sum(axis=1) + 2 * (roster[:, day] >= 0)
        return order[np.argsort(near[order] + 2 * rng.random(len(order)), kind="stable")]

    def _polish(self, rng: np.random.Generator, columns: Columns, roster: np.ndarray) -> None:
        """Search a little from a roster, and put its lines among the columns."""
        board, scratch = kernels.empty_board(self.arrays), kernels.room(self.arrays)
        board.lines[:] = roster
        kernels.fill(self.arrays, board)
        best_lines, best_acts = board.lines.copy(), board.acts.copy()
        least = float(kernels.value_of(self.arrays, board))
        heat = 0.05 * self.heat * self._scale()
        for k in range(5):
            if self.over():
                break
            _, least = kernels.improve(
                self.arrays, rng, len(roster), heat * (1 - k / 5) ** 2, board, best_lines, best_acts, least,
                np.arange(len(roster)), scratch,
            )  # fmt: skip
        columns.put(best_lines)
        self.take(best_lines, best_acts, float(least))


def warm(arrays: Stacked) -> None:
    """Have the kernels compiled, or read from where an earlier run left them."""
    board, scratch = kernels.empty_board(arrays), kernels.room(arrays)
    nobody, rng = np.empty(0, np.int64), np.random.default_rng(0)
    kernels.start(arrays, rng, board, nobody, scratch)
    kernels.improve(arrays, rng, 0, 0.0, board, board.lines, board.acts, 0.0, nobody, scratch)


def _integral(arrays: Stacked) -> bool:
    """Tell whether every price is a whole number."""
    parts = (arrays.cost, arrays.off, arrays.cover, arrays.tail, arrays.under, arrays.over, arrays.square)
    return all(bool((part[np.isfinite(part)] % 1 == 0).all()) for part in parts)
