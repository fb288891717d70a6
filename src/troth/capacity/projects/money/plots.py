"""Pictures of money: revenue as a fan over weeks, and a budget that burns up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.capacity.projects.money.burn import BudgetAlert, BudgetWeek
from troth.capacity.projects.money.earned import EarnedValue
from troth.capacity.projects.money.plan import MoneyBasis
from troth.capacity.projects.portfolio import minor_digits
from troth.charts.draw import plotly_text, value_axis
from troth.charts.template import template
from troth.charts.tokens import LIGHT

#: Amounts from so many units on are shown in thousands or millions.
_SCALES: Final = ((1e7, 1e6, "million "), (1e4, 1e3, "thousand "), (0.0, 1.0, ""))
#: So many weeks at most have their own tick: as many as fit on a phone.
_TICKS: Final = 5


def blank(height: int, **layout: Any) -> Any:
    """Return an empty figure of the house's look."""
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(), "height": height, "showlegend": False, **layout})


def money_words(cents: float, *, currency: str) -> str:
    """Return an amount as people say it: two or three figures that matter, with its currency.

    Examples
    --------
    >>> money_words(123_456_700, currency="EUR"), money_words(8_260, currency="EUR"), money_words(-4_210_000, currency="EUR")
    ('1.23 million EUR', '83 EUR', '-42.1 thousand EUR')
    """
    units = cents / 10 ** minor_digits(currency)
    for least, by, word in ((1e6, 1e6, "million "), (1e4, 1e3, "thousand "), (0.0, 1.0, "")):
        if abs(units) >= least:
            shown = units / by
            return f"{shown:,.0f} {word}{currency}" if by == 1 or abs(shown) >= 100 else f"{shown:.3g} {word}{currency}"
    return f"- {currency}"


def money_scale(values: Sequence[float], *, currency: str) -> tuple[float, str]:
    """Return by what minor units are divided for an axis, and what it is then called."""
    minor = 10.0 ** minor_digits(currency)
    top = max((abs(v) for v in values if np.isfinite(v)), default=0.0) / minor
    by, word = next((by, word) for least, by, word in _SCALES if top >= least)
    return minor * by, f"{word}{currency}"


