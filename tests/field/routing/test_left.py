"""What is left of a day after what came up: parts that are missing, gaps, absences, days to come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.field.routing.crew import BEGINS, ada_goes, crew_of_two
from troth.core.decision import Stop
from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    Pin,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
    breaches,
    check,
    solve,
)
from troth.field.routing.clock import timed
from troth.field.routing.day import DayEvent, DayState, EventKind, RunningJob
from troth.field.routing.from_file import problem_from_json, problem_to_json
from troth.field.routing.left import doubts, from_now


def test_a_part_that_is_missing_is_on_no_van_of_whoever_has_the_visit() -> None:
    """Who has the visit in the plan is found by the plan; others keep theirs; a part nobody counted on is one more need."""
    problem = crew_of_two()
    events = [DayEvent(EventKind.PART_MISSING, 100, visit_id="a", what="pump")]
    left = from_now(problem, tours=ada_goes(problem), state=DayState(100), events=events)
    assert [dict(one.parts) for one in left.technicians] == [{}, {"pump": 2}]
    assert dict(left.visits[0].parts) == {"pump": 1}
    before = from_now(problem, tours=ada_goes(problem), state=DayState(-100), events=[replace(events[0], at_s=-100)])
    assert [dict(one.parts) for one in before.technicians] == [{}, {"pump": 2}]


def test_work_for_which_a_part_is_missing_ends_and_is_to_be_made_again() -> None:
    """The technician is free at the place, or when they arrive; the part is not used, and what must come after still waits."""
    problem = crew_of_two()
    tours = ada_goes(problem)
    arrives = tours[0].stops[0].arrives_s
    lacks = DayEvent(EventKind.PART_MISSING, 2000, visit_id="a", what="pump")
    state = DayState(2000, frozenset(), {"ada": RunningJob("a", 1, 4200)})
    left = from_now(problem, tours=tours, state=state, events=[lacks])
    ada = left.technicians[0]
    assert [one.visit_id for one in left.visits] == ["a", "b", "c", "d"]
    assert left.visits[1].after == (After("a", 600),) and left.visits[1].pin is None
    assert (ada.shifts[0].start_s, ada.shifts[0].start_place, dict(ada.parts)) == (2000, 1, {})
    assert "lift" not in ada.equipment
    assert ada.shifts[0].driven_s == 600.0  # they are there
    on_the_way = DayState(arrives - 60, frozenset(), {"ada": RunningJob("a", 1, 4200)})
    told = replace(lacks, at_s=arrives - 60)
    ada = from_now(problem, tours=tours, state=on_the_way, events=[told]).technicians[0]
    assert (ada.shifts[0].start_s, ada.shifts[0].start_place) == (arrives, 1)
    # Whoever is at it again later has found the part: the day is not planned by what is over.
    old = replace(lacks, at_s=tours[0].leaves_s - 60, technician_id="ada")
    assert [one.visit_id for one in from_now(problem, tours=tours, state=state, events=[old]).visits] == ["b", "c", "d"]


@pytest.mark.parametrize("kind", [EventKind.NO_SHOW, EventKind.CANCELLED])
def test_who_is_at_a_visit_that_ends_is_free_there_at_once(kind: EventKind) -> None:
    """Nobody at the door, or called off during work: the technician goes on from there, not from the stop before."""
    problem = crew_of_two()
    state = DayState(5000, frozenset({"a"}), {"ada": RunningJob("b", 2, 8500)})
    order = [(StopKind.VISIT, "a"), (StopKind.VISIT, "b"), (StopKind.VISIT, "c")]
    tours = (timed(replace(problem, visits=tuple(replace(v, after=()) for v in problem.visits)), technician_id="ada", shift=0, order=order),)  # fmt: skip
    left = from_now(problem, tours=tours, state=state, events=[DayEvent(kind, 5000, visit_id="b")])
    shift = left.technicians[0].shifts[0]
    assert (shift.start_s, shift.start_place) == (max(5000, tours[0].stops[1].arrives_s), 2)
    assert [one.visit_id for one in left.visits] == ["c", "d"]


def test_a_visit_that_comes_in_anew_is_no_longer_called_off() -> None:
    """The later word counts, whichever is said first."""
    problem = crew_of_two()
    off, new = DayEvent(EventKind.NO_SHOW, 100, visit_id="d"), DayEvent(EventKind.NEW, 200, visit_id="d")
    for events, asked in (([off], False), ([new, off], True), ([off, replace(new, at_s=50)], False)):
        left = from_now(problem, tours=(), state=DayState(300), events=events)
        assert ("d" in {one.visit_id for one in left.visits}) is asked


def test_what_is_fetched_after_a_part_went_missing_is_on_the_van() -> None:
    """A depot before does not help, one after does: it has less by what was fetched."""
    problem = replace(crew_of_two(depots=(PartsDepot("store", 0, parts={"pump": 5}),)), visits=(
        VisitRequest("a", 1, 600), VisitRequest("b", 2, 600, parts={"pump": 3}), VisitRequest("c", 3, 600),
    ))  # fmt: skip
    order = [(StopKind.DEPOT, "store"), (StopKind.VISIT, "a"), (StopKind.DEPOT, "store"), (StopKind.VISIT, "c"), (StopKind.VISIT, "b")]  # fmt: skip
    tours = (timed(problem, technician_id="ada", shift=0, order=order),)
    store, a, again, c, _ = (one for one in tours[0].stops if one.kind is not StopKind.REST)
    lacks = DayEvent(EventKind.PART_MISSING, a.ends_s, technician_id="ada", what="pump")

    def van(now: float, done: str, place: int, *events: DayEvent) -> tuple[dict[str, int], int]:
        left = from_now(problem, tours=tours, state=DayState(now, frozenset(done), {}, {"ada": place}), events=events)
        held = left.depots[0].parts
        assert held is not None
        return dict(left.technicians[0].parts), held["pump"]

    assert van(a.ends_s, "a", 1) == ({"pump": 3}, 4)
    assert van(a.ends_s, "a", 1, lacks)[0] == {}
    assert store.ends_s < a.ends_s < again.starts_s < c.ends_s
    assert van(c.ends_s, "ac", 3, lacks)[0] == {"pump": 3}


def test_a_gap_after_work_that_is_over_is_kept() -> None:
    """From its end as planned, or late, but not after now; where nobody knows when it ended, from now."""
    problem = crew_of_two()
    visits = (VisitRequest("a", 1, 3600), VisitRequest("b", 2, 3600, after=(After("a", 14400),)))
    problem = replace(problem, visits=visits)
    tours = (timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]),)
    ends = tours[0].stops[0].ends_s
    (b,) = from_now(problem, tours=tours, state=DayState(6000, frozenset("a"), {}, {"ada": 1})).visits
    assert (b.after, b.windows) == ((), (TimeWindow(ends + 14400, 1e9),))
    late = DayEvent(EventKind.LATE, 6000, technician_id="ada", seconds=600)
    (b,) = from_now(problem, tours=tours, state=DayState(6000, frozenset("a"), {}, {"ada": 1}), events=[late]).visits
    assert b.windows == (TimeWindow(ends + 600 + 14400, 1e9),)
    (b,) = from_now(problem, tours=(), state=DayState(6000, frozenset("a"))).visits
    assert b.windows == (TimeWindow(6000 + 14400, 1e9),)
    (b,) = from_now(problem, tours=tours, state=DayState(ends + 14400, frozenset("a"), {}, {"ada": 1})).visits
    assert b.windows == ()  # the gap is over


@pytest.mark.parametrize("pinned", [False, True])
def test_a_window_that_is_over_before_a_gap_is_not_stretched(pinned: bool) -> None:
    """Who cannot start in it is left out, and told; further windows stand."""
    b = VisitRequest("b", 2, 600, windows=(TimeWindow(0, 9000),), unserved_cents=5000.0, after=(After("a", 3600),))
    if pinned:
        b = replace(b, windows=(), pin=Pin("ben", 9000.0))
    problem = replace(crew_of_two(), visits=(VisitRequest("a", 1, 3600), b))
    state = DayState(5000, frozenset(), {"ada": RunningJob("a", 1, 8000)})
    left = from_now(problem, tours=(), state=state)
    plan = solve(left, stop=Stop(steps=20))
    assert [one.visit_id for one in plan.unserved] == ["b"] and not plan.broken
    more = replace(b, pin=None, windows=(TimeWindow(0, 9000), TimeWindow(10000, 20000)))
    left = from_now(replace(problem, visits=(problem.visits[0], more)), tours=(), state=state)
    assert left.visits[0].windows == (TimeWindow(11600, 20000),)


def test_who_is_back_works_again() -> None:
    """An absence ends when somebody is back, one of a later hour does not; an illness is of the shift in which it began."""
    problem = crew_of_two()
    ill, back = DayEvent(EventKind.ILL, 3600, technician_id="ben"), DayEvent(EventKind.BACK, 9000, technician_id="ben")

    def starts(*events: DayEvent) -> list[float]:
        return [one.start_s for one in from_now(problem, tours=(), state=DayState(9000), events=events).technicians[1].shifts]  # fmt: skip

    assert starts(ill) == []
    assert starts(ill, back) == [9000]
    assert starts(replace(ill, seconds=10800)) == [14400]
    assert starts(back, replace(ill, seconds=10800)) == [9000]
    assert starts(ill, replace(back, at_s=5000), replace(ill, at_s=9000)) == []
    assert starts(DayEvent(EventKind.ILL, 9000, technician_id="ben"), replace(back, at_s=5000)) == []
    two = TechnicianShift(0, 8000, 0, 0), TechnicianShift(9000, 28800, 0, 0)
    problem = replace(problem, technicians=(problem.technicians[0], replace(problem.technicians[1], shifts=two)))
    assert starts(ill) == [9000]


def test_who_was_ill_for_a_while_goes_on_from_where_they_are() -> None:
    """Nobody is taken home for nothing; who had not begun begins at the start."""
    problem = crew_of_two()
    ill = DayEvent(EventKind.ILL, 5000, technician_id="ada", seconds=7200)
    shift = from_now(problem, tours=ada_goes(problem), state=DayState(5000, frozenset("a"), {}, {"ada": 1}), events=[ill]).technicians[0].shifts[0]  # fmt: skip
    assert (shift.start_s, shift.start_place) == (12200, 1)
    shift = from_now(problem, tours=(), state=DayState(5000), events=[ill]).technicians[0].shifts[0]
    assert (shift.start_s, shift.start_place) == (12200, 0)


def _two_days() -> RoutingProblem:
    """Return ada's two days; on the first she drives and uses a pump."""
    shifts = TechnicianShift(0, 28800, 0, 0), TechnicianShift(86400, 115200, 0, 0, day=1)
    who = FieldTechnician("ada", shifts, parts={"pump": 1}, max_travel_s=2400.0)
    visits = (VisitRequest("a", 1, 3600, parts={"pump": 1}), VisitRequest("b", 2, 3600), VisitRequest("z", 3, 3600, windows=(TimeWindow(86400, 115200),)))  # fmt: skip
    return RoutingProblem(BEGINS, visits, (who,), np.full((4, 4), 600.0) - 600.0 * np.eye(4))


