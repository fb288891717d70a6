"""Clocks kept in the lake: computed once, then only for cases that new events name and those with a clock that runs.

A clock that has ended is moved by events of its case alone; one that has not is looked at up to the end of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from troth import core
from troth.kpi import calendar_use
from troth.kpi import clocks as measuring
from troth.kpi.sla.read import SLA_CLOCKS, SlaRules, clock_parts, keep_clocks, rules
from troth.kpi.sla.tables import SLA_TABLES
from troth.log.lake import Lake
from troth.log.store import scan
from troth.log.timelines.kept import code, kept, named, tables_as_they_are

if TYPE_CHECKING:
    import duckdb

#: What clocks are computed by.
_CODE: Final = (
    str(Path(__file__).parent), str(Path(core.__file__).parent), calendar_use.__file__, measuring.__file__,
)  # fmt: skip
_RESTS_ON: Final = (*SLA_TABLES, "calendars", "calendar_days", "calendar_use", "customers")


def kept_clocks(lake: Lake, con: duckdb.DuckDBPyConnection, *, now: datetime, time_zone: str = "UTC") -> str:
    """Return SQL for the clocks of all cases as rows of `read.SLA_CLOCKS`, in no order.

    They are those that `read.sla_clocks` computes, and are kept in the lake under a name for policies, calendars, customers
    and code. Of hot events nothing is kept.

    Parameters
    ----------
    lake, con : where the events are, and a session of it.
    now : the last instant of the log.
    time_zone : whose days decide which version of a policy holds.
    """
    cold = copy(lake)
    cold.hot = None
    files = cold.events.files()
    ends = (None, now) if lake.hot is None else cold.extent(con)
    rows = scan([], SLA_CLOCKS) if ends is None else _cold(cold, con, files, ends[1], time_zone)
    if lake.hot is None:
        return rows
    given = rules(lake, time_zone=time_zone)
    return _renewed(lake, con, rows, named(lake, column="case_id", files=files, fresh=[]), given, now, "sla_hot")


def _cold(
    lake: Lake, con: duckdb.DuckDBPyConnection, files: Mapping[str, list[str]], now: datetime, time_zone: str
) -> str:
    """Return SQL for the clocks of the events in the lake, brought up to date there."""
    under = f"{code(*_CODE)} {tables_as_they_are(lake, con, tables=_RESTS_ON)} {time_zone}"
    there = kept(lake, table="sla_clocks", schema=SLA_CLOCKS)
    fresh = there.fresh(files) if there.notes.get("rules") == under else None
    then = datetime.fromisoformat(there.notes["now"]) if fresh is not None else now
    if fresh == [] and then == now:
        return there.rows()
    given = rules(lake, time_zone=time_zone)
    if fresh is None or then > now:
        keep_clocks(con, parts=clock_parts(lake, con, rules=given, now=now), table="sla_cold")
        rows = "FROM sla_cold"
    else:
        new = named(lake, column="case_id", files=files, fresh=fresh)
        rows = _renewed(lake, con, there.rows(), new, given, now, "sla_cold")
    there.keep(con, rows=rows, files=files, notes={"rules": under, "now": now.isoformat()})
    return rows


def _renewed(
    lake: Lake, con: duckdb.DuckDBPyConnection, rows: str, new: str, given: SlaRules, now: datetime, table: str
) -> str:
    """Return SQL for clocks in which those of cases that SQL names, and of those that had not ended, are computed anew."""
    touched = f"{table}_cases"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {touched} AS
        SELECT case_id FROM ({new}) UNION SELECT case_id FROM ({rows}) WHERE ended_at IS NULL""")
    keep_clocks(con, parts=clock_parts(lake, con, rules=given, now=now, among=touched), table=table)
    columns = ", ".join(SLA_CLOCKS.names)
    return f"""
        SELECT {columns} FROM ({rows}) ANTI JOIN {touched} USING (case_id)
        UNION ALL SELECT {columns} FROM {table}"""
