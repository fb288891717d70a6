"""Logs for the tests of OCEL: one small log, and how to read, write and compare."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from troth.log import schema
from troth.log.export import export_ocel
from troth.log.readers import Batch, ReadOptions, reader

LOG: dict[str, Any] = {
    "objectTypes": [
        {"name": "Order", "attributes": [{"name": "total", "type": "float"}]},
        {"name": "Item", "attributes": []},
    ],
    "eventTypes": [
        {"name": "place", "attributes": [{"name": "by", "type": "string"}, {"name": "lines", "type": "integer"}]},
        {"name": "pack", "attributes": []},
    ],
    "objects": [
        {
            "id": "o1",
            "type": "Order",
            "attributes": [
                {"name": "total", "time": "1970-01-01T00:00:00Z", "value": 12.5},
                {"name": "total", "time": "2024-05-02T09:00:00Z", "value": 13.0},
            ],
            "relationships": [{"objectId": "i1", "qualifier": "holds"}],
        },
        {"id": "o2", "type": "Order"},
        {"id": "i1", "type": "Item"},
    ],
    "events": [
        {
            "id": "e1",
            "type": "place",
            "time": "2024-05-01T11:00:00+02:00",
            "attributes": [{"name": "by", "value": "Zoë"}, {"name": "lines", "value": 1}],
            "relationships": [{"objectId": "o1", "qualifier": "order"}, {"objectId": "o2", "qualifier": "also"}],
        },
        {
            "id": "e2",
            "type": "pack",
            "time": "2024-05-01T12:00:00.123456Z",
            "relationships": [{"objectId": "i1", "qualifier": ""}],
        },
    ],
}


def write(path: Path, log: Any = LOG) -> Path:
    """Write a log as JSON."""
    path.write_text(log if isinstance(log, str) else json.dumps(log), encoding="utf-8")
    return path


def take(path: Path, **options: Any) -> list[Batch]:
    """Read a log."""
    return list(reader("ocel").read(path, ReadOptions(**options)))


def events(batches: list[Batch]) -> dict[str, dict[str, Any]]:
    """Return the events by id."""
    assert all(b.drafts.schema == schema.DRAFTS and b.rejects.schema == schema.REJECTS for b in batches)
    found = [r for b in batches for r in b.drafts.drop_columns(["_file", "_row"]).to_pylist()]
    assert len({r["source_id"] for r in found}) == len(found)
    return {r["source_id"]: r for r in found}


def sides(batches: list[Batch]) -> dict[str, pa.Table]:
    """Return the side tables of all batches."""
    names = {n for b in batches for n in b.side}
    return {n: pa.concat_tables([b.side[n] for b in batches if n in b.side]) for n in names}


def sets(batches: list[Batch]) -> dict[str, set[str]]:
    """Return the side tables as sets."""
    return {n: {repr(r) for r in t.to_pylist()} for n, t in sides(batches).items()}


def rejects(batches: list[Batch]) -> list[tuple[int | None, str]]:
    """Return row and code of each reject."""
    return [(r["row"], r["code"]) for b in batches for r in b.rejects.to_pylist()]


def issues(batches: list[Batch]) -> list[str]:
    """Return the issue codes."""
    return [i.code for b in batches for i in b.issues]


def export(batches: list[Batch], path: Path) -> Any:
    """Write what was read and return it as JSON."""
    drafts = pa.concat_tables([b.drafts for b in batches]).select(schema.STORED.names).cast(schema.STORED)
    export_ocel(drafts, side=sides(batches), path=path)
    return json.loads(path.read_text("utf-8"))


def canon(log: Any) -> Any:
    """Return a log in a form whose equality is that of OCEL: sets, and times as instants."""

    def time(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(UTC)

    def relations(item: dict[str, Any]) -> list[tuple[str, str]]:
        return sorted((r["objectId"], r["qualifier"]) for r in item.get("relationships") or [])

    return {
        "types": {
            kind: {t["name"]: sorted((a["name"], a["type"]) for a in t["attributes"]) for t in log[kind]}
            for kind in ("objectTypes", "eventTypes")
        },
        "objects": {
            o["id"]: (
                o["type"],
                sorted((a["name"], time(a["time"]), json.dumps(a["value"])) for a in o.get("attributes") or []),
                relations(o),
            )
            for o in log["objects"]
        },
        "events": {
            e["id"]: (
                e["type"],
                time(e["time"]),
                sorted((a["name"], json.dumps(a["value"])) for a in e.get("attributes") or []),
                relations(e),
            )
            for e in log["events"]
        },
    }
