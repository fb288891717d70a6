"""XES event logs (IEEE 1849, versions 1.0 and 2.0): one case a trace, one foreign step an event.

Every attribute with its type is kept beside the event, the trace or the log, so that the log goes out as it came.
See ``docs/guides/import-xes.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log.readers._native import Row
from troth.log.readers._open import Opened, draft_table, head_of, parts, reject_table, unusable, zone_of
from troth.log.readers._steps import load_steps
from troth.log.readers._xes_rows import SOURCE, Attribute, Refused, Traces, texts
from troth.log.readers._xml import elements, forget, local
from troth.log.readers.base import Batch, Reader, ReadOptions

#: Log-level things: what each is (log, extension, global, classifier, attribute) and its content as JSON.
LOG_SCHEMA = pa.schema([("item", pa.string()), ("content", pa.string())])
#: The attributes of each trace as JSON.
TRACE_SCHEMA = pa.schema([("case_id", pa.string()), ("attributes", pa.string())])
_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container"})


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the events of an XES log, plain or packed with gzip or zip, in bounded memory.

    Raises
    ------
    InputError
        If nothing of the file can be used: another format, a document type, an unknown zone or mapping.
    """
    zone, steps = zone_of(options.time_zone), load_steps(options.mapping)
    for part in parts(path):
        yield from _Log(part, Traces(zone, steps), options.batch_rows).batches()


class _Log:
    def __init__(self, part: Opened, traces: Traces, size: int) -> None:
        self.part, self.traces, self.size = part, traces, size
        self.issues: list[Issue] = []
        self.row = 0
        self.cases: set[str] = set()
        self._start()

    def _start(self) -> None:
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        self.rejects: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.attributes: list[dict[str, str]] = []
        self.begun = self.row

    def batches(self) -> Iterator[Batch]:
        head = head_of(self.part, 64 * 1024)
        depth, events = 0, []
        for event, element in elements(self.part, head, root="log", issues=self.issues):
            if event == "start":
                depth += 1
                if depth == 1:
                    self._head("log", dict(element.attrib))
                continue
            depth -= 1
            name = local(element)
            if depth == 2 and name == "event":
                events.append(_attributes(element))
                forget(element)
            elif depth == 1:
                if name == "trace":
                    self._trace(_attributes(element), events)
                    events = []
                elif name == "event":
                    self._take(self.traces.alone(found := _attributes(element)), found)
                elif name:
                    self._log_item(name, element)
                forget(element)
                if self.row - self.begun >= self.size:
                    yield self._batch()
        if self.traces.assumed:
            advice = "Maybe name the zone of the times with --time-zone."
            self.issues.append(Issue("assumed-utc", Severity.WARNING, self.part.name, "", advice, self.traces.assumed))
        yield self._batch()

    def _trace(self, trace: list[Attribute], events: list[list[Attribute]]) -> None:
        rows = self.traces.rows(trace, events)
        for row, event in zip(rows, events, strict=True):
            self._take(row, event)
        plain = texts(trace)
        if "troth:group" in plain:
            return
        case = plain.get("concept:name") or f"trace-{self.traces.traces}"
        where = f"{self.part.name} trace {self.traces.traces}"
        if "concept:name" not in plain:
            self._doubt("missing-case", where, "", "Maybe the trace lost its concept:name; it was numbered.")
        if case in self.cases:
            self._doubt("duplicate-trace", where, case, "Maybe two logs were joined; the events became one case.")
        self.cases.add(case)
        self.attributes.append({"case_id": case, "attributes": _json(trace)})

    def _take(self, row: Row | Refused, event: list[Attribute]) -> None:
        self.row += 1
        if isinstance(row, Refused):
            found = {"code": row.code, "column": row.column, "value": row.value, "advice": row.advice}
            self.rejects.append({"file": self.part.name, "row": self.row, "raw": _json(event), **found})
        else:
            self.rows.append(row)
            self.numbers.append(self.row)

    def _log_item(self, name: str, element: Any) -> None:
        if name in _VALUES:
            self._head("attribute", _attribute(element))
        elif name == "global":
            self._head(name, {**element.attrib, "attributes": _attributes(element)})
        elif name in {"extension", "classifier"}:
            self._head(name, dict(element.attrib))
        elif name in {"object-types", "event-types", "objects", "events"}:
            raise unusable(
                "other-format", Path(self.part.name), "Maybe this is an OCEL log: use the source `ocel`.", name
            )
        else:
            advice = "Maybe it is a later version of XES; the element was left out."
            self._doubt("unknown-element", f"{self.part.name} line {element.sourceline}", name, advice)

    def _head(self, item: str, content: Any) -> None:
        self.heads.append({"item": item, "content": _json(content)})

    def _doubt(self, code: str, where: str, value: str, advice: str) -> None:
        for i, issue in enumerate(self.issues):
            if issue.code == code:
                told = (issue.code, issue.severity, issue.where, issue.value, issue.advice, issue.count + 1)
                self.issues[i] = Issue(*told)
                return
        self.issues.append(Issue(code, Severity.WARNING, where, value, advice))

    def _batch(self) -> Batch:
        side = {
            "xes_log": pa.Table.from_pylist(self.heads, schema=LOG_SCHEMA),
            "xes_traces": pa.Table.from_pylist(self.attributes, schema=TRACE_SCHEMA),
        }
        batch = Batch(
            file=self.part.name,
            drafts=draft_table(self.rows, self.part.name, self.numbers),
            rejects=reject_table(self.rejects),
            rows=self.row - self.begun,
            issues=tuple(self.issues),
            side={name: table for name, table in side.items() if table.num_rows},
            done=self.part.done,
        )
        self.issues = []
        self._start()
        return batch


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attributes(element: Any) -> list[Attribute]:
    return [_attribute(child) for child in element if local(child) in _VALUES]


def _attribute(element: Any) -> Attribute:
    """Return an attribute as `[tag, key, value]`, longer if it holds others."""
    found: Attribute = [local(element), element.get("key", ""), element.get("value")]
    if len(element):
        values = next((child for child in element if local(child) == "values"), None)
        found.append(_attributes(element))
        if values is not None:
            found.append(_attributes(values))
    return found


READER = Reader(SOURCE, "XES event logs: every trace a case, every event a step.", read)
