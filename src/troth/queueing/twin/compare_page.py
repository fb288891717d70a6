"""One self-contained page about plans compared: the difference first, then courses side by side, pairs, and who waits when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from troth.charts import page as html
from troth.charts.numbers import exact, number, plural
from troth.queueing.twin import plots
from troth.queueing.twin.courses import TwinCourses
from troth.queueing.twin.measure import Numbers
from troth.queueing.twin.plans import PlanDifference, Plans, of_all
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.run_page import when

#: By which figure plans are told apart in the first line, the first there is.
_FIRST = ("speed.answer/mean_wait", "speed.answer", "sla.service_level", "flow.abandonment")
_SIGNS = {"better": ("ok", "\u2713"), "worse": ("late", "\u25b2")}


def page(problem: TwinProblem, *, found: Plans, over: Mapping[str, TwinCourses], seed: int) -> str:
    """Return the page.

    Parameters
    ----------
    problem : the base.
    over : courses of each plan, the base first.
    """
    title, kinds = "What would differ?", found.kinds()
    pairs = len(next(iter(found.courses(next(iter(kinds))).values())))
    names = list(found.lots)
    colours = ["var(--soft)", "var(--accent)", *plots.PLANS[2:]]
    legend = "".join(
        f'<span class="chip"><span aria-hidden="true" style="color:{colours[k % len(colours)]}">\u25cf</span> {html.text(name)}</span>'
        for k, name in enumerate(names)
    )
    waiting = html.Chart(
        plots.compared_waiting(over, time_zone=problem.time_zone), "All together",
        f"How many wait on average; the band is where nine in ten courses of {names[0]} lie.", note=f'<div class="chips">{legend}</div>',
    )  # fmt: skip
    body = (
        f'<main id="main"><header class="top"><p class="over">{html.text(when(problem))}</p><h1>{title}</h1>'
        f'<p class="answer">{html.text(_answer(found))}</p><div class="strip">{_cards(found)}</div>'
        f'<p class="note">{plural(pairs, one="pair")} of courses under the same chance, seed {seed}: the same customers come, need as long and are as patient. '
        f"An interval tells where the mean difference lies with 95 % confidence, each on its own.</p></header>"
        f'<section><h2>What differs, pair by pair?</h2><p class="lead">Each dot is one course with the same customers: the plan less {html.text(names[0])}. The line is the mean.</p>'
        f'<div class="grid">{_differences(found)}</div></section>'
        f'<section><h2>Side by side</h2><p class="lead">Each dot is one course, the line their mean. Where courses of two plans lie among each other, one day tells little.</p>'
        f'<div class="grid">{_levels(found)}</div></section>'
        f'<section><h2>Who waits when?</h2><div class="grid wide">{html.chart(waiting)}</div></section>'
        f"<section><h2>Differences</h2>{_table(found)}</section></main>"
    )  # fmt: skip
    return html.page(body, title=title)


def first(found: Plans) -> str:
    """Return the name of the figure by which plans are told apart first."""
    kinds = found.kinds()
    return next((name for name in _FIRST if name in kinds), next(iter(kinds)))


def _answer(found: Plans) -> str:
    name = first(found)
    rows = [one for one in of_all(found) if one.figure.kpi == name]
    if not rows:
        return "Nothing to compare"
    best = min(rows, key=lambda one: (one.verdict != "better", -abs(one.figure.mean)))
    return sentence(best)


def sentence(one: PlanDifference) -> str:
    """Return a difference in words with its interval."""
    f = one.figure
    title = f.title[:1].lower() + f.title[1:]
    if one.verdict in {"open", "the same"}:
        return f"{title[:1].upper()}{title[1:]} hardly differs with {one.plan}: {signed(f.mean, unit=f.unit)} ({span(one.figure.low, one.figure.high, unit=one.figure.unit)})"
    way = "down" if f.mean < 0 else "up"
    return f"{title[:1].upper()}{title[1:]} {way} by {_size(abs(f.mean), f.unit)} with {one.plan} ({span(one.figure.low, one.figure.high, unit=one.figure.unit)})"


def _size(value: float, unit: str) -> str:
    return f"{100 * value:.1f} points" if unit == "share" else number(value, unit=unit)


def signed(value: float, *, unit: str) -> str:
    """Return a difference in words with its sign; of shares in points of a hundred.

    Examples
    --------
    >>> signed(0.034, unit="share"), signed(12.0, unit="s")
    ('+3.4 points', '+12 s')
    """
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return f"{sign}{_size(abs(value), unit)}"


def span(low: float, high: float, *, unit: str) -> str:
    """Return the interval of a difference, with its unit said once where both ends share it.

    Examples
    --------
    >>> span(0.023, 0.026, unit="share"), span(-12.0, 4.0, unit="s")
    ('+2.3 to +2.6 points', '\u221212 to +4.0 s')
    """
    first, second = signed(low, unit=unit), signed(high, unit=unit)
    value, gap, word = first.partition(" ")
    return f"{value} to {second}" if gap and second.endswith(gap + word) else f"{first} to {second}"


def _cards(found: Plans) -> str:
    rows = of_all(found)
    many = len({one.plan for one in rows}) > 1
    shown = (
        [one for one in rows if one.figure.kpi == first(found)]
        if many
        else [one for one in rows if one.figure.direction != "neither" or one.verdict == "differs"]
    )
    return "".join(_card(one, one.plan if many else one.figure.title) for one in shown[:6])


def _card(one: PlanDifference, title: str) -> str:
    kind, sign = _SIGNS.get(one.verdict, ("none", "\u25cb"))
    unit = one.figure.unit
    return (
        f'<div class="card big {kind}"><span class="what">{html.text(title)}</span>'
        f'<span class="value" title="{html.text(exact(one.figure.mean, unit=unit))}">{_large(signed(one.figure.mean, unit=unit))}</span>'
        f'<span class="status {kind}"><span aria-hidden="true">{sign}</span> {one.verdict}</span>'
        f'<span class="small">{html.text(span(one.figure.low, one.figure.high, unit=one.figure.unit))}<br>{html.text(number(one.before, unit=unit))} became {html.text(number(one.after, unit=unit))}</span></div>'
    )


def _large(words: str) -> str:
    """Return a difference with a long unit in small letters, so that it stays on one line."""
    value, points, _ = words.partition(" points")
    return f'{html.text(value)}<small style="font-size:.5em"> points</small>' if points else html.text(words)


def _differences(found: Plans) -> str:
    base, charts = next(iter(found.lots)), []
    for name, kpi in found.kinds().items():
        values = found.courses(name)
        apart = {plan: mine - values[base] for plan, mine in values.items() if plan != base}
        if kpi.direction == "neither" and all(not np.nan_to_num(v).any() for v in apart.values()):
            continue
        said = "; ".join(
            f"{f'{one.plan}: ' if len(found.lots) > 2 else ''}{signed(one.figure.mean, unit=kpi.unit)} ({span(one.figure.low, one.figure.high, unit=one.figure.unit)})"
            for one in of_all(found)
            if one.figure.kpi == name
        )
        charts.append(html.Chart(plots.differences(apart, unit=str(kpi.unit)), kpi.title, said))
    return "".join(html.chart(one) for one in charts)


def _levels(found: Plans) -> str:
    charts = []
    for name, kpi in found.kinds().items():
        values = _shortly(found.courses(name))
        first_, *others = values.values()
        if kpi.direction == "neither" and all(np.array_equal(first_, one, equal_nan=True) for one in others):
            continue
        said = "; ".join(f"{plan}: {number(_mean(mine), unit=str(kpi.unit))}" for plan, mine in values.items())
        charts.append(html.Chart(plots.side_by_side(values, unit=str(kpi.unit)), kpi.title, said))
    return "".join(html.chart(one) for one in charts)


def _mean(values: Numbers) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _shortly(by_plan: dict[str, Numbers]) -> dict[str, Numbers]:
    """Return values by plan; a plan that is the only one needs no name of its own."""
    base, *others = by_plan
    return by_plan if len(others) > 1 else {base: by_plan[base], "the plan": by_plan[others[0]]}


def _table(found: Plans) -> str:
    base = next(iter(found.lots))
    rows = [
        [
            html.Cell(one.plan), html.Cell(one.figure.member), html.Cell(one.figure.title),
            html.Cell(number(one.before, unit=one.figure.unit), one.before if one.before == one.before else None, figure=True),
            html.Cell(number(one.after, unit=one.figure.unit), one.after if one.after == one.after else None, figure=True),
            html.Cell(signed(one.figure.mean, unit=one.figure.unit), one.figure.mean, exact(one.figure.mean, unit=one.figure.unit), figure=True),
            html.Cell(span(one.figure.low, one.figure.high, unit=one.figure.unit), one.figure.low, figure=True), html.Cell(one.verdict),
        ]
        for one in found.differences
    ]  # fmt: skip
    heads = ["plan", "of", "figure", base, "plan's", "difference", "difference lies in (95 %)", "is it?"]
    return html.table(heads, rows=rows, caption="Differences of plans", name="plans")
