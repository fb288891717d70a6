"""The rate of an hour: order of fallback, dates, currencies, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.money.firms import DAY, firm, person, phase
from troth.capacity.projects.money import RateBook, RateGap, RateLevel, apportion
from troth.capacity.projects.money.cents import rounded
from troth.capacity.projects.portfolio import (
    ChargeRate,
    Consultant,
    ContractTerms,
    ExchangeRate,
    HeldSkill,
    Portfolio,
    Project,
    check_money,
)
from troth.capacity.projects.portfolio import check as check_portfolio

_ASKED = {"project_id": "apollo", "customer_id": "acme", "person_id": "ada", "role": "dev"}
_ONE_EACH = (
    ChargeRate(1), ChargeRate(2, role="dev"), ChargeRate(3, person_id="ada"), ChargeRate(4, customer_id="acme"),
    ChargeRate(5, project_id="apollo"),
)  # fmt: skip


@pytest.mark.parametrize("many", range(1, 6))
def test_the_row_that_names_most_decides(many: int) -> None:
    """Project over customer over person over role over the default card; all others are told as passed over."""
    found = RateBook(firm(rates=_ONE_EACH[:many])).charge(DAY, **_ASKED)
    assert found.cents == many
    assert found.level is list(reversed(RateLevel))[many - 1]
    assert [one.row for one in found.passed] == list(reversed(_ONE_EACH[: many - 1]))
    assert {one.why for one in found.passed} <= {RateGap.NAMES_LESS}
    assert found.explanation().code == f"rate-of-{found.level}"
    assert len(found.explanation().parts) == many - 1


def test_a_project_row_for_a_role_stands_over_one_for_all_and_over_a_customers_for_a_person() -> None:
    """Ranks are weights: a project alone outweighs customer, person and role together."""
    rates = (
        ChargeRate(1, project_id="apollo"), ChargeRate(2, customer_id="acme", person_id="ada", role="dev"),
        ChargeRate(3, project_id="apollo", role="dev"),
    )  # fmt: skip
    assert RateBook(firm(rates=rates[:2])).charge(DAY, **_ASKED).cents == 1
    assert RateBook(firm(rates=rates)).charge(DAY, **_ASKED).cents == 3


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_answer_is_that_of_looking_through_all_rows(data: st.DataObject) -> None:
    """Of random cards the answer is the maximum by rank, currency and first day of those that fit, as a plain search finds it."""
    days = st.sampled_from([None, date(2026, 1, 1), date(2026, 6, 1), date(2026, 9, 1)])
    rows = data.draw(
        st.lists(
            st.builds(
                ChargeRate, st.integers(1, 999), st.sampled_from(["", "USD"]), st.sampled_from(["", "apollo", "gemini"]),
                st.sampled_from(["", "acme"]), st.sampled_from(["", "ada", "bob"]), st.sampled_from(["", "dev"]), days, days,
            ),
            max_size=8,
        )
    )  # fmt: skip
    wanted = data.draw(st.sampled_from(["EUR", "USD"]))

    def fits(row: ChargeRate) -> bool:
        named = all(getattr(row, name) in ("", value) for name, value in _ASKED.items())
        return named and (row.first is None or row.first <= DAY) and (row.until is None or row.until > DAY)

    def order(row: ChargeRate) -> tuple[object, ...]:
        names = tuple(bool(getattr(row, name)) for name in _ASKED)
        return names, (row.currency or "EUR") == wanted, row.first or date.min

    found = RateBook(firm(rates=tuple(rows))).charge(DAY, **_ASKED, currency=wanted)
    fitting = [row for row in rows if fits(row)]
    best = max((order(row) for row in fitting), default=None)
    top = {(row.cents, row.currency or "EUR") for row in fitting if order(row) == best}
    top_rows = {row for row in fitting if order(row) == best}
    if not top:
        assert found.gap is RateGap.NO_RATE and found.cents is None
    elif len(top_rows) > 1:
        assert found.gap is RateGap.RATE_TWICE and found.cents is None
    else:
        assert (found.cents, found.currency) in top


def test_a_rate_holds_from_day_to_day() -> None:
    """A rate ends on the day before `until`; of equals the later first day holds; one not yet in force is told so."""
    rates = (ChargeRate(100, until=date(2026, 6, 3)), ChargeRate(110, first=date(2026, 6, 3)))
    book = RateBook(firm(rates=rates))
    assert [book.charge(date(2026, 6, day)).cents for day in (2, 3)] == [100, 110]
    assert [one.why for one in book.charge(date(2026, 6, 2)).passed] == [RateGap.NOT_IN_FORCE]
    later = RateBook(firm(rates=(ChargeRate(100), ChargeRate(110, first=date(2026, 6, 3)))))
    assert later.charge(DAY).cents == 110
    assert [one.why for one in later.charge(DAY).passed] == [RateGap.BEGINS_EARLIER]


def test_of_equals_the_row_in_the_projects_currency_is_taken() -> None:
    """A card in dollars and one in euros: each project has its own; none in its currency, the other is taken and says so."""
    rates = (ChargeRate(100), ChargeRate(120, "USD"))
    book = RateBook(firm(rates=rates, exchange=(ExchangeRate("USD", 0.9),)))
    assert [(one.cents, one.currency) for one in (book.charge(DAY), book.charge(DAY, currency="USD"))] == [
        (100, "EUR"), (120, "USD"),
    ]  # fmt: skip
    assert book.charge(DAY).passed[0].why is RateGap.OTHER_CURRENCY
    assert book.charge(DAY, currency="PLN").gap is RateGap.RATE_TWICE


def test_no_rate_is_no_nought() -> None:
    """Where nothing fits there is no amount, and the reason is told; a rate that is stated as 0 is a rate."""
    assert RateBook(firm(rates=())).charge(DAY).gap is RateGap.NO_RATE
    assert RateBook(firm(rates=(ChargeRate(5, role="boss"),))).charge(DAY, role="dev").cents is None
    assert RateBook(firm(rates=(ChargeRate(0),))).charge(DAY).cents == 0


def test_the_role_of_a_person_is_theirs_unless_told() -> None:
    """Whoever works as what they are is charged as that."""
    book = RateBook(firm(rates=(ChargeRate(7, role="dev"), ChargeRate(9, role="lead"))))
    assert book.charge(DAY, person_id="ada").cents == 7
    assert book.charge(DAY, person_id="ada", role="lead").cents == 9


def test_cost_follows_the_contracts_history() -> None:
    """Each day costs what its contract says; a day without one, and a contract that does not say, are gaps."""
    contracts = (
        ContractTerms(date(2026, 1, 1), date(2026, 6, 1), cost_cents=4_000),
        ContractTerms(date(2026, 6, 1), date(2026, 7, 1), cost_cents=4_500),
        ContractTerms(date(2026, 7, 1)),
    )
    book = RateBook(firm(people=(Consultant("ada", contracts),)))
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1), date(2025, 1, 1)]
    found = [book.cost(day, person_id="ada") for day in days]
    assert [one.cents for one in found] == [4_000, 4_500, None, None]
    assert [one.gap for one in found] == [None, None, RateGap.NO_COST, RateGap.NO_CONTRACT]
    assert book.cost(DAY, person_id="nobody").gap is RateGap.NO_CONTRACT


def test_an_hour_of_nobody_in_particular_costs_the_mean_of_the_role() -> None:
    """4,000 and 5,000 cents are 4,500; placeholders are asked as their role; skills stand in where no role is named."""
    skilled = person("cid", cost=9_000, role="boss", skills=(HeldSkill("law"),))
    book = RateBook(
        firm(
            people=(person("ada"), person("bob", cost=4_000), skilled, Consultant("tbd", role="dev", placeholder=True))
        )
    )
    assert book.cost(DAY, role="dev").cents == 4_500
    assert book.cost(DAY, role="dev").people == ("ada", "bob")
    assert book.cost(DAY, person_id="tbd").cents == 4_500
    assert book.cost(DAY, skill="law").cents == 9_000
    assert book.cost(DAY, role="pilot").gap is RateGap.NO_COST
    assert book.cost(DAY).gap is RateGap.NO_COST


def test_exchange_rates_hold_from_their_day_on() -> None:
    """The row with the latest first day counts; before the first there is none; yen have no smaller unit."""
    rows = (
        ExchangeRate("USD", 0.9, date(2026, 1, 1)),
        ExchangeRate("USD", 0.8, date(2026, 6, 1)),
        ExchangeRate("JPY", 0.006),
    )
    book = RateBook(firm(exchange=rows))
    assert [book.exchange(date(2026, m, 1), currency="USD").worth for m in (5, 6)] == [Fraction(9, 10), Fraction(4, 5)]
    assert book.exchange(date(2025, 12, 31), currency="USD").gap is RateGap.NO_EXCHANGE
    assert book.exchange(DAY, currency="PLN").gap is RateGap.NO_EXCHANGE
    assert book.exchange(DAY, currency="EUR").worth == 1
    assert 1_000 * (book.exchange(DAY, currency="JPY").worth or 0) == 600  # 1,000 yen are 6.00 euros


@given(st.integers(0, 10**9), st.floats(0.001, 1000, allow_nan=False), st.sampled_from(["USD", "JPY", "KWD"]))
def test_money_goes_to_the_houses_currency_and_back(cents: int, worth: float, currency: str) -> None:
    """There and back is the same amount exactly; rounded in between, it is off by half a unit of the house's at most."""
    found = RateBook(firm(exchange=(ExchangeRate(currency, worth),))).exchange(DAY, currency=currency).worth
    assert found is not None
    assert cents * found / found == cents
    assert abs(rounded(cents * found) / found - cents) <= Fraction(1, 2) / found


