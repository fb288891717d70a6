"""Revenue of the next weeks in each prepared future: hours sold by the hour, ends of phases of what has a price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from troth.capacity.projects.portfolio import ContractKind, ProjectPhase
from troth.capacity.projects.promising import PreparedFutures
from troth.capacity.projects.promising._state import NEVER

Price = Callable[[float, ContractKind], int]


def revenue(
    ready: PreparedFutures, *, kinds: dict[str, ContractKind], cents_an_hour: float, price: Price, bounds: Sequence[int]
) -> Any:
    """Return (F, len(bounds) - 1) cents earned from one bound (days from the first Monday) to the next.

    The futures know when a project begins and ends; its hours are taken as even between the two, and a phase as over when the
    hours up to it are.
    """
    portfolio, draws, lived, n = ready.portfolio, ready.draws, ready.lived, ready.futures
    out = np.zeros((n, len(bounds) - 1))
    known = {one.project_id: one for one in portfolio.projects} | {one.deal_id: one for one in portfolio.deals}
    names = sorted(portfolio.templates)
    paces = _paces(ready)
    today = portfolio.day.weekday()
    for j in range(draws.won.shape[1]):
        first = lived.start[:n, j].astype(float)
        last = np.where(lived.finish[:n, j] < NEVER, lived.finish[:n, j], 7 * ready.weeks + 28).astype(float) + 1
        here = lived.start[:n, j] < NEVER
        if not here.any():
            continue
        first = np.maximum(first, today)
        rows = slice(int(draws.task_at[j]), int(draws.task_at[j + 1]))
        ratio = draws.ratio[:n, rows]
        if j < len(ready.jobs):
            work = known[ready.jobs[j]]
            phases, template, size = work.phases, work.template, np.ones(n)
            whole = float(work.price_cents or 0) * np.ones(n)
        else:
            template = names[int(draws.shape[:n, j].max()) - len(ready.jobs)]
            phases, size = portfolio.templates[template], draws.size[:n, j]
            usual = sum(need.hours for phase in phases for need in phase.needs)
            whole = price(usual, kinds[template]) * size
        hours = _hours(phases, ratio, size, paces)
        total = np.maximum(sum(hours.values()), 1e-9)
        span = np.maximum(last - first, 1.0)
        if kinds[template] is ContractKind.TIME:
            for k in range(len(bounds) - 1):
                part = np.clip((bounds[k + 1] - first) / span, 0, 1) - np.clip((bounds[k] - first) / span, 0, 1)
                out[:, k] += np.where(here, total * cents_an_hour * part, 0.0)
            continue
        estimated = {phase.phase_id: sum(need.hours for need in phase.needs) for phase in phases}
        upto = np.zeros(n)
        for phase in phases:
            if phase.done:
                continue
            upto = upto + hours[phase.phase_id]
            ends = first + span * upto / total
            earned = whole * estimated[phase.phase_id] / max(sum(estimated.values()), 1e-9)
            for k in range(len(bounds) - 1):
                out[:, k] += np.where(here & (ends > bounds[k]) & (ends <= bounds[k + 1]), earned, 0.0)
    return out


def _paces(ready: PreparedFutures) -> dict[str, float]:
    """Return progress in an hour by skill: of its people, the faster ones more, as they are asked first."""
    pace = ready.world.pace
    return {
        name: float((pace[:, s] ** 2).sum() / pace[:, s].sum()) if pace[:, s].any() else 1.0
        for s, name in enumerate(ready.skills)
    }


def _hours(phases: Sequence[ProjectPhase], ratio: Any, size: Any, paces: dict[str, float]) -> dict[str, Any]:
    """Return hours still to be worked of each phase that is not done, in each future."""
    found, column = dict[str, Any](), 0
    for phase in phases:
        if phase.done:
            continue
        total = np.zeros(len(size))
        for need in phase.needs:
            whole = need.hours * size * ratio[:, column]
            left = need.left * ratio[:, column] if need.left is not None else np.maximum(whole - need.logged, 0.0)
            total += left / paces[need.skill]
            column += 1
        found[phase.phase_id] = total
    return found
