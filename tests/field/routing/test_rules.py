"""The judge, rule by rule: a small plan that breaks one rule and nothing else, and what it must say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from troth.field.routing import (
    ROUTING_RULES,
    After,
    FieldTechnician,
    PartsDepot,
    Pin,
    PlannedStop,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RouteBreach,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    StopKind,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
    breaches,
)

_LINE = np.array([0.0, 600.0, 1200.0, 1800.0])  # places on a road: home, v, w, x; ten minutes and as many metres apart


def problem(
    *, ada: Any = None, ben: Any = None, shift: Any = None, v: Any = None, w: Any = None, **more: Any
) -> RoutingProblem:
    """Return two technicians of home and two visits of ten minutes, without a price, with what a rule needs on top."""
    own = TechnicianShift(0, 28800, 0, 0) if shift is None else replace(TechnicianShift(0, 28800, 0, 0), **shift)
    crew = tuple(FieldTechnician(name, (own,), **(extra or {})) for name, extra in (("ada", ada), ("ben", ben)))
    visits = tuple(VisitRequest(name, place, 600.0, **(x or {})) for name, place, x in (("v", 1, v), ("w", 2, w)))
    seconds = np.abs(np.subtract.outer(_LINE, _LINE))
    return RoutingProblem(datetime(2026, 6, 1, 8, tzinfo=UTC), visits, crew, seconds, **more)


def visit(name: str, starts: float, *, arrives: float | None = None, lasts: float = 600.0) -> PlannedStop:
    """Return a visit as planned."""
    return PlannedStop(StopKind.VISIT, name, starts if arrives is None else arrives, starts, starts + lasts)


def depot(starts: float, *, lasts: float = 0.0) -> PlannedStop:
    """Return a stop at the store."""
    return PlannedStop(StopKind.DEPOT, "store", starts, starts, starts + lasts)


def rest(starts: float, lasts: float) -> PlannedStop:
    """Return a rest."""
    return PlannedStop(StopKind.REST, "", starts, starts, starts + lasts)


def ada(*stops: PlannedStop, leaves: float = 0.0, returns: float = 3600.0, shift: int = 0) -> Tour:
    """Return a tour of ada; as usual she is back after both visits."""
    return Tour("ada", shift, leaves, returns, stops)


#: Both visits by ada as early as may be.
BOTH = ada(visit("v", 600), visit("w", 1800))
V, W = ada(visit("v", 600), returns=1800), Tour("ben", 0, 0, 3000, (visit("w", 1200),))


@dataclass(frozen=True)
class Case:
    """A plan, and the one breach it is; `beside` names a rule without whose breach this one cannot be."""

    breach: RouteBreach
    tours: Sequence[Tour]
    problem: RoutingProblem
    note: str = ""
    beside: str = ""


def case(
    rule: str, tours: Sequence[Tour] | Tour, problem: RoutingProblem, *, who: str = "", at: str = "", amount: float = 1.0,
    cost: float = 0.0, what: str = "", note: str = "", beside: str = "",
) -> Case:  # fmt: skip
    """Return a row of the table; a breach of somebody's tour is of their first shift."""
    breach = RouteBreach(f"routing.{rule}", who, 0 if who else -1, at, amount, cost, what)
    return Case(breach, (tours,) if isinstance(tours, Tour) else tours, problem, note, beside)


_STORE = PartsDepot("store", 0, parts={"pump": 2})
_GAS, _PUMPS = {"gas": 3.0}, {"pump": 3}
_SPLIT = (ada(visit("v", 600), visit("w", 1800)), Tour("ben", 0, 0, 3000, (visit("w", 1200),)))

