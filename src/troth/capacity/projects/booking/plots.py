"""Pictures of bookings: skills by week as a heat map, and people over time with what is over-booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings
from troth.capacity.projects.booking.heat import SkillWeeks
from troth.capacity.projects.booking.windows import OverbookedRange, overbooked
from troth.capacity.projects.portfolio import Portfolio, ProjectBooking, weeks
from troth.capacity.projects.portfolio.left import GONE
from troth.charts.draw import plotly_text
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: Pixels of a row of the heat map and of a lane of the timeline, and around them.
_CELL: Final = 30
_LANE: Final = 20
_GAP: Final = 24
_AROUND: Final = 74
#: With more weeks there is no room for numbers in cells.
_NUMBERED: Final = 14
#: Hours of a working day, in which numbers of cells are said.
_DAY: Final = 8.0
_NAME: Final = 16
#: So many dates have room on an axis.
_TICKS: Final = 5
#: What a cell can be, its colour and that of its number.
_STATES: Final = (
    ("over-booked", "late", "card"),
    ("over if all come", "watch-wash", "watch"),
    ("full", "hair", "ink"),
    ("some free", "faint", "ink"),
    ("half free", "band", "ink"),
)
#: Shares of hours free from which on a cell is no longer full, and is half free.
_SOME, _HALF = 0.1, 0.5


def skill_heat(shown: SkillWeeks) -> Any:
    """Return hours of skills by week as a heat map, a `plotly.graph_objects.Figure`: what is left beside hard bookings, in working days.

    A week is red where hard bookings lay more hours than there are, amber where all that is soft or unnamed would.

    Examples
    --------
    >>> cells = np.array([[40.0, 40.0]])
    >>> some = SkillWeeks(("sap",), (date(2026, 6, 1), date(2026, 6, 8)), cells, cells - 8, 0 * cells, 0 * cells, 0 * cells)
    >>> skill_heat(some).data[0].text[0].tolist()
    ['1', '1']
    """
    import plotly.graph_objects as go

    state = states(shown)
    rows, columns = state.shape
    many = len(_STATES)
    scale = [(at / many, LIGHT[colour]) for k, (_, colour, _) in enumerate(_STATES) for at in (k, k + 1)]
    figure = go.Figure(layout={"template": template(), "height": _AROUND + _CELL * max(rows, 1)})
    numbers = np.array([[_short(one) for one in line] for line in shown.left / _DAY], object).reshape(rows, columns)
    figure.add_heatmap(
        z=state, x=list(range(columns)), y=list(range(rows)), zmin=-0.5, zmax=many - 0.5, colorscale=scale, showscale=False, xgap=2, ygap=2,
        text=numbers, customdata=_cells(shown, state), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    if columns <= _NUMBERED:
        for k, (_, _, ink) in enumerate(_STATES):
            at = np.argwhere(state == k)
            figure.add_scatter(
                x=at[:, 1], y=at[:, 0], mode="text", text=[numbers[r, c] for r, c in at], hoverinfo="skip", showlegend=False,
                textfont={"size": 10, "color": LIGHT[ink]},
            )  # fmt: skip
    for name, colour, _ in _STATES:
        mark = {"symbol": "square", "size": 11, "color": LIGHT[colour], "line": {"width": 1, "color": LIGHT["hair"]}}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=mark, name=name, showlegend=True)
    ticks = list(range(0, columns, max(1, -(-columns // _TICKS))))
    figure.update_layout(
        showlegend=True, legend=_legend(), margin={"t": 30, "l": 8, "r": 12, "b": 24},
        xaxis={"tickvals": ticks, "ticktext": [_day(shown.mondays[k]) for k in ticks], "tickangle": 0, "showline": False,
               "range": [-0.5, max(columns, 1) - 0.5], "tickfont": {"size": 11}},
        yaxis={"tickvals": list(range(rows)), "ticktext": [plotly_text(_clip(one)) for one in shown.skills], "showgrid": False,
               "range": [max(rows, 1) - 0.5, -0.5]},
    )  # fmt: skip
    return figure


def states(shown: SkillWeeks) -> Any:
    """Return what each cell is, as a place in the order of over-booked, over if all come, full, some free, half free."""
    share = np.divide(shown.left, shown.there, out=np.zeros_like(shown.left), where=shown.there > 0)
    out = np.where(share >= _HALF, 4, np.where(share >= _SOME, 3, 2))
    out = np.where(shown.left_if_all_come < -0.005, 1, out)
    return np.where(shown.left < -0.005, 0, out)


def people_timeline(
    portfolio: Portfolio, *, until: date, people: Sequence[str] = (), counted: CountedBookings = CountedBookings.HARD
) -> Any:
    """Return bookings of people over time, a `plotly.graph_objects.Figure`: soft ones striped, over-booked ranges marked with their size.

    Parameters
    ----------
    until : the day after the last shown; the first is the portfolio's.
    people : whose, in the order wanted; empty for everybody who is booked.
    counted : which bookings count for over-booked ranges.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),))
    >>> booked = ProjectBooking("b", "p", date(2026, 6, 1), date(2026, 6, 6), 50, "ada")
    >>> figure = people_timeline(Portfolio(date(2026, 6, 1), (ada,), bookings=(booked,)), until=date(2026, 6, 15))
    >>> [one.name for one in figure.data if one.showlegend]
    ['hard', 'over-booked']
    """
    import plotly.graph_objects as go

    sheet = _Sheet(portfolio, until, people)
    figure = go.Figure(layout={"template": template(), "height": _AROUND + round(sheet.tall)})
    sheet.bars(figure)
    sheet.ranges(figure, overbooked(portfolio, counted=counted, people=set(sheet.names)))
    figure.update_layout(
        barmode="overlay", showlegend=True, legend=_legend(), margin={"t": 30, "l": 8, "r": 12, "b": 24},
        uniformtext={"mode": "hide", "minsize": 9},
        xaxis={"type": "date", "range": [portfolio.day.isoformat(), until.isoformat()], "tickvals": _mondays(portfolio.day, until), "tickangle": 0, "showgrid": True,
               "gridcolor": LIGHT["hair"], "tickfont": {"size": 11}, "tickformat": "%-d %b"},
        yaxis={"tickvals": [sheet.middle(name) for name in sheet.names], "ticktext": [plotly_text(_clip(name)) for name in sheet.names],
               "range": [sheet.tall, 0], "showgrid": False},
    )  # fmt: skip
    return figure


class _Sheet:
    """Where everything lies: a row a person, in it a lane for bookings that do not meet; heights in pixels."""

    def __init__(self, portfolio: Portfolio, until: date, people: Sequence[str]) -> None:
        self.first, self.until = portfolio.day, until
        self.leave = {who.person_id: who.leave for who in portfolio.people}
        mine: dict[str, list[ProjectBooking]] = defaultdict(list)
        for one in portfolio.bookings:
            if one.state not in GONE and one.first < until and one.until > portfolio.day and one.person_id:
                mine[one.person_id].append(one)
        self.names = list(people) or [who.person_id for who in portfolio.people if who.person_id in mine]
        self.mine = {name: sorted(mine[name], key=lambda one: (one.first, one.until)) for name in self.names}
        self.lanes = {name: _lanes(some) for name, some in self.mine.items()}
        self.top: dict[str, float] = {}
        self.tall = 0.0
        for name in self.names:
            self.top[name] = self.tall
            self.tall += _GAP + _LANE * self.depth(name)

    def depth(self, name: str) -> int:
        """Return how many lanes a person needs."""
        return max(self.lanes[name], default=0) + 1

    def middle(self, name: str) -> float:
        """Return where the name of a row stands."""
        return self.top[name] + _GAP / 4 + _LANE * self.depth(name) / 2

    def shown(self, first: date, until: date) -> tuple[str, int]:
        """Return the begin and the milliseconds of what is to be seen of days."""
        a, b = max(first, self.first), min(until, self.until)
        return a.isoformat(), max((b - a).days, 0) * 86_400_000

    def bars(self, figure: Any) -> None:
        """Draw leave, then bookings."""
        away = {"color": LIGHT["faint"], "line": {"width": 0}}
        hard = {"color": LIGHT["accent"], "line": {"width": 0}}
        stripes = {"shape": "/", "fgcolor": LIGHT["accent"], "bgcolor": LIGHT["card"], "size": 6, "solidity": 0.35}
        soft = {"color": LIGHT["card"], "line": {"color": LIGHT["accent"], "width": 1}, "pattern": stripes}
        leaves = [
            (
                *self.shown(one.first, one.until),
                self.middle(name),
                _GAP + _LANE * self.depth(name) - 4.0,
                f"{plotly_text(name)}: leave",
                "",
            )
            for name in self.names
            for one in self.leave.get(name, ())
            if one.until > self.first and one.first < self.until
        ]
        booked: dict[bool, list[tuple[str, int, float, float, str, str]]] = {True: [], False: []}
        for name in self.names:
            for one, lane in zip(self.mine[name], self.lanes[name], strict=True):
                y = self.top[name] + _GAP / 4 + _LANE * (lane + 0.5)
                booked[one.hard].append((*self.shown(one.first, one.until), y, _LANE - 4.0, _told(one), one.project_id))
        for name, look, bars in (("leave", away, leaves), ("hard", hard, booked[True]), ("soft", soft, booked[False])):
            if bars:
                figure.add_bar(
                    base=[one[0] for one in bars], x=[one[1] for one in bars], y=[one[2] for one in bars], width=[one[3] for one in bars],
                    orientation="h", marker=look, name=name, showlegend=True, customdata=[one[4] for one in bars],
                    hovertemplate="%{customdata}<extra></extra>", text=[plotly_text(one[5]) if name == "hard" else "" for one in bars],
                    textposition="inside", insidetextanchor="start", textfont={"size": 10, "color": LIGHT["card"]}, constraintext="inside",
                )  # fmt: skip

    def ranges(self, figure: Any, found: Iterable[OverbookedRange]) -> None:
        """Draw a line under what is over-booked, with its size."""
        x: list[Any] = []
        y: list[Any] = []
        told: list[str] = []
        for one in found:
            if one.person_id not in self.top or one.first >= self.until:
                continue
            bottom = self.top[one.person_id] + _GAP / 4 + _LANE * self.depth(one.person_id) + 1
            a, b = max(one.first, self.first), min(one.until, self.until)
            words = f"{one.over:.4g} h over: {one.forced:.4g} h of {plotly_text(', '.join(one.booking_ids))} in {one.available:.4g} h"
            for at in (a, a + (b - a) / 2, b):
                x, y, told = [*x, at.isoformat()], [*y, bottom], [*told, words]
            x, y, told = [*x, None], [*y, None], [*told, ""]
            figure.add_annotation(
                x=a.isoformat(), y=bottom, text=f"{one.over:.3g} h over", showarrow=False, xanchor="left", yanchor="top", yshift=-2,
                font={"size": 10, "color": LIGHT["late"]}, borderpad=0,
            )  # fmt: skip
        if x:
            figure.add_scatter(
                x=x, y=y, mode="lines", line={"color": LIGHT["late"], "width": 4}, name="over-booked", showlegend=True, customdata=told,
                hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip


def _lanes(bookings: Sequence[ProjectBooking]) -> list[int]:
    """Return the first lane for each booking in which nothing lies yet."""
    ends: list[date] = []
    out = []
    for one in bookings:
        lane = next((k for k, end in enumerate(ends) if end <= one.first), len(ends))
        ends[lane : lane + 1] = [one.until]
        out.append(lane)
    return out


def _mondays(first: date, until: date) -> list[str]:
    some = [day for day in weeks(first, until=until) if day >= first]
    return [day.isoformat() for day in some[:: max(1, -(-len(some) // _TICKS))]]


def _told(one: ProjectBooking) -> str:
    last = one.until - timedelta(days=1)
    kind = "hard" if one.hard else f"soft, {100 * one.probability:.0f} %"
    lines = (one.project_id, f"{one.hours:.6g} h, {_day(one.first)} to {_day(last)}", f"{kind}, {one.state}")
    return "<br>".join(plotly_text(line) for line in lines)


def _cells(shown: SkillWeeks, state: Any) -> Any:
    """Return what a hover says of each cell."""
    return np.array([
        [
            f"{plotly_text(skill)}, week of {_day(monday)}: {_STATES[state[s, w]][0]}<br>{shown.there[s, w]:.0f} h there, "
            f"{shown.hard[s, w]:.0f} h hard, {shown.soft[s, w]:.0f} h soft<br>{shown.unnamed[s, w]:.0f} h asked without a name"
            for w, monday in enumerate(shown.mondays)
        ]
        for s, skill in enumerate(shown.skills)
    ], object).reshape(state.shape)  # fmt: skip


def _short(days: float) -> str:
    """Return days as short as they are told apart."""
    whole = round(float(days))
    return f"{whole}".replace("-", "\u2212")


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _clip(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _legend() -> dict[str, Any]:
    return {
        "orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "font": {"size": 11}, "itemclick": False,
        "itemdoubleclick": False, "itemwidth": 30,
    }  # fmt: skip
