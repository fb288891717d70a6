"""Figures of staffing: people by interval, with the band of what possible futures need."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.capacity.staffing.problem import Counts, Floats, StaffingProblem
from troth.charts.draw import value_axis
from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.core.time import zone


def requirement(
    problem: StaffingProblem, *, staff: Counts, band: tuple[Floats, Floats] | None = None, height: int = 320
) -> Any:
    """Return people at work by interval as steps, over the band of what paths need.

    Parameters
    ----------
    staff : people, shape (intervals,).
    band : the lowest and the highest need of the usual paths, of the same shape; None draws none.
    """
    import plotly.graph_objects as go

    tz = zone(problem.time_zone)
    at = [one.astimezone(tz).replace(tzinfo=None) for one in problem.instants()]
    figure = go.Figure(layout={"template": template(), "height": height, "showlegend": False})
    if band is not None:
        _band(figure, at, *band)
    values = [*staff.tolist(), int(staff[-1]) if len(staff) else 0]
    figure.add_scatter(
        x=at, y=values, mode="lines", line={"shape": "hv", "color": LIGHT["accent"], "width": 2.5},
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.0f} at work<extra></extra>",
    )  # fmt: skip
    high = float(max([1.0, *values, *(band[1].tolist() if band is not None else ())]))
    axis = value_axis(0.0, high, unit="count", zero=True)
    if high <= 5:  # people are whole
        axis |= {"tickvals": list(range(int(high) + 1)), "ticktext": [str(k) for k in range(int(high) + 1)]}
    figure.update_layout(yaxis=axis)
    days = len(problem.days()[0])
    if 2 <= days <= 14:  # days by name, each as far as there is room
        figure.update_xaxes(tickformat="%a %-d", dtick=86_400_000 * (1 if days <= 8 else 2), ticklabelmode="instant")
    return figure


def _band(figure: Any, at: list[Any], *needs: Floats) -> None:
    low, high = (np.append(one, one[-1:]) for one in needs)
    for values, fill in ((high, None), (low, "tonexty")):
        figure.add_scatter(
            x=at, y=values, mode="lines", line={"shape": "hv", "width": 0, "color": LIGHT["accent"]}, fill=fill,
            fillcolor=LIGHT["band"], hoverinfo="skip",
        )  # fmt: skip
