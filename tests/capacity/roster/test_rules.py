"""The judge names the rule that a roster breaks: one broken roster for each rule, beside a good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.capacity.roster.problems import EARLY, LATE, MONDAY, shop, week
from troth.capacity.roster import (
    OFF,
    RULES,
    Activity,
    Before,
    Duty,
    Employee,
    KindNeed,
    Pause,
    Prices,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Terms,
    Wish,
    violations,
)
from troth.capacity.roster.rules import hard


def e(day: int, who: str = "a") -> Duty:
    return Duty(who, day, "early", 360, 480)


def late(day: int, who: str = "a") -> Duty:
    return Duty(who, day, "late", 840, 480)


def one(terms: Terms, **changes: object) -> RosterProblem:
    problem = replace(week(terms), kind_needs=())
    return replace(problem, staff=(replace(problem.staff[0], **changes),))  # type: ignore[arg-type]


def task(day: int, *stretches: tuple[str, int, int], start: int = 480, length: int = 480) -> Duty:
    return Duty("p1", day, "day", start, length, stretches)


@dataclass
class Case:
    """A roster that breaks just one rule."""

    rule: str
    problem: RosterProblem
    duties: list[Duty]


def tasks(pauses: tuple[Pause, ...] = ()) -> RosterProblem:
    problem = replace(shop(), slot_needs=())
    person = replace(problem.staff[1], terms=Terms())
    return replace(problem, staff=(person,), kinds=(replace(problem.kinds[0], pauses=pauses),))


def floor() -> RosterProblem:
    problem = tasks()
    need = tuple(1 if s == 96 * 2 + 40 else 0 for s in range(problem.slots))
    wide = tuple(9 for _ in need)
    return replace(problem, slot_needs=(SlotNeed("till", need, need, wide, tuple(0.0 for _ in need)),))


LUNCH = Pause(30, 180, 300)
CASES = [
    Case("roster.one-shift", one(Terms()), [e(0), late(0)]),
    Case("roster.known", one(Terms()), [Duty("a", 0, "early", 361, 480)]),
    Case("roster.known", one(Terms()), [Duty("nobody", 0, "early", 360, 480)]),
    Case("roster.known", one(Terms()), [e(7)]),
    Case("roster.succession", one(Terms()), [late(0), e(1)]),
    Case("roster.rest", one(Terms(rest=660), before=Before(run=1, ended=-60, kind="night")), [e(0)]),
    Case("roster.rest", replace(one(Terms(rest=660)), kinds=(EARLY, replace(LATE, not_before=frozenset()))), [late(0), e(1)]),
    Case("roster.most-of-kind", one(Terms(most_of_kind=(("early", 1),))), [e(0), e(2)]),
    Case("roster.most-minutes", one(Terms(minutes=(None, 900))), [e(0), e(2)]),
    Case("roster.least-minutes", one(Terms(minutes=(900, None))), [e(0)]),
    Case("roster.most-week", one(Terms(week_minutes=(None, 900))), [e(0), e(2)]),
    Case("roster.most-week", one(Terms(most_week_days=1)), [e(0), e(2)]),
    Case("roster.least-week", one(Terms(week_minutes=(900, None))), [e(0)]),
    Case("roster.most-days", one(Terms(most_days=1)), [e(0), e(2)]),
    Case("roster.longest-run", one(Terms(longest_run=2)), [e(0), e(1), e(2)]),
    Case("roster.longest-run", one(Terms(longest_run=2), before=Before(run=2, kind="early")), [e(0)]),
    Case("roster.shortest-run", one(Terms(shortest_run=2)), [e(2)]),
    Case("roster.shortest-off", one(Terms(shortest_off=2)), [e(1), e(3)]),
    Case("roster.weekends", one(Terms(most_weekends=0)), [e(6)]),
    Case("roster.away", one(Terms(), away=frozenset({3})), [e(3)]),
    Case("roster.away", one(Terms(), unavailable=((0, 361),)), [e(0)]),
    Case("roster.fixed", one(Terms(), fixed=((3, OFF),)), [e(3)]),
    Case("roster.fixed", one(Terms(), fixed=((3, "early"),)), []),
    Case("roster.skill", replace(tasks(), staff=(replace(tasks().staff[0], skills=frozenset({"till"})),)),
         [task(0, ("till", 0, 240), ("desk", 240, 480))]),
    Case("roster.stretch", tasks(), [task(0, ("till", 0, 450), ("desk", 450, 480))]),
    Case("roster.stretch", tasks(), [task(0, ("till", 0, 420))]),
    Case("roster.stretch", tasks(), [task(0, ("till", 0, 120), ("till", 180, 480))]),
    Case("roster.pause", tasks((LUNCH,)), [task(0, ("till", 0, 120), ("", 120, 150), ("till", 150, 480))]),
    Case("roster.pause", tasks((LUNCH,)), [task(0, ("till", 0, 480))]),
    Case("roster.floor", floor(), []),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{k}" for k, case in enumerate(CASES)])
def test_a_broken_roster_is_rejected_by_the_rule_it_breaks(case: Case) -> None:
    """Each broken roster is told by its rule, and by no other."""
    assert {v.rule for v in hard(violations(case.problem, case.duties))} == {case.rule}


def test_every_hard_rule_has_a_broken_roster() -> None:
    """No rule is without a case."""
    assert {case.rule for case in CASES} == {rule.id for rule in RULES.values() if rule.hard}


SOFT: list[tuple[str, Callable[[], RosterProblem], list[Duty], float]] = [
    ("roster.under", lambda: week(Terms(), days=1), [], 20.0),
    ("roster.over", lambda: replace(week(Terms(), days=1), kind_needs=(KindNeed(0, "early", 0, 10, 3),)), [e(0)], 3.0),
    ("roster.wish", lambda: one(Terms(), wishes=(Wish(0, OFF, False, 4.0),)), [e(0)], 4.0),
    ("roster.cost", lambda: replace(one(Terms(cost_per_hour_cents=1500)), prices=Prices(hour_cost=0.01)), [e(0)], 120.0),
    ("roster.weekend-spread", lambda: replace(one(Terms(), before=Before(off=1, weekends=1)), prices=Prices(weekend_spread=2)),
     [e(5), e(6)], 8.0),
    ("roster.change", lambda: replace(one(Terms()), published=(("a", 1, "early"),), prices=Prices(change=5)), [late(1)], 5.0),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "problem", "duties", "cost"), SOFT, ids=[case[0] for case in SOFT])
def test_a_soft_rule_costs_what_it_says(
    rule: str, problem: Callable[[], RosterProblem], duties: list[Duty], cost: float
) -> None:
    """The price of each soft rule, and no hard rule broken."""
    found = violations(problem(), duties)
    assert not hard(found)
    assert sum(v.cost for v in found if v.rule == rule) == pytest.approx(cost)
    assert {v.rule for v in found if v.cost} == {rule}


def test_every_soft_rule_has_a_price_checked() -> None:
    """No soft rule is without a case."""
    assert {rule for rule, *_ in SOFT} == {rule.id for rule in RULES.values() if not rule.hard}


def test_a_good_roster_breaks_nothing() -> None:
    """The judge is silent where nothing is wrong; runs at the edges may be short."""
    terms = Terms(longest_run=3, shortest_run=2, shortest_off=2, most_weekends=1, rest=600, minutes=(960, 2400))
    assert not hard(violations(one(terms), [e(0), e(3), e(4), late(5)]))
    problem = tasks((LUNCH,))
    assert not hard(violations(problem, [task(0, ("till", 0, 180), ("", 180, 210), ("desk", 210, 480))]))


def test_stretches_over_midnight_count_on_the_next_day() -> None:
    """A night's slots are where the clock says."""
    night = ShiftKind("night", (480,), (1320,))
    need = tuple(1 if s == 96 + 8 else 0 for s in range(192))  # 02:00 of the second day
    problem = RosterProblem(
        MONDAY, 2, (night,), (Employee("a", Terms()),), (Activity("watch", 60),),
        slot_needs=(SlotNeed("watch", need, need, tuple(1 for _ in need), tuple(0.0 for _ in need)),),
    )  # fmt: skip
    assert not hard(violations(problem, [Duty("a", 0, "night", 1320, 480, (("watch", 0, 480),))]))
