"""Quantiles over futures: by week, running up, and of the whole time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEVELS: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class MoneyFan:
    """What futures bring, in minor units of the house's currency.

    Quantiles do not add up: the P10 of a total is mostly above the sum of the weeks' P10, as not all weeks are bad at once, but
    need not be. So each is taken of its own sums.

    Parameters
    ----------
    weeks : shape (W,): Mondays; first days of months of a fan by month.
    levels : shape (Q,).
    by_week : shape (Q, W); NaN where something has no rate in some future.
    running : shape (Q, W): of what has come by the end of each week.
    total : shape (Q,).
    mean : expected total.
    futures : how many.
    """

    weeks: tuple[date, ...]
    levels: tuple[float, ...]
    by_week: Floats
    running: Floats
    total: Floats
    mean: float
    futures: int
    what: str = "revenue"
    currency: str = "EUR"

    def plot(self, *, running: bool = False, height: int = 280) -> Any:
        """Return a Plotly figure: the median as a line, the range between the outer levels as a band."""
        from troth.capacity.projects.money.plots import fan_chart

        return fan_chart(
            self.weeks, levels=self.levels, values=self.running if running else self.by_week, currency=self.currency,
            said="so far" if running else "a week", height=height,
        )  # fmt: skip


def fan(
    values: ArrayLike,
    *,
    weeks: Sequence[date],
    levels: Sequence[float] = LEVELS,
    what: str = "revenue",
    currency: str = "EUR",
) -> MoneyFan:
    """Return the fan of an array of futures.

    Parameters
    ----------
    values : shape (F, W): what each future brings in each week, in minor units.
    weeks : shape (W,).
    levels : ascending, between 0 and 1.

    Raises
    ------
    ValueError
        If shapes do not fit, there is no future, or levels are not as said.

    Source
    ------
    Quantiles by linear interpolation of the order statistics: R. J. Hyndman and Y. Fan (1996), Sample Quantiles in
    Statistical Packages, The American Statistician 50, definition 7.

    Examples
    --------
    >>> from datetime import date
    >>> found = fan([[0.0, 100.0], [100.0, 0.0], [50.0, 50.0]], weeks=[date(2026, 6, 1), date(2026, 6, 8)])
    >>> found.by_week[0].tolist(), found.total.tolist()
    ([10.0, 10.0], [100.0, 100.0, 100.0])
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != len(weeks) or not len(array):
        raise ValueError(f"Futures must be of shape (F, {len(weeks)}) with F at least 1, not {array.shape}.")
    asked = tuple(levels)
    if not asked or list(asked) != sorted(set(asked)) or not 0 <= asked[0] <= asked[-1] <= 1:
        raise ValueError(f"Levels must ascend between 0 and 1, not {asked}.")
    running = array.cumsum(axis=1)
    total = array.sum(axis=1)
    return MoneyFan(
        tuple(weeks), asked, np.quantile(array, asked, axis=0), np.quantile(running, asked, axis=0),
        np.quantile(total, asked), float(total.mean()), len(array), what, currency,
    )  # fmt: skip


def by_month(values: ArrayLike, *, weeks: Sequence[date]) -> tuple[tuple[date, ...], Floats]:
    """Return what futures bring by month: a week in two months is shared by its days from Monday to Friday.

    Parameters
    ----------
    values : shape (F, W): what each future brings in each week.
    weeks : shape (W,): Mondays.

    Returns
    -------
    months, sums : first days of months, and an array of shape (F, M).

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> from datetime import date
    >>> months, sums = by_month([[100.0, 50.0]], weeks=[date(2026, 6, 29), date(2026, 7, 6)])
    >>> [month.isoformat() for month in months], sums.tolist()
    (['2026-06-01', '2026-07-01'], [[40.0, 110.0]])
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != len(weeks):
        raise ValueError(f"Futures must be of shape (F, {len(weeks)}), not {array.shape}.")
    days = [[(week + timedelta(days=k)).replace(day=1) for k in range(5)] for week in weeks]
    months = sorted({month for some in days for month in some})
    out = np.zeros((len(array), len(months)))
    for w, some in enumerate(days):
        for month in set(some):  # what is not known of a week is not known of its months alone
            out[:, months.index(month)] += array[:, w] * some.count(month) / 5
    return tuple(months), out
