"""The log of the demo's practice heard as a history, held against what its world wrote down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    HeldSkill,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    Project,
    ProjectPhase,
    SkillNeed,
)
from troth.capacity.projects.promising._heard import ACTIVITIES, Heard
from troth.capacity.projects.promising.history import ProjectHistory
from troth.capacity.projects.promising.learn import learn
from troth.demo.practice import PracticeWorld, practice

START, WEEKS = date(2026, 3, 2), 30


@pytest.fixture(scope="module")
def lived() -> tuple[PracticeWorld, ProjectHistory]:
    """Return a world that lived, and the history heard from its log."""
    truth = practice("p", start=START.isoformat(), days=7 * WEEKS, people=12)
    world = PracticeWorld(truth, 4)
    ends = START + timedelta(days=7 * WEEKS - 1)
    rows = world.step(datetime(ends.year, ends.month, ends.day, 12, tzinfo=UTC)).to_pylist()
    heard = Heard(ZoneInfo("Europe/Vilnius"))
    # In two parts: what is heard later goes on with what was heard before.
    some = [row for row in rows if row["activity"] in ACTIVITIES]
    heard.take(some[: len(some) // 2])
    heard.take(some[len(some) // 2 :])
    day = ends + timedelta(days=1)
    holders = [h for h in world.holders if h.came < day.toordinal()]
    people = [
        Consultant(
            h.who.agent_id,
            (ContractTerms(date.fromordinal(h.came), date.fromordinal(h.goes) if h.goes < day.toordinal() else None, (*h.who.hours, 0.0, 0.0)),),
            tuple(HeldSkill(skill, float(level)) for skill, level in h.who.skills),
            tuple(LeaveSpan(date.fromisoformat(a), date.fromisoformat(b)) for a, b in h.who.leave),
            h.who.role,
            h.who.team,
        )
        for h in holders
    ]  # fmt: skip
    meeting = OperationalReservation("meeting", (1.0, 0, 0, 0, 0, 0, 0))
    projects = {world.project_id(p.number): _project(world, p.number) for p in world.projects.values()}
    usual = {
        t.template: tuple(ProjectPhase(p.phase, tuple(SkillNeed(*n) for n in p.needs)) for p in t.phases)
        for t in truth.templates
    }
    history = heard.history(
        day=day, people=people, projects=projects, templates=usual, house=Portfolio(day, reservations=(meeting,))
    )
    return world, history


def _project(world: PracticeWorld, number: int) -> Project:
    p = world.projects[number]
    phases = [
        ProjectPhase(
            one.phase,
            tuple(SkillNeed(t.skill, t.estimate) for t in p.tasks if t.phase == k),
            one.after,
            task_type=one.task_type,
        )
        for k, one in enumerate(p.template.phases)
    ]
    return Project(world.project_id(number), tuple(phases), estimator=world.truth.estimators[p.deal.estimator][0])


def test_deals_are_those_of_the_world(lived: tuple[PracticeWorld, ProjectHistory]) -> None:
    """Every deal that was won or lost is heard so, with what was stated of it on the way."""
    world, history = lived
    over = {one.deal_id: one for one in history.deals if one.closed is not None}
    assert len(over) == len(world.record().deals)
    told = 0
    for number, _, stated, won in world.record().deals:
        one = over[world.deal_id(number)]
        assert one.won == won
        days = [day for day, _, _ in one.stages]
        if days and len({*days, one.closed}) > len(days):
            assert [p for _, _, p in one.stages] == list(stated)
            told += 1
    # Of the others the log has several changes on one day, in no reliable order.
    assert told > 0.5 * len(over)


def test_finished_phases_have_their_hours(lived: tuple[PracticeWorld, ProjectHistory]) -> None:
    """Estimated and logged hours of finished phases are those of their tasks, and shares of people add up."""
    world, history = lived
    done = [one for one in history.phases if one.done]
    assert sum(one.logged for one in done) == pytest.approx(sum(task.logged for task in world.record().tasks), rel=1e-3)
    assert sum(one.estimated for one in done) == pytest.approx(sum(task.estimate for task in world.record().tasks))
    for one in history.phases:
        assert sum(one.people.values()) == pytest.approx(1.0)
        assert sum(one.levels.values()) == pytest.approx(1.0)


def test_weeks_add_up(lived: tuple[PracticeWorld, ProjectHistory]) -> None:
    """Hours of projects and of support in people's weeks are those the world wrote down; contract days are its capacity."""
    world, history = lived
    assert sum(one.worked for one in history.weeks) == pytest.approx(sum(world.record().billable.values()), rel=1e-3)
    assert sum(one.reactive for one in history.weeks) == pytest.approx(sum(world.record().support.values()), rel=1e-3)
    assert sum(one.hours for one in history.reactive) == pytest.approx(sum(world.record().support.values()), rel=1e-3)
    missed = sum(len(one.missed) for one in history.attendance) / sum(len(one.due) for one in history.attendance)
    assert missed == pytest.approx(world.truth.absence, abs=0.01)


def test_what_is_learned_is_near_the_truth(lived: tuple[PracticeWorld, ProjectHistory]) -> None:
    """From half a year the turn of two, what is kept for it, lunches and late clients come out near what the world does."""
    world, history = lived
    found = learn(history).beliefs
    assert found.reactive.on_duty == 2
    assert found.reactive.kept == pytest.approx(0.55, abs=0.12)
    assert found.pace.day_lost == pytest.approx(0.5, abs=0.05)
    assert found.slips.share == pytest.approx(world.truth.slip_share, abs=0.25)
    assert found.wins.shift < 0
    assert sum(found.coming.per_week.values()) == pytest.approx(world.truth.deals_per_week, rel=0.35)


