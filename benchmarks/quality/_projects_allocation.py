"""Allocation: people with three of forty skills and a yearly cap, projects that want 1.06 times what they have, for a year.

Problems are made from a seed by `made`, which knows nothing of the solver. Two cases for each seed: `value` has no prices, so
that a plan is worth the hours done by their value, as for the peers; `priced` adds places, preferences, joining and targets,
and has no peers. `value` is what the plan is worth, `reference` the bound proven in the same run (whole or not, no plan is worth
more), `gap` value over reference less 1, `feasible` whether the independent judge finds no rule broken.

Peers (`--peers`), of the case `value`: `greedy` gives each need by value the people with most hours left; `highs-skill-week` is
the linear program with skills of weeks as nodes and `highs-plain` that with a variable for each person and need, both by HiGHS's
interior point method without crossover, which gives fractions of hours and no plan: `feasible` says whether it ended before its
time (`peer_s` seconds), and `peak` what the whole process had taken by then.
"""

from __future__ import annotations

import importlib.metadata
import resource
import time
from argparse import Namespace
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import highspy
import numpy as np
from highspy._core import _Highs
from scipy.sparse import csc_array

from benchmarks.quality._common import line
from troth.capacity.projects.allocation import (
    AllocatedWork,
    AllocationNeeds,
    AllocationPlan,
    AllocationPrices,
    AllocationProblem,
    Stop,
    solve,
    violations,
)
from troth.capacity.projects.allocation.rules import hard

SKILLS, OF_EACH, LOAD = 40, 3, 1.06
PRICES = AllocationPrices(away=0.1, stranger=0.05, join=2.0, idle=0.05)


def made(seed: int, *, people: int, projects: int, weeks: int) -> AllocationProblem:
    """Return a problem of a seed: contracts of 20 to 40 hours, leave, caps around nine tenths, projects of 4 to 39 weeks."""
    r = np.random.default_rng((seed, people, projects, weeks))
    levels = np.zeros((people, SKILLS))
    np.put_along_axis(levels, np.argsort(r.random((people, SKILLS)), axis=1)[:, :OF_EACH], 1.0, axis=1)
    free = r.choice([40, 40, 40, 32, 24, 20], people)[:, None] - r.choice([0, 0, 2, 4, 8], (people, weeks))
    free = np.where(r.random((people, weeks)) < 0.1, 0, free).astype(float)
    caps = np.minimum(np.round(free.sum(axis=1) * r.uniform(0.8, 1.05, people)), free.sum(axis=1))
    rows = list[tuple[int, int, int, float, float]]()
    for j in range(projects):
        begin, lasts, worth = int(r.integers(-8, weeks - 4)), int(r.integers(4, 40)), r.lognormal(0.0, 0.35)
        for s in r.choice(SKILLS, r.integers(1, 5), replace=False).tolist():
            hours = r.gamma(2.0, 40.0)
            rows += [
                (j, s, w, hours * r.uniform(0.6, 1.4), worth * r.uniform(0.9, 1.1))
                for w in range(max(begin, 0), min(begin + lasts, weeks))
            ]
    table = np.array(rows)
    hours = np.maximum(np.round(table[:, 3] * LOAD * caps.sum() / table[:, 3].sum()), 1.0)
    project, skill, week = table[:, :3].astype(np.int64).T
    needs = AllocationNeeds(project, skill, week, hours, table[:, 4], np.zeros(len(table)))
    return AllocationProblem(
        tuple(f"p{k:04}" for k in range(people)), tuple(f"s{k:02}" for k in range(SKILLS)), tuple(f"j{k:03}" for k in range(projects)),
        tuple(date(2026, 1, 5) + timedelta(days=7 * k) for k in range(weeks)), free, levels, needs, caps=caps[:, None],
    )  # fmt: skip


