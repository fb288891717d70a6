"""The forecasters there are, by name. A new one is a file with a class and a line here; the shared tests take it up."""

from __future__ import annotations

from typing import Final

from troth.demand._level import ProfileLevel
from troth.demand._lightgbm import BoostedRatio
from troth.demand._past import Forecaster
from troth.demand._statsforecast import StatsLevel
from troth.demand._weekday import SameWeekday

#: Quick ones: their time hardly grows with the number of series.
QUICK: Final[tuple[Forecaster, ...]] = (
    SameWeekday("weekday-mean"),
    SameWeekday("weekday-median", median=True),
    SameWeekday("seasonal-naive", weeks=1),
    ProfileLevel("profile-level"),
    ProfileLevel("profile", drift=0.0, fading=False),
    ProfileLevel("counts", half_life=365.0, drift=0.01, fading=False, weekday_sd=0.08),
)
#: Those that fit every series by itself, or learn from all.
SLOW: Final[tuple[Forecaster, ...]] = (
    BoostedRatio("lightgbm"),
    StatsLevel("auto-ets", "ets"),
    StatsLevel("auto-theta", "theta"),
)

MODELS: Final[dict[str, Forecaster]] = {one.name: one for one in (*QUICK, *SLOW)}
