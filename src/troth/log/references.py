"""Reference tables: CSV files in, current rows out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log import reference
from troth.log.lake import Lake
from troth.log.schema import REJECTS
from troth.log.store import name, sql_type

if TYPE_CHECKING:
    from troth.log._landing import Stage

_WIDTH: Final = "Maybe a field with a comma in it lacks its quotation marks, or the row was cut."
_KEY: Final = "Maybe the row is unfinished: this column tells rows apart and cannot be empty."
_KINDS: Final = {
    pa.date32(): "Maybe a day such as 2026-03-29 is meant.",
    pa.int64(): "Maybe a whole number is meant.",
    pa.float64(): "Maybe a number with a point, such as 0.8, is meant.",
    pa.bool_(): "Maybe true or false is meant.",
}
_TIME: Final = "Maybe a time such as 2026-03-29T10:00:00Z is meant."


def import_reference(lake: Lake, *, path: Path, stream: str, now: datetime | None = None) -> Stage:
    """Import one reference table from a CSV file named after it; return what came of it.

    Parameters
    ----------
    lake : where to.
    path : the file.
    stream : a name for its content; the same content is taken once.
    now : kept with rejects.
    """
    from troth.log._landing import Stage, issues_of, rejected_rows, stamped

    if path.stem not in reference.TABLES:
        advice = f"Maybe it is one of {', '.join(reference.TABLES)}."
        return Stage(issues=[Issue("unknown-table", Severity.WARNING, str(path), path.stem, advice)])
    if path.stem in reference.OWN:
        advice = "Maybe leave it out: only `troth kpi --publish` writes it, and what was published is never changed."
        return Stage(issues=[Issue("own-table", Severity.WARNING, str(path), path.stem, advice)])
    spec = reference.TABLES[path.stem]
    try:
        table, odd = _read(path)
    except (pa.ArrowInvalid, UnicodeError) as error:
        issue = Issue("bad-table", Severity.ERROR, str(path), str(error)[:200], "Maybe it is empty or no CSV in UTF-8.")
        return Stage(failed=1, issues=[issue])
    heads = [c for c in table.column_names if c != "_row"]
    missing = [c for c in spec.key if c not in heads]
    if missing:
        advice = f"Maybe one of {', '.join(heads)}."
        return Stage(failed=1, issues=[Issue("missing-column", Severity.ERROR, str(path), c, advice) for c in missing])
    notes = [
        Issue(
            "unknown-column",
            Severity.WARNING,
            path.name,
            c,
            f"Maybe one of {', '.join(spec.schema.names)}; passed over.",
        )
        for c in heads
        if c not in spec.schema.names
    ]
    with lake.session() as con:
        con.register("given", table)
        faults = [*odd, *_faults(con, path.name, spec, heads)]
        rejects = stamped(pa.Table.from_pylist([*faults], schema=REJECTS).sort_by([("row", "ascending")]), now)
        if len(rejects):
            lake.rejects.append(rejects, batch=(f"{path.stem}/{stream}", 0))
        bad = ", ".join(str(f["row"]) for f in faults)
        chosen = ", ".join(f"{_cast(f, heads)} AS {name(f.name)}" for f in spec.schema)
        good = con.sql(
            f"SELECT {chosen} FROM given WHERE {f'_row NOT IN ({bad})' if bad else 'true'}"
        ).fetch_arrow_table()
    lake.reference(path.stem).append(good.cast(spec.schema), batch=(stream, 0))
    found = issues_of(rejects)
    return Stage(rows=len(table) + len(odd), rejects=rejected_rows(rejects), issues=notes + found)


def _read(path: Path) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Return a CSV as trimmed texts with the row numbers, and rejects for rows of another width."""
    from pyarrow import compute, csv

    odd: list[dict[str, Any]] = []

    def wrong(row: csv.InvalidRow) -> str:
        value = f"{row.actual_columns} fields instead of {row.expected_columns}"
        odd.append(_reject(path.name, row.number, "wrong-field-count", None, value, _WIDTH, row.text))
        return "skip"

    plain = csv.ReadOptions(use_threads=False)
    loose = csv.ParseOptions(invalid_row_handler=lambda _: "skip")
    heads = csv.read_csv(path, read_options=plain, parse_options=loose).column_names
    table = csv.read_csv(
        path,
        read_options=plain,
        parse_options=csv.ParseOptions(invalid_row_handler=wrong),
        # Everything is read as text: a site 007 is not the number 7.
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(heads, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )
    trimmed = [compute.utf8_trim_whitespace(column) for column in table.columns]
    skipped = {reject["row"] for reject in odd}
    rows = [row for row in range(2, len(table) + len(odd) + 2) if row not in skipped]
    return pa.table([*trimmed, pa.array(rows, pa.int64())], names=[*(h.strip() for h in heads), "_row"]), odd


def _cast(field: pa.Field, heads: list[str]) -> str:
    """Return the SQL that turns a text of the file into a column of the table; null where it cannot be."""
    kind = sql_type(field.type)
    if field.name not in heads:
        return f"NULL::{kind}" if field.name != "version" else "0::BIGINT"
    cast = f"try_cast(nullif({name(field.name)}, '') AS {kind})"
    return f"coalesce({cast}, 0)" if field.name == "version" else cast


def _faults(con: Any, file: str, spec: reference.Table, heads: list[str]) -> list[dict[str, Any]]:
    """Return a reject for every value that is not of its kind and every row without its first key column."""
    found = []
    for field in spec.schema:
        if field.name not in heads:
            continue
        text = f"nullif({name(field.name)}, '')"
        wrong = f"{text} IS NOT NULL AND try_cast({text} AS {sql_type(field.type)}) IS NULL"
        advice = _KINDS.get(field.type, _TIME)
        for row, value in con.sql(f"SELECT _row, {text} FROM given WHERE {wrong}").fetchall():
            found.append(_reject(file, row, "bad-value", field.name, value, advice, None))
    for (row,) in con.sql(f"SELECT _row FROM given WHERE nullif({name(spec.key[0])}, '') IS NULL").fetchall():
        found.append(_reject(file, row, "missing-key", spec.key[0], None, _KEY, None))
    return found


def _reject(
    file: str, row: int | None, code: str, column: str | None, value: str | None, advice: str, raw: str | None
) -> dict[str, Any]:
    return {"file": file, "row": row, "code": code, "column": column, "value": value, "advice": advice, "raw": raw}


def read_reference(lake: Lake, table: str) -> list[dict[str, Any]]:
    """Return the current rows of a reference table as plain data; empty if it was never imported."""
    if not lake.knows(table):
        return []
    with lake.session() as con:
        found: list[dict[str, Any]] = con.sql(lake.settled_reference(table)).fetch_arrow_table().to_pylist()
        return found
