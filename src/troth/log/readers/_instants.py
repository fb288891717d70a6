"""Computes the instants of a mapping from the texts of a table, and says which cannot be read or are in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from troth.log.readers import _sql
from troth.log.readers._arrays import nulls, numbers, offsets_of
from troth.log.readers._clock import to_utc
from troth.log.readers._formats import forms, swapped
from troth.log.readers._mapping import Mapped, Time
from troth.log.readers._sql import Compiler
from troth.log.schema import INSTANT

if TYPE_CHECKING:
    import duckdb

Note = Callable[..., None]
_DURATION = "Maybe text stands in a column of durations, or the decimal mark is a comma (`decimal: ','`)."
_UTC = "Maybe the times are local: say so with --time-zone or `time_zone:` in the mapping. They were taken as UTC."


class Engine:
    """Runs SQL on one table at a time; it can touch nothing else, and starts only when it is needed."""

    def __init__(self) -> None:
        self._con: duckdb.DuckDBPyConnection | None = None

    def run(self, query: str, table: pa.Table) -> pa.Table:
        """Return the result of a query on `table`, which it calls `r`."""
        if self._con is None:
            import duckdb

            self._con = duckdb.connect(config={"enable_external_access": "false"})
            self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._con.register("r", table)
        try:
            return self._con.sql(query).fetch_arrow_table()
        finally:
            self._con.unregister("r")


class Instants:
    """The times of a mapping for all rows of one file.

    Parameters
    ----------
    mapped : the mapping.
    compiler : turns its parts into SQL.
    zone : zone of times without one; None means UTC, with an issue.
    note : takes an issue of the file: code, where, value, advice, count.
    """

    def __init__(self, mapped: Mapped, *, compiler: Compiler, zone: str | None, note: Note) -> None:
        self.mapped = mapped
        self.compiler = compiler
        self.zone = zone
        self.note = note
        self.number = {time: k for k, time in enumerate(mapped.times())}
        self._seen: dict[str, tuple[int, int, bool]] = {}

    def columns(self, engine: Engine, table: pa.Table) -> tuple[dict[str, pa.Array], dict[tuple[int, str, str], str]]:
        """Return the columns of every time, and the faults.

        Parameters
        ----------
        engine : runs the SQL.
        table : the rows.

        Returns
        -------
        t (instant), and where there is any: z (in doubt), b (unreadable), each with the time's number;
        and advice by place, code and column of what cannot be read.
        """
        columns: dict[str, pa.Array] = {}
        faults: dict[tuple[int, str, str], str] = {}
        for time, k in self.number.items():
            quick = self._quick(time, table)
            local, offset, none, wrong = quick if quick is not None else self._slow(engine, time, table)
            utc, doubt = self._utc(time, local, offset, none)
            if time.plus is not None:
                added, none = self._added(engine, time, table, none, faults)
                utc = utc + added
            columns[f"t{k}"] = pa.array(utc, mask=none).cast(INSTANT) if none.any() else pa.array(utc).cast(INSTANT)
            if doubt is not None and doubt.any():
                columns[f"z{k}"] = pa.array(doubt)
            if wrong is not None and wrong.any():
                columns[f"b{k}"] = pa.array(wrong)
                places = np.flatnonzero(wrong)
                advice = self._advice(time, places, table)
                faults |= {(place, "bad-time", time.clock or time.column): advice for place in places.tolist()}
        return columns, faults

    def _added(
        self, engine: Engine, time: Time, table: pa.Table, none: _Mask, faults: dict[tuple[int, str, str], str]
    ) -> tuple[_Ints, _Mask]:
        """Return the durations to add in microseconds, and where there is no time or no duration."""
        assert time.plus is not None
        said = self.compiler.known(time.plus, time.nulls)
        query = f"SELECT {_sql.duration(time, self.compiler)} AS d, {said} IS NOT NULL AS s FROM r"
        found = engine.run(query, table)
        missing = nulls(found.column("d"))
        for place in np.flatnonzero(missing & numbers(found, "s", bool)).tolist():
            faults[place, "bad-number", time.plus] = _DURATION
        return numbers(found, "d", np.int64), none | missing

    def _quick(self, time: Time, table: pa.Table) -> tuple[_Ints, _Ints | None, _Mask, _Mask | None] | None:
        """Read plain ISO 8601 texts and real time columns without SQL; None if that does not do."""
        if time.clock is not None or self.mapped.shift:
            return None
        sql = self.compiler.column(time.column)
        if sql not in table.column_names:
            return np.zeros(len(table), np.int64), None, np.ones(len(table), bool), None
        column = table.column(sql)
        kind = column.type
        minutes = None
        try:
            if pa.types.is_timestamp(kind):
                minutes = np.zeros(len(table), np.int64) if kind.tz else None
                instants = column.cast(pa.timestamp("us", kind.tz), safe=False)
            elif pa.types.is_date(kind):
                instants = column.cast(pa.timestamp("us"))
            elif time.formats == ("iso",) and not any(time.nulls):
                ending = offsets_of(column)
                if ending is not None and not (ending[1][~nulls(column)] > 0).all():
                    return None
                minutes = None if ending is None else ending[0]
                instants = pc.cast(column, pa.timestamp("us") if ending is None else INSTANT)
            else:
                return None
        except pa.ArrowInvalid:
            return None
        none = nulls(column)
        utc = np.array(instants.cast(pa.int64()).fill_null(0).to_numpy())
        return (
            (utc if minutes is None or not pa.types.is_string(kind) else utc + minutes * 60_000_000),
            minutes,
            none,
            None,
        )

    def _slow(self, engine: Engine, time: Time, table: pa.Table) -> tuple[_Ints, _Ints | None, _Mask, _Mask | None]:
        """Read times of any allowed form."""
        said = _sql.clock_text(time, self.compiler)
        last = self.compiler.column(time.clock or time.column)
        here = last in table.column_names and pa.types.is_string(table.column(last).type)
        ending = offsets_of(table.column(last)) if here else None
        minutes = None
        cut = said
        if ending is not None:
            table = table.append_column("_cut", pa.array(ending[1]))
            cut = f"trim(left({said}, length({said}) - _cut))"
            minutes = np.where(ending[1] > 0, ending[0], np.iinfo(np.int64).min)
        local = _sql.local(cut, time)
        if time.after is not None:
            before = _sql.local(
                f"({self.compiler.known(time.column, time.nulls)} || ' ' || {self.compiler.known(time.after)})", time
            )
            slack = f"to_microseconds({round(self.mapped.clock_slack_s * 1e6)})"
            local = f"({local} + CASE WHEN {local} < {before} - {slack} THEN to_days(1) ELSE to_days(0) END)"
        query = f"SELECT epoch_us({local}{_sql.moved(self.mapped)}) AS l, ({said} IS NOT NULL AND {local} IS NULL) AS b FROM r"
        found = engine.run(query, table)
        if any(f.startswith("unix") for f in time.formats):
            minutes = np.zeros(len(table), np.int64)
        return numbers(found, "l", np.int64), minutes, nulls(found.column("l")), numbers(found, "b", bool)

    def _utc(self, time: Time, local: _Ints, offset: _Ints | None, none: _Mask) -> tuple[_Ints, _Mask | None]:
        """Return the instants and which of them are in doubt; an offset in the text wins over the zone of the file."""
        bare = ~none if offset is None else (offset == np.iinfo(np.int64).min) & ~none
        low, high, was = self._seen.get(time.column, (1 << 20, -(1 << 20), False))
        utc, doubt = local, None
        if offset is not None:
            said = ~bare & ~none
            utc = local - np.where(said, offset, 0) * 60_000_000
            if said.any():
                low, high = min(low, int(offset[said].min())), max(high, int(offset[said].max()))
        any_bare = bool(bare.any())
        self._seen[time.column] = (low, high, was or any_bare)
        if any_bare and self.zone is None:
            doubt = bare
            self.note("assumed-utc", time.column, "", _UTC, count=int(bare.sum()))
        elif any_bare and self.zone is not None:
            utc = utc.copy()
            doubt = np.zeros(len(utc), bool)
            utc[bare], doubt[bare] = to_utc(local[bare], self.zone)
            if doubt.any():
                advice = "Maybe these fall into the hour the clocks are changed; of two possible instants the first was taken."
                self.note("doubtful-time", time.column, "", advice, count=int(doubt.sum()))
        return utc, doubt

    def finish(self) -> None:
        """Note the columns whose offsets cannot come from one place."""
        for column, (low, high, bare) in self._seen.items():
            if high - low > 60 or (bare and high >= low):
                advice = "Maybe the rows come from places in different zones: each time's own offset was used"
                advice += ", and the zone of the file for times without one." if bare else "."
                self.note("mixed-time-zones", column, "", advice)

    def _advice(self, time: Time, wrong: npt.NDArray[np.int64], table: pa.Table) -> str:
        names = [self.compiler.column(c) for c in (time.column, time.clock) if c is not None]
        said = [table.column(n) for n in names if n in table.column_names]
        sample = [" ".join(str(s[i].as_py()) for s in said) for i in wrong[:50].tolist()]
        for form in time.formats:
            other = swapped(form) if "%" in form else None
            fitting = [s for s in sample if other in forms([s])] if other else []
            if fitting:
                advice = f"Maybe day and month are in the other order: {other!r} fits."
                if len(fitting) * 2 >= len(sample):
                    doubt = f"{advice} Then rows that could be read are wrong as well."
                    self.note("date-order", time.column, fitting[0], doubt, count=len(wrong))
                return advice
        common = forms(sample) or forms(sample[:1])
        if common:
            names_of = " or ".join(repr(c) for c in common[:2])
            return f"Maybe the form is {names_of}: say so under `times:` in a mapping."
        return "Maybe this is not a date and time, or its form is not among those allowed."


_Ints = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]
