"""Which parts to put on which van for the visits ahead: most second visits avoided within what vans and depot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, prod

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Status, Stop
from troth.core.errors import InputError
from troth.field.parts._highspy import Model
from troth.field.parts._issues import error, twice, whole

Floats = NDArray[np.float64]
#: Cents below which a piece is worth nothing.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LoadVisit:
    """A visit ahead.

    Parameters
    ----------
    van : who goes.
    chances : by part the probability that one is needed.
    share : probability that this van has the visit at all: less than 1 for what may still come in.
    second_visit_cents : what it costs if a part lacks.
    """

    visit: str
    van: str
    chances: Mapping[str, float]
    share: float = 1.0
    second_visit_cents: float = 8000.0


@dataclass(frozen=True, slots=True)
class VanRoom:
    """A van: what is aboard and stays, and what it can take.

    Parameters
    ----------
    limits : by dimension, such as pieces, kg, litres or cents; of all that is aboard after loading.
    aboard : pieces by part.
    """

    van: str
    limits: Mapping[str, float]
    aboard: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadingProblem:
    """What is to be loaded for which visits.

    Parameters
    ----------
    visits : in the order in which each van does them.
    depot : pieces by part; what is not named cannot be loaded.
    sizes : by part and dimension; what is not named is 1 of ``pieces``, and nothing of others.
    hold_cents : by part what it costs to have one more piece aboard.
    """

    visits: tuple[LoadVisit, ...]
    vans: tuple[VanRoom, ...]
    depot: Mapping[str, int]
    sizes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hold_cents: Mapping[str, float] = field(default_factory=dict)

    def size(self, part: str, *, dimension: str) -> float:
        """Return how much of a dimension a piece takes."""
        return self.sizes.get(part, {}).get(dimension, 1.0 if dimension == "pieces" else 0.0)


@dataclass(frozen=True, slots=True)
class LoadingPlan:
    """What to load, and what to expect.

    Parameters
    ----------
    loads : by van the pieces by part that are put on it.
    aboard : by van the pieces by part that are on it then.
    saved_cents, bound_cents : expected worth of the pieces loaded when they are needed, less holding them, and the proved bound of it.
    status : optimal if no loads are worth more, feasible if the search was stopped before that was proved, stopped if that was before
        anything was found: nothing is loaded then.
    complete : by visit the probability that all it needs is aboard; `before` is that without loading.
    """

    loads: Mapping[str, Mapping[str, int]]
    aboard: Mapping[str, Mapping[str, int]]
    saved_cents: float
    bound_cents: float
    status: Status
    complete: Mapping[str, float]
    before: Mapping[str, float]


def load_vans(problem: LoadingProblem, *, stop: Stop = Stop()) -> LoadingPlan:
    """Decide what to put on each van, from one depot, at once for all.

    A further piece is worth the chance that it is the one that is needed, times the second visit it saves. Needs of parts and
    visits are taken as independent; a visit takes its parts if it needs them. Of a visit that needs two parts each is counted by
    itself when loads are chosen; `complete` counts it once.

    Parameters
    ----------
    stop : seconds after which the best found so far is returned, with its proved bound.

    Raises
    ------
    InputError
        All that is wrong with the problem.

    Source
    ------
    A multidimensional multiple knapsack with bounded items (H. Kellerer, U. Pferschy and D. Pisinger, 2004, Knapsack Problems,
    chapters 7 and 9) by HiGHS; the repair kit problem of S. A. Smith, J. C. Chambers and E. Shlifer (1980), Optimal
    inventories based on job completion rate for repairs requiring multiple items, Management Science 26, page 849.

    Examples
    --------
    >>> visits = (LoadVisit("v1", "van", {"pump": 0.3, "fan": 0.1}), LoadVisit("v2", "van", {"pump": 0.3}))
    >>> plan = load_vans(LoadingProblem(visits, (VanRoom("van", {"pieces": 2}),), {"pump": 5, "fan": 5}))
    >>> dict(plan.loads["van"]), round(plan.complete["v1"], 2)  # a second pump is needed in 9 % of days, a fan in 10 %
    ({'fan': 1, 'pump': 1}, 1.0)
    """
    issues = check_loading(problem)
    if issues:
        raise InputError(issues)
    model = Model()
    steps: dict[tuple[str, str], list[int]] = {}
    for van in problem.vans:
        mine = [one for one in problem.visits if one.van == van.van]
        for part in sorted(problem.depot):
            most = min(problem.depot[part], sum(one.chances.get(part, 0.0) > 0 for one in mine))
            worth = _worth(mine, part, van.aboard.get(part, 0), most) - problem.hold_cents.get(part, 0.0)
            gainful = np.flatnonzero(worth > _LEAST)
            worth = worth[: gainful[-1] + 1] if len(gainful) else worth[:0]  # further pieces are worth nothing
            steps[van.van, part] = [model.variable(price=-float(value)) for value in worth]
            for before, after in zip(steps[van.van, part], steps[van.van, part][1:], strict=False):
                model.row([(before, 1.0), (after, -1.0)], low=0.0)
    for part, count in problem.depot.items():
        taken = [(v, 1.0) for (_, one), some in steps.items() if one == part for v in some]
        if len(taken) > count:
            model.row(taken, high=count)
    for van in problem.vans:
        for dimension, limit in van.limits.items():
            left = limit - sum(n * problem.size(part, dimension=dimension) for part, n in van.aboard.items())
            sized = [(steps[van.van, part], problem.size(part, dimension=dimension)) for part in sorted(problem.depot)]
            terms = [(v, size) for some, size in sized for v in some if size > 0]
            if terms:
                model.row(terms, high=max(0.0, left))
    solved = model.solve(seconds=float("inf") if stop.seconds is None else stop.seconds)
    chosen = np.zeros(len(model.price)) if solved is None else solved.values
    everything = 0.0 - sum(min(price, 0.0) for price in model.price)  # more than all pieces of worth nothing can save
    loads = {van.van: _counted(steps, van.van, chosen) for van in problem.vans}
    saved = 0.0 - float(chosen @ np.array(model.price, float))  # no negative zero
    return LoadingPlan(
        loads,
        aboard := {van.van: _sum(van.aboard, loads[van.van]) for van in problem.vans},
        saved, everything if solved is None else min(everything, 0.0 - solved.bound),
        Status.STOPPED if solved is None else Status.OPTIMAL if solved.proved else Status.FEASIBLE,
        complete_chances(problem.visits, aboard=aboard),
        complete_chances(problem.visits, aboard={van.van: van.aboard for van in problem.vans}),
    )  # fmt: skip


def complete_chances(visits: Sequence[LoadVisit], *, aboard: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Return by visit the probability that all it needs is aboard when its turn comes, with loads as given.

    Examples
    --------
    >>> both = [LoadVisit("v1", "van", {"pump": 0.5}), LoadVisit("v2", "van", {"pump": 0.5})]
    >>> complete_chances(both, aboard={"van": {"pump": 1}})
    {'v1': 1.0, 'v2': 0.75}
    """
    left: dict[tuple[str, str], Floats] = {}
    out = {}
    for one in visits:
        held = aboard.get(one.van, {})
        enough = []
        for part, chance in one.chances.items():
            taken = left.setdefault((one.van, part), np.ones(1))
            # `taken[k]`: probability that earlier visits needed k pieces.
            enough.append(1 - chance * float(taken[held.get(part, 0) :].sum()))
            left[one.van, part] = _one_more(taken, chance * one.share)
        out[one.visit] = float(prod(enough))
    return out


