"""From declarations to expressions: which rows count where, and what is added up of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from troth.kpi.cells import QUARTER, Periods
from troth.kpi.definition import COLUMNS, Fold, Kpi, Params, Part, Rows
from troth.kpi.views import VIEWS, Scope
from troth.log.timelines import TIMELINES, micros

#: Microseconds of a day.
_DAY: Final = 86_400_000_000
#: The share of the distribution each quantile stands for.
QUANTILES: Final = (0.5, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to compute: the split, the filter, the periods and the defaults.

    Parameters
    ----------
    by : dimensions to split by.
    where : members to keep, by dimension.
    periods : which periods.
    params : the named defaults.
    line_s : the line of bad experiences.
    """

    by: tuple[str, ...]
    where: Mapping[str, Sequence[str]]
    periods: Periods
    params: Params = field(default_factory=Params)
    line_s: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One part of one KPI, and the columns of a result it is found in."""

    kpi: Kpi
    part: Part
    slot: int


class Tables:
    """Unbound ibis tables of timelines and reference tables, by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def __call__(self, name: str) -> Rows:
        """Return a table; `KeyError` if there is none of that name."""
        import ibis

        return ibis.table(self._schemas[name], name=name)


def cells_table() -> Rows:
    """Return the unbound table of `cells.table`."""
    import ibis

    columns = dict.fromkeys(("q", "period", "day", "weekday", "hour"), "int64")
    return ibis.table(columns, name="cells")


def source(part: Part, wanted: Wanted, tables: Tables) -> Rows:
    """Return the table a part reads: a timeline or a view."""
    if part.timeline in TIMELINES:
        return tables(part.timeline)
    dims = tuple(COLUMNS[d] for d in wanted.by if d in COLUMNS)
    return VIEWS[part.timeline](Scope(tables, _numbered, dims, wanted.params, wanted.line_s, wanted.where))


def _numbered(rows: Rows, at: Any, name: str) -> Rows:
    """Add a column with the number of the period an instant falls in, null outside of all.

    A join, for a choice among hundreds of edges would be compiled and tried for every row.
    """
    cells = cells_table()
    cells = cells.select(**{f"{name}_cell": cells.q, name: cells.period})
    rows = rows.mutate(**{f"{name}_quarter": quarter(micros(at))})
    joined = rows.left_join(cells, rows[f"{name}_quarter"] == cells[f"{name}_cell"])
    return joined.drop(f"{name}_quarter", f"{name}_cell")


def quarter(tick: Any) -> Any:
    """Return the number of the quarter hour since 1970 that microseconds fall in."""
    return (tick / QUARTER).floor().cast("int64")


def kept(rows: Rows, wanted: Wanted) -> Rows:
    """Apply the filters on dimensions that are columns; rows that know nothing of a dimension are nobody's there."""
    import ibis

    unknown = [COLUMNS[d] for d in (*wanted.by, *wanted.where) if d in COLUMNS and COLUMNS[d] not in rows.columns]
    if unknown:
        rows = rows.mutate(**{column: ibis.null("string") for column in unknown})
    for dim, members in wanted.where.items():
        if dim in COLUMNS:
            rows = rows.filter(rows[COLUMNS[dim]].isin(list(members)))
    return rows


def dated(rows: Rows, at: Any, wanted: Wanted, *, stock: bool = False) -> Rows:
    """Add `period`, `day` and the dimensions asked for to rows dated by `at`; rows out of range are dropped."""
    cells = cells_table()
    tick = micros(at)
    rows = rows.mutate(tick=tick)
    rows = rows.filter(rows.tick < wanted.periods.high)
    if not stock:
        rows = rows.filter(rows.tick >= wanted.periods.low)
    rows = rows.mutate(quarter=quarter(rows.tick))
    joined = (
        rows.left_join(cells, rows.quarter == cells.q) if stock else rows.inner_join(cells, rows.quarter == cells.q)
    )
    for dim in ("weekday", "hour"):
        if dim in wanted.where:
            joined = joined.filter(joined[dim].isin([int(m) for m in wanted.where[dim]]))
    return joined


def keys(rows: Rows, wanted: Wanted) -> dict[str, Any]:
    """Return the grouping columns: one for each dimension of the split, by position."""
    return {f"by{i}": rows[COLUMNS.get(dim, dim)] for i, dim in enumerate(wanted.by)}


