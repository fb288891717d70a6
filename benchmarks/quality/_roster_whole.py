"""A plain CP-SAT model of a roster with activities: each shift is one activity as a whole, with its breaks at fixed places."""

from __future__ import annotations

import time
from collections import defaultdict
from itertools import accumulate, pairwise
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.quality._roster_peers import PeerRoster
from troth.capacity.roster import Duty, Employee, RosterProblem, violations
from troth.capacity.roster._compile import Option, compiled
from troth.capacity.roster.rules import hard

#: Prices are counted in so many parts of a cent, people too many by steps up to so many.
_PARTS, _STEPS = 10, 6
_Works = dict[tuple[int, int], list[tuple[int, str, cp_model.IntVar]]]


def by_cpsat(problem: RosterProblem, *, seconds: float) -> PeerRoster:
    """Solve the plain model by CP-SAT with two workers, and judge what it finds."""
    began = time.perf_counter()
    model = cp_model.CpModel()
    whole = compiled(problem)
    works: _Works = {}
    for p, (one, person) in enumerate(zip(problem.staff, whole.people, strict=True)):
        for d in range(problem.days):
            works[p, d] = [
                (o, a.activity, model.new_bool_var(""))
                for o in range(len(whole.options))
                if person.cost[d, o] < float("inf")
                for a in problem.activities
                if one.skills is None or a.activity in one.skills
            ]
            model.add_at_most_one(x for _, _, x in works[p, d])
        _terms(model, problem, whole.options, one, [works[p, d] for d in range(problem.days)])
    model.minimize(sum(_cover(model, problem, whole.options, works)) + sum(_weekends(model, problem, works)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(1.0, seconds - (time.perf_counter() - began))
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    took = time.perf_counter() - began
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return PeerRoster(None, solver.best_objective_bound / _PARTS, took, False)
    duties = [
        Duty(problem.staff[p].agent_id, d, problem.kinds[whole.options[o].kind].kind, whole.options[o].start,
             whole.options[o].length, _stretches(problem, whole.options[o], activity))
        for (p, d), some in works.items()
        for o, activity, x in some
        if solver.value(x)
    ]  # fmt: skip
    found = violations(problem, duties)
    return PeerRoster(round(sum(v.cost for v in found)), None, took, not hard(found))


def _stretches(problem: RosterProblem, option: Option, activity: str) -> tuple[tuple[str, int, int], ...]:
    """Return a shift in one activity; breaks lie in the middle of their windows."""
    kind = problem.kinds[option.kind]
    found, at = [], 0
    for pause in kind.pauses if option.length >= kind.pause_from else ():
        since = (pause.earliest + pause.latest) // 2 // problem.slot_minutes * problem.slot_minutes
        found += [(activity, at, since), ("", since, since + pause.minutes)]
        at = since + pause.minutes
    return (*found, (activity, at, option.length))


def _terms(
    model: cp_model.CpModel, problem: RosterProblem, options: tuple[Option, ...], one: Employee,
    line: list[list[tuple[int, str, cp_model.IntVar]]],
) -> None:  # fmt: skip
    """State minutes, rest, runs and weekends of a person."""
    worked = [sum(x for _, _, x in some) for some in line]
    minutes = sum(options[o].worked * x for some in line for o, _, x in some)
    low, high = one.terms.minutes
    model.add(minutes >= (low or 0))
    if high is not None:
        model.add(minutes <= high)
    run, before = one.terms.longest_run, one.before
    if run is not None:
        had = [1] * (before.run if before else 0)
        days = [*had, *worked]
        for k in range(len(days) - run):
            model.add(sum(days[k : k + run + 1]) <= run)
    for d in range(problem.days - 1):
        for o, _, x in line[d]:
            ends = options[o].start + options[o].length + one.terms.rest - 1440
            late = [y for n, _, y in line[d + 1] if options[n].start < ends]
            if late:
                model.add(sum(late) + x <= 1)
    if before and before.run and before.ended is not None:
        for o, _, x in line[0]:
            if options[o].start - before.ended < one.terms.rest:
                model.add(x == 0)


def _cover(model: cp_model.CpModel, problem: RosterProblem, options: tuple[Option, ...], works: _Works) -> list[Any]:
    """Return what missing and superfluous people cost, slot by slot."""
    slot = problem.slot_minutes
    here: dict[tuple[str, int], list[cp_model.IntVar]] = defaultdict(list)
    places = {
        (o, a.activity): [
            first // slot + k
            for name, first, last in _stretches(problem, option, a.activity)
            if name
            for k in range((last - first) // slot)
        ]
        for o, option in enumerate(options)
        for a in problem.activities
    }
    for (_, d), some in works.items():
        for o, activity, x in some:
            first = (d * 1440 + options[o].start) // slot
            for k in places[o, activity]:
                here[activity, first + k].append(x)
    costs: list[Any] = []
    for need in problem.slot_needs:
        for s in range(problem.slots):
            people = here[need.activity, s]
            if not people and not need.wanted[s]:
                continue
            short = model.new_int_var(0, max(need.wanted[s], 0), "")
            model.add(sum(people) + short >= need.wanted[s])
            costs.append(round(_PARTS * need.under[s]) * short)
            prices = [need.over * n + need.over_square * n * n for n in range(_STEPS + 1)]
            steps = [b - a for a, b in pairwise(prices)]
            over = [model.new_int_var(0, 1 if k < _STEPS - 1 else len(people), "") for k in range(_STEPS)]
            model.add(sum(people) - sum(over) <= need.most[s])
            costs += [round(_PARTS * price) * x for price, x in zip(accumulate(steps, max), over, strict=True)]
    return costs


def _weekends(model: cp_model.CpModel, problem: RosterProblem, works: _Works) -> list[Any]:
    """Keep to the most weekends and return what their square costs."""
    weeks: dict[object, list[int]] = defaultdict(list)
    for d in range(problem.days):
        if problem.date_of(d).weekday() >= 5:
            weeks[problem.date_of(d).isocalendar()[:2]].append(d)
    costs: list[Any] = []
    for p, one in enumerate(problem.staff):
        past = one.before.weekends if one.before else 0
        count = []
        for days in weeks.values():
            busy = model.new_bool_var("")
            for d in days:
                model.add(sum(x for _, _, x in works[p, d]) <= busy)
            count.append(busy)
        if one.terms.most_weekends is not None:
            model.add(sum(count) <= one.terms.most_weekends)
        price = _PARTS * problem.prices.weekend_spread
        costs.append(round(price * past**2))
        steps = [model.new_bool_var("") for _ in count]
        model.add(sum(steps) >= sum(count))
        costs += [round(price * (2 * (past + k) + 1)) * x for k, x in enumerate(steps)]
    return costs
