"""Problems as JSON and back; what is wrong with a file is told at once, each fault with its place."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.routing.town import BEGINS_AT, day, same, town
from troth.core.errors import InputError
from troth.field.routing import (
    FieldTechnician,
    PublishedVisit,
    RoutingProblem,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
    _file_parts,
    from_file,
)
from troth.field.routing.from_file import problem_from_json, problem_to_json, tours_from_json
from troth.field.routing.tours import StopKind
from troth.field.travel import GreatCircle, TravelProvider

_SECOND = st.floats(0, 1e6, allow_nan=False) | st.integers(0, 10**6).map(float)
_NAME = st.text(min_size=1, max_size=6)


def small() -> dict[str, Any]:
    """Return a file without a matrix."""
    return {
        "begins_at": "2026-06-01T08:00+03:00",
        "places": [{"name": "home", "lat": 54.68, "lon": 25.28}, {"name": "Ada", "lat": 54.7, "lon": 25.25}],
        "visits": [{"visit": "boiler", "place": "Ada", "service": "45min"}],
        "technicians": [
            {
                "technician": "jonas",
                "home": "home",
                "shifts": [{"start": 0, "end": "2026-06-01T16:00+03:00"}],
                "cost_per_hour_cents": 2400,
            }
        ],
    }


def wrong(data: Any) -> set[tuple[str, str]]:
    """Return codes and places of what is wrong with a file."""
    with pytest.raises(InputError) as told:
        problem_from_json(data)
    assert all(issue.advice.startswith("Maybe ") for issue in told.value.issues)
    return {(issue.code, issue.where) for issue in told.value.issues}


@pytest.mark.parametrize("warp", [False, True])
def test_one_of_everything_is_read_back_as_written(warp: bool) -> None:
    """Zone, windows, breaks, prices, matrices, the warp of hours."""
    problem = town(warp=warp)
    again, _ = problem_from_json(problem_to_json(problem))
    assert same(problem, again)
    assert str(again.begins_at.tzinfo) == "Europe/Vilnius"
    ada = problem.technicians[0]
    under_way = replace(
        problem, technicians=(replace(ada, shifts=(replace(ada.shifts[0], driven_s=900.0),)), *problem.technicians[1:])
    )
    assert same(under_way, problem_from_json(problem_to_json(under_way))[0])
    changed = problem_to_json(problem).replace('"service": "15min"', '"service": "16min"')
    assert not same(problem, problem_from_json(changed)[0])


@st.composite
def _problems(draw: st.DrawFn) -> RoutingProblem:
    size = draw(st.integers(1, 4))
    seconds = np.array(draw(st.lists(_SECOND | st.just(np.inf), min_size=size**2, max_size=size**2))).reshape(
        size, size
    )
    ids = draw(st.lists(_NAME, min_size=1, max_size=4, unique=True))
    place = st.integers(0, size - 1)
    visits = []
    for one in ids:
        ends = sorted(draw(st.lists(_SECOND, min_size=2, max_size=2)))
        visits.append(
            VisitRequest(
                one, draw(place), draw(_SECOND), windows=(TimeWindow(*ends),) if draw(st.booleans()) else (),
                unserved_cents=draw(st.none() | _SECOND), skills=draw(st.dictionaries(_NAME, _SECOND, max_size=2)),
                parts=draw(st.dictionaries(_NAME, st.integers(1, 9), max_size=2)), tools=frozenset(draw(st.lists(_NAME, max_size=2))),
                together=draw(st.none() | _NAME),
            )
        )  # fmt: skip
    shift = TechnicianShift(
        0.0, draw(st.floats(1, 1e6)), draw(place), draw(st.none() | place), day=draw(st.integers(0, 3))
    )
    people = (FieldTechnician(draw(_NAME), (shift,), territories=draw(st.none() | st.just(frozenset({"a"})))),)
    published = (PublishedVisit(ids[0], people[0].technician_id, draw(_SECOND)),) if draw(st.booleans()) else ()
    wall = draw(st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01")))
    begins = wall.replace(tzinfo=draw(st.sampled_from([UTC, BEGINS_AT.tzinfo])))
    return RoutingProblem(begins, tuple(visits), people, seconds, published=published)


@settings(max_examples=40)
@given(_problems())
def test_any_problem_is_read_back_as_written(problem: RoutingProblem) -> None:
    """Names, numbers and instants of all kinds, across the clocks' odd days."""
    if problem.begins_at.astimezone(UTC).astimezone(problem.begins_at.tzinfo) != problem.begins_at:
        return  # a time that the clocks jump over
    again, _ = problem_from_json(problem_to_json(problem))
    assert same(problem, again)


