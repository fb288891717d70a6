"""Money from a lake: exchange rates, fees of retainers and what deals offer, as their rows hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.capacity.projects.portfolio.test_read import UTC_DAY, small
from tests.kpi.logs import Event, put
from troth.capacity.projects.money import MoneyBasis, phased
from troth.capacity.projects.portfolio import ContractKind, Deal, ExchangeRate, Project
from troth.capacity.projects.portfolio._lake_money import currency_of, exchange_of, with_fees, with_offers
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.core.decision import Issue
from troth.log.reference import TABLES


def tables(**given: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return tables whose rows have all columns."""
    empty: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    return empty | {
        name: [{**dict.fromkeys(TABLES[name].schema.names), **row} for row in rows] for name, rows in given.items()
    }


def told(issues: list[Issue], code: str) -> list[tuple[str, str]]:
    """Return place and value of the issues of a code."""
    assert all(one.advice.startswith("Maybe ") for one in issues)
    return [(one.where, one.value) for one in issues if one.code == code]


def test_a_lake_with_all_tables_of_money(tmp_path: Path) -> None:
    """Exchange rates, a retainer and a deal's price are read, and nothing of money is missing then."""
    lake = small(
        tmp_path / "lake",
        exchange_rates=[{"currency": "USD", "home": "GBP", "worth": 0.75, "valid_from": date(2026, 1, 1)}],
        projects=[
            {"project": "j1", "customer_id": "c1", "template": "study", "contract_kind": "retainer", "currency": "GBP"}
        ],
        retainers=[
            {"project": "j1", "cents_per_month": 100_000, "valid_from": date(2026, 6, 1), "valid_to": date(2026, 9, 1)}
        ],
        deals=[{"deal": "d2", "contract_kind": "fixed_price", "price_cents": 900_000, "valid_from": date(2026, 5, 1)}],
    )
    late = Event(
        datetime(2026, 5, 9, 9, tzinfo=UTC), "deal_changed", "6", subject_kind="deal", subject_id="d2", site="hall", step="offer", value=0.5,
        attributes={"template": "study", "window_start": "2026-07-01T00:00:00Z", "due_at": "2026-06-14T23:00:00Z"},
    )  # fmt: skip
    put(lake, [late])
    portfolio, issues = portfolio_of(lake, day=UTC_DAY)
    assert portfolio.exchange == (ExchangeRate("USD", 0.75, date(2026, 1, 1)),)
    assert told(issues, "no-exchange-rate") == []
    ((project,), (deal,)) = portfolio.projects, portfolio.deals
    assert (project.kind, project.price_cents, project.deadline) == (ContractKind.RETAINER, 100_000, date(2026, 8, 31))
    assert (deal.kind, deal.price_cents, deal.stage, deal.closes) == (
        ContractKind.FIXED,
        900_000,
        "offer",
        date(2026, 6, 14),
    )
    plan = phased(portfolio, until=date(2027, 1, 1), beyond=[("d2", "study")])
    assert "no-price" not in {issue.code for issue in plan.issues}
    # The retainer's months from June to August, and the deal's price once it is done, if it comes.
    earned = {one.key[0]: one.revenue_known_cents for one in plan.sums(["work_id"]) if one.basis is MoneyBasis.FORECAST}
    assert earned == {"j1": 300_000, "d2": 450_000}


def test_exchange_rates_hold_from_a_day_on() -> None:
    """In the order of time; a rate that ends without another is taken on, and told; rows with a hole are passed over."""
    issues: list[Issue] = []
    found = exchange_of(
        tables(exchange_rates=[
            {"currency": "USD", "home": "EUR", "worth": 0.8, "valid_from": date(2026, 7, 1)}, {"currency": "USD", "home": "EUR", "worth": 0.9},
            {"currency": "JPY", "worth": 0.006, "valid_to": date(2026, 9, 1)}, {"currency": "SEK", "home": "EUR"},
            {"currency": "USD", "home": "CHF", "worth": 0.7}, {"home": "EUR", "worth": 1.0},
        ]),
        currency="EUR", issues=issues,
    )  # fmt: skip
    assert found == (ExchangeRate("JPY", 0.006), ExchangeRate("USD", 0.9), ExchangeRate("USD", 0.8, date(2026, 7, 1)))
    assert [(one.code, one.value) for one in issues] == [
        ("bad-value", "SEK None"), ("bad-value", "None 1.0"), ("other-home", "CHF"), ("rate-ends", "2026-09-01"),
    ]  # fmt: skip
    assert told(issues, "rate-ends") == [("exchange_rates JPY", "2026-09-01")]


