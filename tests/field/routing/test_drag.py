"""A dragged visit: what it breaks equals what the judge finds in the whole plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.routing.worlds import world
from troth.field.routing import (
    After,
    FieldTechnician,
    PromisedWindow,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    Tour,
    VisitRequest,
    breaches,
)
from troth.field.routing.breach import RouteBreach
from troth.field.routing.clock import timed
from troth.field.routing.drag import drag
from troth.field.routing.orders import timed_together
from troth.field.routing.rules import ROUTING_RULES

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)


def _dealt(problem: RoutingProblem, seed: int) -> tuple[Tour, ...]:
    """Deal most visits out to the tours by chance, whatever that breaks."""
    rng = np.random.default_rng(seed)
    rows = [(one.technician_id, k) for one in problem.technicians for k in range(len(one.shifts))]
    orders: list[list[tuple[StopKind, str]]] = [[] for _ in rows]
    for visit in problem.visits:
        if rng.random() < 0.85:
            orders[int(rng.integers(len(rows)))].append((StopKind.VISIT, visit.visit_id))
    for order in orders:
        if problem.depots and rng.random() < 0.3:
            order.insert(int(rng.integers(len(order) + 1)), (StopKind.DEPOT, problem.depots[0].depot_id))
    return timed_together(problem, orders=[(*row, order) for row, order in zip(rows, orders, strict=True) if order])


def _counted(found: tuple[RouteBreach, ...] | list[RouteBreach]) -> Counter[tuple[object, ...]]:
    return Counter(
        (one.rule, one.technician_id, one.shift, one.visit_id, one.what, round(one.amount, 3), round(one.cost_cents, 3))
        for one in found
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), warp=st.booleans())
def test_a_drag_is_the_judgement_of_the_whole_plan(seed: int, warp: bool) -> None:
    """A drag is the judgement of the whole plan."""
    problem = world(seed, warp=warp)
    tours = _dealt(problem, seed)
    rng = np.random.default_rng(seed + 1)
    for _ in range(3):
        visit = problem.visits[int(rng.integers(len(problem.visits)))].visit_id
        who = problem.technicians[int(rng.integers(len(problem.technicians)))]
        shift = int(rng.integers(len(who.shifts)))
        before = breaches(problem, tours=tours)
        found = drag(
            problem, tours=tours, visit_id=visit, technician_id=who.technician_id, shift=shift, position=int(rng.integers(6))
        )  # fmt: skip
        whole = breaches(problem, tours=found.tours)
        assert _counted(found.breaches) == _counted(whole)
        assert _counted(found.appeared) == _counted(whole) - _counted(before)
        assert _counted(found.gone) == _counted(before) - _counted(whole)
        soft = [sum(b.cost_cents for b in one if not ROUTING_RULES[b.rule].hard) for one in (whole, before)]
        assert found.cost_cents == pytest.approx(soft[0] - soft[1], abs=1e-6)
        made = [name for tour in found.tours for name in tour.visits()]
        assert made.count(visit) == 1
        tours = found.tours


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), warp=st.booleans())
def test_a_drag_between_two_tours_gives_the_instants_of_their_orders(seed: int, warp: bool) -> None:
    """If both tours of a plan change, each of its instants is that of all orders reckoned from the start, links between them too."""
    problem = world(seed, visits=8, technicians=2, warp=warp)
    rng = np.random.default_rng(seed)
    # Links go from one visit to a later one in a fixed order that tours keep, so that they never go in a circle.
    visits = tuple(
        replace(one, after=(After(f"v{rng.integers(k)}", 300.0),) if k and rng.random() < 0.5 else ())
        for k, one in enumerate(problem.visits)
    )
    problem = replace(problem, visits=visits)
    rows = [(one.technician_id, 0) for one in problem.technicians]
    whose = rng.integers(2, size=len(visits))
    lines = [[v.visit_id for v, k in zip(visits, whose, strict=True) if k == row] for row in range(2)]
    moved = int(rng.integers(len(visits)))
    name, to = visits[moved].visit_id, 1 - int(whose[moved])
    tours = timed_together(problem, orders=[(*row, _of(line)) for row, line in zip(rows, lines, strict=True)])
    at = sum(int(one[1:]) < moved for one in lines[to])
    found = drag(problem, tours=tours, visit_id=name, technician_id=rows[to][0], position=at)
    lines[1 - to].remove(name)
    lines[to].insert(at, name)
    whole = timed_together(problem, orders=[(*row, _of(line)) for row, line in zip(rows, lines, strict=True)])
    assert {one.technician_id: one for one in found.tours} == {one.technician_id: one for one in whole}
    assert _counted(found.breaches) == _counted(breaches(problem, tours=whole))
    assert not [one for one in found.breaches if one.rule == "routing.order" and one.amount > 1]


def _of(names: Iterable[str]) -> list[tuple[StopKind, str]]:
    return [(StopKind.VISIT, name) for name in names]


def _linked() -> RoutingProblem:
    """Return Ada and Ben ten minutes from a place with three visits of an hour, of which `b` comes after `a`."""
    crew = tuple(FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0),)) for name in ("ada", "ben"))
    visits = (VisitRequest("a", 1, 3600), VisitRequest("x", 1, 3600), VisitRequest("b", 1, 3600, after=(After("a"),)))
    return RoutingProblem(BEGINS, visits, crew, np.array([[0.0, 600.0], [600.0, 0.0]]))


def test_work_in_the_one_tour_waits_for_work_in_the_other() -> None:
    """A visit dragged between two tours of which one waits for the other breaks nothing: it still waits."""
    problem = _linked()
    tours = timed_together(problem, orders=[("ada", 0, _of("ax")), ("ben", 0, _of("b"))])
    assert breaches(problem, tours=tours) == [] and tours[1].stops[0].starts_s == 4200.0
    found = drag(problem, tours=tours, visit_id="x", technician_id="ben")
    assert found.allowed and found.breaches == ()
    assert [(s.name, s.starts_s) for s in found.tours[1].stops] == [("b", 4200.0), ("x", 7800.0)]


def test_work_before_what_it_must_come_after_is_told_and_waits_for_nothing() -> None:
    """Two visits dragged the wrong way round in one tour stay so, one after the other at once: the order alone is broken."""
    problem = _linked()
    tours = timed_together(problem, orders=[("ada", 0, _of("ab")), ("ben", 0, _of("x"))])
    found = drag(problem, tours=tours, visit_id="a", technician_id="ada")
    assert [(s.name, s.starts_s) for s in found.tours[0].stops] == [("b", 600.0), ("a", 4200.0)]
    assert [(one.rule, one.visit_id, one.amount) for one in found.appeared] == [("routing.order", "b", 7200.0)]
    again = timed_together(problem, orders=[("ada", 0, _of("ba")), ("ben", 0, _of("x"))])
    assert again == found.tours


def _two() -> tuple[RoutingProblem, tuple[Tour, ...]]:
    crew = tuple(FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0),)) for name in ("ada", "ben"))
    visits = (
        VisitRequest("a", 1, 3600, promised=PromisedWindow(0, 1800, 5000, 10)),
        VisitRequest("b", 1, 3600, skills={"gas": 1}),
    )
    problem = RoutingProblem(BEGINS, visits, crew, np.array([[0.0, 600.0], [600.0, 0.0]]))
    order = [(StopKind.VISIT, "a"), (StopKind.VISIT, "b")]
    return problem, (timed(problem, technician_id="ada", shift=0, order=order),)


def test_what_was_broken_before_is_not_told_as_new() -> None:
    """What was broken before is not told as new."""
    problem, tours = _two()
    found = drag(problem, tours=tours, visit_id="a", technician_id="ben")
    assert found.allowed
    assert found.appeared == ()
    assert {one.rule for one in found.breaches} == {"routing.skill"}
    assert [tour.technician_id for tour in found.touched] == ["ada", "ben"]


def test_a_visit_taken_out_is_missed_and_its_tour_vanishes_with_the_last() -> None:
    """A visit taken out is missed and its tour vanishes with the last."""
    problem, tours = _two()
    found = drag(problem, tours=tours, visit_id="a", technician_id="")
    assert [one.rule for one in found.appeared] == ["routing.must"]
    assert not found.allowed
    found = drag(problem, tours=found.tours, visit_id="b", technician_id="")
    assert found.tours == ()


def test_who_is_not_there_cannot_be_dragged_to() -> None:
    """Who is not there cannot be dragged to."""
    problem, tours = _two()
    with pytest.raises(KeyError):
        drag(problem, tours=tours, visit_id="a", technician_id="nobody")
    with pytest.raises(KeyError):
        drag(problem, tours=tours, visit_id="z", technician_id="ada")
    with pytest.raises(IndexError):
        drag(problem, tours=tours, visit_id="a", technician_id="ada", shift=3)


def test_a_drag_is_plain_data() -> None:
    """A drag is plain data."""
    problem, tours = _two()
    data = drag(problem, tours=tours, visit_id="a", technician_id="ada", position=9).as_dict()
    assert data["allowed"] is True
    assert [one["rule"] for one in data["appeared"]] == ["routing.promise"]
    assert data["cost_cents"] == pytest.approx(5000 + 10 * (4200 - 1800) / 60)
