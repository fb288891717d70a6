"""One self-contained page about a forecast: how many, how sure, how good it was, and what was done to get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from troth.charts import page as html
from troth.charts.numbers import duration, number, plural, when
from troth.core.decision import Status
from troth.core.time import Step
from troth.demand._days import DayTold, amount, by_day, names_of, rounded, told_by_day, total
from troth.demand._fold import layout
from troth.demand._page_tables import ROWS, ForecastPage, accuracy, changes, issues, lead_time, repairs
from troth.demand.plan import SeriesForecast
from troth.demand.plot import fan
from troth.demand.problem import DemandKind, Series

__all__ = ["ForecastPage", "render"]

#: Of many series so many are drawn, the largest first; tables have all.
_DRAWN: Final = 12
#: Below so many contacts in an open cell days are drawn.
_FEW: Final = 3.0
_KINDS: Final = {
    DemandKind.ARRIVALS: ("How many will come?", "expected"),
    DemandKind.HANDLE_TIME: ("How long will each take?", "expected mean"),
    DemandKind.NO_SHOW: ("How many will not come?", "expected share"),
}


def render(shown: ForecastPage) -> str:
    """Return the page as HTML that needs nothing else."""
    series = sorted(shown.forecast.series, key=lambda one: (len(one.series.key), -float(one.mean.sum())))
    kind = series[0].series.kind
    question = _KINDS[kind][0]
    names = [names_of(one, problem=shown.problem) for one in series]
    days = [told_by_day(one, names=known) for one, known in zip(series, names, strict=True)]
    parts = [
        ("forecast", "Forecast", _charts(shown, series, names)),
        ("days", "Day by day", _days(series, days)),
        ("accuracy", "How good is it?", accuracy(shown, series)),
        ("changes", "Changed by people", changes(shown)),
        ("repairs", "What was set aside", repairs(series)),
        ("issues", "What is doubtful", issues(shown.forecast.issues)),
    ]
    told = [(key, title, body) for key, title, body in parts if body]
    rail = "".join(f'<a href="#{key}">{html.text(title)}</a>' for key, title, _ in told)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{html.text(title)}</h2>{_narrow(key, inside)}</section>'
        for key, title, inside in told
    )
    first, last = days[0][0].day, days[0][-1].day
    span = f"{_day(first)} to {_day(last)} {last.year}" if first != last else f"{_day(first)} {first.year}"
    head = (
        f'<header class="top"><p class="over">{html.text(span)}<span class="chip">{html.text(shown.source)}</span></p>'
        f"<h1>{html.text(question)}</h1>{_answer(shown, series, days[0])}</header>"
    )
    return html.page(
        '<a class="skip" href="#main">Skip to the forecast</a><div class="frame"><nav class="rail" aria-label="Parts of this page">'
        f'<p class="brand">Troth</p>{rail}</nav><main id="main" tabindex="-1">{head}{body}{_footer(shown, series[0])}</main></div>',
        title=f"{question} {span}",
    )


def _narrow(key: str, inside: str) -> str:
    """Return tables no wider than an eye follows a line; pictures take what there is."""
    return inside if key == "forecast" else f'<div style="max-width:1200px">{inside}</div>'


# ---- the answer -----------------------------------------------------------------------------------------------------


def _answer(shown: ForecastPage, series: Sequence[SeriesForecast], days: Sequence[DayTold]) -> str:
    one = series[0]
    kind = one.series.kind
    mean, low, high = total(one)
    name = f" in {one.series.name}" if one.series.key else ""
    open_days = [day for day in days if not day.closed]
    if not open_days:
        return f'<p class="answer">{html.text(f"Closed on all days asked for{name}.")}</p>'
    said = f"{rounded(mean, kind=kind)}{name}; {rounded(low, kind=kind)} to {rounded(high, kind=kind)} with 80 % probability"
    if one.series.key and len(series) > 1 and kind is DemandKind.ARRIVALS:
        every = rounded(sum(float(other.mean.sum()) for other in series), kind=kind)
        said = f"{every} in {len(series)} series; the largest: {said}"
    peak = max(open_days, key=lambda day: day.mean)
    cards = [
        _card(
            "Busiest day" if kind is DemandKind.ARRIVALS else "Highest day",
            amount(peak.mean, kind=kind),
            _day(peak.day),
            f"{amount(peak.low, kind=kind)}\u2013{amount(peak.high, kind=kind)}",
        )
    ]
    cards.append(_error_card(shown, one))
    if 0.8 in one.coverage:
        cards.append(
            _card(
                "80 % bands held",
                number(one.coverage[0.8], unit="share"),
                "of what came in the backtest",
                "80 % is right",
            )
        )
    shut = [day for day in days if day.closed]
    if shut:
        named = ", ".join(f"{_day(day.day)}{f' ({day.name})' if day.name else ''}" for day in shut[:3])
        cards.append(_card("Closed days", f"{len(shut)}", named, "" if len(shut) <= 3 else f"and {len(shut) - 3} more"))
    return f'<p class="answer">{html.text(said)}</p><div class="strip">{"".join(cards)}</div>'


def _error_card(shown: ForecastPage, one: SeriesForecast) -> str:
    published = next((f for f in shown.figures if f.value is not None), None)
    if published is not None:
        return _card(
            "Published forecasts missed",
            number(published.value, unit="share"),
            lead_time(shown.problem),
            f"of {plural(published.n, one='cell')}, {published.start[:10]} to {published.end[:10]}",
        )
    best = one.scores[0] if one.scores else None
    if best is None:
        return _card("Missed in the backtest", "-", "too little history to try", "")
    error = sum(score.weight * score.wape for score in one.scores)
    return _card(
        "Missed in the backtest",
        number(error, unit="share"),
        "of what came, cell by cell",
        plural(best.days, one="forecast day"),
    )


def _card(what: str, value: str, small: str, more: str) -> str:
    return (
        f'<div class="card big"><span class="what">{html.text(what)}</span><span class="value">{html.text(value)}</span>'
        f'<span class="small">{html.text(small)}</span><span class="small">{html.text(more)}</span></div>'
    )


# ---- the parts ------------------------------------------------------------------------------------------------------


def _charts(shown: ForecastPage, series: Sequence[SeriesForecast], names: Sequence[Mapping[date, str]]) -> str:
    since = {_key(one): one for one in shown.actual}
    made = []
    for whole, known in list(zip(series, names, strict=True))[:_DRAWN]:
        one = by_day(whole) if _few(whole) and not since else whole
        actual = since.get(_key(one.series))
        figure = fan(
            one.grid, point=one.point, levels=one.levels, low=one.low, high=one.high, history=one.series, closed=one.closed, actual=actual, marks=known,
            height=380 if len(series) == 1 else 260,
        )  # fmt: skip
        bands = ", ".join(f"{level:.0%}".replace("%", " %") for level in sorted(one.levels))
        mean, low, high = total(whole)
        kind = one.series.kind
        said = f"{amount(mean, kind=kind)} {_KINDS[kind][1]}, {amount(low, kind=kind)} to {amount(high, kind=kind)}. Shaded: {bands} of what may come."
        title = f"{one.series.name if one.series.key else 'All'}{' by day' if one is not whole else ''}"
        made.append(html.chart(html.Chart(figure, title, said, _cells(whole))))
    more = len(series) - len(made)
    note = f'<p class="note">The {_DRAWN} largest; {more:,} more are in the tables.</p>' if more > 0 else ""
    legend = "Grey came, the line is as likely to be exceeded as not" + (", black came since." if since else ".")
    grid = f'<div class="grid wide">{"".join(made)}</div>' if len(made) > 1 else "".join(made)
    return f'<p class="lead">{legend} Dotted lines are holidays and events.</p>{grid}{note}'


def _few(one: SeriesForecast) -> bool:
    """Tell whether a cell has so few contacts that only days show anything."""
    begins = layout(one.grid).days > 0
    busy = one.mean[~one.closed]
    return (
        one.series.kind is DemandKind.ARRIVALS
        and one.grid.step is not Step.DAY
        and begins
        and bool(busy.size)
        and bool(busy.mean() < _FEW)
    )


def _cells(one: SeriesForecast) -> str:
    heads = ["from", "median", "mean", *(f"{level:.0%} {side}" for level in one.levels for side in ("low", "high"))]
    rows: list[list[html.Cell]] = []
    for k, label in enumerate(one.grid.labels()):
        if one.closed[k] or len(rows) >= ROWS:
            continue
        limits = [edge[place, k] for place in range(len(one.levels)) for edge in (one.low, one.high)]
        shown = f"{label:%a %d %b}" if one.grid.step is Step.DAY else f"{label:%a %d %b %H:%M}"
        rows.append(
            [
                html.Cell(shown, sort=label.timestamp()),
                *(_figure(v, one.series.kind) for v in (one.point[k], one.mean[k], *limits)),
            ]
        )
    return html.table(heads, rows=rows, caption=f"Forecast of {one.series.name} by cell", name="forecast")


def _days(series: Sequence[SeriesForecast], days: Sequence[Sequence[DayTold]]) -> str:
    rows: list[list[html.Cell]] = []
    for one, told in zip(series, days, strict=True):
        for day in told:
            name = [html.Cell(one.series.name)] if len(series) > 1 else []
            values = (day.mean, day.low, day.high)
            cells = [
                html.Cell("closed" if k == 0 else "", figure=True) if day.closed else _figure(v, one.series.kind)
                for k, v in enumerate(values)
            ]
            rows.append(
                [
                    *name,
                    html.Cell(f"{day.day:%a} {_day(day.day)}", sort=day.day.toordinal()),
                    *cells,
                    html.Cell(day.name),
                ]
            )
    heads = [*(["series"] if len(series) > 1 else []), "day", "expected", "80 % from", "80 % to", "holiday or event"]
    return html.table(heads, rows=rows[: 10 * ROWS], caption="Forecast by day", name="days")


def _footer(shown: ForecastPage, one: SeriesForecast) -> str:
    told, tz = shown.forecast, ZoneInfo(one.grid.time_zone)
    stopped = " It was stopped before all series were done." if told.status is Status.STOPPED else ""
    versions = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    history = f"{_day(one.series.first)} {one.series.first.year} to {_day(one.series.last)} {one.series.last.year}"
    return (
        f"<footer><h2>How this was computed</h2><p>From {html.text(shown.source)}, history {html.text(history)}, by Troth {html.text(shown.version)},"
        f" {html.text(when(shown.now.astimezone(tz)))}, in {html.text(duration(told.seconds))}.{stopped} Days and hours of {html.text(one.grid.time_zone)};"
        f" {plural(len(one.paths), one='possible future')} drawn with seed {told.seed}. {html.text(versions)}.</p>"
        "<p>This page holds all it needs and asks nothing of any network.</p></footer>"
    )


# ---- words ----------------------------------------------------------------------------------------------------------


def _key(one: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one.key.items()))


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _figure(value: float, kind: DemandKind) -> html.Cell:
    return html.Cell(amount(float(value), kind=kind), float(value), title=f"{value:.6g}", figure=True)
