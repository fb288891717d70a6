"""Bookings of roles and teams against a plain maximal flow over people and days."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from tests.capacity.projects.booking.portfolios import (
    MONDAY,
    booking,
    day,
    odd_people,
    person,
    portfolio,
    some_bookings,
)
from troth.capacity.projects.booking import CountedBookings, overbooked, pooled
from troth.capacity.projects.booking._loads import days, wanted
from troth.capacity.projects.booking._pool_net import families, pool_net
from troth.capacity.projects.portfolio import HeldSkill, Portfolio, ProjectBooking, free_hours

NAMES = ("ada", "ben", "cem")


def _asked(name: str, first: int, until: int, hours: float, **more: object) -> ProjectBooking:
    return booking(name, first, until, hours, "", **more)


def _flow(plan: Portfolio) -> tuple[Any, Any]:
    """Return (nodes, nodes) what may go from bookings to each person's days, and a largest flow of it, in hundredths."""
    free = np.rint(free_hours(plan, first=MONDAY, until=day(20)) * 100).astype(int)
    n, (p, d) = len(plan.bookings), free.shape
    matrix = np.zeros((n + p * d + 2, n + p * d + 2), np.int32)
    for k, one in enumerate(plan.bookings):
        a, b = max((one.first - MONDAY).days, 0), max((one.until - MONDAY).days, 0)
        matrix[0, k + 2] = round(one.hours * 100) if b > a else 0
        for who, somebody in enumerate(plan.people):
            for t in range(a, b):
                if one.person_id:
                    may = one.person_id == somebody.person_id
                else:
                    held = somebody.level_of(one.skill, day=day(t)) if one.skill else 1.0
                    may = one.role in ("", somebody.role) and held > 0 and (not one.skill or held >= one.level)
                    may &= one.team in ("", somebody.team)
                matrix[k + 2, n + 2 + who * d + t] = 10**8 * may
    matrix[n + 2 :, 1] = free.ravel()
    return matrix, maximum_flow(csr_array(matrix), 0, 1).flow.toarray()


def _unplaced(plan: Portfolio) -> float:
    """Return the hours that a largest flow cannot place."""
    matrix, flow = _flow(plan)
    return float(matrix[0].sum() - flow[0].sum()) / 100


