"""Futures as ranges: by week, by month and in all, each of its own sums; what has no price is left out and told."""

from __future__ import annotations

import re
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.outlook.test_outlook import DAY, firm, looked, work
from troth.capacity.projects.money import MoneyFutures
from troth.capacity.projects.money.fan import by_month
from troth.capacity.projects.outlook.futures import FuturesOutlook, unpriced
from troth.capacity.projects.outlook.page import render
from troth.capacity.projects.portfolio import ContractKind, Deal

_WEEKS = tuple(DAY + timedelta(weeks=k) for k in range(9))


def drawn(seed: int = 0, many: int = 50) -> MoneyFutures:
    """Return futures of nine weeks from the first of June on."""
    rng = np.random.default_rng(seed)
    return MoneyFutures(_WEEKS, rng.gamma(4.0, 1e5, (many, 9)), rng.gamma(4.0, 5e4, (many, 9)), "EUR")


@given(st.integers(0, 30), st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_months_are_the_days_of_their_weeks(seed: int, day: date, many: int) -> None:
    """A fifth of a week's money on each day from Monday to Friday, summed by month; nothing is lost."""
    first = day - timedelta(days=day.weekday())
    weeks = [first + timedelta(weeks=k) for k in range(many)]
    values = np.random.default_rng(seed).normal(size=(4, many))
    months, sums = by_month(values, weeks=weeks)
    plain: dict[date, np.ndarray] = {}
    for k, week in enumerate(weeks):
        for place in range(5):
            month = (week + timedelta(days=place)).replace(day=1)
            plain[month] = plain.get(month, np.zeros(4)) + values[:, k] / 5
    assert list(months) == sorted(plain)
    assert sums == pytest.approx(np.stack([plain[month] for month in months], axis=1))
    assert sums.sum(axis=1) == pytest.approx(values.sum(axis=1))


def test_a_week_that_is_not_known_darkens_its_months_alone() -> None:
    """The third week lies in June."""
    values = np.ones((2, 9))
    values[1, 2] = np.nan
    months, sums = by_month(values, weeks=_WEEKS)
    assert [month.month for month in months] == [6, 7] and np.isnan(sums).tolist() == [[False, False], [True, False]]
    with pytest.raises(ValueError, match="shape"):
        by_month(values, weeks=_WEEKS[:3])


def test_quantiles_are_of_their_own_sums() -> None:
    """By week, by month and in all; as plain data with what was left out."""
    futures = drawn()
    told = FuturesOutlook(futures, ("care",), coming=False).as_dict()
    assert (told["futures"], told["levels"], told["left_out"], told["deals_to_come"]) == (
        50,
        [0.1, 0.5, 0.9],
        ["care"],
        False,
    )
    assert told["total"]["margin"] == pytest.approx(np.quantile(futures.margin.sum(axis=1), [0.1, 0.5, 0.9]), abs=1)
    assert [one["first"] for one in told["weeks"]] == [week.isoformat() for week in _WEEKS]
    assert told["weeks"][3]["cost"] == pytest.approx(np.quantile(futures.cost[:, 3], [0.1, 0.5, 0.9]), abs=1)
    june = by_month(futures.revenue, weeks=_WEEKS)[1][:, 0]
    assert told["months"][0]["revenue"] == pytest.approx(np.quantile(june, [0.1, 0.5, 0.9]), abs=1)
    dark = MoneyFutures(_WEEKS, np.full((3, 9), np.nan), np.ones((3, 9)), "EUR")
    assert FuturesOutlook(dark).as_dict()["total"]["revenue"] == [None] * 3


def test_what_states_no_price_is_left_out() -> None:
    """Fixed prices and retainers without one, projects and deals; what is paid by the hour needs none."""
    works = (
        work("hours", 8.0),
        work("fixed", 8.0, kind=ContractKind.FIXED),
        work("care", 8.0, kind=ContractKind.RETAINER, price_cents=5),
    )
    deal = Deal("deal", (), 0.5, DAY, kind=ContractKind.RETAINER)
    names, issues = unpriced(firm(*works, deals=(deal,)))
    assert names == ("fixed", "deal")
    assert [(one.code, one.value, one.count) for one in issues] == [("futures-without-price", "fixed, deal", 2)]
    assert unpriced(firm(works[0])) == ((), ())


def test_the_page_shows_ranges() -> None:
    """With what they are of, and a row for each month and for all."""
    found = FuturesOutlook(drawn(), ("care",), coming=False)
    page = render(looked(firm(work("p", 60.0))), futures=found)
    assert 'id="futures"' in page and "50 futures" in page and "1 project or deal without a price" in page
    table = page[page.index('data-name="futures"') :]
    rows = re.findall(r'<th scope="row"[^>]*>([^<]*)</th>', table[: table.index("</table>")])
    assert rows == ["June 2026", "July 2026", "in all"]
