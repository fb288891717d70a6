"""A portfolio read from a lake agrees with what the world that wrote the lake knows."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.capacity.projects.portfolio.practice_lake import lake_of_world, lived
from tests.kpi.logs import Event, lake_of
from troth.capacity.projects.portfolio import ContractKind, Portfolio, TimeEntry, paid_hours
from troth.capacity.projects.portfolio._lake_days import Doors
from troth.capacity.projects.portfolio._lake_load import loads_of
from troth.capacity.projects.portfolio.from_file import from_json, to_json
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Span
from troth.demo.practice import PracticeWorld
from troth.demo.practice.known import PracticeKnown
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, Resource
from troth.log.lake import Lake


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Portfolio, list[Issue], PracticeWorld]:
    """What a lake says after fourteen weeks, doubts, and the world."""
    world, until = lived(weeks=14, people=20)
    lake = lake_of_world(tmp_path_factory.mktemp("lake"), world, until=until)
    portfolio, issues = portfolio_of(lake)
    return portfolio, issues, world


@pytest.fixture(scope="module")
def read(worlds: tuple[Portfolio, list[Issue], PracticeWorld]) -> tuple[Portfolio, list[Issue], PracticeKnown]:
    """What a lake says, doubts, and what the world knows."""
    portfolio, issues, world = worlds
    return portfolio, issues, world.known()


def test_reactive_work_is_the_worlds(worlds: tuple[Portfolio, list[Issue], PracticeWorld]) -> None:
    """Hours of support a week as the world's ledger has them, by team; Mondays bring most, days differ."""
    portfolio, _, world = worlds
    assert {one.team for one in portfolio.reactive} == set(world.truth.teams)
    # Fourteen weeks with one holiday; the mean of a weekday is of days that are open.
    weekly = sum(world.record().support.values()) / 14
    assert sum(sum(one.hours) for one in portfolio.reactive) == pytest.approx(weekly, rel=0.04)
    for one in portfolio.reactive:
        assert one.hours[5:] == (0.0, 0.0) and all(hours > 0 for hours in one.hours[:5])
        assert 0.1 < one.day_cv < 1.5 and one.week_cv < one.day_cv


