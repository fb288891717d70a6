"""The search and the judge agree: what the search says a plan costs is what the judge finds, and it breaks no hard rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.field.routing.worlds import world
from troth.core.decision import Status
from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    PromisedWindow,
    PublishedVisit,
    RoutingParams,
    RoutingPrices,
    RoutingProblem,
    Stop,
    StopKind,
    TechnicianShift,
    VisitRequest,
    _hunt,
    solve,
)
from troth.field.routing._compile import MUST, OVER_BUDGET, compiled
from troth.field.routing._hunt import hunt
from troth.field.routing.orders import sequences, timed_together, toured
from troth.field.routing.reasons import reasons
from troth.field.routing.rules import ROUTING_RULES, breaches


@pytest.mark.parametrize("seed", range(40))
def test_what_the_search_counts_is_what_the_judge_finds(seed: int) -> None:
    """Cost by the compiled walk is the judge's, with hard rules broken only where a visit must be served and cannot."""
    problem = world(seed, warp=seed % 4 == 3)
    found = hunt(compiled(problem), stop=Stop(steps=60), seed=seed, chains=1)
    told = breaches(problem, tours=toured(problem, seq=found.seq, size=found.size))
    broken = {one.rule for one in told if ROUTING_RULES[one.rule].hard}
    assert broken <= {"routing.must", "routing.changes"}
    cost = sum(one.cost_cents for one in told if not ROUTING_RULES[one.rule].hard)
    cost += MUST * sum(one.rule == "routing.must" for one in told)
    cost += OVER_BUDGET * sum(one.amount for one in told if one.rule == "routing.changes")
    assert found.value == pytest.approx(cost, rel=1e-6, abs=0.05)


