"""Everything wrong with an allocation problem, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from troth.capacity.projects.allocation.problem import AllocationProblem
from troth.core.decision import Issue, Severity

_MORE = 1e-6


def check(problem: AllocationProblem) -> list[Issue]:
    """Return every issue of a problem; errors must be mended, warnings are doubtful.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import AllocationNeeds, AllocationProblem, check
    >>> one = np.zeros(1, int)
    >>> needs = AllocationNeeds(one, one, one, np.array([-5.0]), np.array([1.0]), np.zeros(1))
    >>> problem = AllocationProblem(("ada",), ("design",), ("bank",), (date(2026, 6, 1),), np.array([[40.0]]), np.array([[-1.0]]), needs)
    >>> [issue.code for issue in check(problem)]
    ['bad-hours', 'bad-level']
    """
    shapes = [*_names(problem), *_shapes(problem)]
    if shapes:  # figures cannot be looked at where rows are missing
        return shapes
    figures = [*_numbers(problem), *_alone(problem), *_figures(problem)]
    if figures:  # doubts need sound figures
        return figures
    return [*figures, *_doubts(problem)]


def _error(code: str, where: str, value: object = "", advice: str = "", count: int = 1) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice, count)


def _warning(code: str, where: str, value: object = "", advice: str = "", count: int = 1) -> Issue:
    return Issue(code, Severity.WARNING, where, str(value), advice, count)


def _names(problem: AllocationProblem) -> Iterator[Issue]:
    for where, names in (("people", problem.people), ("skills", problem.skills), ("projects", problem.projects)):
        for name, count in Counter(names).items():
            if count > 1:
                yield _error("name-twice", f"{where}[{name}]", name, "Maybe one is to be left out or renamed.", count)
    if list(problem.weeks) != sorted(set(problem.weeks)):
        yield _error("weeks-out-of-order", "weeks", "", "Maybe they were not sorted, or one is there twice.")


def _shapes(problem: AllocationProblem) -> Iterator[Issue]:
    people, weeks, skills = len(problem.people), len(problem.weeks), len(problem.skills)
    rows = (len(problem.needs.project),)
    wanted: list[tuple[str, Any, tuple[int, ...]]] = [
        ("free", problem.free, (people, weeks)),
        ("levels", problem.levels, (people, skills)),
        ("held", problem.held, (people, skills, weeks)),
        ("busy", problem.busy, (people, weeks)),
        ("period", problem.period, (weeks,)),
        ("cost", problem.cost, (people,)),
        ("target", problem.target, (people,)),
        *(
            (f"needs.{name}", getattr(problem.needs, name), rows)
            for name in ("skill", "week", "hours", "value", "level")
        ),
        ("needs.alone", problem.needs.alone, rows),
        *(
            (f"confirmed.{name}", getattr(problem.confirmed, name), (len(problem.confirmed),))
            for name in ("need", "hours")
        ),
    ]
    for where, table, shape in wanted:
        if table is not None and np.shape(table) != shape:
            yield _error("bad-shape", where, np.shape(table), f"Maybe rows are missing: {shape} is expected.")
    if problem.caps is not None and (np.ndim(problem.caps) != 2 or np.shape(problem.caps)[0] != people):
        yield _error(
            "bad-shape", "caps", np.shape(problem.caps), "Maybe a row for each person, a column for each period."
        )
    for where, pairs in (("members", problem.members), ("known", problem.known)):
        if np.ndim(pairs) != 2 or np.shape(pairs)[1] != 2:
            yield _error("bad-shape", where, np.shape(pairs), "Maybe pairs of person and project.")
    for where, count, names in (
        ("person_place", people, problem.person_place),
        ("project_place", len(problem.projects), problem.project_place),
        ("needs.phase", rows[0], problem.needs.phase),
    ):
        if names and len(names) != count:
            yield _error("bad-shape", where, len(names), f"Maybe rows are missing: {count} are expected.")


def _numbers(problem: AllocationProblem) -> Iterator[Issue]:
    """Numbers that lead nowhere."""
    people, projects, needs = len(problem.people), len(problem.projects), problem.needs
    columns = 1 if problem.caps is None else problem.caps.shape[1]
    for where, numbers, count in (
        ("needs.project", needs.project, projects),
        ("needs.skill", needs.skill, len(problem.skills)),
        ("needs.week", needs.week, len(problem.weeks)),
        ("confirmed.person", problem.confirmed.person, people),
        ("confirmed.need", problem.confirmed.need, len(needs)),
        ("members.person", problem.members[:, 0], people),
        ("members.project", problem.members[:, 1], projects),
        ("known.person", problem.known[:, 0], people),
        ("known.project", problem.known[:, 1], projects),
        ("period", problem.periods(), columns if problem.caps is not None else len(problem.weeks)),
    ):
        if not np.issubdtype(np.asarray(numbers).dtype, np.integer):
            yield _error("unknown-number", where, np.asarray(numbers).dtype, "Maybe positions in lists: whole numbers.")
            continue
        bad = np.flatnonzero((numbers < 0) | (numbers >= count))
        if len(bad):
            yield _error(
                "unknown-number", f"{where}[{bad[0]}]", numbers[bad[0]], f"Maybe from 0 to {count - 1}.", len(bad)
            )


def _alone(problem: AllocationProblem) -> Iterator[Issue]:
    """Needs that cannot be shared, and are none or several."""
    alone, project = problem.needs.alone, problem.needs.project
    if alone is None:
        return
    if not np.issubdtype(np.asarray(alone).dtype, np.integer) or (alone < -1).any():
        yield _error("unknown-number", "needs.alone", np.asarray(alone).min(), "Maybe -1 where it can be shared.")
        return
    mixed = [k for k in np.unique(alone[alone >= 0]).tolist() if len(set(project[alone == k].tolist())) > 1]
    if mixed:
        advice = "Maybe each project's needs have numbers of their own."
        yield _error("alone-in-two-projects", "needs.alone", mixed[0], advice, len(mixed))


def _figures(problem: AllocationProblem) -> Iterator[Issue]:
    """Hours, values and prices that cannot be."""
    hours = "Maybe hours, 0 or more."
    for code, where, table, low, advice in (
        ("bad-hours", "free", problem.free, 0.0, hours),
        ("bad-hours", "busy", problem.busy, 0.0, hours),
        ("bad-hours", "needs.hours", problem.needs.hours, 0.0, hours),
        ("bad-hours", "confirmed.hours", problem.confirmed.hours, 0.0, hours),
        ("bad-value", "needs.value", problem.needs.value, 0.0, "Maybe what an hour is worth, 0 or more."),
        ("bad-level", "needs.level", problem.needs.level, 0.0, "Maybe a level of 0 or more."),
        ("bad-level", "levels", problem.levels, 0.0, "Maybe 0 where a skill is not held."),
        ("bad-value", "cost", problem.cost, -np.inf, "Maybe the cost of an hour."),
    ):
        if table is not None:
            bad = np.argwhere(~(np.isfinite(table) & (table >= low)))
            if len(bad):
                at = tuple(int(k) for k in bad[0])
                yield _error(code, f"{where}{list(at)}", table[at], advice, len(bad))
    if problem.caps is not None and len(bad := np.argwhere(~(problem.caps >= 0))):
        yield _error(
            "bad-hours",
            f"caps{bad[0].tolist()}",
            problem.caps[tuple(bad[0])],
            "Maybe inf where there is no cap.",
            len(bad),
        )
    if problem.target is not None and len(bad := np.argwhere((problem.target < 0) | np.isinf(problem.target))):
        yield _error(
            "bad-hours",
            f"target{bad[0].tolist()}",
            problem.target[tuple(bad[0])],
            "Maybe nan where there is none.",
            len(bad),
        )
    if not (np.isfinite(problem.grain) and problem.grain > 0):
        yield _error("bad-grain", "grain", problem.grain, "Maybe 1 for whole hours, 4 for half days.")
    for name in ("cost", "away", "stranger", "join", "idle", "uneven"):
        price = getattr(problem.prices, name)
        if not (np.isfinite(price) and price >= 0):
            yield _error("bad-price", f"prices.{name}", price, "Maybe 0 to leave the rule out.")


def _doubts(problem: AllocationProblem) -> Iterator[Issue]:
    """What can be planned, but hardly is what was meant."""
    n = problem.needs
    top = problem.levels.max(axis=0, initial=0.0)
    for s, skill in enumerate(problem.skills):
        mine = n.skill == s
        if mine.any() and top[s] <= 0:
            yield _warning(
                "skill-nobody-holds",
                f"skills[{skill}]",
                skill,
                "Maybe hire, train, or the skill was renamed.",
                int(mine.sum()),
            )
        elif len(high := np.flatnonzero(mine & (n.level > top[s]))):
            yield _warning(
                "level-nobody-holds", f"skills[{skill}]", n.level[high[0]], "Maybe the level is lower.", len(high)
            )
    over = np.argwhere(problem.taken() > problem.free + _MORE)
    if len(over):
        p, w = over[0]
        yield _warning(
            "confirmed-beyond-free", f"people[{problem.people[p]}], week {problem.weeks[w].isoformat()}",
            f"{problem.taken()[p, w]:g} of {problem.free[p, w]:g}", "Maybe leave came after the booking.", len(over),
        )  # fmt: skip
    small = np.flatnonzero((n.hours > _MORE) & (n.hours < problem.grain - _MORE))
    if len(small):
        yield _warning("need-below-grain", f"needs[{small[0]}]", n.hours[small[0]], "Maybe a finer grain.", len(small))