@given(st.lists(st.fractions(-1000, 1000), min_size=1, max_size=12))
def test_parts_sum_to_their_whole(parts: list[Fraction]) -> None:
    """Rounded parts sum to the rounded whole, and each is less than one away from what it was."""
    found = apportion(parts)
    assert sum(found) == rounded(sum(parts, Fraction(0)))
    assert all(abs(one - part) < 1 for one, part in zip(found, parts, strict=True))


def test_the_largest_remainders_get_what_is_missing() -> None:
    """0.5, 1.9 and 2.6 sum to 5: of 2 that are missing, 1.9 and 2.6 get one each."""
    assert apportion([Fraction(5, 10), Fraction(19, 10), Fraction(26, 10)]) == [0, 2, 3]
    assert apportion([Fraction(1), Fraction(1)], whole=5) == [3, 2]
    with pytest.raises(ValueError, match="needs a part"):
        apportion([], whole=1)


_CODES: dict[str, dict[str, Any]] = {
    "negative-number": {"rates": (ChargeRate(-1),)},
    "empty-span": {"rates": (ChargeRate(1, first=date(2026, 2, 1), until=date(2026, 1, 1)),)},
    "unknown-project": {"rates": (ChargeRate(1, project_id="gemini"),)},
    "unknown-person": {"rates": (ChargeRate(1, person_id="zoe"),)},
    "rate-twice": {"rates": (ChargeRate(1, role="dev"), ChargeRate(2, role="dev"))},
    "rate-overlap": {"rates": (ChargeRate(1, until=date(2026, 9, 1)), ChargeRate(2, first=date(2026, 6, 1)))},
    "no-exchange-rate": {"rates": (ChargeRate(1, "USD"), ChargeRate(1))},
    "worth-nothing": {"exchange": (ExchangeRate("USD", 0.0),)},
    "own-currency": {"exchange": (ExchangeRate("EUR", 1.1),)},
}