def test_with_time_left_the_search_begins_anew_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn is told five times; what is told never rises, and the last is what is found."""
    problem = world(3)
    monkeypatch.setattr(_hunt, "_TURN_S", 0.25 / len(problem.visits))
    told: list[float] = []
    found = hunt(
        compiled(problem), stop=Stop(seconds=0.75), seed=1, chains=2, on_progress=lambda value, bound: told.append(value)
    )  # fmt: skip
    assert len(told) == 15
    assert told == sorted(told, reverse=True)
    assert found.value == pytest.approx(told[-1])
    other = toured(problem, seq=found.seq, size=found.size)
    assert {one.rule for one in breaches(problem, tours=other) if ROUTING_RULES[one.rule].hard} <= {
        "routing.must",
        "routing.changes",
    }


def test_a_drive_after_a_rest_is_as_long_for_the_search_as_for_the_judge() -> None:
    """Where driving takes another time after the rest than before, both count it from the stop before."""
    problem = world(27, visits=10, technicians=3, warp=True)
    found = hunt(compiled(problem), stop=Stop(steps=60), seed=1, chains=1)
    told = breaches(problem, tours=toured(problem, seq=found.seq, size=found.size))
    assert "routing.rest" not in {one.rule for one in told}


def test_who_is_not_paid_by_the_hour_leaves_late_where_long_tours_cost() -> None:
    """The hours of a tour count for balance: waiting away from home would make it longer for nothing."""
    ada = FieldTechnician("ada", (TechnicianShift(0, 36000, 0, 0),))
    asked = (VisitRequest("free", 1, 600), VisitRequest("late", 2, 600, promised=PromisedWindow(18000, 20000)))
    problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), asked, (ada,), 600.0 * (1 - np.eye(3)))
    problem = replace(problem, prices=RoutingPrices(balance_cents=100))
    plan = solve(problem, stop=Stop(steps=20), params=RoutingParams(chains=1, search="hunt"))
    assert plan.tours[0].returns_s - plan.tours[0].leaves_s == pytest.approx(3000)


def test_a_start_that_is_put_off_to_its_published_time_is_no_change() -> None:
    """Who waits for a window later on leaves later: the search knows that the visits before it then start as published."""
    ada = FieldTechnician("ada", (TechnicianShift(0, 36000, 0, 0),), cost_per_hour_cents=2000)
    asked = (
        VisitRequest("free", 1, 600, unserved_cents=9000),
        VisitRequest("late", 2, 600, promised=PromisedWindow(18000, 20000), unserved_cents=9000),
    )
    seconds = 600.0 * (1 - np.eye(3))
    bare = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), asked, (ada,), seconds)
    order = [("ada", 0, [(StopKind.VISIT, "free"), (StopKind.VISIT, "late")])]
    (tour,) = timed_together(bare, orders=order)
    published = tuple(PublishedVisit(one.name, "ada", one.starts_s) for one in tour.stops)
    assert published[0].start_s > 10_000
    prices = RoutingPrices(other_technician_cents=300, moved_cents_per_minute=3, most_changes=0)
    problem = replace(bare, published=published, prices=prices)
    found = hunt(compiled(problem), stop=Stop(steps=1), seed=0, chains=1, start=sequences(problem, tours=[tour]))
    assert found.value == pytest.approx(sum(one.cost_cents for one in breaches(problem, tours=[tour])))


def test_a_start_longer_than_a_shift_can_hold_is_cut() -> None:
    """Somebody an hour before the end with forty visits left: the plan keeps what fits and tells the rest."""
    ada = FieldTechnician("ada", (TechnicianShift(0, 3600, 0, 0),))
    asked = tuple(VisitRequest(f"v{k}", 1, 600, unserved_cents=5000) for k in range(40))
    problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), asked, (ada,), 60.0 * (1 - np.eye(2)))
    tours = timed_together(problem, orders=[("ada", 0, [(StopKind.VISIT, one.visit_id) for one in asked])])
    found = hunt(compiled(problem), stop=Stop(steps=1), seed=0, chains=1, start=sequences(problem, tours=tours))
    assert found.size.tolist() == [5]
    assert found.value == pytest.approx(35 * 5000)


def test_the_same_seed_gives_the_same_plan() -> None:
    """With steps to stop at, chance comes from the seed alone."""
    problem = world(5, visits=20)
    one, other = (solve(problem, stop=Stop(steps=40), seed=3) for _ in range(2))
    assert one.tours == other.tours


def test_a_start_is_never_made_worse() -> None:
    """A plan given to begin with is kept if nothing better is found."""
    problem = world(8, visits=20)
    first = solve(problem, stop=Stop(steps=100), seed=1)
    again = solve(problem, stop=Stop(steps=1), seed=2, start=first)
    assert again.value <= first.value + 0.05


def test_a_stop_asked_for_keeps_the_best() -> None:
    """Who asks to stop gets the best plan so far, whole."""
    problem = world(9)
    plan = solve(problem, stop=Stop(seconds=60.0, asked=lambda: True), seed=1)
    assert plan.seconds < 30
    assert len(plan.unserved) + sum(len(t.visits()) for t in plan.tours) == len(problem.visits)


def test_what_cannot_be_served_says_why() -> None:
    """A skill nobody has, a window nobody reaches, a day that is full: each is a reason of its own."""
    problem = world(3, rich=False, visits=4, technicians=1)
    visits = list(problem.visits)
    visits[0] = replace(visits[0], skills={"welding": 1.0})
    visits[1] = replace(visits[1], service_s=200_000.0)
    visits[2] = replace(visits[2], unserved_cents=0.0, windows=())
    plan = solve(replace(problem, visits=tuple(visits)), stop=Stop(steps=50))
    why = {one.visit_id: [r.code for r in one.reasons] for one in plan.unserved}
    assert why["v0"] == ["routing.no-skill"]
    assert why["v1"] == ["routing.no-time"]
    assert why["v2"] == ["routing.too-dear"]


def _pair(**first: Any) -> RoutingProblem:
    """Return two visits an hour long and two technicians, each with three hours; the first visit has what is given."""
    asked = (VisitRequest("a", 1, 3600, unserved_cents=9e6, **first), VisitRequest("b", 2, 3600, unserved_cents=9e6))
    people = tuple(FieldTechnician(name, (TechnicianShift(0, 10800, 0, 0),)) for name in ("ada", "ben"))
    return RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), asked, people, 600.0 * (1 - np.eye(3)))


def _said(problem: RoutingProblem, *, left: str = "a", **orders: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return by code how many technicians have the reason, and what it is about, where tours are given."""
    order = [(who, 0, [(StopKind.VISIT, name) for name in line.split()]) for who, line in orders.items()]
    tours = timed_together(problem, orders=order)
    (found,) = reasons(problem, left=[left], tours=tours)
    return {one.code: (one.parameters["technicians"], one.parameters.get("what", ())) for one in found}


