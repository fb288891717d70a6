"""Pictures of tours: what is drawn, and that large ones stay small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.field.routing.town import day, town
from troth.core.decision import Status
from troth.core.errors import InputError
from troth.field.routing import FieldTechnician, PlannedStop, RoutePlan, RoutingPrices, StopKind, Tour, VisitRequest
from troth.field.routing.plots import gantt, route_map


def traces(figure: Any) -> dict[str, list[Any]]:
    """Return the traces of a figure by name."""
    found: dict[str, list[Any]] = {}
    for one in figure.data:
        found.setdefault(one.name or "", []).append(one)
    return found


def test_every_stop_has_its_bar_and_its_words() -> None:
    """Work numbered in order, travel, waiting, depot; promised windows below; who is left out in a line of its own."""
    problem = replace(town(), prices=RoutingPrices())  # nobody leaves late to even out tours: somebody waits
    tours = day(problem, ada="v1 store v3 v5", ben="v2 v4")
    found = traces(gantt(problem, tours=tours))
    (work,) = found["work"]
    assert list(work.text) == ["1", "2", "3", "1", "2"] and list(work.y) == [0, 0, 0, 1, 1]
    assert list(work.x) == [
        round((s.ends_s - s.starts_s) * 1000) for t in tours for s in t.stops if s.kind is StopKind.VISIT
    ]
    assert work.base[0] == "2026-06-01 09:00:00" and "promised 09:00 to 10:00" in work.customdata[0]
    assert len(found["depot"][0].x) == 1 and len(found["travel"][0].x) == 8 and "waiting" in found
    assert list(found["promised"][0].x[:2]) == ["2026-06-01 09:00:00", "2026-06-01 10:00:00"]
    assert found["left out"][0].customdata == ("v6: left out",)
    assert "rule broken" not in found


def test_what_is_broken_is_told_by_shape_and_words_too() -> None:
    """A pattern, a cross and the rule's sentence with its size; the promise's line is dashed."""
    problem = town()
    found = traces(gantt(problem, tours=day(problem, ada="v2 v5 v4 v1")))
    bars, crosses = found["rule broken"]
    assert bars.marker.pattern.shape == "x" and crosses.marker.symbol == "x"
    assert "A tool is on the van" in crosses.customdata[0] and "lift" in crosses.customdata[0]
    assert found["late"][0].line.dash == "5px,3px"
    marks = traces(route_map(problem, tours=day(problem, ada="v2 v5 v4 v1")))
    assert marks["late or broken"][0].marker.symbol == "square-open" and len(marks["late or broken"][0].x) == 2


def test_the_map_is_true_to_scale_and_shows_who_is_where() -> None:
    """Lines from home to home; one degree of latitude is longer than one of longitude; homes, depots, visits left out."""
    problem = town()
    figure = route_map(problem, tours=day(problem, ada="v1 v5", ben="v2"))
    found = traces(figure)
    assert figure.layout.yaxis.scaleanchor == "x" and len(found["ada"][0].x) == 4
    east, north = (found["ada"][0].x[1] - found["ada"][0].x[0], found["ada"][0].y[1] - found["ada"][0].y[0])
    assert (east, north) == (pytest.approx(-1.93, abs=0.01), pytest.approx(1.446, abs=0.01))
    assert len(found["left out"][0].x) == 3 and found["home"][0].customdata == ("home of ada, ben, cem",)
    assert found["depot"][0].customdata == ("depot store",)
    with pytest.raises(InputError, match="no-coordinates"):
        route_map(replace(problem, places=()), tours=())


def test_a_plan_draws_both() -> None:
    """Also with strangers in it, and with nothing in it."""
    problem = town()
    stranger = Tour("zoe", 0, 0.0, 100.0, (PlannedStop(StopKind.VISIT, "nobody's", 10.0, 10.0, 20.0),))
    plan = RoutePlan(problem, (*day(problem, ada="v1"), stranger), (), Status.STOPPED, {})
    assert "zoe" in plan.plot().layout.yaxis.ticktext
    assert "zoe" in traces(plan.map())
    empty = RoutePlan(problem, (), (), Status.FEASIBLE, {})
    assert len(empty.plot().data) == 3 and "home" in traces(empty.map())


def test_sixty_technicians_and_six_hundred_visits_stay_small() -> None:
    """Less than a quarter of a megabyte together, without a number in every bar."""
    problem = town()
    who = problem.technicians[0]
    people = tuple(FieldTechnician(f"technician {k}", who.shifts, who.skills) for k in range(60))
    visits = tuple(VisitRequest(f"visit {k}", 1 + k % 6, 900, promised=problem.visits[0].promised) for k in range(600))
    large = replace(problem, visits=visits, technicians=people, published=())
    tours = day(large, **{one.technician_id: "" for one in people})
    stops = {k: " ".join(f"visit-{10 * k + j}" for j in range(10)) for k in range(60)}
    del tours
    named = replace(large, visits=tuple(replace(one, visit_id=one.visit_id.replace(" ", "-")) for one in visits))
    tours = day(named, **{f"technician {k}": line for k, line in stops.items()})
    picture, ground = gantt(named, tours=tours), route_map(named, tours=tours)
    assert sum(len(tour.visits()) for tour in tours) == 600
    assert len(picture.to_json()) + len(ground.to_json()) < 400_000
    assert traces(picture)["work"][0].text is None and picture.layout.height < 1600
    assert ground.layout.height < 700
