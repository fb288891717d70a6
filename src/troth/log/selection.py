"""Which events are meant: a period and members of dimensions, so that an export shows what figures were made of."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, zone
from troth.core.terms import Dimension
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.schema import STORED
from troth.log.store import name, quote, scan

if TYPE_CHECKING:
    import duckdb

_COLUMNS: Final = {Dimension.AGENT: "agent_id", Dimension.CUSTOMER: "customer_id"}
_PARTS: Final = {Dimension.WEEKDAY: "isodow({}) - 1", Dimension.HOUR: "hour({})"}


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of events; all of them by default.

    Parameters
    ----------
    start, end : first day or instant that counts, and first that no longer does; days are those of `time_zone`.
    where : members to keep, by dimension. An event that does not say its member goes by its contact, or else by its
        case: it is kept if another event of that names the member.
    time_zone : whose days, weekdays and hours count; that of the sites if they share one, else UTC.
    """

    start: date | datetime | None = None
    end: date | datetime | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    time_zone: str | None = None

    def everything(self) -> bool:
        """Tell whether nothing is left out."""
        return self.start is None and self.end is None and not self.where


def selected(lake: Lake, *, selection: Selection) -> str:
    """Return SQL for the chosen settled events, in `schema.STORED`.

    Raises
    ------
    InputError : every unknown dimension, member or zone.
    """
    _check(selection)
    zones = {row["time_zone"] for row in read_reference(lake, "sites") if row["time_zone"]}
    time_zone = selection.time_zone or (zones.pop() if len(zones) == 1 else "UTC")
    conditions = []
    for bound, sign in ((selection.start, ">="), (selection.end, "<")):
        if bound is not None:
            at = _instant(bound, time_zone)
            conditions.append(f"occurred_at {sign} {quote(at.isoformat())}::TIMESTAMPTZ")
    conditions += [_kept(Dimension(dim), members, time_zone) for dim, members in selection.where.items()]
    columns = ", ".join(name(c) for c in STORED.names)
    if not conditions:
        return lake.settled()
    return f"WITH settled AS ({lake.settled()}) SELECT {columns} FROM settled WHERE {' AND '.join(conditions)}"


def _check(selection: Selection) -> None:
    issues = []
    # Events know no policy: which agreement a case is under is computed from them.
    dims = [str(d) for d in Dimension if d is not Dimension.POLICY]
    for dim, members in selection.where.items():
        if dim not in dims:
            near = difflib.get_close_matches(dim, dims, n=1, cutoff=0.3) or dims
            advice = f"Maybe {near[0]}: one of {', '.join(dims)}."
            issues.append(Issue("unknown-dimension", Severity.ERROR, "where", dim, advice))
        elif Dimension(dim) in _PARTS:
            advice = f"Maybe a number: {dim} counts from 0."
            issues += [Issue("bad-member", Severity.ERROR, dim, m, advice) for m in members if not m.isdigit()]
    if selection.time_zone is not None:
        try:
            zone(selection.time_zone)
        except InputError as error:
            issues.extend(error.issues)
    if issues:
        raise InputError(issues)


def _instant(given: date | datetime, time_zone: str) -> datetime:
    tz = zone(time_zone)
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=tz)
    return start_of_day(given, tz=tz)


def _kept(dim: Dimension, members: Sequence[str], time_zone: str) -> str:
    """Return the condition that an event is of one of the members."""
    if dim in _PARTS:
        local = f"timezone({quote(time_zone)}, occurred_at)"
        return f"({_PARTS[dim].format(local)}) IN ({', '.join(str(int(m)) for m in members)})"
    column = name(_COLUMNS.get(dim, str(dim)))
    said = f"{column} IN ({', '.join(quote(m) for m in members)})"
    contacts = f"SELECT contact_id FROM settled WHERE {said} AND contact_id IS NOT NULL"
    cases = f"SELECT case_id FROM settled WHERE {said} AND case_id IS NOT NULL"
    by_other = f"CASE WHEN contact_id IS NOT NULL THEN contact_id IN ({contacts}) ELSE coalesce(case_id IN ({cases}), false) END"
    return f"({said} OR {column} IS NULL AND {by_other})"


# Side tables ---------------------------------------------------------------------------------------------------------


def read_side(lake: Lake, table: str) -> pa.Table | None:
    """Return the distinct rows of a side table, or None if there is none."""
    shelf = lake.shelf("side", table, pa.schema([]))
    found = shelf.table()
    if found is None:
        return None
    files = shelf.files()
    fields = [f for f in pa.schema(found.schema().to_arrow()) if f.name != "tier"]
    rows = scan(files["base"] + files["tail"], pa.schema(fields))
    with lake.session() as con:
        return con.sql(f"SELECT DISTINCT * FROM ({rows})").fetch_arrow_table()


def side_tables(
    lake: Lake, con: duckdb.DuckDBPyConnection, *, events: str, selection: Selection
) -> dict[str, pa.Table]:
    """Return the side tables that belong to chosen events.

    Of a part of the log only the foreign objects go along that its events name: an export of one customer's events
    must not carry the others' objects.

    Parameters
    ----------
    lake, con : where they are, and what to compute with.
    events, selection : the SQL of the events, and the choice it was made of.
    """
    found = {table: rows for table in lake.tables("side") if (rows := read_side(lake, table)) is not None}
    if selection.everything() or "ocel_event_objects" not in found:
        return found
    for table, rows in found.items():
        con.register(table, rows)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE named AS
        SELECT r.* FROM ocel_event_objects r SEMI JOIN (
            SELECT json_extract_string(attributes, '$.foreign.ocel.id') AS event_id FROM ({events})
            WHERE attributes LIKE '%"ocel"%') e USING (event_id)""")
    inside = "IN (SELECT object_id FROM named)"
    limits: dict[str, Any] = {
        "ocel_event_objects": "(event_id, object_id) IN (SELECT (event_id, object_id) FROM named)",
        "ocel_objects": f"object_id {inside}",
        "ocel_object_values": f"object_id {inside}",
        "ocel_object_objects": f"object_id {inside} AND target_id {inside}",
    }
    return {
        table: con.sql(f"SELECT * FROM {name(table)} WHERE {limits.get(table, 'true')}").fetch_arrow_table()
        for table in found
    }
