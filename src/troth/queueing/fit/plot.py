"""Figures of fits: what was seen against what was fitted."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from troth.charts.draw import value_axis
from troth.charts.numbers import LOG_TICKS, duration, time_ticks
from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.queueing.fit.lengths import Floats, Lengths, StepHazard
from troth.queueing.fit.survival import Survival


def lengths(seen: Floats, *, fitted: Lengths, name: str, bins: int = 40, height: int = 300) -> Any:
    """Return bars of what was seen over a logarithmic axis of time, and the best fit's share of each bar as a line."""
    edges = np.geomspace(max(float(np.quantile(seen, 0.002)), 0.5), float(seen[-1]) * 1.0001, bins + 1)
    logs = np.log10(edges)
    counts = np.histogram(np.maximum(seen, edges[0]), bins=edges)[0] / len(seen)
    rest = fitted.survival(edges)
    share = rest[:-1] - rest[1:]
    share[0] += 1 - rest[0]
    share[-1] += rest[-1]
    middle = (logs[:-1] + logs[1:]) / 2
    figure = _figure(height)
    said = [f"{duration(a)} to {duration(b)}" for a, b in pairwise(edges.tolist())]
    figure.add_bar(
        x=middle, y=counts, width=np.diff(logs), marker={"color": LIGHT["band"]}, customdata=said,
        hovertemplate="%{customdata}: %{y:.1%} seen<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=middle, y=share, mode="lines", line={"color": LIGHT["accent"], "width": 2}, customdata=said,
        hovertemplate="%{customdata}: %{y:.1%} fitted<extra></extra>",
    )  # fmt: skip
    top = int(np.argmax(share))
    figure.add_annotation(
        x=middle[top], y=float(share[top]), text=name, showarrow=False, yanchor="bottom", yshift=4,
        font={"size": 12, "color": LIGHT["accent"]},
    )  # fmt: skip
    ticks = [(float(np.log10(at)), word) for at, word in LOG_TICKS if logs[0] <= np.log10(at) <= logs[-1]]
    high = float(max(counts.max(), share.max())) * 1.1
    figure.update_layout(
        bargap=0, yaxis=value_axis(0.0, high, unit="share", zero=True),
        xaxis={"tickvals": [at for at, _ in ticks], "ticktext": [word for _, word in ticks], "range": [logs[0], logs[-1]]},
    )  # fmt: skip
    return figure


def patience(seen: Survival, *, fitted: Lengths, name: str, height: int = 300) -> Any:
    """Return the share still patient with its band as a staircase, and the best fit as a line."""
    end = reach(seen)
    at = np.concatenate([[0.0], seen.at[seen.at <= end]])
    n = len(at) - 1
    share, low, high = (np.concatenate([[1.0], part[:n]]) for part in (seen.share, seen.low, seen.high))
    figure = _figure(height)
    for part, fill in ((high, None), (low, "tonexty")):
        figure.add_scatter(
            x=at,
            y=part,
            mode="lines",
            line={"width": 0, "shape": "hv"},
            fill=fill,
            fillcolor=LIGHT["band"],
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=at, y=share, mode="lines", line={"color": LIGHT["soft"], "width": 1.5, "shape": "hv"},
        customdata=[[duration(t), f"{a:.0%} to {b:.0%}"] for t, a, b in zip(at, low, high, strict=True)],
        hovertemplate="%{customdata[0]}: %{y:.1%} still patient (%{customdata[1]})<extra></extra>",
    )  # fmt: skip
    x = np.linspace(0, end, 200)
    line = fitted.survival(x)
    figure.add_scatter(
        x=x, y=line, mode="lines", line={"color": LIGHT["accent"], "width": 2}, customdata=[duration(t) for t in x],
        hovertemplate="%{customdata}: %{y:.1%} fitted<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=x[60], y=float(line[60]), text=name, showarrow=False, xanchor="left", yanchor="bottom", xshift=6, yshift=4,
        font={"size": 12, "color": LIGHT["accent"]},
    )  # fmt: skip
    figure.update_layout(
        yaxis={**value_axis(0.0, 1.0, unit="share", zero=True), "range": [0, 1.03]}, xaxis=_time_axis(end)
    )
    return figure


def hazard(seen: StepHazard, *, end_s: float, fitted: Lengths, height: int = 300) -> Any:
    """Return the share of those still waiting who give up in the next minute, in steps as seen and as the best fit has it."""
    edges = np.append(np.array(seen.edges), max(end_s, seen.edges[-1] + 1.0))
    rates = -np.expm1(-60 * np.array(seen.rates))
    figure = _figure(height)
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=rates, width=np.diff(edges) * 0.92, marker={"color": LIGHT["band"]},
        customdata=[f"{duration(a)} to {duration(b)}" for a, b in pairwise(edges.tolist())],
        hovertemplate="after %{customdata}: %{y:.1%} within a minute<extra></extra>",
    )  # fmt: skip
    x = np.linspace(end_s / 1000, end_s, 200)
    line = -np.expm1(-60 * np.exp(fitted.log_pdf(x)) / fitted.survival(x))
    figure.add_scatter(
        x=x, y=line, mode="lines", line={"color": LIGHT["accent"], "width": 2}, customdata=[duration(t) for t in x],
        hovertemplate="after %{customdata}: %{y:.1%} within a minute, fitted<extra></extra>",
    )  # fmt: skip
    high = float(max(rates.max(), line.max()))
    figure.update_layout(bargap=0, yaxis=value_axis(0.0, high, unit="share", zero=True), xaxis=_time_axis(end_s))
    return figure


def reach(seen: Survival) -> float:
    """Return how far a figure goes: while at least one in a hundred of the waits last."""
    many = np.flatnonzero(seen.at_risk >= max(0.01 * seen.at_risk[0], 1))
    return float(seen.at[many[-1]]) or 1.0


def _figure(height: int) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height})


def _time_axis(end: float) -> dict[str, Any]:
    places, words = time_ticks(0.0, end)
    return {"range": [0, end], "tickvals": places, "ticktext": words, "title": {"text": "time waited"}, "tickangle": 0}
