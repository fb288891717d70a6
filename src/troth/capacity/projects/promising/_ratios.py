"""What tasks truly take: actual over estimated hours, given what was worked on them and on their project already."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from troth.capacity.projects.portfolio import ProjectPhase, SkillNeed
from troth.capacity.projects.promising.beliefs import Beliefs, EstimateBelief

#: (task type, need, whether its phase is done).
Needed = tuple[str, SkillNeed, bool]


def needs_of(phases: Sequence[ProjectPhase]) -> list[Needed]:
    """Return the needs of phases, those that are done too."""
    return [(phase.task_type, need, phase.done) for phase in phases for need in phase.needs]


def ratios(draws: np.random.Generator, *, needs: Sequence[Needed], beliefs: Beliefs, shift: Any, futures: int) -> Any:
    """Return (F, tasks not done) true hours over estimated ones; `shift` (F,) is added to the means of their logarithms.

    What the tasks of a project have in common is drawn given the tasks that are done (normal, conjugate); a task on which
    hours were worked takes more than those.
    """
    mean, sd = _common(needs, beliefs, shift)
    common = shift + mean + sd * draws.standard_normal(futures)
    found = []
    for kind, need, done in needs:
        if not done:
            belief = beliefs.estimates.get(kind, beliefs.estimate)
            u = draws.random((2, futures))
            worked = need.logged if need.left is None else 0.0
            found.append(_one(belief, common, worked / need.hours if need.hours > 0 else 0.0, u))
    return np.stack(found, axis=1) if found else np.zeros((futures, 0))


def _common(needs: Sequence[Needed], beliefs: Beliefs, shift: Any) -> tuple[Any, float]:
    """Return mean (F,) and standard deviation of what tasks of the project have in common, given those that are done."""
    if beliefs.project_sd <= 0:
        return 0.0, 0.0
    weight, total = 1 / beliefs.project_sd**2, 0.0 * shift
    for kind, need, done in needs:
        if done and need.logged > 0 and need.hours > 0:
            belief = beliefs.estimates.get(kind, beliefs.estimate)
            said = log(need.logged / need.hours) - belief.mean - shift
            # One that was far longer says little of the others.
            if abs(float(np.mean(said))) < 3 * (belief.sd + beliefs.project_sd):
                precision = 1 / max(belief.sd, 0.02) ** 2
                weight, total = weight + precision, total + precision * said
    return total / weight, weight**-0.5


def _one(belief: EstimateBelief, common: Any, worked: float, u: Any) -> Any:
    """Return ratios of one task that are above what was worked on it, relative to its estimate."""
    mean, sd, stretch = belief.mean + common, belief.sd, log(max(belief.long_factor, 1e-9))
    if worked <= 0:
        long = u[1] < belief.long_share
        return np.exp(mean + sd * ndtri(np.clip(u[0], 1e-12, 1 - 1e-12)) + long * stretch)
    if sd <= 0:
        return np.maximum(np.exp(mean + (u[1] < belief.long_share) * stretch), worked * 1.05)
    low = (log(worked) - mean) / sd
    far = low - stretch / sd
    survive = np.stack([(1 - belief.long_share) * ndtr(-low), belief.long_share * ndtr(-far)])
    whole = survive.sum(axis=0)
    long = np.where(whole > 1e-12, u[1] * whole < survive[1], belief.long_share > 0)
    at = np.where(long, far, low)
    # In the upper tail, by the symmetry of the normal: precise however far out.
    z = -ndtri(np.clip(u[0] * ndtr(-at), 1e-300, 1 - 1e-12))
    drawn = np.exp(mean + sd * z + long * stretch)
    return np.where(whole > 1e-12, np.maximum(drawn, worked * 1.0001), worked * 1.1)
