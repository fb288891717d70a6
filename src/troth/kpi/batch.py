"""Figures of many runs at once, from timelines that are at hand as tables: the same declarations, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, zone
from troth.kpi.catalogue import chosen
from troth.kpi.cells import Periods, periods, sql
from troth.kpi.definition import Clock, Fold, Kpi
from troth.kpi.plan import Job, Tables, Wanted, grouped
from troth.kpi.query import Query
from troth.log.store import name
from troth.log.timelines import TIMELINES, columns_read, pruned

if TYPE_CHECKING:
    import duckdb

#: The column that tells runs apart: a whole number.
RUN: Final = "replication"
#: Gives the table of a timeline with some of its columns, those it has, and the column `RUN`.
Given = Callable[[Collection[str]], pa.Table]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RunFigures:
    """Figures of several runs.

    Parameters
    ----------
    runs : the numbers of the runs.
    members : the members of the split, each a tuple in the order of `Query.by`; with no split the empty tuple.
    edges : of the periods, one more than there are.
    values, n : by the name of the KPI: shape (runs, members, periods); NaN where there is no value.
    spread : of KPIs with a distribution: P50, P90, P95 and the maximum, shape (runs, members, periods, 4).
    """

    runs: tuple[int, ...]
    members: tuple[tuple[Any, ...], ...]
    edges: tuple[datetime, ...]
    values: Mapping[str, Numbers]
    n: Mapping[str, Numbers]
    spread: Mapping[str, Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A question made ready to be asked of many tables.

    Parameters
    ----------
    wanted : the question.
    kpis, jobs, cells : what it takes.
    lots : the SQL of each pass over a timeline, with the jobs it computes.
    reads : which columns of which timelines it reads.
    """

    wanted: Query
    kpis: tuple[Kpi, ...]
    jobs: tuple[Job, ...]
    cells: Periods
    lots: tuple[tuple[tuple[Job, ...], str], ...]
    reads: Mapping[str, frozenset[str]]


def prepare(wanted: Query) -> Prepared:
    """Make a question ready.

    Parameters
    ----------
    wanted : what to compute. It needs a start, an end and a time zone; KPIs on business time or of a stock are not here.

    Raises
    ------
    InputError
        KPIs that are unknown, or that cannot be computed so.
    """
    import ibis

    kpis = chosen(wanted.kpis)
    if wanted.start is None or wanted.end is None or wanted.time_zone is None:
        raise ValueError("A batch needs a start, an end and a time zone.")
    _refuse(kpis)
    start, end = (
        at if isinstance(at, datetime) else start_of_day(at, tz=zone(wanted.time_zone))
        for at in (wanted.start, wanted.end)
    )
    cells = periods(start, end, every=wanted.every, time_zone=wanted.time_zone)
    asked = Wanted((RUN, *wanted.by), wanted.where, cells, wanted.params)
    jobs = [Job(kpi, part, slot) for slot, (kpi, part) in enumerate((k, p) for k in kpis for p in k.parts)]
    lots, reads = [], dict[str, frozenset[str]]()
    for lot, expression in grouped(jobs, asked, Tables(_Schemas())):
        for table, columns in columns_read(expression).items():
            reads[table] = reads.get(table, frozenset()) | columns
        lots.append((tuple(lot), str(ibis.to_sql(pruned(expression), dialect="duckdb"))))
    reads.pop("cells", None)
    return Prepared(wanted, tuple(kpis), tuple(jobs), cells, tuple(lots), reads)


def batch(
    con: duckdb.DuckDBPyConnection, *, tables: Mapping[str, Given], runs: Sequence[int], question: Prepared
) -> RunFigures:
    """Compute figures of several runs, each pass over a timeline in one query for all of them.

    Parameters
    ----------
    con : what to compute with; tables are registered there under the names of timelines.
    tables : timelines by name.
    runs : the numbers of the runs in them.
    question : what to compute.

    Raises
    ------
    InputError
        It reads a timeline that is not given.
    """
    unknown = sorted(table for table in question.reads if table not in tables)
    if unknown:
        advice = "Maybe leave out what reads it."
        raise InputError([Issue("no-table", Severity.ERROR, "tables", table, advice) for table in unknown])
    for table, columns in question.reads.items():
        con.register(f"given_{table}", tables[table](columns))
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name(table)} AS SELECT * FROM given_{table}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {sql(question.cells)}")
    cube = _Cube(runs, question.cells.count - 1, len(question.wanted.by))
    for lot, text in question.lots:
        cube.add(con.sql(text).fetch_arrow_table(), lot)
    return cube.batch(question.kpis, question.jobs, question.cells.edges[1:])


def _refuse(kpis: Sequence[Kpi]) -> None:
    issues = [
        Issue("not-in-batch", Severity.ERROR, "kpis", kpi.name, "Maybe ask a lake: it takes calendars or a stock.")
        for kpi in kpis
        if kpi.clock is not Clock.WALL or kpi.fold is Fold.STOCK
    ]
    if issues:
        raise InputError(issues)