HARD = [
    case("known", ada(*BOTH.stops, visit("ghost", 3600), returns=3600), problem(), who="ada", at="ghost", what="visit"),
    case("known", (BOTH, Tour("zoe", 0, 0, 0, ())), problem(), who="zoe", what="technician", note="a stranger"),
    case("known", (V, replace(V, stops=(visit("w", 1200),), returns_s=3000)), problem(), who="ada", what="shift",
         note="two tours of one shift"),
    case("once", _SPLIT, problem(), at="w"),
    case("skill", BOTH, problem(ada={"skills": {"gas": 1.0}}, v={"skills": _GAS}), who="ada", at="v", amount=2.0, what="gas"),
    case("skill", BOTH, problem(v={"skills": _GAS}), who="ada", at="v", amount=3.0, what="gas", note="not at all"),
    case("excluded", BOTH, problem(w={"excluded": frozenset({"ada"})}), who="ada", at="w", what="ada"),
    case("territory", BOTH, problem(ada={"territories": frozenset({"south"})}, v={"territory": "north"}), who="ada", at="v", what="north"),
    case("tools", BOTH, problem(v={"tools": frozenset({"saw"})}), who="ada", at="v", what="saw"),
    case("tools", ada(visit("v", 600), depot(1800), visit("w", 3000), returns=4800),
         problem(v={"tools": frozenset({"saw"})}, w={"tools": frozenset({"saw"})}, depots=(_STORE,)),
         who="ada", at="v", what="saw", note="fetched after"),
    case("parts", BOTH, problem(ada={"parts": {"pump": 2}}, v={"parts": {"pump": 1}}, w={"parts": _PUMPS}), who="ada", at="w",
         amount=2.0, what="pump", note="one is used already"),
    case("stock", ada(depot(0), visit("v", 600), visit("w", 1800)), problem(v={"parts": {"pump": 1}}, w={"parts": _PUMPS}, depots=(_STORE,)),
         amount=2.0, what="pump at store"),
    case("equipment", (V, W), problem(v={"equipment": frozenset({"lift"})}, w={"equipment": frozenset({"lift"})}, equipment={"lift": 1}),
         what="lift on day 0"),
    case("vehicle", (V, replace(W, leaves_s=300.0, returns_s=3300.0, stops=(visit("w", 1500),))), problem(ada={"vehicle": "van"}, ben={"vehicle": "van"}),
         who="ben", amount=1500.0, what="van"),
    case("window", BOTH, problem(v={"windows": (TimeWindow(0, 500), TimeWindow(900, 2000))}), who="ada", at="v", amount=100.0),
    case("window", ada(depot(0), *BOTH.stops), problem(depots=(replace(_STORE, open_s=TimeWindow(60, 900)),)), who="ada", at="store",
         amount=60.0, note="a depot that is closed"),
    case("promise-early", BOTH, problem(w={"promised": PromisedWindow(2000, 9000)}), who="ada", at="w", amount=200.0),
    case("travel", ada(visit("v", 600), visit("w", 1700), returns=3500), problem(), who="ada", at="w", amount=100.0, what="drive"),
    case("travel", ada(visit("v", 600), visit("w", 1700, arrives=1800, lasts=700)), problem(), who="ada", at="w", amount=100.0, what="start"),
    case("travel", ada(visit("v", 600), rest(1200, 400), visit("w", 1800)), problem(), who="ada", at="w", amount=400.0, what="drive",
         note="a rest is no driving"),
    case("service", ada(visit("v", 600, lasts=400), visit("w", 1800)), problem(), who="ada", at="v", amount=200.0),
    case("service", BOTH, problem(ada={"pace": 0.5}, v={"service_by": {"ada": 900.0}}), who="ada", at="v", amount=300.0, note="of hers"),
    case("order", BOTH, problem(w={"after": (After("v", 900.0),)}), who="ada", at="w", amount=300.0, what="v"),
    case("order", V, problem(v={"after": (After("w"),)}, w={"unserved_cents": 0.0}), who="ada", at="v", what="w", note="never made", beside="unserved"),
    case("together", (V, W), problem(v={"together": "x"}, w={"together": "x"}), what="x"),
    case("pin", BOTH, problem(v={"pin": Pin("ben")}), who="ada", at="v", what="ben"),
    case("pin", BOTH, problem(v={"pin": Pin("ada", 660.0)}), who="ada", at="v", amount=60.0, what="start"),
    case("shift", BOTH, problem(shift={"start_s": 60.0}), who="ada", amount=60.0, what="start"),
    case("shift", BOTH, problem(shift={"end_s": 3000.0, "overtime_s": 500.0}), who="ada", amount=100.0, what="end",
         beside="overtime"),
    case("rest", BOTH, problem(shift={"breaks": (RestBreak(900, 0, 1800),)}), who="ada", amount=900.0, what="break 1"),
    case("rest", ada(visit("v", 600), rest(1200, 800), visit("w", 2600), returns=4400), problem(shift={"breaks": (RestBreak(900, 0, 1800),)}),
         who="ada", amount=900.0, what="break 1", note="too short"),
    case("rest", ada(visit("v", 600), rest(1000, 300), visit("w", 2100), returns=3900), problem(), who="ada", at="v", amount=200.0,
         what="overlap"),
    case("rest", BOTH, problem(ada={"drive_limit_s": 2000.0}), who="ada", amount=400.0, what="driving"),
    case("max-travel", BOTH, problem(ada={"max_travel_s": 2000.0}), who="ada", amount=400.0),
    case("longest-leg", BOTH, problem(ada={"longest_leg_s": 1000.0}), who="ada", amount=200.0),
    case("must", V, problem(), at="w"),
    case("changes", BOTH, problem(published=(PublishedVisit("v", "ben", 600), PublishedVisit("w", "ada", 7200)), v={},
         prices=RoutingPrices(most_changes=1)), note="one of technician, one of time", beside="churn"),
]  # fmt: skip

