"""The fan: what came, what is expected, and how sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.core.time import Grid
from troth.demand.problem import Floats, Series


def fan(
    grid: Grid,
    *,
    point: Floats,
    levels: Sequence[float],
    low: Floats,
    high: Floats,
    history: Series | None = None,
    height: int = 320,
) -> Any:
    """Return the forecast as a Plotly figure: the median, its bands, and as many days of history before.

    Parameters
    ----------
    grid : cells of the forecast; they are drawn on the local wall clock.
    point, low, high : shapes (cells,), (levels, cells), (levels, cells).
    history : its last cells are drawn before, as many as are forecast and two weeks at least.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": template(), "height": height})
    at = [label.replace(tzinfo=None) for label in grid.labels()]
    for place in np.argsort(levels)[::-1]:
        figure.add_scatter(
            x=[*at, *at[::-1]], y=[*high[place], *low[place][::-1]], fill="toself", mode="lines", hoverinfo="skip",
            line={"width": 0}, fillcolor=LIGHT["band"], opacity=0.75, name=f"{levels[place]:.0%}",
        )  # fmt: skip
    if history is not None:
        seen = max(len(at), round(len(at) / max((grid.end - grid.start).days, 1)) * 14)
        labels = [label.replace(tzinfo=None) for label in history.grid.labels()[-seen:]]
        figure.add_scatter(
            x=labels, y=history.values[-seen:], mode="lines", line={"color": LIGHT["soft"], "width": 1}, name="came",
            hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:,.3~g} came<extra></extra>",
        )  # fmt: skip
    limits = np.stack([low[int(np.argmax(levels))], high[int(np.argmax(levels))]], axis=1) if len(levels) else None
    figure.add_scatter(
        x=at, y=point, mode="lines", line={"color": LIGHT["accent"], "width": 2}, name="expected", customdata=limits,
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:,.3~g} expected, %{customdata[0]:,.3~g} to %{customdata[1]:,.3~g}"
        "<extra></extra>",
    )  # fmt: skip
    figure.update_layout(yaxis={"rangemode": "tozero"})
    return figure
