"""A project's budget: how it burns, what the whole will come to, and in which week it is passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.capacity.projects.money._issues import error, warning
from troth.capacity.projects.money.burn import BudgetAlert, BudgetWeek
from troth.capacity.projects.money.earned import EarnedValue
from troth.capacity.projects.money.plan import MoneyBasis, MoneyLine, MoneyPlan, MoneySource
from troth.capacity.projects.money.works import PricedWork, works_of
from troth.capacity.projects.portfolio import ContractKind, Portfolio
from troth.core.decision import Issue
from troth.core.errors import InputError

#: The pace of the last so many weeks with hours goes on where the plan has no more.
PACE_WEEKS: Final = 4
#: So many weeks are looked ahead for the one in which a budget is passed.
_FAR: Final = 520


class BudgetMeasure(StrEnum):
    """In which money a budget is burnt."""

    COST = "cost"
    """What the hours cost the house."""
    CHARGE = "charge"
    """What the customer is charged by the hour."""


@dataclass(frozen=True, slots=True)
class ProjectBudget:
    """How a project's budget fares.

    Parameters
    ----------
    value : the terms of earned value on the portfolio's day.
    logged, left : hours worked, and hours that will still be worked: what is thought to be left times the learned ratio.
    complete : share of the work that is done, ``logged / (logged + left)``; done phases have nothing left.
    etc_cents, eac_cents : estimate to complete (hours left at the mean price of the plan's hours, else of those worked),
        and at completion (that and what was spent).
    weeks : actual weeks, then forecast weeks until nothing is left.
    alerts : the worst first.
    issues : what was taken for granted or is missing.
    """

    work_id: str
    measure: BudgetMeasure
    currency: str
    day: date
    value: EarnedValue
    logged: float
    left: float
    complete: float
    etc_cents: float
    eac_cents: float
    weeks: tuple[BudgetWeek, ...]
    alerts: tuple[BudgetAlert, ...]
    issues: tuple[Issue, ...] = ()

    @property
    def vac_cents(self) -> float:
        """Variance at completion, BAC - EAC: below 0 the budget is passed by so much."""
        return self.value.bac - self.eac_cents

    def completions(self, factors: ArrayLike) -> NDArray[np.float64]:
        """Return the estimate at completion of each future, shape (F,), in minor units.

        The chance that the budget is passed is ``(budget.completions(factors) > budget.value.bac).mean()``.

        Parameters
        ----------
        factors : shape (F,): of each future the hours it takes over those that are thought to be `left`.
        """
        return self.value.ac + self.etc_cents * np.asarray(factors, dtype=np.float64)

    def plot(self, *, height: int = 300) -> Any:
        """Return the burn-up as a Plotly figure: spent, expected, planned and the budget."""
        from troth.capacity.projects.money.plots import burn_up

        return burn_up(
            self.weeks, value=self.value, eac=self.eac_cents, day=self.day, alerts=self.alerts, currency=self.currency,
            height=height,
        )  # fmt: skip


def budget_of(
    portfolio: Portfolio,
    *,
    work_id: str,
    plan: MoneyPlan,
    budget_cents: int | None = None,
    measure: BudgetMeasure | None = None,
    ratios: Mapping[str, float] | None = None,
    baseline: Mapping[date, float] | None = None,
    warn: float = 0.8,
) -> ProjectBudget:
    """Return how the budget of a project fares: earned value, forecast at completion, and when it is passed.

    Parameters
    ----------
    plan : the money of the portfolio by week (`phased`), with the hours that are planned.
    budget_cents : in minor units of the house's currency; None for the project's `budget_cents` (what the customer will
        spend), which must then be in that currency.
    measure : None for what is charged if the customer pays by the hour, else cost.
    ratios : hours it takes for an hour that is thought to be left, by task type of the phase, as learned from what was
        done; ``""`` for all others, 1 without it. A phase's hours left are its needs' `remaining` times this.
    baseline : hours that were to be worked by week when the budget was agreed; its sum is the whole work. Without it there
        is no planned value.
    warn : share of the budget from which on one is told, 0 to 1.

    Raises
    ------
    InputError
        If the project is unknown, has no budget, or a ratio, share or baseline cannot be; if hours of it have no rate; if it
        is to be measured by what is charged, and nothing is charged by the hour.

    Notes
    -----
    The share that is done is hours worked over hours worked and left, times the budget is the earned value. After the plan's
    last hours the pace of the last weeks with hours goes on until nothing is left.
    """
    works = works_of(portfolio)
    _check(works, work_id, portfolio.currency, budget_cents, measure, ratios or {}, baseline or {}, warn)
    work = works[work_id]
    if measure is None:
        measure = BudgetMeasure.CHARGE if work.kind is ContractKind.TIME else BudgetMeasure.COST
    bac = budget_cents if budget_cents is not None else (work.budget_cents or 0)
    issues: list[Issue] = []
    lines = [one for one in plan.lines if one.work_id == work_id and one.source is MoneySource.HOURS]
    actual = _weekly([one for one in lines if one.basis is MoneyBasis.ACTUAL], measure, issues)
    coming = _weekly([one for one in lines if one.basis is MoneyBasis.FORECAST], measure, issues)
    if issues:
        raise InputError(issues)
    logged = sum(hours for hours, _ in actual.values())
    spent = round(sum(cents for _, cents in actual.values()))
    left = hours_left(work, ratios=ratios)
    complete = logged / (logged + left) if logged + left else 0.0
    price = _mean_price(coming) or _mean_price(actual)
    if price is None and left:
        advice = "Maybe give the hours that are planned: nothing says yet what an hour of it comes to."
        issues.append(warning("no-price-of-hours", f"works[{work_id}]", left, advice))
    etc = left * (price or 0.0)
    planned = _planned(baseline or {}, portfolio.day, bac)
    value = EarnedValue(bac, planned, complete * bac, spent)
    weeks = [*_running(actual, MoneyBasis.ACTUAL, 0.0), *_ahead(coming, actual, left, etc, float(spent), portfolio.day)]
    weeks = _with_plan(weeks, baseline or {}, bac)
    alerts = _alerts(bac, spent + etc, spent, weeks, warn)
    return ProjectBudget(
        work_id, measure, portfolio.currency, portfolio.day, value, logged, left, complete, etc, spent + etc,
        tuple(weeks), alerts, tuple(issues),
    )  # fmt: skip


def hours_left(work: PricedWork, *, ratios: Mapping[str, float] | None = None) -> float:
    """Return the hours a project will still take: what is thought to be left of its phases times the learned ratio.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Portfolio, Project, ProjectPhase, SkillNeed
    >>> phase = ProjectPhase("build", (SkillNeed("python", 100, logged=40),), task_type="code")
    >>> firm = Portfolio(date(2026, 6, 1), projects=(Project("apollo", (phase,)),))
    >>> hours_left(works_of(firm)["apollo"], ratios={"code": 1.25})
    75.0
    """
    given = ratios or {}
    return sum(
        need.remaining * given.get(phase.task_type, given.get("", 1.0))
        for phase in work.phases
        if not phase.done
        for need in phase.needs
    )


_Weeks = dict[date, tuple[float, float]]


def _weekly(lines: Sequence[MoneyLine], measure: BudgetMeasure, issues: list[Issue]) -> _Weeks:
    """Return hours and minor units by week, and an issue for hours without a rate, which are never counted as nothing."""
    out: _Weeks = {}
    for line in lines:
        cents = line.cost_cents if measure is BudgetMeasure.COST else line.revenue_cents
        if line.week is None:
            continue
        if cents is None:
            advice = "Maybe a rate is missing (see the plan's issues): what is spent or expected cannot be told."
            issues.append(
                error("hours-without-rate", f"works[{line.work_id}]", f"{line.week}: {line.hours:g} h", advice)
            )
        hours, so_far = out.get(line.week, (0.0, 0.0))
        out[line.week] = (hours + line.hours * line.probability, so_far + (cents or 0) * line.probability)
    return dict(sorted(out.items()))


def _mean_price(weeks: _Weeks) -> float | None:
    hours = sum(hours for hours, _ in weeks.values())
    return sum(cents for _, cents in weeks.values()) / hours if hours else None


def _planned(baseline: Mapping[date, float], day: date, bac: int) -> float | None:
    """Return the budget of what was to be worked before a day; of the week it lies in, its share of Monday to Friday."""
    whole = sum(baseline.values())
    if not whole:
        return None
    done = 0.0
    for some, hours in baseline.items():
        monday = some - timedelta(days=some.weekday())
        done += hours * min(max((day - monday).days, 0), 5) / 5
    return bac * done / whole


def _running(weeks: _Weeks, basis: MoneyBasis, start: float) -> list[BudgetWeek]:
    sums = accumulate((cents for _, cents in weeks.values()), initial=start)
    next(sums)
    return [
        BudgetWeek(week, basis, hours, cents, total)
        for (week, (hours, cents)), total in zip(weeks.items(), sums, strict=True)
    ]


def _ahead(coming: _Weeks, actual: _Weeks, left: float, etc: float, spent: float, day: date) -> list[BudgetWeek]:
    """Return the weeks until no hours are left: as planned, then at the pace of the last weeks with hours."""
    worked = [hours for hours, _ in [*actual.values(), *coming.values()] if hours > 0]
    pace = sum(worked[-PACE_WEEKS:]) / len(worked[-PACE_WEEKS:]) if worked else 0.0
    price = etc / left if left else 0.0
    week = day - timedelta(days=day.weekday())
    last = max(coming, default=week - timedelta(days=7))
    out: _Weeks = {}
    while left > 1e-9 and len(out) < _FAR:
        hours = coming.get(week, (0.0, 0.0))[0] if week <= last else pace
        if week > last and not pace:
            break
        hours = min(hours, left)
        out[week], left = (hours, hours * price), left - hours
        week += timedelta(days=7)
    return _running(out, MoneyBasis.FORECAST, spent)


def _with_plan(weeks: list[BudgetWeek], baseline: Mapping[date, float], bac: int) -> list[BudgetWeek]:
    return [
        BudgetWeek(
            one.week, one.basis, one.hours, one.cents, one.running_cents,
            _planned(baseline, one.week + timedelta(days=7), bac),
        )
        for one in weeks
    ]  # fmt: skip


def _alerts(bac: int, eac: float, spent: int, weeks: Sequence[BudgetWeek], warn: float) -> tuple[BudgetAlert, ...]:
    passed = next((one.week for one in weeks if one.running_cents > bac), None)
    near = next((one.week for one in weeks if one.running_cents >= warn * bac), None)
    if spent > bac:
        return (BudgetAlert("budget-passed", passed, eac - bac),)
    if eac > bac:
        return (BudgetAlert("budget-will-be-passed", passed, eac - bac),)
    if bac and eac > spent and eac >= warn * bac:  # of what is done nothing more is used
        return (BudgetAlert("budget-nearly-used", near, eac - bac),)
    return ()


def _check(
    works: Mapping[str, PricedWork],
    work_id: str,
    home: str,
    budget: int | None,
    measure: BudgetMeasure | None,
    ratios: Mapping[str, float],
    baseline: Mapping[date, float],
    warn: float,
) -> None:
    issues = []
    work = works.get(work_id)
    if work is None:
        issues.append(error("unknown-work", f"works[{work_id}]", work_id, "Maybe it was renamed or left out."))
    elif budget is None and work.budget_cents is None:
        issues.append(error("no-budget", f"works[{work_id}]", "", "Maybe give the budget: in minor units."))
    elif budget is None and work.currency not in ("", home):
        advice = f"Maybe give it in {home}: which day's exchange rate a budget was agreed at is not known."
        issues.append(error("budget-in-other-currency", f"works[{work_id}]", work.currency, advice))
    money = budget if budget is not None else (work.budget_cents if work else None)
    if work is not None and measure is BudgetMeasure.CHARGE and work.kind is not ContractKind.TIME:
        issues.append(error("nothing-charged-by-the-hour", f"works[{work_id}]", work.kind, "Maybe measure its cost."))
    if money is not None and money < 0:
        issues.append(error("negative-budget", f"works[{work_id}]", money, "Maybe the sign is to be left out."))
    for name, value in ratios.items():
        if not 0 < value < float("inf"):
            issues.append(error("bad-ratio", f"ratios[{name}]", value, "Maybe hours taken over hours estimated."))
    for week, hours in baseline.items():
        if not 0 <= hours < float("inf"):
            issues.append(error("bad-hours", f"baseline[{week}]", hours, "Maybe hours of the week, 0 or more."))
    if not 0 <= warn <= 1:
        issues.append(error("bad-share", "warn", warn, "Maybe a share between 0 and 1: 80 % is 0.8."))
    if issues:
        raise InputError(issues)
