"""Small lakes for tests: events as plain data, in any pieces and any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from troth.log.lake import Lake
from troth.log.schema import STORED

START = datetime(2026, 1, 5, tzinfo=UTC)
FLOW = ("arrived", "queued", "answered", "ended")
Event = dict[str, Any]


def event(number: int, **other: Any) -> Event:
    """Return the event of a number: four make a call, one a minute."""
    made: Event = dict.fromkeys(STORED.names)
    made |= {
        "occurred_at": START + timedelta(minutes=number),
        "version": 0,
        "activity": FLOW[number % 4],
        "contact_id": f"c{number // 4}",
        "customer_id": f"p{number // 8}",
        "queue": "cards" if number // 4 % 2 else "loans",
        "channel": "phone",
        "actor": "human" if number % 4 > 1 else None,
        "agent_id": "a1" if number % 4 > 1 else None,
        "origin": "exact",
        "source": "calls",
        "source_id": f"e{number}",
    }
    return made | other


def rows(events: Iterable[Event]) -> pa.Table:
    """Return events as a table."""
    return pa.Table.from_pylist(list(events), schema=STORED)


def filled(root: Path | str, *pieces: Sequence[Event], stream: str = "s") -> Lake:
    """Return a lake with each piece as one batch of a stream."""
    lake = Lake(root)
    for number, piece in enumerate(pieces):
        lake.events.append(rows(piece), batch=(stream, number))
    return lake


def settled(lake: Lake) -> list[Event]:
    """Return the settled events by source and id."""
    with lake.session() as con:
        found: list[Event] = (
            con.sql(f"SELECT * FROM ({lake.settled()}) ORDER BY source, source_id").fetch_arrow_table().to_pylist()
        )
    return found


def keys(events: Iterable[Event]) -> list[str]:
    """Return the sorted ids of events."""
    return sorted(e["source_id"] for e in events)


def on_disk(root: Path) -> set[str]:
    """Return all data files under a folder, by path."""
    return {str(p) for p in root.rglob("*.parquet") if "_delta_log" not in p.parts}


# What other processes do in tests of several at once -----------------------------------------------------------------


def append_all(root: str, stream: str, first: int, batches: int) -> None:
    """Append batches of two events each."""
    lake = Lake(root)
    for number in range(batches):
        lake.events.append(rows([event(first + 2 * number), event(first + 2 * number + 1)]), batch=(stream, number))


def compact_often(root: str, times: int) -> int:
    """Compact again and again; return how often it was done."""
    from troth.log.upkeep import compact

    return sum(compact(Lake(root)) for _ in range(times))


def import_csv(root: str, path: str) -> int:
    """Import a file in small batches; return how many events it held."""
    from troth.log.ingest import ingest
    from troth.log.readers import ReadOptions

    return ingest(Lake(root), source="csv", paths=[Path(path)], options=ReadOptions(batch_rows=4)).events
