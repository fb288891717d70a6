"""Several problems side by side: with what may be sold and without, with a person more, with other prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from troth.capacity.projects.allocation.plan import AllocationPlan
from troth.capacity.projects.allocation.problem import AllocationProblem
from troth.capacity.projects.allocation.solve import AllocationParams, solve
from troth.core.decision import Status, Stop

_USUAL = AllocationParams()


@dataclass(frozen=True, slots=True)
class AllocationScenario:
    """A row of a comparison.

    Parameters
    ----------
    name : of the scenario.
    value, bound, status : of its plan.
    more : value above that of the first scenario.
    wanted_hours, done_hours : of all needs.
    full, short : projects that get all they want, and those that do not.
    utilisation : hours worked, also those booked elsewhere, as a share of hours free.
    joins : people who come to a project that they do not know.
    objective : what the soft rules take off, by rule.
    """

    name: str
    value: float
    bound: float | None
    status: Status
    more: float
    wanted_hours: float
    done_hours: float
    full: int
    short: int
    utilisation: float
    joins: int
    objective: Mapping[str, float]


def compare(
    problems: Mapping[str, AllocationProblem],
    *,
    stop: Stop = Stop(seconds=60),
    seed: int = 0,
    params: AllocationParams = _USUAL,
    on_plan: Callable[[str, AllocationPlan], object] | None = None,
) -> tuple[AllocationScenario, ...]:
    """Return a row for each problem, in their order; the first is what the others are compared with.

    Parameters
    ----------
    stop : of each solve.
    on_plan : given each plan when it is there.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import replace
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import AllocationNeeds, AllocationProblem, compare
    >>> one = np.zeros(1, int)
    >>> needs = AllocationNeeds(one, one, one, np.array([30.0]), np.array([2.0]), np.zeros(1))
    >>> now = AllocationProblem(("ada",), ("design",), ("bank",), (date(2026, 6, 1),), np.array([[20.0]]), np.array([[1.0]]), needs)
    >>> rows = compare({"now": now, "full week": replace(now, free=np.array([[40.0]]))})
    >>> [(row.name, row.value, row.more, row.short) for row in rows]
    [('now', 40.0, 0.0, 1), ('full week', 60.0, 20.0, 0)]
    """
    rows = list[AllocationScenario]()
    for name, problem in problems.items():
        plan = solve(problem, stop=stop, seed=seed, params=params)
        rows.append(_row(name, plan, rows[0].value if rows else plan.value))
        if on_plan is not None:
            on_plan(name, plan)
    return tuple(rows)


def _row(name: str, plan: AllocationPlan, base: float) -> AllocationScenario:
    p, n = plan.problem, plan.problem.needs
    short = {int(j) for j in n.project[plan.served() < n.hours - 1e-6]}
    pairs = set(zip(plan.work.person.tolist(), n.project[plan.work.need].tolist(), strict=True))
    near = p.familiar()
    worked = float(plan.work.hours.sum()) + (0.0 if p.busy is None else float(p.busy.sum()))
    free = float(p.free.sum())
    return AllocationScenario(
        name, plan.value, plan.bound, plan.status, plan.value - base, float(n.hours.sum()), float(plan.work.hours.sum()),
        len({int(j) for j in n.project} - short), len(short), worked / free if free else 0.0,
        sum(not near[pair] for pair in pairs), dict(plan.objective),
    )  # fmt: skip
