"""Orders given instants, and tours as the search reads them: what waits for whom, and one tour a shift."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from troth.core.decision import Status, Stop
from troth.core.errors import InputError
from troth.field.routing import (
    After,
    FieldTechnician,
    RoutePlan,
    RoutingParams,
    RoutingProblem,
    TechnicianShift,
    VisitRequest,
    breaches,
    solve,
)
from troth.field.routing.from_file import tours_from_json

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)


def _problem() -> RoutingProblem:
    """Return Ada and Ben ten minutes from a place with two visits of an hour, of which `b` comes after `a`."""
    crew = tuple(FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0),)) for name in ("ada", "ben"))
    visits = (VisitRequest("a", 1, 3600), VisitRequest("b", 1, 3600, after=(After("a", 300.0),)))
    return RoutingProblem(BEGINS, visits, crew, np.array([[0.0, 600.0], [600.0, 0.0]]))


@pytest.mark.parametrize("first", ["ada", "ben"])
def test_a_tour_by_hand_waits_for_one_with_instants(first: str) -> None:
    """In a plan of which one tour has instants and the other has none, the other waits for its work, in whichever order they stand."""
    problem = _problem()
    stop = {"visit": "a", "arrives": 600, "starts": 7200, "ends": 10800}
    rows = {
        "ada": {"technician": "ada", "leaves": 0, "returns": 11400, "stops": [stop]},
        "ben": {"technician": "ben", "stops": ["b"]},
    }
    tours = tours_from_json([rows.pop(first), *rows.values()], problem=problem)  # type: ignore[arg-type]
    found = {one.technician_id: one for one in tours}
    assert found["ben"].stops[0].starts_s == 11100.0
    assert breaches(problem, tours=tours) == []


def test_two_tours_of_a_shift_are_no_plan_to_begin_with() -> None:
    """A search that begins with two tours of one shift is refused with each such shift named: one of them would be lost."""
    problem = _problem()
    rows = [{"technician": who, "stops": [name]} for who in ("ada", "ben") for name in "ab"]
    tours = tours_from_json(rows, problem=problem)  # type: ignore[arg-type]
    assert {one.what for one in breaches(problem, tours=tours) if one.rule == "routing.known"} == {"shift"}
    plan = RoutePlan(problem, tours, (), Status.FEASIBLE, {})
    with pytest.raises(InputError) as told:
        solve(problem, stop=Stop(steps=1), params=RoutingParams(chains=1), start=plan)
    assert [(one.code, one.value) for one in told.value.issues] == [
        ("twice", "ada, shift 0"),
        ("twice", "ben, shift 0"),
    ]
    assert all(one.advice.startswith("Maybe ") for one in told.value.issues)
