"""Reads Excel workbooks (.xlsx): every sheet that has the needed columns, by the same mappings as CSV."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._mapping import Mapped
from troth.log.readers._streams import error, other_format
from troth.log.readers._tabular import Rejects, Tabular
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.schema import DRAFTS, REJECTS


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of a workbook, sheet by sheet; see `Reader`."""
    mapped = None
    if options.mapping is not None:
        from troth.log.readers._mapping_yaml import load

        mapped = load(options.mapping)
    with _opened(path) as book:
        sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
        problems: dict[str, InputError] = {}
        for sheet in sheets:
            shown = path.name if len(sheets) == 1 else f"{path.name}/{sheet.title}"
            try:
                yield from _sheet(sheet, shown, mapped, options)
            except InputError as problem:
                problems[shown] = problem
        if not sheets:
            raise error("empty-file", path.name, "Maybe all sheets are hidden.")
        if len(problems) == len(sheets):
            raise InputError([issue for problem in problems.values() for issue in problem.issues])
        # A sheet of notes or charts beside the data is no fault, but is told: it may be data with other columns.
        advice = "Maybe this sheet holds notes: it was passed over."
        passed = [Issue("sheet-passed-over", Severity.INFO, n, str(p)[:200], advice) for n, p in problems.items()]
        if passed:
            yield Batch(path.name, DRAFTS.empty_table(), REJECTS.empty_table(), 0, tuple(passed), {}, 1.0)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        stream = path.open("rb")
    except OSError as problem:
        raise error("no-file", str(path), "Maybe the path is misspelt or may not be read.", str(problem)) from problem
    # The stream is ours to close: openpyxl leaves it open when the workbook is broken.
    with stream:
        head = stream.read(4096)
        stream.seek(0)
        if not head:
            raise error("empty-file", path.name, "Maybe the export was cut off before it began; make it again.")
        if not head.startswith(b"PK"):
            text = "Maybe this is a text table: use the source `csv`."
            raise other_format(head, path.name) or error("other-format", path.name, text)
        from openpyxl import load_workbook

        try:
            book = load_workbook(stream, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as problem:
            advice = "Maybe the file was cut off, or is a zip of something else: use the source `csv` for zipped text."
            raise error("other-format", path.name, advice, str(problem)) from problem
        try:
            yield book
        finally:
            book.close()


def _sheet(sheet: Any, shown: str, mapped: Mapped | None, options: ReadOptions) -> Iterator[Batch]:
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    header: list[str] = []
    for _, cells in rows:
        header = [_text(cell) or "" for cell in cells]
        if any(header):
            break
    while header and not header[-1]:
        header.pop()
    if not header:
        raise error("empty-file", shown, "Maybe the data is on another sheet.")
    tabular = Tabular(mapped, header=header, file=shown, options=options, source="excel")
    seen, total = 0, max(sheet.max_row or 1, 1)
    while part := list(islice(rows, options.batch_rows)):
        filled = [(number, cells) for number, cells in part if any(cell is not None for cell in cells)]
        seen += len(filled)
        numbers = np.array([number for number, _ in filled], np.int64)
        columns = {
            f"c{i}": _column([cells[i] if i < len(cells) else None for _, cells in filled]) for i in tabular.used
        }
        yield tabular.batch(
            pa.table(columns),
            rows=numbers,
            raw=_raw([cells for _, cells in filled], header),
            rejects=Rejects(shown),
            count=len(filled),
            done=min(1.0, part[-1][0] / total),
        )
    if not seen:
        tabular.note("no-rows", shown, "", "Maybe the export's filter matched nothing: there is only a header.")
    yield tabular.last()


def first_rows(path: Path, *, count: int) -> list[list[str]]:
    """Return the first rows of the first sheet that has any, as texts, the header first."""
    with _opened(path) as book:
        for sheet in book.worksheets:
            filled = (cells for cells in sheet.iter_rows(values_only=True) if any(c is not None for c in cells))
            rows = [[_text(cell) or "" for cell in cells] for cells in islice(filled, count)]
            if rows:
                return rows
    return []


def _column(cells: list[Any]) -> pa.Array:
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    """Return a cell as the text it would be in a CSV file with ISO dates."""
    match cell:
        case None:
            return None
        case str():
            return cell.strip()
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return _clock(cell)
        case _:
            return str(cell)


def _clock(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _raw(rows: Sequence[Sequence[Any]], header: list[str]) -> Any:
    def raw(place: int) -> str:
        return json.dumps(dict(zip(header, rows[place], strict=False)), default=str)

    return raw


READER = Reader("excel", "Excel workbooks (.xlsx), by a mapping or with columns named as the event schema.", read)
