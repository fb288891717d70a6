"""The rules of staffing, and the judge: what of a plan breaks which rule, found without the solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from troth.capacity.staffing.plan import StaffingPlan
from troth.capacity.staffing.problem import LevelOver, StaffedQueue, StaffingProblem
from troth.core.decision import Rule
from troth.queueing import Traffic, performance

#: Every rule by its id.
STAFFING_RULES: Final[Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule("staffing.open", "Nobody is planned where a group is closed."),
        Rule("staffing.least", "While a group is open at least so many people are there."),
        Rule("staffing.most", "No more people are there than there can be."),
        Rule("staffing.occupancy", "Expected work is at most such a share of the people there."),
        Rule("staffing.shrinkage", "Planned people less those absent are the people at work, and not one could be left out."),
        Rule("staffing.level", "A queue reaches its level with the confidence asked for."),
        Rule("staffing.stated", "A stated probability is true."),
        Rule("staffing.cost", "Planned hours cost.", hard=False),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken rule.

    Parameters
    ----------
    rule : its id.
    who : group or queue.
    place : number of the interval or day.
    amount : by how much, in the rule's own unit (people, share, probability); of a soft rule the cost.
    """

    rule: str
    who: str
    place: int
    amount: float


def breaches(problem: StaffingProblem, *, plan: StaffingPlan, futures: int = 0, seed: int = 10_007) -> list[Breach]:
    """Return everything a plan breaks.

    Parameters
    ----------
    futures : how many to live through in the twin, counted by the log's own timelines, to judge levels by day; a level or a
        statement is broken only beyond three standard errors of so many. With 0 levels by day are not judged.
    seed : of these futures.
    """
    found = [*_people(problem, plan), *_busy(problem, plan), *_absent(problem, plan), *_intervals(problem, plan)]
    if futures:
        found += _days(problem, plan, futures, seed)
    hours = problem.minutes / 60
    for k, group in enumerate(problem.groups):
        found.append(
            Breach("staffing.cost", group.group, -1, float(plan.scheduled[k].sum() * hours * group.cents_per_hour))
        )
    return found


def broken(found: list[Breach]) -> list[Breach]:
    """Return the breaches of hard rules."""
    return [one for one in found if STAFFING_RULES[one.rule].hard]


def _people(problem: StaffingProblem, plan: StaffingPlan) -> Iterator[Breach]:
    for k, group in enumerate(problem.groups):
        there = problem.group_open(group)
        for t in range(problem.intervals):
            n = int(plan.staff[k, t])
            least, most = (
                None if v is None else np.broadcast_to(v, (problem.intervals,))[t] for v in (group.least, group.most)
            )
            if not there[t] and n > 0:
                yield Breach("staffing.open", group.group, t, n)
            if there[t] and least is not None and n < least:
                yield Breach("staffing.least", group.group, t, float(least - n))
            if there[t] and most is not None and n > most:
                yield Breach("staffing.most", group.group, t, float(n - most))


def _busy(problem: StaffingProblem, plan: StaffingPlan) -> Iterator[Breach]:
    """Judge the work of queues against the people of all groups that may share it."""
    if problem.occupancy is None:
        return
    for name, queues, rows in _crews(problem):
        people = plan.staff[rows].sum(axis=0)
        for t in range(problem.intervals):
            work = sum(float(np.mean(q.arrivals[:, t])) * q.handle_s * _side(q) for q in queues) / problem.interval_s
            limit = problem.occupancy * people[t]
            room = sum(_most(problem, k, t) for k in rows)
            if work > limit + 1e-6 and people[t] < room:
                yield Breach("staffing.occupancy", name, t, float(work - limit))


def _side(queue: StaffedQueue) -> float:
    return (1 + queue.slowing * (queue.at_once - 1)) / queue.at_once


def _most(problem: StaffingProblem, k: int, t: int) -> float:
    group = problem.groups[k]
    if not problem.group_open(group)[t]:
        return 0.0
    return np.inf if group.most is None else float(np.broadcast_to(np.asarray(group.most), (problem.intervals,))[t])


