"""Pictures of an answer: the probability of each day, and who moves for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from troth.capacity.projects.promising.answer import DisplacedJob, StartAnswer
from troth.charts.draw import plotly_text
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: Pixels of a row of who moves, and around them; rows at most.
_ROW: Final = 46
_AROUND: Final = 52
_ROWS: Final = 14
#: Letters of a name at most: a row must fit a phone.
_NAME: Final = 26


def start_fan(answer: StartAnswer, *, start: bool = True, finish: bool = True, height: int = 300) -> Any:
    """Return the probability that a start promised for a day is kept, by day, and of the finish; dates of the levels named.

    Parameters
    ----------
    start, finish : whether each is drawn; a year of finishes leaves little room for the days of a start.

    Returns
    -------
    a Plotly figure.
    """
    figure = _figure(height)
    lines = list[tuple[str, Sequence[date], Sequence[float], Sequence[date | None], str, float]]()
    if start:
        lines.append(("start", answer.days, answer.chances, answer.starts, "accent", 2.5))
    if finish and answer.finish_days:
        alone = ("accent", 2.5) if not start else ("soft", 1.5)
        lines.append(("finish", answer.finish_days, answer.finish_chances, answer.finishes, *alone))
    begins, ends = list[date](), list[date]()
    for name, days, chances, marks, colour, width in lines:
        shown = [(day, chance) for day, chance in zip(days, chances, strict=True) if chance > 0]
        if not shown:
            continue
        # A day's promise is kept or not at its end: the line steps.
        figure.add_scatter(
            x=[(shown[0][0] - timedelta(days=1)).isoformat(), *(day.isoformat() for day, _ in shown)], y=[0.0, *(chance for _, chance in shown)], mode="lines",
            line={"shape": "hv", "color": LIGHT[colour], "width": width},
            hovertemplate=f"{name} by %{{x|%a %-d %b}}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
        for level, day in zip(answer.levels, marks, strict=True):
            if day is not None:
                _mark(figure, name, day, level=level, colour=colour, first=level == min(answer.levels))
                ends.append(day)
        ends.append(next((day for day, chance in shown if chance > 0.98), shown[-1][0]))
        begins.append(shown[0][0] - timedelta(days=1))
    first = min(begins, default=answer.asked)
    last = max(ends, default=first)
    pad = max((last - first).days * 0.04, 1.0) * 86_400_000
    figure.update_layout(
        yaxis={"range": [0, 1.08], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1], "rangemode": "tozero"},
        xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 7, "tickangle": 0, "range": [_at(first, -pad), _at(last, 2 * pad)]},
        margin={"t": 12, "r": 12},
    )  # fmt: skip
    return figure


def displacement(
    moved: Sequence[DisplacedJob], *, names: Mapping[str, str] | None = None, rows: int = _ROWS, finish: bool = True
) -> Any:
    """Return who would move: a row each, as long as the days it moves on average if it does, with how likely that is.

    Parameters
    ----------
    moved : from `displaced`.
    names : what jobs are called, by id.
    rows : shown at most, from the first.
    finish : whether days are of the finish; else of the start.
    """
    shown = list(moved)[:rows]
    figure = _figure(_AROUND + _ROW * max(len(shown), 1))
    most = 1.0
    for k, one in enumerate(shown):
        days, told = _later(one, finish=finish)
        most = max(most, days)
        # How likely is how strong: half seen is seldom, full is sure.
        figure.add_bar(
            x=[days], y=[k + 0.12], orientation="h", width=0.34, hoverinfo="skip",
            marker={"color": LIGHT["accent"], "opacity": 0.25 + 0.75 * one.probability, "line": {"width": 0}},
        )  # fmt: skip
        name = (names or {}).get(one.job_id, one.job_id)
        said = ("sold" if one.sold else f"{one.win:.0%} to be won") + _kept(one)
        name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        figure.add_annotation(
            xref="paper", x=0, y=k - 0.24, xanchor="left", showarrow=False, font={"size": 12, "color": LIGHT["ink"]},
            text=f"{plotly_text(name)}, {said}",
        )  # fmt: skip
        figure.add_annotation(
            x=days, y=k + 0.12, xanchor="left", xshift=5, showarrow=False, text=told,
            font={"size": 12, "color": LIGHT["ink"]},
        )  # fmt: skip
    if not shown:
        figure.add_annotation(
            xref="paper", yref="paper", x=0, y=0.5, xanchor="left", showarrow=False, text="Nobody moves.",
            font={"size": 14, "color": LIGHT["ink"]},
        )  # fmt: skip
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    what = "finish" if finish else "start"
    figure.update_layout(
        xaxis={"range": [0, most * 2.1], "title": {"text": f"days by which the {what} moves, if it does"}, "nticks": 6},
        yaxis={"range": [max(len(shown), 1) - 0.4, -0.55], "tickvals": [], "showgrid": False}, margin={"t": 4, "l": 8, "r": 8},
    )  # fmt: skip
    return figure


def _later(one: DisplacedJob, *, finish: bool) -> tuple[float, str]:
    """Return by how many days it moves, and that in words; of what has only the other end in the time looked at, that one."""
    mine, other = (one.finish_days, one.start_days) if finish else (one.start_days, one.finish_days)
    days = other or 0.0 if mine is None else mine
    what = "" if mine is not None or other is None else "starts " if finish else "ends "
    often = f"{one.probability:.0%}" if one.probability >= 0.005 else "less than 1%"
    return days, f"{what}{days:.0f} {'day' if round(days) == 1 else 'days'} later, likely {often}"


def _kept(one: DisplacedJob) -> str:
    """Return what becomes of its promised start, if that changes."""
    if one.kept_before is None or one.kept_after is None or one.kept_before - one.kept_after < 0.005:
        return ""
    return f", kept {one.kept_before:.0%} → {one.kept_after:.0%}"


def _mark(figure: Any, name: str, day: date, *, level: float, colour: str, first: bool) -> None:
    figure.add_scatter(
        x=[day.isoformat()], y=[level], mode="markers", marker={"color": LIGHT[colour], "size": 8}, cliponaxis=False,
        hovertemplate=f"{name} by %{{x|%a %-d %b %Y}}: {level:.0%}<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=day.isoformat(), y=level, xanchor="left", yanchor="top", xshift=7, yshift=-1, showarrow=False,
        text=f"{name} {day.day} {day:%b}" if first else f"{day.day} {day:%b}", font={"size": 12, "color": LIGHT[colour]},
    )  # fmt: skip


def _at(day: date, ms: float) -> str:
    from datetime import UTC, datetime

    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(milliseconds=ms)).strftime("%Y-%m-%d %H:%M")


def _figure(height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height, "showlegend": False, **layout})
