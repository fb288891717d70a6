"""Large problems in parts: borders, plans that stand, never worse."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.quality._routing_made import made
from troth.core.decision import Stop
from troth.field.routing import _split
from troth.field.routing._pyvrp import solve_pyvrp
from troth.field.routing._split import plane, solve_split
from troth.field.routing.orders import sequences, toured
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.published import read_solomon
from troth.field.routing.solve import judged


@pytest.fixture(scope="module")
def problem() -> RoutingProblem:
    """Return a problem of two hundred customers."""
    return read_solomon(made("RC1", customers=200, seed=3, density=0.5))


@pytest.mark.parametrize("most", [60, 1000])
def test_parts_make_a_plan_that_stands(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Every visit is made, no rule is broken, the value is the judge's, and it costs less than the first plan."""
    monkeypatch.setattr(_split, "_MOST", most)
    first = solve_split(problem, stop=Stop(steps=0), seed=1)
    found = solve_split(problem, stop=Stop(steps=6000), seed=1)
    assert first is not None
    assert found is not None
    plan = judged(problem, tours=toured(problem, seq=found.seq, size=found.size))
    assert not plan.broken
    assert not plan.unserved
    assert plan.value == pytest.approx(found.value, abs=0.01)
    assert found.value < 0.95 * first.value


def test_threads_do_not_decide(problem: RoutingProblem) -> None:
    """With steps alone a seed gives the same tours, whichever group is done first."""
    runs = [solve_split(problem, stop=Stop(steps=1200), seed=5, chains=many) for many in (1, 3)]
    assert runs[0] is not None
    assert runs[1] is not None
    assert np.array_equal(runs[0].seq, runs[1].seq)
    assert runs[0].steps == runs[1].steps >= 1200


def test_a_start_is_never_made_worse(problem: RoutingProblem) -> None:
    """From a plan of PyVRP's it goes on; what breaks rules is mended."""
    begun = solve_pyvrp(problem, stop=Stop(steps=200), seed=2)
    assert begun is not None
    found = solve_split(problem, stop=Stop(steps=300), seed=2, start=(begun.seq, begun.size))
    assert found is not None
    assert found.value <= begun.value
    everything = np.arange(200)[None].repeat(len(begun.size), axis=0)
    size = np.zeros(len(begun.size), np.int64)
    size[0] = 200
    mended = solve_split(problem, stop=Stop(steps=10), seed=1, start=(everything, size))
    assert mended is not None
    assert not judged(problem, tours=toured(problem, seq=mended.seq, size=mended.size)).broken


def test_visits_that_may_be_left_out(problem: RoutingProblem) -> None:
    """With too few technicians the value counts what is left out."""
    few = replace(
        problem, technicians=problem.technicians[:6], visits=tuple(replace(one, unserved_cents=300.0) for one in problem.visits)
    )  # fmt: skip
    found = solve_split(few, stop=Stop(steps=3000), seed=1)
    assert found is not None
    plan = judged(few, tours=toured(few, seq=found.seq, size=found.size))
    assert not plan.broken
    assert plan.unserved
    assert plan.value == pytest.approx(found.value, abs=0.01)
    again = solve_split(few, stop=Stop(steps=0), seed=1, start=sequences(few, tours=plan.tours))
    assert again is not None
    assert again.value <= found.value + 0.01


def test_what_cannot_be_is_given_up(problem: RoutingProblem) -> None:
    """Where more must be made than can be there is no plan, and most of the time is left for who can say why."""
    few = replace(problem, technicians=problem.technicians[:3])
    began = time.perf_counter()
    assert solve_split(few, stop=Stop(seconds=8.0), seed=1) is None
    assert time.perf_counter() - began < 6.0


def test_first_plans_of_shares(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large for one matrix is shared out, and everything is still made once."""
    monkeypatch.setattr(_split, "_MOST", 80)
    found = solve_split(problem, stop=Stop(steps=0), seed=1)
    assert found is not None
    made_visits = sorted(int(v) for t in range(len(found.size)) for v in found.seq[t][: found.size[t]])
    assert made_visits == list(range(200))


def test_cuts_hold_every_tour_once() -> None:
    """Groups are a partition, of about the size that was asked for."""
    draw = np.random.default_rng(1)
    middles, sizes = draw.normal(size=(60, 2)), draw.integers(1, 20, 60).astype(float)
    groups = list(_split._cut(middles, sizes, 100.0, draw))
    assert sorted(np.concatenate(groups).tolist()) == list(range(60))
    assert all(40 <= sizes[its].sum() <= 200 for its in groups)


def test_few_tours_are_worked_at_twice(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tours are not cut: both sides work at all of them by chance in other ways, and all is still made once."""
    jobs: list[_split._Job] = []
    work = _split._Search._work

    def watched(search: _split._Search, job: _split._Job, *how: Any) -> Any:
        jobs.append(job)
        return work(search, job, *how)

    monkeypatch.setattr(_split._Search, "_work", watched)
    few = replace(
        problem, technicians=problem.technicians[:3], visits=tuple(replace(one, unserved_cents=300.0) for one in problem.visits)
    )  # fmt: skip
    found = solve_split(few, stop=Stop(steps=600), seed=1, chains=1)
    assert found is not None
    plan = judged(few, tours=toured(few, seq=found.seq, size=found.size))
    assert not plan.broken
    assert plan.value == pytest.approx(found.value, abs=0.01)
    pairs = list(zip(jobs[1::2], jobs[2::2], strict=True))
    assert len(pairs) >= 30
    assert all(one.visits == other.visits and one.seed != other.seed for one, other in pairs)


def test_what_must_be_made_goes_before_the_dearest_prizes(problem: RoutingProblem) -> None:
    """However much other visits pay: where not all can be made, those that must be are."""
    few = replace(
        problem, technicians=problem.technicians[:7],
        visits=tuple(replace(one, unserved_cents=None if k % 4 == 0 else 1e6) for k, one in enumerate(problem.visits)),
    )  # fmt: skip
    found = solve_split(few, stop=Stop(steps=4000), seed=1)
    assert found is not None
    plan = judged(few, tours=toured(few, seq=found.seq, size=found.size))
    assert not plan.broken
    assert len(plan.unserved) > 10


def test_a_small_start_of_many_visits(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """One tour to begin with, and more visits than one share has: there are tours at hand for all the others."""
    monkeypatch.setattr(_split, "_MOST", 80)
    begun = solve_split(problem, stop=Stop(steps=0), seed=1)
    assert begun is not None
    size = begun.size.copy()
    size[np.flatnonzero(size)[1:]] = 0
    found = solve_split(problem, stop=Stop(steps=40), seed=1, start=(begun.seq, size))
    assert found is not None
    plan = judged(problem, tours=toured(problem, seq=found.seq, size=found.size))
    assert not plan.broken
    assert not plan.unserved


def test_nothing_is_worth_making(problem: RoutingProblem) -> None:
    """A plan without tours is a plan: all visits are left out where they pay nothing."""
    idle = replace(problem, visits=tuple(replace(one, unserved_cents=0.0) for one in problem.visits))
    found = solve_split(idle, stop=Stop(steps=50), seed=1)
    assert found is not None
    assert found.value == 0
    assert not found.size.any()


def test_places_on_a_plane() -> None:
    """Points of a plane come back from their distances, turned perhaps."""
    at = np.random.default_rng(4).uniform(0, 1000, (60, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    drawn = plane(apart)
    assert np.allclose(np.hypot(*(drawn[:, None] - drawn[None]).transpose(2, 0, 1)), apart, atol=1e-6)
