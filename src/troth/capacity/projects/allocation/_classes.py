"""What the hours of a skill in a week are told apart by: how well it is held, and where the person is.

People of one class can take each other's place for every need, so that what is decided first is how many hours of a class go
to a need, and not whose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from troth.capacity.projects.allocation.problem import AllocationProblem, Bools, Counts, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Classes of a problem.

    Parameters
    ----------
    count : how many there are of each skill.
    of : the class of a person in a skill, shape (P, S); -1 if they can do nothing that is needed of it.
    serves : whether somebody of a class can do a need, shape (N, C).
    toll : what an hour of a class for a need costs, by place, preference and the least that joining costs, shape (N, C).
    """

    count: int
    of: Counts
    serves: Bools
    toll: Floats


def classes(problem: AllocationProblem) -> Classes:
    """Return the classes: a level matters only as far as needs tell it from lower ones, a place only if it costs."""
    n = problem.needs
    steps = [np.unique(n.level[n.skill == s]) for s in range(len(problem.skills))]
    rank = np.array([np.searchsorted(steps[s], level) for s, level in zip(n.skill, n.level, strict=True)], np.int64)
    of = np.full(problem.levels.shape, -1)
    for s, one in enumerate(steps):
        of[:, s] = np.searchsorted(one, problem.levels[:, s], "right") - 1
    of = np.where(problem.levels > 0, of, -1)
    grades = max((len(one) for one in steps), default=1) or 1
    place, wants = _places(problem)
    places = int(place.max(initial=0)) + 1
    of = np.where(of >= 0, of * places + place[:, None], -1)
    grade, where = np.divmod(np.arange(grades * places), places)
    serves = grade[None, :] >= rank[:, None]
    goal = wants[n.project]
    # Number 0 is anywhere: neither a person nor a project of no place is ever away.
    away = (goal[:, None] != where[None, :]) & (goal[:, None] > 0) & (where[None, :] > 0)
    toll = problem.prices.away * away + _unknown(problem)[:, None]
    return Classes(grades * places, of.astype(np.int64), serves, toll)


def _places(problem: AllocationProblem) -> tuple[Counts, Counts]:
    """Return the place of each person and project as a number; 0 is anywhere."""
    if not problem.prices.away or not problem.person_place or not problem.project_place:
        return np.zeros(len(problem.people), np.int64), np.zeros(len(problem.projects), np.int64)
    names = {name: k for k, name in enumerate(sorted({*problem.person_place, *problem.project_place, ""}))}
    numbers = [np.array([names[name] for name in some]) for some in (problem.person_place, problem.project_place)]
    return numbers[0], numbers[1]


def _unknown(problem: AllocationProblem) -> Floats:
    """Return what an hour of a need costs at least by somebody who neither is preferred nor knows its project, shape (N,).

    Joining costs its price once. Nobody who can do the need can do more on its project in a week than the project needs of
    their skills, or than they have free, so that an hour bears at least this share of the price.
    """
    n = problem.needs
    named = np.zeros(len(problem.projects), bool)
    named[problem.members[:, 1]] = True
    out = np.where(named[n.project], problem.prices.stranger, 0.0)
    if not problem.prices.join:
        return out
    holds = problem.levels > 0
    for j in np.unique(n.project).tolist():
        mine = np.flatnonzero(n.project == j)
        skills, which = np.unique(n.skill[mine], return_inverse=True)
        wanted = np.zeros((len(skills), len(problem.weeks)))
        np.add.at(wanted, (which, n.week[mine]), n.hours[mine])
        some = np.flatnonzero(holds[:, skills].any(axis=1))
        most = np.minimum(holds[np.ix_(some, skills)].astype(float) @ wanted, problem.free[some]).sum(axis=1)
        by_skill = np.array([most[holds[some, s]].max(initial=0.0) for s in skills])
        out[mine] += np.where(by_skill > 0, problem.prices.join / np.maximum(by_skill, 1e-9), 0.0)[which]
    return out


def able(problem: AllocationProblem, *, person: Counts, need: Counts) -> Bools:
    """Return who can do which need, for pairs of them."""
    n = problem.needs
    level = problem.levels[person, n.skill[need]]
    out = (level > 0) & (level >= n.level[need])
    if problem.held is not None:
        out &= problem.held[person, n.skill[need], n.week[need]]
    return np.asarray(out, bool)


def acquainted(problem: AllocationProblem, *, who: Bools) -> tuple[Counts, Counts]:
    """Return pairs of person and need of those who know a project, as far as they can do it.

    Parameters
    ----------
    who : shape (P, J).
    """
    order = np.argsort(problem.needs.project, kind="stable")
    bounds = np.searchsorted(problem.needs.project[order], np.arange(len(problem.projects) + 1))
    people, needs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for j in np.flatnonzero(who.any(axis=0)).tolist():
        some, mine = np.flatnonzero(who[:, j]), order[bounds[j] : bounds[j + 1]]
        people.append(np.repeat(some, len(mine)))
        needs.append(np.tile(mine, len(some)))
    person, need = np.concatenate(people), np.concatenate(needs)
    good = able(problem, person=person, need=need)
    return person[good], need[good]


def direct(problem: AllocationProblem, *, who: Bools) -> tuple[Counts, Counts, Floats]:
    """Return pairs of person and need of those who know a project, and what an hour of them costs there."""
    person, need = acquainted(problem, who=who)
    project = problem.needs.project[need]
    toll = problem.prices.away * problem.elsewhere()[person, project]
    return person, need, toll + problem.prices.stranger * ~problem.preferred()[person, project]