def _least_cut(plan: Portfolio) -> list[tuple[list[str], list[str], float, float]]:
    """Return bookings, people, hours asked and hours had of each part of the least cut in which somebody is asked by no name."""
    matrix, flow = _flow(plan)
    n, many = len(plan.bookings), len(matrix)
    d = (many - n - 2) // max(len(plan.people), 1)
    behind = set(breadth_first_order(csr_array(matrix - flow > 0), 0, return_predecessors=False).tolist()) - {0, 1}
    # Days without hours are in no way of a flow, but say who could do which bookings.
    inner = (matrix > 0) & np.array([k in behind for k in range(many)])[:, None]
    inner[:, 1] = False
    label = connected_components(csr_array(inner), directed=False)[1]
    out = []
    for part in sorted({int(label[k]) for k in behind}):
        bookings = [plan.bookings[k - 2] for k in behind if label[k] == part and k < n + 2]
        rooms = [k for k in range(n + 2, many) if label[k] == part and matrix[k, 1] > 0]
        people = {plan.people[(k - n - 2) // d].person_id for k in rooms}
        asked = sum(int(matrix[0, k]) for k in behind if label[k] == part)
        if any(not one.person_id for one in bookings):
            had = sum(int(matrix[k, 1]) for k in rooms)
            out.append((sorted(one.booking_id for one in bookings), sorted(people), asked / 100, had / 100))
    return out


@st.composite
def _plans(draw: st.DrawFn) -> Portfolio:
    people = tuple(draw(odd_people(name)) for name in NAMES[: draw(st.integers(1, 3))])
    own = draw(some_bookings(tuple(one.person_id for one in people), most=2))
    asked = []
    for k in range(draw(st.integers(1, 3))):
        first = draw(st.integers(-1, 8))
        needs = {
            "role": draw(st.sampled_from(["", "x"])),
            "skill": "sap",
            "level": draw(st.sampled_from([0.0, 1.0, 2.0])),
        }
        asked.append(
            _asked(f"r{k}", first, first + draw(st.integers(1, 6)), draw(st.sampled_from([1.0, 8.0, 20.5])), **needs)
        )
    return portfolio(*(replace(one, probability=1.0) for one in own if one.hard), *asked, people=people)


@settings(max_examples=80, deadline=None)
@given(_plans())
def test_what_nobody_can_do_equals_a_plain_flow(plan: Portfolio) -> None:
    """What pools are over by, with what people are over by alone, is what no flow over people and days places."""
    found = pooled(plan)
    named = {name for one in found for name in one.booking_ids}
    alone = [one.over for one in overbooked(plan) if not named & set(one.booking_ids)]
    assert sum(one.over for one in found) + sum(alone) == pytest.approx(_unplaced(plan), abs=0.05)
    for one in found:
        assert one.over == pytest.approx(one.forced - one.available)
        assert any(name.startswith("r") for name in one.booking_ids)


@st.composite
def _large_plans(draw: st.DrawFn) -> Portfolio:
    """Draw people with two skills that begin and end, in teams, and bookings of roles, teams and skills at levels."""
    people = []
    for name in ("ada", "ben", "cem", "dia", "eva")[: draw(st.integers(0, 5))]:
        rust = HeldSkill("rust", draw(st.integers(1, 3)), until=draw(st.sampled_from([None, day(3), day(40)])))
        one = draw(odd_people(name))
        skills = (*one.skills, rust, HeldSkill("rust", 1)) if draw(st.booleans()) else one.skills
        people.append(replace(one, team=draw(st.sampled_from("mn")), skills=skills))
    own = draw(some_bookings(tuple(one.person_id for one in people), most=6)) if people else ()
    asked = []
    for k in range(draw(st.integers(1, 7))):
        first = draw(st.integers(-1, 8))
        needs = {
            "role": draw(st.sampled_from(["", "", "x"])),
            "team": draw(st.sampled_from(["", "", "m"])),
            "skill": draw(st.sampled_from(["", "sap", "sap", "rust"])),
            "level": draw(st.sampled_from([0.0, 1.0, 2.0, 3.0])),
        }
        hours = draw(st.sampled_from([0.0, 1.0, 8.0, 20.5, 60.25]))
        asked.append(_asked(f"r{k}", first, first + draw(st.integers(1, 9)), hours, **needs))
    kept = (replace(one, probability=1.0) for one in own if one.hard)
    return portfolio(*draw(st.permutations([*kept, *asked])), people=tuple(people) or (person("zoe"),))


@settings(max_examples=120, deadline=None)
@given(_large_plans())
def test_shortages_are_the_parts_of_the_least_cut(plan: Portfolio) -> None:
    """Which bookings, who could do them, what they ask and what there is are those of a plain network's least cut, day by day."""
    wanted = [one for one in _least_cut(plan) if one[2] - one[3] >= 0.02]
    found = pooled(plan)
    told = [(sorted(one.booking_ids), list(one.people), one.forced, one.available) for one in found]
    assert sorted(told) == sorted(wanted)
    order = {one.booking_id: k for k, one in enumerate(plan.bookings)}
    firsts = [min(order[name] for name in one.booking_ids if name.startswith("r")) for one in found]
    assert firsts == sorted(firsts)


def _company(many: int) -> Portfolio:
    """Return so many people of forty skills, booked by name for nearly half a year, and as many bookings of skills as there are people."""
    skills = ((HeldSkill(f"s{k % 40}", 1 + k // 40 % 3), HeldSkill(f"t{k % 7}")) for k in range(many))
    people = tuple(person(f"p{k}", skills=held) for k, held in enumerate(skills))
    own = (
        booking(f"b{k}-{w}", 7 * w + k % 3, 7 * w + 28, 80 - 12 * (k % 3), f"p{k}")
        for k in range(many)
        for w in range(0, 52, 4)
    )
    asked = (
        _asked(f"r{s}-{w}-{k}", 7 * w + k % 2, 7 * w + 28, 80, skill=f"s{s}", level=k % 2)
        for s in range(40)
        for w in range(0, 52, 13)
        for k in range(many // 160)
    )
    return portfolio(*own, *asked, people=people)


def test_two_thousand_people_and_a_year_come_to_an_end() -> None:
    """Forty skills for a year of 2,000 people booked by name; what is asked of one skill beyond all its hours is told with all its holders.

    With a node for each person and day, joined to each booking, this did not end within minutes.
    """
    plan = _company(2000)
    assert pooled(plan) == ()
    # Fifty holders have 160 hours each in four weeks, less what they are booked for by name.
    more = _asked("more", 7 * 8, 7 * 12, 6_000, skill="s7")
    (found,) = pooled(plan, proposed=[more])
    holders = {f"p{k}" for k in range(2000) if k % 40 == 7}
    booked = sum(80 - 12 * (k % 3) for k in range(2000) if k % 40 == 7)
    assert set(found.people) == holders
    assert (found.available, found.over) == (8_000, 6_000 + booked - 8_000)


def test_a_network_grows_as_people_do() -> None:
    """Twice the people make about twice the nodes and joints, whatever they and bookings have in common."""
    sizes = []
    for many in (320, 640):
        plan = _company(many)
        wants = wanted(plan, counted=CountedBookings.HARD)
        asks = [one for one in wants if not one.booking.person_id]
        mine = [one for one in wants if one.booking.person_id]
        have = days(plan, until=day(52 * 7))
        rows = [(k, have.row[one.booking.person_id]) for k, one in enumerate(mine, len(asks))]
        some = families([one.booking for one in asks], people=plan.people)
        net = pool_net([*asks, *mine], some=some, own=rows, have=have)
        sizes.append((net.nodes, len(net.tail)))
    assert all(b < 2.2 * a for a, b in zip(*sizes, strict=True))


def test_any_member_may_do_a_part() -> None:
    """Two people share what one could not do; a third, without the level, has no part in it."""
    sap = (HeldSkill("sap", 2),)
    people = (person("ada", skills=sap), person("ben", skills=sap), person("cem", skills=(HeldSkill("sap", 1),)))
    asked = _asked("r", 0, 5, 78, skill="sap", level=2)
    assert pooled(portfolio(asked, people=people)) == ()
    (one,) = pooled(portfolio(asked, booking("b", 0, 5, 10), people=people))
    assert (one.people, one.booking_ids, one.over) == (("ada", "ben"), ("r", "b"), 8.0)
    assert one.as_issue().code == "pool-over-booked"


def test_a_booking_by_name_moves_aside_if_it_can() -> None:
    """Somebody's own booking of a fortnight gives its first week to the pool."""
    own = booking("b", 0, 12, 40)
    asked = _asked("r", 0, 5, 40, role="dev")
    assert pooled(portfolio(asked, own, people=(person("ada", role="dev"),))) == ()


def test_a_skill_counts_only_while_it_is_held() -> None:
    """A certificate that expires on Wednesday leaves two days."""
    ada = person("ada", skills=(HeldSkill("sap", 1, until=day(2)),))
    (one,) = pooled(portfolio(_asked("r", 0, 5, 20, skill="sap"), people=(ada,)))
    assert (one.available, one.over) == (16.0, 4.0)


def test_nobody_can_do_it() -> None:
    """Without anybody all of it is over; a placeholder asks in the name of its role and gives nothing."""
    (one,) = pooled(portfolio(_asked("r", 0, 5, 20, skill="rust")))
    assert (one.people, one.available, one.over) == ((), 0.0, 20.0)
    stand_in = person("tbd", role="dev", placeholder=True)
    plan = portfolio(booking("b", 0, 5, 50, "tbd"), people=(stand_in, person("ada", role="dev")))
    (two,) = pooled(plan)
    assert (two.people, two.over) == (("ada",), 10.0)


def test_soft_ones_and_those_thought_of_count_as_asked() -> None:
    """By probability, in full, or not; what is thought of always in full."""
    plan = portfolio(_asked("r", 0, 5, 60, role="dev", probability=0.5), people=(person("ada", role="dev"),))
    assert pooled(plan) == pooled(plan, counted=CountedBookings.EXPECTED) == ()
    assert [one.over for one in pooled(plan, counted=CountedBookings.ALL)] == [20.0]
    assert [one.over for one in pooled(plan, proposed=[_asked("n", 0, 5, 41, role="dev")])] == [1.0]
