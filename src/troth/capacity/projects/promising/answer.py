"""When a project can start: dates with the probability that they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from troth.core.decision import Explanation
from troth.promise import Offer


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """What can be promised to a client whose deal is won.

    Every probability is of a start (or finish) promised for that very day, given that the deal is won: an earlier promise
    gives the project an earlier place in the line. A client's own delay moves the promise and does not break it.

    Parameters
    ----------
    win : probability of the win.
    levels : asked for, such as 0.5, 0.8, 0.9.
    starts, finishes : by level the first day that is kept with at least that probability; None if none is in the time looked
        at. Finishes are those of the project whose start is promised at the level next to 0.8.
    days, chances : working days, and the probability that a start promised for them is kept.
    finish_days, finish_chances : the same of the finish, with the start promised at the level next to 0.8.
    within : probability that it starts at all in the time looked at.
    futures : what the probabilities rest on, as a number of equally weighted futures.
    binds : what the start waits for, what weighs most first.
    """

    deal_id: str
    asked: date
    win: float
    levels: tuple[float, ...]
    starts: tuple[date | None, ...]
    finishes: tuple[date | None, ...]
    days: tuple[date, ...]
    chances: tuple[float, ...]
    finish_days: tuple[date, ...]
    finish_chances: tuple[float, ...]
    within: float
    futures: float
    binds: Explanation
    samples: Any = field(repr=False, compare=False, default=None)
    """(2, F) day of the start less the client's delay, and of the finish, as days since `asked` (infinite if beyond), with the
    weights of the futures, (3, F) in all: start, finish, weight. Starts are of the promise at the level next to 0.8."""

    def start(self, level: float = 0.8) -> date | None:
        """Return the first day kept with a probability of those asked for."""
        return self.starts[self.levels.index(level)]

    def finish(self, level: float = 0.8) -> date | None:
        """Return the first day the finish is before with a probability of those asked for."""
        return self.finishes[self.levels.index(level)]

    def probability(self, day: date) -> float:
        """Return the probability that a start promised for a day is kept; beyond the days looked at, of the last of them."""
        return max((c for d, c in zip(self.days, self.chances, strict=True) if d <= day), default=0.0)

    def begun(self, share: float) -> date | None:
        """Return the day by which it has started, less the client's own delay, in a share of the futures; None if beyond the time.

        Promised at the level next to 0.8; if no day is kept so surely, in its usual turn, with nothing promised.
        """
        if self.samples is None:
            return None
        order = np.argsort(self.samples[0], kind="stable")
        at = int(np.searchsorted(np.cumsum(self.samples[2][order]), share - 1e-9))
        days = self.samples[0][order[min(at, len(order) - 1)]]
        return self.asked + timedelta(days=int(days)) if np.isfinite(days) and at < len(order) else None

    def offer(self, day: date, *, kind: str = "start", time_zone: str = "UTC") -> Offer:
        """Return a start (or ``"finish"``) by the end of a day as a promise, with its probability, to be given and scored.

        Raises
        ------
        ValueError
            Of a day for which the probability is 0: such a thing is not promised.
        """
        of = self.probability(day) if kind == "start" else self._finish_by(day)
        if of <= 0:
            raise ValueError(f"By {day.isoformat()} it is never kept; the first day with a chance is later.")
        ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
        return Offer(kind, ends, probability=min(round(of, 4), 1.0))

    def _finish_by(self, day: date) -> float:
        return max((c for d, c in zip(self.finish_days, self.finish_chances, strict=True) if d <= day), default=0.0)


@dataclass(frozen=True, slots=True)
class DisplacedJob:
    """A project or deal that a promise would move, or a win (`displaced`): beside how things go without it.

    Parameters
    ----------
    probability : that it starts or finishes later by a day or more, if it is done at all.
    start_days, finish_days : by how many days it does then, on average; None if it never moves so.
    kept_before, kept_after : probability that its promised start is kept; None without one.
    at_risk_cents : its price times the loss of that probability (without a promise times `probability`), times the
        probability that it is won: what is put at risk, not what is lost.
    """

    job_id: str
    sold: bool
    win: float
    probability: float
    start_days: float | None
    finish_days: float | None
    kept_before: float | None
    kept_after: float | None
    at_risk_cents: float


@dataclass(frozen=True, slots=True)
class EarlierPrice:
    """What makes a date possible that is not: hours of a skill, bought for some weeks.

    Parameters
    ----------
    skills : of which the hours are.
    hours_a_week : that must be at hand, of each, from `first` to the day before `until`.
    hours : that are used of them on average.
    cents : those hours at the given price, or at what its people cost on average; None if neither is known.
    probability : that the date is kept then; `before`: without.
    """

    by: date
    of: str
    skills: tuple[str, ...]
    hours_a_week: float
    first: date
    until: date
    hours: float
    cents: float | None
    probability: float
    before: float
