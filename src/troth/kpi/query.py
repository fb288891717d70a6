"""Figures from a lake: the only file of this room that reads one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, zone
from troth.core.terms import Dimension, Unit
from troth.core.time import Calendar, Step, calendars_from_tables
from troth.kpi._lots import Lot, lots
from troth.kpi.calendar_use import PRECEDENCE, CalendarUse, coded, days_apart
from troth.kpi.catalogue import chosen
from troth.kpi.cells import periods, sql
from troth.kpi.definition import Clock, Figure, Kpi, Params
from troth.kpi.fold import Result, Sums, figures, members, sums
from troth.kpi.plan import QUANTILES, Job, Tables, Wanted, spans
from troth.kpi.sla.kept import kept_clocks
from troth.kpi.sla.read import SLA_CLOCKS
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.references import read_reference
from troth.log.store import name
from troth.log.timelines import TIMELINES, columns_read, pruned
from troth.log.timelines.cache import refresh, schema

if TYPE_CHECKING:
    import duckdb

_ALWAYS: Final = "24x7"
_QUARTER: Final = timedelta(days=91)
_DAY: Final = timedelta(days=1)
#: Rows measured on calendars at a time.
_PIECE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Query:
    """What to compute.

    Parameters
    ----------
    kpis : names or aliases; none means one variant of each KPI.
    by : dimensions to split by.
    start, end : local days or aware instants; `end` is the first that no longer counts. None means all the log has.
    every : the width of periods; None means one period.
    where : members to keep, by dimension.
    calendar : name of the calendar for business time; None means as `calendar_use` says.
    time_zone : whose days count; None means that of the sites if they share one, else UTC.
    params : the named defaults.
    as_of : the day whose definitions count; None means the newest.
    definitions : versions of single KPIs by name, before all else.
    """

    kpis: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    start: date | datetime | None = None
    end: date | datetime | None = None
    every: Step | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    calendar: str | None = None
    time_zone: str | None = None
    params: Params = field(default_factory=Params)
    as_of: date | None = None
    definitions: Mapping[str, int] = field(default_factory=dict)


def query(lake: Lake, wanted: Query) -> list[Figure]:
    """Compute figures.

    Parameters
    ----------
    lake : where the events are.
    wanted : what to compute.

    Returns
    -------
    One figure for each KPI, member of the split and period, in that order. A KPI without data gives n 0, no value
    and the reason.

    Raises
    ------
    InputError
        All that is wrong with the question: unknown KPIs, dimensions, zones, calendars; an end before its start.
    """
    with lake.session() as con:
        return Engine(lake, con).figures(wanted)


class Engine:
    """A lake opened for questions; timelines it has brought up to date stay so for its life."""

    def __init__(self, lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
        self.lake = lake
        self.con = con
        #: Tables that are made when they are first asked for, with all columns.
        self.tables = Tables(_Schemas(self._open))
        #: The same, of which nothing is made yet: what is to be made depends on what is asked.
        self._planned = Tables(_Schemas(self._columns))
        self._ready: dict[str, set[str]] = {}

    def _columns(self, table_name: str) -> Any:
        """Return the schema of a timeline or reference table."""
        import ibis

        if table_name in TIMELINES:
            return ibis.Schema.from_pyarrow(schema(self.lake, timeline=TIMELINES[table_name]))
        if table_name == "sla_clocks":
            return ibis.Schema.from_pyarrow(SLA_CLOCKS)
        return ibis.Schema.from_pyarrow(TABLES[table_name].schema)

    def _open(self, table_name: str, columns: Collection[str] | None = None) -> Any:
        """Make a timeline or reference table a view, up to date, with some columns or all; return its schema."""
        import ibis

        if table_name in TIMELINES:
            rows = refresh(self.lake, self.con, TIMELINES[table_name], columns=columns)
        elif table_name in TABLES:
            rows = self.lake.settled_reference(table_name)
        elif table_name == "sla_clocks":
            rows = kept_clocks(self.lake, self.con, now=self.now, time_zone=self.time_zone)
        else:
            raise KeyError(table_name)
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW {name(table_name)} AS {rows}")
        found = self.con.sql(f"SELECT * FROM {name(table_name)} LIMIT 0").fetch_arrow_table().schema
        self._ready[table_name] = set(found.names)
        return ibis.Schema.from_pyarrow(found)

    def _need(self, reads: Iterable[Mapping[str, Collection[str]]]) -> None:
        """See to it that all tables are there, with the columns that are read."""
        needed: dict[str, set[str]] = {}
        for one in reads:
            for table, columns in one.items():
                needed[table] = needed.get(table, set()) | set(columns)
        for table, columns in needed.items():
            if table != "cells" and not columns <= self._ready.get(table, set()):
                self._open(table, columns)

    @cached_property
    def extent(self) -> tuple[datetime, datetime] | None:
        """The first and last instant of the log; None for an empty one."""
        return self.lake.extent(self.con)

    @property
    def now(self) -> datetime:
        """The last instant of the log, from which what is still open is looked at."""
        return self.extent[1] if self.extent else datetime(2000, 1, 1, tzinfo=UTC)

    @cached_property
    def time_zone(self) -> str:
        """The zone the sites share, else UTC."""
        zones = {row["time_zone"] for row in read_reference(self.lake, "sites") if row["time_zone"]}
        return zones.pop() if len(zones) == 1 else "UTC"

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars of the lake by name."""
        found, _ = calendars_from_tables(
            read_reference(self.lake, "calendars"), calendar_days=read_reference(self.lake, "calendar_days")
        )
        return found | {_ALWAYS: Calendar.always(time_zone=self.time_zone)}

    @cached_property
    def apart(self) -> frozenset[int]:
        """Days out of the ordinary by any calendar, as numbers since 1970: special days and the first open one after."""
        return frozenset(day for calendar in self.calendars.values() for day in days_apart(calendar))

    def figures(self, query: Query) -> list[Figure]:
        """Compute figures; see `query`."""
        kpis = self._checked(query)
        wanted, since, until = self._wanted(query)
        if any(k.id in {"worst.crossed", "worst.twice"} for k in kpis):
            wanted = replace(wanted, line_s=self._line(query, wanted))
        # A figure of one day has no interval.
        each = ((k, p) for k in kpis for p in (k.parts if wanted.periods.short else (*k.parts, *k.chance_parts)))
        jobs = [Job(kpi, part, slot) for slot, (kpi, part) in enumerate(each)]
        daily, spread = self._compute(jobs, wanted, query.calendar)
        found: list[Figure] = []
        for kpi in kpis:
            mine = [job for job in jobs if job.kpi is kpi]
            parts, fallen = ([daily[j.slot] for j in mine if j.part in side] for side in (kpi.parts, kpi.chance_parts))
            quantiles = next((spread[job.slot] for job in mine if job.slot in spread), {})
            found.extend(
                figures(kpi, parts, quantiles, wanted, since=since, until=until, fallen=fallen, apart=self.apart)
            )
        return found

    # Checks ----------------------------------------------------------------------------------------------------------

    def _checked(self, query: Query) -> list[Kpi]:
        issues: list[Issue] = []
        kpis: list[Kpi] = []
        try:
            kpis = chosen(query.kpis)
        except InputError as error:
            issues.extend(error.issues)
        dims = [str(d) for d in Dimension]
        for dim in (*query.by, *query.where):
            if dim not in dims:
                near = difflib.get_close_matches(dim, dims, n=1, cutoff=0.3) or dims
                issues.append(
                    _wrong("unknown-dimension", "by or where", dim, f"Maybe {near[0]}: one of {', '.join(dims)}.")
                )
        for dim in ("weekday", "hour"):
            issues.extend(
                _wrong("bad-member", dim, m, f"Maybe a number: {dim} counts from 0.")
                for m in query.where.get(dim, ())
                if not str(m).isdigit()
            )
        if query.time_zone is not None:
            try:
                zone(query.time_zone)
            except InputError as error:
                issues.extend(error.issues)
        if query.calendar is not None and query.calendar not in self.calendars:
            names = ", ".join(self.calendars)
            issues.append(_wrong("unknown-calendar", "calendar", query.calendar, f"Maybe one of {names}."))
        if not self.lake.exists():
            issues.append(_wrong("no-lake", self.lake.address, "", "Maybe import something first, or name --lake."))
        if issues:
            raise InputError(issues)
        if query.as_of is not None:
            kpis = [kpi.in_force(query.as_of) for kpi in kpis]
        return [kpi.at_version(query.definitions.get(kpi.name, kpi.version)) for kpi in kpis]

    def _wanted(self, query: Query) -> tuple[Wanted, datetime, datetime]:
        """Return what is wanted, and the beginning and end of the local days the log covers."""
        time_zone = query.time_zone or self.time_zone
        tz = zone(time_zone)
        first, last = self.extent or (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC))

        def instant(given: date | datetime | None, default: date) -> datetime:
            if isinstance(given, datetime):
                return given if given.tzinfo else given.replace(tzinfo=tz)
            return start_of_day(given or default, tz=tz)

        since, until = (instant(None, day) for day in (first.astimezone(tz).date(), last.astimezone(tz).date() + _DAY))
        start = instant(query.start, first.astimezone(tz).date())
        end = instant(query.end, last.astimezone(tz).date() + _DAY)
        if end <= start:
            advice = "Maybe the two are swapped; the end is the first day that no longer counts."
            raise InputError([_wrong("end-before-start", "from and to", f"{start} {end}", advice)])
        found = periods(start, end, every=query.every, time_zone=time_zone)
        return Wanted(query.by, query.where, found, query.params), since, until

    def _line(self, query: Query, wanted: Wanted) -> float | None:
        """Return the line of bad waits: as given, the target of worst.wait, or the previous quarter's P95 of waits."""
        if query.params.line_s is not None:
            return query.params.line_s
        targets = [r for r in read_reference(self.lake, "targets") if r["kpi"] == "worst.wait" and not r["dimension"]]
        if targets:
            return float(max(targets, key=lambda r: (r["valid_from"] or date.min, r["version"]))["target"])
        start = wanted.periods.edges[1]
        for low, high in ((start - _QUARTER, start), (start, wanted.periods.edges[-1])):
            before = Query(
                kpis=("speed.answer/mean_wait",),
                start=low,
                end=high,
                where=query.where,
                time_zone=wanted.periods.time_zone,
            )
            p95 = self.figures(before)[0].p95
            if p95 is not None:
                return p95
        return None

    # Computation -----------------------------------------------------------------------------------------------------

    def _compute(
        self, jobs: Sequence[Job], wanted: Wanted, calendar: str | None
    ) -> tuple[dict[int, Sums], dict[int, dict[Any, Any]]]:
        """Run all jobs; return daily sums and quantiles by slot."""
        wall, business = self._expressions(jobs, wanted, calendar)
        self._need([*(one.reads for one in wall), *(columns_read(e) for _, e in business)])
        self._make_cells(sql(wanted.periods))
        daily: dict[int, Sums] = {}
        spread: dict[int, dict[Any, Any]] = {}
        for one in wall:
            result = self._result(one.sql)
            for job in one.lot:
                if f"num{job.slot}" in result:
                    daily[job.slot] = sums(result, job, wanted)
                if f"q{job.slot}" in result:
                    spread[job.slot] = _quantiles(result, job.slot, wanted)
        for job, expression in business:
            daily[job.slot], spread[job.slot] = self._business(job, expression, wanted, calendar)
        return daily, spread

    def _expressions(
        self, jobs: Sequence[Job], wanted: Wanted, calendar: str | None
    ) -> tuple[Sequence[Lot], list[tuple[Job, Any]]]:
        """Return what is to be computed on the wall clock, by lot, and the rows to be measured on calendars, by job."""
        wall = [job for job in jobs if job.kpi.clock is Clock.WALL]
        business = [job for job in jobs if job.kpi.clock is Clock.BUSINESS]
        who = {row["dimension"] for row in self._uses(calendar)} & set(PRECEDENCE) if business else ()
        return lots(wall, wanted, self._planned, self._said), [
            (job, spans(job, wanted, self._planned, who=sorted(who))) for job in business
        ]

    def _uses(self, calendar: str | None) -> list[dict[str, Any]]:
        """Return which calendar holds for whom, unless one was named for all."""
        return [] if calendar else read_reference(self.lake, "calendar_use")

    def _make_cells(self, rows: str) -> None:
        """Make what SQL gives the table `cells`."""
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {rows}")

    def _said(self, expression: Any) -> str:
        """Return an expression as SQL."""
        import ibis

        return str(ibis.to_sql(pruned(expression), dialect="duckdb"))

    def _result(self, asked: str) -> Result:
        """Return the columns that SQL gives."""
        return self.con.sql(asked).fetchnumpy()

    def _rows(self, asked: str) -> pa.Table:
        """Return the rows that SQL gives."""
        return self.con.sql(asked).fetch_arrow_table()

    def _pieces(self, asked: str) -> Iterator[pa.Table]:
        """Yield the rows that SQL gives, some at a time: all of a long log may be too many."""
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE asked_rows AS {asked}")
        (count,) = self.con.sql("SELECT count(*) FROM asked_rows").fetchone() or (0,)
        for low in range(0, max(1, count), _PIECE):
            yield self._rows(f"SELECT * FROM asked_rows WHERE rowid >= {low} AND rowid < {low + _PIECE}")

    def _business(self, job: Job, expression: Any, wanted: Wanted, calendar: str | None) -> tuple[Sums, dict[Any, Any]]:
        """Measure a job's rows on their calendars and add them up."""
        import numpy as np

        book, i = CalendarUse(self.calendars, self._uses(calendar), default=calendar or _ALWAYS), job.slot
        by = [f"by{d}" for d in range(len(wanted.by))]
        how = "CREATE OR REPLACE TEMP TABLE measured AS"
        for rows in self._pieces(self._said(expression)):
            start, end = (_instants(rows[c]) for c in ("start", "end"))
            who = [dim for dim in book.precedence if f"who_{dim}" in rows.column_names]
            held = book.apply({d: coded(rows[f"who_{d}"]) for d in who}, rows=len(rows))
            if job.kpi.unit is Unit.SHARE:
                value = held.same_business_day(start, end).astype(np.float64)
            else:
                value = held.elapsed(start, end)
            piece = rows.select([*by, "period", "day", "approximate"])
            piece = piece.append_column("value", pa.array(value, pa.float64(), from_pandas=True))
            self.con.register("measured_piece", piece.append_column("ended", rows["end"].is_valid()))
            self.con.execute(f"{how} FROM measured_piece")
            how = "INSERT INTO measured"
        group = ", ".join([*by, "period", "day"])
        daily = f"""SELECT {group}, sum(value) AS num{i}, count(value)::DOUBLE AS den{i}, count(value) AS n{i},
                  bool_or(approximate) AS inexact{i}, bool_or(ended) AS told{i} FROM measured GROUP BY {group}"""
        found = sums(self.con.sql(daily).fetchnumpy(), job, wanted)
        spread: dict[Any, Any] = {}
        if job.kpi.quantiles:
            group = ", ".join([*by, "period"])
            at = ", ".join(map(str, QUANTILES))
            shape = f"SELECT {group}, quantile_cont(value, [{at}]) AS q{i}, max(value) AS max{i} FROM measured GROUP BY {group}"
            spread = _quantiles(self.con.sql(shape).fetchnumpy(), i, wanted)
        self.con.unregister("measured_piece")
        return found, spread


class _Schemas(dict[str, Any]):
    """Schemas found by opening the table when it is first asked for."""

    def __init__(self, opener: Callable[[str], Any]) -> None:
        super().__init__()
        self._opener = opener

    def __missing__(self, key: str) -> Any:
        self[key] = found = self._opener(key)
        return found


def _instants(column: pa.ChunkedArray) -> Any:
    """Return microseconds as int64 with NaT for null."""
    import numpy as np

    return column.fill_null(np.iinfo(np.int64).min).to_numpy()


def _quantiles(result: Result, slot: int, wanted: Wanted) -> dict[Any, Any]:
    """Return P50, P90, P95 and maximum by group and period."""
    columns = (result["period"].tolist(), result[f"q{slot}"].tolist(), result[f"max{slot}"].tolist())
    rows = zip(members(result, wanted), *columns, strict=True)
    return {(group, int(period)): (*q, top) for group, period, q, top in rows if q is not None and period is not None}


def _wrong(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