def grouped(jobs: Sequence[Job], wanted: Wanted, tables: Tables) -> Iterable[tuple[list[Job], Rows]]:
    """Yield groups of jobs that share rows and date, each with an expression that computes them in one pass.

    Sums are by period and day, quantiles by period: one expression gives both where no period is longer than a day,
    else there is one of each. Jobs on business time are not here; see `query`.
    """
    lots: dict[Any, list[Job]] = {}
    bases: dict[str, Rows] = {}
    for job in jobs:
        if job.part.timeline not in bases:
            bases[job.part.timeline] = kept(source(job.part, wanted, tables), wanted)
        base = bases[job.part.timeline]
        stock = job.kpi.fold is Fold.STOCK
        key = (job.part.timeline, job.part.at(base, wanted.params).op(), stock, job.part.fell)
        lots.setdefault(key, []).append(job)
    passes = ((_sums, _shape),) if wanted.periods.short else ((_sums,), (_shape,))
    for (timeline, at, stock, fell), lot in lots.items():
        rows = dated(bases[timeline], at.to_expr(), wanted, stock=stock)
        if fell is not None:
            rows = rows.mutate(day=(micros(fell(rows, wanted.params)) / _DAY).floor().cast("int64"))
        for computed in passes:
            columns: dict[str, Any] = {}
            for job in lot:
                value = _column(measured(job.part, rows, wanted.params), rows)
                for compute in computed:
                    columns |= compute(job, rows, value, wanted.params)
            if not columns:
                continue
            when = {"period": rows.period}
            if _sums in computed:
                when = {"period": rows.period.fill_null(-2), "day": rows.day.fill_null(-1)}
            yield lot, rows.group_by(**keys(rows, wanted), **when).aggregate(**columns)


def _sums(job: Job, rows: Rows, value: Any, p: Params) -> dict[str, Any]:
    """Return what one job adds up over the dated rows."""
    import ibis

    part, i = job.part, job.slot
    where = part.where(rows, p) if part.where is not None else None
    weight = part.weight(rows, p) if callable(part.weight) else ibis.literal(float(part.weight))
    weight = _column(weight, rows)
    weight = value.isnull().ifelse(0.0, weight)
    hit = value.notnull() if where is None else where & value.notnull()
    return {
        f"num{i}": value.sum(where=where),
        f"den{i}": weight.sum(where=where),
        f"n{i}": (hit & part.counts).sum(),
        f"inexact{i}": (hit & rows[part.doubt]).any(),
    } | ({f"told{i}": part.needs(rows, p).any()} if part.needs is not None else {})


def _shape(job: Job, rows: Rows, value: Any, p: Params) -> dict[str, Any]:
    """Return the quantiles and the maximum of a job that shows them."""
    part, i = job.part, job.slot
    if not (job.kpi.quantiles and part.counts):
        return {}
    where = part.where(rows, p) if part.where is not None else None
    return {f"q{i}": value.quantile(list(QUANTILES), where=where), f"max{i}": value.max(where=where)}


def _column(value: Any, rows: Rows) -> Any:
    """Return a constant as a column of the rows, a column as it is."""
    from ibis.expr.types import Scalar

    return rows.tick.notnull().ifelse(value, None) if isinstance(value, Scalar) else value


def measured(part: Part, rows: Rows, p: Params) -> Any:
    """Return what a row adds to the numerator, on the wall clock."""
    from troth.log.timelines import seconds

    if part.value is not None:
        return part.value(rows, p)
    start, end = part.span(rows, p)
    return seconds(start, end)


def spans(job: Job, wanted: Wanted, tables: Tables, *, who: Iterable[str]) -> Rows:
    """Return the rows of a job on business time: keys, period, day, start, end, doubt, and the dimensions `who` names.

    Those are the ones that decide on calendars.
    """
    part, p = job.part, wanted.params
    base = kept(source(part, wanted, tables), wanted)
    if part.where is not None:
        base = base.filter(part.where(base, p))
    rows = dated(base, part.at(base, p), wanted)
    start, end = part.span(rows, p)
    return rows.select(
        **keys(rows, wanted),
        **{f"who_{dim}": rows[COLUMNS[dim]] for dim in who},
        period=rows.period,
        day=rows.day,
        start=micros(start),
        end=micros(end),
        approximate=rows[part.doubt],
    )
