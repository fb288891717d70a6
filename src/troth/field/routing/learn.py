"""How long work takes, how it is spread, and how windows once promised were kept: learned from what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Sigma of the logarithm of work where little is known, and as how many jobs that counts.
_USUAL_SIGMA: Final = 0.45
_WEIGHT: Final = 10.0
#: Pace differs between people by about so much where nothing is known.
_PACE_SIGMA: Final = 0.15
#: Ridge of the record of windows: the plan's own probability is believed until so much says otherwise.
_RIDGE: Final = 4.0
_CLIP: Final = (0.02, 0.98)


@dataclass(frozen=True, slots=True)
class FieldSpread:
    """How work and travel are spread: sigmas of logarithms.

    Parameters
    ----------
    work_sigma : of a job; `by_visit` instead for those it names.
    day_sigma : of what all jobs of a day share.
    travel_sigma, travel_day_sigma : of a trip, and of what all trips of a day share.
    """

    work_sigma: float = _USUAL_SIGMA
    by_visit: Mapping[str, float] = field(default_factory=dict)
    day_sigma: float = 0.05
    travel_sigma: float = 0.25
    travel_day_sigma: float = 0.1

    def of(self, visit_id: str) -> float:
        """Return the sigma of a visit's work."""
        return self.by_visit.get(visit_id, self.work_sigma)


@dataclass(frozen=True, slots=True)
class LearnedWork:
    """What was learned about work.

    Parameters
    ----------
    mean : by service, how many times its standard time a job takes on average.
    sigma : by service, of the logarithm of a job, day and person apart.
    pace : by technician, relative to the others.
    day_sigma : of what the jobs of a day share.
    jobs : how many it stands on.
    """

    mean: Mapping[str, float]
    sigma: Mapping[str, float]
    pace: Mapping[str, float]
    day_sigma: float
    jobs: int

    def factor(self, service: str) -> float:
        """Return how many times its standard time a job of a service takes; 1 if nothing is known of it."""
        return self.mean.get(service, 1.0)


def learn_work(
    seconds: ArrayLike,
    *,
    standard_s: ArrayLike,
    services: Sequence[str],
    technicians: Sequence[str],
    days: Sequence[int],
) -> LearnedWork:
    """Return how long jobs take over their standard times: log-normal, with effects of service, person and day.

    Effects of people and days are drawn to none, spreads of services to that of all, by how little is known of each: empirical
    Bayes by moments (G. Casella 1985, The American Statistician 39, 83-87; Efron and Morris 1975, JASA 70, 311-319).

    Parameters
    ----------
    seconds, standard_s : of each job what it took and what is reckoned; above 0, shape (n,).
    services, technicians, days : of each job; days by number.

    Raises
    ------
    ValueError : lengths differ, or a time is not above 0.

    Examples
    --------
    >>> found = learn_work([3600] * 40, standard_s=[3000] * 40, services=["repair"] * 40, technicians=["a"] * 40, days=range(40))
    >>> round(found.factor("repair"), 2), found.jobs
    (1.2, 40)
    """
    took, reckoned = np.asarray(seconds, float), np.asarray(standard_s, float)
    n = len(took)
    if not n == len(reckoned) == len(services) == len(technicians) == len(days):
        raise ValueError("Times, services, technicians and days must be of one length.")
    if n and not (np.all(took > 0) and np.all(reckoned > 0)):
        raise ValueError("Times must be above 0.")
    if n == 0:
        return LearnedWork({}, {}, {}, 0.0, 0)
    y = np.log(took / reckoned)
    kinds, kind = np.unique(np.asarray(services, str), return_inverse=True)
    people, person = np.unique(np.asarray(technicians, str), return_inverse=True)
    dates, date = np.unique(np.asarray(days, np.int64), return_inverse=True)
    mu, pace, day = np.zeros(len(kinds)), np.zeros(len(people)), np.zeros(len(dates))
    pace_var, day_var = _PACE_SIGMA**2, 0.0
    for _ in range(20):
        mu = _means(y - pace[person] - day[date], kind, len(kinds))
        rest = y - mu[kind]
        inner = float(np.var(rest - pace[person] - day[date])) or 1e-9
        pace, pace_var = _effects(rest - day[date], person, len(people), inner)
        day, day_var = _effects(rest - pace[person], date, len(dates), inner)
    left = y - mu[kind] - pace[person] - day[date]
    inner = float(np.var(left))
    whole = sqrt((inner * n + _USUAL_SIGMA**2 * _WEIGHT) / (n + _WEIGHT))
    sigma, mean = {}, {}
    for k, name in enumerate(kinds.tolist()):
        own = left[kind == k]
        sigma[name] = sqrt((float(own @ own) + whole**2 * _WEIGHT) / (len(own) + _WEIGHT))
        ratio = float(np.mean((took / reckoned)[kind == k]))
        model = exp(mu[k] + (sigma[name] ** 2 + pace_var + day_var) / 2)
        # The mean itself where there are many jobs, the log-normal's where there are few.
        share = len(own) / (len(own) + _WEIGHT)
        mean[name] = share * ratio + (1 - share) * model
    paces = {name: exp(float(pace[j])) for j, name in enumerate(people.tolist())}
    return LearnedWork(mean, sigma, paces, sqrt(day_var), n)


