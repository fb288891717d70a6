"""Profile times level: what kind of day it is, how the last days went, and how a day lies over its hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from troth.demand._past import Past, stages
from troth.demand._profile import profiles
from troth.demand.problem import Floats

#: The regression is made anew every so many days of the backtest; between, only the level is followed.
_REFIT: Final = 7
_ROUNDS: Final = 3
#: Prior strength, in days, of the share of a day's deviation that carries over, its prior value, and how it fades from then on.
_AR_DAYS, _AR_PRIOR, _FADES = 20.0, 0.5, 0.6
#: Prior strength of no drift, in days.
_DRIFT_DAYS: Final = 1.5
#: Deviations beyond so many standard deviations count as that many.
_HUBER: Final = 2.5


@dataclass(frozen=True, slots=True)
class ProfileLevel:
    """A regression of the day's level on what is known of the day, followed by its latest deviations, times a profile.

    The level's logarithm is a weekday's mean plus effects of the turn of the month, holidays, occasions, the year and
    regressors, each with a normal prior; counts weigh by their chance and by the days' own spread (negative binomial,
    fitted by iterated least squares). What is left over is a slow drift and a part that fades from day to day.

    Parameters
    ----------
    half_life : days after which a day counts half in the profile.
    memory : days after which a day counts half in the regression.
    drift : share by which each new day moves the slow drift; 0 for none.
    fading : whether yesterday's deviation carries over.
    weekday_sd : prior spread of a weekday's profile around that of its like.
    effects : whether anything but the weekday has an effect.

    Source
    ------
    J. Weinberg, L. Brown and J. Stroud (2007), JASA 102, 1185-1198; R. Ibrahim, H. Ye, P. L'Ecuyer and H. Shen (2016),
    International Journal of Forecasting 32, 865-874, sections 3 and 4.
    """

    name: str
    half_life: float = 56.0
    memory: float = 365.0
    drift: float = 0.03
    fading: bool = True
    weekday_sd: float = 0.15
    effects: bool = True

    def forecast(self, past: Past, *, origins: Sequence[int], days: int) -> Floats:
        """See `Forecaster`."""
        series, _, slots = past.values.shape
        out = np.zeros((series, len(origins), days, slots))
        for at, mine in stages(origins, every=_REFIT):
            fit = fitted(past, until=at, model=self)
            for k in mine:
                level = fit.level(past, origin=origins[k], days=days)
                weekday = past.days.weekday[origins[k] : origins[k] + days]
                out[:, k] = level[:, :, None] * fit.profile[:, weekday]
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A regression made of the days before one: expected level of every day, and the spread around it."""

    model: ProfileLevel
    profile: Floats  # (series, 7, slots)
    expected: Floats  # (series, days + horizon): logarithm of the level
    exposure: Floats  # (series, days): sum of the profile over places in use
    spread: Floats  # (series, 1): squared coefficient of variation of a day

    def level(self, past: Past, *, origin: int, days: int) -> Floats:
        """Return the level of the days from an origin on, shape (series, days)."""
        left, sure = self.left_over(past, until=origin)
        drift = np.zeros((len(left), 1))
        if self.model.drift:
            fade = (1 - self.model.drift) ** (origin - 1 - np.arange(origin))
            drift[:, 0] = (left * sure * fade).sum(1) / ((sure * fade).sum(1) + _DRIFT_DAYS)
        moved = drift
        if self.model.fading:
            moved = drift + _faded(left - drift, sure, days)
        found: Floats = np.exp(self.expected[:, origin : origin + days] + np.clip(moved, -2, 2))
        return found

    def left_over(self, past: Past, *, until: int) -> tuple[Floats, Floats]:
        """Return the logarithm of each day's ratio to the regression, tamed, and how sure each is (0 to 1)."""
        mean = self.exposure[:, :until] * np.exp(self.expected[:, :until])
        usable = self.exposure[:, :until] > 0
        chance = (1.0 if past.counts else 0.0) / np.maximum(mean, 1e-9)
        left = np.where(usable, past.whole[:, :until] / np.maximum(mean, 1e-9) - 1, 0.0)
        limit = _HUBER * np.sqrt(self.spread + chance)
        sure = np.where(usable, self.spread / (self.spread + chance), 0.0)
        return np.log1p(np.maximum(np.clip(left, -limit, limit), -0.9)), sure


