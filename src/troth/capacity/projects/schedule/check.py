"""Everything wrong with a schedule problem, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from troth.capacity.projects.schedule.problem import ProjectActivity, ScheduleProblem, SkilledWorker
from troth.core.decision import Issue, Severity

#: No time may be further away: solvers count in 64 bits, and what is beyond is a mistake of units.
_FAR: Final = 10_000_000
#: Up to so many skills of one activity are looked at together.
_TOGETHER: Final = 8


def check(problem: ScheduleProblem) -> list[Issue]:
    """Return every issue of a problem; errors must be mended, warnings are doubtful.

    Examples
    --------
    >>> from troth.capacity.projects.schedule import ProjectActivity, ScheduleProblem
    >>> [issue.code for issue in check(ScheduleProblem((ProjectActivity("a", -1, {"survey": 1}),), ()))]
    ['bad-duration', 'skill-nobody-holds']
    """
    return [
        *_names(problem),
        *(issue for one in problem.activities for issue in _activity(one)),
        *(issue for one in problem.workers for issue in _worker(problem, one)),
        *_precedences(problem),
        *_people(problem),
    ]


def _error(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)


def _warning(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    return Issue(code, Severity.WARNING, where, str(value), advice)


def _whole(value: object, low: int = 0) -> bool:
    """Tell whether a value is a whole number from `low` on, and not beyond all bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= _FAR


