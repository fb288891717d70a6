"""Figures of staffing: what each agent more buys, and the staff of a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from troth.charts.draw import value_axis
from troth.charts.numbers import number
from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.queueing.erlang.staffing import Staffing
from troth.queueing.erlang.table import Alternatives


def shares(shown: Alternatives, *, level: float | None, chosen: float, height: int = 300) -> Any:
    """Return service level, occupancy and abandonment against staff; the chosen staff ringed, the level asked dashed.

    Parameters
    ----------
    shown : sizes of staff in order.
    level : service level asked for, if one was.
    chosen : the staff to ring.
    """
    staff = shown.found.staff
    figure = _figure(height)
    if level is not None:
        figure.add_scatter(
            x=[staff[0], staff[-1]], y=[level, level], mode="lines", hoverinfo="skip",
            line={"color": LIGHT["soft"], "width": 1, "dash": "4px,4px"},
        )  # fmt: skip
    lines = [("in time", shown.level, LIGHT["accent"], 3.0), ("occupied", shown.found.occupancy, LIGHT["soft"], 1.5)]
    if np.any(shown.found.abandoned > 0):
        lines.append(("given up", shown.found.abandoned, LIGHT["late"], 1.5))
    _draw(figure, lines, staff)
    _name_ends(figure, lines, staff)
    _ring(figure, staff, shown.level, chosen)
    axis = {"range": [-0.02, 1.04], "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1], "tickformat": ".0%"}
    figure.update_layout(yaxis=axis, xaxis=_staff_axis(staff), margin={"r": 72})
    return figure


def waits(shown: Alternatives, *, chosen: float, height: int = 300) -> Any:
    """Return the mean wait of the answered and the wait of nine in ten against staff."""
    finite = np.isfinite(shown.p90_s) & np.isfinite(shown.found.mean_answer_s)
    staff = shown.found.staff[finite]
    figure = _figure(height)
    lines = [
        ("mean", shown.found.mean_answer_s[finite], LIGHT["accent"], 3.0),
        ("9 in 10", shown.p90_s[finite], LIGHT["soft"], 1.5),
    ]
    _draw(figure, lines, staff, unit="s")
    _ring(figure, staff, lines[0][1], chosen)
    high = max([1.0, *(float(v) for _, values, _, _ in lines for v in values)])
    for words, values, colour, _ in lines if len(staff) else []:  # waits part where staff is short, and meet at 0
        figure.add_annotation(
            x=staff[0],
            y=values[0],
            text=words,
            showarrow=False,
            xanchor="left",
            xshift=9,
            yshift=9,
            font={"size": 12, "color": colour},
        )
    axis = value_axis(0.0, high, unit="s", zero=True)
    axis["range"] = [-0.04 * axis["range"][1], axis["range"][1]]  # room for the ring
    figure.update_layout(yaxis=axis, xaxis=_staff_axis(shown.found.staff))
    return figure


def day(shown: Staffing, *, labels: Sequence[str], height: int = 300) -> Any:
    """Return the staff of many intervals as steps, with the load as a line below it.

    Parameters
    ----------
    shown : staff of intervals in order, shape (intervals,).
    labels : what each interval is called, in order.
    """
    figure = _figure(height)
    staff, load = np.ravel(shown.staff), np.broadcast_to(shown.traffic.erlangs, shown.staff.shape).ravel()
    places = list(range(len(staff)))
    peak = int(np.argmax(staff))
    for values, colour, width, words, side in (
        (load, LIGHT["soft"], 1.5, "erlangs", "top"),
        (staff, LIGHT["accent"], 2.5, "agents", "bottom"),
    ):
        figure.add_scatter(
            x=places, y=values, mode="lines", line={"shape": "hvh", "color": colour, "width": width}, customdata=list(labels),
            hovertemplate=f"%{{customdata}}: %{{y:,.3~g}} {words}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=places[peak], y=float(values[peak]), text=words, showarrow=False, yanchor=side, font={"size": 12, "color": colour},
        )  # fmt: skip
    every = max(1, -(-len(places) // 6))
    ticks = {"tickvals": places[::every], "ticktext": list(labels)[::every], "tickangle": 0}
    figure.update_layout(
        yaxis=value_axis(0.0, float(max(staff.max(initial=1), 1)), unit="count", zero=True),
        xaxis=ticks,
        margin={"t": 20},
    )
    return figure


def _figure(height: int) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height})


def _draw(figure: Any, lines: Sequence[tuple[str, Any, str, float]], staff: Any, *, unit: str = "share") -> None:
    for words, values, colour, width in lines:
        figure.add_scatter(
            x=staff, y=values, mode="lines+markers", line={"color": colour, "width": width}, marker={"size": 5 + width, "color": colour},
            customdata=[number(float(v), unit=unit) for v in values],
            hovertemplate=f"%{{x:,.4~g}} agents: %{{customdata}} {words}<extra></extra>",
        )  # fmt: skip


def _name_ends(figure: Any, lines: Sequence[tuple[str, Any, str, float]], staff: Any) -> None:
    """Write the names of lines of shares beside their ends, moved apart where they would meet."""
    last = -np.inf
    for value, words, colour in sorted((float(values[-1]), words, colour) for words, values, colour, _ in lines):
        last = max(value, last + 0.075)
        figure.add_annotation(
            x=float(staff[-1]),
            y=last,
            text=words,
            showarrow=False,
            xanchor="left",
            xshift=9,
            yshift=9,
            font={"size": 12, "color": colour},
        )


def _ring(figure: Any, staff: Any, values: Any, chosen: float) -> None:
    here = np.flatnonzero(np.asarray(staff) == chosen)
    if len(here):
        figure.add_scatter(
            x=[chosen], y=[values[here[0]]], mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 18, "color": LIGHT["ink"], "line": {"width": 1.5}},
        )  # fmt: skip


def _staff_axis(staff: Any) -> dict[str, Any]:
    every = max(1, -(-len(staff) // 12))
    return {
        "title": {"text": "agents at work"},
        "tickvals": list(staff[::every]),
        "tickformat": ",.4~g",
        "tickangle": 0,
    }
