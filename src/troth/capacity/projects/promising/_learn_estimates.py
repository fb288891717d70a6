"""How estimates turn out, learned from phases: a linear model of log(actual / estimated) with tails and censoring, by EM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from troth.capacity.projects.promising.beliefs import Beliefs, EstimateBelief
from troth.capacity.projects.promising.history import PhaseOutcome

#: Standard deviations of what is not known before: of a type's mean, an estimator's shift, a level's and a person's pace; and
#: of what a level more adds to the logarithm of the pace, with what it is believed to add.
_TYPE, _ESTIMATOR, _LEVEL, _PERSON, _SLOPE = 0.2, 0.2, 0.06, 0.08, 0.1
_A_LEVEL = 0.1
#: Phases that the neutral spread, the share of long tasks, and how long they are count as.
_SPREAD_N, _LONG_N, _FACTOR_N = 8.0, 10.0, 5.0
#: An unfinished phase tells little before so large a part of its estimate is worked; and rounds of the EM.
_WORTH, _ROUNDS = 0.6, 60
#: What is more common than this is not long but usual; and of tasks that nobody knows, so many are.
_LONGEST, _LONG = 0.2, 0.05
#: Logarithms of how much longer that may be.
_STRETCHES = np.linspace(log(1.3), log(4.0), 80)


@dataclass(frozen=True, slots=True)
class LearnedEstimates:
    """The parts of `Beliefs` that come from phases; `rows` is how many there were, finished and not."""

    estimates: Mapping[str, EstimateBelief]
    estimate: EstimateBelief
    estimators: Mapping[str, float]
    project_sd: float
    common_sd: float
    levels: Mapping[float, float]
    people: Mapping[str, float]
    rows: tuple[int, int]


def learned(outcomes: Sequence[PhaseOutcome], *, neutral: Beliefs) -> LearnedEstimates:
    """Learn from phases. Everything unknown has a normal prior around neutral, so that little data says little.

    Source
    ------
    EM for mixed models: N. M. Laird and J. H. Ware (1982), Random-effects models for longitudinal data, Biometrics 38,
    963-974; for rows of which only a lower bound is known: C. Schmee and G. J. Hahn (1979), Technometrics 21, 417-432.
    """
    rows = [
        one for one in outcomes
        if one.estimated > 0 and one.logged > 0 and (one.done or one.logged >= _WORTH * one.estimated)
    ]  # fmt: skip
    if not rows:
        return LearnedEstimates(
            neutral.estimates, neutral.estimate, neutral.estimators, neutral.project_sd, neutral.common_sd,
            neutral.pace.levels, neutral.pace.people, (0, 0),
        )  # fmt: skip
    return _Fit(rows, neutral).run()


class _Fit:
    """State of the EM."""

    def __init__(self, rows: Sequence[PhaseOutcome], neutral: Beliefs) -> None:
        self.rows, self.neutral = rows, neutral
        self.names: dict[tuple[str, Any], int] = {}
        held = {level for one in rows for level in one.levels}
        self.centre = float(np.mean(sorted(held))) if held else 0.0
        entries = [list(self._row(one)) for one in rows]
        self.x = np.zeros((len(rows), len(self.names)))
        for k, found in enumerate(entries):
            for column, value in found:
                self.x[k, column] += value
        self.kinds = [name for what, name in self.names if what == "type"]
        self.kind = np.array([self.kinds.index(one.task_type) for one in rows])
        self.parts = np.array([max(one.parts, 1.0) for one in rows])
        self.y = np.log([one.logged / one.estimated for one in rows])
        self.open = np.array([not one.done for one in rows])
        first, many = neutral.estimate, len(self.kinds)
        self.sd, self.pooled_sd = np.full(many, max(first.sd, 0.02)), max(first.sd, 0.02)
        self.rare = max(first.long_share, _LONG)
        self.share, self.pooled_share = np.full(many, self.rare), self.rare
        self.stretch = log(first.long_factor) if first.long_factor > 1 else log(2.0)
        self.project_sd = max(neutral.project_sd, 0.02)
        self.prior_sd = {"type": _TYPE, "estimator": _ESTIMATOR, "level": _LEVEL, "person": _PERSON, "slope": _SLOPE}
        self.mean = np.array([self._before(what, name) for what, name in self.names])
        self.beta = self.mean.copy()
        projects = {name: k for k, name in enumerate(dict.fromkeys(one.project_id for one in rows))}
        self.project = np.array([projects[one.project_id] for one in rows])
        self.common, self.unsure = np.zeros(len(projects)), np.zeros(len(projects))
        self.cov = np.zeros((len(self.names), len(self.names)))

    def _row(self, one: PhaseOutcome) -> Any:
        """Yield (column, value) of a row, naming columns as they come up."""
        wanted: list[tuple[str, Any, float]] = [("type", one.task_type, 1.0)]
        wanted += [("estimator", one.estimator, 1.0)] if one.estimator else []
        if one.levels:
            wanted.append(("slope", "", -sum(share * (level - self.centre) for level, share in one.levels.items())))
        # Who works faster needs fewer hours.
        wanted += [("level", level, -share) for level, share in sorted(one.levels.items())]
        wanted += [("person", who, -share) for who, share in sorted(one.people.items())]
        for what, name, value in wanted:
            yield self.names.setdefault((what, name), len(self.names)), value

    def _before(self, what: str, name: Any) -> float:
        neutral = self.neutral
        match what:
            case "type":
                return neutral.estimates.get(name, neutral.estimate).mean
            case "estimator":
                return neutral.estimators.get(name, 0.0)
            case "level" if neutral.pace.levels:
                known = sorted(neutral.pace.levels.items())
                return log(float(np.interp(name, [a for a, _ in known], [b for _, b in known])))
            case "slope" if not neutral.pace.levels:
                return _A_LEVEL
            case "person":
                return log(neutral.pace.people.get(name, 1.0))
        return 0.0

    def run(self) -> LearnedEstimates:
        # First the means, with hardly any long tasks: else what is common to all could be taken for rare.
        for k in range(_ROUNDS):
            if k < _ROUNDS // 3:
                self.share = np.full(len(self.kinds), 1e-4)
            elif k == _ROUNDS // 3:
                self.share = np.full(len(self.kinds), max(self.pooled_share, self.rare))
                self._narrowed()
            self._step()
        return self._told()

    def _step(self) -> None:
        """Fill in what is not seen, then find the most likely parameters given that."""
        eta = self.x @ self.beta + self.common[self.project]
        noise = self.sd[self.kind] / np.sqrt(self.parts)
        gap, extra, long = self._filled(eta, noise)
        seen = eta + gap
        weight = noise**-2
        # Projects are many and do not touch each other: they are taken out by their block before the rest is solved.
        fixed, of, many = self.x, self.project, self.common.size
        prior = np.array([self.prior_sd[what] for what, _ in self.names]) ** -2
        own = np.bincount(of, weight, minlength=many) + self.project_sd**-2
        cross = np.zeros((fixed.shape[1], many))
        np.add.at(cross.T, of, fixed * weight[:, None])
        part = cross / own
        self.cov = cov = np.linalg.inv((fixed.T * weight) @ fixed + np.diag(prior) - part @ cross.T)
        said = np.bincount(of, weight * seen, minlength=many)
        self.beta = cov @ (fixed.T @ (weight * seen) + self.mean * prior - part @ said)
        self.common = (said - cross.T @ self.beta) / own
        left = seen - fixed @ self.beta - self.common[of]
        with_own = cov @ part
        self.unsure = 1 / own + np.einsum("ip,ip->p", part, with_own)
        unsure = np.einsum("ij,jk,ik->i", fixed, cov, fixed, optimize=True) + self.unsure[of]
        unsure = unsure - 2 * np.einsum("ij,ij->i", fixed, with_own.T[of])
        square = (left**2 + extra + np.maximum(unsure, 0.0)) * self.parts
        self._spreads(square, long)

    def _narrowed(self) -> None:
        """Begin with the spread of the middle of the rows: that of all is partly of those that are long."""
        left = (self.y - self.x @ self.beta - self.common[self.project]) * np.sqrt(self.parts)
        left = left[~self.open]
        if len(left) >= _SPREAD_N:
            usual = 1.4826 * float(np.median(np.abs(left - np.median(left))))
            self.sd = self.sd * float(np.clip(usual / self.pooled_sd, 0.3, 1.0))

    def _filled(self, eta: Any, noise: Any) -> tuple[Any, Any, Any]:
        """Return what rows are expected to be above the mean of an ordinary one, its variance, and how likely each is long."""
        # Of a phase of several tasks one may be long: that is likelier, and less of the whole.
        share, jump = 1 - (1 - np.clip(self.share[self.kind], 1e-6, 0.5)) ** self.parts, self._jump(self.stretch)
        z = np.stack([(self.y - eta) / noise, (self.y - eta - jump) / noise])
        logs = np.where(self.open, log_ndtr(-z), -0.5 * z**2)
        logs += np.log(np.stack([1 - share, share]))
        long = 1 / (1 + np.exp(np.clip(logs[0] - logs[1], -500, 500)))
        # Of a row whose end is not seen: mean and variance of a normal above a bound.
        hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-z))
        above, var = noise * hazard, noise**2 * np.maximum(1 - hazard * (hazard - z), 0.0)
        plain, far = (np.where(self.open, above[k], self.y - eta - k * jump) for k in (0, 1))
        rest = np.where(self.open, (1 - long) * var[0] + long * var[1], 0.0)
        gap = (1 - long) * plain + long * far
        return gap, rest + long * (1 - long) * (plain - far) ** 2, long

    def _spreads(self, square: Any, long: Any) -> None:
        many, first = len(self.kinds), self.neutral.estimate
        n = np.bincount(self.kind, minlength=many)
        total = np.bincount(self.kind, square, minlength=many)
        self.pooled_sd = ((_SPREAD_N * first.sd**2 + total.sum()) / (_SPREAD_N + n.sum())) ** 0.5
        self.sd = np.maximum(((_SPREAD_N * self.pooled_sd**2 + total) / (_SPREAD_N + n)) ** 0.5, 0.02)
        seen = np.bincount(self.kind, long, minlength=many)
        tasks = np.bincount(self.kind, self.parts, minlength=many)
        self.pooled_share = (_LONG_N * self.rare + seen.sum()) / (_LONG_N + tasks.sum())
        self.share = np.minimum((_LONG_N * self.pooled_share + seen) / (_LONG_N + tasks), _LONGEST)
        self.stretch = self._stretched(long * ~self.open)
        square_sum = float((self.common**2 + self.unsure).sum())
        self.project_sd = (
            (_SPREAD_N * self.neutral.project_sd**2 + square_sum) / (_SPREAD_N + self.common.size)
        ) ** 0.5

    def _jump(self, stretch: float) -> Any:
        """Return (rows,) what a long task adds to the logarithm of its phase."""
        return np.log1p(np.expm1(stretch) / self.parts)

    def _stretched(self, long: Any) -> float:
        """Return the most likely logarithm of how much longer long tasks are, given how likely each row has one."""
        left = self.y - self.x @ self.beta - self.common[self.project]
        precision = long * self.parts / self.sd[self.kind] ** 2
        usual = log(max(self.neutral.estimate.long_factor, 1.2))
        apart = np.array([precision @ (left - self._jump(one)) ** 2 for one in _STRETCHES])
        return float(_STRETCHES[np.argmin(apart + _FACTOR_N / self.pooled_sd**2 * (_STRETCHES - usual) ** 2)])

    def _told(self) -> LearnedEstimates:
        by: dict[str, dict[Any, float]] = {what: {} for what in self.prior_sd}
        for (what, name), k in self.names.items():
            by[what][name] = float(self.beta[k])
        slope = by["slope"].get("", 0.0)
        by["level"] = {level: value + slope * (level - self.centre) for level, value in by["level"].items()}
        factor = exp(self.stretch)
        found = {
            name: EstimateBelief(by["type"][name], float(self.sd[k]), float(self.share[k]), factor)
            for k, name in enumerate(self.kinds)
        }
        mean = float(np.mean(list(by["type"].values())))
        other = EstimateBelief(mean, float(self.pooled_sd), float(self.pooled_share), factor)
        return LearnedEstimates(
            found, other, by["estimator"], float(self.project_sd), self._unsure_of_all(), {a: exp(b) for a, b in sorted(by["level"].items())},
            {a: exp(b) for a, b in by["person"].items()}, (int((~self.open).sum()), int(self.open.sum())),
        )  # fmt: skip

    def _unsure_of_all(self) -> float:
        """Return the standard deviation of the error that is common to all work: of its mean, and of how much of it is long."""
        middle = self.x.mean(axis=0)
        tasks, more = float(self.parts.sum()), float(np.expm1(self.stretch))
        share = float(self.share[self.kind].mean())
        tail = (more / (1 + share * more)) ** 2 * share * (1 - share) / (_LONG_N + tasks)
        return float((middle @ self.cov @ middle + tail) ** 0.5)
