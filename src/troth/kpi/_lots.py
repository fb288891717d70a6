"""Figures that are computed in one pass, as SQL: compiled once, for compiling takes longer than most queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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


def lots(jobs: Sequence[Job], wanted: Wanted, tables: Tables, said: Callable[[Any], str]) -> Sequence[Lot]:
    """Return jobs on the wall clock by lot, compiled once for as long as the tables have the same columns."""
    where = tuple((dim, tuple(members)) for dim, members in sorted(wanted.where.items()))
    key = (said.__qualname__, tuple(jobs), where, wanted.by, wanted.periods, wanted.params, wanted.line_s)
    shapes, found = _COMPILED.get(key, ({}, ()))
    if not found or any(tables(table).schema() != shape for table, shape in shapes.items()):
        found = [Lot(lot, said(one), columns_read(one)) for lot, one in grouped(jobs, wanted, tables)]
        read = {table for one in found for table in one.reads} - {"cells"}
        _COMPILED[key] = {table: tables(table).schema() for table in read}, found
        while len(_COMPILED) > _KEPT:
            _COMPILED.pop(next(iter(_COMPILED)), None)
    return found
