"""Travel times between places: how long, how far, at which hour, and how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.field.travel.places import Marks, Places
from troth.field.travel.profile import Floats, SpeedProfile, TimeWarp

Singles = NDArray[np.float32]
#: Beyond this nobody is still on the way, in hours: until then a warped clock is looked at.
_LONGEST_H: Final = 48


@dataclass(frozen=True, slots=True, eq=False)
class TravelPattern:
    """What holds for all trips of a town, whoever computes the way.

    Parameters
    ----------
    profile : how hours differ; None if they do not.
    fixed_s : seconds of every trip that hours do not change: walking to the car, parking, ringing. A routing problem has one number
        a pair and bends all of it, so that at a factor f its trips are ``fixed_s * (f - 1)`` longer than `TravelTimes` says.
    sigma : spread of the logarithm of driving times about their mean, from trip to trip; 0 where it is not known.
    day_sigma : the same of what all trips of a day share, such as snow.
    """

    profile: SpeedProfile | None = None
    fixed_s: float = 0.0
    sigma: float = 0.0
    day_sigma: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fixed_s", "sigma", "day_sigma"):
            value = getattr(self, name)
            if not (0.0 <= value < 86_400.0):
                advice = "Maybe a number of seconds, or of a spread, which is never negative."
                raise InputError([Issue("bad-pattern", Severity.ERROR, name, str(value), advice)])

    @property
    def spread(self) -> float:
        """Sigma of a single trip, that of its day included."""
        return float(np.hypot(self.sigma, self.day_sigma))


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Travel times between places: the mean of those who leave when the profile's factor is 1.

    Parameters
    ----------
    seconds : (n, m) from origin to destination, with `pattern.fixed_s`; infinite where there is no way, 0 on the spot.
    metres : (n, m) along the way; infinite where there is none.
    pattern : how hours and trips differ.
    issues : bad places, unreachable pairs, answers that were not believed.

    Examples
    --------
    >>> times = TravelTimes(np.array([[0, 600], [660, 0]]), np.array([[0, 5000], [5100, 0]]))
    >>> from datetime import UTC, datetime
    >>> times.at(0, 1, departure_at=datetime(2026, 3, 2, 8, tzinfo=UTC))
    600.0
    """

    seconds: Singles
    metres: Singles
    pattern: TravelPattern = field(default_factory=TravelPattern)
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        for name in ("seconds", "metres"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        if self.seconds.ndim != 2 or self.metres.shape != self.seconds.shape:
            advice = "Maybe both are tables with a row for each origin and a column for each destination."
            shown = f"{self.seconds.shape} and {self.metres.shape}"
            raise InputError([Issue("bad-matrix-size", Severity.ERROR, "seconds and metres", shown, advice)])

    @property
    def profile(self) -> SpeedProfile | None:
        """How hours differ; None if they do not."""
        return self.pattern.profile

    @property
    def fixed_s(self) -> float:
        """Seconds of every trip that hours do not change."""
        return self.pattern.fixed_s

    @property
    def sigma(self) -> float:
        """Spread of the logarithm of driving times from trip to trip."""
        return self.pattern.sigma

    @property
    def day_sigma(self) -> float:
        """Spread of the logarithm of what all trips of a day share."""
        return self.pattern.day_sigma

    @property
    def unreachable(self) -> Marks:
        """Which pairs no way leads between, shape (n, m)."""
        return ~np.isfinite(self.seconds)

    def at(self, origin: int, destination: int, *, departure_at: datetime) -> float:
        """Return the seconds of a trip that begins at an instant; infinite if there is no way.

        The way is driven hour by hour at each hour's speed, so who leaves later arrives later.
        """
        seconds = float(self.seconds[origin, destination])
        if not np.isfinite(seconds) or self.profile is None or seconds <= self.fixed_s:
            return seconds
        start = to_utc(departure_at)
        worst = seconds * float(self.profile.factors.max())
        warp = self.profile.warp(start, start + timedelta(seconds=worst + 3600.0))
        return float(self.arrive_s(0.0, seconds=seconds, warp=warp))

    def arrive_s(self, depart_s: Floats | float, *, seconds: Floats | Singles | float, warp: TimeWarp | None) -> Floats:
        """Return when those arrive who leave at given seconds after the warp's start, array by array.

        Parameters
        ----------
        depart_s, seconds : of one shape, or one that fits; seconds as in the table.
        warp : of the profile over the days in question; None where there is no profile.
        """
        whole = np.asarray(seconds, dtype=np.float64)
        fixed = np.minimum(whole, self.fixed_s)
        if warp is None:
            return np.asarray(np.asarray(depart_s) + whole, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            drive = np.where(np.isfinite(whole), whole - fixed, np.inf)
        return warp.arrive_s(depart_s, drive_s=drive) + np.where(np.isfinite(fixed), fixed, 0.0)

    def leaving(self, departure_at: datetime) -> TravelTimes:
        """Return the table of those who all leave at one instant, without a profile."""
        if self.profile is None:
            return self
        start = to_utc(departure_at)
        warp = self.profile.warp(start, start + timedelta(hours=_LONGEST_H))
        return self._without(self.arrive_s(0.0, seconds=self.seconds, warp=warp))

    def mean(self, start: datetime, end: datetime) -> TravelTimes:
        """Return the table with the mean factor of the hours between two instants, without a profile."""
        if self.profile is None:
            return self
        quarters = max(1, int((to_utc(end) - to_utc(start)).total_seconds() // 900))
        asked = [to_utc(start) + timedelta(minutes=15 * k) for k in range(quarters)]
        factor = float(np.mean([self.profile.factor(one) for one in asked]))
        fixed = np.minimum(self.seconds, self.fixed_s)
        with np.errstate(invalid="ignore"):
            return self._without(np.where(self.unreachable, np.inf, fixed + (self.seconds - fixed) * factor))

    def quantile(self, p: float) -> Singles:
        """Return the seconds that a share `p` of single trips do not exceed, at factor 1, shape (n, m).

        Driving times are taken as log-normal about the mean in the table.
        """
        spread = self.pattern.spread
        factor = float(np.exp(spread * NormalDist().inv_cdf(p) - spread**2 / 2.0))
        fixed = np.minimum(self.seconds, np.float32(self.fixed_s))
        with np.errstate(invalid="ignore"):
            found = np.where(self.unreachable, np.inf, fixed + (self.seconds - fixed) * factor)
        return np.asarray(found, dtype=np.float32)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> TravelTimes:
        """Return the table of some of the places, in the order named."""
        pick = np.ix_(np.asarray(rows), np.asarray(rows))
        return replace(self, seconds=self.seconds[pick], metres=self.metres[pick])

    def whole(self, *, unreachable_s: int) -> NDArray[np.int64]:
        """Return the seconds as whole numbers, rounded up, with a number of your own where there is no way."""
        return np.where(self.unreachable, unreachable_s, np.ceil(np.where(self.unreachable, 0, self.seconds))).astype(
            np.int64
        )

    def _without(self, seconds: Floats) -> TravelTimes:
        pattern = replace(self.pattern, profile=None)
        return replace(self, seconds=np.asarray(seconds, dtype=np.float32), pattern=pattern)


class TravelProvider(Protocol):
    """Whatever can say how long it takes from place to place."""

    def matrix(self, places: Places, *, destinations: Places | None = None) -> TravelTimes:
        """Return the table from every place to every other, or to other destinations."""
        ...


def told(at: Floats, *, names: Sequence[str], fine: Marks, code: str, advice: str, limit: int = 20) -> list[Issue]:
    """Return an issue for each place that is not fine, the last one counting those beyond the limit."""
    wrong = np.flatnonzero(~fine)
    issues = [
        Issue(code, Severity.ERROR, names[k], f"{at[k, 0]:g}, {at[k, 1]:g}", advice) for k in wrong[:limit].tolist()
    ]
    if len(wrong) > limit:
        issues.append(Issue(code, Severity.ERROR, "further places", "", advice, len(wrong) - limit))
    return issues
