"""Money of other currencies in the house's own: minor units are not hundredths everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from troth.capacity.projects.portfolio.portfolio import Portfolio

#: Digits behind the point of currencies that have not two: ISO 4217:2015, list one.
MINOR_DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)


def minor_digits(currency: str) -> int:
    """Return how many digits a currency's minor unit lies behind the point.

    Examples
    --------
    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    return MINOR_DIGITS.get(currency, 2)


def home_cents(portfolio: Portfolio, *, cents: float, currency: str, day: date) -> float | None:
    """Return an amount in minor units of the house's currency, by the rate that began last by a day; None if there is none.

    Parameters
    ----------
    cents, currency : the amount, in minor units of its currency; an empty one is the house's own.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import ExchangeRate
    >>> june = date(2026, 6, 1)
    >>> home_cents(Portfolio(june, exchange=(ExchangeRate("JPY", 0.006),)), cents=5_000, currency="JPY", day=june)
    3000.0
    """
    if currency in ("", portfolio.currency):
        return float(cents)
    rates = [one for one in portfolio.exchange if one.currency == currency and (one.first or date.min) <= day]
    if not rates:
        return None
    worth = max(rates, key=lambda one: one.first or date.min).worth
    return cents * worth * 10.0 ** (minor_digits(portfolio.currency) - minor_digits(currency))
