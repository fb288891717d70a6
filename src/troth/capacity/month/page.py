"""One self-contained page about a month planned: what is to be expected, who comes, who is needed, who works when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from troth.capacity.month import _page_tables as tables
from troth.capacity.month import plots
from troth.capacity.month._days import by_day, fan_of
from troth.capacity.month.plan import MonthPlan
from troth.capacity.month.prospect import SITE, ForeseenFigure
from troth.capacity.month.solve import DONE
from troth.capacity.roster.plots import cover_gap, roster_grid
from troth.charts import page as html
from troth.charts.numbers import between, day, duration, exact, number, plural, when
from troth.core.decision import Status
from troth.core.spans import zone

#: Of many queues so many are drawn, the largest first; tables have all.
_DRAWN: Final = 6
#: Figures drawn as ranges, in this order.
_RANGES: Final = ("sla.service_level", "speed.answer", "flow.abandonment", "load.occupancy", DONE)


@dataclass(frozen=True, slots=True)
class MonthPage:
    """What a page shows beside the plan.

    Parameters
    ----------
    plan : the month.
    source : what it was made from, in words.
    now, version : when the page is made, by which version.
    """

    plan: MonthPlan
    source: str
    now: datetime
    version: str


def render(shown: MonthPage) -> str:
    """Return the page as HTML that needs nothing else."""
    plan = shown.plan
    parts = [
        ("expect", "What is to be expected?", _expected(plan)),
        ("comes", "Who comes?", _comes(plan)),
        ("needed", "Who is needed?", _needed(plan)),
        ("roster", "Who works when?", _roster(plan)),
        ("days", "Day by day", tables.day_table(plan)),
        ("issues", "What is doubtful", tables.issue_table(plan)),
    ]
    told = [(key, title, body) for key, title, body in parts if body]
    rail = "".join(f'<a href="#{key}">{html.text(title)}</a>' for key, title, _ in told)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{html.text(title)}</h2>{inside}</section>'
        for key, title, inside in told
    )
    question = plan.question
    span = f"{day(question.first)} to {day(question.last)}"
    title = "How will it go under this roster?"
    head = (
        f'<header class="top"><p class="over">{html.text(span)}<span class="chip">{html.text(question.site)}</span>'
        f'<span class="chip">{html.text(shown.source)}</span></p><h1>{title}</h1>{_answer(plan)}</header>'
    )
    return html.page(
        '<a class="skip" href="#main">Skip to the plan</a><div class="frame"><nav class="rail" aria-label="Parts of this page">'
        f'<p class="brand">Troth</p>{rail}</nav><main id="main" tabindex="-1">{head}{body}{_footer(shown)}</main></div>',
        title=f"{title} {question.site}, {span}",
    )


# ---- the answer -----------------------------------------------------------------------------------------------------


def _answer(plan: MonthPlan) -> str:
    live = any(not one.deferred for one in plan.staffing.problem.queues)
    cards = [_card(plan.prospect.of(kpi)) for kpi in _RANGES[:4] if live and _has(plan, kpi)]
    cards += [_card(one) for one in plan.prospect.figures if one.kpi == DONE]
    hours = sum(duty.length for duty in plan.roster.duties) / 60
    cards.append(
        _plain(
            "People",
            f"{len(plan.roster.problem.staff):,}",
            f"{len(plan.roster.duties):,} shifts, {hours:,.0f} hours from start to end",
            _short(plan),
        )
    )
    return (
        f'<p class="answer">{html.text(_sentence(plan))}</p><div class="strip">{"".join(cards)}</div>{_stopped(plan)}'
    )


def _sentence(plan: MonthPlan) -> str:
    if plan.status is Status.INFEASIBLE:
        return "No roster keeps all rules; this is the best one with rules broken"
    if _has(plan, "sla.service_level"):
        one = plan.prospect.of("sla.service_level")
        within = max(queue.within_s for queue in plan.staffing.problem.queues if not queue.deferred)
        low, high = one.band()
        said = f"{number(one.median, unit='share')} answered within {duration(within)}, {number(low, unit='share')} to {number(high, unit='share')} in nine of ten futures"
        return said.replace(" %", "\u00a0%")  # a headline breaks anywhere else
    done = [one for one in plan.prospect.figures if one.kpi == DONE]
    return f"{number(done[0].median, unit='share')} done in time" if done else "Nobody is expected"


def _has(plan: MonthPlan, kpi: str) -> bool:
    return any(one.kpi == kpi and one.member == SITE and np.isfinite(one.whole).any() for one in plan.prospect.figures)


def _card(one: ForeseenFigure) -> str:
    name = one.title if one.member == SITE else f"{one.title}, {one.member}"
    aim = (
        ""
        if one.aim is None
        else f"aim {number(one.aim, unit=one.unit)}, reached in {one.reached:.0%} of the futures".replace(
            "%", " %"
        ).replace("  %", " %")
    )
    value = f'<span title="{html.text(exact(one.median, unit=one.unit))}">{html.text(number(one.median, unit=one.unit))}</span>'
    return (
        f'<div class="card big none"><span class="what">{html.text(name)}</span><span class="value">{value}</span>'
        f'<span class="small">{html.text(between(*one.band(), unit=one.unit))} in nine of ten</span><span class="small">{html.text(aim)}</span></div>'
    )


def _plain(what: str, value: str, small: str, more: str) -> str:
    return (
        f'<div class="card big none"><span class="what">{html.text(what)}</span><span class="value">{html.text(value)}</span>'
        f'<span class="small">{html.text(small)}</span><span class="small">{html.text(more)}</span></div>'
    )


def _short(plan: MonthPlan) -> str:
    problem = plan.roster.problem
    _, under, _ = cover_gap(problem, plan.roster.duties)
    missing = float(under.sum()) * problem.slot_minutes / 60
    broken = len(plan.roster.broken)
    told = f"{missing:,.0f} hours of need not covered" if missing >= 0.5 else "all need covered"
    return f"{told}, {plural(broken, one='hard rule')} broken" if broken else told


def _stopped(plan: MonthPlan) -> str:
    return (
        '<p class="note">It was stopped before it was through: this is the best there was by then.</p>'
        if plan.status is Status.STOPPED
        else ""
    )


# ---- the parts ------------------------------------------------------------------------------------------------------


def _expected(plan: MonthPlan) -> str:
    prospect = plan.prospect
    charts = []
    for kpi in _RANGES:
        mine = [one for one in prospect.figures if one.kpi == kpi and np.isfinite(one.whole).any()]
        mine = sorted(mine, key=lambda one: (one.member != SITE, one.member))
        if len(mine) == 2 and kpi != DONE:  # a site of one queue is that queue
            mine = mine[:1]
        if mine:
            first = mine[0]
            said = f"{tables.of_words(first).capitalize()}: {number(first.median, unit=first.unit)}, {between(*first.band(), unit=first.unit)} in nine of ten futures; {tables.MEANING[kpi]}."
            charts.append(
                html.chart(
                    html.Chart(plots.ranges(mine, names=[tables.of_words(one) for one in mine]), first.title, said)
                )
            )
    each = []
    for kpi in ("sla.service_level", "flow.abandonment", DONE):
        mine = [
            one
            for one in prospect.figures
            if one.kpi == kpi and (one.member != SITE or kpi == "flow.abandonment") and np.isfinite(one.daily).any()
        ]
        if kpi == "flow.abandonment":
            mine = [one for one in mine if one.member == SITE]
        for one in mine[:_DRAWN]:
            mid = one.days()[1]
            worst = int(np.nanargmin(mid if one.kpi != "flow.abandonment" else -mid))
            at = prospect.days[worst]
            said = f"Worst to be expected: {number(float(mid[worst]), unit=one.unit)} on {at:%a} {at.day} {at:%b}."
            each.append(
                html.chart(
                    html.Chart(plots.daily(one, days=prospect.days), f"{one.title}, {tables.of_words(one)}", said)
                )
            )
    lead = (
        f"{prospect.futures:,} possible months, each lived through by the people of this roster. Every dot is one; the bar holds nine in ten, "
        "the upright line is the median, the dashed line the aim. Of a day more is left to chance than of the whole."
    )
    return (
        f'<p class="lead">{lead}</p><div class="grid wide">{"".join(charts)}</div><p style="height:16px"></p><div class="grid wide">{"".join(each)}</div>'
        f'<div style="margin-top:56px">{tables.figure_table(plan)}</div>'
    )


def _comes(plan: MonthPlan) -> str:
    series = sorted(plan.forecast.series, key=lambda one: -float(one.mean.sum()))
    charts = []
    for one in series[:_DRAWN]:
        low, mid, high = by_day(one)
        busy = int(np.argmax(mid))
        at = plan.prospect.days[busy]
        said = f"{mid.sum():,.0f} expected; busiest day {at:%a} {at.day} {at:%b} with {mid[busy]:,.0f} ({low[busy]:,.0f} to {high[busy]:,.0f}). Shaded: 50, 80 and 95 % of what may come."
        charts.append(html.chart(html.Chart(fan_of(one), one.series.key.get("queue", ""), said)))
    lead = "New contacts by day; grey came before. What queues hand on to each other comes on top, see contacts expected in the table."
    return f'<p class="lead">{lead}</p><div class="grid wide">{"".join(charts)}</div><div style="margin-top:56px">{tables.queue_table(plan)}</div>'


def _needed(plan: MonthPlan) -> str:
    staffing, prospect = plan.staffing, plan.prospect
    tz = zone(staffing.problem.time_zone)
    at = [one.astimezone(tz).replace(tzinfo=None) for one in staffing.problem.instants()]
    needed = staffing.staff.sum(axis=0)
    figure = plots.needed_and_there(
        at, needed=needed.astype(float), there=prospect.on_duty, low=staffing.need_low, high=staffing.need_high
    )
    hour = staffing.problem.minutes / 60
    said = f"{needed.sum() * hour:,.0f} hours needed (green), {prospect.on_duty.sum() * hour:,.0f} hours there and not on a break (outline). The band is what eight in ten futures need."
    lead = f"Enough that each queue reaches its level on each day with a probability of {plan.question.aims.confidence:.0%}, as far as there are people.".replace(
        "%", " %"
    )
    chart = html.chart(html.Chart(figure, "People needed and people there", said))
    return f'<p class="lead">{lead}</p>{chart}<div style="margin-top:56px">{tables.requirement_table(plan)}</div>'


def _roster(plan: MonthPlan) -> str:
    roster = plan.roster
    said = f"{len(roster.duties):,} shifts of {plural(len(roster.problem.staff), one='person', many='people')}; {_short(plan)}. Above: people missing and too many against what is needed."
    chart = html.chart(html.Chart(roster_grid(roster.problem, roster.duties), "The roster", said))
    gap = "" if roster.gap is None else f", at most {roster.gap:.1%} dearer than the best there can be"
    lead = f"Cost {roster.value:,.0f} by its rules{gap}. Calendars for each person, the grid as CSV and Excel, and the problem with its rules lie beside this page."
    return f'<p class="lead">{html.text(lead)}</p>{chart}<div style="margin-top:56px">{tables.people_table(plan)}</div>'


def _footer(shown: MonthPage) -> str:
    plan = shown.plan
    tz = zone(plan.facts.time_zone)
    took = ", ".join(f"{step} {duration(seconds)}" for step, seconds in plan.seconds.items())
    aims = plan.question.aims
    routing = str(plan.facts.routing).replace("_", " ")
    chance = (
        f"{aims.out_of_office:.1%} of shifts with nobody coming and {aims.in_office:.1%} of time in meetings".replace(
            "%", " %"
        )
    )
    return (
        f"<footer><h2>How this was computed</h2><p>From {html.text(shown.source)} as known until {html.text(when(plan.until.astimezone(tz)))}, by Troth "
        f"{html.text(shown.version)}, {html.text(when(shown.now.astimezone(tz)))}. Contacts are forecast by queue; handle times, patience, paces of people and how "
        f"contacts find them ({html.text(routing)}) are learned from the last {plural(plan.question.weeks, one='week')}; staffing asks how many people are needed; the roster "
        f"covers it by contracts, skills, leave and rules; then {plan.prospect.futures:,} futures are lived through by these people in the twin, with "
        f"{html.text(chance)}, and measured by the KPI engine. {html.text(took)}; seed {plan.question.seed}.</p>"
        "<p>This page holds all it needs and asks nothing of any network.</p></footer>"
    )
