"""The charts of a report: each with a sentence, its numbers and, where it has one, its control chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from troth.charts import draw
from troth.charts.numbers import between, exact, number, plural
from troth.charts.page import Cell, Chart, chart, table, text
from troth.core.terms import Unit
from troth.kpi.definition import Figure, Fold, Kpi
from troth.kpi.report import words
from troth.kpi.report.data import Line, Report
from troth.stats import ControlChart, SignalRule, individuals_chart, p_chart

#: Fewer points than this have no limits worth drawing.
_POINTS: Final = 8
_TRENDS: Final = 12
_RULES: Final = (SignalRule.BEYOND_3_SIGMA, SignalRule.NINE_ON_ONE_SIDE, SignalRule.SIX_TREND)
#: Which trends come first when there are more than fit; targets come before all of them.
_MAIN: Final = (
    "flow.volume", "flow.volume/cases", "speed.answer", "speed.resolution", "speed.first_reply", "speed.handle",
    "outcome.reopened", "flow.escalation", "speed.within_24h", "flow.abandonment", "voice.csat", "load.throughput",
)  # fmt: skip
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def figure_cell(value: float | None, *, unit: Unit, strong: bool = False, kind: str = "") -> Cell:
    """Return a figure as people say it, exact on hover; an empty cell for none."""
    if value is None:
        return Cell("", figure=True, kind=kind)
    shown = number(value, unit=unit)
    html = f"<strong>{text(shown)}</strong>" if strong else ""
    return Cell(shown, value, exact(value, unit=unit), figure=True, html=html, kind=kind)


def limits(kpi: Kpi, *, course: Sequence[Figure]) -> ControlChart | None:
    """Return the control chart of a KPI's course; None where there are too few points.

    Shares of things are charted by how many of how many, with Laney's allowance for weeks that differ more than
    chance; everything else as single values.
    """
    values = np.array([np.nan if f.value is None else f.value for f in course])
    if np.count_nonzero(~np.isnan(values)) < _POINTS:
        return None
    counted = kpi.unit is Unit.SHARE and kpi.fold is Fold.RATIO and all(p.weight == 1.0 for p in kpi.parts)
    try:
        if counted:
            sizes = np.array([float(f.n) for f in course])
            found = p_chart(np.nan_to_num(values) * sizes, sizes=sizes, laney=True, rules=_RULES)
        else:
            found = individuals_chart(values, rules=_RULES)
    except ValueError:
        return None
    return found if np.all(np.isfinite(found.centre)) else None


def trends(report: Report) -> str:
    """Return the trends that matter most as a grid of charts."""
    order = {name: i for i, name in enumerate(_MAIN)}
    lines = [line for line in report.lines if sum(f.value is not None for f in line.course) >= 3]
    lines.sort(key=lambda line: (line.scored.target is None, order.get(line.kpi.name, len(order))))
    lines = [line for line in lines if line.scored.target is not None or line.kpi.name in order][:_TRENDS]
    return "".join(_trend(line, words.step(report.frame.every)) for line in lines)


def _trend(line: Line, step: str) -> str:
    course, unit = line.course, line.kpi.unit
    found = limits(line.kpi, course=course)
    ringed = sorted({s.last for s in found.signals}) if found else []
    firsts = _firsts(found) if found else []
    # A chart that is all rings rings nothing: of long runs only the beginnings are.
    rings = ringed if len(ringed) <= len(course) / 3 else sorted({place for place, _ in firsts})
    target = line.scored.target.value if line.scored.target else None
    # Limits below nothing, or shares above all, do not exist.
    low = (
        [max(v, 0.0) if line.figure.value is not None and line.figure.value >= 0 else v for v in found.low]
        if found
        else []
    )
    at = [f.start[:10] if step not in {"hour", "15 minutes", "30 minutes"} else f.start for f in course]
    named = (
        {place: [words.RULES[s.rule] for s in found.signals if s.last == place] for place in ringed} if found else {}
    )
    shown = draw.Trend(
        at=at,
        values=[f.value for f in course],
        unit=str(unit),
        hover=[_hover(f, named.get(i, []), step) for i, f in enumerate(course)],
        firm=[f.mature for f in course],
        centre=found.centre.tolist() if found else (),
        low=_known(low),
        high=_known(found.high.tolist()) if found else (),
        signals=firsts,
        ringed=rings,
        target=target,
    )
    rows = [
        [
            Cell(a), figure_cell(f.value, unit=unit), Cell(between(f.low, f.high, unit=unit), f.low, figure=True),
            Cell(f"{f.n:,}", f.n, figure=True), Cell("; ".join(named.get(i, []))), Cell("" if f.mature else "can still change"),
        ]
        for i, (a, f) in enumerate(zip(at, course, strict=True))
    ]  # fmt: skip
    heads = [f"{step} from".capitalize(), "Value", "95 % interval", "n", "Signal", "Note"]
    return chart(
        Chart(
            draw.trend(shown),
            line.kpi.title,
            _said(line, found, firsts, step),
            table(heads, rows=rows, caption=f"{line.kpi.title} by {step}", name=line.kpi.name.replace("/", "-")),
        )
    )


def _known(values: Sequence[float]) -> list[float]:
    """Fill gaps of limits with their neighbour, so that the band does not break."""
    found = list(values)
    known = [v for v in found if np.isfinite(v)]
    last = known[0] if known else 0.0
    for i, value in enumerate(found):
        last = value if np.isfinite(value) else last
        found[i] = last
    return found


def _firsts(found: ControlChart) -> list[tuple[int, str]]:
    """Return the first point of each run of points that complete the same rule, with the rule in words."""
    seen = {(s.rule, s.last) for s in found.signals}
    firsts = [s for s in found.signals if (s.rule, s.last - 1) not in seen]
    return [(s.last, words.RULES[s.rule]) for s in firsts]


def _hover(figure: Figure, named: Sequence[str], step: str) -> str:
    parts = [
        f"{step} from {words.point(figure.start)}",
        exact(figure.value, unit=figure.unit),
    ]
    if figure.low is not None:
        parts.append(f"95 %: {between(figure.low, figure.high, unit=figure.unit)}")
    parts.append(f"n {figure.n:,}")
    parts += list(named)
    if not figure.mature:
        parts.append("can still change")
    return "\n".join(parts)


def _said(line: Line, found: ControlChart | None, firsts: Sequence[tuple[int, str]], step: str) -> str:
    if found is None:
        return f"{plural(len(line.course), one=step)}; too few for control limits."
    usual = between(max(float(np.nanmin(found.low)), 0.0), float(np.nanmax(found.high)), unit=line.kpi.unit)
    centre = number(float(found.centre[0]), unit=line.kpi.unit)
    if not firsts:
        return f"Steady around {centre}: every {step} within {usual}."
    place, rule = firsts[-1]
    since = words.point(line.course[place].start)
    return f"Usually {centre}, within {usual}. Latest signal: {rule}, {since}."


def spreads(report: Report) -> str:
    """Return the distributions of the main times."""
    out = []
    for spread in report.spreads:
        figure, kpi = spread.line.figure, spread.line.kpi
        marks = [
            (name, v) for name, v in (("P50", figure.p50), ("P90", figure.p90), ("P95", figure.p95)) if v is not None
        ]
        so_far, rows = 0, []
        for low, high, count in zip(spread.edges, spread.edges[1:], spread.counts, strict=False):
            so_far += count
            share = so_far / max(sum(spread.counts), 1)
            rows.append(
                [
                    Cell(f"up to {number(high, unit='s')}", high),
                    Cell(f"{count:,}", count, figure=True),
                    Cell(f"{100 * share:.1f} %", share, figure=True),
                ]
            )
            del low
        said = f"Half took at most {number(figure.p50, unit='s')}, nine in ten {number(figure.p90, unit='s')}; mean {number(figure.value, unit='s')}, longest {number(figure.max, unit='s')}."
        out.append(
            chart(
                Chart(
                    draw.distribution(spread.edges, counts=spread.counts, marks=marks),
                    kpi.title,
                    said if marks else f"n {figure.n:,}",
                    table(["Time", "n", "So far"], rows=rows, caption=f"Distribution of {kpi.title.lower()}"),
                )
            )
        )
    return "".join(out)


def arrivals(report: Report) -> str:
    """Return the heat map of arrivals by weekday and hour; empty without arrivals."""
    found = report.arrivals
    if found is None:
        return ""
    cells = [(v, d, h) for d, line in enumerate(found.grid) for h, v in enumerate(line) if v is not None]
    most, d, h = max(cells)
    by_day = [sum(v or 0.0 for v in line) for line in found.grid]
    what = "contacts an hour" if not found.kpi.variant else "cases an hour"
    busiest = max(range(7), key=lambda i: by_day[i])
    said = f"The busiest hour is {WEEKDAYS[d]} {h:02d}:00 with {most:.1f} {what}; the busiest day is {WEEKDAYS[busiest]} with {by_day[busiest]:,.0f}. Hours of {report.frame.time_zone}."
    hours = [f"{k:02d}" for k in range(24)]
    rows = [
        [Cell(WEEKDAYS[i], i), *(Cell("-" if v is None else f"{v:.1f}", v, figure=True) for v in line)]
        for i, line in enumerate(found.grid)
    ]
    numbers = table(["Day", *hours], rows=rows, caption=f"{found.kpi.title} by weekday and hour, mean")
    figure = draw.heat_map(found.grid, rows=WEEKDAYS, columns=hours, what=what)
    return chart(Chart(figure, f"{found.kpi.title} by weekday and hour", said, numbers))


def backlog(report: Report) -> str:
    """Return the backlog by day, and by age at the end; empty without cases."""
    found = report.backlog
    if found is None:
        return ""
    values = [f.value for f in found.course]
    known = [v for v in values if v is not None]
    out = []
    if len(known) > 2:
        rows = [[Cell(f.start[:10]), figure_cell(f.value, unit=Unit.COUNT)] for f in found.course]
        said = f"{known[-1]:,.0f} open at the end; between {min(known):,.0f} and {max(known):,.0f} since {words.point(found.course[0].start)}."
        numbers = table(["Day", "Open at its end"], rows=rows, caption="Backlog by day")
        out.append(
            chart(Chart(draw.area([f.start[:10] for f in found.course], values=values), "Open cases", said, numbers))
        )
    total = sum(n for _, n in found.bands)
    if total:
        old = sum(n for _, n in found.bands[3:])
        said = f"{plural(old, one='case')} of {total:,} open ones {'is' if old == 1 else 'are'} older than a week."
        rows = [[Cell(name, i), Cell(f"{n:,}", n, figure=True)] for i, (name, n) in enumerate(found.bands)]
        figure = draw.bars([name for name, _ in found.bands], values=[float(n) for _, n in found.bands], height=220)
        out.append(
            chart(
                Chart(
                    figure,
                    "Open cases by age",
                    said,
                    table(["Age", "Open cases"], rows=rows, caption="Open cases by age"),
                )
            )
        )
    return "".join(out)


def spark(line: Line, *, step: str) -> str:
    """Return the course of a line as a small line."""
    values: list[Any] = [f.value for f in line.course]
    known = [v for v in values if v is not None]
    if len(known) < 3:
        return ""
    said = f"by {step}: from {number(known[0], unit=line.kpi.unit)} to {number(known[-1], unit=line.kpi.unit)}"
    return draw.sparkline(values, words=said)