def priced(problem: AllocationProblem, *, seed: int) -> AllocationProblem:
    """Return the problem with places, preferred people, levels, targets and prices."""
    r = np.random.default_rng((seed, 7))
    people, projects, n = len(problem.people), len(problem.projects), problem.needs
    pairs = np.stack([r.integers(0, people, 3 * projects), r.integers(0, projects, 3 * projects)], axis=1)
    return replace(
        problem, levels=problem.levels * r.integers(1, 4, (people, 1)), members=np.unique(pairs, axis=0), prices=PRICES,
        needs=replace(n, level=r.integers(0, 3, projects)[n.project].astype(float)), target=problem.free.sum(axis=1) * 0.8,
        person_place=tuple(r.choice(["north", "south", "west"], people)), project_place=tuple(r.choice(["north", "south", "west"], projects)),
    )  # fmt: skip


def run(options: Namespace, asked: dict[str, Any]) -> bool:
    """Solve every case; false if the judge rejects any plan of ours."""
    seconds, good = options.seconds or asked["seconds"], True
    for seed in range(1, asked["seeds"] + 1):
        problem = made(seed, people=asked["people"], projects=asked["projects"], weeks=asked["weeks"])
        for case, one in (("value", problem), ("priced", priced(problem, seed=seed))):
            began = time.perf_counter()
            plan = solve(one, stop=Stop(seconds=seconds), seed=seed)
            took = time.perf_counter() - began
            good &= not plan.broken
            _say(
                options,
                asked,
                case,
                "troth",
                seed,
                took,
                plan.value,
                bound=plan.bound,
                sound=not plan.broken,
                more=_more(plan),
            )
            if case == "value" and options.peers:
                for solver, value, sound, lasted, more in _peers(one, asked, seed):
                    _say(options, asked, case, solver, seed, lasted, value, bound=plan.bound, sound=sound, more=more)
    return good


def _more(plan: AllocationPlan) -> dict[str, Any]:
    pairs = np.unique(np.stack([plan.work.person, plan.problem.needs.project[plan.work.need]]), axis=1).shape[1]
    costs = {rule: round(cost, 1) for rule, cost in plan.objective.items() if cost}
    return {"status": str(plan.status), "pairs": pairs, "costs": costs}


def _say(
    options: Namespace, asked: dict[str, Any], case: str, solver: str, seed: int, seconds: float, value: float | None, *,
    bound: float | None, sound: bool, more: dict[str, Any],
) -> None:  # fmt: skip
    name = f"{case}-{asked['people']}x{asked['projects']}x{asked['weeks']}"
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)  # GiB
    if options.json:
        versions = {one: importlib.metadata.version(one) for one in ("troth", "ortools", "highspy", "numpy")}
        print(
            line(bench="projects", case=name, solver=solver, seed=seed, seconds=seconds, value=value, reference=bound, feasible=sound,
                 part="allocation", versions=versions, peak_gib=peak, **more), flush=True,
        )  # fmt: skip
        return
    gap = "" if value is None or not bound else f"{value / bound - 1:+.6%}"
    print(
        f"{name:22} {solver:17} seed {seed} {seconds:7.2f} s  {value}  {gap}  {peak} GiB  {'' if sound else 'REJECTED'} {more}",
        flush=True,
    )


def _peers(problem: AllocationProblem, asked: dict[str, Any], seed: int) -> Any:
    began = time.perf_counter()
    work = greedy(problem)
    took = time.perf_counter() - began
    value = float(work.hours @ problem.needs.value[work.need])
    pairs = np.unique(np.stack([work.person, problem.needs.project[work.need]]), axis=1).shape[1]
    yield "greedy", value, not hard(violations(problem, work=work)), took, {"pairs": pairs}
    for solver, program in (("highs-skill-week", skill_weeks), ("highs-plain", plain)):
        if solver == "highs-plain" and seed > asked["plain_seeds"]:
            continue
        began = time.perf_counter()
        answer, columns = interior(*program(problem), seconds=asked["peer_s"])
        yield (
            solver,
            answer,
            answer is not None,
            time.perf_counter() - began,
            {"columns": columns, "stopped_at": asked["peer_s"]},
        )


