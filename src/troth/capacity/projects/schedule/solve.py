"""From a schedule problem to a plan: sets of skills first, then people, then many small changes, then both together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from troth.capacity.projects.schedule._compile import Compiled, compiled
from troth.capacity.projects.schedule._hunt import Hunt
from troth.capacity.projects.schedule._ortools import Clock
from troth.capacity.projects.schedule._serial import Serial, Staffed
from troth.capacity.projects.schedule.check import check
from troth.capacity.projects.schedule.conflicts import conflicts
from troth.capacity.projects.schedule.plan import SchedulePlan, judged
from troth.capacity.projects.schedule.problem import ScheduleProblem, SkillAssignment
from troth.core.decision import Severity, Status, Stop
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class ScheduleParams:
    """How to go about it.

    Parameters
    ----------
    workers : threads of the solver.
    rounds : schedules built one after the other before the solver begins; they take at most a tenth of the time.
    proof_s : seconds to find which rules contradict each other, if there is no schedule.
    """

    workers: int = 2
    rounds: int = 300
    proof_s: float = 30.0


def solve(
    problem: ScheduleProblem,
    *,
    stop: Stop = Stop(seconds=30),
    seed: int = 0,
    params: ScheduleParams = ScheduleParams(),
    start: SchedulePlan | None = None,
    on_progress: Callable[[float, float | None], object] | None = None,
) -> SchedulePlan:
    """Return the schedule that ends first, as far as it can be found until `stop`.

    Schedules are built activity by activity in many orders (Kolisch 1996). Then a constraint model decides starts with sets
    of skills as the only resources, which gives a bound, and people are put to its starts; where they do not suffice, what
    met there is forbidden and the model solved again (Hooker and Ottosson 2003). If that does not end, the order of
    activities and of people is annealed (Bouleimen and Lecocq 2003), then starts and people are searched together.

    Parameters
    ----------
    stop : seconds, steps (units of the solver's deterministic time) or asked; with steps alone the same problem, seed and
        versions give the same plan.
    start : a plan to begin with, if it keeps every rule.
    on_progress : told the best makespan and the bound, now and then.

    Returns
    -------
    the best plan; optimal only if its makespan is the bound. Stopped with `broken` rules if none was found that keeps
    deadlines and settled starts; infeasible, with `conflicts`, if there is none.

    Raises
    ------
    InputError : with every issue of `check`, if one of them is an error.

    Examples
    --------
    >>> from troth.capacity.projects.schedule import Precedence, ProjectActivity, ScheduleProblem, SkilledWorker, Stop, solve
    >>> acts = tuple(ProjectActivity(name, 2, {"survey": 1}) for name in "abc")
    >>> crew = (SkilledWorker("ada", frozenset({"survey"})), SkilledWorker("ben", frozenset({"survey"})))
    >>> plan = solve(ScheduleProblem(acts, crew, (Precedence("a", "c"),)), stop=Stop(seconds=10))
    >>> plan.makespan, str(plan.status)
    (4, 'optimal')
    """
    issues = check(problem)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    clock = Clock(stop, time.monotonic())
    f = compiled(problem)
    hunt = Hunt(Serial(problem, f), clock=clock, seed=seed, workers=params.workers, tell=on_progress)
    if start is not None and not start.broken and judged(problem, starts=start.starts, work=start.work).broken == ():
        hunt.better(_staffed(problem, f, start))
    hunt.begin(params.rounds, np.random.default_rng(seed))
    hunt.run(np.random.default_rng((seed, 1)))
    plan = judged(
        problem, starts={name: hunt.best.starts[a] for a, name in enumerate(f.names)}, work=_work(problem, f, hunt.best),
        bound=hunt.bound, seed=seed, seconds=time.monotonic() - clock.began,
        versions={name: version(name) for name in ("troth", "ortools")},
    )  # fmt: skip
    if hunt.impossible:
        reasons = conflicts(problem, seconds=params.proof_s)
        return replace(plan, status=Status.INFEASIBLE, bound=None, conflicts=reasons)
    return plan


def _work(problem: ScheduleProblem, f: Compiled, best: Staffed) -> tuple[SkillAssignment, ...]:
    return tuple(
        SkillAssignment(f.names[a], problem.workers[w].worker_id, f.skills[k])
        for a, work in enumerate(best.work) for w, k in sorted(work.items())
    )  # fmt: skip


def _staffed(problem: ScheduleProblem, f: Compiled, plan: SchedulePlan) -> Staffed:
    number = {name: a for a, name in enumerate(f.names)}
    worker = {one.worker_id: w for w, one in enumerate(problem.workers)}
    skill = {name: k for k, name in enumerate(f.skills)}
    work = [dict[int, int]() for _ in f.names]
    for one in plan.work:
        work[number[one.activity_id]][worker[one.worker_id]] = skill[one.skill]
    return Staffed(tuple(plan.starts[name] for name in f.names), tuple(work))
