"""Results as JSON that is read again, GeoJSON, rows; a page that fetches nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.field.routing.town import BEGINS_AT, day, town
from troth.core.decision import Explanation, Status
from troth.core.errors import InputError
from troth.field.routing import ROUTING_RULES, RoutePlan, UnservedVisit, breaches
from troth.field.routing.export import geojson, plan_to_json, stop_rows
from troth.field.routing.from_file import tours_from_json
from troth.field.routing.page import page


@pytest.fixture(scope="module")
def plan() -> RoutePlan:
    """Return a plan with a depot, a broken rule, a late promise and a visit left out."""
    problem = town()
    tours = day(problem, ada="v2 v5 store v3 v1", cem="v4")
    found = breaches(problem, tours=tours)
    broken = tuple(one for one in found if ROUTING_RULES[one.rule].hard)
    objective = {one.rule: one.cost_cents for one in found if not ROUTING_RULES[one.rule].hard}
    left = (UnservedVisit("v6", (Explanation("routing.no-room", {"technicians": 2, "least_cents": float("inf")}),)),)
    return RoutePlan(problem, tours, left, Status.STOPPED, objective, broken=broken, seconds=1.5)


def test_a_result_is_read_again_as_the_tours_it_has(plan: RoutePlan) -> None:
    """Instants to the millisecond; numbers that are none are left out."""
    text = plan_to_json(plan)
    again = tours_from_json(text, problem=plan.problem)
    assert [tour.visits() for tour in again] == [tour.visits() for tour in plan.tours]
    for old, new in zip(plan.tours, again, strict=True):
        assert new.returns_s == pytest.approx(old.returns_s, abs=1e-3)
        assert [one.starts_s for one in new.stops] == pytest.approx([one.starts_s for one in old.stops], abs=1e-3)
    data = json.loads(text)
    assert data["unserved"] == [
        {"visit": "v6", "reasons": [{"code": "routing.no-room", "parameters": {"technicians": 2}}]}
    ]
    assert {"routing.tools", "routing.order"} & {one["rule"] for one in data["broken"]}
    assert data["tours"][0]["stops"][0]["starts"].endswith("+03:00")


def test_rows_say_where_everybody_is_and_what_is_broken(plan: RoutePlan) -> None:
    """One for each stop, then those left out; travel, waiting and lateness add up."""
    rows = stop_rows(plan)
    assert [row["name"] for row in rows] == ["v2", "v5", "store", "v3", "v1", "v4", "v6"]
    first, second = rows[0], rows[1]
    assert first["starts_at"] >= BEGINS_AT and first["place"] == "place 2"
    gap = second["arrives_at"] - first["ends_at"]
    assert gap == timedelta(seconds=second["travel_s"])
    assert (rows[4]["promised_to"] - rows[4]["promised_from"]) == timedelta(hours=1)
    late = (rows[4]["starts_at"] - rows[4]["promised_to"]).total_seconds()
    assert late > 0 and rows[4]["late_s"] == pytest.approx(late, abs=1e-3)
    assert (
        "routing.tools" in rows[5]["broken"]
        and rows[6]["kind"] == "unserved"
        and rows[6]["broken"] == "routing.no-room"
    )


def test_geojson_has_lines_and_points_in_the_right_order(plan: RoutePlan) -> None:
    """Longitude first; a line from home to home; without coordinates there is none."""
    found = json.loads(geojson(plan))
    lines = [one for one in found["features"] if one["geometry"]["type"] == "LineString"]
    assert lines[0]["geometry"]["coordinates"][0] == [25.28, 54.687] == lines[0]["geometry"]["coordinates"][-1]
    assert len(lines[0]["geometry"]["coordinates"]) == 7
    kinds = [one["properties"]["kind"] for one in found["features"]]
    assert (kinds.count("visit"), kinds.count("depot"), kinds.count("unserved"), kinds.count("tour")) == (5, 2, 1, 2)
    with pytest.raises(InputError, match="no-coordinates"):
        geojson(replace(plan, problem=replace(plan.problem, places=())))


def test_the_page_answers_and_escapes(plan: RoutePlan) -> None:
    """What is broken, late and left out stands in its first line; names are no markup."""
    text = page(plan)
    assert "hard rules are broken, 1 visit is left out, 1 promise broken" in text
    assert "2 technicians have no room left" in text
    assert "http://" not in text.split("<script>")[0] and "src=" not in text.split("<script>")[0]
    visits = tuple(replace(one, visit_id=f"<b>{one.visit_id}", after=()) for one in plan.problem.visits)
    problem = replace(plan.problem, visits=visits, published=(), places=())
    hostile = page(RoutePlan(problem, day(problem, ada="<b>v1"), (UnservedVisit("<b>v2", ()),), Status.FEASIBLE, {}))
    assert "<b>v" not in hostile


def test_an_empty_plan_has_a_page() -> None:
    """Nobody goes anywhere."""
    text = page(RoutePlan(town(), (), (), Status.FEASIBLE, {}))
    assert "Nobody goes anywhere" in text and "every visit is made" in text
