"""The plainest forecasters: what the last days of the same weekday were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from troth.demand._cleaned import median
from troth.demand._past import Past
from troth.demand.problem import Floats


@dataclass(frozen=True, slots=True)
class SameWeekday:
    """The mean or median of the last ordinary days of the same weekday; of one week it is the seasonal naive forecast.

    Parameters
    ----------
    weeks : how many days of the weekday.
    median : the median instead of the mean.
    """

    name: str
    weeks: int = 6
    median: bool = False

    def forecast(self, past: Past, *, origins: Sequence[int], days: int) -> Floats:
        """See `Forecaster`. Days with an occasion count only where there is no ordinary one."""
        series, _, slots = past.values.shape
        out = np.zeros((series, len(origins), days, slots))
        weekday = past.days.weekday
        for k, origin in enumerate(origins):
            wanted = weekday[origin : origin + days]
            for one in np.unique(wanted):
                said = self._middle(past, np.flatnonzero(weekday[:origin] == one))
                out[:, k, wanted == one] = said[:, None]
        return out

    def _middle(self, past: Past, some: np.ndarray) -> Floats:
        """Return the middle of the newest days among `some`, shape (series, slots)."""
        usable = past.weight[:, some].any(2)
        ordinary = usable & ~past.days.named[some]
        kept = np.where(ordinary.any(1, keepdims=True), ordinary, usable)
        kept &= np.cumsum(kept[:, ::-1], axis=1)[:, ::-1] <= self.weeks
        weight = past.weight[:, some] * kept[:, :, None]
        if self.median:
            return median(past.values[:, None, some], weight[:, None] > 0)[:, 0]
        total = weight.sum(1)
        found: Floats = (past.values[:, some] * weight).sum(1) / np.where(total > 0, total, 1.0)
        return found
