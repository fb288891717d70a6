"""Small allocation problems, and their exact answers by a program that knows nothing of networks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from troth.capacity.projects.allocation import AllocatedWork, AllocationNeeds, AllocationPrices, AllocationProblem


def needs_of(*rows: tuple[int, int, int, float, float], level: float = 0.0) -> AllocationNeeds:
    """Return needs from rows of project, skill, week, hours and value."""
    table = np.array(rows, float).reshape(-1, 5)
    numbers = table[:, :3].astype(np.int64)
    project, skill, week = numbers.T
    return AllocationNeeds(project, skill, week, table[:, 3], table[:, 4], np.full(len(table), level))


def plain(
    free: Any, levels: Any, *rows: tuple[int, int, int, float, float], projects: int = 3, **more: Any
) -> AllocationProblem:
    """Return a problem of people p0, p1, ... and needs by rows."""
    free, levels = np.array(free, float), np.array(levels, float)
    return AllocationProblem(
        tuple(f"p{k}" for k in range(len(free))), tuple(f"s{k}" for k in range(levels.shape[1])),
        tuple(f"j{k}" for k in range(projects)), tuple(date(2026, 1, 5) + timedelta(7 * k) for k in range(free.shape[1])),
        free, levels, needs_of(*rows), **more,
    )  # fmt: skip


def alone_of(problem: AllocationProblem, *numbers: int) -> AllocationProblem:
    """Return a problem of which rows of needs with the same number are one person's."""
    return replace(problem, needs=replace(problem.needs, alone=np.array(numbers, np.int64)))


def drawn_alone(seed: int, *, soft: bool = False, join: float = 0.0, periods: int = 1) -> AllocationProblem:
    """Return a small problem of a seed of which most needs of a project and skill cannot be shared."""
    problem = drawn(seed, soft=soft, join=join, periods=periods)
    n, r = problem.needs, np.random.default_rng((seed, 1))
    return alone_of(
        problem, *np.where(r.random(9)[3 * n.skill + n.project] < 0.6, 3 * n.skill + n.project, -1).tolist()
    )


def exact_alone(problem: AllocationProblem) -> float:
    """Return what the best plan is worth if needs are one person's each, by trying everybody for each of them.

    What somebody alone may do becomes a skill that only they hold.
    """
    n, fixed = problem.needs, problem.confirmed
    if n.alone is None:
        return exact(problem)
    numbers = sorted(set(n.alone[n.alone >= 0].tolist()))
    people = range(len(problem.people))
    may = [set(fixed.person[n.alone[fixed.need] == k].tolist()) or set(people) for k in numbers]
    skills, best = len(problem.skills), -np.inf
    levels = np.concatenate([problem.levels, problem.levels[:, n.skill]], axis=1)
    for chosen in product(*may):
        doer = np.array([dict(zip(numbers, chosen, strict=True)).get(int(k), -1) for k in n.alone])
        held = np.concatenate([problem.can(), problem.can()[:, n.skill]], axis=1)
        for p in people:
            held[p, skills + np.flatnonzero(doer != p)] = False
        skill = np.where(doer >= 0, skills + np.arange(len(n)), n.skill)
        names = tuple(str(k) for k in range(skills + len(n)))
        one = replace(problem, skills=names, levels=levels, held=held, needs=replace(n, skill=skill, alone=None))
        best = max(best, exact(one))
    return best


def drawn(
    seed: int, *, soft: bool = False, join: float = 0.0, whole: bool = True, periods: int = 1
) -> AllocationProblem:
    """Return a small problem of a seed: three people, three skills, three projects, three weeks."""
    r = np.random.default_rng(seed)
    people, skills, projects, weeks = int(r.integers(1, 5)), 3, 3, 3
    levels = r.choice([0.0, 0.0, 1.0, 2.0], (people, skills))
    free = r.integers(0, 9, (people, weeks)).astype(float)
    count = int(r.integers(1, 9))
    hours = r.integers(0, 9, count).astype(float)
    if not whole:
        free, hours = free + r.random(free.shape), hours + r.random(count)
    needs = AllocationNeeds(
        r.integers(0, projects, count), r.integers(0, skills, count), r.integers(0, weeks, count), hours,
        r.integers(0, 21, count) / 4.0, r.choice([0.0, 1.0, 2.0], count),
    )  # fmt: skip
    period = np.array([0, 0, periods - 1])
    caps = np.where(r.random((people, periods)) < 0.7, r.integers(0, 16, (people, periods)), np.inf)
    out = AllocationProblem(
        tuple(f"p{k}" for k in range(people)), tuple("abc"), tuple("xyz"),
        tuple(date(2026, 1, 5) + timedelta(7 * k) for k in range(weeks)), free, levels, needs, caps=caps, period=period,
    )  # fmt: skip
    if soft:
        places = tuple(r.choice(["", "riga", "zagreb"], people)), tuple(r.choice(["", "riga", "zagreb"], projects))
        pairs = np.unique(np.stack([r.integers(0, people, 3), r.integers(0, projects, 3)], axis=1), axis=0)
        able = [(p, m) for p in range(people) for m in range(count) if 0 < needs.level[m] <= levels[p, needs.skill[m]]]
        fixed = [able[k] for k in sorted(set(r.integers(0, len(able), 2).tolist()))] if able else []
        confirmed = AllocatedWork(
            np.array([p for p, _ in fixed], np.int64), np.array([m for _, m in fixed], np.int64),
            r.integers(1, 4, len(fixed)).astype(float),
        )  # fmt: skip
        cost, away, stranger, _, idle, uneven = (r.integers(0, 5, 6) / 4.0).tolist()
        prices = AllocationPrices(cost, away, stranger, idle=idle, uneven=uneven)
        out = replace(
            out, person_place=places[0], project_place=places[1], members=pairs[:2], known=pairs[2:], confirmed=confirmed,
            cost=r.integers(0, 4, people) / 2.0, target=np.where(r.random(people) < 0.7, r.integers(0, 20, people).astype(float), np.nan),
            busy=r.integers(0, 3, free.shape).astype(float), held=r.random((people, skills, weeks)) < 0.9, prices=prices,
        )  # fmt: skip
    return replace(out, prices=replace(out.prices, join=join))


