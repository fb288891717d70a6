"""Events as XES (IEEE 1849): one trace a case, or a contact that has no case.

An event that came from XES goes out with the attributes it had. All others carry their columns as ``troth:``
attributes beside the standard ones, so that they come back as they went out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from troth.log.export._write import Events, Side, database, need_columns, rows, whole_file
from troth.log.readers._native import Row, columns_of, same, text_of
from troth.log.readers._xes_rows import SOURCE, Attribute, Traces
from troth.log.readers._xml import escape, printable
from troth.log.schema import STORED

_NAMESPACE = "http://www.xes-standard.org/"
_EXTENSIONS: Final = (
    ("Concept", "concept", f"{_NAMESPACE}concept.xesext"),
    ("Time", "time", f"{_NAMESPACE}time.xesext"),
    ("Lifecycle", "lifecycle", f"{_NAMESPACE}lifecycle.xesext"),
    ("Organizational", "org", f"{_NAMESPACE}org.xesext"),
    ("Troth", "troth", "urn:troth:event"),
)
#: Events without case and contact are independent of each other, so their trace may be cut into pieces.
_PIECE: Final = 10_000
_STAGES: Final = {"step_started": "start", "step_ended": "complete", "stepped": "complete"}


def export_xes(events: Events, *, side: Side, path: Path) -> int:
    """Write events as an XES log and return how many.

    Times are written in UTC with their offset; globals, classifiers and extensions are declared.

    Parameters
    ----------
    events : events in `schema.STORED`, with or without `event_id`.
    side : side tables of the lake by name; ``xes_log`` and ``xes_traces`` are used if there.
    path : file to write; packed if it ends in .gz.

    Raises
    ------
    ValueError
        If `events` are no service events.
    """
    from lxml import etree

    need_columns(events, STORED.names)
    count = 0
    with database(events, side) as db, whole_file(path) as out, etree.xmlfile(out, encoding="UTF-8") as xml:
        xml.write_declaration()
        foreign = _heads(db) if "xes_log" in side else {}
        ours = not foreign or bool(db.execute(_ANY_OURS).fetchone()[0])
        with xml.element("log", _log_attributes(foreign), nsmap={None: f"{_NAMESPACE}"}):
            for element in _header(etree, foreign, ours=ours):
                xml.write(element, pretty_print=True)
            traces = Traces()
            for key, members in groupby(_ordered(db, side), key=lambda row: (row["_kind"], row["_key"])):
                for piece in _pieces(key, members):
                    count += len(piece)
                    for element in _trace(etree, piece, key, traces):
                        xml.write(element, pretty_print=True)
    return count


_ANY_OURS = f"SELECT count(*) FROM events WHERE source <> '{SOURCE}'"


def _ordered(db: Any, side: Side) -> Iterator[dict[str, Any]]:
    attributes, join = "NULL", ""
    if "xes_traces" in side:
        attributes = "CASE WHEN _place = 1 THEN t.attributes END"
        join = "LEFT JOIN (SELECT case_id, list(DISTINCT attributes ORDER BY attributes) AS attributes FROM xes_traces GROUP BY 1) t USING (case_id)"
    stored = ", ".join(STORED.names)
    kind = f"CASE WHEN case_id IS NOT NULL THEN 0 WHEN contact_id IS NOT NULL THEN 1 WHEN source = '{SOURCE}' THEN 3 ELSE 2 END"
    query = f"""WITH k AS (SELECT {stored}, {kind} AS _kind, coalesce(case_id, contact_id, '') AS _key FROM events),
        n AS (SELECT *, row_number() OVER (PARTITION BY _kind, _key ORDER BY occurred_at, source, source_id) AS _place FROM k)
        SELECT {", ".join("n." + name for name in STORED.names)}, _kind, _key, _place, {attributes} AS _trace
        FROM n {join} ORDER BY _kind, _key, _place"""
    return rows(db, query)


def _pieces(key: tuple[int, str], members: Iterable[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    for row in members:
        piece.append(row)
        if key[0] >= 2 and len(piece) >= _PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _foreign(row: Row) -> dict[str, Any] | None:
    """Return what a row keeps of its XES event, or None if it did not come from one."""
    if row["source"] != SOURCE:
        return None
    try:
        found = json.loads(row["attributes"] or "{}")["foreign"]
        return found if isinstance(found["xes"], list) and isinstance(found["n"], int) else None
    except (KeyError, TypeError, ValueError):
        return None


def _trace(etree: Any, piece: list[Row], key: tuple[int, str], traces: Traces) -> Iterator[Any]:
    """Yield the element of a trace, or those of events outside all traces."""
    kept = [_foreign(row) for row in piece]
    if all(kept):
        pairs = sorted(zip(piece, kept, strict=True), key=lambda pair: (pair[1] or {})["n"])
        piece, kept = [p for p, _ in pairs], [k for _, k in pairs]
    written = [list(k["xes"]) if k else _standard(row) + _columns(row) for row, k in zip(piece, kept, strict=True)]
    if key[0] == 3:
        for row, event in zip(piece, written, strict=True):
            _complete(row, event, traces.alone(event))
            yield _element(etree, "event", event)
        return
    name = piece[0]["case_id"] or piece[0]["contact_id"]
    trace = _trace_attributes(piece[0]["_trace"]) or [
        *([["string", "concept:name", printable(name)]] if name else []),
        ["string", "troth:group", ("case", "contact", "none")[key[0]]],
    ]
    for row, event, back in zip(piece, written, traces.rows(trace, written), strict=True):
        _complete(row, event, back)
    found = _element(etree, "trace", trace)
    for event in written:
        found.append(_element(etree, "event", event))
    yield found


def _complete(row: Row, event: list[Attribute], back: Any) -> None:
    """Add our columns to a foreign event that would not come back as the row it became."""
    if not isinstance(back, dict) or not same(back, row):
        event[:] = [a for a in event if not str(a[1]).startswith("troth:")] + _columns(row)


def _trace_attributes(lists: list[str] | None) -> list[Attribute]:
    """Return the attributes of a trace; of several versions each key's first."""
    found: dict[str, Attribute] = {}
    for text in lists or []:
        for attribute in json.loads(text):
            found.setdefault(f"{attribute[0]}\x1f{attribute[1]}", attribute)
    return list(found.values())


