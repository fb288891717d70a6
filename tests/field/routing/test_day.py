"""What is left of a day: who can go on when and where, what is settled, what is on the van."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.field.routing.crew import BEGINS, ada_goes, crew_of_two
from troth.core.decision import Stop
from troth.field.routing import (
    ROUTING_RULES,
    FieldTechnician,
    PromisedWindow,
    RestBreak,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
    breaches,
    solve,
)
from troth.field.routing._compile import compiled
from troth.field.routing._hunt import hunt
from troth.field.routing.clock import timed
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob
from troth.field.routing.left import from_now
from troth.field.routing.orders import toured
from troth.field.travel import TimeWarp


def test_shifts_begin_when_running_jobs_are_expected_to_end() -> None:
    """Shifts begin when running jobs are expected to end."""
    problem = crew_of_two()
    state = DayState(5000, frozenset({"a"}), {"ada": RunningJob("b", 2, 8500)}, {"ben": 3}, {})
    left = from_now(problem, tours=ada_goes(problem), state=state)
    ada, ben = left.technicians
    assert (ada.shifts[0].start_s, ada.shifts[0].start_place, ada.shifts[0].end_s) == (8500, 2, 28800)
    assert (ben.shifts[0].start_s, ben.shifts[0].start_place) == (5000, 3)
    assert [one.visit_id for one in left.visits] == ["c", "d"]
    assert left.visits[0].after == ()
    assert left.visits[0].windows == (TimeWindow(8500, 1e9),)
    # A break not yet taken may begin when the running job ends, not before.
    assert ada.shifts[0].breaks == (RestBreak(1800, 8500, 10800),)


def test_labels_vans_and_shared_things_remember_what_was_done() -> None:
    """Labels vans and shared things remember what was done."""
    problem = crew_of_two()
    left = from_now(problem, tours=ada_goes(problem), state=DayState(5000, frozenset({"a"}), {}, {"ada": 1}))
    ada = left.technicians[0]
    b = next(one for one in left.visits if one.visit_id == "b")
    assert b.pin is not None
    assert b.pin.technician_id == "ada"
    assert dict(ada.parts) == {"pump": 1}
    assert "lift" in ada.equipment
    assert left.equipment["lift"] == 1
    # The depot was passed on the way: the saw for a later visit is on the van.
    assert "saw" in ada.tools
    assert {one.visit_id for one in left.published} == {"b", "c", "d"}


def test_a_break_that_was_taken_is_gone_and_one_missed_comes_at_once() -> None:
    """A break that was taken is gone and one missed comes at once."""
    problem = crew_of_two()
    state = DayState(12000, frozenset({"a"}), {}, {"ada": 1, "ben": 0}, {"ada": 1})
    ada, ben = from_now(problem, tours=ada_goes(problem), state=state).technicians
    assert ada.shifts[0].breaks == ()
    assert ben.shifts[0].breaks == (RestBreak(1800, 12000, 12000),)


def test_events_change_people_and_visits() -> None:
    """Events change people and visits."""
    problem = crew_of_two()
    tours = ada_goes(problem)
    state = DayState(100)
    events = [
        DayEvent(EventKind.ILL, 100, technician_id="ben"),
        DayEvent(EventKind.CANCELLED, 100, visit_id="c"),
        DayEvent(EventKind.PART_MISSING, 100, technician_id="ada", what="pump"),
        DayEvent(EventKind.PART_MISSING, 100, visit_id="d", what="board"),
    ]
    fresh = VisitRequest("new", 2, 600)
    left = from_now(problem, tours=tours, state=state, events=events, new=[fresh])
    assert left.technicians[1].shifts == ()
    assert dict(left.technicians[0].parts) == {}
    assert {one.visit_id: dict(one.parts) for one in left.visits} == {
        "a": {"pump": 1},
        "b": {},
        "d": {"board": 1},
        "new": {},
    }
    back = from_now(problem, tours=tours, state=state, events=[DayEvent(EventKind.ILL, 100, "", "ben", 7200)])
    assert back.technicians[1].shifts[0].start_s == 7300


def test_who_has_not_begun_and_is_late_begins_later_and_a_shift_that_is_over_is_gone() -> None:
    """Who has not begun and is late begins later and a shift that is over is gone."""
    crew = (FieldTechnician("ada", (TechnicianShift(1000, 9000, 0, 0), TechnicianShift(90000, 99000, 0, 0, day=1))),)
    problem = RoutingProblem(BEGINS, (VisitRequest("a", 1, 60),), crew, np.zeros((2, 2)))
    late = DayEvent(EventKind.LATE, 500, technician_id="ada", seconds=1800)
    assert from_now(problem, tours=(), state=DayState(500), events=[late]).technicians[0].shifts[0].start_s == 2800
    later = from_now(problem, tours=(), state=DayState(20000)).technicians[0].shifts
    assert [one.day for one in later] == [1]


def _drivers(**more: object) -> RoutingProblem:
    """Return somebody who may drive forty minutes at a stretch, with four visits ten minutes apart on a road."""
    who = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0, **more),), drive_limit_s=2400.0, drive_rest_s=900.0)  # type: ignore[arg-type]
    visits = tuple(VisitRequest(f"v{k}", k, 600, unserved_cents=90000.0) for k in range(1, 5))
    at = 600.0 * np.arange(5)
    return RoutingProblem(BEGINS, visits, (who,), np.abs(np.subtract.outer(at, at)))


def _line(problem: RoutingProblem) -> tuple[Tour, ...]:
    order = [(StopKind.VISIT, f"v{k}") for k in range(1, 5)]
    return (timed(problem, technician_id="ada", shift=0, order=order),)


def test_driving_since_the_last_rest_is_remembered() -> None:
    """To what is over and to what is under way; a rest that was taken ends it, as does an absence."""
    problem = _drivers()
    tours = _line(problem)  # forty minutes out, a rest, forty minutes home
    assert [s.kind for s in tours[0].stops] == [*[StopKind.VISIT] * 4, StopKind.REST]
    state = DayState(3000, frozenset({"v1", "v2"}), {"ada": RunningJob("v3", 3, 3600)})
    (ada,) = from_now(problem, tours=tours, state=state).technicians
    assert ada.shifts[0].driven_s == 1800.0
    ill = DayEvent(EventKind.ILL, 3000, technician_id="ada", seconds=7200)
    assert from_now(problem, tours=tours, state=state, events=[ill]).technicians[0].shifts[0].driven_s == 0.0
    rested = DayState(5800, frozenset({"v1", "v2", "v3", "v4"}), {}, {"ada": 4})
    assert from_now(problem, tours=tours, state=rested).technicians[0].shifts[0].driven_s == 0.0
    late = DayEvent(EventKind.LATE, 5800, technician_id="ada", seconds=300)
    assert from_now(problem, tours=tours, state=rested, events=[late]).technicians[0].shifts[0].driven_s == 2400.0


def test_what_was_driven_before_counts_in_the_plan_again_and_again() -> None:
    """The new tour rests in time, and so does the one after it: nobody drives on because the day was planned anew."""
    problem = _drivers()
    tours = _line(problem)
    state = DayState(3000, frozenset({"v1", "v2"}), {"ada": RunningJob("v3", 3, 3600)})
    left = from_now(problem, tours=tours, state=state)
    again = timed(left, technician_id="ada", shift=0, order=[(StopKind.VISIT, "v4")])
    assert [s.kind for s in again.stops] == [StopKind.VISIT, StopKind.REST]
    assert not [one for one in breaches(left, tours=(again,)) if one.rule == "routing.rest"]
    on = replace(again, stops=again.stops[:1], returns_s=again.returns_s - 900)
    (told,) = [one for one in breaches(left, tours=(on,)) if one.rule == "routing.rest"]
    assert (told.amount, told.what) == (1800.0 + 600.0 + 2400.0 - 2400.0, "driving")
    later = from_now(left, tours=(again,), state=DayState(4300, frozenset(), {"ada": RunningJob("v4", 4, 4800)}))
    assert later.technicians[0].shifts[0].driven_s == 2400.0
    idle = from_now(left, tours=(), state=DayState(4000, frozenset(), {}, {"ada": 3}))
    assert idle.technicians[0].shifts[0].driven_s == 1800.0


@pytest.mark.parametrize("warp", [False, True])
@pytest.mark.parametrize("driven", [600.0, 1800.0, 2400.0, 9000.0])
def test_search_and_judge_count_what_was_driven_alike(driven: float, warp: bool) -> None:
    """What the search says a tour costs is what the judge finds, also where it begins with a rest."""
    problem = _drivers(driven_s=driven)
    who = replace(problem.technicians[0], cost_per_hour_cents=3600.0)
    visits = tuple(replace(one, promised=PromisedWindow(3600, 30000)) for one in problem.visits)
    knots = np.array([0.0, 5000.0, 40000.0])
    bent = TimeWarp(BEGINS, knots, knots / np.array([1.0, 1.25, 1.1])) if warp else None
    problem = replace(problem, technicians=(who,), visits=visits, warp=bent)
    found = hunt(compiled(problem), stop=Stop(steps=60), seed=1, chains=1)
    tours = toured(problem, seq=found.seq, size=found.size)
    told = breaches(problem, tours=tours)
    assert not [one for one in told if ROUTING_RULES[one.rule].hard]
    assert len(tours[0].visits()) == 4
    assert found.value == pytest.approx(sum(one.cost_cents for one in told), abs=0.05)
    first = 600.0 * int(tours[0].visits()[0].removeprefix("v"))  # to the first visit, without the hour's factor
    if not warp:
        assert (tours[0].stops[0].kind is StopKind.REST) is (driven + first > 2400.0)


def test_a_drive_longer_than_anybody_may_is_not_planned() -> None:
    """No rest is taken on the way: who lives so far off is left out, not driven to against the rule."""
    problem = _drivers()
    far = replace(problem, technicians=(replace(problem.technicians[0], drive_limit_s=1500.0),))
    plan = solve(far, stop=Stop(steps=40))
    assert not plan.broken
    line = (timed(far, technician_id="ada", shift=0, order=[(StopKind.VISIT, "v3")]),)
    assert [one.amount for one in breaches(far, tours=line) if one.rule == "routing.rest"] == [300.0]
    gone = replace(far, visits=(far.visits[2],))  # v3, half an hour away
    assert [one.visit_id for one in solve(gone, stop=Stop(steps=20)).unserved] == ["v3"]