def test_the_house_s_own_currency_is_that_of_its_exchange_rates() -> None:
    """Else the one most people's hours cost in, else that of cards and projects."""
    rates = [{"currency": name} for name in ("GBP", "GBP", "EUR")]
    home = [{"currency": "GBP", "home": "EUR", "worth": 1.2}]
    assert currency_of(tables(rates=rates, exchange_rates=home)) == "EUR"
    assert currency_of(tables(rates=rates)) == "GBP"
    assert currency_of(tables(projects=[{"currency": "USD"}])) == "USD"
    assert currency_of(tables()) == "EUR"


def test_a_retainer_has_the_fee_of_the_day() -> None:
    """As long as its rows hold; a fee that changes later is told, and one of what is no retainer is passed over."""
    care = Project("care", (), kind=ContractKind.RETAINER)
    rows = [
        {"project": "care", "cents_per_month": 100_000, "valid_from": date(2026, 5, 1)}, {"project": "frame", "cents_per_month": 5},
        {"project": "care", "cents_per_month": 120_000, "currency": "USD", "valid_from": date(2026, 8, 1)}, {"project": "gone", "cents_per_month": 7},
    ]  # fmt: skip
    for day, cents, currency, changes in (
        (UTC_DAY, 100_000, "", 1),
        (date(2026, 8, 1), 120_000, "USD", 0),
        (date(2026, 4, 1), 100_000, "", 1),
    ):
        issues: list[Issue] = []
        one, other = with_fees((care, Project("frame", ())), tables=tables(retainers=rows), day=day, issues=issues)
        assert (one.price_cents, one.currency, one.earliest, one.deadline) == (cents, currency, date(2026, 5, 1), None)
        assert other == Project("frame", ())
        assert told(issues, "fee-changes") == [("retainers care", "2026-08-01")] * changes
        assert told(issues, "no-retainer") == [("retainers frame", "time_and_materials")]


def test_deals_have_what_was_offered_before_the_day() -> None:
    """Rows from the day on are of the future; what a row leaves out stays as it was; a kind that is none is told."""
    deal = Deal("d2", (), 0.5, UTC_DAY, kind=ContractKind.TIME, closes=date(2026, 6, 1))
    rows: list[dict[str, Any]] = [
        {"deal": "d2", "contract_kind": "retainer", "price_cents": 5, "closes_date": date(2026, 6, 10), "valid_from": date(2026, 5, 1)},
        {"deal": "d2", "contract_kind": "fixed_price", "price_cents": 9, "currency": "USD", "valid_from": date(2026, 5, 20)},
        {"deal": "d2", "price_cents": 1, "valid_from": UTC_DAY}, {"deal": "d9", "contract_kind": "barter"},
    ]  # fmt: skip
    issues: list[Issue] = []
    given = (deal, Deal("d3", (), 0.5, UTC_DAY), Deal("d9", (), 0.5, UTC_DAY))
    found, plain, odd = with_offers(given, tables=tables(deals=rows), day=UTC_DAY, issues=issues)
    assert (found.kind, found.price_cents, found.currency, found.closes) == (
        ContractKind.FIXED,
        9,
        "USD",
        date(2026, 6, 1),
    )
    assert plain == given[1] and odd == given[2] and told(issues, "bad-value") == [("deals d9", "barter")]
    (early, _, _) = with_offers(given, tables=tables(deals=rows), day=date(2026, 5, 20), issues=issues)
    assert (early.kind, early.price_cents, early.closes) == (ContractKind.RETAINER, 5, date(2026, 6, 10))
