"""After an absence few people are touched, nobody breaks a rule, and what is said of a change is true."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.capacity.roster.problems import EARLY, LATE, MONDAY, NIGHT, shop, small, week
from troth.capacity.roster import (
    OFF,
    Activity,
    Duty,
    Employee,
    KindNeed,
    Prices,
    RosterParams,
    RosterProblem,
    RosterRepair,
    ShiftKind,
    SlotNeed,
    Stop,
    Terms,
    Wish,
    check,
    judge_leave,
    judge_swap,
    repair,
    solve,
    violations,
)
from troth.capacity.roster.rules import RULES, hard
from troth.core.errors import InputError

QUICK = RosterParams(workers=1)


def early(who: str, *days: int) -> list[Duty]:
    """Return early shifts of a person."""
    return [Duty(who, day, "early", 360, 480) for day in days]


def late(who: str, *days: int) -> list[Duty]:
    """Return late shifts of a person."""
    return [Duty(who, day, "late", 840, 480) for day in days]


def team(*terms: Terms, days: int = 5, late_too: bool = False) -> RosterProblem:
    """Return a problem in which one early shift a day is needed, and one late shift if asked for."""
    problem = week(*terms, days=days)
    needs = [need for need in problem.kind_needs if late_too or need.kind == "early"]
    return replace(problem, kind_needs=tuple(needs))


def mended(problem: RosterProblem, duties: list[Duty], first: int, last: int, **more: object) -> RosterRepair:
    """Repair after an absence of a."""
    return repair(problem, duties, absent="a", first_day=first, last_day=last, stop=Stop(steps=200), **more)  # type: ignore[arg-type]


def test_one_person_steps_in() -> None:
    """Who is free takes the shift; the change says what would be missing without it."""
    found = mended(team(Terms(), Terms()), early("a", 0, 1, 2), 1, 1)
    (change,) = found.changes
    assert (change.agent_id, change.day, change.before, change.cost) == ("b", 1, None, 10.0)
    assert [(v.rule, v.what, v.amount) for v in change.why] == [("roster.under", "early", 1)]
    assert (found.touched, found.left, found.unrepaired - found.plan.value) == (("b",), (), 10.0)
    assert {(d.agent_id, d.day) for d in found.plan.duties} == {("a", 0), ("b", 1), ("a", 2)}


def test_whoever_steps_in_cheapest_is_asked() -> None:
    """Of two who could, the one who did not ask for the day off."""
    problem = team(Terms(), Terms(), Terms())
    asked = replace(problem.staff[1], wishes=(Wish(1, OFF, False, 5.0),))
    problem = replace(problem, staff=(problem.staff[0], asked, problem.staff[2]))
    assert mended(problem, early("a", 0, 1, 2), 1, 1).touched == ("c",)


def test_what_a_change_costs_by_itself_is_told() -> None:
    """A request that it does not honour, and the price of a change."""
    problem = replace(team(Terms(), Terms()), prices=Prices(change=2.0))
    asked = replace(problem.staff[1], wishes=(Wish(1, OFF, False, 5.0),))
    (change,) = mended(replace(problem, staff=(problem.staff[0], asked)), early("a", 0, 1, 2), 1, 1).changes
    assert (change.cost, change.price) == (10.0, 7.0)


def test_a_second_person_fills_the_place_left() -> None:
    """Only b may do early shifts after a, and has the late one: b goes early, and c comes late."""
    none_early = Terms(most_of_kind=(("early", 0),))
    problem = team(Terms(), Terms(), none_early, days=1, late_too=True)
    found = mended(problem, [*early("a", 0), *late("b", 0)], 0, 0)
    assert {(d.agent_id, d.kind) for d in found.plan.duties} == {("b", "early"), ("c", "late")}
    assert found.touched == ("b", "c")
    assert found.left == ()
    assert mended(problem, [*early("a", 0), *late("b", 0)], 0, 0, most=1).changes == ()


def test_a_free_day_is_given_in_return() -> None:
    """Who steps in at the limit of days in a row is free later; the reason named is the rule."""
    problem = team(Terms(), Terms(longest_run=2), days=4)
    needs = tuple(KindNeed(n.day, n.kind, 1, 10.0 if n.day < 2 else 3.0, 1.0) for n in problem.kind_needs)
    found = mended(replace(problem, kind_needs=needs), [*early("a", 0, 1), *early("b", 2, 3)], 1, 1)
    changes = {one.day: one for one in found.changes}
    assert (changes[1].after is not None, changes[3].after) == (True, None)
    assert {v.rule for v in changes[3].why} == {"roster.longest-run"}
    assert changes[3].cost == float("inf")


def test_nothing_helps_is_said() -> None:
    """If the only other person is on leave nobody is touched, and what is missing is named."""
    problem = team(Terms(), Terms())
    problem = replace(problem, staff=(problem.staff[0], replace(problem.staff[1], away=frozenset({1}))))
    found = mended(problem, early("a", 0, 1, 2), 1, 1)
    assert (found.changes, [(v.rule, v.day) for v in found.left]) == ((), [("roster.under", 1)])
    assert found.plan.value == found.unrepaired == 30.0  # days 3 and 4 had nobody before


def test_hours_owed_are_not_held_against_who_is_ill() -> None:
    """A week of illness breaks no rule of least hours."""
    found = mended(team(Terms(minutes=(1440, None)), Terms()), early("a", 0, 1, 2), 0, 4)
    assert found.plan.broken == ()


def test_what_was_missing_before_is_not_mended() -> None:
    """Days 3 and 4 had nobody: whoever steps in on day 1 is not asked for these, too."""
    found = mended(team(Terms(), Terms(), days=7), early("a", 0, 1, 2), 1, 1)
    assert {(one.agent_id, one.day) for one in found.changes} == {("b", 1)}


def test_an_absence_on_a_free_day_changes_nothing() -> None:
    """Nobody is asked, even if the roster could be better."""
    found = mended(team(Terms(), Terms()), early("a", 0), 3, 3)
    assert (found.changes, found.left, found.tried) == ((), (), 0)


def test_activities_are_done_by_others() -> None:
    """In a shop the hole of a shift with two activities is filled up to its floor, days before stay as they are."""
    problem = shop(6)
    plan = solve(problem, stop=Stop(steps=3), params=QUICK)
    assert not plan.broken
    who = max((d for d in plan.duties if d.day == 3), key=lambda d: d.length).agent_id
    found = repair(problem, plan.duties, absent=who, first_day=3, last_day=3, stop=Stop(steps=60))
    assert found.plan.value < found.unrepaired or not found.changes
    assert {d for d in plan.duties if d.day < 3} <= set(found.plan.duties)
    assert {one.agent_id for one in found.changes} == set(found.touched)
    assert len(found.touched) <= 3


@given(problem=small(), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_repair_keeps_to_its_word(problem: RosterProblem, data: st.DataObject) -> None:
    """Days before and people beyond the limit are as they were; no rule is broken that was not; it costs no more."""
    plan = solve(problem, stop=Stop(steps=1), params=RosterParams(workers=1, columns=False, proof_s=0.1))
    first = data.draw(st.integers(0, problem.days - 1))
    last = data.draw(st.integers(first, problem.days - 1))
    most = data.draw(st.integers(0, 2))
    found = repair(problem, plan.duties, absent="a", first_day=first, last_day=last, most=most, stop=Stop(steps=60))
    was, now = ({d for d in some if d.agent_id != "a"} for some in (plan.duties, found.plan.duties))
    assert all(d.day >= first for d in was ^ now)
    assert {d.agent_id for d in was ^ now} == set(found.touched)
    assert len(found.touched) <= most
    without = [d for d in plan.duties if d.agent_id != "a" or not first <= d.day <= last]
    assert {d for d in found.plan.duties if d.agent_id == "a"} == {d for d in without if d.agent_id == "a"}
    broken = {(v.rule, v.agent_id, v.day) for v in hard(violations(found.plan.problem, without))}
    assert {(v.rule, v.agent_id, v.day) for v in found.plan.broken} <= broken
    assert found.plan.value <= found.unrepaired + 1e-9


def test_the_price_of_a_change_is_the_problems_own() -> None:
    """If asking somebody is dearer than one missing person, nobody is asked."""
    problem = replace(team(Terms(), Terms()), prices=Prices(change=20.0))
    assert mended(problem, early("a", 0, 1, 2), 1, 1).changes == ()


def test_wrong_questions_are_refused() -> None:
    """An unknown person, days outside or reversed, shifts that there are not: all at once."""
    problem = team(Terms(), Terms())
    with pytest.raises(InputError) as told:
        repair(problem, [Duty("a", 0, "noon", 0, 60)], absent="aa", first_day=4, last_day=9)
    assert {issue.code for issue in told.value.issues} == {"unknown-person", "outside", "roster.known"}
    assert "Maybe a is meant." in {issue.advice for issue in told.value.issues}
    with pytest.raises(InputError, match="empty-period"):
        repair(problem, [], absent="a", first_day=3, last_day=2)


def test_a_swap_is_judged() -> None:
    """It is refused for what it breaks, with the rule; two shifts, or a shift and a free day."""
    problem = team(Terms(), Terms(rest=660, longest_run=2), days=3, late_too=True)
    duties = [*early("a", 0), *late("b", 0), *early("a", 1), *late("a", 2)]
    told = judge_swap(problem, duties, first=("a", 2), second=("b", 2))
    assert (told.allowed, told.cost, told.lost) == (True, 0.0, ())
    assert {(d.agent_id, d.kind) for d in told.duties if d.day == 2} == {("b", "late")}
    told = judge_swap(problem, duties, first=("a", 1), second=("b", 1))
    assert (told.allowed, {v.rule for v in told.broken}) == (False, {"roster.succession", "roster.rest"})
    assert {(v.agent_id, v.day) for v in told.broken} == {("b", 1)}


def test_a_swap_that_doubles_a_day_is_refused() -> None:
    """A person who has a shift on the day cannot take another's, too."""
    problem = team(Terms(), Terms(), days=2)
    told = judge_swap(problem, [*early("a", 0), *late("b", 0)], first=("a", 0), second=("b", 1))
    assert [v.rule for v in told.broken] == ["roster.one-shift"]
    with pytest.raises(InputError, match="nothing-to-swap"):
        judge_swap(problem, early("a", 0), first=("a", 1), second=("b", 0))
    with pytest.raises(InputError, match="nothing-to-swap"):
        judge_swap(problem, early("a", 0), first=("a", 0), second=("a", 1))


