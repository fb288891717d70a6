"""A publication computed anew: under its own rules first, then with what has changed since, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pyarrow as pa

from troth.kpi.definition import Params
from troth.kpi.history.diff import Cause, Change, Course, changes
from troth.kpi.history.read import Snapshot, Under
from troth.kpi.query import Query, query
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
    params : named defaults to use instead of today's.
    """
    asked = replace(said.asked, definitions=said.definitions)
    course = [Course(Cause.LOG, query(Under(lake, said.tables), asked))]
    asked = replace(asked, definitions={}, as_of=as_of)
    course.append(Course(Cause.DEFINITION, query(Under(lake, said.tables), asked)))
    now = Under(lake, tables) if tables else lake
    course.append(Course(Cause.TABLES, query(now, asked)))
    asked = replace(asked, params=params or _today(asked))
    course.append(Course(Cause.PARAMETERS, query(now, asked)))
    if calendar is not None:
        course.append(Course(Cause.CALENDAR, query(now, replace(asked, calendar=calendar))))
    return changes(said.figures, course=course)


def _today(asked: Query) -> Params:
    """Return today's defaults; a line of bad waits that was given by hand stays."""
    return replace(Params(), line_s=asked.params.line_s)
