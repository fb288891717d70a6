"""Phases squeezed before deadlines, and what is told of what does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.capacity.projects.allocation import AllocationProblem, advise, from_portfolio, solve
from troth.capacity.projects.allocation._laid import laid, parts
from troth.capacity.projects.allocation.deadlines import missed_deadlines
from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    HeldSkill,
    Portfolio,
    Project,
    ProjectPhase,
    SkillNeed,
)
from troth.core.decision import Severity, Status

DAY = date(2026, 6, 1)
ADA = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), (HeldSkill("data", 2),))
BEN = replace(ADA, person_id="ben")


def _phase(name: str, hours: float, **more: object) -> ProjectPhase:
    return ProjectPhase(name, (SkillNeed("data", hours),), **more)  # type: ignore[arg-type]  # any of the phase's other fields


def _problem(*work: Project, people: tuple[Consultant, ...] = (ADA, BEN), weeks: int = 8) -> AllocationProblem:
    return from_portfolio(Portfolio(DAY, people, work), first=DAY, until=DAY + timedelta(weeks=weeks))


def _table(problem: AllocationProblem) -> dict[tuple[str, int], float]:
    n = problem.needs
    return {(n.phase[m], int(n.week[m])): float(n.hours[m]) for m in range(len(n))}


def _chain(first: float, second: float, **more: object) -> Project:
    return Project("mill", (_phase("a", first), _phase("b", second, after=("a",))), **more)  # type: ignore[arg-type]  # any of the project's other fields


def test_the_deadline_of_a_project_squeezes_all_its_phases() -> None:
    """Two people can do 240 and 80 hours in four weeks exactly: the first phase takes three of them, at twice the pace."""
    problem = _problem(_chain(240, 80, deadline=date(2026, 6, 26)))
    assert _table(problem) == {("a", 0): 80, ("a", 1): 80, ("a", 2): 80, ("b", 3): 80}
    plan = solve(problem)
    assert (plan.status, plan.missing(), problem.notes) == (Status.OPTIMAL, 0, ())


def test_phases_share_a_week_where_hours_ask_for_it() -> None:
    """200 hours take two and a half of four weeks, 120 the rest: no week gets more than two people have."""
    problem = _problem(_chain(200, 120, deadline=date(2026, 6, 26)))
    assert _table(problem) == {("a", 0): 80, ("a", 1): 80, ("a", 2): 40, ("b", 2): 40, ("b", 3): 80}


def test_a_phase_is_squeezed_by_the_deadline_of_a_later_phase() -> None:
    """A deadline in the middle shapes what is before it, and nothing after it; its own pace is kept where there is time."""
    after = (_phase("b", 80, after=("a",), deadline=date(2026, 6, 26)), _phase("c", 40, after=("b",)))
    problem = _problem(Project("mill", (_phase("a", 240), *after)))
    table = _table(problem)
    assert [table["a", k] for k in range(3)] == [80, 80, 80]
    assert (table["b", 3], table["c", 4], len(table)) == (80, 40, 5)
    calm = _problem(_chain(40, 60, deadline=date(2026, 6, 26)))
    assert _table(calm) == {("a", 0): 40, ("b", 1): 20, ("b", 2): 20, ("b", 3): 20}


def test_a_chain_of_short_phases_fits_in_fewer_weeks() -> None:
    """Three phases of eight hours have two weeks: they share them, and none is late."""
    phases = (_phase("a", 8), _phase("b", 8, after=("a",)), _phase("c", 8, after=("b",)))
    problem = _problem(Project("mill", phases, deadline=date(2026, 6, 12)))
    assert set(problem.needs.week.tolist()) == {0, 1}
    assert (problem.needs.hours.sum(), problem.notes) == (24, ())


def test_what_cannot_begin_before_its_deadline_is_told() -> None:
    """It goes on at the pace, with its hours and the deadline in the issue."""
    late = Project("mill", (_phase("a", 80, deadline=date(2026, 5, 1)), _phase("b", 40, after=("a",))))
    problem = _problem(late)
    assert _table(problem) == {("a", 0): 40, ("a", 1): 40, ("b", 2): 40}
    (note,) = problem.notes
    assert (note.code, note.severity, note.where) == ("deadline-missed", Severity.WARNING, "projects[mill].phases[a]")
    assert note.value == "80 hours after 2026-05-01"


def test_a_deadline_for_which_nobody_has_the_hours_is_missed() -> None:
    """With one person half of the chain is undone by the project's deadline; a phase's own counts it and what is before it; those after the weeks do not count."""
    chain = _chain(240, 80, deadline=date(2026, 6, 26))
    house = Portfolio(DAY, (ADA,), (chain,))
    plan = solve(from_portfolio(house, first=DAY, until=date(2026, 7, 27)))
    assert [(one.where, one.value) for one in missed_deadlines(plan, portfolio=house)] == [
        ("projects[mill]", "160 hours undone by 2026-06-26")
    ]
    phases = (_phase("a", 60, deadline=date(2026, 6, 5)), _phase("b", 60, after=("a",), deadline=date(2026, 6, 12)))
    more = (*phases, _phase("c", 900, after=("b",), deadline=date(2026, 8, 31)))
    house = Portfolio(DAY, (ADA,), (Project("mill", more),))
    plan = solve(from_portfolio(house, first=DAY, until=date(2026, 6, 15)))
    assert [(one.where, one.value) for one in missed_deadlines(plan, portfolio=house)] == [
        ("projects[mill].phases[a]", "20 hours undone by 2026-06-05"),
        ("projects[mill].phases[b]", "40 hours undone by 2026-06-12"),
    ]
    enough = replace(house, people=(ADA, BEN))
    plan = solve(from_portfolio(enough, first=DAY, until=date(2026, 6, 15)))
    assert missed_deadlines(plan, portfolio=enough) == ()


def test_hours_after_the_weeks_are_told() -> None:
    """How many of how many, until when; of a need that takes ages, too; deals are called deals."""
    (note,) = _problem(Project("mill", (_phase("a", 100),)), weeks=2).notes
    assert (note.code, note.severity, note.where) == ("beyond-the-weeks", Severity.INFO, "projects[mill]")
    assert note.value == "34 of 100 hours" and "2026-06-15" in note.advice
    (note,) = _problem(Project("mill", (_phase("a", 1e15),)), weeks=2).notes
    assert note.value == "999,999,999,999,920 of 1,000,000,000,000,000 hours" and "any year" in note.advice
    deal = Deal("bank", (_phase("a", 100),), 1.0, DAY)
    problem = from_portfolio(Portfolio(DAY, (ADA,), deals=(deal,)), first=DAY, until=date(2026, 6, 8))
    assert [(one.where, one.value) for one in problem.notes] == [("deals[bank]", "67 of 100 hours")]


@pytest.mark.parametrize(
    ("people", "work", "where"),
    [
        ((), (), ["people", "projects"]),
        ((ADA,), (), ["projects"]),
        ((), (Project("m", (_phase("a", 9),)),), ["people"]),
    ],
)
def test_nothing_to_plan_is_a_plan_with_nothing_in_it(
    people: tuple[Consultant, ...], work: tuple[Project, ...], where: list[str]
) -> None:
    """Without people, or without work, there is a plan; its problem says so, and nothing falls over on the way."""
    plan = solve(_problem(*work, people=people))
    assert [(one.code, one.where) for one in plan.problem.notes] == [("nothing-to-plan", one) for one in where]
    assert (plan.bookings(), plan.broken, plan.value, plan.bound) == ((), (), 0, 0)
    assert [part.parameters["hours"] for part in plan.explain().parts] == ([9] if work else [])
    assert plan.missing() == (9 if work else 0)
    assert isinstance(advise(plan), tuple)


@pytest.mark.parametrize(("day", "grain"), [(8.0, 1.0), (7.5, 0.5), (3.75, 0.25), (7.6, 1.0), (7.77, 0.25)])
def test_the_grain_divides_peoples_weeks(day: float, grain: float) -> None:
    """The longest of whole, half and quarter hours that divides everybody's; a quarter if none does."""
    who = replace(ADA, contracts=(ContractTerms(date(2026, 1, 1), hours=(day,) * 5 + (0.0, 0.0)),))
    assert _problem(people=(BEN, who)).grain == grain


