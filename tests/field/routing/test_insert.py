"""Windows to offer: what they cost is what the judge says, what they promise is what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import erf, log, sqrt

import numpy as np
import pytest

from troth.core.decision import Severity
from troth.field.routing import (
    FieldTechnician,
    Pin,
    PromisedWindow,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
)
from troth.field.routing.clock import timed
from troth.field.routing.drag import drag
from troth.field.routing.insert import REFUSED, insert, refusals, windows_between
from troth.field.routing.learn import FieldSpread

BEGINS = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
STILL = FieldSpread(0.0, {}, 0.0, 0.0, 0.0)


def _problem() -> RoutingProblem:
    at = np.array([0.0, 600, 1200, 1800, 300, 2400])
    crew = (
        FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),), {"gas": 1}, cost_per_hour_cents=3600),
        FieldTechnician("ben", (TechnicianShift(0, 28800, 5, 5),), cost_per_hour_cents=3600),
    )
    visits = (
        VisitRequest("a", 1, 3600, promised=PromisedWindow(0, 3600)),
        VisitRequest("b", 2, 3600, promised=PromisedWindow(0, 10800)),
        VisitRequest("new", 3, 1800, skills={"gas": 1}),
    )
    return RoutingProblem(BEGINS, visits, crew, np.abs(np.subtract.outer(at, at)))


def _tours(problem: RoutingProblem) -> tuple[Tour, ...]:
    return (timed(problem, technician_id="ada", shift=0, order=[(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]),)


def test_the_cost_is_what_the_judge_says() -> None:
    """The cost is what the judge says."""
    problem = _problem()
    tours = _tours(problem)
    windows = windows_between([TimeWindow(0, 21600)], hours=[1, 2])
    found = insert(problem, tours=tours, visit_id="new", windows=windows, spread=STILL, most=50)
    assert len(found.windows) > 5
    for one in found.windows:
        visits = tuple(
            replace(v, windows=(TimeWindow(one.start_s, one.end_s),)) if v.visit_id == "new" else v
            for v in problem.visits
        )
        asked = replace(problem, visits=visits)
        check = drag(
            asked, tours=tours, visit_id="new", technician_id=one.technician_id, shift=one.shift, position=one.position
        )
        assert check.allowed
        assert one.cost_cents == pytest.approx(check.cost_cents + 0.0, abs=0.5)
        assert one.probability == 1.0
    assert [one.value_cents for one in found.windows] == sorted(one.value_cents for one in found.windows)
    assert {one.technician_id for one in found.windows} == {"ada"}


def test_the_probability_is_that_of_the_lognormal_before_it() -> None:
    """The probability is that of the lognormal before it."""
    problem = _problem()
    tours = _tours(problem)
    sigma = 0.4
    spread = FieldSpread(sigma, {"b": 0.0, "new": 0.0}, 0.0, 0.0, 0.0)
    # Reached after a, b and three drives of 600: in time if a takes at most 4800.
    window = TimeWindow(9000, 9000 + 1800)
    found = insert(problem, tours=tours, visit_id="new", windows=[window], spread=spread, draws=20000)
    worked = 10800 - 1800 - 3600
    truth = 0.5 * (1 + erf((log(worked / 3600) + sigma**2 / 2) / sigma / sqrt(2)))
    assert found.windows[0].position == 2
    assert found.windows[0].probability == pytest.approx(truth, abs=0.01)
    assert found.windows[0].risk_cents == pytest.approx((1 - truth) * 5000, rel=0.35)


def test_why_not_sooner() -> None:
    """Why not sooner."""
    problem = _problem()
    tours = _tours(problem)
    windows = [TimeWindow(0, 60), TimeWindow(3600, 5400), TimeWindow(14400, 18000)]
    found = insert(problem, tours=tours, visit_id="new", windows=windows, least_probability=0.95, most=1)
    assert [one.start_s for one in found.windows] == [14400]
    assert [one.code for one in found.refused] == ["insert.no-room", "insert.too-risky"]
    assert refusals(found) == {"insert.no-room": 1, "insert.too-risky": 1}
    nobody = replace(problem, visits=(*problem.visits[:2], replace(problem.visits[2], skills={"gas": 9})))
    none = insert(nobody, tours=tours, visit_id="new", windows=windows)
    assert none.windows == ()
    assert {one.code for one in none.refused} == {"insert.no-skill"}


def test_what_a_visit_was_told_before_is_asked_anew() -> None:
    """A visit with a promise, windows and a pinned start of its own gets the windows, at the costs, of one without; its promise is the price."""
    problem = _problem()
    tours = _tours(problem)
    windows = windows_between([TimeWindow(0, 21600)], hours=[2])
    told = PromisedWindow(23400, 27000, 7000.0, 30.0)
    held = replace(
        problem.visits[2], windows=(TimeWindow(23400, 27000),), promised=told, pin=Pin("ada", 25200.0), skills={}
    )
    before = replace(problem, visits=(*problem.visits[:2], held))
    bare = replace(problem, visits=(*problem.visits[:2], replace(held, windows=(), promised=None, pin=Pin("ada"))))
    found = insert(before, tours=tours, visit_id="new", windows=windows)
    assert len(found.windows) >= 4
    assert found.windows == insert(bare, tours=tours, visit_id="new", windows=windows, broken=told).windows
    assert {one.technician_id for one in found.windows} == {"ada"}
    # The plan as prepared for one visit is not taken for another.
    first = tours[:0]
    for name in ("new", "b", "new"):
        again = insert(before, tours=first, visit_id=name, windows=windows).windows
        assert again and again == insert(replace(before), tours=first, visit_id=name, windows=windows).windows


def test_a_window_at_which_nobody_works_or_that_is_over_is_told_as_such() -> None:
    """Before all shifts, over by now, at a shift of somebody who may not: each has its code, with words and advice."""
    problem = _problem()
    late = replace(problem.technicians[0], shifts=(TechnicianShift(10800, 28800, 0, 0),))
    problem = replace(problem, technicians=(late, problem.technicians[1]))
    windows = [TimeWindow(-7200, -3600), TimeWindow(-3600, -1800), TimeWindow(0, 7200), TimeWindow(10800, 18000)]
    found = insert(problem, tours=(), visit_id="new", windows=windows, now_s=-2700.0, spread=STILL)
    assert [one.start_s for one in found.windows] == [10800]
    assert [one.code for one in found.refused] == ["insert.past", "insert.no-shift", "insert.no-skill"]
    over = insert(problem, tours=(), visit_id="new", windows=windows, now_s=18000.0)
    assert over.windows == () and refusals(over) == {"insert.past": 4}
    assert all(REFUSED[one.code][1].startswith("Maybe ") for one in (*found.refused, *over.refused))


def _broken() -> tuple[RoutingProblem, tuple[Tour, ...]]:
    """Return Ada with work she lacks the skill for, between two visits, and Ben who may make the new one too."""
    problem = _problem()
    visits = (problem.visits[0], replace(problem.visits[1], skills={"gas": 9}), replace(problem.visits[2], skills={}))
    problem = replace(problem, visits=visits)
    return problem, _tours(problem)


def test_nothing_is_offered_in_a_tour_that_cannot_stand() -> None:
    """A tour with a broken hard rule is told with the rule and left out; in others the cost is that of the plan given."""
    problem, tours = _broken()
    windows = windows_between([TimeWindow(0, 21600)], hours=[2])
    found = insert(problem, tours=tours, visit_id="new", windows=windows, spread=STILL)
    assert {one.technician_id for one in found.windows} == {"ben"}
    told = [(one.code, one.severity, one.where, one.value) for one in found.doubts]
    assert told == [("broken-tour", Severity.WARNING, "tours[ada, shift 0]", "routing.skill")]
    for one in found.windows:
        visits = (*problem.visits[:2], replace(problem.visits[2], windows=(TimeWindow(one.start_s, one.end_s),)))
        asked = replace(problem, visits=visits)
        check = drag(asked, tours=tours, visit_id="new", technician_id="ben", position=one.position)
        assert one.cost_cents == pytest.approx(check.cost_cents, abs=0.5)
    only = replace(problem, technicians=problem.technicians[:1])
    none = insert(only, tours=tours, visit_id="new", windows=windows)
    assert none.windows == () and set(refusals(none)) == {"insert.broken-tour"}


def test_a_tour_with_strange_stops_or_of_a_stranger_is_told() -> None:
    """Stops and technicians that the problem does not know make a tour another than the one given; a plan that stands has no doubts."""
    problem = _problem()
    (tour,) = _tours(problem)
    windows = [TimeWindow(14400, 18000)]
    assert insert(problem, tours=[tour], visit_id="new", windows=windows).doubts == ()
    strange = replace(tour, stops=(*tour.stops, replace(tour.stops[0], name="gone")))
    stranger = replace(tour, technician_id="cem", stops=())
    found = insert(problem, tours=[strange, stranger], visit_id="new", windows=windows)
    assert [(one.where, one.value) for one in found.doubts] == [
        ("tours[ada, shift 0]", "routing.known"),
        ("tours[cem, shift 0]", "routing.known"),
    ]
    assert found.windows == ()


def test_a_plan_that_breaks_a_rule_as_a_whole_is_told_by_it() -> None:
    """Where a tour cannot stand beside another, what the plan breaks is told of it: a thing of which there is one."""
    problem = _problem()
    visits = tuple(replace(one, equipment=frozenset({"lift"})) for one in problem.visits[:2])
    problem = replace(problem, visits=(*visits, problem.visits[2]), equipment={"lift": 1})
    tours = [
        timed(problem, technician_id=who, shift=0, order=[(StopKind.VISIT, name)])
        for who, name in (("ada", "a"), ("ben", "b"))
    ]
    found = insert(problem, tours=tours, visit_id="new", windows=[TimeWindow(14400, 18000)])
    assert {one.value for one in found.doubts} == {"routing.equipment"}
    assert {one.where for one in found.doubts} <= {"tours[ada, shift 0]", "tours[ben, shift 0]"}


def test_what_is_stated_may_come_from_the_record_and_a_later_day_costs() -> None:
    """What is stated may come from the record and a later day costs."""
    problem = _problem()
    shifts = (TechnicianShift(0, 28800, 0, 0), TechnicianShift(86400, 86400 + 28800, 0, 0, day=1))
    problem = replace(problem, technicians=(replace(problem.technicians[0], shifts=shifts),))
    tours = _tours(problem)
    windows = [TimeWindow(14400, 18000), TimeWindow(86400 + 14400, 86400 + 18000)]
    found = insert(
        problem, tours=tours, visit_id="new", windows=windows, later_cents_per_day=50000.0, kept=lambda p, w: p * 0.5, spread=STILL
    )  # fmt: skip
    assert [one.shift for one in found.windows] == [0, 1]
    assert [(one.probability, one.plan_probability) for one in found.windows] == [(0.5, 1.0), (0.5, 1.0)]
    assert found.windows[1].wait_cents == 50000.0
    assert found.windows[0].as_dict(problem)["start_at"] == "2026-06-01T10:00:00+00:00"
    with pytest.raises(KeyError):
        insert(problem, tours=tours, visit_id="z", windows=windows)
