"""Plans again from now: what has begun stays, changes are few, have a cause and save what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from tests.field.routing.town import day
from troth.core.decision import Stop
from troth.field.routing import (
    FieldTechnician,
    PromisedWindow,
    RoutePlan,
    RoutingParams,
    RoutingPrices,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    VisitRequest,
    breaches,
    solve,
)
from troth.field.routing.clock import timed
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob
from troth.field.routing.explain import sentence
from troth.field.routing.replan import Replanned, replan
from troth.field.routing.sofar import state_at
from troth.field.routing.solve import judged

BEGINS = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
STEPS, ONE = Stop(steps=150), RoutingParams(chains=1)


def _problem() -> RoutingProblem:
    rng = np.random.default_rng(4)
    at = rng.uniform(0, 1500, (30, 2))
    crew = tuple(
        FieldTechnician(f"t{k}", (TechnicianShift(0, 32400, k, k, 3600),), cost_per_hour_cents=2000) for k in range(5)
    )
    visits = []
    for k in range(24):
        start = float(rng.integers(0, 12)) * 1800
        visits.append(
            VisitRequest(f"v{k}", 5 + k, 2400, promised=PromisedWindow(start, start + 7200), unserved_cents=30000)
        )
    seconds = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    return RoutingProblem(BEGINS, tuple(visits), crew, seconds)


@pytest.fixture(scope="module")
def plan() -> RoutePlan:
    return solve(_problem(), stop=STEPS, seed=1, params=ONE)


def _state(plan: RoutePlan, now: float) -> DayState:
    """Everything has gone as planned until now."""
    place = {one.visit_id: one.place for one in plan.problem.visits}
    done, running, places = set(), {}, {}
    for tour in plan.tours:
        for stop in tour.stops:
            if stop.kind is not StopKind.VISIT:
                continue
            if stop.ends_s <= now:
                done.add(stop.name)
                places[tour.technician_id] = place[stop.name]
            elif stop.starts_s <= now:
                running[tour.technician_id] = RunningJob(stop.name, place[stop.name], stop.ends_s)
    return DayState(now, frozenset(done), running, places)


def test_somebody_is_ill(plan: RoutePlan) -> None:
    """Somebody is ill."""
    now = 9000.0
    state = _state(plan, now)
    ill = max(plan.tours, key=lambda tour: sum(s.starts_s > now for s in tour.stops)).technician_id
    event = DayEvent(EventKind.ILL, now, technician_id=ill)
    found = replan(plan, state=state, events=[event], stop=STEPS, seed=1, params=ONE)
    assert not found.plan.broken
    assert not any(tour.technician_id == ill for tour in found.plan.tours)
    begun = state.done | {job.visit_id for job in state.running.values()}
    assert not begun & {name for tour in found.plan.tours for name in tour.visits()}
    for tour in found.plan.tours:
        if tour.technician_id in state.running:
            assert tour.leaves_s >= state.running[tour.technician_id].ends_s
    assert found.moved <= 0.05 * found.untouched
    theirs = [one for one in found.changes if one.from_technician == ill]
    assert theirs
    assert all(one.cause == event for one in theirs)
    served = [one for one in theirs if one.to_s is not None]
    assert served
    assert all(one.spares.get("routing.unserved") == 1 for one in served)
    assert found.saves["routing.unserved"] >= 30000 * len(served)
    said = sentence(served[0].explanation, names={ill: "Jonas"})
    assert "Jonas is ill" in said
    assert "saves one visit left out" in said


def test_nothing_happened_and_hardly_anything_changes(plan: RoutePlan) -> None:
    """Nothing happened and hardly anything changes."""
    found = replan(plan, state=_state(plan, 7200.0), stop=STEPS, seed=1, params=ONE)
    assert found.moved <= 0.05 * found.untouched
    assert found.plan.value <= found.left_alone.value + 1e-6


def test_a_plan_beyond_the_budget_is_not_taken(plan: RoutePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search comes back with more changes than may be, what is known stays, and the emergency is served all the same."""
    now = 7200.0
    new = VisitRequest("sos", 29, 1800, promised=PromisedWindow(now, now + 7200), unserved_cents=90000)
    event = DayEvent(EventKind.EMERGENCY, now, visit_id="sos")
    asked: list[int | None] = []

    def careless(problem: RoutingProblem, **given: Any) -> RoutePlan:
        """At first pay no heed to the budget, nor to what is published."""
        asked.append(problem.prices.most_changes)
        if len(asked) > 1:
            return solve(problem, **given)
        free = replace(problem, prices=RoutingPrices(), published=())
        visits = tuple(replace(one, promised=None) for one in free.visits)
        moved = solve(replace(free, visits=visits), stop=STEPS, seed=5, params=ONE)
        return judged(problem, tours=moved.tours)

    # By its full name: the package has a function of the same name.
    monkeypatch.setattr(import_module("troth.field.routing.replan"), "solve", careless)
    found = replan(plan, state=_state(plan, now), events=[event], new=[new], stop=STEPS, seed=1, params=ONE)
    assert len(asked) == 2
    assert found.moved <= 0.05 * found.untouched
    assert "sos" in {name for tour in found.plan.tours for name in tour.visits()}
    assert not found.plan.broken


