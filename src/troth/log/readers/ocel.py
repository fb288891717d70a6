"""OCEL 2.0 logs (Berti et al. 2023) as JSON, XML or SQLite: a foreign step an event, objects beside them.

An event may concern many objects, so it has no case unless `case_type` says which objects are the cases: then it
has one row for each of them. Objects, their histories and all relations are kept in side tables and go out again.
See ``docs/guides/import-ocel.md``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log.readers import _ocel_json, _ocel_sqlite, _ocel_xml
from troth.log.readers._native import PREFIX, Row, instant
from troth.log.readers._ocel_items import BadItem, EventItem, Item, ObjectItem, TypeItem, clean
from troth.log.readers._ocel_rows import SOURCE, is_ours, rows_of
from troth.log.readers._open import Opened, draft_table, head_of, parts, reject_table, unusable, zone_of
from troth.log.readers._steps import load_steps
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.schema import INSTANT

_TEXT = pa.string()
#: The side tables: their rows are sets, a row told twice is one row.
SIDE = {
    "ocel_types": pa.schema([("kind", _TEXT), ("type", _TEXT), ("attribute", _TEXT), ("attribute_type", _TEXT)]),
    "ocel_objects": pa.schema([("object_id", _TEXT), ("type", _TEXT)]),
    "ocel_object_values": pa.schema([("object_id", _TEXT), ("name", _TEXT), ("changed_at", INSTANT), ("value", _TEXT)]),
    "ocel_event_objects": pa.schema([("event_id", _TEXT), ("object_id", _TEXT), ("qualifier", _TEXT)]),
    "ocel_object_objects": pa.schema([("object_id", _TEXT), ("target_id", _TEXT), ("qualifier", _TEXT)]),
}


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the events of an OCEL 2.0 log, plain or packed with gzip or zip.

    The file is gone through twice: once for the objects, which may stand after the events, once for all.

    Raises
    ------
    InputError
        If nothing of the file can be used: another format, a document type, an unknown zone or mapping.
    """
    log = _Log(options)
    for part in parts(path):
        for item in _items(path, part, []):
            if isinstance(item, ObjectItem):
                log.types.setdefault(item.id, item.type)
    for part in parts(path):
        yield from log.batches(path, part)


def _items(path: Path, part: Opened, issues: list[Issue]) -> Iterator[Item]:
    """Yield what a part holds; its first bytes tell which of the three forms it is."""
    head = head_of(part, 64 * 1024)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_ocel_sqlite.MAGIC):
        with tempfile.TemporaryDirectory() as folder:
            yield from _ocel_sqlite.items(_unpacked(path, part, head, Path(folder)), part.name, issues)
        issues.extend(part.issues)
    elif start.startswith(b"<"):
        yield from _ocel_xml.items(part, head, issues)
    elif start.startswith(b"{"):
        yield from _ocel_json.items(part, head, issues)
    else:
        advice = "Maybe this is another kind of file; OCEL 2.0 is JSON, XML or SQLite."
        raise unusable("other-format", Path(part.name), advice, start[:40].decode("utf-8", "replace"))


def _unpacked(path: Path, part: Opened, head: bytes, folder: Path) -> Path:
    if part.stream is part.raw:
        return path
    found = folder / "log.sqlite"
    with found.open("wb") as out:
        out.write(head)
        while piece := part.read(1024 * 1024):
            out.write(piece)
    return found


