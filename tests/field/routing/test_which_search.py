"""Which search `solve` uses, and that whichever it is keeps what `solve` says."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.quality._routing_made import made
from troth.core.decision import Status, Stop
from troth.core.errors import InputError
from troth.field.routing import RoutingParams, solve
from troth.field.routing._whole import choose
from troth.field.routing.orders import toured
from troth.field.routing.problem import (
    FieldTechnician,
    PublishedVisit,
    RoutingProblem,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.published import read_solomon
from troth.field.routing.solve import judged

TWO = RoutingParams(chains=2)


@pytest.fixture(scope="module")
def small() -> RoutingProblem:
    """Return forty customers."""
    return read_solomon(made("R1", customers=40, seed=5))


@pytest.fixture(scope="module")
def large() -> RoutingProblem:
    """Return three hundred customers."""
    return read_solomon(made("R1", customers=300, seed=5, density=0.5))


def test_the_problem_decides(small: RoutingProblem, large: RoutingProblem) -> None:
    """Few visits and what PyVRP does not know are for our own search, many are for parts; the plan names who made it."""
    few = replace(small, visits=small.visits[:29])
    known = replace(
        small, published=(PublishedVisit(small.visits[0].visit_id, small.technicians[0].technician_id, 0.0),)
    )
    nobody = replace(large, technicians=(FieldTechnician("ada", ()),))
    assert [choose(one) for one in (few, known, nobody, small, large)] == ["hunt", "hunt", "hunt", "pyvrp", "split"]
    assert set(solve(few, stop=Stop(steps=5), params=TWO).versions) == {"troth", "numba"}
    assert set(solve(small, stop=Stop(steps=200), params=TWO).versions) == {"troth", "numba", "pyvrp"}


@pytest.mark.parametrize("search", ["pyvrp", "split"])
def test_the_same_seed_gives_the_same_plan(small: RoutingProblem, search: str) -> None:
    """With steps to stop at chance comes from the seed alone, and another seed searches elsewhere."""
    how = replace(TWO, search=search)
    one, other = (solve(small, stop=Stop(steps=150), seed=3, params=how) for _ in range(2))
    assert one.tours == other.tours
    assert not one.broken
    assert not one.unserved


@pytest.mark.parametrize("search", ["pyvrp", "split"])
def test_a_start_is_never_made_worse(small: RoutingProblem, search: str) -> None:
    """A plan given to begin with is kept if nothing better is found."""
    how = replace(TWO, search=search)
    first = solve(small, stop=Stop(steps=400), seed=1, params=how)
    again = solve(small, stop=Stop(steps=1), seed=2, params=how, start=first)
    assert again.value <= first.value + 1e-6


def test_several_runs_are_no_worse_than_the_first(small: RoutingProblem) -> None:
    """The first of several runs has the seed itself: with steps alone more runs never cost more."""
    values = [
        solve(small, stop=Stop(steps=200), seed=4, params=RoutingParams(chains=many, search="pyvrp")).value
        for many in (1, 3)
    ]
    assert values[1] <= values[0]


def test_what_must_be_and_cannot_is_for_our_own_search(small: RoutingProblem) -> None:
    """PyVRP finds no plan where more must be served than can be; then ours says what is left out, and why."""
    one = replace(small, technicians=small.technicians[:1])
    plan = solve(one, stop=Stop(steps=40), params=TWO)
    assert plan.status is Status.STOPPED
    assert {each.rule for each in plan.broken} == {"routing.must"}
    assert plan.unserved
    assert all(each.reasons for each in plan.unserved)
    assert sum(len(tour.visits()) for tour in plan.tours) > 1
    timed = solve(one, stop=Stop(seconds=1.0), params=TWO)
    assert timed.unserved
    assert timed.seconds < 20


def test_a_start_between_two_ticks_is_kept() -> None:
    """PyVRP counts in hundredths of a second: a start that is in time by less is still the plan."""
    line = np.array([[0.0, 100.0033], [100.0033, 0.0]])
    ada = FieldTechnician("ada", (TechnicianShift(0, 1000, 0, 0),))
    visits = (
        VisitRequest("late", 1, 10, windows=(TimeWindow(0, 100.0033),), unserved_cents=20.0),
        VisitRequest("home", 0, 10, unserved_cents=20.0),
    )
    problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), line)
    how = RoutingParams(chains=1, search="pyvrp")
    alone = solve(problem, stop=Stop(steps=20), params=how)
    assert "pyvrp" in alone.versions
    start = judged(problem, tours=toured(problem, seq=np.array([[0, 1]]), size=np.array([2])))
    assert not start.broken
    kept = solve(problem, stop=Stop(steps=20), params=how, start=start)
    assert {one.visit_id for one in alone.unserved} == {"late"}
    assert kept.tours == start.tours


@pytest.mark.parametrize("search", ["pyvrp", "split"])
def test_who_asks_and_who_is_told_are_asked_from_one_thread(small: RoutingProblem, search: str) -> None:
    """`asked` and `on_progress` are called where `solve` was, never side by side; the value told never rises."""
    where: set[int] = set()
    told: list[float] = []

    def asked() -> bool:
        where.add(threading.get_ident())
        return bool(told)

    def tell(value: float, bound: float | None) -> None:
        where.add(threading.get_ident())
        assert bound is None
        told.append(value)

    plan = solve(small, stop=Stop(seconds=60, asked=asked), params=replace(TWO, search=search), on_progress=tell)
    assert where == {threading.get_ident()}
    assert told == sorted(told, reverse=True)
    assert plan.seconds < 50
    assert plan.value <= told[-1] + 1e-6


def test_no_stop_at_all_is_a_first_plan(small: RoutingProblem) -> None:
    """Without a limit nothing is searched for ever."""
    plan = solve(small, stop=Stop(), params=TWO)
    assert len(plan.unserved) + sum(len(tour.visits()) for tour in plan.tours) == len(small.visits)


def test_a_search_that_cannot_is_an_issue(small: RoutingProblem) -> None:
    """A name nobody has, and PyVRP where its model ends: said with advice, not tried."""
    known = replace(
        small, published=(PublishedVisit(small.visits[0].visit_id, small.technicians[0].technician_id, 0.0),)
    )
    for problem, search, code in ((small, "magic", "unknown-search"), (known, "split", "search-cannot")):
        with pytest.raises(InputError) as raised:
            solve(problem, stop=Stop(steps=1), params=RoutingParams(search=search))
        assert [one.code for one in raised.value.issues] == [code]
        assert raised.value.issues[0].advice.startswith("Maybe")
