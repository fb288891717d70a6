"""Requests of people about a roster that stands, judged at once: a swap of shifts, days of leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from troth.capacity.roster.problem import Duty, RosterProblem
from troth.capacity.roster.rules import RULES, Violation, violations
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class RosterVerdict:
    """Whether a request can be granted, and what speaks against it.

    Parameters
    ----------
    allowed : no hard rule is broken that was not broken before.
    broken : hard rules that would be broken by the request, by how much more.
    lost : cover that would be missing by the request, in people and what they cost.
    cost : by how much the roster would cost more; negative if it would cost less.
    duties : the roster if the request is granted.
    """

    allowed: bool
    broken: tuple[Violation, ...]
    lost: tuple[Violation, ...]
    cost: float
    duties: tuple[Duty, ...]


def judge_swap(
    problem: RosterProblem, duties: Sequence[Duty], *, first: tuple[str, int], second: tuple[str, int]
) -> RosterVerdict:
    """Judge whether two people may take each other's shifts.

    Parameters
    ----------
    first, second : (person, day): the shift on that day goes to the other; a free day is nothing to give.

    Raises
    ------
    InputError : unknown people or days, nothing to swap, shifts that the problem does not have.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import Employee, RosterProblem, ShiftKind, Terms
    >>> staff = (Employee("ada", Terms()), Employee("ben", Terms(), away=frozenset({0})))
    >>> problem = RosterProblem(date(2026, 6, 1), 2, (ShiftKind("day", (480,)),), staff)
    >>> told = judge_swap(problem, [Duty("ada", 0, "day", 0, 480)], first=("ada", 0), second=("ben", 0))
    >>> told.allowed, [one.rule for one in told.broken]
    (False, ['roster.away'])
    """
    issues = [*unknown(problem, named=first, where="first"), *unknown(problem, named=second, where="second")]
    issues += unfit(problem, duties=duties)
    given = {d for d in duties if (d.agent_id, d.day) in (first, second)}
    if not issues and (first[0] == second[0] or not given):
        advice = "Maybe name two people, at least one of whom has a shift on the day."
        issues.append(Issue("nothing-to-swap", Severity.ERROR, "second", f"{second[0]}, day {second[1]}", advice))
    if issues:
        raise InputError(issues)
    other = {first[0]: second[0], second[0]: first[0]}
    after = tuple(replace(d, agent_id=other[d.agent_id]) if d in given else d for d in duties)
    return compared(problem, before=duties, after=after)


def judge_leave(problem: RosterProblem, duties: Sequence[Duty], *, who: str, days: Collection[int]) -> RosterVerdict:
    """Judge whether somebody may be away on days, nobody taking the shifts.

    Raises
    ------
    InputError : an unknown person or day, shifts that the problem does not have.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import Employee, KindNeed, RosterProblem, ShiftKind, Terms
    >>> needs = (KindNeed(0, "day", 1, 10.0, 1.0),)
    >>> staff = (Employee("ada", Terms()),)
    >>> problem = RosterProblem(date(2026, 6, 1), 2, (ShiftKind("day", (480,)),), staff, kind_needs=needs)
    >>> told = judge_leave(problem, [Duty("ada", 0, "day", 0, 480)], who="ada", days={0})
    >>> told.allowed, told.cost, [one.amount for one in told.lost]
    (True, 10.0, [1.0])
    """
    issues = [issue for day in sorted(set(days)) for issue in unknown(problem, named=(who, day), where="who")]
    issues += unfit(problem, duties=duties)
    if issues:
        raise InputError(list(dict.fromkeys(issues)))
    after = tuple(d for d in duties if d.agent_id != who or d.day not in days)
    staff = tuple(
        replace(one, away=one.away | frozenset(days)) if one.agent_id == who else one for one in problem.staff
    )
    return compared(replace(problem, staff=staff), before=duties, after=after)


def compared(problem: RosterProblem, *, before: Sequence[Duty], after: tuple[Duty, ...]) -> RosterVerdict:
    """Return what a changed roster breaks and lacks that the roster before did not."""
    was, now = violations(problem, before), violations(problem, after)
    new = added(was, now=now)
    broken = tuple(v for v in new if RULES[v.rule].hard)
    lost = tuple(v for v in new if v.rule in {"roster.under", "roster.floor"})
    cost = sum(v.cost for v in now) - sum(v.cost for v in was)
    return RosterVerdict(not broken, broken, lost, cost, after)


def added(was: Sequence[Violation], *, now: Sequence[Violation]) -> list[Violation]:
    """Return what is broken now and was not before, or was by less, with the difference as amount and cost."""
    amounts, costs = (defaultdict[tuple[str, str, int, str], float](float) for _ in range(2))
    for one in was:
        key = (one.rule, one.agent_id, one.day, one.what)
        amounts[key] += one.amount
        costs[key] += one.cost
    out = []
    for one in now:
        key = (one.rule, one.agent_id, one.day, one.what)
        if one.amount > amounts[key] + 1e-9:
            out.append(replace(one, amount=one.amount - amounts[key], cost=one.cost - costs[key]))
    return out


def unfit(problem: RosterProblem, *, duties: Sequence[Duty]) -> list[Issue]:
    """Return an issue for each shift that cannot be, which would keep the judge from looking at the rest."""
    issues = []
    for one in violations(problem, duties):
        if one.rule in {"roster.known", "roster.one-shift"}:
            advice = "Maybe the roster is of another problem, or of another month."
            where = f"duties[{one.agent_id}, day {one.day}]"
            issues.append(Issue(one.rule, Severity.ERROR, where, one.what, advice))
    return issues


def unknown(problem: RosterProblem, *, named: tuple[str, int], where: str) -> list[Issue]:
    """Return issues if a person or a day is not of the problem."""
    who, day = named
    issues = []
    if who not in {one.agent_id for one in problem.staff}:
        issues.append(Issue("unknown-person", Severity.ERROR, where, who, _near(problem, who)))
    if not 0 <= day < problem.days:
        advice = f"Maybe a day from {problem.date_of(0)} to {problem.date_of(problem.days - 1)}."
        issues.append(Issue("outside", Severity.ERROR, where, problem.date_of(day).isoformat(), advice))
    return issues


def _near(problem: RosterProblem, who: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(who, [one.agent_id for one in problem.staff], n=1)
    return f"Maybe {near[0]} is meant." if near else "Maybe the name is written otherwise in the problem."
