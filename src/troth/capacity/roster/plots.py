"""The picture of a roster: people by days with their shifts, the cover above, broken rules and requests as marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from troth.capacity.roster._cover import people_by_slot
from troth.capacity.roster.export import clock, words
from troth.capacity.roster.problem import OFF, Duty, RosterProblem
from troth.capacity.roster.rules import RULES, Violation, violations
from troth.charts.draw import plotly_text
from troth.charts.numbers import day as day_words
from troth.charts.template import template
from troth.charts.tokens import LIGHT, member_colours

#: Pixels of a person's row if there are few and if there are many, of the cover above, and around.
_ROW, _NARROW, _MANY, _RIBBON, _AROUND = 26, 15, 40, 90, 92
_NAME: Final = 16
_HARD: Final = "broken"


def roster_grid(problem: RosterProblem, duties: Sequence[Duty]) -> Any:
    """Return the picture as a `plotly.graph_objects.Figure`.

    Above, how many people are missing (down) and too many (up). Below a row for each person: shifts coloured by kind, or
    by activity if there is one kind only; crosses where a hard rule is broken, beyond the last day those of the whole
    horizon; filled dots are requests honoured, rings requests that are not.
    """
    import plotly.graph_objects as go

    found = violations(problem, duties)
    people = max(1, len(problem.staff))
    rows = people * (_NARROW if people > _MANY else _ROW)
    height = rows + _RIBBON + _AROUND
    figure = go.Figure(layout={"template": template(), "height": height})
    top = rows / (rows + _RIBBON + 16)
    _shade(figure, problem)
    _bars(figure, problem, duties)
    _marks(figure, problem, found)
    _ribbon(figure, problem, duties, found)
    size = 10 if people > _MANY else 12
    names = [plotly_text(_short(one.agent_id)) for one in problem.staff]
    figure.update_layout(
        barmode="overlay", bargap=0.25, margin={"t": 44, "l": 8, "r": 8, "b": 24}, showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "font": {"size": 11}, "itemclick": False,
                "itemdoubleclick": False, "itemwidth": 30},
        xaxis=_days(problem),
        yaxis={"domain": [0, top], "tickvals": list(range(len(names))), "ticktext": names, "tickfont": {"size": size},
               "range": [len(names) - 0.4, -0.6], "showgrid": False},
        yaxis2={"domain": [1 - _RIBBON / (rows + _RIBBON + 16), 1], "nticks": 4, "zeroline": True, "tickformat": "~d", "tickfont": {"size": 11}},
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _days(problem: RosterProblem) -> dict[str, Any]:
    """Return the axis of days: each one's number if there is room, the month with the first and each Monday."""
    step = 1 if problem.days <= 10 else 7
    first = -problem.first_date.weekday() % step if step > 1 else 0
    marked = list(range(first, problem.days, step)) or [0]
    told = [
        f"{problem.date_of(d):%a}<br>{problem.date_of(d).day} {problem.date_of(d):%b}"
        if step == 1
        else day_words(problem.date_of(d)).rsplit(" ", 1)[0]
        for d in marked
    ]
    shown = {"tickvals": [d + 0.5 for d in marked], "ticktext": told} if step == 1 else {
        "tickvals": marked, "ticktext": told, "ticklabelposition": "outside right"
    }  # fmt: skip
    return {
        **shown, "range": [-0.05, problem.days + 0.7], "anchor": "y", "tickangle": 0, "side": "bottom",
        "tickfont": {"size": 11}, "showgrid": step > 1, "gridcolor": LIGHT["hair"], "showline": False,
    }  # fmt: skip


