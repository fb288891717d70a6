"""VROOM's format: what is said in both is the same, what is not is told, answers have VROOM's shape."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from troth.core.decision import Severity, Status
from troth.core.errors import InputError
from troth.field.routing import ROUTING_RULES, RoutePlan, RoutingParams, Stop, UnservedVisit, breaches, solve
from troth.field.routing.rules import hard
from troth.field.routing.tours import PlannedStop, StopKind, Tour
from troth.field.routing.vroom import VroomInstance, plan_to_vroom, problem_from_vroom, tours_from_vroom


def instance(seed: int = 3, jobs: int = 12, **more: Any) -> dict[str, Any]:
    """Return an instance with skills, loads, windows, a break, priorities and a limit of tasks."""
    rng = random.Random(seed)
    at = [(rng.random() * 2000, rng.random() * 2000) for _ in range(jobs + 1)]
    durations = [[int(((a - c) ** 2 + (b - d) ** 2) ** 0.5) for c, d in at] for a, b in at]
    vehicle = {"start_index": 0, "end_index": 0, "time_window": [0, 20_000], "capacity": [4]}
    return {
        "vehicles": [
            {"id": 1, **vehicle, "skills": [1], "breaks": [{"id": 5, "time_windows": [[4000, 9000]], "service": 600}]},
            {"id": 2, **vehicle, "max_tasks": 5, "costs": {"fixed": 100}, "type": "quick"},
        ],
        "jobs": [
            {
                "id": k, "location_index": k, "service": 300, "service_per_type": {"quick": 200}, "delivery": [1],
                "time_windows": [[k * 500, k * 500 + 6000]], "priority": 10 if k == 3 else 0, **({"skills": [1]} if k % 4 == 0 else {}),
            }
            for k in range(1, jobs + 1)
        ],
        "matrices": {"car": {"durations": durations}},
    } | more  # fmt: skip


def told(data: Any) -> set[tuple[str, str, str]]:
    """Return severity, code and place of all issues of a file, whether it can be used or not."""
    try:
        issues = problem_from_vroom(data).issues
    except InputError as error:
        issues = error.issues
    assert all(one.advice.startswith("Maybe ") for one in issues)
    return {(str(one.severity), one.code, one.where) for one in issues}


def plan_of(found: VroomInstance, tours: Any) -> RoutePlan:
    """Return a plan of tours."""
    made = {name for tour in tours for name in tour.visits()}
    left = tuple(UnservedVisit(one.visit_id, ()) for one in found.problem.visits if one.visit_id not in made)
    return RoutePlan(found.problem, tuple(tours), left, Status.FEASIBLE, {})


def test_both_judge_alike(tmp_path: Path) -> None:
    """VROOM's own solutions of several instances keep all our rules and cost the same; our answer about them has its figures."""
    vroom = pytest.importorskip("vroom")
    for seed in range(3):
        data = instance(seed)
        path = tmp_path / "instance.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        theirs = vroom.Input.from_json(path).solve(exploration_level=2, nb_threads=1).to_dict()
        found = problem_from_vroom(data)
        assert found.issues == ()
        tours = tours_from_vroom(theirs, instance=found)
        rules = breaches(found.problem, tours=tours)
        assert list(hard(rules)) == []
        priced = [one for one in rules if not ROUTING_RULES[one.rule].hard and one.rule != "routing.unserved"]
        assert sum(one.cost_cents for one in priced) == pytest.approx(theirs["summary"]["cost"])
        ours = plan_to_vroom(plan_of(found, tours), instance=found)
        for key in ("cost", "routes", "unassigned", "delivery", "service", "duration", "waiting_time", "priority"):
            assert ours["summary"][key] == theirs["summary"][key], key
        for mine, yours in zip(ours["routes"], theirs["routes"], strict=True):
            assert [(s["type"], s.get("id"), s["arrival"], s["load"]) for s in mine["steps"]] == [
                (s["type"], s.get("id"), s["arrival"], s["load"]) for s in yours["steps"]
            ]
        left = {one["id"] for one in ours["unassigned"]}
        assert left == {one["id"] for one in theirs["unassigned"]} and 3 not in left


