"""Travel times without a map: the straight way, made longer, at one speed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.travel.places import Places, check_places, degrees, straight_m, usable
from troth.field.travel.times import TravelPattern, TravelTimes


@dataclass(frozen=True, slots=True, eq=False)
class GreatCircle:
    """Travel times from the straight distance: a detour, a speed, and what every trip has on top.

    Roads are longer than the straight way by a factor that is much the same all over a region (the circuity factor:
    Ballou, Rahardja and Sakai, Selected country circuity factors for road travel distance estimation, Transportation
    Research A 36, 2002, page 846: Europe 1.46, the United States 1.20). What is learned from trips is better.

    Parameters
    ----------
    detour : road over straight distance, at least 1.
    speed_kmh : mean speed on the road when the profile's factor is 1.
    pattern : hours, parking and spread.
    issues : what was noticed when it was learned.

    Examples
    --------
    >>> times = GreatCircle(detour=1.3, speed_kmh=30.0).matrix([(54.70, 25.28), (54.72, 25.28)])
    >>> times.seconds.round().tolist()
    [[0.0, 527.0], [527.0, 0.0]]
    """

    detour: float = 1.3
    speed_kmh: float = 32.0
    pattern: TravelPattern = field(default_factory=lambda: TravelPattern(fixed_s=180.0))
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        wrong = []
        if not 1.0 <= self.detour <= 10.0:
            advice = "Maybe road over straight distance: 1.3 in most towns, never below 1."
            wrong.append(Issue("bad-detour", Severity.ERROR, "detour", str(self.detour), advice))
        if not 0.1 <= self.speed_kmh <= 400.0:
            advice = "Maybe kilometres an hour: 20 to 50 in towns."
            wrong.append(Issue("bad-speed", Severity.ERROR, "speed_kmh", str(self.speed_kmh), advice))
        if wrong:
            raise InputError(wrong)

    def matrix(self, places: Places, *, destinations: Places | None = None) -> TravelTimes:
        """Return travel times from every place to every other, or to other destinations.

        A place without coordinates is unreachable, with an issue.
        """
        origins, _ = degrees(places)
        ends = origins if destinations is None else degrees(destinations)[0]
        issues = [*check_places(places), *([] if destinations is None else check_places(destinations))]
        fine = usable(origins)[:, None] & usable(ends)[None, :]
        with np.errstate(invalid="ignore"):
            metres = (straight_m(origins, ends) * self.detour).astype(np.float32)
        metres[~fine] = np.inf
        seconds = metres * np.float32(3.6 / self.speed_kmh) + np.float32(self.pattern.fixed_s)
        # Coordinates are rounded to a metre; who is nearer does not get into the car.
        seconds[metres < 1.0] = 0.0
        return TravelTimes(seconds, metres, self.pattern, tuple(issues))
