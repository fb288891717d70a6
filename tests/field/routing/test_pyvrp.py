"""Problems PyVRP's model says, what it finds for them, and the judge beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import numpy as np
import pytest

from troth.core.decision import Stop
from troth.field.routing._pyvrp import solve_pyvrp
from troth.field.routing._whole import beyond, reaches, whole
from troth.field.routing.orders import sequences, toured
from troth.field.routing.plan import RoutePlan
from troth.field.routing.problem import (
    After,
    FieldTechnician,
    PartsDepot,
    Pin,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.solve import judged

_AT = datetime(2026, 6, 1, tzinfo=UTC)


def many_prices(seed: int, *, visits: int = 12, whole_seconds: bool = True) -> RoutingProblem:
    """Return a problem with all that PyVRP's model can say."""
    draw = np.random.default_rng(seed)
    at = draw.uniform(0, 3000, (visits + 3, 2))
    seconds = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    seconds = np.asarray(np.round(seconds) if whole_seconds else seconds, np.float64)
    crew = (
        FieldTechnician(
            "ada", (TechnicianShift(0, 14400, 0, 0),), {"gas": 2.0}, frozenset({"drill"}), {"pipe": 5},
            cost_per_hour_cents=3600, cost_per_km_cents=40, used_cents=500, pace=1.5,
        ),
        FieldTechnician("ben", (TechnicianShift(600, 14400, 1, None),), parts={"pipe": 4}, cost_per_hour_cents=1800, travel_factor=1.25),
        FieldTechnician(
            "cyd", (TechnicianShift(0, 7200, 2, 0, overtime_s=3600),), {"gas": 1.0}, parts={"pipe": 4}, cost_per_km_cents=60,
            overtime_per_hour_cents=7200, longest_leg_s=3000,
        ),
    )  # fmt: skip
    made = tuple(
        VisitRequest(
            f"v{k}", k + 3, 600.0, windows=(TimeWindow(s := float(draw.integers(0, 6000)), s + 5000),) if k % 2 else (),
            unserved_cents=4000.0 if k % 3 else 900.0, skills={"gas": 1.0} if k % 5 == 0 else {},
            tools=frozenset({"drill"}) if k == 3 else frozenset(), parts={"pipe": 1} if k % 4 == 0 else {},
            excluded=frozenset({"ben"}) if k == 7 else frozenset(), preferred=frozenset({"cyd"}) if k == 8 else frozenset(),
            other_cents=300.0, service_by={"ben": 900.0} if k == 9 else {},
        )
        for k in range(visits)
    )  # fmt: skip
    return RoutingProblem(_AT, made, crew, seconds)


def _solved(problem: RoutingProblem, steps: int = 300, seed: int = 1) -> tuple[RoutePlan, float]:
    found = solve_pyvrp(problem, stop=Stop(steps=steps), seed=seed)
    assert found is not None
    return judged(problem, tours=toured(problem, seq=found.seq, size=found.size)), found.value


def _with(problem: RoutingProblem, **change: object) -> RoutingProblem:
    return replace(problem, visits=(replace(problem.visits[0], **change), *problem.visits[1:]))  # type: ignore[arg-type]


