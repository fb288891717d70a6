"""What keeping promises is worth: retention as the KPI counts it, differences with intervals, values with assumptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kpi.logs import lake_of, story
from troth.capacity.projects.money import (
    CustomerCase,
    LoyaltyAssumptions,
    RetentionByPromise,
    lifetime_value,
    promise_value,
    retention_by_promise,
)
from troth.core.errors import InputError
from troth.kpi.query import Query, query

_START = datetime(2026, 1, 1, tzinfo=UTC)
_END = datetime(2026, 2, 1, tzinfo=UTC)
_KNOWN = datetime(2026, 7, 1, tzinfo=UTC)
_TEN = LoyaltyAssumptions(10_000, 0.1, 1.0)


def _case(name: str, days: float, kept: bool | None = None) -> CustomerCase:
    return CustomerCase(name, _START + timedelta(days=days), kept)


def test_a_published_difference_of_rates() -> None:
    """Newcombe (1998), table II: 56 of 70 and 48 of 80 differ by 0.2, 0.0524 to 0.3339; 9 of 10 and 3 of 10 by 0.6, 0.1705 to 0.8090."""
    for counts, wanted in (((70, 56, 80, 48), (0.2, 0.0524, 0.3339)), ((10, 9, 10, 3), (0.6, 0.1705, 0.8090))):
        found = RetentionByPromise(*counts).difference()
        assert (found.estimate, found.low, found.high) == pytest.approx(wanted, abs=5e-5)


def test_customers_count_by_their_first_case() -> None:
    """Kept and back, broken and gone, neither, too late, before the period, and one whose horizon is not over."""
    cases = [
        _case("kept", 3, True), _case("kept", 60), _case("gone", 4, False), _case("late", 5, True), _case("late", 96),
        _case("none", 6), _case("none", 7, False), _case("old", -5, False), _case("old", 8, True), _case("out", 40, True),
    ]  # fmt: skip
    found = retention_by_promise(cases, start=_START, end=_END, known_until=_KNOWN)
    assert found == RetentionByPromise(kept=3, kept_back=1, broken=1, broken_back=0, apart=1)
    early = retention_by_promise(cases, start=_START, end=_END, known_until=_START + timedelta(days=94))
    assert (early.young, early.kept, early.broken) == (3, 1, 1)


def test_retention_is_the_kpis(tmp_path: Path) -> None:
    """Over kept, broken and neither together the share that came back is the figure of `customer.retention`."""
    rng = np.random.default_rng(20)
    cases = [
        _case(f"c{who}", float(round(day, 3)), [True, False, None][int(rng.integers(3))])
        for who in range(25)
        for day in np.sort(rng.uniform(0, 170, int(rng.integers(1, 4))))
    ]
    events = [
        event
        for k, one in enumerate(cases)
        for event in story(
            (one.opened_at.strftime("%Y-%m-%d %H:%M"), "opened"), case_id=f"k{k}", customer_id=one.customer_id
        )
    ]
    figure = query(lake_of(tmp_path / "lake", events), Query(kpis=("customer.retention",), start=_START, end=_END))[0]
    minutes = [CustomerCase(one.customer_id, one.opened_at.replace(second=0, microsecond=0), one.kept) for one in cases]
    parts = [retention_by_promise(minutes, start=_START, end=_END, known_until=_KNOWN)]
    # Those without a promise once more as if all had been kept: the KPI does not tell them apart.
    alike = [CustomerCase(one.customer_id, one.opened_at, True) for one in minutes]
    whole = retention_by_promise(alike, start=_START, end=_END, known_until=_KNOWN)
    assert whole.kept == figure.n == parts[0].kept + parts[0].broken + parts[0].apart
    assert whole.kept_back / whole.kept == pytest.approx(figure.value)
    assert 0 < whole.kept_back < whole.kept


def test_lifetime_value_is_the_sum_of_its_periods() -> None:
    """100 now, and 80 % of the year before at 10 % discount: 100 * 1.1 / (1.1 - 0.8); no discount over two years: 100 + 50 + 25."""
    assert lifetime_value(0.8, margin_cents=10_000, discount=0.1) == pytest.approx(10_000 * 1.1 / 0.3)
    assert lifetime_value(0.5, margin_cents=10_000, discount=0.0, periods=2) == 17_500
    assert lifetime_value(0.0, margin_cents=10_000, discount=0.0) == 10_000


@given(st.floats(0, 1), st.floats(0.01, 1), st.integers(0, 10**6))
def test_a_long_sum_comes_to_the_endless_one(retention: float, discount: float, margin: int) -> None:
    """The closed form is the limit of the sum over many periods."""
    endless = lifetime_value(retention, margin_cents=margin, discount=discount)
    assert lifetime_value(retention, margin_cents=margin, discount=discount, periods=3_000) == pytest.approx(endless)


def test_a_kept_promise_is_worth_the_difference_that_is_its_own() -> None:
    """80 % and 60 % at 10 % discount and 100.00 a year: 366.67 less 220.00; half of it if half is due to the promise; nothing at 0."""
    found = RetentionByPromise(70, 56, 80, 48)
    whole = promise_value(found, assumed=_TEN)
    assert (whole.kept.estimate, whole.broken.estimate) == pytest.approx((110_000 / 3, 22_000))
    assert whole.value.estimate == pytest.approx(110_000 / 3 - 22_000)
    assert 0 < whole.value.low < whole.value.estimate < whole.value.high
    assert whole.difference == found.difference()
    half = promise_value(found, assumed=LoyaltyAssumptions(10_000, 0.1, 0.5))
    assert half.value.estimate == pytest.approx(whole.value.estimate / 2)
    none = promise_value(found, assumed=LoyaltyAssumptions(10_000, 0.1, 0.0)).value
    assert (none.estimate, none.low, none.high) == (0, 0, 0)


def test_no_difference_in_retention_is_no_sure_value() -> None:
    """Alike on both sides: the estimate is nothing and its interval holds losses as well as gains."""
    found = promise_value(RetentionByPromise(50, 30, 50, 30), assumed=_TEN).value
    assert found.estimate == 0
    assert found.low < 0 < found.high


def test_the_interval_holds_what_is_true_as_often_as_it_says() -> None:
    """Of 2,000 draws from known retentions of 0.75 and 0.65, 94 to 97 % of the intervals of 95 % hold the true value."""
    rng = np.random.default_rng(1)
    true = lifetime_value(0.75, margin_cents=10_000, discount=0.1) - lifetime_value(
        0.65, margin_cents=10_000, discount=0.1
    )
    draws = zip(rng.binomial(200, 0.75, 2_000).tolist(), rng.binomial(120, 0.65, 2_000).tolist(), strict=True)
    found = [promise_value(RetentionByPromise(200, k, 120, b), assumed=_TEN).value for k, b in draws]
    assert 0.94 <= np.mean([one.low <= true <= one.high for one in found]) <= 0.97


def test_what_cannot_be_is_told() -> None:
    """Counts, shares and discounts that cannot be are issues; without customers of both sorts there is no difference."""
    with pytest.raises(InputError) as caught:
        RetentionByPromise(5, 6, 0, 0).difference()
    assert [one.code for one in caught.value.issues] == ["bad-count", "no-customers"]
    for retention, discount, periods in ((1.2, 0.1, None), (1.0, 0.0, None), (0.5, -1.0, None), (0.5, 0.1, -1)):
        with pytest.raises(InputError, match="bad-lifetime"):
            lifetime_value(retention, margin_cents=1, discount=discount, periods=periods)
    with pytest.raises(InputError, match="bad-share"):
        promise_value(RetentionByPromise(5, 4, 5, 4), assumed=LoyaltyAssumptions(1, 0.1, 20.0))
