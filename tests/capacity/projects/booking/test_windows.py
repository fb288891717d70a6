"""Over-booked ranges against plain maximal flows, day by day."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from tests.capacity.projects.booking.portfolios import (
    MONDAY,
    booking,
    day,
    odd_people,
    person,
    portfolio,
    some_bookings,
)
from troth.capacity.projects.booking import (
    CountedBookings,
    available_hours,
    overbooked,
    pooled,
    what_if,
)
from troth.capacity.projects.booking._flow import Job, earliest_deadline, tight
from troth.capacity.projects.booking.check import computable
from troth.capacity.projects.portfolio import (
    Portfolio,
    ProjectBooking,
    RequestState,
    TimeEntry,
    free_hours,
    remaining_hours,
)
from troth.core.errors import InputError

CASES = st.tuples(
    st.lists(st.integers(0, 5), min_size=1, max_size=7),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 7), st.integers(0, 9)), max_size=6),
)


def _jobs(room: list[int], drawn: list[tuple[int, int, int]]) -> list[Job]:
    return [Job(min(a, len(room) - 1), min(max(a + 1, b), len(room)), amount) for a, b, amount in drawn]


def _flow(room: list[int], jobs: list[Job]) -> int:
    """Return the largest flow from jobs to stretches, by somebody else's algorithm on a plain network."""
    n, m = len(jobs), len(room)
    matrix = np.zeros((n + m + 2, n + m + 2), np.int32)
    for k, job in enumerate(jobs):
        matrix[0, k + 2] = job.amount
        matrix[k + 2, n + 2 + job.a : n + 2 + job.b] = 10_000
    matrix[n + 2 :, 1] = room
    return int(maximum_flow(csr_array(matrix), 0, 1).flow_value)


@settings(max_examples=80, deadline=None)
@given(CASES)
def test_earliest_deadline_places_as_much_as_any_flow(drawn: tuple[list[int], list[tuple[int, int, int]]]) -> None:
    """No stretch is overfull, no job gets more than it asks or outside of its window, and no flow is larger."""
    room, jobs = drawn[0], _jobs(*drawn)
    laid = earliest_deadline(room, jobs=jobs)
    for t, have in enumerate(room):
        assert sum(parts.get(t, 0) for parts in laid) <= have
    for job, parts in zip(jobs, laid, strict=True):
        assert sum(parts.values()) <= job.amount
        assert all(job.a <= t < job.b for t, used in parts.items() if used)
    assert sum(sum(parts.values()) for parts in laid) == _flow(room, jobs)


@settings(max_examples=80, deadline=None)
@given(CASES)
def test_ranges_name_all_that_is_over_and_who_can_be_short(drawn: tuple[list[int], list[tuple[int, int, int]]]) -> None:
    """What ranges are over by is what no flow can place; a job is named if and only if a largest flow can leave some of it."""
    room, jobs = drawn[0], _jobs(*drawn)
    most = _flow(room, jobs)
    found = tight(room, jobs=jobs, laid=earliest_deadline(room, jobs=jobs))
    over = [sum(jobs[k].amount for k in one.jobs) - sum(room[one.a : one.b]) for one in found]
    assert sum(over) == sum(job.amount for job in jobs) - most
    assert all(one > 0 for one in over)
    named = {k for one in found for k in one.jobs}
    for k, job in enumerate(jobs):
        if job.amount:
            less = [*jobs[:k], job._replace(amount=job.amount - 1), *jobs[k + 1 :]]
            assert (k in named) == (_flow(room, less) == most)
    assert all(one.b <= other.a for one, other in combinations(found, 2))
    for one in found:
        assert (min(jobs[k].a for k in one.jobs), max(jobs[k].b for k in one.jobs)) == (one.a, one.b)