@pytest.mark.parametrize("code", _CODES)
def test_what_is_wrong_is_told(code: str) -> None:
    """Each fault alone gives its one issue, with advice."""
    found = check_money(firm(**_CODES[code]))
    assert [one.code for one in found] == [code]
    assert found[0].advice.startswith("Maybe ")


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Faults of a kind do not hide others; a sound portfolio has none."""
    rows = tuple(row for some in _CODES.values() for row in some.get("rates", ()))
    everything = Portfolio(
        DAY, rates=rows, exchange=tuple(row for some in _CODES.values() for row in some.get("exchange", ()))
    )
    found = {one.code for one in check_money(everything)}
    assert found >= set(_CODES) - {"no-exchange-rate"}
    assert check_money(firm()) == []


def test_amounts_and_exchange_rates_are_looked_at_too() -> None:
    """Costs, prices and budgets below nought, two rates of a day: the same codes and places as in a portfolio's own check."""
    odd = firm(
        people=(person("ada", cost=-1),),
        projects=(Project("apollo", (phase("build", 1),), price_cents=-1, budget_cents=-1),),
        exchange=(ExchangeRate("USD", 0.9), ExchangeRate("USD", 0.8), ExchangeRate("PLN", -0.2)),
    )
    found = check_money(odd)
    assert [(one.code, one.where) for one in found] == [
        ("rate-twice", "exchange[1]"), ("negative-number", "exchange[2].worth"),
        ("negative-number", "people[ada].contracts[0].cost_cents"), ("negative-number", "projects[apollo].price_cents"),
        ("negative-number", "projects[apollo].budget_cents"),
    ]  # fmt: skip
    assert set(found) <= set(check_portfolio(odd))


def test_a_worth_that_cannot_be_is_no_worth() -> None:
    """Not a number, endless, nothing or less: no amount, never a nought."""
    for worth in (float("nan"), float("inf"), 0.0, -1.0):
        book = RateBook(firm(exchange=(ExchangeRate("USD", worth),)))
        assert book.exchange(DAY, currency="USD").gap is RateGap.NO_EXCHANGE


def test_negative_rates_are_passed_as_if_they_were_not_there() -> None:
    """An error is not used: the next row decides."""
    assert RateBook(firm(rates=(ChargeRate(-5, project_id="apollo"), ChargeRate(7)))).charge(DAY, **_ASKED).cents == 7


def test_a_stretch_has_no_change_within() -> None:
    """Two days of one stretch have one answer, whatever is asked."""
    rates = tuple(replace(row, first=date(2026, 6, 1 + k)) for k, row in enumerate(_ONE_EACH))
    book = RateBook(firm(rates=rates))
    days = [date(2026, 6, k) for k in range(1, 12)]
    for one, other in product(days, days):
        if book.stretch(one) == book.stretch(other):
            assert book.charge(one, **_ASKED).row == book.charge(other, **_ASKED).row
