"""The fan: what came, what is expected, and how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.core.time import Grid, Step
from troth.demand.problem import Bools, Floats, Series

#: Days of history before the fan, at least: of days, and of hours, which are hard to see where there are many.
_BEFORE, _BEFORE_HOURS = 28, 7


def fan(
    grid: Grid,
    *,
    point: Floats,
    levels: Sequence[float],
    low: Floats,
    high: Floats,
    history: Series | None = None,
    closed: Bools | None = None,
    actual: Series | None = None,
    marks: Mapping[date, str] | None = None,
    height: int = 320,
) -> Any:
    """Return the forecast as a Plotly figure: the median, its bands, and as many days of history before.

    Parameters
    ----------
    grid : cells of the forecast; they are drawn on the local wall clock.
    point, low, high : shapes (cells,), (levels, cells), (levels, cells).
    history : its last cells are drawn before, as many as are forecast, a week of hours or four of days at least.
    closed : cells in which nothing is expected because the service is closed; the line has gaps there.
    actual : what has come since, if the forecast is one of the past; drawn over it.
    marks : named days, such as holidays; drawn as lines from the top with their names.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": template(), "height": height})
    at = _walls(grid)
    for place in np.argsort(levels)[::-1]:
        figure.add_scatter(
            x=[*at, *at[::-1]], y=[*high[place], *low[place][::-1]], fill="toself", mode="lines", hoverinfo="skip",
            line={"width": 0}, fillcolor=LIGHT["accent"], opacity=0.16, name=f"{levels[place]:.0%}",
        )  # fmt: skip
    first = at[0] if at else None
    before = _BEFORE if grid.step is Step.DAY else _BEFORE_HOURS
    if history is not None:
        seen = max(len(at), round(len(at) / max((grid.end - grid.start).days, 1)) * before)
        labels = _walls(history.grid)[-seen:]
        first = labels[0] if labels else first
        _line(figure, labels, history.values[-seen:], colour=LIGHT["soft"], said="came")
    limits = np.stack([low[int(np.argmax(levels))], high[int(np.argmax(levels))]], axis=1) if len(levels) else None
    figure.add_scatter(
        x=at, y=point if closed is None else np.where(closed, np.nan, point), mode="lines", line={"color": LIGHT["accent"], "width": 2}, name="expected", customdata=limits,
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:,.3~g} expected, %{customdata[0]:,.3~g} to %{customdata[1]:,.3~g}"
        "<extra></extra>",
    )  # fmt: skip
    if actual is not None and at:
        labels = _walls(actual.grid)
        kept = [k for k, label in enumerate(labels) if at[0] <= label <= at[-1]]
        _line(figure, [labels[k] for k in kept], actual.values[kept], colour=LIGHT["ink"], said="came")
    figure.update_layout(
        yaxis={"rangemode": "tozero"},
        xaxis={"tickangle": 0, "tickformat": "%a %-d %b" if grid.step is not Step.DAY else "%-d %b"},
    )
    last = at[-1] if at else None
    for day, name in (marks or {}).items():
        noon = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # drawn on the wall clock
        if first is not None and last is not None and first <= noon <= last:
            _mark(figure, noon if grid.step is Step.DAY else noon + timedelta(hours=12), name)
    return figure


def _walls(grid: Grid) -> list[datetime]:
    return [label.replace(tzinfo=None) for label in grid.labels()]


def _line(figure: Any, at: Sequence[datetime], values: Floats, *, colour: str, said: str) -> None:
    figure.add_scatter(
        x=list(at), y=values, mode="lines", line={"color": colour, "width": 1}, name=said,
        hovertemplate=f"%{{x|%a %d %b %H:%M}}<br>%{{y:,.3~g}} {said}<extra></extra>",
    )  # fmt: skip


def _mark(figure: Any, at: datetime, name: str) -> None:
    """Draw a named day: a dotted line, its name at the top."""
    figure.add_shape(
        type="line",
        x0=at,
        x1=at,
        xref="x",
        y0=0,
        y1=1,
        yref="paper",
        line={"color": LIGHT["watch"], "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=at, y=1, xref="x", yref="paper", text=name if len(name) <= 24 else f"{name[:23]}\u2026", hovertext=name, showarrow=False, xanchor="right", yanchor="top", textangle=-90,
        font={"size": 12, "color": LIGHT["watch"]},
    )  # fmt: skip
