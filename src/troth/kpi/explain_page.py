"""One page about one opened number: its time as a picture, its stretches, its events."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from troth.charts import page as html
from troth.charts.lanes import Lane, Stretch, lanes
from troth.charts.numbers import duration, exact, number, plural, when
from troth.kpi._explained import Explained, Opened


def explain_lanes(found: Explained) -> list[Lane]:
    """Return the rows of an explanation that are made of time, as lanes of a picture."""
    tz = ZoneInfo(found.time_zone)
    return [_lane(row, found, tz) for row in found.rows if row.segments]


def explain_plot(found: Explained) -> Any:
    """Return the time behind a number as a Plotly figure: counted solid, pauses hatched, business hours shaded."""
    return lanes(explain_lanes(found))


def explain_page(found: Explained) -> str:
    """Return the page of an explanation, self-contained."""
    shown = explain_lanes(found)
    title = f"{found.kpi.title}: {found.subject}"
    value = number(found.value, unit=str(found.kpi.unit)) if found.value is not None else "not in the figure"
    parts = [
        f'<header class="top"><h1>{html.text(title)}</h1><p class="answer">{html.text(value)}</p>',
        f'<p class="note">{html.text(found.kpi.numerator)}; definition {html.text(found.kpi.definition)}, times of {html.text(found.time_zone)}.</p></header>',
    ]
    if found.reason:
        parts.append(f'<p class="note">{html.text(found.reason)}</p>')
    if shown:
        said = "; ".join(f"{lane.name}: {lane.note}" for lane in shown)
        what = "Solid is counted, hatched is paused, shaded is open. The line is where the target is used up."
        chart = html.chart(html.Chart(lanes(shown), "Time", said, _stretches(found), f'<p class="note">{what}</p>'))
        parts.append(f'<section><div class="grid wide">{chart}</div></section>')
    reasons = [f"{_name(row)}: {reason}" for row in found.rows for reason in row.reasons]
    if reasons:
        listed = "".join(f"<li>{html.text(one)}</li>" for one in reasons)
        parts.append(f"<section><h2>Not in the figure</h2><ul>{listed}</ul></section>")
    parts.append(f"<section><h2>{plural(len(found.events), one='event')}</h2>{_events(found)}</section>")
    return html.page(f'<main id="main">{"".join(parts)}</main>', title=title, charts=bool(shown))


def _lane(row: Opened, found: Explained, tz: ZoneInfo) -> Lane:
    due = row.facts.get("due_at")
    bars = [bar for segment in row.segments for bar in _bars(segment, due, tz)]
    end = max(segment.end for segment in row.segments) if row.segments else None
    near = due is not None and end is not None and due - end < timedelta(days=60)
    return Lane(
        _name(row),
        _note(row, found),
        bars,
        [(a.astimezone(tz), b.astimezone(tz)) for a, b in row.hours],
        (due.astimezone(tz), "due") if due is not None and near else None,
    )


def _bars(segment: Any, due: datetime | None, tz: ZoneInfo) -> list[Stretch]:
    """Return a stretch as bars, cut where the target is used up."""
    what = segment.calendar or segment.what
    cuts = [segment.start, segment.end]
    if segment.counted and due is not None and segment.start < due < segment.end:
        cuts.insert(1, due)
    return [
        Stretch(
            a.astimezone(tz), b.astimezone(tz), what, segment.counted, segment.counted and due is not None and a >= due
        )
        for a, b in pairwise(cuts)
    ]


def _name(row: Opened) -> str:
    if row.facts:
        metric = str(row.facts["metric"]).replace("_", " ")
        return f"{metric} {row.facts['number']}" if row.facts["number"] > 1 else metric
    return row.name[1]


def _note(row: Opened, found: Explained) -> str:
    if not row.facts:
        return number(row.value, unit=str(found.kpi.unit))
    return f"{row.facts['state']}, {duration(row.counted_s)} of {duration(row.facts['target_s'])}"


def _stretches(found: Explained) -> str:
    """Return all stretches as a table, each row's counted ones summed to its number."""
    rows = []
    for row in found.rows:
        for segment in row.segments:
            start, end = (at.astimezone(ZoneInfo(found.time_zone)) for at in (segment.start, segment.end))
            cells = [
                _name(row),
                when(start),
                when(end),
                segment.calendar or segment.what,
                "yes" if segment.counted else "no",
            ]
            rows.append([*(html.Cell(c) for c in cells), _length(segment.seconds)])
        if row.segments:
            rows.append(
                [
                    html.Cell(_name(row)),
                    *(html.Cell(c) for c in ("", "", "sum of what counts", "")),
                    _length(row.counted_s),
                ]
            )
    return html.table(
        ["of", "from", "to", "what", "counts", "length"],
        rows=rows,
        caption="Stretches of time",
        name="stretches",
        sortable=False,
    )


def _length(seconds: float) -> html.Cell:
    return html.Cell(duration(seconds), sort=seconds, title=exact(seconds, unit="s"), figure=True)


def _events(found: Explained) -> str:
    rows = [
        [
            html.Cell(when(event.occurred_at), sort=event.occurred_at.isoformat(), title=event.occurred_at.isoformat()),
            html.Cell(f"{event.activity} ({event.step})" if event.step else event.activity),
            html.Cell(event.who or event.actor or ""),
            html.Cell(", ".join(event.uses)),
        ]
        for event in found.events
    ]
    return html.table(["at", "what", "who", "used for"], rows=rows, caption="Events", name="events")
