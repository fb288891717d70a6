"""Why there is no roster: a smallest set of rules, with people and dates, that cannot all hold."""

from __future__ import annotations

from collections.abc import Sequence

from troth.capacity.roster._ortools import Exact, Name
from troth.capacity.roster.problem import Duty, RosterProblem
from troth.capacity.roster.rules import RULES, hard, violations
from troth.core.decision import Issue, Severity

#: At most so many days are looked at by themselves, and so many terms of floors put into one model.
_DAYS, _MOST_TERMS = 7, 3_000_000
#: So many people who can do an activity are named.
_NAMED = 12


def conflicts(problem: RosterProblem, *, seconds: float = 30.0, roster: Sequence[Duty] = ()) -> tuple[Issue, ...]:
    """Return hard rules that cannot all hold, none of which can be left out; none if there are not any, or no time.

    People are looked at one by one first, as a contradiction in one person's terms is said most simply; then days by
    themselves with their floors; then all together, if that is not too large to be proven.

    Parameters
    ----------
    seconds : for each person, each day and the whole; what takes longer is not found.
    roster : the best known: people whose line there keeps their rules need not be looked at, nor days with enough people.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import Employee, RosterProblem, ShiftKind, Terms
    >>> ada = Employee("ada", Terms(minutes=(960, None)), away=frozenset({0}))
    >>> [issue.where for issue in conflicts(RosterProblem(date(2026, 6, 1), 2, (ShiftKind("day", (480,)),), (ada,)))]
    ['ada: roster.away on 2026-06-01', 'ada: roster.least-minutes']
    """
    broken = hard(violations(problem, roster))
    doubtful = {v.agent_id for v in broken}
    for p, one in enumerate(problem.staff):
        found = Exact(problem, named=True, people=(p,)).conflict(seconds=seconds) if one.agent_id in doubtful else None
        if found:
            return tuple(_issue(problem, name) for name in found)
    for day in sorted({v.day for v in broken if v.rule == "roster.floor"})[:_DAYS]:
        found = Exact(problem, named=True, only_day=day).conflict(seconds=seconds)
        if found:
            return tuple(_issue(problem, name) for name in found)
    if any(any(need.floor) for need in problem.slot_needs) and _terms(problem) <= _MOST_TERMS:
        found = Exact(problem, named=True).conflict(seconds=seconds)
        return tuple(_issue(problem, name) for name in found or ())
    return ()


def _terms(problem: RosterProblem) -> int:
    """Return about how many terms the floors of all days together have in a model."""
    slots = sum(length // problem.slot_minutes * max(1, len(k.starts)) for k in problem.kinds for length in k.lengths)
    return len(problem.staff) * problem.days * slots


def _issue(problem: RosterProblem, name: Name) -> Issue:
    rule, agent, day = name
    rule, _, activity = rule.partition(":")
    who = agent or activity
    on = f" on {problem.date_of(day).isoformat()}" if day >= 0 else ""
    advice = "Maybe relax this one: without any one of these rules the others can hold."
    says = RULES[rule].sentence
    if activity and rule == "roster.skill":
        says += f" {_able(problem, activity)}"
    return Issue("conflict", Severity.ERROR, f"{who}: {rule}{on}", says, advice)


def _able(problem: RosterProblem, activity: str) -> str:
    """Return who can do an activity, in words."""
    names = [one.agent_id for one in problem.staff if one.skills is None or activity in one.skills]
    if not names:
        return f"Nobody can do {activity}."
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Only {', '.join(names[:_NAMED])}{more} can do {activity}."