# ---- a few days by hand --------------------------------------------------------------------------------------------

MONDAY = date(2026, 6, 1)


def _at(day: int, hour: float) -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day, hours=hour)


def _row(at: datetime, activity: str, **more: object) -> dict[str, object]:
    names = ("step", "subject_kind", "subject_id", "case_id", "agent_id", "team", "value", "attributes")
    return {"occurred_at": at, "activity": activity} | dict.fromkeys(names) | more


def _shift(day: int, *, hours: float, pause: float, who: str = "ada") -> list[dict[str, object]]:
    """Return a shift from eight with a break at noon."""
    return [
        _row(_at(day, 8), "shift_started", agent_id=who),
        _row(_at(day, 12), "state_changed", agent_id=who, step="break"),
        _row(_at(day, 12 + pause), "state_changed", agent_id=who, step="available"),
        _row(_at(day, 8 + hours), "shift_ended", agent_id=who),
    ]


def _history(rows: list[dict[str, object]], *, days: int = 14, **more: object) -> ProjectHistory:
    heard = Heard(ZoneInfo("UTC"), reactive=frozenset(), projects=frozenset({"p1"}))
    heard.take(sorted(rows, key=lambda row: str(row["occurred_at"])))
    ada = Consultant("ada", (ContractTerms(date(2025, 1, 1)),), team="north", **more)  # type: ignore[arg-type]
    until = MONDAY + timedelta(days=days)
    return heard.history(day=until, people=[ada], projects={}, templates={}, house=Portfolio(until))


def test_breaks_come_off_contract_hours_only_where_shifts_are_not_longer_by_them() -> None:
    """Eight hours of contract: of shifts of eight with half an hour of lunch half an hour is lost, of those of eight and a half none."""
    for hours, lost in ((8.0, 0.5), (8.5, 0.0), (8.25, 0.25)):
        found = _history([row for k in range(5) for row in _shift(k, hours=hours, pause=0.5)])
        assert found.breaks == pytest.approx((lost,) * 5)


def test_leave_is_no_absence_but_illness_is_wherever_it_is_entered() -> None:
    """Planned leave is not due; illness entered as leave is missed; so is a day without a shift; days before the first are not known."""
    shifts = [row for k in (2, 3, 7, 9, 10, 11) for row in _shift(k, hours=8.0, pause=0.5)]
    holiday = LeaveSpan(MONDAY + timedelta(days=8), MONDAY + timedelta(days=9), "holiday")
    ill = LeaveSpan(MONDAY + timedelta(days=4), MONDAY + timedelta(days=5), "illness")
    (seen,) = _history([_row(_at(0, 1), "opened", case_id="c"), *shifts], leave=(holiday, ill)).attendance
    assert [(at - MONDAY).days for at in seen.due] == [2, 3, 4, 7, 9, 10, 11]
    assert [(at - MONDAY).days for at in seen.missed] == [4]
    (seen,) = _history(shifts, leave=(holiday,)).attendance
    assert [(at - MONDAY).days for at in seen.missed] == [4]


def test_a_log_without_shifts_says_nothing_of_absence() -> None:
    """Time sheets alone: nobody was away as far as is known, unless illness is entered, and weeks count as worked."""
    sheets = [
        _row(_at(k, 17), "time_logged", subject_id="p1", agent_id="ada", team="north", value=8.0, attributes="{}")
        for k in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)
    ]
    found = _history(sheets)
    assert not found.attendance[0].due and learn(found).beliefs.people.absence == 0
    assert [(one.worked, one.there) for one in found.weeks] == [(40.0, 40.0)] * 2
    ill = LeaveSpan(MONDAY + timedelta(days=4), MONDAY + timedelta(days=5), "illness")
    (seen,) = _history(sheets, leave=(ill,)).attendance
    assert len(seen.due) == 10 and len(seen.missed) == 1


def test_hours_that_nobody_pays_for_and_that_are_of_no_project_come_by_themselves() -> None:
    """As in a portfolio, whatever they are called; hours of a project do not, paid or not; days before the first sheet do not count."""

    def sheet(day: int, project: str, note: str) -> dict[str, object]:
        return _row(
            _at(day, 17), "time_logged", subject_id=project, agent_id="ada", team="north", value=2.0, attributes=note
        )

    free, sold = '{"billable": false, "task_type": "help"}', '{"billable": true, "task_type": "support"}'
    rows = [
        sheet(7, "p0", free),
        sheet(8, "p1", free),
        sheet(9, "p0", sold),
        sheet(10, "p1", sold),
        sheet(11, "p0", free),
    ]
    found = _history([_row(_at(0, 1), "opened", case_id="c"), *rows])
    assert {(one.day - MONDAY).days: one.hours for one in found.reactive} == {7: 2.0, 11: 2.0}


def test_cases_that_are_closed_or_joined_wait_no_more() -> None:
    """Of five cases one is left: it waits for as many hours as those that were answered took on average."""
    ends = {"a": "resolved", "b": "closed", "c": "merged", "d": "closed"}
    rows = [_row(_at(0, 9), "opened", case_id=name, team="north") for name in "abcde"]
    rows += [_row(_at(1, 9), how, case_id=name, team="north") for name, how in ends.items()]
    rows += [_row(_at(2, 9), "closed", case_id="a", team="north")]
    rows += [
        _row(
            _at(1, 17),
            "time_logged",
            subject_id="p0",
            agent_id="ada",
            team="north",
            value=6.0,
            attributes='{"billable": false}',
        )
    ]
    assert _history(rows).waits == {"north": pytest.approx(2.0)}
