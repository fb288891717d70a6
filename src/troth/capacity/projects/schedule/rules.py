"""The rules of a schedule, and the judge: what of a plan breaks which rule, found without the solver."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Protocol

from troth.capacity.projects.schedule.problem import ProjectActivity, ScheduleProblem, SkillAssignment
from troth.core.decision import Rule


class Scheduled(Protocol):
    """What is judged: starts by activity, and who does what."""

    @property
    def starts(self) -> Mapping[str, int]: ...  # noqa: D102 - said by the class

    @property
    def work(self) -> Sequence[SkillAssignment]: ...  # noqa: D102 - said by the class


@dataclass(frozen=True, slots=True)
class ScheduleViolation:
    """What breaks a rule, or what a soft rule costs.

    Parameters
    ----------
    rule : its id.
    activity_id, worker_id : where; empty if it is of the whole plan.
    amount : by how much: periods, or people.
    cost : what it adds to the objective; 0 for hard rules.
    what : the skill, the other activity, the span.
    """

    rule: str
    activity_id: str = ""
    worker_id: str = ""
    amount: float = 1
    cost: float = 0.0
    what: str = ""


_MSPSP: Final = "Montoya et al. 2014, section 2"
#: Every rule by its id.
SCHEDULE_RULES: Final[Mapping[str, Rule]] = {
    one.id: one
    for one in (
        Rule("schedule.known", "A plan names only activities, people and skills of its problem."),
        Rule("schedule.planned", "Every activity has a start, a whole number of periods from 0 on."),
        Rule("schedule.precedence", "An activity starts when those before it have ended, and their lag is over.", source=_MSPSP),
        Rule("schedule.release", "An activity does not start before its release."),
        Rule("schedule.deadline", "An activity ends by its deadline."),
        Rule("schedule.fixed", "An activity whose start is settled starts then."),
        Rule("schedule.staffed", "As many people do each skill of an activity as it needs, from its start to its end.", source=_MSPSP),
        Rule("schedule.skill", "A person does only skills that they have.", source=_MSPSP),
        Rule("schedule.one-skill", "A person does one skill of an activity.", source=_MSPSP),
        Rule("schedule.one-activity", "A person is at one activity at a time.", source=_MSPSP),
        Rule("schedule.away", "A person is there for the whole of each of their activities."),
        Rule("schedule.makespan", "The last activity ends as early as can be.", hard=False, source=_MSPSP),
    )
}  # fmt: skip


def hard(found: Sequence[ScheduleViolation]) -> tuple[ScheduleViolation, ...]:
    """Return those of hard rules."""
    return tuple(one for one in found if SCHEDULE_RULES[one.rule].hard)


def violations(problem: ScheduleProblem, *, plan: Scheduled) -> list[ScheduleViolation]:
    """Return what of a plan breaks hard rules, and what the soft rule costs: the makespan.

    People stay from an activity's start to its end because a plan says no other times for them: whoever is at two activities
    that overlap, or away during a part of one, breaks a rule.

    Parameters
    ----------
    plan : anything with `starts` and `work`, such as a `SchedulePlan`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from troth.capacity.projects.schedule import ProjectActivity, ScheduleProblem, SkillAssignment, SkilledWorker
    >>> problem = ScheduleProblem((ProjectActivity("a", 2, {"survey": 1}),), (SkilledWorker("ada", frozenset({"survey"})),))
    >>> empty = SimpleNamespace(starts={"a": 0}, work=())
    >>> [(one.rule, one.amount) for one in violations(problem, plan=empty)]
    [('schedule.staffed', 1), ('schedule.makespan', 2)]
    """
    known = {one.activity_id: one for one in problem.activities}
    sound = {
        name: at for name, at in plan.starts.items() if name in known and type(at) is int and at >= 0
    }  # fmt: skip
    return [
        *_known(problem, plan, known),
        *(ScheduleViolation("schedule.planned", name) for name in known if name not in sound),
        *_precedences(problem, known, sound),
        *(found for name, at in sound.items() for found in _times(known[name], at)),
        *_staffed(problem, plan),
        *_people(problem, plan, known, sound),
        *_makespan(known, sound),
    ]


def _known(
    problem: ScheduleProblem, plan: Scheduled, known: Mapping[str, ProjectActivity]
) -> Iterator[ScheduleViolation]:
    skills = {one.worker_id: one.skills for one in problem.workers}
    for name in plan.starts:
        if name not in known:
            yield ScheduleViolation("schedule.known", name)
    for one in plan.work:
        if one.activity_id not in known or one.worker_id not in skills:
            yield ScheduleViolation("schedule.known", one.activity_id, one.worker_id, what=one.skill)
        elif one.skill not in skills[one.worker_id]:
            yield ScheduleViolation("schedule.skill", one.activity_id, one.worker_id, what=one.skill)
    for (name, who), count in Counter((one.activity_id, one.worker_id) for one in plan.work).items():
        if count > 1:
            yield ScheduleViolation("schedule.one-skill", name, who, count - 1)


def _precedences(
    problem: ScheduleProblem, known: Mapping[str, ProjectActivity], starts: Mapping[str, int]
) -> Iterator[ScheduleViolation]:
    for p in problem.precedences:
        if p.before in starts and p.after in starts:
            early = starts[p.before] + known[p.before].duration + p.lag - starts[p.after]
            if early > 0:
                yield ScheduleViolation("schedule.precedence", p.after, amount=early, what=p.before)


def _times(one: ProjectActivity, at: int) -> Iterator[ScheduleViolation]:
    if at < one.release:
        yield ScheduleViolation("schedule.release", one.activity_id, amount=one.release - at)
    if one.deadline is not None and at + one.duration > one.deadline:
        yield ScheduleViolation("schedule.deadline", one.activity_id, amount=at + one.duration - one.deadline)
    if one.start is not None and at != one.start:
        yield ScheduleViolation("schedule.fixed", one.activity_id, amount=abs(at - one.start))


def _staffed(problem: ScheduleProblem, plan: Scheduled) -> Iterator[ScheduleViolation]:
    there = Counter((one.activity_id, one.skill) for one in plan.work)
    for one in problem.activities:
        skills = {*one.needs, *(skill for name, skill in there if name == one.activity_id)}
        for skill in sorted(skills):
            off = abs(there[one.activity_id, skill] - one.needs.get(skill, 0))
            if off:
                yield ScheduleViolation("schedule.staffed", one.activity_id, amount=off, what=skill)


def _people(
    problem: ScheduleProblem, plan: Scheduled, known: Mapping[str, ProjectActivity], starts: Mapping[str, int]
) -> Iterator[ScheduleViolation]:
    spans: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for name, who in sorted({(one.activity_id, one.worker_id) for one in plan.work}):
        if name in starts:
            spans[who].append((starts[name], starts[name] + known[name].duration, name))
    for who, mine in spans.items():
        for (a, b, first), (c, d, then) in combinations(sorted(mine), 2):
            both = min(b, d) - max(a, c)
            if both > 0:
                yield ScheduleViolation("schedule.one-activity", then, who, both, what=first)
    for one in problem.workers:
        for a, b, name in spans[one.worker_id]:
            for c, d in one.away:
                both = min(b, d) - max(a, c)
                if both > 0:
                    yield ScheduleViolation("schedule.away", name, one.worker_id, both, what=f"{c}-{d}")


def _makespan(known: Mapping[str, ProjectActivity], starts: Mapping[str, int]) -> Iterator[ScheduleViolation]:
    ends = {name: at + known[name].duration for name, at in starts.items()}
    if ends:
        last = max(ends, key=lambda name: ends[name])
        yield ScheduleViolation("schedule.makespan", last, amount=ends[last], cost=float(ends[last]))