def test_an_emergency_goes_in_and_a_cancelled_visit_out(plan: RoutePlan) -> None:
    """An emergency goes in and a cancelled visit out."""
    now = 7200.0
    state = _state(plan, now)
    left = [s.name for tour in plan.tours for s in tour.stops if s.kind is StopKind.VISIT and s.starts_s > now + 3600]
    new = VisitRequest("sos", 29, 1800, promised=PromisedWindow(now, now + 7200), unserved_cents=90000)
    events = [
        DayEvent(EventKind.EMERGENCY, now, visit_id="sos"),
        DayEvent(EventKind.CANCELLED, now, visit_id=left[0]),
    ]
    found = replan(plan, state=state, events=events, new=[new], stop=STEPS, seed=1, params=ONE)
    made = {name for tour in found.plan.tours for name in tour.visits()}
    assert "sos" in made
    assert left[0] not in made
    added = next(one for one in found.changes if one.visit_id == "sos")
    assert (added.kind, added.cause) == ("added", events[0])
    assert added.spares == {"routing.unserved": 1} or added.saves["routing.unserved"] == 90000


def test_a_plan_can_be_planned_again_and_again(plan: RoutePlan) -> None:
    """A plan can be planned again and again."""
    found: Replanned | None = None
    now_plan = plan
    for now in (3600.0, 7200.0, 10800.0):
        found = replan(now_plan, state=_state(now_plan, now), stop=Stop(steps=30), seed=1, params=ONE)
        assert not found.plan.broken
        assert breaches(found.plan.problem, tours=found.plan.tours)
        now_plan = found.plan
    assert found is not None
    assert all(tour.leaves_s >= 10800 for tour in found.plan.tours)


def _hand(names: str, *, shifts: tuple[TechnicianShift, ...] = (TechnicianShift(0, 28800, 0, 0),)) -> RoutingProblem:
    """Return a problem of ada and ben with visits of an hour each, ten minutes apart; `p` needs a pump, of which each van has one."""
    crew = tuple(FieldTechnician(who, shifts, parts={"pump": 1}, cost_per_hour_cents=2000.0) for who in ("ada", "ben"))
    visits = tuple(
        VisitRequest(name, k, 3600, parts={"pump": 1} if name == "p" else {}, unserved_cents=90000.0)
        for k, name in enumerate(names.split(), start=1)
    )
    size = len(visits) + 1
    return RoutingProblem(BEGINS, visits, crew, np.full((size, size), 600.0) - 600.0 * np.eye(size))


def _day(problem: RoutingProblem, **orders: str) -> RoutePlan:
    return judged(problem, tours=day(problem, **orders), why=False)


def test_the_whole_day_is_one_plan_that_is_planned_again() -> None:
    """What is done stays in front with its instants, what goes on ends when it ends, then comes the new plan; nothing is new later."""
    plan = _day(_hand("a b c d e f"), ada="a b c", ben="d e f")
    whole, earlier, done = plan, list[DayEvent](), set[str]()
    for now, event in (
        (5000.0, DayEvent(EventKind.LATE, 5000, technician_id="ada", seconds=900)),
        (9300.0, DayEvent(EventKind.CANCELLED, 9300, visit_id="f")),
        (9400.0, DayEvent(EventKind.ILL, 9400, technician_id="ben")),
        (20000.0, DayEvent(EventKind.BACK, 20000, technician_id="ben")),
    ):
        every = [*earlier, event]
        state = state_at(whole.problem, tours=whole.tours, at_s=now, events=every)
        assert done <= state.done | {job.visit_id for job in state.running.values()}
        found = replan(whole, state=state, events=[event], earlier=earlier, stop=Stop(steps=20), seed=1, params=ONE)
        assert "added" not in {one.kind for one in found.changes}
        before = {s.name: (t.technician_id, s) for t in whole.tours for s in t.stops if s.name in state.done}
        after = {s.name: (t.technician_id, s) for t in found.whole.tours for s in t.stops}
        assert all(after[name] == stop for name, stop in before.items() if name != "f")
        on = {who: job.ends_s for who, job in state.running.items() if who != "ben" or event.kind is EventKind.LATE}
        assert all(after[state.running[who].visit_id][1].ends_s == ends for who, ends in on.items())
        made = [name for tour in found.whole.tours for name in tour.visits()]
        assert len(made) == len(set(made))
        assert not [one for one in found.whole.broken if one.rule != "routing.must"]
        whole, earlier, done = found.whole, every, set(state.done) - {"f"}
    assert sorted(made) == ["a", "b", "c", "d", "e"] and not whole.unserved