def test_no_half_hour_is_left_of_a_week_of_37_and_a_half() -> None:
    """All is done, and proven to be the best; in whole hours half an hour is left, which is no work undone."""
    who = replace(ADA, contracts=(ContractTerms(date(2026, 1, 1), hours=(7.5,) * 5 + (0.0, 0.0)),))
    house = Portfolio(DAY, (who,), (Project("mill", (_phase("a", 37.5),)),))
    plan = solve(from_portfolio(house, first=DAY, until=date(2026, 6, 8)))
    assert (plan.status, plan.served().tolist()) == (Status.OPTIMAL, [37.5])
    whole = solve(from_portfolio(house, first=DAY, until=date(2026, 6, 8), grain=1.0))
    assert (whole.served().tolist(), whole.missing()) == ([37], 0)


@given(
    hours=st.lists(st.integers(0, 300), min_size=1, max_size=6),
    after=st.lists(st.sets(st.integers(0, 5), max_size=3), min_size=6, max_size=6),
    days=st.lists(st.none() | st.integers(0, 80), min_size=7, max_size=7),
)
def test_phases_keep_their_order_and_their_deadlines(
    hours: list[int], after: list[set[int]], days: list[int | None]
) -> None:
    """No phase begins before the last week of what is before it, shares of a week add up to no more than one, and what is not late ends in time."""
    due = [None if day is None else DAY + timedelta(days=day) for day in days]
    phases = [
        _phase(str(k), h, after=tuple(str(j) for j in sorted(after[k]) if j < k), deadline=due[k])
        for k, h in enumerate(hours)
    ]
    found = {one.phase.phase_id: one for one in laid(phases, start=DAY, deadline=due[6], monday=DAY, pace=40.0)}
    for one in found.values():
        dues = [day for day in (one.phase.deadline, due[6]) if day is not None]
        if one.late is None:
            assert all(DAY + timedelta(weeks=one.end - 1) <= day for day in dues)
        else:
            assert one.late in dues and DAY + timedelta(weeks=one.begin) > one.late
        for name in one.phase.after:
            before = found[name]
            single = before.end - before.begin == 1 or one.end - one.begin == 1
            if before.begin == one.begin and single:
                continue  # several phases within a week
            assert one.begin >= before.end - 1
            if one.begin == before.end - 1 and not single:
                assert before.edges[1] + one.edges[0] <= 1 + 1e-6


@given(
    hours=st.floats(0, 500), weeks=st.integers(2, 12), edges=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)),
    kept=st.dictionaries(st.integers(0, 11), st.floats(0, 60), max_size=8),
)  # fmt: skip
def test_parts_of_weeks_that_count_in_part(
    hours: float, weeks: int, edges: tuple[float, float], kept: dict[int, float]
) -> None:
    """None is lost; a week is filled to the level of the others by its width."""
    found = parts(hours, weeks=weeks, grain=0.25, kept=kept, edges=edges)
    assert sum(found) == pytest.approx(hours) and min(found) >= -1e-6
    wide = np.ones(weeks)
    wide[0], wide[-1] = edges
    fine = parts(hours, weeks=weeks, grain=1e-6, kept=kept, edges=edges)
    level = (np.array(fine) + [kept.get(k, 0.0) for k in range(weeks)]) / wide
    filled = level[np.array(fine) > 1e-3]
    assert filled.max(initial=0.0) <= level.min() + 1e-2