def test_without_a_matrix_ways_are_computed_and_inline_places_added() -> None:
    """The straight way with a detour; a shift begins and ends at home."""
    data = small()
    data["visits"].append({"visit": "new", "place": {"lat": 54.69, "lon": 25.3}, "service": 600})
    problem, doubts = problem_from_json(data)
    assert not doubts
    assert problem.seconds.shape == (3, 3) and problem.seconds[0, 1] > 300
    assert problem.metres is not None and problem.places[2] == ("", 54.69, 25.3)
    assert (problem.technicians[0].shifts[0].start_place, problem.technicians[0].shifts[0].end_place) == (0, 0)
    assert problem.visits[0].service_s == 2700


def test_a_clock_by_the_zone_of_the_file_may_leave_it_out() -> None:
    """Also over the night when clocks go back: seconds are seconds, not what a clock shows."""
    data = small() | {"begins_at": "2026-10-25T00:00", "time_zone": "Europe/Vilnius"}
    data["technicians"][0]["shifts"] = [{"start": "2026-10-25T08:00", "end": "2026-10-25T16:00"}]
    problem, _ = problem_from_json(data)
    assert problem.technicians[0].shifts[0].start_s == 9 * 3600
    assert same(problem, problem_from_json(problem_to_json(problem))[0])


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Unknown keys with the near name, missing ones, wrong types, naive times, unknown places."""
    data = small()
    data["technicans"] = []
    data["visits"] = [
        {"visit": "a", "place": "Adda", "service": 60},
        {"visit": "b", "place": "Ada", "service": "5 parsecs", "skils": {}},
        {"visit": "c", "place": "Ada", "service": 60, "windows": [["2026-06-01T09:00", "later"]]},
        {"visit": "d", "place": "Ada", "service": float("nan")},
        {"place": "Ada", "service": 60, "parts": {"pump": 1.5}},
        7,
    ]
    data["technicians"][0]["shifts"][0]["overtme"] = 60
    assert wrong(data) >= {
        ("unknown-key", "technicans"), ("no-such-place", "visits[0].place"), ("bad-time", "visits[1].service"),
        ("unknown-key", "visits[1].skils"), ("naive-time", "visits[2].windows[0].start"), ("bad-time", "visits[2].windows[0].end"),
        ("not-a-number", "visits[3].service"), ("missing-key", "visits[4].visit"), ("wrong-type", "visits[4].parts.pump"),
        ("wrong-type", "visits[5]"), ("unknown-key", "technicians[0].shifts[0].overtme"),
    }  # fmt: skip
    with pytest.raises(InputError, match="Maybe technicians is meant"):
        problem_from_json(data)


def test_what_the_check_finds_is_told_with_what_reading_finds() -> None:
    """An id that is there twice, beside a key that is unknown."""
    data = small()
    data["visits"] += [{"visit": "boiler", "place": "Ada", "service": 60, "colour": "red"}]
    assert wrong(data) == {("unknown-key", "visits[1].colour"), ("twice", "visits[boiler]")}


def test_a_place_that_cannot_be_read_hides_no_other_fault_of_its_record() -> None:
    """Times and prices less than nothing and exchanged ends, of a visit, a shift and a depot whose place is unknown or lacks."""
    data = small()
    data["visits"] += [
        {"visit": "a", "place": "Adda", "service": -60, "windows": [[7200, 3600]]},
        {"visit": "b", "service": -60},
        {"visit": "c", "place": "Ada", "service": "soon", "unserved_cents": -1},
    ]
    data["technicians"][0]["shifts"] = [{"start_place": "hom", "start": 3600, "end": 0}]
    data["depots"] = [{"depot": "store", "place": "Adda", "service": -5}]
    assert wrong(data) == {
        ("no-such-place", "visits[1].place"), ("negative-service", "visits[a]"), ("empty-span", "visits[a].windows"),
        ("missing-key", "visits[2].place"), ("negative-service", "visits[b]"),
        ("bad-time", "visits[3].service"), ("negative", "visits[c].unserved_cents"),
        ("no-such-place", "technicians[0].shifts[0].start_place"), ("no-such-place", "technicians[0].shifts[0].end_place"),
        ("empty-span", "technicians[jonas].shifts[0]"),
        ("no-such-place", "depots[0].place"), ("negative-service", "depots[store]"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "not-json"), ("[" * 100_000, "not-json"), ('{"begins_at": ' + "9" * 5000 + "}", "not-json"), ("[]", "wrong-type"),
        ('{"a": 1, "a": 2}', "key-twice"), ("{}", "missing-key"), ("null", "wrong-type"),
    ],
)  # fmt: skip
def test_what_is_no_problem_is_refused(text: str, code: str) -> None:
    """Cut off, nested without end, numbers without end, a key that is there twice."""
    assert code in {found for found, _ in wrong(text)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"visits": [{}] * 20_001}, "too-large"), ({"visits": {"a": 1}}, "wrong-type"),
        ({"visits": [{"visit": "a", "place": "Ada", "service": 1e300}]}, "out-of-range"),
        ({"visits": [{"visit": "a", "place": "Ada", "service": 10**400}]}, "out-of-range"),
        ({"visits": [{"visit": "a", "place": [[[[]]]], "service": 1}]}, "wrong-type"),
        ({"seconds": [[0, 1], [0]]}, "wrong-size"), ({"seconds": [[0, "x"], [-1, 0]]}, "not-a-number"),
        ({"begins_at": "0001-01-01T00:00+14:00"}, "bad-time"), ({"time_zone": "Mars/Olympus"}, "unknown-zone"),
        ({"places": [{"name": "x", "lat": 95, "lon": 500}]}, "out-of-range"), ({"format": 7}, "unknown-format"),
        ({"warp": {"start": 0, "knots": [0, 0], "driven": [0, 1]}}, "bad-warp"), ({"places": []}, "no-such-place"),
    ],
)  # fmt: skip
def test_hostile_values_are_refused(change: dict[str, Any], code: str) -> None:
    """Huge numbers, lists without end, matrices of the wrong size, zones and hours that are none."""
    assert code in {found for found, _ in wrong(small() | change)}


def test_a_plan_by_hand_gets_instants_and_one_with_instants_keeps_them() -> None:
    """Names alone are timed as the clock would; what is written is kept even if it cannot be."""
    problem = town()
    timed = tours_from_json(
        {"tours": [{"technician": "ada", "stops": ["v1", {"depot": "store"}, "v5"]}]}, problem=problem
    )
    assert timed == day(problem, ada="v1 store v5")
    stops = [{"visit": "v1", "starts": 0, "ends": "2026-06-01T08:00:01+03:00"}]
    (kept,) = tours_from_json(
        json.dumps([{"technician": "ada", "leaves": 0, "returns": 5, "stops": stops}]), problem=problem
    )
    assert (kept.stops[0].kind, kept.stops[0].arrives_s, kept.stops[0].ends_s, kept.returns_s) == (
        StopKind.VISIT,
        0,
        1,
        5,
    )


def test_a_wrong_plan_is_told_whole() -> None:
    """Unknown names with the near one, shifts that are none, half of the instants."""
    tours = [
        {"technician": "adda", "stops": ["v1", "v77", {"depot": "shop"}]},
        {"technician": "ada", "shift": 3, "stops": [{}, {"visit": "v1", "starts": 4}]},
        {"technician": "ada", "shift": 3, "stops": ["v1"]},
        {"technician": "ada", "leaves": 0, "stops": ["v1"]},
        {"stops": []},
    ]
    with pytest.raises(InputError) as told:
        tours_from_json({"tours": tours}, problem=town())
    assert {(one.code, one.where) for one in told.value.issues} == {
        ("unknown-technician", "tours[0].technician"), ("unknown-visit", "tours[0].stops[1]"), ("unknown-depot", "tours[0].stops[2]"),
        ("missing-key", "tours[1].stops[0]"), ("missing-key", "tours[1].stops[1]"), ("unknown-shift", "tours[1].shift"), ("unknown-shift", "tours[2].shift"),
        ("missing-key", "tours[3]"), ("missing-key", "tours[4].technician"),
    }  # fmt: skip
    with pytest.raises(InputError, match="wrong-type"):
        tours_from_json("{}", problem=town())


def test_a_warp_may_begin_elsewhere_than_the_problem() -> None:
    """Its knots are counted from its own start in the file, and from the problem's in memory: the same instants."""
    plain = json.loads(problem_to_json(town(warp=True)))
    at = datetime.fromisoformat(plain["warp"]["start"]) - timedelta(hours=2)
    moved = plain | {
        "warp": plain["warp"] | {"start": at.isoformat(), "knots": [one + 7200 for one in plain["warp"]["knots"]]}
    }
    problem, _ = problem_from_json(moved)
    assert problem.warp is not None
    assert problem.warp.start == problem.begins_at
    assert problem.warp.knots_s.tolist() == plain["warp"]["knots"]


