"""The one schema of the service event log: flat columns, one row a fact."""

from __future__ import annotations

import uuid
from typing import Final

import pyarrow as pa

#: An instant: UTC, microseconds.
INSTANT: Final = pa.timestamp("us", tz="UTC")

_FIELDS: Final = (
    ("occurred_at", INSTANT, True),
    ("recorded_at", INSTANT, False),
    ("version", pa.int64(), True),
    ("activity", pa.string(), True),
    ("step", pa.string(), False),
    ("subject_kind", pa.string(), False),
    ("subject_id", pa.string(), False),
    ("case_id", pa.string(), False),
    ("contact_id", pa.string(), False),
    ("customer_id", pa.string(), False),
    ("agent_id", pa.string(), False),
    ("actor", pa.string(), False),
    ("direction", pa.string(), False),
    ("team", pa.string(), False),
    ("queue", pa.string(), False),
    ("site", pa.string(), False),
    ("channel", pa.string(), False),
    ("service", pa.string(), False),
    ("priority", pa.string(), False),
    ("value", pa.float64(), False),
    ("attributes", pa.string(), False),
    ("origin", pa.string(), True),
    ("source", pa.string(), True),
    ("source_id", pa.string(), True),
)

#: The columns kept in the lake. `event_id` is derived from `source` and `source_id`, so it is computed on reading.
STORED: Final = pa.schema([pa.field(name, kind, nullable=not needed) for name, kind, needed in _FIELDS])

#: The event as everybody sees it: its id, then what the lake keeps.
EVENTS: Final = pa.schema([pa.field("event_id", pa.string(), nullable=False), *STORED])

#: What a reader hands over: the stored columns, each possibly missing, and where each row came from.
#: A missing `source_id` is filled by the import with the hash of the row and its occurrence number.
DRAFTS: Final = pa.schema(
    [pa.field(name, kind) for name, kind, _ in _FIELDS] + [pa.field("_file", pa.string()), pa.field("_row", pa.int64())]
)

#: A row that could not be taken: kept with its raw text, which can be personal data and is purged with time.
REJECTS: Final = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64()),
        pa.field("code", pa.string(), nullable=False),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("advice", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("imported_at", INSTANT),
    ]
)

#: Namespace of event ids: ``event_id = uuid5(NAMESPACE, source + "\\x1f" + source_id)``.
NAMESPACE: Final = uuid.UUID("6f1d3c5e-6a0f-5d0a-9a53-2b7f0f6f7a11")


def event_id(source: str, source_id: str) -> str:
    """Return the UUIDv5 of a source and its id (RFC 9562, section 5.5)."""
    return str(uuid.uuid5(NAMESPACE, f"{source}\x1f{source_id}"))


def event_id_sql(source: str, source_id: str) -> str:
    """Return the DuckDB expression that computes `event_id` from two SQL expressions."""
    name = f"unhex('{NAMESPACE.hex}') || encode({source} || chr(31) || {source_id})"
    variant = "substr('89ab', (('0x' || substr(h, 17, 1))::INTEGER & 3) + 1, 1)"
    parts = "substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-5' || substr(h, 14, 3) || '-' || "
    parts += f"{variant} || substr(h, 18, 3) || '-' || substr(h, 21, 12)"
    return f"list_transform([sha1({name})], lambda h: {parts})[1]"
