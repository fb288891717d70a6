"""Revenue, cost and margin in each prepared future: what was worked and what ended, priced by the room of money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from troth.capacity.projects.money import (
    MoneyFutures,
    WorkHours,
    futures_by_hours,
    futures_by_milestones,
    futures_by_retainers,
)
from troth.capacity.projects.money.works import PricedWork, works_of
from troth.capacity.projects.portfolio import ContractKind, Deal, Portfolio, Project, ProjectPhase, home_cents
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising._sheets import ever_there
from troth.capacity.projects.promising.prepare import PreparedFutures


@dataclass(frozen=True, slots=True)
class TemplatePrice:
    """How deals to come of a template are paid.

    Parameters
    ----------
    price_cents : of the template at its own size (of a retainer's month), in the house's currency; a deal that is larger
        brings so much more.
    """

    kind: ContractKind = ContractKind.TIME
    price_cents: int | None = None


def money_futures(
    prepared: PreparedFutures,
    *,
    templates: Mapping[str, TemplatePrice] | None = None,
    works: Collection[str] | None = None,
) -> MoneyFutures:
    """Return what each prepared future earns and costs in each week.

    By time and material the hours of a week earn the rates of who works them; a phase of a fixed price earns its share on the
    day it ends; a retainer runs from its project's first hour to its deadline, else its last hour. All hours cost what the
    contracts of who works them say. What is lost in a future earns and costs nothing in it. Hours nobody works on a project
    cost nothing here.

    Parameters
    ----------
    prepared : futures with time sheets (``prepare(..., money=True)``).
    templates : how deals to come are paid; one that is not named as most projects and deals of the template are, at their mean
        price by the hour (`template_prices`).
    works : count only these projects and deals; None counts all, with the deals to come.

    Raises
    ------
    InputError
        For a fixed price or a fee that is not stated.
    ValueError
        If no time sheets were kept.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import *
    >>> from troth.capacity.projects.promising import prepare
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),), (HeldSkill("welding"),))
    >>> frame = Project("frame", (ProjectPhase("all", (SkillNeed("welding", 60),)),), earliest=date(2026, 6, 1))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (frame,), rates=(ChargeRate(10_000),))
    >>> ready = prepare(firm, futures=200, weeks=8, seed=1, money=True)
    >>> money_futures(ready).fan().total.round(-5).tolist(), round(float(ready.hours("frame").sum(axis=1).mean()))
    ([400000.0, 600000.0, 800000.0], 62)
    """
    bill = _Bill(prepared, templates or {}, works)
    return bill.by_hours() + bill.by_milestones() + bill.by_retainers()


def template_prices(portfolio: Portfolio) -> dict[str, TemplatePrice]:
    """Return how projects and deals of each template are paid: as most are, at their mean price by the estimated hour.

    Of a retainer the mean fee is taken. A template without projects and deals is by time and material.
    """
    found = dict[str, TemplatePrice]()
    works: list[Project | Deal] = [*portfolio.projects, *portfolio.deals]
    for name, phases in sorted(portfolio.templates.items()):
        alike = [one for one in works if one.template == name]
        many = Counter(one.kind for one in alike)
        kind = max(many, key=lambda one: (many[one], one.value)) if many else ContractKind.TIME
        priced = [
            (cents, _estimated(one.phases)) for one in alike
            if one.kind is kind and one.price_cents is not None
            and (cents := home_cents(portfolio, cents=one.price_cents, currency=one.currency, day=portfolio.day)) is not None
        ]  # fmt: skip
        total, hours = sum(cents for cents, _ in priced), sum(estimate for _, estimate in priced)
        price: int | None = None
        if kind is ContractKind.RETAINER and priced:
            price = round(total / len(priced))
        elif hours > 0:
            price = round(total * _estimated(phases) / hours)
        found[name] = TemplatePrice(kind, price)
    return found


class _Bill:
    """Prepared futures beside a portfolio in which deals to come are deals, and people stand for others of the same price."""

    def __init__(
        self, prepared: PreparedFutures, templates: Mapping[str, TemplatePrice], works: Collection[str] | None
    ) -> None:
        self.prepared, self.sheets, self.n = prepared, prepared.sheets(), prepared.futures
        self.weeks = [prepared.origin + timedelta(days=7 * k) for k in range(prepared.weeks)]
        portfolio, names = prepared.portfolio, sorted(prepared.portfolio.templates)
        prices, many = template_prices(portfolio) | dict(templates), len(prepared.jobs)
        taken = {*prepared.jobs, *(one.project_id for one in portfolio.projects)}
        to_come = {name: _free(f"to come: {name}", taken) for name in names}
        deals = tuple(
            Deal(to_come[name], portfolio.templates[name], 1.0, portfolio.day, template=name, kind=prices[name].kind,
                 price_cents=prices[name].price_cents)
            for name in names
        )  # fmt: skip
        people = tuple(map(ever_there, portfolio.people))
        self.portfolio = replace(portfolio, people=people, deals=(*portfolio.deals, *deals))
        self.known = works_of(self.portfolio)
        shapes = prepared.draws.shape[:1, many:].ravel().tolist()
        named = [*prepared.jobs, *(to_come[names[shape - many]] for shape in shapes)]
        #: Places among jobs of what counts, with its project or deal.
        self.jobs = [
            (number, self.known[name]) for number, name in enumerate(named) if works is None or name in works
        ]  # fmt: skip
        self.whole = works

    def by_hours(self) -> MoneyFutures:
        """Return what hours earn and cost: those of equal prices are summed first."""
        alike: dict[tuple[str, ...], list[int]] = {}
        for number, work in self.jobs:
            alike.setdefault(self._price(work), []).append(number)
        rows, tables = list[WorkHours](), list[Any]()
        for numbers in alike.values():
            table = np.zeros((self.n, self.prepared.weeks, len(self.prepared.kinds)))
            for number in numbers:
                table += self.sheets.hours[: self.n, number]
            name = next(work.work_id for number, work in self.jobs if number == numbers[0])
            for c in np.flatnonzero(table.any(axis=(0, 1))).tolist():
                who, role = self.prepared.kinds[c]
                rows.append(WorkHours(name, self.weeks[0], 0.0, who, role=role))
                tables.append(table[:, :, c])
        hours = np.stack(tables, axis=1) if tables else np.zeros((self.n, 0, self.prepared.weeks))
        return futures_by_hours(self.portfolio, rows=rows, weeks=self.weeks, hours=hours)

    def _price(self, work: PricedWork) -> tuple[str, ...]:
        """Return what the rates of a project's hours depend on: nothing of what does not pay by the hour."""
        if work.kind is not ContractKind.TIME:
            return ()
        rates = self.portfolio.rates
        project = work.work_id if any(row.project_id == work.work_id for row in rates) else ""
        customer = work.customer_id if any(row.customer_id == work.customer_id for row in rates) else ""
        return (project, customer, work.currency)

    def by_milestones(self) -> MoneyFutures:
        """Return what ends of phases earn."""
        phases, ends, sizes = list[tuple[str, str]](), list[Any](), list[Any]()
        for number, work in self.jobs:
            if work.kind is not ContractKind.FIXED:
                continue
            days = self.prepared.phase_ends(number)
            for k, phase in enumerate(work.phases):
                if not phase.done:
                    phases.append((work.work_id, phase.phase_id))
                    ends.append(np.where(days[:, k] < NEVER, days[:, k] // 7, -1))
                    sizes.append(self.prepared.draws.size[: self.n, number])
        return futures_by_milestones(
            self.portfolio, phases=phases, weeks=self.weeks, ends=_columns(ends, self.n, np.int64),
            sizes=_columns(sizes, self.n, np.float64),
        )  # fmt: skip

    def by_retainers(self) -> MoneyFutures:
        """Return what retainers earn: one that is sold and needs no work, too."""
        names, first, until, sizes = list[str](), list[Any](), list[Any](), list[Any]()
        for number, work in self.jobs:
            if work.kind is not ContractKind.RETAINER:
                continue
            start, finish = self.prepared.lived.start[: self.n, number], self.prepared.lived.finish[: self.n, number]
            last = np.where(finish < NEVER, finish // 7 + 1, len(self.weeks))
            if work.until is not None:
                last = np.full(self.n, self._week(work.until, after=True))
            runs = start < NEVER
            names.append(work.work_id)
            first.append(np.where(runs, np.maximum(start // 7, 0), 0))
            until.append(np.where(runs, np.maximum(last, 0), 0))
            sizes.append(self.prepared.draws.size[: self.n, number])
        for work in self._without_work():
            names.append(work.work_id)
            begins = 0 if work.first is None else max(self._week(work.first), 0)
            ends = len(self.weeks) if work.until is None else max(self._week(work.until, after=True), 0)
            first.append(np.full(self.n, begins))
            until.append(np.full(self.n, ends))
            sizes.append(np.ones(self.n))
        return futures_by_retainers(
            self.portfolio, works=names, weeks=self.weeks, first=_columns(first, self.n, np.int64),
            until=_columns(until, self.n, np.int64), sizes=_columns(sizes, self.n, np.float64),
        )  # fmt: skip

    def _without_work(self) -> list[PricedWork]:
        """Return sold retainers that are no jobs, for they have no phases."""
        ids = {one.project_id for one in self.portfolio.projects if not one.phases and one.probability >= 1}
        counts = ids if self.whole is None else ids & set(self.whole)
        return [self.known[name] for name in sorted(counts) if self.known[name].kind is ContractKind.RETAINER]

    def _week(self, day: date, *, after: bool = False) -> int:
        """Return the place of the week of a day; `after`: that of the first week wholly after the day before it."""
        days = (day - self.prepared.origin).days
        return -(-days // 7) if after else days // 7


def _columns(rows: Sequence[Any], n: int, kind: Any) -> Any:
    return np.stack(rows, axis=1).astype(kind) if rows else np.zeros((n, 0), kind)


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "'"
    return name


def _estimated(phases: Sequence[ProjectPhase]) -> float:
    return sum(need.hours for phase in phases for need in phase.needs)
