"""Stretches of time in lanes: what counted solid, what did not hatched, hours of business shaded behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from troth.charts.draw import plotly_text
from troth.charts.numbers import duration, when
from troth.charts.template import template
from troth.charts.tokens import LIGHT

_LANE: Final = 46
_THICK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a lane.

    Parameters
    ----------
    start, end : aware, on the wall clock to be shown.
    what : words for the hover.
    counted : solid if so, else hatched.
    late : whether it lies beyond what was allowed.
    """

    start: datetime
    end: datetime
    what: str
    counted: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture.

    Parameters
    ----------
    name : what it is.
    note : its number in words, written at its end.
    bars : its stretches.
    hours : when business was open, shaded behind.
    due : an instant marked with a line, with its word.
    """

    name: str
    note: str
    bars: Sequence[Stretch]
    hours: Sequence[tuple[datetime, datetime]] = ()
    due: tuple[datetime, str] | None = None


def lanes(shown: Sequence[Lane]) -> Any:
    """Return the lanes one below the other over one axis of time, all times on the wall clock they come with."""
    import plotly.graph_objects as go

    instants = [at for lane in shown for bar in lane.bars for at in (bar.start, bar.end)]
    instants += [at for lane in shown for span in lane.hours for at in span] + [
        lane.due[0] for lane in shown if lane.due
    ]
    figure = go.Figure(layout={"template": template(), "height": 56 + _LANE * max(len(shown), 1)})
    for place, lane in enumerate(shown):
        for since, until in lane.hours:
            figure.add_shape(
                type="rect", x0=_wall(since), x1=_wall(until), y0=place - 0.45, y1=place + 0.45, layer="below",
                fillcolor=LIGHT["band"], line={"width": 0},
            )  # fmt: skip
        _draw(figure, lane, place)
        if lane.due is not None:
            _mark(figure, lane.due, place)
    if instants:
        low, high = min(instants), max(instants)
        room = (high - low) * 0.02
        figure.update_layout(
            xaxis={"type": "date", "range": [_wall(low - room), _wall(high + room)], "nticks": 5, "tickangle": 0}
        )
    figure.update_layout(
        barmode="overlay",
        margin={"t": 16},
        yaxis={
            "tickvals": list(range(len(shown))), "ticktext": [f"{plotly_text(lane.name)}<br>{plotly_text(lane.note)}" for lane in shown],
            "range": [len(shown) - 0.45, -0.55], "showgrid": False,
        },
    )  # fmt: skip
    return figure


def _draw(figure: Any, lane: Lane, place: int) -> None:
    for bar in lane.bars:
        colour = LIGHT["late"] if bar.late else LIGHT["accent"]
        look: dict[str, Any] = {"color": colour, "line": {"width": 0}}
        if not bar.counted:
            look = {
                "color": LIGHT["card"], "line": {"color": LIGHT["soft"], "width": 1},
                "pattern": {"shape": "/", "fgcolor": LIGHT["soft"], "size": 6, "solidity": 0.2},
            }  # fmt: skip
        length = (bar.end - bar.start).total_seconds()
        told = f"{plotly_text(bar.what)}: {duration(length)}<br>{when(bar.start)} to {when(bar.end)}"
        figure.add_bar(
            x=[length * 1000], base=[_wall(bar.start)], y=[place], orientation="h", width=_THICK, marker=look,
            customdata=[told], hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _mark(figure: Any, due: tuple[datetime, str], place: int) -> None:
    at, word = due
    figure.add_shape(
        type="line",
        x0=_wall(at),
        x1=_wall(at),
        y0=place - 0.45,
        y1=place + 0.45,
        line={"color": LIGHT["ink"], "width": 2},
    )
    figure.add_annotation(
        x=_wall(at), y=place - 0.45, yanchor="bottom", showarrow=False, text=plotly_text(word), font={"size": 11, "color": LIGHT["ink"]},
        bgcolor=LIGHT["card"], borderpad=1,
    )  # fmt: skip


def _wall(at: datetime) -> str:
    """Return an instant as its wall clock shows it; Plotly knows no time zones."""
    return at.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
