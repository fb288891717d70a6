"""What commands print: rows as a table, JSON or CSV; issues; progress."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import click

from troth.core.decision import Issue

Row = Mapping[str, Any]

#: How many kinds of issues a person is shown, and how many of each, before being pointed to the whole list.
SHOWN, EACH = 12, 3


class Form(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


#: The option every command has; it arrives as ``form: Form``.
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(Form, case_sensitive=False),
    default=Form.TABLE,
    show_default="table",
    help="How to print the result.",
)


def wanted(words: Sequence[str]) -> Form:
    """Return the form asked for on a command line that may be wrong otherwise."""
    for before, word in zip(["", *words], words, strict=False):
        value = word.removeprefix("--format=") if word.startswith("--format=") else word if before == "--format" else ""
        if value.lower() in set(Form):
            return Form(value.lower())
    return Form.TABLE


def show(
    rows: Sequence[Row],
    *,
    form: Form,
    key: str,
    columns: Mapping[str, Callable[[Row], str]] | Sequence[str] | None = None,
    extra: Row | None = None,
) -> None:
    """Print rows on standard output.

    Parameters
    ----------
    rows : mappings with the same keys.
    form : table, JSON or CSV.
    key : JSON is one object with the rows under this key.
    columns : what a table shows: keys of the rows, or titles with a function from row to text. All keys by default.
        CSV and JSON always show every key.
    extra : more keys of the JSON object.
    """
    if form is Form.JSON:
        click.echo(to_json({key: list(rows), **(extra or {})}))
    elif form is Form.CSV:
        click.echo(to_csv(rows), nl=False)
    else:
        click.echo(_table(rows, columns))


def show_one(data: Row, *, form: Form) -> None:
    """Print one mapping: JSON as it is, CSV as one row, a table as one line a key."""
    if form is Form.JSON:
        click.echo(to_json(data))
    elif form is Form.CSV:
        click.echo(to_csv([data]), nl=False)
    else:
        width = max((len(name) for name in data), default=0)
        click.echo("\n".join(f"{name:<{width}}  {seen(text(value))}" for name, value in data.items()))


def show_issues(issues: Sequence[Issue], *, form: Form, err: bool = True) -> None:
    """Print issues: for people the first few of each kind; as JSON ``{"issues": [...]}`` with all of them."""
    if form is Form.JSON:
        click.echo(to_json({"issues": [issue.as_dict() for issue in issues]}), err=err)
        return
    told = 0
    kinds = Counter(issue.code for issue in issues)
    for code, count in list(kinds.items())[:SHOWN]:
        alike = [issue for issue in issues if issue.code == code][:EACH]
        for issue in alike:
            click.echo(f"{issue.severity}: {issue}", err=err)
        if count > len(alike):
            click.echo(f"  ... and {count - len(alike):,} more {code}", err=err)
        told += count
    if told < len(issues):
        click.echo(f"... and {len(issues) - told:,} issues of {len(kinds) - SHOWN} more kinds", err=err)
    if len(issues) > EACH * min(len(kinds), SHOWN) or told < len(issues):
        click.echo("--format json lists all.", err=err)


@contextmanager
def progress(title: str) -> Iterator[Callable[..., None]]:
    """Give a function that shows the share done (0-1) and a word; silent unless standard error is a terminal.

    The line is redrawn at most ten times a second and wiped at the end.
    """
    if not sys.stderr.isatty():
        yield _say_nothing
        return
    last = 0.0

    def tell(done: float, word: str = "") -> None:
        nonlocal last
        if time.monotonic() - last >= 0.1:
            last = time.monotonic()
            click.echo(f"\r\x1b[K{title} {min(max(done, 0.0), 1.0):4.0%} {word}", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


def _say_nothing(_done: float, _word: str = "") -> None:
    """Stand in for progress where nobody watches."""


def to_json(value: Any) -> str:
    """Return readable JSON; what is not a number becomes null, times ISO 8601, durations seconds."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def text(value: Any) -> str:
    """Return a cell for people: thousands set apart, a dash for nothing."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={text(part)}" for name, part in value.items()) or "-"
    return str(value)


def seen(words: str) -> str:
    r"""Return words with what would move a terminal's cursor or hide something written out.

    Examples
    --------
    >>> print(seen("mill" + chr(27) + "[2J"))
    mill\x1b[2J
    """
    return words if words.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in words)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, str | int) else str(value)


def to_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV; of rows with different keys each has all columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = [_plain(row.get(name)) for name in names]
        writer.writerow([json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in cells])
    return page.getvalue()


def _table(rows: Sequence[Row], columns: Mapping[str, Callable[[Row], str]] | Sequence[str] | None) -> str:
    if not rows:
        return "Nothing found."
    names = list(columns if columns is not None else dict.fromkeys(name for row in rows for name in row))
    if isinstance(columns, Mapping):
        cells = [[columns[name](row) for name in names] for row in rows]
    else:
        cells = [[text(row.get(name)) for name in names] for row in rows]
    cells = [[seen(cell) for cell in line] for line in cells]
    wide = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    # Figures are read by their last digit, so a column of figures stands to the right.
    right = [all(_is_figure(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [names, ["-" * width for width in wide], *cells]
    return "\n".join(
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, wide, right, strict=True)).rstrip()
        for line in lines
    )


def _is_figure(cell: str) -> bool:
    return cell == "-" or cell[:1].isdigit() or (cell[:1] in "+-" and cell[1:2].isdigit())
