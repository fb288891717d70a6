"""One prediction out of several: a regression on what each said, learned as waits end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from troth.queueing.state import LEVELS, Floats, WaitBand

#: Waits are compared on a logarithmic scale from this on.
_FROM_S: Final = 20.0
#: How much the start is believed: as much as this many outcomes.
_PRIOR: Final = 20.0


class Blend:
    """Recursive least squares of the logarithm of waits on the logarithms of the predictors' middles.

    It begins as the mean of the predictors in `trusted` and forgets what is old.

    Parameters
    ----------
    names : the predictors blended, in order.
    trusted : those whose mean it begins with; all if none is named.
    half_life : after how many newer outcomes an old one counts half.

    Source
    ------
    Recursive least squares with forgetting: L. Ljung (1999), System Identification, section 11.2. Combination of
    forecasts: Bates and Granger (1969).
    """

    def __init__(self, names: Sequence[str], *, trusted: Sequence[str] = (), half_life: float = 1000.0) -> None:
        self.names, self.fade = tuple(names), 0.5 ** (1 / half_life)
        begun = tuple(trusted) or self.names
        self.weights = np.array([0.0, *(1 / len(begun) if name in begun else 0.0 for name in self.names)])
        self.covariance: Floats = np.eye(len(self.weights)) / _PRIOR
        self.variance = 0.25

    def predict(self, said: Mapping[str, WaitBand], *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels from what each predictor said."""
        middle, spread = float(self._features(said) @ self.weights), float(np.sqrt(self.variance))
        waits = (np.exp(middle + spread * NormalDist().inv_cdf(level)) - _FROM_S for level in quantiles)
        return WaitBand(tuple(quantiles), tuple(max(0.0, float(wait)) for wait in waits))

    def learn(self, said: Mapping[str, WaitBand], *, wait_s: float) -> None:
        """Take note of how a wait ended."""
        x, target = self._features(said), float(np.log(wait_s + _FROM_S))
        off = target - float(x @ self.weights)
        gain = self.covariance @ x / (self.fade + float(x @ self.covariance @ x))
        self.weights = self.weights + gain * off
        grown = (self.covariance - np.outer(gain, x @ self.covariance)) / self.fade
        # Along directions in which nothing new is seen, forgetting would let doubt grow without end.
        self.covariance = grown * min(1.0, len(x) / max(float(np.trace(grown)), 1e-12))
        self.variance += 0.01 * (off * off - self.variance)

    def to_json(self) -> dict[str, Any]:
        """Return what was learned as plain data."""
        return {
            "names": list(self.names),
            "weights": self.weights.tolist(),
            "covariance": self.covariance.tolist(),
            "variance": self.variance,
        }

    def restore(self, data: dict[str, Any]) -> None:
        """Take over what `to_json` gave, if it is of the same predictors."""
        if tuple(data["names"]) == self.names:
            self.weights, self.covariance = np.asarray(data["weights"]), np.asarray(data["covariance"])
            self.variance = float(data["variance"])

    def _features(self, said: Mapping[str, WaitBand]) -> Floats:
        logs = [np.log(max(said[name].at(0.5), 0.0) + _FROM_S) for name in self.names]
        # The constant is small so that the start's trust in it is small in seconds.
        return np.array([1.0, *logs])