def test_a_file_without_technicians_says_so_beside_all_else() -> None:
    """An empty list is a mistake of its own, not one that follows from another."""
    plain = json.loads(problem_to_json(town())) | {"technicians": [], "equipment": 7}
    with pytest.raises(InputError) as error:
        problem_from_json(plain)
    assert {"no-technicians", "wrong-type"} <= {one.code for one in error.value.issues}


def test_a_matrix_smaller_than_the_places_is_of_the_wrong_size() -> None:
    """Told once as what it is, whatever visits it leaves without a row."""
    plain = json.loads(problem_to_json(town()))
    plain = plain | {"seconds": [row[:-1] for row in plain["seconds"][:-1]], "metres": None}
    with pytest.raises(InputError) as error:
        problem_from_json(plain)
    assert ("wrong-size", "seconds") in {(one.code, one.where) for one in error.value.issues}


def doubted(data: Any, *, travel: TravelProvider | None = None) -> dict[tuple[str, str], tuple[str, int]]:
    """Return severity and count of what is doubtful with a file, by code and place."""
    _, issues = problem_from_json(data, travel=travel)
    assert all(one.advice.startswith("Maybe ") and one.advice.endswith(".") for one in issues)
    found = {(one.code, one.where): (str(one.severity), one.count) for one in issues}
    assert len(found) == len(issues)
    return found


