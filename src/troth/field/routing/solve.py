"""Plan tours: search on all cores, judged by the rules."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from troth.core.decision import Severity, Status, Stop
from troth.core.errors import InputError
from troth.field.routing._compile import Fields, compiled
from troth.field.routing._hunt import hunt
from troth.field.routing.check import check
from troth.field.routing.orders import sequences, toured
from troth.field.routing.plan import RoutePlan, UnservedVisit
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.reasons import reasons
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import Tour


@dataclass(frozen=True, slots=True)
class RoutingParams:
    """How to search.

    Parameters
    ----------
    chains : how many searches go side by side; as many as there are cores, at most four, if None.
    near : how many neighbours of a visit are looked at.
    """

    chains: int | None = None
    near: int = 40


def solve(
    problem: RoutingProblem, *, stop: Stop, seed: int = 0, params: RoutingParams = RoutingParams(), start: RoutePlan | None = None,
    on_progress: Callable[[float, float | None], object] | None = None,
) -> RoutePlan:  # fmt: skip
    """Return the best plan found until `stop`.

    Parameters
    ----------
    stop : when to stop; with steps alone the same problem, seed and versions give the same plan, with seconds they need not. The
        clock starts when the kernels are compiled, which takes about a minute once on a machine.
    start : a plan to begin with, as far as it still can stand.
    on_progress : told the value in cents, and a bound if there is one, now and then.

    Raises
    ------
    InputError : all that is wrong with the problem.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),), cost_per_hour_cents=3600)
    >>> visits = (VisitRequest("far", 2, 600), VisitRequest("near", 1, 600))
    >>> line = np.abs(np.subtract.outer([0.0, 300.0, 900.0], [0.0, 300.0, 900.0]))
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), line)
    >>> plan = solve(problem, stop=Stop(steps=20))
    >>> plan.value, len(plan.tours[0].stops), plan.unserved
    (3000.0, 2, ())
    """
    if wrong := [one for one in check(problem) if one.severity is Severity.ERROR]:
        raise InputError(wrong)
    began = time.perf_counter()
    f = compiled(problem, near=params.near)
    found = hunt(
        f, stop=stop, seed=seed, chains=params.chains, start=None if start is None else sequences(problem, tours=start.tours),
        on_progress=on_progress,
    )  # fmt: skip
    tours = toured(problem, seq=found.seq, size=found.size)
    return judged(problem, tours=tours, seed=seed, seconds=time.perf_counter() - began, fields=f)


def judged(
    problem: RoutingProblem,
    *,
    tours: tuple[Tour, ...],
    seed: int = 0,
    seconds: float = 0.0,
    fields: Fields | None = None,
    why: bool = True,
) -> RoutePlan:
    """Return a plan whose figures are the judge's; reasons for what is left out take the compiled search, so only if asked `why`."""
    found = breaches(problem, tours=tours)
    objective: dict[str, float] = defaultdict(float)
    for one in found:
        if not ROUTING_RULES[one.rule].hard:
            objective[one.rule] += one.cost_cents
    broken = tuple(one for one in found if ROUTING_RULES[one.rule].hard)
    made = {name for tour in tours for name in tour.visits()}
    left = [one.visit_id for one in problem.visits if one.visit_id not in made]
    told = reasons(problem, left=left, tours=tours, fields=fields) if why else ((),) * len(left)
    return RoutePlan(
        problem, tours, tuple(map(UnservedVisit, left, told)), Status.STOPPED if broken else Status.FEASIBLE, dict(objective), None, broken, seed, seconds,
        {name: version(name) for name in ("troth", "numba")},
    )  # fmt: skip