def _crews(problem: StaffingProblem) -> list[tuple[str, list[StaffedQueue], list[int]]]:
    """Return live queues and groups that share people, found by joining sets."""
    sets = [(set(group.queues), [k]) for k, group in enumerate(problem.groups)]
    joined = True
    while joined:
        joined = False
        for a in range(len(sets)):
            for b in range(a + 1, len(sets)):
                if sets[a][0] & sets[b][0]:
                    sets[a] = (sets[a][0] | sets[b][0], sets[a][1] + sets[b][1])
                    del sets[b]
                    joined = True
                    break
            if joined:
                break
    return [
        ("+".join(sorted(names)), [q for q in problem.queues if q.queue in names and not q.deferred], rows)
        for names, rows in sets
    ]


def _absent(problem: StaffingProblem, plan: StaffingPlan) -> Iterator[Breach]:
    for k, group in enumerate(problem.groups):
        there = (1 - group.in_office) * (1 - group.out_of_office)
        for t, (n, planned) in enumerate(zip(plan.staff[k], plan.scheduled[k], strict=True)):
            if planned * there < n - 1e-6 or (planned - 1) * there > n - 1e-6 > 0:
                yield Breach("staffing.shrinkage", group.group, t, float(n - planned * there))


def _intervals(problem: StaffingProblem, plan: StaffingPlan) -> Iterator[Breach]:
    """Judge levels by interval, of queues that share their people with no other, by the formulas path by path."""
    for _, queues, rows in _crews(problem):
        if len(queues) != 1 or queues[0].over is not LevelOver.INTERVAL:
            continue
        queue = queues[0]
        stated = plan.chance(queue.queue).probability
        for t in range(problem.intervals):
            come = np.asarray(queue.arrivals)[:, t]
            if not come.any():
                continue
            # Two values at least: a single one is taken for a number by the formulas.
            traffic = Traffic(
                np.append(come, come[-1]), handle_s=queue.handle_s, interval_s=problem.interval_s, patience_s=queue.patience_s,
                within_s=queue.within_s, at_once=queue.at_once, slowing=queue.slowing,
            )  # fmt: skip
            level = performance(float(plan.staff[rows, t].sum()), traffic=traffic).answered_in_time[:-1]
            met = float(np.mean((come == 0) | (np.nan_to_num(level) >= queue.level - 1e-9)))
            full = all(plan.staff[k, t] >= _most(problem, k, t) for k in rows)
            if met < problem.confidence - 1e-9 and not full:
                yield Breach("staffing.level", queue.queue, t, problem.confidence - met)
            if abs(met - stated[t]) > 1e-6:
                yield Breach("staffing.stated", queue.queue, t, float(stated[t] - met))


def _days(problem: StaffingProblem, plan: StaffingPlan, futures: int, seed: int) -> Iterator[Breach]:
    from troth.capacity.staffing._witness import day_levels

    seen = day_levels(problem, plan=plan, futures=futures, seed=seed)
    for queue in problem.queues:
        if queue.over is not LevelOver.DAY:
            continue
        levels = seen[queue.queue]
        met = np.mean(np.isnan(levels) | (levels >= queue.level - 1e-9), axis=0)
        stated = plan.chance(queue.queue)
        for d, share in enumerate(met):
            p = float(stated.probability[d])
            error = (
                3 * np.sqrt(max(p * (1 - p), 0.01) * (1 / futures + 1 / max(stated.futures, 1)))
                if stated.futures
                else 1
            )
            if abs(share - p) > error:
                yield Breach("staffing.stated", queue.queue, d, float(p - share))
            slack = 3 * np.sqrt(problem.confidence * (1 - problem.confidence) / futures)
            if share < problem.confidence - slack:
                yield Breach("staffing.level", queue.queue, d, float(problem.confidence - share))
