"""Why a visit is where it is: its own cost, what other places would cost by rule, and what keeps the others from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from tests.field.routing.town import day, town
from tests.field.routing.worlds import world
from troth.core.decision import Explanation, Stop
from troth.core.errors import InputError
from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    RoutePlan,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    VisitRequest,
    solve,
)
from troth.field.routing.elsewhere import elsewhere
from troth.field.routing.explain import told
from troth.field.routing.orders import timed_together
from troth.field.routing.page import page
from troth.field.routing.solve import judged


def line(*visits: VisitRequest, depots: tuple[PartsDepot, ...] = ()) -> RoutingProblem:
    """Return visits on a line, ten minutes apart, and two technicians at its ends: ada is cheap and near, ben is neither."""
    at = np.arange(5) * 600.0
    people = (
        FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),), {"gas": 1}, cost_per_hour_cents=3600),
        FieldTechnician("ben", (TechnicianShift(0, 28800, 4, 4),), cost_per_hour_cents=7200),
    )
    ways = np.abs(np.subtract.outer(at, at))
    return RoutingProblem(datetime(2026, 6, 1, 8, tzinfo=UTC), visits, people, ways, depots=depots)


def planned(problem: RoutingProblem, **orders: str) -> RoutePlan:
    """Return the plan of given tours with reasons for what is left out."""
    depots = {one.depot_id for one in problem.depots}
    named = {
        who: [(StopKind.DEPOT if name in depots else StopKind.VISIT, name) for name in its.split()]
        for who, its in orders.items()
    }
    tours = timed_together(problem, orders=[(who, 0, order) for who, order in named.items()])
    return judged(problem, tours=tours)


def parts(found: Explanation, code: str) -> list[Explanation]:
    """Return the parts of a code."""
    return [one for one in found.parts if one.code == code]


def test_a_visit_is_told_with_what_other_places_would_cost() -> None:
    """Who, when, how much more elsewhere and for what: an hour of work and 60 minutes of driving at ben's price, less ada's 80 at hers."""
    plan = planned(line(VisitRequest("v", 1, 3600, unserved_cents=9000)), ada="v")
    found = elsewhere(plan, visit_id="v")
    assert (found.code, dict(found.parameters)) == (
        "routing.planned",
        {"visit": "v", "technician": "ada", "shift": 0, "starts_s": 600.0, "ends_s": 4200.0},
    )
    (other,) = parts(found, "routing.would-go")
    assert other.parameters["technician"] == "ben" and other.parameters["starts_s"] == 1800
    assert other.parameters["more_cents"] == pytest.approx(7200 * 2 - 4800) and other.parameters["breaks"] == ()
    assert [(one.code, one.parameters["more_cents"]) for one in other.parts] == [("routing.work", pytest.approx(9600))]
    (gone,) = parts(found, "routing.would-be-left-out")
    assert gone.parameters["more_cents"] == pytest.approx(9000 - 4800)
    assert told(found, at=lambda second: f"{second:.0f}", names={"ben": "Ben"}) == (
        "v: ada, 600 to 4200.",
        "Ben at 1800 would cost 96.00 more (paid time +96.00).",
        "Left out, it would cost 42.00 more (visits left out +90.00, paid time -48.00).",
    )


@pytest.mark.parametrize("seed", range(6))
def test_what_another_place_costs_more_is_what_the_judge_finds_there(seed: int) -> None:
    """The visit put there with all else as it is: by rule it sums to the difference of the plans, and no plan found is that much worse."""
    problem = world(seed, visits=8, technicians=3)
    plan = solve(problem, stop=Stop(steps=300), seed=1)
    for visit in problem.visits:
        found = elsewhere(plan, visit_id=visit.visit_id)
        for one in (*parts(found, "routing.would-go"), *parts(found, "routing.would-be-left-out")):
            assert one.parameters["more_cents"] == pytest.approx(sum(x.parameters["more_cents"] for x in one.parts))
            if not plan.broken and not one.parameters["breaks"]:
                assert plan.value + one.parameters["more_cents"] > 0.5 * plan.value


def test_others_are_told_with_what_keeps_them_from_it() -> None:
    """A skill they lack, as for a visit that is left out; and what is left out says where it could go at what price."""
    plan = planned(line(VisitRequest("v", 1, 3600, skills={"gas": 1})), ada="v")
    assert [one.code for one in elsewhere(plan, visit_id="v").parts] == ["routing.no-skill"]
    left = planned(line(VisitRequest("v", 1, 3600, unserved_cents=10.0)))
    found = elsewhere(left, visit_id="v")
    assert (found.code, [one.parameters["technician"] for one in parts(found, "routing.would-go")]) == (
        "routing.left-out", ["ada", "ben"],
    )  # fmt: skip
    assert parts(found, "routing.would-go")[0].parameters["more_cents"] == pytest.approx(4800 - 10)
    assert told(found, at=str)[0] == "v is left out."


def test_the_page_says_what_is_missing_and_what_may_help() -> None:
    """For how many technicians, which part, and an advice, beside the visit that is left out."""
    shown = page(planned(line(VisitRequest("v", 1, 3600, parts={"pump": 1}, unserved_cents=10.0))))
    assert "2 technicians without the parts (pump)" in shown
    assert "Maybe order them, put them on a van" in shown


def test_a_depot_that_only_this_visit_needs_is_not_gone_to_without_it() -> None:
    """Left out, the way to the store is saved too."""
    asked = (VisitRequest("v", 1, 600, parts={"pump": 1}, unserved_cents=1e5), VisitRequest("w", 1, 600))
    plan = planned(line(*asked, depots=(PartsDepot("store", 3, service_s=600),)), ada="store v w")
    (gone,) = parts(elsewhere(plan, visit_id="v"), "routing.would-be-left-out")
    assert gone.parameters["more_cents"] == pytest.approx(1e5 - (2400 + 600 + 600))


def test_a_place_that_others_cannot_wait_for_is_told_with_the_rule() -> None:
    """What follows the visit stays where it is: where it would begin too soon or never, that is said and comes last."""
    asked = (VisitRequest("v", 1, 600, unserved_cents=1000.0), VisitRequest("w", 1, 600, after=(After("v"),)))
    plan = planned(line(*asked), ada="v w")
    assert not plan.broken
    found = elsewhere(plan, visit_id="v")
    (gone,) = parts(found, "routing.would-be-left-out")
    assert gone.parameters["breaks"] == ("routing.order",)
    assert "Left out, it would break routing.order." in told(found, at=str)
    (other,) = parts(found, "routing.would-go")
    assert other.parameters["breaks"] == ()  # ada waits


def test_costs_of_a_visit_are_explained_by_rule() -> None:
    """Each instance under its rule, the dearest rule first, summing to the plan's value; a visit has its own."""
    problem = town()
    plan = judged(problem, tours=day(problem, ada="v1 store v3 v5", ben="v2 v4 v6"), why=False)
    whole = plan.explain()
    assert whole.parameters["value_cents"] == pytest.approx(plan.value)
    costs = [one.parameters["cost_cents"] for one in whole.parts]
    assert costs == sorted(costs, reverse=True) and costs[0] > 0
    assert all(
        one.parameters["times"] == len(one.parts)
        and sum(x.parameters["cost_cents"] for x in one.parts) == pytest.approx(one.parameters["cost_cents"])
        for one in whole.parts
    )
    other = judged(problem, tours=day(problem, ada="v1 store v3", ben="v2 v4 v6 v5"), why=False)
    mine = {one.code: one.parameters["cost_cents"] for one in other.explain("v5").parts}
    assert mine["routing.preference"] == 500 and mine["routing.churn"] > 0 and "routing.work" not in mine


def test_an_unknown_visit_is_refused_with_the_near_name() -> None:
    """By the plan and by what explains its places."""
    plan = planned(line(VisitRequest("leak", 1, 60)), ada="leak")
    asks: tuple[Callable[[], Explanation], ...] = (
        partial(plan.explain, "leek"),
        partial(elsewhere, plan, visit_id="leek"),
    )
    for ask in asks:
        with pytest.raises(InputError) as found:
            ask()
        assert [(one.code, one.value, one.advice) for one in found.value.issues] == [
            ("unknown-visit", "leek", "Maybe leak is meant.")
        ]
    assert replace(plan, tours=()).explain("leak").parts[0].code == "routing.must"