def test_leave_is_judged() -> None:
    """Cover lost is named with its price and does not forbid it; hours owed and settled shifts do."""
    problem = team(Terms(minutes=(480, None)), Terms(), days=3)
    told = judge_leave(problem, early("a", 0, 1), who="a", days={1, 2})
    assert (told.allowed, told.cost, [(v.rule, v.day) for v in told.lost]) == (True, 10.0, [("roster.under", 1)])
    told = judge_leave(problem, early("a", 0, 1), who="a", days={0, 1})
    assert (told.allowed, [v.rule for v in told.broken]) == (False, ["roster.least-minutes"])
    settled = replace(problem, staff=(replace(problem.staff[0], fixed=((1, "early"),)), problem.staff[1]))
    assert [v.rule for v in judge_leave(settled, early("a", 0, 1), who="a", days={1}).broken] == ["roster.fixed"]
    with pytest.raises(InputError, match="unknown-person"):
        judge_leave(problem, [], who="nobody", days={0})


def test_what_was_broken_before_is_not_held_against_a_request() -> None:
    """A rule that is broken anyway, by as much, does not speak against a swap elsewhere."""
    problem = team(Terms(most_days=1), Terms(), days=4)
    told = judge_swap(problem, early("a", 0, 1), first=("a", 1), second=("b", 2))
    assert told.allowed
    assert any(RULES[v.rule].hard for v in violations(problem, early("a", 0, 1)))