def test_shifts_of_the_whole_day_have_the_numbers_of_the_day() -> None:
    """On the second day the first one's tours stay, and those of the second are of the second shift."""
    problem = _hand("a b c d", shifts=(TechnicianShift(0, 28800, 0, 0), TechnicianShift(86400, 115200, 0, 0, day=1)))
    first = day(problem, ada="a", ben="b")
    second = tuple(timed(problem, technician_id=who, shift=1, order=[(StopKind.VISIT, name)]) for who, name in (("ada", "c"), ("ben", "d")))  # fmt: skip
    plan = judged(problem, tours=(*first, *second), why=False)
    now = 86400.0 + 60
    event = DayEvent(EventKind.ILL, now, technician_id="ben")
    state = state_at(problem, tours=plan.tours, at_s=now, events=[event])
    found = replan(plan, state=state, events=[event], stop=Stop(steps=20), seed=1, params=ONE)
    got = {(tour.technician_id, tour.shift): tour.visits() for tour in found.whole.tours}
    assert got == {("ada", 0): ("a",), ("ben", 0): ("b",), ("ada", 1): ("c", "d")}
    assert found.whole.tours[0] == first[0] and not found.whole.broken


def test_a_missing_part_is_a_reason_to_go_with_another_van() -> None:
    """Before the visit and at it: whoever has the part goes, nobody goes without, and the change says why."""
    plan = _day(_hand("a p b c"), ada="a p", ben="b c")
    for now in (3000.0, 5500.0):
        state = state_at(plan.problem, tours=plan.tours, at_s=now)
        event = DayEvent(EventKind.PART_MISSING, now, "p", "ada", what="pump")
        found = replan(plan, state=state, events=[event], stop=Stop(steps=40), seed=1, params=ONE)
        (change,) = [one for one in found.changes if one.visit_id == "p"]
        assert (change.to_technician, change.cause) == ("ben", event) and not found.whole.broken
        assert "pump is missing" in sentence(change.explanation)
    alone = replace(plan.problem, technicians=plan.problem.technicians[:1])
    plan = _day(alone, ada="a p")
    found = replan(plan, state=state_at(alone, tours=plan.tours, at_s=3000.0), events=[replace(event, at_s=3000.0)], stop=Stop(steps=20), params=ONE)  # fmt: skip
    assert [one.visit_id for one in found.plan.unserved if one.visit_id == "p"] == ["p"]
    assert {why.code for one in found.plan.unserved if one.visit_id == "p" for why in one.reasons} == {"routing.no-parts"}  # fmt: skip


def test_who_is_back_is_planned_again() -> None:
    """With the plan of the day and what came up before: the shift that was gone is there, and work that was left out is made."""
    plan = _day(_hand("a b c d e f"), ada="a b c", ben="d e f")
    tight = replace(plan.problem, technicians=tuple(replace(one, shifts=(TechnicianShift(0, 16000, 0, 0),)) for one in plan.problem.technicians))  # fmt: skip
    plan = _day(tight, ada="a b c", ben="d e f")
    ill, back = DayEvent(EventKind.ILL, 60, technician_id="ben"), DayEvent(EventKind.BACK, 600, technician_id="ben")
    state = state_at(tight, tours=plan.tours, at_s=60, events=[ill])
    gone = replan(plan, state=state, events=[ill], stop=Stop(steps=20), params=ONE)
    assert len(gone.plan.unserved) == 3
    state = state_at(gone.whole.problem, tours=gone.whole.tours, at_s=600, events=[ill, back])
    found = replan(gone.whole, state=state, events=[back], earlier=[ill], stop=Stop(steps=20), params=ONE)
    assert {one.kind for one in found.changes} >= {"added"} and len(found.plan.unserved) <= 1
    assert any("ben is back" in sentence(one.explanation) for one in found.changes)


def test_who_left_for_work_that_was_broken_off_has_been_on_the_way_since() -> None:
    """The whole day stands though the way from there is shorter than the one from home."""
    problem = _hand("a b")
    seconds = problem.seconds.copy()
    seconds[1, 2] = seconds[2, 1] = 60.0  # b is beside a
    plan = _day(replace(problem, seconds=seconds, technicians=problem.technicians[:1]), ada="a b")
    now = plan.tours[0].stops[0].starts_s + 600
    event = DayEvent(EventKind.NO_SHOW, now, visit_id="a")
    state = state_at(plan.problem, tours=plan.tours, at_s=now, events=[event])
    found = replan(plan, state=state, events=[event], stop=Stop(steps=20), params=ONE)
    assert found.plan.tours[0].stops[0].arrives_s == now + 60
    assert found.whole.tours[0].leaves_s == plan.tours[0].leaves_s and not found.whole.broken
