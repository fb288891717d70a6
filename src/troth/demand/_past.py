"""What forecasters look at: series side by side, cleaned, with what is known of each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from troth.demand._calendar import Days
from troth.demand.problem import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Series of one layout side by side.

    Parameters
    ----------
    values : outliers drawn in, 0 where nothing is usable, shape (series, days, slots).
    weight : how much each place counts: 0 where closed or unknown, else 1 (of a handle time the contacts).
    open : shape (series, days + horizon, slots).
    days : the days of history and horizon.
    counts : whether the values are counts, of which chance alone makes a Poisson spread.
    """

    values: Floats
    weight: Floats
    open: Bools
    days: Days
    counts: bool

    @property
    def length(self) -> int:
        """Days of history."""
        return int(self.values.shape[1])

    @property
    def whole(self) -> Floats:
        """Sum of each day, values times weights, shape (series, days)."""
        total: Floats = (self.values * self.weight).sum(2)
        return total


class Forecaster(Protocol):
    """Says of several origins at once what the days from each on will bring.

    An origin is the number of the first day not yet seen: nothing of that day or later may have a part in its forecast, but
    for what `Past.days` and `Past.open` say.
    """

    @property
    def name(self) -> str:
        """What scores and weights call it."""
        ...

    def forecast(self, past: Past, *, origins: Sequence[int], days: int) -> Floats:
        """Return expected values as if open, shape (series, origins, days, slots); never NaN, never negative."""
        ...


def stages(origins: Sequence[int], *, every: int) -> list[tuple[int, list[int]]]:
    """Return when to fit anew and the places of the origins each fit serves: every so many days, counted back from the last.

    Examples
    --------
    >>> stages([10, 16, 17, 24], every=7)
    [(10, [0, 1]), (17, [2]), (24, [3])]
    """
    newest = max(origins)
    served: dict[int, list[int]] = {}
    for place, one in enumerate(origins):
        served.setdefault((newest - one + every - 1) // every, []).append(place)
    # A fit before the first origin of all would see less than it may.
    return [
        (max(newest - every * back, min(origins[k] for k in mine) if back == max(served) else 0), mine)
        for back, mine in sorted(served.items(), reverse=True)
    ]