def _means(y: Floats, group: Any, size: int) -> Floats:
    return np.asarray(np.bincount(group, y, size) / np.maximum(np.bincount(group, minlength=size), 1), float)


def _effects(y: Floats, group: Any, size: int, inner: float) -> tuple[Floats, float]:
    """Return effects of groups drawn to 0, and the variance they have."""
    n = np.bincount(group, minlength=size).astype(float)
    mean = np.bincount(group, y, size) / np.maximum(n, 1)
    many = n >= 2
    between = float(np.mean(mean[many] ** 2 - inner / n[many])) if many.any() else 0.0
    between = max(between, 0.0)
    return np.asarray(mean * between / (between + inner / np.maximum(n, 1) + 1e-12), float), between


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What the record of windows promised says about the next: log odds as a line in those of the plan as it stood.

    Plans change after a promise: others are promised, people fall ill, the search makes room. What that does is not modelled
    but counted. `weights` belong to 1, the plan's log odds, the logarithm of the window's hours, and same-day promises.
    """

    weights: tuple[float, float, float, float]
    n: int

    def stated(self, probability: float, *, hours: float, same_day: bool) -> float:
        """Return the probability to state for a window that is kept with `probability` in the plan as it stands."""
        x = _features([probability], [hours], [same_day])[0]
        return float(1 / (1 + np.exp(-(x @ np.asarray(self.weights)))))


def learn_kept(
    kept: ArrayLike, *, probability: ArrayLike, hours: ArrayLike, same_day: ArrayLike, ages_days: ArrayLike,
    half_life_days: float = 60.0,
) -> KeptRecord:  # fmt: skip
    """Return what the record says: logistic regression with a ridge towards what the plan itself says.

    Without a record the plan is believed. Old promises fade. Waived promises, and those a customer moved, are left out before.

    Parameters
    ----------
    kept : True or False of each promise.
    probability, hours, same_day : what the plan said, how long the window was, whether it was of the same day. Shapes (n,).
    ages_days : how long ago each came due.

    Source
    ------
    J. Platt (1999), Advances in Large Margin Classifiers, 61-74 (calibration by a logistic line); ridge: le Cessie and van
    Houwelingen (1992), Applied Statistics 41, 191-201.

    Examples
    --------
    >>> found = learn_kept([1] * 80 + [0] * 20, probability=[0.9] * 100, hours=[2] * 100, same_day=[0] * 100, ages_days=[0] * 100)
    >>> round(found.stated(0.9, hours=2, same_day=False), 2), round(learn_kept([], probability=[], hours=[], same_day=[], ages_days=[]).stated(0.7, hours=1, same_day=True), 2)
    (0.8, 0.7)
    """
    hit = np.asarray(kept, float)
    x = _features(probability, hours, same_day)
    weight = 0.5 ** (np.maximum(np.asarray(ages_days, float), 0.0) / half_life_days)
    if not len(hit) == len(x) == len(weight):
        raise ValueError("Outcomes, probabilities, hours and ages must be of one length.")
    prior = np.array([0.0, 1.0, 0.0, 0.0])
    # The level is learned soon, how it varies only from many.
    ridge = np.diag([0.25, _RIDGE, _RIDGE, _RIDGE])
    beta = prior.copy()
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (weight * (hit - p)) - ridge @ (beta - prior)
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(curve, slope)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return KeptRecord((float(beta[0]), float(beta[1]), float(beta[2]), float(beta[3])), len(hit))


def _features(probability: ArrayLike, hours: ArrayLike, same_day: ArrayLike) -> Floats:
    p = np.clip(np.asarray(probability, float), *_CLIP)
    columns = (np.ones(len(p)), np.log(p / (1 - p)), np.log(np.asarray(hours, float) / 2), np.asarray(same_day, float))
    return np.stack(columns, axis=1)


def usual_spread(
    work: LearnedWork, *, services: Mapping[str, str], travel_sigma: float = 0.25, travel_day_sigma: float = 0.1
) -> FieldSpread:
    """Return the spread of a plan's visits: `services` is the service of each visit."""
    whole = exp(float(np.mean([log(one) for one in work.sigma.values()]))) if work.sigma else _USUAL_SIGMA
    by_visit = {visit: work.sigma.get(service, whole) for visit, service in services.items()}
    return FieldSpread(whole, by_visit, work.day_sigma, travel_sigma, travel_day_sigma)
