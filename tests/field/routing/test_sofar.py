"""The day so far: what is known of it if all went as planned, and the whole day in one plan."""

from __future__ import annotations

from dataclasses import replace

from tests.field.routing.town import day, town
from troth.field.routing import PlannedStop, RoutingPrices, StopKind
from troth.field.routing.day import DayEvent, EventKind
from troth.field.routing.sofar import state_at


def test_the_state_of_a_day_is_what_the_plan_says_but_for_events() -> None:
    """Done, under way, where people are; late ones are at it longer, ill ones leave it."""
    problem = replace(town(), prices=RoutingPrices())  # nobody leaves late to even out tours
    tours = day(problem, ada="v1 store v3 v5", ben="v2 v4")
    at = 3600 + 1800.0
    state = state_at(problem, tours=tours, at_s=at)
    assert (set(state.done), state.running["ada"].visit_id, dict(state.places)) == ({"v2"}, "v1", {"ben": 2})
    assert state.running["ada"].ends_s == 3600 + 2700
    late = state_at(problem, tours=tours, at_s=at, events=[DayEvent(EventKind.LATE, at, technician_id="ada", seconds=600)])  # fmt: skip
    assert late.running["ada"].ends_s == 3600 + 2700 + 600
    ill = state_at(problem, tours=tours, at_s=at, events=[DayEvent(EventKind.ILL, at, technician_id="ada")])
    assert "ada" not in ill.running and "v1" not in ill.done
    before, after = state_at(problem, tours=tours, at_s=-1.0), state_at(problem, tours=tours, at_s=1e6)
    assert not before.done and not before.running and after.done == {"v1", "v2", "v3", "v4", "v5"}


def test_who_is_late_is_not_through_when_the_plan_says() -> None:
    """A tour is over when it is over for them, rests included; then they are where it ends."""
    problem = replace(town(), prices=RoutingPrices())
    (tour,) = day(problem, ada="v1 v5")
    at = tour.returns_s + 600
    late = DayEvent(EventKind.LATE, at, technician_id="ada", seconds=3600)
    state = state_at(problem, tours=(tour,), at_s=at, events=[late])
    assert (set(state.done), state.running["ada"].visit_id) == ({"v1"}, "v5")
    assert state.running["ada"].ends_s == tour.stops[-1].ends_s + 3600
    over = state_at(problem, tours=(tour,), at_s=at)
    assert (set(over.done), dict(over.running), dict(over.places)) == ({"v1", "v5"}, {}, {"ada": 0})


def test_who_leaves_work_is_there_and_who_is_on_the_way_where_they_were() -> None:
    """An ill one at the visit stays there; one who has not arrived is at the stop before."""
    problem = replace(town(), prices=RoutingPrices())
    (tour,) = day(problem, ada="v1 v5")
    first, second = tour.visits()
    stop = next(one for one in tour.stops if one.name == second)
    for at, place in ((stop.starts_s + 60, 5), (stop.arrives_s - 60, 1)):
        ill = DayEvent(EventKind.ILL, at, technician_id="ada", seconds=3600)
        state = state_at(problem, tours=(tour,), at_s=at, events=[ill])
        assert (set(state.done), dict(state.running), dict(state.places)) == ({first}, {}, {"ada": place})
        later = state_at(problem, tours=(tour,), at_s=at + 600, events=[replace(ill, at_s=0.0, seconds=60.0)])
        assert later.running["ada"].visit_id == second  # they are well again


def test_a_break_that_came_late_was_taken() -> None:
    """A rest after the latest beginning is the break that was due; one before the earliest is none."""
    problem = replace(town(), prices=RoutingPrices())
    (tour,) = day(problem, ada="v1 v5")
    for start, taken in ((5 * 3600 + 1800.0, 1), (2.5 * 3600, 0)):
        rest = PlannedStop(StopKind.REST, "", start, start, start + 1800)
        stops = (*(one for one in tour.stops if one.kind is not StopKind.REST), rest)
        state = state_at(
            problem, tours=(replace(tour, stops=stops, returns_s=rest.ends_s + 900),), at_s=rest.ends_s + 1
        )
        assert state.rested == {"ada": taken}