def test_our_own_search_leaves_out_as_few_at_the_same_cost(tmp_path: Path) -> None:
    """Nearly VROOM's cost, and as many jobs, after a second."""
    vroom = pytest.importorskip("vroom")
    data = instance(4)
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    theirs = vroom.Input.from_json(path).solve(exploration_level=5, nb_threads=1).to_dict()["summary"]
    found = problem_from_vroom(data)
    plan = solve(found.problem, stop=Stop(steps=2000), params=RoutingParams(chains=1))
    ours = plan_to_vroom(plan, instance=found)["summary"]
    assert plan.broken == () and ours["violations"] == []
    assert (ours["unassigned"], ours["priority"]) == (theirs["unassigned"], theirs["priority"])
    assert ours["cost"] <= 1.05 * theirs["cost"]


def test_priorities_order_what_is_left_out() -> None:
    """One job of priority counts for more than all others together, and any job for more than driving anywhere."""
    problem = problem_from_vroom(instance()).problem
    price = {one.visit_id: one.unserved_cents or 0.0 for one in problem.visits}
    assert price["job 3"] > sum(cost for name, cost in price.items() if name != "job 3")
    assert price["job 1"] > 14 * problem.seconds.max()


def test_coordinates_dates_and_open_starts() -> None:
    """Without a matrix ways are computed; times of dates count from midnight; a vehicle may begin anywhere."""
    data = {
        "jobs": [{"id": 1, "location": [25.28, 54.68], "time_windows": [[1_780_300_000, 1_780_310_000]]}],
        "vehicles": [{"id": 1, "end": [25.3, 54.7], "time_window": [1_780_296_000, 1_780_330_000], "speed_factor": 2}],
    }
    found = problem_from_vroom(data)
    (who,) = found.problem.technicians
    start = who.shifts[0].start_place
    assert found.problem.begins_at.timestamp() == 1_780_272_000
    assert found.problem.visits[0].windows[0].start_s == 28_000
    assert (found.problem.seconds[start] == 0).all() and found.locations[start] is None
    assert who.travel_factor == 0.5 and found.problem.metres is not None


def test_shipments_are_two_visits_of_one_tour_in_order() -> None:
    """Their load counts for the whole tour, which is told; half a shipment is none in the answer."""
    data = instance(jobs=4) | {
        "jobs": [],
        "shipments": [
            {"pickup": {"id": 1, "location_index": 1}, "delivery": {"id": 2, "location_index": 2}, "amount": [2], "skills": [1]}
        ],
    }  # fmt: skip
    found = problem_from_vroom(data)
    assert [(one.code, one.severity) for one in found.issues] == [("stricter", Severity.WARNING)]
    up, down = found.problem.visits
    assert (up.together, down.after[0].visit_id, up.parts["load 1"], down.parts.get("load 1")) == (
        down.together,
        "pickup 1",
        2,
        None,
    )
    steps = [{"type": "pickup", "id": 1, "arrival": 100}, {"type": "end", "arrival": 300}]
    tours = tours_from_vroom({"routes": [{"vehicle": 1, "steps": steps}]}, instance=found)
    answer = plan_to_vroom(plan_of(found, tours), instance=found)
    assert (answer["summary"]["unassigned"], answer["routes"]) == (2, [])


def aboard(jobs: list[dict[str, Any]], order: Sequence[int], dimension: int) -> int:
    """Return the most a vehicle holds on a tour, counted as VROOM counts."""
    held = most = sum(jobs[k]["delivery"][dimension] for k in order)
    for k in order:
        held += jobs[k]["pickup"][dimension] - jobs[k]["delivery"][dimension]
        most = max(most, held)
    return int(most)


def fits(jobs: list[dict[str, Any]], capacity: list[int]) -> bool:
    """Tell whether our problem lets one vehicle serve all jobs at once."""
    vehicle = {"id": 1, "start_index": 0, "end_index": 0, "capacity": capacity}
    found = problem_from_vroom({"vehicles": [vehicle], "jobs": jobs, "matrices": {"car": {"durations": [[0]]}}})
    names = [one.visit_id for one in found.problem.visits]
    stops = tuple(PlannedStop(StopKind.VISIT, name, 0.0, 0.0, 0.0) for name in names)
    rules = {one.rule for one in breaches(found.problem, tours=(Tour("1", 0, 0.0, 0.0, stops),))}
    return "routing.parts" not in rules