SOFT = [
    case("unserved", V, problem(w={"unserved_cents": 700.0}), at="w", cost=700.0),
    case("promise", BOTH, problem(w={"promised": PromisedWindow(0, 1500, 2000.0, 10.0)}), who="ada", at="w", amount=300.0, cost=2050.0),
    case("soft-early", BOTH, problem(w={"soft": SoftWindow(2400, 9000, 6.0, 9.0)}), who="ada", at="w", amount=600.0, cost=60.0),
    case("soft-late", BOTH, problem(w={"soft": SoftWindow(0, 600, 6.0, 9.0)}), who="ada", at="w", amount=1200.0, cost=180.0),
    case("work", BOTH, problem(ada={"cost_per_hour_cents": 2400.0}), who="ada", amount=3600.0, cost=2400.0),
    case("distance", BOTH, problem(ada={"cost_per_km_cents": 50.0}), who="ada", amount=2400.0, cost=120.0),
    case("overtime", BOTH, problem(shift={"end_s": 1800.0, "overtime_s": 3600.0}, ada={"overtime_per_hour_cents": 1000.0}), who="ada",
         amount=1800.0, cost=500.0),
    case("used", BOTH, problem(ada={"used_cents": 333.0}), who="ada", cost=333.0),
    case("balance", ada(*BOTH.stops, returns=7200), problem(prices=RoutingPrices(balance_cents=5.0)), who="ada", amount=2.0, cost=20.0),
    case("preference", BOTH, problem(v={"preferred": frozenset({"ben"}), "other_cents": 250.0}), who="ada", at="v", cost=250.0, what="ada"),
    case("churn", BOTH, problem(published=(PublishedVisit("w", "ben", 4200),), prices=RoutingPrices(0, 400.0, 2.0, 600.0)), who="ada", at="w",
         amount=1800.0, cost=460.0, what="ben"),
]  # fmt: skip


def told(case: Case) -> str:
    """Return the name of a row."""
    return f"{case.breach.rule.removeprefix('routing.')} {case.breach.what} {case.note}"


@pytest.mark.parametrize("case", HARD + SOFT, ids=told)
def test_one_rule_is_broken_and_the_judge_tells_it_with_size_and_place(case: Case) -> None:
    """Who, where, by how much, at which cost; and no other rule."""
    found = breaches(case.problem, tours=case.tours)
    beside = {f"routing.{case.beside}"} if case.beside else set()
    assert [one for one in found if one.rule not in beside] == [case.breach]
    assert {one.rule for one in found} == {case.breach.rule} | beside


@pytest.mark.parametrize("case", HARD + SOFT, ids=told)
def test_a_rule_is_hard_if_and_only_if_it_has_no_price(case: Case) -> None:
    """The table of hard rules has hard ones only, and so on."""
    assert ROUTING_RULES[case.breach.rule].hard is (case in HARD)
    assert (case.breach.cost_cents > 0) is (case not in HARD)


def test_every_rule_has_a_row() -> None:
    """No rule without a plan that breaks it, and no row for a rule that is gone."""
    assert {case.breach.rule for case in HARD + SOFT} == set(ROUTING_RULES)


def test_the_plan_they_all_come_from_breaks_nothing() -> None:
    """So each row breaks its rule by what is different in it."""
    assert breaches(problem(), tours=(BOTH,)) == [] == breaches(problem(), tours=(V, W))
