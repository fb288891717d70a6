"""Large problems in parts: borders, plans that stand, never worse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.quality._routing_made import made
from troth.core.decision import Stop
from troth.field.routing import _split
from troth.field.routing._pyvrp import PartModel, Trial, side_by_side, solve_pyvrp
from troth.field.routing._split import plane, solve_split
from troth.field.routing._whole import whole
from troth.field.routing.orders import sequences, toured
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.published import read_solomon
from troth.field.routing.solve import judged


@pytest.fixture(scope="module")
def problem() -> RoutingProblem:
    """Return a problem of two hundred customers."""
    return read_solomon(made("RC1", customers=200, seed=3, density=0.5))


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut so that two hundred visits are several groups."""
    for name, value in {"_SMALL": 30, "_LARGE": 60, "_FEW": 4, "_SOME": 6}.items():
        monkeypatch.setattr(_split, name, value)


def test_parts_make_a_plan_that_stands(problem: RoutingProblem) -> None:
    """Every visit is made, no rule is broken, the value is the judge's, and it costs less than the first plan."""
    first = solve_split(problem, stop=Stop(steps=0), seed=1)
    found = solve_split(problem, stop=Stop(steps=600), seed=1)
    assert first is not None
    assert found is not None
    plan = judged(problem, tours=toured(problem, seq=found.seq, size=found.size))
    assert not plan.broken
    assert not plan.unserved
    assert plan.value == pytest.approx(found.value, abs=0.01)
    assert found.value < first.value


def test_threads_do_not_decide(problem: RoutingProblem) -> None:
    """With steps alone a seed gives the same tours, whichever group is done first."""
    runs = [solve_split(problem, stop=Stop(steps=300), seed=5, chains=many) for many in (1, 3)]
    assert runs[0] is not None
    assert runs[1] is not None
    assert np.array_equal(runs[0].seq, runs[1].seq)
    assert runs[0].steps == runs[1].steps


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
    found = solve_split(few, stop=Stop(steps=300), seed=1)
    assert found is not None
    plan = judged(few, tours=toured(few, seq=found.seq, size=found.size))
    assert not plan.broken
    assert plan.unserved
    assert plan.value == pytest.approx(found.value, abs=0.01)
    again = solve_split(few, stop=Stop(steps=0), seed=1, start=sequences(few, tours=plan.tours))
    assert again is not None
    assert again.value == pytest.approx(found.value, abs=0.01)


def test_first_plans_of_shares(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large for one matrix is shared out, and everything is still made once."""
    monkeypatch.setattr(_split, "_AT_ONCE", 80)
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


def test_groups_hold_enough_long_tours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tours are long a group has some number of them, however many visits that is, up to a limit."""
    long = read_solomon(made("RC2", customers=600, seed=3))
    begun = solve_split(long, stop=Stop(steps=0), seed=1)
    assert begun is not None
    monkeypatch.setattr(_split, "_FEW", 6.0)
    monkeypatch.setattr(_split, "_SOME", 6.0)
    with ThreadPoolExecutor(1) as pool:
        search = _split._Search(whole(long), plane(long.seconds), np.random.default_rng(1), pool, 1, Stop(steps=0), 0.0)
        lines = {t: [int(v) for v in begun.seq[t][: begun.size[t]]] for t in range(len(begun.size)) if begun.size[t]}
        # Twelve tours of fifty visits, whatever order they have.
        visits = [v for line in lines.values() for v in line]
        search.lines = {t: visits[50 * t : 50 * t + 50] for t in range(12)}
        jobs = search._jobs()
    assert sorted(v for job in jobs for v in job.visits) == list(range(600))
    assert min(len(job.lines) for job in jobs) >= 4
    assert len(jobs) <= 2


def test_few_groups_are_not_cut(problem: RoutingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer than three groups the rest of the steps are for the whole, on two sides by chance in other ways."""
    monkeypatch.setattr(_split, "_FEW", 20)
    monkeypatch.setattr(_split, "_SOME", 20)
    calls: list[dict[str, Any]] = []

    def counted(model: PartModel, **how: Any) -> list[Trial]:
        calls.append(how)
        return side_by_side(model, **how)

    monkeypatch.setattr(_split, "side_by_side", counted)
    found = solve_split(problem, stop=Stop(steps=100), seed=1)
    assert found is not None
    assert [len(set(how["seeds"])) for how in calls] == [2]
    assert found.steps == 100
    assert not judged(problem, tours=toured(problem, seq=found.seq, size=found.size)).broken


def test_rounds_last_longer_with_more_steps(problem: RoutingProblem) -> None:
    """However many steps there are, they are some fifteen rounds at most."""
    with ThreadPoolExecutor(1) as pool:
        for steps, longer in ((10, 1.0), (1_000_000, 1_000_000 / (15 * 500 * 200 / 30))):
            search = _split._Search(whole(problem), None, np.random.default_rng(1), pool, 1, Stop(steps=steps), 0.0)
            jobs = [_split._Job(tuple(range(k, k + 50)), (), {}, 0) for k in range(0, 200, 50)]
            assert search._longer(jobs) == pytest.approx(longer)


def test_nothing_is_worth_making(problem: RoutingProblem) -> None:
    """A plan without tours is a plan: all visits are left out where they pay nothing."""
    idle = replace(problem, visits=tuple(replace(one, unserved_cents=0.0) for one in problem.visits))
    found = solve_split(idle, stop=Stop(steps=50), seed=1)
    assert found is not None
    assert found.value == 0
    assert not found.size.any()


def test_a_plane_without_ways() -> None:
    """Places that cannot be reached are still somewhere."""
    seconds = np.full((4, 4), np.inf)
    np.fill_diagonal(seconds, 0.0)
    seconds[:2, :2] = [[0.0, 5.0], [7.0, 0.0]]
    assert np.isfinite(plane(seconds)).all()
