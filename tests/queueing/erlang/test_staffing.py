"""How many it takes: published values, the least and no fewer, and what no staff can meet."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.queueing.erlang import Goal, Traffic, erlang_b, performance, staff_for, with_shrinkage

EIGHTY = Goal(level=0.8)


def test_ten_erlangs_take_fourteen_and_twenty_with_shrinkage() -> None:
    """100 contacts of 180 s in half an hour, 80 % in 20 s: 14, and 14 / 0.7 = 20 are planned."""
    found = staff_for(Traffic(100, handle_s=180), goal=EIGHTY, shrinkage=0.3)
    assert (float(found.staff), float(found.scheduled)) == (14, 20)
    part = staff_for(Traffic(100, handle_s=180), goal=EIGHTY, shrinkage=0.3, fractions=True)
    assert float(part.staff) == pytest.approx(13.0372, abs=1e-4)
    assert float(part.scheduled) == pytest.approx(18.6, abs=0.05)  # a published fractional answer is 18.7


def test_a_mean_wait_is_asked_in_seconds() -> None:
    """Five seconds are five seconds whatever a contact takes."""
    traffic = Traffic(100, handle_s=180, patience_s=120)
    found = staff_for(traffic, goal=Goal(asa_s=5), fractions=True)
    assert float(found.performance().mean_answer_s) == pytest.approx(5, rel=1e-8)
    assert float(staff_for(traffic, goal=Goal(asa_s=5)).staff) == 13


def test_a_loose_target_takes_no_one_too_many() -> None:
    """Where a library that starts one above the load gives 5, 4 is enough."""
    found = staff_for(Traffic(3.6, handle_s=1, interval_s=1, within_s=0.5), goal=Goal(level=0.3))
    assert float(found.staff) == 4
    assert float(performance(4, traffic=found.traffic).service_level()) > 0.3


def test_the_library_that_divides_floats_is_off_where_we_are_not() -> None:
    """Every whole staff to 500 at every shrinkage in whole percent: the exact quotient rounded up."""
    staff = np.arange(1, 501)
    for percent in range(100):
        exact = [math.ceil(Fraction(100 * n, 100 - percent)) for n in range(1, 501)]
        assert list(with_shrinkage(staff, shrinkage=percent / 100)) == exact


goals = st.fixed_dictionaries(
    {},
    optional={
        "level": st.floats(0.05, 0.999),
        "asa_s": st.floats(0.01, 3),
        "abandoned": st.floats(0.001, 0.5),
        "occupancy": st.floats(0.3, 0.98),
    },
).filter(bool)


@settings(max_examples=60)
@given(
    st.floats(-2, 3).map(lambda e: 10.0**e), st.floats(-1.5, 1.5).map(lambda e: 10.0**e), st.floats(0, 1), goals,
    st.sampled_from(["answered", "all", "without_short_abandons"]),
)  # fmt: skip
def test_the_answer_meets_the_goal_and_one_fewer_does_not(
    load: float, patience: float, within: float, targets: dict, formula: str
) -> None:
    """Least staff: it holds every target, one agent fewer misses one; the fraction lies in between."""
    traffic = Traffic(load, handle_s=7, interval_s=7, patience_s=7 * patience, within_s=7 * within)
    goal = Goal(**targets, formula=formula)  # type: ignore[arg-type]
    staff = float(staff_for(traffic, goal=goal).staff)
    assert _meets(staff, traffic, targets, formula)
    assert staff == 0 or not _meets(staff - 1, traffic, targets, formula)
    part = float(staff_for(traffic, goal=goal, fractions=True).staff)
    assert max(0, staff - 1) <= part <= staff
    assert _meets(part * (1 + 1e-9), traffic, targets, formula)
    assert part < 1e-6 or not _meets(part * (1 - 1e-7), traffic, targets, formula) or part == pytest.approx(staff - 1)


def _meets(staff: float, traffic: Traffic, targets: dict, formula: str) -> bool:
    found = performance(staff, traffic=traffic)
    least = {
        "level": lambda: found.service_level(formula) >= targets["level"] - 1e-10,  # type: ignore[arg-type]
        "asa_s": lambda: found.mean_answer_s <= targets["asa_s"] * (1 + 1e-10),
        "abandoned": lambda: found.abandoned <= targets["abandoned"] + 1e-10,
        "occupancy": lambda: found.occupancy <= targets["occupancy"] + 1e-10,
    }
    return all(bool(least[name]()) for name in targets)


@given(
    st.lists(st.floats(-2, 3).map(lambda e: 10.0**e), min_size=1, max_size=8),
    st.floats(0.05, 0.999), st.one_of(st.none(), st.floats(0.3, 1)), st.floats(0, 2),
)  # fmt: skip
def test_the_quick_way_for_erlang_c_gives_the_same(
    loads: list[float], level: float, cap: float | None, within: float
) -> None:
    """The single pass for a service level without patience agrees with the general search."""
    traffic = Traffic(loads, handle_s=1, interval_s=1, within_s=within)
    quick = staff_for(traffic, goal=Goal(level=level, occupancy=cap)).staff
    # A mean wait that no stable queue of these loads exceeds sends it the general way.
    general = staff_for(traffic, goal=Goal(level=level, occupancy=cap, asa_s=1e9)).staff
    assert list(quick) == list(general)


def test_one_call_for_many_intervals_equals_many_calls() -> None:
    """Mixed patience, answer times, chats and targets in one call: as one by one."""
    rng = np.random.default_rng(3)
    n = 60
    contacts, handle = rng.uniform(0, 200, n), rng.uniform(60, 600, n)
    patience = rng.choice([30.0, 120.0, 1000.0], n)
    level, cap, chats = rng.uniform(0.5, 0.95, n), rng.uniform(0.6, 0.95, n), rng.integers(1, 4, n)
    for fractions in (False, True):
        many = staff_for(
            Traffic(contacts, handle_s=handle, patience_s=patience, at_once=chats, slowing=0.2),
            goal=Goal(level=level, occupancy=cap), fractions=fractions, shrinkage=0.25,
        )  # fmt: skip
        for i in range(n):
            one = staff_for(
                Traffic(contacts[i], handle_s=handle[i], patience_s=patience[i], at_once=chats[i], slowing=0.2),
                goal=Goal(level=level[i], occupancy=cap[i]), fractions=fractions, shrinkage=0.25,
            )  # fmt: skip
            assert (one.staff, one.scheduled) == (many.staff[i], many.scheduled[i])


def test_no_contacts_need_nobody_unless_somebody_must_be_there() -> None:
    """A night interval takes 0, or the least that is asked for."""
    traffic = Traffic([0, 1], handle_s=180)
    assert list(staff_for(traffic, goal=EIGHTY).staff) == [0, 1]
    assert list(staff_for(traffic, goal=EIGHTY, at_least=2).staff) == [2, 2]
    assert list(staff_for(Traffic([0.0], handle_s=180, patience_s=60), goal=Goal(abandoned=0.1)).staff) == [0]


def test_the_inverse_of_erlang_b_is_the_abandonment_of_who_cannot_wait() -> None:
    """Lines for a blocking of 1 %: patience 0 and at most 1 % lost."""
    for load in (0.5, 10.0, 200.0):
        found = staff_for(Traffic(load, handle_s=1, interval_s=1, patience_s=0), goal=Goal(abandoned=0.01))
        assert erlang_b(found.staff, erlangs=load) <= 0.01 < erlang_b(found.staff - 1, erlangs=load)
        assert [one.code for one in found.issues] == ["patience-zero"]


def test_an_occupancy_cap_is_met_without_a_rounding_too_many() -> None:
    """8.5 erlangs at 85 % are 10 agents exactly, though 8.5 / 0.85 in floats is more than 10."""
    for tenth, percent in product(range(1, 400), (75, 80, 85, 90)):
        exact = math.ceil(Fraction(tenth * 100, 10 * percent))
        found = staff_for(
            Traffic(tenth / 10, handle_s=1, interval_s=1, within_s=100), goal=Goal(level=0.01, occupancy=percent / 100)
        )
        assert float(found.staff) == max(exact, math.floor(tenth / 10) + 1)


def test_a_hundred_thousand_erlangs() -> None:
    """Large pools: the least staff still has the last agent count, whole and fractional."""
    for patience in (np.inf, 300.0):
        traffic = Traffic(1e5, handle_s=1800, patience_s=patience)
        staff = staff_for(traffic, goal=EIGHTY).staff
        assert performance(staff, traffic=traffic).service_level() >= 0.8
        assert performance(staff - 1, traffic=traffic).service_level() < 0.8
        part = staff_for(traffic, goal=EIGHTY, fractions=True).staff
        assert float(performance(part, traffic=traffic).service_level()) == pytest.approx(0.8, abs=1e-8)


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ({}, "no-goal"), ({"level": 1.0}, "target-impossible"), ({"level": 80}, "target-out-of-range"),
        ({"level": math.nan}, "target-out-of-range"), ({"asa_s": 0.0}, "target-impossible"), ({"asa_s": -1}, "target-out-of-range"),
        ({"abandoned": 0.0}, "target-impossible"), ({"occupancy": 0.0}, "target-impossible"), ({"occupancy": 1.2}, "target-out-of-range"),
        ({"level": "high"}, "not-a-number"), ({"level": 0.8, "formula": "vendor"}, "unknown-formula"),
    ],
)  # fmt: skip
def test_a_goal_no_staff_can_meet_is_refused(targets: dict, code: str) -> None:
    """100 % in time, no wait at all, 80 for 0.8: each with its code."""
    with pytest.raises(InputError) as told:
        Goal(**targets)
    assert [one.code for one in told.value.issues] == [code]


def test_all_faults_of_a_question_are_told_at_once() -> None:
    """Shrinkage, least staff, and abandonment without patience."""
    with pytest.raises(InputError) as told:
        staff_for(Traffic([5, 6], handle_s=60), goal=Goal(abandoned=0.05), shrinkage=1.0, at_least=math.nan)
    assert [one.code for one in told.value.issues] == [
        "shrinkage-out-of-range",
        "staff-not-a-number",
        "patience-needed",
    ]
    with pytest.raises(InputError, match="shapes-differ"):
        staff_for(Traffic([5, 6], handle_s=60), goal=Goal(level=[0.8, 0.7, 0.6]))
