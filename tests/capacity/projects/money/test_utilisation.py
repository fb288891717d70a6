"""Billable utilisation: the KPI's own figure, targets, and what is planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.capacity.projects.money.firms import DAY, MONDAY, firm, logged, person, week
from tests.kpi.logs import Event, lake_of
from troth.capacity.projects.money import MoneyBasis, WorkHours, billable_kpi, billable_utilisation
from troth.capacity.projects.portfolio import Consultant, ContractTerms, LeaveSpan, Portfolio, TimeEntry
from troth.core.errors import InputError
from troth.kpi.query import Query, query

_FIRST, _UNTIL = date(2026, 3, 2), date(2026, 3, 14)
_HOURS = (8.0,) * 5 + (0.0,) * 2


def _company() -> Portfolio:
    """Two weeks of Ada (40 hours, away for two days, a day closed) and Cid (30, 20 from Wednesday on); Bob logs nothing."""
    ada = Consultant(
        "ada",
        (ContractTerms(date(2025, 1, 1), country="LT"),),
        leave=(LeaveSpan(date(2026, 3, 9), date(2026, 3, 11)),),
        team="north",
    )
    thirty, twenty = (tuple(some * hours / 40 for some in _HOURS) for hours in (30, 20))
    cid = Consultant(
        "cid",
        (
            ContractTerms(date(2025, 1, 1), date(2026, 3, 4), hours=thirty, country="LT"),
            ContractTerms(date(2026, 3, 4), hours=twenty, country="LT"),
        ),
    )
    bob = Consultant("bob", (ContractTerms(date(2025, 1, 1), country="LT"),))
    days = (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)
    rows = [TimeEntry("p", "ada", date(2026, 3, day), 6.0) for day in days]
    rows += [TimeEntry("p", "cid", date(2026, 3, day), 3.5, billable=day % 2 == 0) for day in days]
    return Portfolio(
        date(2026, 4, 1), (ada, bob, cid), logged=tuple(rows), holidays={"LT": frozenset({date(2026, 3, 12)})}
    )


def _kpi(folder: Path, known: Portfolio, name: str) -> dict[str, float | None]:
    """Return the figure of the KPI by person, from a lake that says the same as the portfolio."""
    events = [
        Event(
            datetime(one.day.year, one.day.month, one.day.day, 17, tzinfo=UTC), "time_logged", f"{one.person_id}{one.day}",
            agent_id=one.person_id, site="firm", subject_kind="project", subject_id=one.project_id, value=one.hours,
            attributes={"billable": one.billable},
        )
        for one in known.logged
    ]  # fmt: skip
    contracts = [
        {
            "agent_id": who.person_id,
            "hours_per_week": sum(terms.hours),
            "valid_from": terms.first,
            "valid_to": terms.until,
        }
        for who in known.people
        for terms in who.contracts
    ]

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    lake = lake_of(
        folder, events, contracts=contracts,
        leave=[
            {"agent_id": who.person_id, "starts_at": midnight(span.first), "ends_at": midnight(span.until)}
            for who in known.people
            for span in who.leave
        ],
        memberships=[{"agent_id": who.person_id, "team": "north", "site": "firm"} for who in known.people],
        calendar_use=[{"dimension": "site", "member": "firm", "calendar": "LT"}],
        calendar_days=[{"calendar": "LT", "day": day} for day in known.holidays["LT"]],
    )  # fmt: skip
    return {str(one.by["agent"]): one.value for one in query(lake, Query(kpis=(name,), by=("agent",)))}


@pytest.mark.parametrize("gross", [False, True])
def test_it_is_the_figure_of_the_kpi(tmp_path: Path, gross: bool) -> None:
    """The same facts in a lake give the KPI engine the same figure for each person, net and gross of leave."""
    known = _company()
    wanted = _kpi(tmp_path / "lake", known, "load.billable/gross" if gross else "load.billable/")
    found = {one.name: one.value for one in billable_utilisation(known, first=_FIRST, until=_UNTIL, gross=gross)}
    assert set(found) == {"ada", "cid"}
    assert found == pytest.approx(wanted)


def test_it_carries_the_kpis_definition() -> None:
    """A figure names the definition it follows, with its version; there is no other."""
    found = billable_utilisation(_company(), first=_FIRST, until=_UNTIL)[0]
    assert found.definition == billable_kpi().definition == "load.billable@1"
    assert (
        billable_utilisation(_company(), first=_FIRST, until=_UNTIL, gross=True)[0].definition
        == "load.billable/gross@1"
    )


def test_a_target_of_a_team_is_that_of_its_hours() -> None:
    """Ada aims at 80 % of 40 hours, Bob at 50 % of 20: together at 70 % of 60, of which 36 are billed: 6 short."""
    half = replace(
        person("bob", team="north"), contracts=(ContractTerms(date(2025, 1, 1), hours=tuple(h / 2 for h in _HOURS)),)
    )
    people = (
        person("ada", team="north", target=0.8),
        replace(half, target=0.5),
        person("tbd", team="north", placeholder=True),
    )
    rows = (logged(week(-1), 30.0), logged(week(-1), 6.0, person_id="bob"))
    found = billable_utilisation(firm(people=people, logged=rows), first=week(-1), until=MONDAY, by="team")
    assert [(one.name, one.billable, one.contract, one.value) for one in found] == [("north", 36.0, 60.0, 0.6)]
    assert found[0].target == pytest.approx(0.7)
    assert found[0].short == pytest.approx(6.0)
    assert billable_utilisation(firm(people=people, logged=rows), first=week(-1), until=MONDAY, by="")[0].value == 0.6
    assert [
        one.name
        for one in billable_utilisation(firm(people=people, logged=rows), first=week(-1), until=MONDAY, by="role")
    ] == ["dev"]


def test_what_is_planned_is_apart_from_what_was() -> None:
    """On Wednesday: 16 contract hours have been, 24 are to come; each basis has its own hours only."""
    known = firm(people=(person("ada"),), logged=(logged(MONDAY, 8.0),))
    hours = [WorkHours("apollo", MONDAY, 12.0, "ada"), WorkHours("apollo", MONDAY, 9.0, "ada", billable=False)]
    asked: dict[str, Any] = {"first": MONDAY, "until": week(1)}
    past = billable_utilisation(known, **asked)[0]
    ahead = billable_utilisation(known, **asked, hours=hours, basis=MoneyBasis.FORECAST)[0]
    assert (past.billable, past.contract, past.value) == (8, 16, 0.5)
    assert (ahead.billable, ahead.contract, ahead.value) == (12, 24, 0.5)
    assert ahead.basis is MoneyBasis.FORECAST


def test_a_week_that_is_cut_gives_its_share() -> None:
    """Two of five days of next week's 10 hours at 50 % are 2 hours."""
    known = firm(people=(person("ada"),))
    hours = [WorkHours("apollo", week(1), 10.0, "ada", probability=0.5)]
    found = billable_utilisation(
        known, first=DAY, until=week(1) + timedelta(days=2), hours=hours, basis=MoneyBasis.FORECAST
    )
    assert found[0].billable == 2.0


def test_without_hours_there_is_no_share() -> None:
    """A span without working days has no figure, and no target; days in the wrong order or another key are told."""
    known = firm(people=(person("ada", target=0.8),), logged=(logged(MONDAY, 8.0),))
    found = billable_utilisation(known, first=date(2026, 5, 30), until=MONDAY)[0]
    assert (found.value, found.target, found.short) == (None, None, None)
    with pytest.raises(InputError, match="bad-span"):
        billable_utilisation(known, first=MONDAY, until=week(-1))
    with pytest.raises(InputError, match="unknown-key"):
        billable_utilisation(known, first=MONDAY, until=DAY, by="colour")
