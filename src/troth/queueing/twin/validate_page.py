"""One self-contained page: days as they were against days as simulated."""

from __future__ import annotations

from typing import Any

from troth.charts import page as html
from troth.charts.numbers import number
from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.queueing.twin.validate import Validation


def page(made: Validation) -> str:
    """Return the page: the share held, each figure's place within its interval, and all numbers."""
    title = "Does the simulation live through days as they were?"
    answer = f"{number(made.held, unit='share')} of the real figures lie within the simulated 90 % interval"
    rows = [
        [html.Cell(cell.date.isoformat()), html.Cell(cell.figure)]
        + [
            html.Cell(_words(value, cell.figure), sort=value, figure=True)
            for value in (cell.real, cell.low, cell.mean, cell.high)
        ]
        + [html.Cell("within" if cell.holds else "outside")]
        for cell in made.cells
    ]
    heads = ["day", "figure", "real", "from", "mean", "to", "real is"]
    table = html.table(heads, rows=rows, caption="Figures by day", name="cells")
    shown = html.Chart(
        plot(made), "Where reality lies", "One dot a day: within the band reality lies in the 90 % interval."
    )
    body = (
        f'<main id="main"><header class="top"><h1>{html.text(title)}</h1><p class="answer">{html.text(answer)}</p></header>'
        f'<section><div class="grid wide">{html.chart(shown)}</div></section><section><h2>Figures</h2>{table}</section></main>'
    )
    return html.page(body, title=title)


def _words(value: float, figure: str) -> str:
    """Return a value as people say it: shares in per cent, times in seconds or minutes, and numbers."""
    if figure.startswith(("share", "in ", "occupancy")):
        return number(value, unit="share")
    return (
        number(value, unit="s")
        if "wait of" in figure or figure.endswith(" wait") or "handle" in figure
        else f"{value:,.4g}"
    )


def plot(made: Validation) -> Any:
    """Return the figure of reality within intervals: 0 is the lower limit, 1 the upper one."""
    import plotly.graph_objects as go

    cells = [cell for cell in made.cells if cell.high > cell.low]
    names = list(dict.fromkeys(cell.figure for cell in cells))
    figure = go.Figure(layout={"template": template(), "height": 140 + 22 * len(names)})
    figure.add_vrect(x0=0, x1=1, fillcolor=LIGHT["band"], line_width=0, layer="below")
    figure.add_scatter(
        x=[max(min((cell.real - cell.low) / (cell.high - cell.low), 2.0), -1.0) for cell in cells],
        y=[cell.figure for cell in cells], mode="markers", marker={"color": LIGHT["accent"], "size": 8},
        customdata=[f"{cell.date}: {_words(cell.real, cell.figure)} against {_words(cell.low, cell.figure)} to {_words(cell.high, cell.figure)}" for cell in cells],
        hovertemplate="%{y}, %{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"range": [-1.1, 2.1], "tickvals": [0, 1], "ticktext": ["lower limit", "upper limit"]},
        yaxis={"autorange": "reversed", "automargin": True, "dtick": 1},
    )
    return figure