def _one_more(taken: Floats, chance: float) -> Floats:
    """Return the distribution of a count after one more that happens with a chance."""
    return np.convolve(taken, (1 - chance, chance))


def _worth(visits: Sequence[LoadVisit], part: str, aboard: int, most: int) -> Floats:
    """Return what each further piece saves: whom it serves is who asks when all before it are gone."""
    taken, worth = np.ones(1), np.zeros(most)
    for one in visits:
        chance = one.chances.get(part, 0.0) * one.share
        if chance:
            for k in range(most):
                if aboard + k < len(taken):
                    worth[k] += chance * one.second_visit_cents * taken[aboard + k]
            taken = _one_more(taken, chance)
    return worth


def _counted(steps: Mapping[tuple[str, str], list[int]], van: str, chosen: Floats) -> dict[str, int]:
    counts = {part: round(float(sum(chosen[v] for v in some))) for (one, part), some in steps.items() if one == van}
    return {part: n for part, n in counts.items() if n}


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {part: one.get(part, 0) + other.get(part, 0) for part in sorted({*one, *other})}


def check_loading(problem: LoadingProblem) -> list[Issue]:
    """Return every issue of a problem, each an error."""
    vans = {one.van for one in problem.vans}
    found = [*twice("van", [one.van for one in problem.vans]), *twice("visit", [one.visit for one in problem.visits])]
    for one in problem.visits:
        if one.van not in vans:
            found.append(
                error("unknown-place", one.visit, one.van, f"Maybe one of {', '.join(sorted(vans)[:8]) or 'none'}.")
            )
        for part, chance in [*one.chances.items(), ("share", one.share)]:
            if not 0 <= chance <= 1:
                found.append(error("bad-chance", f"{one.visit} {part}", chance, "Maybe a probability from 0 to 1."))
        found += _number(f"{one.visit} second_visit_cents", one.second_visit_cents, "bad-price")
    for van in problem.vans:
        for part, count in van.aboard.items():
            found += whole(f"{van.van} {part}", count)
        for dimension, limit in van.limits.items():
            found += _number(f"{van.van} {dimension}", limit, "bad-capacity")
    for part, count in problem.depot.items():
        found += whole(f"depot {part}", count)
    for part, cents in problem.hold_cents.items():
        found += _number(f"hold_cents {part}", cents, "bad-price")
    for part, sizes in problem.sizes.items():
        for dimension, size in sizes.items():
            found += _number(f"{part} {dimension}", size, "bad-size")
    return found


def _number(where: str, value: float, code: str) -> Iterator[Issue]:
    if not isfinite(value) or value < 0:
        yield error(code, where, value, "Maybe a number, 0 or more.")
