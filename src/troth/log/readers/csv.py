"""Reads tables of text: CSV, TSV and their kin, plain, gzipped or zipped.

Without a mapping the columns must be named as the event schema, one row an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from troth.core.decision import Severity
from troth.log.readers._mapping import Mapped
from troth.log.readers._streams import Member, Text, members, not_a_table
from troth.log.readers._tabular import Rejects, Tabular
from troth.log.readers._text import DELIMITERS, Piece, Pieces, delimiter_of, fields_of
from troth.log.readers.base import Batch, Reader, ReadOptions

#: About how many bytes a row has, to turn `batch_rows` into the size of a piece.
ROW_BYTES: Final = 128
_WIDTH: Final = "Maybe a field with the delimiter in it lacks its quotation marks, or the row was cut."


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of a file; see `Reader`."""
    mapped = _mapping(options)
    for member in members(path):
        yield from read_member(member, mapped=mapped, options=options, source="csv")


def _mapping(options: ReadOptions) -> Mapped | None:
    if options.mapping is None:
        return None
    from troth.log.readers._mapping_yaml import load

    return load(options.mapping)


def read_member(member: Member, *, mapped: Mapped | None, options: ReadOptions, source: str) -> Iterator[Batch]:
    """Yield the batches of one text."""
    text = Text(member)
    head = text.head
    if (problem := not_a_table(text)) is not None:
        raise problem
    delimiter = _delimiter(head, mapped)
    pieces = Pieces(text, delimiter=delimiter, size=options.batch_rows * ROW_BYTES)
    tabular = Tabular(mapped, header=pieces.header, file=member.name, options=options, source=source)
    asked = mapped.delimiter if mapped else None
    if delimiter != (asked or ","):
        shown = {"\t": "a tab"}.get(delimiter, repr(delimiter))
        advice = f"Maybe the delimiter is {shown}: the file was read so."
        severity = Severity.WARNING if asked else Severity.INFO
        tabular.note("wrong-delimiter", member.name, asked or ",", advice, severity=severity)
    rows = 0
    for piece, table, bad in _parsed(pieces, delimiter, tabular.used):
        batch = _batch(piece, table, bad, tabular, member)
        rows += batch.rows
        yield batch
    if not rows:
        tabular.note("no-rows", member.name, "", "Maybe the export's filter matched nothing: there is only a header.")
    yield tabular.last(pieces.issues())


def _delimiter(head: bytes, mapped: Mapped | None) -> str:
    """Return the delimiter asked for, unless it leaves one column where another one gives several."""
    found = delimiter_of(head)
    asked = mapped.delimiter if mapped else None
    if asked is None:
        return found
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return asked if len(fields_of(first, asked)) > 1 or asked not in DELIMITERS else found


def _parsed(pieces: Pieces, delimiter: str, used: list[int]) -> Iterator[tuple[Piece, pa.Table, dict[int, str]]]:
    """Yield each piece with its table, parsed ahead in threads (the parser leaves the interpreter free)."""
    width = len(pieces.header)
    source = iter(pieces)
    with ThreadPoolExecutor(2, "troth-csv") as pool:
        waiting: list[tuple[Piece, Future[tuple[pa.Table, dict[int, str]]]]] = []

        def more(count: int) -> None:
            waiting.extend(
                (p, pool.submit(parse, p, width=width, delimiter=delimiter, used=used)) for p in islice(source, count)
            )

        more(2)
        while waiting:
            piece, future = waiting.pop(0)
            more(1)
            yield piece, *future.result()


def parse(piece: Piece, *, width: int, delimiter: str, used: list[int]) -> tuple[pa.Table, dict[int, str]]:
    """Return the rows of a piece as text columns c0, c1, ..., and the places of rows with too many or few fields.

    Rows with a wrong number of fields are left out of the table; empty ones stand in it as nulls.
    """
    from pyarrow import csv

    odd: dict[int, str] = {}

    def wrong(row: csv.InvalidRow) -> str:
        odd[row.number - 1] = f"{row.actual_columns} fields instead of {row.expected_columns}"
        return "skip"

    names = [f"c{i}" for i in range(width)]
    table = csv.read_csv(
        pa.BufferReader(piece.data),
        read_options=csv.ReadOptions(use_threads=False, column_names=names, block_size=len(piece.data) + 1),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=piece.inner, ignore_empty_lines=False, invalid_row_handler=wrong
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[names[i] for i in used],
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,
        ),
    )
    if len(table) + len(odd) != len(piece.ends):
        return _by_hand(piece, width, delimiter, used)
    return table, odd


def _by_hand(piece: Piece, width: int, delimiter: str, used: list[int]) -> tuple[pa.Table, dict[int, str]]:
    """Do the same record by record, for text whose line ends the fast parser sees otherwise."""
    odd: dict[int, str] = {}
    rows: list[list[str | None]] = []
    for place in range(len(piece.ends)):
        raw = "" if place in piece.bad else piece.raw(place)
        fields = fields_of(raw, delimiter) if raw else [""] * width
        if len(fields) == width:
            rows.append([f or None for f in fields])
        else:
            odd[place] = f"{len(fields)} fields instead of {width}"
    columns = {f"c{i}": pa.array([row[i] for row in rows], pa.string()) for i in used}
    return pa.table(columns), odd


def _batch(piece: Piece, table: pa.Table, odd: dict[int, str], tabular: Tabular, member: Member) -> Batch:
    rejects = Rejects(member.name)
    for place, bad in piece.bad.items():
        rejects.add(piece.first + place, bad.code, advice=bad.advice, raw=bad.raw)
    for place, what in odd.items():
        if place not in piece.bad:
            rejects.add(
                piece.first + place, "wrong-field-count", advice=_WIDTH, value=what, raw=piece.raw(place)[:100_000]
            )
    places = np.arange(len(piece.ends))
    if odd:
        places = np.delete(places, sorted(odd))
    blank = np.isin(places, piece.blank())
    if blank.any():
        table, places = table.filter(pa.array(~blank)), places[~blank]
    return tabular.batch(
        table,
        rows=piece.first + places,
        raw=lambda at: piece.raw(int(places[at])),
        rejects=rejects,
        count=len(piece.ends),
        done=member.done(),
    )


READER = Reader(
    "csv", "CSV, TSV and other delimited text, by a mapping or with columns named as the event schema.", read
)