def test_what_was_driven_today_is_no_drive_of_tomorrow() -> None:
    """The most driving is of a shift: today's is less by what was driven, tomorrow's is whole, for search and judge alike."""
    problem = _two_days()
    tours = (timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]),)
    left = from_now(problem, tours=tours, state=DayState(5000, frozenset("a"), {}, {"ada": 1}))
    assert [one.travelled_s for one in left.technicians[0].shifts] == [600.0, 0.0]
    more = replace(left, visits=(*left.visits, VisitRequest("y", 1, 600, windows=(TimeWindow(86400, 115200),))))
    full = [timed(more, technician_id="ada", shift=1, order=[(StopKind.VISIT, "z"), (StopKind.VISIT, "y")])]
    assert not [one for one in breaches(more, tours=full) if one.rule == "routing.max-travel"]
    far = replace(more, seconds=more.seconds * 2)
    on = timed(far, technician_id="ada", shift=0, order=[(StopKind.VISIT, "b")])
    assert [one.amount for one in breaches(far, tours=(on,)) if one.rule == "routing.max-travel"] == [600.0]
    today = tuple(
        replace(one, unserved_cents=9000.0, windows=one.windows or (TimeWindow(0, 28800),)) for one in far.visits
    )
    plan = solve(replace(far, visits=today), stop=Stop(steps=40))
    left_out = {one.visit_id for one in plan.unserved}
    assert "b" in left_out and len(left_out) == 2 and not plan.broken  # tomorrow there is room for one of two