def greedy(problem: AllocationProblem) -> AllocatedWork:
    """Return a plan: needs by value, each by its holders in the order of hours left of their caps."""
    n, free, rows = problem.needs, problem.free.copy(), list[tuple[int, int, float]]()
    cap = problem.limits()[:, 0].copy()
    holders = [np.flatnonzero(problem.levels[:, s] > 0) for s in range(len(problem.skills))]
    for m in np.argsort(-n.value, kind="stable").tolist():
        some, w, left = holders[n.skill[m]], n.week[m], n.hours[m]
        room = np.minimum(free[some, w], cap[some])
        for k in np.argsort(-cap[some], kind="stable").tolist():
            hours = min(left, room[k])
            if hours > 0:
                rows.append((int(some[k]), m, float(hours)))
                free[some[k], w] -= hours
                cap[some[k]] -= hours
                left -= hours
            if left <= 0:
                break
    table = np.array(rows).reshape(-1, 3)
    return AllocatedWork(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def skill_weeks(problem: AllocationProblem) -> tuple[Any, Any, Any, Any]:
    """Return cost, upper limits, matrix and row limits of the program with a node for each skill and week."""
    n, weeks = problem.needs, len(problem.weeks)
    p, s = np.nonzero(problem.levels > 0)
    lent = [np.repeat(p, weeks), np.repeat(s, weeks), np.tile(np.arange(weeks), len(p))]
    lent = [one[problem.free[lent[0], lent[2]] > 0] for one in lent]
    count, node = len(lent[0]), len(problem.people) * (weeks + 1)
    column = np.arange(count)
    rows = [
        lent[0] * weeks + lent[2],
        len(problem.people) * weeks + lent[0],
        node + lent[1] * weeks + lent[2],
        node + n.skill * weeks + n.week,
    ]
    columns = [column, column, column, count + np.arange(len(n))]
    values = [np.ones(count), np.ones(count), -np.ones(count), np.ones(len(n))]
    limits = np.concatenate([problem.free.ravel(), problem.limits()[:, 0], np.zeros(len(problem.skills) * weeks)])
    upper = np.concatenate([problem.free[lent[0], lent[2]], n.hours])
    cost = np.concatenate([np.zeros(count), -n.value])
    matrix = csc_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(len(limits), len(cost))
    )
    return cost, upper, matrix, limits


def plain(problem: AllocationProblem) -> tuple[Any, Any, Any, Any]:
    """Return the same of the program with a variable for each person and need."""
    n, weeks, people = problem.needs, len(problem.weeks), len(problem.people)
    p, m = np.nonzero((problem.levels[:, n.skill] > 0) & (problem.free[:, n.week] > 0))
    column = np.arange(len(p))
    rows = np.concatenate([p * weeks + n.week[m], people * weeks + p, people * (weeks + 1) + m])
    limits = np.concatenate([problem.free.ravel(), problem.limits()[:, 0], n.hours])
    matrix = csc_array((np.ones(3 * len(p)), (rows, np.tile(column, 3))), shape=(len(limits), len(p)))
    return -n.value[m], np.full(len(p), np.inf), matrix, limits


def interior(cost: Any, upper: Any, matrix: Any, limits: Any, *, seconds: float) -> tuple[float | None, int]:
    """Return the value of a linear program and its number of variables; no value if it does not end in time."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, np.zeros(len(cost)), upper
    model.row_lower_, model.row_upper_ = np.full(len(limits), -np.inf), limits
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    _Highs.resetGlobalScheduler(True)  # another solve of this process may have asked for another number of threads
    solver: Any = _Highs()  # the public class prints a banner
    for name, value in (
        ("output_flag", False),
        ("solver", "ipm"),
        ("run_crossover", "off"),
        ("time_limit", float(seconds)),
        ("threads", 2),
    ):
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    ended = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    _Highs.resetGlobalScheduler(True)
    return (-solver.getInfo().objective_function_value if ended else None), len(cost)
