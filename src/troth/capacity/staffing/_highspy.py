"""Linear programs by HiGHS: few lines between a model in arrays and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from troth.capacity.staffing.problem import Floats


@dataclass(slots=True)
class Linear:
    """A linear program that is written row by row; variables are at least 0.

    Parameters
    ----------
    cost, upper, whole : of each variable: its price, its limit, whether it is a whole number.
    """

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    _rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def variables(self, count: int, *, cost: Any = 0.0, upper: Any = np.inf, whole: bool = False) -> np.ndarray:
        """Add variables; return their numbers."""
        first = len(self.cost)
        self.cost += np.broadcast_to(np.asarray(cost, float), (count,)).tolist()
        self.upper += np.broadcast_to(np.asarray(upper, float), (count,)).tolist()
        self.whole += [whole] * count
        return np.arange(first, first + count)

    def row(self, terms: dict[int, float], *, low: float = -np.inf, high: float = np.inf) -> None:
        """Add a constraint: the sum of the terms lies between two limits."""
        self._rows.append((terms, low, high))

    def solve(self) -> Floats | None:
        """Return the best values, or None if there are none that fit."""
        from highspy._core import HighsModelStatus, HighsVarType, _Highs  # the public class prints a banner

        model: Any = _Highs()
        model.setOptionValue("output_flag", False)
        model.setOptionValue("threads", 1)
        for _, low, high in self._rows:
            model.addRow(low, high, 0, np.empty(0, np.int32), np.empty(0))
        of: list[tuple[list[int], list[float]]] = [([], []) for _ in self.cost]
        for k, (terms, _, _) in enumerate(self._rows):
            for v, factor in terms.items():
                of[v][0].append(k)
                of[v][1].append(factor)
        for v, (rows, factors) in enumerate(of):
            at, values = np.array(rows, np.int32), np.array(factors, float)
            model.addCol(self.cost[v], 0.0, self.upper[v], len(rows), at, values)
            if self.whole[v]:
                model.changeColIntegrality(v, HighsVarType.kInteger)
        model.run()
        if model.getModelStatus() != HighsModelStatus.kOptimal:
            return None
        return np.asarray(model.getSolution().col_value, float)
