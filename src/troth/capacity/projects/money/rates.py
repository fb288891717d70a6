"""The rate of an hour: charge rates in a defined order of fallback, cost rates by contract, exchange rates by date."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from itertools import product

from troth.capacity.projects.money.answers import (
    CostAnswer,
    ExchangeAnswer,
    PassedRate,
    RateAnswer,
    RateGap,
    RateLevel,
)
from troth.capacity.projects.money.cents import exact
from troth.capacity.projects.portfolio import ChargeRate, Consultant, ExchangeRate, Portfolio, minor_digits

#: Whom a row names: project, customer, person, role.
_Names = tuple[str, str, str, str]
_LEVELS = (RateLevel.PROJECT, RateLevel.CUSTOMER, RateLevel.PERSON, RateLevel.ROLE, RateLevel.CARD)


def names_of(row: ChargeRate) -> _Names:
    """Return whom a row names, in the order of rank; an empty name is anybody."""
    return row.project_id, row.customer_id, row.person_id, row.role


def rank_of(row: ChargeRate) -> int:
    """Return the weight of what a row names: project 8, customer 4, person 2, role 1, summed; 0 names nobody.

    So a project's row outranks all others, and of two rows of a project that for a role outranks that for everybody.
    """
    return sum(2 ** (3 - k) for k, name in enumerate(names_of(row)) if name)


class RateBook:
    """The rates of a portfolio, ready to be asked.

    Parameters
    ----------
    portfolio : whose rates, contracts and exchange rates; a negative charge rate is no rate.

    Examples
    --------
    >>> from datetime import date
    >>> rates = (ChargeRate(10_000), ChargeRate(12_000, role="architect"), ChargeRate(9_000, customer_id="acme"))
    >>> book = RateBook(Portfolio(date(2026, 6, 1), rates=rates))
    >>> answer = book.charge(date(2026, 6, 1), customer_id="acme", role="architect")
    >>> answer.cents, str(answer.level), [(one.row.cents, str(one.why)) for one in answer.passed]
    (9000, 'customer', [(12000, 'names-less'), (10000, 'names-less')])
    """

    __slots__ = ("_costs", "_cuts", "_exchange", "_people", "_rates", "home")

    def __init__(self, portfolio: Portfolio) -> None:
        self.home = portfolio.currency
        self._rates: dict[_Names, list[ChargeRate]] = {}
        for row in portfolio.rates:
            if row.cents >= 0:
                self._rates.setdefault(names_of(row), []).append(row)
        self._exchange: dict[str, list[ExchangeRate]] = {}
        for one in portfolio.exchange:
            self._exchange.setdefault(one.currency, []).append(one)
        self._people = {who.person_id: who for who in portfolio.people}
        spans = [(row.first, row.until) for row in portfolio.rates]
        spans += [(terms.first, terms.until) for who in portfolio.people for terms in who.contracts]
        spans += [(skill.first, skill.until) for who in portfolio.people for skill in who.skills]
        days = {day for span in spans for day in span} | {one.first for one in portfolio.exchange}
        self._cuts = sorted(day for day in days if day is not None)
        self._costs: dict[tuple[str, str, int], CostAnswer] = {}

    def stretch(self, day: date) -> int:
        """Return the number of the stretch a day lies in: within one, no rate, contract or exchange rate changes."""
        return bisect_right(self._cuts, day)

    def charge(
        self,
        day: date,
        *,
        project_id: str = "",
        customer_id: str = "",
        person_id: str = "",
        role: str = "",
        currency: str = "",
    ) -> RateAnswer:
        """Return what a customer pays for an hour of a day.

        Of the rows that name nothing else than what is asked for and hold on the day, that of the highest rank decides
        (project over customer over person over role over the default card); of equals the one in `currency`; of those the
        one with the latest first day. Two that are still equal and say different things are no answer.

        Parameters
        ----------
        role : as which somebody works; empty for the role of `person_id`.
        currency : of the project; empty for the house's own.
        """
        if not role and person_id in self._people:
            role = self._people[person_id].role
        asked = (project_id, customer_id, person_id, role)
        wanted = currency or self.home
        one, two, three, four = (dict.fromkeys((name, "")) for name in asked)
        keys = product(one, two, three, four)
        rows = [row for key in keys for row in self._rates.get(key, ())]
        rows.sort(key=lambda row: self._order(row, wanted), reverse=True)
        holding = [row for row in rows if _holds(row, day)]
        best = holding[0] if holding else None
        passed = [PassedRate(row, self._why(row, best, day, wanted)) for row in rows if row is not best]
        if best is None:
            return RateAnswer(None, wanted, passed=tuple(passed), gap=RateGap.NO_RATE)
        money = best.currency or self.home
        if any(one.why is RateGap.RATE_TWICE and one.row != best for one in passed):
            return RateAnswer(None, money, row=best, passed=tuple(passed), gap=RateGap.RATE_TWICE)
        level = next((one for one, name in zip(_LEVELS, names_of(best), strict=False) if name), RateLevel.CARD)
        return RateAnswer(best.cents, money, level, best, tuple(passed))

    def _order(self, row: ChargeRate, wanted: str) -> tuple[int, bool, date]:
        return rank_of(row), (row.currency or self.home) == wanted, row.first or date.min

    def _why(self, row: ChargeRate, best: ChargeRate | None, day: date, wanted: str) -> RateGap:
        if not _holds(row, day) or best is None:
            return RateGap.NOT_IN_FORCE
        mine, its = self._order(row, wanted), self._order(best, wanted)
        if mine[0] < its[0]:
            return RateGap.NAMES_LESS
        if mine[1] != its[1]:
            return RateGap.OTHER_CURRENCY
        return RateGap.BEGINS_EARLIER if mine[2] < its[2] else RateGap.RATE_TWICE

    def cost(self, day: date, *, person_id: str = "", role: str = "", skill: str = "") -> CostAnswer:
        """Return what an hour of a day costs the house.

        Somebody's hour costs what the contract of the day says; a contract of 0 does not say. An hour of nobody in
        particular (no person, or a placeholder without a contract) costs the mean of those who have a contract that day
        with the role asked for, or, without a role, with the skill; each of them counts once.

        Parameters
        ----------
        role, skill : of whom the mean is taken where nobody is named.
        """
        who = self._people.get(person_id)
        if who is not None and not (who.placeholder and who.terms_on(day) is None):
            return _by_contract(who, day, self.home)
        if person_id and who is None:
            return CostAnswer(None, self.home, gap=RateGap.NO_CONTRACT)
        role = role or (who.role if who else "")
        key = (role, "" if role else skill, self.stretch(day))
        if key not in self._costs:
            self._costs[key] = self._mean(day, role=key[0], skill=key[1])
        return self._costs[key]

    def _mean(self, day: date, *, role: str, skill: str) -> CostAnswer:
        found: list[tuple[str, Fraction]] = []
        for who in self._people.values():
            named = who.role == role if role else bool(skill) and who.level_of(skill, day=day) > 0
            if who.placeholder or not named:
                continue
            one = _by_contract(who, day, self.home)
            if one.cents is not None:
                worth = self.exchange(day, currency=one.currency).worth
                if worth is None:
                    return CostAnswer(None, self.home, people=(who.person_id,), gap=RateGap.NO_EXCHANGE)
                found.append((who.person_id, one.cents * worth))
        if not found:
            return CostAnswer(None, self.home, gap=RateGap.NO_COST)
        mean = sum((cents for _, cents in found), Fraction(0)) / len(found)
        return CostAnswer(mean, self.home, people=tuple(name for name, _ in found))

    def exchange(self, day: date, *, currency: str) -> ExchangeAnswer:
        """Return what a minor unit of a currency is worth in the house's minor units on a day: by the row with the latest first day.

        Examples
        --------
        >>> from datetime import date
        >>> book = RateBook(Portfolio(date(2026, 6, 1), exchange=(ExchangeRate("JPY", 0.006),)))
        >>> book.exchange(date(2026, 6, 1), currency="JPY").worth  # a yen is 0.6 cents
        Fraction(3, 5)
        """
        if currency in ("", self.home):
            return ExchangeAnswer(Fraction(1), self.home)
        rows = sorted(self._exchange.get(currency, ()), key=lambda row: row.first or date.min, reverse=True)
        best = next((row for row in rows if row.first is None or row.first <= day), None)
        passed = [PassedRate(row, _why_not(row, best, day)) for row in rows if row is not best]
        if best is None or not 0 < best.worth < math.inf:
            return ExchangeAnswer(None, currency, best, tuple(passed), RateGap.NO_EXCHANGE)
        if any(one.why is RateGap.EXCHANGE_TWICE and one.row != best for one in passed):
            return ExchangeAnswer(None, currency, best, tuple(passed), RateGap.EXCHANGE_TWICE)
        shift = Fraction(10) ** (minor_digits(self.home) - minor_digits(currency))
        return ExchangeAnswer(exact(best.worth) * shift, currency, best, tuple(passed))

    def currencies(self) -> Iterable[str]:
        """Return the currencies that have an exchange rate, the house's own first."""
        return dict.fromkeys((self.home, *self._exchange))


def _holds(row: ChargeRate, day: date) -> bool:
    return (row.first is None or row.first <= day) and (row.until is None or day < row.until)


def _why_not(row: ExchangeRate, best: ExchangeRate | None, day: date) -> RateGap:
    if best is None or (row.first is not None and row.first > day):
        return RateGap.NOT_IN_FORCE
    return RateGap.EXCHANGE_TWICE if row.first == best.first else RateGap.BEGINS_EARLIER


def _by_contract(who: Consultant, day: date, home: str) -> CostAnswer:
    terms = who.terms_on(day)
    if terms is None:
        return CostAnswer(None, home, gap=RateGap.NO_CONTRACT)
    currency = terms.currency or home
    if terms.cost_cents <= 0:
        return CostAnswer(None, currency, terms, gap=RateGap.NO_COST)
    return CostAnswer(Fraction(terms.cost_cents), currency, terms)
