"""One self-contained page about a plan of projects: hours, money, budgets, what is left undone, scenarios side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troth.capacity.projects.money.plots import money_scale, money_words, weeks_axis
from troth.capacity.projects.outlook import _page_tables as tables
from troth.capacity.projects.outlook.futures import FuturesOutlook
from troth.capacity.projects.outlook.outlook import ProjectsOutlook
from troth.capacity.projects.outlook.plots import money_running, money_weeks, scenario_bars
from troth.capacity.projects.outlook.side_by_side import ComparedOutlook
from troth.capacity.projects.outlook.words import margin_known
from troth.charts import page as html
from troth.charts.numbers import day, plural
from troth.core.decision import Issue, Severity

#: So many budgets are drawn, the worst first; the table has all.
_DRAWN = 6


def render(
    found: ProjectsOutlook, *, compared: Sequence[ComparedOutlook] = (), futures: FuturesOutlook | None = None,
    issues: Sequence[Issue] = (),
    title: str = "What does the plan of projects come to?",
) -> str:  # fmt: skip
    """Return the page as HTML that needs nothing else.

    Parameters
    ----------
    compared : the house as it is and its scenarios, if there are any.
    futures : what sampled futures earn and cost.
    issues : what is doubtful.
    """
    parts = [
        ("scenarios", "What if?", _scenarios(compared)),
        ("money", "What does it earn and cost?", _money(found)),
        ("futures", "What may come of it?", _futures(futures)),
        ("budgets", "Do budgets hold?", _budgets(found)),
        ("hours", "Which hours are missing?", _hours(found)),
        ("promises", "Which promises are missed?", tables.missed_table(found)),
        (
            "issues",
            "What is doubtful",
            tables.issue_table([one for one in issues if one.severity is not Severity.INFO]),
        ),
    ]
    shown = [(key, words, body) for key, words, body in parts if body]
    rail = "".join(f'<a href="#{key}">{html.text(words)}</a>' for key, words, _ in shown)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{html.text(words)}</h2>{inside}</section>'
        for key, words, inside in shown
    )
    span = f"{day(found.portfolio.day)} to {day(found.until)}"
    head = (
        f'<header class="top"><p class="over">{html.text(span)}</p><h1>{html.text(title)}</h1>{_answer(found)}</header>'
    )
    return html.page(
        '<a class="skip" href="#main">Skip to the plan</a><div class="frame"><nav class="rail" aria-label="Parts of this page">'
        f'<p class="brand">Troth</p>{rail}</nav><main id="main" tabindex="-1">{head}{body}{_footer(found)}</main></div>',
        title=f"{title} {span}",
    )


def _answer(found: ProjectsOutlook) -> str:
    wanted = float(found.plan.problem.needs.hours.sum())
    done = wanted - found.undone
    said = f"{done:,.0f} of {plural(round(wanted), one='hour')} done"
    ahead = found.ahead() if found.priced else None
    if ahead is not None:
        said += f", {_at_least(ahead.weighted.revenue_cents, ahead.weighted.revenue_known_cents, found)} earned"
    late = f"; {plural(len(found.missed), one='promise')} missed" if found.missed else ""
    kind = "late" if found.undone > 0.5 or found.missed else "ok"
    cards = [_card("Hours left undone", f"{found.undone:,.0f}", f"of {wanted:,.0f} wanted{late}", kind)]
    if ahead is not None:
        one = ahead.weighted
        least = margin_known(one.cost_cents, revenue_known_cents=one.revenue_known_cents)
        share = "" if one.margin is None else f"{one.margin:.0%} of the revenue".replace("%", " %")
        cards.append(_money_card("Revenue", one.revenue_cents, one.revenue_known_cents, _range(found), found))
        cards.append(_money_card("Cost", one.cost_cents, one.cost_known_cents, "of the hours planned", found))
        cards.append(_money_card("Margin", one.margin_cents, least, share, found))
    return f'<p class="answer">{html.text(said)}</p><div class="strip">{"".join(cards)}</div>'


def _card(what: str, value: str, small: str, kind: str) -> str:
    return (
        f'<div class="card big {kind}"><span class="what">{html.text(what)}</span><span class="value">{html.text(value)}</span>'
        f'<span class="small">{html.text(small)}</span></div>'
    )


def _money_card(what: str, cents: int | None, known: int | None, small: str, found: ProjectsOutlook) -> str:
    """Return a card with an amount: the figure large, its unit small."""
    shown = cents if cents is not None else known
    if shown is None:
        return _card(what, "-", small, "none")
    figure, unit = _words(shown, found).split(" ", 1)
    unit += " or more" if cents is None else ""
    return _card(what, figure, f"{unit}; {small}" if small else unit, "none")


def _words(cents: float, found: ProjectsOutlook) -> str:
    return money_words(cents, currency=found.money.currency)


def _at_least(cents: int | None, known: int, found: ProjectsOutlook) -> str:
    return _words(cents, found) if cents is not None else f"at least {_words(known, found)}"


def _range(found: ProjectsOutlook) -> str:
    ahead = found.ahead()
    assert ahead is not None
    low, high = ahead.sold.revenue_known_cents, ahead.everything.revenue_known_cents
    if low == high:
        return "all of it sold"
    return f"{_words(low, found)} is sold, {_words(high, found)} if all comes"


# ---- the parts ------------------------------------------------------------------------------------------------------


def _scenarios(compared: Sequence[ComparedOutlook]) -> str:
    if len(compared) < 2:
        return ""
    first = compared[0].outlook
    told = {one.what.name: one.as_dict() for one in compared}
    charts = []
    hours = {name: float(row["undone_hours"]) for name, row in told.items()}
    best = min(hours, key=lambda name: hours[name])
    said = f"Fewest: {best}, {hours[best]:,.0f} of {told[best]['wanted_hours']:,.0f} wanted."
    charts.append(_bars("Hours left undone", said, hours, [f"{one:,.0f}" for one in hours.values()]))
    if any(one.outlook.priced for one in compared):
        charts += [_money_bars(key, told, first.money.currency) for key in _SAID]
    lead = "The same search plans each. Money is what is expected in these weeks, each deal by its probability; cost is of hours on projects, not of idle ones."
    return (
        f'<p class="lead">{lead}</p><div class="grid">{"".join(charts)}</div>'
        f'<div style="margin-top:56px">{tables.scenario_table(compared)}</div>'
    )


_SAID = {
    "revenue": "earned in the weeks planned", "cost": "of the hours planned", "margin": "revenue less cost",
}  # fmt: skip


def _money_bars(key: str, told: Mapping[str, Mapping[str, Any]], currency: str) -> str:
    """Return a chart of an amount of each scenario; a plus stands for more, of which no rate is known."""
    known, dark = {}, set[str]()
    for name, row in told.items():
        exact, least = row[f"{key}_cents"], row.get(f"{key}_known_cents")
        if key == "margin":
            least = margin_known(row["cost_cents"], revenue_known_cents=row["revenue_known_cents"])
        known[name] = exact if exact is not None else least
        dark |= {name} if exact is None else set()
    amounts = {name: float(value or 0) for name, value in known.items()}
    by, unit = money_scale(list(amounts.values()), currency=currency)
    words = [
        "not known"
        if known[name] is None
        else f"{value / by:,.{0 if abs(value / by) >= 100 else 1}f}{'+' if name in dark else ''}"
        for name, value in amounts.items()
    ]
    more = "; + means more, of which no rate is known" if dark else ""
    return _bars(key.capitalize(), f"{unit[0].upper()}{unit[1:]}, {_SAID[key]}{more}.", amounts, words)


def _bars(title: str, said: str, values: dict[str, float], words: Sequence[str]) -> str:
    return html.chart(html.Chart(scenario_bars(values, words=words), title, said))


def _money(found: ProjectsOutlook) -> str:
    ahead = found.ahead() if found.priced else None
    if ahead is None:
        return ""
    weeks = [one for one in found.periods("week") if one.first is not None and str(one.basis) == "forecast"]
    best = max(weeks, key=lambda one: one.weighted.revenue_known_cents)
    assert best.first is not None
    top = f"Most is earned in the week of {best.first.day} {best.first:%B}: {_words(best.weighted.revenue_known_cents, found)}."
    unsure = ahead.sold.revenue_known_cents != ahead.everything.revenue_known_cents
    more = " The upright lines reach from what is sold to all that may come." if unsure else ""
    low, high = ahead.sold.revenue_known_cents, ahead.everything.revenue_known_cents
    until = f"{_words(ahead.weighted.revenue_known_cents, found)} by {day(found.until)}" + (
        f", between {_words(low, found)} (only what is sold) and {_words(high, found)} (all of it)." if unsure else "."
    )
    charts = [
        html.chart(
            html.Chart(money_weeks(found.periods("week"), currency=found.money.currency), "By week", top + more)
        ),
        html.chart(
            html.Chart(money_running(found.periods("week"), currency=found.money.currency), "Running up", until)
        ),
    ]
    dark = ahead.weighted.unpriced or ahead.everything.unpriced
    lead = "Hours by what customers pay for them, fixed prices when a phase ends, retainers day by day; cost by contract. What is not sold counts by its probability."
    lead += " Of some hours no rate is known: they are not in the sums." if dark else ""
    return (
        f'<p class="lead">{lead}</p><div class="grid wide">{"".join(charts)}</div>'
        f'<div style="margin-top:56px">{tables.period_table(found)}</div>'
    )


def _futures(found: FuturesOutlook | None) -> str:
    if found is None:
        return ""
    currency, charts = found.futures.currency, []
    for what, running, title in (
        ("revenue", False, "Revenue by week"),
        ("revenue", True, "Revenue so far"),
        ("margin", True, "Margin so far"),
    ):
        one = found.weeks[what]
        low, mid, high = (money_words(float(value), currency=currency) for value in one.total)
        said = f"{mid} in all in the middle of the futures; eight in ten bring {low} to {high}."
        charts.append(html.chart(html.Chart(one.plot(running=running), title, said)))
    lead = f"{found.many:,} futures, in which deals are won or lost, estimates err, people are away and clients are late; the house plans anew each week, and what it then does need not be this plan."
    if found.left_out:
        lead += f" {plural(len(found.left_out), one='project or deal', many='projects and deals')} without a price and deals that nobody knows of yet are left out."
    return (
        f'<p class="lead">{html.text(lead)}</p><div class="grid wide">{"".join(charts)}</div>'
        f'<div style="margin-top:56px">{tables.futures_table(found)}</div>'
    )


def _budgets(found: ProjectsOutlook) -> str:
    if not found.budgets:
        return ""
    drawn = [one for one in found.budgets if len(one.weeks) > 1][:_DRAWN]
    charts = "".join(
        html.chart(
            html.Chart(one.plot(height=280), one.work_id, tables.budget_words(one, currency=found.money.currency))
        )
        for one in drawn
    )
    grid = f'<div class="grid wide">{charts}</div>' if drawn else ""
    gap = ' style="margin-top:56px"' if drawn else ""
    lead = "Spent until today, and what will be: hours left at what the plan's hours come to. After the plan the pace of its last weeks goes on."
    return f'<p class="lead">{lead}</p>{grid}<div{gap}>{tables.budget_table(found)}</div>'


def _hours(found: ProjectsOutlook) -> str:
    if not len(found.plan.problem.needs):
        return ""
    said = f"{found.undone:,.0f} hours are left undone. Red lacks hours, the deeper the more of what is wanted; green has hours to spare."
    figure = found.plan.plot()
    # Ticks as many as fit on a phone, and the words of the scale upright there.
    figure.update_xaxes(**weeks_axis(found.plan.problem.weeks))
    figure.update_traces(colorbar={"len": 1.0, "tickangle": 0})
    chart = html.chart(html.Chart(figure, "Skills by week", said))
    teams = tables.team_table(found)
    return f'{chart}<div style="margin-top:56px">{tables.short_table(found)}</div><div style="margin-top:56px">{teams}</div>'


def _footer(found: ProjectsOutlook) -> str:
    plan = found.plan
    gap = "" if plan.gap is None else f", at most {plan.gap:.2%} below the best there can be".replace("%", " %")
    versions = ", ".join(f"{name} {version}" for name, version in plan.versions.items())
    return (
        f"<footer><h2>How this was computed</h2><p>{str(plan.status).capitalize()}{html.text(gap)}; {plan.seconds:.1f} s, seed {plan.seed}; "
        f"{html.text(versions)}.</p><p>This page holds all it needs and asks nothing of any network.</p></footer>"
    )
