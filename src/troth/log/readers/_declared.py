"""Reads a declared source: records of a file, looked at with DuckDB, become batches of drafts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers import _facts_sql as sql
from troth.log.readers._beside import Shelf, files_beside, tables_beside
from troth.log.readers._facts import Kind, Source
from troth.log.readers._open import Opened, parts, reject_table, unusable, zone_of
from troth.log.readers._records import Records, read_records, split_values
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.reference import TABLES
from troth.log.schema import DRAFTS

#: So many unknown fields are kept; more are a sign of another kind of file.
_FIELDS: Final = 60
_RAW: Final = 4000


def declared(source: Source, sentence: str) -> Reader:
    """Return the reader of a declared source."""
    beside = files_beside if source.beside else None
    return Reader(source.name, sentence, _reading(source), beside=beside, knows=_knowing(source))


def _knowing(source: Source) -> Callable[[Path], str]:
    """Return the function that tells which kind of records a file begins with."""

    def knows(path: Path) -> str:
        """Return the name of the kind, "" if the file is of another source."""
        try:
            for part in parts(path):
                for records in read_records(part, size=20, lists=source.lists, flatten=source.flatten):
                    for text in records.table["j"].to_pylist()[:20]:
                        if found := _kind_of(source, text):
                            return found
                    break
        except InputError:
            pass
        return ""

    return knows


def _kind_of(source: Source, text: str) -> str:
    try:
        fields = set(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return ""
    kinds = (k.name for k in source.kinds if all(fields & set(mark.split("|")) for mark in k.marks))
    return next(kinds, "")


def _reading(source: Source) -> Callable[[Path, ReadOptions], Iterator[Batch]]:
    """Return the function that reads a source's files."""

    def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
        """Yield the events of an export, a batch of records at a time; see `Reader`."""
        zone_of(options.time_zone)
        known = False
        for part in parts(path):
            shelf = tables_beside(path, source=source, options=options)
            for records in read_records(part, size=options.batch_rows, lists=source.lists, flatten=source.flatten):
                work = _Work(source, part, options, shelf)
                batch = work.batch(records)
                known = known or work.known > 0 or not records.table.num_rows
                yield batch
                if not known:
                    listed = ", ".join(kind.name for kind in source.kinds)
                    advice = f"Maybe this table is not among those that are read: {listed}."
                    raise unusable("other-format", Path(part.name), advice)

    return read


