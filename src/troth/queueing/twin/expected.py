"""How many are expected to come in the next hours: the usual course of the day, and how busy this day is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.queueing.read import Floats, RecordedContacts, day_number
from troth.queueing.twin.learn import Kind

#: The day in parts of half an hour.
_PARTS: Final = 48
#: Days differ at least so much in level (variance relative to the square of the mean).
_LEAST: Final = 0.003


@dataclass(frozen=True, slots=True, eq=False)
class UsualDay:
    """What comes on a day of a weekday.

    Parameters
    ----------
    per_part : by queue and priority, customers expected in each half hour of the local day, shape (48,).
    spread : variance of the level of a day, whose mean is 1.
    days : how many days it was learned from.
    """

    per_part: dict[Kind, Floats]
    spread: float
    days: int

    def between(self, kind: Kind, *, hours: Floats) -> Floats:
        """Return customers expected between instants in local hours, rising: one fewer than there are instants."""
        sums = np.concatenate([[0.0], np.cumsum(self.per_part[kind])])
        return np.diff(np.interp(hours, np.arange(_PARTS + 1) / 2, sums))

    def level(self, *, came: int, expected: float) -> tuple[float, float]:
        """Return shape and rate of the gamma distribution of this day's level, given who came so far and should have."""
        return 1 / self.spread + came, 1 / self.spread + expected


def usual_day(seen: RecordedContacts, *, on: date) -> UsualDay | None:
    """Return the usual course of a weekday; None if nobody came on such a day.

    Days from Monday to Friday have one course together, Saturdays and Sundays each one of their own; how many come
    differs by weekday.

    Parameters
    ----------
    seen : those who joined on whole days before `on`; days without any are taken for closed ones.

    Source
    ------
    Level: conjugate gamma and Poisson (Gelman et al. 2013, Bayesian Data Analysis, 3rd edition, section 2.6); its spread is what
    totals of days vary beyond chance.
    """
    groups, weekday = _group(seen.day), (day_number(on) + 3) % 7
    like = groups == max(weekday, 4)
    rows = seen.take(like & (seen.day < day_number(on)))
    days = np.unique(rows.day)
    if not len(days):
        return None
    totals = np.array([(rows.day == day).sum() for day in days], dtype=np.float64)
    means = {w: totals[(days + 3) % 7 == w].mean() for w in np.unique((days + 3) % 7)}
    factor = means.get(weekday, totals.mean()) / totals.mean()
    usual = np.array([means[(day + 3) % 7] for day in days])
    part = np.minimum((rows.hour * 2).astype(np.int64), _PARTS - 1)
    made: dict[Kind, Floats] = {}
    for queue, priority in sorted({(str(q), int(p)) for q, p in zip(rows.queue, rows.priority, strict=True)}):
        mine = (rows.queue == queue) & (rows.priority == priority)
        made[queue, priority] = np.bincount(part[mine], minlength=_PARTS) * factor / len(days)
    spread = float(((totals / usual - 1) ** 2 - 1 / usual).mean()) * len(days) / max(len(days) - len(means), 1)
    return UsualDay(made, max(spread, _LEAST), len(days))


def local_hour(at: datetime) -> float:
    """Return the time of day of an instant in its own zone, in hours."""
    return at.hour + at.minute / 60 + at.second / 3600


def _group(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 4 for working days, 5 for Saturdays, 6 for Sundays; day 0 of 1970 was a Thursday."""
    return np.maximum((day + 3) % 7, 4)
