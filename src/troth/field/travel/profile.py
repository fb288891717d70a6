"""How long the same way takes at different hours: speed by hour of the week, and the clock warped by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc

Floats = NDArray[np.float64]
#: Local hours begin on a whole quarter of an hour in every zone.
_QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, eq=False)
class TimeWarp:
    """The way driven since `start` by one who never stops, as a line with bends: what time is worth on the road.

    In this warped time every trip has a constant length: who leaves at t arrives when the line has risen by the trip's
    length at factor 1. The line rises strictly, so who leaves later arrives later (first in, first out: Ichoua,
    Gendreau and Potvin, European Journal of Operational Research 144, 2003, pages 379-396, section 3).

    Parameters
    ----------
    start : instant of second 0.
    knots_s : (k,) seconds after the start at which the speed changes, ascending.
    driven_s : (k,) seconds of driving at factor 1 done until then.
    """

    start: datetime
    knots_s: Floats
    driven_s: Floats

    def driven(self, clock_s: Floats | float) -> Floats:
        """Return the seconds of driving at factor 1 done until given seconds after the start."""
        return _line(np.asarray(clock_s, dtype=np.float64), self.knots_s, self.driven_s)

    def clock(self, driven_s: Floats | float) -> Floats:
        """Return the seconds after the start at which so much has been driven: the inverse of `driven`."""
        return _line(np.asarray(driven_s, dtype=np.float64), self.driven_s, self.knots_s)

    def arrive_s(self, depart_s: Floats | float, *, drive_s: Floats | float) -> Floats:
        """Return when those arrive who leave at given seconds after the start and drive `drive_s` at factor 1."""
        drive = np.asarray(drive_s, dtype=np.float64)
        far = ~np.isfinite(drive)
        there = self.clock(self.driven(depart_s) + np.where(far, 0.0, drive))
        return np.where(far, np.inf, there)


@dataclass(frozen=True, slots=True, eq=False)
class SpeedProfile:
    """How much longer than usual the same way takes, by local weekday and hour.

    Parameters
    ----------
    factors : (7, 24) factors of travel time, Monday first; 1 is usual, 1.5 is half as long again.
    time_zone : whose hours they are.

    Raises
    ------
    InputError
        For another shape, and for factors that are not between 0.05 and 20, which no road has.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> rush = np.ones((7, 24))
    >>> rush[:, 8] = 2.0
    >>> warp = SpeedProfile(rush).warp(datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC))
    >>> float(warp.arrive_s(3600.0 - 600, drive_s=1200.0)) / 60  # ten minutes at once, ten at half the speed
    80.0
    """

    factors: Floats
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        factors = np.asarray(self.factors, dtype=np.float64)
        object.__setattr__(self, "factors", factors)
        if factors.shape != (7, 24):
            advice = "Maybe one row for each weekday, Monday first, and a column for each hour."
            raise InputError([Issue("bad-profile", Severity.ERROR, "factors", str(factors.shape), advice)])
        wrong = ~((factors >= 0.05) & (factors <= 20.0))
        if wrong.any():
            day, hour = (int(one[0]) for one in np.nonzero(wrong))
            advice = "Maybe they are speeds: a factor of 2 is twice as long, and none is zero."
            shown = str(factors[day, hour])
            where = f"factors, weekday {day} hour {hour}"
            raise InputError([Issue("bad-profile", Severity.ERROR, where, shown, advice, int(wrong.sum()))])

    def factor(self, instant: datetime) -> float:
        """Return the factor of travel time at an instant."""
        local = to_utc(instant).astimezone(ZoneInfo(self.time_zone))
        return float(self.factors[local.weekday(), local.hour])

    def warp(self, start: datetime, end: datetime) -> TimeWarp:
        """Return the line of what is driven between two instants; before and after it goes on as at its ends."""
        begin, last = to_utc(start), max(to_utc(end), to_utc(start) + _QUARTER)
        knots, speeds = [0.0], [1.0 / self.factor(begin)]
        at = begin.replace(minute=begin.minute - begin.minute % 15, second=0, microsecond=0) + _QUARTER
        while at < last:
            speed = 1.0 / self.factor(at)
            if speed != speeds[-1]:
                knots.append((at - begin).total_seconds())
                speeds.append(speed)
            at += _QUARTER
        knots.append((last - begin).total_seconds())
        way = np.concatenate([[0.0], np.cumsum(np.diff(knots) * np.array(speeds))])
        return TimeWarp(begin, np.array(knots), way)


def _line(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """Return a line with bends at `x`, going on beyond both ends as it does next to them."""
    found = np.interp(x, xs, ys)
    first, last = (ys[1] - ys[0]) / (xs[1] - xs[0]), (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    found = np.where(x < xs[0], ys[0] + (x - xs[0]) * first, found)
    return np.asarray(np.where(x > xs[-1], ys[-1] + (x - xs[-1]) * last, found), dtype=np.float64)