def _faded(left: Floats, sure: Floats, days: int) -> Floats:
    """Return what of the last deviation is left on each day ahead, shape (series, days).

    The share that carries over to the next day is regressed and drawn to its prior; from then on it fades at a fixed rate,
    for the data of a season cannot tell rates apart (tried).
    """
    now = left * sure
    length = left.shape[1]
    power, usable = (now**2).sum(1), sure > 0
    typical = power / np.maximum(usable.sum(1), 1)
    carried = (now[:, :-1] * left[:, 1:] * usable[:, 1:]).sum(1) if length > 1 else np.zeros(len(left))
    share = (carried + _AR_DAYS * typical * _AR_PRIOR) / np.maximum(power + _AR_DAYS * typical, 1e-12)
    last = np.where(usable, np.arange(length), -1).max(1)
    newest = np.where(last >= 0, now[np.arange(len(left)), last], 0.0)
    passed = (length - 1 - last)[:, None] + np.arange(days)
    found: Floats = (newest * np.clip(share, 0.0, 0.95))[:, None] * _FADES**passed
    return found


def fitted(past: Past, *, until: int, model: ProfileLevel) -> Fit:
    """Return the regression of the days before `until`."""
    profile = profiles(past, until=until, half_life=model.half_life, weekday_sd=model.weekday_sd)
    weekday = past.days.weekday
    exposure = np.einsum("sdl,sdl->sd", past.weight, profile[:, weekday[: past.length]])
    whole, seen = past.whole[:, :until], exposure[:, :until]
    base = _base(whole, seen, weekday[:until])
    spread = np.full((len(whole), 1), 0.01)
    fade = 0.5 ** ((until - 1 - np.arange(until)) / model.memory)
    columns = past.days.design if model.effects else past.days.design[:, :7]
    design = columns[:until]
    effect: Floats = np.zeros((len(whole), design.shape[1]))
    squares = (design[:, :, None] * design[:, None, :]).reshape(until, -1)
    expected = base[:, weekday]
    for _ in range(_ROUNDS):
        mean = seen * np.exp(expected[:, :until])
        chance = (1.0 if past.counts else 0.0) / np.maximum(mean, 1e-9)
        limit = _HUBER * np.sqrt(spread + chance)
        left = np.where(seen > 0, np.clip(whole / np.maximum(mean, 1e-9) - 1, -limit, limit), 0.0)
        spread = _spread(left, chance, seen > 0)
        trust = np.where(seen > 0, fade / (spread + chance), 0.0)
        gram = (trust @ squares).reshape(len(whole), *design.shape[1:] * 2) + np.diag(
            past.days.prior[: design.shape[1]] ** -2.0
        )
        target = left + effect @ design.T
        effect = np.asarray(np.linalg.solve(gram, ((trust * target) @ design)[:, :, None])[:, :, 0], dtype=np.float64)
        expected = base[:, weekday] + np.clip(effect @ columns.T, -4, 4)
    return Fit(model, profile, expected, exposure, spread)


def _base(whole: Floats, seen: Floats, weekday: np.ndarray) -> Floats:
    """Return the logarithm of each weekday's level, drawn to the mean of all by a fifth of a day, shape (series, 7)."""
    total, of = (np.stack([one[:, weekday == k].sum(1) for k in range(7)], axis=1) for one in (whole, seen))
    mean = (total.sum(1) + 0.5) / np.maximum(of.sum(1), 1e-9)
    a_fifth = 0.2 * of.sum(1, keepdims=True) / np.maximum((seen > 0).sum(1, keepdims=True), 1)
    level = (total + a_fifth * mean[:, None]) / np.maximum(of + a_fifth, 1e-9)
    found: Floats = np.log(np.maximum(level, 1e-9))
    return found


def _spread(left: Floats, chance: Floats, usable: np.ndarray) -> Floats:
    """Return the squared coefficient of variation of days beyond chance, shape (series, 1)."""
    number = usable.sum(1, keepdims=True)
    beyond = ((left**2 - chance) * usable).sum(1, keepdims=True)
    found: Floats = np.clip((beyond + 3 * 0.005) / (number + 3), 5e-4, 1.0)
    return found
