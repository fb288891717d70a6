"""How money, budgets and scenarios of a plan are printed and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.core.decision import Issue, Severity

if TYPE_CHECKING:
    from troth.capacity.projects.money import MoneyPeriod, ProjectBudget
    from troth.capacity.projects.outlook import ComparedOutlook, ProjectsOutlook

#: So many budgets, promises and teams are shown; --format json has all.
_BUDGETS: Final = 8
_TEAMS: Final = 4


def doubts(found: ProjectsOutlook, *, known: Sequence[Issue], more: Sequence[Issue] = ()) -> list[Issue]:
    """Return what is missing for money: warnings, as the plan of hours stands without it.

    Parameters
    ----------
    known : issues that are told already.
    more : issues of futures.
    """
    if not found.priced and not more:
        return []
    told = {(one.code, one.where, one.value) for one in known}
    people = found.portfolio.people
    none = {} if found.portfolio.rates else {"no-rate": ("rates", "what customers pay for an hour")}
    if not any(terms.cost_cents for who in people for terms in who.contracts):
        none["no-cost"] = ("people", "what hours cost, as cost_cents of contracts")
    out = [
        replace(one, severity=Severity.WARNING) if one.severity is Severity.ERROR else one
        for one in dict.fromkeys((*found.issues, *more))
        if one.code not in none and (one.code, one.where, one.value) not in told
    ]
    # What a house never states is left out on purpose, and worth one word.
    return out + [
        Issue(code, Severity.INFO, where, "", f"Maybe add {what}: none is stated, so that part of money is not known.")
        for code, (where, what) in none.items()
        if any(one.code == code for one in found.issues)
    ]


def money_data(found: ProjectsOutlook) -> dict[str, Any] | None:
    """Return everything known of the money of a plan as plain data; None if nothing is."""
    if not found.priced:
        return None
    ahead = found.ahead()
    return {
        "currency": found.money.currency, "day": found.money.day.isoformat(), "until": found.until.isoformat(),
        "ahead": None if ahead is None else ahead.as_dict(), "so_far": _so_far(found),
        "months": [one.as_dict() for one in found.periods("month")], "weeks": [one.as_dict() for one in found.periods("week")],
        "budgets": [_budget(one) for one in found.budgets], "left_out": list(found.left_out),
    }  # fmt: skip


def _so_far(found: ProjectsOutlook) -> dict[str, Any] | None:
    from troth.capacity.projects.money import MoneyBasis

    return next((one.as_dict() for one in found.periods("") if one.basis is MoneyBasis.ACTUAL), None)


def kept_data(found: ProjectsOutlook) -> dict[str, Any]:
    """Return billable hours by team and promises that are missed, as plain data."""
    return {
        "utilisation": [
            {"team": one.name, "billable_hours": one.billable, "contract_hours": one.contract, "share": one.value, "target": one.target}
            for one in found.teams
        ],
        "missed": [
            {"project_id": one.work_id, "kind": one.kind, "promised": one.promised, "planned": one.planned} for one in found.missed
        ],
    }  # fmt: skip


def _budget(one: ProjectBudget) -> dict[str, Any]:
    return {
        "project_id": one.work_id, "measure": str(one.measure), "budget_cents": one.value.bac, "spent_cents": one.value.ac,
        "complete": one.complete, "logged_hours": one.logged, "left_hours": one.left, "to_complete_cents": round(one.etc_cents),
        "at_completion_cents": round(one.eac_cents), "left_over_cents": round(one.vac_cents), "cpi": one.value.cpi,
        "alerts": [{"code": a.code, "week": a.week, "cents": round(a.cents)} for a in one.alerts],
        "weeks": [
            {"week": w.week, "basis": str(w.basis), "hours": w.hours, "cents": round(w.cents), "running_cents": round(w.running_cents)}
            for w in one.weeks
        ],
    }  # fmt: skip


def money_csv(found: ProjectsOutlook) -> str:
    """Return money by month and by week as CSV."""
    from troth.capacity.projects.money.periods import flat

    currency = found.money.currency
    return output.to_csv([row for by in ("month", "week") for row in flat(found.periods(by), by=by, currency=currency)])


def show_money(found: ProjectsOutlook) -> None:
    """Print money by month, and the budgets."""
    from troth.capacity.projects.money import MoneyBasis

    if not found.priced:
        return
    rows = [one for one in found.periods("") if one.basis is MoneyBasis.ACTUAL]
    rows += [one for one in found.periods("month") if one.basis is MoneyBasis.FORECAST]
    if rows:
        click.echo(f"\nMoney in {found.money.currency}, what is not sold by its probability:")
        _table([_period(one, found) for one in rows], _MONEY, wide=any(_differs(one) for one in rows))
        if any(one.weighted.unpriced for one in rows):
            click.echo("+: and more, of which no rate is known.")
    if found.budgets:
        click.echo("\nBudgets:")
        _table([_burnt(one, found) for one in found.budgets[:_BUDGETS]], list(_burnt(found.budgets[0], found)))
        if len(found.budgets) > _BUDGETS:
            click.echo(f"  ... and {len(found.budgets) - _BUDGETS:,} more; --format json lists all.")


def show_missed(found: ProjectsOutlook) -> None:
    """Print promised days that the plan does not keep."""
    from troth.capacity.projects.outlook.words import promise_words

    if found.missed:
        click.echo("\nPromises missed:")
    for one in found.missed[:_BUDGETS]:
        click.echo(f"  {one.work_id} was to {one.kind} by {one.promised}, {promise_words(one)}")
    if len(found.missed) > _BUDGETS:
        click.echo(f"  ... and {len(found.missed) - _BUDGETS:,} more; --format json lists all.")


_MONEY: Final = ["month", "hours", "revenue", "cost", "margin", "share"]


def _table(rows: Sequence[output.Row], names: Sequence[str], *, wide: bool = False) -> None:
    shown = [*names, "if sold only", "if all comes"] if wide else names
    output.show(rows, form=output.Form.TABLE, key="rows", columns=shown)


def _period(one: MoneyPeriod, found: ProjectsOutlook) -> dict[str, str]:
    from troth.capacity.projects.money import MoneyBasis
    from troth.capacity.projects.outlook.words import margin

    currency, sums = found.money.currency, one.weighted
    when = "later" if one.first is None else f"{one.first:%Y-%m}"
    if one.basis is MoneyBasis.ACTUAL:
        when = "so far"
    return {
        "month": when, "hours": f"{sums.hours:,.0f}", "revenue": _known(sums.revenue_cents, sums.revenue_known_cents, currency),
        "cost": _known(sums.cost_cents, sums.cost_known_cents, currency),
        "margin": margin(sums.margin_cents, cost_cents=sums.cost_cents, revenue_known_cents=sums.revenue_known_cents, currency=currency), "share": "-" if sums.margin is None else f"{sums.margin:.0%}",
        "if sold only": _known(one.sold.revenue_cents, one.sold.revenue_known_cents, currency),
        "if all comes": _known(one.everything.revenue_cents, one.everything.revenue_known_cents, currency),
    }  # fmt: skip


def _differs(one: MoneyPeriod) -> bool:
    return one.sold.revenue_cents != one.everything.revenue_cents


def _burnt(one: ProjectBudget, found: ProjectsOutlook) -> dict[str, str]:
    from troth.capacity.projects.outlook.words import ALERTS, whole

    alert, currency = (one.alerts[0] if one.alerts else None), found.money.currency
    told = "holds" if alert is None else ALERTS[alert.code]
    if alert is not None and alert.week is not None:
        told += f" in the week of {alert.week}"
    return {
        "project": one.work_id, "budget": whole(one.value.bac, currency=currency), "spent": whole(one.value.ac, currency=currency),
        "done": f"{one.complete:.0%}", "at completion": whole(one.eac_cents, currency=currency), "left over": whole(one.vac_cents, currency=currency),
        "budget is": told,
    }  # fmt: skip


def _known(cents: float | None, at_least: float, currency: str) -> str:
    from troth.capacity.projects.outlook.words import known

    return known(cents, at_least=at_least, currency=currency)


def scenario_rows(compared: Sequence[ComparedOutlook]) -> list[output.Row]:
    """Return a flat row for each scenario, as CSV has them."""
    rows: list[output.Row] = []
    for one in compared:
        told = one.as_dict()
        teams, missed = told.pop("teams"), told.pop("missed")
        rows.append(
            {**told, "missed": len(missed), **{f"utilisation {name or '-'}": share for name, share in teams.items()}}
        )
    return rows


def show_scenarios(compared: Sequence[ComparedOutlook]) -> None:
    """Print scenarios side by side."""
    if len(compared) < 2:
        return
    from troth.capacity.projects.outlook.words import margin

    priced = any(one.outlook.priced for one in compared)
    names = sorted({team.name for one in compared for team in one.outlook.teams})
    click.echo("\nScenarios" + (f", money in {compared[0].outlook.money.currency}:" if priced else ":"))
    columns: dict[str, Callable[[output.Row], str]] = {
        "scenario": lambda row: str(row["scenario"]), "undone hours": lambda row: f"{row['undone_hours']:,.0f}",
    }  # fmt: skip
    if priced:
        columns["revenue"] = lambda row: _known(row["revenue_cents"], row["revenue_known_cents"], row["currency"])
        columns["cost"] = lambda row: _known(row["cost_cents"], row["cost_known_cents"], row["currency"])
        columns["margin"] = lambda row: margin(
            row["margin_cents"], cost_cents=row["cost_cents"], revenue_known_cents=row["revenue_known_cents"], currency=row["currency"]
        )  # fmt: skip
    for name in names[:_TEAMS]:
        columns[f"{name or 'no team'} billable"] = partial(_billable, team=name)
    columns["promises missed"] = lambda row: str(len(row["missed"]))
    output.show([one.as_dict() for one in compared], form=output.Form.TABLE, key="scenarios", columns=columns)
    if len(names) > _TEAMS:
        click.echo(f"... and {len(names) - _TEAMS:,} more teams; --format json lists all.")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _billable(row: output.Row, *, team: str) -> str:
    return _share(row["teams"].get(team))
