"""The picture of an allocation: skills by weeks, what is missing of each and what is left over."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from troth.capacity.projects.allocation._shown import Shown
from troth.capacity.projects.allocation.problem import Floats
from troth.charts.draw import plotly_text
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: Pixels of a row if there are few and if there are many, around; longest name of a skill.
_ROW, _NARROW, _MANY, _AROUND, _NAME = 26, 16, 24, 96, 18
_SCALE: Final = [[0.0, LIGHT["late"]], [0.5, LIGHT["faint"]], [1.0, LIGHT["accent"]]]


def balance(plan: Shown) -> tuple[Floats, Floats, Floats]:
    """Return hours wanted, hours missing and hours that holders have left, of each skill and week, each of shape (S, W).

    An hour that is left counts for every skill of its person, as it could be used for one of them.
    """
    p, n = plan.problem, plan.problem.needs
    wanted, missing = np.zeros((len(p.skills), len(p.weeks))), np.zeros((len(p.skills), len(p.weeks)))
    np.add.at(wanted, (n.skill, n.week), n.hours)
    np.add.at(missing, (n.skill, n.week), np.maximum(n.hours - plan.served(), 0.0))
    idle = np.maximum(p.free - plan.hours() - (0.0 if p.busy is None else p.busy), 0.0)
    if p.held is None:
        return wanted, missing, (p.levels > 0).T.astype(float) @ idle
    return wanted, missing, np.einsum("psw,pw->sw", p.can(), idle)


def skill_weeks(plan: Shown) -> Any:
    """Return skills by weeks as a `plotly.graph_objects.Figure`; skills of which most is missing come first, those
    of which nothing is needed are left out.

    A cell that lacks hours is red-orange, the deeper the greater the share of what is wanted; one in which all is done is
    teal, the deeper the more hours its holders have left. Hours and the price of one hour more stand in the hover.
    """
    import plotly.graph_objects as go

    p = plan.problem
    wanted, missing, left = balance(plan)
    order = [s for s in np.lexsort((np.arange(len(p.skills)), -missing.sum(axis=1))).tolist() if wanted[s].any()]
    share = np.where(
        missing > 1e-6, -missing / np.maximum(wanted, 1e-9), np.minimum(left / np.maximum(wanted, 1e-9), 1.0)
    )
    shade = np.where(wanted > 0, np.sign(share) * np.sqrt(np.abs(share)), np.nan)  # small shares must still be seen
    price = np.full(wanted.shape, np.nan) if plan.prices is None else plan.prices.of_skills()
    words = [
        [_words(p.skills[s], f"{p.weeks[w]:%-d %b}", wanted[s, w], missing[s, w], left[s, w], price[s, w]) for w in range(len(p.weeks))]
        for s in order
    ]  # fmt: skip
    count = max(1, len(order))
    figure = go.Figure(
        layout={"template": template(), "height": count * (_NARROW if count > _MANY else _ROW) + _AROUND}
    )
    figure.add_heatmap(
        x=[week.isoformat() for week in p.weeks], y=list(range(len(order))), z=shade[order], zmin=-1, zmax=1, zmid=0, colorscale=_SCALE,
        xgap=1, ygap=1, customdata=words, hovertemplate="%{customdata}<extra></extra>", hoverongaps=False,
        colorbar={"orientation": "h", "thickness": 8, "len": 0.6, "x": 0, "xanchor": "left", "y": 0, "yref": "container", "yanchor": "bottom", "tickvals": [-1, 0, 1],
                  "ticktext": ["all missing", "just enough", "ample"], "tickfont": {"size": 11}, "outlinewidth": 0},
    )  # fmt: skip
    figure.update_layout(
        margin={"t": 8, "l": 8, "r": 12, "b": 72}, xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 8, "tickangle": 0},
        yaxis={"tickvals": list(range(len(order))), "ticktext": [plotly_text(_short(p.skills[s])) for s in order],
               "tickfont": {"size": 10 if count > _MANY else 12}, "range": [count - 0.5, -0.5], "showgrid": False},
    )  # fmt: skip
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _words(skill: str, week: str, wanted: float, missing: float, left: float, price: float) -> str:
    said = [
        f"{plotly_text(skill)}, week of {week}",
        f"{wanted:,.0f} h wanted, {missing:,.0f} h missing",
        f"{left:,.0f} h left of its holders",
    ]
    if np.isfinite(price):
        said.append(f"one hour more is worth {price:,.2f}")
    return "<br>".join(said)