def test_parts_and_tools_that_are_nowhere_are_said_by_name() -> None:
    """Neither on a van nor at a depot, too few pieces, tools that no one depot has together: not that time is short."""
    assert _said(_pair(parts={"pump": 1})) == {"routing.no-parts": (2, ("pump",))}
    assert _said(_pair(tools=frozenset({"lift"}))) == {"routing.no-tools": (2, ("lift",))}
    few = (PartsDepot("store", 0, frozenset({"saw"}), {"pump": 1}), PartsDepot("shop", 0, frozenset({"lift"}), {}))
    stocked = replace(_pair(parts={"pump": 3}), depots=few)
    one, other = stocked.technicians
    stocked = replace(stocked, technicians=(replace(one, parts={"pump": 1}), replace(other, parts={"pump": 2})))
    assert _said(stocked) == {"routing.no-parts": (1, ("pump",)), "routing.too-dear": (1, ())}
    both = replace(_pair(tools=frozenset({"lift", "saw"})), depots=few)
    assert _said(both) == {"routing.no-tools": (2, ("lift", "saw"))}


def test_parts_that_others_have_used_are_missing_too() -> None:
    """The store had one, and it is planned for another visit."""
    problem = _pair(parts={"pump": 1})
    problem = replace(problem, visits=(problem.visits[0], replace(problem.visits[1], parts={"pump": 1})),
                      depots=(PartsDepot("store", 0, None, {"pump": 1}),))  # fmt: skip
    order = [("ada", 0, [(StopKind.DEPOT, "store"), (StopKind.VISIT, "b")])]
    (found,) = reasons(problem, left=["a"], tours=timed_together(problem, orders=order))
    assert [(one.code, one.parameters["what"]) for one in found] == [("routing.no-parts", ("pump",))]


def test_a_place_without_a_way_is_said_as_that() -> None:
    """There, and back to where the shift ends."""
    for row, column in ((0, 1), (1, 0)):
        problem = _pair()
        problem.seconds[row, column] = np.inf
        problem = replace(problem, places=(("home", 0.0, 0.0), ("island", 0.0, 1.0), ("town", 1.0, 0.0)))
        assert _said(problem) == {"routing.no-way": (2, ("island",))}


def test_shared_things_vans_and_labels_that_others_have_are_said_as_that() -> None:
    """By name of the thing, of the van, of who makes the other visits; not that there is no room."""
    crane = replace(_pair(equipment=frozenset({"crane"})), equipment={"crane": 1})
    crane = replace(crane, visits=(crane.visits[0], replace(crane.visits[1], equipment=frozenset({"crane"}))))
    assert _said(crane, ada="b") == {"routing.too-dear": (1, ()), "routing.no-free-equipment": (1, ("crane",))}
    label = _pair(together="t")
    label = replace(label, visits=(label.visits[0], replace(label.visits[1], together="t")))
    assert _said(label, ada="b") == {"routing.too-dear": (1, ()), "routing.no-together": (1, ("ada",))}
    van = _pair()
    van = replace(van, technicians=tuple(replace(one, vehicle="van 1") for one in van.technicians))
    assert _said(van, ada="b") == {"routing.too-dear": (1, ()), "routing.no-vehicle": (1, ("van 1",))}


def test_links_are_no_lack_of_time() -> None:
    """What must come after a visit that is left out waits for it; after one that is made there is room or there is none."""
    assert _said(_pair(after=(After("b"),))) == {"routing.no-order": (2, ("b",))}
    assert _said(_pair(after=(After("b", 7200),)), ada="b") == {"routing.no-room": (2, ())}
    assert _said(_pair(after=(After("b"),), service_by={"ada": 1e5}), left="a") == {
        "routing.no-time": (1, ()),
        "routing.no-order": (1, ("b",)),
    }


def test_nobody_at_work_is_a_plan_that_serves_nothing() -> None:
    """Technicians without shifts are no error; their visits are told as unserved."""
    problem = world(2, rich=False, visits=3, technicians=2)
    idle = tuple(replace(one, shifts=()) for one in problem.technicians)
    plan = solve(replace(problem, technicians=idle), stop=Stop(steps=3))
    assert plan.tours == ()
    assert len(plan.unserved) == 3


def test_more_time_than_steps_needs_no_time_at_all() -> None:
    """Two places on a line have one best order; it is found at once and its cost is known."""
    problem = world(1, rich=False, visits=1, technicians=1)
    plan = solve(problem, stop=Stop(steps=5))
    assert plan.status is Status.FEASIBLE
    assert np.isclose(plan.value, sum(plan.objective.values()))
