"""Twenty problems with a planted contradiction: it is found, named with people and dates, and none of its rules can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from tests.capacity.roster.problems import EARLY, LATE, MONDAY, NIGHT
from troth.capacity.roster import (
    OFF,
    Activity,
    Before,
    Duty,
    Employee,
    RosterParams,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Stop,
    Terms,
    solve,
)
from troth.capacity.roster._ortools import Exact
from troth.capacity.roster.conflicts import conflicts
from troth.core.decision import Status

DAY = ShiftKind("day", (480,), (480,))


def people(*staff: Employee, days: int = 7, kinds: tuple[ShiftKind, ...] = (EARLY, LATE)) -> RosterProblem:
    """Return a problem of people, with somebody beside them whose terms ask for nothing."""
    return RosterProblem(MONDAY, days, kinds, (*staff, Employee("zoe", Terms())))


def counter(*staff: Employee, floor: dict[tuple[int, int], int], skills: str = "till", days: int = 2) -> RosterProblem:
    """Return a problem with floors by (day, hour) at a till, in day shifts from 8 to 16."""
    slots = [floor.get(divmod(s // 4, 24), 0) for s in range(days * 96)]
    need = SlotNeed("till", tuple(slots), tuple(slots), tuple(9 for _ in slots), tuple(1.0 for _ in slots))
    acts = tuple(Activity(name, 60) for name in skills.split())
    return RosterProblem(MONDAY, days, (DAY,), staff, acts, slot_needs=(need,))


def ada(terms: Terms | None = None, **settled: object) -> Employee:
    """Return the person whose terms contradict each other."""
    return Employee("ada", terms or Terms(), **settled)  # type: ignore[arg-type]


MONTAG, DIENSTAG = "2026-06-01", "2026-06-02"
#: Each with the issues' places that are to be named: all of them, no others.
PLANTED: Final[dict[str, tuple[RosterProblem, set[str]]]] = {
    "hours owed on leave": (
        people(ada(Terms(minutes=(960, None)), away=frozenset({0})), days=2),
        {f"ada: roster.away on {MONTAG}", "ada: roster.least-minutes"},
    ),
    "hours owed, too few days": (
        people(ada(Terms(minutes=(2400, None), most_days=4))),
        {"ada: roster.least-minutes", "ada: roster.most-days"},
    ),
    "hours owed, too few shifts of the only kind": (
        people(ada(Terms(minutes=(1440, None), most_of_kind=(("early", 2),))), kinds=(EARLY,)),
        {"ada: roster.least-minutes", "ada: roster.most-of-kind"},
    ),
    "hours owed, weeks too short": (
        people(ada(Terms(minutes=(2400, None), week_minutes=(None, 1920)))),
        {"ada: roster.least-minutes", f"ada: roster.most-week on {MONTAG}"},
    ),
    "hours owed in a week, too few in all": (
        people(ada(Terms(minutes=(None, 960), week_minutes=(1440, None)))),
        {f"ada: roster.least-week on {MONTAG}", "ada: roster.most-minutes"},
    ),
    "a week owed, most of it on leave": (
        people(ada(Terms(week_minutes=(2400, None)), away=frozenset({0, 1, 2}))),
        {f"ada: roster.away on 2026-06-0{d}" for d in (1, 2, 3)} | {f"ada: roster.least-week on {MONTAG}"},
    ),
    "a rest longer than the night": (
        people(ada(Terms(rest=960), fixed=((0, "late"), (1, "early"))), kinds=(EARLY, replace(LATE, not_before=frozenset()))),
        {f"ada: roster.fixed on {MONTAG}", f"ada: roster.fixed on {DIENSTAG}", "ada: roster.rest"},
    ),
    "a rest longer than the day": (
        people(ada(Terms(rest=1500, minutes=(1440, None))), days=4, kinds=(EARLY,)),
        {"ada: roster.rest", "ada: roster.least-minutes"},
    ),
    "settled shifts that may not follow": (
        people(ada(fixed=((0, "late"), (1, "early")))),
        {f"ada: roster.fixed on {MONTAG}", f"ada: roster.fixed on {DIENSTAG}", "ada: roster.succession"},
    ),
    "settled after a night of the month before": (
        people(ada(before=Before(run=1, kind="late", ended=-120), fixed=((0, "early"),))),
        {f"ada: roster.fixed on {MONTAG}", "ada: roster.succession"},
    ),
    "too tired from the eve": (
        people(ada(Terms(rest=660), before=Before(run=1, ended=0), fixed=((0, "early"),))),
        {f"ada: roster.fixed on {MONTAG}", "ada: roster.rest"},
    ),
    "settled too long in a row": (
        people(ada(Terms(longest_run=2), fixed=((0, "early"), (1, "early"), (2, "early")))),
        {f"ada: roster.fixed on 2026-06-0{d}" for d in (1, 2, 3)} | {f"ada: roster.longest-run on {MONTAG}"},
    ),
    "settled to one day between two free ones": (
        people(ada(Terms(shortest_run=2), fixed=((1, OFF), (2, "early"), (3, OFF)))),
        {f"ada: roster.fixed on 2026-06-0{d}" for d in (2, 3, 4)} | {"ada: roster.shortest-run on 2026-06-03"},
    ),
    "settled to one free day": (
        people(ada(Terms(shortest_off=2), fixed=((1, "early"), (2, OFF), (3, "early")))),
        {f"ada: roster.fixed on 2026-06-0{d}" for d in (2, 3, 4)} | {"ada: roster.shortest-off on 2026-06-03"},
    ),
    "settled on a weekend that is to be free": (
        people(ada(Terms(most_weekends=0), fixed=((5, "early"),))),
        {"ada: roster.fixed on 2026-06-06", "ada: roster.weekends"},
    ),
    "settled while unavailable": (
        people(ada(unavailable=((0, 1440),), fixed=((0, "early"),))),
        {f"ada: roster.fixed on {MONTAG}", f"ada: roster.away on {MONTAG}"},
    ),
    "too many settled nights": (
        people(ada(Terms(most_of_kind=(("night", 1),)), fixed=((0, "night"), (3, "night"))), kinds=(EARLY, NIGHT)),
        {f"ada: roster.fixed on {MONTAG}", "ada: roster.fixed on 2026-06-04", "ada: roster.most-of-kind"},
    ),
    "a floor on a closed day's hour": (
        counter(ada(), Employee("ben", Terms()), floor={(1, 20): 1}),
        {f"till: roster.floor on {DIENSTAG}"},
    ),
    "a floor while everybody is on leave": (
        counter(ada(away=frozenset({1})), Employee("ben", Terms(), away=frozenset({1})), floor={(1, 9): 1}),
        {f"ada: roster.away on {DIENSTAG}", f"ben: roster.away on {DIENSTAG}", f"till: roster.floor on {DIENSTAG}"},
    ),
    "a floor that nobody has the skill for": (
        counter(ada(skills=frozenset({"desk"})), skills="till desk", floor={(0, 9): 1}),
        {"till: roster.skill", f"till: roster.floor on {MONTAG}"},
    ),
}  # fmt: skip


def test_there_are_twenty() -> None:
    """As many as the table says."""
    assert len(PLANTED) == 20


@pytest.mark.parametrize("name", PLANTED)
def test_a_contradiction_is_found_and_irreducible(name: str) -> None:
    """Its rules are named with person and date; all together they cannot hold, without any one of them the others can."""
    problem, wanted = PLANTED[name]
    found = conflicts(problem, seconds=20)
    assert {issue.where for issue in found} == wanted
    assert all(issue.advice.startswith("Maybe") and issue.value for issue in found)
    names = [one for one in Exact(problem, named=True).literals if _place(problem, one) in wanted]
    assert len(names) == len(wanted)
    assert not _hold(problem, names)
    for one in names:
        assert _hold(problem, [other for other in names if other != one]), f"{one} is not needed"


def _place(problem: RosterProblem, name: tuple[str, str, int]) -> str:
    rule, agent, day = name
    rule, _, activity = rule.partition(":")
    return f"{agent or activity}: {rule}" + (f" on {problem.date_of(day)}" if day >= 0 else "")


def _hold(problem: RosterProblem, names: list[tuple[str, str, int]]) -> bool:
    """Tell whether rules can all hold, by an exact model in which they are not conditional."""
    from ortools.sat.python import cp_model

    model = Exact(problem, named=True)
    for one in names:
        model.model.add(model.literals[one] == 1)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model.model)
    assert status in {cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE}
    return status != cp_model.INFEASIBLE


def _relaxed(change: Callable[[Employee], Employee]) -> RosterProblem:
    problem = PLANTED["hours owed, too few days"][0]
    return replace(problem, staff=(change(problem.staff[0]), *problem.staff[1:]))


def test_nothing_is_named_where_all_rules_can_hold() -> None:
    """Relaxing the planted rule leaves no conflict to name."""
    assert conflicts(_relaxed(lambda one: replace(one, terms=replace(one.terms, most_days=5)))) == ()


def test_the_solver_names_the_conflict() -> None:
    """A roster that cannot be is told as infeasible, with the rules."""
    problem, wanted = PLANTED["hours owed, too few days"]
    plan = solve(problem, stop=Stop(steps=2), params=RosterParams(workers=1))
    assert plan.status is Status.INFEASIBLE
    assert {issue.where for issue in plan.conflicts} == wanted


def test_nothing_is_claimed_without_time_to_prove_it() -> None:
    """A set of rules that may not be the smallest is not named."""
    assert conflicts(PLANTED["hours owed, too few days"][0], seconds=0) == ()


def test_people_whose_line_keeps_their_rules_are_not_looked_at() -> None:
    """A roster is proof enough; it changes nothing of what is found."""
    problem, wanted = PLANTED["hours owed on leave"]
    idle = Employee("yan", Terms(minutes=(480, None)))
    both = replace(problem, staff=(idle, *problem.staff))
    roster = [Duty("yan", 0, "early", 360, 480)]
    assert {issue.where for issue in conflicts(both, roster=roster)} == wanted
