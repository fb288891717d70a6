"""One case on a page: the line of its time, what was counted of it, and the events that say so."""

from __future__ import annotations

from datetime import datetime

from troth.charts.numbers import exact, number
from troth.charts.page import Cell, table, text
from troth.core.spans import zone
from troth.kpi.explain import Explained, Opened, Used
from troth.kpi.report.sections import figure_cell

#: At most so many stretches are drawn and listed; a line of more would be a comb.
_STRETCHES = 60


def opened(found: Explained) -> str:
    """Return an explained case behind a disclosure; empty if nothing of it counts."""
    rows = [row for row in found.rows if row.counts and row.segments]
    if not rows:
        return ""
    value = number(found.value, unit=found.kpi.unit)
    inside = "".join(_row(row, found) for row in rows[:1])
    return f'<details class="case"><summary>How the {text(value)} of {text(found.subject)} are counted</summary>{inside}</details>'


def _row(row: Opened, found: Explained) -> str:
    shown = row.segments[:_STRETCHES]
    first, last = shown[0].start, shown[-1].end
    span = max((last - first).total_seconds(), 1e-6)
    bars = "".join(
        f'<i class="{"on" if one.counted else "off"}" style="width:{100 * one.seconds / span:.3f}%" title="{text(one.what)}"></i>'
        for one in shown
    )
    counted = exact(row.counted_s, unit="s")
    said = text(f"{counted} counted of {exact(span, unit='s')}")
    line = f'<div class="line" role="img" aria-label="{said}">{bars}</div>'
    cells = [
        [
            Cell(_at(one.start, found)), Cell(_at(one.end, found)), Cell(one.what), figure_cell(one.seconds, unit=found.kpi.unit),
            Cell("counted" if one.counted else "left out"),
        ]
        for one in shown
    ]  # fmt: skip
    heads = ["From", "To", "What", "Length", "In the number"]
    stretches = table(heads, rows=cells, caption=f"Stretches of {found.subject}", sortable=False)
    used = [event for event in found.events if event.uses]
    steps = "".join(_step(event, found) for event in used[:12])
    more = f" of {len(found.events)} events" if len(found.events) > len(used) else ""
    told = (
        f'<p class="note">What the number takes from {len(used)}{more}:</p><ul class="steps">{steps}</ul>'
        if used
        else ""
    )
    return f'{line}<p class="note">The counted stretches are {text(counted)} together.</p>{stretches}{told}'


def _step(event: Used, found: Explained) -> str:
    who = f" by {event.who}" if event.who else ""
    at, uses = _at(event.occurred_at, found), ", ".join(event.uses)
    return f"<li>{text(at)} <strong>{text(event.activity)}</strong>{text(who)}: {text(uses)}</li>"


def _at(moment: datetime, found: Explained) -> str:
    return f"{moment.astimezone(zone(found.time_zone)):%Y-%m-%d %H:%M:%S}"
