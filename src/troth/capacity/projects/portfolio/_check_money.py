"""What is wrong with rates, costs and currencies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.capacity.projects.portfolio._tell import error, numbers, span, warning, written_otherwise
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.rates import ChargeRate
from troth.core.decision import Issue


def money(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with rates, currencies without a rate, and rates that contradict each other."""
    yield from _exchange(portfolio)
    works = {one.project_id for one in portfolio.projects} | {one.deal_id for one in portfolio.deals}
    people = {who.person_id for who in portfolio.people}
    for k, one in enumerate(portfolio.rates):
        where = f"rates[{k}]"
        yield from numbers(one, where=where)
        yield from span(one.first, one.until, where=where)
        named = (("unknown-project", one.project_id, works), ("unknown-person", one.person_id, people))
        for code, name, known in named:
            if name and name not in known:
                advice = written_otherwise(name, known=known, otherwise="Maybe it is over: the row is never used.")
                yield warning(code, where=where, value=name, advice=advice)
    yield from _overlaps(portfolio)


def amounts(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with costs, prices and budgets, which stand with people, projects and deals."""
    found = [
        issue
        for who in portfolio.people
        for k, terms in enumerate(who.contracts)
        for issue in numbers(terms, where=f"people[{who.person_id}].contracts[{k}]")
    ]
    found += [issue for one in portfolio.projects for issue in numbers(one, where=f"projects[{one.project_id}]")]
    found += [issue for one in portfolio.deals for issue in numbers(one, where=f"deals[{one.deal_id}]")]
    yield from (one for one in found if one.where.endswith("_cents"))


def _overlaps(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield rows of one rank that hold on one day: of those with one first day neither is used, else the later one is."""
    groups: dict[tuple[str, ...], list[tuple[int, ChargeRate]]] = {}
    for k, row in enumerate(portfolio.rates):
        if row.cents >= 0:
            names = (row.project_id, row.customer_id, row.person_id, row.role, row.currency or portfolio.currency)
            groups.setdefault(names, []).append((k, row))
    for some in groups.values():
        some.sort(key=lambda pair: pair[1].first or date.min)
        for place, (k, row) in enumerate(some):
            for later, other in some[place + 1 :]:
                if (other.first or date.min) >= (row.until or date.max):
                    break
                if other.first == row.first and other.cents != row.cents:
                    shown = f"{row.cents} and {other.cents} cents"
                    advice = "Maybe the newer one holds from a later day on: give it `first`. Neither is used."
                    yield error("rate-twice", where=f"rates[{later}]", value=shown, advice=advice)
                elif other.first != row.first and row.until is not None:
                    advice = f"Maybe rates[{k}] ends earlier; the one that begins later is taken."
                    yield warning("rate-overlap", where=f"rates[{later}]", value=other.first, advice=advice)


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
