"""What is left of a day: who can go on when and where, what is settled, what is on the van."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    RestBreak,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
)
from troth.field.routing.clock import timed
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob, from_now

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
BREAK = RestBreak(1800, 7200, 10800)


def _problem(**more: object) -> RoutingProblem:
    crew = tuple(
        FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0, 3600, (BREAK,)),), parts={"pump": 2}) for name in ("ada", "ben")
    )  # fmt: skip
    visits = (
        VisitRequest("a", 1, 3600, parts={"pump": 1}, equipment=frozenset({"lift"}), together="x"),
        VisitRequest("b", 2, 3600, after=(After("a", 600),), together="x"),
        VisitRequest("c", 3, 3600, after=(After("b"),)),
        VisitRequest("d", 3, 3600, tools=frozenset({"saw"})),
    )
    given = {"depots": (PartsDepot("store", 0),), "equipment": {"lift": 2}} | more
    return RoutingProblem(BEGINS, visits, crew, np.full((4, 4), 600.0) - 600.0 * np.eye(4), **given)  # type: ignore[arg-type]


def _tours(problem: RoutingProblem) -> tuple[Tour, ...]:
    order = [
        (StopKind.VISIT, "a"),
        (StopKind.DEPOT, "store"),
        (StopKind.VISIT, "b"),
        (StopKind.VISIT, "c"),
        (StopKind.VISIT, "d"),
    ]
    return (timed(problem, technician_id="ada", shift=0, order=order),)


def test_shifts_begin_when_running_jobs_are_expected_to_end() -> None:
    """Shifts begin when running jobs are expected to end."""
    problem = _problem()
    state = DayState(5000, frozenset({"a"}), {"ada": RunningJob("b", 2, 8500)}, {"ben": 3}, {})
    left = from_now(problem, tours=_tours(problem), state=state)
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
    problem = _problem()
    left = from_now(problem, tours=_tours(problem), state=DayState(5000, frozenset({"a"}), {}, {"ada": 1}))
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
    problem = _problem()
    state = DayState(12000, frozenset({"a"}), {}, {"ada": 1, "ben": 0}, {"ada": 1})
    ada, ben = from_now(problem, tours=_tours(problem), state=state).technicians
    assert ada.shifts[0].breaks == ()
    assert ben.shifts[0].breaks == (RestBreak(1800, 12000, 12000),)


def test_events_change_people_and_visits() -> None:
    """Events change people and visits."""
    problem = _problem()
    tours = _tours(problem)
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
