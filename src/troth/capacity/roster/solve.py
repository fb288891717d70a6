"""From a roster problem to a roster: two workers on one best roster, a bound where one can be had."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from troth.capacity.roster._arrays import stacked
from troth.capacity.roster._compile import compiled
from troth.capacity.roster._hunt import Hunt, warm
from troth.capacity.roster.check import check
from troth.capacity.roster.conflicts import conflicts
from troth.capacity.roster.plan import RosterPlan, judged
from troth.capacity.roster.problem import Duty, RosterProblem
from troth.core.decision import Severity, Status, Stop
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class RosterParams:
    """How to go about it.

    Parameters
    ----------
    workers : threads that search; with one, and a stop by steps, the same seed gives the same roster.
    heat : how dear a worsening may be at first, as a share of what a missing person costs.
    proof_s : seconds for each step of the proof that there is no roster, if none was found.
    columns : whether to generate columns where people are needed by kind of shift only, which also gives a bound.
    """

    workers: int = 2
    heat: float = 0.2
    columns: bool = True
    proof_s: float = 30.0


def solve(
    problem: RosterProblem,
    *,
    stop: Stop = Stop(seconds=60),
    seed: int = 0,
    params: RosterParams = RosterParams(),
    start: tuple[Duty, ...] | None = None,
    on_progress: Callable[[float, float | None], None] | None = None,
) -> RosterPlan:
    """Find a roster.

    Every person's line of days is chosen by dynamic programming at the prices that the others leave: a few lines at a
    time are taken out and put in anew (ruin and recreate: Schrimpf et al. 2000). Where people are needed by kind of
    shift only, lines are columns of a master problem, which gives a bound, and whole rosters by diving
    (Burke and Curtois 2014, New approaches to nurse rostering benchmark instances).

    Parameters
    ----------
    stop : seconds, steps (rounds of search) or asked; the best so far is returned. The clock starts when the kernels are
        compiled, which takes about half a minute once on a machine.
    start : a roster to begin with, such as the published one; what of it cannot stand is left out.
    on_progress : told the best value and bound, now and then.

    Returns
    -------
    the best roster; `status` stopped with `broken` rules if none was found that keeps all hard rules.

    Raises
    ------
    InputError : with every issue of `check`, if one of them is an error.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import Employee, KindNeed, RosterProblem, ShiftKind, Stop, Terms, solve
    >>> early, late = ShiftKind("early", (480,)), ShiftKind("late", (480,), not_before=frozenset({"early"}))
    >>> staff = tuple(Employee(name, Terms(longest_run=5)) for name in ("ada", "ben"))
    >>> needs = tuple(KindNeed(day, kind, 1, 10.0, 1.0) for day in range(3) for kind in ("early", "late"))
    >>> solve(RosterProblem(date(2026, 6, 1), 3, (early, late), staff, kind_needs=needs), stop=Stop(seconds=5)).value
    0.0
    """
    issues = check(problem)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    whole = compiled(problem)
    arrays = stacked(whole)
    warm(arrays)
    began = time.monotonic()
    hunt = Hunt(problem, whole, arrays, stop=stop, began=began, heat=params.heat, tell=on_progress)
    rngs = np.random.default_rng(seed).spawn(params.workers + 1)
    hunt.begin(rngs[-1], start or ())
    columns = params.columns and not problem.activities
    if params.workers == 1:
        hunt.work(rngs[0], columns=columns)
    else:
        with ThreadPoolExecutor(params.workers) as pool:
            running = [pool.submit(hunt.work, rngs[k], columns=columns and k == 0) for k in range(params.workers)]
            for job in running:
                job.result()
    versions = {name: importlib.metadata.version(name) for name in ("troth", "numba", "highspy", "ortools")}
    plan = judged(
        problem, hunt.duties(), bound=hunt.bound(), whole=hunt.integral, seed=seed,
        seconds=time.monotonic() - began, versions=versions,
    )  # fmt: skip
    if plan.broken and (reasons := conflicts(problem, seconds=params.proof_s, roster=plan.duties)):
        return replace(plan, status=Status.INFEASIBLE, conflicts=reasons)
    return plan
