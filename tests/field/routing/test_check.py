"""What is wrong with a problem: each line of bad input has its code, its place and its advice; all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.field.routing.town import town
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.routing import (
    After,
    FieldTechnician,
    Pin,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RoutingProblem,
    SoftWindow,
    Stop,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
    check,
    solve,
)


def told(problem: RoutingProblem) -> set[tuple[str, str, str]]:
    """Return severity, code and place of every issue."""
    issues: list[Issue] = check(problem)
    assert all(one.advice.startswith("Maybe ") and one.advice.endswith(".") for one in issues)
    return {(str(one.severity), one.code, one.where) for one in issues}


def with_visit(**change: Any) -> RoutingProblem:
    """Return the town with its first visit changed."""
    problem = town()
    return replace(problem, visits=(replace(problem.visits[0], **change), *problem.visits[1:]))


def with_person(**change: Any) -> RoutingProblem:
    """Return the town with its first technician changed."""
    problem = town()
    return replace(problem, technicians=(replace(problem.technicians[0], **change), *problem.technicians[1:]))


def with_shift(**change: Any) -> RoutingProblem:
    """Return the town with the first technician's shift changed."""
    return with_person(shifts=(replace(town().technicians[0].shifts[0], **change),))


def with_seconds(change: Callable[[np.ndarray], None]) -> RoutingProblem:
    """Return the town with other travel times."""
    problem = town()
    seconds = problem.seconds.copy()
    change(seconds)
    return replace(problem, seconds=seconds)


def test_a_sound_problem_has_no_issue() -> None:
    """One of everything is nothing wrong."""
    assert check(town()) == [] == check(town(warp=True))


def test_a_window_before_now_is_doubted() -> None:
    """It ended before the problem begins; the visit cannot be made either."""
    found = told(with_visit(windows=(TimeWindow(-7200, -3600),)))
    assert ("warning", "window-before", "visits[v1].windows") in found
    assert ("warning", "window-cannot-be-kept", "visits[v1]") in found


def test_an_unreachable_place_is_doubted() -> None:
    """No way leads there from anybody's start."""

    def cut(seconds: np.ndarray) -> None:
        seconds[0, 1] = np.inf

    assert told(with_seconds(cut)) == {("warning", "unreachable", "visits[v1]")}


def test_nobody_to_go_is_wrong() -> None:
    """Zero technicians; and one without a shift is doubted."""
    assert ("error", "no-technicians", "technicians") in told(replace(town(), technicians=()))
    assert ("warning", "no-shift", "technicians[ada]") in told(with_person(shifts=()))


def test_a_skill_that_nobody_has_is_doubted_with_the_near_name() -> None:
    """A slip of the pen is guessed; whom skill, territory and exclusion together leave nobody is told."""
    (issue, *_) = check(with_visit(skills={"gass": 1}))
    assert (issue.code, issue.where, issue.value, issue.advice) == (
        "no-such-skill",
        "visits[v1]",
        "gass",
        "Maybe gas is meant.",
    )
    assert ("warning", "nobody-may", "visits[v1]") in told(with_visit(skills={"gas": 9}))


def test_tools_and_parts_that_nobody_has_are_doubted() -> None:
    """Neither on a van nor at a depot; a depot with everything has them all."""
    problem = with_visit(tools=frozenset({"crane"}), parts={"valve": 1})
    few = replace(problem.depots[0], tools=frozenset({"lift"}))
    found = told(replace(problem, depots=(few,)))
    assert {("warning", "no-such-tool", "visits[v1]"), ("warning", "no-such-part", "visits[v1]")} <= found
    assert ("warning", "no-such-tool", "visits[v1]") not in told(problem)


def test_negative_service_is_wrong() -> None:
    """For all, for one technician, at a depot; and a number that is none."""
    for change in ({"service_s": -1.0}, {"service_by": {"ada": -5.0}}, {"service_s": float("nan")}):
        assert ("error", "negative-service", "visits[v1]") in told(with_visit(**change))
    depot = replace(town().depots[0], service_s=-1.0)
    assert ("error", "negative-service", "depots[store]") in told(replace(town(), depots=(depot,)))


