"""Pictures of what a plan comes to: money by week, what has come so far, scenarios beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from troth.capacity.projects.money import MoneyBasis, MoneyPeriod, MoneySum
from troth.capacity.projects.money.plots import blank, money_scale, money_words, name_unit, weeks_axis
from troth.charts.draw import plotly_text, value_axis
from troth.charts.tokens import LIGHT

#: Pixels of a bar and around them; longest name of a scenario.
_ROW, _AROUND, _NAME = 44, 16, 30
_WEEK_MS: Final = 7 * 86_400_000


def money_weeks(periods: Sequence[MoneyPeriod], *, currency: str, height: int = 280) -> Any:
    """Return revenue of each week to come as bars, by its probability, and its cost as a line.

    Where something is not sold yet an upright line reaches from what comes if only what is sold does to what comes if all
    does. Of a week with work of no rate, what is known is drawn.

    Parameters
    ----------
    periods : weeks; those that have been and what has no date are left out.
    """
    rows = _ahead(periods)
    low, mid, high = ([one.revenue_known_cents for one in some] for some in _bases(rows))
    cost = [one.weighted.cost_known_cents for one in rows]
    by, unit = money_scale([*mid, *high, *cost], currency=currency)
    weeks = [_week(one) for one in rows]
    figure = blank(height)
    unsure = any(a != b for a, b in zip(low, high, strict=True))
    figure.add_bar(
        x=[week.isoformat() for week in weeks], y=[one / by for one in mid], width=0.62 * _WEEK_MS,
        marker={"color": LIGHT["band"], "line": {"width": 1, "color": LIGHT["accent"]}}, customdata=[_told(one, currency) for one in rows],
        hovertemplate="%{customdata}<extra></extra>",
        error_y={
            "type": "data", "symmetric": False, "array": [(b - m) / by for m, b in zip(mid, high, strict=True)],
            "arrayminus": [(m - a) / by for a, m in zip(low, mid, strict=True)], "color": LIGHT["accent"], "thickness": 1.5, "width": 0,
            "visible": unsure,
        },
    )  # fmt: skip
    figure.add_scatter(
        x=[week.isoformat() for week in weeks], y=[one / by for one in cost], mode="lines+markers",
        line={"color": LIGHT["ink"], "width": 1.5}, marker={"size": 4, "color": LIGHT["ink"]}, hoverinfo="skip",
    )  # fmt: skip
    _legend(figure, (("revenue", "accent"), ("cost", "ink")))
    top = max([*mid, *high, *cost, 1]) / by
    figure.update_layout(
        yaxis=value_axis(0.0, top, unit="count", zero=True), xaxis=weeks_axis(weeks), margin={"t": 26, "r": 12}
    )
    name_unit(figure, words=f"{unit}, a week")
    return figure


def money_running(periods: Sequence[MoneyPeriod], *, currency: str, height: int = 280) -> Any:
    """Return what has come by the end of each week: revenue as a line with the range from sold only to all, and cost."""
    rows = _ahead(periods)
    low, mid, high = (_running([one.revenue_known_cents for one in some]) for some in _bases(rows))
    cost = _running([one.weighted.cost_known_cents for one in rows])
    by, unit = money_scale([*mid, *high, *cost], currency=currency)
    weeks = [_week(one) for one in rows]
    at = [week.isoformat() for week in weeks]
    figure = blank(height)
    figure.add_scatter(x=at, y=[one / by for one in low], mode="lines", line={"width": 0}, hoverinfo="skip")
    figure.add_scatter(
        x=at, y=[one / by for one in high], mode="lines", line={"width": 0}, fill="tonexty", fillcolor=LIGHT["band"],
        hoverinfo="skip",
    )  # fmt: skip
    for values, colour, said in ((mid, "accent", "revenue"), (cost, "ink", "cost")):
        figure.add_scatter(
            x=at, y=[one / by for one in values], mode="lines+markers" if len(at) == 1 else "lines",
            line={"color": LIGHT[colour], "width": 2},
            customdata=[f"{said} by the end of the week of {w.day} {w:%b}: {money_words(v, currency=plotly_text(currency))}" for w, v in zip(weeks, values, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    _legend(figure, (("revenue", "accent"), ("cost", "ink")))
    top = max([*high, *cost, 1]) / by
    figure.update_layout(
        yaxis=value_axis(0.0, top, unit="count", zero=True), xaxis=weeks_axis(weeks), margin={"t": 26, "r": 12}
    )
    name_unit(figure, words=f"{unit}, so far")
    return figure


def scenario_bars(values: Mapping[str, float], *, words: Sequence[str]) -> Any:
    """Return a bar for each scenario, its name above it and the value at its end; the first, the house as it is, in grey.

    Parameters
    ----------
    values : by scenario.
    words : each value as people say it.
    """
    names = list(values)
    figure = blank(_ROW * len(names) + _AROUND)
    figure.add_bar(
        x=[values[name] for name in names], y=list(range(len(names))), orientation="h", width=0.4, offset=-0.06,
        marker={"color": [LIGHT["hair"], *[LIGHT["accent"]] * (len(names) - 1)]},
        customdata=[f"{plotly_text(name)}: {plotly_text(word)}" for name, word in zip(names, words, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    for k, (name, word) in enumerate(zip(names, words, strict=True)):
        shown = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        for x, side, said, colour in ((0, "left", shown, "soft"), (1, "right", word, "ink")):
            figure.add_annotation(
                xref="paper", x=x, y=k - 0.26, text=plotly_text(said), showarrow=False, xanchor=side, yanchor="middle",
                font={"size": 13 if side == "right" else 12, "color": LIGHT[colour]},
            )  # fmt: skip
    low, high = min([*values.values(), 0.0]), max([*values.values(), 0.0])
    figure.update_layout(
        xaxis={"range": [low, high if high > low else low + 1.0], "visible": False},
        yaxis={"range": [len(names) - 0.4, -0.55], "visible": False}, margin={"t": 4, "b": 4, "l": 4, "r": 4},
    )  # fmt: skip
    return figure


def _ahead(periods: Sequence[MoneyPeriod]) -> list[MoneyPeriod]:
    return [one for one in periods if one.basis is MoneyBasis.FORECAST and one.first is not None]


def _week(one: MoneyPeriod) -> date:
    assert one.first is not None
    return one.first


def _bases(rows: Sequence[MoneyPeriod]) -> tuple[list[MoneySum], list[MoneySum], list[MoneySum]]:
    return [one.sold for one in rows], [one.weighted for one in rows], [one.everything for one in rows]


def _running(values: Sequence[int]) -> list[int]:
    out = list[int]()
    for one in values:
        out.append(one + (out[-1] if out else 0))
    return out


def _told(one: MoneyPeriod, currency: str) -> str:
    money = plotly_text(currency)
    week = _week(one)
    said = [f"week of {week.day} {week:%b %Y}"]
    said += [f"revenue {money_words(one.weighted.revenue_known_cents, currency=money)}"]
    if one.sold.revenue_known_cents != one.everything.revenue_known_cents:
        low, high = one.sold.revenue_known_cents, one.everything.revenue_known_cents
        said += [f"if sold only {money_words(low, currency=money)}, if all comes {money_words(high, currency=money)}"]
    said += [f"cost {money_words(one.weighted.cost_known_cents, currency=money)}"]
    return "<br>".join(said) + ("<br>and more of which no rate is known" if one.weighted.unpriced else "")


def _legend(figure: Any, names: Sequence[tuple[str, str]]) -> None:
    """Name the colours above the right end."""
    shift = 0
    for name, colour in reversed(names):
        figure.add_annotation(
            xref="paper", yref="paper", x=1, y=1, xshift=-shift, yshift=6, text=name, showarrow=False, xanchor="right", yanchor="bottom",
            font={"size": 12, "color": LIGHT[colour]},
        )  # fmt: skip
        shift += 7 * len(name) + 14
