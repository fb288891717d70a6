"""Everything wrong with what a portfolio says of money, at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from troth.capacity.projects.money._issues import error, warning
from troth.capacity.projects.money.rates import names_of
from troth.capacity.projects.portfolio import ChargeRate, Portfolio
from troth.core.decision import Issue


def check(portfolio: Portfolio) -> list[Issue]:
    """Return every issue of rates, costs, exchange rates and prices; an error is not counted, a warning is doubtful.

    Examples
    --------
    >>> from datetime import date
    >>> bad = Portfolio(date(2026, 6, 1), rates=(ChargeRate(-5), ChargeRate(9_000, "USD")))
    >>> [issue.code for issue in check(bad)]
    ['negative-rate', 'no-exchange']
    """
    return [*_rates(portfolio), *_overlaps(portfolio), *_costs(portfolio), *_exchange(portfolio), *_budgets(portfolio)]


def _rates(portfolio: Portfolio) -> Iterator[Issue]:
    works = {one.project_id for one in portfolio.projects} | {one.deal_id for one in portfolio.deals}
    people = {who.person_id for who in portfolio.people}
    for k, row in enumerate(portfolio.rates):
        where = f"rates[{k}]"
        if row.cents < 0:
            advice = "Maybe a discount: state the rate that is left; this row is not used."
            yield error("negative-rate", where, row.cents, advice)
        if row.first is not None and row.until is not None and row.until <= row.first:
            yield error("bad-span", where, f"{row.first} to {row.until}", "Maybe the two days are swapped.")
        for what, name, known in (("work", row.project_id, works), ("person", row.person_id, people)):
            if name and name not in known:
                yield warning(f"rate-of-unknown-{what}", where, name, "Maybe it was renamed: the row is never used.")


def _overlaps(portfolio: Portfolio) -> Iterator[Issue]:
    """Rows of one rank that hold on one day."""
    groups: dict[tuple[object, ...], list[tuple[int, ChargeRate]]] = {}
    for k, row in enumerate(portfolio.rates):
        if row.cents >= 0:
            groups.setdefault((*names_of(row), row.currency or portfolio.currency), []).append((k, row))
    for some in groups.values():
        some.sort(key=lambda pair: pair[1].first or date.min)
        for place, (k, row) in enumerate(some):
            for later, other in some[place + 1 :]:
                where = f"rates[{later}]"
                if (other.first or date.min) >= (row.until or date.max):
                    break
                if other.first == row.first and other.cents != row.cents:
                    advice = (
                        f"Maybe it begins later than rates[{k}], or one of the two is to be left out; neither is used."
                    )
                    yield error("rate-twice", where, other.cents, advice)
                elif other.first != row.first and row.until is not None:
                    advice = f"Maybe rates[{k}] ends earlier; the one that begins later is taken."
                    yield warning("rate-overlap", where, other.first, advice)


def _costs(portfolio: Portfolio) -> Iterator[Issue]:
    for who in portfolio.people:
        for k, terms in enumerate(who.contracts):
            if terms.cost_cents < 0:
                where = f"people[{who.person_id}].contracts[{k}].cost_cents"
                yield error("negative-cost", where, terms.cost_cents, "Maybe the sign is to be left out; not used.")


def _exchange(portfolio: Portfolio) -> Iterator[Issue]:
    seen: dict[tuple[str, date | None], float] = {}
    for k, row in enumerate(portfolio.exchange):
        where = f"exchange[{k}]"
        if not (math.isfinite(row.worth) and row.worth > 0):
            advice = "Maybe how many units of the house's currency one of this is worth: more than 0."
            yield error("bad-exchange", where, row.worth, advice)
        if row.currency == portfolio.currency and row.worth != 1:
            yield warning(
                "own-currency", where, row.worth, "Maybe another currency: the house's own is always worth 1."
            )
        if seen.setdefault((row.currency, row.first), row.worth) != row.worth:
            yield error("exchange-twice", where, row.worth, "Maybe it begins later; neither is used.")
    known = {row.currency for row in portfolio.exchange} | {"", portfolio.currency}
    for currency, where in _used(portfolio).items():
        if currency not in known:
            advice = f"Maybe add what one {currency} is worth in {portfolio.currency}; what is in it is not counted."
            yield error("no-exchange", where, currency, advice)


def _used(portfolio: Portfolio) -> dict[str, str]:
    """Return each currency with the first place it is used at."""
    places = [(row.currency, f"rates[{k}]") for k, row in enumerate(portfolio.rates)]
    places += [(one.currency, f"projects[{one.project_id}]") for one in portfolio.projects]
    places += [(one.currency, f"deals[{one.deal_id}]") for one in portfolio.deals]
    places += [
        (terms.currency, f"people[{who.person_id}].contracts[{k}]")
        for who in portfolio.people
        for k, terms in enumerate(who.contracts)
    ]
    out: dict[str, str] = {}
    for currency, where in places:
        out.setdefault(currency, where)
    return out


def _budgets(portfolio: Portfolio) -> Iterator[Issue]:
    for one in portfolio.projects:
        if one.budget_cents is not None and one.budget_cents < 0:
            where = f"projects[{one.project_id}].budget_cents"
            yield error("negative-budget", where, one.budget_cents, "Maybe the sign is to be left out; not used.")
