"""How sure a queue is to reach its level, from what was lived through or by formula."""

from __future__ import annotations

import numpy as np

from troth.capacity.staffing._formula import Tables
from troth.capacity.staffing._split import Pool
from troth.capacity.staffing.plan import QueueChance
from troth.capacity.staffing.problem import Counts, Floats, LevelOver
from troth.core.decision import Issue, Severity


def by_formula(pool: Pool, *, known: Tables, staff: Counts, queue: str) -> QueueChance:
    """Return the chances of a live queue as Erlang's formulas give them, the pool taken for one crew."""
    k = [one.queue for one in pool.live].index(queue)
    one = pool.live[k]
    good, come = known.at(staff.sum(axis=0))[k], known.arrivals[k]
    if one.over is LevelOver.DAY:
        _, day_of = pool.problem.days()
        first = np.flatnonzero(np.r_[True, day_of[1:] != day_of[:-1]])
        good, come = np.add.reduceat(good, first, axis=1), np.add.reduceat(come, first, axis=1)
    return chance_of(queue, over=one.over, level=one.level, good=good, come=come, futures=0)


def chance_of(queue: str, *, over: LevelOver, level: float, good: Floats, come: Floats, futures: int) -> QueueChance:
    """Return the chances of a queue from contacts answered in time and come, shapes (futures, periods)."""
    met = (good >= level * come - 1e-9).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(come > 0, good / come, 1.0)
        whole = np.where(come.sum(axis=0) > 0, good.sum(axis=0) / come.sum(axis=0), 1.0)
    low, high = np.quantile(each, [0.1, 0.9], axis=0)
    return QueueChance(queue, over, met, whole, low, high, futures)


def unknown(pool: Pool, *, queue: str) -> QueueChance:
    """Return that nothing is known of deferred work without the twin."""
    none = np.full(len(pool.problem.days()[0]), np.nan)
    return QueueChance(queue, LevelOver.DAY, none, none, none, none, 0)


def missed(pool: Pool, *, chances: list[QueueChance], staff: Counts) -> list[Issue]:
    """Return an issue for each queue that is not sure enough, with the worst and what can be met.

    ``target-not-met`` where nobody more may come on the worst day, ``below-confidence`` where the search ended before.
    """
    found = []
    confidence = pool.problem.confidence
    for one in chances:
        error = 3 * np.sqrt(confidence * (1 - confidence) / one.futures) if one.futures else 1e-9
        bad = one.probability < confidence - error
        if not bad.any():
            continue
        worst = int(np.nanargmin(one.probability))
        by_day = one.over is LevelOver.DAY
        at = pool.problem.days()[0][worst] if by_day else pool.problem.instants()[worst]
        when = (pool.problem.days()[1] == worst) if by_day else np.arange(pool.problem.intervals) == worst
        serving = np.array([one.queue in group.queues for group in pool.groups])
        full = bool((staff[serving][:, when & pool.open] >= pool.most[serving][:, when & pool.open]).all())
        told = (
            f"probability {one.probability[worst]:.2f} instead of {confidence:g}, level {one.level[worst]:.1%} expected"
        )
        advice = (
            "Maybe allow more people, a lower level or a lower confidence: what is told here is what can be met."
            if full
            else "Maybe search longer, or with more rounds of repair."
        )
        code = "target-not-met" if full else "below-confidence"
        found.append(
            Issue(code, Severity.WARNING, f"queues[{one.queue}] {at.isoformat()}", told, advice, int(bad.sum()))
        )
    return found