def weeks_axis(weeks: Sequence[date]) -> dict[str, Any]:
    """Return an axis of weeks with ticks as many as fit on a phone."""
    every = max(1, -(-len(weeks) // _TICKS))
    shown = list(weeks)[::every]
    years = len({week.year for week in weeks}) > 1
    words = [
        f"{week.day} {week:%b}" + (f"<br>{week.year}" if years and (k == 0 or shown[k - 1].year != week.year) else "")
        for k, week in enumerate(shown)
    ]
    return {"type": "date", "tickvals": [week.isoformat() for week in shown], "ticktext": words, "tickangle": 0}


def name_unit(figure: Any, *, words: str, row: int = 0) -> None:
    """Say the unit above the axis, rows of text further up."""
    figure.add_annotation(
        xref="paper", yref="paper", x=0, y=1, yshift=6 + 16 * row, text=words, showarrow=False, xanchor="left", yanchor="bottom",
        font={"size": 12, "color": LIGHT["soft"]},
    )  # fmt: skip


def fan_chart(
    weeks: Sequence[date],
    *,
    levels: Sequence[float],
    values: NDArray[np.float64],
    currency: str,
    said: str = "a week",
    height: int = 280,
) -> Any:
    """Return futures by week: the median as a line, the range between the outer levels as a band, named at the right.

    Parameters
    ----------
    weeks : shape (W,).
    levels : shape (Q,).
    values : shape (Q, W), in minor units of `currency`.
    said : behind the unit: "a week", or "so far" of sums that run up.
    """
    by, unit = money_scale(values.ravel().tolist(), currency=currency)
    at = [week.isoformat() for week in weeks]
    figure = blank(height)
    middle = int(np.argmin(np.abs(np.asarray(levels) - 0.5)))
    low, mid, high = (values[k] / by for k in (0, middle, -1))
    figure.add_scatter(x=at, y=low, mode="lines", line={"width": 0}, hoverinfo="skip")
    figure.add_scatter(
        x=at, y=high, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=LIGHT["band"], hoverinfo="skip"
    )
    figure.add_scatter(
        x=at, y=mid, mode="lines+markers", line={"color": LIGHT["accent"], "width": 2},
        marker={"size": 4 if len(at) > 30 else 6, "color": LIGHT["accent"]},
        customdata=_told(weeks, levels, values, currency), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    _name_levels(figure, (levels[0], levels[middle], levels[-1]), (low, mid, high))
    known = [float(v) for v in (*low, *mid, *high) if np.isfinite(v)]
    figure.update_layout(
        yaxis=value_axis(min([0.0, *known]), max([*known, 1e-9]), unit="count", zero=True), xaxis=weeks_axis(weeks),
        margin={"t": 26, "r": 44},
    )  # fmt: skip
    name_unit(figure, words=f"{unit}, {said}")
    return figure


def _told(weeks: Sequence[date], levels: Sequence[float], values: NDArray[np.float64], currency: str) -> list[str]:
    names = [f"P{100 * level:.3g}" for level in levels]
    return [
        f"week of {week:%a} {week.day} {week:%b %Y}<br>"
        + "<br>".join(
            f"{name}: {money_words(float(one), currency=plotly_text(currency))}"
            for name, one in zip(names, column, strict=True)
        )
        for week, column in zip(weeks, values.T, strict=True)
    ]


def _name_levels(figure: Any, levels: Sequence[float], lines: Sequence[NDArray[np.float64]]) -> None:
    """Name the lines in the margin beside their ends, apart from each other."""
    top = max((abs(float(v)) for line in lines for v in line if np.isfinite(v)), default=1.0) or 1.0
    places = [float(line[-1]) for line in lines]
    if not np.isfinite(places).all():
        return
    places[0] = min(places[0], places[1] - 0.07 * top)
    places[2] = max(places[2], places[1] + 0.07 * top)
    for level, place, colour in zip(levels, places, ("soft", "accent", "soft"), strict=True):
        figure.add_annotation(
            xref="paper", x=1, xshift=4, y=place, text=f"P{100 * level:.3g}", showarrow=False, xanchor="left",
            yanchor="middle", font={"size": 12, "color": LIGHT[colour]},
        )  # fmt: skip


def burn_up(
    weeks: Sequence[BudgetWeek],
    *,
    value: EarnedValue,
    eac: float,
    day: date,
    alerts: Sequence[BudgetAlert],
    currency: str,
    height: int = 300,
) -> Any:
    """Return a budget's burn-up: spent as a line, expected dashed, planned dotted, the budget level; today and where it is passed marked."""
    planned = [one.planned_cents for one in weeks if one.planned_cents is not None]
    by, unit = money_scale([value.bac, eac, *planned], currency=currency)
    figure = blank(height)
    ahead = [one for one in weeks if one.basis is MoneyBasis.FORECAST]
    first = min((one.week for one in weeks), default=day)
    past = [(first, 0.0)]
    past += [(min(_end(one), day), one.running_cents) for one in weeks if one.basis is MoneyBasis.ACTUAL]
    past += [(day, float(value.ac))] if past[-1][0] < day else []
    coming = [(day, float(value.ac)), *((_end(one), one.running_cents) for one in ahead)]
    # Lines rise: what is named above stands left of its line, what is named below stands right of it.
    over = value.pv is None or value.pv >= value.ac
    if planned:
        plan = [(first, 0.0), *((_end(one), one.planned_cents or 0.0) for one in weeks)]
        _line(figure, plan, by, "soft", "2px,3px", "planned", currency, over=over, at=_half(plan))
    _line(
        figure, coming, by, "accent", "6px,4px", "expected", currency, over=bool(planned) and not over, at=_half(coming)
    )
    low = value.ac < 0.15 * max([value.bac, eac, *planned])  # no room between the line and the dates
    _line(figure, past, by, "accent", "solid", "spent", currency, over=not over, at=_half(past), low=low)
    last, level = max(coming[-1][0], past[-1][0]), value.bac / by
    figure.add_shape(
        type="line", x0=first.isoformat(), x1=last.isoformat(), y0=level, y1=level,
        line={"color": LIGHT["ink"], "width": 1.5},
    )  # fmt: skip
    words = f"budget {money_words(value.bac, currency=currency)}"
    # Where the line crosses the budget early, its name stands at the other end.
    crossed = _marks(figure, weeks, day, alerts, level, value.bac, first + (last - first) / 2)
    right = eac < value.bac or (crossed is not None and crossed <= first + (last - first) / 2)
    _label(figure, last if right else first, level, words, "ink", "right" if right else "left", 10)
    top = max([value.bac, eac, *planned]) / by
    figure.update_layout(
        yaxis=value_axis(0.0, 1.08 * top, unit="count", zero=True),
        xaxis=weeks_axis(list(dict.fromkeys(one.week for one in weeks)) or [first]), margin={"t": 44, "r": 20},
    )  # fmt: skip
    name_unit(figure, words=unit, row=1)
    return figure


def _marks(
    figure: Any,
    weeks: Sequence[BudgetWeek],
    day: date,
    alerts: Sequence[BudgetAlert],
    level: float,
    bac: int,
    middle: date,
) -> date | None:
    """Mark today, and where the budget is passed; return the day of that."""
    figure.add_shape(
        type="line", x0=day.isoformat(), x1=day.isoformat(), yref="paper", y0=0, y1=1,
        line={"color": LIGHT["hair"], "width": 1},
    )  # fmt: skip
    figure.add_annotation(
        x=day.isoformat(), yref="paper", y=1, text="today", showarrow=False, xanchor="center", yanchor="bottom",
        font={"size": 12, "color": LIGHT["soft"]},
    )  # fmt: skip
    alert = next((one for one in alerts if one.code != "budget-nearly-used"), None)
    week = next((one for one in weeks if one.running_cents > bac), None)
    if alert is None or week is None:
        return None
    # Where the line crosses the budget, as if the week's money came evenly.
    share = 1 - (week.running_cents - bac) / week.cents if week.cents else 1.0
    at = week.week + timedelta(days=round(7 * share))
    if week.basis is MoneyBasis.FORECAST:
        at = max(at, day)
    figure.add_scatter(
        x=[at.isoformat()], y=[level], mode="markers", hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 14, "color": LIGHT["late"], "line": {"width": 2}},
    )  # fmt: skip
    words = f"passed in the week of {week.week.day} {week.week:%b}"
    _label(figure, at, level, words, "late", *(("right", 26) if at > middle else ("left", -16)))
    return at


def _end(one: BudgetWeek) -> date:
    """Return the end of a week's work."""
    return one.week + timedelta(days=7)


def _half(points: Sequence[tuple[date, float]]) -> int:
    """Return the place of the first point at half of the last or more."""
    return next((k for k, (_, cents) in enumerate(points) if cents >= points[-1][1] / 2 > 0), len(points) - 1)


def _line(
    figure: Any,
    points: Sequence[tuple[date, float]],
    by: float,
    colour: str,
    dash: str,
    said: str,
    currency: str,
    *,
    over: bool,
    at: int,
    low: bool = False,
) -> None:
    """Draw a line, named above and left of one of its points or below and right of it."""
    figure.add_scatter(
        x=[day.isoformat() for day, _ in points], y=[cents / by for _, cents in points], mode="lines",
        line={"color": LIGHT[colour], "width": 1.5 if colour == "soft" else 2.5, "dash": dash},
        customdata=[f"{said} by {day.day} {day:%b %Y}: {money_words(cents, currency=plotly_text(currency))}" for day, cents in points],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    if len(points) > 1:
        day, cents = points[at]
        _label(
            figure, day, cents / by, said, colour, *(("left", 12) if low else ("right", 10) if over else ("left", -8))
        )


def _label(figure: Any, day: date, at: float, words: str, colour: str, side: str, shift: int) -> None:
    figure.add_annotation(
        x=day.isoformat(), y=at, text=plotly_text(words), showarrow=False, xanchor=side, yanchor="middle", yshift=shift,
        font={"size": 12, "color": LIGHT[colour]},
    )  # fmt: skip