seeds = st.integers(0, 2**32 - 1)


def exact(problem: AllocationProblem, *, whole: bool = True) -> float:
    """Return what the best plan is worth, by a program with a variable for each person and need.

    Parameters
    ----------
    whole : hours are whole multiples of the grain and joining is decided, else everything may be a fraction.
    """
    n, taken, prices = problem.needs, problem.taken(), problem.prices
    can, away, liked, near = problem.can(), problem.elsewhere(), problem.preferred(), problem.familiar()
    pairs = [
        (p, m) for p in range(len(problem.people)) for m in range(len(n))
        if can[p, n.skill[m], n.week[m]] and problem.levels[p, n.skill[m]] >= n.level[m]
    ]  # fmt: skip
    people, count = len(problem.people), len(pairs)
    joins = sorted({(p, int(n.project[m])) for p, m in pairs if not near[p, n.project[m]]}) if prices.join else []
    columns = count + 2 * people + len(joins)  # hours of pairs, idle and uneven hours of people, joins
    cost = np.zeros(people) if problem.cost is None else problem.cost
    gain = np.zeros(columns)
    for k, (p, m) in enumerate(pairs):
        j = n.project[m]
        gain[k] = n.value[m] - prices.cost * cost[p] - prices.away * away[p, j] - prices.stranger * (not liked[p, j])
    gain[:count] *= problem.grain
    gain[count : count + people], gain[count + people : count + 2 * people] = -prices.idle, -prices.uneven
    gain[count + 2 * people :] = -prices.join
    rows, low, high = list[np.ndarray](), list[float](), list[float]()

    def limit(some: list[int], most: float) -> None:
        row = np.zeros(columns)
        row[some] = problem.grain
        rows.append(row)
        low.append(-np.inf)
        high.append(max(most, 0.0))

    limits, which = problem.limits(), problem.periods()
    fixed = np.bincount(problem.confirmed.need, problem.confirmed.hours, len(n))
    for p in range(people):
        for w in range(len(problem.weeks)):
            limit([k for k, (q, m) in enumerate(pairs) if q == p and n.week[m] == w], problem.free[p, w] - taken[p, w])
        for t in range(limits.shape[1]):
            limit(
                [k for k, (q, m) in enumerate(pairs) if q == p and which[n.week[m]] == t],
                limits[p, t] - taken[p, which == t].sum(),
            )
        for at, sign, edge in (
            (count + p, 1.0, 0.0 if problem.target is None or np.isnan(problem.target[p]) else problem.target[p]),
            (count + people + p, -1.0, problem.even_share * problem.free[p].sum()),
        ):  # idle hours make up what is missing to the target, uneven ones what is beyond the even share
            row = np.zeros(columns)
            row[[k for k, (q, _) in enumerate(pairs) if q == p]] = sign * problem.grain
            row[at] = 1.0
            rows.append(row)
            low.append(sign * (edge - taken[p].sum()))
            high.append(np.inf)
    for m in range(len(n)):
        limit([k for k, (_, k_m) in enumerate(pairs) if k_m == m], n.hours[m] - fixed[m])
    for at, (p, j) in enumerate(joins):
        mine = [k for k, (q, m) in enumerate(pairs) if q == p and n.project[m] == j]
        row = np.zeros(columns)
        row[mine], row[count + 2 * people + at] = problem.grain, -1000.0
        rows.append(row)
        low.append(-np.inf)
        high.append(0.0)
    upper = np.r_[np.full(count + 2 * people, np.inf), np.ones(len(joins))]
    kinds = np.r_[np.ones(count), np.zeros(2 * people), np.ones(len(joins))] if whole else np.zeros(columns)
    answer = milp(
        -gain,
        constraints=LinearConstraint(csr_array(np.array(rows)), low, high),
        bounds=Bounds(0, upper),
        integrality=kinds,
    )
    who, j = problem.confirmed.person, n.project[problem.confirmed.need]
    toll = prices.cost * cost[who] + prices.away * away[who, j] + prices.stranger * ~liked[who, j]
    return float(-answer.fun + np.minimum(fixed, n.hours) @ n.value - problem.confirmed.hours @ toll)
