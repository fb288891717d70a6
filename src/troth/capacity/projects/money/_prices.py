"""What hours of a week are worth: the rates of the days they lie on, in the house's currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction

from troth.capacity.projects.money._issues import error
from troth.capacity.projects.money.answers import RateGap
from troth.capacity.projects.money.hours import WorkHours
from troth.capacity.projects.money.rates import RateBook
from troth.capacity.projects.money.works import PricedWork
from troth.capacity.projects.portfolio import Consultant, Portfolio
from troth.core.decision import Issue

_ADVICE = {
    RateGap.NO_RATE: "Maybe a default rate, or one of the role, is to be added for these days.",
    RateGap.RATE_TWICE: "Maybe one of the two rows begins later, or is to be left out.",
    RateGap.NO_CONTRACT: "Maybe the contract ends before, or the person is not in the portfolio.",
    RateGap.NO_COST: "Maybe the contract's cost is to be stated; 0 does not state it.",
    RateGap.NO_EXCHANGE: "Maybe an exchange rate is to be added that holds from before these days on.",
    RateGap.EXCHANGE_TWICE: "Maybe one of the two rows begins later, or is to be left out.",
}

#: An amount, or why there is none.
Price = Fraction | RateGap


class Pricer:
    """Prices rows of hours; keeps what it was asked, and the gaps it met."""

    __slots__ = ("_closed", "_days", "_kept", "_people", "book", "issues", "today", "works")

    def __init__(self, portfolio: Portfolio, works: Mapping[str, PricedWork]) -> None:
        self.works, self.book, self.today = works, RateBook(portfolio), portfolio.day
        self._closed = portfolio.holidays
        self._people = {who.person_id: who for who in portfolio.people}
        self.issues: list[Issue] = []
        self._kept: dict[tuple[str, ...], dict[int, Price]] = {}
        self._days: dict[tuple[str, date, date], list[date]] = {}

    def days(self, one: WorkHours, *, since: date) -> list[date]:
        """Return the days of the week from `since` on that hours lie on.

        Those with paid hours net of leave and holidays; if there are none those of the contract, else Monday to Friday, else any.
        """
        monday = one.week - timedelta(days=one.week.weekday())
        key = one.person_id, monday, since
        if key not in self._days:
            self._days[key] = self._open(one.person_id, monday, since)
        return self._days[key]

    def _open(self, person: str, monday: date, since: date) -> list[date]:
        week = [day for k in range(7) if (day := monday + timedelta(days=k)) >= since]
        who = self._people.get(person)
        if who is not None:
            paid = [day for day in week if (terms := who.terms_on(day)) is not None and terms.hours[day.weekday()] > 0]
            there = [day for day in paid if not self._away(who, day)]
            if paid:
                return there or paid
        return [day for day in week if day.weekday() < 5] or week

    def _away(self, who: Consultant, day: date) -> bool:
        terms = who.terms_on(day)
        closed = terms is not None and day in self._closed.get(terms.country, ())
        return closed or any(away.first <= day < away.until for away in who.leave)

    def charge(self, one: WorkHours, *, days: list[date]) -> Price:
        """Return what an hour spread evenly over days is charged at."""
        work = self.works[one.work_id]
        role = one.role or work.role_of(one.phase_id, skill=one.skill)

        def ask(day: date) -> Price:
            found = self.book.charge(
                day, project_id=one.work_id, customer_id=work.customer_id, person_id=one.person_id, role=role,
                currency=work.currency,
            )  # fmt: skip
            if found.gap or found.cents is None:
                return self.gap(found.gap or RateGap.NO_RATE, f"rates[{_told(one, role)}]", day)
            worth = self.worth(day, found.currency)
            return worth if isinstance(worth, RateGap) else found.cents * worth

        return self._mean(("charge", one.work_id, one.person_id, role), days, ask)

    def cost(self, one: WorkHours, *, days: list[date]) -> Price:
        """Return what an hour spread evenly over days costs."""
        role = one.role or self.works[one.work_id].role_of(one.phase_id, skill=one.skill)

        def ask(day: date) -> Price:
            found = self.book.cost(day, person_id=one.person_id, role=role, skill=one.skill)
            if found.gap or found.cents is None:
                named = f"people[{one.person_id}]" if one.person_id else f"people[role={role}, skill={one.skill}]"
                return self.gap(found.gap or RateGap.NO_COST, named, day)
            worth = self.worth(day, found.currency)
            return worth if isinstance(worth, RateGap) else found.cents * worth

        return self._mean(("cost", one.person_id, role, one.skill), days, ask)

    def worth(self, day: date, currency: str) -> Price:
        """Return what a minor unit of a currency is worth on a day."""
        found = self.book.exchange(day, currency=currency)
        if found.worth is None:
            return self.gap(found.gap or RateGap.NO_EXCHANGE, f"exchange[{currency}]", day)
        return found.worth

    def gap(self, gap: RateGap, where: str, day: date) -> RateGap:
        """Note that something is not known."""
        self.issues.append(error(str(gap), where, day, _ADVICE[gap]))
        return gap

    def _mean(self, key: tuple[str, ...], days: list[date], ask: Callable[[date], Price]) -> Price:
        """Return the mean over days; each stretch without a change is asked once."""
        kept = self._kept.setdefault(key, {})
        first, last = self.book.stretch(days[0]), self.book.stretch(days[-1])
        if first == last:  # days ascend, so all lie in it
            if first not in kept:
                kept[first] = ask(days[0])
            return kept[first]
        count: Counter[int] = Counter()
        for day in days:
            stretch = self.book.stretch(day)
            count[stretch] += 1
            if stretch not in kept:
                kept[stretch] = ask(day)
        total = Fraction(0)
        for stretch, many in count.items():
            price = kept[stretch]
            if isinstance(price, RateGap):
                return price
            total += price * many
        return total / len(days)


def _told(one: WorkHours, role: str) -> str:
    parts = {"project": one.work_id, "person": one.person_id, "role": role}
    return ", ".join(f"{name}={value}" for name, value in parts.items() if value)