def test_work_beyond_the_end_of_its_shift_begins_no_other() -> None:
    """Who works late today begins tomorrow as usual, from home."""
    problem = _two_days()
    tours = (timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]),)
    state = DayState(29000, frozenset("a"), {"ada": RunningJob("b", 2, 30000)})
    (shift,) = from_now(problem, tours=tours, state=state).technicians[0].shifts
    assert (shift.start_s, shift.start_place, shift.travelled_s) == (86400, 0, 0.0)
    assert dict(from_now(problem, tours=tours, state=state).technicians[0].parts) == {"pump": 1}


def test_who_is_late_and_has_not_left_begins_so_much_later() -> None:
    """Also when the shift has begun: nobody is at the first visit before they can have left."""
    problem = crew_of_two()
    late = DayEvent(EventKind.LATE, 600, technician_id="ada", seconds=3600)
    assert from_now(problem, tours=(), state=DayState(600), events=[late]).technicians[0].shifts[0].start_s == 3600


def test_a_van_that_is_filled_up_for_a_later_shift_is_told() -> None:
    """What is left of several days counts a van as it is now: whoever reads the plan must know."""
    problem = _two_days()
    tours = (timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]),)
    left = from_now(problem, tours=tours, state=DayState(5000, frozenset("a"), {}, {"ada": 1}))
    assert [(one.code, one.where) for one in doubts(problem, left=left)] == [("van-as-it-is", "technicians[ada].parts")]
    tomorrow = from_now(problem, tours=tours, state=DayState(86500, frozenset("ab")))
    assert dict(tomorrow.technicians[0].parts) == {"pump": 1} and not doubts(problem, left=tomorrow)


def test_driving_before_what_is_left_of_a_shift_is_in_the_file() -> None:
    """It is written and read back, and less than none is refused."""
    problem = _two_days()
    (ada,) = problem.technicians
    for travelled_s, codes in ((900.0, []), (-1.0, ["negative"])):
        shift = replace(ada.shifts[0], travelled_s=travelled_s)
        other = replace(problem, technicians=(replace(ada, shifts=(shift, ada.shifts[1])),))
        assert [one.code for one in check(other) if one.where == "technicians[ada].shifts[0].travelled_s"] == codes
        if not codes:
            assert problem_from_json(problem_to_json(other))[0].technicians == other.technicians
