"""The records of an export as JSON texts, whatever they came in: lines, lists, pages of an API, or CSV."""

from __future__ import annotations

import csv as plain_csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log.readers._facts import Flatten
from troth.log.readers._json import BrokenError, Cursor
from troth.log.readers._open import LINE_LIMIT, Lines, Opened, head_of, unusable
from troth.log.readers._rows import BadRow, Header, first_line, read_rows

#: So many bytes of text are worked on at once.
_MOST: Final = 96 * 1024 * 1024
_HEAD: Final = 256 * 1024
_CUT: Final = "Maybe the file was cut or edited by hand; what came before was used."
_BAD: Final = "Maybe the record was cut on its way; fetch the export again."


@dataclass(slots=True)
class Records:
    """Some records of a part: `table` has `row` (from 1) and `j`, one JSON text a record; `bad` are those that are none."""

    table: pa.Table
    bad: list[BadRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def read_records(
    part: Opened, *, size: int, lists: frozenset[str], flatten: Flatten | None = None
) -> Iterator[Records]:
    """Yield the records of a part, about `size` at a time.

    Parameters
    ----------
    part : a file, or a member of an archive: JSON lines, a JSON list, objects in a row, pages of an API, or CSV.
    size : most records a piece.
    lists : keys whose list holds the records of a page.
    flatten : makes records of nested JSON values.

    Raises
    ------
    InputError
        If the part is empty or of another format.
    """
    head = head_of(part, _HEAD)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in {b"{", b"["}:
        if start[:1] == b"<" or b"\x00" in start[:4096]:
            advice = "Maybe this is another kind of file: JSON and CSV are read, plain or packed with gzip or zip."
            raise unusable("other-format", Path(part.name), advice, start[:40].decode("utf-8", "replace"))
        yield from _of_csv(part, head, size)
    elif flatten is None and _in_lines(start, lists):
        yield from _of_lines(part, head.removeprefix(b"\xef\xbb\xbf"), size)
    else:
        yield from _of_values(part, head, size, lists, flatten)


def _in_lines(start: bytes, lists: frozenset[str]) -> bool:
    """Tell whether each line is a record of its own; the second is asked as well, for the first may be damaged."""
    for line in start.split(b"\n", 2)[:2]:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return not any(isinstance(found.get(key), list | dict) for key in lists)
    return False


def _of_lines(part: Opened, head: bytes, size: int) -> Iterator[Records]:
    lines = Lines(part, head)
    held: list[bytes] = []
    numbers: list[int] = []
    count = room = 0
    rest = b""
    while piece := lines.read(8 * 1024 * 1024) or rest:
        if piece is rest:  # the end: the last line has no newline
            rest = b""
            fresh = [piece]
        else:
            *fresh, rest = (rest + piece).split(b"\n")
        for line in fresh:
            count += 1
            if line and not line.isspace():
                held.append(line)
                numbers.append(count)
                room += len(line)
                if len(held) >= size or room >= _MOST:
                    yield _texts(held, numbers, _too_long(lines))
                    held, numbers, room = [], [], 0
    yield _texts(held, numbers, _too_long(lines), part.issues)


def _too_long(lines: Lines) -> list[BadRow]:
    advice = "Maybe two files were joined without an end of line, or this is another kind of file."
    found: list[BadRow] = [(n, "row-too-long", f"over {LINE_LIMIT} bytes", advice, "") for n in lines.too_long]
    lines.too_long = []
    return found


def _texts(lines: list[bytes], numbers: list[int], bad: list[BadRow], issues: list[Issue] | None = None) -> Records:
    raw = pa.array(lines, pa.large_binary())
    try:
        texts = raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = pa.array([line.decode("utf-8", "replace") for line in lines], pa.large_string())
    return Records(pa.table({"row": pa.array(numbers, pa.int64()), "j": texts}), bad, list(issues or ()))


def split_values(text: str) -> list[str] | None:
    """Return the objects that stand in one line without anything between them; None if that is not what it is."""
    decoder = json.JSONDecoder()
    found: list[str] = []
    at = 0
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                return None
            found.append(text[at:end])
            at = end
            while at < len(text) and text[at].isspace():
                at += 1
    except (ValueError, RecursionError):
        return None
    return found


def _of_values(
    part: Opened, head: bytes, size: int, lists: frozenset[str], flatten: Flatten | None
) -> Iterator[Records]:
    cursor = Cursor(part, head)
    held: list[str] = []
    count = room = 0
    issues: list[Issue] = []
    try:
        values = cursor.records(lists)
        if flatten is not None:
            make = flatten
            values = (record for value in values for record in make(value, part.name))
        for value in values:
            count += 1
            held.append(json.dumps(value))
            room += len(held[-1])
            if len(held) >= size or room >= _MOST:
                yield _values(held, count)
                held, room = [], 0
    except BrokenError as error:
        if not part.issues:
            where = f"{part.name} after record {count}"
            issues.append(Issue("bad-json", Severity.ERROR, where, str(error)[:200], _CUT))
    found = _values(held, count)
    found.issues = [*issues, *part.issues]
    yield found


def _values(held: list[str], count: int) -> Records:
    numbers = pa.array(range(count - len(held) + 1, count + 1), pa.int64())
    return Records(pa.table({"row": numbers, "j": pa.array(held, pa.large_string())}))


def _of_csv(part: Opened, head: bytes, size: int) -> Iterator[Records]:
    rest = Again(part, head)
    line, after, encoding = first_line(rest)
    tries = [(len(line.split(d)), d) for d in (",", ";", "\t", "|")]
    delimiter = max(tries, key=lambda t: t[0])[1]
    names = [cell.strip() for cell in next(plain_csv.reader([line], delimiter=delimiter), [])]
    if len(names) < 2:
        advice = "Maybe this is another kind of file: JSON and CSV are read, plain or packed with gzip or zip."
        raise unusable("other-format", Path(part.name), advice, line[:40])
    header = Header(delimiter, names, {}, {})
    for rows in read_rows(rest, header, after, encoding, size):
        yield Records(_as_json(rows.text, names), rows.bad, rows.issues)


class Again(Opened):
    """A part whose first bytes were read already."""

    def __init__(self, part: Opened, head: bytes) -> None:
        super().__init__(part.name, part.stream, part.raw, part.size, part.issues)
        self.part = part
        self.head = head

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, those known first."""
        known, self.head = (self.head, b"") if size < 0 else (self.head[:size], self.head[size:])
        return known + self.part.read(size - len(known) if size >= 0 else -1)


def _as_json(text: pa.Table, names: list[str]) -> pa.Table:
    """Turn the columns `c0`, `c1`, ... into one JSON object a row; what is blank is null."""
    import duckdb

    shown: dict[str, str] = {}
    for number, name in enumerate(names):
        if name and name not in shown:
            key = json.dumps(name, ensure_ascii=False).replace("'", "''")
            shown[name] = f"'{key}:' || coalesce(to_json(nullif(trim(c{number}), ''))::VARCHAR, 'null')"
    with duckdb.connect(":memory:") as con:
        con.register("given", text)
        query = f"SELECT row, '{{' || concat_ws(',', {', '.join(shown.values())}) || '}}' AS j FROM given ORDER BY row"
        found: Any = con.sql(query).fetch_arrow_table()
        return found
