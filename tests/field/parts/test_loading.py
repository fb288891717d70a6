"""Vans are loaded with what saves most second visits, and what is expected of it is true."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from troth.core.decision import Status, Stop
from troth.core.errors import InputError
from troth.field.parts import LoadingProblem, LoadVisit, VanRoom, check_loading, complete_chances, load_vans
from troth.field.parts._highspy import Model, Solved

PARTS = ("pump", "fan", "board")


def _problem(seed: int) -> LoadingProblem:
    rng = np.random.default_rng(seed)
    vans = ("a", "b")[: int(rng.integers(1, 3))]
    visits = tuple(
        LoadVisit(
            f"v{k}", vans[int(rng.integers(len(vans)))],
            {part: float(rng.choice([0.05, 0.2, 0.6, 1.0])) for part in PARTS if rng.random() < 0.7},
            share=float(rng.choice([1.0, 0.4])), second_visit_cents=float(rng.choice([5000, 9000])),
        )
        for k in range(4)
    )  # fmt: skip
    rooms = tuple(
        VanRoom(
            van,
            {"pieces": float(rng.integers(0, 4)), "kg": float(rng.integers(3, 9))},
            {"fan": int(rng.integers(0, 2))},
        )
        for van in vans
    )
    depot = {part: int(rng.integers(0, 3)) for part in PARTS}
    return LoadingProblem(visits, rooms, depot, {"pump": {"kg": 3.0}, "board": {"kg": 0.5}}, {"board": 300.0})


def _saved(problem: LoadingProblem, loads: dict[str, dict[str, int]]) -> float:
    """Return the expected worth of loads by going through every course of needs, visit by visit."""
    total = -sum(n * problem.hold_cents.get(part, 0.0) for load in loads.values() for part, n in load.items())
    for van in problem.vans:
        for part in PARTS:
            mine = [one for one in problem.visits if one.van == van.van]
            chances = [one.chances.get(part, 0.0) * one.share for one in mine]
            for course in product((False, True), repeat=len(mine)):
                weight = float(np.prod([p if asks else 1 - p for p, asks in zip(chances, course, strict=True)]))
                askers = [one.second_visit_cents for one, asks in zip(mine, course, strict=True) if asks]
                before = van.aboard.get(part, 0)
                total += weight * sum(askers[before : before + loads[van.van].get(part, 0)])
    return total


@pytest.mark.parametrize("seed", range(12))
def test_no_loads_save_more(seed: int) -> None:
    """The worth told is that of the loads, and of all loads that fit none is worth more."""
    problem = _problem(seed)
    plan = load_vans(problem)
    assert plan.status is Status.OPTIMAL
    assert plan.saved_cents == pytest.approx(
        _saved(problem, {van: dict(load) for van, load in plan.loads.items()}), abs=1e-3
    )
    assert plan.saved_cents == pytest.approx(plan.bound_cents, abs=1e-3)
    keys = [(van.van, part) for van in problem.vans for part in PARTS]
    best = 0.0
    for counts in product(*(range(problem.depot[part] + 1) for _, part in keys)):
        loads: dict[str, dict[str, int]] = {van.van: {} for van in problem.vans}
        for (van, part), n in zip(keys, counts, strict=True):
            loads[van][part] = n
        if _fits(problem, loads):
            best = max(best, _saved(problem, loads))
    assert plan.saved_cents == pytest.approx(best, abs=1e-3)
    assert _fits(problem, {van: dict(load) for van, load in plan.loads.items()})


def _fits(problem: LoadingProblem, loads: dict[str, dict[str, int]]) -> bool:
    taken = {part: sum(load.get(part, 0) for load in loads.values()) for part in PARTS}
    if any(n > problem.depot[part] for part, n in taken.items()):
        return False
    for van in problem.vans:
        for dimension, limit in van.limits.items():
            held = sum(n * problem.size(part, dimension=dimension) for part, n in van.aboard.items())
            more = sum(n * problem.size(part, dimension=dimension) for part, n in loads[van.van].items())
            if more > 0 and held + more > limit + 1e-9:
                return False
    return True


def test_stated_chances_are_met() -> None:
    """The chance that a visit has all it needs is the share of simulated days on which it has."""
    visits = [
        LoadVisit("v1", "a", {"pump": 0.5, "fan": 0.2}), LoadVisit("v2", "a", {"pump": 0.5}, share=0.6),
        LoadVisit("v3", "a", {"pump": 0.5, "fan": 0.7, "board": 0.1}), LoadVisit("v4", "b", {"pump": 1.0}),
    ]  # fmt: skip
    held = {"a": {"pump": 1, "fan": 1}}
    told = complete_chances(visits, aboard=held)
    rng, met, days = np.random.default_rng(1), dict.fromkeys(told, 0), 20_000
    for _ in range(days):
        left = {van: dict(some) for van, some in held.items()}
        for one in visits:
            needs = [part for part, chance in one.chances.items() if rng.random() < chance]
            met[one.visit] += all(left.get(one.van, {}).get(part, 0) > 0 for part in needs)
            if rng.random() < one.share:
                for part in needs:
                    if left.get(one.van, {}).get(part, 0) > 0:
                        left[one.van][part] -= 1
    assert {visit: n / days for visit, n in met.items()} == pytest.approx(told, abs=0.012)


def test_what_is_sure_goes_before_what_is_likely() -> None:
    """With room for one piece the part that is surely needed is loaded, and nothing that nobody needs."""
    visits = (LoadVisit("v1", "a", {"pump": 0.4}), LoadVisit("v2", "a", {"fan": 1.0}))
    one = load_vans(LoadingProblem(visits, (VanRoom("a", {"pieces": 1}),), {"pump": 9, "fan": 9, "board": 9}))
    assert one.loads == {"a": {"fan": 1}}
    many = load_vans(LoadingProblem(visits, (VanRoom("a", {"pieces": 99}),), {"pump": 9, "fan": 9, "board": 9}))
    assert many.loads == {"a": {"fan": 1, "pump": 1}}
    assert (many.before, many.complete) == ({"v1": 0.6, "v2": 0.0}, {"v1": 1.0, "v2": 1.0})
    assert load_vans(LoadingProblem((), (), {})).loads == {}


@pytest.mark.parametrize("found", [False, True])
def test_a_search_that_was_stopped_tells_a_bound_that_holds(monkeypatch: pytest.MonkeyPatch, found: bool) -> None:
    """Nothing found or nothing good: nothing is saved, no less than nothing, and the bound is a number that the best loads keep."""
    problem = _problem(3)
    best = load_vans(problem).saved_cents

    def stopped(self: Model, *, seconds: float) -> Solved | None:
        return Solved(np.zeros(len(self.price)), 0.0, float("-inf"), False) if found else None

    monkeypatch.setattr(Model, "solve", stopped)
    plan = load_vans(problem, stop=Stop(1))
    assert plan.status is (Status.FEASIBLE if found else Status.STOPPED)
    assert (f"{plan.saved_cents:.2f}", plan.complete) == ("0.00", plan.before)
    assert 0 < best <= plan.bound_cents < float("inf")


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Capacities, chances, sizes and pieces that are none; visits of no van."""
    bad = LoadingProblem(
        (LoadVisit("v", "moon", {"pump": 1.5}, second_visit_cents=float("nan")),),
        (VanRoom("a", {"pieces": -1}, {"pump": -2}), VanRoom("a", {"kg": float("nan")})),
        {"pump": -1}, {"pump": {"kg": -3}}, {"pump": -4},
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        load_vans(bad)
    assert [one.code for one in caught.value.issues] == [one.code for one in check_loading(bad)] == [
        "van-twice", "unknown-place", "bad-chance", "bad-price", "negative-quantity", "bad-capacity", "bad-capacity",
        "negative-quantity", "bad-price", "bad-size",
    ]  # fmt: skip