def test_duplicate_ids_are_wrong() -> None:
    """Visits, technicians, depots, published visits; how many times is counted."""
    problem = town()
    twice = replace(
        problem, visits=(*problem.visits, problem.visits[1]), technicians=(*problem.technicians, problem.technicians[0]),
        depots=problem.depots * 3, published=(*problem.published, problem.published[0]),
    )  # fmt: skip
    found = {(one.where, one.count) for one in check(twice) if one.code == "twice"}
    assert found == {("visits[v2]", 1), ("technicians[ada]", 1), ("depots[store]", 2), ("published[v1]", 1)}


def test_a_matrix_of_the_wrong_size_is_wrong() -> None:
    """Not square, of other places than the metres, too small for a visit, a home, a depot."""
    problem = town()
    assert ("error", "wrong-size", "seconds") in told(replace(problem, seconds=np.zeros((7, 6)), metres=None))
    assert ("error", "wrong-size", "metres") in told(replace(problem, metres=np.zeros((3, 3))))
    assert ("error", "no-such-place", "visits[v1]") in told(with_visit(place=7))
    assert ("error", "no-such-place", "technicians[ada].shifts[0]") in told(with_shift(end_place=-1))
    depot = replace(problem.depots[0], place=99)
    assert ("error", "no-such-place", "depots[store]") in told(replace(problem, depots=(depot,)))


def test_travel_times_that_are_none_are_wrong() -> None:
    """NaN and negative ones, the first with its place and all counted."""

    def spoil(seconds: np.ndarray) -> None:
        seconds[2, 3] = seconds[4, 5] = np.nan
        seconds[1, 0] = -1

    found = {one.code: (one.where, one.count) for one in check(with_seconds(spoil))}
    assert found == {"not-a-number": ("seconds[2, 3]", 2), "negative": ("seconds[1, 0]", 1)}


def test_coordinates_that_are_none_are_wrong() -> None:
    """NaN, and latitude and longitude exchanged beyond what can be."""
    problem = town()
    places = (("a", float("nan"), 25.0), ("b", 125.0, 54.0), *problem.places[2:])
    found = told(replace(problem, places=places))
    assert found == {("error", "bad-coordinates", "places[0]"), ("error", "bad-coordinates", "places[1]")}


def test_a_promise_that_nobody_can_keep_is_doubted() -> None:
    """With how late the soonest would be."""
    (issue,) = check(with_visit(promised=PromisedWindow(0, 60)))
    assert (issue.code, issue.severity, issue.value) == (
        "promise-cannot-be-kept",
        Severity.WARNING,
        "8 min late at best",
    )


def _two_days(**change: Any) -> RoutingProblem:
    """Return one visit for one technician who works eight hours on the first day and on the third."""
    shifts = tuple(TechnicianShift(day * 86_400, day * 86_400 + 28_800, 0, 0, day=day) for day in (0, 2))
    asked = VisitRequest("v", 1, 1800, **change)
    return RoutingProblem(town().begins_at, (asked,), (FieldTechnician("ada", shifts),), 600.0 * (1 - np.eye(2)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"promised": PromisedWindow(200_000, 250_000)}, [("promise-cannot-be-kept", "nobody is at work then")]),
        ({"promised": PromisedWindow(86_400, 90_000)}, [("promise-cannot-be-kept", "1390 min late at best")]),
        ({"promised": PromisedWindow(28_000, 30_000)}, [("promise-cannot-be-kept", "2390 min late at best")]),
        ({"promised": PromisedWindow(26_000, 30_000)}, []),
        (
            {"promised": PromisedWindow(7200, 9000), "windows": (TimeWindow(0, 3600),)},
            [("promise-cannot-be-kept", "after the visit's own windows")],
        ),
        (
            {"promised": PromisedWindow(3600, 7200), "windows": (TimeWindow(10_800, 14_400),)},
            [("promise-cannot-be-kept", "60 min late at best")],
        ),
        ({"windows": (TimeWindow(86_400, 90_000),)}, [("window-cannot-be-kept", "nobody is at work then")]),
        ({"windows": (TimeWindow(86_400, 90_000), TimeWindow(0, 600))}, []),
    ],
)
def test_a_window_in_which_nobody_can_start_is_doubted(change: dict[str, Any], said: list[tuple[str, str]]) -> None:
    """After all shifts, on a day off, too late to be back in time, disjoint from the visit's own; one that fits is not."""
    found = check(_two_days(**change))
    assert [(one.code, one.value) for one in found] == said
    assert {one.severity for one in found} <= {Severity.WARNING}


