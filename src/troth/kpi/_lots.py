"""Figures that are computed in one pass, as SQL: compiled once, for compiling takes longer than most queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from troth.kpi.cells import Periods
from troth.kpi.plan import Job, Tables, Wanted, grouped
from troth.log.timelines import columns_read


@dataclass(frozen=True, slots=True)
class Lot:
    """Jobs that are computed in one pass: the SQL, and which columns of which tables it reads."""

    lot: list[Job]
    sql: str
    reads: Mapping[str, Collection[str]]


#: What was compiled, by question, with the schemas it was compiled for. Compiling takes longer than most queries.
_COMPILED: dict[Any, tuple[Mapping[str, Any], Sequence[Lot]]] = {}
_KEPT: Final = 64
#: Days no log has, in the place of those asked for: what is compiled holds for all, but for two numbers in the text.
_NEVER: Final = datetime(9001, 2, 3, 4, tzinfo=UTC)
_STAND_INS: Final = {
    short: Periods((_NEVER, _NEVER + width, _NEVER + 2 * width), "UTC")
    for short, width in ((True, timedelta(hours=1)), (False, timedelta(days=40)))
}


def lots(jobs: Sequence[Job], wanted: Wanted, tables: Tables, said: Callable[[Any], str]) -> Sequence[Lot]:
    """Return jobs on the wall clock by lot, compiled once for all days, as long as the tables have the same columns."""
    where = tuple((dim, tuple(members)) for dim, members in sorted(wanted.where.items()))
    any_days = _STAND_INS[wanted.periods.short]
    key = (said.__qualname__, tuple(jobs), where, wanted.by, wanted.periods.short, wanted.params, wanted.line_s)
    shapes, found = _COMPILED.get(key, ({}, ()))
    if not found or any(tables(table).schema() != shape for table, shape in shapes.items()):
        asked = grouped(jobs, replace(wanted, periods=any_days), tables)
        found = [Lot(lot, said(one), columns_read(one)) for lot, one in asked]
        read = {table for one in found for table in one.reads} - {"cells"}
        _COMPILED[key] = {table: tables(table).schema() for table in read}, found
        while len(_COMPILED) > _KEPT:
            _COMPILED.pop(next(iter(_COMPILED)), None)
    return [replace(one, sql=_of_days(one.sql, any_days, wanted.periods)) for one in found]


def _of_days(text: str, stood_in: Periods, periods: Periods) -> str:
    """Return the SQL of the days asked for."""
    return text.replace(str(stood_in.low), str(periods.low)).replace(str(stood_in.high), str(periods.high))
