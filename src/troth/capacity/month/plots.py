"""Pictures of a month: people needed and people rostered, figures of the month as ranges, and day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from troth.capacity.month.prospect import Floats, ForeseenFigure
from troth.charts.draw import plotly_text, value_axis
from troth.charts.numbers import between, number
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: Pixels of a row of ranges, and around them.
_ROW: Final = 46
_AROUND: Final = 46
#: So many futures are drawn as dots.
_DOTS: Final = 150


def _figure(height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height, "showlegend": False, **layout})


def ranges(figures: Sequence[ForeseenFigure], *, names: Sequence[str]) -> Any:
    """Return each figure of the whole time as a row: futures as dots, the range of nine in ten as a bar, the median as a line.

    Parameters
    ----------
    figures : of one kind and unit.
    names : of the rows.
    """
    figure = _figure(_AROUND + _ROW * len(figures))
    low, high = [], []
    for row, one in enumerate(figures):
        values = one.whole[np.isfinite(one.whole)]
        if not len(values):
            continue
        a, b = one.band()
        dots = values[:_DOTS]
        spread = (np.arange(len(dots)) * 0.618034) % 1.0  # golden section: even, and no chance
        figure.add_scatter(
            x=dots, y=row + 0.1 + (spread - 0.5) * 0.44, mode="markers", marker={"color": LIGHT["accent"], "size": 4, "opacity": 0.35},
            customdata=[number(v, unit=one.unit) for v in dots], hovertemplate="one future: %{customdata}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[a, b], y=[row + 0.1] * 2, mode="lines", line={"color": LIGHT["accent"], "width": 3},
            hovertemplate=f"nine in ten futures: {between(a, b, unit=one.unit)}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[one.median] * 2, y=[row - 0.18, row + 0.38], mode="lines", line={"color": LIGHT["ink"], "width": 2},
            hovertemplate=f"median {number(one.median, unit=one.unit)}<extra></extra>",
        )  # fmt: skip
        if one.aim is not None:
            figure.add_scatter(
                x=[one.aim] * 2, y=[row - 0.22, row + 0.42], mode="lines", line={"color": LIGHT["watch"], "width": 1.5, "dash": "3px,3px"},
                hovertemplate=f"aim {number(one.aim, unit=one.unit)}<extra></extra>",
            )  # fmt: skip
        figure.add_annotation(
            xref="paper", x=0, y=row - 0.32, text=plotly_text(names[row]), showarrow=False, xanchor="left", yanchor="middle",
            font={"size": 12, "color": LIGHT["ink"]}, bgcolor=LIGHT["card"], borderpad=1,
        )  # fmt: skip
        low.append(min(float(values.min()), one.aim if one.aim is not None else np.inf))
        high.append(max(float(values.max()), one.aim if one.aim is not None else -np.inf))
    axis = value_axis(min(low, default=0.0), max(high, default=1.0), unit=figures[0].unit if figures else "count")
    figure.update_layout(
        xaxis={**axis, "showgrid": True, "showline": True, "tickangle": 0},
        yaxis={"range": [len(figures) - 0.4, -0.6], "tickvals": [], "showgrid": False}, margin={"t": 4, "r": 12, "l": 8},
    )  # fmt: skip
    return figure


def daily(one: ForeseenFigure, *, days: Sequence[date], height: int = 220) -> Any:
    """Return a figure by day: the median, and the range of nine in ten futures as a bar; the aim as a dashed line."""
    low, mid, high = one.days()
    known = np.flatnonzero(np.isfinite(mid)).tolist()
    at = [days[k].isoformat() for k in known]
    figure = _figure(height)
    figure.add_bar(
        x=at, base=low[known], y=(high - low)[known], width=0.5 * 86_400_000,
        marker={"color": LIGHT["accent"], "opacity": 0.22, "line": {"width": 0}}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=mid[known], mode="markers", marker={"color": LIGHT["accent"], "size": 7}, cliponaxis=False,
        customdata=[f"{days[k]:%a} {days[k].day} {days[k]:%b}: {number(mid[k], unit=one.unit)}, nine in ten futures {between(low[k], high[k], unit=one.unit)}" for k in known],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    ends = [*low[known], *high[known], *([one.aim] if one.aim is not None else [])]
    if one.aim is not None and len(known):
        figure.add_scatter(
            x=[at[0], at[-1]], y=[one.aim] * 2, mode="lines", hoverinfo="skip",
            line={"color": LIGHT["watch"], "width": 1, "dash": "4px,4px"},
        )  # fmt: skip
        figure.add_annotation(
            xref="paper", x=1, xshift=4, y=one.aim, xanchor="left", yanchor="middle", showarrow=False, align="left",
            text=f"aim<br>{number(one.aim, unit=one.unit)}", font={"size": 11, "color": LIGHT["watch"]},
        )  # fmt: skip
    zero = one.unit != "share"
    mondays = [day.isoformat() for day in days if day.weekday() == 0] or [one_.isoformat() for one_ in days[:1]]
    figure.update_layout(
        yaxis=value_axis(float(min(ends, default=0.0)), float(max(ends, default=1.0)), unit=one.unit, zero=zero),
        xaxis={"type": "date", "tickformat": "%-d %b", "tickvals": mondays if len(days) > 8 else at, "tickangle": 0},
        margin={"t": 10, "r": 48 if one.aim is not None else 12},
    )  # fmt: skip
    return figure


def needed_and_there(
    at: Sequence[Any], *, needed: Floats, there: Floats, low: Floats, high: Floats, height: int = 280
) -> Any:
    """Return people needed as a band and a line, and people rostered who are not on a break as another.

    Parameters
    ----------
    at : wall clock at the limits of intervals, one more than there are.
    needed, there, low, high : people by interval.
    """
    figure = _figure(height)
    for values, fill in ((high, None), (low, "tonexty")):
        figure.add_scatter(
            x=list(at), y=np.append(values, values[-1:]), mode="lines", line={"shape": "hv", "width": 0, "color": LIGHT["accent"]},
            fill=fill, fillcolor=LIGHT["band"], hoverinfo="skip",
        )  # fmt: skip
    for values, colour, width, said in ((needed, "accent", 2, "needed"), (there, "ink", 1.5, "there")):
        figure.add_scatter(
            x=list(at), y=np.append(values, values[-1:]), mode="lines", line={"shape": "hv", "color": LIGHT[colour], "width": width},
            hovertemplate=f"%{{x|%a %-d %b %H:%M}}<br>%{{y:.3~g}} {said}<extra></extra>",
        )  # fmt: skip
    top = float(max([1.0, *needed, *there, *high]))
    figure.update_layout(
        yaxis=value_axis(0.0, top, unit="count", zero=True), xaxis={"tickangle": 0, "tickformat": "%a %-d %b"}
    )
    return figure
