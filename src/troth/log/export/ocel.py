"""Events as OCEL 2.0 JSON (Berti et al. 2023): cases, contacts, customers, people and places become objects.

An event that came from OCEL goes out once with the attributes and relations it had, however many rows it became.
All others carry their columns as ``troth:`` attributes, so that they come back as they went out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

from troth.log.export._write import Events, Side, database, need_columns, rows, whole_file
from troth.log.readers._native import PREFIX, Row, columns_of, same, text_of
from troth.log.readers._ocel_items import EventItem
from troth.log.readers._ocel_rows import ROWS, SOURCE, foreign_of, rows_of
from troth.log.readers.ocel import SIDE
from troth.log.schema import STORED, event_id

#: Columns that name objects, the object type of each, and the qualifier of the relation.
_OBJECTS: Final = {
    "case_id": "case",
    "contact_id": "contact",
    "customer_id": "customer",
    "agent_id": "person",
    "team": "team",
    "queue": "queue",
    "site": "site",
    "service": "service",
}
_STEPS: Final = frozenset({"stepped", "step_started", "step_ended"})
_TYPES: Final = {"string": "string", "int": "integer", "float": "float", "date": "time"}


def export_ocel(events: Events, *, side: Side, path: Path) -> int:
    """Write events as OCEL 2.0 JSON and return how many events the file holds.

    Parameters
    ----------
    events : events in `schema.STORED`, with or without `event_id`.
    side : side tables of the lake by name; those whose names begin with ``ocel_`` are used.
    path : file to write; packed if it ends in .gz.

    Raises
    ------
    ValueError
        If `events` are no service events.
    """
    need_columns(events, STORED.names)
    known = {name: side.get(name, schema.empty_table()) for name, schema in SIDE.items()}
    with database(events, known) as db, whole_file(path) as out:
        writer = _Writer(db, out)
        out.write(b'{"events": [')
        count = writer.elements(writer.events())
        out.write(b'], "objects": [')
        writer.elements(writer.objects())
        out.write(b'], "objectTypes": ')
        out.write(_json(writer.types("object")))
        out.write(b', "eventTypes": ')
        out.write(_json(writer.types("event")))
        out.write(b"}\n")
    return count


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class _Writer:
    def __init__(self, db: Any, out: IO[bytes]) -> None:
        self.db, self.out = db, out
        self.made: dict[tuple[str, str], None] = {}
        self.event_types: dict[str, set[tuple[str, str]]] = {}

    def elements(self, plain: Iterator[dict[str, Any]]) -> int:
        """Write the elements of an array, a line each."""
        count = 0
        for count, element in enumerate(plain, 1):
            self.out.write((b",\n" if count > 1 else b"\n") + _json(element))
        return count

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the events, those of one foreign event together."""
        stored = ", ".join(f"e.{name}" for name in STORED.names)
        query = f"""WITH r AS (SELECT event_id, list(DISTINCT {{'o': object_id, 'q': qualifier}}) AS related
                FROM ocel_event_objects GROUP BY 1),
            e AS (SELECT *, CASE WHEN source = '{SOURCE}' AND json_valid(attributes)
                THEN json_extract_string(attributes, '$.foreign.ocel.id') END AS _foreign FROM events)
            SELECT {stored}, _foreign, r.related FROM e LEFT JOIN r ON r.event_id = e._foreign
            ORDER BY _foreign NULLS LAST, e.occurred_at, e.source, e.source_id"""
        for key, members in groupby(rows(self.db, query), key=lambda row: row["_foreign"]):
            if key is None:
                yield from map(self._ours, members)
            else:
                yield from self._foreign(list(members))

    def _foreign(self, group: list[Row]) -> Iterator[dict[str, Any]]:
        kept = foreign_of(group[0])
        if kept is None:
            yield from map(self._ours, group)
            return
        related = sorted((r["o"], r["q"]) for r in group[0]["related"] or [])
        first = group[0]
        event = EventItem(kept["id"], first["step"] or "", text_of(first["occurred_at"]))
        event.attributes = [(n, v) for n, v in kept["attributes"] if not str(n).startswith(PREFIX)]
        event.relations = related
        objects = {o for o, _ in related}
        if not all(_comes_back(row, event, objects) for row in group):
            texts = [{name: text for name, _, text in columns_of(row)} for row in group]
            event.attributes.append((ROWS, json.dumps(texts, ensure_ascii=False)))
            self.event_types.setdefault(event.type, set()).add((ROWS, "string"))
        yield _event(event)

    def _ours(self, row: Row) -> dict[str, Any]:
        name = row["step"] if row["activity"] in _STEPS and row["step"] else row["activity"]
        event = EventItem(event_id(row["source"], row["source_id"]), name, text_of(row["occurred_at"]))
        declared = self.event_types.setdefault(name, set())
        for column, kind, text in columns_of(row):
            event.attributes.append((column, text))
            declared.add((column, _TYPES[kind]))
        named = [(_OBJECTS[c], row[c], c) for c in _OBJECTS if row[c] is not None]
        if row["subject_id"] is not None:
            named.append((row["subject_kind"] or "subject", row["subject_id"], "subject_id"))
        for kind, key, column in named:
            self.made[kind, key] = None
            event.relations.append((_object_id(kind, key), column))
        return _event(event)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Yield the foreign objects with their histories and relations, then ours."""
        query = """WITH v AS (SELECT object_id, list({'n': name, 'a': changed_at, 'v': value} ORDER BY name, changed_at, value) AS v
                FROM (SELECT DISTINCT * FROM ocel_object_values) GROUP BY 1),
            r AS (SELECT object_id, list({'o': target_id, 'q': qualifier} ORDER BY target_id, qualifier) AS r
                FROM (SELECT DISTINCT * FROM ocel_object_objects) GROUP BY 1)
            SELECT o.object_id, o.type, v.v, r.r FROM (SELECT object_id, min(type) AS type FROM ocel_objects GROUP BY 1) o
            LEFT JOIN v USING (object_id) LEFT JOIN r USING (object_id) ORDER BY o.object_id"""
        for row in rows(self.db, query):
            values = [{"name": v["n"], "time": text_of(v["a"]), "value": json.loads(v["v"])} for v in row["v"] or []]
            yield {
                "id": row["object_id"],
                "type": row["type"],
                "attributes": values,
                "relationships": [{"objectId": r["o"], "qualifier": r["q"]} for r in row["r"] or []],
            }
        for kind, key in self.made:
            value = {"name": f"{PREFIX}id", "time": "1970-01-01T00:00:00Z", "value": key}
            yield {"id": _object_id(kind, key), "type": kind, "attributes": [value], "relationships": []}

    def types(self, kind: str) -> list[dict[str, Any]]:
        """Return the types with their attributes."""
        found: dict[str, dict[str, str]] = {}
        for row in rows(self.db, f"SELECT DISTINCT * FROM ocel_types WHERE kind = '{kind}' ORDER BY type, attribute"):
            attributes = found.setdefault(row["type"], {})
            if row["attribute"] is not None:
                attributes.setdefault(row["attribute"], row["attribute_type"])
        if kind == "event":
            for name, declared in sorted(self.event_types.items()):
                found.setdefault(name, {}).update(sorted(declared))
        else:
            for name in sorted({kind for kind, _ in self.made}):
                found.setdefault(name, {})[f"{PREFIX}id"] = "string"
        return [
            {"name": name, "attributes": [{"name": n, "type": t} for n, t in attributes.items()]}
            for name, attributes in sorted(found.items())
        ]


def _object_id(kind: str, key: str) -> str:
    return f"{PREFIX}{kind}:{key}"


def _event(event: EventItem) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "attributes": [{"name": n, "value": v} for n, v in event.attributes],
        "relationships": [{"objectId": o, "qualifier": q} for o, q in event.relations],
    }


def _comes_back(row: Row, event: EventItem, objects: set[str]) -> bool:
    """Tell whether reading the event gives this row, as it is or as one of a case."""
    case = row["case_id"]
    if case is not None and case not in objects:
        return False
    try:
        (back,) = rows_of(event, cases=[] if case is None else [case])
    except ValueError:
        return False
    return same(back, row)
