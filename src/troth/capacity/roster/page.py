"""One self-contained page about a roster: what it costs, who works when, how each person fares."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from troth.capacity.roster.plan import RosterPlan
from troth.capacity.roster.plots import cover_gap, roster_grid
from troth.capacity.roster.problem import Employee, RosterProblem
from troth.capacity.roster.rules import RULES, Violation, minutes_of, violations, weekends_of
from troth.charts import page as html
from troth.charts.numbers import day, plural
from troth.core.decision import Status

#: Rows of a table beyond which only the dearest are shown.
_MOST = 400


def page(plan: RosterPlan) -> str:
    """Return the page."""
    problem = plan.problem
    found = violations(problem, plan.duties)
    title = "Who works when?"
    broken = [v for v in found if RULES[v.rule].hard]
    body = (
        f'<main id="main"><header class="top"><p class="over">{html.text(_when(problem))}</p><h1>{title}</h1>'
        f'<p class="answer">{html.text(_answer(plan, found))}</p><div class="strip">{_cards(plan, found)}</div></header>'
        f"{_conflicts(plan)}{_broken(problem, broken)}"
        f'<section><h2>The roster</h2><div class="grid wide">{_chart(plan, found)}</div></section>'
        f"<section><h2>What it costs</h2>{_rules(found)}</section>"
        f"<section><h2>People</h2>{_people(plan, found)}</section></main>"
    )
    return html.page(body, title=title)


def _when(problem: RosterProblem) -> str:
    if problem.days < 1:
        return ""
    return f"{day(problem.date_of(0))} to {day(problem.date_of(problem.days - 1))}, {plural(len(problem.staff), one='person', many='people')}"


def _answer(plan: RosterPlan, found: Sequence[Violation]) -> str:
    if plan.status is Status.INFEASIBLE:
        return "No roster keeps all rules"
    if _unjudged(found):
        return "Some shifts are unknown, so that nothing else was judged"
    hard = sum(RULES[v.rule].hard for v in found)
    kept = f"{plural(hard, one='hard rule is', many='hard rules are')} broken" if hard else "All hard rules are kept"
    _, under, _ = cover_gap(plan.problem, plan.duties)
    short = f"{_hours(plan.problem, under.sum())} missing" if under.any() else "nobody is missing"
    return f"{kept}, {short}"


def _unjudged(found: Sequence[Violation]) -> bool:
    """Tell whether shifts that there are not kept the judge from looking at the rest."""
    return any(v.rule == "roster.known" for v in found)


def _hours(problem: RosterProblem, people: float) -> str:
    """Return people in slots as hours, people in days as shifts."""
    if problem.slot_needs:
        return f"{people * problem.slot_minutes / 60:,.0f} hours of people are"
    return f"{plural(round(people), one='shift is', many='shifts are')}"


def _cards(plan: RosterPlan, found: Sequence[Violation]) -> str:
    wishes = sum(0 <= w.day < plan.problem.days for one in plan.problem.staff for w in one.wishes)
    missed = sum(v.rule == "roster.wish" for v in found)
    proven = "no bound" if plan.bound is None else f"none costs less than {plan.bound:,.0f}"
    gap = "" if plan.gap is None else f", at most {plan.gap:.1%} too dear"
    told = [
        ("cost", "-" if _unjudged(found) else f"{plan.value:,.0f}", f"{plan.status}, {proven}{gap}"),
        ("shifts", f"{len(plan.duties):,}", plural(len(plan.problem.staff), one="person", many="people")),
        ("hard rules broken", f"{sum(RULES[v.rule].hard for v in found):,}", ""),
    ]
    if wishes and not _unjudged(found):
        told.append(("requests honoured", f"{(wishes - missed) / wishes:.0%}", f"{wishes - missed:,} of {wishes:,}"))
    return "".join(
        f'<div class="card big none"><span class="what">{what}</span><span class="value">{html.text(value)}</span><span></span>'
        f'<span class="small">{html.text(small)}</span></div>'
        for what, value, small in told
    )


def _conflicts(plan: RosterPlan) -> str:
    if not plan.conflicts:
        return ""
    rows = [[html.Cell(one.where), html.Cell(one.value), html.Cell(one.advice)] for one in plan.conflicts]
    shown = html.table(
        ["rule", "what it says", "advice"], rows=rows, caption="Rules that cannot all hold", name="conflicts"
    )
    return (
        f"<section><h2>Why there is none</h2><p class='lead'>These rules cannot all hold; without any one of them the "
        f"others can.</p>{shown}</section>"
    )


def _broken(problem: RosterProblem, broken: Sequence[Violation]) -> str:
    if not broken:
        return ""
    rows = [
        [
            html.Cell(one.agent_id or "cover"), html.Cell(problem.date_of(one.day).isoformat() if one.day >= 0 else "whole time"),
            html.Cell(RULES[one.rule].sentence), html.Cell(f"{one.amount:g}", one.amount, figure=True), html.Cell(one.what),
        ]
        for one in broken[:_MOST]
    ]  # fmt: skip
    more = f"<p class='note'>{len(broken) - _MOST:,} more.</p>" if len(broken) > _MOST else ""
    shown = html.table(["who", "day", "rule", "beyond", "what"], rows=rows, caption="Broken rules", name="broken")
    return f"<section><h2>What is broken</h2>{shown}{more}</section>"


def _chart(plan: RosterPlan, found: Sequence[Violation]) -> str:
    hard = sum(RULES[v.rule].hard for v in found)
    summary = (
        f"{plural(len(plan.duties), one='shift', many='shifts')} of {plural(len(plan.problem.staff), one='person', many='people')}. "
        f"Above, people missing (down) and too many (up). "
        + (f"Crosses: {plural(hard, one='broken rule', many='broken rules')}." if hard else "No hard rule is broken.")
    )
    return html.chart(html.Chart(roster_grid(plan.problem, plan.duties), "People and days", summary))


def _rules(found: Sequence[Violation]) -> str:
    if _unjudged(found):
        return "<p>Not known as long as there are shifts of kinds, lengths, people or days that the problem does not have.</p>"
    costs, times = defaultdict[str, float](float), Counter[str]()
    for one in found:
        if not RULES[one.rule].hard:
            costs[one.rule] += one.cost
            times[one.rule] += 1
    if not costs:
        return "<p>It costs nothing: every request is honoured and nobody is missing.</p>"
    rows = [
        [
            html.Cell(RULES[rule].sentence), html.Cell(f"{cost:,.0f}", cost, f"{cost:g}", figure=True),
            html.Cell(f"{times[rule]:,}", times[rule], figure=True), html.Cell(rule),
        ]
        for rule, cost in sorted(costs.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    return html.table(["rule", "cost", "times", "id"], rows=rows, caption="Cost by rule", name="cost")


def _people(plan: RosterPlan, found: Sequence[Violation]) -> str:
    problem = plan.problem
    kinds = {kind.kind: kind for kind in problem.kinds}
    rows = []
    for one in problem.staff:
        line = plan.line(one.agent_id)
        worked = sum(minutes_of(kinds[d.kind], length=d.length) for d in line.values() if d.kind in kinds) / 60
        mine = [v for v in found if v.agent_id == one.agent_id]
        cost = sum(v.cost for v in mine)
        rows.append([
            html.Cell(one.agent_id), html.Cell(f"{len(line)}", len(line), figure=True),
            html.Cell(f"{worked:,.1f}", worked, figure=True), html.Cell(_owed(one), figure=True),
            html.Cell(f"{weekends_of(problem, line)}", weekends_of(problem, line), figure=True),
            html.Cell("" if _unjudged(found) else _honoured(problem, one, mine), figure=True), html.Cell(f"{cost:,.0f}", cost, figure=True),
            _hard(mine),
        ])  # fmt: skip
    heads = ["person", "shifts", "hours", "contract", "weekends", "requests", "cost", "broken"]
    return html.table(heads, rows=rows, caption="People", name="people")


def _hard(mine: Sequence[Violation]) -> html.Cell:
    """Return the hard rules that a person's line breaks, with their sentences on hover."""
    broken = sorted({v.rule for v in mine if RULES[v.rule].hard})
    return html.Cell(
        ", ".join(rule.removeprefix("roster.") for rule in broken), title=" ".join(RULES[r].sentence for r in broken)
    )


def _owed(one: Employee) -> str:
    """Return what hours a contract asks for, in all or a week."""
    for (low, high), per in ((one.terms.minutes, ""), (one.terms.week_minutes, " a week")):
        if low is not None or high is not None:
            parts = [f"{n / 60:g}" for n in (low, high) if n is not None]
            lead = "from " if high is None else "to " if low is None else ""
            return f"{lead}{' to '.join(parts)}{per}"
    return ""


def _honoured(problem: RosterProblem, one: Employee, mine: Sequence[Violation]) -> str:
    asked = sum(0 <= w.day < problem.days for w in one.wishes)
    return f"{asked - sum(v.rule == 'roster.wish' for v in mine)} of {asked}" if asked else ""
