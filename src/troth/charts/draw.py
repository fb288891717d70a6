"""Figures for the eye, from plain numbers: trend with limits, distribution, heat map, bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from troth.charts.numbers import LOG_TICKS, nice_step, number, time_ticks
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: At most so many signals are named in a chart; the others are ringed and named in its table.
_NAMED: Final = 1


@dataclass(frozen=True, slots=True)
class Trend:
    """What a trend shows, point by point.

    Parameters
    ----------
    at : ISO dates, one a point.
    values : in `unit`; None is a gap.
    unit : one of `terms.Unit`.
    hover : words for each point.
    firm : whether a point can no longer change; the others are drawn hollow.
    centre, low, high : of the control chart, one a point; empty without one.
    signals : place and rule in words of what is more than chance, the first point of each run.
    ringed : places of all points that complete a rule.
    target : a line to compare with.
    """

    at: Sequence[str]
    values: Sequence[float | None]
    unit: str
    hover: Sequence[str]
    firm: Sequence[bool]
    centre: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    signals: Sequence[tuple[int, str]] = ()
    ringed: Sequence[int] = ()
    target: float | None = None


def _figure(height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height, **layout})


def plotly_text(text: str) -> str:
    """Make text safe for Plotly, which reads a few HTML tags in labels and hovers."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def value_axis(low: float, high: float, *, unit: str, zero: bool = False) -> dict[str, Any]:
    """Return an axis of values with round ticks in the words of the unit."""
    if zero:
        low = min(low, 0.0)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    top = high + room
    bottom = 0.0 if zero and low >= 0 else low - room
    if low >= 0:
        bottom = max(bottom, 0.0)
    if unit == "share":
        top = min(top, 1.0) if high <= 1.0 else top
        top = max(top, bottom + 0.02)
    if unit == "s":
        places, words = time_ticks(bottom, top)
    else:
        step = nice_step(top - bottom)
        first = int(-(-bottom // step))
        places = [k * step for k in range(first, int(top // step) + 1)]
        words = [_tick(p, step, unit) for p in places]
    return {"range": [bottom, top], "tickvals": places, "ticktext": words}


def _tick(place: float, step: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * place:.1f} %" if step < 0.01 else f"{100 * place:.0f} %"
    return f"{place:,.0f}" if step >= 1 else f"{place:g}"


def trend(shown: Trend, *, height: int = 200) -> Any:
    """Return a trend: points, centre and limits, signals ringed and the first ones named, target as a dashed line."""
    known = [v for v in shown.values if v is not None]
    extremes = [*known, *shown.low, *shown.high, *([shown.target] if shown.target is not None else [])]
    figure = _figure(height)
    every = max(1, -(-len(shown.at) // 6))
    figure.update_layout(
        yaxis=value_axis(min(extremes), max(extremes), unit=shown.unit),
        xaxis={"type": "date", "tickformat": "%-d %b", "tickvals": list(shown.at[::every]), "tickangle": 0},
        margin={"t": 20, "r": 52},
    )
    if len(shown.centre):
        _limits(figure, shown)
    if shown.target is not None:
        figure.add_scatter(
            x=[shown.at[0], shown.at[-1]], y=[shown.target] * 2, mode="lines", hoverinfo="skip",
            line={"color": LIGHT["soft"], "width": 1, "dash": "4px,4px"},
        )  # fmt: skip
        # In the margin, where no line of data can run through it.
        figure.add_annotation(
            xref="paper", x=1, xshift=4, y=shown.target, xanchor="left", yanchor="middle", showarrow=False, align="left",
            text=f"target<br>{number(shown.target, unit=shown.unit)}", font={"size": 11, "color": LIGHT["soft"]},
        )  # fmt: skip
    if shown.ringed:
        figure.add_scatter(
            x=[shown.at[i] for i in shown.ringed], y=[shown.values[i] for i in shown.ringed], mode="markers",
            marker={"symbol": "circle-open", "size": 15 if len(shown.at) <= 30 else 12, "color": LIGHT["watch"], "line": {"width": 1.5}},
            hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=list(shown.at), y=list(shown.values), mode="lines+markers", connectgaps=False,
        line={"color": LIGHT["accent"], "width": 2},
        marker={
            "size": 6 if len(shown.at) <= 30 else 4, "color": [LIGHT["accent"] if firm else LIGHT["card"] for firm in shown.firm],
            "line": {"color": LIGHT["accent"], "width": 1.5},
        },
        text=[plotly_text(h).replace("\n", "<br>") for h in shown.hover], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    if shown.signals:
        # Room for a name above the highest point.
        bottom, top = figure.layout.yaxis.range
        figure.layout.yaxis.range = [bottom, top + 0.1 * (top - bottom)]
    _name_signals(figure, shown)
    return figure


def _limits(figure: Any, shown: Trend) -> None:
    edge = {"width": 0}
    figure.add_scatter(x=list(shown.at), y=list(shown.low), mode="lines", line=edge, hoverinfo="skip")
    figure.add_scatter(
        x=list(shown.at), y=list(shown.high), mode="lines", line=edge, fill="tonexty", fillcolor=LIGHT["wash"],
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=list(shown.at), y=list(shown.centre), mode="lines", line={"color": LIGHT["soft"], "width": 1},
        hoverinfo="skip",
    )  # fmt: skip


def _name_signals(figure: Any, shown: Trend) -> None:
    """Name the latest signals beside their points, towards the middle of the chart so that nothing is cut."""
    taken: list[int] = []
    bottom, top = figure.layout.yaxis.range
    for place, words in reversed(list(shown.signals)):
        value = shown.values[place]
        if value is None or len(taken) == _NAMED or any(abs(place - t) < len(shown.at) / 3 for t in taken):
            continue
        taken.append(place)
        # Below the point only where it does not run into the dates.
        above = len(shown.centre) == 0 or value >= shown.centre[place] or value < bottom + 0.25 * (top - bottom)
        side = "right" if place > 0.6 * len(shown.at) else "left" if place < 0.4 * len(shown.at) else "center"
        figure.add_annotation(
            x=shown.at[place], y=value, text=plotly_text(words), showarrow=False, xanchor=side,
            yshift=13 if above else -13, yanchor="bottom" if above else "top",
            font={"size": 11, "color": LIGHT["watch"]}, bgcolor=LIGHT["card"], borderpad=1,
        )  # fmt: skip


def distribution(
    edges: Sequence[float], *, counts: Sequence[int], marks: Sequence[tuple[str, float]], height: int = 230
) -> Any:
    """Return bars of counts over a logarithmic axis of time, with named places marked.

    Parameters
    ----------
    edges : limits of the bars in seconds, one more than there are counts.
    counts : how many fell into each.
    marks : names and seconds, such as ``("P90", 662.0)``.
    """
    import math

    total = sum(counts) or 1
    logs = [math.log10(max(e, 1e-9)) for e in edges]
    middle = [(a + b) / 2 for a, b in pairwise(logs)]
    below, so_far = [], 0
    for count in counts:
        so_far += count
        below.append(so_far / total)
    figure = _figure(height)
    figure.add_bar(
        x=middle, y=[c / total for c in counts], width=[b - a for a, b in pairwise(logs)],
        marker={"color": LIGHT["accent"], "line": {"color": LIGHT["card"], "width": 1}},
        customdata=[
            [number(a, unit="s"), number(b, unit="s"), f"{c:,}", f"{100 * d:.1f} %"]
            for a, b, c, d in zip(edges, edges[1:], counts, below, strict=False)
        ],
        hovertemplate="%{customdata[0]} to %{customdata[1]}: %{customdata[2]} (%{y:.1%})<br>%{customdata[3]} took less than %{customdata[1]}<extra></extra>",
    )  # fmt: skip
    high = max(counts, default=1) / total
    # What took less than the first class has no place on such an axis; it is counted there and said so.
    ticks = [
        (math.log10(at), f"\u2264 {word}" if at <= edges[0] <= 1.0 else word)
        for at, word in LOG_TICKS
        if logs[0] - 0.01 <= math.log10(at) <= logs[-1] + 0.01
    ]
    figure.update_layout(
        bargap=0,
        margin={"t": 12 + 15 * len(marks)},
        xaxis={"tickvals": [t for t, _ in ticks], "ticktext": [w for _, w in ticks], "range": [logs[0], logs[-1]]},
        yaxis=value_axis(0.0, high, unit="share", zero=True),
    )
    for row, (name, at) in enumerate(marks):
        _mark(
            figure,
            math.log10(max(at, 10 ** logs[0])),
            f"{name} {number(at, unit='s')}",
            (logs[0] + logs[-1]) / 2,
            len(marks) - row,
        )
    return figure


def _mark(figure: Any, at: float, words: str, middle: float, row: int) -> None:
    """Draw a line up from the axis with its name above the plot, a row each so that names never meet."""
    figure.add_shape(
        type="line", x0=at, x1=at, yref="paper", y0=0, y1=1, line={"color": LIGHT["ink"], "width": 1, "dash": "2px,3px"}
    )
    figure.add_shape(
        type="line", x0=at, x1=at, yref="paper", ysizemode="pixel", yanchor=1, y0=0, y1=15 * row,
        line={"color": LIGHT["hair"], "width": 1},
    )  # fmt: skip
    figure.add_annotation(
        x=at, yref="paper", y=1, yshift=15 * (row - 1), text=words, showarrow=False, yanchor="bottom",
        xanchor="right" if at > middle else "left", font={"size": 11, "color": LIGHT["ink"]},
    )  # fmt: skip


def heat_map(
    grid: Sequence[Sequence[float | None]], *, rows: Sequence[str], columns: Sequence[str], what: str, height: int = 250
) -> Any:
    """Return a heat map from card (none) to accent (most).

    Parameters
    ----------
    grid : shape (rows, columns); None is "did not occur".
    rows, columns : their names.
    what : what is counted, for the hover: "contacts an hour".
    """
    figure = _figure(height)
    figure.add_heatmap(
        z=[list(line) for line in grid], x=list(columns), y=list(rows), xgap=2, ygap=2, zmin=0,
        colorscale=[[0.0, LIGHT["faint"]], [1.0, LIGHT["accent"]]], showscale=False,
        hovertemplate=f"%{{y}} %{{x}}:00: %{{z:.1f}} {plotly_text(what)}<extra></extra>", hoverongaps=False,
    )  # fmt: skip
    figure.update_layout(
        yaxis={"autorange": "reversed", "showgrid": False, "tickmode": "array", "tickvals": list(rows)},
        xaxis={"showgrid": False, "showline": False, "type": "category", "nticks": 12, "tickangle": 0},
    )
    return figure


def bars(names: Sequence[str], *, values: Sequence[float], unit: str = "count", height: int = 200) -> Any:
    """Return upright bars from zero, each with its value above it."""
    figure = _figure(height)
    figure.add_bar(
        x=list(names), y=list(values), marker={"color": LIGHT["accent"]}, width=0.72,
        text=[number(v, unit=unit) for v in values], textposition="outside", cliponaxis=False,
        textfont={"size": 12, "color": LIGHT["ink"]}, hovertemplate="%{x}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        yaxis={
            **value_axis(0.0, max([*values, 1]) * 1.08, unit=unit, zero=True),
            "showticklabels": False,
            "showgrid": False,
        },
        xaxis={"type": "category", "tickangle": 0},
        margin={"t": 20},
    )
    return figure


def area(at: Sequence[str], *, values: Sequence[float | None], unit: str = "count", height: int = 220) -> Any:
    """Return a filled line from zero: a stock over time."""
    figure = _figure(height)
    figure.add_scatter(
        x=list(at), y=list(values), mode="lines", line={"color": LIGHT["accent"], "width": 2}, fill="tozeroy",
        fillcolor=LIGHT["wash"], text=[number(v, unit=unit) for v in values],
        hovertemplate="%{x|%a %-d %b %Y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        yaxis=value_axis(0.0, max([v for v in values if v is not None] or [1.0]), unit=unit, zero=True),
        xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 8, "tickangle": 0},
    )
    return figure


def sparkline(values: Sequence[float | None], *, words: str, width: int = 96, height: int = 28) -> str:
    """Return a small line as inline SVG with its last point marked; empty for fewer than three values.

    Parameters
    ----------
    values : in order; None is a gap.
    words : what a screen reader says.
    """
    from html import escape

    known = [v for v in values if v is not None]
    if len(known) < 3:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (width - 8) / max(len(values) - 1, 1)

    def place(i: int, v: float) -> tuple[float, float]:
        return 4 + i * step, height - 4 - (v - low) / span * (height - 8)

    points = [place(i, v) if v is not None else None for i, v in enumerate(values)]
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    last = next(p for p in reversed(points) if p is not None)
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(words, quote=True)}"><path d="{"".join(path)}"/>'
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.5"/></svg>'
    )
