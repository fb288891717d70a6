"""Plan tours: search on all cores, judged by the rules."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError
from troth.field.routing._compile import Fields, compiled
from troth.field.routing._found import Found
from troth.field.routing._hunt import hunt
from troth.field.routing._threads import Progress
from troth.field.routing._whole import SEARCHES, beyond, choose
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
    near : how many neighbours of a visit our own search looks at.
    search : "pyvrp", "split" for many visits in parts, or "hunt" for all that a problem can say; what is best for the problem if None.
    """

    chains: int | None = None
    near: int = 40
    search: str | None = None


def solve(
    problem: RoutingProblem, *, stop: Stop, seed: int = 0, params: RoutingParams = RoutingParams(), start: RoutePlan | None = None,
    on_progress: Progress | None = None,
) -> RoutePlan:  # fmt: skip
    """Return the best plan found until `stop`.

    What PyVRP's model says is searched by PyVRP, or in parts if there are many visits; all else, and what they find no plan for, by
    the search that knows everything.

    Parameters
    ----------
    stop : when to stop; with steps alone the same problem, seed, chains and versions give the same plan, with seconds they need
        not. What a step is depends on the search. The clock starts when kernels are compiled, which takes about a minute once
        on a machine.
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
    which = _which(problem, params)
    if stop.seconds is None and stop.steps is None and stop.asked is None:
        stop = replace(stop, seconds=0.0)
    begin = None if start is None else sequences(problem, tours=start.tours)
    if which != "hunt":
        plan = _in_ticks(problem, which, stop, seed, params, begin, on_progress, began)
        if plan is not None:
            return plan
        if stop.seconds is not None:
            stop = replace(stop, seconds=max(stop.seconds - (time.perf_counter() - began), 0.0))
    f = compiled(problem, near=params.near)
    found = hunt(f, stop=stop, seed=seed, chains=params.chains, start=begin, on_progress=on_progress)
    tours = toured(problem, seq=found.seq, size=found.size)
    return judged(problem, tours=tours, seed=seed, seconds=time.perf_counter() - began, fields=f)


def _which(problem: RoutingProblem, params: RoutingParams) -> str:
    """Return which search to use, the one that was asked for if it can."""
    if params.search is None:
        return choose(problem)
    if params.search not in SEARCHES:
        raise InputError(
            [Issue("unknown-search", Severity.ERROR, "search", params.search, f"Maybe one of {', '.join(SEARCHES)}.")]
        )
    if params.search != "hunt" and (said := beyond(problem)):
        advice = f"Maybe leave it out: PyVRP does not know this: {said}."
        raise InputError([Issue("search-cannot", Severity.ERROR, "search", params.search, advice)])
    return params.search


def _in_ticks(
    problem: RoutingProblem, which: str, stop: Stop, seed: int, params: RoutingParams, begin: tuple[Any, Any] | None,
    on_progress: Progress | None, began: float,
) -> RoutePlan | None:  # fmt: skip
    """Return what a search finds that counts in whole ticks; None if it finds nothing that the judge lets stand."""
    # PyVRP takes a while to load, and only one of the two needs it.
    by: Callable[..., Found | None]
    if which == "split":
        from troth.field.routing._split import solve_split

        by, libraries = solve_split, ["numba"]
    else:
        from troth.field.routing._pyvrp import solve_pyvrp

        by, libraries = solve_pyvrp, ["numba", "pyvrp"]
    found = by(problem, stop=stop, seed=seed, start=begin, chains=params.chains, on_progress=on_progress)
    if found is None:
        return None
    tours = toured(problem, seq=found.seq, size=found.size)
    if begin is not None:
        # A start that stands by less than a tick is none for it.
        first = toured(problem, seq=begin[0], size=begin[1])
        kept, other = (judged(problem, tours=one, why=False) for one in (first, tours))
        if not kept.broken and (other.broken or kept.value < other.value):
            tours = first
    plan = judged(problem, tours=tours, seed=seed, seconds=time.perf_counter() - began, libraries=libraries)
    return None if plan.broken else plan


def judged(
    problem: RoutingProblem,
    *,
    tours: tuple[Tour, ...],
    seed: int = 0,
    seconds: float = 0.0,
    fields: Fields | None = None,
    why: bool = True,
    libraries: Sequence[str] = ("numba",),
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
        {name: version(name) for name in ("troth", *libraries)},
    )  # fmt: skip
