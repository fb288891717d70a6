"""Changes of a house: each does what it says and nothing else, and all that is wrong with some is told at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.capacity.projects.portfolio.house import DAY, house
from troth.capacity.projects.outlook import (
    DecidedWork,
    DelayedWork,
    HiredPeople,
    HouseChange,
    TrainedPerson,
    WhatIf,
    changed_house,
    check_changes,
)
from troth.capacity.projects.portfolio import Consultant, ContractTerms, HeldSkill, Portfolio, TimeEntry, check
from troth.core.decision import Severity

_LATER = timedelta(weeks=4)


def changed(*changes: HouseChange, portfolio: Portfolio | None = None) -> Portfolio:
    """Return the house with changes."""
    return changed_house(portfolio or house(), changes=changes)


def codes(*changes: HouseChange) -> list[tuple[str, str]]:
    """Return code and place of what is wrong with changes of the house."""
    return [(one.code, one.where) for one in check_changes(WhatIf("x", changes), portfolio=house())]


def test_nothing_changed_is_the_same_house() -> None:
    """No change leaves everything as it is."""
    assert changed() == house()


def test_people_come_beside_those_who_are_there() -> None:
    """With contract, skills and names of their own, also if the same are hired twice."""
    hire = HiredPeople(
        (HeldSkill("law", 2), HeldSkill("data")), people=2, cost_cents=4_000, team="north", role="senior"
    )
    some = HiredPeople((HeldSkill("law"),), date(2026, 7, 1), date(2026, 8, 1))
    found = changed(hire, hire, some)
    new = found.people[3:]
    assert [one.person_id for one in new] == [
        "new: law, data", "new: law, data 2", "new: law, data 3", "new: law, data 4", "for some weeks: law",
    ]  # fmt: skip
    assert (new[0].contracts[0].first, new[0].contracts[0].cost_cents, new[0].team, new[0].role) == (
        DAY,
        4_000,
        "north",
        "senior",
    )
    assert (new[4].contracts[0].first, new[4].contracts[0].until) == (date(2026, 7, 1), date(2026, 8, 1))
    assert replace(found, people=found.people[:3]) == house()
    assert not any(one.severity is Severity.ERROR for one in check(found))


def test_a_skill_is_held_from_a_day_on() -> None:
    """Of the one who is trained alone; without a day from the portfolio's on."""
    found = changed(TrainedPerson("ben", "law", 2.0, date(2026, 7, 1)))
    ben = found.people[1]
    assert (ben.level_of("law", day=date(2026, 6, 30)), ben.level_of("law", day=date(2026, 7, 1))) == (0.0, 2.0)
    assert replace(found, people=house().people) == house()
    assert changed(TrainedPerson("ben", "law")).people[1].level_of("law", day=DAY) == 1.0


def test_work_is_put_off_with_its_own_days_and_keeps_its_promises() -> None:
    """Earliest days and deadlines move, those of phases too, from today on; what was promised and was begun does not."""
    (one,), (was,) = changed(DelayedWork("p1", 4)).projects, house().projects
    assert one.earliest == DAY + _LATER
    assert one.deadline == (was.deadline or DAY) + _LATER
    build, before = one.phases[0], was.phases[0]
    assert (build.earliest, build.deadline) == ((before.earliest or DAY) + _LATER, (before.deadline or DAY) + _LATER)
    assert (one.promised_finish, one.started, one.phases[1].deadline) == (was.promised_finish, was.started, None)
    assert changed(DelayedWork("d1", 4)).deals[0].wanted == house().deals[0].wanted + _LATER


def test_a_deal_is_won_or_lost() -> None:
    """Won it is certain; lost it is never likely and has no bookings, but hours that were logged on it stay."""
    assert changed(DecidedWork("d1", won=True)) == replace(house(), deals=(replace(house().deals[0], probability=1.0),))
    entry = TimeEntry("d1", "ada", date(2026, 5, 22), 2.0)
    before = replace(house(), logged=(*house().logged, entry))
    lost = changed(DecidedWork("d1", won=False), portfolio=before)
    assert lost.deals[0].probability == 0.0 and entry in lost.logged
    assert [one.booking_id for one in lost.bookings] == ["b1", "b3"]


def test_what_is_wrong_with_changes_is_told_with_its_place() -> None:
    """All of it at once, each with the nearest name where there is one."""
    found = codes(
        HiredPeople((HeldSkill("data"), HeldSkill("")), date(2026, 5, 1), people=0),
        HiredPeople((), DAY, DAY, cost_cents=1),
        TrainedPerson("bem", "dta"), TrainedPerson("ada", "data", 2.0), DelayedWork("p2", 0), DecidedWork("d2", won=True),
        DecidedWork("p1", won=False),
    )  # fmt: skip
    at = [f"changes[{k}]" for k in range(7)]
    assert found == [
        ("no-skill", f"{at[0]}.hire.skills[1].skill"), ("out-of-range", f"{at[0]}.hire.people"), ("first-in-past", f"{at[0]}.hire.first"),
        ("no-cost", f"{at[0]}.hire.cost_cents"),
        ("no-skill", f"{at[1]}.subcontract.skills"), ("empty-span", f"{at[1]}.subcontract"),
        ("unknown-person", f"{at[2]}.train.person_id"), ("unknown-skill", f"{at[2]}.train.skill"), ("already-held", f"{at[3]}.train"),
        ("unknown-project", f"{at[4]}.delay.project_id"), ("out-of-range", f"{at[4]}.delay.weeks"), ("unknown-project", f"{at[5]}.win"),
        ("already-sold", f"{at[6]}.lose"),
    ]  # fmt: skip
    issues = check_changes(WhatIf("x", (TrainedPerson("bem", "law"),)), portfolio=house())
    assert [(one.value, one.advice) for one in issues] == [("bem", "Maybe ben is meant.")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ((DecidedWork("d1", won=True), DecidedWork("d1", won=False)), "decided-twice"),
        ((DecidedWork("d1", won=False), DelayedWork("d1", 2)), "delayed-and-lost"),
    ],
)
def test_changes_that_contradict_each_other_are_told(changes: tuple[Any, ...], code: str) -> None:
    """In one scenario a deal is won or lost, once."""
    assert [one[0] for one in codes(*changes)] == [code]


def test_a_house_that_would_be_wrong_after_a_change_is_told() -> None:
    """A currency without a rate comes with whoever is hired: the portfolio's own check says so, with the scenario's place."""
    found = codes(HiredPeople((HeldSkill("law"),), cost_cents=100, currency="CHF"))
    assert found == [("no-exchange-rate", "changes: people[new: law].contracts[0]")]
    hours = HiredPeople((HeldSkill("law"),), cost_cents=100, hours=(25.0,) * 7)
    assert {one[0] for one in codes(hours)} == {"too-many-hours"}


def test_a_house_that_states_no_costs_is_not_asked_for_one() -> None:
    """Where somebody's cost is known one of who is hired is missed; where nobody's is, it is left out on purpose."""
    hired = WhatIf("more", (HiredPeople((HeldSkill("data"),), DAY),))
    for cost, told in ((4_000, ["no-cost"]), (0, [])):
        terms = (ContractTerms(date(2026, 1, 1), cost_cents=cost),)
        house_ = Portfolio(DAY, (Consultant("ada", terms, (HeldSkill("data"),)),))
        assert [one.code for one in check_changes(hired, portfolio=house_)] == told