BAD = {
    "one person only": (week(Terms()), set[str]()),
    "nobody with the skill": (
        replace(shop(1), staff=(Employee("p0", Terms(), skills=frozenset({"till"})),)), {"skill-nobody-has"},
    ),
    "contradictory contract": (week(Terms(minutes=(960, 480), longest_run=1, shortest_run=2)), {"contradiction"}),
    "leave over a settled shift": (
        RosterProblem(MONDAY, 7, (EARLY,), (Employee("a", Terms(), away=frozenset({0}), fixed=((0, "early"),)),)),
        {"leave-over-fixed"},
    ),
    "demand on a closed hour": (
        replace(shop(2), slot_needs=tuple(replace(n, wanted=(1,) * len(n.wanted), most=(9,) * len(n.most)) for n in shop(2).slot_needs)),
        {"need-without-shift"},
    ),
    "a person twice": (RosterProblem(MONDAY, 7, (EARLY,), (Employee("a", Terms()),) * 2), {"person-twice"}),
    "a rest longer than the day": (week(Terms(rest=1500)), {"long-rest"}),
    "a rest longer than two days": (week(Terms(rest=3000)), {"bad-rest"}),
}  # fmt: skip


def test_nobody_is_asked_where_it_costs_more_than_it_brings() -> None:
    """Whoever steps in would be one too many for half of the shift, where two are too many already: that is dearer."""
    slots = 96
    wanted = tuple(3 if 32 <= s < 48 else 0 for s in range(slots))
    need = SlotNeed("till", (0,) * slots, wanted, wanted, (4.0,) * slots, over_square=1.0)
    staff = tuple(Employee(who, Terms()) for who in "abcd")
    day = ShiftKind("day", (480,), (480,))
    problem = RosterProblem(
        MONDAY, 1, (day,), staff, (Activity("till", 60),), slot_needs=(need,), prices=Prices(change=0.1)
    )
    stands = [Duty(who, 0, "day", 480, 480, (("till", 0, 480),)) for who in "abc"]
    mended = repair(problem, stands, absent="a", first_day=0, last_day=0)
    assert mended.changes == () and mended.plan.value == mended.unrepaired
    assert sum(v.cost for v in mended.left) == 64
    cheap = replace(problem, slot_needs=(replace(need, over_square=0.5),))
    mended = repair(cheap, stands, absent="a", first_day=0, last_day=0)
    assert mended.touched == ("d",) and mended.plan.value < mended.unrepaired


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told(name: str) -> None:
    """Each by its own issue, with advice; one person alone is no mistake."""
    problem, codes = BAD[name]
    issues = check(problem)
    assert {issue.code for issue in issues} == codes
    assert all(issue.advice.startswith("Maybe") and issue.where for issue in issues)


def test_one_person_gets_a_roster_that_misses_the_rest() -> None:
    """One person cannot be early and late on every day: what cannot be met costs, and is no fault."""
    plan = solve(week(Terms(longest_run=5), kinds=(EARLY, LATE, NIGHT)), stop=Stop(steps=5), params=QUICK)
    assert plan.broken == ()
    assert plan.objective["roster.under"] >= 100
