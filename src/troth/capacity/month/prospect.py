"""What is to be expected of a month under a roster: figures with the range that nine in ten futures lie in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Status
from troth.core.terms import Direction, Unit

Floats = NDArray[np.float64]
#: Who is meant by a figure of the whole site.
SITE = "site"


@dataclass(frozen=True, slots=True, eq=False)
class ForeseenFigure:
    """A figure of a queue, a team or the site, in every future.

    Parameters
    ----------
    kpi, title, unit, direction : which, and which way is better.
    member : queue or team; `SITE` for all.
    whole : of the whole time, shape (futures,); NaN where there is nothing to tell.
    daily : by local day, shape (futures, days).
    aim : what is aimed at; None for nothing.
    """

    kpi: str
    title: str
    unit: Unit
    direction: Direction
    member: str
    whole: Floats
    daily: Floats
    aim: float | None = None

    @property
    def median(self) -> float:
        """What half of the futures stay below."""
        return _quantile(self.whole, 0.5)

    def band(self, level: float = 0.9) -> tuple[float, float]:
        """Return between which values the whole time lies with a probability."""
        return _quantile(self.whole, (1 - level) / 2), _quantile(self.whole, (1 + level) / 2)

    def days(self, level: float = 0.9) -> tuple[Floats, Floats, Floats]:
        """Return low, median and high by day, shapes (days,); NaN on days without any."""
        tails = ((1 - level) / 2, 0.5, (1 + level) / 2)
        known = np.isfinite(self.daily).any(axis=0)
        made = np.full((3, self.daily.shape[1]), np.nan)
        made[:, known] = np.nanquantile(self.daily[:, known], tails, axis=0)
        return made[0], made[1], made[2]

    @property
    def reached(self) -> float:
        """Share of futures in which the aim is reached over the whole time; NaN without an aim."""
        if self.aim is None:
            return float("nan")
        known = self.whole[np.isfinite(self.whole)]
        good = known >= self.aim - 1e-9 if self.direction is Direction.HIGHER else known <= self.aim + 1e-9
        return float(good.mean()) if len(known) else float("nan")


def _quantile(values: Floats, level: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, level)) if len(known) else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """A month foreseen.

    Parameters
    ----------
    figures : of queues, teams and the site.
    days : local days in order, as of `ForeseenFigure.daily`.
    on_duty : people there and not on a break by interval, mean over futures, shape (intervals,).
    futures : how many were lived through.
    status : feasible, or stopped before all futures were.
    seed, seconds, versions : how it was made.
    """

    figures: tuple[ForeseenFigure, ...]
    days: tuple[date, ...]
    on_duty: Floats
    futures: int
    status: Status
    seed: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def of(self, kpi: str, *, member: str = SITE) -> ForeseenFigure:
        """Return a figure; `KeyError` if it is not there."""
        for one in self.figures:
            if one.kpi == kpi and one.member == member:
                return one
        raise KeyError((kpi, member))
