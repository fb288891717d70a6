"""Tables of the page about a month: every number that is drawn, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from troth.capacity.month._days import by_day
from troth.capacity.month.plan import MonthPlan
from troth.capacity.month.prospect import SITE, ForeseenFigure
from troth.charts import page as html
from troth.charts.numbers import between, duration, exact, number
from troth.core.decision import Severity

#: What a figure is and how it is counted, by KPI.
MEANING = {
    "sla.service_level": "of those who joined a queue, answered or gone within the time",
    "speed.answer": "from joining the queue to being answered, of the answered",
    "flow.abandonment": "of those who joined a queue, gave up",
    "load.occupancy": "of the time people were there for customers, busy with them",
    "done_in_time": "of the work that can wait, done by when it was due",
}


def figure_table(plan: MonthPlan) -> str:
    """Return the figures of the whole time."""
    rows = [
        [
            html.Cell(of_words(one)), html.Cell(one.title, title=MEANING.get(one.kpi, "")),
            html.Cell(number(one.median, unit=one.unit), one.median, exact(one.median, unit=one.unit), figure=True),
            html.Cell(between(*one.band(), unit=one.unit), one.band()[0], figure=True),
            html.Cell(between(*one.band(0.5), unit=one.unit), one.band(0.5)[0], figure=True),
            html.Cell("" if one.aim is None else number(one.aim, unit=one.unit), one.aim, figure=True),
            html.Cell("" if one.aim is None else f"{one.reached:.0%}".replace("%", " %"), one.reached if one.aim is not None else None, figure=True),
        ]
        for one in plan.prospect.figures
        if np.isfinite(one.whole).any()
    ]  # fmt: skip
    heads = ["of", "figure", "median", "nine in ten futures", "half of the futures", "aim", "reached in"]
    return html.table(heads, rows=rows, caption="What is to be expected of the whole time", name="figures")


def of_words(one: ForeseenFigure) -> str:
    """Return whose a figure is."""
    return "whole site" if one.member == SITE else one.member


def day_table(plan: MonthPlan) -> str:
    """Return one row a day: who comes, who is needed and there, what is to be expected."""
    prospect, staffing = plan.prospect, plan.staffing
    days, day_of = staffing.problem.days()
    hour = staffing.problem.minutes / 60
    names = [one.series.key.get("queue", "") for one in plan.forecast.series]
    told = [by_day(one) for one in plan.forecast.series]
    shown = [
        one
        for one in prospect.figures
        if one.kpi in {"sla.service_level", "speed.answer", "flow.abandonment", "done_in_time"}
        and (one.member != SITE or one.kpi != "done_in_time")
    ]
    bands = [one.days() for one in shown]
    rows = []
    for d, at in enumerate(days):
        where = day_of == d
        cells = [html.Cell(f"{at:%a} {at.day} {at:%b}", sort=at.toordinal())]
        for low, mid, high in told:
            cells.append(
                html.Cell(
                    f"{mid[d]:,.0f}" if high[d] > 0 else "",
                    float(mid[d]),
                    f"{low[d]:,.0f} to {high[d]:,.0f} with 80 % probability",
                    figure=True,
                )
            )
        needed, there = float(staffing.staff[:, where].sum() * hour), float(prospect.on_duty[where].sum() * hour)
        cells += [html.Cell(f"{value:,.1f}" if value else "", value, figure=True) for value in (needed, there)]
        for one, (low, mid, high) in zip(shown, bands, strict=True):
            known = bool(np.isfinite(mid[d]))
            cells.append(
                html.Cell(
                    number(float(mid[d]), unit=one.unit) if known else "", float(mid[d]) if known else None,
                    f"nine in ten futures {between(float(low[d]), float(high[d]), unit=one.unit)}" if known else "", figure=True,
                )
            )  # fmt: skip
        rows.append(cells)
    heads = [
        "day", *(f"{name}, expected" for name in names), "hours needed", "hours there",
        *(f"{one.title.lower()}, {of_words(one)}" for one in shown),
    ]  # fmt: skip
    return html.table(
        heads, rows=rows, caption="Day by day: medians; ranges are in the files and on hover", name="days"
    )


def requirement_table(plan: MonthPlan) -> str:
    """Return people needed of each group, by day, with how sure each queue is to reach its level with these."""
    staffing = plan.staffing
    days, day_of = staffing.problem.days()
    hour = staffing.problem.minutes / 60
    rows = []
    for d, at in enumerate(days):
        where = day_of == d
        cells = [html.Cell(f"{at:%a} {at.day} {at:%b}", sort=at.toordinal())]
        for g in range(len(staffing.problem.groups)):
            value = float(staffing.staff[g, where].sum() * hour)
            cells.append(html.Cell(f"{value:,.1f}" if value else "", value, figure=True))
        planned = float(staffing.scheduled[:, where].sum() * hour)
        peak = int(staffing.staff[:, where].sum(axis=0).max(initial=0))
        cells += [
            html.Cell(f"{planned:,.1f}" if planned else "", planned, figure=True),
            html.Cell(f"{peak}" if peak else "", peak, figure=True),
        ]
        for one in staffing.chances:
            value = float(one.probability[d]) if len(one.probability) == len(days) else float("nan")
            known = np.isfinite(value) and peak > 0
            cells.append(
                html.Cell(f"{value:.0%}".replace("%", " %") if known else "", value if known else None, figure=True)
            )
        rows.append(cells)
    heads = [
        "day", *(f"{one.group}, hours" for one in staffing.problem.groups), "planned hours", "at once",
        *(f"{one.queue} in time" for one in staffing.chances),
    ]  # fmt: skip
    return html.table(
        heads,
        rows=rows,
        caption="People needed by day, and how likely each queue is to reach its level with them",
        name="requirement",
    )


def queue_table(plan: MonthPlan) -> str:
    """Return what is known and aimed at of each queue."""
    rows = []
    for one in plan.staffing.problem.queues:
        come = np.asarray(one.arrivals).sum(axis=1)
        rows.append([
            html.Cell(one.queue), html.Cell("can wait" if one.deferred else "in a line"),
            html.Cell(f"{come.mean():,.0f}", float(come.mean()), figure=True),
            html.Cell(f"{np.quantile(come, 0.05):,.0f}\u2013{np.quantile(come, 0.95):,.0f}", float(np.quantile(come, 0.05)), figure=True),
            html.Cell(duration(one.handle_s), one.handle_s, figure=True),
            html.Cell("" if one.patience_s is None else duration(one.patience_s), one.patience_s, figure=True),
            html.Cell(f"{one.at_once}", one.at_once, figure=True),
            html.Cell(f"{one.level:.0%} in {duration(one.within_s)}".replace("%", " %")),
        ])  # fmt: skip
    heads = ["queue", "work", "contacts expected", "nine in ten futures", "handle time", "patience", "at once", "aim"]
    return html.table(heads, rows=rows, caption="Queues: what was learned of them and what is aimed at", name="queues")


def issue_table(plan: MonthPlan) -> str:
    """Return what is doubtful, warnings first; empty if nothing is."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    found = sorted(plan.issues, key=lambda one: order[one.severity])
    if not found:
        return ""
    rows = [
        [
            html.Cell(one.code),
            html.Cell(str(one.severity)),
            html.Cell(one.where),
            html.Cell(one.value),
            html.Cell(one.advice),
        ]
        for one in found
    ]
    return html.table(
        ["what", "how bad", "where", "value", "advice"], rows=rows, caption="What is doubtful", name="issues"
    )