def test_ways_without_lengths_that_are_priced_by_length_are_doubted() -> None:
    """A second would count as a metre; without a price of kilometres nothing is wrong."""
    data = small() | {"seconds": [[0, 1800], [1800, 0]]}
    assert doubted(data) == {}
    data["technicians"][0]["cost_per_km_cents"] = 40
    assert doubted(data) == {("no-metres", "metres"): ("warning", 1)}
    assert doubted(data | {"metres": [[0, 20000], [20000, 0]]}) == {}


def test_what_of_the_ways_is_not_used_is_told() -> None:
    """Lengths without times, which are computed both; times of the file beside somebody who is to compute them."""
    data = small() | {"metres": [[0, 9], [9, 0]]}
    assert doubted(data) == {("no-effect", "metres"): ("warning", 1)}
    ways = {"seconds": [[0, 60], [60, 0]], "metres": [[0, 500], [500, 0]]}
    assert doubted(small() | ways, travel=GreatCircle()) == {("no-effect", "seconds"): ("warning", 1)}
    assert doubted(small(), travel=GreatCircle()) == {}


def test_wishes_without_a_price_are_told_once_with_their_number() -> None:
    """Preferred people, wished windows, the plan that people know: whoever prices them is told nothing."""
    data = small()
    wish = {"preferred": ["jonas"], "soft": {"start": 0, "end": 3600}}
    data["visits"] += [{"visit": f"v{k}", "place": "Ada", "service": 60} | wish for k in range(3)]
    data["published"] = [{"visit": "boiler", "technician": "jonas", "start": 3600}]
    assert doubted(data) == {
        ("no-effect", "visits[v0].preferred"): ("warning", 3), ("no-effect", "visits[v0].soft"): ("warning", 3),
        ("no-effect", "published"): ("warning", 1),
    }  # fmt: skip
    for one in data["visits"][1:]:
        one["other_cents"], one["soft"] = 500, one["soft"] | {"late_cents_per_minute": 5}
    for prices in ({"most_changes": 0}, {"other_technician_cents": 5}, {"moved_cents_per_minute": 5}):
        assert doubted(data | {"prices": prices}) == {}


def test_people_whose_detours_and_overtime_cost_nothing_are_told_once_with_their_number() -> None:
    """A price by the hour or the kilometre, or one of long tours, is enough; overtime may be meant to be free."""
    data = small()
    del data["technicians"][0]["cost_per_hour_cents"]
    shifts = [{"start": 0, "end": 3600, "overtime": 600}]
    data["technicians"] += [{"technician": name, "home": "home", "shifts": shifts} for name in ("ada", "ben")]
    free = {("no-price", "technicians[jonas]"): ("warning", 3)}
    late = {("no-price", "technicians[ada].overtime_per_hour_cents"): ("info", 2)}
    assert doubted(data) == free | late
    assert doubted(data | {"prices": {"balance_cents": 10}}) == late
    for one in data["technicians"]:
        one["cost_per_km_cents"] = 40
    assert doubted(data) == late
    for one in data["technicians"]:
        one["overtime_per_hour_cents"] = 900
    assert doubted(data) == {}


def test_the_guide_has_every_key_of_a_file_and_of_a_plan() -> None:
    """A key that is read and not told there is found by nobody."""
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "route.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[`\"](\w+)[`\"]", guide))
    read = "".join(Path(str(one.__file__)).read_text(encoding="utf-8") for one in (_file_parts, from_file))
    keys = set(re.findall(r'"(\w+)": \("', read))
    assert {"vehicle", "warp", "open", "shift", "used_cents", "territories"} <= keys
    assert keys - named == set()
