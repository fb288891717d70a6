"""A publication computed anew: under its own rules first, then with what has changed since, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date

import pyarrow as pa

from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Params
from troth.kpi.history.diff import Cause, Change, Course, changes
from troth.kpi.history.read import Snapshot, Under
from troth.kpi.query import query
from troth.log.lake import Lake


def recheck(
    lake: Lake,
    *,
    said: Snapshot,
    tables: Mapping[str, pa.Table] | None = None,
    calendar: str | None = None,
    as_of: date | None = None,
    params: Params | None = None,
) -> list[Change]:
    """Return every published figure beside the same computed anew, with what each cause added.

    Without more, figures are computed as they would be today: with the events, definitions, tables and defaults of now.

    Parameters
    ----------
    lake : where the events and the tables of today are.
    said : what was published.
    tables : reference tables to use instead of the lake's: what if this calendar or policy had held?
    calendar : a calendar to use for all instead of the published question's.
    as_of : use the definitions that were in force on a day, instead of the newest.
    params : named defaults to use instead of today's; what the question had set otherwise than the defaults of then
        stays as it was set.

    Returns
    -------
    One change for each figure, but for those of KPIs that are no longer known as they were: see `unknown`.
    """
    gone = {name for name, _ in unknown(said)}
    kept = tuple(name for name in said.asked.kpis if name.removesuffix("/") not in gone)
    if not kept:
        return []
    asked = replace(said.asked, kpis=kept, definitions=said.definitions)
    course = [Course(Cause.LOG, query(Under(lake, said.tables), asked))]
    asked = replace(asked, definitions={}, as_of=as_of)
    course.append(Course(Cause.DEFINITION, query(Under(lake, said.tables), asked)))
    now = Under(lake, tables) if tables else lake
    course.append(Course(Cause.TABLES, query(now, asked)))
    asked = replace(asked, params=params or _today(said))
    course.append(Course(Cause.PARAMETERS, query(now, asked)))
    if calendar is not None:
        course.append(Course(Cause.CALENDAR, query(now, replace(asked, calendar=calendar))))
    figures = [one for one in said.figures if _name(one) not in gone]
    return changes(figures, course=course)


def unknown(said: Snapshot) -> list[tuple[str, int]]:
    """Return the published KPIs, with their version, that can no longer be computed as they were."""
    known = catalogue()
    return [
        (name, version)
        for name, version in said.definitions.items()
        if name not in known or known[name].at_version(version).version != version
    ]


def _name(one: Figure) -> str:
    return f"{one.id}/{one.variant}" if one.variant else one.id


def _today(said: Snapshot) -> Params:
    """Return what the question had set by hand, and today's defaults for all else."""
    asked, then = said.asked.params, said.defaults
    by_hand = {
        f.name: getattr(asked, f.name) for f in fields(Params) if getattr(asked, f.name) != getattr(then, f.name)
    }
    return replace(Params(), **by_hand)
