"""The best predictor of a queue, found by what each would have promised: lowest interval score, lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from troth.queueing.blend import Blend
from troth.queueing.conformal import Calibrator
from troth.queueing.simulate import Simulation
from troth.queueing.state import QueueState, WaitBand
from troth.queueing.wait import HeadOfLine, LastEntered, Predictor, QueueLength


def interval_score(low: float, high: float, *, value: float, coverage: float = 0.8) -> float:
    """Return the interval score: the width, and for a miss how far it is outside times 2 / (1 - coverage).

    Lower is better; the expected score is least for the true quantiles.

    Source
    ------
    R. L. Winkler (1972), JASA 67, 187-191; T. Gneiting and A. E. Raftery (2007), JASA 102, 359-378, eq. 43.

    Examples
    --------
    >>> interval_score(10, 20, value=15), interval_score(10, 20, value=25)
    (10, 60.0)
    """
    penalty = 2 / (1 - coverage)
    return (
        high
        - low
        + (round(penalty, 12) * (max(low - value, 0) + max(value - high, 0)) if not low <= value <= high else 0)
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What every predictor said for one ticket; kept until the outcome is known.

    Parameters
    ----------
    load_s : the work visible ahead per server, in seconds.
    raw, bands : by predictor, before and after calibration.
    best : the predictor whose band is promised.
    """

    load_s: float
    raw: dict[str, WaitBand]
    bands: dict[str, WaitBand]
    best: str

    @property
    def band(self) -> WaitBand:
        """The band to promise."""
        return self.bands[self.best]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, to be kept with the promise."""
        raw = {name: [list(band.levels), list(band.seconds)] for name, band in self.raw.items()}
        bands = {name: [list(band.levels), list(band.seconds)] for name, band in self.bands.items()}
        return {"load_s": self.load_s, "best": self.best, "raw": raw, "bands": bands}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Forecast:
        """Return what `to_json` wrote."""
        raw, bands = (
            {name: WaitBand(tuple(levels), tuple(seconds)) for name, (levels, seconds) in data[key].items()}
            for key in ("raw", "bands")
        )
        return cls(data["load_s"], raw, bands, data["best"])


#: Scores are relative to the load plus this.
_LOAD_S: Final = 60.0
#: The name of the blend among the predictors.
BLEND: Final = "blend"


class Tournament:
    """Predictors of one queue, each kept honest, of which the best lately is promised.

    Parameters
    ----------
    predictors : by default queue length, last to enter, head of line and simulation; a `Blend` of them takes part too.
    half_life : after how many newer outcomes a score counts half.
    margin : a challenger takes over when its score is lower by this share, so that words do not flutter.
    options : of every `Calibrator`.
    """

    def __init__(
        self,
        *,
        predictors: Sequence[Predictor] | None = None,
        half_life: float = 500.0,
        margin: float = 0.01,
        **options: Any,
    ) -> None:
        chosen = predictors or (Simulation(), QueueLength(), LastEntered(), HeadOfLine())
        self.predictors = {one.name: one for one in chosen}
        self.blend = Blend(tuple(self.predictors), trusted=("simulation", "queue_length"))
        names = (*self.predictors, BLEND)
        self.keepers = {name: Calibrator(**options) for name in names}
        self.half_life, self.margin = half_life, margin
        self.sums = dict.fromkeys(names, 0.0)
        self.weight = 0.0
        self.best = next(iter(self.predictors))

    def forecast(self, state: QueueState) -> Forecast:
        """Return what each predictor says now; changes nothing."""
        load = QueueLength().point_s(state)
        raw = {name: one.predict(state) for name, one in self.predictors.items()}
        raw[BLEND] = self.blend.predict(raw)
        bands = {name: self.keepers[name].adjust(band, load_s=load) for name, band in raw.items()}
        return Forecast(load, raw, bands, self.best)

    def learn(self, forecast: Forecast, *, wait_s: float, served: bool = True) -> bool:
        """Take note of how a wait ended.

        Parameters
        ----------
        wait_s : until the call, or until the customer left.
        served : False for somebody who left. After the upper end of what was promised that end was missed; before it
            nothing is known and nothing is learned.

        Returns
        -------
        whether something was learned, which is whether the promise is kept or broken and not waived.
        """
        if not served and wait_s <= forecast.band.high:
            return False
        if set(self.blend.names) <= set(forecast.raw):
            self.blend.learn(forecast.raw, wait_s=wait_s)
        fade = 0.5 ** (1 / self.half_life)
        self.weight = self.weight * fade + 1
        for name, raw in forecast.raw.items():
            if name not in self.keepers:
                continue
            band = forecast.bands[name]
            # Relative to the load, which is known before: else a few long waits would choose for all.
            score = interval_score(band.low, band.high, value=wait_s) / (forecast.load_s + _LOAD_S)
            self.sums[name] = self.sums[name] * fade + score
            self.keepers[name].learn(raw, load_s=forecast.load_s, wait_s=wait_s, said=band)
        leader = min(self.sums, key=lambda name: self.sums[name])
        if self.weight > 20 and self.sums[leader] < (1 - self.margin) * self.sums[self.best]:
            self.best = leader
        return True

    def scores(self) -> dict[str, float]:
        """Return the mean interval score of each predictor relative to the load plus a minute, recent ones counting more."""
        return {name: total / self.weight for name, total in self.sums.items()} if self.weight else {}

    def to_json(self) -> dict[str, Any]:
        """Return all that was learned as plain data."""
        keepers = {name: keeper.to_json() for name, keeper in self.keepers.items()}
        return {
            "keepers": keepers,
            "blend": self.blend.to_json(),
            "sums": self.sums,
            "weight": self.weight,
            "best": self.best,
        }

    def restore(self, data: dict[str, Any]) -> None:
        """Take over what `to_json` gave; predictors that are new begin afresh."""
        for name, kept in data["keepers"].items():
            if name in self.keepers:
                self.keepers[name].restore(kept)
                self.sums[name] = data["sums"][name]
        self.blend.restore(data["blend"])
        self.weight = data["weight"]
        self.best = data["best"] if data["best"] in self.keepers else self.best