def _unplaced(plan: Portfolio, weights: dict[str, float]) -> float:
    """Return the hours that no linear programme over single days can place."""
    free = free_hours(plan, first=plan.day, until=day(20))
    left = remaining_hours(plan, bookings=plan.bookings)
    rows, total, columns = [], 0.0, []
    for k, (one, still) in enumerate(zip(plan.bookings, left, strict=True)):
        hours = still * weights[one.booking_id]
        a, b = max((one.first - plan.day).days, 0), (one.until - plan.day).days
        if hours > 0 and b > a:
            who = [p.person_id for p in plan.people].index(one.person_id)
            rows.append((k, hours))
            total += hours
            columns += [(k, who, t) for t in range(a, b)]
    if not columns:
        return 0.0
    upper, limit = [], []
    for k, hours in rows:
        upper.append([float(c[0] == k) for c in columns])
        limit.append(hours)
    for who in range(len(plan.people)):
        for t in range(free.shape[1]):
            upper.append([float((c[1], c[2]) == (who, t)) for c in columns])
            limit.append(free[who, t])
    made = linprog([-1.0] * len(columns), A_ub=upper, b_ub=limit)
    return total + float(made.fun)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_over_booked_hours_equal_a_linear_programme(data: st.DataObject) -> None:
    """With odd hours, leave, bookings that began before and soft ones: hard alone, expected and all are over by what an LP cannot place."""
    people = tuple(data.draw(odd_people(name)) for name in ("ada", "ben"))
    bookings = data.draw(some_bookings(("ada", "ben")))
    plan = portfolio(*bookings, people=people)
    for counted, soft in ((CountedBookings.HARD, 0.0), (CountedBookings.ALL, 1.0), (CountedBookings.EXPECTED, None)):
        weights = {one.booking_id: 1.0 if one.hard else one.probability if soft is None else soft for one in bookings}
        found = overbooked(plan, counted=counted)
        assert sum(one.over for one in found) == pytest.approx(_unplaced(plan, weights), abs=0.002 * (1 + len(found)))
        for one in found:
            assert one.over == pytest.approx(one.forced - one.available)
            assert sum(hours for _, hours in one.short) == pytest.approx(one.over, abs=1e-5)


def test_no_day_sum_is_taken_for_too_much() -> None:
    """Work that can move to other days of its window is no over-booking, whatever its spread gives a single day."""
    assert overbooked(portfolio(booking("a", 0, 5, 30), booking("b", 0, 1, 8))) == ()


def test_forced_work_is_named_and_what_could_move_is_not() -> None:
    """Of three bookings the one with room later stays out of the range, which ends with the days of the others."""
    plan = portfolio(booking("a", 0, 5, 30), booking("b", 0, 5, 16), booking("c", 0, 12, 40))
    (one,) = overbooked(plan)
    assert (one.first, one.until, one.booking_ids) == (MONDAY, day(5), ("a", "b"))
    assert (one.forced, one.available, one.over) == (46.0, 40.0, 6.0)
    assert one.as_issue().value == "6.00 h over: 46.00 h of a, b in 40.00 h"


def test_ranges_that_share_no_day_are_told_apart() -> None:
    """Two weeks that follow each other are two ranges; a third booking over both that has no room joins them."""
    two = (booking("a", 0, 5, 50), booking("b", 5, 12, 45))
    assert [(one.first, one.over) for one in overbooked(portfolio(*two))] == [(MONDAY, 10.0), (day(5), 5.0)]
    (one,) = overbooked(portfolio(*two, booking("c", 3, 8, 1)))
    assert (one.first, one.until, one.over) == (MONDAY, day(12), 16.0)


def test_only_what_is_left_counts_from_the_day_on() -> None:
    """Hours logged on past days are taken off, of the booking that ends first; what has ended asks nothing."""
    first, second = booking("a", -7, 3, 30), booking("b", -3, 5, 20)
    logged = (
        TimeEntry("p", "ada", day(-5), 10.0),
        TimeEntry("p", "ada", day(-2), 25.0),
        TimeEntry("q", "ada", day(-2), 9.0),
    )
    plan = portfolio(first, second, replace(booking("c", -9, 0, 50), project_id="q"), logged=logged)
    assert remaining_hours(plan, bookings=plan.bookings) == [0.0, 15.0, 0.0]
    gone = replace(second, state=RequestState.CANCELLED)
    assert overbooked(portfolio(replace(gone, hours=500.0))) == ()


@pytest.mark.parametrize("state", [RequestState.PLANNED, RequestState.REQUESTED, RequestState.COUNTERED])
def test_hours_logged_are_of_what_is_confirmed_before_what_is_asked(state: RequestState) -> None:
    """A request without answer that ends first does not take the hours that were worked on what is confirmed; it takes what is beyond."""
    firm, asked = booking("b", -7, 12, 40), booking("a", -7, 5, 20, state=state)
    worked = [TimeEntry("p", "ada", day(-3), hours) for hours in (30.0, 16.0)]
    for many, left in ((1, [10.0, 20.0]), (2, [0.0, 14.0])):
        plan = portfolio(firm, asked, logged=tuple(worked[:many]))
        assert remaining_hours(plan, bookings=plan.bookings) == left


