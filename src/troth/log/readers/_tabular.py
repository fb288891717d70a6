"""Applies a mapping to rows of a table, many at once: texts in, event drafts and rejects out."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._arrays import clean
from troth.log.readers._clock import zone_advice
from troth.log.readers._events import Check, Planner, assembled
from troth.log.readers._instants import Engine, Instants
from troth.log.readers._mapping import CANONICAL, Mapped, of_header
from troth.log.readers._occurrences import Occurrences
from troth.log.readers._sql import Compiler
from troth.log.readers.base import Batch, ReadOptions
from troth.log.schema import DRAFTS, REJECTS

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
_EVENT_FIELDS = [f for f in DRAFTS if not f.name.startswith("_")]


@dataclass(slots=True)
class Rejects:
    """Rows given up, gathered column by column."""

    file: str
    rows: list[tuple[int | None, str, str | None, str | None, str, str | None]] = field(default_factory=list)

    def add(
        self,
        row: int | None,
        code: str,
        *,
        advice: str,
        column: str | None = None,
        value: str | None = None,
        raw: str | None = None,
    ) -> None:
        """Add one problem of one row."""
        self.rows.append((row, code, column, None if value is None else value[:200], advice, raw))

    def table(self) -> pa.Table:
        """Return them in `schema.REJECTS`, in row order."""
        self.rows.sort(key=lambda r: (r[0] or 0, r[1], r[2] or ""))
        columns = list(zip(*self.rows, strict=True)) or [()] * 6
        data: dict[str, Any] = dict(zip(("row", "code", "column", "value", "advice", "raw"), columns, strict=True))
        data["file"] = [self.file] * len(self.rows)
        return pa.table([pa.array(data.get(f.name, [None] * len(self.rows)), f.type) for f in REJECTS], schema=REJECTS)


class Tabular:
    """Turns the rows of one file into batches.

    Rows come as columns of text named ``c0, c1, ...`` after their place in the header; columns of time are
    taken as they are.

    Parameters
    ----------
    mapped : the mapping; None if the columns are the event schema itself.
    header : names of the file's columns.
    file : name of the file.
    options : how to read.
    source : name of the source where nothing else says it.

    Raises
    ------
    InputError
        If columns are missing, all of them named with what they may be called now.
    """

    def __init__(
        self, mapped: Mapped | None, *, header: Sequence[str], file: str, options: ReadOptions, source: str
    ) -> None:
        self.file = file
        self.header = list(header)
        self.noted: dict[tuple[str, str], Issue] = {}
        self.mapped = mapped or of_header(self.header, source=source)
        self._places: dict[str, int] = {}
        for place, name in enumerate(self.header):
            if name in self._places:
                self.note("duplicate-column", name, name, "Maybe one of the two should be renamed: the first was used.")
            self._places.setdefault(name, place)
        self._check_columns()
        if options.time_zone and (advice := zone_advice(options.time_zone)):
            raise InputError([Issue("unknown-time-zone", Severity.ERROR, "time_zone", options.time_zone, advice)])
        self._compiler = Compiler(self._column, lambda time: f"t{self._times.number[time]}", self.mapped.decimal)
        zone = options.time_zone or self.mapped.time_zone
        self._times = Instants(self.mapped, compiler=self._compiler, zone=zone, note=self.note)
        self._by_content = not self.mapped.id
        self._seen = Occurrences()
        self._engine = Engine()

    # Columns -------------------------------------------------------------------------------------------------------

    def _check_columns(self) -> None:
        needed = ["activity", "occurred_at"] if self.mapped.canonical else self.mapped.columns()
        missing = [c for c in needed if c not in self._places and c not in self.mapped.optional]
        issues = []
        for column in missing:
            spare = [h for h in self.header if h not in needed and (h not in CANONICAL or not self.mapped.canonical)]
            issues.append(Issue("missing-column", Severity.ERROR, self.file, column, self._likely(column, spare)))
        if issues:
            raise InputError(issues)
        if self.mapped.canonical:
            for name in self.header:
                if name not in {*CANONICAL, "event_id"}:
                    near = difflib.get_close_matches(name, [c for c in CANONICAL if c not in self.header], 1, 0.7)
                    advice = (
                        f"Maybe {near[0]!r} is meant; it was passed over."
                        if near
                        else "Maybe a mapping is needed: it was passed over."
                    )
                    self.note("unknown-column", name, name, advice)

    def _likely(self, column: str, spare: list[str]) -> str:
        lower = {h.lower().replace("_", " "): h for h in spare}
        near = difflib.get_close_matches(column.lower().replace("_", " "), list(lower), 1, 0.55)
        inside = [h for h in spare if column.lower() in h.lower() or (len(h) > 2 and h.lower() in column.lower())]
        if near or inside:
            return f"Maybe it is called {(lower[near[0]] if near else inside[0])!r} now."
        if self.mapped.canonical:
            return "Maybe the file needs a mapping: `troth import --guess FILE` proposes one."
        if len(self.header) == 1:
            return "Maybe the delimiter is wrong: the file seems to have one column only."
        return f"Maybe one of: {', '.join(self.header[:20])}."

    @property
    def used(self) -> list[int]:
        """Places of the columns that have to be read."""
        needed = [n for n in (*CANONICAL,) if n in self._places] if self.mapped.canonical else self.mapped.columns()
        if self._by_content and not (self.mapped.canonical and "source_id" in self._places):
            needed = [n for n in self.header if n != "event_id"]
        return sorted({self._places[n] for n in needed if n in self._places})

    def note(
        self, code: str, where: str, value: str, advice: str, *, severity: Severity = Severity.WARNING, count: int = 1
    ) -> None:
        """Remember an issue of the file, counting it if it is known."""
        shown = self.file if where == self.file else f"{self.file}, {where}"
        old = self.noted.get((code, where))
        total = count + (old.count if old else 0)
        self.noted[code, where] = Issue(code, severity, shown, old.value if old else value, advice, total)

    def _column(self, name: str) -> str:
        place = self._places.get(name)
        return "NULL::VARCHAR" if place is None else f"c{place}"

    # Rows ----------------------------------------------------------------------------------------------------------

    def batch(
        self, table: pa.Table, *, rows: Places, raw: Callable[[int], str], rejects: Rejects, count: int, done: float
    ) -> Batch:
        """Turn rows into a batch.

        Parameters
        ----------
        table : the rows.
        rows : row number of each.
        raw : gives the text of the row at a place of `table`.
        rejects : rows given up before, to which more are added.
        count : source rows covered, those given up included.
        done : share of the file read.
        """
        drafts = self._drafts(table, rows, raw, rejects) if len(table) else DRAFTS.empty_table()
        return Batch(self.file, drafts, rejects.table(), count, (), {}, done)

    def last(self, issues: Sequence[Issue] = ()) -> Batch:
        """Return the batch that ends a file: no rows, but every issue the file as a whole has."""
        self._times.finish()
        everything = (*issues, *self.noted.values())
        return Batch(self.file, DRAFTS.empty_table(), REJECTS.empty_table(), 0, everything, {}, 1.0)

    def _drafts(self, table: pa.Table, rows: Places, raw: Callable[[int], str], rejects: Rejects) -> pa.Table:
        table = pa.table({n: clean(table.column(n)) for n in table.column_names})
        kept = self._kept(table)
        if kept is not None:
            table, rows = table.take(pa.array(kept)), rows[kept]
            read = raw
            raw = lambda place: read(int(kept[place]))  # noqa: E731
        table = table.append_column("_i", pa.array(np.arange(len(rows))))
        columns, faults = self._times.columns(self._engine, table)
        if self._by_content:
            columns["_id"] = self._content_ids(table)
        for name, column in columns.items():
            table = table.append_column(name, column)
        parts, bad = self._events(table)
        bad = faults | bad
        hit = np.zeros(len(rows), bool)
        for _, places in parts:
            hit[places] = True
        for place, code, column in sorted(bad):
            hit[place] = True
            value = table.column(f"c{self._places[column]}")[place].as_py() if column in self._places else None
            shown = None if value is None else str(value)
            rejects.add(
                int(rows[place]),
                code,
                column=column or None,
                value=shown,
                raw=raw(place),
                advice=bad[place, code, column],
            )
        for place in np.flatnonzero(~hit).tolist():
            advice = "Maybe a `when:` of the mapping lacks a value, or the row should be named under `skip:`."
            rejects.add(int(rows[place]), "no-event", advice=advice, raw=raw(place))
        return self._finished(parts, rows, {place for place, _, _ in bad})

    def _kept(self, table: pa.Table) -> Places | None:
        """Return the places of the rows that the mapping does not skip; None if it skips none."""
        if not self.mapped.skip:
            return None
        condition = " OR ".join(f"({self._compiler.when(test)})" for test in self.mapped.skip)
        skipped = np.asarray(self._engine.run(f"SELECT {condition} AS skipped FROM r", table).column("skipped"))
        return np.flatnonzero(~skipped)

    def _events(self, table: pa.Table) -> tuple[list[tuple[pa.Table, Places]], dict[tuple[int, str, str], str]]:
        """Return the fields of each event with the places of their rows, and the faults of rows with their advice."""
        number = self._times.number
        planner = Planner(
            self.mapped, compiler=self._compiler, time=number.__getitem__, table=table, by_content=self._by_content
        )
        parts: list[tuple[pa.Table, Places]] = []
        faults: dict[tuple[int, str, str], str] = {}
        for event in self.mapped.events:
            plan = planner.plan(event)
            query = plan.query()
            found = None if query is None else self._engine.run(query, table)
            places = np.arange(len(table)) if found is None else found.column("_i").to_numpy()
            parts.append((assembled(plan, table, found, kinds=_EVENT_FIELDS), places))
            if found is not None:
                faults |= _faults(found, places, plan.checks)
        return parts, faults

    def _finished(self, parts: list[tuple[pa.Table, Places]], rows: Places, bad: set[int]) -> pa.Table:
        spoilt = np.zeros(len(rows), bool)
        spoilt[list(bad)] = True
        whole = []
        for events, places in parts:
            keep = ~spoilt[places]
            good = events if keep.all() else events.filter(pa.array(keep))
            file = pa.repeat(pa.scalar(self.file, pa.string()), len(good))
            whole.append(good.append_column("_file", file).append_column("_row", pa.array(rows[places[keep]])))
        return pa.concat_tables(whole).cast(DRAFTS)

    def _content_ids(self, table: pa.Table) -> pa.Array:
        """Return for each row the hash of its content, with its number among equal rows from the second on."""
        own = self._column("source_id") if self.mapped.canonical else ""
        if own in table.column_names and not table.column(own).null_count:
            return pa.nulls(len(table), pa.string())
        ordered = sorted((self.header[int(n[1:])], n) for n in table.column_names if n[0] == "c" and n[1:].isdigit())
        told = ", ".join(f"coalesce({n}::VARCHAR, '')" for _, n in ordered)
        query = f"SELECT h, hash(h) AS k FROM (SELECT md5(concat_ws(chr(31), {told})) AS h FROM r)"
        found = self._engine.run(query, table)
        again = self._seen.number(found.column("k").to_numpy())
        ids = found.column("h").combine_chunks()
        if again.any():
            tail = pc.binary_join_element_wise("", pa.array(again).cast(pa.string()), "-")
            ids = pc.binary_join_element_wise(ids, pc.if_else(pa.array(again > 0), tail, ""), "")
        return ids


def _faults(found: pa.Table, places: Places, checks: list[Check]) -> dict[tuple[int, str, str], str]:
    """Return advice by place, code and column for the bits set in `_bad`."""
    bad = found.column("_bad").to_numpy()
    faults = {}
    for at in np.flatnonzero(bad).tolist():
        for bit, check in enumerate(checks):
            if int(bad[at]) >> bit & 1:
                faults[int(places[at]), check.code, check.column] = check.advice
    return faults