def _names(problem: ScheduleProblem) -> Iterator[Issue]:
    if not problem.activities:
        yield _warning("no-activities", "activities", "", "Maybe the activities were not read.")
    for code, where, ids in (
        ("activity-twice", "activities", [one.activity_id for one in problem.activities]),
        ("worker-twice", "workers", [one.worker_id for one in problem.workers]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                yield _error(code, f"{where}[{name}]", name, f"Maybe one of the {count} is to be left out or renamed.")
            if not name:
                yield _error("no-id", where, name, "Maybe an empty cell was read: give it a name.")


def _activity(one: ProjectActivity) -> Iterator[Issue]:
    where = f"activities[{one.activity_id}]"
    if not _whole(one.duration):
        yield _error("bad-duration", where, one.duration, f"Maybe a whole number of periods, at most {_FAR:,}.")
    for skill, count in one.needs.items():
        if not _whole(count):
            yield _error("bad-need", f"{where}.needs[{skill}]", count, "Maybe how many people: a whole number.")
        if not skill:
            yield _error("no-id", f"{where}.needs", skill, "Maybe an empty cell was read: give the skill a name.")
    if one.duration == 0 and any(one.needs.values()):
        yield _error(
            "milestone-with-needs", where, dict(one.needs), "Maybe it lasts a period: at an instant nobody works."
        )
    yield from _times(one, where)


def _times(one: ProjectActivity, where: str) -> Iterator[Issue]:
    """Times that are no whole numbers, or contradict each other."""
    good = True
    for name, value in (("release", one.release), ("deadline", one.deadline), ("start", one.start)):
        if value is not None and not _whole(value):
            good = False
            yield _error("bad-time", f"{where}.{name}", value, "Maybe a whole number of periods from 0 on.")
    if not good or not _whole(one.duration):
        return
    if one.deadline is not None and one.release + one.duration > one.deadline:
        yield _error(
            "deadline-too-early",
            where,
            (one.release, one.duration, one.deadline),
            "Maybe release or deadline is of another year: no time lies between.",
        )
    if one.start is not None:
        late = one.deadline is not None and one.start + one.duration > one.deadline
        if one.start < one.release or late:
            yield _error(
                "start-outside", where, one.start, "Maybe the settled start came before release and deadline changed."
            )


def _worker(problem: ScheduleProblem, one: SkilledWorker) -> Iterator[Issue]:
    where = f"workers[{one.worker_id}]"
    for start, end in one.away:
        if not (_whole(start, -_FAR) and _whole(end, -_FAR) and start < end):
            yield _error(
                "bad-span", f"{where}.away", (start, end), "Maybe the two are swapped: whole numbers, first the start."
            )
    if not one.skills & {skill for a in problem.activities for skill in a.needs}:
        value = ", ".join(sorted(one.skills))
        yield _warning(
            "no-skill-in-need", where, value, "Maybe the person's skills are named otherwise in the activities."
        )


def _precedences(problem: ScheduleProblem) -> Iterator[Issue]:
    known = {one.activity_id for one in problem.activities}
    pairs = Counter((p.before, p.after) for p in problem.precedences)
    for (before, after), count in pairs.items():
        where = f"precedences[{before} > {after}]"
        if count > 1:
            yield _warning("precedence-twice", where, count, "Maybe one is to be left out; the longest lag is taken.")
        for name in (before, after):
            if name not in known:
                yield _error("unknown-activity", where, name, "Maybe the activity was renamed or deleted.")
    for p in problem.precedences:
        if not _whole(p.lag):
            yield _error(
                "bad-lag", f"precedences[{p.before} > {p.after}]", p.lag, "Maybe a whole number of periods from 0 on."
            )
    for some in _cycles(known, pairs):
        chain = " > ".join([*some, some[0]])
        yield _error(
            "cycle", "precedences", chain, "Maybe one of these is the wrong way round: each waits for the other."
        )


def _cycles(known: set[str], pairs: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield a ring of activities for each part of the precedences that goes round; each activity is in one at most."""
    before: dict[str, list[str]] = {name: [] for name in sorted(known)}
    for a, b in sorted(pairs):
        if a in known and b in known:
            before[b].append(a)
    waits = {name: len(some) for name, some in before.items()}
    ready = [name for name, count in waits.items() if not count]
    for name in ready:
        for other, some in before.items():
            if name in some:
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
    left = set(before) - set(ready)
    while left:
        path = [min(left)]
        while (step := next((a for a in before[path[-1]] if a in left), None)) is not None and step not in path:
            path.append(step)
        if step is not None:
            yield path[path.index(step) :][::-1]
        left -= set(path)


def _people(problem: ScheduleProblem) -> Iterator[Issue]:
    """Skills that nobody has, that too few have, or too few together for one activity (Hall 1935)."""
    holders: dict[str, set[str]] = {}
    for one in problem.workers:
        for skill in one.skills:
            holders.setdefault(skill, set()).add(one.worker_id)
    nobody: Counter[str] = Counter()
    for a in problem.activities:
        needs = {skill: n for skill, n in a.needs.items() if _whole(n, 1)}
        nobody.update(skill for skill in needs if skill not in holders)
        yield from _too_few(a, {skill: n for skill, n in needs.items() if skill in holders}, holders)
    for skill, count in sorted(nobody.items()):
        where = f"skills[{skill}]"
        yield Issue(
            "skill-nobody-holds", Severity.ERROR, where, skill, "Maybe hire, train, or the skill was renamed.", count
        )


def _too_few(a: ProjectActivity, needs: dict[str, int], holders: dict[str, set[str]]) -> Iterator[Issue]:
    """Yield the smallest sets of skills for which an activity needs more people than there are."""
    told: list[set[str]] = []
    sizes = range(1, len(needs) + 1) if len(needs) <= _TOGETHER else (1, len(needs))
    for some in (set(names) for size in sizes for names in combinations(sorted(needs), size)):
        wanted, there = sum(needs[k] for k in some), len(set().union(*(holders[k] for k in some)))
        if wanted > there and not any(less <= some for less in told):
            told.append(some)
            what = ", ".join(sorted(some))
            code = "too-few-people" if len(some) == 1 else "too-few-together"
            advice = "Maybe the activity is to be split, or somebody trained: people do one skill at a time."
            yield _error(code, f"activities[{a.activity_id}].needs", f"{what}: {wanted} needed, {there} there", advice)
