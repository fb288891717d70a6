"""Pictures of courses of the twin: who waits when, figures of plans side by side, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.charts.draw import value_axis
from troth.charts.numbers import number
from troth.charts.template import template
from troth.charts.tokens import LIGHT, PALETTE
from troth.core.spans import zone
from troth.queueing.twin.courses import TwinCourses

Floats = NDArray[np.float64]
#: Colours of plans, the base first, which is neutral.
PLANS: Final = (LIGHT["soft"], LIGHT["accent"], PALETTE[5], PALETTE[6], PALETTE[1])
#: So many courses are drawn as dots at most.
_DOTS: Final = 200


def _figure(height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height, **layout})


def words(text: str) -> str:
    """Make text safe for Plotly, which reads a few HTML tags in labels and hovers."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def waiting(found: TwinCourses, *, values: Floats, time_zone: str, staff: bool = False, height: int = 260) -> Any:
    """Return how many wait over time: the mean, and bands within which half and nine in ten courses are.

    Parameters
    ----------
    values : shape (replications, cells).
    staff : draw the agents on duty as a dashed line, too.
    """
    at = _clock(found, time_zone)
    figure = _figure(height)
    for low, high, colour in ((0.05, 0.95, "wash"), (0.25, 0.75, "band")):
        limits = [np.append(v, v[-1]) for v in np.quantile(values, (low, high), axis=0)]
        edge: dict[str, Any] = {"width": 0, "shape": "hv"}
        figure.add_scatter(x=at, y=limits[0], mode="lines", line=edge, hoverinfo="skip")
        figure.add_scatter(
            x=at, y=limits[1], mode="lines", line=edge, fill="tonexty", fillcolor=LIGHT[colour], hoverinfo="skip"
        )
    mean, (low, high) = values.mean(axis=0), np.quantile(values, (0.05, 0.95), axis=0)
    figure.add_scatter(
        x=at, y=np.append(mean, mean[-1]), mode="lines", line={"color": LIGHT["accent"], "width": 2, "shape": "hv"},
        customdata=[f"{m:.1f} wait, nine in ten courses {a:.1f} to {b:.1f}, {d:.3g} on duty" for m, a, b, d in zip(mean, low, high, found.on_duty, strict=True)],
        hovertemplate="%{x|%H:%M}: %{customdata}<extra></extra>",
    )  # fmt: skip
    top = float(high.max(initial=1.0))
    if staff:
        top = max(top, float(found.on_duty.max(initial=0.0)))
        figure.add_scatter(
            x=at, y=np.append(found.on_duty, found.on_duty[-1]), mode="lines", hoverinfo="skip",
            line={"color": LIGHT["soft"], "width": 1.5, "dash": "4px,3px", "shape": "hv"},
        )  # fmt: skip
    figure.update_layout(yaxis=value_axis(0.0, top, unit="count", zero=True), xaxis=_time_axis(found))
    return figure


def compared_waiting(found: Mapping[str, TwinCourses], *, time_zone: str, height: int = 280) -> Any:
    """Return how many wait over time on average under each plan, with the base's band of nine in ten courses."""
    figure, top = _figure(height), 1.0
    for k, (name, one) in enumerate(found.items()):
        at, values = _clock(one, time_zone), one.waiting.sum(axis=1)
        if k == 0:
            low, high = (np.append(v, v[-1]) for v in np.quantile(values, (0.05, 0.95), axis=0))
            edge: dict[str, Any] = {"width": 0, "shape": "hv"}
            figure.add_scatter(x=at, y=low, mode="lines", line=edge, hoverinfo="skip")
            figure.add_scatter(
                x=at, y=high, mode="lines", line=edge, fill="tonexty", fillcolor=LIGHT["faint"], hoverinfo="skip"
            )
            top = max(top, float(high.max()))
        mean = values.mean(axis=0)
        top = max(top, float(mean.max()))
        figure.add_scatter(
            x=at, y=np.append(mean, mean[-1]), mode="lines", name=words(name),
            line={"color": PLANS[k % len(PLANS)], "width": 2, "shape": "hv"},
            hovertemplate=f"%{{x|%H:%M}}: %{{y:.1f}} wait, {words(name)}<extra></extra>",
        )  # fmt: skip
    first = next(iter(found.values()))
    figure.update_layout(yaxis=value_axis(0.0, top, unit="count", zero=True), xaxis=_time_axis(first))
    return figure