def test_what_is_beyond_the_model() -> None:
    """Each thing the model cannot say is named."""
    problem = many_prices(1)
    ada = problem.technicians[0]
    rest = replace(ada, shifts=(replace(ada.shifts[0], breaks=(RestBreak(1800, 3600, 7200),)),))
    over = replace(ada, shifts=(replace(ada.shifts[0], overtime_s=60),), overtime_per_hour_cents=1.0)
    two = (TimeWindow(0, 100), TimeWindow(200, 300))
    table = {
        "": problem,
        "depot": replace(problem, depots=(PartsDepot("store", 0),)),
        "published plan": replace(problem, published=(PublishedVisit("v1", "ada", 0.0),)),
        "balance": replace(problem, prices=RoutingPrices(balance_cents=1.0)),
        "too small": replace(problem, visits=problem.visits[:1]),
        "several windows": _with(problem, windows=two),
        "window outside all shifts": _with(problem, windows=(TimeWindow(20000, 30000),)),
        "priced window": _with(problem, soft=SoftWindow(0, 100, 1.0, 1.0)),
        "linked visits": _with(problem, after=(After("v1"),)),
        "equipment": _with(problem, equipment=frozenset({"lift"})),
        "break": replace(problem, technicians=(rest,)),
        "overtime with paid hours": replace(problem, technicians=(over,)),
        "limit of driving": replace(problem, technicians=(replace(ada, max_travel_s=100.0),)),
        "vehicle": replace(problem, technicians=(replace(ada, vehicle="van"), replace(problem.technicians[1], vehicle="van"))),
        "visit nobody can make": _with(problem, skills={"water": 1.0}),
    }  # fmt: skip
    assert {said: beyond(one) for said, one in table.items()} == {said: said for said in table}
    assert beyond(_with(problem, promised=PromisedWindow(0, 100))) == "priced window"
    assert reaches(problem)


@pytest.mark.parametrize("seed", range(6))
def test_the_judge_agrees(seed: int) -> None:
    """No hard rule is broken, and the plan costs what PyVRP says: prices of hours, kilometres, tours, overtime, visits."""
    plan, value = _solved(many_prices(seed))
    assert not plan.broken
    assert plan.value == pytest.approx(value, abs=0.2)


def test_times_between_ticks_are_never_too_tight() -> None:
    """Travel times of any length are rounded so that plans stand."""
    for seed in range(3):
        plan, value = _solved(many_prices(seed, whole_seconds=False))
        assert not plan.broken
        assert plan.value == pytest.approx(value, rel=1e-3)


def test_the_least_of_all_orders() -> None:
    """One technician and five visits: no order costs less."""
    base = many_prices(4, visits=5)
    visits = tuple(VisitRequest(one.visit_id, one.place, 600.0, windows=one.windows) for one in base.visits)
    problem = replace(base, visits=visits, technicians=(replace(base.technicians[0], pace=1.0),))
    plan, _ = _solved(problem)
    size = np.array([5], np.int64)
    all_plans = [
        judged(problem, tours=toured(problem, seq=np.array([order]), size=size)) for order in permutations(range(5))
    ]
    assert plan.value == pytest.approx(min(one.value for one in all_plans if not one.broken), abs=0.01)


def test_same_seed_same_plan_and_a_start_is_never_made_worse() -> None:
    """Steps alone decide; from a plan it only goes on."""
    problem = many_prices(2)
    first, _ = _solved(problem, steps=40)
    again, _ = _solved(problem, steps=40)
    assert first.tours == again.tours
    found = solve_pyvrp(problem, stop=Stop(steps=5), seed=9, start=sequences(problem, tours=first.tours))
    assert found is not None
    assert judged(problem, tours=toured(problem, seq=found.seq, size=found.size)).value <= first.value + 0.2


def test_pins_hold_and_asking_stops() -> None:
    """Who goes and when is a window and a profile; `asked` ends the run."""
    problem = _with(many_prices(3), pin=Pin("cyd", 6000.0), unserved_cents=None, skills={}, windows=())
    plan, _ = _solved(problem)
    assert not plan.broken
    ended = solve_pyvrp(problem, stop=Stop(seconds=60, asked=lambda: True), seed=1)
    assert ended is None or ended.steps == 0


def test_tenths_are_whole() -> None:
    """Distances cut to tenths are counted in tenths, of time and of money."""
    problem = many_prices(5)
    crew = (FieldTechnician("ada", (TechnicianShift(0, 14400, 0, 0),), parts={"pipe": 9}, cost_per_km_cents=1000.0),)
    plain = replace(
        problem, technicians=crew, seconds=np.floor(problem.seconds * 3.7) / 10,
        visits=tuple(VisitRequest(one.visit_id, one.place, 10.0) for one in problem.visits),
    )  # fmt: skip
    assert (whole(plain).ticks, whole(plain).unit) == (10, 10)
