"""What is wrong with rates and currencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from troth.capacity.projects.portfolio._tell import error, numbers, span, warning
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.core.decision import Issue


def money(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield currencies without a rate, and rates that contradict each other."""
    yield from _exchange(portfolio)
    card: dict[object, int] = {}
    for k, one in enumerate(portfolio.rates):
        where = f"rates[{k}]"
        yield from numbers(one, where=where)
        yield from span(one.first, one.until, where=where)
        same = replace(one, cents=0, until=None)
        if card.setdefault(same, one.cents) != one.cents:
            shown = f"{card[same]} and {one.cents} cents"
            advice = "Maybe the newer one holds from a later day on: give it `first`."
            yield error("rate-twice", where=where, value=shown, advice=advice)


def _exchange(portfolio: Portfolio) -> Iterator[Issue]:
    worth: dict[str, dict[date | None, float]] = {}
    for k, one in enumerate(portfolio.exchange):
        where = f"exchange[{k}]"
        yield from numbers(one, where=where)
        if one.worth == 0:
            advice = "Maybe leave it out: a currency that is worth nothing is a slip."
            yield error("worth-nothing", where=where, value=one.worth, advice=advice)
        if one.currency in ("", portfolio.currency) and one.worth != 1:
            advice = f"Maybe another currency is meant: {portfolio.currency} is the house's own."
            yield error("own-currency", where=where, value=one.currency, advice=advice)
        days = worth.setdefault(one.currency, {})
        if days.setdefault(one.first, one.worth) != one.worth:
            shown = f"{one.currency} {days[one.first]:g} and {one.worth:g}"
            advice = "Maybe the newer one holds from a later day on: give it `first`."
            yield error("rate-twice", where=where, value=shown, advice=advice)
    for currency, places in _used(portfolio).items():
        if currency not in worth:
            advice = f"Maybe add to `exchange` what it is worth in {portfolio.currency}."
            yield error("no-exchange-rate", where=places[0], value=currency, advice=advice, count=len(places))
        elif (first := min(day or date.min for day in worth[currency])) > portfolio.day:
            advice = "Maybe add the rate that holds until then, without `first`."
            shown = f"{currency} from {first}"
            yield warning("rate-begins-later", where=places[0], value=shown, advice=advice, count=len(places))


def _used(portfolio: Portfolio) -> dict[str, list[str]]:
    """Return the other currencies that are used, with where."""
    found: dict[str, list[str]] = {}
    places = [
        (terms.currency, f"people[{who.person_id}].contracts[{k}]")
        for who in portfolio.people
        for k, terms in enumerate(who.contracts)
    ]
    places += [(one.currency, f"projects[{one.project_id}]") for one in portfolio.projects]
    places += [(one.currency, f"deals[{one.deal_id}]") for one in portfolio.deals]
    places += [(one.currency, f"rates[{k}]") for k, one in enumerate(portfolio.rates)]
    for currency, where in places:
        if currency not in ("", portfolio.currency):
            found.setdefault(currency, []).append(where)
    return found
