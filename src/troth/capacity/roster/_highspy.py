"""Which lines together: the master problem of column generation by HiGHS, with a bound (Lagrange) and whole solutions.

Lines are columns, one convex price of cover a day and kind, one line a person (Jaumard, Semet and Vovor 1998, A
generalized linear programming model for nurse scheduling). Prices are smoothed between rounds (Wentges 1997).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from troth.capacity.roster._arrays import Stacked
from troth.capacity.roster._search import own_price


@dataclass(slots=True)
class Master:
    """The master problem over the lines put into it.

    Parameters
    ----------
    arrays : the problem.
    lines : (person, line) of each column, in order.
    """

    arrays: Stacked
    lines: list[tuple[int, np.ndarray]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    base: float = 0.0
    _held: list[int] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)
    _model: Any = None
    _pieces: int = 0
    _piece: list[tuple[int, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write rows and the columns of cover into a new model."""
        from highspy._core import _Highs  # `highspy.Highs` prints a banner on standard output when it is made

        people, days = self.arrays.cost.shape[:2]
        kinds = self.arrays.cover.shape[1]
        model: Any = _Highs()
        model.setOptionValue("output_flag", False)
        model.setOptionValue("threads", 1)
        for _ in range(days * kinds):
            model.addRow(0.0, 0.0, 0, np.empty(0, np.int32), np.empty(0))
        for _ in range(people):
            model.addRow(1.0, 1.0, 0, np.empty(0, np.int32), np.empty(0))
        for d in range(days):
            for k in range(kinds):
                prices = self.arrays.cover[d, k]
                self.base += float(prices[0])
                for step, length in _steps(np.diff(prices)):
                    row = d * kinds + k
                    model.addCol(step, 0.0, float(length), 1, np.array([row], np.int32), np.array([-1.0]))
                    self._piece.append((row, step, float(length)))
        self._pieces = len(self._piece)
        self._model = model

    def add(self, person: int, line: np.ndarray) -> bool:
        """Put a line in as a column; return whether it is new."""
        key = _key(person, line)
        if key in self._known:
            return False
        self._known[key] = len(self.lines)
        days, kinds = self.arrays.cost.shape[1], self.arrays.cover.shape[1]
        at = np.flatnonzero(line >= 0)
        cost = float(own_price(self.arrays, person, line))
        rows = np.concatenate([at * kinds + self.arrays.kind[line[at]], [days * kinds + person]]).astype(np.int32)
        self._model.addCol(cost, 0.0, 1.0, len(rows), rows, np.ones(len(rows)))
        self.lines.append((person, line.copy()))
        self.costs.append(cost)
        return True

    def relax(self) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """Solve over shares of lines; return the price, prices of cover (D, K), of people, and the shares."""
        self._model.run()
        solution = self._model.getSolution()
        duals = np.array(solution.row_dual)
        days, kinds = self.arrays.cost.shape[1], self.arrays.cover.shape[1]
        shares = np.array(solution.col_value)[self._pieces :]
        value = float(self._model.getInfo().objective_function_value) + self.base
        return value, duals[: days * kinds].reshape(days, kinds), duals[days * kinds :], shares

    def column(self, person: int, line: np.ndarray) -> int:
        """Return the number of a line's column, which is put in if it is not there."""
        self.add(person, line)
        return self._known[_key(person, line)]

    def hold(self, columns: list[int]) -> None:
        """Let these columns stand in every solution until `free`."""
        for k in columns:
            self._model.changeColBounds(self._pieces + k, 1.0, 1.0)
        self._held += columns

    def free(self) -> None:
        """Let go of all columns that are held."""
        for k in self._held:
            self._model.changeColBounds(self._pieces + k, 0.0, 1.0)
        self._held = []

    def bound_of_cover(self, prices: np.ndarray) -> float:
        """Return the least the columns of cover cost at given prices (D, K): a part of the Lagrangian bound."""
        flat = prices.reshape(-1)
        return float(self.base + sum(length * min(0.0, step + flat[row]) for row, step, length in self._piece))

    def whole(self, *, seconds: float, start: np.ndarray | None = None) -> np.ndarray | None:
        """Return the best roster (P, D) of the lines put in that is found in time, or None.

        Parameters
        ----------
        start : a roster to begin with, whose lines are put in.
        """
        from highspy import HighsSolution

        people, days = self.arrays.cost.shape[:2]
        if start is not None:
            for p in range(people):
                self.add(p, start[p])
        model, count = self._model, len(self.lines)
        columns = np.arange(self._pieces, self._pieces + count, dtype=np.int32)
        model.changeColsIntegrality(count, columns, np.full(count, 1, np.uint8))
        model.setOptionValue("time_limit", seconds)
        model.setOptionValue("mip_rel_gap", 1e-6)
        if start is not None:
            values = np.zeros(self._pieces + count)
            for p in range(people):
                values[self._pieces + self.column(p, start[p])] = 1.0
            self._fill_cover(values, start)
            solution = HighsSolution()
            solution.col_value = list(values)
            model.setSolution(solution)
        model.run()
        found = np.array(model.getSolution().col_value)
        feasible = model.getInfo().primal_solution_status == 2
        model.changeColsIntegrality(count, columns, np.zeros(count, np.uint8))
        model.setOptionValue("time_limit", float("inf"))
        model.clearSolver()
        if not feasible or len(found) < self._pieces + count:
            return None
        roster = np.full((people, days), -1, np.int64)
        for k in np.flatnonzero(found[self._pieces :] > 0.5):
            p, line = self.lines[k]
            roster[p] = line
        return roster

    def _fill_cover(self, values: np.ndarray, roster: np.ndarray) -> None:
        kinds = self.arrays.cover.shape[1]
        counts = np.zeros(self.arrays.cover.shape[0] * kinds)
        for line in roster:
            at = np.flatnonzero(line >= 0)
            counts[at * kinds + self.arrays.kind[line[at]]] += 1
        for k, (row, _, length) in enumerate(self._piece):  # pieces of a row stand in order of their price
            values[k] = min(length, counts[row])
            counts[row] -= values[k]


def _key(person: int, line: np.ndarray) -> bytes:
    return person.to_bytes(4, "little") + line.astype(np.int16).tobytes()


def _steps(increments: np.ndarray) -> list[tuple[float, int]]:
    """Return runs of equal increments as (increment, how many)."""
    out: list[tuple[float, int]] = []
    for step in increments.tolist():
        if out and out[-1][0] == step:
            out[-1] = (step, out[-1][1] + 1)
        else:
            out.append((step, 1))
    return out