def both(number: int, down: Sequence[int], up: Sequence[int]) -> dict[str, Any]:
    """Return a job that brings and collects."""
    return {"id": number, "location_index": 0, "delivery": list(down), "pickup": list(up)}


def test_who_brings_and_collects_takes_room_for_the_greater_of_both() -> None:
    """Two jobs that bring three each leave with six, whatever they collect; those that bring nothing more than they take are exact."""
    jobs = [both(k, [3], [1]) for k in (1, 2)]
    assert not fits(jobs, [4])
    assert not fits(jobs, [5])
    assert fits(jobs, [6])
    data = instance(jobs=2) | {"jobs": jobs}
    assert told(data) == set()
    assert not fits([both(1, [2, 0], [0, 5])], [2, 4])
    assert fits([both(1, [2, 0], [0, 5])], [2, 5])
    data["jobs"] = [both(1, [3], [1]), both(2, [1], [3])]
    assert told(data) == {("warning", "stricter", "jobs.pickup")}


def test_no_load_is_accepted_that_vroom_forbids() -> None:
    """Of random jobs that our problem lets one vehicle serve, every order keeps its capacity; without a warning none else do."""
    rng = random.Random(5)
    taken = 0
    for _ in range(300):
        amounts = [([rng.randrange(4) for _ in range(2)], [rng.randrange(4) for _ in range(2)]) for _ in range(3)]
        jobs = [both(k, *one) for k, one in enumerate(amounts, start=1)]
        capacity = [rng.randrange(3, 10) for _ in range(2)]
        kept = [all(aboard(jobs, order, k) <= capacity[k] for k in range(2)) for order in permutations(range(3))]
        ours = fits(jobs, capacity)
        taken += ours
        assert all(kept) or not ours
        data = instance(jobs=0) | {"jobs": jobs}
        if not told(data):
            assert ours == any(kept)
    assert 20 < taken < 280


def test_steps_become_a_plan_and_pins_and_broken_rules_get_their_words() -> None:
    """As VROOM's own plan mode: instants are computed, lateness and overload told with cause and duration."""
    data = instance(jobs=6)
    data["jobs"][0]["time_windows"] = [[0, 10]]
    steps = [
        {"type": "start"},
        *({"type": "job", "id": k} for k in (2, 1, 3, 4, 5)),
        {"type": "job", "id": 6, "service_at": 9000},
    ]
    data["vehicles"][1]["steps"] = steps
    found = problem_from_vroom(data)
    assert [one.visit_id for one in found.problem.published] == [f"job {k}" for k in (2, 1, 3, 4, 5, 6)]
    assert found.problem.visits[5].pin is not None and found.problem.visits[5].pin.start_s == 9000
    answer = plan_to_vroom(plan_of(found, found.steps), instance=found)
    words = {
        (step.get("id"), one["cause"], "duration" in one)
        for step in answer["routes"][0]["steps"]
        for one in step["violations"]
    }
    assert {(1, "delay", True), (4, "skills", False), (5, "load", False), (6, "max_tasks", False)} <= words
    assert answer["code"] == 0 and answer["routes"][0]["vehicle"] == 2


def test_what_is_not_modelled_is_never_silent() -> None:
    """Each thing passed over, or taken more strictly, has an issue at its place."""
    data = instance(jobs=2)
    data["jobs"][0] |= {"setup": 60, "pickup": [2], "colour": "red"}
    data["vehicles"][0] |= {
        "max_distance": 1000, "costs": {"per_task_hour": 5}, "steps": [{"type": "job", "id": 1, "service_after": 5}],
        "breaks": [{"id": 1, "time_windows": [[0, 5], [7, 9]], "max_load": [1]}],
    }  # fmt: skip
    data["vehicles"][1]["costs"] = {"per_hour": 7200, "per_km": 5}
    data["options"] = {"g": True}
    data["matrices"]["car"] |= {"distances": data["matrices"]["car"]["durations"], "tolls": []}
    assert told(data) == {
        ("warning", "stricter", "jobs[0].setup"), ("warning", "stricter", "jobs.pickup"), ("warning", "not-modelled", "jobs[0].colour"),
        ("warning", "not-modelled", "vehicles[0].max_distance"), ("warning", "not-modelled", "vehicles[0].costs.per_task_hour"),
        ("warning", "not-modelled", "vehicles[0].steps[0].service_after"), ("warning", "not-modelled", "vehicles[0].breaks[0].max_load"),
        ("warning", "not-modelled", "vehicles[0].breaks[0].time_windows"), ("warning", "not-modelled", "vehicles[1].costs"),
        ("warning", "not-modelled", "options"), ("warning", "not-modelled", "matrices.car.tolls"),
    }  # fmt: skip


