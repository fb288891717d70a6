"""The rows of a CSV file as text: damaged rows told apart, numbered as in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import csv

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._open import LINE_LIMIT, Lines, Opened, head_of

_BLOCK = LINE_LIMIT + 4 * 1024 * 1024

#: A row that is no record: its number in the file (the header is 1), code, value, advice, raw text.
BadRow = tuple[int | None, str, str, str, str]


@dataclass(slots=True)
class Header:
    """What the first line says: our name of each column, and the other columns worth keeping."""

    delimiter: str
    columns: list[str]
    ours: dict[str, int]
    others: dict[str, int]


@dataclass(slots=True)
class Rows:
    """Some rows of a part: `text` has a `row` and a column of text for every column of the file."""

    text: pa.Table
    bad: list[BadRow]
    issues: list[Issue] = field(default_factory=list)


def first_line(part: Opened) -> tuple[str, bytes, str]:
    """Return the header line, the bytes read past it, and the encoding of the text."""
    head = head_of(part, 1024 * 1024)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        advice = "Maybe the file was saved as Unicode (UTF-16); save it as CSV UTF-8."
        raise InputError([Issue("other-encoding", Severity.ERROR, part.name, "UTF-16", advice)])
    if b"\x00" in head[:4096]:
        advice = "Maybe this is another kind of file than CSV, plain or packed with gzip or zip."
        raise InputError([Issue("other-format", Severity.ERROR, part.name, "", advice)])
    try:
        head.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError as error:
        # A character cut by the end of the block is no evidence against UTF-8.
        encoding = "utf-8" if error.start > len(head) - 4 else "cp1252"
    line, newline, rest = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    return line.decode(encoding, "replace").rstrip("\r"), rest if newline else b"", encoding


def read_rows(part: Opened, header: Header, head: bytes, encoding: str, size: int) -> Iterator[Rows]:
    """Yield the rows of a part, `size` at a time."""
    bad: list[BadRow] = []
    told = 0

    def due() -> list[BadRow]:
        nonlocal told
        fresh, told = bad[told:], len(bad)
        advice = "Maybe a quote was never closed, or this is another kind of file."
        fresh += [(line + 1, "row-too-long", f"over {LINE_LIMIT} bytes", advice, "") for line in lines.too_long]
        lines.too_long = []
        return fresh

    def on_bad(row: csv.InvalidRow) -> str:
        advice = "Maybe a quote or delimiter is missing in this row or the one before."
        value = f"{row.actual_columns} cells instead of {row.expected_columns}"
        bad.append((None if row.number is None else row.number + 1, "wrong-field-count", value, advice, row.text or ""))
        return "skip"

    lines = Lines(part, head)
    names = [f"c{i}" for i in range(len(header.columns))]
    held: list[pa.Table] = []
    seen = count = 0
    issues: list[Issue] = []
    try:
        reader = csv.open_csv(
            lines,
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=_BLOCK),
            parse_options=csv.ParseOptions(
                delimiter=header.delimiter, newlines_in_values=True, invalid_row_handler=on_bad
            ),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.binary())),
        )
        for block in reader:
            table = pa.Table.from_batches([block])
            numbers = pa.array(range(seen, seen + table.num_rows), pa.int64())
            seen += table.num_rows
            held.append(_as_text(table, encoding, part.name, issues).append_column("row", numbers))
            count += table.num_rows
            while count >= size:
                whole = pa.concat_tables(held)
                yield Rows(_numbered(whole.slice(0, size), bad), due(), issues)
                held, count, issues = [whole.slice(size)], count - size, []
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            advice = "Maybe a quote was never closed; the rows from there on could not be told apart."
            issues.append(
                Issue("unclosed-quote", Severity.ERROR, f"{part.name} after row {seen + 1}", str(error), advice)
            )
    empty = pa.table({**{n: pa.array([], pa.string()) for n in names}, "row": pa.array([], pa.int64())})
    rest = pa.concat_tables([*held, empty])
    yield Rows(_numbered(rest, bad), due(), issues + part.issues)


def _numbered(table: pa.Table, bad: list[BadRow]) -> pa.Table:
    """Turn the count of good rows into row numbers of the file, the header being row 1."""
    import numpy as np

    # The bad row number n with i bad ones above it stands after n - 2 - i good rows.
    numbers = sorted(b[0] for b in bad if b[0] is not None)
    before = np.array([n - 2 - i for i, n in enumerate(numbers)], np.int64)
    order = table["row"].to_numpy()
    shifted = order + np.searchsorted(before, order, side="right") + 2
    return table.set_column(table.schema.get_field_index("row"), "row", pa.array(shifted, pa.int64()))


def _as_text(table: pa.Table, encoding: str, name: str, issues: list[Issue]) -> pa.Table:
    columns = []
    for column in table.columns:
        try:
            columns.append(column.cast(pa.string()) if encoding == "utf-8" else _decoded(column, encoding))
        except pa.ArrowInvalid:
            advice = "Maybe the file mixes encodings; it was read as Windows-1252 where it is not UTF-8."
            if not any(i.code == "other-encoding" for i in issues):
                issues.append(Issue("other-encoding", Severity.WARNING, name, "", advice))
            columns.append(_decoded(column, encoding))
    return pa.table(columns, names=table.column_names)


def _decoded(column: pa.ChunkedArray, encoding: str) -> pa.ChunkedArray:
    words = column.unique()
    texts = []
    for word in words.to_pylist():
        try:
            texts.append(word.decode(encoding))
        except UnicodeDecodeError:
            texts.append(word.decode("cp1252", "replace"))
    index = pa.compute.index_in(column, value_set=words)
    return pa.chunked_array([pa.array(texts, pa.string()).take(chunk) for chunk in index.chunks], pa.string())
