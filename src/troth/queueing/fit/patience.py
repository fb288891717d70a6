"""Patience: how long customers would wait, from waits that mostly ended otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.fit.handle import Candidate
from troth.queueing.fit.lengths import Floats, GammaMixture, StepHazard
from troth.queueing.fit.survival import Survival, checked, kaplan_meier, nobody

#: Steps of a hazard by themselves: at most so many, with at least so many who gave up in each.
_STEPS, _IN_EACH = 20, 25


@dataclass(frozen=True, slots=True)
class PatienceFit:
    """What waits say of patience, and the distributions fitted, the best by BIC first.

    Parameters
    ----------
    seen : the product-limit estimate.
    waits_s, gave_up : what it was fitted to.
    candidates : fitted, best first; `distance` is the greatest to the product-limit estimate while one in a hundred of the
        waits still lasts: beyond, chance rules the estimate.
    issues : what was left out, what is doubtful.
    """

    seen: Survival
    waits_s: Floats
    gave_up: NDArray[np.bool_]
    candidates: tuple[Candidate, ...]
    issues: tuple[Issue, ...] = ()

    @property
    def best(self) -> Candidate:
        """The fitted one with the least BIC."""
        return self.candidates[0]

    def plot(self) -> Any:
        """Return the figure of the share still patient, seen and fitted."""
        from troth.queueing.fit.plot import patience

        return patience(self.seen, fitted=self.best.lengths, name=self.best.name)

    def plot_hazard(self) -> Any:
        """Return the figure of the rate at which those still waiting give up."""
        from troth.queueing.fit.plot import hazard, reach

        end = reach(self.seen)
        seen = step_hazard(self.waits_s, gave_up=self.gave_up, edges_s=list(np.arange(20) * max(end / 20, 1.0)))
        return hazard(seen, end_s=end, fitted=self.best.lengths)


def fit_patience(waits_s: ArrayLike, *, gave_up: ArrayLike, edges_s: Sequence[float] | None = None) -> PatienceFit:
    """Fit patience: exponential, hyper-exponential with two kinds of customers, and a hazard in steps.

    Parameters
    ----------
    waits_s, gave_up : as for `kaplan_meier`. A wait of 0 says nothing and is left out.
    edges_s : where the steps of the hazard begin, from 0; by default up to twenty with as many who gave up in each.

    Raises
    ------
    InputError
        As for `kaplan_meier`.

    Source
    ------
    The exponential's rate is givers-up over time waited by all: the likelihood under censoring. EM for the others: see
    docs/background/fitting.md.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> patience, answer = rng.exponential(300, 5000), rng.exponential(100, 5000)
    >>> fit = fit_patience(np.minimum(patience, answer), gave_up=patience < answer)
    >>> fit.best.name, bool(280 < fit.best.lengths.mean < 320)
    ('exponential', True)
    """
    waits, left = checked(waits_s, gave_up=gave_up)
    issues: list[Issue] = []
    zero = waits <= 0
    if (zero & left).any():
        advice = "Maybe they left before they joined the queue; they are left out."
        issues.append(Issue("gave-up-at-once", Severity.WARNING, "waits_s", "0", advice, int((zero & left).sum())))
    waits, left = waits[~zero], left[~zero]
    if not left.any():
        raise InputError([nobody()])
    seen = kaplan_meier(waits, gave_up=left)
    if seen.share[-1] > 0.5:
        told = f"{1 - seen.share[-1]:.0%}"
        advice = f"Maybe trust no fit beyond {seen.at[-1]:.0f} s: longer waits were not seen, and the mean patience rests on them."
        issues.append(Issue("patience-mostly-unseen", Severity.INFO, "waits_s", told, advice))
    made: list[tuple[str, Any]] = [("exponential", _exponential(waits, left))]
    if left.sum() >= 30:
        made.append(("hyper-exponential", _hyper(waits, left)))
        made.append(("steps", step_hazard(waits, gave_up=left, edges_s=edges_s)))
    found = sorted((_candidate(name, one, waits, left, seen) for name, one in made), key=lambda c: c.bic)
    return PatienceFit(seen, waits, left, tuple(found), tuple(issues))


def step_hazard(waits_s: ArrayLike, *, gave_up: ArrayLike, edges_s: Sequence[float] | None = None) -> StepHazard:
    """Return the hazard in steps: in each, those who gave up over the time spent waiting in it.

    Parameters
    ----------
    waits_s, gave_up : as for `kaplan_meier`.
    edges_s : where steps begin, from 0; by default up to twenty with as many who gave up in each.
    """
    waits, left = checked(waits_s, gave_up=gave_up)
    if edges_s is None:
        steps = int(np.clip(left.sum() // _IN_EACH, 1, _STEPS))
        inner = np.unique(np.round(np.quantile(waits[left], np.arange(1, steps) / steps)))
        edges = np.concatenate([[0.0], inner[inner > 0]])
    else:
        edges = np.asarray(edges_s, float)
        if len(edges) == 0 or edges[0] != 0 or np.any(np.diff(edges) <= 0):
            raise InputError(
                [Issue("edges-not-rising", Severity.ERROR, "edges_s", str(list(edges))[:80], "Maybe 0, 10, 30, 60.")]
            )
    ends = np.append(edges[1:], np.inf)
    gone = np.histogram(waits[left], bins=np.append(edges, np.inf))[0]
    time = np.array([np.clip(waits - start, 0, end - start).sum() for start, end in zip(edges, ends, strict=True)])
    keep = len(edges)
    while keep > 1 and (gone[keep - 1] == 0 or time[keep - 1] <= 0):  # nobody gave up so late: the step before goes on
        keep -= 1
    gone = np.append(gone[: keep - 1], gone[keep - 1 :].sum())
    time = np.append(time[: keep - 1], time[keep - 1 :].sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where(time > 0, gone / time, 0.0)
    return StepHazard(tuple(edges[:keep].tolist()), tuple(rates.tolist()))


def _exponential(waits: Floats, left: NDArray[np.bool_]) -> GammaMixture:
    return GammaMixture((1.0,), (1.0,), (float(waits.sum() / left.sum()),), fixed=1)


def _hyper(waits: Floats, left: NDArray[np.bool_], *, rounds: int = 2000) -> GammaMixture:
    """Return two kinds of customers by EM: who of them it was is unknown, and so is the patience of the answered."""
    mean = float(waits.sum() / left.sum())
    share, scale = np.array([0.3, 0.7]), np.array([mean / 4, mean * 1.5])
    last = -np.inf
    for _ in range(rounds):
        density = np.log(share)[:, None] - waits / scale[:, None] - np.where(left, np.log(scale)[:, None], 0.0)
        whole = np.logaddexp.reduce(density, axis=0)
        if whole.sum() - last < 1e-8 * len(waits):
            break
        last = float(whole.sum())
        kind = np.exp(density - whole)
        share = kind.mean(axis=1)
        scale = (kind @ waits) / np.maximum(kind @ left, 1e-9)
        if scale.max() > 1e6 * mean:  # those who never give up
            break
    return GammaMixture(tuple(share.tolist()), (1.0, 1.0), tuple(scale.tolist()), fixed=2)


def _candidate(name: str, lengths: Any, waits: Floats, left: NDArray[np.bool_], seen: Survival) -> Candidate:
    with np.errstate(divide="ignore"):
        likelihood = float(lengths.log_pdf(waits[left]).sum() + np.log(lengths.survival(waits[~left])).sum())
    before = np.concatenate([[1.0], seen.share[:-1]])
    fitted = lengths.survival(seen.at)
    apart = np.maximum(np.abs(fitted - before), np.abs(fitted - seen.share))
    distance = float(np.max(apart[seen.at_risk >= 0.01 * len(waits)], initial=0.0))
    # Volinsky and Raftery (2000), Biometrics 56, 256-262: of censored times the seen ones count.
    bic = lengths.parameters * float(np.log(left.sum())) - 2 * likelihood
    return Candidate(name, lengths, likelihood, bic, distance)
