"""Plans again from now: what has begun stays, changes are few, have a cause and save what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import numpy as np
import pytest

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
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob
from troth.field.routing.explain import sentence
from troth.field.routing.replan import Replanned, replan
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
