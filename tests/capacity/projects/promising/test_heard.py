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