def people_table(plan: MonthPlan) -> str:
    """Return how each person fares."""
    from troth.capacity.roster.rules import RULES, minutes_of, violations, weekends_of

    roster = plan.roster
    problem, found = roster.problem, violations(roster.problem, roster.duties)
    kinds = {kind.kind: kind for kind in problem.kinds}
    rows: list[Sequence[html.Cell]] = []
    for one in problem.staff:
        line = roster.line(one.agent_id)
        worked = sum(minutes_of(kinds[d.kind], length=d.length) for d in line.values()) / 60
        broken = sorted({RULES[v.rule].sentence for v in found if v.agent_id == one.agent_id and RULES[v.rule].hard})
        weekends = weekends_of(problem, line)
        low, high = one.terms.minutes
        owed = (
            "" if low is None and high is None else "\u2013".join(f"{n / 60:g}" for n in (low, high) if n is not None)
        )
        queues = sorted(plan.facts.serves.get(one.agent_id, ()))
        rows.append([
            html.Cell(one.agent_id), html.Cell(plan.facts.teams.get(one.agent_id, "")), html.Cell(", ".join(queues)),
            html.Cell(f"{len(line)}", len(line), figure=True), html.Cell(f"{worked:,.1f}", worked, figure=True),
            html.Cell(owed, figure=True), html.Cell(f"{weekends}", weekends, figure=True),
            html.Cell(f"{len(one.away)}", len(one.away), figure=True),
            html.Cell(f"{plan.facts.paces.get(one.agent_id, 1.0):.2f}", plan.facts.paces.get(one.agent_id, 1.0), figure=True),
            html.Cell(" ".join(broken)),
        ])  # fmt: skip
    heads = ["person", "team", "serves", "shifts", "hours", "contract", "weekends", "days away", "pace", "rules broken"]
    return html.table(
        heads,
        rows=rows,
        caption="People: shifts, hours, weekends; pace is handle time relative to the mean contact",
        name="people",
    )
