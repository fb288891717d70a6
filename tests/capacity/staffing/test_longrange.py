"""Hiring ahead, and closing gaps: linear programs against answers known otherwise."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.capacity.staffing import HiringTerms, MixPrices, cheapest_mix, hiring
from troth.core.errors import InputError


def test_people_are_hired_before_others_leave() -> None:
    """With attrition and no slack, each week starts as many as left; before the lead time work is missed."""
    terms = HiringTerms(now=100, attrition=0.01, lead_weeks=4, overtime_share=0.0, hire_cents=1.0, week_cents=1000.0)
    plan = hiring(np.full(12, 100.0), terms=terms)
    assert plan.starting[5:] == pytest.approx(np.full(7, 1.0))
    assert plan.missing[:4] == pytest.approx(100 - 100 * 0.99 ** np.arange(4))
    assert plan.missing[4:] == pytest.approx(0, abs=1e-7)
    assert plan.decide[:8] == pytest.approx(plan.starting[4:])


def test_books_of_employment_balance_and_learning_counts() -> None:
    """Employed is what was, less who left, plus who started; what is done covers what is needed with overtime and misses."""
    terms = HiringTerms(now=20, attrition=0.02, lead_weeks=2, ramp=(0.2, 0.6), coming=(1.0, 0.0, 2.0))
    need = np.array([18, 20, 25, 30, 28, 26, 24, 24.0])
    plan = hiring(need, terms=terms)
    before = np.r_[20 / 0.98, plan.employed[:-1]]
    assert plan.employed == pytest.approx(before * 0.98 + plan.starting)
    assert (plan.effective + plan.overtime + plan.missing >= need - 1e-6).all()
    assert (plan.overtime <= 0.05 * plan.employed + 1e-6).all()


@given(st.floats(0, 0.05), st.integers(0, 4), st.lists(st.floats(5, 40), min_size=3, max_size=10))
@settings(max_examples=30, deadline=None)
def test_a_shorter_lead_time_never_costs_more(attrition: float, lead: int, need: list[float]) -> None:
    """Whoever can hire later can do all that others can."""
    slow, fast = (
        hiring(need, terms=HiringTerms(now=20, attrition=attrition, lead_weeks=weeks)) for weeks in (lead + 2, lead)
    )
    assert fast.cost_cents <= slow.cost_cents + 1e-3


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=3),
    st.integers(1, 4),
    st.sampled_from([None, 1.0]),
    st.sampled_from([1500, 4500]),
)
@settings(max_examples=25, deadline=None)
def test_the_mix_is_the_cheapest_of_all(needed: list[int], have: int, hours: float | None, partner: float) -> None:
    """No other mix of whole people, tried one by one, costs less."""
    prices = MixPrices(3000, partner, time_off_saves=1200, overtime_share=0.5, time_off_share=0.5, overtime_hours=hours)
    found = cheapest_mix(needed, rostered=[have] * len(needed), missing_cents=5000, prices=prices, minutes=60)
    most = have // 2
    best = np.inf
    for over in product(range(most + 1), repeat=len(needed)):
        if hours is not None and sum(over) > hours:
            continue
        cost = 0.0
        for k, need in enumerate(needed):
            gap = need - have - over[k]
            off = min(most, max(0, have - need))
            cost += 3000 * over[k] + max(gap, 0) * min(partner, 5000) - (1200 * off)
        best = min(best, cost)
    assert found.cost_cents == pytest.approx(best)
    filled = np.array([have] * len(needed)) + found.overtime - found.time_off + found.outsourced + found.missing
    assert (filled >= needed).all()


def test_bad_numbers_are_told_together() -> None:
    """Holes and wrong signs are issues, all at once."""
    with pytest.raises(InputError) as told:
        hiring([1.0, np.nan], terms=HiringTerms(now=-1, attrition=2.0))
    assert {(one.code, one.where) for one in told.value.issues} == {
        ("not-a-number", "needed"), ("not-a-number", "now"), ("not-a-share", "attrition"),
    }  # fmt: skip
    with pytest.raises(InputError) as told:
        cheapest_mix([1, 2], rostered=[1], missing_cents=-1, prices=MixPrices(np.nan, 1))
    assert {one.where for one in told.value.issues} == {"needed", "missing_cents", "overtime"}
