"""The tables of the page about a forecast: how good, changed by whom, what was set aside, what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from troth.charts import page as html
from troth.charts.numbers import number, plural, when
from troth.core.decision import Issue, Severity
from troth.demand.changes import ChangeEffect
from troth.demand.plan import DemandForecast, Repair, SeriesForecast
from troth.demand.problem import ForecastProblem, Series
from troth.kpi.definition import Figure

#: Rows of one table at most.
ROWS: Final = 400
_WHY: Final = {
    "calendar": "closed by the calendar", "weekday": "closed on this weekday", "holiday": "holiday", "no-demand": "nothing came although much was due",
    "no-data": "nothing was recorded", "far-from-alike": "far from what days alike were", "below-zero": "a count below zero",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ForecastPage:
    """What a page shows.

    Parameters
    ----------
    forecast, problem : the answer, and the question.
    computed : the forecast before changes by people, if there are any.
    effects : what those did.
    figures : of published forecasts, `demand.accuracy` at the lead time that matters.
    actual : of each series what has come since, if the forecast is one of the past; empty otherwise.
    source : what it was made from, in words.
    now, version : when the page is made, by which version.
    """

    forecast: DemandForecast
    problem: ForecastProblem
    source: str
    now: datetime
    version: str
    computed: DemandForecast | None = None
    effects: Sequence[ChangeEffect] = ()
    figures: Sequence[Figure] = ()
    actual: Sequence[Series] = field(default=())


def accuracy(shown: ForecastPage, series: Sequence[SeriesForecast]) -> str:
    """Return how good forecasts were: as published, and in the backtest."""
    rows = [
        [
            *([html.Cell(one.series.name)] if len(series) > 1 else []),
            html.Cell(score.model),
            *(
                html.Cell(number(v, unit="share"), v if np.isfinite(v) else None, figure=True)
                for v in (score.wape, score.bias, score.weight)
            ),
            html.Cell(f"{score.days:,}", score.days, figure=True),
        ]
        for one in series
        for score in one.scores
    ]
    heads = [
        *(["series"] if len(series) > 1 else []),
        "forecaster",
        "missed",
        "too much (+) or little",
        "weight",
        "days scored",
    ]
    at = f"{lead_time(shown.problem)}: " if shown.problem.lead else ""
    said = f"{at}every forecaster tried on past days it had not seen. Missed: what it was off by in each cell, over what came. Too much or little: what it expected beyond what came. The forecast is their mixture by weight."
    table = (
        html.table(heads, rows=rows[: 10 * ROWS], caption="Forecasters in the backtest", name="scores") if rows else ""
    )
    published = _published(shown)
    body = f"{_lead_in(said[0].upper() + said[1:])}{table}" if table else ""
    return f"{published}{body}"


def _published(shown: ForecastPage) -> str:
    known = [f for f in shown.figures if f.value is not None]
    if not known:
        return ""
    split = any(f.by for f in known)
    rows = [
        [
            *([html.Cell(" / ".join(str(m) for m in f.by.values()) or "all")] if split else []),
            html.Cell(_VARIANTS.get(f.variant, f.variant)),
            html.Cell(number(f.value, unit="share"), f.value, figure=True),
            html.Cell(
                "-" if f.low is None else f"{number(f.low, unit='share')}\u2013{number(f.high, unit='share')}",
                figure=True,
            ),
            html.Cell(f"{f.n:,}", f.n, figure=True),
        ]
        for f in known
    ]
    heads = [*(["series"] if split else []), "of what was published", "value", "95 % interval", "cells"]
    told = _lead_in(f"Forecasts as they were published, {lead_time(shown.problem)}, against what came.")
    return (
        told
        + html.table(heads, rows=rows, caption="Accuracy of published forecasts", name="accuracy")
        + '<div style="height:48px"></div>'
    )


_VARIANTS: Final = {
    "": "missed, cell by cell", "day": "missed, by day", "computed": "missed without changes by people", "expected_over_came": "expected over came",
    "covered": "came within the 80 % band", "week_ahead": "missed a week ahead",
}  # fmt: skip


def changes(shown: ForecastPage) -> str:
    """Return the changes by people."""
    rows = []
    for effect in shown.effects:
        one = effect.change
        before, after = float(effect.before.sum()), float(effect.after.sum())
        rows.append(
            [
                html.Cell(one.id), html.Cell(" / ".join(effect.key.values()) or "all"), html.Cell(f"{one.kind} {one.value:g}"),
                html.Cell(when(one.start)), html.Cell(when(one.end)), html.Cell(f"{before:,.1f}", before, figure=True),
                html.Cell(f"{after:,.1f}", after, figure=True), html.Cell(f"{one.layer}", one.layer, figure=True), html.Cell(one.who), html.Cell(one.why),
            ]
        )  # fmt: skip
    if not rows:
        return ""
    heads = ["change", "series", "what", "from", "to", "before", "after", "layer", "who", "why"]
    told = _lead_in(
        "In the order in which they are laid: each takes up what the one before left. Undone ones are not here."
    )
    return told + html.table(heads, rows=rows, caption="Changes by people", name="changes", sortable=True)


def repairs(series: Sequence[SeriesForecast]) -> str:
    """Return the history that was not taken as it stands."""
    found = [(one, repair) for one in series for repair in one.repairs]
    if not found:
        return ""
    rows = [_repair(one, repair, named=len(series) > 1) for one, repair in found[: 2 * ROWS]]
    heads = [*(["series"] if len(series) > 1 else []), "what", "from", "to", "was", "taken as", "why"]
    more = f" The first {2 * ROWS:,} of {len(found):,}." if len(found) > 2 * ROWS else ""
    said = f"History that was not taken as it stands: {_counted(found)}. Closed days say nothing of open ones.{more}"
    return _lead_in(said) + html.table(heads, rows=rows, caption="Repairs of the history", name="repairs")


def _counted(found: Sequence[tuple[SeriesForecast, Repair]]) -> str:
    kinds: dict[str, int] = {}
    for _, repair in found:
        kinds[str(repair.kind)] = kinds.get(str(repair.kind), 0) + 1
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))


def _repair(one: SeriesForecast, repair: Repair, *, named: bool) -> list[html.Cell]:
    tz = ZoneInfo(one.grid.time_zone)
    start, end = repair.start.astimezone(tz), repair.end.astimezone(tz)
    why = _WHY.get(repair.why, repair.why) + (f": {repair.name}" if repair.name else "")
    amounts = ("-" if v is None else f"{v:,.0f}" if abs(v) >= 10 else f"{v:,.2g}" for v in (repair.was, repair.became))
    return [
        *([html.Cell(one.series.name)] if named else []),
        html.Cell(str(repair.kind)), html.Cell(when(start), start.timestamp()), html.Cell(when(end), end.timestamp()),
        *(html.Cell(text, value, figure=True) for text, value in zip(amounts, (repair.was, repair.became), strict=True)), html.Cell(why),
    ]  # fmt: skip


def issues(issues: Sequence[Issue]) -> str:
    """Return what is doubtful of the input."""
    told = [one for one in issues if one.severity is not Severity.INFO]
    if not told:
        return ""
    rows = [
        [
            html.Cell(str(one.severity)),
            html.Cell(one.code),
            html.Cell(one.where),
            html.Cell(one.value),
            html.Cell(one.advice),
        ]
        for one in told
    ]
    return html.table(["", "issue", "where", "value", "what may mend it"], rows=rows, caption="Issues", name="issues")


def _lead_in(words: str) -> str:
    """Return a sentence before a table, with room for the button that copies it."""
    return f'<p class="lead" style="margin-bottom:40px">{html.text(words)}</p>'


def lead_time(problem: ForecastProblem) -> str:
    """Return the lead time that matters, in words."""
    return f"{plural(problem.lead or 1, one='day')} ahead"
