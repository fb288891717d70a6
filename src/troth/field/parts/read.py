"""Stock and cases from a lake. The only file of this room that opens one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from troth.core.decision import Issue
from troth.core.time import to_utc
from troth.field.parts.events import history_of, stock_of
from troth.field.parts.history import PartHistory
from troth.field.parts.stock import Stock
from troth.log.lake import Lake
from troth.log.references import read_reference

_COLUMNS: Final = (
    "occurred_at", "activity", "subject_kind", "subject_id", "case_id", "agent_id", "service", "step", "value", "attributes",
)  # fmt: skip


def read_stock(lake: Lake, *, until: datetime | None = None) -> tuple[Stock, list[Issue]]:
    """Return the stock that a lake tells of, and which rows could not be used.

    Parameters
    ----------
    until : events after this instant are not looked at.
    """
    events = _events(lake, ("part_used", "part_moved"), until)
    tables = {name: read_reference(lake, name) for name in ("locations", "parts", "stock_levels", "sites")}
    return stock_of(events, tables=tables)


def read_history(lake: Lake, *, until: datetime | None = None, services: tuple[str, ...] = ()) -> PartHistory:
    """Return the cases of a lake with the parts they took, and what is known of equipment; see `history_of`."""
    events = _events(lake, ("opened", "part_used", "resolved", "counted"), until)
    return history_of(events, tables={"assets": read_reference(lake, "assets")}, services=services)


def _events(lake: Lake, activities: tuple[str, ...], until: datetime | None) -> list[dict[str, Any]]:
    names = ", ".join(f"'{one}'" for one in activities)
    where = f"activity IN ({names})"
    with lake.session() as con:
        columns = ", ".join(_COLUMNS)
        text = f"SELECT {columns} FROM ({lake.settled(where=where)}) WHERE occurred_at <= $until ORDER BY occurred_at, source_id"
        limit = datetime(9999, 1, 1, tzinfo=UTC) if until is None else to_utc(until)
        rows = con.execute(text, {"until": limit}).fetchall()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
