"""Handle times: which distribution tells them best, and how well it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.fit.lengths import Empirical, Floats, GammaMixture, LogNormal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A distribution fitted to lengths of time.

    Parameters
    ----------
    name : ``"lognormal"``, ``"gamma"``, ``"gamma-2"``: a mixture of two, and so on.
    lengths : the distribution.
    log_likelihood : of all observations.
    bic : Bayesian information criterion; less is better. Schwarz (1978), Annals of Statistics 6, 461-464.
    distance : greatest distance between its distribution function and what was seen (Kolmogorov-Smirnov).
    """

    name: str
    lengths: Any
    log_likelihood: float
    bic: float
    distance: float


@dataclass(frozen=True, slots=True)
class HandleFit:
    """What was seen and the distributions fitted to it, the best by BIC first.

    Parameters
    ----------
    seen : the lengths as they were.
    candidates : fitted, best first.
    issues : what was left out, what is doubtful.
    """

    seen: Empirical
    candidates: tuple[Candidate, ...]
    issues: tuple[Issue, ...] = ()

    @property
    def best(self) -> Candidate:
        """The fitted one with the least BIC."""
        return self.candidates[0]

    def plot(self) -> Any:
        """Return the figure of what was seen against what was fitted."""
        from troth.queueing.fit.plot import lengths

        return lengths(self.seen.seen, fitted=self.best.lengths, name=self.best.name)


def fit_handle(seconds: ArrayLike, *, parts: int = 3) -> HandleFit:
    """Fit handle times: a lognormal and mixtures of up to `parts` gamma distributions, told apart by BIC.

    Parameters
    ----------
    seconds : lengths, shape (n,). Those that are 0, negative or no number are left out with an issue.
    parts : the most gamma distributions in a mixture.

    Raises
    ------
    InputError
        If fewer than ten lengths above 0 remain, or all are equal.

    Source
    ------
    EM: Dempster, Laird and Rubin (1977), J. Royal Statistical Society B 39, 1-38. Service times of call centres are
    close to lognormal: Brown et al. (2005), J. American Statistical Association 100, 36-50, section 4.

    Examples
    --------
    >>> fit_handle(GammaMixture((1.0,), (2.0,), (90.0,)).quantile((np.arange(500) + 0.5) / 500)).best.name
    'gamma'
    """
    values, issues = _usable(np.ravel(np.asarray(seconds, float)))
    made: list[tuple[str, Any]] = [("lognormal", _lognormal(values)), ("gamma", gamma_by_likelihood(values))]
    made += [(f"gamma-{n}", _mixture(values, n)) for n in range(2, parts + 1) if len(values) >= 30 * n]
    candidates = sorted((_candidate(name, one, values) for name, one in made), key=lambda c: c.bic)
    if not np.isfinite([c.bic for c in candidates]).any():
        raise InputError([Issue("no-fit", Severity.ERROR, "seconds", "", "Maybe the unit is not seconds.")])
    return HandleFit(Empirical(values), tuple(candidates), issues)


def gamma_by_moments(seconds: ArrayLike) -> GammaMixture:
    """Return the gamma distribution with the mean and variance of a sample.

    Examples
    --------
    >>> found = gamma_by_moments([60.0, 120.0, 180.0])
    >>> found.shapes, found.scales
    ((4.0,), (30.0,))
    """
    values = np.asarray(seconds, float)
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    return GammaMixture((1.0,), (mean**2 / variance,), (variance / mean,))


def gamma_by_likelihood(seconds: ArrayLike, *, weights: ArrayLike | None = None) -> GammaMixture:
    """Return the gamma distribution of greatest likelihood, observations weighted if weights are given."""
    values = np.asarray(seconds, float)
    each = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    mean, logs = np.average(values, weights=each), np.average(np.log(values), weights=each)
    shape = _shape(float(np.log(mean) - logs))
    return GammaMixture((1.0,), (shape,), (float(mean) / shape,))


