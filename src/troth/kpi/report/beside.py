"""Figures side by side that can be traded against each other: a section, and what a figure's own place says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from troth.charts.numbers import exact, number, plural
from troth.charts.page import Cell, table, text
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure
from troth.kpi.gaming.pairs import Together, change, name_of, told
from troth.kpi.report.sections import figure_cell

_ARROWS: Final = {1: ("better", "\u2197"), -1: ("worse", "\u2198")}


def section(pairs: Sequence[Together]) -> str:
    """Return all pairs as a table, and in words those of which one got better while the other got worse."""
    if not pairs:
        return ""
    traded = [one for one in pairs if one.traded]
    lead = (
        f"In {plural(len(traded), one='pair')} one got better while the other got worse: open the cases before praising anybody."
        if traded
        else "Each of these can be bought with its neighbour. Of none did one get better while the other got worse, as far as chance lets tell."
    )
    said = "".join(f'<li><span class="worse" aria-hidden="true">\u25b2</span> {text(told(one))}</li>' for one in traded)
    rows = [
        [_named(one.first), _value(one.first), _change(one.first, one.changes[0]),
         _named(one.second), _value(one.second), _change(one.second, one.changes[1]), Cell(one.pair.sentence)]
        for one in pairs
    ]  # fmt: skip
    made = table(
        ["Figure", "Now", "Before", "Read beside", "Now ", "Before ", "How one buys the other"],
        rows=rows,
        caption="Figures to be read together",
        name="pairs",
    )
    listed = f"<ul>{said}</ul>" if said else ""
    return f'<p class="lead">{lead}</p>{listed}{made}'


def words(figure: Figure, *, pairs: Sequence[Together]) -> str:
    """Return what stands beside a figure and how it changed; empty if nothing does."""
    kpis, parts = catalogue(), []
    for one in pairs:
        if figure not in (one.first, one.second):
            continue
        other, way = one.beside(name_of(figure))
        shown = number(other.value, unit=other.unit)
        warning = " This figure and that one moved apart." if one.traded else ""
        parts.append(f"{kpis[name_of(other)].title} {shown}, {change(other, way=way)}.{warning} {one.pair.sentence}")
    return " ".join(parts)


def _named(figure: Figure) -> Cell:
    kpi = catalogue()[name_of(figure)]
    return Cell(kpi.title, kpi.title, kpi.question)


def _value(figure: Figure) -> Cell:
    return figure_cell(figure.value, unit=figure.unit)


def _change(figure: Figure, way: int) -> Cell:
    if figure.previous is None:
        return Cell("", figure=True)
    was = number(figure.previous, unit=figure.unit)
    kind, sign = _ARROWS.get(way, ("", ""))
    html = f'<span class="{kind}">{sign} {text(was)}</span>' if sign else ""
    said = f"{exact(figure.previous, unit=figure.unit)}: {change(figure, way=way)}"
    return Cell(was, figure.previous, said, figure=True, html=html)
