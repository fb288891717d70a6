"""Tables of the page about a plan of projects: every number that is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from troth.capacity.projects.allocation.explain import why_short
from troth.capacity.projects.money import MoneyBasis, MoneyPeriod, ProjectBudget
from troth.capacity.projects.money.plots import money_words
from troth.capacity.projects.outlook.futures import FuturesOutlook
from troth.capacity.projects.outlook.outlook import ProjectsOutlook
from troth.capacity.projects.outlook.side_by_side import ComparedOutlook
from troth.capacity.projects.outlook.words import ALERTS, WHY, known, margin, margin_known, promise_words, whole
from troth.charts import page as html
from troth.core.decision import Issue


def _amount(cents: float | None, at_least: float | None, currency: str) -> html.Cell:
    if at_least is None:
        return html.Cell(whole(cents, currency=currency), cents, figure=True)
    return html.Cell(
        known(cents, at_least=at_least, currency=currency), at_least if cents is None else cents, figure=True
    )


def _margin(cents: int | None, cost: int | None, earned: int, currency: str) -> html.Cell:
    shown = margin(cents, cost_cents=cost, revenue_known_cents=earned, currency=currency)
    sort = cents if cents is not None else margin_known(cost, revenue_known_cents=earned)
    return html.Cell(shown, sort, figure=True)


def _share(value: float | None) -> html.Cell:
    return html.Cell("-" if value is None else f"{value:.0%}".replace("%", " %"), value, figure=True)


def period_table(found: ProjectsOutlook) -> str:
    """Return what was earned so far and what is to come by month and by week."""
    currency = found.money.currency
    rows, groups = [], []
    past = [one for one in found.periods("") if one.basis is MoneyBasis.ACTUAL]
    for group, some in (("until today", past), ("months", _ahead(found, "month")), ("weeks", _ahead(found, "week"))):
        for one in some:
            rows.append(_period(one, group, currency))
            groups.append(group)
    heads = ["when", "hours", "revenue", "cost", "margin", "share", "if sold only", "if all comes"]
    return html.table(
        heads, rows=rows, caption=f"Money by month and week in {currency}", name="money", groups=groups, sortable=True
    )


def _ahead(found: ProjectsOutlook, by: str) -> list[MoneyPeriod]:
    return [one for one in found.periods(by) if one.basis is MoneyBasis.FORECAST]


def _period(one: MoneyPeriod, group: str, currency: str) -> list[html.Cell]:
    if one.basis is MoneyBasis.ACTUAL:
        name, sort = "all", ""
    elif one.first is None:
        name, sort = "later than these weeks", "9999"
    else:
        name = f"{one.first:%B %Y}" if group == "months" else f"{one.first.day} {one.first:%b %Y}"
        sort = one.first.isoformat()
    sums = one.weighted
    return [
        html.Cell(name, sort), html.Cell(f"{sums.hours:,.0f}", sums.hours, figure=True),
        _amount(sums.revenue_cents, sums.revenue_known_cents, currency), _amount(sums.cost_cents, sums.cost_known_cents, currency),
        _margin(sums.margin_cents, sums.cost_cents, sums.revenue_known_cents, currency), _share(sums.margin),
        _amount(one.sold.revenue_cents, one.sold.revenue_known_cents, currency),
        _amount(one.everything.revenue_cents, one.everything.revenue_known_cents, currency),
    ]  # fmt: skip


def futures_table(found: FuturesOutlook) -> str:
    """Return P10, P50 and P90 of revenue, cost and margin by month and in all."""
    currency = found.futures.currency
    named = [(f"{first:%B %Y}", first.isoformat(), k) for k, first in enumerate(found.months["revenue"].weeks)]
    rows = [
        [html.Cell(name, sort), *(_amount(_cents(one.by_week[q, k]), None, currency) for one in found.months.values() for q in range(3))]
        for name, sort, k in named
    ]  # fmt: skip
    rows.append(
        [html.Cell("in all", "9999"), *(_amount(_cents(one.total[q]), None, currency) for one in found.weeks.values() for q in range(3))]
    )  # fmt: skip
    heads = ["month", *(f"{what} {level}" for what in found.weeks for level in ("P10", "P50", "P90"))]
    return html.table(heads, rows=rows, caption=f"Money of futures in {currency}", name="futures")


def _cents(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def budget_table(found: ProjectsOutlook) -> str:
    """Return one row a budget."""
    currency = found.money.currency
    rows = []
    for one in found.budgets:
        alert = one.alerts[0] if one.alerts else None
        told = "holds" if alert is None else ALERTS[alert.code]
        when = "" if alert is None or alert.week is None else f"{alert.week.day} {alert.week:%b %Y}"
        kind = "ok" if alert is None else "watch" if alert.code == "budget-nearly-used" else "late"
        rows.append([
            html.Cell(one.work_id), html.Cell(told, html=f'<span class="status {kind}">{html.text(told)}</span>'),
            html.Cell(when, "" if alert is None or alert.week is None else alert.week.isoformat()),
            *(_amount(cents, 0.0, currency) for cents in (one.value.bac, one.value.ac, one.eac_cents, one.vac_cents)),
            _share(one.complete), html.Cell(f"{one.left:,.0f}", one.left, figure=True),
            html.Cell("what is charged" if str(one.measure) == "charge" else "what it costs"),
        ])  # fmt: skip
    heads = [
        "project",
        "budget",
        "in the week of",
        "agreed",
        "spent",
        "at completion",
        "left over",
        "done",
        "hours left",
        "measured by",
    ]
    return html.table(heads, rows=rows, caption=f"Budgets in {currency}", name="budgets")


def budget_words(one: ProjectBudget, *, currency: str) -> str:
    """Return how a budget fares in a sentence."""
    end = f"{money_words(one.eac_cents, currency=currency)} of {money_words(one.value.bac, currency=currency)} at completion"
    alert = one.alerts[0] if one.alerts else None
    if alert is None or alert.week is None:
        return f"{end}; {one.complete:.0%} is done.".replace("%", " %")
    return f"{end}; {ALERTS[alert.code]} in the week of {alert.week.day} {alert.week:%B}."


def short_table(found: ProjectsOutlook) -> str:
    """Return what is left undone, by project and skill, and why."""
    rows = []
    for project in why_short(found.plan).parts:
        for part in project.parts:
            told = part.parameters
            rows.append([
                html.Cell(str(project.parameters["project"])), html.Cell(str(told["skill"])),
                html.Cell(f"{told['hours']:,.0f}" if told["hours"] >= 0.5 else "< 1", float(told["hours"]), figure=True),
                html.Cell(f"{told['first'].day} {told['first']:%b %Y}", told["first"].isoformat()),
                html.Cell(f"{told['last'].day} {told['last']:%b %Y}", told["last"].isoformat()),
                html.Cell(WHY.get(str(told["reason"]), str(told["reason"]))),
            ])  # fmt: skip
    if not rows:
        return '<p class="note">Nothing is left undone.</p>'
    heads = ["project", "skill", "hours", "from the week of", "to that of", "why"]
    return html.table(heads, rows=rows, caption="Hours left undone", name="undone")


def team_table(found: ProjectsOutlook) -> str:
    """Return billable hours over contract hours by team."""
    rows = [
        [
            html.Cell(one.name or "no team"), html.Cell(f"{one.billable:,.0f}", one.billable, figure=True),
            html.Cell(f"{one.contract:,.0f}", one.contract, figure=True), _share(one.value), _share(one.target),
        ]
        for one in found.teams
    ]  # fmt: skip
    heads = ["team", "billable hours", "contract hours", "billable", "target"]
    return (
        html.table(heads, rows=rows, caption="Billable hours by team, if all that is planned happens", name="teams")
        if rows
        else ""
    )


def missed_table(found: ProjectsOutlook) -> str:
    """Return promised days that the plan does not keep; empty if it keeps all."""
    rows = [
        [
            html.Cell(one.work_id), html.Cell(one.kind), html.Cell(f"{one.promised.day} {one.promised:%b %Y}", one.promised.isoformat()),
            html.Cell(
                promise_words(one),
                "9999" if one.planned is None else one.planned.isoformat(),
            ),
        ]
        for one in found.missed
    ]  # fmt: skip
    heads = ["project", "what was promised", "by", "what the plan has"]
    return html.table(heads, rows=rows, caption="Promised days that the plan misses", name="promises") if rows else ""


def scenario_table(compared: Sequence[ComparedOutlook]) -> str:
    """Return one row a scenario, with billable hours of each team."""
    currency = compared[0].outlook.money.currency
    priced = any(one.outlook.priced for one in compared)
    names = sorted({team.name for one in compared for team in one.outlook.teams})
    rows = []
    for one in compared:
        told = one.as_dict()
        money = [
            _amount(told["revenue_cents"], told["revenue_known_cents"], currency),
            _amount(told["cost_cents"], told["cost_known_cents"], currency),
            _margin(told["margin_cents"], told["cost_cents"], told["revenue_known_cents"], currency),
        ]  # fmt: skip
        rows.append([
            html.Cell(one.what.name), html.Cell(f"{told['undone_hours']:,.0f}", told["undone_hours"], figure=True),
            html.Cell(f"{told['done_hours']:,.0f}", told["done_hours"], figure=True), *(money if priced else []),
            html.Cell(str(len(told["missed"])), len(told["missed"]), figure=True), *(_share(told["teams"].get(name)) for name in names),
        ])  # fmt: skip
    heads = [
        "scenario",
        "hours undone",
        "hours done",
        *(["revenue", "cost", "margin"] if priced else []),
        "promises missed",
    ]
    heads += [f"{name or 'no team'} billable" for name in names]
    return html.table(heads, rows=rows, caption="Scenarios side by side", name="scenarios")


def issue_table(issues: Sequence[Issue]) -> str:
    """Return what is doubtful; empty if nothing is."""
    rows = [
        [
            html.Cell(str(one.severity)), html.Cell(one.code), html.Cell(one.where), html.Cell(one.value),
            html.Cell(str(one.count), one.count, figure=True), html.Cell(one.advice),
        ]
        for one in issues
    ]  # fmt: skip
    heads = ["how bad", "what", "where", "value", "times", "advice"]
    return html.table(heads, rows=rows, caption="What is doubtful, and what may mend it", name="issues") if rows else ""
