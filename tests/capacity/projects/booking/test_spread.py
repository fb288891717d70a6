"""Spreads: the published examples, and nothing lost to the hundredth of an hour."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.capacity.projects.booking import spread
from troth.capacity.projects.booking.spread import cents, proportional
from troth.capacity.projects.portfolio import HoursSpread

WEEK = [6.0, 6.0, 6.0, 6.0, 0.0]
EVEN, SMART, FRONT = HoursSpread.EVEN, HoursSpread.SMART, HoursSpread.FRONT


@pytest.mark.parametrize(
    ("kind", "hours"), [(EVEN, (5, 5, 5, 5, 0)), (SMART, (5, 5, 5, 5, 0)), (FRONT, (6, 6, 6, 2, 0))]
)
def test_twenty_hours_in_a_week_with_friday_off(kind: HoursSpread, hours: tuple[float, ...]) -> None:
    """The worked examples of ServiceNow's documentation (Resource allocation, hard allocations, 2025)."""
    made = spread(20, free=WEEK, kind=kind)
    assert made.hours == hours and made.fits


def test_thirty_hours_in_a_week_are_six_a_day() -> None:
    """The example of the allocation spread in ServiceNow's documentation (Resource plan form, 2026)."""
    assert spread(30, free=[8.0] * 5, kind=EVEN).hours == (6.0,) * 5


def test_even_keeps_its_days_and_tells_what_is_over() -> None:
    """A day that is full gets its share all the same, and says by how much it is too much."""
    made = spread(20, free=[8, 1, 8, 8, 0], working=[8, 8, 8, 8, 0], kind=EVEN)
    assert (made.hours, made.over, made.unplaced, made.fits) == ((5, 5, 5, 5, 0), (0, 4, 0, 0, 0), 0.0, False)


def test_smart_passes_over_full_days() -> None:
    """A full day gets nothing, one with little room gives that, the rest is even."""
    assert spread(20, free=[8, 0, 8, 8, 0], kind=SMART).hours == (6.67, 0.0, 6.67, 6.66, 0.0)
    assert spread(20, free=[8, 2, 8, 8, 0], kind=SMART).hours == (6.0, 2.0, 6.0, 6.0, 0.0)


def test_what_does_not_fit_is_told() -> None:
    """Smart and front load fill what there is and say how much found no place; without a working day nothing can be laid."""
    for kind in (SMART, FRONT):
        made = spread(30, free=WEEK, kind=kind)
        assert (made.hours, made.unplaced, made.fits) == ((6, 6, 6, 6, 0), 6.0, False)
    assert spread(5, free=[0, 0], kind=EVEN).unplaced == 5.0


FREE = st.lists(st.integers(0, 3000).map(lambda one: one / 250), min_size=0, max_size=9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000).map(lambda one: one / 1000), FREE, st.sampled_from(HoursSpread))
def test_nothing_is_lost(hours: float, free: list[float], kind: HoursSpread) -> None:
    """What is laid and what is not make up what was asked; no free day is overfull but by an even spread, which tells it."""
    made = spread(hours, free=free, kind=kind)
    laid = [cents(one) for one in made.hours]
    assert sum(laid) + cents(made.unplaced) == cents(hours)
    assert all(one >= 0 for one in laid)
    over = made.over or (0.0,) * len(free)
    for have, used, beyond in zip(free, made.hours, over, strict=True):
        assert used - beyond <= have + 1e-9
        assert have > 0 or used == 0
    if kind is not EVEN:
        assert not made.over
        assert not made.unplaced or sum(int(one * 100 + 1e-6) for one in free) == sum(laid)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000).map(lambda one: one / 100), FREE)
def test_smart_is_as_even_as_can_be(hours: float, free: list[float]) -> None:
    """No hour could move from a day to one that has less and still has room, but for a hundredth."""
    made = spread(hours, free=free, kind=SMART).hours
    for used, have in zip(made, free, strict=True):
        for other in made:
            assert other <= used + 0.0101 or have - used < 0.01


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000).map(lambda one: one / 100), FREE)
def test_even_days_differ_by_a_hundredth_at_most(hours: float, free: list[float]) -> None:
    """All working days get the same."""
    used = [one for one, have in zip(spread(hours, free=free, kind=EVEN).hours, free, strict=True) if have > 0]
    assert not used or max(used) - min(used) <= 0.0101


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_shares_are_proportional_and_whole(total: int, weights: list[float]) -> None:
    """Each share is within one of the exact one, and they sum to the total."""
    shares = proportional(total, weights=weights)
    if sum(weights) <= 0:
        assert shares == [0] * len(weights)
        return
    assert sum(shares) == total
    for share, one in zip(shares, weights, strict=True):
        assert abs(share - total * one / sum(weights)) < 1 + 1e-6
