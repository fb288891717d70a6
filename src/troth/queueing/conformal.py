"""Bands that hold what they say: any predictor's band, widened and shifted by how it fared lately at like load.

The error of a past prediction is measured in units of its own band, above and below the middle. The new band is where
the wanted shares of those errors lie, near ones in time and load counting more; and the levels looked up are moved by
how often the ends were missed (adaptive conformal inference), so that coverage holds when the world drifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from troth.queueing.state import Floats, WaitBand

#: A band is never taken for narrower than this on either side, in seconds and as a share of the load: errors in units
#: of a band that is far too narrow would say nothing about other bands.
_LEAST_SIDE_S: Final = 5.0
_LEAST_SIDE: Final = 0.25
#: Loads are compared on a logarithmic scale from this on.
_LEAST_LOAD_S: Final = 20.0


class Calibrator:
    """Keeps the band of one predictor for one queue honest.

    Parameters
    ----------
    levels : the levels kept, such as 0.1, 0.5 and 0.9.
    most : how many past predictions are remembered.
    half_life : after how many newer ones an error counts half.
    width : how like a load must be: standard deviation on the scale of its logarithm.
    gamma : step of the adaptive levels; 0 turns them off.
    groups : into how many equal parts of load the adaptive levels are kept apart.

    Source
    ------
    I. Gibbs and E. Candes (2021), Adaptive conformal inference under distribution shift, NeurIPS; scores in units of
    predicted quantiles: Romano, Patterson and Candes (2019); weighting by nearness: Guan (2023), Biometrika 110, 33-50.

    Examples
    --------
    >>> keeper = Calibrator()
    >>> said = WaitBand((0.1, 0.5, 0.9), (50.0, 100.0, 150.0))
    >>> for k in range(1, 200):  # waits are truly between 0 and 400 s
    ...     keeper.learn(said, load_s=100, wait_s=400 * (k * 0.618 % 1))
    >>> band = keeper.adjust(said, load_s=100)
    >>> 20 < band.low < 60, 340 < band.high < 380
    (True, True)
    """

    def __init__(
        self,
        *,
        levels: Sequence[float] = (0.1, 0.5, 0.9),
        most: int = 1000,
        half_life: float = 300.0,
        width: float = 0.35,
        gamma: float = 0.01,
        groups: int = 3,
    ) -> None:
        self.levels = tuple(levels)
        self.most, self.half_life, self.width, self.gamma, self.groups = most, half_life, width, gamma, groups
        #: Past predictions, oldest first: where the wait lay in its band, and the load then on its scale.
        self._scores, self._loads = np.empty(0), np.empty(0)
        self.shift = np.zeros((groups, len(self.levels)))

    def adjust(self, band: WaitBand, *, load_s: float) -> WaitBand:
        """Return the band as it must be; the given one while fewer than 20 outcomes are known."""
        scores, loads = self._scores, self._loads
        if len(scores) < 20:
            return WaitBand(self.levels, tuple(band.at(level) for level in self.levels))
        age = np.arange(len(scores))[::-1]
        near = (np.log(load_s + _LEAST_LOAD_S) - loads) / self.width
        # A thousandth is left to far loads: where nothing like it was seen, all that was seen speaks.
        weights = np.exp2(-age / self.half_life) * (np.exp(-0.5 * near**2) + 1e-3)
        moved = np.clip(np.asarray(self.levels) + self.shift[self._group(load_s)], 0.001, 0.999)
        found = np.maximum.accumulate(_weighted_quantiles(scores, weights, np.sort(moved)))
        middle, below, above = _sides(band, load_s)
        values = np.where(found < 0, middle + found * below, middle + found * above)
        return WaitBand(self.levels, tuple(float(value) for value in np.maximum(values, 0.0)))

    def learn(self, band: WaitBand, *, load_s: float, wait_s: float, said: WaitBand | None = None) -> None:
        """Take note of an outcome.

        Parameters
        ----------
        band : what the predictor had said; `said` is what `adjust` made of it, if anything.
        wait_s : the true wait, or for somebody who left after the upper end how long they stayed.
        """
        middle, below, above = _sides(band, load_s)
        off = wait_s - middle
        if said is not None and self.gamma:
            missed = np.asarray(wait_s <= np.asarray(said.seconds), dtype=np.float64)
            group = self._group(load_s)
            self.shift[group] = np.clip(self.shift[group] + self.gamma * (np.asarray(self.levels) - missed), -0.3, 0.3)
        self._scores = np.append(self._scores, off / (above if off >= 0 else below))[-self.most :]
        self._loads = np.append(self._loads, np.log(load_s + _LEAST_LOAD_S))[-self.most :]

    def to_json(self) -> dict[str, Any]:
        """Return what was learned as plain data."""
        return {"scores": self._scores.tolist(), "loads": self._loads.tolist(), "shift": self.shift.tolist()}

    def restore(self, data: dict[str, Any]) -> None:
        """Take over what `to_json` gave."""
        self._scores = np.asarray(data["scores"], dtype=np.float64)[-self.most :]
        self._loads = np.asarray(data["loads"], dtype=np.float64)[-self.most :]
        self.shift = np.asarray(data["shift"], dtype=np.float64)

    def _group(self, load_s: float) -> int:
        """Return which part of the remembered loads a load falls into."""
        if not len(self._loads):
            return 0
        below = np.count_nonzero(self._loads < np.log(load_s + _LEAST_LOAD_S)) / len(self._loads)
        return min(int(below * self.groups), self.groups - 1)


def _sides(band: WaitBand, load_s: float) -> tuple[float, float, float]:
    """Return the middle of a band and its reach below and above."""
    middle = band.at(0.5)
    least = _LEAST_SIDE_S + _LEAST_SIDE * load_s
    return middle, max(middle - band.at(0.1), least), max(band.at(0.9) - middle, least)


def _weighted_quantiles(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """Return quantiles of weighted values, on a line between neighbours."""
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    total = np.cumsum(weights)
    return np.interp(levels, (total - weights / 2) / total[-1], values)
