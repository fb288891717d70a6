"""The traffic that `troth erlang` is asked about: from options, or from a CSV file with one interval a row."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from troth.cli.output import Row
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.erlang import Traffic

#: Columns of a file and the options that stand in for them.
_COLUMNS: Final = {
    "contacts": "contacts", "handle_s": "handle", "interval_s": "interval", "patience_s": "patience", "within_s": "within",
    "at_once": "at_once", "slowing": "slowing",
}  # fmt: skip


def single(given: Mapping[str, Any]) -> Traffic:
    """Return the traffic of one interval.

    Raises
    ------
    InputError
        If contacts or handle time are not given, or a figure is impossible.
    """
    from troth.queueing.erlang import Traffic

    missing = [name for name in ("contacts", "handle") if given[name] is None]
    if missing:
        advice = "Maybe --contacts 100 --handle 3min, or --input for many intervals."
        raise InputError([Issue("wrong-use", Severity.ERROR, "--" + name, "", advice) for name in missing])
    return Traffic(**{column: given[option] for column, option in _COLUMNS.items()})


def read(path: Path, *, given: Mapping[str, Any]) -> tuple[Traffic, list[Row]]:
    """Return the traffic of a file's rows and what its other columns say of them.

    Raises
    ------
    InputError
        Every cell that is no number, a column that is needed and not there, a file without rows, impossible figures.
    """
    from troth.queueing.erlang import Traffic

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            [Issue("not-a-table", Severity.ERROR, str(path), str(error), "Maybe save it as CSV in UTF-8.")]
        ) from None
    issues: list[Issue] = []
    names = list(rows[0]) if rows else []
    if not rows:
        issues.append(Issue("no-rows", Severity.ERROR, str(path), "", "Maybe the file is empty or has only a header."))
    parts: dict[str, Any] = {}
    for column, option in _COLUMNS.items():
        if column in names:
            parts[column] = _numbers(rows, column, path, given[option], issues)
        elif given[option] is None and column in {"contacts", "handle_s"} and rows:
            advice = f"Maybe name a column {column}" + ("." if column == "contacts" else ", or give --handle.")
            issues.append(Issue("column-missing", Severity.ERROR, str(path), column, advice))
        else:
            parts[column] = given[option]
    if issues:
        raise InputError(issues)
    if "contacts" not in names:
        parts["contacts"] = [given["contacts"]] * len(rows)
    return Traffic(**parts), [{k: v for k, v in row.items() if k is not None and k not in _COLUMNS} for row in rows]


def _numbers(
    rows: Sequence[Mapping[str, str]], column: str, path: Path, otherwise: Any, issues: list[Issue]
) -> list[float]:
    """Return a column as numbers; an empty cell takes the option's value if there is one."""
    found: list[float] = []
    for place, row in enumerate(rows):
        text = (row.get(column) or "").strip()
        try:
            found.append(float(text) if text or otherwise is None else float(otherwise))
        except ValueError:
            where = f"{path}, row {place + 2}, {column}"  # as a spreadsheet counts: the header is row 1
            issues.append(
                Issue("not-a-number", Severity.ERROR, where, text, "Maybe a hole: fill it, or leave the row out.")
            )
    return found