class _Schemas(dict[str, Any]):
    """Schemas of timelines with the column of runs."""

    def __missing__(self, key: str) -> Any:
        import ibis

        from troth.log.timelines.cache import derived_schema

        if key not in TIMELINES:
            raise KeyError(key)
        self[key] = found = ibis.Schema.from_pyarrow(derived_schema(TIMELINES[key]).append(pa.field(RUN, pa.int64())))
        return found


class _Cube:
    """Sums and quantiles by run, member and period."""

    def __init__(self, runs: Sequence[int], periods: int, dims: int) -> None:
        self.runs = {run: k for k, run in enumerate(runs)}
        self.shape, self.dims = (len(runs), periods), dims
        self.members: dict[tuple[Any, ...], int] = {(): 0} if dims == 0 else {}
        self.sums: dict[str, list[tuple[NDArray[np.int64], Numbers]]] = {}

    def add(self, result: pa.Table, lot: Sequence[Job]) -> None:
        """Take in the rows of one query."""
        result = result.filter(pc.greater_equal(result["period"], 0))
        if not len(result):
            return
        where = np.column_stack(
            [self._runs(result), self._members(result), result["period"].to_numpy().astype(np.int64)]
        )
        for job in lot:
            for kind in ("num", "den", "n", "q", "max"):
                column = f"{kind}{job.slot}"
                if column in result.column_names:
                    self.sums.setdefault(column, []).append((where, _floats(result[column], kind)))

    def _runs(self, result: pa.Table) -> NDArray[np.int64]:
        numbers = result["by0"].to_numpy()
        place = np.full(max(self.runs, default=0) + 1, -1, dtype=np.int64)
        for run, k in self.runs.items():
            place[run] = k
        found: NDArray[np.int64] = place[numbers]
        return found

    def _members(self, result: pa.Table) -> NDArray[np.int64]:
        """Return the number of each row's member; new members get numbers as they come."""
        code = np.zeros(len(result), dtype=np.int64)
        names: list[list[Any]] = []
        for d in range(1, self.dims + 1):
            encoded = result[f"by{d}"].combine_chunks()
            encoded = encoded if pa.types.is_dictionary(encoded.type) else encoded.dictionary_encode()
            words = [*encoded.dictionary.to_pylist(), None]
            indices = encoded.indices.fill_null(len(words) - 1).to_numpy().astype(np.int64)
            code, names = code * len(words) + indices, [*names, words]
        found, inverse = np.unique(code, return_inverse=True)
        place = [self.members.setdefault(_decoded(int(one), names), len(self.members)) for one in found]
        return np.array(place, dtype=np.int64)[inverse]

    def total(self, column: str, *, width: int = 0) -> Numbers:
        """Return a column added up into an array of runs, members and periods."""
        shape = (self.shape[0], max(len(self.members), 1), self.shape[1], *([width] if width else []))
        made = np.zeros(shape)
        for where, values in self.sums.get(column, ()):
            np.add.at(made, tuple(where.T), values)
        return made

    def batch(self, kpis: Sequence[Kpi], jobs: Sequence[Job], edges: Sequence[datetime]) -> RunFigures:
        """Return the figures."""
        values: dict[str, Numbers] = {}
        n: dict[str, Numbers] = {}
        spread: dict[str, Numbers] = {}
        for kpi in kpis:
            mine = [job.slot for job in jobs if job.kpi is kpi]
            num, den, count = (
                np.sum([self.total(f"{kind}{slot}") for slot in mine], axis=0) for kind in ("num", "den", "n")
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                values[kpi.name] = num if kpi.fold is Fold.TOTAL else np.where(den > 0, num / den, np.nan)
            n[kpi.name] = count
            shaped = [slot for slot in mine if f"q{slot}" in self.sums]
            if shaped:
                four = np.concatenate(
                    [self.total(f"q{shaped[0]}", width=3), self.total(f"max{shaped[0]}")[..., None]], axis=-1
                )
                spread[kpi.name] = np.where(count[..., None] > 0, four, np.nan)
        return RunFigures(tuple(self.runs), tuple(self.members), tuple(edges), values, n, spread)


def _decoded(code: int, names: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    found: list[Any] = []
    for words in reversed(names):
        code, k = divmod(code, len(words))
        found.append(words[k])
    return tuple(reversed(found))


def _floats(column: pa.ChunkedArray, kind: str) -> Numbers:
    """Return numbers, null being nought; of lists one row each."""
    if kind != "q":
        plain: Numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy()
        return plain
    whole = column.combine_chunks()
    made = np.zeros((len(whole), 3))
    made[whole.is_valid().to_numpy(zero_copy_only=False)] = whole.flatten().to_numpy().reshape(-1, 3)
    return made
