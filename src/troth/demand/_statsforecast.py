"""Models of statsforecast for the level of days; weekday and hours come from the profile."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from troth.demand._level import ProfileLevel, fitted
from troth.demand._past import Past, stages
from troth.demand.problem import Floats

#: A model is chosen and fitted anew every so many days of the backtest; between, it only takes in the new days.
_REFIT: Final = 28
_FEWEST: Final = 21


@dataclass(frozen=True, slots=True)
class StatsLevel:
    """AutoETS or AutoTheta on how far each day was from what its weekday makes expect, times that and the profile.

    Parameters
    ----------
    model : ``"ets"`` or ``"theta"``.

    Source
    ------
    R. J. Hyndman, A. Koehler, R. Snyder and S. Grose (2002), International Journal of Forecasting 18, 439-454; J. Fiorucci,
    T. Pellegrini, F. Louzada, F. Petropoulos and A. Koehler (2016), International Journal of Forecasting 32, 1151-1161.
    """

    name: str
    model: str = "ets"

    def forecast(self, past: Past, *, origins: Sequence[int], days: int) -> Floats:
        """See `Forecaster`; with too few days it says what its base says."""
        base = ProfileLevel("base", drift=0.0, fading=False, effects=False)
        found = base.forecast(past, origins=origins, days=days)
        for at, mine in stages(origins, every=_REFIT):
            if at < _FEWEST:
                continue
            fit = fitted(past, until=at, model=base)
            left, sure = fit.left_over(past, until=max(origins))
            weekday = past.days.weekday
            for s in range(len(left)):
                filled = _filled(left[s], sure[s] > 0)
                for k, said in zip(mine, _said(self.model, filled, at, [origins[k] for k in mine], days), strict=True):
                    ahead = slice(origins[k], origins[k] + days)
                    level = np.exp(fit.expected[s, ahead] + np.clip(said, -2, 2))
                    found[s, k] = level[:, None] * fit.profile[s, weekday[ahead]]
        return found


def _filled(left: Floats, usable: np.ndarray) -> Floats:
    """Carry the last deviation over days on which nothing is known."""
    last = np.maximum.accumulate(np.where(usable, np.arange(len(left)), -1))
    return np.where(last >= 0, left[np.maximum(last, 0)], 0.0)


def _said(model: str, left: Floats, at: int, origins: Sequence[int], days: int) -> list[Floats]:
    """Return the deviations a model expects from each origin on."""
    from statsforecast.models import AutoETS, AutoTheta

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a level that never moves makes its optimiser complain
        made: Any = AutoETS(season_length=1, model="ZZN", damped=True) if model == "ets" else AutoTheta(season_length=1)
        fit = made.fit(left[:at])
        return [np.nan_to_num(np.asarray(fit.forward(left[:origin], h=days)["mean"])) for origin in origins]
