"""Small problems solved exactly: relaxing a rule never makes the least worse, and the search finds the least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.routing.exact import Worth, optimum, small, worth
from troth.field.routing import RoutingParams, RoutingProblem, Stop, StopKind, TimeWindow, breaches, solve
from troth.field.routing.orders import timed_together
from troth.field.routing.rules import hard

_Change = Callable[[RoutingProblem], RoutingProblem]


def _visits(change: Callable[[Any], Any]) -> _Change:
    return lambda problem: replace(problem, visits=tuple(map(change, problem.visits)))


def _people(change: Callable[[Any], Any]) -> _Change:
    return lambda problem: replace(problem, technicians=tuple(map(change, problem.technicians)))


def _shifts(change: Callable[[Any], Any]) -> _Change:
    return _people(lambda who: replace(who, shifts=tuple(map(change, who.shifts))))


#: Rule by rule, what asks for less.
RELAXED: dict[str, _Change] = {
    "wider windows": _visits(lambda v: replace(v, windows=tuple(TimeWindow(w.start_s - 1800, w.end_s + 1800) for w in v.windows))),
    "no windows": _visits(lambda v: replace(v, windows=())),
    "promised to later": _visits(lambda v: replace(v, promised=v.promised and replace(v.promised, end_s=v.promised.end_s + 3600))),
    "promised from earlier": _visits(lambda v: replace(v, promised=v.promised and replace(v.promised, start_s=v.promised.start_s - 3600))),
    "may be left out": _visits(lambda v: replace(v, unserved_cents=v.unserved_cents or 20000.0)),
    "no link": _visits(lambda v: replace(v, after=())),
    "not together": _visits(lambda v: replace(v, together=None)),
    "nobody excluded": _visits(lambda v: replace(v, excluded=frozenset())),
    "a skill more": _people(lambda who: replace(who, skills={"gas": 9.0})),
    "more on the van": _people(lambda who: replace(who, parts={"pump": 9})),
    "a tool more": _people(lambda who: replace(who, tools=frozenset({"drill"}))),
    "no drive limit": _people(lambda who: replace(who, drive_limit_s=None)),
    "any travel": _people(lambda who: replace(who, max_travel_s=None)),
    "faster": _people(lambda who: replace(who, pace=0.9 * who.pace)),
    "longer shift": _shifts(lambda shift: replace(shift, end_s=shift.end_s + 3600)),
    "earlier shift": _shifts(lambda shift: replace(shift, start_s=shift.start_s - 1800)),
    "more overtime": _shifts(lambda shift: replace(shift, overtime_s=shift.overtime_s + 3600)),
    "no break": _shifts(lambda shift: replace(shift, breaks=())),
    "more of shared things": lambda problem: replace(problem, equipment={"lift": 9}),
    "more at the depot": lambda problem: replace(problem, depots=tuple(replace(one, parts=None) for one in problem.depots)),
    "no budget of changes": lambda problem: replace(problem, prices=replace(problem.prices, most_changes=None)),
}  # fmt: skip


def _no_worse(one: Worth, other: Worth) -> bool:
    """Tell whether one is as good as another, to a tenth of a cent."""
    return one[:2] < other[:2] or (one[:2] == other[:2] and one[2] <= other[2] + 0.1)


@pytest.mark.parametrize("name", RELAXED)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_rule_relaxed_never_makes_the_least_worse(name: str, seed: int) -> None:
    """Whatever is asked for less, what was possible still is, at no higher cost."""
    problem = small(seed, visits=3)
    assert _no_worse(optimum(RELAXED[name](problem)), optimum(problem))


def _searched(problem: RoutingProblem, steps: int) -> Worth:
    plan = solve(problem, stop=Stop(steps=steps), params=RoutingParams(chains=1))
    found = worth(breaches(problem, tours=plan.tours))
    assert found is not None, plan.broken
    return found


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), visits=st.integers(3, 4))
def test_the_search_is_never_better_than_the_least_of_all_plans(seed: int, visits: int) -> None:
    """Better would be a plan that cannot be, or a price not counted: search and judge agree."""
    problem = small(seed, visits=visits)
    assert _no_worse(optimum(problem), _searched(problem, 200))


def test_the_search_finds_the_least_of_all_plans() -> None:
    """Of twenty small problems in at least nineteen: it is a search, which may end where no single step leads further."""
    problems = [small(seed, visits=3 + seed % 2) for seed in range(20)]
    assert sum(_no_worse(_searched(one, 1000), optimum(one)) for one in problems) >= 19


def test_who_others_wait_for_is_not_put_off() -> None:
    """Leaving late saves paid hours, but not where work of another tour begins when this has ended: links from tour to tour hold.

    Ada's first visit is followed by Ben's, and that by Ada's second: were hers put off to wait less, his would move, and so on.
    """
    base = small(5027, visits=3)
    who = {"v0": "t1", "v1": "t0", "v2": "t1"}
    visits = tuple(
        replace(one, excluded=frozenset({"t0", "t1"} - {who[one.visit_id]}), preferred=frozenset())
        for one in base.visits
    )
    problem = replace(base, visits=visits, published=())
    orders = [
        ("t0", 0, [(StopKind.VISIT, "v1")]),
        ("t1", 0, [(StopKind.DEPOT, "store"), (StopKind.VISIT, "v0"), (StopKind.VISIT, "v2")]),
    ]
    assert [len(one.after) for one in visits] == [0, 1, 1]
    assert not list(hard(breaches(problem, tours=timed_together(problem, orders=orders))))


def test_five_visits_are_searched_to_the_end() -> None:
    """The same at the size where every order of every assignment is still looked at."""
    problem = small(11, visits=5)
    assert _searched(problem, 1000) == pytest.approx(optimum(problem), abs=0.1)


@pytest.mark.parametrize(
    ("change", "worse"), [(_people(lambda who: replace(who, skills={})), "a skill"), (_visits(lambda v: replace(v, windows=(TimeWindow(0, 0),))), "time")]
)  # fmt: skip
def test_the_reference_knows_what_cannot_be(change: _Change, worse: str) -> None:
    """Taking something away that is needed costs: the least of all plans is no constant."""
    del worse
    problem = _visits(lambda v: replace(v, skills={"gas": 1.0}, unserved_cents=20000.0))(small(3, visits=2))
    problem = _people(lambda who: replace(who, skills={"gas": 2.0}))(problem)
    assert optimum(problem)[2] < optimum(change(problem))[2] == 40000.0
