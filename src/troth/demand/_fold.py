"""Series as a matrix of local days and places on the wall clock, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from troth.core.time import Grid, Step, start_of_day, zone
from troth.demand.problem import STEPS, Bools, Floats

Ints = NDArray[np.int64]
_MINUTES = {Step.QUARTER_HOUR: 15, Step.HALF_HOUR: 30, Step.HOUR: 60, Step.DAY: 1440}


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the cells of a grid lie in a matrix of days and slots.

    Parameters
    ----------
    first : the local day of the first row.
    days, slots : the shape; only days that the grid covers to their end have a row.
    day, slot : row and column of each cell, shape (cells,); -1 for a cell of a day that has no row. The hour that comes twice
        in autumn has two cells in one place; the place that is jumped over in spring has none.
    edges : of the cells in UTC, one more than there are cells.
    """

    first: date
    days: int
    slots: int
    day: Ints
    slot: Ints
    edges: tuple[datetime, ...]

    def fold(self, values: Floats) -> Floats:
        """Return values as a matrix (days, slots): the mean where two cells share a place, NaN where there is none."""
        known = (self.day >= 0) & np.isfinite(values)
        place = self.day[known] * self.slots + self.slot[known]
        size = self.days * self.slots
        count = np.bincount(place, minlength=size)
        total = np.bincount(place, weights=values[known], minlength=size)
        with np.errstate(invalid="ignore"):
            mean: Floats = np.where(count > 0, total / count, np.nan)
        return mean.reshape(self.days, self.slots)

    def unfold(self, matrix: Floats) -> Floats:
        """Return the cells of a matrix (..., days, slots) in the order of the grid; those without a row get the last one."""
        found: Floats = matrix[..., self.day, self.slot]
        return found

    @property
    def exists(self) -> Bools:
        """Which places have a cell, shape (days, slots)."""
        found = np.zeros((self.days, self.slots), dtype=np.bool_)
        kept = self.day >= 0
        found[self.day[kept], self.slot[kept]] = True
        return found


@lru_cache(maxsize=64)
def layout(grid: Grid) -> Layout:
    """Return where the cells of a grid lie.

    Examples
    --------
    >>> spring = Grid.of_dates(date(2026, 3, 28), last=date(2026, 3, 29), step=Step.HOUR, time_zone="Europe/Vilnius")
    >>> int(layout(spring).exists.sum())
    47
    """
    edges = grid.edges()
    tz = zone(grid.time_zone)
    labels = [edge.astimezone(tz) for edge in edges[:-1]]
    width, slots = _MINUTES[grid.step], STEPS[grid.step]
    if not labels:
        return Layout(grid.start.date(), 0, slots, np.zeros(0, np.int64), np.zeros(0, np.int64), ())
    first = labels[0].date()
    end = edges[-1].astimezone(tz)
    days = (end.date() - first).days
    day = np.array([label.toordinal() for label in labels], dtype=np.int64) - first.toordinal()
    slot = np.array([(label.hour * 60 + label.minute) // width for label in labels], dtype=np.int64)
    # A first day that is not whole has no row either. Some zones jump over midnight: there a whole day begins at one.
    if slots > 1 and edges[0] != start_of_day(first, tz=tz):
        first, days, day = first + timedelta(days=1), days - 1, day - 1
    day[(day < 0) | (day >= days)] = -1
    return Layout(first, max(days, 0), slots, day, slot, tuple(edges))
