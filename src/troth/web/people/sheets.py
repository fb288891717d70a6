"""Sheets in and out: CSV and Excel as rows of text, with the number of each row. What the rows mean is in `tables.py`."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.utils.translation import gettext as _

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

ROWS: Final = 20_000
BYTES: Final = 8_000_000
#: An Excel file is an archive: what it unpacks to is what must be bounded.
_UNPACKED: Final = 200_000_000
#: More columns are not looked at: a small file may say that it has sixteen thousand of them in each row.
_WIDE: Final = 64
#: What a spreadsheet would run instead of show (OWASP, CSV injection).
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")
_EXCEL: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet: its number as the spreadsheet counts, and its texts by column."""

    number: int
    cells: dict[str, str]


def tamed(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula; `wild` is the way back.

    >>> tamed("=HYPERLINK(1)"), tamed("+370 600"), tamed("Bob"), wild(tamed("+370 600"))
    ("'=HYPERLINK(1)", "'+370 600", 'Bob', '+370 600')
    """
    return (
        f"'{text}" if text.startswith(_RUNS) or (text.startswith("'") and text[1:].startswith((*_RUNS, "'"))) else text
    )


def wild(text: str) -> str:
    """Return what `tamed` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*_RUNS, "'")) else text


def to_csv(columns: Sequence[str], *, rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV in UTF-8 with its mark, so that Excel reads the letters right."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([tamed(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_excel(columns: Sequence[str], *, rows: Iterable[Sequence[str]], title: str) -> bytes:
    """Return rows as an Excel workbook of one sheet, all cells text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_printable(tamed(cell)) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, *, known: Sequence[str], needed: Sequence[str]) -> list[SheetRow]:
    """Return the rows of a CSV or Excel file that have anything in them.

    Parameters
    ----------
    content : the file.
    known : columns that may stand in the first row, in any order and case.
    needed : those that must.

    Raises
    ------
    InputError : what is wrong with the file as a whole: ``unreadable``, ``too-large``, ``empty``, and every
        ``missing-column``, ``unknown-column`` and ``column-twice``.
    """
    if len(content) > BYTES:
        raise InputError([_whole("too-large", f"{len(content)} B", _("Maybe split it into several files."))])
    grid = _excel(content) if content.startswith(_EXCEL) else _csv(content)
    if not grid:
        raise InputError([_whole("empty", "", _("Maybe the wrong file was chosen."))])
    heads = [cell.strip().lower() for cell in grid[0][1]]
    issues = _faults(heads, known, needed)
    if len(grid) - 1 > ROWS:
        issues.append(_whole("too-large", f"{len(grid) - 1}", _("Maybe split it into several files.")))
    if issues:
        raise InputError(issues)
    return [
        SheetRow(
            number=number, cells={head: wild(cell.strip()) for head, cell in zip(heads, cells, strict=False) if head}
        )
        for number, cells in grid[1:]
    ]


def _faults(heads: list[str], known: Sequence[str], needed: Sequence[str]) -> list[Issue]:
    one_of = _("Maybe one of: %(columns)s.") % {"columns": ", ".join(known)}
    lacks = _("Maybe the first row of the file is not the row of column names.")
    found = [Issue("missing-column", Severity.ERROR, "row 1", name, lacks) for name in needed if name not in heads]
    for name in dict.fromkeys(heads):
        if name and name not in known:
            found.append(Issue("unknown-column", Severity.ERROR, "row 1", name, one_of))
        if name and heads.count(name) > 1:
            found.append(Issue("column-twice", Severity.ERROR, "row 1", name, _("Maybe one of them is to go.")))
    return found


def _whole(code: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, "file", value, advice)


def _csv(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        advice = _("Maybe save it as “CSV UTF-8”, or as an Excel workbook.")
        raise InputError([_whole("unreadable", "", advice)]) from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num  # a row with line breaks in it begins where the last ended
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error as error:
        advice = _("Maybe a quotation mark is missing.")
        raise InputError([Issue("unreadable", Severity.ERROR, f"row {before + 1}", str(error), advice)]) from None
    return found


def _excel(content: bytes) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    advice = _("Maybe open it in a spreadsheet and save it as a new workbook, or as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > _UNPACKED:
                raise InputError([_whole("too-large", "", _("Maybe split it into several files."))])
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        rows = [
            [_text(cell) for cell in row] for row in sheet.iter_rows(max_row=ROWS + 2, max_col=_WIDE, values_only=True)
        ]
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises whatever the broken archive makes it stumble over
        raise InputError([_whole("unreadable", type(error).__name__, advice)]) from None
    return [(number, cells) for number, cells in enumerate(rows, 1) if any(cells)]


def _text(cell: Any) -> str:
    """Return a cell as it would stand in a CSV."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d" if cell.time() == time() else "%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _printable(text: str) -> str:
    """Return a text without the characters no workbook may hold."""
    return "".join(one for one in text if one >= " " or one in "\t\n\r")
