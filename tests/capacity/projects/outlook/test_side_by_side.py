"""Scenarios side by side: each is the plan of the changed house, the first is the house as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.capacity.projects.outlook.test_outlook import DAY, firm, looked, person, work
from tests.capacity.projects.portfolio.house import house
from troth.capacity.projects.allocation import AllocationPlan
from troth.capacity.projects.outlook import (
    BASE,
    DecidedWork,
    DelayedWork,
    HiredPeople,
    TrainedPerson,
    WhatIf,
    changed_house,
    side_by_side,
)
from troth.capacity.projects.portfolio import HeldSkill, ProjectPhase, SkillNeed
from troth.core.errors import InputError

HIRE = WhatIf("hire", (HiredPeople((HeldSkill("law"),), cost_cents=4_000, team="north"),))
WIN = WhatIf("win", (DecidedWork("d1", won=True), TrainedPerson("ben", "law")))
LOSE = WhatIf("lose", (DecidedWork("d1", won=False),))
LATER = WhatIf("later", (DelayedWork("p1", 6),))


def test_each_row_is_the_plan_of_the_changed_house() -> None:
    """As if the changed portfolio were planned by itself; plans are handed on as they come."""
    plans = dict[str, AllocationPlan]()
    found = side_by_side(house(), scenarios=[HIRE, WIN, LOSE, LATER], weeks=16, at_least=0.3, on_plan=plans.__setitem__)
    assert [one.what.name for one in found] == list(plans) == [BASE, "hire", "win", "lose", "later"]
    for one in found:
        alone = looked(changed_house(house(), changes=one.what.changes), weeks=16, at_least=0.3)
        assert one.outlook.ahead() == alone.ahead() and one.outlook.undone == alone.undone
        assert one.outlook.plan is plans[one.what.name]
    undone = {one.what.name: one.outlook.undone for one in found}
    assert undone == {
        BASE: 2.0,
        "hire": 0.0,
        "win": 0.0,
        "lose": 2.0,
        "later": 0.0,
    }  # six weeks on, whoever has the skill is back from leave
    assert found[0].row.more == 0.0 and found[1].row.more > 0


def test_what_is_lost_is_not_planned_even_if_all_is_likely_enough() -> None:
    """With a least probability of nought, too, and it brings nothing on any basis."""
    base, lose = side_by_side(house(), scenarios=[LOSE], weeks=16, at_least=0.0)
    assert "d1" in base.outlook.plan.problem.projects and "d1" not in lose.outlook.plan.problem.projects
    assert lose.outlook.left_out == ("d1",)


def test_figures_of_a_row_are_plain_data() -> None:
    """Undone hours, money, teams and promises missed, by hand: 60 hours wanted, one person can do 40."""
    day = DAY + timedelta(days=4)
    bank = work("bank", 60.0, deadline=day, promised_finish=day)
    more = WhatIf("more", (HiredPeople((HeldSkill("data"),), cost_cents=3_000, team="north"),))
    base, hired = side_by_side(firm(bank, people=(person("ada", team="north"),)), scenarios=[more], weeks=1)
    told = base.as_dict()
    assert (told["undone_hours"], told["revenue_cents"], told["cost_cents"], told["margin_cents"]) == (
        20.0,
        400_000,
        200_000,
        200_000,
    )
    assert told["teams"] == {"north": 1.0}
    assert told["missed"] == [{"project_id": "bank", "kind": "finish", "promised": day.isoformat(), "planned": None}]
    told = hired.as_dict()
    assert (told["undone_hours"], told["revenue_cents"], told["missed"], told["teams"]) == (
        0.0,
        600_000,
        [],
        {"north": 0.75},
    )
    assert told["cost_cents"] in range(60 * 3_000, 60 * 5_000)


def test_a_promise_is_missed_if_work_is_put_off() -> None:
    """And not if it is not."""
    phases = (ProjectPhase("a", (SkillNeed("data", 30.0),)),)
    one = work("bank", 0.0, promised_start=DAY, promised_finish=DAY + timedelta(days=11))
    portfolio = firm(type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"phases": phases}))
    base, later = side_by_side(portfolio, scenarios=[WhatIf("later", (DelayedWork("bank", 2),))], weeks=4)
    assert base.outlook.missed == ()
    assert [(one.kind, one.planned) for one in later.outlook.missed] == [
        ("start", DAY + timedelta(weeks=2)), ("finish", DAY + timedelta(weeks=2)),
    ]  # fmt: skip


def test_a_scenario_that_cannot_be_planned_is_refused() -> None:
    """With the errors of its portfolio."""
    bad = WhatIf("bad", (HiredPeople((HeldSkill("law"),), hours=(30.0,) * 7),))
    with pytest.raises(InputError, match="too-many-hours"):
        side_by_side(house(), scenarios=[bad])