def test_a_place_from_which_no_way_leads_back_is_doubted() -> None:
    """Unless a shift ends where the last work does."""
    problem = _two_days()
    problem.seconds[1, 0] = np.inf
    assert told(problem) == {("warning", "no-way-back", "visits[v]")}
    (ada,) = problem.technicians
    stays = replace(ada, shifts=(replace(ada.shifts[0], end_place=None), ada.shifts[1]))
    assert check(replace(problem, technicians=(stays,))) == []


def test_names_of_the_known_plan_that_the_problem_lacks_are_doubted_with_the_near_name() -> None:
    """A visit and a technician; one that resembles nothing is guessed to be over or gone."""
    problem = town()
    other = (PublishedVisit("v11", "adda", 3600.0), PublishedVisit("leak", "zoe", 0.0))
    found = check(replace(problem, published=(*problem.published, *other)))
    assert [(one.code, one.where, one.value, one.severity) for one in found] == [
        ("unknown-visit", "published[v11]", "v11", Severity.WARNING),
        ("unknown-technician", "published[v11]", "adda", Severity.WARNING),
        ("unknown-visit", "published[leak]", "leak", Severity.WARNING),
        ("unknown-technician", "published[leak]", "zoe", Severity.WARNING),
    ]
    assert [one.advice for one in found[:3]] == [
        "Maybe v1 is meant.", "Maybe ada is meant.", "Maybe it was cancelled: it is passed over.",
    ]  # fmt: skip


def test_fewer_than_none_are_wrong() -> None:
    """Parts on a van and at a depot, shared things, a gap; and a depot that shuts before it opens."""
    problem = town()
    depot = replace(problem.depots[0], parts={"pump": -1}, open_s=TimeWindow(60, 0))
    assert {("error", "negative", "depots[store].parts.pump"), ("error", "empty-span", "depots[store].open")} <= told(
        replace(problem, depots=(depot,))
    )
    assert ("error", "negative", "technicians[ada].parts.pump") in told(with_person(parts={"pump": -2}))
    assert ("error", "negative", "equipment.crane") in told(replace(problem, equipment={"crane": -1}))
    assert ("error", "negative", "visits[v1].after.gap") in told(with_visit(after=(After("v2", -60.0),)))
    assert ("error", "negative", "visits[v1].after.gap") in told(with_visit(after=(After("v2", float("nan")),)))
    assert check(with_person(parts={"pump": 0})) == []


def test_a_link_to_a_visit_that_is_none_names_the_near_one() -> None:
    """A slip of the pen is guessed."""
    problem = with_visit(after=(After("leek"),))
    named = replace(problem, visits=(*problem.visits, replace(problem.visits[1], visit_id="leak")))
    assert [one.advice for one in check(named) if one.code == "unknown-visit"] == ["Maybe leak is meant."]


def test_spans_the_wrong_way_round_are_wrong() -> None:
    """Windows, promises, shifts, breaks; shifts that overlap; overtime below zero."""
    assert ("error", "empty-span", "visits[v1].windows") in told(with_visit(windows=(TimeWindow(5, 1),)))
    assert ("error", "empty-span", "visits[v1].windows") in told(with_visit(promised=PromisedWindow(5, 1)))
    assert ("error", "empty-span", "technicians[ada].shifts[0]") in told(with_shift(end_s=-1.0))
    assert ("error", "bad-break", "technicians[ada].shifts[0]") in told(with_shift(breaks=(RestBreak(60, 9, 1),)))
    assert ("error", "negative", "technicians[ada].shifts[0].overtime_s") in told(with_shift(overtime_s=-1.0))
    assert ("error", "negative", "technicians[ada].shifts[0].driven_s") in told(with_shift(driven_s=-1.0))
    shifts = (TechnicianShift(0, 100, 0, 0), TechnicianShift(50, 150, 0, 0))
    assert ("error", "overlap", "technicians[ada].shifts[1]") in told(with_person(shifts=shifts))


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"cost_per_hour_cents": -1.0}, ("error", "negative", "technicians[ada].cost_per_hour_cents")),
        ({"max_travel_s": -1.0}, ("error", "negative", "technicians[ada].max_travel_s")),
        ({"drive_limit_s": float("nan")}, ("error", "negative", "technicians[ada].drive_limit_s")),
        ({"pace": 0.0}, ("error", "not-positive", "technicians[ada].pace")),
        ({"travel_factor": float("nan")}, ("error", "not-positive", "technicians[ada].travel_factor")),
    ],
)
def test_prices_and_paces_that_cannot_be_are_wrong(change: dict[str, float], issue: tuple[str, str, str]) -> None:
    """Discounts, and work in no time."""
    assert issue in told(with_person(**change))