@pytest.mark.parametrize("state", [RequestState.PLANNED, RequestState.REQUESTED, RequestState.COUNTERED])
def test_what_is_not_answered_is_no_hard_use(state: RequestState) -> None:
    """It takes nothing beside what is hard, its probability's part of what is expected, and all if all come."""
    plan = portfolio(booking("b", 0, 5, 30), booking("a", 0, 5, 40, state=state, probability=0.5))
    assert available_hours(plan, first=day(0), until=day(5)) == {"ada": 10.0}
    assert overbooked(plan) == ()
    assert [one.over for one in overbooked(plan, counted=CountedBookings.EXPECTED)] == [10.0]
    assert [one.over for one in overbooked(plan, counted=CountedBookings.ALL)] == [30.0]
    asked = replace(plan.bookings[1], person_id="", role="dev")
    team = portfolio(asked, people=(person("ada", role="dev"),))
    assert pooled(replace(team, bookings=(replace(asked, hours=100.0),))) == ()
    assert [
        one.over
        for one in pooled(replace(team, bookings=(replace(asked, hours=100.0),)), counted=CountedBookings.EXPECTED)
    ] == [10.0]


def test_a_booking_that_is_thought_of_counts_in_full_and_replaces_itself() -> None:
    """Whatever its state and probability; beside hard bookings alone, and beside soft ones by their probability."""
    soft = booking("s", 0, 5, 20, probability=0.5)
    asked = booking("a", 0, 5, 35, state=RequestState.PLANNED, probability=0.2)
    plan = portfolio(soft, asked)
    assert overbooked(plan) == ()
    effect = what_if(plan, proposed=[asked])
    assert effect.fits and effect.over == 0
    assert effect.expected_over == pytest.approx(5.0)
    assert [one.code for one in effect.warnings()] == ["expected-over"]
    assert what_if(plan, proposed=[replace(asked, hours=41.0)]).over == pytest.approx(1.0)


def test_effect_is_only_what_a_booking_adds() -> None:
    """A person who is over-booked already is so by what is new; ranges that stay as they were are not told again."""
    plan = portfolio(booking("a", 0, 5, 50), booking("b", 14, 19, 20))
    effect = what_if(plan, proposed=[booking("c", 14, 19, 30)])
    assert effect.over == 10.0
    assert [one.where for one in effect.warnings()] == ["ada 2026-06-15/2026-06-19"]


def test_hours_left_are_what_a_flow_leaves() -> None:
    """A booking of a fortnight leaves a week the hours that its other week can take over."""
    plan = portfolio(booking("a", 0, 12, 50), booking("s", 0, 5, 10, probability=0.5))
    assert available_hours(plan, first=MONDAY, until=day(7)) == {"ada": 30.0}
    assert available_hours(plan, first=MONDAY, until=day(7), counted=CountedBookings.EXPECTED) == {"ada": 25.0}
    assert available_hours(plan, first=MONDAY, until=day(7), without=("a",)) == {"ada": 40.0}
    assert available_hours(plan, first=day(-9), until=day(-2)) == {"ada": 0.0}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_hours_left_can_be_booked_and_no_more(data: st.DataObject) -> None:
    """A booking of all hours left fits; one of an hour more is over by an hour."""
    people = (data.draw(odd_people("ada")),)
    plan = portfolio(*data.draw(some_bookings(("ada",))), people=people)
    first = data.draw(st.integers(0, 9))
    until = first + data.draw(st.integers(1, 6))
    hours = available_hours(plan, first=day(first), until=day(until))["ada"]
    assert what_if(plan, proposed=[booking("new", first, until, hours)]).over == pytest.approx(0.0, abs=0.002)
    assert what_if(plan, proposed=[booking("new", first, until, hours + 1)]).over == pytest.approx(1.0, abs=0.002)


def test_placeholders_are_no_people() -> None:
    """A placeholder is never over-booked and has no hours to give."""
    plan = portfolio(booking("a", 0, 5, 50, "tbd"), people=(person("tbd", placeholder=True),))
    assert overbooked(plan) == () and available_hours(plan, first=MONDAY, until=day(5)) == {}


def test_bad_bookings_are_refused_with_all_that_is_wrong() -> None:
    """Every error at once; doubtful things stand in nobody's way."""
    bad = (
        booking("a", 3, 1, -4),
        booking("a", 0, 1, 1, "who", probability=1.2),
        ProjectBooking("n", "x", MONDAY, day(1), 1),
    )
    with pytest.raises(InputError) as caught:
        overbooked(portfolio(*bad))
    codes = [one.code for one in caught.value.issues]
    assert codes == ["twice", "negative-number", "empty-span", "bad-probability", "unknown-person"]
    sound = computable(portfolio(*bad, booking("\x1b", 0, 1, -1), booking("", 0, 1, 1)))
    assert [one.booking_id for one in sound.bookings] == ["n"] and overbooked(sound) == ()