def side_by_side(values: Mapping[str, Floats], *, unit: str) -> Any:
    """Return the courses of each plan as dots above each other, with the mean as a line.

    Parameters
    ----------
    values : by plan a figure of each course, shape (replications,).
    """
    figure = _rows(list(values))
    known = np.concatenate([v[np.isfinite(v)] for v in values.values()])
    for k, mine in enumerate(values.values()):
        _dots(figure, mine[np.isfinite(mine)], row=k, colour=PLANS[k % len(PLANS)], unit=unit)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    figure.update_layout(xaxis=_flat(value_axis(low, high, unit=unit)))
    return figure


def differences(values: Mapping[str, Floats], *, unit: str) -> Any:
    """Return the differences of pairs of courses to the base as dots, with mean and 95 % interval, around nought."""
    figure = _rows(list(values) if len(values) > 1 else [""])
    known = np.concatenate([np.zeros(1), *(v[np.isfinite(v)] for v in values.values())])
    for k, mine in enumerate(values.values(), start=1):
        _dots(figure, mine[np.isfinite(mine)], row=k - 1, colour=PLANS[k % len(PLANS)], unit=unit)
    figure.add_vline(x=0, line={"color": LIGHT["ink"], "width": 1, "dash": "2px,3px"})
    axis = value_axis(float(known.min()), float(known.max()), unit=unit)
    if unit == "share":
        # The unit is said once, else words would run into each other.
        ticks = [word.removesuffix(" %") for word in axis["ticktext"]]
        axis["ticktext"] = [*ticks[:-1], f"{ticks[-1]} points"]
    figure.update_layout(xaxis=_flat(axis))
    return figure


def _rows(names: Sequence[str]) -> Any:
    figure = _figure(56 + 62 * len(names))
    figure.update_layout(
        yaxis={"range": [len(names) - 0.4, -0.62], "tickvals": [], "showgrid": False},
        margin={"t": 4, "r": 12},
    )  # fmt: skip
    for k, name in enumerate(names):
        figure.add_annotation(
            xref="paper", x=0, y=k - 0.36, text=words(name), showarrow=False, xanchor="left", yanchor="middle",
            font={"size": 12, "color": LIGHT["ink"]}, bgcolor=LIGHT["card"], borderpad=1,
        )  # fmt: skip
    return figure


def _dots(figure: Any, values: Floats, *, row: int, colour: str, unit: str) -> None:
    """Draw courses as dots spread within a row by their number, so that the same course is at the same height."""
    if not len(values):
        return
    drawn = values[:_DOTS]
    spread = (np.arange(len(drawn)) * 0.618034) % 1.0  # golden section: even, and no chance
    figure.add_scatter(
        x=drawn, y=row + 0.06 + (spread - 0.5) * 0.5, mode="markers", marker={"color": colour, "size": 5, "opacity": 0.45},
        customdata=[number(v, unit=unit) for v in drawn], hovertemplate="one course: %{customdata}<extra></extra>",
    )  # fmt: skip
    mean = float(values.mean())
    figure.add_scatter(
        x=[mean, mean], y=[row - 0.24, row + 0.36], mode="lines", line={"color": LIGHT["ink"], "width": 2},
        hovertemplate=f"mean {number(mean, unit=unit)}<extra></extra>",
    )  # fmt: skip


def _flat(axis: Mapping[str, Any]) -> dict[str, Any]:
    return {**axis, "showgrid": True, "showline": True}


def _clock(found: TwinCourses, time_zone: str) -> list[str]:
    tz = zone(time_zone)
    return [at.astimezone(tz).replace(tzinfo=None).isoformat() for at in found.edges]


def _time_axis(found: TwinCourses) -> dict[str, Any]:
    long = found.edges[-1] - found.edges[0] > timedelta(hours=30)
    return {"type": "date", "tickformat": "%a %-d %b" if long else "%H:%M", "nticks": 8, "tickangle": 0}
