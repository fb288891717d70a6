"""Targets that all the people there can be do not reach: seen without a search, by a look at each queue by itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from troth.capacity.staffing._split import Pool, doable, erlangs, pools
from troth.capacity.staffing.problem import Bools, Counts, Floats, LevelOver, StaffedQueue, StaffingProblem
from troth.core.decision import Issue, Severity
from troth.queueing import Traffic, performance

#: So many paths are looked at.
_PATHS = 40
#: Chance within a day may lift a level by so much above what formulas expect.
_LUCK = 0.05


def impossible(problem: StaffingProblem) -> list[Issue]:
    """Return an issue for each queue whose target is out of reach even if all who may serve it did nothing else.

    ``target-impossible`` for a level, ``comes-too-late`` for work that can wait and comes before a closed time that lasts until it is due,
    ``occupancy-impossible`` where expected work is above the cap with everybody there. All are warnings: a plan is made
    all the same, and tells what can be met.
    """
    return [issue for pool in pools(problem) for issue in (*_levels(pool), *_busy(pool))]


def hopeless(pool: Pool) -> Bools:
    """Return on which days a group is to be there with all its people, since even they are too few, shape (groups, days)."""
    _, bad = best(pool)
    return np.asarray(pool.serves().astype(int) @ bad.astype(int) > 0) | together(pool)[1]


def best(pool: Pool) -> tuple[Floats, Bools]:
    """Return the level a queue can expect at best, and where that is not enough, both of shape (queues, days)."""
    _, day_of = pool.problem.days()
    shape = (len(pool.queues), int(day_of.max()) + 1)
    level, bad = np.ones(shape), np.zeros(shape, bool)
    for q, one in enumerate(pool.queues):
        people = pool.most[pool.serves()[:, q]].sum(axis=0)
        if (people[pool.open] >= 1_000_000).all():
            continue
        if one.deferred:
            work = one.level * erlangs(one, interval_s=pool.problem.interval_s).mean(axis=0).sum()
            if work > people.sum():
                level[q], bad[q] = people.sum() / work * one.level, True
        else:
            level[q], bad[q] = _live(pool, one, people, day_of)
    return level, bad


def together(pool: Pool) -> tuple[Floats, Bools]:
    """Return the same of all live queues taken for one that everybody serves, both of shape (days,)."""
    days, day_of = pool.problem.days()
    people = pool.most.sum(axis=0)
    live = [one for one in pool.live if one.over is LevelOver.DAY]
    if len(live) < 2 or (people[pool.open] >= 1_000_000).all():
        return np.ones(len(days)), np.zeros(len(days), bool)
    come = [np.asarray(one.arrivals, float) for one in live]
    share = np.array([one.sum() for one in come]) / max(sum(one.sum() for one in come), 1e-9)
    leaving = sum(s / (one.patience_s or np.inf) for s, one in zip(share, live, strict=True))
    most = max(one.at_once for one in live)
    whole = StaffedQueue(
        "all", sum(come, np.zeros(come[0].shape)), float(share @ [one.handle_s for one in live]),
        level=float(share @ [one.level for one in live]), within_s=max(one.within_s for one in live),
        patience_s=1 / leaving if leaving > 0 else None, at_once=most, slowing=min(one.slowing for one in live) if most > 1 else 0.0,
    )  # fmt: skip
    return _live(pool, whole, people, day_of)


def _live(pool: Pool, queue: StaffedQueue, people: Counts, day_of: Counts) -> tuple[Floats, Bools]:
    """Return for each day the level expected with all people, and whether the target is out of reach."""
    problem = pool.problem
    every = max(1, problem.paths // _PATHS)
    come = np.asarray(queue.arrivals, float)[::every]
    some = (come > 0) & (people > 0)
    traffic = Traffic(
        come[some], handle_s=queue.handle_s, interval_s=problem.interval_s, patience_s=queue.patience_s,
        within_s=queue.within_s, at_once=queue.at_once, slowing=queue.slowing,
    )  # fmt: skip
    good = np.zeros(come.shape)
    if some.any():
        staff = np.broadcast_to(people, come.shape)[some].astype(float)
        good[some] = np.nan_to_num(performance(staff, traffic=traffic).answered_in_time) * come[some]
    first = np.flatnonzero(np.r_[True, day_of[1:] != day_of[:-1]])
    whole_good, whole_come = np.add.reduceat(good, first, axis=1), np.add.reduceat(come, first, axis=1)
    if queue.over is LevelOver.DAY:
        met = (whole_good >= (queue.level - _LUCK) * whole_come - 1e-9).mean(axis=0)
    else:  # the worst of the day's intervals
        each = (good >= queue.level * come - 1e-9).mean(axis=0)
        met = np.minimum.reduceat(each, first)
    error = 3 * np.sqrt(problem.confidence * (1 - problem.confidence) / len(come))
    total = whole_come.sum(axis=0)
    level = np.where(total > 0, whole_good.sum(axis=0) / np.maximum(total, 1e-12), 1.0)
    return level, met < problem.confidence - error


def _levels(pool: Pool) -> Iterator[Issue]:
    able = doable(pool)
    level, bad = best(pool)
    for q, one in enumerate(pool.queues):
        advice = "Maybe allow more people, a lower level or a longer time: all who may be there, for this queue alone, are too few."
        yield from _told("target-impossible", f"queues[{one.queue}]", pool, level[q], bad[q], one.level, advice)
        advice = "Maybe a longer time until it is due, or hours in between: what comes before a closed time is done by nobody."
        yield from _told(
            "comes-too-late", f"queues[{one.queue}]", pool, able[q], able[q] < one.level, one.level, advice
        )
    alone = bad.any(axis=0)
    level_all, bad_all = together(pool)
    wanted = float(np.mean([one.level for one in pool.live])) if pool.live else 0.0
    names = "+".join(one.queue for one in pool.live)
    advice = (
        "Maybe allow more people, lower levels or a longer time: all who may be there are too few for these together."
    )
    yield from _told("target-impossible", f"queues[{names}]", pool, level_all, bad_all & ~alone, wanted, advice)


def _told(code: str, where: str, pool: Pool, reach: Floats, bad: Bools, level: float, advice: str) -> Iterator[Issue]:
    if bad.any():
        worst = int(np.argmin(np.where(bad, reach, np.inf)))
        told = f"{reach[worst]:.1%} at best instead of {level:.0%}"
        place = f"{where} {pool.problem.days()[0][worst].isoformat()}"
        yield Issue(code, Severity.WARNING, place, told, advice, int(bad.sum()))


def _busy(pool: Pool) -> Iterator[Issue]:
    problem = pool.problem
    if problem.occupancy is None or not pool.live:
        return
    work = np.sum([erlangs(one, interval_s=problem.interval_s).mean(axis=0) for one in pool.live], axis=0)
    people = pool.most.sum(axis=0)
    over = pool.open & (work > problem.occupancy * people + 1e-9)
    if over.any():
        worst = int(np.argmax(np.where(over, work / np.maximum(people, 1), 0.0)))
        names = "+".join(one.group for one in pool.groups)
        told = (
            f"{work[worst] / max(people[worst], 1):.0%} instead of {problem.occupancy:.0%} with {people[worst]} people"
        )
        advice = "Maybe allow more people or a higher cap: it cannot be kept."
        place = f"groups[{names}] {problem.instants()[worst].isoformat()}"
        yield Issue("occupancy-impossible", Severity.WARNING, place, told, advice, int(over.sum()))
