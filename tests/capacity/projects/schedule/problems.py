"""Small schedule problems: made by hand, made at random, and solved by trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from hypothesis import strategies as st

from troth.capacity.projects.schedule import (
    Precedence,
    ProjectActivity,
    ScheduleProblem,
    SkillAssignment,
    SkilledWorker,
)

SKILLS = ("cable", "paint")


def act(name: str, duration: int = 2, /, **more: object) -> ProjectActivity:
    """Return an activity; `cable` and `paint` among the rest are its needs."""
    needs = {skill: more.pop(skill) for skill in SKILLS if skill in more}
    return ProjectActivity(name, duration, needs, **more)  # type: ignore[arg-type]


def who(name: str, skills: str = "cable paint", *away: tuple[int, int]) -> SkilledWorker:
    """Return a person."""
    return SkilledWorker(name, frozenset(skills.split()), away)


def house() -> ScheduleProblem:
    """Return a problem whose best schedule ends after 7: cabling takes both people who can, and painting waits for it."""
    acts = (act("plan", 1), act("wire", 3, cable=2), act("first coat", 3, paint=1), act("doors", 4, paint=1))
    return ScheduleProblem(
        acts, (who("ada"), who("ben", "cable"), who("eve", "paint")), (Precedence("plan", "wire"), Precedence("wire", "first coat"))
    )  # fmt: skip


@st.composite
def small(draw: st.DrawFn, *, limits: bool = True, tight: bool = False) -> ScheduleProblem:
    """Draw up to four activities and three people, with deadlines, settled starts and absences now and then.

    `tight`: every activity has a deadline, most problems have no schedule.
    """
    people = [
        SkilledWorker(
            f"w{k}", frozenset(draw(st.sets(st.sampled_from(SKILLS), min_size=1))),
            tuple((a, a + n) for a, n in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 2)), max_size=1))) if limits else (),
        )
        for k in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    acts = []
    for k in range(draw(st.integers(1, 4))):
        duration = draw(st.integers(0, 3))
        needs = {skill: n for skill in SKILLS if duration and (n := draw(st.integers(0, 2)))}
        release = draw(st.sampled_from([0, 0, 0, 2])) if limits else 0
        slack = draw(st.sampled_from([0, 1] if tight else [None, None, 0, 2])) if limits else None
        deadline = None if slack is None else release + duration + slack
        start = release if limits and draw(st.integers(0, 7)) == 7 else None
        acts.append(ProjectActivity(f"a{k}", duration, needs, release, deadline, start))
    pairs = [(a, b) for b in range(len(acts)) for a in range(b)]
    links = draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True)) if pairs else []
    return ScheduleProblem(
        tuple(acts), tuple(people), tuple(Precedence(f"a{a}", f"a{b}", draw(st.integers(0, 1))) for a, b in links)
    )


Made = tuple[dict[str, int], tuple[SkillAssignment, ...]]


def least_makespan(problem: ScheduleProblem, *, horizon: int) -> tuple[int, Made] | None:
    """Return the least makespan up to a horizon with a schedule that has it, by trying every start and every team."""
    for last in range(horizon + 1):
        made = _placed(problem, last, 0, {}, ())
        if made is not None:
            return last, made
    return None


def _placed(
    problem: ScheduleProblem, last: int, k: int, starts: dict[str, int], work: tuple[SkillAssignment, ...]
) -> Made | None:
    if k == len(problem.activities):
        return starts, work
    one = problem.activities[k]
    times = range(last - one.duration + 1) if one.start is None else [one.start]
    for at in times:
        if at < one.release or at + one.duration > (last if one.deadline is None else min(last, one.deadline)):
            continue
        now = {**starts, one.activity_id: at}
        if not _in_order(problem, now):
            continue
        free = [w for w in problem.workers if _free(problem, w, at, at + one.duration, starts, work)]
        for team in _teams(one, free):
            made = _placed(problem, last, k + 1, now, work + team)
            if made is not None:
                return made
    return None


def _in_order(problem: ScheduleProblem, starts: dict[str, int]) -> bool:
    length = {one.activity_id: one.duration for one in problem.activities}
    return all(
        starts[p.before] + length[p.before] + p.lag <= starts[p.after]
        for p in problem.precedences if p.before in starts and p.after in starts
    )  # fmt: skip


def _free(
    problem: ScheduleProblem, w: SkilledWorker, start: int, end: int, starts: dict[str, int], work: tuple[SkillAssignment, ...]
) -> bool:  # fmt: skip
    length = {one.activity_id: one.duration for one in problem.activities}
    mine = [starts[one.activity_id] for one in work if one.worker_id == w.worker_id]
    ends = [starts[one.activity_id] + length[one.activity_id] for one in work if one.worker_id == w.worker_id]
    return all(b <= start or end <= a for a, b in [*zip(mine, ends, strict=True), *w.away])


def _teams(one: ProjectActivity, free: list[SkilledWorker]) -> Iterator[tuple[SkillAssignment, ...]]:
    places = [skill for skill, n in one.needs.items() for _ in range(n)]
    seen = set[frozenset[tuple[str, str]]]()
    for some in permutations(free, len(places)):
        if all(skill in w.skills for w, skill in zip(some, places, strict=True)):
            team = tuple(
                SkillAssignment(one.activity_id, w.worker_id, skill) for w, skill in zip(some, places, strict=True)
            )
            key = frozenset((t.worker_id, t.skill) for t in team)
            if key not in seen:
                seen.add(key)
                yield team