@dataclass(slots=True)
class _Log:
    options: ReadOptions
    types: dict[str, str] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    count: int = 0

    def batches(self, path: Path, part: Opened) -> Iterator[Batch]:
        """Yield the batches of a part."""
        issues: list[Issue] = []
        pieces = _Pieces(part.name)
        zone, steps = zone_of(self.options.time_zone), load_steps(self.options.mapping)
        for item in _items(path, part, issues):
            match item:
                case TypeItem():
                    pieces.type(item)
                case ObjectItem():
                    self._object(item, pieces, zone)
                case EventItem():
                    self._event(item, pieces, zone, steps)
                case BadItem():
                    self.count += item.kind == "event"
                    pieces.rows += item.kind == "event"
                    advice = "Maybe the element was edited by hand; see the OCEL 2.0 standard for its parts."
                    number = self.count if item.kind == "event" else None
                    pieces.reject(number, item.code, item.column or item.kind, item.value, advice, item.raw)
            if pieces.rows >= self.options.batch_rows:
                yield pieces.batch(issues, part.done)
                issues.clear()
                pieces = _Pieces(part.name)
        yield pieces.batch(issues, part.done)

    def _object(self, item: ObjectItem, pieces: _Pieces, zone: Any) -> None:
        if item.id.startswith(PREFIX):
            return
        if item.id in self.objects:
            advice = "Maybe two logs were joined; the first object of that id was used."
            pieces.reject(None, "duplicate-id", "object", item.id, advice, str(item))
            return
        self.objects.add(item.id)
        pieces.put("ocel_objects", object_id=item.id, type=item.type)
        for name, time, value in item.attributes:
            try:
                changed_at, assumed = instant(time or "1970-01-01T00:00:00Z", zone)
            except ValueError:
                advice = "Maybe the time is damaged; write it as 2022-01-09T14:00:00Z."
                pieces.reject(None, "bad-time", f"object {item.id} {name}", time, advice, str(item))
                continue
            pieces.assumed += assumed
            pieces.put("ocel_object_values", object_id=item.id, name=name, changed_at=changed_at, value=_json(value))
        for target, qualifier in item.relations:
            pieces.known(target, item.id, self.types)
            pieces.put("ocel_object_objects", object_id=item.id, target_id=target, qualifier=qualifier)

    def _event(self, item: EventItem, pieces: _Pieces, zone: Any, steps: dict[str, str]) -> None:
        self.count += 1
        pieces.rows += 1
        wrong = self._wrong(item)
        cases = [o for o, _ in item.relations if self.options.case_type and self.types.get(o) == self.options.case_type]
        if wrong is None:
            try:
                rows = rows_of(item, cases=cases, zone=zone, steps=steps)
            except (ValueError, KeyError, TypeError, AttributeError):
                wrong = ("bad-time", "time", item.time, "Maybe the time is damaged; write it as 2022-01-09T14:00:00Z.")
        if wrong is not None:
            pieces.reject(self.count, *wrong, str(item))
            return
        self.events.add(item.id)
        for row in rows:
            pieces.drafts.append(row)
            pieces.numbers.append(self.count)
        if is_ours(item):
            return
        pieces.assumed += rows[0]["origin"] == "assumed_zone"
        for target, qualifier in item.relations:
            pieces.known(target, item.id, self.types)
            pieces.put("ocel_event_objects", event_id=item.id, object_id=target, qualifier=qualifier)

    def _wrong(self, item: EventItem) -> tuple[str, str, str, str] | None:
        if not item.id:
            return "missing-value", "id", "", "Maybe the element was edited by hand; every event needs its id."
        if item.id in self.events:
            return "duplicate-id", "id", item.id, "Maybe two logs were joined; the first event of that id was used."
        if not item.time:
            return "missing-time", "time", "", "Maybe the event never happened; every event needs its time."
        return None


class _Pieces:
    """What a batch is put together from."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = self.assumed = 0
        self.drafts: list[Row] = []
        self.numbers: list[int] = []
        self.rejects: list[dict[str, Any]] = []
        self.side: dict[str, list[dict[str, Any]]] = {table: [] for table in SIDE}
        self.unknown: list[tuple[str, str]] = []

    def put(self, table: str, **row: Any) -> None:
        """Add a row to a side table."""
        self.side[table].append(row)

    def type(self, item: TypeItem) -> None:
        """Keep a type and its attributes, but for what Troth itself declares."""
        theirs = [(n, k) for n, k in item.attributes if not n.startswith(PREFIX)]
        if item.attributes and not theirs and not any(n == f"{PREFIX}rows" for n, _ in item.attributes):
            return
        self.put("ocel_types", kind=item.kind, type=item.name, attribute=None, attribute_type=None)
        for name, kind in theirs:
            self.put("ocel_types", kind=item.kind, type=item.name, attribute=name, attribute_type=kind)

    def known(self, target: str, where: str, types: dict[str, str]) -> None:
        """Remember a relation to an object that there is not."""
        if target not in types:
            self.unknown.append((where, target))

    def reject(self, row: int | None, code: str, column: str, value: str, advice: str, raw: str) -> None:
        """Add a reject."""
        found = {"code": code, "column": column, "value": value, "advice": advice, "raw": clean(raw)}
        self.rejects.append({"file": self.name, "row": row, **found})

    def batch(self, issues: list[Issue], done: float) -> Batch:
        """Return the batch."""
        told = list(issues)
        if self.unknown:
            where, target = self.unknown[0]
            advice = "Maybe the log was cut down to some objects; the relation was kept."
            told.append(
                Issue("unknown-object", Severity.WARNING, f"{self.name} {where}", target, advice, len(self.unknown))
            )
        if self.assumed:
            advice = "Maybe name the zone of the times with --time-zone."
            told.append(Issue("assumed-utc", Severity.WARNING, self.name, "", advice, self.assumed))
        return Batch(
            file=self.name,
            drafts=draft_table(self.drafts, self.name, self.numbers),
            rejects=reject_table(self.rejects),
            rows=self.rows,
            issues=tuple(told),
            side={n: pa.Table.from_pylist(rows, schema=SIDE[n]) for n, rows in self.side.items() if rows},
            done=done,
        )


def _json(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False))


READER = Reader(SOURCE, "OCEL 2.0 logs as JSON, XML or SQLite: every event a step, objects and relations kept.", read)
