"""The calibration figure: what was promised against what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.promise.score import Reliability


def calibration(curve: Sequence[Reliability], *, height: int = 320) -> Any:
    """Return the reliability curve as a Plotly figure: the kept share with its interval by stated probability.

    On the dashed line a promise is as good as it says. A point's area grows with the number of promises; a point
    whose interval misses the line is ringed.

    Parameters
    ----------
    curve : groups as `reliability` gives them, at least one.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": template(), "height": height})
    low = min([0.95, *(one.stated for one in curve), *(one.kept.low for one in curve)])
    floor = max(0.0, int(low * 10) / 10 - 0.1 * (low <= int(low * 10) / 10))
    figure.add_scatter(
        x=[floor, 1], y=[floor, 1], mode="lines", hoverinfo="skip",
        line={"color": LIGHT["soft"], "width": 1, "dash": "4px,4px"},
    )  # fmt: skip
    most = max(one.n for one in curve)
    figure.add_scatter(
        x=[one.stated for one in curve], y=[one.kept.estimate for one in curve], mode="markers",
        error_y={
            "type": "data", "symmetric": False, "color": LIGHT["accent"], "thickness": 1.5, "width": 0,
            "array": [one.kept.high - one.kept.estimate for one in curve],
            "arrayminus": [one.kept.estimate - one.kept.low for one in curve],
        },
        marker={
            "color": LIGHT["accent"], "size": [7 + 9 * (one.n / most) ** 0.5 for one in curve],
            "line": {"color": [LIGHT["card"] if one.honest else LIGHT["watch"] for one in curve],
                     "width": [1 if one.honest else 3 for one in curve]},
        },
        customdata=[[one.n, one.kept.low, one.kept.high] for one in curve],
        hovertemplate="stated %{x:.0%}, kept %{y:.1%}<br>%{customdata[1]:.1%} to %{customdata[2]:.1%}, "
        "%{customdata[0]:,} promises<extra></extra>",
    )  # fmt: skip
    axis = {"range": [floor - 0.02, 1.02], "tickformat": ".0%"}
    figure.update_layout(xaxis={**axis, "title": {"text": "stated"}}, yaxis={**axis, "title": {"text": "kept"}})
    return figure
