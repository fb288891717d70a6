"""Which parts a case will probably need: probabilities learned from the past, each part by the rule that foretold best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.parts._issues import aware, error
from troth.field.parts._sklearn import Logistic, fit_logistic, words
from troth.field.parts.history import PartCase, PartHistory, traits

Floats = NDArray[np.float64]
#: How many cases the rate of all services weighs in the rate of one, and that in the rate of a kind of equipment.
_PRIOR: Final = 4.0
_STRENGTHS: Final = (0.03, 0.3)
_FOLDS: Final = 4


class PartRule(StrEnum):
    """How the chance of a part is told, the simplest first."""

    SERVICE = "service"
    """How often cases of the service needed it."""
    KIND = "kind"
    """How often cases of the service and kind of equipment did."""
    LOGISTIC = "logistic"
    """A logistic regression on all that is known of the case."""


@dataclass(frozen=True, slots=True)
class PartScore:
    """How the rules fared on the past: mean log loss of cases foretold from earlier ones, and which was taken."""

    part: str
    rule: PartRule
    loss: Mapping[PartRule, float]
    needed: int


@dataclass(frozen=True, slots=True, eq=False)
class _Rates:
    """Shrunken rates of a part: of all, by service, by service and kind."""

    overall: float
    services: Mapping[str, float]
    kinds: Mapping[tuple[str, str], float]

    def of(self, case: PartCase, rule: PartRule) -> float:
        base = self.services.get(case.service, self.overall)
        return base if rule is PartRule.SERVICE else self.kinds.get((case.service, case.kind), base)


@dataclass(frozen=True, slots=True, eq=False)
class PartChances:
    """What was learned.

    Parameters
    ----------
    as_of : nothing later was looked at.
    parts : in order of the columns of `of`.
    cases : how many were learned from.
    scores : of each part.
    """

    as_of: datetime
    parts: tuple[str, ...]
    cases: int
    scores: tuple[PartScore, ...]
    rates: tuple[_Rates, ...]
    models: tuple[Logistic | None, ...]
    issues: tuple[Issue, ...] = ()

    def of(self, cases: Sequence[PartCase], *, history: PartHistory, rule: PartRule | None = None) -> Floats:
        """Return the probability that each case needs each part, shape (cases, parts).

        Parameters
        ----------
        history : as known now; only what is before each case's opening is looked at.
        rule : that of service or kind for all parts, to compare; None takes what foretold each part best.
        """
        out = np.zeros((len(cases), len(self.parts)))
        known = _Known(cases, history, self.parts)
        for j, (score, rates, model) in enumerate(zip(self.scores, self.rates, self.models, strict=True)):
            chosen = rule or score.rule
            if chosen is PartRule.LOGISTIC and model is not None:
                out[:, j] = model.chance(known.matrix(j, rates, slice(None)))
            else:
                out[:, j] = [rates.of(case, chosen) for case in cases]
        return out


def learn_parts(
    history: PartHistory,
    *,
    as_of: datetime,
    parts: Sequence[str] = (),
    ripe: timedelta = timedelta(days=21),
    seed: int = 0,
) -> PartChances:
    """Learn which parts cases need, from what was known at an instant.

    Cases are learned from once they had time to be resolved: of fresher ones only the quick ones are, and those needed fewer
    parts. Each part is told by the rule with the least log loss on later cases than it was fitted to (four times in order of
    time); a less simple rule must be better by a standard error.

    Parameters
    ----------
    parts : those wanted; empty takes all that were ever used.
    ripe : how long a case may take; ignored while the past is shorter than three times as long.
    seed : of the regression's solver.

    Raises
    ------
    InputError
        ``no-cases``, ``naive-time``.

    Source
    ------
    Rates shrunk to the rate of the wider group as in A. Gelman et al. (2013), Bayesian Data Analysis, section 2.4; logistic
    regression with a quadratic penalty by scikit-learn; one standard error: T. Hastie, R. Tibshirani and J. Friedman (2009),
    The Elements of Statistical Learning, section 7.10.
    """
    issues = [*aware("as_of", as_of)]
    known = [] if issues else _known(history, as_of, ripe)
    if not issues and not known:
        issues.append(error("no-cases", "history", len(history.cases), f"Maybe cases resolved before {as_of}."))
    if issues:
        raise InputError(issues)
    wanted = tuple(parts) or tuple(sorted({part for one in known for part in one.used}))
    doubts = []
    if len(known) < 50:
        advice = "Maybe wait: with so few cases chances are little more than rates."
        doubts.append(Issue("few-cases", Severity.WARNING, "history", str(len(known)), advice))
    past = PartHistory(tuple(one for one in history.cases if one.opened_at < as_of), history.installed, history.starts)
    table = _Known(known, past, wanted)
    learned = [_learn(table, j, seed) for j in range(len(wanted))]
    scores, rates, models = (tuple(some) for some in zip(*learned, strict=True)) if learned else ((), (), ())
    return PartChances(as_of, wanted, len(known), scores, rates, models, tuple(doubts))


def _known(history: PartHistory, as_of: datetime, ripe: timedelta) -> list[PartCase]:
    """Return resolved cases that may be learned from, in order of opening."""
    done = [one for one in history.cases if one.resolved_at is not None and one.resolved_at < as_of]
    done.sort(key=lambda one: (one.opened_at, one.case))
    if done and done[0].opened_at < as_of - 3 * ripe:
        done = [one for one in done if one.opened_at < as_of - ripe]
    return done


def _learn(table: _Known, j: int, seed: int) -> tuple[PartScore, _Rates, Logistic | None]:
    part, known = table.parts[j], table.cases
    needed = np.array([part in one.used for one in known])
    losses: dict[tuple[PartRule, float], list[Floats]] = {}
    edges = np.linspace(0, len(known), _FOLDS + 2).astype(int)
    for low, high in pairwise(edges[1:]):
        if low in (0, high):
            continue
        fit, later, truth = known[:low], known[low:high], needed[low:high]
        rates = _rates(part, fit)
        for rule in (PartRule.SERVICE, PartRule.KIND):
            told = np.array([rates.of(one, rule) for one in later])
            losses.setdefault((rule, 0.0), []).append(_loss(told, truth))
        if 5 <= needed[:low].sum() < low:
            seen, ahead = table.matrix(j, rates, slice(0, low)), table.matrix(j, rates, slice(low, high))
            for strength in _STRENGTHS:
                model = fit_logistic(seen, needed[:low], strength=strength, seed=seed)
                losses.setdefault((PartRule.LOGISTIC, strength), []).append(_loss(model.chance(ahead), truth))
    # A rule that was not tried on every fold cannot be compared.
    whole = {
        key: np.concatenate(some) for key, some in losses.items() if len(some) == len(losses[PartRule.SERVICE, 0.0])
    }
    rule, strength = _chosen(whole)
    rates = _rates(part, known)
    kept: Logistic | None = None
    if rule is PartRule.LOGISTIC:
        kept = fit_logistic(table.matrix(j, rates, slice(None)), needed, strength=strength, seed=seed)
    told_losses: dict[PartRule, float] = {}
    for (one, _), some in whole.items():
        told_losses[one] = min(told_losses.get(one, np.inf), float(some.mean()))
    return PartScore(part, rule, told_losses, int(needed.sum())), rates, kept


def _chosen(losses: Mapping[tuple[PartRule, float], Floats]) -> tuple[PartRule, float]:
    """Return the simplest rule that no other beats by a standard error."""
    best = (PartRule.SERVICE, 0.0)
    if best not in losses:
        return best
    for key in sorted(losses, key=lambda key: (list(PartRule).index(key[0]), key[1])):
        gain = losses[best] - losses[key]
        if len(gain) > 1 and gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best = key
    return best


def _loss(told: Floats, truth: NDArray[np.bool_]) -> Floats:
    told = np.clip(told, 1e-4, 1 - 1e-4)
    return -np.log(np.where(truth, told, 1 - told))


def _rates(part: str, cases: Sequence[PartCase]) -> _Rates:
    counts: dict[tuple[str, ...], list[int]] = {}
    for one in cases:
        for key in ((), (one.service,), (one.service, one.kind)):
            cell = counts.setdefault(key, [0, 0])
            cell[0] += part in one.used
            cell[1] += 1
    overall = (counts[()][0] + 0.5) / (counts[()][1] + 1)
    services = {key[0]: (n + _PRIOR * overall) / (m + _PRIOR) for key, (n, m) in counts.items() if len(key) == 1}
    kinds = {
        (key[0], key[1]): (n + _PRIOR * services[key[0]]) / (m + _PRIOR)
        for key, (n, m) in counts.items()
        if len(key) == 2
    }
    return _Rates(overall, services, kinds)


class _Known:
    """Cases with all that was known of them."""

    def __init__(self, cases: Sequence[PartCase], history: PartHistory, parts: Sequence[str]) -> None:
        self.cases, self.parts = list(cases), tuple(parts)
        self.traits, self.before = traits(self.cases, history=history, parts=parts)
        self.words = words([one.text for one in self.cases])

    def matrix(self, j: int, rates: _Rates, rows: slice) -> Floats:
        """Return the columns of a part's regression: log odds by kind and by service, traits, earlier use, words."""
        mine = self.cases[rows]
        told = [(rates.of(one, PartRule.KIND), rates.of(one, PartRule.SERVICE)) for one in mine]
        chance = np.array(told, float).reshape(len(mine), 2)
        odds = np.log(chance / (1 - chance))
        return np.hstack([odds, self.traits[rows], self.before[rows, j : j + 1], self.words[rows]])
