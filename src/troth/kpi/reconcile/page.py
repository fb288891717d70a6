"""One page of other products' figures beside ours: a dot a case, coloured by the cause of the difference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from troth.charts import page as html
from troth.charts.draw import plotly_text
from troth.charts.numbers import LOG_TICKS, number, plural
from troth.charts.template import template
from troth.charts.tokens import LIGHT, PALETTE
from troth.kpi.reconcile.result import Compared, Reconciled, Reconciliation
from troth.kpi.reconcile.vendors import Sort
from troth.kpi.reconcile.words import PLAIN, meaning

#: Dots of one cause in a chart, and rows of cases in a table; more are told of.
_DOTS, _ROWS = 600, 200
_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "star", "pentagon", "hexagon")


def reconcile_page(found: Reconciliation) -> str:
    """Return the page, self-contained."""
    cases = sum(len(one.cases) for one in found.figures)
    open_ = sum(one.count("unexplained") for one in found.figures)
    differ = sum(sum(one.causes.values()) for one in found.figures)
    title = "Their figures beside ours"
    answer = f"{differ:,} of {cases:,} figures differ, {open_:,} of them unexplained"
    what = "Ours is computed by the named definition. A cause is a change to it, alone or with one other, that gives theirs."
    parts = [
        f'<header class="top"><h1>{title}</h1><p class="answer">{answer}</p><p class="note">{what}</p></header>',
        f"<section>{_summary(found.figures)}</section>",
        *(_section(one) for one in found.figures),
    ]
    if found.issues:
        listed = "".join(f"<li>{html.text(issue)}</li>" for issue in found.issues)
        parts.append(f"<section><h2>What to know</h2><ul>{listed}</ul></section>")
    return html.page(f'<main id="main">{"".join(parts)}</main>', title=title)


def _summary(figures: Sequence[Reconciled]) -> str:
    rows = []
    for one in figures:
        counts = (
            len(one.cases),
            one.count("equal"),
            one.count("rounding"),
            sum(one.causes.values()),
            one.count("unexplained"),
        )
        cells = [html.Cell(f"{count:,}", sort=count, figure=True) for count in counts]
        rows.append([html.Cell(f"{one.figure.vendor} {one.figure.name}"), html.Cell(one.figure.kpi), *cells])
    heads = ["their figure", "ours", "cases", "equal", "rounded", "differ", "unexplained"]
    return html.table(heads, rows=rows, caption="Figures", name="figures")


def _section(one: Reconciled) -> str:
    """Return the part of the page about one figure."""
    name = f"{one.figure.vendor}: {one.figure.name.replace('_', ' ')}"
    unit = "s" if one.figure.sort is Sort.LENGTH else "count"
    differ = sum(one.causes.values())
    top = next((said for said in one.causes if said != "unexplained"), None)
    said = f"{differ:,} of {plural(len(one.cases), one='case')} differ"
    said += f"; most by {top.replace('_', ' ')}: {meaning(top)} ({one.causes[top]:,})" if top else ""
    chart = html.chart(html.Chart(_plot(one, unit), f"Theirs against {one.figure.kpi}", said, note=_note(one)))
    return (
        f'<section><h2>{html.text(name)}</h2><div class="grid wide">{chart}</div><div class="more"><h3>Causes</h3>{_causes(one)}</div>'
        f"<details><summary>Cases that differ</summary>{_cases(one, unit)}</details></section>"
    )


def _note(one: Reconciled) -> str:
    if one.figure.sort is not Sort.LENGTH:
        return ""
    return '<p class="note">On the line both are the same. Times of less than a second are drawn at one.</p>'


def colours(figure: Reconciled) -> dict[str, str]:
    """Return the colour of every cause of a figure: quiet where nothing differs, loud where nothing explains."""
    told = {
        "equal": LIGHT["soft"],
        "rounding": LIGHT["soft"],
        "unexplained": LIGHT["late"],
        "missing-event": LIGHT["watch"],
    }
    others = [said for said in figure.causes if said not in told]
    return told | {said: PALETTE[place % (len(PALETTE) - 1)] for place, said in enumerate(others)}


def _plot(one: Reconciled, unit: str) -> Any:
    """Return theirs against ours, a dot a case; of verdicts, how many each cause has."""
    return _dots(one) if unit == "s" else _bars(one)


def _dots(one: Reconciled) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": template(), "height": 420})
    paint = colours(one)
    shown = [case for case in one.cases if case.ours is not None]
    ends = [max(value, 1.0) for case in shown for value in (case.theirs, case.ours or 0.0)] or [1.0, 60.0]
    low, high = math.log10(min(ends)) - 0.1, math.log10(max(ends)) + 0.1
    figure.add_trace(go.Scatter(x=[10**low, 10**high], y=[10**low, 10**high], mode="lines", line={"color": LIGHT["hair"]}, hoverinfo="skip", showlegend=False))  # fmt: skip
    for place, said in enumerate(dict.fromkeys(["equal", "rounding", *one.causes])):
        mine = [case for case in shown if case.said == said]
        if not mine:
            continue
        dots = _thinned(mine)
        name = f"{said} ({len(mine):,})"
        figure.add_trace(
            go.Scatter(
                x=[max(case.ours or 0.0, 1.0) for case in dots], y=[max(case.theirs, 1.0) for case in dots], mode="markers",
                name=plotly_text(name), text=[plotly_text(_hover(case, said)) for case in dots], hoverinfo="text",
                marker={"color": paint[said], "size": 7, "opacity": 0.75, "symbol": _SYMBOLS[place % len(_SYMBOLS)]},
            )
        )  # fmt: skip
    ticks = [(at, word) for at, word in LOG_TICKS if low <= math.log10(at) <= high]
    axis = {"type": "log", "range": [low, high], "tickvals": [a for a, _ in ticks], "ticktext": [w for _, w in ticks]}
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, margin={"t": 48},
        xaxis={**axis, "title": {"text": "ours"}}, yaxis={**axis, "title": {"text": "theirs"}},
    )  # fmt: skip
    return figure


def _bars(one: Reconciled) -> Any:
    import plotly.graph_objects as go

    said = [name for name in ("equal", "rounding", *one.causes) if one.count(name)][::-1]
    paint = colours(one)
    figure = go.Figure(layout={"template": template(), "height": 80 + 34 * len(said)})
    counts = [one.count(name) for name in said]
    figure.add_trace(
        go.Bar(
            x=counts, y=[plotly_text(name) for name in said], orientation="h", marker={"color": [paint[name] for name in said]},
            text=[f"{count:,}" for count in counts], textposition="outside", cliponaxis=False, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.update_layout(xaxis={"showticklabels": False, "range": [0, max(counts, default=1) * 1.15]}, margin={"r": 48})
    return figure


def _thinned(cases: Sequence[Compared]) -> Sequence[Compared]:
    """Return at most so many cases, evenly over their order."""
    step = max(1, -(-len(cases) // _DOTS))
    return cases[::step]


def _hover(case: Compared, said: str) -> str:
    return f"{case.name}: theirs {number(case.theirs, unit='s')}, ours {number(case.ours, unit='s')}: {said}"


def _causes(one: Reconciled) -> str:
    paint = colours(one)
    tallies = {"+".join(tally.codes): tally for tally in one.tallies}
    rows = []
    for said, count in {name: n for name in ("equal", "rounding") if (n := one.count(name))}.items():
        rows.append(_cause(said, count, "", "", paint[said]))
    for said, count in one.causes.items():
        tally = tallies.get(said)
        words = (f"{tally.settles:,}", f"{tally.breaks:,}") if tally else ("", "")
        rows.append(_cause(said, count, *words, paint[said]))
    for said, tally in tallies.items():
        if said not in one.causes:
            rows.append(_cause(said, 0, f"{tally.settles:,}", f"{tally.breaks:,}", LIGHT["faint"]))
    heads = ["cause", "cases", "would settle", "would break", "what it means"]
    return html.table(heads, rows=rows, caption=f"Causes: {one.figure.name}", name=f"causes-{one.figure.name}")


def _cause(said: str, count: int, settles: str, breaks: str, colour: str) -> list[html.Cell]:
    token = next((f"var(--{name})" for name, value in LIGHT.items() if value == colour), colour)
    mark = f'<span aria-hidden="true" style="color:{token}">&#9679;</span> {html.text(said)}'
    figures = (html.Cell(word, sort=float(word.replace(",", "") or -1), figure=True) for word in (settles, breaks))
    return [
        html.Cell(said, html=mark),
        html.Cell(f"{count:,}", sort=count, figure=True),
        *figures,
        html.Cell(meaning(said)),
    ]


def _cases(one: Reconciled, unit: str) -> str:
    """Return the cases that differ as a table, those that nothing explains first, then the widest apart."""
    worst = sorted(ranked(one.cases), key=lambda case: case.said != "unexplained")[:_ROWS]
    rows = [
        [
            html.Cell(case.name), _length(case.theirs, unit), _length(case.ours, unit),
            _length(None if case.ours is None else case.theirs - case.ours, unit), html.Cell(case.said),
        ]
        for case in worst
    ]  # fmt: skip
    heads = ["case", "theirs", "ours", "theirs less ours", "cause"]
    return html.table(heads, rows=rows, caption=f"Cases: {one.figure.name}", name=f"cases-{one.figure.name}")


def ranked(cases: Iterable[Compared]) -> list[Compared]:
    """Return the cases that differ, the widest apart first."""
    differ = [case for case in cases if case.said not in PLAIN or case.said in ("unexplained", "missing-event")]
    return sorted(differ, key=lambda case: (-abs(case.theirs - (case.ours or 0.0)), case.name))


def _length(value: float | None, unit: str) -> html.Cell:
    return html.Cell(number(value, unit=unit), sort=value if value is not None else -1.0, figure=True)