def _shape(gap: float) -> float:
    """Solve log k - psi(k) = gap by Newton in 1 / k; starts by Minka (2002), Estimating a gamma distribution."""
    from scipy.special import polygamma, psi

    gap = max(gap, 1e-9)
    k = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(20):
        step = (np.log(k) - psi(k) - gap) / (k**2 * (1 / k - polygamma(1, k)))
        new = 1 / (1 / k + step)
        if abs(new / k - 1) < 1e-12:
            break
        k = new if new > 0 else k / 2
    return float(k)


def _lognormal(values: Floats) -> LogNormal:
    logs = np.log(values)
    return LogNormal(float(logs.mean()), float(logs.std()))


def _mixture(values: Floats, count: int, *, rounds: int = 400) -> GammaMixture:
    """Return a mixture by EM, begun from equal slices of the ordered lengths."""
    ordered = np.sort(values)
    slices = np.array_split(ordered, count)
    weights = tuple(len(part) / len(values) for part in slices)
    begin = [
        gamma_by_likelihood(part) if part[0] < part[-1] else gamma_by_moments(part * [1, *[1.001] * (len(part) - 1)])
        for part in slices
    ]
    # Slices do not overlap as parts do: they start too narrow.
    now = GammaMixture(
        weights,
        tuple(min(one.shapes[0], 8.0) for one in begin),
        tuple(one.mean / min(one.shapes[0], 8.0) for one in begin),
    )
    last = -np.inf
    logs = np.log(ordered)
    for _ in range(rounds):
        parts = now.parts(ordered)
        whole = np.logaddexp.reduce(parts, axis=0)
        if whole.sum() - last < 1e-7 * len(values):
            break
        last = float(whole.sum())
        share = np.exp(parts - whole)
        size = np.maximum(share.sum(axis=1), 1e-9)
        means, mean_logs = share @ ordered / size, share @ logs / size
        # A part that shrinks onto one rounded value would have an endless likelihood.
        shapes = tuple(min(_shape(float(np.log(m) - g)), 400.0) for m, g in zip(means, mean_logs, strict=True))
        now = GammaMixture(
            tuple(float(one) for one in size / size.sum()),
            shapes,
            tuple(float(m) / k for m, k in zip(means, shapes, strict=True)),
        )
    return now


def _candidate(name: str, lengths: Any, values: Floats) -> Candidate:
    likelihood = float(np.sum(lengths.log_pdf(values)))
    ordered = np.sort(values)
    below, n = 1 - lengths.survival(ordered), len(values)
    places = np.arange(n)
    distance = float(np.max(np.maximum((places + 1) / n - below, below - places / n)))
    return Candidate(name, lengths, likelihood, lengths.parameters * float(np.log(n)) - 2 * likelihood, distance)


def _usable(values: Floats) -> tuple[Floats, tuple[Issue, ...]]:
    """Return lengths above 0 in order, and what was left out."""
    issues: list[Issue] = []
    tests: Sequence[tuple[str, Callable[[Floats], Any], str]] = (
        ("not-a-number", lambda v: ~np.isfinite(v), "Maybe an end that was not recorded."),
        ("not-above-zero", lambda v: np.isfinite(v) & (v <= 0), "Maybe rounded down to 0, or an end before its start."),
    )
    for code, test, advice in tests:
        wrong = test(values)
        if wrong.any():
            first = int(np.argmax(wrong))
            issues.append(
                Issue(code, Severity.WARNING, f"seconds[{first}]", f"{values[first]:g}", advice, int(wrong.sum()))
            )
    kept = np.sort(values[np.isfinite(values) & (values > 0)])
    if len(kept) < 10:
        raise InputError(
            [
                *issues,
                Issue(
                    "too-few",
                    Severity.ERROR,
                    "seconds",
                    str(len(kept)),
                    "Maybe take a longer period or several queues together; ten are needed.",
                ),
            ]
        )
    if kept[0] == kept[-1]:
        raise InputError(
            [
                *issues,
                Issue(
                    "all-equal",
                    Severity.ERROR,
                    "seconds",
                    f"{kept[0]:g}",
                    "Maybe a planned length stands in the log in place of the real one.",
                ),
            ]
        )
    return kept, tuple(issues)
