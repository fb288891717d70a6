"""Mixed-integer programs by HiGHS: few lines between a model in rows and its proved answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The best values found, their price, the proved bound, and whether that is proved to be the best."""

    values: NDArray[np.float64]
    price: float
    bound: float
    proved: bool


@dataclass(slots=True)
class Model:
    """A program in whole numbers from 0 to a limit, the sum of prices to be least."""

    price: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    _rows: list[tuple[list[int], list[float], float, float]] = field(default_factory=list)

    def variable(self, *, price: float, limit: float = 1.0) -> int:
        """Add a whole number; return its place."""
        self.price.append(price)
        self.limit.append(limit)
        return len(self.price) - 1

    def row(self, terms: Sequence[tuple[int, float]], *, low: float = -np.inf, high: float = np.inf) -> None:
        """Let the sum of the terms lie between two limits; each variable is named once."""
        self._rows.append(([v for v, _ in terms], [factor for _, factor in terms], low, high))

    def solve(self, *, seconds: float = np.inf) -> Solved | None:
        """Return the best answer; None if nothing fits or nothing was found in time."""
        from highspy._core import HighsModelStatus, HighsVarType, _Highs  # the public class prints a banner

        if not self.price:
            return Solved(np.empty(0), 0.0, 0.0, True)
        model: Any = _Highs()
        options = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6, "random_seed": 0}
        if np.isfinite(seconds):
            options["time_limit"] = float(seconds)
        for name, value in options.items():
            model.setOptionValue(name, value)
        size = len(self.price)
        model.addVars(size, np.zeros(size), np.array(self.limit, float))
        places = np.arange(size, dtype=np.int32)
        model.changeColsCost(size, places, np.array(self.price, float))
        model.changeColsIntegrality(size, places, np.array([HighsVarType.kInteger] * size))
        for at, factors, low, high in self._rows:
            model.addRow(low, high, len(at), np.array(at, np.int32), np.array(factors, float))
        model.run()
        status, told = model.getModelStatus(), model.getInfo()
        if told.primal_solution_status != 2:  # 2: feasible, by the documentation of HiGHS
            return None
        values = np.round(np.asarray(model.getSolution().col_value, float)) + 0.0  # no negative zeros
        proved = status == HighsModelStatus.kOptimal
        return Solved(values, float(values @ np.array(self.price)), float(told.mip_dual_bound), proved)