def test_time_and_distance_are_priced_together_where_all_vehicles_weigh_them_alike() -> None:
    """A cent a second and two a metre, for all."""
    data = instance(jobs=2)
    data["matrices"]["car"]["distances"] = data["matrices"]["car"]["durations"]
    for one in data["vehicles"]:
        one["costs"] = {"per_hour": 3600, "per_km": 2000}
    found = problem_from_vroom(data)
    assert found.issues == () and found.problem.metres is not None
    assert found.problem.metres[0, 1] * found.problem.technicians[0].cost_per_km_cents / 1000 == pytest.approx(
        3 * found.problem.seconds[0, 1]
    )


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"vehicles": []}, ("error", "no-technicians", "vehicles")), ({"jobs": 7}, ("error", "wrong-type", "jobs")),
        ({"jobs": [7]}, ("error", "wrong-type", "jobs[0]")), ({"jobs": [{"id": 1}]}, ("error", "missing-key", "jobs[0].location")),
        ({"jobs": [{"id": -1, "location_index": 1}]}, ("error", "wrong-type", "jobs[0].id")),
        ({"jobs": [{"id": 1, "location_index": 99}]}, ("error", "no-such-place", "jobs[0]")),
        ({"jobs": [{"id": 1, "location_index": 1, "service": -5}]}, ("error", "negative", "jobs[0].service")),
        ({"jobs": [{"id": 1, "location_index": 1, "service": float("nan")}]}, ("error", "not-a-number", "jobs[0].service")),
        ({"jobs": [{"id": 1, "location_index": 1, "skills": ["a"]}]}, ("error", "wrong-type", "jobs[0].skills")),
        ({"jobs": [{"id": 1, "location_index": 1, "priority": 101}]}, ("error", "out-of-range", "jobs[0].priority")),
        ({"jobs": [{"id": 1, "location_index": 1, "time_windows": [[9, 1]]}]}, ("error", "empty-span", "jobs[0].time_windows[0]")),
        ({"jobs": [{"id": 1, "location_index": 1}] * 2}, ("error", "twice", "job 1")),
        ({"vehicles": [{"id": 1}]}, ("error", "missing-key", "vehicles[0].start")),
        ({"vehicles": [{"id": 1, "start_index": 0, "profile": "bike"}]}, ("error", "missing-key", "matrices.bike")),
        ({"vehicles": [{"id": 1, "start_index": 0, "speed_factor": 0}]}, ("error", "out-of-range", "vehicles[0].speed_factor")),
        ({"matrices": {"car": {"durations": [[0, 1]]}}}, ("error", "wrong-size", "matrices.car.durations[0]")),
        ({"matrices": {"car": {"distances": [[0]]}}}, ("error", "missing-key", "matrices.car.durations")),
        ({"shipments": [{"pickup": {"id": 9, "location_index": 1}}]}, ("error", "missing-key", "shipments[0].delivery")),
        ({"matrices": None, "jobs": [{"id": 1, "location": [200, 3]}]}, ("error", "bad-coordinates", "jobs[0].location")),
        ({"vehicles": [{"id": 1, "start_index": 0, "steps": [{"type": "job", "id": 99}]}]}, ("error", "unknown-visit", "vehicles[1].steps")),
    ],
)  # fmt: skip
def test_wrong_files_are_told_at_their_places(change: dict[str, Any], issue: tuple[str, str, str]) -> None:
    """Types, ids, windows, matrices, coordinates, steps."""
    assert issue in told(instance(jobs=2) | change)


def test_what_is_no_result_is_refused() -> None:
    """Without routes, and with steps that lack what they need."""
    found = problem_from_vroom(instance(jobs=2))
    for text in ('{"code": 1}', '{"routes": [{"vehicle": 1, "steps": [{"type": "job"}]}]}', "[]", '{"routes": 5}'):
        with pytest.raises(InputError, match="Maybe it is no result"):
            tours_from_vroom(text, instance=found)
    with pytest.raises(InputError, match="wrong-type"):
        problem_from_vroom("[1]")