def read_part(part: Opened, *, path: Path, source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Yield the events of one part of a file whose records are known to be of a source.

    Parameters
    ----------
    part : the part.
    path : the file it is of, in whose folder tables beside are sought.
    source, options : as for a declared reader.
    """
    shelf = tables_beside(path, source=source, options=options)
    for records in read_records(part, size=options.batch_rows, lists=source.lists, flatten=source.flatten):
        yield _Work(source, part, options, shelf).batch(records)


@dataclass(slots=True)
class _Work:
    """One batch being made."""

    source: Source
    part: Opened
    options: ReadOptions
    shelf: Shelf
    known: int = 0
    rejects: list[dict[str, Any]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    drafts: list[pa.Table] = field(default_factory=list)
    rows: dict[str, list[pa.Table]] = field(default_factory=dict)

    def batch(self, records: Records) -> Batch:
        """Return the batch of some records."""
        import duckdb

        for number, code, value, advice, raw in records.bad:
            self.reject(number, code, None, value, advice, raw)
        with duckdb.connect(":memory:") as db:
            db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            self.shelf.put(db)
            self._sort(db, records.table)
            for number, kind in enumerate(self.source.kinds):
                if db.execute(f"SELECT count(*) FROM records WHERE kind = {number}").fetchone() != (0,):
                    self._kind(db, kind, number)
        return Batch(
            file=self.part.name,
            drafts=_joined(self.drafts, self.part.name),
            rejects=reject_table([r | {"file": self.part.name} for r in sorted(self.rejects, key=_row)]),
            rows=records.table.num_rows + len(records.bad),
            issues=(*records.issues, *self.issues),
            done=self.part.done,
            reference={name: pa.concat_tables(tables) for name, tables in self.rows.items()},
        )

    def reject(self, row: int | None, code: str, column: str | None, value: str | None, advice: str, raw: str) -> None:
        """Add a record that could not be used."""
        shown = None if value is None else value[:200]
        self.rejects.append(
            {"row": row, "code": code, "column": column, "value": shown, "advice": advice, "raw": raw[:_RAW]}
        )

    def note(self, code: str, where: str, value: str, advice: str, *, count: int = 1) -> None:
        """Add what is doubtful."""
        self.issues.append(Issue(code, Severity.WARNING, f"{self.part.name}{where}", value[:200], advice, count))

    def _sort(self, db: Any, given: pa.Table) -> None:
        """Make the table `records` with the kind of each; what is no record, or of no kind, is rejected."""
        import duckdb

        whens = " ".join(f"WHEN {sql.is_of(kind)} THEN {n}" for n, kind in enumerate(self.source.kinds))
        query = (
            f"CREATE TEMP TABLE records AS SELECT *, CASE {whens} END AS kind"
            " FROM (SELECT row, j, json_keys(j) AS keys FROM given)"
        )
        db.register("given", given)
        try:
            db.execute(query)
        except duckdb.Error:
            # Something is no JSON at all; what is good is sorted from what is not, record by record.
            broken = db.execute(f"SELECT row, j FROM given WHERE NOT ({sql.IS_OBJECT}) ORDER BY row").fetchall()
            good = db.execute(f"SELECT row, j FROM given WHERE {sql.IS_OBJECT}").fetch_arrow_table()
            db.register("given", pa.concat_tables([good, self._mended(broken)], promote_options="permissive"))
            db.execute(query)
        db.unregister("given")
        unknown = db.execute("SELECT row, keys, j FROM records WHERE kind IS NULL ORDER BY row").fetchall()
        self.known = db.execute("SELECT count(*) FROM records WHERE kind IS NOT NULL").fetchone()[0]
        if not self.known:
            return
        for row, keys, raw in unknown:
            advice = "Maybe another table got into the file, or fields were left out of the export."
            self.reject(row, "unknown-record", None, ", ".join(keys)[:200], advice, raw)

    def _mended(self, broken: list[tuple[int, str]]) -> pa.Table:
        """Return the objects of lines that hold several of them; other broken lines are rejected."""
        numbers: list[int] = []
        texts: list[str] = []
        for row, line in broken:
            values = split_values(line)
            if values is None or (len(values) == 1 and values[0] == line):
                advice = "Maybe the record was cut on its way; fetch the export again."
                self.reject(row, "bad-json", None, line[:80], advice, line)
                continue
            numbers += [row] * len(values)
            texts += values
        return pa.table({"row": pa.array(numbers, pa.int64()), "j": pa.array(texts, pa.string())})

    def _kind(self, db: Any, kind: Kind, number: int) -> None:
        """Make the events and reference rows of all records of one kind."""
        if not kind.facts and not kind.rows:
            advice = "Maybe it is of use elsewhere; nothing is made of this table here."
            self.issues.append(Issue("table-not-used", Severity.INFO, self.part.name, kind.name, advice))
            return
        self._half(kind)
        others = [] if kind.private else self._unknown(db, kind, number)
        mine = f"SELECT row, j FROM records WHERE kind = {number}"
        if kind.each:
            items = f"from_json(json_extract(j, {sql.quoted(sql.path(kind.each))}), '[\"JSON\"]')"
            mine = f"SELECT row, j, unnest({items}) AS item, generate_subscripts({items}, 1) AS nr FROM ({mine})"
        columns = sql.extracted(kind, zone=self.options.time_zone, others=sql.unknown_fields(others))
        db.execute(f"CREATE TEMP TABLE judged{number} AS WITH mine AS ({mine}) {sql.judged(kind, columns=columns)}")
        looked = f", {kind.looked}" if kind.looked else ""
        db.execute(
            f"CREATE OR REPLACE TEMP VIEW good AS SELECT r.*{looked} FROM judged{number} r {kind.joins}"
            " WHERE problem IS NULL"
        )
        self._wrong(db, kind, number)
        self._doubts(db, kind)
        if kind.facts:
            self.drafts.append(db.execute(sql.events(kind, source=self.source.name)).fetch_arrow_table())
        for rows in kind.rows:
            schema = TABLES[rows.table].schema
            found = db.execute(sql.reference(rows, schema.names)).fetch_arrow_table().cast(schema)
            self.rows.setdefault(rows.table, []).append(found)

    def _half(self, kind: Kind) -> None:
        """Tell where the records that all others belong to are not at hand."""
        main = self.source.main
        if not main or not kind.facts or self.shelf.tables[main].num_rows:
            return
        missing = self.source.beside[main].kind
        advice = (
            f"Maybe only half the tables were exported: put each {missing} beside, in one folder. Until then who asked and when is"
            " not known; all records are kept."
        )
        self.note("half-export", "", f"{kind.name} without {missing}", advice)

    def _unknown(self, db: Any, kind: Kind, number: int) -> list[str]:
        """Return the fields nobody knows, and tell of them."""
        found = db.execute(
            f"SELECT k, count(*), min(row) FROM (SELECT row, unnest(keys) AS k FROM records WHERE kind = {number})"
            " GROUP BY k ORDER BY k"
        ).fetchall()
        known = kind.fields()
        fresh = [(name, count, row) for name, count, row in found if name not in known]
        kept = [name for name, _, _ in fresh if re.fullmatch(r"[\w .-]+", name)][:_FIELDS]
        for name, count, row in fresh[:_FIELDS]:
            advice = "Maybe the source has learned a new field; plain values are kept with the event, lists are not."
            self.note("unknown-field", f" row {row}", f"{kind.name}: {name}", advice, count=count)
        return kept

    def _wrong(self, db: Any, kind: Kind, number: int) -> None:
        """Reject the records with a fault."""
        faults = sql.problems(kind)
        shown = " ".join(f"WHEN {k} THEN {sql.raw(kind, fault.column)}" for k, fault in enumerate(faults))
        if not faults:
            return
        bad = f"SELECT row, problem, CASE problem {shown} END AS value FROM judged{number} WHERE problem IS NOT NULL"
        query = f"""SELECT row, problem, value, any_value(j) FROM ({bad}) JOIN records USING (row)
            GROUP BY ALL ORDER BY row, problem"""
        for row, problem, value, raw in db.execute(query).fetchall():
            fault = faults[problem]
            self.reject(row, fault.code, _theirs(kind, fault.column), value, fault.advice, raw)

    def _doubts(self, db: Any, kind: Kind) -> None:
        """Tell what is odd in the good records but was used."""
        for doubt in kind.doubts:
            query = (
                f"SELECT count(*), min(row), arg_min({sql.raw(kind, doubt.column)}, row) FROM good WHERE {doubt.test}"
            )
            count, row, example = db.execute(query).fetchone()
            if count:
                self.note(doubt.code, f" row {row}", example or "", doubt.advice, count=count)
        if self.options.time_zone is None and kind.times:
            naive = " OR ".join(f"{name}_n IS NOT NULL" for name in kind.times)
            example = f"coalesce({', '.join(f'CASE WHEN {n}_n IS NOT NULL THEN {n}_s END' for n in kind.times)})"
            count, row, value = db.execute(
                f"SELECT count(*), min(row), arg_min({example}, row) FROM good WHERE {naive}"
            ).fetchone()
            if count:
                advice = "Maybe name the zone of the times with --time-zone; they were taken as UTC."
                self.note("assumed-utc", f" row {row}", value or "", advice, count=count)


def _theirs(kind: Kind, column: str) -> str:
    """Return the source's name of a column of ours."""
    return kind.places()[column][0].removeprefix("@.") if column in kind.places() else column


def _row(reject: dict[str, Any]) -> int:
    return reject["row"] or 0


def _joined(tables: list[pa.Table], file: str) -> pa.Table:
    """Return drafts of several kinds as one table."""
    if not tables:
        return DRAFTS.empty_table()
    whole = pa.concat_tables([table.select([n for n in DRAFTS.names if n in table.column_names]) for table in tables])
    columns = []
    for wanted in DRAFTS:
        if wanted.name == "_file":
            columns.append(pa.repeat(pa.scalar(file), len(whole)))
        elif wanted.name in whole.column_names:
            columns.append(whole[wanted.name].cast(wanted.type))
        else:
            columns.append(pa.nulls(len(whole), wanted.type))
    return pa.table(columns, schema=DRAFTS)
