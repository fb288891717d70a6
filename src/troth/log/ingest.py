"""The import loop: files in, checked events in the lake, everything else in the rejects, and a count of it all.

Each batch of a file is one commit under a batch number that depends only on the file's content and the options,
so an import killed anywhere leaves the lake as before or after one batch, and running it again completes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError
from troth.log import reference
from troth.log.check import check
from troth.log.lake import Lake
from troth.log.readers import Batch, ReadOptions, find, reader
from troth.log.schema import REJECTS, STORED
from troth.log.store import Shelf, name, scan, sql_type

if TYPE_CHECKING:
    import duckdb

#: Raises the number with every change in what a reader makes of the same bytes, so that re-imports are not skipped.
_FORMAT: Final = 1
_SHOWN: Final = 200


@dataclass(slots=True)
class Report:
    """What an import did.

    Parameters
    ----------
    source : the reader's name.
    files, rows, events, cases : what was read; events are the good ones, known ones included.
    rejects : rows or events not taken; `duplicates` : events whose source and id the lake knew already.
    issues : everything doubtful or wrong, the same code at the same file and column counted once.
    failed : files of which nothing could be used.
    stopped : whether it was asked to stop before the end.
    """

    source: str
    files: int = 0
    rows: int = 0
    events: int = 0
    cases: int = 0
    rejects: int = 0
    duplicates: int = 0
    issues: list[Issue] = field(default_factory=list)
    failed: int = 0
    stopped: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        plain = asdict(self) | {"issues": [issue.as_dict() for issue in self.issues]}
        return {k: plain[k] for k in ("source", "files", "rows", "events", "cases", "rejects", "duplicates", "issues")}


def ingest(
    lake: Lake,
    *,
    source: str,
    paths: Sequence[Path],
    options: ReadOptions = ReadOptions(),
    now: datetime | None = None,
    on_progress: Callable[[str, float, Report], None] | None = None,
    stop: Stop = Stop(),
) -> Report:
    """Import files into a lake.

    Parameters
    ----------
    lake : where to.
    source : name of a reader; see `readers.names`.
    paths : files, or folders whose files are meant.
    options : how to read them.
    now : kept with rejects, which are purged by age.
    on_progress : told the file, the share done of all files and the report so far, after every batch.
    stop : when to stop early; what is committed stays.

    Returns
    -------
    The report. Good rows are in the lake even if others were rejected.

    Raises
    ------
    InputError : an unknown source, or no file to read.
    """
    report = Report(source)
    files = _files(source, paths)
    before = lake.count()
    with lake.session() as con:
        con.execute("CREATE TEMP TABLE cases (h UBIGINT)")
        for number, path in enumerate(files):
            stream = f"{source}/{_digest(path, options)}"
            try:
                for order, batch in enumerate(reader(source).read(path, options)):
                    _take(lake, con, batch, (stream, order), now, report)
                    if on_progress is not None:
                        on_progress(path.name, (number + batch.done) / len(files), report)
                    if stop.reached():
                        report.stopped = True
                        break
            except InputError as error:
                report.failed += 1
                report.issues.extend(error.issues)
            report.files += 1
            if report.stopped:
                break
        (report.cases,) = con.sql("SELECT count(DISTINCT h) FROM cases").fetchone() or (0,)
    if source == "troth":
        for path in paths:
            _references(lake, path / "reference", report)
    report.duplicates = report.events - (lake.count() - before)
    report.issues = _gathered(report.issues)
    if lake.due() and not report.stopped:
        lake.compact()
    return report


def _files(source: str, paths: Sequence[Path]) -> list[Path]:
    issues = [
        Issue("no-such-file", Severity.ERROR, str(path), advice="Maybe the name is misspelt, or it is in another folder.")
        for path in paths
        if not path.exists()
    ]
    try:
        reader(source)
    except KeyError:
        issues.append(Issue("unknown-source", Severity.ERROR, "source", source, "Maybe csv: see `troth import --help`."))
    if issues:
        raise InputError(issues)
    files = find(paths)
    if source == "troth":
        files = [f for f in files if f.name.startswith("events")]
    if not files:
        where = ", ".join(map(str, paths))
        raise InputError([Issue("no-files", Severity.ERROR, where, advice="Maybe the folder is empty.")])
    return files


def _digest(path: Path, options: ReadOptions) -> str:
    """Return a name for a file's content under given options; the file's own name plays no part in it."""
    digest = hashlib.blake2b(digest_size=16)
    chosen = asdict(options)
    if options.mapping and Path(options.mapping).is_file():
        chosen["mapping"] = Path(options.mapping).read_text("utf-8", "replace")
    digest.update(json.dumps([_FORMAT, chosen, path.suffixes]).encode())
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _take(
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    number: tuple[str, int],
    now: datetime | None,
    report: Report,
) -> None:
    """Check one batch and commit what is good and what is not."""
    good, bad = check(batch.drafts)
    rejects = pa.concat_tables([batch.rejects.cast(REJECTS), bad.cast(REJECTS)])
    rejects = rejects.set_column(
        rejects.schema.get_field_index("imported_at"),
        REJECTS.field("imported_at"),
        pa.array([now] * len(rejects), REJECTS.field("imported_at").type),
    )
    columns = ", ".join(name(c) for c in STORED.names)
    con.register("good", good)
    con.register("bad", rejects)
    con.execute("INSERT INTO cases SELECT DISTINCT hash(case_id) FROM good WHERE case_id IS NOT NULL")
    lake.events.put(con, [f"SELECT {columns} FROM good"], batch=number)
    if len(rejects):
        lake.rejects.put(con, ["SELECT * FROM bad"], batch=number)
    for side, rows in batch.side.items():
        con.register("side", rows)
        lake.shelf("side", side, rows.schema).put(con, ["SELECT * FROM side"], batch=number)
        con.unregister("side")
    con.unregister("good")
    con.unregister("bad")
    report.rows += batch.rows
    report.events += len(good)
    report.rejects += _rejected_rows(rejects)
    report.issues.extend(batch.issues)
    report.issues.extend(_issues(rejects))


def _rejected_rows(rejects: pa.Table) -> int:
    """Count rows rejected; a row with several problems counts once."""
    return rejects.group_by(["file", "row"]).aggregate([]).num_rows if len(rejects) else 0


def _issues(rejects: pa.Table) -> list[Issue]:
    rows = rejects.select(["file", "row", "code", "column", "value", "advice"]).slice(0, _SHOWN).to_pylist()
    issues = [
        Issue(
            r["code"],
            Severity.ERROR,
            f"{r['file']}, row {r['row']}" + (f", {r['column']}" if r["column"] else ""),
            r["value"] or "",
            r["advice"] or "",
        )
        for r in rows
    ]
    if len(rejects) > _SHOWN:
        more = len(rejects) - _SHOWN
        issues.append(
            Issue("more-rejects", Severity.ERROR, rows[0]["file"], str(more), "Maybe see `troth rejects` for all of them.", more)
        )
    return issues


def _gathered(issues: list[Issue]) -> list[Issue]:
    """Return the issues with equal ones counted once, in the order first seen."""
    counted: dict[tuple[str, str, str, str, str], Issue] = {}
    for issue in issues:
        key = (issue.code, str(issue.severity), issue.where, issue.value, issue.advice)
        known = counted.get(key)
        counted[key] = replace(known, count=known.count + issue.count) if known else issue
    return list(counted.values())


# Reference tables ----------------------------------------------------------------------------------------------------


def _references(lake: Lake, folder: Path, report: Report) -> None:
    """Import every known table of a folder of CSV files; unknown ones are named."""
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in reference.TABLES:
            known = ", ".join(reference.TABLES)
            report.issues.append(
                Issue("unknown-table", Severity.WARNING, str(path), path.stem, f"Maybe it is one of {known}.")
            )
            continue
        report.files += 1
        _reference(lake, path, report)


def _reference(lake: Lake, path: Path, report: Report) -> None:
    from pyarrow import csv

    spec = reference.TABLES[path.stem]
    try:
        read = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    except pa.ArrowInvalid as error:
        report.failed += 1
        report.issues.append(Issue("bad-table", Severity.ERROR, str(path), str(error)[:200], "Maybe a row is cut short."))
        return
    missing = [c for c in spec.key if c not in read.column_names]
    for column in missing:
        report.issues.append(
            Issue("missing-column", Severity.ERROR, str(path), column, f"Maybe one of {', '.join(read.column_names)}.")
        )
    if missing:
        report.failed += 1
        return
    with lake.session() as con:
        con.register("given", read)
        text = {c: f"{name(c)}::VARCHAR" for c in read.column_names}
        cast = {
            f.name: f"try_cast({text[f.name]} AS {sql_type(f.type)})" if f.name in text else f"NULL::{sql_type(f.type)}"
            for f in spec.schema
        }
        cast["version"] = f"coalesce({cast['version']}, 0)"
        wrong = [f"({text[c]} IS NOT NULL AND {cast[c]} IS NULL)" for c in spec.schema.names if c in text]
        wrong.append(f"{cast[spec.key[0]]} IS NULL")
        con.execute(f"CREATE TEMP TABLE judged AS SELECT *, {' OR '.join(wrong)} AS bad, row_number() OVER () + 1 AS row FROM given")
        for row in con.sql("SELECT * FROM judged WHERE bad").fetchall():
            report.rejects += 1
            report.issues.append(
                Issue("bad-value", Severity.ERROR, f"{path.name}, row {row[-1]}", str(row[:-2])[:200], "Maybe a date, time or number is misspelt, or a key is empty.")
            )
        chosen = ", ".join(f"{sql} AS {name(c)}" for c, sql in cast.items())
        shelf = Shelf(lake.root / "reference" / path.stem, spec.schema)
        report.rows += len(read)
        shelf.put(con, [f"SELECT {chosen} FROM judged WHERE NOT bad"], batch=(_digest(path, ReadOptions()), 0))


def read_reference(lake: Lake, table: str) -> list[dict[str, Any]]:
    """Return the current rows of a reference table as plain data; empty if it was never imported."""
    with lake.session() as con:
        if not lake.reference(table).files()["tail"]:
            return []
        found: list[dict[str, Any]] = con.sql(lake.settled_reference(table)).fetch_arrow_table().to_pylist()
        return found


def read_side(lake: Lake, table: str) -> pa.Table | None:
    """Return the distinct rows of a side table, or None if there is none."""
    shelf = Shelf(lake.root / "side" / table, pa.schema([]))
    found = shelf.table()
    if found is None:
        return None
    files = shelf.files()
    fields = [f for f in pa.schema(found.schema().to_arrow()) if f.name != "tier"]
    with lake.session() as con:
        return con.sql(f"SELECT DISTINCT * FROM ({scan(files['base'] + files['tail'], pa.schema(fields))})").fetch_arrow_table()