def _shade(figure: Any, problem: RosterProblem) -> None:
    """Shade weekends, and days of leave a little darker."""
    for d in range(problem.days):
        if problem.date_of(d).weekday() >= 5:
            figure.add_shape(
                type="rect", x0=d, x1=d + 1, y0=0, y1=1, yref="paper", layer="below", fillcolor=LIGHT["faint"],
                line={"width": 0},
            )  # fmt: skip
    leave = [(row, d) for row, one in enumerate(problem.staff) for d in sorted(one.away) if 0 <= d < problem.days]
    if leave:
        figure.add_bar(
            x=[1.0] * len(leave), base=[d for _, d in leave], y=[row for row, _ in leave], orientation="h", width=0.94,
            name="leave", marker={"color": LIGHT["hair"], "line": {"width": 0}},
            customdata=[f"{plotly_text(problem.staff[row].agent_id)}: leave on {day_words(problem.date_of(d))}" for row, d in leave],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _bars(figure: Any, problem: RosterProblem, duties: Sequence[Duty]) -> None:
    """Draw shifts, one trace for each colour."""
    row = {one.agent_id: n for n, one in enumerate(problem.staff)}
    parts = defaultdict[str, list[tuple[float, float, int, str]]](list)
    for duty in duties:
        if duty.agent_id in row:
            told = _told(problem, duty)
            for name, begin, length in _parts(problem, duty):
                parts[name].append((begin, length, row[duty.agent_id], told))
    names = [a.activity for a in problem.activities] if _by_activity(problem) else [k.kind for k in problem.kinds]
    colours = member_colours(names)
    for name in names:
        mine = parts.get(name, [])
        if mine:
            figure.add_bar(
                x=[p[1] for p in mine], base=[p[0] for p in mine], y=[p[2] for p in mine], orientation="h", width=0.74,
                name=plotly_text(_short(name)), marker={"color": colours[name], "line": {"width": 0}},
                customdata=[p[3] for p in mine], hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip


def _by_activity(problem: RosterProblem) -> bool:
    return len(problem.kinds) == 1 and len(problem.activities) > 0


def _parts(problem: RosterProblem, duty: Duty) -> Iterator[tuple[str, float, float]]:
    """Yield name, begin and length in days of what is drawn of a shift; one without a time of day fills its day."""
    timed = any(kind.starts for kind in problem.kinds if kind.kind == duty.kind)
    if not timed:
        yield duty.kind, duty.day + 0.06, 0.88
    elif _by_activity(problem):
        for activity, a, b in duty.stretches:
            if activity:
                yield activity, duty.day + (duty.start + a) / 1440, (b - a) / 1440
    else:
        yield duty.kind, duty.day + duty.start / 1440, duty.length / 1440


def _told(problem: RosterProblem, duty: Duty) -> str:
    head = f"{plotly_text(duty.agent_id)}, {day_words(problem.date_of(duty.day))}: {plotly_text(words(problem, duty))}"
    inside = [
        f"{clock(problem, duty.start + a)} to {clock(problem, duty.start + b)} {plotly_text(activity) or 'break'}"
        for activity, a, b in duty.stretches
    ]
    return "<br>".join([head, *inside])


def _marks(figure: Any, problem: RosterProblem, found: Sequence[Violation]) -> None:
    """Mark broken hard rules and requests."""
    row = {one.agent_id: n for n, one in enumerate(problem.staff)}
    missed = {(v.agent_id, v.day, v.what) for v in found if v.rule == "roster.wish"}
    dots: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    judged = all(v.rule != "roster.known" for v in found)  # else requests were not looked at
    for one in problem.staff if judged else ():
        for wish in one.wishes:
            if 0 <= wish.day < problem.days:
                name = "not honoured" if (one.agent_id, wish.day, wish.kind) in missed else "honoured"
                asked = f"{'' if wish.wanted else 'not '}{wish.kind if wish.kind != OFF else 'to work'}"
                told = f"{plotly_text(one.agent_id)}, {day_words(problem.date_of(wish.day))}: asked {plotly_text(asked)}, {name}"
                dots[name].append((wish.day + 0.5, row[one.agent_id] + 0.02, told))
    for v in found:
        if RULES[v.rule].hard and v.agent_id in row:
            when = day_words(problem.date_of(v.day)) if v.day >= 0 else "over all days"
            told = f"{plotly_text(v.agent_id)}, {when}: {RULES[v.rule].sentence} ({v.amount:g} beyond)"
            dots[_HARD].append((v.day + 0.5 if v.day >= 0 else problem.days + 0.3, row[v.agent_id], told))
    looks: dict[str, dict[str, Any]] = {
        "honoured": {"symbol": "circle", "color": LIGHT["ink"], "size": 5},
        "not honoured": {"symbol": "circle-open", "color": LIGHT["late"], "size": 8, "line": {"width": 2}},
        _HARD: {"symbol": "x", "color": LIGHT["late"], "size": 9, "line": {"width": 1, "color": LIGHT["card"]}},
    }
    for name, look in looks.items():
        if dots[name]:
            figure.add_scatter(
                x=[p[0] for p in dots[name]], y=[p[1] for p in dots[name]], mode="markers", marker=look, name=name,
                customdata=[p[2] for p in dots[name]], hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip


def cover_gap(problem: RosterProblem, duties: Sequence[Duty]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return edges in days, shape (n + 1,), people missing and people too many in each stretch between, shape (n,).

    Days if people are needed by kind of shift only, else slots.
    """
    if not problem.slot_needs:
        under, over = np.zeros(problem.days), np.zeros(problem.days)
        had = defaultdict[tuple[int, str], int](int)
        for duty in duties:
            had[duty.day, duty.kind] += 1
        for need in problem.kind_needs:
            n = had[need.day, need.kind]
            under[need.day] += max(0, need.wanted - n)
            over[need.day] += max(0, n - need.wanted)
        return np.arange(problem.days + 1.0), under, over
    here = people_by_slot(problem, duties)
    under, over = np.zeros(problem.slots), np.zeros(problem.slots)
    for of in problem.slot_needs:
        n_here = np.array([here[of.activity, s] for s in range(problem.slots)])
        under += np.maximum(0, np.maximum(of.wanted, of.floor) - n_here)
        over += np.maximum(0, n_here - np.array(of.most))
    return np.arange(problem.slots + 1) * problem.slot_minutes / 1440, under, over


def _ribbon(figure: Any, problem: RosterProblem, duties: Sequence[Duty], found: Sequence[Violation]) -> None:
    edges, under, over = cover_gap(problem, duties)
    for values, name, colour in ((over, "too many", "watch"), (-under, "missing", "late")):
        figure.add_scatter(
            x=edges, y=np.append(values, 0.0), mode="lines", yaxis="y2", name=name, fill="tozeroy", fillcolor=LIGHT[f"{colour}-wash"],
            line={"color": LIGHT[colour], "width": 1, "shape": "hv"},
            customdata=[f"{_at(problem, e)}: {abs(v):g} {name}" for e, v in zip(edges, np.append(values, 0.0), strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    low = [v for v in found if v.rule == "roster.floor"]
    if low:
        at = {(v.day, v.what): v for v in low}
        figure.add_scatter(
            x=[d + _minute(what) / 1440 for d, what in at], y=[0.0] * len(at), mode="markers", yaxis="y2", showlegend=False,
            marker={"symbol": "x", "color": LIGHT["late"], "size": 8},
            customdata=[f"{day_words(problem.date_of(v.day))} {plotly_text(v.what)}: {v.amount:g} below the floor" for v in at.values()],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _at(problem: RosterProblem, edge: float) -> str:
    day, minute = divmod(round(edge * 1440), 1440)
    day = min(day, problem.days - 1)
    told = day_words(problem.date_of(day))
    return f"{told} {clock(problem, minute)}" if problem.slot_needs else told


def _minute(what: str) -> int:
    hour, _, minute = what.rsplit(" ", 1)[-1].partition(":")
    return 60 * int(hour) + int(minute)