def test_prices_and_pieces_of_visits_that_cannot_be_are_wrong() -> None:
    """A reward for leaving out, no pieces of a part."""
    assert ("error", "negative", "visits[v1].unserved_cents") in told(with_visit(unserved_cents=-1.0))
    assert ("error", "negative", "visits[v1].parts") in told(with_visit(parts={"pump": 0}))
    assert ("error", "negative", "visits[v1].other_cents") in told(with_visit(other_cents=-1.0))
    late = ("error", "negative", "visits[v1].promised.late_cents_per_minute")
    assert late in told(with_visit(promised=PromisedWindow(0, 60, late_cents_per_minute=-1.0)))
    early = ("error", "negative", "visits[v1].soft.early_cents_per_minute")
    assert early in told(with_visit(soft=SoftWindow(0, 60, float("nan"), 1.0)))


@pytest.mark.parametrize("name", ["balance_cents", "moved_cents_per_minute", "free_move_s", "most_changes"])
def test_prices_of_the_plan_that_cannot_be_are_wrong(name: str) -> None:
    """A reward for moving visits, fewer changes than none."""
    problem = town()
    prices = replace(problem.prices, **{name: -1})
    assert ("error", "negative", f"prices.{name}") in told(replace(problem, prices=prices))


def test_a_warp_of_another_beginning_is_wrong() -> None:
    """Its seconds are taken for those of the problem."""
    problem = town(warp=True)
    assert problem.warp is not None
    later = replace(problem.warp, start=problem.warp.start + timedelta(hours=1))
    assert ("error", "other-start", "warp") in told(replace(problem, warp=later))


def test_links_to_nothing_and_circles_are_wrong() -> None:
    """A circle is told once, from one visit round to the same; whatever visits are called."""
    assert ("error", "unknown-visit", "visits[v1].after") in told(with_visit(after=(After("v77"),)))
    (issue,) = [one for one in check(with_visit(after=(After("v4"),))) if one.code == "circle"]
    assert issue.value in ("v1 after v4 after v1", "v4 after v1 after v4")
    assert [one.code for one in check(with_visit(after=(After("v1"),)))] == ["circle"]
    nameless = with_visit(visit_id="", after=(After("v4"),))
    linked = (*nameless.visits[:3], replace(nameless.visits[3], after=(After(""),)), *nameless.visits[4:])
    assert "circle" in {one.code for one in check(replace(nameless, visits=linked, published=()))}


def test_strangers_are_told_with_the_near_name() -> None:
    """In wishes they are doubted; a visit settled on one is wrong."""
    (issue,) = check(with_visit(preferred=frozenset({"adda"})))
    assert (issue.code, issue.severity, issue.advice) == ("unknown-technician", Severity.WARNING, "Maybe ada is meant.")
    assert ("error", "unknown-technician", "visits[v1]") in told(with_visit(pin=Pin("zoe")))


def test_a_beginning_without_a_zone_is_wrong() -> None:
    """Seconds count from an instant."""
    naive = datetime(2026, 6, 1).astimezone().replace(tzinfo=None)
    assert ("error", "naive-time", "begins_at") in told(replace(town(), begins_at=naive))


def test_more_shared_things_than_can_be_held_apart_are_wrong() -> None:
    """Sixty-two kinds are."""
    many = frozenset(f"thing {k}" for k in range(63))
    assert ("error", "too-many-things", "visits.equipment") in told(with_visit(equipment=many))


def test_all_of_it_is_told_at_once_and_nothing_solved() -> None:
    """The solver refuses with every error."""
    wrong = replace(with_visit(service_s=-1.0, place=99), technicians=(FieldTechnician("x", (), pace=-1.0),))
    with pytest.raises(InputError) as found:
        solve(wrong, stop=Stop(steps=1))
    assert {one.code for one in found.value.issues} >= {"negative-service", "no-such-place", "not-positive"}
