"""Small logs for tests: an event as plain Python, and the way of many of them into a lake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from troth.log.check import check
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.schema import DRAFTS, STORED

VILNIUS = ZoneInfo("Europe/Vilnius")


@dataclass(frozen=True, slots=True)
class Event:
    """One event; texts left out are missing."""

    at: datetime
    activity: str
    source_id: str
    case_id: str | None = None
    contact_id: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    actor: str | None = None
    direction: str | None = None
    team: str | None = None
    queue: str | None = None
    site: str | None = None
    channel: str | None = None
    service: str | None = None
    priority: str | None = None
    step: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    value: float | None = None
    origin: str = "exact"
    version: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> dict[str, Any]:
        """Return the event as a reader would hand it over."""
        row = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "at"}
        row["attributes"] = json.dumps(self.attributes) if self.attributes else None
        return {**row, "occurred_at": self.at, "source": "test"}


def story(*lines: tuple[str, str] | tuple[str, str, Mapping[str, Any]], tz: Any = UTC, **common: Any) -> list[Event]:
    """Return events of one case or contact from lines of time, activity and what else each says."""
    found = []
    for number, (at, activity, *rest) in enumerate(lines):
        name = f"{common.get('case_id')}/{common.get('contact_id')}/{common.get('subject_id')}/{number}"
        said = {"source_id": name, **common, **(rest[0] if rest else {})}
        found.append(Event(at=datetime.fromisoformat(at).replace(tzinfo=tz), activity=activity, **said))
    return found


def put(lake: Lake, events: Iterable[Event]) -> None:
    """Check events as an import does and append them to a lake."""
    good, bad = check(pa.Table.from_pylist([event.draft() for event in events], schema=DRAFTS))
    assert not len(bad), bad.to_pylist()
    columns = ", ".join(f'"{name}"' for name in STORED.names)
    with lake.session() as con:
        con.register("good", good)
        lake.events.put(con, [f"SELECT {columns} FROM good"])


def put_reference(lake: Lake, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows to a reference table; columns left out are missing."""
    schema = TABLES[table].schema
    with lake.session() as con:
        con.register("given", pa.Table.from_pylist([{"version": 0, **row} for row in rows], schema=schema))
        lake.reference(table).put(con, ["SELECT * FROM given"])


def lake_of(folder: Path, events: Iterable[Event], **reference: Sequence[Mapping[str, Any]]) -> Lake:
    """Return a lake with events and reference tables."""
    lake = Lake(folder)
    put(lake, events)
    for table, rows in reference.items():
        put_reference(lake, table, rows)
    return lake


def hours(
    calendar: str, *spans: tuple[str, str], days: Iterable[int] = range(5), time_zone: str = "UTC", **more: Any
) -> list[dict[str, Any]]:
    """Return rows of `calendars`: the same spans on each of the weekdays."""
    common = {"calendar": calendar, "time_zone": time_zone, **more}
    return [{**common, "weekday": day, "opens": a, "closes": b} for day in days for a, b in spans]


def special(calendar: str, day: str, *spans: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    """Return rows of `calendar_days`: the spans of one day, or one row without any."""
    common = {"calendar": calendar, "day": date.fromisoformat(day), **more}
    return [{**common, "opens": a, "closes": b} for a, b in spans] or [common]