def _columns(row: Row) -> list[Attribute]:
    return [[kind, name, escape(text)] for name, kind, text in columns_of(row)]


def _standard(row: Row) -> list[Attribute]:
    """Return the standard attributes that other tools understand."""
    activity = row["activity"]
    name = row["step"] if activity in _STAGES and row["step"] else activity
    found: list[Attribute] = [
        ["string", "concept:name", printable(name)],
        ["date", "time:timestamp", text_of(row["occurred_at"])],
        ["string", "lifecycle:transition", _STAGES.get(activity, "complete")],
    ]
    for column, key in (("agent_id", "org:resource"), ("team", "org:group")):
        if row[column] is not None:
            found.append(["string", key, printable(row[column])])
    return found


def _heads(db: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows(db, "SELECT DISTINCT item, content FROM xes_log ORDER BY item, content"):
        found.setdefault(row["item"], []).append(json.loads(row["content"]))
    return found


def _log_attributes(foreign: dict[str, list[Any]]) -> dict[str, str]:
    first: dict[str, str] = foreign.get("log", [{}])[0]
    plain = {k: v for k, v in first.items() if not k.startswith("{")}
    return {"xes.version": "1849.2016", "xes.features": "nested-attributes", **plain}


def _header(etree: Any, foreign: dict[str, list[Any]], *, ours: bool) -> Iterator[Any]:
    """Yield extensions, globals, classifiers and log attributes, in the order the standard asks for."""
    extensions = [dict(e) for e in foreign.get("extension", [])]
    known = {e.get("prefix") for e in extensions}
    if ours:
        extensions += [{"name": n, "prefix": p, "uri": u} for n, p, u in _EXTENSIONS if p not in known]
    globals_, classifiers = foreign.get("global", []), foreign.get("classifier", [])
    if not foreign:
        event: list[Attribute] = [
            ["string", "concept:name", "UNKNOWN"],
            ["date", "time:timestamp", "1970-01-01T00:00:00.000000Z"],
            ["string", "lifecycle:transition", "complete"],
        ]
        globals_ = [{"scope": "event", "attributes": event}]
        classifiers = [{"name": "Activity", "keys": "concept:name"}]
    for extension in extensions:
        yield etree.Element("extension", extension)
    for item in globals_:
        plain = {k: v for k, v in item.items() if k != "attributes"}
        element = _element(etree, "global", item["attributes"])
        element.attrib.update(plain)
        yield element
    for classifier in classifiers:
        yield etree.Element("classifier", classifier)
    for attribute in foreign.get("attribute", []):
        yield _attribute(etree, attribute)
    if ours and not any(a[1] == "troth:time_zone" for a in foreign.get("attribute", [])):
        yield _attribute(etree, ["string", "troth:time_zone", "UTC"])


def _element(etree: Any, name: str, attributes: list[Attribute]) -> Any:
    found = etree.Element(name)
    for attribute in attributes:
        found.append(_attribute(etree, attribute))
    return found


def _attribute(etree: Any, attribute: Attribute) -> Any:
    tag, key, value, *more = attribute
    found = etree.Element(tag, {"key": key} if value is None else {"key": key, "value": value})
    for child in more[0] if more else ():
        found.append(_attribute(etree, child))
    if len(more) > 1:
        found.append(_element(etree, "values", more[1]))
    return found