def test_the_day_is_the_one_after_the_log(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """What the log holds is past."""
    portfolio, _, known = read
    assert portfolio.day.isoformat() == known.day


def test_people_are_those_employed_with_their_hours(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """Teams, roles, skills, cost and the hours of each weekday, of which the tables only know the sum of the week."""
    portfolio, _, known = read
    here = {who.person_id: who for who in portfolio.people if who.terms_on(portfolio.day) is not None}
    assert set(here) == {one.agent_id for one in known.people}
    for one in known.people:
        who = here[one.agent_id]
        terms = who.terms_on(portfolio.day)
        assert terms is not None
        assert (who.team, who.role, terms.cost_cents) == (one.team, one.role, one.cost_cents)
        assert terms.hours == pytest.approx((*one.hours, 0.0, 0.0))
        assert {(held.skill, held.level) for held in who.skills} == set(one.skills)


def test_paid_hours_are_the_worlds(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """Net of leave and holidays, of the coming ten weeks, of everybody who has not given notice."""
    portfolio, _, known = read
    first, until = portfolio.day, portfolio.day + timedelta(weeks=10)
    paid = paid_hours(portfolio, first=first, until=until)
    rows = {who.person_id: row for who, row in zip(portfolio.people, paid, strict=True)}
    for one in known.people:
        if one.leaves_on:
            continue
        away = {
            date.fromisoformat(a) + timedelta(k)
            for a, b in one.leave
            for k in range((date.fromisoformat(b) - date.fromisoformat(a)).days)
        }
        for k, hours in enumerate(rows[one.agent_id]):
            day = first + timedelta(k)
            off = day in away or day.isoformat() in known.closed or day.weekday() > 4
            assert hours == pytest.approx(0.0 if off else one.hours[day.weekday()]), (one.agent_id, day)


def test_open_deals_are_as_sellers_state_them(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """Stage, probability, wish, promise and people of each open deal; hours in all, and about those of each need."""
    portfolio, _, known = read
    deals = {one.deal_id: one for one in portfolio.deals}
    assert set(deals) == {one.deal for one in known.deals} and len(deals) > 5
    for one in known.deals:
        deal = deals[one.deal]
        assert (deal.stage, deal.probability, deal.customer_id, deal.template) == (
            one.stage,
            one.stated,
            one.customer_id,
            one.template,
        )
        assert (deal.seller, deal.estimator, deal.wanted.isoformat()) == (one.seller_id, one.estimator_id, one.wanted)
        assert (deal.promised_start.isoformat() if deal.promised_start else "") == one.promised_start
        assert deal.kind == one.contract_kind
        assert {phase.phase_id: phase.after for phase in deal.phases} == dict(one.after)
        hours = {(phase.phase_id, need.skill): need.hours for phase in deal.phases for need in phase.needs}
        assert sum(hours.values()) == pytest.approx(sum(h for *_, h in one.needs))
        for phase, skill, wanted in one.needs:
            assert hours[phase, skill] == pytest.approx(wanted, abs=1.5)


def test_projects_are_those_running_with_their_hours(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """Customer, money, days, promises, phases, estimates and what was logged on each phase."""
    portfolio, _, known = read
    projects = {one.project_id: one for one in portfolio.projects if not all(phase.done for phase in one.phases)}
    assert set(projects) == {one.project for one in known.projects} and len(projects) > 3
    for one in known.projects:
        project = projects[one.project]
        assert (project.customer_id, project.template, project.kind) == (
            one.customer_id,
            one.template,
            one.contract_kind,
        )
        assert (project.budget_cents, project.estimator) == (one.budget_cents, one.estimator_id)
        found = [
            day.isoformat() if day else "" for day in (project.started, project.promised_start, project.promised_finish)
        ]
        assert found == [one.started, one.promised_start, one.promised_finish]
        assert {phase.phase_id: phase.after for phase in project.phases} == dict(one.after)
        done = {task.phase for task in one.tasks} - {task.phase for task in one.tasks if not task.done}
        assert {phase.phase_id for phase in project.phases if phase.done} == done
        logged: dict[str, float] = defaultdict(float)
        for task in one.tasks:
            logged[task.phase] += task.logged
            need = next(
                n
                for phase in project.phases
                if phase.phase_id == task.phase
                for n in phase.needs
                if n.skill == task.skill
            )
            assert need.hours == task.estimate
        for phase in project.phases:
            assert sum(need.logged for need in phase.needs) == pytest.approx(logged[phase.phase_id], abs=0.05)
            if len(phase.needs) == 1 and not phase.done:
                (task,) = (one for one in one.tasks if one.phase == phase.phase_id)
                assert phase.needs[0].remaining == pytest.approx(task.left, abs=0.05)
        total = sum(row.hours for row in portfolio.logged if row.project_id == one.project)
        assert total == pytest.approx(sum(logged.values()), abs=0.1)
        if not one.started and one.promised_start:
            assert project.earliest is not None and project.earliest.isoformat() == one.earliest


def test_bookings_are_the_worlds(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """Who is booked in which week on what, hard or soft, of what is not over."""
    portfolio, _, known = read
    found = {(one.person_id, one.first.isoformat(), one.project_id, one.hours, one.hard) for one in portfolio.bookings}
    ahead = [one for one in known.bookings if date.fromisoformat(one[1]) + timedelta(7) > portfolio.day]
    assert found == set(ahead)
    assert {one[-1] for one in found} == {True, False}
    assert all((one.until - one.first).days == 7 and one.first.weekday() == 0 for one in portfolio.bookings)


def test_what_is_read_has_no_errors_and_is_a_file(read: tuple[Portfolio, list[Issue], PracticeKnown]) -> None:
    """A whole log makes a portfolio that can be planned on, and written."""
    portfolio, issues, _ = read
    assert [one for one in issues if one.severity is Severity.ERROR] == []
    assert all(one.advice.startswith("Maybe ") for one in issues)
    assert from_json(to_json(portfolio))[0] == portfolio
    assert portfolio.rates and portfolio.currency == "EUR" and len(portfolio.templates) == 4


@pytest.mark.parametrize("weeks", [6, 11])
def test_an_earlier_day_is_as_it_was_known_then(weeks: int, tmp_path: Path) -> None:
    """From a log that goes on: deals, bookings and hours as of the day; nothing that came later."""
    world, until = lived(weeks=14)
    _, then = lived(weeks=weeks)
    log = world.step(then)
    known = world.known()
    lake = lake_of_world(tmp_path / "lake", world, until=until)
    with lake.session() as con:
        con.register("log", log)
        lake.events.put(con, ["SELECT * FROM log"])
    portfolio, _ = portfolio_of(lake, day=date.fromisoformat(known.day))
    assert {(one.deal_id, one.stage, one.probability) for one in portfolio.deals} == {
        (one.deal, one.stage, one.stated) for one in known.deals
    }
    assert {one.project_id for one in portfolio.projects if not all(phase.done for phase in one.phases)} == {
        one.project for one in known.projects
    }
    ahead = {one for one in known.bookings if date.fromisoformat(one[1]) + timedelta(7) > portfolio.day}
    assert {
        (one.person_id, one.first.isoformat(), one.project_id, one.hours, one.hard) for one in portfolio.bookings
    } == ahead
    assert max(one.day for one in portfolio.logged) < portfolio.day


UTC_DAY = date(2026, 6, 1)


def small(folder: Path, **more: object) -> Lake:
    """Return a lake of two people of a site whose clocks are those of London, and one who left."""
    events = [
        Event(datetime(2026, 5, 4, 9, tzinfo=UTC), "deal_changed", "1", subject_kind="deal", subject_id="d1", site="hall", step="won", value=1.0,
              attributes={"project": "j1", "template": "study", "window_start": "2026-05-03T23:00:00Z"}),
        Event(datetime(2026, 5, 6, 23, 30, tzinfo=UTC), "time_logged", "2", subject_kind="project", subject_id="j1", agent_id="old", site="hall",
              value=6.0, attributes={"phase": "study", "billable": True}),
        Event(datetime(2026, 5, 7, 9, tzinfo=UTC), "time_logged", "3", subject_kind="project", subject_id="j0", agent_id="ada", site="hall",
              value=1.0, attributes={"billable": False}),
        Event(datetime(2026, 5, 8, 9, tzinfo=UTC), "booked", "4", subject_kind="booking", subject_id="b1", agent_id="zoe", site="hall", value=5.0,
              attributes={"project": "j1", "booking_type": "soft", "window_start": "2026-05-31T23:00:00Z", "window_end": "2026-06-07T23:00:00Z"}),
        Event(datetime(2026, 5, 8, 9, tzinfo=UTC), "deal_changed", "5", subject_kind="deal", subject_id="d2", site="hall", step="lead", value=0.3,
              attributes={"template": "study", "hours": 20, "window_start": "soon"}),
    ]  # fmt: skip
    tables: dict[str, list[dict[str, object]]] = {
        "sites": [{"site": "hall", "time_zone": "Europe/London"}],
        "people": [{"agent_id": who, "kind": "human", "role": "senior"} for who in ("ada", "ben", "old", "sam")],
        "memberships": [{"agent_id": who, "team": "north", "site": "hall"} for who in ("ada", "ben", "old", "sam")],
        "contracts": [
            {"agent_id": "ada", "hours_per_week": 40.0, "valid_from": date(2025, 1, 1)},
            {"agent_id": "ada", "hours_per_week": 20.0, "valid_from": date(2026, 7, 1)},
            {"agent_id": "ben", "hours_per_week": 30.0},
            {"agent_id": "old", "hours_per_week": 40.0, "valid_to": date(2026, 5, 16)},
        ],
        "rates": [
            {"dimension": "", "member": "", "cents_per_hour": 3000, "currency": "GBP"},
            {"dimension": "agent", "member": "ada", "cents_per_hour": 4000, "currency": "GBP", "valid_from": date(2026, 6, 15)},
            {"dimension": "team", "member": "south", "cents_per_hour": 9000, "currency": "GBP"},
        ],
        "skills": [{"agent_id": "ada", "skill": "data", "level": 2.0, "valid_to": date(2026, 9, 1)}, {"agent_id": "ben", "skill": "law"}],
        "leave": [
            {"agent_id": "ada", "starts_at": datetime(2026, 6, 3, 12, tzinfo=UTC), "ends_at": datetime(2026, 6, 5, 22, tzinfo=UTC), "reason": "trip"},
        ],
        "rate_cards": [{"role": "senior", "customer_id": "", "cents_per_hour": 9000, "currency": "USD", "valid_from": date(2026, 1, 1)}],
        "targets": [{"kpi": "load.billable", "variant": "", "dimension": "team", "member": "north", "target": 0.75}],
        "calendars": [
            {"calendar": "doors", "time_zone": "Europe/London", "weekday": k, "opens": "09:00", "closes": "18:00"} for k in (0, 1, 2, 3, 5)
        ],
        "calendar_days": [
            {"calendar": "doors", "day": date(2026, 6, 8)}, {"calendar": "doors", "day": date(2026, 6, 9), "opens": "10:00", "closes": "12:00"},
        ],
        "calendar_use": [{"dimension": "site", "member": "hall", "calendar": "doors"}],
        "projects": [{"project": "j1", "customer_id": "c1", "template": "study", "contract_kind": "fixed_price", "budget_cents": 500_000, "currency": "GBP"}],
        "project_tasks": [
            {"project": "j1", "phase": "study", "skill": "data", "hours": 30.0, "estimator_id": "eve"},
            {"project": "j1", "phase": "study", "skill": "law", "hours": 10.0}, {"project": "j1", "phase": "report", "skill": "law", "hours": 10.0, "after": "study"},
        ],
        "project_templates": [{"template": "study", "phase": "study", "skill": "data", "hours": 40.0}],
        "schedules": [
            {"agent_id": "ben", "site": "other", "state": "shift", "starts_at": datetime(2026, 6, 1, 21, tzinfo=UTC), "ends_at": datetime(2026, 6, 2, 1, tzinfo=UTC)},
            {"agent_id": "ben", "site": "hall", "state": "shift", "starts_at": datetime(2026, 6, 3, 8, tzinfo=UTC), "ends_at": datetime(2026, 6, 3, 12, tzinfo=UTC)},
        ],
    }  # fmt: skip
    return lake_of(folder, events, **{**tables, **more})  # type: ignore[arg-type]


def test_tables_are_put_together_as_they_hold(tmp_path: Path) -> None:
    """Contracts with what an hour costs, weekdays of the calendar, leave in part, rates, targets, shifts at other sites."""
    portfolio, issues = portfolio_of(small(tmp_path / "lake"), day=UTC_DAY)
    ada, ben, old = portfolio.people
    week = (8.0, 8.0, 8.0, 8.0, 0.0, 8.0, 0.0)
    half = tuple(hours / 2 for hours in week)
    told = [(one.first, one.until, one.hours, one.cost_cents) for one in ada.contracts]
    assert told == [
        (date(2025, 1, 1), date(2026, 6, 15), week, 3000), (date(2026, 6, 15), date(2026, 7, 1), week, 4000), (date(2026, 7, 1), None, half, 4000),
    ]  # fmt: skip
    assert (ada.target, ada.role, ada.team, ada.location, ada.skills[0].until) == (
        0.75,
        "senior",
        "north",
        "hall",
        date(2026, 9, 1),
    )
    assert ben.contracts[0].cost_cents == 3000 and ben.skills[0].level == 1.0
    assert old.contracts[0].until == date(2026, 5, 16)
    # London is an hour ahead: away from one in the afternoon on, five of nine hours, then two days, of which one is closed anyway.
    assert [(one.first, one.until, one.reason) for one in ada.leave] == [(date(2026, 6, 4), date(2026, 6, 5), "trip")]
    assert [(one.person_id, one.day, one.hours, one.kind) for one in portfolio.claims] == [
        ("ada", date(2026, 6, 3), 5.0, "leave"), ("ada", date(2026, 6, 5), 23.0, "leave"), ("ben", date(2026, 6, 1), 2.0, "shift"),
        ("ben", date(2026, 6, 2), 2.0, "shift"),
    ]  # fmt: skip
    assert portfolio.holidays == {"doors": frozenset({date(2026, 6, 8)})}
    assert portfolio.currency == "GBP" and portfolio.rates[0].currency == "USD"
    assert {(one.code, one.value) for one in issues} == {
        ("no-contract", "sam"), ("bad-time", "soon"), ("no-wish", ""), ("unknown-person", "zoe"), ("no-exchange-rate", "USD"),
        ("wanted-in-the-past", "2026-05-08"), ("no-price", ""),
    }  # fmt: skip


def test_hours_are_shared_out_to_the_skills_of_who_logged_them(tmp_path: Path) -> None:
    """Of somebody who has none of a phase's skills by the estimate; a price is earned by estimated hours; days are local."""
    portfolio, _ = portfolio_of(small(tmp_path / "lake"), day=UTC_DAY)
    (project,) = portfolio.projects
    assert project.kind is ContractKind.FIXED and project.price_cents == 500_000
    assert [(phase.phase_id, phase.share) for phase in project.phases] == [("study", 0.8), ("report", 0.2)]
    assert [(need.skill, need.logged, need.remaining) for need in project.phases[0].needs] == [
        ("data", 4.5, 25.5),
        ("law", 1.5, 8.5),
    ]
    assert project.started == portfolio.logged[0].day == date(2026, 5, 7)
    assert project.earliest == date(2026, 5, 4)
    assert project.members == ("old",) and project.estimator == "eve"
    assert [one.project_id for one in portfolio.logged] == ["j1"]
    (booking,) = portfolio.bookings
    assert (booking.person_id, booking.probability, booking.first, booking.until) == (
        "zoe",
        0.5,
        UTC_DAY,
        date(2026, 6, 8),
    )
    assert portfolio_of(small(tmp_path / "again"), day=UTC_DAY, soft=0.2)[0].bookings[0].probability == 0.2


def test_claims_of_a_ledger_take_hours(tmp_path: Path) -> None:
    """Hard claims of people that are no leave, project or use of a shift; what schedules say is then the ledger's to know."""

    def claim(name: str, who: str, kind: ClaimKind, hours: int = 4, **more: object) -> CapacityClaim:
        start = datetime(2026, 6, 2, 8, tzinfo=UTC)
        return CapacityClaim(name, who, Span(start, start + timedelta(hours=hours)), kind, **more)  # type: ignore[arg-type]

    ledger = CapacityLedger(
        (Resource("ben"), Resource("ada")),
        (
            claim("a", "ben", ClaimKind.SHIFT), claim("b", "ben", ClaimKind.VISIT, 2, inside="a"), claim("c", "ada", ClaimKind.LEAVE),
            claim("d", "ada", ClaimKind.PROJECT), claim("e", "ada", ClaimKind.VISIT, probability=0.5), claim("f", "ada", ClaimKind.TRAINING, 1),
        ),
    )  # fmt: skip
    portfolio, _ = portfolio_of(small(tmp_path / "lake"), day=UTC_DAY, ledger=ledger)
    assert [(one.person_id, one.hours, one.kind) for one in portfolio.claims if one.kind != "leave"] == [
        ("ada", 1.0, "training"), ("ben", 4.0, "shift"),
    ]  # fmt: skip


def test_a_lake_without_projects_and_a_site_that_is_none_are_told(tmp_path: Path) -> None:
    """No deals and time sheets at all, and a name that no table has."""
    empty = lake_of(tmp_path / "empty", [Event(datetime(2026, 5, 4, tzinfo=UTC), "opened", "1", case_id="c")])
    with pytest.raises(InputError, match="no-projects"):
        portfolio_of(empty)
    with pytest.raises(InputError, match=r"unknown-site.*Maybe one of hall"):
        portfolio_of(small(tmp_path / "lake"), site="hell")


def test_days_and_weeks_of_reactive_work_are_told_apart() -> None:
    """Of drawn hours with a known part of the day and of the week: both are found again, and one alone does not look like both."""
    rng, first = np.random.default_rng(5), date(2026, 1, 5)
    for day_cv, week_cv in ((0.3, 0.2), (0.3, 0.0), (0.05, 0.25)):
        days = [first + timedelta(k) for k in range(26 * 7) if k % 7 < 5]
        weeks = rng.gamma(1 / week_cv**2, week_cv**2, 26) if week_cv else np.ones(26)
        noise = rng.gamma(1 / day_cv**2, day_cv**2, len(days))
        rows = [
            (TimeEntry("help", "ada", day, float((6 - day.weekday()) * weeks[k // 5] * noise[k]), billable=False), "north")
            for k, day in enumerate(days)
        ]  # fmt: skip
        rows += [
            (TimeEntry("p1", "ada", days[0], 90.0, billable=False), "north"),
            (TimeEntry("x", "ada", days[0], 90.0), "north"),
        ]
        (load,) = loads_of(rows, projects={"p1"}, doors={"north": Doors()}, day=first + timedelta(26 * 7))
        assert load.hours == pytest.approx((6, 5, 4, 3, 2, 0, 0), rel=0.2)
        assert load.day_cv == pytest.approx(day_cv, rel=0.25)
        assert load.week_cv == pytest.approx(week_cv, abs=0.08)
    assert loads_of(rows[:15], projects={"p1"}, doors={"north": Doors()}, day=days[15]) == ()
